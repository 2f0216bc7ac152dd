// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/session.h"

#include "common/base/fail.h"

#include <assert.h>
#include <string.h>

enum { ENGAGED_VIEWS = 2, ENGAGED_MS = 10000 };

// First session that begins after t.
static uint32_t upper(const struct visitor *visitor, int64_t t_ms)
{
	uint32_t low = 0, high = vec_count(visitor->sessions);
	if (high && visitor->sessions->at[high - 1].first.t_ms <= t_ms)
		return high; // mostly time goes on
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (visitor->sessions->at[middle].first.t_ms <= t_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t session_range(const struct visitor *visitor, int64_t t_ms, int64_t gap_ms, uint32_t *from)
{
	uint32_t count = 0, next = upper(visitor, t_ms);
	*from = next;
	if (next > 0 && t_ms - visitor->sessions->at[next - 1].last_ms < gap_ms) {
		*from = next - 1;
		count++;
	}
	if (count > 0 && fail_mutant(MUTANT_SESSION_BY_ARRIVAL))
		return count;
	if (next < vec_count(visitor->sessions) && visitor->sessions->at[next].first.t_ms - t_ms < gap_ms)
		count++;
	return count;
}

struct session *session_at(const struct visitor *visitor, int64_t t_ms, int64_t gap_ms)
{
	return session_at_until(visitor, t_ms, t_ms, gap_ms);
}

struct session *session_at_until(const struct visitor *visitor, int64_t at_ms, int64_t until_ms,
				 int64_t gap_ms)
{
	uint32_t next = upper(visitor, at_ms);
	if (!next)
		return NULL;
	struct session *session = &visitor->sessions->at[next - 1];
	if (at_ms - session->last_ms >= gap_ms || until_ms - session->last_ms >= gap_ms)
		return NULL;
	return session;
}

// First span that ends after t.
static uint32_t span_lower(const struct visitor *visitor, int64_t t_ms)
{
	uint32_t low = 0, high = vec_count(visitor->spans);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (visitor->spans->at[middle].to_ms <= t_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int64_t clip(int64_t from_ms, int64_t to_ms, const struct session *session)
{
	if (from_ms < session->first.t_ms)
		from_ms = session->first.t_ms;
	if (to_ms > session->last_ms)
		to_ms = session->last_ms;
	return to_ms > from_ms ? to_ms - from_ms : 0;
}

static void measure_engaged(const struct visitor *visitor, struct session *session)
{
	session->engaged_ms = 0;
	for (uint32_t i = span_lower(visitor, session->first.t_ms); i < vec_count(visitor->spans); i++) {
		const struct span *span = &visitor->spans->at[i];
		if (span->from_ms >= session->last_ms)
			break;
		session->engaged_ms += clip(span->from_ms, span->to_ms, session);
	}
}

static void swallow(struct session *session, const struct session *next)
{
	if (next->last_ms > session->last_ms)
		session->last_ms = next->last_ms;
	session->views += next->views;
	session->orders += next->orders;
	session->valid_orders += next->valid_orders;
	session->flags |= next->flags;
}

struct session *session_join(struct visitor *visitor, uint32_t from, uint32_t count,
			     const struct moment *moment, uint32_t dims)
{
	struct session *session;
	if (count == 0) {
		session = vec_insert(visitor->sessions, from);
		*session = (struct session){.first = *moment, .last_ms = moment->t_ms, .dims = dims};
		return session;
	}
	session = &visitor->sessions->at[from];
	if (count == 2) {
		swallow(session, session + 1);
		vec_remove(visitor->sessions, from + 1);
	}
	bool measure = count == 2;
	if (moment->t_ms > session->last_ms)
		session->last_ms = moment->t_ms;
	if (moment_compare(moment, &session->first) < 0) {
		session->first = *moment;
		session->dims = dims;
		measure = true;
	}
	if (measure)
		measure_engaged(visitor, session);
	return session;
}

void session_add_span(struct visitor *visitor, struct session *session, int64_t from_ms, int64_t to_ms)
{
	if (from_ms >= to_ms)
		return;
	uint32_t i = span_lower(visitor, from_ms - 1); // touching ones become one
	uint32_t end = i;
	int64_t covered = 0;
	struct span all = {from_ms, to_ms};
	for (; end < vec_count(visitor->spans) && visitor->spans->at[end].from_ms <= to_ms; end++) {
		const struct span *span = &visitor->spans->at[end];
		covered += clip(span->from_ms, span->to_ms, session);
		if (span->from_ms < all.from_ms)
			all.from_ms = span->from_ms;
		if (span->to_ms > all.to_ms)
			all.to_ms = span->to_ms;
	}
	if (i == end)
		vec_insert(visitor->spans, i);
	else
		vec_remove_many(visitor->spans, i + 1, end - i - 1);
	visitor->spans->at[i] = all;
	session->engaged_ms += clip(all.from_ms, all.to_ms, session) - covered;
}

static uint32_t view_lower(const struct visitor *visitor, int32_t minute, uint32_t channel)
{
	uint32_t low = 0, high = vec_count(visitor->views);
	if (high && visitor->views->at[high - 1].minute < minute)
		return high; // mostly time goes on
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct view_count *v = &visitor->views->at[middle];
		if (v->minute < minute || (v->minute == minute && v->channel < channel))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void session_add_view(struct visitor *visitor, struct session *session, int32_t minute, uint32_t channel)
{
	uint32_t i = view_lower(visitor, minute, channel);
	session->views++;
	if (i < vec_count(visitor->views) && visitor->views->at[i].minute == minute &&
	    visitor->views->at[i].channel == channel) {
		visitor->views->at[i].count++;
		return;
	}
	struct view_count *view = vec_insert(visitor->views, i);
	view->minute = minute;
	view->channel = channel & 7;
	view->count = 1;
}

void session_views(const struct visitor *visitor, const struct session *session, uint32_t *from, uint32_t *to)
{
	*from = view_lower(visitor, minute_of(session->first.t_ms), 0);
	*to = view_lower(visitor, minute_of(session->last_ms) + 1, 0);
}

bool session_is_engaged(const struct session *session)
{
	return session->views >= ENGAGED_VIEWS || session->engaged_ms >= ENGAGED_MS || session->orders > 0 ||
	       (session->flags & (SESSION_ADDED | SESSION_CHECKOUT));
}

static int link_compare(const struct link *link, int64_t at_ms, uint8_t kind, const char *id)
{
	if (link->at_ms != at_ms)
		return link->at_ms < at_ms ? -1 : 1;
	if (link->kind != kind)
		return link->kind - kind;
	return strcmp(link->id, id);
}

static uint32_t link_lower(const struct visitor *visitor, int64_t at_ms, uint8_t kind, const char *id)
{
	uint32_t low = 0, high = vec_count(visitor->links);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (link_compare(&visitor->links->at[middle], at_ms, kind, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool link_is_at(const struct visitor *visitor, uint32_t i, int64_t at_ms, uint8_t kind, const char *id)
{
	return i < vec_count(visitor->links) && link_compare(&visitor->links->at[i], at_ms, kind, id) == 0;
}

void visitor_link(struct visitor *visitor, uint8_t kind, int64_t at_ms, int64_t until_ms, const char *id)
{
	uint32_t i = link_lower(visitor, at_ms, kind, id);
	if (link_is_at(visitor, i, at_ms, kind, id))
		return;
	struct link *link = vec_insert(visitor->links, i);
	link->at_ms = at_ms;
	link->until_ms = until_ms;
	link->kind = kind;
	text_copy(link->id, sizeof(link->id), id);
}

void visitor_unlink(struct visitor *visitor, uint8_t kind, int64_t at_ms, const char *id)
{
	uint32_t i = link_lower(visitor, at_ms, kind, id);
	if (link_is_at(visitor, i, at_ms, kind, id))
		vec_remove(visitor->links, i);
}

uint32_t visitor_link_lower(const struct visitor *visitor, int64_t at_ms)
{
	return link_lower(visitor, at_ms, 0, "");
}
