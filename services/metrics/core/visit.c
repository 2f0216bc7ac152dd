// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What an event changes in a visitor's sessions, and what that means for the figures. A session is touched
// before it changes: its old self is kept, and at the end old and new selves become facts. Distinct visitors
// are counted from them too: a visitor is in a window under a key when one of the sessions that start in
// the window has that key.
#include "services/metrics/core/inner.h"

#include "services/metrics/core/seo.h"

#include <assert.h>

void visit_touch(struct fold *fold, struct visitor *visitor, struct session *session)
{
	fold_dirty(fold, &visitor->entity);
	if (session->flags & SESSION_TOUCHED)
		return;
	struct touched *touched = vec_push(fold->work->touched);
	touched->visitor = visitor;
	touched->before = *session;
	session->flags |= SESSION_TOUCHED;
}

// Page views of a session that takes another's dims.
static void move_views(struct fold *fold, const struct visitor *visitor, const struct session *was,
		       uint32_t dims)
{
	uint32_t from, to;
	session_views(visitor, was, &from, &to);
	for (uint32_t i = from; i < to; i++) {
		const struct view_count *view = &visitor->views->at[i];
		uint32_t channel = channel_sales_key(fold->intern, (int)view->channel);
		uint32_t old = intern_with(fold->intern, was->dims, FOLD_SALES_CHANNEL, channel);
		uint32_t new = intern_with(fold->intern, dims, FOLD_SALES_CHANNEL, channel);
		fact_put(fold->book, M_PAGE_VIEWS, view->minute, old, -(money_sum)view->count);
		fact_put(fold->book, M_PAGE_VIEWS, view->minute, new, view->count);
	}
}

static struct session *open_session(struct fold *fold, const struct said *said, struct visitor *visitor,
				    uint32_t from)
{
	uint32_t dims =
		channel_session_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	struct session *session = session_join(visitor, from, 0, &said->moment, dims);
	struct touched *touched = vec_push(fold->work->touched);
	*touched = (struct touched){.visitor = visitor, .before.first = said->moment, .fresh = true};
	session->flags |= SESSION_TOUCHED;
	session->landing = seo_landing_of(fold, said, dims);
	fold_dirty(fold, &visitor->entity);
	touch_open(fold, said, visitor, session);
	live_event(fold, visitor, NULL, 0, dims, said->moment.t_ms);
	return session;
}

// What counts at the time of single events goes with its session's dims.
static void move_events(struct fold *fold, const struct visitor *visitor, const struct session *was,
			uint32_t dims)
{
	if (was->dims == dims)
		return;
	move_views(fold, visitor, was, dims);
	comfort_move(fold, visitor, was, dims);
	live_move(fold, visitor, was, dims);
}

static struct session *join_session(struct fold *fold, const struct said *said, struct visitor *visitor)
{
	uint32_t from;
	uint32_t count = visit_range(fold, said, visitor, &from);
	if (!count)
		return open_session(fold, said, visitor, from);
	struct session was[2];
	for (uint32_t i = 0; i < count; i++) {
		visit_touch(fold, visitor, &visitor->sessions->at[from + i]);
		was[i] = visitor->sessions->at[from + i];
	}
	uint32_t dims = was[0].dims;
	bool is_first = moment_compare(&said->moment, &was[0].first) < 0;
	if (is_first)
		dims = channel_session_dims(fold->intern, fold->settings->settings, said->moment.t_ms,
					    said->event);
	for (uint32_t i = 0; i < count; i++)
		move_events(fold, visitor, &was[i], dims);
	live_event(fold, visitor, was, count, dims, said->moment.t_ms);
	touch_leave(fold, said, visitor, from, count);
	struct session *session = session_join(visitor, from, count, &said->moment, dims);
	if (is_first)
		session->landing = seo_landing_of(fold, said, dims);
	touch_join(fold, said, visitor, session, was, count);
	return session;
}

void visit_event(struct fold *fold, const struct said *said, struct visitor *visitor)
{
	struct session *session = join_session(fold, said, visitor);
	const Utarg__V1__Event *e = said->event;
	int64_t t_ms = said->moment.t_ms;
	if (said->kind == UTARG__V1__EVENT__BODY_PAGE_VIEW) {
		uint32_t channel = said_channel(said);
		uint32_t dims = intern_with(fold->intern, session->dims, FOLD_SALES_CHANNEL,
					    channel_sales_key(fold->intern, (int)channel));
		session_add_view(visitor, session, minute_of(t_ms), channel);
		fact_put(fold->book, M_PAGE_VIEWS, minute_of(t_ms), dims, 1);
	} else if (said->kind == UTARG__V1__EVENT__BODY_HEARTBEAT) {
		int64_t length_ms = e->heartbeat->foreground_ms;
		if (length_ms > SESSION_HEARTBEAT_MAX_MS)
			length_ms = SESSION_HEARTBEAT_MAX_MS;
		session_add_span(visitor, session, t_ms - length_ms, t_ms);
	} else if (said->kind == UTARG__V1__EVENT__BODY_ADD_TO_CART) {
		session->flags |= SESSION_ADDED;
	} else if (said->kind == UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT) {
		session->flags |= SESSION_CHECKOUT;
	} else if (said->kind == UTARG__V1__EVENT__BODY_VIEW_ITEM) {
		session->flags |= SESSION_ITEM;
	} else if (comfort_is_told(said->kind)) {
		comfort_event(fold, said, visitor, session);
	}
}

// ---- distinct visitors ----

// The part of a session that distinct counts see.
struct mark {
	int32_t minute;
	uint32_t dims;
	bool ordered;
};

static const enum fold_grain distinct_grains[] = {FOLD_MINUTE, FOLD_HOUR, FOLD_DAY, FOLD_WEEK, FOLD_MONTH};
enum { DISTINCT_GRAINS = sizeof(distinct_grains) / sizeof(distinct_grains[0]) };

struct marks {
	VEC(struct mark) * before;
	VEC(struct mark) * after;
	VEC(struct mark) * still; // other sessions of the visitor that start in the same windows
};

static struct mark mark_of(const struct session *session)
{
	return (struct mark){minute_of(session->first.t_ms), session->dims, session->orders > 0};
}

static bool same_mark(const struct mark *a, const struct mark *b)
{
	return a->minute == b->minute && a->dims == b->dims && a->ordered == b->ordered;
}

static bool shares_window(struct fold *fold, int32_t a, int32_t b)
{
	return fact_bucket_ms(fold->book, FOLD_MONTH, a) == fact_bucket_ms(fold->book, FOLD_MONTH, b) ||
	       fact_bucket_ms(fold->book, FOLD_WEEK, a) == fact_bucket_ms(fold->book, FOLD_WEEK, b);
}

// Index of the first session in a window of the minute or behind; is_behind: of the first behind them all.
static uint32_t window_edge(struct fold *fold, const struct visitor *visitor, int32_t minute, bool is_behind)
{
	uint32_t low = 0, high = vec_count(visitor->sessions);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int32_t at = minute_of(visitor->sessions->at[middle].first.t_ms);
		if (is_behind ? at <= minute || shares_window(fold, at, minute)
			      : at < minute && !shares_window(fold, at, minute))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

// Untouched sessions that share a week or month with the minute, the nearest first.
static void gather_still(struct fold *fold, const struct visitor *visitor, int32_t minute,
			 struct marks *marks)
{
	int64_t from = window_edge(fold, visitor, minute, false);
	int64_t to = window_edge(fold, visitor, minute, true), middle = from;
	for (int64_t high = to; middle < high;) {
		int64_t at = middle + (high - middle) / 2;
		if (minute_of(visitor->sessions->at[at].first.t_ms) < minute)
			middle = at + 1;
		else
			high = at;
	}
	for (int step = -1; step <= 1; step += 2) {
		for (int64_t i = step < 0 ? middle - 1 : middle; i >= from && i < to; i += step) {
			const struct session *session = &visitor->sessions->at[i];
			if (!(session->flags & SESSION_TOUCHED)) {
				struct mark *place = vec_push(marks->still);
				*place = mark_of(session);
			}
		}
	}
}

static uint32_t mark_key(struct fold *fold, const struct mark *mark, int dimension)
{
	if (dimension == FOLD_TOTAL)
		return fact_total_key(fold->book);
	return intern_dims_at(fold->intern, mark->dims)->key[INTERN_INDEX(dimension)];
}

struct spot { // a window and key of a distinct count
	enum fold_grain grain;
	int64_t bucket_ms;
	int dimension;
	uint32_t key;
};

// Whether the minute may stand in the window: not before it, and no more behind than any is long.
static bool may_be_in(const struct spot *spot, int32_t minute)
{
	static const int64_t most_hours[] = {[FOLD_MINUTE] = 1, [FOLD_QUARTER] = 2, [FOLD_HOUR] = 3,
					     [FOLD_DAY] = 50,   [FOLD_WEEK] = 200,  [FOLD_MONTH] = 800};
	int64_t behind_ms = minute * INT64_C(60000) - spot->bucket_ms;
	return behind_ms >= 0 && behind_ms < most_hours[spot->grain] * INT64_C(3600000);
}

static bool is_in(struct fold *fold, const struct spot *spot, const struct mark *marks, uint32_t count,
		  bool ordered)
{
	for (uint32_t i = 0; i < count; i++)
		if ((!ordered || marks[i].ordered) && may_be_in(spot, marks[i].minute) &&
		    mark_key(fold, &marks[i], spot->dimension) == spot->key &&
		    fact_bucket_ms(fold->book, spot->grain, marks[i].minute) == spot->bucket_ms)
			return true;
	return false;
}

#define ITEMS(v) ((v) ? (v)->at : NULL), vec_count(v)

static void put_spot(struct fold *fold, const struct spot *spot, const struct marks *marks)
{
	static const uint16_t measures[] = {M_VISITORS, M_VISITORS_WITH_ORDER};
	for (int ordered = 0; ordered < 2; ordered++) {
		bool before = is_in(fold, spot, ITEMS(marks->before), ordered);
		bool after = is_in(fold, spot, ITEMS(marks->after), ordered);
		if (before != after && !is_in(fold, spot, ITEMS(marks->still), ordered))
			fact_put_cell(fold->book, measures[ordered], spot->grain, spot->bucket_ms,
				      (enum fold_dimension)spot->dimension, spot->key, after - before);
	}
}

// Has an earlier mark of the change the same spot? Then it is done.
static bool is_done(struct fold *fold, const struct spot *spot, const struct marks *marks, uint32_t index)
{
	uint32_t before = vec_count(marks->before);
	if (is_in(fold, spot, ITEMS(marks->before), false) && index >= before)
		return true;
	for (uint32_t i = index < before ? 0 : before; i < index; i++) {
		const struct mark *mark = i < before ? &marks->before->at[i] : &marks->after->at[i - before];
		if (is_in(fold, spot, mark, 1, false))
			return true;
	}
	return false;
}

static void put_spots(struct fold *fold, const struct marks *marks)
{
	uint32_t before = vec_count(marks->before);
	for (uint32_t i = 0; i < before + vec_count(marks->after); i++) {
		const struct mark *mark = i < before ? &marks->before->at[i] : &marks->after->at[i - before];
		for (int g = 0; g < DISTINCT_GRAINS; g++) {
			for (int d = FOLD_TOTAL; d <= FOLD_COUNTRY; d++) { // a session has no others
				struct spot spot = {
					distinct_grains[g],
					fact_bucket_ms(fold->book, distinct_grains[g], mark->minute), d,
					mark_key(fold, mark, d)};
				if (!is_done(fold, &spot, marks, i))
					put_spot(fold, &spot, marks);
			}
		}
	}
}

static void put_alone(struct fold *fold, const struct mark *mark, int sign)
{
	fact_put(fold->book, M_VISITORS, mark->minute, mark->dims, sign);
	if (mark->ordered)
		fact_put(fold->book, M_VISITORS_WITH_ORDER, mark->minute, mark->dims, sign);
}

static void put_distinct(struct fold *fold, const struct visitor *visitor, struct marks *marks)
{
	uint32_t before = vec_count(marks->before), after = vec_count(marks->after);
	if (before == 1 && after == 1 && same_mark(&marks->before->at[0], &marks->after->at[0]))
		return;
	for (uint32_t i = 0; i < before; i++)
		gather_still(fold, visitor, marks->before->at[i].minute, marks);
	for (uint32_t i = 0; i < after; i++)
		gather_still(fold, visitor, marks->after->at[i].minute, marks);
	// The usual visitor has no other session in the month.
	if (!vec_count(marks->still) && before <= 1 && after <= 1) {
		if (before)
			put_alone(fold, &marks->before->at[0], -1);
		if (after)
			put_alone(fold, &marks->after->at[0], 1);
		return;
	}
	put_spots(fold, marks);
}

// ---- at the end of an event ----

static struct session *session_now(const struct fold *fold, const struct touched *touched)
{
	struct session *session = session_at(touched->visitor, touched->before.first.t_ms, fold->gap_ms);
	assert(session && (session->flags & SESSION_TOUCHED));
	return session;
}

// For the rows of sessions: which has changed, and where none begins any more.
static void mark_changed(struct fold *fold, const struct touched *touched, struct session *session)
{
	session->flags |= SESSION_CHANGED;
	if (!touched->fresh && session->first.t_ms != touched->before.first.t_ms)
		told_moved(fold->told, touched->visitor, touched->before.first.t_ms);
}

// Old and new selves of the sessions of one visitor, whose touched ones begin at index first.
static void settle_visitor(struct fold *fold, uint32_t first)
{
	struct visitor *visitor = fold->work->touched->at[first].visitor;
	struct marks marks = {NULL, NULL, NULL};
	for (uint32_t i = first; i < fold->work->touched->count; i++) {
		struct touched *touched = &fold->work->touched->at[i];
		if (touched->visitor != visitor)
			continue;
		if (!touched->fresh) {
			struct mark *mark = vec_push(marks.before);
			*mark = mark_of(&touched->before);
			session_put(fold, &touched->before, -1);
		}
		struct session *session = session_now(fold, touched);
		mark_changed(fold, touched, session);
		bool seen = false;
		for (uint32_t k = 0; k < vec_count(marks.after); k++)
			seen = seen || marks.after->at[k].minute == minute_of(session->first.t_ms);
		if (!seen) {
			struct mark *mark = vec_push(marks.after);
			*mark = mark_of(session);
			session_put(fold, session, 1);
		}
	}
	put_distinct(fold, visitor, &marks);
	for (uint32_t i = first; i < fold->work->touched->count; i++) {
		struct touched *touched = &fold->work->touched->at[i];
		struct session *session =
			touched->visitor == visitor
				? session_at(visitor, touched->before.first.t_ms, fold->gap_ms)
				: NULL;
		if (session)
			session->flags &= ~(uint32_t)SESSION_TOUCHED;
		if (touched->visitor == visitor)
			touched->visitor = NULL; // done
	}
	vec_free(marks.before);
	vec_free(marks.after);
	vec_free(marks.still);
}

// The usual case: one session, longer than before.
static bool settle_one(struct fold *fold)
{
	struct touched *touched = &fold->work->touched->at[0];
	if (fold->work->touched->count != 1 || touched->fresh)
		return false;
	struct session *session = session_now(fold, touched);
	struct mark before = mark_of(&touched->before), after = mark_of(session);
	if (!same_mark(&before, &after) || touched->before.landing != session->landing)
		return false;
	session_put_change(fold, &touched->before, session);
	mark_changed(fold, touched, session);
	session->flags &= ~(uint32_t)SESSION_TOUCHED;
	return true;
}

void visit_settle(struct fold *fold)
{
	if (!vec_count(fold->work->touched))
		return;
	if (!settle_one(fold))
		for (uint32_t i = 0; i < fold->work->touched->count; i++)
			if (fold->work->touched->at[i].visitor)
				settle_visitor(fold, i);
	vec_clear(fold->work->touched);
}
