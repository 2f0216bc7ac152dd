// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What decisions about affiliates may say: partners, the key of their links, rules of commission, payouts.
// Which partners there are and what was paid before, the caller knows. What they earn, metrics computes.
// Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

enum {
	AFFILIATES_MAX = 1000,        // of a shop
	AFFILIATE_RULES_MAX = 200,    // statements of a partner
	AFFILIATE_LINES_MAX = 500,    // of a payout: an event has 64 KiB at most
	AFFILIATE_HOLDING_MAX = 365,  // days
	AFFILIATE_BACK_MAX_DAYS = 31, // how long ago what is decided now may begin
	AFFILIATE_AHEAD_MAX_DAYS = 366,
};

// What a rule is called when nobody says: its category if that is a slug, else this.
#define AFFILIATE_RULE_GENERAL "general"

// Whether each is complete and its parts are what they must be: MISSING_FIELD or BAD_FIELD with the field
// ("rule.percentage_bp"). Times are not looked at.
bool affiliate_check(const Utarg__V1__Affiliate *affiliate, struct err *e);
bool affiliate_check_key(const Utarg__V1__AffiliateKey *key, struct err *e);
bool affiliate_check_rule(const Utarg__V1__CommissionRule *rule, struct err *e);
bool affiliate_check_payout(const Utarg__V1__AffiliatePaid *payout, struct err *e);

// When something is to begin: 0 is now. BAD_TIME when that is too long ago or ahead.
bool affiliate_check_from(const char *field, int64_t valid_from_ms, int64_t now_ms, struct err *e);
// The rule's id, its own or the one it gets.
const char *affiliate_rule_id(const Utarg__V1__CommissionRule *rule);

// What the shop has, for a rule or a payout.
struct affiliate_shop {
	const char *currency;
	bool has_key;
	bool has_partner; // the one that is named
	int64_t partners;
	int64_t rules;              // statements of the partner
	const char *other_category; // that has a rule of this id already; NULL: none
};
// REFUSED, with a sentence, when it cannot be.
bool affiliate_judge_partner(const Utarg__V1__Affiliate *affiliate, const struct affiliate_shop *shop,
			     struct err *e);
bool affiliate_judge_rule(const Utarg__V1__CommissionRule *rule, const struct affiliate_shop *shop,
			  struct err *e);
// paid_minor: what was paid before for each line.
bool affiliate_judge_payout(const Utarg__V1__AffiliatePaid *payout, const struct affiliate_shop *shop,
			    const int64_t *paid_minor, struct err *e);

// Whether what was asked for is what was decided.
bool affiliate_equal(const Utarg__V1__Affiliate *asked, const Utarg__V1__Affiliate *set);
bool affiliate_key_equal(const Utarg__V1__AffiliateKey *asked, const Utarg__V1__AffiliateKey *set);
bool affiliate_rule_equal(const Utarg__V1__CommissionRule *asked, const Utarg__V1__CommissionRule *set);
bool affiliate_payout_equal(const Utarg__V1__AffiliatePaid *asked, const Utarg__V1__AffiliatePaid *set);
