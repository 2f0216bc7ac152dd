// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a campaign may say when it is created. Pure.
#pragma once

#include "common/base/err.h"
#include "services/campaign/core/campaign_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

// MISSING_FIELD, BAD_FIELD, BAD_CURRENCY or AMOUNT_RANGE name the field ("campaign.first_day").
bool campaign_check(const Utarg__V1__Campaign *campaign, struct err *e);
// The facts of its own words; today and what was spent are the caller's.
struct campaign_facts campaign_facts_of(const Utarg__V1__Campaign *campaign);
// The budget it is refilled to: of its currency, and more than before. REFUSED, BAD_CURRENCY, AMOUNT_RANGE.
bool campaign_check_refill(const Utarg__V1__Campaign *campaign, const Utarg__V1__Money *budget,
			   struct err *e);
// Spent in the budget's currency, of what was spent in all; 0 without a budget.
int64_t campaign_spent(const Utarg__V1__Campaign *campaign, Utarg__V1__Money *const *cost, size_t cost_count);
// Whether both were asked for in the same words; the state is left out.
bool campaign_equal(const Utarg__V1__Campaign *a, const Utarg__V1__Campaign *b);
bool campaign_money_equal(const Utarg__V1__Money *a, const Utarg__V1__Money *b); // NULL is none
// A reason given by a person: 1,000 bytes at most.
bool campaign_check_reason(const char *reason, struct err *e);
