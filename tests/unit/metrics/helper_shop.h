// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A random shop for the ledger: its orders, refunds and cancellations as numbers, and the same as events in
// any order, some of them twice. Amounts obey what the wire asks of them and go up to its limits.
#pragma once

#include "tests/unit/metrics/helper_history.h"
#include "tests/unit/metrics/helper_ledger.h"

#define SHOP_START_MS INT64_C(1772323200000) // 2026-03-01 UTC

enum { SHOP_REFUND_LINES = 2 };

struct shop {
	struct random random;
	struct ledger ledger;
	int64_t scale; // amounts of the order or refund at work lie below
	Utarg__V1__RefundLine refund_lines[LEDGER_COPIES_MAX * SHOP_REFUND_LINES];
	Utarg__V1__RefundLine *refund_line_at[LEDGER_COPIES_MAX * SHOP_REFUND_LINES];
	size_t refund_line_count;
	struct box *boxes[2 * LEDGER_COPIES_MAX]; // owned until given away
	size_t box_count;
};

// The same seed makes the same shop.
void shop_make(struct shop *shop, uint64_t seed);
const char *shop_currency(const struct shop *shop);
