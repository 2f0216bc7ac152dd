// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is kept of a visitor's touches, and whom a change of them concerns. A session's first event stands in
// the session. Later events that are not direct are candidates: each is a touch when the candidate before it
// in the session, or its first event, has another source, and a late event can come between. Of events of one
// source (channel, campaign, kind of click id) within a minute the earliest stands for all, and a minute
// keeps its eight earliest sources, the session's first event among them. So what is kept is bounded and
// depends on the set of events alone: the earliest of some never comes to be a later one.
//
// Touches whose own event names a customer are kept with the customer too. They are taken out of the
// customers before the sessions change and put in afterwards. Dialects have no touches.
#include "services/metrics/core/touch_keep.h"

#include <assert.h>
#include <string.h>

enum { SOURCES_A_MINUTE = 8 };
#define MOST_WINDOW_MS (SETTINGS_MOST_ATTRIBUTION_DAYS * INT64_C(86400000))

static uint32_t read_dims(const struct fold *fold, const struct said *said)
{
	return channel_touch_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
}

static uint32_t read_click(struct fold *fold, const struct said *said)
{
	const Utarg__V1__Context *c = said->event->context;
	bool has_kind = c && c->click_id_kind[0] && strlen(c->click_id_kind) < FOLD_TEXT_SIZE;
	return has_kind ? intern_key(fold->intern, c->click_id_kind) : 0;
}

uint32_t touch_put_name(struct visitor *visitor, const char *customer)
{
	const struct sources *from = touch_sources(visitor);
	uint32_t count = vec_count(from->names), low = 0, high = count;
	if (!customer[0])
		return 0;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2, index = from->by_text->at[middle];
		int order = strcmp(from->names->at[index].text, customer);
		if (order == 0)
			return index + 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (count == SESSION_NAMES_MAX)
		return 0;
	struct sources *into = touch_sources_of(visitor);
	struct visitor_name *name = vec_push(into->names);
	text_copy(name->text, sizeof(name->text), customer);
	uint32_t *place = vec_insert(into->by_text, low);
	*place = count;
	return count + 1;
}

uint32_t *touch_used_names(const struct visitor *visitor)
{
	const struct sources *from = touch_sources(visitor);
	uint32_t count = 0;
	if (!vec_count(from->names))
		return NULL;
	uint32_t *used = memory_get((vec_count(from->names) + 1) * sizeof(*used));
	for (uint32_t i = 0; i < vec_count(visitor->sessions); i++)
		used[visitor->sessions->at[i].name] = 1;
	for (uint32_t i = 0; i < vec_count(from->candidates); i++)
		used[from->candidates->at[i].name] = 1;
	for (uint32_t i = 0; i < vec_count(from->clicks); i++)
		used[from->clicks->at[i].name] = 1;
	used[0] = 0;
	for (uint32_t i = 0; i < vec_count(from->by_text); i++) {
		uint32_t name = from->by_text->at[i] + 1;
		used[name] = used[name] ? ++count : 0;
	}
	return used;
}

// ---- whom a change concerns ----

// Sessions that an event joins, and until when their touches can change by it.
struct reach {
	uint32_t from, count;
	int64_t last_ms;
};

// False when it can change no touch: a direct event within a session.
static bool find_reach(const struct fold *fold, const struct said *said, const struct visitor *visitor,
		       struct reach *out)
{
	out->count = session_range(visitor, said->moment.t_ms, fold->gap_ms, &out->from);
	out->last_ms = said->moment.t_ms;
	if (!out->count)
		return true;
	const struct session *session = &visitor->sessions->at[out->from];
	if (session[out->count - 1].last_ms > out->last_ms)
		out->last_ms = session[out->count - 1].last_ms;
	return out->count > 1 || moment_compare(&said->moment, &session->first) < 0 ||
	       read_dims(fold, said) != 0;
}

static void need_order(const struct fold *fold, const char *id, int64_t placed_ms, int64_t last_ms)
{
	if (placed_ms - touch_window_ms(fold, placed_ms) > last_ms)
		return;
	closure_need_order(fold, id, ENTITY_CREDIT);
	credit_need_order(fold, id, placed_ms, true);
}

void touch_need_customer(const struct fold *fold, const char *id, int64_t from_ms, int64_t last_ms)
{
	const struct customer *customer = closure_need(fold, FOLD_CUSTOMER, id, 0);
	for (uint32_t i = customer ? vec_count(customer->orders) : 0; i > 0; i--) {
		const struct customer_order *order = &customer->orders->at[i - 1];
		if (order->placed_ms < from_ms)
			break;
		need_order(fold, order->id, order->placed_ms, last_ms);
	}
}

// Customers of all that may come to be a touch or be none any more.
static void need_customers(const struct fold *fold, const struct said *said, const struct visitor *visitor,
			   const struct reach *reach)
{
	int64_t t_ms = said->moment.t_ms;
	touch_need_customer(fold, said->customer, t_ms, reach->last_ms);
	if (!vec_count(touch_sources(visitor)->names))
		return;
	for (uint32_t i = 0; i < reach->count; i++) {
		const struct session *session = &visitor->sessions->at[reach->from + i];
		if (session->name && session->first.t_ms >= t_ms)
			touch_need_customer(fold, touch_sources(visitor)->names->at[session->name - 1].text,
					    t_ms, reach->last_ms);
	}
	for (uint32_t i = touch_candidate_lower(visitor, t_ms);
	     i < vec_count(touch_sources(visitor)->candidates); i++) {
		const struct candidate *c = &touch_sources(visitor)->candidates->at[i];
		if (c->moment.t_ms > reach->last_ms)
			break;
		if (c->name)
			touch_need_customer(fold, touch_sources(visitor)->names->at[c->name - 1].text, t_ms,
					    reach->last_ms);
	}
}

// Orders of the visitor for which a touch from first to last counts.
void touch_need_orders(const struct fold *fold, const struct visitor *visitor, int64_t first_ms,
		       int64_t last_ms)
{
	for (uint32_t i = visitor_link_lower(visitor, first_ms); i < vec_count(visitor->links); i++) {
		const struct link *link = &visitor->links->at[i];
		if (link->at_ms > last_ms + MOST_WINDOW_MS)
			break;
		if (link->kind == LINK_ORDER)
			need_order(fold, link->id, link->at_ms, last_ms);
	}
}

void touch_need(const struct fold *fold, const struct said *said, struct visitor *visitor)
{
	int64_t t_ms = said->moment.t_ms;
	struct reach reach;
	if (fold->options.switches || !find_reach(fold, said, visitor, &reach))
		return;
	if (said->customer[0] || vec_count(touch_sources(visitor)->names))
		need_customers(fold, said, visitor, &reach);
	touch_need_orders(fold, visitor, t_ms, reach.last_ms);
	lapse_concern(fold, visitor, t_ms, reach.last_ms);
}

// ---- customers ----

void touch_put_customer(struct fold *fold, const struct visitor *visitor, const struct touch_of *of, int sign)
{
	struct customer *customer = fold_customer(fold, touch_sources(visitor)->names->at[of->name - 1].text);
	assert(customer);
	uint32_t i = touch_customer_lower(customer, &of->touch.moment);
	bool is_there = i < vec_count(customer->touches) &&
			moment_compare(&customer->touches->at[i].moment, &of->touch.moment) == 0;
	if (sign > 0 && !is_there)
		vec_insert(customer->touches, i);
	if (sign > 0)
		customer->touches->at[i] =
			(struct customer_touch){of->touch.moment, of->touch.dims, of->touch.affiliate};
	else if (is_there)
		vec_remove(customer->touches, i);
	fold_dirty(fold, &customer->entity);
}

static void put_with_customers(struct fold *fold, const struct visitor *visitor, int64_t from_ms,
			       int64_t to_ms, int sign)
{
	struct touch_found found = {NULL};
	if (!vec_count(touch_sources(visitor)->names))
		return;
	touch_find_in_sessions(fold, visitor, from_ms, to_ms, &found);
	for (uint32_t i = 0; i < vec_count(found.all); i++)
		if (found.all->at[i].name)
			touch_put_customer(fold, visitor, &found.all->at[i], sign);
	vec_free(found.all);
}

// ---- what is kept ----

static bool is_same_source(const struct candidate *a, const struct candidate *b)
{
	return a->dims == b->dims && a->click == b->click;
}

static struct candidate first_of(const struct fold *fold, const struct session *session)
{
	return (struct candidate){session->first, channel_touch_of(fold->intern, session->dims),
				  session->click, session->name};
}

// Indices [*from, *to) of the candidates within the minute.
static void find_minute(const struct visitor *visitor, int64_t t_ms, uint32_t *from, uint32_t *to)
{
	int64_t start_ms = minute_of(t_ms) * INT64_C(60000);
	*from = touch_candidate_lower(visitor, start_ms);
	*to = *from;
	while (*to < vec_count(touch_sources(visitor)->candidates) &&
	       touch_sources(visitor)->candidates->at[*to].moment.t_ms < start_ms + 60000)
		(*to)++;
}

// Of a minute the earliest of each source, the earliest sources. The session's first event is one of them.
// Returns where the candidate stands, NULL: it is not kept.
static struct candidate *keep(const struct fold *fold, struct visitor *visitor, const struct session *session,
			      const struct candidate *candidate)
{
	uint32_t from, to, at;
	struct candidate first = first_of(fold, session);
	bool is_of_first = minute_of(first.moment.t_ms) == minute_of(candidate->moment.t_ms) &&
			   !channel_is_direct(fold->intern, first.dims);
	if (is_of_first && is_same_source(&first, candidate))
		return NULL;
	find_minute(visitor, candidate->moment.t_ms, &from, &to);
	for (at = from; at < to && !is_same_source(&touch_sources(visitor)->candidates->at[at], candidate);
	     at++)
		;
	if (at < to) {
		if (moment_compare(&touch_sources(visitor)->candidates->at[at].moment, &candidate->moment) <=
		    0)
			return NULL;
		vec_remove(touch_sources(visitor)->candidates, at);
		to--;
	}
	for (at = from; at < to; at++)
		if (moment_compare(&touch_sources(visitor)->candidates->at[at].moment, &candidate->moment) >
		    0)
			break;
	struct candidate *place = vec_insert(touch_sources_of(visitor)->candidates, at);
	*place = *candidate;
	if (++to - from + is_of_first <= SOURCES_A_MINUTE)
		return place;
	vec_remove(touch_sources(visitor)->candidates, to - 1);
	return at < to - 1 ? place : NULL;
}

// The session begins with another event now, which stands for others of its minute.
static void make_room(const struct fold *fold, struct visitor *visitor, const struct session *session)
{
	uint32_t from, to;
	struct candidate first = first_of(fold, session);
	if (channel_is_direct(fold->intern, first.dims))
		return;
	find_minute(visitor, first.moment.t_ms, &from, &to);
	for (uint32_t i = from; i < to; i++) {
		if (is_same_source(&touch_sources(visitor)->candidates->at[i], &first)) {
			vec_remove(touch_sources(visitor)->candidates, i);
			return;
		}
	}
	if (to - from + 1 > SOURCES_A_MINUTE)
		vec_remove(touch_sources(visitor)->candidates, to - 1);
}

static void keep_first(const struct fold *fold, struct visitor *visitor, const struct session *session,
		       const struct session *was)
{
	struct candidate first = first_of(fold, was);
	if (!channel_is_direct(fold->intern, first.dims))
		keep(fold, visitor, session, &first);
}

// ---- what an event does ----

void touch_open(struct fold *fold, const struct said *said, struct visitor *visitor, struct session *session)
{
	if (fold->options.switches)
		return;
	session->click = read_click(fold, said);
	session->name = touch_put_name(visitor, said->customer);
	if (session->name)
		put_with_customers(fold, visitor, session->first.t_ms, session->first.t_ms, 1);
}

void touch_leave(struct fold *fold, const struct said *said, struct visitor *visitor, uint32_t from,
		 uint32_t count)
{
	struct reach reach;
	(void)from;
	(void)count;
	if (!fold->options.switches && vec_count(touch_sources(visitor)->names) &&
	    find_reach(fold, said, visitor, &reach))
		put_with_customers(fold, visitor, said->moment.t_ms, reach.last_ms, -1);
}

void touch_join(struct fold *fold, const struct said *said, struct visitor *visitor, struct session *session,
		const struct session *was, uint32_t count)
{
	if (fold->options.switches)
		return;
	bool begins = moment_compare(&said->moment, &was[0].first) < 0;
	uint32_t dims = begins ? 0 : read_dims(fold, said); // of a first event the session has them
	if (!begins && !dims && count == 1)
		return;
	if (begins) {
		session->click = read_click(fold, said);
		session->name = touch_put_name(visitor, said->customer);
		make_room(fold, visitor, session);
		keep_first(fold, visitor, session, &was[0]);
	} else if (dims) {
		struct candidate candidate = {said->moment, dims, read_click(fold, said), 0};
		struct candidate *kept = keep(fold, visitor, session, &candidate);
		if (kept)
			kept->name = touch_put_name(visitor, said->customer);
	}
	if (count == 2)
		keep_first(fold, visitor, session, &was[1]);
	put_with_customers(fold, visitor, said->moment.t_ms, session->last_ms, 1);
}
