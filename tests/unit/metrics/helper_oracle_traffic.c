// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's figures of traffic and comfort, of the funnel, of checkouts and payments.
#include "tests/unit/metrics/helper_oracle_inner.h"

#include <string.h>

// The greatest number of at most five leading binary digits and zeros behind them that is not above the
// value.
static int64_t level(int64_t value)
{
	int64_t step = 1;
	while (value / step >= 32)
		step *= 2;
	return value - value % step;
}

void oracle_tell_steps(struct oracle *o, const struct visit *visit)
{
	int64_t t_ms = visit->first->fold.t_ms;
	int reached = visit->orders ? 3 : 0;
	EACH(o, b)
	if (oracle_in_visit(visit, b)) {
		int step = b->event.body_case == UTARG__V1__EVENT__BODY_VIEW_ITEM        ? 1
			   : b->event.body_case == UTARG__V1__EVENT__BODY_ADD_TO_CART    ? 2
			   : b->event.body_case == UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT ? 3
											 : 0;
		reached = step > reached ? step : reached;
	}
	oracle_add_total(o, M_SESSIONS_AT_ITEM, t_ms, reached >= 1);
	oracle_add_total(o, M_SESSIONS_AT_CART, t_ms, reached >= 2);
	oracle_add_total(o, M_SESSIONS_AT_CHECKOUT, t_ms, reached >= 3);
	oracle_add_level(o, M_VISIT_LEVELS, t_ms, level(visit->last_ms - t_ms), 1);
}

static void tell_search(struct oracle *o, const struct box *b)
{
	const char *device = oracle_device_of(b);
	if (oracle_is_client(b))
		device = oracle_device_of(oracle_visit_of(o, oracle_visitor_of(b), b->fold.t_ms)->first);
	oracle_add_total(o, M_SEARCHES, b->fold.t_ms, 1);
	oracle_add(o, M_SEARCHES, FOLD_DAY, b->fold.t_ms, FOLD_DEVICE, device, 1);
	if (b->body.search.result_count)
		return;
	oracle_add_total(o, M_MISSED_SEARCHES, b->fold.t_ms, 1);
	oracle_add(o, M_MISSED_SEARCHES, FOLD_DAY, b->fold.t_ms, FOLD_DEVICE, device, 1);
}

void oracle_tell_comfort(struct oracle *o)
{
	static const uint16_t measures[] = {M_SEARCHES, M_MISSED_SEARCHES, M_PAGE_ERRORS, M_PAINT_LEVELS,
					    M_INTERACTION_LEVELS};
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++)
		oracle_add_total(o, measures[i], o->history->base_ms, 0); // there may be none
	EACH(o, b)
	{
		const Utarg__V1__PageTiming *timing = &b->body.timing;
		if (b->event.body_case == UTARG__V1__EVENT__BODY_SEARCH)
			tell_search(o, b);
		if (b->event.body_case == UTARG__V1__EVENT__BODY_PAGE_ERROR)
			oracle_add_total(o, M_PAGE_ERRORS, b->fold.t_ms, 1000);
		if (b->event.body_case != UTARG__V1__EVENT__BODY_PAGE_TIMING)
			continue;
		if (timing->largest_contentful_paint_ms)
			oracle_add_level(o, M_PAINT_LEVELS, b->fold.t_ms,
					 level(timing->largest_contentful_paint_ms), 1);
		if (timing->interaction_delay_ms)
			oracle_add_level(o, M_INTERACTION_LEVELS, b->fold.t_ms,
					 level(timing->interaction_delay_ms), 1);
	}
}

// The latest event of the visitor in (a - 5 min, a]; NULL: none.
static const struct box *live_by(struct oracle *o, const char *visitor, int64_t a_ms)
{
	const struct box *latest = NULL;
	EACH(o, b)
	if (oracle_is_client(b) && strcmp(oracle_visitor_of(b), visitor) == 0 && b->fold.t_ms <= a_ms &&
	    b->fold.t_ms > a_ms - 5 * MINUTE_MS && (!latest || oracle_is_earlier(latest, b)))
		latest = b;
	return latest;
}

static void tell_live_at(struct oracle *o, int64_t a_ms)
{
	static const char *const visitors[] = {"v0", "v1", "v2", "v3", "v4"};
	for (int v = 0; v < 5; v++) {
		const struct box *b = live_by(o, visitors[v], a_ms);
		if (!b)
			continue;
		const struct visit *visit = oracle_visit_of(o, visitors[v], b->fold.t_ms);
		oracle_add(o, M_LIVE_VISITORS, FOLD_MINUTE, a_ms, FOLD_TOTAL, "-", 1);
		oracle_add(o, M_LIVE_VISITORS, FOLD_MINUTE, a_ms, FOLD_DEVICE, oracle_device_of(visit->first),
			   1);
	}
}

// Asks for the minutes around each event, once.
void oracle_tell_live(struct oracle *o)
{
	enum { MINUTES = 8192 };
	static int64_t asked[MINUTES];
	size_t count = 0;
	int64_t kept_ms = o->history->as_of_ms - FOLD_MINUTE_KEPT_MS;
	oracle_add(o, M_LIVE_VISITORS, FOLD_MINUTE, kept_ms, FOLD_TOTAL, "-", 0);
	EACH(o, b)
	for (int64_t minute = b->fold.t_ms / MINUTE_MS; minute <= b->fold.t_ms / MINUTE_MS + 6; minute++) {
		bool again = minute * MINUTE_MS < kept_ms;
		for (size_t i = 0; i < count; i++)
			again = again || asked[i] == minute;
		if (again)
			continue;
		assert_true(count < MINUTES);
		asked[count++] = minute;
		tell_live_at(o, minute * MINUTE_MS);
	}
}

void oracle_tell_checkout(struct oracle *o, const int label[CARTS], int component, bool ordered,
			  bool abandoned)
{
	const struct box *first = NULL;
	EACH(o, b)
	if (b->event.body_case == UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT &&
	    oracle_concerns(b, label, component) && (!first || oracle_is_earlier(b, first)))
		first = b;
	oracle_add_total(o, M_CHECKOUTS_ORDERED, first ? first->fold.t_ms : o->history->base_ms,
			 first && ordered);
	oracle_add_total(o, M_CHECKOUTS_ABANDONED, first ? first->fold.t_ms : o->history->base_ms,
			 first && abandoned);
}

void oracle_tell_payment(struct oracle *o, const int label[CARTS], int component,
			 const struct oracle_order *orders, size_t order_count)
{
	int64_t attempt_ms = INT64_MAX, failed_ms = INT64_MIN;
	EACH(o, b)
	if (b->event.body_case == UTARG__V1__EVENT__BODY_PAYMENT_FAILED &&
	    oracle_concerns(b, label, component)) {
		int64_t t_ms = b->fold.t_ms;
		attempt_ms = t_ms < attempt_ms ? t_ms : attempt_ms;
		if (t_ms <= o->history->as_of_ms - HOUR_MS && t_ms > failed_ms)
			failed_ms = t_ms;
	}
	bool failed = failed_ms != INT64_MIN;
	for (size_t i = 0; i < order_count; i++) {
		if (!orders[i].cart[0] || label[orders[i].cart[1] - '0'] != component)
			continue;
		int64_t placed_ms = orders[i].placed_ms;
		attempt_ms = placed_ms < attempt_ms ? placed_ms : attempt_ms;
		if (failed && placed_ms > failed_ms && placed_ms <= failed_ms + HOUR_MS)
			failed = false;
	}
	bool any = attempt_ms != INT64_MAX;
	oracle_add_total(o, M_PAYMENT_CARTS, any ? attempt_ms : o->history->base_ms, any);
	oracle_add_total(o, M_PAYMENT_FAILED_CARTS, any ? attempt_ms : o->history->base_ms, failed);
}
