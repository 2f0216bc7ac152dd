// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What an order earns the partner who brought it: one line for each rule that some of its lines fall under,
// with each change of what it earns, so that any moment of its life can be told and explained.
//
//   Affiliate: that of the order's last valid affiliate_click (touch.h). Rule of a line: the partner's for
//   its category that is in force at placed_at, else the partner's general one. A percentage is of what is
//   left of those lines' net in the shop's currency (placed converted less taken back converted), rounded
//   half up once for the order; a fixed amount is for the order, as long as something of those lines is left.
//   Nothing is earned when the partner was paused at placed_at, the order is in another currency without a
//   rate, the fixed amount is not in the shop's currency, or the rule is for new customers and a valid order
//   of the customer stands before this one (or nobody knows whose it is). Held until due: placed_at + holding
//   days x 24 h. What refunds and a cancellation take back before that is earned less, from then on it is
//   clawed back. Paid is what affiliate_paid says of the line, whatever is earned: due = earned - paid may be
//   below 0 and is kept back from what is paid next.
//
// Pure.
#pragma once

#include "common/base/money.h"
#include "services/metrics/core/moment.h"
#include "services/metrics/core/vec.h"

#include <stdbool.h>

struct commission_terms; // commission.h
struct intern;
struct order;

enum ledger_why {
	LEDGER_EARNS = 0,
	LEDGER_NO_RULE,
	LEDGER_PAUSED,
	LEDGER_NOT_NEW,
	LEDGER_NO_RATE,
	LEDGER_OTHER_CURRENCY,
	LEDGER_MOVED, // paid for what is another partner's or another rule's now
	LEDGER_WHY_COUNT
};

struct ledger_line {              // by (affiliate, rule), as texts
	uint32_t affiliate, rule; // interned; the rule's id, "" without one
	uint8_t why;              // enum ledger_why
	int64_t due_ms;
};

struct ledger_step {              // by (line, t)
	uint32_t line;            // index
	int64_t t_ms;             // the first: placed_at
	int64_t base, commission; // from then on, shop's currency
};

struct ledger_payment { // one line of an affiliate_paid, by (moment, affiliate, rule)
	struct moment moment;
	uint32_t affiliate, rule;
	int64_t minor; // shop's currency
};

struct ledger {             // of an order
	uint32_t affiliate; // interned, who brought it; 0: nobody
	VEC(struct ledger_line) * lines;
	VEC(struct ledger_step) * steps;
	VEC(struct ledger_payment) * payments;
	int64_t listed_hour; // where commission_fold.c lists the order
	bool is_listed;
};

// What a line comes to at A; due + held + paid = commission.
struct ledger_sums {
	int64_t placed_ms;
	int64_t placed_base, base;
	int64_t placed_commission, commission;
	int64_t held, due, paid, clawed_back;
};

struct ledger_input {
	const struct order *order; // known
	const char *shop_currency;
	const struct commission_terms *terms;
	struct intern *intern;
	uint32_t affiliate; // interned; 0: nobody brought it
	bool is_new;        // no valid order of its customer stands before it
};

void ledger_clear(struct ledger *ledger); // payments too
size_t ledger_bytes(const struct ledger *ledger);
// Makes lines and steps anew; the payments stay.
void ledger_derive(struct ledger *ledger, const struct ledger_input *input);
struct ledger_sums ledger_sum(const struct ledger *ledger, uint32_t line, int64_t as_of_ms);
// A payment; of the same moment, affiliate and rule the first stays.
void ledger_put_payment(struct ledger *ledger, const struct intern *intern,
			const struct ledger_payment *payment);
