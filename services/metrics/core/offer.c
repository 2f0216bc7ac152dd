// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Facts of an offer and what its days come to. See offer.h.
#include "services/metrics/core/offer.h"

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

const struct offer_stock *offer_closing(const struct offer_location *location, int32_t day)
{
	uint32_t until = closings_until(location, day);
	return until > 0 ? &location->closings->at[until - 1] : NULL;
}

bool offer_stock_closed(const struct offer_facts *facts, int32_t day, money_sum *stock)
{
	bool known = false;
	*stock = 0;
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_stock *closing = offer_closing(&facts->locations->at[i], day);
		if (closing)
			*stock += closing->quantity;
		known |= closing != NULL;
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
