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

enum { TITLE_MAX_CHARS = 200, NAME_MAX_BYTES = 64, REASON_MAX_BYTES = 1000 };

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

static bool check_budget(const Utarg__V1__Money *budget, struct err *e)
{
	int exponent;

	if (budget == NULL)
		return true;
	if (!money_exponent(budget->currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "campaign.budget.currency",
				 "\"%.20s\" is no currency: three capitals of ISO 4217, as in PLN",
				 budget->currency);
	if (budget->minor < 0 || budget->minor > MONEY_MAX_MINOR)
		return err_field(e, ERR_AMOUNT_RANGE, "campaign.budget.minor",
				 "a budget is 0 to %lld minor units", (long long)MONEY_MAX_MINOR);
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
	return check_budget(campaign->budget, e) && check_days(campaign, e) &&
	       check_name("campaign.goal_kpi", campaign->goal_kpi, e) &&
	       check_name("campaign.holder", campaign->holder, e) &&
	       campaign_check_reason(campaign->reason, e);
}

static bool money_equal(const Utarg__V1__Money *a, const Utarg__V1__Money *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->minor == b->minor && strcmp(a->currency, b->currency) == 0;
}

bool campaign_equal(const Utarg__V1__Campaign *a, const Utarg__V1__Campaign *b)
{
	return strcmp(a->campaign, b->campaign) == 0 && strcmp(a->title, b->title) == 0 &&
	       a->channel == b->channel && money_equal(a->budget, b->budget) &&
	       strcmp(a->first_day, b->first_day) == 0 && strcmp(a->last_day, b->last_day) == 0 &&
	       strcmp(a->goal_kpi, b->goal_kpi) == 0 && strcmp(a->holder, b->holder) == 0 &&
	       strcmp(a->reason, b->reason) == 0;
}
