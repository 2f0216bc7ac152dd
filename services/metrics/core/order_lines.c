// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/order_lines.h"

struct taking {
	const struct order *order;
	int64_t *taken; // one a line, in the order's currency
	int64_t *weights, *shares;
	int64_t all;
	void (*tell)(void *context, int64_t t_ms, const int64_t *taken); // NULL: nobody listens
	void *context;
};

enum { ANY_SKU = 0 };

// Spreads an amount over what is left of the lines of a sku; returns how much there was to take.
static int64_t take(struct taking *taking, uint32_t sku, int64_t amount)
{
	uint32_t count = vec_count(taking->order->content.lines);
	int64_t sum = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct order_line *line = &taking->order->content.lines->at[i];
		int64_t left = line->after_net - taking->taken[i];
		taking->weights[i] = left > 0 && (sku == ANY_SKU || line->sku == sku) ? left : 0;
		sum += taking->weights[i];
	}
	amount = amount < sum ? amount : sum;
	if (amount <= 0)
		return 0;
	money_split(amount, taking->weights, count, taking->shares);
	for (uint32_t i = 0; i < count; i++)
		taking->taken[i] += taking->shares[i];
	return amount;
}

static void take_refund(void *context, const struct order_refund *refund, int64_t net)
{
	struct taking *taking = context;
	taking->all += net;
	for (uint32_t i = 0; i < vec_count(refund->lines) && net > 0; i++) {
		const struct refund_line *line = &refund->lines->at[i];
		net -= take(taking, line->sku, line->net < net ? line->net : net);
	}
	(void)take(taking, ANY_SKU, net);
	if (taking->tell)
		taking->tell(taking->context, refund->rank.moment.t_ms, taking->taken);
}

void order_lines_each(const struct order *order,
		      void (*tell)(void *context, int64_t t_ms, const int64_t *taken), void *context)
{
	uint32_t count = vec_count(order->content.lines);
	if (!count || !vec_count(order->refunds))
		return;
	int64_t *memory = memory_get(3 * (size_t)count * sizeof(*memory));
	struct taking taking = {.order = order,
				.taken = memory,
				.weights = memory + count,
				.shares = memory + 2 * (size_t)count,
				.tell = tell,
				.context = context};
	order_each_refund(order, take_refund, &taking);
	memory_free(memory);
}

// Of what is left of the line, in the shop's currency; false: nobody knows.
static bool cost_left(const struct order *order, const struct order_line *line, int64_t left, bool all_back,
		      const char *shop_currency, int64_t piece_cost, money_sum *out)
{
	money_sum cost = line->has_cost ? line->cost_net : (money_sum)piece_cost * line->quantity;
	*out = 0;
	if (!line->has_cost && piece_cost < 0)
		return false;
	if (line->after_net > 0)
		cost = money_div_half_even(cost * left, line->after_net);
	else if (all_back)
		cost = 0;
	*out = line->has_cost ? order_in_shop_money(order, cost, shop_currency) : cost;
	return true;
}

void order_lines_derive(const struct order *order, const char *shop_currency, const int64_t *piece_costs,
			struct order_line_figures *out)
{
	uint32_t count = vec_count(order->content.lines);
	bool cancelled = order_is_cancelled(order, NULL);
	if (!count)
		return;
	int64_t *memory = memory_get(3 * (size_t)count * sizeof(*memory));
	struct taking taking = {.order = order,
				.taken = memory,
				.weights = memory + count,
				.shares = memory + 2 * (size_t)count};
	order_each_refund(order, take_refund, &taking);
	bool all_back = cancelled || (order->content.amounts.after_net > 0 &&
				      taking.all == order->content.amounts.after_net);
	for (uint32_t i = 0; i < count; i++) {
		const struct order_line *line = &order->content.lines->at[i];
		int64_t taken = cancelled ? line->after_net : taking.taken[i];
		out[i].own_placed = line->after_net;
		out[i].own_taken = taken;
		out[i].placed = order_in_shop_money(order, line->after_net, shop_currency);
		out[i].taken = order_in_shop_money(order, taken, shop_currency);
		out[i].has_cost = cost_left(order, line, line->after_net - taken, all_back, shop_currency,
					    piece_costs[i], &out[i].cost);
	}
	memory_free(memory);
}
