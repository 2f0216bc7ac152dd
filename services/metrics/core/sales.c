// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/sales.h"

#include "services/metrics/core/order_lines.h"

static const struct {
	uint16_t measure;
	int64_t after_ms; // the order was placed
} unpaid[] = {{M_UNPAID_1D, INT64_C(86400000)},
	      {M_UNPAID_3D, 3 * INT64_C(86400000)},
	      {M_UNPAID_7D, 7 * INT64_C(86400000)}};
enum { UNPAID_AGES = sizeof(unpaid) / sizeof(unpaid[0]) };

// Amounts of a shop fit; the worst that a rate can make of a worst order does not.
static int64_t in_64_bits(money_sum n)
{
	const money_sum most = INT64_MAX / 2;
	if (n > most)
		return INT64_MAX / 2;
	return n < -most ? -(INT64_MAX / 2) : (int64_t)n;
}

// ---- what stands at the order date ----

// Only this measure stands in that dimension, and in no other: one order must not multiply all cells.
static void put_method(struct fold *fold, const struct order *order, int32_t minute, int sign)
{
	struct dims dims = {{0}};
	uint32_t method = order->content.method;
	dims.key[INTERN_INDEX(FOLD_PAYMENT_METHOD)] = method ? method : intern_key(fold->intern, "unknown");
	fact_put(fold->book, M_ORDERS_BY_METHOD, minute, intern_dims(fold->intern, &dims), sign);
}

static void put_basket(struct fold *fold, const struct order *order, const struct order_figures *f,
		       int32_t minute, int sign)
{
	if (f->foreign || f->cancelled)
		return;
	fact_put(fold->book, M_BASKET_TAX, minute, order->dims, sign * f->lines_tax);
	fact_put_level(fold->book, M_BASKETS, minute, order->dims, in_64_bits(f->after_net), sign);
}

// ---- payments ----

static void put_payments(struct fold *fold, const struct order *order, int sign)
{
	for (uint32_t i = 0; i < vec_count(order->amounts); i++) {
		const struct order_amount *amount = &order->amounts->at[i];
		money_sum money;
		if (amount->kind != ORDER_PAYMENT || !order_amount_in(order, amount, fold->currency, &money))
			continue;
		fact_put(fold->book, M_PAID, minute_of(amount->moment.t_ms),
			 order_is_known(order) ? order->dims : amount->dims, sign * money);
	}
}

// When the order was cancelled or paid, whichever came first; INT64_MAX: neither.
static int64_t settled_ms(const struct order *order)
{
	struct moment cancel;
	int64_t paid_ms;
	int64_t at_ms = order_is_cancelled(order, &cancel) ? cancel.t_ms : INT64_MAX;
	return order_is_paid(order, &paid_ms) && paid_ms < at_ms ? paid_ms : at_ms;
}

static void put_unpaid(struct fold *fold, const struct order *order, int sign)
{
	int64_t until_ms = settled_ms(order);
	for (int i = 0; i < UNPAID_AGES; i++) {
		int64_t since_ms = order_placed_ms(order) + unpaid[i].after_ms;
		int value = fold->as_of_ms >= since_ms ? sign : 0;
		if (until_ms <= since_ms)
			continue;
		fact_put_from(fold->book, unpaid[i].measure, minute_of(since_ms), order->dims, since_ms, sign,
			      value);
		if (until_ms != INT64_MAX)
			fact_put_from(fold->book, unpaid[i].measure, minute_of(until_ms), order->dims,
				      since_ms, -sign, -value);
	}
}

int64_t sales_order_due_ms(const struct fold *fold, const struct order *order)
{
	if (!order_is_known(order))
		return INT64_MAX;
	int64_t until_ms = settled_ms(order);
	for (int i = 0; i < UNPAID_AGES; i++) {
		int64_t since_ms = order_placed_ms(order) + unpaid[i].after_ms;
		if (since_ms > fold->as_of_ms)
			return since_ms < until_ms ? since_ms : INT64_MAX;
	}
	return INT64_MAX;
}

// ---- costs ----

void sales_value_order(const struct fold *fold, struct order *order)
{
	struct order_figures f;
	money_sum cost = 0, placed = 0, taken = 0;
	order->kept_cost = order->known_net = 0;
	order_derive(order, fold->currency, NULL, &f);
	if (f.foreign || f.cancelled)
		return;
	struct order_line_figures *lines = offer_derive_lines(fold, order);
	for (uint32_t i = 0; i < vec_count(order->content.lines); i++) {
		if (!lines[i].has_cost)
			continue;
		cost += lines[i].cost;
		placed += lines[i].own_placed;
		taken += lines[i].own_taken;
	}
	memory_free(lines);
	order->kept_cost = in_64_bits(cost);
	order->known_net = in_64_bits(order_in_shop_money(order, placed, fold->currency) -
				      order_in_shop_money(order, taken, fold->currency));
}

static money_sum costs_of(const struct fold *fold, const struct order *order)
{
	money_sum sum = 0, money;
	for (uint32_t i = 0; i < vec_count(order->amounts); i++) {
		const struct order_amount *amount = &order->amounts->at[i];
		if (amount->kind == ORDER_COST && order_amount_in(order, amount, fold->currency, &money))
			sum += money;
	}
	return sum;
}

// They stand beside what was spent, so in its dimensions only.
static uint32_t spend_dims(struct fold *fold, uint32_t id)
{
	struct dims dims = {{0}};
	const struct dims *own = intern_dims_at(fold->intern, id);
	dims.key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] = own->key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)];
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = own->key[INTERN_INDEX(FOLD_CAMPAIGN)];
	return intern_dims(fold->intern, &dims);
}

static void put_margin(struct fold *fold, const struct order *order, const struct order_figures *f,
		       int32_t minute, int sign)
{
	if (f->foreign)
		return;
	money_sum costs = costs_of(fold, order);
	uint32_t dims = spend_dims(fold, order->dims);
	fact_put(fold->book, M_COST_OF_GOODS, minute, dims, (money_sum)sign * order->kept_cost);
	fact_put(fold->book, M_KNOWN_COST_NET, minute, dims, (money_sum)sign * order->known_net);
	fact_put(fold->book, M_ORDER_COSTS, minute, dims, sign * costs);
	if (!f->valid || !order->customer.text[0])
		return;
	uint32_t total = intern_dims(fold->intern, &(struct dims){{0}});
	fact_put(fold->book, M_CUSTOMER_MARGIN, minute, total,
		 sign * (f->current_net - order->kept_cost - costs));
}

void sales_put_order(struct fold *fold, const struct order *order, int sign)
{
	struct order_figures figures;
	put_payments(fold, order, sign);
	if (!order_is_known(order))
		return;
	int32_t minute = minute_of(order_placed_ms(order));
	order_derive(order, fold->currency, NULL, &figures);
	fact_put(fold->book, M_COUPON_ORDERS, minute, order->dims, sign * order->content.has_coupon);
	put_method(fold, order, minute, sign);
	put_basket(fold, order, &figures, minute, sign);
	put_margin(fold, order, &figures, minute, sign);
	put_unpaid(fold, order, sign);
}

static void read_amount(const Utarg__V1__Event *event, struct order_amount *out)
{
	bool is_paid = event->body_case == UTARG__V1__EVENT__BODY_ORDER_PAID;
	out->kind = is_paid ? ORDER_PAYMENT : ORDER_COST;
	out->minor = is_paid ? event->order_paid->amount_minor : event->order_cost->net_minor;
	order_read_currency(is_paid ? event->order_paid->currency : event->order_cost->currency,
			    out->currency);
}

uint8_t sales_apply_amount(struct fold *fold, const struct said *said)
{
	struct order *order = fold_order(fold, said->order);
	struct order_amount amount = {.moment = said->moment};
	read_amount(said->event, &amount);
	amount.dims =
		channel_own_dims(fold->intern, fold->settings->settings, said->moment.t_ms, said->event);
	order_put_amount(order, &amount);
	return FOLD_NEW;
}
