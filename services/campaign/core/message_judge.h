// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Is it so? What a message claims against what the shop's facts say at an instant, and what its placements
// show against what they are to show. A function of facts and instant alone: the order in which they came
// changes nothing, and an alert's since_ms is the event time of the fact that made it so. Pure.
#pragma once

#include "common/base/arena.h"
#include "common/base/zone.h"
#include "services/campaign/core/message_state.h"
#include "services/campaign/core/price.h"
#include "services/campaign/core/reduction.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/campaign.pb-c.h"

// What is known of an offer that a claim is bound to. Texts and arrays are borrowed.
struct message_offer {
	const char *sku;
	bool is_known; // some offer_updated named it
	bool has_stock;
	int64_t stock;       // sum over locations
	int64_t stock_at_ms; // event time of the latest word about it
	struct price_fact *facts;
	size_t fact_count;
	const struct price_interval *intervals; // of these facts
	size_t interval_count;
	const struct reduction
		*reductions; // announced, by their beginning; of offers with claimed percentages
	size_t reduction_count;
};

struct message_facts {
	int64_t now_ms;
	const struct zone *zone;            // the shop's
	const char *currency;               // the shop's: of claims that name none
	const struct message_offer *offers; // by sku, as strcmp orders them
	size_t offer_count;
	const char *const *coupons; // that were applied in this shop, as far as claims name them
	size_t coupon_count;
};

// The latest report of a placement about a message.
struct message_report {
	const char *placement;
	uint32_t shown_version; // 0: nothing of it
	bool has_price;
	int64_t price_gross_minor;
	const char *currency;
	int64_t t_ms;
};

// A message as it stands.
struct message_standing {
	const Utarg__V1__MarketingMessage *message;
	enum message_state state;
	int64_t changed_at_ms; // event time of the version or of the withdrawal
	int64_t seq;           // of that event
	const struct message_report *reports;
	size_t report_count;
};

struct message_verdict {
	Utarg__V1__MessageAlert **alerts; // by fault of placements, then by claim
	size_t count;
	int64_t next_ms; // the next instant at which this may change by the clock alone; INT64_MAX: never
};

// What is wrong at facts->now_ms; in the arena, with texts of the message and reports borrowed. False when
// the arena is used up.
bool message_judge(struct arena *arena, const struct message_standing *standing,
		   const struct message_facts *facts, struct message_verdict *out);

// Placements of the message, by name: those its version names, and others whose last report shows it.
// `alerts` are those that stand: a claim that is not so makes what shows it contradicting. False when the
// arena is used up.
bool message_placements(struct arena *arena, const struct message_standing *standing,
			Utarg__V1__MessageAlert *const *alerts, size_t alert_count,
			Utarg__V1__PlacementView ***out, size_t *count);
