// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Prices as intervals. A price fact says what an offer costs from an instant on, in one market, for one
// audience, in one currency; intervals are a function of the set of facts, so that a late fact changes
// history as if it had come in time. Pure.
#pragma once

#include "common/base/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

// Texts are borrowed.
struct price_fact {
	const char *market;
	const char *currency;  // "" on a fact without a price: out of sale in every currency
	int32_t audience;      // utarg.v1.Audience, never unspecified
	bool is_offered;       // false: delisted, paused or without a price from here on
	bool is_perishable;    // as the offer says; intervals do not ask
	int64_t gross_minor;   // when offered
	int64_t t_ms;          // event time
	uint8_t id[UUID_SIZE]; // event id: at one instant the greatest counts
	int64_t seq;
};

// Half-open: [from_ms, until_ms).
struct price_interval {
	const char *market;
	const char *currency;
	int32_t audience;
	int64_t gross_minor;
	int64_t from_ms;
	int64_t until_ms; // 0: still in force
	int64_t seq;      // of the fact that began it
};

// What an accepted offer says about its price; false when it says nothing (a conditional offer such as 2+1
// leaves the price of a single piece as it was). t_ms, id and seq are left to the caller.
bool price_fact_of(const Utarg__V1__OfferUpdated *offer, struct price_fact *out);
// Sorts facts by (market, audience, currency, t, id) and writes at most count intervals to out (room for
// count), in the same order. Equal prices in a row are one interval, empty intervals are left out. An
// interval begins at a price, so there are never more of them than facts.
size_t price_intervals(struct price_fact *facts, size_t count, struct price_interval *out);
