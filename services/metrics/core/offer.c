// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Facts of an offer and what its days come to. See offer.h.
#include "services/metrics/core/offer.h"

#include "services/metrics/core/session.h"

#include <string.h>

// ---- prices and costs ----

// Index behind the last statement with t <= x.
static uint32_t stated_until(const struct offer_facts *facts, int64_t t_ms)
{
	uint32_t low = 0, high = vec_count(facts->stated);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (facts->stated->at[middle].moment.t_ms <= t_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t offer_price_at(const struct offer_facts *facts, int64_t t_ms)
{
	for (uint32_t i = stated_until(facts, t_ms); i > 0; i--)
		if (facts->stated->at[i - 1].price_minor != OFFER_UNKNOWN)
			return facts->stated->at[i - 1].price_minor;
	return OFFER_UNKNOWN;
}

int64_t offer_cost_at(const struct offer_facts *facts, int64_t t_ms)
{
	for (uint32_t i = stated_until(facts, t_ms); i > 0; i--)
		if (facts->stated->at[i - 1].cost_minor != OFFER_UNKNOWN)
			return facts->stated->at[i - 1].cost_minor;
	return OFFER_UNKNOWN;
}

void offer_add_stated(struct offer_facts *facts, const struct offer_stated *stated)
{
	uint32_t i = vec_count(facts->stated);
	while (i > 0 && moment_compare(&facts->stated->at[i - 1].moment, &stated->moment) > 0)
		i--;
	struct offer_stated *added = vec_insert(facts->stated, i);
	*added = *stated;
}

int64_t offer_next_price_ms(const struct offer_facts *facts, const struct moment *moment)
{
	for (uint32_t i = stated_until(facts, moment->t_ms - 1); i < vec_count(facts->stated); i++) {
		const struct offer_stated *stated = &facts->stated->at[i];
		if (stated->price_minor != OFFER_UNKNOWN && moment_compare(&stated->moment, moment) > 0)
			return stated->moment.t_ms;
	}
	return INT64_MAX;
}

int64_t offer_next_cost_ms(const struct offer_facts *facts, const struct moment *moment)
{
	for (uint32_t i = stated_until(facts, moment->t_ms - 1); i < vec_count(facts->stated); i++) {
		const struct offer_stated *stated = &facts->stated->at[i];
		if (stated->cost_minor != OFFER_UNKNOWN && moment_compare(&stated->moment, moment) > 0)
			return stated->moment.t_ms;
	}
	return INT64_MAX;
}

// ---- stock by the day ----

static struct offer_location *location_of(struct offer_facts *facts, uint32_t location)
{
	for (uint32_t i = 0; i < vec_count(facts->locations); i++)
		if (facts->locations->at[i].location == location)
			return &facts->locations->at[i];
	struct offer_location *added = vec_push(facts->locations);
	added->location = location;
	return added;
}

// Index behind the last closing of that day or an earlier one.
static uint32_t closings_until(const struct offer_location *location, int32_t day)
{
	uint32_t low = 0, high = vec_count(location->closings);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (location->closings->at[middle].day <= day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool offer_add_closing(struct offer_facts *facts, const struct offer_stock *stock)
{
	struct offer_location *location = location_of(facts, stock->location);
	uint32_t i = closings_until(location, stock->day);
	struct offer_stock *place = i > 0 ? &location->closings->at[i - 1] : NULL;
	if (!place || place->day != stock->day)
		place = vec_insert(location->closings, i);
	else if (moment_compare(&place->moment, &stock->moment) >= 0)
		return false;
	*place = *stock;
	return true;
}

bool offer_stock_closed(const struct offer_facts *facts, int32_t day, money_sum *stock)
{
	bool known = false;
	*stock = 0;
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_location *location = &facts->locations->at[i];
		uint32_t until = closings_until(location, day);
		if (until > 0)
			*stock += location->closings->at[until - 1].quantity;
		known |= until > 0;
	}
	return known;
}

int32_t offer_next_closing(const struct offer_facts *facts, uint32_t location, int32_t day)
{
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_location *at = &facts->locations->at[i];
		uint32_t next = closings_until(at, day);
		if (at->location == location && next < vec_count(at->closings))
			return at->closings->at[next].day;
	}
	return INT32_MAX;
}

// ---- units sold ----

static uint32_t sold_lower(const struct offer_facts *facts, int32_t day)
{
	uint32_t i = vec_count(facts->sold);
	while (i > 0 && facts->sold->at[i - 1].day >= day)
		i--;
	return i;
}

void offer_add_sold(struct offer_facts *facts, int32_t day, int64_t units)
{
	uint32_t i = sold_lower(facts, day);
	if (!units)
		return;
	if (i == vec_count(facts->sold) || facts->sold->at[i].day != day) {
		struct offer_sold *added = vec_insert(facts->sold, i);
		*added = (struct offer_sold){day, units};
		return;
	}
	facts->sold->at[i].units += units;
	if (!facts->sold->at[i].units)
		vec_remove(facts->sold, i);
}

bool offer_is_alive(const struct offer_facts *facts, int32_t day)
{
	uint32_t i = sold_lower(facts, day + 1);
	return i > 0 && facts->sold->at[i - 1].day > day - OFFER_DEAD_DAYS;
}

// ---- days ----

struct offer_count *offer_count_of(struct offer_days *days, int32_t day, bool make)
{
	uint32_t i = vec_count(days->counts);
	while (i > 0 && days->counts->at[i - 1].day > day)
		i--;
	if (i > 0 && days->counts->at[i - 1].day == day)
		return &days->counts->at[i - 1];
	if (!make)
		return NULL;
	struct offer_count *count = vec_insert(days->counts, i);
	count->day = day;
	return count;
}

void offer_drop_count(struct offer_days *days, int32_t day)
{
	const struct offer_count *count = offer_count_of(days, day, false);
	if (count && !count->views && !count->orders)
		vec_remove(days->counts, (uint32_t)(count - days->counts->at));
}

uint32_t offer_missed_from(const struct offer_days *days, int32_t day)
{
	uint32_t i = vec_count(days->missed);
	while (i > 0 && days->missed->at[i - 1].day >= day)
		i--;
	return i;
}

void offer_add_missed(struct offer_days *days, int32_t day, int64_t price_minor, uint32_t views)
{
	uint32_t i = offer_missed_from(days, day);
	while (i < vec_count(days->missed) && days->missed->at[i].day == day &&
	       days->missed->at[i].price_minor < price_minor)
		i++;
	if (i == vec_count(days->missed) || days->missed->at[i].day != day ||
	    days->missed->at[i].price_minor != price_minor) {
		struct offer_missed *added = vec_insert(days->missed, i);
		*added = (struct offer_missed){.day = day, .price_minor = price_minor};
	}
	days->missed->at[i].views += views;
}

money_sum offer_loss(const struct offer_facts *facts, const struct offer_days *days,
		     const struct offer_missed *missed)
{
	money_sum views = 0, orders = 0, stock;
	uint32_t next = vec_count(days->counts);
	int found = 0;
	for (int32_t day = missed->day - 1; found < OFFER_LOSS_DAYS; day--) {
		if (!offer_stock_closed(facts, day - 1, &stock))
			break; // nor is it known of any day before
		if (stock <= 0)
			continue;
		found++;
		while (next > 0 && days->counts->at[next - 1].day > day)
			next--;
		if (next > 0 && days->counts->at[next - 1].day == day) {
			views += days->counts->at[next - 1].views;
			orders += days->counts->at[next - 1].orders;
		}
	}
	if (!views)
		return 0;
	if (orders > views)
		orders = views;
	return missed->views * money_div_half_even(missed->price_minor * orders, views);
}

// ---- a day ----

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
		const struct offer_location *location = &facts->locations->at[i];
		uint32_t until = closings_until(location, day_number - 1);
		if (until > 0)
			place_stock(shelf, &location->closings->at[until - 1]);
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
