// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// An order and what follows it: the browser's copy, the server's, payment, parcel, second thoughts.
#include "services/utarg/core/simulate_parts.h"

#include "common/base/money.h"

#include <stdio.h>

// Chances after an order, per thousand.
enum { BROWSER_COPY_LOST = 70, CANCELS = 30, SENDS_BACK = 70, PAYS_LATER = 100, HAS_COUPON = 120 };

enum {
	TAX_RATE_BP = 2300,
	SHIPPING_NET_MINOR = 1219,
	SHIPPING_TAX_MINOR = 280,
	FREE_SHIPPING_FROM_MINOR = 20000
};

// An order's content; strings and lines are borrowed by the messages built from it.
struct content {
	char order_id[SIM_TEXT_SIZE];
	char cart_id[SIM_TEXT_SIZE];
	char currency[8];
	char sku[SIM_ITEMS_MAX][SIM_TEXT_SIZE];
	char title[SIM_ITEMS_MAX][SIM_TEXT_SIZE];
	char coupon[16];
	char method[16];
	Utarg__V1__OrderLine lines[SIM_ITEMS_MAX];
	Utarg__V1__OrderLine *pointers[SIM_ITEMS_MAX];
	Utarg__V1__Order order;
	int64_t gross_minor;
};

static void fill_line(struct content *content, size_t i, const struct sim_item *item)
{
	Utarg__V1__OrderLine *line = &content->lines[i];
	utarg__v1__order_line__init(line);
	text_copy(content->sku[i], SIM_TEXT_SIZE, item->offer->sku);
	text_copy(content->title[i], SIM_TEXT_SIZE, item->offer->title);
	line->sku = content->sku[i];
	line->title = content->title[i];
	line->quantity = item->quantity;
	line->known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
	line->gross_minor = item->quantity * item->offer->price_gross_minor;
	line->known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
	line->tax_rate_bp = TAX_RATE_BP;
	line->known_cost_case = UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR;
	line->cost_net_minor = item->quantity * item->offer->cost_net_minor;
	content->gross_minor += line->gross_minor;
	content->pointers[i] = line;
}

static void fill_content(struct sim *sim, struct content *content, int64_t t_ms, const char *cart_id,
			 const struct sim_item *items, size_t item_count)
{
	*content = (struct content){0};
	snprintf(content->order_id, SIM_TEXT_SIZE, "%lld-%llu-%u",
		 (long long)zone_date_days(sim->options->date), (unsigned long long)sim->options->seed,
		 ++sim->order_count);
	text_copy(content->cart_id, SIM_TEXT_SIZE, cart_id);
	text_copy(content->currency, sizeof content->currency, sim->options->currency);
	text_copy(content->method, sizeof content->method, sim_chance(&sim->rng, 600) ? "card" : "blik");
	for (size_t i = 0; i < item_count; i++)
		fill_line(content, i, &items[i]);
	utarg__v1__order__init(&content->order);
	content->order.order_id = content->order_id;
	content->order.cart_id = content->cart_id;
	content->order.currency = content->currency;
	content->order.placed_at_ms = t_ms;
	content->order.payment_method = content->method;
	content->order.n_lines = item_count;
	content->order.lines = content->pointers;
	if (sim_chance(&sim->rng, HAS_COUPON)) {
		text_copy(content->coupon, sizeof content->coupon, "TEN");
		content->order.coupon = content->coupon;
		content->order.discount_minor = money_mul_div_half_up(content->gross_minor, 10, 100);
	}
	if (content->gross_minor < FREE_SHIPPING_FROM_MINOR) {
		content->order.shipping_net_minor = SHIPPING_NET_MINOR;
		content->order.shipping_tax_minor = SHIPPING_TAX_MINOR;
	}
}

static int64_t to_pay_minor(const struct content *content)
{
	return content->gross_minor - content->order.discount_minor + content->order.shipping_net_minor +
	       content->order.shipping_tax_minor;
}

static void tell_purchase(struct sim *sim, const struct sim_actor *actor, int64_t t_ms,
			  struct content *content)
{
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_PURCHASE;
	event.purchase = &content->order;
	sim_emit(sim, actor, t_ms, &event);
}

static void pay(struct sim *sim, const struct sim_actor *server, int64_t t_ms, struct content *content)
{
	Utarg__V1__OrderPaid body = UTARG__V1__ORDER_PAID__INIT;
	body.order_id = content->order_id;
	body.amount_minor = to_pay_minor(content);
	body.currency = content->currency;
	body.method = content->method;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_ORDER_PAID;
	event.order_paid = &body;
	sim_emit(sim, server, t_ms, &event);

	char fee_currency[8];
	text_copy(fee_currency, sizeof fee_currency, content->currency);
	Utarg__V1__OrderCost cost = UTARG__V1__ORDER_COST__INIT;
	cost.order_id = content->order_id;
	cost.cost_kind = UTARG__V1__COST_KIND__COST_KIND_PAYMENT_FEE;
	cost.net_minor = money_mul_div_half_up(body.amount_minor, 14, 1000);
	cost.currency = fee_currency;
	Utarg__V1__Event fee = UTARG__V1__EVENT__INIT;
	fee.body_case = UTARG__V1__EVENT__BODY_ORDER_COST;
	fee.order_cost = &cost;
	sim_emit(sim, server, t_ms + 500, &fee);
}

static void cancel(struct sim *sim, const struct sim_actor *server, int64_t t_ms, struct content *content)
{
	char reason[] = "changed_mind";
	Utarg__V1__OrderCancelled body = UTARG__V1__ORDER_CANCELLED__INIT;
	body.order_id = content->order_id;
	body.reason = reason;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_ORDER_CANCELLED;
	event.order_cancelled = &body;
	sim_emit(sim, server, t_ms, &event);
}

static void send_parcel(struct sim *sim, const struct sim_actor *server, int64_t t_ms,
			struct content *content)
{
	char parcel[SIM_TEXT_SIZE + 4], carrier[] = "locker";
	snprintf(parcel, sizeof parcel, "p-%s", content->order_id);
	Utarg__V1__OrderFulfilled body = UTARG__V1__ORDER_FULFILLED__INIT;
	body.order_id = content->order_id;
	body.parcel_id = parcel;
	body.carrier = carrier;
	body.last_parcel = true;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_ORDER_FULFILLED;
	event.order_fulfilled = &body;
	sim_emit(sim, server, t_ms, &event);
}

// Some name the parts, some only the sum: both are how shops tell it.
static void give_back(struct sim *sim, const struct sim_actor *server, int64_t t_ms, struct content *content)
{
	char refund_id[SIM_TEXT_SIZE + 4], reason[] = "returned";
	snprintf(refund_id, sizeof refund_id, "f-%s", content->order_id);
	Utarg__V1__Refund body = UTARG__V1__REFUND__INIT;
	body.refund_id = refund_id;
	body.order_id = content->order_id;
	body.currency = content->currency;
	body.reason = reason;
	body.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	body.total_minor = sim_chance(&sim->rng, 500) ? to_pay_minor(content) : to_pay_minor(content) / 2;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_REFUND;
	event.refund = &body;
	sim_emit(sim, server, t_ms, &event);
}

void sim_order(struct sim *sim, const struct sim_actor *buyer, int64_t t_ms, const char *cart_id,
	       const struct sim_item *items, size_t item_count)
{
	struct sim_rng *rng = &sim->rng;
	struct content content;
	fill_content(sim, &content, t_ms, cart_id, items, item_count);
	struct sim_actor server = sim_server();
	server.channel = buyer->channel;
	if (buyer->origin == UTARG__V1__ORIGIN__ORIGIN_CLIENT && !sim_chance(rng, BROWSER_COPY_LOST))
		tell_purchase(sim, buyer, t_ms, &content);
	text_copy(server.customer, sizeof server.customer, buyer->customer);
	tell_purchase(sim, &server, t_ms + sim_between(rng, 50, 1500), &content);
	server.customer[0] = '\0';
	pay(sim, &server,
	    t_ms + (sim_chance(rng, PAYS_LATER) ? sim_between(rng, HOUR_MS, 9 * HOUR_MS) : 2000), &content);
	if (sim_chance(rng, CANCELS)) {
		cancel(sim, &server, t_ms + sim_between(rng, MINUTE_MS, 4 * HOUR_MS), &content);
		return;
	}
	int64_t sent_ms = t_ms + sim_between(rng, 2 * HOUR_MS, 28 * HOUR_MS);
	send_parcel(sim, &server, sent_ms, &content);
	if (sim_chance(rng, SENDS_BACK))
		give_back(sim, &server, sent_ms + sim_between(rng, 2 * HOUR_MS, 12 * 24 * HOUR_MS), &content);
}
