// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A second opinion on money: a shop's orders, refunds and cancellations as plain numbers, and what they come
// to by day, from the rules of KPI.md sections 1 and 3 and of order.h. All in 128 bits, with roundings,
// splits and a table of currencies of its own: nothing of common/base/money.c or of the fold is used.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 wide;

enum {
	LEDGER_LINES = 6,
	LEDGER_ORDERS = 12,
	LEDGER_REFUNDS = 16,
	LEDGER_DAYS = 10,
	LEDGER_COPIES_MAX = 120,
	LEDGER_NONE = -1, // an amount that is not stated; the order of a refund that names none
};

enum ledger_currency { LEDGER_PLN, LEDGER_JPY, LEDGER_KWD, LEDGER_CURRENCIES };

struct ledger_line {
	int64_t net, gross; // one of the two is LEDGER_NONE
	int64_t tax, rate_bp;
	int64_t discount, quantity;
};

// Who counts among copies: the higher version, then the server's, the earlier, the smaller id.
struct ledger_rank {
	uint32_t version; // 0 of refunds
	bool server;
	int64_t t_ms;
	uint64_t id;
};

struct ledger_order {
	struct ledger_rank rank;
	int order;
	enum ledger_currency currency;
	int64_t rate_nano; // 0: none
	int64_t placed_ms;
	bool cancelled;
	struct ledger_line lines[LEDGER_LINES];
	size_t line_count;
	int64_t discount, shipping, shipping_tax;
};

struct ledger_refund {
	struct ledger_rank rank;
	int refund, order;
	enum ledger_currency currency;
	int64_t net, shipping, tax, total; // LEDGER_NONE: not stated; net and tax may be the lines' sums
};

struct ledger_cancel {
	int order;
	int64_t t_ms;
};

// One shop. Times lie in LEDGER_DAYS days from start_ms, a midnight of UTC.
struct ledger {
	enum ledger_currency currency;
	int64_t start_ms;
	struct ledger_order orders[LEDGER_COPIES_MAX];
	struct ledger_refund refunds[LEDGER_COPIES_MAX];
	struct ledger_cancel cancels[LEDGER_COPIES_MAX];
	size_t order_count, refund_count, cancel_count;
};

struct ledger_day {
	wide orders, units, cancelled, refunded_orders, foreign;
	wide before, after;      // net of the lines, before and after discounts
	wide net, shipping, tax; // what is left of them
	wide refunded;           // of orders that stand
	wide given_back, excess; // at the time of giving back
};

void ledger_days(const struct ledger *ledger, struct ledger_day out[LEDGER_DAYS]);
