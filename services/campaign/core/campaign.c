// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the rules for a campaign's own words. Its states are in campaign_state.c; what it costs comes
// from ad_spend and is summed in the store.
#include "services/campaign/core/campaign.h"

#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/zone.h"
#include "services/campaign/core/settings.h"

#include <string.h>

enum {
	TITLE_MAX_CHARS = 200,
	NAME_MAX_BYTES = 64,
	REASON_MAX_BYTES = 1000,
	SKUS_MAX = 200,
	WEIGHT_MAX = 1000,
	ORDERS_MAX = 1000000,
};

static bool check_day(const char *field, const char *day, int64_t *days, struct err *e)
{
	struct zone_date date;

	if (day[0] == '\0')
		return true;
	if (!zone_date_parse(day, &date))
		return err_field(e, ERR_BAD_FIELD, field, "\"%.20s\" is no day, as in 2026-11-23", day);
	*days = zone_date_days(date);
	return true;
}

static bool check_days(const Utarg__V1__Campaign *campaign, struct err *e)
{
	int64_t first = INT64_MIN;
	int64_t last = INT64_MAX;

	if (!check_day("campaign.first_day", campaign->first_day, &first, e) ||
	    !check_day("campaign.last_day", campaign->last_day, &last, e))
		return false;
	if (last < first)
		return err_field(e, ERR_BAD_FIELD, "campaign.last_day",
				 "the last day %s is before the first day %s", campaign->last_day,
				 campaign->first_day);
	return true;
}

static bool check_budget(const char *currency_field, const char *minor_field, const Utarg__V1__Money *budget,
			 struct err *e)
{
	int exponent;

	if (budget == NULL)
		return true;
	if (!money_exponent(budget->currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, currency_field,
				 "\"%.20s\" is no currency: three capitals of ISO 4217, as in PLN",
				 budget->currency);
	if (budget->minor < 0 || budget->minor > MONEY_MAX_MINOR)
		return err_field(e, ERR_AMOUNT_RANGE, minor_field, "a budget is 0 to %lld minor units",
				 (long long)MONEY_MAX_MINOR);
	return true;
}

static const char *amount(const Utarg__V1__Money *money, char out[MONEY_TEXT_SIZE])
{
	int exponent = 0;

	money_exponent(money->currency, &exponent);
	return money_text(money->minor, exponent, out);
}

bool campaign_check_refill(const Utarg__V1__Campaign *campaign, const Utarg__V1__Money *budget, struct err *e)
{
	const Utarg__V1__Money *old = campaign->budget;
	char more[MONEY_TEXT_SIZE], had[MONEY_TEXT_SIZE];

	if (budget == NULL)
		return err_field(e, ERR_MISSING_FIELD, "budget", "which budget is it refilled to?");
	if (!check_budget("budget.currency", "budget.minor", budget, e))
		return false;
	if (old == NULL)
		return err_set(e, ERR_REFUSED, "campaign %s has no budget that could be refilled",
			       campaign->campaign);
	if (strcmp(old->currency, budget->currency) != 0)
		return err_field(e, ERR_BAD_CURRENCY, "budget", "campaign %s has its budget in %s, not in %s",
				 campaign->campaign, old->currency, budget->currency);
	if (budget->minor <= old->minor)
		return err_set(e, ERR_REFUSED, "%s %s is no refill: campaign %s has %s %s already",
			       amount(budget, more), budget->currency, campaign->campaign, amount(old, had),
			       old->currency);
	return true;
}

struct campaign_facts campaign_facts_of(const Utarg__V1__Campaign *campaign)
{
	struct campaign_facts facts = {.first_day_days = INT64_MIN, .last_day_days = INT64_MAX};
	struct zone_date date;

	if (zone_date_parse(campaign->first_day, &date))
		facts.first_day_days = zone_date_days(date);
	if (zone_date_parse(campaign->last_day, &date))
		facts.last_day_days = zone_date_days(date);
	facts.has_budget = campaign->budget != NULL && campaign->budget->currency[0] != '\0';
	facts.budget_minor = facts.has_budget ? campaign->budget->minor : 0;
	return facts;
}

int64_t campaign_spent(const Utarg__V1__Campaign *campaign, Utarg__V1__Money *const *cost, size_t cost_count)
{
	for (size_t i = 0; campaign->budget != NULL && i < cost_count; i++) {
		if (strcmp(cost[i]->currency, campaign->budget->currency) == 0)
			return cost[i]->minor;
	}
	return 0;
}

static bool check_curve(const Utarg__V1__WeekdayCurve *curve, struct err *e)
{
	if (curve == NULL)
		return true;
	const uint32_t weights[] = {curve->monday, curve->tuesday,  curve->wednesday, curve->thursday,
				    curve->friday, curve->saturday, curve->sunday};
	uint32_t sum = 0;

	for (size_t i = 0; i < sizeof(weights) / sizeof(weights[0]); i++) {
		if (weights[i] > WEIGHT_MAX)
			return err_field(e, ERR_BAD_FIELD, "campaign.weekday_curve",
					 "a day's weight is 0 to %d, not %u", WEIGHT_MAX, weights[i]);
		sum += weights[i];
	}
	return sum > 0 || err_field(e, ERR_BAD_FIELD, "campaign.weekday_curve",
				    "at least one day of the week needs a weight above 0");
}

static bool is_sku(const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++) {
		if ((unsigned char)text[i] < ' ')
			return false;
	}
	return size > 0 && size <= NAME_MAX_BYTES && text_is_utf8(text, size);
}

static bool check_skus(const Utarg__V1__Campaign *campaign, struct err *e)
{
	if (campaign->n_skus > SKUS_MAX)
		return err_field(e, ERR_TOO_MANY, "campaign.skus", "%zu offers; %d are the most",
				 campaign->n_skus, SKUS_MAX);
	for (size_t i = 0; i < campaign->n_skus; i++) {
		if (!is_sku(campaign->skus[i]))
			return err_field(e, ERR_BAD_FIELD, "campaign.skus",
					 "\"%.70s\" is no sku: 1 to %d bytes on one line", campaign->skus[i],
					 NAME_MAX_BYTES);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(campaign->skus[i], campaign->skus[k]) == 0)
				return err_field(e, ERR_BAD_FIELD, "campaign.skus",
						 "%.70s stands there twice", campaign->skus[i]);
		}
	}
	return true;
}

static bool check_name(const char *field, const char *name, struct err *e)
{
	if (strlen(name) > NAME_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, field, "%s has %d bytes at most", field, NAME_MAX_BYTES);
	return true;
}

bool campaign_check_reason(const char *reason, struct err *e)
{
	if (strlen(reason) > REASON_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, "reason", "a reason has %d bytes at most",
				 REASON_MAX_BYTES);
	return true;
}

bool campaign_check(const Utarg__V1__Campaign *campaign, struct err *e)
{
	if (campaign == NULL)
		return err_field(e, ERR_MISSING_FIELD, "campaign", "the campaign is missing");
	if (!settings_check_slug("campaign.campaign", campaign->campaign, e))
		return false;
	if (text_utf8_len(campaign->title) > TITLE_MAX_CHARS)
		return err_field(e, ERR_BAD_FIELD, "campaign.title", "a title has %d characters at most",
				 TITLE_MAX_CHARS);
	if (protobuf_c_enum_descriptor_get_value(&utarg__v1__campaign_channel__descriptor,
						 (int)campaign->channel) == NULL)
		return err_field(e, ERR_BAD_FIELD, "campaign.channel", "%d is no advertising channel",
				 (int)campaign->channel);
	if (campaign->minimum_orders > ORDERS_MAX)
		return err_field(e, ERR_BAD_FIELD, "campaign.minimum_orders",
				 "the least number of orders is at most %d", ORDERS_MAX);
	return check_budget("campaign.budget.currency", "campaign.budget.minor", campaign->budget, e) &&
	       check_days(campaign, e) && check_curve(campaign->weekday_curve, e) &&
	       check_skus(campaign, e) && check_name("campaign.goal_kpi", campaign->goal_kpi, e) &&
	       check_name("campaign.holder", campaign->holder, e) &&
	       campaign_check_reason(campaign->reason, e);
}

bool campaign_money_equal(const Utarg__V1__Money *a, const Utarg__V1__Money *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->minor == b->minor && strcmp(a->currency, b->currency) == 0;
}

static bool curve_equal(const Utarg__V1__WeekdayCurve *a, const Utarg__V1__WeekdayCurve *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->monday == b->monday && a->tuesday == b->tuesday && a->wednesday == b->wednesday &&
	       a->thursday == b->thursday && a->friday == b->friday && a->saturday == b->saturday &&
	       a->sunday == b->sunday;
}

static bool skus_equal(const Utarg__V1__Campaign *a, const Utarg__V1__Campaign *b)
{
	if (a->n_skus != b->n_skus)
		return false;
	for (size_t i = 0; i < a->n_skus; i++) {
		if (strcmp(a->skus[i], b->skus[i]) != 0)
			return false;
	}
	return true;
}

bool campaign_equal(const Utarg__V1__Campaign *a, const Utarg__V1__Campaign *b)
{
	return strcmp(a->campaign, b->campaign) == 0 && strcmp(a->title, b->title) == 0 &&
	       a->channel == b->channel && campaign_money_equal(a->budget, b->budget) &&
	       strcmp(a->first_day, b->first_day) == 0 && strcmp(a->last_day, b->last_day) == 0 &&
	       strcmp(a->goal_kpi, b->goal_kpi) == 0 && strcmp(a->holder, b->holder) == 0 &&
	       strcmp(a->reason, b->reason) == 0 && curve_equal(a->weekday_curve, b->weekday_curve) &&
	       skus_equal(a, b) && a->acts_alone == b->acts_alone && a->minimum_orders == b->minimum_orders;
}
