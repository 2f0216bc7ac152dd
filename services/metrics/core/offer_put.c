// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What offers mean for the figures: stock and its value, dead stock, losses by empty shelves. All of it
// stands at days; whoever changes an offer takes out what stands from the first day it can touch, and puts it
// in again. Dead stock waits for the clock: an offer becomes dead with a midnight, when nothing is said at
// all.
#include "services/metrics/core/offer_put.h"

#include <stdlib.h>

uint32_t offer_dims(struct fold *fold, const char *sku)
{
	struct dims dims = {0};
	dims.key[INTERN_INDEX(FOLD_OFFER)] = intern_key(fold->intern, sku);
	return intern_dims(fold->intern, &dims);
}

static uint32_t dims_of(struct fold *fold, const struct entity *entity)
{
	char sku[ENTITY_ID_SIZE];
	entity_id(entity, sku);
	return offer_dims(fold, sku);
}

// ---- stock ----

struct change_days {
	VEC(int32_t) * at;
};

// False when it is not one of them.
static bool note_day(struct change_days *days, int32_t day, int32_t from_day)
{
	if (day < from_day)
		return false;
	int32_t *place = vec_push(days->at);
	*place = day;
	return true;
}

static int compare_days(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

// The days from that one on at which stock, cost or being alive can change, ascending.
static void find_changes(const struct fold *fold, const struct offer_facts *facts, int32_t from_day,
			 struct change_days *days)
{
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_location *location = &facts->locations->at[i];
		uint32_t k = vec_count(location->closings);
		while (k > 0 && note_day(days, location->closings->at[k - 1].day, from_day))
			k--;
	}
	for (uint32_t i = vec_count(facts->stated); i > 0; i--)
		if (!note_day(days, fold_day(fold, facts->stated->at[i - 1].moment.t_ms), from_day))
			break;
	for (uint32_t i = vec_count(facts->sold); i > 0; i--) {
		int32_t day = facts->sold->at[i - 1].day;
		if (!note_day(days, day + OFFER_DEAD_DAYS, from_day))
			break;
		(void)note_day(days, day, from_day);
	}
	if (vec_count(days->at))
		qsort(days->at->at, days->at->count, sizeof(days->at->at[0]), compare_days);
}

struct close { // how a day ends
	money_sum stock, value, dead;
};

static struct close close_of(const struct fold *fold, const struct offer_facts *facts, int32_t day)
{
	struct close close;
	offer_stock_closed(facts, day, &close.stock);
	int64_t cost_minor = offer_cost_at(facts, fold_day_start_ms(fold, day + 1) - 1);
	close.value = cost_minor == OFFER_UNKNOWN ? 0 : close.stock * cost_minor;
	close.dead = offer_is_alive(facts, day) ? 0 : close.value;
	return close;
}

static void put_dead(struct fold *fold, uint32_t dims, int64_t start_ms, money_sum amount)
{
	bool counts = start_ms <= fold->as_of_ms;
	if (amount)
		fact_put_from(fold->book, M_DEAD_STOCK, minute_of(start_ms), dims, start_ms, amount,
			      counts ? amount : 0);
}

static void put_closes(struct fold *fold, const struct offer_facts *facts, int32_t from_day, int sign,
		       bool dead_only)
{
	struct change_days days = {NULL};
	if (!vec_count(facts->locations))
		return; // nothing was ever said about its stock
	find_changes(fold, facts, from_day, &days);
	uint32_t dims = dims_of(fold, &facts->entity);
	struct close before = {0};
	if (vec_count(days.at))
		before = close_of(fold, facts, days.at->at[0] - 1);
	for (uint32_t i = 0; i < vec_count(days.at); i++) {
		int32_t day = days.at->at[i];
		if (i > 0 && day == days.at->at[i - 1])
			continue;
		struct close close = close_of(fold, facts, day);
		int64_t start_ms = fold_day_start_ms(fold, day);
		put_dead(fold, dims, start_ms, sign * (close.dead - before.dead));
		if (!dead_only) {
			fact_put(fold->book, M_STOCK, minute_of(start_ms), dims,
				 sign * (close.stock - before.stock));
			fact_put(fold->book, M_STOCK_VALUE, minute_of(start_ms), dims,
				 sign * (close.value - before.value));
		}
		before = close;
	}
	vec_free(days.at);
}

void offer_put_dead(struct fold *fold, const void *entity, int sign)
{
	put_closes(fold, entity, INT32_MIN / 2, sign, true);
}

static int64_t sooner(int64_t best_ms, const struct fold *fold, int32_t day, int32_t today)
{
	int64_t start_ms = day > today ? fold_day_start_ms(fold, day) : INT64_MAX;
	return start_ms < best_ms ? start_ms : best_ms;
}

int64_t offer_due_ms(const struct fold *fold, const void *entity)
{
	const struct offer_facts *facts = entity;
	int32_t today = fold_day(fold, fold->as_of_ms);
	int64_t due_ms = INT64_MAX;
	if (!vec_count(facts->locations))
		return due_ms;
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_location *location = &facts->locations->at[i];
		for (uint32_t k = vec_count(location->closings);
		     k > 0 && location->closings->at[k - 1].day > today; k--)
			due_ms = sooner(due_ms, fold, location->closings->at[k - 1].day, today);
	}
	for (uint32_t i = vec_count(facts->stated); i > 0; i--) {
		int32_t day = fold_day(fold, facts->stated->at[i - 1].moment.t_ms);
		if (day <= today)
			break;
		due_ms = sooner(due_ms, fold, day, today);
	}
	for (uint32_t i = vec_count(facts->sold); i > 0; i--) {
		int32_t dead = facts->sold->at[i - 1].day + OFFER_DEAD_DAYS;
		if (dead <= today)
			break;
		due_ms = sooner(due_ms, fold, facts->sold->at[i - 1].day, today);
		if (!offer_is_alive(facts, dead))
			due_ms = sooner(due_ms, fold, dead, today);
	}
	return due_ms;
}

// ---- losses ----

static void put_losses(struct fold *fold, const struct offer *offer, int32_t from_day, int sign)
{
	const struct offer_days *days = offer->days;
	uint32_t first = offer_missed_from(days, from_day);
	for (uint32_t i = first; i < vec_count(days->missed); i++) {
		const struct offer_missed *missed = &days->missed->at[i];
		fact_put(fold->book, M_STOCKOUT_LOSS, minute_of(fold_day_start_ms(fold, missed->day)),
			 offer->dims, sign * offer_loss(offer->facts, days, missed));
	}
}

// ---- for those who change an offer ----

bool offer_find(struct fold *fold, const char *sku, struct offer *out)
{
	void *facts = entity_find(fold->table, FOLD_OFFER_FACTS, slice_of(sku));
	void *days = entity_find(fold->table, FOLD_OFFER_DAYS, slice_of(sku));
	*out = (struct offer){.facts = facts, .days = days};
	if (!facts || !days)
		return false;
	out->dims = offer_dims(fold, sku);
	return true;
}

void offer_out(struct fold *fold, const struct offer *offer, unsigned what, int32_t from_day)
{
	if (what & OFFER_CLOSES)
		put_closes(fold, offer->facts, from_day, -1, false);
	if (what & OFFER_LOSSES)
		put_losses(fold, offer, from_day, -1);
}

void offer_in(struct fold *fold, const struct offer *offer, unsigned what, int32_t from_day)
{
	if (what & OFFER_CLOSES) {
		put_closes(fold, offer->facts, from_day, 1, false);
		due_set(fold, &offer->facts->entity);
		fold_dirty(fold, &offer->facts->entity);
	}
	if (what & OFFER_LOSSES) {
		put_losses(fold, offer, from_day, 1);
		fold_dirty(fold, &offer->days->entity);
	}
}
