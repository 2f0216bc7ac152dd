// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The kinds of entities, each as a row. See entity.h.
#include "services/metrics/core/state.h"

#include <string.h>

// ---- settings ----

static void clear_settings(void *entity)
{
	struct settings_entity *settings = entity;
	settings_destroy(settings->settings);
	settings->settings = NULL;
}

static void write_settings(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	(void)fold;
	settings_write(((const struct settings_entity *)entity)->settings, w);
}

static void read_settings(struct fold *fold, void *entity, struct codec_reader *r)
{
	(void)fold;
	settings_read(((struct settings_entity *)entity)->settings, r);
}

// ---- visitor ----

static void clear_visitor(void *entity)
{
	struct visitor *visitor = entity;
	vec_free(visitor->sessions);
	vec_free(visitor->spans);
	vec_free(visitor->views);
	vec_free(visitor->links);
}

static size_t visitor_bytes(const void *entity)
{
	const struct visitor *v = entity;
	return vec_bytes(v->sessions) + vec_bytes(v->spans) + vec_bytes(v->views) + vec_bytes(v->links);
}

static bool is_empty_visitor(const void *entity)
{
	const struct visitor *v = entity;
	return !vec_count(v->sessions) && !vec_count(v->links);
}

// ---- cart ----

static void clear_cart(void *entity)
{
	struct cart *cart = entity;
	vec_free(cart->activities);
	vec_free(cart->names);
	vec_free(cart->merged);
	vec_free(cart->orders);
	cart->summary = (struct cart_summary){.abandoned_at_ms = INT64_MAX};
}

static size_t cart_bytes(const void *entity)
{
	const struct cart *c = entity;
	return vec_bytes(c->activities) + vec_bytes(c->names) + vec_bytes(c->merged) + vec_bytes(c->orders);
}

static bool is_empty_cart(const void *entity)
{
	const struct cart *c = entity;
	return !vec_count(c->activities) && !vec_count(c->orders);
}

static int64_t cart_due_ms(const struct fold *fold, const void *entity)
{
	const struct cart *cart = entity;
	(void)fold;
	return cart->summary.counted ? INT64_MAX : cart->summary.abandoned_at_ms;
}

// ---- order ----

static void clear_order(void *entity)
{
	struct order *order = entity;
	struct entity kept = order->entity;
	vec_free(order->versions);
	vec_free(order->refunds);
	memset(order, 0, sizeof(*order));
	order->entity = kept;
}

static size_t order_bytes(const void *entity)
{
	const struct order *o = entity;
	return vec_bytes(o->versions) + vec_bytes(o->refunds);
}

static bool is_empty_order(const void *entity)
{
	const struct order *o = entity;
	return !vec_count(o->versions) && !vec_count(o->refunds) && !o->cancelled;
}

// ---- customer, refund, report ----

static void clear_customer(void *entity)
{
	vec_free(((struct customer *)entity)->orders);
}

static size_t customer_bytes(const void *entity)
{
	return vec_bytes(((const struct customer *)entity)->orders);
}

static bool is_empty_customer(const void *entity)
{
	return !vec_count(((const struct customer *)entity)->orders);
}

static void clear_refund(void *entity)
{
	((struct refund *)entity)->known = false;
}

static bool is_empty_refund(const void *entity)
{
	return !((const struct refund *)entity)->known;
}

static void clear_report(void *entity)
{
	((struct report *)entity)->known = false;
}

static bool is_empty_report(const void *entity)
{
	return !((const struct report *)entity)->known;
}

const struct kind_row kind_rows[FOLD_KIND_COUNT] = {
	[FOLD_SETTINGS] = {.name = "settings",
			   .size = sizeof(struct settings_entity),
			   .clear = clear_settings,
			   .write = write_settings,
			   .read = read_settings},
	[FOLD_VISITOR] = {.name = "visitor",
			  .size = sizeof(struct visitor),
			  .clear = clear_visitor,
			  .held_bytes = visitor_bytes,
			  .is_empty = is_empty_visitor,
			  .write = state_put_visitor,
			  .read = state_get_visitor},
	[FOLD_CART] = {.name = "cart",
		       .size = sizeof(struct cart),
		       .clear = clear_cart,
		       .held_bytes = cart_bytes,
		       .is_empty = is_empty_cart,
		       .write = state_put_cart,
		       .read = state_get_cart,
		       .due_ms = cart_due_ms,
		       .clock = attach_cart_clock},
	[FOLD_ORDER] = {.name = "order",
			.size = sizeof(struct order),
			.clear = clear_order,
			.held_bytes = order_bytes,
			.is_empty = is_empty_order,
			.write = state_put_order,
			.read = state_get_order},
	[FOLD_CUSTOMER] = {.name = "customer",
			   .size = sizeof(struct customer),
			   .clear = clear_customer,
			   .held_bytes = customer_bytes,
			   .is_empty = is_empty_customer,
			   .write = state_put_customer,
			   .read = state_get_customer},
	[FOLD_REFUND] = {.name = "refund",
			 .size = sizeof(struct refund),
			 .clear = clear_refund,
			 .is_empty = is_empty_refund,
			 .write = state_put_refund,
			 .read = state_get_refund},
	[FOLD_REPORT] = {.name = "report",
			 .size = sizeof(struct report),
			 .clear = clear_report,
			 .is_empty = is_empty_report,
			 .write = state_put_report,
			 .read = state_get_report},
};
