// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The prior price of a reduction (EU Omnibus directive 98/6/EC art. 6a; KPI.md section 5). A function of the
// set of price facts and of announced reductions, so that it can be asked again after a late fact: what it
// says then is the corrected answer. Pure.
//
// A price that applies from s on is compared with the lowest price of an interval that intersects
//
//   [local midnight of the date of s, 30 days back; s)
//
// in the same market and currency. What was in force when the window opens counts, the reduction itself does
// not. Readings that the text leaves open:
// - prices that anybody can have count for one another: of the public, of members of a club that anyone may
//   join, with a code that anyone may use. A closed price list is compared with itself alone;
// - a market is whatever has prices of its own: a country, a sales channel, a marketplace. Another market's
//   prices do not count;
// - perishable is what the latest fact at or before s says. Its prior price is the one before the first of an
//   unbroken row of lower and lower prices that ends at s, of the audience itself;
// - each deepening is a new reduction, but in markets whose law lets a progressive one keep the prior price
//   of its first step (rows in prior_price.c); its steps are then announced, without a gap and each lower.
#pragma once

#include "common/base/err.h"
#include "common/base/zone.h"
#include "services/campaign/core/price.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

// A reduction that was announced. Texts are borrowed.
struct prior_price_step {
	const char *market;
	const char *currency;
	int32_t audience;
	int64_t gross_minor;
	int64_t from_ms;
	int64_t until_ms; // 0: no end is known
};

// Which price applies from when on. Borrowed for the call.
struct prior_price_question {
	const char *market;
	const char *currency;
	int32_t audience;
	int64_t gross_minor; // the reduced price; 0: not said
	int64_t from_ms;     // s
	const struct zone *zone;
	const struct prior_price_step *steps; // announced reductions of the offer, in any order
	size_t step_count;
};

struct prior_price {
	Utarg__V1__PriorPriceRule rule;
	bool is_known; // false: insufficient, nothing else but the window is set
	int64_t gross_minor;
	struct price_interval interval; // that gave it; texts as the facts'
	int64_t window_from_ms;         // half-open
	int64_t window_until_ms;
};

// facts: all of one offer in one shop, sorted on return; room: for as many intervals.
void prior_price_of(struct price_fact *facts, size_t count, const struct prior_price_question *question,
		    struct price_interval *room, struct prior_price *out);
// Whether the steps announced before are asked for in this market: else none need be read.
bool prior_price_is_progressive(const char *market);
// Index of the lowest known one, the first of equals; count when none is known. For what several shops
// advertise together.
size_t prior_price_lowest(const struct prior_price *priors, size_t count);
// Ten-thousandths of the prior price, rounded down; 0 when it is no reduction.
uint32_t prior_price_percentage_bp(int64_t prior_minor, int64_t gross_minor);
// REFUSED with the fact that stands against it; zone: of the shop that charged it. shop: which other shop
// it was, NULL: the own.
bool prior_price_check(const struct prior_price *prior, int64_t gross_minor, const char *currency,
		       const struct zone *zone, const char *shop, struct err *e);
