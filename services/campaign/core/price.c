// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: from price facts to intervals. The prior price of a reduction is asked of these intervals
// (prior_price.c); where facts are kept is the tables' business.
#include "services/campaign/core/price.h"

#include <stdlib.h>
#include <string.h>

bool price_fact_of(const Utarg__V1__OfferUpdated *offer, struct price_fact *out)
{
	bool is_active = offer->status == UTARG__V1__OFFER_STATUS__OFFER_STATUS_ACTIVE ||
			 offer->status == UTARG__V1__OFFER_STATUS__OFFER_STATUS_UNSPECIFIED;
	bool has_price = offer->known_price_case == UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR;

	// Out of sale ends an interval even when the offer was a conditional one.
	if (offer->conditional && is_active)
		return false;
	*out = (struct price_fact){
		.market = offer->market,
		.currency = offer->currency,
		.audience = offer->audience == UTARG__V1__AUDIENCE__AUDIENCE_UNSPECIFIED
				    ? (int32_t)UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC
				    : (int32_t)offer->audience,
		.is_offered = is_active && has_price,
		.is_perishable = offer->perishable,
		.gross_minor = is_active && has_price ? offer->price_gross_minor : 0,
	};
	return true;
}

// Same market and audience: 0.
static int compare_area(const struct price_fact *a, const struct price_fact *b)
{
	int order = strcmp(a->market, b->market);

	return order != 0 ? order : (a->audience > b->audience) - (a->audience < b->audience);
}

static int compare_time(const struct price_fact *a, const struct price_fact *b)
{
	int order = (a->t_ms > b->t_ms) - (a->t_ms < b->t_ms);

	return order != 0 ? order : memcmp(a->id, b->id, UUID_SIZE);
}

static int compare_facts(const void *left, const void *right)
{
	const struct price_fact *a = left;
	const struct price_fact *b = right;
	int order = compare_area(a, b);

	if (order == 0)
		order = strcmp(a->currency, b->currency);
	return order != 0 ? order : compare_time(a, b);
}

// Facts of one market, audience and currency beside those that hold for every currency; both in order of
// time.
struct run {
	const struct price_fact *own, *common;
	size_t own_count, common_count;
};

static const struct price_fact *first_of(const struct run *run)
{
	if (run->own_count == 0)
		return run->common_count == 0 ? NULL : run->common;
	if (run->common_count == 0)
		return run->own;
	return compare_time(run->own, run->common) < 0 ? run->own : run->common;
}

static const struct price_fact *take(struct run *run)
{
	const struct price_fact *fact = first_of(run);

	if (fact == NULL)
		return NULL;
	if (run->own_count > 0 && fact == run->own) {
		run->own++;
		run->own_count--;
	} else {
		run->common++;
		run->common_count--;
	}
	return fact;
}

// The next instant's fact: of several at one instant the last counts, the others never held.
static const struct price_fact *take_instant(struct run *run)
{
	const struct price_fact *fact = take(run);
	const struct price_fact *next;

	while (fact != NULL && (next = first_of(run)) != NULL && next->t_ms == fact->t_ms)
		fact = take(run);
	return fact;
}

static size_t run_intervals(struct run run, struct price_interval *out)
{
	struct price_interval *open = NULL; // in force
	const struct price_fact *fact;
	size_t made = 0;

	while ((fact = take_instant(&run)) != NULL) {
		if (open != NULL && fact->is_offered && open->gross_minor == fact->gross_minor)
			continue;
		if (open != NULL)
			open->until_ms = fact->t_ms;
		open = NULL;
		if (!fact->is_offered)
			continue;
		open = &out[made++];
		*open = (struct price_interval){
			.market = fact->market,
			.currency = fact->currency,
			.audience = fact->audience,
			.gross_minor = fact->gross_minor,
			.from_ms = fact->t_ms,
			.seq = fact->seq,
		};
	}
	return made;
}

// Length of the run of facts that begins here and shares area and currency.
static size_t run_size(const struct price_fact *facts, size_t count)
{
	size_t size = 1;

	while (size < count && compare_area(&facts[0], &facts[size]) == 0 &&
	       strcmp(facts[0].currency, facts[size].currency) == 0)
		size++;
	return size;
}

size_t price_intervals(struct price_fact *facts, size_t count, struct price_interval *out)
{
	struct run run = {0};
	size_t made = 0;
	size_t size;

	if (count > 1)
		qsort(facts, count, sizeof(*facts), compare_facts);
	for (size_t i = 0; i < count; i += size) {
		size = run_size(&facts[i], count - i);
		if (run.common_count > 0 && compare_area(run.common, &facts[i]) != 0)
			run.common_count = 0;
		run.own = &facts[i];
		run.own_count = size;
		if (facts[i].currency[0] == '\0') {
			// The empty currency sorts before all others: its run comes first in its area.
			run.common = run.own;
			run.common_count = size;
			run.own_count = 0;
		}
		made += run_intervals(run, &out[made]);
	}
	return made;
}
