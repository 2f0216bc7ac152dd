// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_shop.h"

#include "common/base/money.h"

#include <stdio.h>
#include <string.h>

static char *const codes[LEDGER_CURRENCIES] = {(char[]){"PLN"}, (char[]){"JPY"}, (char[]){"KWD"}};

static int64_t up_to(struct shop *shop, int64_t n)
{
	return (int64_t)(random_next(&shop->random) % (uint64_t)(n + 1));
}

// Often the ends, where sums are as small or as large as they get.
static int64_t some_amount(struct shop *shop, int64_t most)
{
	uint32_t what = random_below(&shop->random, 10);
	return what == 0 ? 0 : what == 1 ? most : up_to(shop, most);
}

// From single grosz to what six lines, their tax and the shipping may come to.
static void choose_scale(struct shop *shop)
{
	static const int64_t scales[] = {3, 100, 30000, 30000, 30000, 5000000, MONEY_MAX_MINOR / 14};
	shop->scale = scales[random_below(&shop->random, 7)];
}

static int64_t some_time(struct shop *shop)
{
	// Few instants: many ties.
	return SHOP_START_MS + (int64_t)random_below(&shop->random, LEDGER_DAYS * 3) * 8 * HOUR_MS;
}

static enum ledger_currency some_currency(struct shop *shop)
{
	return random_chance(&shop->random, 60) ? shop->ledger.currency
						: random_below(&shop->random, LEDGER_CURRENCIES);
}

// The currency of the order's first copy mostly, so that refunds meet it.
static enum ledger_currency currency_of(struct shop *shop, int order)
{
	for (size_t i = 0; i < shop->ledger.order_count && random_chance(&shop->random, 95); i++)
		if (shop->ledger.orders[i].order == order)
			return shop->ledger.orders[i].currency;
	return some_currency(shop);
}

// ---- orders ----

static struct ledger_line some_line(struct shop *shop)
{
	static const int64_t rates[] = {0, 500, 800, 2300, 1999, 10000};
	struct random *r = &shop->random;
	int64_t amount = some_amount(shop, shop->scale);
	struct ledger_line line = {.net = amount,
				   .gross = LEDGER_NONE,
				   .tax = LEDGER_NONE,
				   .rate_bp = rates[random_below(r, 6)]};
	line.quantity = 1 + random_below(r, 5);
	line.discount = random_chance(r, 30) ? some_amount(shop, amount) : 0;
	if (random_chance(r, 50)) {
		line.gross = amount;
		line.net = LEDGER_NONE;
	}
	if (random_chance(r, 30)) {
		line.tax = some_amount(shop, amount - line.discount);
		line.rate_bp = random_chance(r, 50) ? LEDGER_NONE : line.rate_bp;
	} else if (line.net != LEDGER_NONE && random_chance(r, 20)) {
		line.rate_bp = LEDGER_NONE;
	}
	return line;
}

// What the wire asks of the discount: no more than the lines come to on the side that counts.
static int64_t some_discount(struct shop *shop, const struct ledger_order *order)
{
	int64_t most = 0;
	for (size_t i = 0; i < order->line_count; i++) {
		const struct ledger_line *line = &order->lines[i];
		most += (line->net != LEDGER_NONE ? line->net : line->gross) - line->discount;
	}
	return random_chance(&shop->random, 40) ? some_amount(shop, most) : 0;
}

// One line of the greatest amount there is.
static void fill_to_the_limit(struct ledger_order *order)
{
	order->line_count = 1;
	order->lines[0] = (struct ledger_line){.net = MONEY_MAX_MINOR,
					       .gross = LEDGER_NONE,
					       .tax = LEDGER_NONE,
					       .rate_bp = 0,
					       .quantity = 1};
	order->shipping = order->shipping_tax = 0;
	if (order->rank.id % 2 == 0) {
		order->lines[0].gross = MONEY_MAX_MINOR;
		order->lines[0].net = LEDGER_NONE;
		order->lines[0].rate_bp = 2300;
	}
}

static void fill_order(struct shop *shop, struct ledger_order *order)
{
	struct random *r = &shop->random;
	choose_scale(shop);
	order->line_count = random_below(r, LEDGER_LINES + 1);
	for (size_t i = 0; i < order->line_count; i++)
		order->lines[i] = some_line(shop);
	order->shipping = random_chance(r, 50) ? some_amount(shop, shop->scale) : 0;
	order->shipping_tax = random_chance(r, 50) ? some_amount(shop, shop->scale / 5) : 0;
	if (random_chance(r, 5))
		fill_to_the_limit(order);
	order->discount = some_discount(shop, order);
}

static int64_t some_rate(struct shop *shop)
{
	static const int64_t rates[] = {1, 25000000, INT64_C(4321500000), 500000000,
					INT64_C(1000000000000000)};
	if (random_chance(&shop->random, 20))
		return 0;
	return random_chance(&shop->random, 50) ? rates[random_below(&shop->random, 5)]
						: 1 + up_to(shop, INT64_C(20000000000));
}

static void push(struct shop *shop, struct box *box, uint64_t id)
{
	for (int i = 0; i < 8; i++) // most significant first: ids compare as numbers
		box->fold.id[i] = (uint8_t)(id >> (56 - 8 * i));
	shop->boxes[shop->box_count++] = box;
}

static void box_line(const struct ledger_line *line, Utarg__V1__OrderLine *out)
{
	utarg__v1__order_line__init(out);
	out->quantity = line->quantity;
	out->discount_minor = line->discount;
	if (line->net != LEDGER_NONE) {
		out->known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
		out->net_minor = line->net;
	} else {
		out->known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
		out->gross_minor = line->gross;
	}
	if (line->tax != LEDGER_NONE) {
		out->known_tax_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_TAX_MINOR;
		out->tax_minor = line->tax;
	}
	if (line->rate_bp != LEDGER_NONE) {
		out->known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
		out->tax_rate_bp = (uint32_t)line->rate_bp;
	}
}

static void say_order(struct shop *shop, const struct ledger_order *order)
{
	char name[BOX_ID];
	snprintf(name, sizeof(name), "o%02d", order->order);
	struct box *box = box_order(order->rank.t_ms, order->rank.server ? ORIGIN_SERVER : ORIGIN_CLIENT,
				    NULL, NULL, name, order->rank.version, 0);
	Utarg__V1__Order *body = &box->body.order_body;
	body->currency = codes[order->currency];
	body->placed_at_ms = order->placed_ms;
	body->n_lines = order->line_count;
	for (size_t i = 0; i < order->line_count; i++)
		box_line(&order->lines[i], &box->lines[i]);
	body->discount_minor = order->discount;
	body->shipping_net_minor = order->shipping;
	body->shipping_tax_minor = order->shipping_tax;
	body->status = order->cancelled ? UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED : 0;
	box->rate.currency = codes[order->currency];
	box->rate.per_unit_nano = order->rate_nano;
	body->rate = order->rate_nano ? &box->rate : NULL;
	push(shop, box, order->rank.id);
}

static void some_order(struct shop *shop)
{
	struct random *r = &shop->random;
	struct ledger_order *order = &shop->ledger.orders[shop->ledger.order_count];
	int number = (int)random_below(r, LEDGER_ORDERS);
	*order = (struct ledger_order){
		.rank = {random_below(r, 3), random_chance(r, 50), some_time(shop), random_next(r)},
		.order = number,
		.currency = currency_of(shop, number),
		.rate_nano = some_rate(shop),
		.placed_ms = some_time(shop),
		.cancelled = random_chance(r, 10)};
	shop->ledger.order_count++;
	fill_order(shop, order);
	say_order(shop, order);
}

// ---- refunds and cancellations ----

static void add_refund_lines(struct shop *shop, struct ledger_refund *refund, Utarg__V1__Refund *body)
{
	body->lines = &shop->refund_line_at[shop->refund_line_count];
	body->n_lines = SHOP_REFUND_LINES;
	refund->net = refund->tax = 0;
	for (size_t i = 0; i < SHOP_REFUND_LINES; i++, shop->refund_line_count++) {
		Utarg__V1__RefundLine *line = &shop->refund_lines[shop->refund_line_count];
		utarg__v1__refund_line__init(line);
		line->net_minor = some_amount(shop, shop->scale);
		line->tax_minor = some_amount(shop, shop->scale / 4);
		refund->net += line->net_minor;
		refund->tax += line->tax_minor;
		shop->refund_line_at[shop->refund_line_count] = line;
	}
}

static void add_parts(struct shop *shop, struct ledger_refund *refund, Utarg__V1__Refund *body)
{
	if (random_chance(&shop->random, 60)) {
		body->known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
		body->items_net_minor = refund->net = some_amount(shop, 3 * shop->scale);
	}
	if (random_chance(&shop->random, 40)) {
		body->known_shipping_net_case = UTARG__V1__REFUND__KNOWN_SHIPPING_NET_SHIPPING_NET_MINOR;
		body->shipping_net_minor = refund->shipping = some_amount(shop, shop->scale);
	}
	if (random_chance(&shop->random, 40)) {
		body->known_tax_case = UTARG__V1__REFUND__KNOWN_TAX_TAX_MINOR;
		body->tax_minor = refund->tax = some_amount(shop, shop->scale);
	}
}

static void add_total(struct shop *shop, struct ledger_refund *refund, Utarg__V1__Refund *body)
{
	int64_t most = random_chance(&shop->random, 5) ? MONEY_MAX_MINOR : 5 * shop->scale;
	body->known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	body->total_minor = refund->total = some_amount(shop, most);
}

static void some_refund(struct shop *shop)
{
	struct random *r = &shop->random;
	struct ledger_refund *refund = &shop->ledger.refunds[shop->ledger.refund_count++];
	char name[BOX_ID], order[BOX_ID] = "";
	uint32_t what = random_below(r, 10);
	*refund = (struct ledger_refund){.rank = {0, random_chance(r, 70), some_time(shop), random_next(r)},
					 .refund = (int)random_below(r, LEDGER_REFUNDS),
					 .order = (int)random_below(r, LEDGER_ORDERS + 1) - 1,
					 .net = LEDGER_NONE,
					 .shipping = LEDGER_NONE,
					 .tax = LEDGER_NONE,
					 .total = LEDGER_NONE};
	refund->currency = currency_of(shop, refund->order);
	snprintf(name, sizeof(name), "r%02d", refund->refund);
	if (refund->order != LEDGER_NONE)
		snprintf(order, sizeof(order), "o%02d", refund->order);
	struct box *box = box_refund(refund->rank.t_ms, name, order);
	box->fold.origin = refund->rank.server ? ORIGIN_IMPORT : ORIGIN_CLIENT;
	box->body.refund.currency = codes[refund->currency];
	choose_scale(shop);
	if (what < 3)
		add_refund_lines(shop, refund, &box->body.refund);
	else if (what < 7)
		add_parts(shop, refund, &box->body.refund);
	if (what >= 6 || what == 0)
		add_total(shop, refund, &box->body.refund);
	push(shop, box, refund->rank.id);
}

static void some_cancel(struct shop *shop)
{
	struct ledger_cancel *cancel = &shop->ledger.cancels[shop->ledger.cancel_count++];
	char order[BOX_ID];
	*cancel = (struct ledger_cancel){(int)random_below(&shop->random, LEDGER_ORDERS), some_time(shop)};
	snprintf(order, sizeof(order), "o%02d", cancel->order);
	push(shop, box_cancel(cancel->t_ms, order), random_next(&shop->random));
}

// ---- the shop ----

void shop_make(struct shop *shop, uint64_t seed)
{
	*shop = (struct shop){.random = {seed}, .ledger.start_ms = SHOP_START_MS};
	shop->ledger.currency = random_below(&shop->random, LEDGER_CURRENCIES);
	uint32_t events = 20 + random_below(&shop->random, LEDGER_COPIES_MAX - 20);
	for (uint32_t i = 0; i < events; i++) {
		uint32_t what = random_below(&shop->random, 100);
		if (what < 50)
			some_order(shop);
		else if (what < 96)
			some_refund(shop);
		else
			some_cancel(shop);
	}
	for (uint32_t i = 0; i < events; i++) { // some of it twice
		if (!random_chance(&shop->random, 20))
			continue;
		struct box *again = box_copy(shop->boxes[i]);
		memcpy(again->fold.id, shop->boxes[i]->fold.id, UUID_SIZE);
		shop->boxes[shop->box_count++] = again;
	}
	for (size_t i = shop->box_count; i > 1; i--) {
		size_t k = random_below(&shop->random, (uint32_t)i);
		struct box *box = shop->boxes[i - 1];
		shop->boxes[i - 1] = shop->boxes[k];
		shop->boxes[k] = box;
	}
}

const char *shop_currency(const struct shop *shop)
{
	return codes[shop->ledger.currency];
}
