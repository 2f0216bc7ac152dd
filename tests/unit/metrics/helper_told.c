// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_told.h"

#include "tests/unit/metrics/helper_world.h"

#include <string.h>

static void is_near(money_sum a, money_sum b, money_sum most)
{
	assert_true(a - b <= most && b - a <= most);
}

static void lines_agree(const struct told_order *order, const struct told_item *items, const char *currency)
{
	int64_t units = 0;
	money_sum before = 0, after = 0, left = 0;
	money_sum most = strcmp(order->currency, currency) != 0 ? order->item_count + 1 : 0;
	for (uint32_t i = 0; i < order->item_count; i++) {
		assert_ptr_equal(items[i].order.data, order->order.data);
		assert_int_equal(items[i].number, i + 1);
		units += items[i].quantity;
		before += items[i].before_net;
		after += items[i].after_net;
		left += items[i].current_net;
	}
	assert_int_equal(units, order->units);
	is_near(before, order->before_net, most);
	is_near(after, order->after_net, most);
	is_near(left, order->current_net, most);
}

void told_agree(struct fold *fold)
{
	struct told_rows rows;
	size_t next = 0;
	fold_told(fold, &rows);
	for (size_t i = 0; i < rows.order_count; i++) {
		if (!rows.orders[i].has_items)
			continue;
		lines_agree(&rows.orders[i], rows.items + next, fold_currency(fold));
		next += rows.orders[i].item_count;
	}
	assert_int_equal(next, rows.item_count);
}
