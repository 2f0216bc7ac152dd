// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Touches of a visitor that led to no order. A touch led to one when an order of the visitor was placed at
// most its attribution window behind it. The others, in order of time, are cut where one that led to an order
// lies between, and where the next comes later than the window behind the one before; each piece is a path
// that lapses the window behind its last touch (path.h). Of a longer piece the latest touches count, and of
// those the direct ones only when there are no others.
//
// An event changes the touches of a stretch of time. The pieces that reach into it, or begin or end beside
// it, are taken out before and put in afterwards. That costs what those pieces have, at most some thousand
// touches beside those of the stretch, however long the visitor has been coming.
#include "services/metrics/core/attribution.h"
#include "services/metrics/core/path.h"
#include "services/metrics/core/touch_keep.h"

#define MOST_WINDOW_MS (SETTINGS_MOST_ATTRIBUTION_DAYS * INT64_C(86400000))

void lapse_concern(const struct fold *fold, struct visitor *visitor, int64_t first_ms, int64_t last_ms)
{
	if (fold->options.switches || !visitor)
		return;
	for (uint32_t i = 0; i < vec_count(fold->work->strays); i++) {
		struct stray *stray = &fold->work->strays->at[i];
		if (stray->visitor != visitor)
			continue;
		if (first_ms < stray->first_ms)
			stray->first_ms = first_ms;
		if (last_ms > stray->last_ms)
			stray->last_ms = last_ms;
		return;
	}
	struct stray *added = vec_push(fold->work->strays);
	*added = (struct stray){visitor, first_ms, last_ms};
}

void lapse_concern_order(const struct fold *fold, const char *visitor, int64_t placed_ms)
{
	if (visitor[0])
		lapse_concern(fold, fold_visitor(fold, visitor), placed_ms - touch_window_ms(fold, placed_ms),
			      placed_ms);
}

// Sets has_led of touches in their order. From the last one back, an order is looked at once.
static void mark_led(const struct fold *fold, const struct visitor *visitor, struct touch_found *found)
{
	uint32_t count = vec_count(found->all);
	int64_t reach_ms = INT64_MAX; // the earliest that an order not before the touch reaches back to
	if (!count)
		return;
	uint32_t next =
		visitor_link_lower(visitor, found->all->at[count - 1].touch.moment.t_ms + MOST_WINDOW_MS + 1);
	for (uint32_t i = count; i > 0; i--) {
		struct touch_of *of = &found->all->at[i - 1];
		for (; next > 0 && visitor->links->at[next - 1].at_ms >= of->touch.moment.t_ms; next--) {
			const struct link *link = &visitor->links->at[next - 1];
			if (link->kind != LINK_ORDER)
				continue;
			int64_t from_ms = link->at_ms - touch_window_ms(fold, link->at_ms);
			reach_ms = from_ms < reach_ms ? from_ms : reach_ms;
		}
		of->has_led = reach_ms <= of->touch.moment.t_ms;
	}
}

// ---- how far round a stretch ----
// Of the piece on either side no more than counts is looked at, some sessions at a time, twice as many each
// time.
enum { FEW_SESSIONS = 4 };

struct round {
	struct touch_found found;
	bool is_open; // the last piece goes on, and so long that what changes does not count in it
};

static int64_t start_before(const struct visitor *visitor, int64_t end_ms, uint32_t sessions)
{
	int64_t start_ms = end_ms - MOST_WINDOW_MS;
	uint32_t at = touch_session_lower(visitor, end_ms);
	if (at < vec_count(visitor->sessions) && visitor->sessions->at[at].first.t_ms < end_ms)
		at++; // it began before
	if (at >= sessions && visitor->sessions->at[at - sessions].first.t_ms > start_ms)
		return visitor->sessions->at[at - sessions].first.t_ms;
	return start_ms;
}

static int64_t end_behind(const struct visitor *visitor, int64_t start_ms, uint32_t sessions)
{
	int64_t end_ms = start_ms + MOST_WINDOW_MS;
	uint32_t at = touch_session_lower(visitor, start_ms);
	if (at < vec_count(visitor->sessions) && visitor->sessions->at[at].first.t_ms < start_ms)
		at++;
	if (sessions < vec_count(visitor->sessions) - at &&
	    visitor->sessions->at[at + sessions].first.t_ms < end_ms)
		return visitor->sessions->at[at + sessions].first.t_ms;
	return end_ms;
}

static void find_some(const struct fold *fold, const struct visitor *visitor, int64_t from_ms, int64_t end_ms,
		      struct touch_found *found)
{
	vec_clear(found->all);
	touch_find(fold, visitor, from_ms, end_ms - 1, found);
	fold->work->touches_seen += vec_count(found->all);
	mark_led(fold, visitor, found);
}

static bool is_cut(const struct fold *fold, int64_t at_ms, int64_t next_ms)
{
	return next_ms - at_ms > touch_window_ms(fold, at_ms);
}

// Where the piece begins that ends with the last touch before the stretch.
static int64_t begin_ms(const struct fold *fold, const struct stray *stray)
{
	struct touch_found some = {NULL};
	int64_t end_ms = stray->first_ms, begin = stray->first_ms;
	uint32_t seen = 0;
	bool goes_on = true;
	for (uint32_t sessions = FEW_SESSIONS; goes_on; sessions *= 2) {
		int64_t from_ms = start_before(stray->visitor, end_ms, sessions);
		find_some(fold, stray->visitor, from_ms, end_ms, &some);
		goes_on = vec_count(some.all) > 0;
		for (uint32_t i = vec_count(some.all); goes_on && i > 0; i--) {
			const struct touch_of *of = &some.all->at[i - 1];
			int64_t t_ms = of->touch.moment.t_ms;
			goes_on = !of->has_led && (!seen || !is_cut(fold, t_ms, begin));
			begin = goes_on ? t_ms : begin;
			goes_on = goes_on && ++seen < ATTRIBUTION_TOUCHES_MAX;
		}
		end_ms = from_ms;
	}
	vec_free(some.all);
	return begin;
}

// Where the piece ends that begins, or goes on, with the first touch behind the stretch.
static int64_t finish_ms(const struct fold *fold, const struct stray *stray, bool *is_open)
{
	struct touch_found some = {NULL};
	int64_t from_ms = stray->last_ms + 1, finish = stray->last_ms;
	uint32_t seen = 0;
	bool goes_on = true;
	for (uint32_t sessions = FEW_SESSIONS; goes_on; sessions *= 2) {
		int64_t end_ms = end_behind(stray->visitor, from_ms, sessions);
		find_some(fold, stray->visitor, from_ms, end_ms, &some);
		goes_on = vec_count(some.all) > 0;
		for (uint32_t i = 0; goes_on && i < vec_count(some.all); i++) {
			const struct touch_of *of = &some.all->at[i];
			int64_t t_ms = of->touch.moment.t_ms;
			goes_on = !of->has_led && (!seen || !is_cut(fold, finish, t_ms));
			finish = goes_on ? t_ms : finish;
			goes_on = goes_on && ++seen < ATTRIBUTION_TOUCHES_MAX;
		}
		from_ms = end_ms;
	}
	*is_open = seen == ATTRIBUTION_TOUCHES_MAX;
	vec_free(some.all);
	return finish;
}

// The touches of the stretch and those that may stand in one piece with them, as far as they count.
static void find_round(const struct fold *fold, const struct stray *stray, struct round *round)
{
	*round = (struct round){.is_open = false};
	int64_t from_ms = begin_ms(fold, stray), to_ms = finish_ms(fold, stray, &round->is_open);
	find_some(fold, stray->visitor, from_ms, to_ms + 1, &round->found);
}

typedef void tell_piece(void *context, const struct touch_of *touches, uint32_t count);

// The piece that begins at the index ends before the one returned.
static uint32_t end_of_piece(const struct fold *fold, const struct touch_found *found, uint32_t from)
{
	uint32_t to = from + 1;
	while (to < found->all->count && !found->all->at[to].has_led &&
	       !is_cut(fold, found->all->at[to - 1].touch.moment.t_ms, found->all->at[to].touch.moment.t_ms))
		to++;
	return to;
}

static void each_piece(const struct fold *fold, const struct stray *stray, const struct round *round,
		       tell_piece *tell, void *context)
{
	const struct touch_found *found = &round->found;
	for (uint32_t i = 0, to; i < vec_count(found->all); i = to) {
		to = i + 1;
		if (found->all->at[i].has_led)
			continue;
		to = end_of_piece(fold, found, i);
		bool is_behind = found->all->at[to - 1].touch.moment.t_ms > stray->last_ms;
		if (!is_behind || !round->is_open)
			tell(context, &found->all->at[i], to - i);
		if (is_behind)
			break; // the first that ends behind it
	}
}

static int64_t lapse_ms(const struct fold *fold, int64_t last_ms)
{
	return last_ms + touch_window_ms(fold, last_ms);
}

// ---- whom it concerns ----

static void need_at(const struct fold *fold, int64_t last_ms)
{
	path_need_lapse(fold, lapse_ms(fold, last_ms));
}

static void need_piece(void *context, const struct touch_of *touches, uint32_t count)
{
	need_at(context, touches[count - 1].touch.moment.t_ms);
}

// All that can come to be the last touch of a piece.
static void need_ends(const struct fold *fold, const struct stray *stray)
{
	const struct visitor *visitor = stray->visitor;
	for (uint32_t i = touch_session_lower(visitor, stray->first_ms); i < vec_count(visitor->sessions);
	     i++) {
		if (visitor->sessions->at[i].first.t_ms > stray->last_ms)
			break;
		need_at(fold, visitor->sessions->at[i].first.t_ms);
	}
	for (uint32_t i = touch_candidate_lower(visitor, stray->first_ms);
	     i < vec_count(touch_sources(visitor)->candidates) &&
	     touch_sources(visitor)->candidates->at[i].moment.t_ms <= stray->last_ms;
	     i++)
		need_at(fold, touch_sources(visitor)->candidates->at[i].moment.t_ms);
	for (uint32_t i = touch_click_lower(visitor, stray->first_ms);
	     i < vec_count(touch_sources(visitor)->clicks) &&
	     touch_sources(visitor)->clicks->at[i].moment.t_ms <= stray->last_ms;
	     i++)
		need_at(fold, touch_sources(visitor)->clicks->at[i].moment.t_ms);
}

// The last touch before the stretch, when it led to no order.
static void need_before(const struct fold *fold, const struct stray *stray, const struct round *round)
{
	int64_t near_ms = INT64_MIN;
	for (uint32_t i = 0; i < vec_count(round->found.all); i++) {
		int64_t t_ms = round->found.all->at[i].touch.moment.t_ms;
		if (t_ms < stray->first_ms)
			near_ms = t_ms;
	}
	if (near_ms != INT64_MIN)
		need_at(fold, near_ms);
}

void lapse_need(const struct fold *fold, const struct said *said)
{
	union {
		const struct fold *fold;
		void *context;
	} to = {fold};
	for (uint32_t i = 0; i < vec_count(fold->work->strays); i++) {
		const struct stray *stray = &fold->work->strays->at[i];
		struct round round;
		find_round(fold, stray, &round);
		need_before(fold, stray, &round);
		need_at(fold, said->moment.t_ms);
		need_ends(fold, stray);
		each_piece(fold, stray, &round, need_piece, to.context);
		vec_free(round.found.all);
	}
}

// ---- putting ----

struct putting {
	struct fold *fold;
	int sign;
};

static void put_piece(void *context, const struct touch_of *touches, uint32_t count)
{
	const struct putting *putting = context;
	struct touch_list list = {NULL};
	for (uint32_t i = count > ATTRIBUTION_TOUCHES_MAX ? count - ATTRIBUTION_TOUCHES_MAX : 0; i < count;
	     i++) {
		struct touch *touch = vec_push(list.all);
		*touch = touches[i].touch;
	}
	touch_drop_direct(&list);
	path_put_lapse(putting->fold, lapse_ms(putting->fold, touches[count - 1].touch.moment.t_ms),
		       list.all->at, list.all->count, putting->sign);
	vec_free(list.all);
}

void lapse_put_all(struct fold *fold, int sign)
{
	struct putting putting = {fold, sign};
	for (uint32_t i = 0; i < vec_count(fold->work->strays); i++) {
		const struct stray *stray = &fold->work->strays->at[i];
		struct round round;
		find_round(fold, stray, &round);
		each_piece(fold, stray, &round, put_piece, &putting);
		vec_free(round.found.all);
	}
}
