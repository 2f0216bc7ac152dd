// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Takes carts out of the figures before they or what they lean on change, and puts them back afterwards: the
// facts of a component's summary, and its link with the visitor of the first add. Also what the clock does to
// it.
#include "services/metrics/core/inner.h"

static bool is_ordered(const struct cart_summary *s)
{
	return s->state == CART_ORDERED || s->state == CART_RECOVERED;
}

static bool has_checkout(const struct cart_summary *s)
{
	return s->checkout_ms != INT64_MAX;
}

// The first turn makes the payment count as failed, the second takes it back...
static int turn_sign(uint32_t turn)
{
	return turn % 2 ? -1 : 1;
}

static void put_checkout(struct fold *fold, const struct cart_summary *s, int sign)
{
	int32_t minute = minute_of(s->checkout_ms);
	if (is_ordered(s))
		fact_put(fold->book, M_CHECKOUTS_ORDERED, minute, s->dims, sign);
	if (s->state == CART_OPEN)
		fact_put_from(fold->book, M_CHECKOUTS_ABANDONED, minute, s->dims, s->abandoned_at_ms, sign,
			      s->counted ? sign : 0);
}

static void put_payment(struct fold *fold, const struct cart_summary *s, int sign)
{
	int32_t minute = minute_of(s->attempt_ms);
	fact_put(fold->book, M_PAYMENT_CARTS, minute, s->dims, sign);
	for (uint32_t i = 0; i < vec_count(s->turns); i++) {
		int amount = sign * turn_sign(i);
		fact_put_from(fold->book, M_PAYMENT_FAILED_CARTS, minute, s->dims, s->turns->at[i], amount,
			      i < s->turns_counted ? amount : 0);
	}
}

static void put_cart(struct fold *fold, const struct cart_summary *s, int sign)
{
	int32_t minute = minute_of(s->first_ms);
	if (s->state == CART_NONE)
		return;
	fact_put(fold->book, M_CARTS, minute, s->dims, sign);
	if (is_ordered(s))
		fact_put(fold->book, M_CARTS_ORDERED, minute, s->dims, sign);
	if (s->state == CART_RECOVERED)
		fact_put(fold->book, M_CARTS_RECOVERED, minute, s->dims, sign);
	if (s->state == CART_EMPTIED)
		fact_put(fold->book, M_CARTS_EMPTIED, minute, s->dims, sign);
	if (s->state == CART_OPEN)
		fact_put_from(fold->book, M_CARTS_ABANDONED, minute, s->dims, s->abandoned_at_ms, sign,
			      s->counted ? sign : 0);
	if (has_checkout(s))
		put_checkout(fold, s, sign);
	if (s->attempt_ms != INT64_MAX)
		put_payment(fold, s, sign);
}

void attach_cart_clock(struct fold *fold, void *entity)
{
	struct cart *cart = entity;
	struct cart_summary *s = &cart->summary;
	if (!s->counted && s->abandoned_at_ms <= fold->as_of_ms) {
		s->counted = true;
		fact_put(fold->book, M_CARTS_ABANDONED, minute_of(s->first_ms), s->dims, 1);
		if (has_checkout(s))
			fact_put(fold->book, M_CHECKOUTS_ABANDONED, minute_of(s->checkout_ms), s->dims, 1);
	}
	for (; s->turns_counted < vec_count(s->turns); s->turns_counted++) {
		if (s->turns->at[s->turns_counted] > fold->as_of_ms)
			break;
		fact_put(fold->book, M_PAYMENT_FAILED_CARTS, minute_of(s->attempt_ms), s->dims,
			 turn_sign(s->turns_counted));
	}
	fold_dirty(fold, &cart->entity);
}

void attach_cart_out(struct fold *fold, struct cart *cart)
{
	struct cart_summary *s = &cart->summary;
	char id[ENTITY_ID_SIZE];
	cart->entity.flags |= ENTITY_DETACHED;
	if (s->state == CART_NONE)
		return;
	put_cart(fold, s, -1);
	struct visitor *visitor = s->visitor[0] ? fold_visitor(fold, s->visitor) : NULL;
	if (visitor) {
		entity_id(&cart->entity, id);
		visitor_unlink(visitor, LINK_CART, s->first_ms, id);
		fold_dirty(fold, &visitor->entity);
	}
}

// Dims by the visitor's session, and the facts of the summary.
static void cart_in(struct fold *fold, struct cart *cart)
{
	struct cart_summary *s = &cart->summary;
	char id[ENTITY_ID_SIZE];
	if (s->state == CART_NONE)
		return;
	s->dims = s->own_dims;
	struct visitor *visitor = s->visitor[0] ? fold_visitor(fold, s->visitor) : NULL;
	if (visitor) {
		entity_id(&cart->entity, id);
		visitor_link(visitor, LINK_CART, s->first_ms, s->first_ms, id);
		fold_dirty(fold, &visitor->entity);
		const struct session *session = session_at(visitor, s->first_ms, fold->gap_ms);
		uint32_t sales =
			intern_dims_at(fold->intern, s->own_dims)->key[INTERN_INDEX(FOLD_SALES_CHANNEL)];
		if (session)
			s->dims = intern_with(fold->intern, session->dims, FOLD_SALES_CHANNEL, sales);
	}
	s->counted = s->abandoned_at_ms <= fold->as_of_ms;
	s->turns_counted = 0;
	while (s->turns_counted < vec_count(s->turns) && s->turns->at[s->turns_counted] <= fold->as_of_ms)
		s->turns_counted++;
	put_cart(fold, s, 1);
	due_set(fold, &cart->entity);
	fold_dirty(fold, &cart->entity);
}

static void component_in(struct fold *fold, struct cart *cart)
{
	struct cart_component component = {NULL};
	closure_component(fold, cart, &component);
	for (uint32_t i = 0; i < component.members->count; i++) {
		struct cart *member = component.members->at[i];
		cart_clear_summary(&member->summary);
		member->entity.flags &= (uint16_t)~ENTITY_DETACHED;
		due_set(fold, &member->entity);
		fold_dirty(fold, &member->entity);
	}
	cart_summarise(&component, &component.members->at[0]->summary);
	cart_in(fold, component.members->at[0]);
	vec_free(component.members);
}

void attach_carts_in(struct fold *fold)
{
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++) {
		struct entity *entity = fold->work->closure->at[i];
		if (entity->kind != FOLD_CART || !(entity->flags & ENTITY_DETACHED))
			continue;
		if (entity->flags & ENTITY_CHANGE) {
			component_in(fold, (struct cart *)(void *)entity);
		} else {
			entity->flags &= (uint16_t)~ENTITY_DETACHED;
			cart_in(fold, (struct cart *)(void *)entity);
		}
	}
}
