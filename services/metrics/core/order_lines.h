// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// An order by its lines: what refunds took of each, what is left, and what that cost. Pure.
//
// What a refund takes of the items (order.h) is placed on the lines that it names first, in the order of its
// own lines: of each it takes what it says, at most what is left of the lines of that sku (several: pro rata,
// largest remainder, tie: lower line). The rest is spread over what is left of all lines in the same way.
//
// Cost of what is left of a line: cost x left / net after discount, half-even, in the currency of the cost;
// of a line of no value the whole cost, unless the order is cancelled or given back in full. The cost is what
// the line says (order's currency), else pieces x what the offer cost when the order was placed (shop's
// currency).
#pragma once

#include "services/metrics/core/order.h"

struct order_line_figures { // in the shop's currency
	money_sum placed;   // net after discount
	money_sum taken;    // of it, by refunds; all of it when the order is cancelled
	money_sum cost;     // of what is left
	bool has_cost;      // it is known
	int64_t own_placed; // in the order's currency
	int64_t own_taken;
};

// Tells after each refund in the order's currency, in order of (t, refund id), what all so far took of each
// line.
void order_lines_each(const struct order *order,
		      void (*tell)(void *context, int64_t t_ms, const int64_t *taken), void *context);
// One a line into out. piece_costs: for each line what a piece of the offer cost, below 0: nobody knows. Only
// of a known order that is not foreign.
void order_lines_derive(const struct order *order, const char *shop_currency, const int64_t *piece_costs,
			struct order_line_figures *out);
