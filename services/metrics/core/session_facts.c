// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The facts of a session, all at its first event under its dims. Distinct visitors are visit.c's; what counts
// at the time of single events is told where those are folded.
#include "services/metrics/core/inner.h"

#include "common/base/harden.h"
#include "services/metrics/core/level.h"
#include "services/metrics/core/seo.h"

enum { SESSION_MEASURES = 9, OUR_SESSION_MEASURES = 7, AMOUNT_LENGTH = 2 };

// Returns how many there are to tell.
static int session_amounts(const struct fold *fold, const struct session *session,
			   int64_t out[SESSION_MEASURES])
{
	out[0] = 1;
	out[1] = session->views;
	out[AMOUNT_LENGTH] = session->last_ms - session->first.t_ms;
	out[3] = session->engaged_ms;
	out[4] = visit_bounced(fold, session);
	out[5] = session->orders > 0;
	out[6] = session->valid_orders > 0;
	if (!(fold->options.switches & FOLD_VISIT_CARTS))
		return OUR_SESSION_MEASURES;
	out[7] = (session->flags & SESSION_ADDED) != 0;
	out[8] = out[7] && !session->orders;
	return SESSION_MEASURES;
}
static const uint16_t session_measures[SESSION_MEASURES] = {M_SESSIONS,
							    M_SESSION_VIEWS,
							    M_VISIT_MS,
							    M_ENGAGED_MS,
							    M_BOUNCES,
							    M_SESSIONS_WITH_ORDER,
							    M_SESSIONS_WITH_VALID_ORDER,
							    M_VISITS_WITH_CART,
							    M_VISITS_LEFT};

// Whoever reached a step has reached those before it.
static void put_funnel(struct fold *fold, const struct session *session, int sign)
{
	static const struct {
		uint16_t measure;
		uint32_t flags;
	} steps[] = {
		{M_SESSIONS_AT_CHECKOUT, SESSION_CHECKOUT},
		{M_SESSIONS_AT_CART, SESSION_CHECKOUT | SESSION_ADDED},
		{M_SESSIONS_AT_ITEM, SESSION_CHECKOUT | SESSION_ADDED | SESSION_ITEM},
	};
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (session->orders || (session->flags & steps[i].flags))
			fact_put(fold->book, steps[i].measure, minute_of(session->first.t_ms), session->dims,
				 sign);
}

void session_put(struct fold *fold, const struct session *session, int sign)
{
	int64_t amounts[SESSION_MEASURES];
	int count = session_amounts(fold, session, amounts);
	for (int i = 0; i < count; i++)
		fact_put(fold->book, session_measures[i], minute_of(session->first.t_ms), session->dims,
			 sign * amounts[i]);
	fact_put_level(fold->book, M_VISIT_LEVELS, minute_of(session->first.t_ms), session->dims,
		       level_of(amounts[AMOUNT_LENGTH]), sign);
	put_funnel(fold, session, sign);
	if (session->landing)
		fact_put(fold->book, M_ORGANIC_SESSIONS, minute_of(session->first.t_ms),
			 seo_landing_dims(fold->intern, session->landing), sign);
}

void session_put_change(struct fold *fold, const struct session *before, const struct session *after)
{
	HARDEN_UNFILLED int64_t old[SESSION_MEASURES], new[SESSION_MEASURES];
	int32_t minute = minute_of(after->first.t_ms);
	(void)session_amounts(fold, before, old);
	int count = session_amounts(fold, after, new);
	for (int i = 0; i < count; i++)
		if (new[i] != old[i])
			fact_put(fold->book, session_measures[i], minute, after->dims, new[i] - old[i]);
	if (new[AMOUNT_LENGTH] !=
	    old[AMOUNT_LENGTH]) // its first event, too, may be another one of the minute
		fact_move_level(fold->book, M_VISIT_LEVELS, minute, after->dims, level_of(old[AMOUNT_LENGTH]),
				level_of(new[AMOUNT_LENGTH]));
	bool same_steps =
		!((before->flags ^ after->flags) & SESSION_STORED) && !before->orders == !after->orders;
	if (!same_steps) {
		put_funnel(fold, before, -1);
		put_funnel(fold, after, 1);
	}
}
