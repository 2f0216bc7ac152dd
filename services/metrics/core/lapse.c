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
// it, are taken out before and put in afterwards.
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

static bool led_to_order(const struct fold *fold, const struct visitor *visitor, int64_t t_ms)
{
	for (uint32_t i = visitor_link_lower(visitor, t_ms); i < vec_count(visitor->links); i++) {
		const struct link *link = &visitor->links->at[i];
		if (link->at_ms > t_ms + MOST_WINDOW_MS)
			break;
		if (link->kind == LINK_ORDER && link->at_ms - touch_window_ms(fold, link->at_ms) <= t_ms)
			return true;
	}
	return false;
}

// The touches of the stretch and those that may stand in one piece with them, as far back as they count.
static void find_round(const struct fold *fold, const struct stray *stray, struct touch_found *found)
{
	int64_t from_ms = stray->first_ms, to_ms = stray->last_ms;
	uint32_t count = 1;
	for (uint32_t before = 0; count && before < ATTRIBUTION_TOUCHES_MAX; before += count) {
		vec_clear(found->all);
		touch_find(fold, stray->visitor, from_ms - MOST_WINDOW_MS, from_ms - 1, found);
		count = vec_count(found->all);
		from_ms -= count ? MOST_WINDOW_MS : 0;
	}
	for (count = 1; count;) {
		vec_clear(found->all);
		touch_find(fold, stray->visitor, to_ms + 1, to_ms + MOST_WINDOW_MS, found);
		count = vec_count(found->all);
		to_ms += count ? MOST_WINDOW_MS : 0;
	}
	vec_clear(found->all);
	touch_find(fold, stray->visitor, from_ms, to_ms, found);
}

typedef void tell_piece(void *context, const struct touch_of *touches, uint32_t count);

// The piece that begins at the index ends before the one returned.
static uint32_t end_of_piece(const struct fold *fold, const struct visitor *visitor,
			     const struct touch_found *found, uint32_t from)
{
	uint32_t to = from + 1;
	for (; to < found->all->count; to++) {
		int64_t at_ms = found->all->at[to - 1].touch.moment.t_ms;
		int64_t next_ms = found->all->at[to].touch.moment.t_ms;
		if (next_ms - at_ms > touch_window_ms(fold, at_ms) || led_to_order(fold, visitor, next_ms))
			break;
	}
	return to;
}

// The last touch before the stretch that led to no order; INT64_MIN: none.
static int64_t near_before_ms(const struct fold *fold, const struct stray *stray,
			      const struct touch_found *found)
{
	int64_t near_ms = INT64_MIN;
	for (uint32_t i = 0; i < vec_count(found->all); i++) {
		int64_t t_ms = found->all->at[i].touch.moment.t_ms;
		if (t_ms < stray->first_ms && !led_to_order(fold, stray->visitor, t_ms))
			near_ms = t_ms;
	}
	return near_ms;
}

static void each_piece(const struct fold *fold, const struct stray *stray, tell_piece *tell, void *context)
{
	struct touch_found found = {NULL};
	find_round(fold, stray, &found);
	int64_t near_ms = near_before_ms(fold, stray, &found);
	for (uint32_t i = 0, to; i < vec_count(found.all); i = to) {
		to = i + 1;
		if (led_to_order(fold, stray->visitor, found.all->at[i].touch.moment.t_ms))
			continue;
		to = end_of_piece(fold, stray->visitor, &found, i);
		int64_t last_ms = found.all->at[to - 1].touch.moment.t_ms;
		if (last_ms >= near_ms)
			tell(context, &found.all->at[i], to - i);
		if (last_ms > stray->last_ms)
			break; // the first that ends behind it
	}
	vec_free(found.all);
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
	for (uint32_t i = 0; i < vec_count(touch_sources(visitor)->clicks); i++) {
		int64_t t_ms = touch_sources(visitor)->clicks->at[i].moment.t_ms;
		if (t_ms >= stray->first_ms && t_ms <= stray->last_ms)
			need_at(fold, t_ms);
	}
}

void lapse_need(const struct fold *fold, const struct said *said)
{
	union {
		const struct fold *fold;
		void *context;
	} to = {fold};
	for (uint32_t i = 0; i < vec_count(fold->work->strays); i++) {
		const struct stray *stray = &fold->work->strays->at[i];
		struct touch_found found = {NULL};
		find_round(fold, stray, &found);
		int64_t near_ms = near_before_ms(fold, stray, &found);
		vec_free(found.all);
		if (near_ms != INT64_MIN)
			need_at(fold, near_ms);
		need_at(fold, said->moment.t_ms);
		need_ends(fold, stray);
		each_piece(fold, stray, need_piece, to.context);
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
	for (uint32_t i = 0; i < vec_count(fold->work->strays); i++)
		each_piece(fold, &fold->work->strays->at[i], put_piece, &putting);
}
