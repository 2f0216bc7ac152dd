// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_oracle_sales.h"

#include "tests/unit/metrics/helper_oracle_offers.h"

#include <stdio.h>
#include <string.h>

enum { PAYMENTS_MAX = 100 };

static bool is_kind(const struct box *b, Utarg__V1__Event__BodyCase kind)
{
	return !b->event.test && b->event.body_case == kind;
}

static bool is_earlier(const struct box *a, const struct box *b)
{
	if (a->fold.t_ms != b->fold.t_ms)
		return a->fold.t_ms < b->fold.t_ms;
	return memcmp(a->fold.id, b->fold.id, UUID_SIZE) < 0;
}

static bool is_own_currency(const struct oracle_order *order, const char *currency)
{
	return !currency[0] || strcmp(currency, order->content->body.order_body.currency) == 0;
}

static const char *own_device(const struct box *b)
{
	static const char *const names[] = {"unknown", "desktop", "mobile", "tablet"};
	return names[b->event.context ? b->event.context->device : 0];
}

// ---- payments ----

static const struct box *next_payment(const struct history *h, const char *order, const struct box *after)
{
	const struct box *next = NULL;
	for (size_t i = 0; i < h->count; i++) {
		const struct box *b = h->boxes[i];
		if (is_kind(b, UTARG__V1__EVENT__BODY_ORDER_PAID) && strcmp(b->order, order) == 0 &&
		    (!after || is_earlier(after, b)) && (!next || is_earlier(b, next)))
			next = b;
	}
	return next;
}

static void tell_payments(struct oracle *o, const struct history *h, const struct oracle_order *order,
			  const char *device)
{
	for (const struct box *b = next_payment(h, order->id, NULL); b; b = next_payment(h, order->id, b)) {
		int64_t minor = b->body.paid.amount_minor;
		if (is_own_currency(order, b->body.paid.currency)) {
			if (order->foreign)
				continue;
			minor = oracle_convert(minor, order);
		} else if (strcmp(b->body.paid.currency, "PLN") != 0) {
			continue;
		}
		oracle_add_total(o, M_PAID, b->fold.t_ms, minor);
		oracle_add(o, M_PAID, FOLD_DAY, b->fold.t_ms, FOLD_DEVICE, device, minor);
	}
}

static int64_t settled_ms(const struct history *h, const struct oracle_order *order)
{
	int64_t until_ms = order->cancelled ? order->cancelled_ms : INT64_MAX;
	int64_t paid = 0;
	if (order->gross <= 0)
		return order->placed_ms < until_ms ? order->placed_ms : until_ms;
	for (const struct box *b = next_payment(h, order->id, NULL); b; b = next_payment(h, order->id, b)) {
		if (!is_own_currency(order, b->body.paid.currency))
			continue;
		paid += b->body.paid.amount_minor;
		if (paid >= order->gross)
			return b->fold.t_ms < until_ms ? b->fold.t_ms : until_ms;
	}
	return until_ms;
}

static void tell_unpaid(struct oracle *o, const struct history *h, const struct oracle_order *order)
{
	static const uint16_t measures[] = {M_UNPAID_1D, M_UNPAID_3D, M_UNPAID_7D};
	static const int days[] = {1, 3, 7};
	int64_t until_ms = settled_ms(h, order);
	for (int i = 0; i < 3; i++) {
		int64_t since_ms = order->placed_ms + days[i] * DAY_MS;
		if (since_ms > h->as_of_ms || until_ms <= since_ms)
			continue;
		oracle_add_total(o, measures[i], since_ms, 1);
		if (until_ms != INT64_MAX)
			oracle_add_total(o, measures[i], until_ms, -1);
	}
}

// ---- margin ----

// Of what is left of a line, in PLN; false: not known.
static bool kept_cost(const struct history *h, const struct oracle_order *o, size_t i, int64_t *cost)
{
	const Utarg__V1__OrderLine *stated = o->content->body.order_body.lines[i];
	const struct oracle_line *line = &o->lines[i];
	bool own = stated->known_cost_case != 0;
	int64_t piece = own ? 0 : oracle_piece_cost(h, line->sku, o->placed_ms);
	int64_t whole = own ? stated->cost_net_minor : piece * line->quantity;
	if (piece < 0)
		return false;
	if (line->after > 0)
		*cost = (int64_t)money_div_half_even((money_sum)whole * (line->after - line->taken),
						     line->after);
	else
		*cost = o->all_back ? 0 : whole;
	*cost = o->cancelled ? 0 : own ? oracle_convert(*cost, o) : *cost;
	return true;
}

static int64_t order_costs(const struct history *h, const struct oracle_order *o)
{
	int64_t sum = 0;
	for (size_t i = 0; i < h->count; i++) {
		const struct box *b = h->boxes[i];
		if (!is_kind(b, UTARG__V1__EVENT__BODY_ORDER_COST) || strcmp(b->order, o->id) != 0)
			continue;
		if (is_own_currency(o, b->body.cost.currency))
			sum += oracle_convert(b->body.cost.net_minor, o);
		else if (strcmp(b->body.cost.currency, "PLN") == 0)
			sum += b->body.cost.net_minor;
	}
	return sum;
}

static int64_t margin_of(const struct history *h, const struct oracle_order *order)
{
	int64_t margin = order->current - order_costs(h, order), cost;
	for (size_t i = 0; i < order->content->body.order_body.n_lines; i++)
		margin -= kept_cost(h, order, i, &cost) ? cost : 0;
	return order->foreign ? 0 : margin;
}

static void tell_margin(struct oracle *o, const struct history *h, const struct oracle_order *order)
{
	int64_t cost, costs = 0, placed = 0, taken = 0;
	if (order->foreign)
		return;
	for (size_t i = 0; i < order->content->body.order_body.n_lines; i++) {
		if (!kept_cost(h, order, i, &cost))
			continue;
		costs += cost;
		placed += order->lines[i].after;
		taken += order->lines[i].taken;
	}
	oracle_add_total(o, M_COST_OF_GOODS, order->placed_ms, costs);
	oracle_add_total(o, M_ORDER_COSTS, order->placed_ms, order_costs(h, order));
	oracle_add_total(o, M_KNOWN_COST_NET, order->placed_ms,
			 order->cancelled ? 0 : oracle_convert(placed, order) - oracle_convert(taken, order));
	if (order->valid && order->customer[0])
		oracle_add_total(o, M_CUSTOMER_MARGIN, order->placed_ms, margin_of(h, order));
}

// ---- all ----

void oracle_sales_order(struct oracle *o, const struct history *h, const struct oracle_order *order,
			const char *device)
{
	const Utarg__V1__Order *content = &order->content->body.order_body;
	const char *method = content->payment_method[0] ? content->payment_method : "unknown";
	oracle_add_total(o, M_COUPON_ORDERS, order->placed_ms, content->coupon[0] != '\0');
	oracle_add_total(o, M_ORDERS_BY_METHOD, order->placed_ms, 1);
	oracle_add(o, M_ORDERS_BY_METHOD, FOLD_DAY, order->placed_ms, FOLD_PAYMENT_METHOD, method, 1);
	oracle_add(o, M_ORDERS_BY_METHOD, FOLD_DAY, order->placed_ms, FOLD_DEVICE, device, 0);
	if (!order->foreign && !order->cancelled) {
		oracle_add_total(o, M_BASKET_TAX, order->placed_ms, order->lines_tax);
		oracle_add(o, M_BASKET_TAX, FOLD_DAY, order->placed_ms, FOLD_DEVICE, device,
			   order->lines_tax);
	}
	tell_payments(o, h, order, device);
	tell_unpaid(o, h, order);
	tell_margin(o, h, order);
}

void oracle_sales_rest(struct oracle *o, const struct history *h, const struct oracle_order *orders,
		       size_t count)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct box *b = h->boxes[i];
		bool known = false;
		if (!is_kind(b, UTARG__V1__EVENT__BODY_ORDER_PAID))
			continue;
		for (size_t k = 0; k < count; k++)
			known = known || strcmp(orders[k].id, b->order) == 0;
		if (known || strcmp(b->body.paid.currency, "PLN") != 0)
			continue;
		oracle_add_total(o, M_PAID, b->fold.t_ms, b->body.paid.amount_minor);
		oracle_add(o, M_PAID, FOLD_DAY, b->fold.t_ms, FOLD_DEVICE, own_device(b),
			   b->body.paid.amount_minor);
	}
}

// Nearest rank among the orders of a window, by counting for each candidate.
static bool basket_at(const struct oracle_order *orders, size_t count, int64_t start_ms, int64_t end_ms,
		      int percent, int64_t *value)
{
	int64_t values[ORACLE_ORDERS];
	int all = 0;
	bool found = false;
	for (size_t i = 0; i < count; i++)
		if (!orders[i].foreign && !orders[i].cancelled && orders[i].placed_ms >= start_ms &&
		    orders[i].placed_ms < end_ms)
			values[all++] = orders[i].after;
	for (int i = 0; i < all; i++) {
		int upto = 0;
		for (int k = 0; k < all; k++)
			upto += values[k] <= values[i];
		if (upto * 100 >= all * percent && (!found || values[i] < *value)) {
			*value = values[i];
			found = true;
		}
	}
	return found;
}

static const char *compare_baskets(const struct history *h, struct world *world,
				   const struct oracle_order *orders, size_t count, enum window window,
				   int64_t t_ms)
{
	static const char *const names[] = {"basket_value_p50", "basket_value_p90"};
	static const int percents[] = {50, 90};
	static char text[160];
	int64_t start_ms, end_ms;
	zone_window(world_zone(NULL, h->zone), window, t_ms, &start_ms, &end_ms);
	for (int i = 0; i < 2; i++) {
		int64_t value = 0;
		bool found = basket_at(orders, count, start_ms, end_ms, percents[i], &value);
		struct world_figure figure = world_figure(world, names[i], window, t_ms, FOLD_TOTAL, "-");
		if (figure.denominator == found && figure.numerator == value)
			continue;
		snprintf(text, sizeof(text), "%s at %lld: %lld, expected %lld", names[i], (long long)t_ms,
			 (long long)figure.numerator, (long long)value);
		return text;
	}
	return NULL;
}

const char *oracle_sales_difference(const struct history *h, struct world *world,
				    const struct oracle_order *orders, size_t count)
{
	const char *difference = NULL;
	for (size_t i = 0; i < count && !difference; i++) {
		difference = compare_baskets(h, world, orders, count, WINDOW_DAY, orders[i].placed_ms);
		if (!difference)
			difference =
				compare_baskets(h, world, orders, count, WINDOW_MONTH, orders[i].placed_ms);
	}
	return difference;
}
