// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What customers and their valid orders put into the figures. Each order's facts lean on its neighbours in
// time only, so that an order of a customer with thousands of them moves a handful of facts:
//   the first        a customer, new with it; its day
//   every one        an order; the days since the one before it
//                    a customer of the year from its day until the next order's or for 365 days
//   every second one of two: a customer who came again, from the second's day until the third's or until 365
//                    days after the first, so that both are among the last 365 days
#include "services/metrics/core/customer.h"

#include <string.h>

enum { YEAR_DAYS = 365, BEFORE = 3, BEHIND = 4 };

// The valid orders round a place in the list; NULL where there is none.
struct neighbours {
	const struct customer_order *at[BEFORE + BEHIND]; // at[BEFORE]: the first at or behind the place
};

static void find_neighbours(const struct customer *customer, uint32_t index, struct neighbours *out)
{
	*out = (struct neighbours){{NULL}};
	int found = 0;
	for (uint32_t i = index; i > 0 && found < BEFORE; i--)
		if (customer->orders->at[i - 1].valid)
			out->at[BEFORE - 1 - found++] = &customer->orders->at[i - 1];
	found = 0;
	for (uint32_t i = index; i < vec_count(customer->orders) && found < BEHIND; i++)
		if (customer->orders->at[i].valid)
			out->at[BEFORE + found++] = &customer->orders->at[i];
}

static void put_days(struct fold *fold, uint16_t measure, uint32_t dims, int64_t from, int64_t until,
		     int sign)
{
	if (until <= from)
		return;
	fact_put(fold->book, measure, minute_of(fold_day_start_ms(fold, from)), dims, sign);
	fact_put(fold->book, measure, minute_of(fold_day_start_ms(fold, until)), dims, -sign);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

// Of the order at *order, its neighbours beside it.
static void put_order(struct fold *fold, const struct customer_order *const *order, uint32_t total, int sign)
{
	const struct customer_order *before = order[-1], *next = order[1], *third = order[2];
	int32_t minute = minute_of(order[0]->placed_ms);
	int64_t day = fold_day(fold, order[0]->placed_ms), year_end = day + YEAR_DAYS;
	fact_put(fold->book, M_CUSTOMER_ORDERS, minute, total, sign);
	if (before) {
		fact_put(fold->book, M_CUSTOMER_SPAN_DAYS, minute, total,
			 sign * (day - fold_day(fold, before->placed_ms)));
	} else {
		fact_put(fold->book, M_NEW_CUSTOMERS, minute, order[0]->dims, sign);
		fact_put(fold->book, M_CUSTOMERS, minute, total, sign);
		fact_put(fold->book, M_CUSTOMER_FIRST_DAYS, minute, total, sign * day);
	}
	int64_t next_day = next ? fold_day(fold, next->placed_ms) : INT64_MAX;
	int64_t third_day = third ? fold_day(fold, third->placed_ms) : INT64_MAX;
	put_days(fold, M_CUSTOMERS_OF_YEAR, total, day, least(year_end, next_day), sign);
	if (next)
		put_days(fold, M_REPEATERS_OF_YEAR, total, next_day, least(year_end, third_day), sign);
}

void customer_put_facts(struct fold *fold, const struct customer *customer, const char *id, int64_t placed_ms,
			int sign)
{
	struct neighbours found;
	uint32_t index;
	bool is_there = customer_find(customer, id, placed_ms, &index) && customer->orders->at[index].valid;
	uint32_t total = intern_dims(fold->intern, &(struct dims){{0}});
	find_neighbours(customer, index, &found);
	// Two before it look at it and one behind it does.
	for (int i = BEFORE - 2; i <= BEFORE + is_there; i++)
		if (found.at[i])
			put_order(fold, &found.at[i], total, sign);
}
