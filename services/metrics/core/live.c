// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Minutes in which a visitor is live: an event at t makes it live at the five whole minutes from t on, that
// is at each A with t in (A - 5 min, A]. Two sessions lie at least five minutes apart, so a minute belongs to
// one session, and takes its dims. A session is live from its first event to five minutes behind its last but
// for its lulls, which alone have to be kept. Figures by the minute are kept for 48 hours: older minutes are
// not counted, though their lulls stay with the visitor like its sessions do.
#include "services/metrics/core/inner.h"

enum { LIVE_MINUTES = 5 };

static int32_t minute_up(int64_t t_ms)
{
	int32_t minute = minute_of(t_ms);
	return (int64_t)minute * 60000 < t_ms ? minute + 1 : minute;
}

static int32_t live_from(const struct session *session)
{
	return minute_up(session->first.t_ms);
}

static int32_t live_to(const struct session *session)
{
	return minute_up(session->last_ms) + LIVE_MINUTES - 1;
}

static int32_t kept_from(const struct fold *fold)
{
	return minute_up(fold->as_of_ms - FOLD_MINUTE_KEPT_MS);
}

// The first lull that ends at the minute or behind it.
static uint32_t lull_lower(const struct visitor *visitor, int32_t minute)
{
	uint32_t i = vec_count(visitor->lulls);
	while (i > 0 && visitor->lulls->at[i - 1].to >= minute)
		i--;
	return i;
}

static bool is_live(const struct visitor *visitor, const struct session *sessions, uint32_t count,
		    int32_t minute)
{
	uint32_t i = lull_lower(visitor, minute);
	bool within = false;
	for (uint32_t s = 0; s < count; s++)
		within = within || (live_from(&sessions[s]) <= minute && minute <= live_to(&sessions[s]));
	return within && (i == vec_count(visitor->lulls) || visitor->lulls->at[i].from > minute);
}

static void add_lull(struct visitor *visitor, int32_t from, int32_t to)
{
	if (from > to)
		return;
	struct lull *lull = vec_insert(visitor->lulls, lull_lower(visitor, from));
	*lull = (struct lull){from, to};
}

// Takes the minutes out of the lulls.
static void cut_lulls(struct visitor *visitor, int32_t from, int32_t to)
{
	uint32_t i = lull_lower(visitor, from);
	while (i < vec_count(visitor->lulls) && visitor->lulls->at[i].from <= to) {
		struct lull *lull = &visitor->lulls->at[i];
		struct lull behind = {to + 1, lull->to};
		if (lull->from < from) {
			lull->to = from - 1;
			i++;
		} else {
			vec_remove(visitor->lulls, i);
		}
		if (behind.from <= behind.to) {
			lull = vec_insert(visitor->lulls, i);
			*lull = behind;
			return;
		}
	}
}

void live_event(struct fold *fold, struct visitor *visitor, const struct session *was, uint32_t count,
		uint32_t dims, int64_t t_ms)
{
	int32_t from = minute_up(t_ms), to = from + LIVE_MINUTES - 1;
	if (count == 1 && !vec_count(visitor->lulls) && live_from(&was[0]) <= from && to <= live_to(&was[0]))
		return;
	int32_t kept = kept_from(fold);
	for (int32_t minute = from > kept ? from : kept; minute <= to; minute++)
		if (!is_live(visitor, was, count, minute))
			fact_put(fold->book, M_LIVE_VISITORS, minute, dims, 1);
	cut_lulls(visitor, from, to);
	for (uint32_t s = 0; s < count; s++) {
		add_lull(visitor, live_to(&was[s]) + 1, from - 1);
		add_lull(visitor, to + 1, live_from(&was[s]) - 1);
	}
}

void live_move(struct fold *fold, const struct visitor *visitor, const struct session *was, uint32_t dims)
{
	int32_t minute = live_from(was), to = live_to(was), kept = kept_from(fold);
	for (minute = minute > kept ? minute : kept; minute <= to; minute++) {
		if (!is_live(visitor, was, 1, minute))
			continue;
		fact_put(fold->book, M_LIVE_VISITORS, minute, was->dims, -1);
		fact_put(fold->book, M_LIVE_VISITORS, minute, dims, 1);
	}
}
