// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See told.h. Visitors live long: of them only the sessions that changed are told, by a mark that visit.c
// sets; where a session no longer begins it keeps the place. Lines are told when their order itself changed,
// which attach.c marks: then the offers in it are in memory, and until the checkpoint nobody leaves.
#include "services/metrics/core/told.h"

#include "services/metrics/core/inner.h"
#include "services/metrics/core/order_lines.h"

#include <string.h>

struct told {
	VEC(struct told_session) * sessions;
	VEC(struct told_cart) * carts;
	struct told_order *orders; // no VEC: sums want 16 bytes of alignment
	struct told_item *items;
	size_t order_count, order_capacity, item_count, item_capacity;
	VEC(struct told_place) * places;
};

struct told *told_create(void)
{
	return memory_get(sizeof(struct told));
}

void told_destroy(struct told *told)
{
	vec_free(told->sessions);
	vec_free(told->carts);
	memory_free(told->orders);
	memory_free(told->items);
	vec_free(told->places);
	memory_free(told);
}

void told_moved(struct told *told, const struct visitor *visitor, int64_t first_ms)
{
	struct told_place *place = vec_push(told->places);
	*place = (struct told_place){visitor, first_ms};
}

void told_clear(struct fold *fold)
{
	for (uint32_t i = 0; i < vec_count(fold->dirty); i++) {
		void *any = fold->dirty->at[i];
		struct visitor *visitor = any;
		struct order *order = any;
		if (fold->dirty->at[i]->kind == FOLD_ORDER)
			order->has_new_lines = false;
		for (uint32_t k = 0;
		     fold->dirty->at[i]->kind == FOLD_VISITOR && k < vec_count(visitor->sessions); k++)
			visitor->sessions->at[k].flags &= ~(uint32_t)SESSION_CHANGED;
	}
	vec_clear(fold->told->places);
}

size_t told_bytes(const struct told *told)
{
	return sizeof(*told) + vec_bytes(told->sessions) + vec_bytes(told->carts) +
	       told->order_capacity * sizeof(*told->orders) + told->item_capacity * sizeof(*told->items) +
	       vec_bytes(told->places);
}

static void put_dims(const struct fold *fold, uint32_t dims, const char *out[TOLD_DIMENSIONS])
{
	for (int d = FOLD_SALES_CHANNEL; d <= FOLD_COUNTRY; d++) {
		uint32_t key = dims ? intern_dims_at(fold->intern, dims)->key[INTERN_INDEX(d)] : 0;
		out[INTERN_INDEX(d)] = key ? intern_text(fold->intern, key) : "unknown";
	}
}

static void tell_session(const struct fold *fold, const struct visitor *visitor, const struct session *s)
{
	struct told_session *out = vec_push(fold->told->sessions);
	*out = (struct told_session){.visitor = entity_key(&visitor->entity),
				     .first_ms = s->first.t_ms,
				     .last_ms = s->last_ms,
				     .engaged_ms = s->engaged_ms,
				     .views = s->views,
				     .orders = s->orders,
				     .valid_orders = s->valid_orders,
				     .is_bounce = !session_is_engaged(s)};
	put_dims(fold, s->dims, out->dims);
}

static void tell_place(const struct fold *fold, const struct told_place *place)
{
	const struct visitor *v = place->visitor;
	for (uint32_t i = 0; i < vec_count(v->sessions); i++)
		if (v->sessions->at[i].first.t_ms == place->first_ms)
			return; // another one begins there now
	struct told_session *out = vec_push(fold->told->sessions);
	*out = (struct told_session){
		.visitor = entity_key(&v->entity), .first_ms = place->first_ms, .is_gone = true};
	put_dims(fold, 0, out->dims);
}

static void tell_cart(const struct fold *fold, const struct cart *cart)
{
	const struct cart_summary *s = &cart->summary;
	bool is_gone = s->state == CART_NONE;
	if (is_gone && !(cart->entity.flags & ENTITY_STORED))
		return;
	struct told_cart *out = vec_push(fold->told->carts);
	*out = (struct told_cart){.cart = entity_key(&cart->entity),
				  .first_ms = s->first_ms,
				  .abandoned_at_ms = s->abandoned_at_ms,
				  .visitor = s->visitor,
				  .state = s->state,
				  .is_gone = is_gone};
	put_dims(fold, s->dims, out->dims);
}

static void tell_money(const struct fold *fold, const struct order *order, struct told_order *out)
{
	struct order_figures f;
	order_derive(order, fold->currency, NULL, &f);
	out->is_cancelled = f.cancelled;
	out->is_valid = f.valid;
	out->is_refunded = f.refunded;
	out->is_foreign = f.foreign;
	out->units = f.units;
	out->before_net = f.before_net;
	out->after_net = f.after_net;
	out->current_net = f.current_net;
	out->current_shipping = f.current_shipping;
	out->current_tax = f.current_tax;
	out->refunded_net = f.refunded_net;
}

// Rows with room for one more.
static void *with_room(void *rows, size_t count, size_t *capacity, size_t row_size)
{
	if (count < *capacity)
		return rows;
	*capacity = *capacity * 2 + 16;
	return memory_resize(rows, *capacity * row_size);
}

static struct told_order *new_order(struct told *told)
{
	told->orders =
		with_room(told->orders, told->order_count, &told->order_capacity, sizeof(*told->orders));
	return &told->orders[told->order_count++];
}

static struct told_item *new_item(struct told *told)
{
	told->items = with_room(told->items, told->item_count, &told->item_capacity, sizeof(*told->items));
	return &told->items[told->item_count++];
}

static void tell_items(const struct fold *fold, const struct order *order, bool is_foreign)
{
	struct order_line_figures *figures = is_foreign ? NULL : offer_derive_lines(fold, order);
	for (uint32_t i = 0; i < vec_count(order->content.lines); i++) {
		const struct order_line *line = &order->content.lines->at[i];
		struct told_item *out = new_item(fold->told);
		*out = (struct told_item){.order = entity_key(&order->entity),
					  .number = i + 1,
					  .sku = intern_text(fold->intern, line->sku),
					  .category = intern_text(fold->intern, line->category),
					  .quantity = line->quantity};
		if (is_foreign)
			continue;
		out->before_net = order_in_shop_money(order, line->before_net, fold->currency);
		out->after_net = figures[i].placed;
		out->tax = order_in_shop_money(order, line->tax, fold->currency);
		out->current_net = figures[i].placed - figures[i].taken;
		out->current_cost = figures[i].cost;
		out->has_cost = figures[i].has_cost;
	}
	memory_free(figures);
}

static void tell_order(const struct fold *fold, const struct order *order)
{
	if (!order_is_known(order))
		return; // only a refund or a cancellation came so far
	struct told_order *out = new_order(fold->told);
	*out = (struct told_order){.order = entity_key(&order->entity),
				   .placed_ms = order_placed_ms(order),
				   .version =
					   order->versions->at[vec_count(order->versions) - 1].rank.version,
				   .currency = order->content.currency,
				   .visitor = order->visitor.text,
				   .customer = order->customer.text,
				   .cart = order->cart.text,
				   .session_visitor = "",
				   .item_count = vec_count(order->content.lines),
				   .has_items = order->has_new_lines};
	tell_money(fold, order, out);
	if (out->has_items)
		tell_items(fold, order, out->is_foreign);
	if (order->session == ORDER_BY_VISITOR) {
		out->session_visitor = order->visitor.text;
		out->session_at_ms = out->placed_ms;
	} else if (order->session == ORDER_BY_CART) {
		out->session_visitor = order->cart_visitor;
		out->session_at_ms = order->cart_at_ms;
	}
	put_dims(fold, order->dims, out->dims);
}

void fold_told(struct fold *fold, struct told_rows *out)
{
	struct told *told = fold->told;
	vec_clear(told->sessions);
	vec_clear(told->carts);
	told->order_count = told->item_count = 0;
	for (uint32_t i = 0; i < vec_count(told->places); i++)
		tell_place(fold, &told->places->at[i]);
	for (uint32_t i = 0; i < vec_count(fold->dirty); i++) {
		const void *any = fold->dirty->at[i];
		const struct visitor *visitor = any;
		if (fold->dirty->at[i]->kind == FOLD_CART)
			tell_cart(fold, any);
		else if (fold->dirty->at[i]->kind == FOLD_ORDER)
			tell_order(fold, any);
		else if (fold->dirty->at[i]->kind == FOLD_VISITOR)
			for (uint32_t k = 0; k < vec_count(visitor->sessions); k++)
				if (visitor->sessions->at[k].flags & SESSION_CHANGED)
					tell_session(fold, visitor, &visitor->sessions->at[k]);
	}
	*out = (struct told_rows){.sessions = told->sessions ? told->sessions->at : NULL,
				  .carts = told->carts ? told->carts->at : NULL,
				  .orders = told->orders,
				  .items = told->items,
				  .session_count = vec_count(told->sessions),
				  .cart_count = vec_count(told->carts),
				  .order_count = told->order_count,
				  .item_count = told->item_count};
}
