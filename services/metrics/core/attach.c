// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Takes carts and orders out of the figures before they or what they lean on change, and puts them back
// afterwards: their own facts, and what they leave with others (links and order counts with visitors, rows
// with customers). What comes out as it went in nets to nothing.
#include "services/metrics/core/inner.h"

#include "services/metrics/core/customer.h"

#include <string.h>

// ---- carts ----

static void put_cart(struct fold *fold, const struct cart_summary *s, int sign)
{
	int32_t minute = minute_of(s->first_ms);
	if (s->state == CART_NONE)
		return;
	fact_put(fold->book, M_CARTS, minute, s->dims, sign);
	if (s->state == CART_ORDERED || s->state == CART_RECOVERED)
		fact_put(fold->book, M_CARTS_ORDERED, minute, s->dims, sign);
	if (s->state == CART_RECOVERED)
		fact_put(fold->book, M_CARTS_RECOVERED, minute, s->dims, sign);
	if (s->state == CART_EMPTIED)
		fact_put(fold->book, M_CARTS_EMPTIED, minute, s->dims, sign);
	if (s->state == CART_OPEN)
		fact_put_from(fold->book, M_CARTS_ABANDONED, minute, s->dims, s->abandoned_at_ms, sign,
			      s->counted ? sign : 0);
}

void attach_cart_clock(struct fold *fold, void *entity)
{
	struct cart *cart = entity;
	struct cart_summary *s = &cart->summary;
	s->counted = true;
	fact_put(fold->book, M_CARTS_ABANDONED, minute_of(s->first_ms), s->dims, 1);
	fold_dirty(fold, &cart->entity);
}

static void cart_id(const struct cart *cart, char out[ENTITY_ID_SIZE])
{
	struct slice key = entity_key(&cart->entity);
	size_t size = key.size < ENTITY_ID_SIZE ? key.size : ENTITY_ID_SIZE - 1;
	memcpy(out, key.data, size);
	out[size] = '\0';
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
		cart_id(cart, id);
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
		cart_id(cart, id);
		visitor_link(visitor, LINK_CART, s->first_ms, s->first_ms, id);
		fold_dirty(fold, &visitor->entity);
		const struct session *session = session_at(visitor, s->first_ms, fold->gap_ms);
		uint32_t sales =
			intern_dims_at(fold->intern, s->own_dims)->key[INTERN_INDEX(FOLD_SALES_CHANNEL)];
		if (session)
			s->dims = intern_with(fold->intern, session->dims, FOLD_SALES_CHANNEL, sales);
	}
	s->counted = s->abandoned_at_ms <= fold->as_of_ms;
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
		member->summary = (struct cart_summary){.abandoned_at_ms = INT64_MAX};
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

// ---- orders ----

struct giving {
	struct fold *fold;
	uint32_t dims;
	int sign;
};

static void put_given(void *context, int64_t t_ms, money_sum net, money_sum excess)
{
	const struct giving *giving = context;
	fact_put(giving->fold->book, M_GIVEN_BACK_NET, minute_of(t_ms), giving->dims, giving->sign * net);
	fact_put(giving->fold->book, M_REFUND_EXCESS, minute_of(t_ms), giving->dims, giving->sign * excess);
}

// Refunds of an order that has not come yet stand like unlinked ones.
static void put_waiting(struct fold *fold, const struct order *order, int sign)
{
	for (uint32_t i = 0; i < vec_count(order->refunds); i++) {
		const struct order_refund *refund = &order->refunds->at[i];
		fact_put(fold->book, M_GIVEN_BACK_NET, minute_of(refund->rank.moment.t_ms),
			 refund->content.dims, sign * refund_net_alone(&refund->content, fold->currency));
	}
}

static void put_money(struct fold *fold, const struct order *order, const struct order_figures *f, int sign)
{
	const struct {
		uint16_t measure;
		money_sum amount;
	} rows[] = {
		{M_GMV, f->before_net},
		{M_DISCOUNTS, f->before_net - f->after_net},
		{M_PLACED_NET, f->after_net},
		{M_CURRENT_NET, f->current_net},
		{M_CURRENT_SHIPPING, f->current_shipping},
		{M_CURRENT_TAX, f->current_tax},
		{M_REFUNDED_NET, f->refunded_net},
		{M_BASKET_NET, f->cancelled ? 0 : f->after_net},
		{M_BASKET_ORDERS, !f->cancelled},
	};
	int32_t minute = minute_of(order_placed_ms(order));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fact_put(fold->book, rows[i].measure, minute, order->dims, sign * rows[i].amount);
}

static void put_order(struct fold *fold, const struct order *order, struct order_figures *f, int sign)
{
	struct giving giving = {fold, order->dims, sign};
	struct order_given given = {put_given, &giving};
	int32_t minute = minute_of(order_placed_ms(order));
	order_derive(order, fold->currency, &given, f);
	fact_put(fold->book, M_ORDERS, minute, order->dims, sign);
	fact_put(fold->book, M_UNITS, minute, order->dims, (money_sum)sign * f->units);
	fact_put(fold->book, M_CANCELLED_ORDERS, minute, order->dims, sign * f->cancelled);
	fact_put(fold->book, M_REFUNDED_ORDERS, minute, order->dims, sign * (f->refunded && !f->cancelled));
	fact_put(fold->book, M_UNATTRIBUTED_ORDERS, minute, order->dims,
		 sign * (order->session == ORDER_NO_SESSION));
	fact_put(fold->book, M_FOREIGN_ORDERS, minute, order->dims, sign * f->foreign);
	if (!f->foreign)
		put_money(fold, order, f, sign);
}

static void order_id(const struct order *order, char out[ENTITY_ID_SIZE])
{
	struct slice key = entity_key(&order->entity);
	size_t size = key.size < ENTITY_ID_SIZE ? key.size : ENTITY_ID_SIZE - 1;
	memcpy(out, key.data, size);
	out[size] = '\0';
}

// The visitor and the session that the order belongs to now; NULL: none.
static struct session *order_session(const struct fold *fold, const struct order *order,
				     struct visitor **visitor)
{
	if (order->session == ORDER_BY_VISITOR) {
		*visitor = fold_visitor(fold, order->visitor.text);
		return *visitor ? session_at(*visitor, order_placed_ms(order), fold->gap_ms) : NULL;
	}
	if (order->session == ORDER_BY_CART) {
		*visitor = fold_visitor(fold, order->cart_visitor);
		return *visitor ? session_at_until(*visitor, order->cart_at_ms, order_placed_ms(order),
						   fold->gap_ms)
				: NULL;
	}
	return NULL;
}

static void put_customer(struct fold *fold, const struct order *order, bool in, bool valid)
{
	struct customer *customer =
		order->customer.text[0] ? fold_customer(fold, order->customer.text) : NULL;
	char id[ENTITY_ID_SIZE];
	if (!customer)
		return;
	order_id(order, id);
	const struct customer_order *first = customer_first(customer);
	if (first)
		fact_put(fold->book, M_NEW_CUSTOMERS, minute_of(first->placed_ms), first->dims, -1);
	if (in)
		customer_put(customer, id, order_placed_ms(order), order->dims, valid);
	else
		customer_drop(customer, id, order_placed_ms(order));
	first = customer_first(customer);
	if (first)
		fact_put(fold->book, M_NEW_CUSTOMERS, minute_of(first->placed_ms), first->dims, 1);
	fold_dirty(fold, &customer->entity);
}

static void unlink_order(struct fold *fold, const char *visitor_id, uint8_t kind, int64_t at_ms,
			 const char *id)
{
	struct visitor *visitor = visitor_id[0] ? fold_visitor(fold, visitor_id) : NULL;
	if (!visitor)
		return;
	visitor_unlink(visitor, kind, at_ms, id);
	fold_dirty(fold, &visitor->entity);
}

void attach_order_out(struct fold *fold, struct order *order)
{
	struct order_figures figures;
	struct visitor *visitor = NULL;
	char id[ENTITY_ID_SIZE];
	fold_dirty(fold, &order->entity);
	if (!order_is_known(order)) {
		put_waiting(fold, order, -1);
		return;
	}
	order_id(order, id);
	put_order(fold, order, &figures, -1);
	put_customer(fold, order, false, false);
	struct session *session = order_session(fold, order, &visitor);
	if (session) {
		visit_touch(fold, visitor, session);
		session->orders -= session->orders > 0;
		session->valid_orders -= figures.valid && session->valid_orders > 0;
	}
	unlink_order(fold, order->visitor.text, LINK_ORDER, order_placed_ms(order), id);
	unlink_order(fold, order->cart_visitor, LINK_CART_ORDER, order->cart_at_ms, id);
}

// The last client event of its cart at or before the order date; what it was, when the cart is not concerned.
static void find_cart_visitor(struct fold *fold, struct order *order)
{
	struct cart *cart = order->cart.text[0] ? fold_cart(fold, order->cart.text) : NULL;
	if (order->cart.text[0] && (!cart || !(cart->entity.flags & ENTITY_CHANGE)))
		return;
	struct cart_component component = {NULL};
	const struct cart *owner = NULL;
	const struct activity *last = NULL;
	if (cart) {
		closure_component(fold, cart, &component);
		last = cart_last_client(&component, order_placed_ms(order), &owner);
	}
	order->cart_at_ms = last ? last->moment.t_ms : 0;
	text_copy(order->cart_visitor, sizeof(order->cart_visitor),
		  last ? cart_name(owner, last->visitor) : "");
	vec_free(component.members);
}

static struct session *find_session(struct fold *fold, struct order *order, const char *id,
				    struct visitor **visitor)
{
	struct session *session = NULL;
	int64_t placed_ms = order_placed_ms(order);
	order->session = ORDER_NO_SESSION;
	if (order->visitor.text[0] && (*visitor = fold_visitor(fold, order->visitor.text))) {
		visitor_link(*visitor, LINK_ORDER, placed_ms, placed_ms, id);
		fold_dirty(fold, &(*visitor)->entity);
		session = session_at(*visitor, placed_ms, fold->gap_ms);
	}
	if (session) {
		order->session = ORDER_BY_VISITOR;
		return session;
	}
	if (order->cart_visitor[0] && (*visitor = fold_visitor(fold, order->cart_visitor))) {
		visitor_link(*visitor, LINK_CART_ORDER, order->cart_at_ms, placed_ms, id);
		fold_dirty(fold, &(*visitor)->entity);
		session = session_at_until(*visitor, order->cart_at_ms, placed_ms, fold->gap_ms);
	}
	if (session)
		order->session = ORDER_BY_CART;
	return session;
}

static uint32_t order_dims(struct fold *fold, const struct order *order, const struct session *session)
{
	uint32_t sales = order->channel.dims
				 ? intern_dims_at(fold->intern, order->channel.dims)
					   ->key[INTERN_INDEX(FOLD_SALES_CHANNEL)]
				 : channel_sales_key(fold->intern, UTARG__V1__CHANNEL__CHANNEL_WEB);
	uint32_t rest = order->context.dims;
	if (session)
		rest = session->dims;
	else if (!rest)
		rest = channel_nothing_dims(fold->intern);
	return intern_with(fold->intern, rest, FOLD_SALES_CHANNEL, sales);
}

void attach_order_in(struct fold *fold, struct order *order)
{
	struct order_figures figures;
	struct visitor *visitor = NULL;
	char id[ENTITY_ID_SIZE];
	if (!order_is_known(order)) {
		put_waiting(fold, order, 1);
		return;
	}
	order_id(order, id);
	find_cart_visitor(fold, order);
	struct session *session = find_session(fold, order, id, &visitor);
	order->dims = order_dims(fold, order, session);
	put_order(fold, order, &figures, 1);
	if (session) {
		visit_touch(fold, visitor, session);
		session->orders++;
		session->valid_orders += figures.valid;
	}
	put_customer(fold, order, true, figures.valid);
}
