// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/order_life.h"

#include "services/metrics/core/claim.h"
#include "services/metrics/core/inner.h"
#include "services/metrics/core/level.h"

#include <assert.h>
#include <string.h>

// ---- what follows from a life ----

// The end of the day an order is promised for; INT64_MAX without.
static int64_t promise_ends_ms(const struct fold *fold, const struct order *order, int64_t *starts_ms)
{
	int32_t day = order->content.promised_day;
	if (!day || order_is_cancelled(order, NULL))
		return INT64_MAX;
	struct zone_date date = {day / 10000, day / 100 % 100, day % 100};
	*starts_ms = zone_day_start_ms(fold->zone, date);
	return zone_day_start_ms(fold->zone, zone_date_add(date, 1));
}

// INT64_MIN: nothing was delivered.
static int64_t delivered_ms(const struct order_life *life)
{
	int64_t latest_ms = INT64_MIN;
	for (uint32_t i = 0; i < vec_count(life->parcels); i++)
		if (life->parcels->at[i].delivered_ms > latest_ms)
			latest_ms = life->parcels->at[i].delivered_ms;
	return latest_ms;
}

static void put_promise(struct fold *fold, const struct order *order, int sign)
{
	int64_t starts_ms = 0, ends_ms = promise_ends_ms(fold, order, &starts_ms);
	int64_t at_ms = delivered_ms(&order->life);
	if (ends_ms == INT64_MAX)
		return;
	if (at_ms != INT64_MIN)
		fact_put(fold->book, M_PROMISED_ORDERS, minute_of(starts_ms), order->dims, sign);
	else
		fact_put_from(fold->book, M_PROMISED_ORDERS, minute_of(starts_ms), order->dims, ends_ms, sign,
			      ends_ms <= fold->as_of_ms ? sign : 0);
	if (at_ms != INT64_MIN && at_ms < ends_ms)
		fact_put(fold->book, M_ORDERS_ON_TIME, minute_of(starts_ms), order->dims, sign);
}

static void put_open(struct fold *fold, const struct order *order, int sign)
{
	int64_t placed_ms = order_placed_ms(order), closed_ms = INT64_MAX;
	struct moment cancel;
	if (order_is_cancelled(order, &cancel))
		closed_ms = cancel.t_ms;
	if (order->life.is_fulfilled && order->life.fulfilled_ms < closed_ms)
		closed_ms = order->life.fulfilled_ms;
	if (closed_ms <= placed_ms)
		return;
	fact_put(fold->book, M_OPEN_ORDERS, minute_of(placed_ms), order->dims, sign);
	if (closed_ms != INT64_MAX)
		fact_put(fold->book, M_OPEN_ORDERS, minute_of(closed_ms), order->dims, -sign);
}

static void put_fulfilment(struct fold *fold, const struct order *order, int sign)
{
	const struct order_life *life = &order->life;
	int64_t placed_ms = order_placed_ms(order);
	int32_t minute = minute_of(placed_ms);
	if (!life->is_fulfilled)
		return;
	fact_put(fold->book, M_FULFILLED_ORDERS, minute, order->dims, sign);
	fact_put(fold->book, M_RETURNED_ORDERS, minute, order->dims, sign * life->is_returned);
	fact_put(fold->book, M_REFUSED_ORDERS, minute, order->dims, sign * life->is_refused);
	fact_put_level(fold->book, M_FULFILMENT_MS, minute, order->dims,
		       level_of(life->fulfilled_ms - placed_ms), sign);
}

// When the claim was settled; INT64_MAX: not yet.
static int64_t settled_ms(const struct order *order, const struct order_claim *claim)
{
	int64_t told_ms = claim->moment.t_ms, first_ms = INT64_MAX;
	struct moment cancel;
	for (uint32_t i = 0; i < vec_count(order->refunds); i++) {
		int64_t t_ms = order->refunds->at[i].rank.moment.t_ms;
		if (t_ms >= told_ms && t_ms < first_ms)
			first_ms = t_ms;
	}
	if (claim->kind != FOLD_COMPLAINT)
		return first_ms;
	if (order_is_cancelled(order, &cancel) && cancel.t_ms >= told_ms && cancel.t_ms < first_ms)
		first_ms = cancel.t_ms;
	for (uint32_t i = 0; i < vec_count(order->life.closes); i++) {
		int64_t t_ms = order->life.closes->at[i].t_ms;
		if (t_ms >= told_ms && t_ms < first_ms)
			first_ms = t_ms;
	}
	return first_ms;
}

void order_life_put(struct fold *fold, const void *entity, int sign)
{
	const struct order *order = entity;
	bool known = order_is_known(order);
	for (uint32_t i = 0; i < vec_count(order->life.claims); i++) {
		const struct order_claim *claim = &order->life.claims->at[i];
		claim_put_facts(fold, claim->kind, claim->moment.t_ms, settled_ms(order, claim),
				known ? order->dims : claim->dims, sign);
	}
	if (!known)
		return;
	put_open(fold, order, sign);
	put_fulfilment(fold, order, sign);
	put_promise(fold, order, sign);
}

int64_t order_life_due_ms(const struct fold *fold, const void *entity)
{
	const struct order *order = entity;
	int64_t first_ms = INT64_MAX, starts_ms = 0;
	for (uint32_t i = 0; i < vec_count(order->life.claims); i++) {
		const struct order_claim *claim = &order->life.claims->at[i];
		int64_t due_ms = claim_facts_due_ms(fold, claim->moment.t_ms, settled_ms(order, claim));
		first_ms = due_ms < first_ms ? due_ms : first_ms;
	}
	if (!order_is_known(order) || delivered_ms(&order->life) != INT64_MIN)
		return first_ms;
	int64_t ends_ms = promise_ends_ms(fold, order, &starts_ms);
	return ends_ms > fold->as_of_ms && ends_ms < first_ms ? ends_ms : first_ms;
}

// ---- lists ----

static int claim_compare(uint8_t kind, const char *id, const struct order_claim *b)
{
	return kind != b->kind ? kind - b->kind : strcmp(id, b->id);
}

void order_life_put_claim(struct order_life *life, const struct order_claim *claim)
{
	order_life_drop_claim(life, claim->kind, claim->id);
	uint32_t i = vec_count(life->claims);
	while (i > 0 && claim_compare(claim->kind, claim->id, &life->claims->at[i - 1]) < 0)
		i--;
	struct order_claim *place = vec_insert(life->claims, i);
	*place = *claim;
}

void order_life_drop_claim(struct order_life *life, uint8_t kind, const char *id)
{
	for (uint32_t i = 0; i < vec_count(life->claims); i++) {
		if (claim_compare(kind, id, &life->claims->at[i]) == 0) {
			vec_remove(life->claims, i);
			return;
		}
	}
}

static int close_compare(const char *case_id, int64_t t_ms, const struct order_close *b)
{
	int order = strcmp(case_id, b->case_id);
	return order ? order : (t_ms > b->t_ms) - (t_ms < b->t_ms);
}

void order_life_put_close(struct order_life *life, const char *case_id, int64_t t_ms)
{
	uint32_t i = vec_count(life->closes);
	while (i > 0 && close_compare(case_id, t_ms, &life->closes->at[i - 1]) < 0)
		i--;
	if (i > 0 && close_compare(case_id, t_ms, &life->closes->at[i - 1]) == 0)
		return;
	struct order_close *place = vec_insert(life->closes, i);
	text_copy(place->case_id, sizeof(place->case_id), case_id);
	place->t_ms = t_ms;
}

void order_life_drop_closes(struct order_life *life, const char *case_id)
{
	for (uint32_t i = vec_count(life->closes); i > 0; i--)
		if (strcmp(life->closes->at[i - 1].case_id, case_id) == 0)
			vec_remove(life->closes, i - 1);
}

// ---- events ----

void order_life_collect(const struct fold *fold, const struct said *said)
{
	closure_need_order(fold, said->order, ENTITY_CHANGE);
}

static void take_fulfilled(struct order_life *life, int64_t t_ms)
{
	if (!life->is_fulfilled || t_ms < life->fulfilled_ms)
		life->fulfilled_ms = t_ms;
	life->is_fulfilled = true;
}

static void take_delivered(struct order_life *life, const char *parcel, int64_t t_ms)
{
	uint32_t i = vec_count(life->parcels);
	if (strlen(parcel) >= ENTITY_ID_SIZE)
		parcel = "";
	while (i > 0 && strcmp(parcel, life->parcels->at[i - 1].id) < 0)
		i--;
	struct order_parcel *place = i > 0 ? &life->parcels->at[i - 1] : NULL;
	if (place && strcmp(place->id, parcel) == 0) {
		if (t_ms < place->delivered_ms)
			place->delivered_ms = t_ms;
		return;
	}
	place = vec_insert(life->parcels, i);
	text_copy(place->id, sizeof(place->id), parcel);
	place->delivered_ms = t_ms;
}

uint8_t order_life_apply(struct fold *fold, const struct said *said)
{
	struct order *order = fold_order(fold, said->order);
	assert(order);
	struct order_life *life = &order->life;
	if (said->kind == UTARG__V1__EVENT__BODY_ORDER_DELIVERED)
		take_delivered(life, said->event->order_delivered->parcel_id, said->moment.t_ms);
	else if (said->kind == UTARG__V1__EVENT__BODY_PARCEL_REFUSED)
		life->is_refused = true;
	else if (said->kind == UTARG__V1__EVENT__BODY_RETURN_RECEIVED)
		life->is_returned = true;
	else if (said->event->order_fulfilled->last_parcel)
		take_fulfilled(life, said->moment.t_ms);
	return FOLD_NEW;
}
