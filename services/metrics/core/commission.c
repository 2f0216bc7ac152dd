// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The terms: what was decided about partners and rules, and which of it is in force when.
#include "services/metrics/core/commission.h"

#include "services/metrics/core/inner.h"

#include <stdio.h>
#include <string.h>

enum { RATE_WHOLE_BP = 10000 };

// ---- reading what was decided ----

static bool read_rule(const struct moment *moment, const Utarg__V1__CommissionRule *stated,
		      struct commission_rule *out)
{
	*out = (struct commission_rule){.valid_from_ms = stated->valid_from_ms,
					.moment = *moment,
					.percentage_bp = stated->percentage_bp,
					.holding_days = stated->holding_days,
					.new_customers_only = stated->new_customers_only,
					.ended = stated->ended};
	if (stated->fixed) {
		out->fixed_minor = stated->fixed->minor;
		order_read_currency(stated->fixed->currency, out->currency);
	}
	return stated->affiliate[0] && text_copy(out->affiliate, sizeof(out->affiliate), stated->affiliate) &&
	       text_copy(out->category, sizeof(out->category), stated->category) &&
	       text_copy(out->rule_id, sizeof(out->rule_id), stated->rule_id) && out->fixed_minor >= 0 &&
	       out->fixed_minor <= MONEY_MAX_MINOR && out->percentage_bp <= RATE_WHOLE_BP &&
	       out->holding_days <= COMMISSION_HOLDING_MAX_DAYS;
}

static int rule_compare(const struct commission_rule *a, const struct commission_rule *b)
{
	int order = strcmp(a->affiliate, b->affiliate);
	order = order ? order : strcmp(a->category, b->category);
	if (!order && a->valid_from_ms != b->valid_from_ms)
		order = a->valid_from_ms < b->valid_from_ms ? -1 : 1;
	return order ? order : moment_compare(&a->moment, &b->moment);
}

bool commission_add_rule(struct commission_terms *terms, const struct moment *moment,
			 const Utarg__V1__CommissionRule *stated)
{
	struct commission_rule rule;
	uint32_t i = vec_count(terms->rules);
	int order = 1;
	if (!read_rule(moment, stated, &rule))
		return false;
	while (i > 0 && (order = rule_compare(&terms->rules->at[i - 1], &rule)) > 0)
		i--;
	if (i > 0 && order == 0)
		return false;
	struct commission_rule *added = vec_insert(terms->rules, i);
	*added = rule;
	return true;
}

static int partner_compare(const struct commission_partner *a, const struct commission_partner *b)
{
	int order = strcmp(a->affiliate, b->affiliate);
	return order ? order : moment_compare(&a->moment, &b->moment);
}

bool commission_add_partner(struct commission_terms *terms, const struct moment *moment,
			    const Utarg__V1__Affiliate *stated)
{
	struct commission_partner partner = {.moment = *moment};
	uint32_t i = vec_count(terms->partners);
	int order = 1;
	partner.is_paused = stated->state == UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_PAUSED;
	if (!stated->affiliate[0] ||
	    !text_copy(partner.affiliate, sizeof(partner.affiliate), stated->affiliate))
		return false;
	while (i > 0 && (order = partner_compare(&terms->partners->at[i - 1], &partner)) > 0)
		i--;
	if (i > 0 && order == 0)
		return false;
	struct commission_partner *added = vec_insert(terms->partners, i);
	*added = partner;
	return true;
}

// ---- what is in force ----

static const struct commission_rule *latest_at(const struct commission_terms *terms, const char *affiliate,
					       const char *category, int64_t placed_ms)
{
	const struct commission_rule *best = NULL;
	for (uint32_t i = 0; i < vec_count(terms->rules); i++) {
		const struct commission_rule *rule = &terms->rules->at[i];
		if (rule->valid_from_ms <= placed_ms && strcmp(rule->affiliate, affiliate) == 0 &&
		    strcmp(rule->category, category) == 0)
			best = rule; // they come in order of (valid_from, t, id)
	}
	return best && !best->ended ? best : NULL;
}

const struct commission_rule *commission_rule_at(const struct commission_terms *terms, const char *affiliate,
						 const char *category, int64_t placed_ms)
{
	const struct commission_rule *own =
		category[0] ? latest_at(terms, affiliate, category, placed_ms) : NULL;
	return own ? own : latest_at(terms, affiliate, "", placed_ms);
}

const struct commission_rule *commission_rule_of(const struct commission_terms *terms, const char *affiliate,
						 const char *rule_id, int64_t placed_ms)
{
	const struct commission_rule *best = NULL;
	for (uint32_t i = 0; i < vec_count(terms->rules); i++) {
		const struct commission_rule *rule = &terms->rules->at[i];
		if (rule->valid_from_ms <= placed_ms && strcmp(rule->affiliate, affiliate) == 0 &&
		    strcmp(rule->rule_id, rule_id) == 0 && !rule->ended)
			best = rule;
	}
	return best;
}

bool commission_is_paused(const struct commission_terms *terms, const char *affiliate, int64_t placed_ms)
{
	bool is_paused = false;
	for (uint32_t i = 0; i < vec_count(terms->partners); i++) {
		const struct commission_partner *partner = &terms->partners->at[i];
		if (partner->moment.t_ms <= placed_ms && strcmp(partner->affiliate, affiliate) == 0)
			is_paused = partner->is_paused;
	}
	return is_paused;
}

// ---- hours ----

int64_t commission_hour_of(int64_t placed_ms)
{
	int64_t hour = placed_ms / COMMISSION_HOUR_MS;
	return hour - (placed_ms % COMMISSION_HOUR_MS < 0);
}

void commission_hour_key(int64_t hour, char out[COMMISSION_KEY_SIZE])
{
	snprintf(out, COMMISSION_KEY_SIZE, "%lld", (long long)hour);
}
