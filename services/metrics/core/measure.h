// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is summed: every additive cell belongs to one measure. Figures are made of sums of measures by the
// rows of kpi.c; the fold produces them. A measure is placed at an instant (first event of a session, order
// date, time of a refund...), and its kind says for which grains it has cells. Numbers stand in stored cells:
// new measures go to the end. Pure.
#pragma once

#include <stdint.h>

enum measure_kind {
	MEASURE_SUM = 1,  // cells of FOLD_MINUTE, FOLD_QUARTER and FOLD_DAY; larger windows are sums
	MEASURE_DAY,      // FOLD_DAY only (facts that are known by the day); week and month are sums
	MEASURE_DISTINCT, // one cell a window: FOLD_MINUTE, FOLD_HOUR, FOLD_DAY, FOLD_WEEK, FOLD_MONTH; never
			  // summed
	MEASURE_MINUTE,   // FOLD_MINUTE only: what is true at a whole minute
	MEASURE_LEVEL,    // a histogram: cells of FOLD_QUARTER and FOLD_DAY, one a level; for percentiles
	MEASURE_STANDING, // what came less what went, FOLD_DAY: the sum of all days before an instant stands
			  // then
};

// name, number, kind, where it stands and what it counts
#define MEASURES(X)                                                                                          \
	X(SESSIONS, 1, SUM, "sessions, at their first event")                                                \
	X(VISITORS, 2, DISTINCT, "visitors with a session starting in the window")                           \
	X(VISITORS_WITH_ORDER, 3, DISTINCT, "visitors with such a session that has an order")                \
	X(PAGE_VIEWS, 4, SUM, "page views, at their time")                                                   \
	X(SESSION_VIEWS, 5, SUM, "page views of sessions, at the session's first event")                     \
	X(VISIT_MS, 6, SUM, "last minus first event of sessions")                                            \
	X(ENGAGED_MS, 7, SUM, "foreground time of sessions")                                                 \
	X(BOUNCES, 8, SUM, "sessions that are not engaged")                                                  \
	X(SESSIONS_WITH_ORDER, 9, SUM, "sessions with an order")                                             \
	X(SESSIONS_WITH_VALID_ORDER, 10, SUM, "sessions with a valid order")                                 \
	X(ORDERS, 11, SUM, "orders, at the order date")                                                      \
	X(UNITS, 12, SUM, "quantities of the current content, at the order date")                            \
	X(GMV, 13, SUM, "net of lines before discounts, at the order date")                                  \
	X(DISCOUNTS, 14, SUM, "net discounts, at the order date")                                            \
	X(PLACED_NET, 15, SUM, "net of lines after discounts, at the order date")                            \
	X(CURRENT_NET, 16, SUM, "what is left of it after cancellation and refunds, at the order date")      \
	X(CURRENT_SHIPPING, 17, SUM, "what is left of the shipping net, at the order date")                  \
	X(CURRENT_TAX, 18, SUM, "what is left of the tax, at the order date")                                \
	X(REFUNDED_NET, 19, SUM, "item net given back on orders that stand, at the order date")              \
	X(BASKET_NET, 20, SUM, "net after discounts of orders that are not cancelled, at the order date")    \
	X(BASKET_ORDERS, 21, SUM, "those orders")                                                            \
	X(CANCELLED_ORDERS, 22, SUM, "cancelled orders, at the order date")                                  \
	X(REFUNDED_ORDERS, 23, SUM, "orders that stand with a refund, at the order date")                    \
	X(UNATTRIBUTED_ORDERS, 24, SUM, "orders without a session, at the order date")                       \
	X(FOREIGN_ORDERS, 25, SUM, "orders in another currency without a rate, at the order date")           \
	X(GIVEN_BACK_NET, 26, SUM, "item net given back or cancelled, at the time of giving back")           \
	X(REFUND_EXCESS, 27, SUM, "refunds beyond what was paid, at the time of the refund")                 \
	X(NEW_CUSTOMERS, 28, SUM, "customers, at their first valid order's date")                            \
	X(CARTS, 29, SUM, "carts that ever held an item, at the first add")                                  \
	X(CARTS_ORDERED, 30, SUM, "carts that were ordered, at the first add")                               \
	X(CARTS_RECOVERED, 31, SUM, "carts that were ordered after a lapse, at the first add")               \
	X(CARTS_EMPTIED, 32, SUM, "carts that were emptied, at the first add")                               \
	X(CARTS_ABANDONED, 33, SUM, "carts that are abandoned at A, at the first add")                       \
	X(SPEND, 34, DAY, "money spent on advertising")                                                      \
	X(TEST_EVENTS, 35, SUM, "test events, at their time; they touch nothing else")                       \
	X(DENIED_VIEWS, 36, SUM, "page views of those who did not agree to be measured")

enum measure {
#define X(name, number, kind, text) M_##name = number,
	MEASURES(X)
#undef X
		MEASURE_COUNT // one more than the greatest number: size of arrays indexed by measure
};

struct measure_row {
	const char *name; // "SESSIONS"; NULL where a number is free
	enum measure_kind kind;
	const char *text;
};

extern const struct measure_row measure_rows[MEASURE_COUNT]; // indexed by enum measure; row 0 is free
