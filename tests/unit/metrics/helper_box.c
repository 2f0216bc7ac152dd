// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_box_affiliate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *set(char at[BOX_ID], const char *text)
{
	snprintf(at, BOX_ID, "%s", text ? text : "");
	return at;
}

struct box *box_new(int64_t t_ms, int origin, const char *visitor, const char *customer)
{
	static uint64_t counter;
	static char host[] = "shop.example";
	struct box *box = calloc(1, sizeof(*box));
	uint64_t mixed = ++counter * UINT64_C(0x9e3779b97f4a7c15); // neither ascending nor descending
	memcpy(box->fold.id, &mixed, sizeof(mixed));
	memcpy(box->fold.id + 8, &counter, sizeof(counter));
	set(box->visitor, visitor);
	set(box->customer, customer);
	box->fold.t_ms = t_ms;
	box->fold.received_at_ms = t_ms;
	box->fold.origin = (int16_t)origin;
	box->fold.visitor = (struct slice){(uint8_t *)box->visitor, strlen(box->visitor)};
	box->fold.customer = (struct slice){(uint8_t *)box->customer, strlen(box->customer)};
	box->fold.event = &box->event;
	utarg__v1__event__init(&box->event);
	utarg__v1__context__init(&box->context);
	utarg__v1__consent__init(&box->consent);
	utarg__v1__rate__init(&box->rate);
	utarg__v1__rate__init(&box->second_rate);
	box->event.occurred_at_ms = t_ms;
	box->event.context = &box->context;
	box->context.host = host;
	return box;
}

void box_name_customer(struct box *box, const char *customer)
{
	set(box->customer, customer);
	box->fold.customer.size = strlen(box->customer);
}

void box_free(struct box *box)
{
	free(box);
}

struct box *box_settings(int64_t t_ms, const char *currency, const char *zone, uint32_t gap_minutes)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED;
	box->event.shop_settings_changed = &box->body.settings;
	utarg__v1__shop_settings__init(&box->body.settings);
	box->body.settings.currency = set(box->order, currency);
	box->body.settings.zone = set(box->cart, zone);
	box->body.settings.session_gap_minutes = gap_minutes;
	box->body.settings.valid_from_ms = t_ms;
	return box;
}

struct box *box_page_view(int64_t t_ms, const char *visitor)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_PAGE_VIEW;
	box->event.page_view = &box->body.page_view;
	utarg__v1__page_view__init(&box->body.page_view);
	return box;
}

struct box *box_heartbeat(int64_t t_ms, const char *visitor, uint32_t foreground_ms)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_HEARTBEAT;
	box->event.heartbeat = &box->body.heartbeat;
	utarg__v1__heartbeat__init(&box->body.heartbeat);
	box->body.heartbeat.foreground_ms = foreground_ms;
	return box;
}

static struct box *box_item(int64_t t_ms, const char *visitor, const char *cart, const char *sku,
			    int64_t quantity)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.add_to_cart = &box->body.item;
	utarg__v1__cart_item__init(&box->body.item);
	box->body.item.cart_id = set(box->cart, cart);
	box->body.item.sku = set(box->sku, sku);
	box->body.item.quantity = quantity;
	return box;
}

struct box *box_add(int64_t t_ms, const char *visitor, const char *cart, const char *sku, int64_t quantity)
{
	struct box *box = box_item(t_ms, visitor, cart, sku, quantity);
	box->event.body_case = UTARG__V1__EVENT__BODY_ADD_TO_CART;
	return box;
}

struct box *box_remove(int64_t t_ms, const char *visitor, const char *cart, const char *sku, int64_t quantity)
{
	struct box *box = box_item(t_ms, visitor, cart, sku, quantity);
	box->event.body_case = UTARG__V1__EVENT__BODY_REMOVE_FROM_CART;
	return box;
}

struct box *box_cart(int64_t t_ms, const char *visitor, const char *cart, Utarg__V1__Event__BodyCase kind)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = kind; // view_cart, cart_emptied, begin_checkout: all are a CartRef
	box->event.view_cart = &box->body.cart_ref;
	utarg__v1__cart_ref__init(&box->body.cart_ref);
	box->body.cart_ref.cart_id = set(box->cart, cart);
	return box;
}

struct box *box_search(int64_t t_ms, const char *visitor, uint32_t result_count)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_SEARCH;
	box->event.search = &box->body.search;
	utarg__v1__search__init(&box->body.search);
	box->body.search.result_count = result_count;
	return box;
}

struct box *box_page_error(int64_t t_ms, const char *visitor)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_PAGE_ERROR;
	box->event.page_error = &box->body.page_error;
	utarg__v1__page_error__init(&box->body.page_error);
	return box;
}

struct box *box_page_timing(int64_t t_ms, const char *visitor, uint32_t paint_ms, uint32_t interaction_ms)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_PAGE_TIMING;
	box->event.page_timing = &box->body.timing;
	utarg__v1__page_timing__init(&box->body.timing);
	box->body.timing.largest_contentful_paint_ms = paint_ms;
	box->body.timing.interaction_delay_ms = interaction_ms;
	return box;
}

struct box *box_view_item(int64_t t_ms, const char *visitor, const char *sku)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_VIEW_ITEM;
	box->event.view_item = &box->body.item_ref;
	utarg__v1__item_ref__init(&box->body.item_ref);
	box->body.item_ref.sku = set(box->sku, sku);
	return box;
}

struct box *box_payment_failed(int64_t t_ms, const char *visitor, const char *cart)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_PAYMENT_FAILED;
	box->event.payment_failed = &box->body.payment;
	utarg__v1__payment_failed__init(&box->body.payment);
	box->body.payment.cart_id = set(box->cart, cart);
	return box;
}

struct box *box_merge(int64_t t_ms, const char *visitor, const char *from, const char *into)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_CART_MERGED;
	box->event.cart_merged = &box->body.merged;
	utarg__v1__cart_merged__init(&box->body.merged);
	box->body.merged.from_cart_id = set(box->cart, from);
	box->body.merged.into_cart_id = set(box->other, into);
	return box;
}

struct box *box_order(int64_t t_ms, int origin, const char *visitor, const char *customer, const char *order,
		      uint32_t version, int64_t net_minor)
{
	struct box *box = box_new(t_ms, origin, visitor, customer);
	Utarg__V1__Order *body = &box->body.order_body;
	static char pln[] = "PLN";
	box->event.body_case =
		version ? UTARG__V1__EVENT__BODY_ORDER_UPDATED : UTARG__V1__EVENT__BODY_PURCHASE;
	box->event.purchase = body;
	utarg__v1__order__init(body);
	body->order_id = set(box->order, order);
	body->order_version = version;
	body->currency = pln;
	body->lines = box->line_at;
	body->n_lines = 1;
	for (int i = 0; i < BOX_LINES; i++) {
		utarg__v1__order_line__init(&box->lines[i]);
		box->line_at[i] = &box->lines[i];
	}
	box->lines[0].quantity = 1;
	box->lines[0].known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
	box->lines[0].net_minor = net_minor;
	box->lines[0].known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
	box->lines[0].tax_rate_bp = 2300;
	return box;
}

struct box *box_cancel(int64_t t_ms, const char *order)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_ORDER_CANCELLED;
	box->event.order_cancelled = &box->body.cancelled;
	utarg__v1__order_cancelled__init(&box->body.cancelled);
	box->body.cancelled.order_id = set(box->order, order);
	return box;
}

struct box *box_refund(int64_t t_ms, const char *refund, const char *order)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	static char pln[] = "PLN";
	box->event.body_case = UTARG__V1__EVENT__BODY_REFUND;
	box->event.refund = &box->body.refund;
	utarg__v1__refund__init(&box->body.refund);
	box->body.refund.refund_id = set(box->other, refund);
	box->body.refund.order_id = set(box->order, order);
	box->body.refund.currency = pln;
	return box;
}

struct box *box_rate(int64_t t_ms, const char *source, const char *day, int64_t per_unit_nano)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	static char eur[] = "EUR";
	box->event.body_case = UTARG__V1__EVENT__BODY_RATE_PUBLISHED;
	box->event.rate_published = &box->body.published;
	utarg__v1__rate_published__init(&box->body.published);
	box->body.published.rate_source = set(box->order, source);
	box->body.published.day = set(box->cart, day);
	box->rate_at[0] = &box->rate;
	box->rate_at[1] = &box->second_rate;
	box->body.published.rates = box->rate_at;
	box->body.published.n_rates = 1;
	box->rate.currency = eur;
	box->rate.per_unit_nano = per_unit_nano;
	return box;
}

struct box *box_paid(int64_t t_ms, const char *order, int64_t amount_minor)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	static char pln[] = "PLN";
	box->event.body_case = UTARG__V1__EVENT__BODY_ORDER_PAID;
	box->event.order_paid = &box->body.paid;
	utarg__v1__order_paid__init(&box->body.paid);
	box->body.paid.order_id = set(box->order, order);
	box->body.paid.amount_minor = amount_minor;
	box->body.paid.currency = pln;
	return box;
}

struct box *box_cost(int64_t t_ms, const char *order, int64_t net_minor)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	static char pln[] = "PLN";
	box->event.body_case = UTARG__V1__EVENT__BODY_ORDER_COST;
	box->event.order_cost = &box->body.cost;
	utarg__v1__order_cost__init(&box->body.cost);
	box->body.cost.order_id = set(box->order, order);
	box->body.cost.net_minor = net_minor;
	box->body.cost.currency = pln;
	return box;
}

struct box *box_spend(int64_t t_ms, const char *campaign, const char *day, int64_t spend_minor,
		      int64_t report_time_ms)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	static char pln[] = "PLN", platform[] = "ads", channel[] = "paid_search";
	box->event.body_case = UTARG__V1__EVENT__BODY_AD_SPEND;
	box->event.ad_spend = &box->body.spend;
	utarg__v1__ad_spend__init(&box->body.spend);
	box->body.spend.platform = platform;
	box->body.spend.campaign = set(box->order, campaign);
	box->body.spend.day = set(box->cart, day);
	box->body.spend.currency = pln;
	box->body.spend.marketing_channel = channel;
	box->body.spend.spend_minor = spend_minor;
	box->body.spend.report_time_ms = report_time_ms;
	return box;
}

struct box *box_view(int64_t t_ms, const char *visitor, const char *sku, int64_t price_minor)
{
	struct box *box = box_new(t_ms, ORIGIN_CLIENT, visitor, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_VIEW_ITEM;
	box->event.view_item = &box->body.item_ref;
	utarg__v1__item_ref__init(&box->body.item_ref);
	box->body.item_ref.sku = set(box->sku, sku);
	if (price_minor >= 0) {
		box->body.item_ref.known_price_case = UTARG__V1__ITEM_REF__KNOWN_PRICE_PRICE_GROSS_MINOR;
		box->body.item_ref.price_gross_minor = price_minor;
	}
	return box;
}

struct box *box_stock(int64_t t_ms, const char *sku, const char *location, int64_t quantity)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_STOCK_CHANGED;
	box->event.stock_changed = &box->body.stock;
	utarg__v1__stock_changed__init(&box->body.stock);
	box->body.stock.sku = set(box->sku, sku);
	box->body.stock.location = set(box->other, location);
	box->body.stock.quantity = quantity;
	return box;
}

struct box *box_offer(int64_t t_ms, const char *sku, int64_t price_minor, int64_t cost_minor)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	static char pln[] = "PLN";
	box->event.body_case = UTARG__V1__EVENT__BODY_OFFER_UPDATED;
	box->event.offer_updated = &box->body.offer;
	utarg__v1__offer_updated__init(&box->body.offer);
	box->body.offer.sku = set(box->sku, sku);
	box->body.offer.currency = pln;
	if (price_minor >= 0) {
		box->body.offer.known_price_case = UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR;
		box->body.offer.price_gross_minor = price_minor;
	}
	if (cost_minor >= 0) {
		box->body.offer.known_cost_case = UTARG__V1__OFFER_UPDATED__KNOWN_COST_COST_NET_MINOR;
		box->body.offer.cost_net_minor = cost_minor;
	}
	return box;
}

// Addresses inside the box move with it.
static void *moved(const struct box *from, struct box *to, void *at)
{
	const char *address = at, *begin = (const char *)from;
	if (address < begin || address >= begin + sizeof(*from))
		return at;
	return (char *)to + (address - begin);
}

#define MOVE(field) ((to)->field = moved(from, to, (to)->field))

static void move_order(const struct box *from, struct box *to)
{
	Utarg__V1__Order *body = &to->body.order_body;
	MOVE(body.order_body.order_id);
	MOVE(body.order_body.cart_id);
	MOVE(body.order_body.currency);
	MOVE(body.order_body.lines);
	for (size_t i = 0; i < body->n_lines; i++)
		MOVE(line_at[i]);
	if (body->rate)
		MOVE(body.order_body.rate);
}

struct box *box_copy(const struct box *from)
{
	struct box *to = box_new(from->fold.t_ms, from->fold.origin, from->visitor, from->customer);
	uint8_t id[UUID_SIZE];
	memcpy(id, to->fold.id, sizeof(id));
	memcpy(to, from, sizeof(*to));
	memcpy(to->fold.id, id, sizeof(id));
	to->fold.visitor.data = (uint8_t *)to->visitor;
	to->fold.customer.data = (uint8_t *)to->customer;
	to->fold.event = &to->event;
	MOVE(event.context);
	MOVE(event.consent);
	MOVE(event.page_view); // any body: they share the place
	box_affiliate_move(to);
	if (to->event.body_case == UTARG__V1__EVENT__BODY_PURCHASE ||
	    to->event.body_case == UTARG__V1__EVENT__BODY_ORDER_UPDATED) {
		move_order(from, to);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_ORDER_CANCELLED) {
		MOVE(body.cancelled.order_id);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_REFUND) {
		MOVE(body.refund.refund_id);
		MOVE(body.refund.order_id);
		MOVE(body.refund.lines);
		for (size_t i = 0; i < to->body.refund.n_lines; i++)
			MOVE(refund_line_at[i]);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_VIEW_ITEM) {
		MOVE(body.item_ref.sku);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_STOCK_CHANGED) {
		MOVE(body.stock.sku);
		MOVE(body.stock.location);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_OFFER_UPDATED) {
		MOVE(body.offer.sku);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK) {
		MOVE(body.click.affiliate);
		MOVE(body.click.campaign);
		MOVE(body.click.signature.data);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED) {
		MOVE(body.key.public_key.data);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_ORDER_PAID) {
		MOVE(body.paid.order_id);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_ORDER_COST) {
		MOVE(body.cost.order_id);
	} else if (to->event.body_case == UTARG__V1__EVENT__BODY_RATE_PUBLISHED) {
		MOVE(body.published.rate_source);
		MOVE(body.published.day);
		MOVE(body.published.rates);
		MOVE(rate_at[0]);
		MOVE(rate_at[1]);
	}
	return to;
}
