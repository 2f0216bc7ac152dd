// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What is known of an offer (by sku), in three entities:
//   offer_facts  what the shop stated (prices, costs, what each day closed with) and what each day sold.
//                Changes with facts and orders, never with a view.
//   offer_days   each local day's views and orders, and the views that met an empty shelf, by their price
//   offer_day    one local day (key: sku, 0, day): its changes of stock and its views, by the minute. So a
//                fact that comes late can judge the views behind it anew, and a day of the most popular offer
//                takes 1,440 rows for each price that was shown.
// Days are local, as numbers since 1970; a change of the zone builds all figures again.
//
// Stock at x is the sum over the locations of the fact with the greatest (t, id) with t <= x; a location that
// nothing was said about yet adds nothing, and while nothing was said about any, the stock is unknown: a
// view then is neither in nor out of stock. A view is judged as of the beginning of its minute.
//
// Loss of a view of day D that met an empty shelf: price x conversion, rounded half to even. Conversion:
// orders by views, at most 1, of the latest 28 days before D that began with something in stock (what the day
// before closed with). The price is the view's, else the offer's.
#pragma once

#include "services/metrics/core/entity.h"

enum { OFFER_LOSS_DAYS = 28, OFFER_DEAD_DAYS = 90 };
#define OFFER_UNKNOWN INT64_C(-1) // a price, a cost

struct offer_stated { // an offer_updated that says one of them in the shop's currency
	struct moment moment;
	int64_t price_minor; // gross, open to everybody
	int64_t cost_minor;  // net, of a piece
};

struct offer_stock {
	struct moment moment;
	int64_t quantity;
	uint32_t location; // interned
	int32_t day;
};

struct offer_sold { // units of orders that stand; never 0
	int32_t day;
	int64_t units;
};

struct offer_location {
	uint32_t location;                  // interned
	VEC(struct offer_stock) * closings; // the last of each day, by day
};

struct offer_facts {
	struct entity entity;
	VEC(struct offer_stated) * stated;      // by moment
	VEC(struct offer_location) * locations; // in the order they were told of
	VEC(struct offer_sold) * sold;          // by day
};

struct offer_count {
	int32_t day;
	uint32_t views;
	uint32_t bare; // of them without a price of their own
	uint32_t orders;
};

struct offer_missed { // views that met an empty shelf
	int32_t day;
	uint32_t views;
	int64_t price_minor; // above 0
};

struct offer_days {
	struct entity entity;
	VEC(struct offer_count) * counts;  // by day
	VEC(struct offer_missed) * missed; // by (day, price)
};

struct offer_view {
	int32_t minute;
	uint32_t count;
	int64_t price_minor; // OFFER_UNKNOWN: its own event says none
};

struct offer_order { // placed on the day
	char id[ENTITY_ID_SIZE];
};

struct offer_day {
	struct entity entity;
	VEC(struct offer_stock) * stocks; // the last of a minute and location, by moment
	VEC(struct offer_view) * views;   // by (minute, price)
	VEC(struct offer_order) * orders; // by id; whose line does not say its cost: the offer's counts
};

// ---- facts ----
// Price and cost in force at x (facts with t <= x); OFFER_UNKNOWN: none was said.
int64_t offer_price_at(const struct offer_facts *facts, int64_t t_ms);
int64_t offer_cost_at(const struct offer_facts *facts, int64_t t_ms);
void offer_add_stated(struct offer_facts *facts, const struct offer_stated *stated);
// False when a later one of its day and location is there already.
bool offer_add_closing(struct offer_facts *facts, const struct offer_stock *stock);
// The location's last of that day or an earlier one; NULL: none.
const struct offer_stock *offer_closing(const struct offer_location *location, int32_t day);
// What the shelf held when the day ended; false when that is unknown.
bool offer_stock_closed(const struct offer_facts *facts, int32_t day, money_sum *stock);
// The first day behind `day` that says something about the location; INT32_MAX: none.
int32_t offer_next_closing(const struct offer_facts *facts, uint32_t location, int32_t day);
// The moment of the first price, cost behind the moment; INT64_MAX: none.
int64_t offer_next_price_ms(const struct offer_facts *facts, const struct moment *moment);
int64_t offer_next_cost_ms(const struct offer_facts *facts, const struct moment *moment);
void offer_add_sold(struct offer_facts *facts, int32_t day, int64_t units);
// Was a unit sold in the OFFER_DEAD_DAYS days up to and with this one?
bool offer_is_alive(const struct offer_facts *facts, int32_t day);

// ---- days ----
struct offer_count *offer_count_of(struct offer_days *days, int32_t day, bool make); // NULL: not there
void offer_drop_count(struct offer_days *days, int32_t day);                         // if it is all zero
void offer_add_missed(struct offer_days *days, int32_t day, int64_t price_minor, uint32_t views);
uint32_t offer_missed_from(const struct offer_days *days, int32_t day); // index of the first of that day on
// Loss of the group in the shop's currency.
money_sum offer_loss(const struct offer_facts *facts, const struct offer_days *days,
		     const struct offer_missed *missed);

// ---- a day ----
void offer_link_order(struct offer_day *day, const char *order, bool in);
void offer_add_stock(struct offer_day *day, const struct offer_stock *stock);
void offer_add_view(struct offer_day *day, int32_t minute, int64_t price_minor);
// Judges one view of a minute; true: the shelf was empty, *price_minor is what was lost with it (0: nothing).
bool offer_is_missed(const struct offer_facts *facts, const struct offer_day *day, int32_t day_number,
		     int32_t minute, int64_t *price_minor);
// Judges all views of the day anew.
void offer_judge(const struct offer_facts *facts, const struct offer_day *day, int32_t day_number,
		 struct offer_days *days);
