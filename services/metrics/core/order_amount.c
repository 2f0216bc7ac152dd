// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What events of their own say of an order: payments and costs. See order.h.
#include "services/metrics/core/order.h"

#include <string.h>

void order_read_currency(const char *stated, char out[ORDER_CURRENCY_SIZE])
{
	text_copy(out, ORDER_CURRENCY_SIZE, strlen(stated) < ORDER_CURRENCY_SIZE ? stated : "");
}

void order_put_amount(struct order *order, const struct order_amount *amount)
{
	uint32_t i = vec_count(order->amounts);
	while (i > 0 && moment_compare(&order->amounts->at[i - 1].moment, &amount->moment) > 0)
		i--;
	if (i > 0 && moment_compare(&order->amounts->at[i - 1].moment, &amount->moment) == 0)
		return;
	struct order_amount *added = vec_insert(order->amounts, i);
	*added = *amount;
	if (order->amounts->count > ORDER_AMOUNTS_MAX)
		vec_remove(order->amounts, ORDER_AMOUNTS_MAX);
}

static bool is_of_order(const struct order *order, const struct order_amount *amount)
{
	return !amount->currency[0] || strcmp(amount->currency, order->content.currency) == 0;
}

bool order_amount_in(const struct order *order, const struct order_amount *amount, const char *shop_currency,
		     money_sum *out)
{
	if (order_is_known(order) && is_of_order(order, amount)) {
		if (!order_is_convertible(order, shop_currency))
			return false;
		*out = order_in_shop_money(order, amount->minor, shop_currency);
		return true;
	}
	*out = amount->minor;
	return strcmp(amount->currency, shop_currency) == 0;
}

bool order_is_paid(const struct order *order, int64_t *t_ms)
{
	const struct order_amounts *amounts = &order->content.amounts;
	money_sum left = (money_sum)amounts->after_net + amounts->shipping_net + amounts->tax;
	*t_ms = order_placed_ms(order);
	for (uint32_t i = 0; left > 0 && i < vec_count(order->amounts); i++) {
		const struct order_amount *amount = &order->amounts->at[i];
		if (amount->kind != ORDER_PAYMENT || !is_of_order(order, amount))
			continue;
		left -= amount->minor;
		*t_ms = amount->moment.t_ms;
	}
	return left <= 0;
}
