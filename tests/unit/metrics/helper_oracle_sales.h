// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's second opinion on baskets, payments, margins and customers.
#pragma once

#include "tests/unit/metrics/helper_oracle.h"
#include "tests/unit/metrics/helper_oracle_money.h"

// Of one order; device is where it stands.
void oracle_sales_order(struct oracle *o, const struct history *history, const struct oracle_order *order,
			const char *device);
// Of all of them, and of what names an order that nobody knows.
void oracle_sales_rest(struct oracle *o, const struct history *history, const struct oracle_order *orders,
		       size_t count);
// What cells alone do not show; NULL: agreed.
const char *oracle_sales_difference(const struct history *history, struct world *world,
				    const struct oracle_order *orders, size_t count);
