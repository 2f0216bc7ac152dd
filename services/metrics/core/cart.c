// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/cart.h"

#include <stdlib.h>
#include <string.h>

const char *cart_name(const struct cart *cart, uint32_t name)
{
	return name ? cart->names->at[name - 1].text : "";
}

static uint32_t name_index(struct cart *cart, const char *text)
{
	if (!text[0])
		return 0;
	for (uint32_t i = 0; i < vec_count(cart->names); i++)
		if (strcmp(cart->names->at[i].text, text) == 0)
			return i + 1;
	struct cart_name *name = vec_push(cart->names);
	text_copy(name->text, sizeof(name->text), text);
	return cart->names->count;
}

void cart_add_activity(struct cart *cart, const struct activity_said *said)
{
	uint32_t i = vec_count(cart->activities);
	while (i > 0 && moment_compare(&cart->activities->at[i - 1].moment, &said->moment) > 0)
		i--;
	struct activity *activity = vec_insert(cart->activities, i);
	activity->moment = said->moment;
	activity->kind = (uint8_t)said->kind;
	activity->quantity = said->quantity;
	activity->client = said->client && said->visitor[0];
	activity->dims = said->dims;
	activity->name = name_index(cart, said->name);
	activity->visitor = name_index(cart, said->visitor);
}

void cart_join(struct cart *cart, const char *other)
{
	uint32_t i = 0;
	for (; i < vec_count(cart->merged); i++) {
		int order = strcmp(cart->merged->at[i].text, other);
		if (order == 0)
			return;
		if (order > 0)
			break;
	}
	struct cart_name *name = vec_insert(cart->merged, i);
	text_copy(name->text, sizeof(name->text), other);
}

static bool find_order(const struct cart *cart, const char *id, uint32_t *index)
{
	for (*index = 0; *index < vec_count(cart->orders); ++*index) {
		int order = strcmp(cart->orders->at[*index].id, id);
		if (order >= 0)
			return order == 0;
	}
	return false;
}

void cart_put_order(struct cart *cart, const char *id, int64_t placed_ms)
{
	uint32_t i;
	if (!find_order(cart, id, &i)) {
		struct cart_order *order = vec_insert(cart->orders, i);
		text_copy(order->id, sizeof(order->id), id);
	}
	cart->orders->at[i].placed_ms = placed_ms;
}

void cart_drop_order(struct cart *cart, const char *id)
{
	uint32_t i;
	if (find_order(cart, id, &i))
		vec_remove(cart->orders, i);
}

const struct activity *cart_first_add(const struct cart_component *component, const struct cart **owner)
{
	const struct activity *first = NULL;
	for (uint32_t m = 0; m < vec_count(component->members); m++) {
		const struct cart *cart = component->members->at[m];
		for (uint32_t i = 0; i < vec_count(cart->activities); i++) {
			const struct activity *a = &cart->activities->at[i];
			if (a->kind != ACTIVITY_ADD)
				continue;
			if (!first || moment_compare(&a->moment, &first->moment) < 0) {
				first = a;
				*owner = cart;
			}
			break;
		}
	}
	return first;
}

const struct activity *cart_last_client(const struct cart_component *component, int64_t until_ms,
					const struct cart **owner)
{
	const struct activity *last = NULL;
	for (uint32_t m = 0; m < vec_count(component->members); m++) {
		const struct cart *cart = component->members->at[m];
		for (uint32_t i = vec_count(cart->activities); i > 0; i--) {
			const struct activity *a = &cart->activities->at[i - 1];
			if (!a->client || a->moment.t_ms > until_ms)
				continue;
			if (!last || moment_compare(&a->moment, &last->moment) > 0) {
				last = a;
				*owner = cart;
			}
			break;
		}
	}
	return last;
}

// ---- replay ----

struct step { // an activity or an order of the component
	struct moment moment;
	const struct activity *activity; // NULL: an order
	uint32_t member;
};

struct holding {
	uint32_t member;
	const char *sku;
	int64_t quantity;
};

struct replay {
	const struct cart_component *component;
	VEC(struct step) * steps;
	VEC(struct holding) * holdings;
	bool ordered;
};

static int step_compare(const void *a, const void *b)
{
	const struct step *x = a, *y = b;
	int order = moment_compare(&x->moment, &y->moment);
	return order ? order : (x->member > y->member) - (x->member < y->member);
}

static void collect(struct replay *replay)
{
	for (uint32_t m = 0; m < replay->component->members->count; m++) {
		const struct cart *cart = replay->component->members->at[m];
		for (uint32_t i = 0; i < vec_count(cart->activities); i++) {
			struct step *step = vec_push(replay->steps);
			*step = (struct step){cart->activities->at[i].moment, &cart->activities->at[i], m};
		}
		for (uint32_t i = 0; i < vec_count(cart->orders); i++) {
			struct step *step = vec_push(replay->steps);
			*step = (struct step){.moment.t_ms = cart->orders->at[i].placed_ms, .member = m};
			replay->ordered = true;
		}
	}
	qsort(replay->steps->at, replay->steps->count, sizeof(replay->steps->at[0]), step_compare);
}

static struct holding *hold(struct replay *replay, uint32_t member, const char *sku)
{
	for (uint32_t i = 0; i < vec_count(replay->holdings); i++) {
		struct holding *h = &replay->holdings->at[i];
		if (h->member == member && strcmp(h->sku, sku) == 0)
			return h;
	}
	struct holding *h = vec_push(replay->holdings);
	h->member = member;
	h->sku = sku;
	return h;
}

static void move_all(struct replay *replay, uint32_t from, const char *into)
{
	uint32_t to = 0, count = replay->component->members->count;
	while (to < count) {
		struct slice key = entity_key(&replay->component->members->at[to]->entity);
		if (key.size == strlen(into) && memcmp(key.data, into, key.size) == 0)
			break;
		to++;
	}
	uint32_t holdings = vec_count(replay->holdings); // hold() may add some
	for (uint32_t i = 0; to < count && i < holdings; i++) {
		struct holding h = replay->holdings->at[i];
		if (h.member != from || !h.quantity)
			continue;
		replay->holdings->at[i].quantity = 0;
		hold(replay, to, h.sku)->quantity += h.quantity;
	}
}

static void act(struct replay *replay, const struct step *step)
{
	const struct activity *a = step->activity;
	const struct cart *cart = replay->component->members->at[step->member];
	if (a->kind == ACTIVITY_ADD) {
		hold(replay, step->member, cart_name(cart, a->name))->quantity += a->quantity;
	} else if (a->kind == ACTIVITY_REMOVE) {
		struct holding *h = hold(replay, step->member, cart_name(cart, a->name));
		h->quantity = h->quantity > a->quantity ? h->quantity - a->quantity : 0;
	} else if (a->kind == ACTIVITY_EMPTIED) {
		for (uint32_t i = 0; i < vec_count(replay->holdings); i++)
			if (replay->holdings->at[i].member == step->member)
				replay->holdings->at[i].quantity = 0;
	} else if (a->kind == ACTIVITY_MERGED_INTO) {
		move_all(replay, step->member, cart_name(cart, a->name));
	}
}

static bool is_empty(const struct replay *replay)
{
	for (uint32_t i = 0; i < vec_count(replay->holdings); i++)
		if (replay->holdings->at[i].quantity)
			return false;
	return true;
}

// An order within the hour behind t. *next moves to the first order behind t; t never falls from call to
// call.
static bool is_paid_after(const struct replay *replay, int64_t t_ms, uint32_t *next)
{
	const struct step *steps = replay->steps->at;
	uint32_t count = replay->steps->count;
	while (*next < count && (steps[*next].activity || steps[*next].moment.t_ms <= t_ms))
		++*next;
	return *next < count && steps[*next].moment.t_ms <= t_ms + CART_PAYMENT_MS;
}

static void find_payments(const struct replay *replay, struct cart_summary *out)
{
	bool failed = false; // what the payments so far say
	uint32_t order = 0;
	for (uint32_t i = 0; i < replay->steps->count; i++) {
		const struct step *step = &replay->steps->at[i];
		int64_t t_ms = step->moment.t_ms;
		if (step->activity && step->activity->kind == ACTIVITY_CHECKOUT && t_ms < out->checkout_ms)
			out->checkout_ms = t_ms;
		if (step->activity && step->activity->kind != ACTIVITY_PAYMENT_FAILED)
			continue;
		if (t_ms < out->attempt_ms)
			out->attempt_ms = t_ms;
		if (step->activity && is_paid_after(replay, t_ms, &order) == failed) {
			int64_t *turn = vec_push(out->turns);
			*turn = t_ms + CART_PAYMENT_MS;
			failed = !failed;
		}
	}
}

// Plays all steps; returns the last of them, *lapsed whether there was a pause of a day since the first add.
static int64_t play(struct replay *replay, int64_t first_ms, bool *lapsed)
{
	int64_t last_ms = first_ms;
	*lapsed = false;
	for (uint32_t i = 0; i < replay->steps->count; i++) {
		const struct step *step = &replay->steps->at[i];
		if (step->activity)
			act(replay, step);
		if (step->moment.t_ms < last_ms)
			continue;
		*lapsed = *lapsed || step->moment.t_ms - last_ms >= CART_LAPSE_MS;
		last_ms = step->moment.t_ms;
	}
	return last_ms;
}

void cart_clear_summary(struct cart_summary *summary)
{
	vec_free(summary->turns);
	*summary = (struct cart_summary){
		.abandoned_at_ms = INT64_MAX, .checkout_ms = INT64_MAX, .attempt_ms = INT64_MAX};
}

void cart_summarise(const struct cart_component *component, struct cart_summary *out)
{
	const struct cart *owner = NULL;
	const struct activity *first = cart_first_add(component, &owner);
	cart_clear_summary(out);
	if (!first)
		return;
	out->first_ms = first->moment.t_ms;
	out->own_dims = first->dims;
	text_copy(out->visitor, sizeof(out->visitor), cart_name(owner, first->visitor));
	struct replay replay = {.component = component};
	bool lapsed;
	collect(&replay);
	int64_t last_ms = play(&replay, out->first_ms, &lapsed);
	find_payments(&replay, out);
	if (replay.ordered) {
		out->state = lapsed ? CART_RECOVERED : CART_ORDERED;
	} else if (is_empty(&replay)) {
		out->state = CART_EMPTIED;
	} else {
		out->state = CART_OPEN;
		out->abandoned_at_ms = last_ms + CART_LAPSE_MS;
	}
	vec_free(replay.steps);
	vec_free(replay.holdings);
}
