// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/customer.h"

#include <string.h>

static int compare(const struct customer_order *order, const char *id, int64_t placed_ms)
{
	if (order->placed_ms != placed_ms)
		return order->placed_ms < placed_ms ? -1 : 1;
	return strcmp(order->id, id);
}

bool customer_find(const struct customer *customer, const char *id, int64_t placed_ms, uint32_t *index)
{
	uint32_t low = 0, high = vec_count(customer->orders);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (compare(&customer->orders->at[middle], id, placed_ms) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return low < vec_count(customer->orders) && compare(&customer->orders->at[low], id, placed_ms) == 0;
}

void customer_put(struct customer *customer, const char *id, int64_t placed_ms, uint32_t dims, bool valid)
{
	uint32_t i;
	if (!customer_find(customer, id, placed_ms, &i)) {
		struct customer_order *order = vec_insert(customer->orders, i);
		order->placed_ms = placed_ms;
		text_copy(order->id, sizeof(order->id), id);
	}
	customer->orders->at[i].dims = dims;
	customer->orders->at[i].valid = valid;
}

void customer_drop(struct customer *customer, const char *id, int64_t placed_ms)
{
	uint32_t i;
	if (customer_find(customer, id, placed_ms, &i))
		vec_remove(customer->orders, i);
}
