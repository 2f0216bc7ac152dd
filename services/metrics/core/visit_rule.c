// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Where a session begins and when it bounced: by our rules, or by those of a dialect (dialect.h).
#include "services/metrics/core/inner.h"

bool visit_is_cut(const struct fold *fold)
{
	return fold->options.switches & (FOLD_CUT_MIDNIGHT | FOLD_CUT_MIDNIGHT_UTC | FOLD_CUT_CAMPAIGN);
}

static bool is_same_day(const struct zone *zone, int64_t a_ms, int64_t b_ms)
{
	int64_t start_ms, end_ms;
	zone_window(zone, WINDOW_DAY, a_ms, &start_ms, &end_ms);
	return b_ms >= start_ms && b_ms < end_ms;
}

// The event comes from elsewhere than the session did. Who just goes on comes directly.
static bool is_other_campaign(struct fold *fold, const struct said *said, const struct session *session)
{
	uint32_t dims =
		channel_session_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	const struct dims *now = intern_dims_at(fold->intern, dims);
	const struct dims *was = intern_dims_at(fold->intern, session->dims);
	uint32_t channel = now->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)];
	if (channel == intern_key(fold->intern, "direct"))
		return false;
	return channel != was->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] ||
	       now->key[INTERN_INDEX(FOLD_CAMPAIGN)] != was->key[INTERN_INDEX(FOLD_CAMPAIGN)];
}

// Events come in order of time: only the last session can go on. As session_range.
static uint32_t range_with_cuts(struct fold *fold, const struct said *said, const struct visitor *visitor,
				uint32_t *from)
{
	static struct zone_step step = {INT64_MIN, 0};
	static const struct zone utc = {"UTC", &step, 1};
	uint32_t count = vec_count(visitor->sessions), switches = fold->options.switches;
	int64_t t_ms = said->moment.t_ms;
	const struct session *last = count ? &visitor->sessions->at[count - 1] : NULL;
	*from = count;
	if (!last || t_ms - last->last_ms >= fold->gap_ms ||
	    ((switches & FOLD_CUT_MIDNIGHT) && !is_same_day(fold->zone, last->last_ms, t_ms)) ||
	    ((switches & FOLD_CUT_MIDNIGHT_UTC) && !is_same_day(&utc, last->last_ms, t_ms)) ||
	    ((switches & FOLD_CUT_CAMPAIGN) && is_other_campaign(fold, said, last)))
		return 0;
	*from = count - 1;
	return 1;
}

uint32_t visit_range(struct fold *fold, const struct said *said, const struct visitor *visitor,
		     uint32_t *from)
{
	if (visit_is_cut(fold))
		return range_with_cuts(fold, said, visitor, from);
	return session_range(visitor, said->moment.t_ms, fold->gap_ms, from);
}

bool visit_bounced(const struct fold *fold, const struct session *session)
{
	uint32_t switches = fold->options.switches;
	bool cart = session->flags & (SESSION_ADDED | SESSION_CHECKOUT);
	if (switches & FOLD_BOUNCE_ONE_VIEW)
		return session->views == 1 &&
		       !((switches & FOLD_BOUNCE_NO_EVENT) && (cart || session->orders));
	if (!(switches & FOLD_BOUNCE_NO_CART))
		return !session_is_engaged(session);
	struct session without = *session;
	without.flags = 0;
	return !session_is_engaged(&without);
}
