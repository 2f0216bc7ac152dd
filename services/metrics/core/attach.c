// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Takes orders out of the figures before they or what they lean on change, and puts them back afterwards:
// their own facts, and what they leave with others (links and order counts with visitors, rows with
// customers). What comes out as it went in nets to nothing. Carts: attach_cart.c.
#include "services/metrics/core/inner.h"

#include "services/metrics/core/customer.h"
#include "services/metrics/core/rate.h"
#include "services/metrics/core/sales.h"
#include "services/metrics/core/seo.h"

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

static money_sum placed_gross(const struct fold *fold, const struct order *order)
{
	const struct order_amounts *amounts = &order->content.amounts;
	const int64_t parts[] = {amounts->after_net, amounts->shipping_net, amounts->tax};
	money_sum sum = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		sum += order_in_shop_money(order, parts[i], fold->currency);
	return sum;
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
	if (order->landing)
		fact_put(fold->book, M_ORGANIC_REVENUE, minute,
			 seo_landing_dims(fold->intern, order->landing), sign * f->current_net);
	if (fold->options.switches & FOLD_PLACED_GROSS)
		fact_put(fold->book, M_PLACED_GROSS, minute, order->dims, sign * placed_gross(fold, order));
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
	entity_id(&order->entity, id);
	customer_put_facts(fold, customer, id, order_placed_ms(order), -1);
	if (in)
		customer_put(customer, id, order_placed_ms(order), order->dims, valid);
	else
		customer_drop(customer, id, order_placed_ms(order));
	customer_put_facts(fold, customer, id, order_placed_ms(order), 1);
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
	entity_id(&order->entity, id);
	put_order(fold, order, &figures, -1);
	if (order->entity.flags & ENTITY_CHANGE)
		offer_put_order(fold, order, &figures, -1);
	rate_detach(fold, order);
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
	entity_id(&order->entity, id);
	find_cart_visitor(fold, order);
	struct session *session = find_session(fold, order, id, &visitor);
	order->dims = order_dims(fold, order, session);
	order->landing = session ? session->landing : 0;
	rate_attach(fold, order);
	if (order->entity.flags & ENTITY_CHANGE) {
		sales_value_order(fold, order);
		order->has_new_lines = true;
	}
	put_order(fold, order, &figures, 1);
	if (order->entity.flags & ENTITY_CHANGE)
		offer_put_order(fold, order, &figures, 1);
	if (session) {
		visit_touch(fold, visitor, session);
		session->orders++;
		session->valid_orders += figures.valid;
	}
	put_customer(fold, order, true, figures.valid);
}
