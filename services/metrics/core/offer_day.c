// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One day of an offer by the minute, and which of its views met an empty shelf. See offer.h.
#include "services/metrics/core/offer.h"

#include "services/metrics/core/session.h"

#include <string.h>

void offer_link_order(struct offer_day *day, const char *order, bool in)
{
	uint32_t i = 0;
	while (i < vec_count(day->orders) && strcmp(day->orders->at[i].id, order) < 0)
		i++;
	bool there = i < vec_count(day->orders) && strcmp(day->orders->at[i].id, order) == 0;
	if (there && !in) {
		vec_remove(day->orders, i);
	} else if (!there && in) {
		struct offer_order *added = vec_insert(day->orders, i);
		text_copy(added->id, sizeof(added->id), order);
	}
}

// The first minute whose views it judges.
static int32_t judges_from(const struct offer_stock *stock)
{
	return minute_of(stock->moment.t_ms + 59999);
}

void offer_add_stock(struct offer_day *day, const struct offer_stock *stock)
{
	int32_t minute = judges_from(stock);
	uint32_t i = vec_count(day->stocks);
	for (; i > 0 && judges_from(&day->stocks->at[i - 1]) >= minute; i--) {
		const struct offer_stock *other = &day->stocks->at[i - 1];
		if (judges_from(other) != minute || other->location != stock->location)
			continue;
		if (moment_compare(&other->moment, &stock->moment) >= 0)
			return;
		vec_remove(day->stocks, i - 1);
	}
	i = vec_count(day->stocks);
	while (i > 0 && moment_compare(&day->stocks->at[i - 1].moment, &stock->moment) > 0)
		i--;
	struct offer_stock *added = vec_insert(day->stocks, i);
	*added = *stock;
}

void offer_add_view(struct offer_day *day, int32_t minute, int64_t price_minor)
{
	uint32_t i = vec_count(day->views);
	for (; i > 0; i--) {
		struct offer_view *view = &day->views->at[i - 1];
		if (view->minute == minute && view->price_minor == price_minor) {
			view->count++;
			return;
		}
		if (view->minute < minute || (view->minute == minute && view->price_minor < price_minor))
			break;
	}
	struct offer_view *added = vec_insert(day->views, i);
	*added = (struct offer_view){minute, 1, price_minor};
}

// What lies on the shelf while a day passes by: the day's changes upon what the day before closed with.
struct shelf {
	const struct offer_facts *facts;
	const struct offer_day *day;
	VEC(struct offer_stock) * places; // by location, as they stand now
	uint32_t next;                    // of the day's changes
};

static void place_stock(struct shelf *shelf, const struct offer_stock *stock)
{
	for (uint32_t i = 0; i < vec_count(shelf->places); i++) {
		if (shelf->places->at[i].location == stock->location) {
			shelf->places->at[i].quantity = stock->quantity;
			return;
		}
	}
	struct offer_stock *added = vec_push(shelf->places);
	*added = *stock;
}

static void shelf_open(struct shelf *shelf, const struct offer_facts *facts, const struct offer_day *day,
		       int32_t day_number)
{
	*shelf = (struct shelf){.facts = facts, .day = day};
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_stock *closing = offer_closing(&facts->locations->at[i], day_number - 1);
		if (closing)
			place_stock(shelf, closing);
	}
}

// Moves on to the minute's beginning. True: something was said about the stock, and nothing is there.
static bool shelf_is_empty(struct shelf *shelf, int32_t minute)
{
	const struct offer_day *day = shelf->day;
	money_sum sum = 0;
	while (shelf->next < vec_count(day->stocks) && judges_from(&day->stocks->at[shelf->next]) <= minute)
		place_stock(shelf, &day->stocks->at[shelf->next++]);
	for (uint32_t i = 0; i < vec_count(shelf->places); i++)
		sum += shelf->places->at[i].quantity;
	return vec_count(shelf->places) > 0 && sum <= 0;
}

// What a view of the minute would have paid: its own price, else the offer's, else nothing.
static int64_t price_of(const struct offer_facts *facts, int32_t minute, int64_t own_minor)
{
	if (own_minor != OFFER_UNKNOWN)
		return own_minor;
	int64_t price_minor = offer_price_at(facts, (int64_t)minute * 60000);
	return price_minor == OFFER_UNKNOWN ? 0 : price_minor;
}

bool offer_is_missed(const struct offer_facts *facts, const struct offer_day *day, int32_t day_number,
		     int32_t minute, int64_t *price_minor)
{
	struct shelf shelf;
	shelf_open(&shelf, facts, day, day_number);
	bool missed = shelf_is_empty(&shelf, minute);
	vec_free(shelf.places);
	if (missed)
		*price_minor = price_of(facts, minute, *price_minor);
	return missed;
}

void offer_judge(const struct offer_facts *facts, const struct offer_day *day, int32_t day_number,
		 struct offer_days *days)
{
	struct shelf shelf;
	uint32_t first = offer_missed_from(days, day_number),
		 behind = offer_missed_from(days, day_number + 1);
	if (behind > first)
		vec_remove_many(days->missed, first, behind - first);
	shelf_open(&shelf, facts, day, day_number);
	for (uint32_t i = 0; i < vec_count(day->views); i++) {
		const struct offer_view *view = &day->views->at[i];
		int64_t price_minor = 0;
		if (shelf_is_empty(&shelf, view->minute))
			price_minor = price_of(facts, view->minute, view->price_minor);
		if (price_minor > 0)
			offer_add_missed(days, day_number, price_minor, view->count);
	}
	vec_free(shelf.places);
}
