// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Which touches a visitor and an order have, from what touch_keep.c keeps of them. See touch.h.
#include "services/metrics/core/touch_keep.h"

#include "services/metrics/core/attribution.h"

#define DAY_MS INT64_C(86400000)

const struct sources touch_no_sources;

struct sources *touch_sources_of(struct visitor *visitor)
{
	if (!visitor->sources)
		visitor->sources = memory_get(sizeof(*visitor->sources));
	return visitor->sources;
}

int64_t touch_window_ms(const struct fold *fold, int64_t t_ms)
{
	return settings_attribution_days(fold->settings->settings, t_ms) * DAY_MS;
}

uint32_t touch_session_lower(const struct visitor *visitor, int64_t t_ms)
{
	uint32_t low = 0, high = vec_count(visitor->sessions);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (visitor->sessions->at[middle].last_ms < t_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t touch_candidate_lower(const struct visitor *visitor, int64_t t_ms)
{
	uint32_t low = 0, high = vec_count(touch_sources(visitor)->candidates);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (touch_sources(visitor)->candidates->at[middle].moment.t_ms < t_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t touch_click_lower(const struct visitor *visitor, int64_t t_ms)
{
	uint32_t low = 0, high = vec_count(touch_sources(visitor)->clicks);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (touch_sources(visitor)->clicks->at[middle].moment.t_ms < t_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void push(struct touch_found *found, const struct moment *moment, uint32_t dims, uint32_t name,
		 bool is_direct)
{
	struct touch_of *of = vec_push(found->all);
	of->touch = (struct touch){.moment = *moment, .dims = dims, .is_direct = is_direct};
	of->name = name;
}

// The session's first event, then each event whose source is not that of the touch before it.
static void find_in_session(const struct fold *fold, const struct visitor *visitor,
			    const struct session *session, int64_t from_ms, int64_t to_ms,
			    struct touch_found *found)
{
	uint32_t dims = channel_touch_of(fold->intern, session->dims), click = session->click;
	uint32_t i = touch_candidate_lower(visitor, session->first.t_ms);
	if (session->first.t_ms >= from_ms && session->first.t_ms <= to_ms)
		push(found, &session->first, dims, session->name, channel_is_direct(fold->intern, dims));
	if (session->first.t_ms < from_ms) { // what comes before is as good as its last
		uint32_t from = touch_candidate_lower(visitor, from_ms);
		if (from > i) {
			dims = touch_sources(visitor)->candidates->at[from - 1].dims;
			click = touch_sources(visitor)->candidates->at[from - 1].click;
			i = from;
		}
	}
	for (; i < vec_count(touch_sources(visitor)->candidates); i++) {
		const struct candidate *c = &touch_sources(visitor)->candidates->at[i];
		if (c->moment.t_ms > session->last_ms || c->moment.t_ms > to_ms)
			break;
		if (c->dims == dims && c->click == click)
			continue;
		dims = c->dims;
		click = c->click;
		if (c->moment.t_ms >= from_ms)
			push(found, &c->moment, dims, c->name, false);
	}
}

static void insert_click(struct touch_found *found, const struct click *click)
{
	uint32_t i = vec_count(found->all);
	while (i > 0 && moment_compare(&found->all->at[i - 1].touch.moment, &click->moment) > 0)
		i--;
	struct touch_of *of = vec_insert(found->all, i);
	of->touch = (struct touch){click->moment, click->dims, click->affiliate, false};
	of->name = click->name;
}

void touch_find_in_sessions(const struct fold *fold, const struct visitor *visitor, int64_t from_ms,
			    int64_t to_ms, struct touch_found *found)
{
	for (uint32_t i = touch_session_lower(visitor, from_ms); i < vec_count(visitor->sessions); i++) {
		const struct session *session = &visitor->sessions->at[i];
		if (session->first.t_ms > to_ms)
			break;
		find_in_session(fold, visitor, session, from_ms, to_ms, found);
	}
}

void touch_find(const struct fold *fold, const struct visitor *visitor, int64_t from_ms, int64_t to_ms,
		struct touch_found *found)
{
	const struct sources *sources = touch_sources(visitor);
	touch_find_in_sessions(fold, visitor, from_ms, to_ms, found);
	for (uint32_t i = touch_click_lower(visitor, from_ms); i < vec_count(sources->clicks); i++) {
		const struct click *click = &sources->clicks->at[i];
		if (click->moment.t_ms > to_ms)
			break;
		insert_click(found, click);
	}
}

uint32_t touch_customer_lower(const struct customer *customer, const struct moment *moment)
{
	uint32_t low = 0, high = vec_count(customer->touches);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (moment_compare(&customer->touches->at[middle].moment, moment) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct touch_list *list, const struct touch *touch)
{
	uint32_t i = vec_count(list->all);
	while (i > 0 && moment_compare(&list->all->at[i - 1].moment, &touch->moment) > 0)
		i--;
	if (i > 0 && moment_compare(&list->all->at[i - 1].moment, &touch->moment) == 0)
		return; // the order's visitor is the one it was
	struct touch *place = vec_insert(list->all, i);
	*place = *touch;
}

static void add_of_customer(const struct fold *fold, const struct customer *customer, int64_t from_ms,
			    int64_t to_ms, struct touch_list *list)
{
	struct moment from = {.t_ms = from_ms};
	for (uint32_t i = touch_customer_lower(customer, &from); i < vec_count(customer->touches); i++) {
		const struct customer_touch *kept = &customer->touches->at[i];
		if (kept->moment.t_ms > to_ms)
			break;
		struct touch touch = {kept->moment, kept->dims, kept->affiliate, false};
		touch.is_direct = channel_is_direct(fold->intern, kept->dims);
		insert(list, &touch);
	}
}

void touch_drop_direct(struct touch_list *list)
{
	uint32_t kept = 0, count = vec_count(list->all);
	for (uint32_t i = 0; i < count; i++)
		if (!list->all->at[i].is_direct)
			list->all->at[kept++] = list->all->at[i];
	if (kept)
		list->all->count = kept;
}

void touch_list_of_order(const struct fold *fold, const struct order *order, struct touch_list *out)
{
	int64_t to_ms = order_placed_ms(order), from_ms = to_ms - touch_window_ms(fold, to_ms);
	const struct visitor *visitor =
		order->visitor.text[0] ? fold_visitor(fold, order->visitor.text) : NULL;
	const struct customer *customer =
		order->customer.text[0] ? fold_customer(fold, order->customer.text) : NULL;
	struct touch_found found = {NULL};
	out->all = NULL;
	if (visitor)
		touch_find(fold, visitor, from_ms, to_ms, &found);
	for (uint32_t i = 0; i < vec_count(found.all); i++)
		insert(out, &found.all->at[i].touch);
	vec_free(found.all);
	if (customer)
		add_of_customer(fold, customer, from_ms, to_ms, out);
	touch_drop_direct(out);
	if (vec_count(out->all) > ATTRIBUTION_TOUCHES_MAX)
		vec_remove_many(out->all, 0, out->all->count - ATTRIBUTION_TOUCHES_MAX);
}
