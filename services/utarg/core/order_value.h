// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What an order's items are worth, for exports: net after discounts, in the order's currency, and what
// refunds leave of it. KPI.md sections 1 and 3, without conversion: a line of net less its discount; of gross
// less its discount and the tax within, rounded half up; an order's discount spread over the lines by gross
// value. Pure.
#pragma once

#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

enum order_part { PART_ITEMS, PART_SHIPPING, PART_TAX, PART_COUNT };

// What remains of an order while its refunds pass by.
struct order_value {
	int64_t left[PART_COUNT];
};

struct order_value order_value_of(const Utarg__V1__Order *order);
// Takes what the refund names from its parts, and of a total what is not named from the others, pro rata. One
// in another currency takes nothing.
void order_value_refund(struct order_value *value, const char *currency, const Utarg__V1__Refund *refund);
