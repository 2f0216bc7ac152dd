// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is summed: every additive cell belongs to one measure. Figures are made of sums of measures by the
// rows of kpi.c; the fold produces them. A measure is placed at an instant (first event of a session, order
// date, time of a refund...), and its kind says for which grains it has cells. Numbers stand in stored cells:
// new measures go to the end. Pure.
#pragma once

#include <stdbool.h>
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
	X(DENIED_VIEWS, 36, SUM, "page views of those who did not agree to be measured")                     \
	X(VISIT_LEVELS, 40, LEVEL, "sessions by their length, at their first event")                         \
	X(LIVE_VISITORS, 41, MINUTE, "visitors with an event in the five minutes up to the minute's start")  \
	X(SEARCHES, 42, SUM, "searches, at their time")                                                      \
	X(MISSED_SEARCHES, 43, SUM, "searches that found nothing")                                           \
	X(PAGE_ERRORS, 44, SUM, "page errors times a thousand, at their time")                               \
	X(PAINT_LEVELS, 45, LEVEL, "page loads by their largest contentful paint, at their time")            \
	X(INTERACTION_LEVELS, 46, LEVEL, "page loads by their interaction delay, at their time")             \
	X(BASKETS, 60, LEVEL, "orders that are not cancelled, by net after discounts in minor units")        \
	X(BASKET_TAX, 61, SUM, "tax of their lines, at the order date")                                      \
	X(COUPON_ORDERS, 62, SUM, "orders with a coupon, at the order date")                                 \
	X(ORDERS_BY_METHOD, 63, SUM, "orders by payment method, at the order date")                          \
	X(PAID, 64, SUM, "money paid for orders, at the time of the payment")                                \
	X(UNPAID_1D, 65, STANDING, "orders neither paid nor cancelled when they were 24 hours old")          \
	X(UNPAID_3D, 66, STANDING, "such orders when they were 3 x 24 hours old")                            \
	X(UNPAID_7D, 67, STANDING, "such orders when they were 7 x 24 hours old")                            \
	X(COST_OF_GOODS, 68, DAY, "known cost of what is left of orders, at the order date")                 \
	X(ORDER_COSTS, 69, DAY, "fees, shipping and packaging of orders, at the order date")                 \
	X(KNOWN_COST_NET, 70, DAY, "net that is left of lines whose cost is known, at the order date")       \
	X(CUSTOMER_MARGIN, 71, STANDING, "margin of valid orders of known customers, without spend")         \
	X(CUSTOMERS, 72, STANDING, "customers with a valid order")                                           \
	X(CUSTOMER_ORDERS, 73, STANDING, "their valid orders")                                               \
	X(CUSTOMER_FIRST_DAYS, 74, STANDING, "days of their first ones, since 1970-01-01")                   \
	X(CUSTOMER_SPAN_DAYS, 75, STANDING, "days from their first to their last ones")                      \
	X(CUSTOMERS_OF_YEAR, 76, STANDING, "customers with a valid order in the last 365 days")              \
	X(REPEATERS_OF_YEAR, 77, STANDING, "customers with two of them")                                     \
	X(PAYMENT_CARTS, 100, SUM, "carts somebody tried to pay for, at the first attempt")                  \
	X(PAYMENT_FAILED_CARTS, 101, SUM, "those that are failed at A, at the first attempt")                \
	X(CHECKOUTS_ORDERED, 102, SUM, "carts with a checkout that were ordered, at the first checkout")     \
	X(CHECKOUTS_ABANDONED, 103, SUM, "carts with a checkout abandoned at A, at the first checkout")      \
	X(SESSIONS_AT_ITEM, 104, SUM, "sessions that saw an item or got further")                            \
	X(SESSIONS_AT_CART, 105, SUM, "sessions that added to a cart or got further")                        \
	X(SESSIONS_AT_CHECKOUT, 106, SUM, "sessions that began a checkout or have an order")                 \
	X(CASES_OPENED, 110, SUM, "service cases, at their opening")                                         \
	X(FIRST_REPLY_MS, 111, LEVEL, "time to the first reply of the shop, at the case's opening")          \
	X(RESOLUTION_MS, 112, LEVEL, "time to the last close, at the case's opening")                        \
	X(OPEN_CASES, 113, STANDING, "service cases opened or reopened, less those closed")                  \
	X(RATING_SCORE, 114, SUM, "scores of the last rating of cases, at its time")                         \
	X(RATINGS, 115, SUM, "those ratings")                                                                \
	X(OPEN_ORDERS, 116, STANDING, "orders placed, less those cancelled or sent in full")                 \
	X(COMPLAINTS_DUE, 117, STANDING, "complaints received, less those settled")                          \
	X(COMPLAINTS_OVERDUE, 118, STANDING, "complaints of 14 days, less those settled")                    \
	X(REFUNDS_DUE, 119, STANDING, "withdrawals received, less those refunded")                           \
	X(REFUNDS_OVERDUE, 120, STANDING, "withdrawals of 14 days, less those refunded")                     \
	X(FULFILMENT_MS, 130, LEVEL, "time from the order to the last parcel sent, at the order date")       \
	X(FULFILLED_ORDERS, 131, SUM, "orders sent in full, at the order date")                              \
	X(RETURNED_ORDERS, 132, SUM, "those of which something came back, at the order date")                \
	X(REFUSED_ORDERS, 133, SUM, "those with a parcel refused, at the order date")                        \
	X(PROMISED_ORDERS, 134, DAY,                                                                         \
	  "orders promised for a day that were delivered or whose day has passed")                           \
	X(ORDERS_ON_TIME, 135, DAY, "those delivered by the end of the day")                                 \
	X(REVIEW_SCORE, 136, SUM, "scores of reviews, at their time")                                        \
	X(REVIEWS, 137, SUM, "reviews, at their time")                                                       \
	X(OFFER_VIEWS, 150, DAY, "looks at an offer")                                                        \
	X(OFFER_ORDERS, 151, DAY, "orders with the offer, at the order date")                                \
	X(OFFER_UNITS, 152, DAY, "pieces of the offer in them")                                              \
	X(OFFER_SOLD, 153, DAY, "pieces of the offer in orders that are not cancelled")                      \
	X(OFFER_REVENUE, 154, DAY, "net that is left of the offer's lines, at the order date")               \
	X(OFFER_KNOWN_REVENUE, 155, DAY, "net that is left of lines whose cost is known")                    \
	X(OFFER_COST, 156, DAY, "what is left of such lines at its cost")                                    \
	X(STOCK, 157, STANDING, "pieces in stock")                                                           \
	X(STOCK_VALUE, 158, STANDING, "pieces in stock at what they cost")                                   \
	X(DEAD_STOCK, 159, STANDING, "the value of stock of offers that have not sold in 90 days")           \
	X(STOCKOUT_LOSS, 160, DAY, "what looks at an offer that was out of stock would have sold for")       \
	X(VISITS_WITH_CART, 170, SUM, "dialects: sessions that added to a cart")                             \
	X(VISITS_LEFT, 171, SUM, "dialects: those of them without an order")                                 \
	X(PLACED_GROSS, 172, SUM, "dialects: items after discounts, shipping and tax, at the order date")    \
	X(DIGEST_ROWS, 180, DAY, "orders in the shop's books of the day")                                    \
	X(DIGEST_ROWS_AGREEING, 181, DAY, "those that are here with the same status, gross and currency")    \
	X(BOOKS_MISSING, 182, DAY, "those that are not here")                                                \
	X(BOOKS_EXTRA, 183, DAY, "orders of the day that the books do not name")                             \
	X(DIGEST_DAYS, 184, DAY, "days with books")                                                          \
	X(DIGEST_DAYS_AGREEING, 185, DAY, "days whose books agree")                                          \
	X(ATTRIBUTED_NET_LAST_NON_DIRECT, 200, DAY,                                                          \
	  "current net of orders credited by last non-direct touch, at the order date")                      \
	X(ATTRIBUTED_NET_FIRST, 201, DAY,                                                                    \
	  "current net of orders credited by first touch, at the order date")                                \
	X(ATTRIBUTED_NET_LAST, 202, DAY, "current net of orders credited by last touch, at the order date")  \
	X(ATTRIBUTED_NET_LINEAR, 203, DAY, "current net of orders credited by linear, at the order date")    \
	X(ATTRIBUTED_NET_POSITION, 204, DAY,                                                                 \
	  "current net of orders credited by position, at the order date")                                   \
	X(ATTRIBUTED_NET_TIME_DECAY, 205, DAY,                                                               \
	  "current net of orders credited by time decay, at the order date")                                 \
	X(ATTRIBUTED_NET_MARKOV, 206, DAY, "current net of orders credited by Markov, at the order date")    \
	X(ATTRIBUTED_ORDERS_LAST_NON_DIRECT, 210, DAY,                                                       \
	  "millionths of orders credited by last non-direct touch")                                          \
	X(ATTRIBUTED_ORDERS_FIRST, 211, DAY, "millionths of orders credited by first touch")                 \
	X(ATTRIBUTED_ORDERS_LAST, 212, DAY, "millionths of orders credited by last touch")                   \
	X(ATTRIBUTED_ORDERS_LINEAR, 213, DAY, "millionths of orders credited by linear")                     \
	X(ATTRIBUTED_ORDERS_POSITION, 214, DAY, "millionths of orders credited by position")                 \
	X(ATTRIBUTED_ORDERS_TIME_DECAY, 215, DAY, "millionths of orders credited by time decay")             \
	X(ATTRIBUTED_ORDERS_MARKOV, 216, DAY, "millionths of orders credited by Markov")                     \
	X(ATTRIBUTED_CUSTOMERS_LAST_NON_DIRECT, 220, DAY,                                                    \
	  "millionths of new customers credited by last non-direct touch")                                   \
	X(ATTRIBUTED_CUSTOMERS_FIRST, 221, DAY, "millionths of new customers credited by first touch")       \
	X(ATTRIBUTED_CUSTOMERS_LAST, 222, DAY, "millionths of new customers credited by last touch")         \
	X(ATTRIBUTED_CUSTOMERS_LINEAR, 223, DAY, "millionths of new customers credited by linear")           \
	X(ATTRIBUTED_CUSTOMERS_POSITION, 224, DAY, "millionths of new customers credited by position")       \
	X(ATTRIBUTED_CUSTOMERS_TIME_DECAY, 225, DAY, "millionths of new customers credited by time decay")   \
	X(ATTRIBUTED_CUSTOMERS_MARKOV, 226, DAY, "millionths of new customers credited by Markov")           \
	X(AD_IMPRESSIONS, 230, DAY, "times an advertisement was shown, as the platforms report")             \
	X(AD_CLICKS, 231, DAY, "clicks on advertisements, as the platforms report")                          \
	X(AD_PRICED_CLICKS, 232, DAY, "clicks on advertisements of rows whose spend is counted")             \
	X(AD_REPORTED_ORDERS, 233, DAY, "orders that the platforms claim for themselves")                    \
	X(AD_SHARE, 234, DAY, "impression share in hundredths of a percent times impressions")               \
	X(AD_SHARED_IMPRESSIONS, 235, DAY, "impressions of rows that state their impression share")          \
	X(FOREIGN_SPEND, 236, DAY, "rows of spend in another currency without a rate")                       \
	X(MAIL_SENT, 237, DAY, "mails sent")                                                                 \
	X(MAIL_DELIVERED, 238, DAY, "mails delivered")                                                       \
	X(MAIL_OPENED, 239, DAY, "mails opened")                                                             \
	X(MAIL_CLICKED, 240, DAY, "mails clicked in")                                                        \
	X(MAIL_UNSUBSCRIBED, 241, DAY, "mails unsubscribed from")                                            \
	X(MAIL_BOUNCED, 242, DAY, "mails that bounced")                                                      \
	X(SEO_IMPRESSIONS, 243, DAY, "times the shop was among search results")                              \
	X(SEO_CLICKS, 244, DAY, "clicks on the shop among search results")                                   \
	X(SEO_POSITION, 245, DAY, "positions in thousandths times impressions")                              \
	X(SEO_BRAND_IMPRESSIONS, 246, DAY, "impressions for searches that name the brand")                   \
	X(SEO_BRAND_CLICKS, 247, DAY, "clicks for searches that name the brand")                             \
	X(SEO_BRAND_POSITION, 248, DAY,                                                                      \
	  "positions in thousandths times impressions, for searches that name the brand")                    \
	X(ORGANIC_SESSIONS, 249, DAY, "sessions from organic search, at their first event")                  \
	X(ORGANIC_REVENUE, 250, DAY, "current net of orders of such sessions, at the order date")            \
	X(FEED_SENT, 251, STANDING, "offers sent to platforms")                                              \
	X(FEED_APPROVED, 252, STANDING, "offers approved by platforms")                                      \
	X(MESSAGE_PLACEMENTS, 253, STANDING, "placements of messages, published or still shown")             \
	X(COHERENT_PLACEMENTS, 254, STANDING, "placements that show the current version of their message")   \
	X(BUDGET_DUE, 255, STANDING, "what of the budget is due at the end of its days")                     \
	X(DAY_BUDGET, 256, DAY, "the day's part of the budget")                                              \
	X(DAILY_BUDGET, 257, STANDING, "the budget divided by the days of its period")                       \
	X(COMMISSION, 260, DAY, "what orders earn partners now, at the order date")                          \
	X(AFFILIATE_HELD, 261, STANDING, "commission whose holding period runs")                             \
	X(AFFILIATE_DUE, 262, STANDING, "commission whose holding period is over, less what was paid")       \
	X(AFFILIATE_CLAWED_BACK, 263, DAY, "commission taken back when it was due already, at that time")    \
	X(AFFILIATE_PAID, 264, DAY, "commission paid, at that time")                                         \
	X(AFFILIATE_ORDERS, 265, DAY, "orders that partners brought, at the order date")                     \
	X(AFFILIATE_APPROVED, 266, DAY, "those of them that earn something and are no longer held")          \
	X(AFFILIATE_CLICKS, 267, DAY, "clicks with a valid signature, at their time")

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

// Whether events that change it on a closed day make history (history.h): not what is true at a minute, nor
// what a model credits, which moves with other orders' paths and not with an event.
bool measure_makes_history(uint16_t measure);
