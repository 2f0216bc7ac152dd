// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of permissions. Adding one is a row here and its name in a route or a topic; `utarg key new`
// and its help read the same rows.
#include "common/svc/permit.h"

#include "common/base/money.h"
#include "common/base/text.h"

#include <string.h>

const struct permit_row permit_rows[PERMIT_COUNT] = {
	[PERMIT_ANYBODY] = {"", "", 0, "ask whether a service is there and ready"},
	[PERMIT_PUBLISH] = {"event.publish", ":GROUP", 1,
			    "publish events (browsing, cart, order, shop, marketing, setting, subject)"},
	[PERMIT_JOURNAL] = {"journal.read", "", 0, "read the journal and hear its doorbells"},
	[PERMIT_KPI] = {"kpi.read", ":KPI:DIMENSION:KEY", 3, "read and hear figures"},
	[PERMIT_OFFER] = {"offer.read", "", 0, "read and hear offers and their prices"},
	[PERMIT_CAMPAIGN] = {"campaign.read", "", 0,
			     "read and hear campaigns with their cost, directives, messages, affiliates"},
	[PERMIT_SHOP] = {"shop.read", "", 0, "read a shop's settings"},
	[PERMIT_DECIDE] =
		{"decide", ":KIND:LIMIT", 2,
		 "decide (shop, offer, campaign, directive, message, affiliate, target, alert); campaigns up "
		 "to a budget: decide:campaign:5000.00PLN"},
	[PERMIT_DIRECTIVE] = {"directive.confirm", "", 0, "say that a directive was carried out, or was not"},
	[PERMIT_OBSERVE] = {"admin.read", "", 0, "read the counters of services"},
	[PERMIT_ADMINISTER] = {"admin.write", "", 0, "set log levels, let services drain"},
};

#define EVERYTHING                                                                                           \
	{                                                                                                    \
		PERMIT_PUBLISH, PERMIT_JOURNAL, PERMIT_KPI, PERMIT_OFFER, PERMIT_CAMPAIGN, PERMIT_SHOP,      \
			PERMIT_DECIDE, PERMIT_DIRECTIVE, PERMIT_OBSERVE, PERMIT_ADMINISTER                   \
	}

const struct permit_kind_row permit_kinds[PERMIT_KIND_COUNT] = {
	[PERMIT_FRONTEND] =
		{"frontend", true, false, {PERMIT_PUBLISH}, "a shop that publishes what happens in it"},
	[PERMIT_TOOL] = {"tool",
			 true,
			 false,
			 {PERMIT_KPI, PERMIT_OFFER, PERMIT_CAMPAIGN, PERMIT_SHOP, PERMIT_DIRECTIVE},
			 "a program that reads figures and campaigns and carries directives out"},
	[PERMIT_SERVICE] = {"service", false, true, EVERYTHING, "one of our own services"},
	[PERMIT_OPERATOR] = {"operator", false, false, EVERYTHING, "whoever runs all of it"},
};

bool permit_kind_from_name(const char *name, enum permit_kind *out)
{
	for (int i = 0; i < PERMIT_KIND_COUNT; i++) {
		if (strcmp(permit_kinds[i].name, name) == 0) {
			*out = (enum permit_kind)i;
			return true;
		}
	}
	return false;
}

// Field numbers of Event.body, as event.proto groups them. Decisions (120 to 135) are nobody's to publish.
static const struct {
	const char *name;
	int32_t first, last;
} groups[] = {
	{"browsing", 20, 39},    {"cart", 40, 59},      {"order", 60, 79},     {"shop", 80, 99},
	{"marketing", 100, 109}, {"setting", 110, 119}, {"subject", 140, 159},
};
enum { GROUP_COUNT = sizeof(groups) / sizeof(groups[0]) };

uint32_t permit_group_of(int32_t kind)
{
	for (int i = 0; i < GROUP_COUNT; i++)
		if (kind >= groups[i].first && kind <= groups[i].last)
			return 1U << i;
	return 0;
}

uint32_t permit_group_named(const char *name)
{
	for (int i = 0; i < GROUP_COUNT; i++)
		if (strcmp(groups[i].name, name) == 0)
			return 1U << i;
	return 0;
}

static bool find_permit(const char *text, size_t size, enum permit *out)
{
	for (int i = PERMIT_ANYBODY + 1; i < PERMIT_COUNT; i++) {
		if (strlen(permit_rows[i].name) == size && memcmp(permit_rows[i].name, text, size) == 0) {
			*out = (enum permit)i;
			return true;
		}
	}
	return false;
}

static bool is_decision(const char *kind)
{
	static const char *const kinds[] = {"shop",    "offer",     "campaign", "directive",
					    "message", "affiliate", "target",   "alert"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

// First parts that are names out of a list.
static bool check_names(const struct grant *grant, const char *text, struct err *e)
{
	const char *first = grant->parts[0];
	if (grant->part_count == 0)
		return true;
	if (grant->permit == PERMIT_PUBLISH && !permit_group_named(first))
		return err_field(
			e, ERR_BAD_FIELD, "may",
			"\"%.80s\": events come in the groups browsing, cart, order, shop, marketing, "
			"setting, subject",
			text);
	if (grant->permit == PERMIT_DECIDE && !is_decision(first))
		return err_field(
			e, ERR_BAD_FIELD, "may",
			"\"%.80s\": decisions are of the kinds shop, offer, campaign, directive, message, "
			"affiliate, target, alert",
			text);
	return true;
}

// "5000.00PLN"
static bool parse_limit(const char *text, struct grant *out)
{
	char amount[40];
	int exponent;
	size_t size = strlen(text);
	if (size < 4 || size - 3 >= sizeof(amount))
		return false;
	memcpy(out->limit_currency, text + size - 3, sizeof(out->limit_currency));
	memcpy(amount, text, size - 3);
	amount[size - 3] = '\0';
	return money_exponent(out->limit_currency, &exponent) &&
	       money_parse(amount, exponent, &out->limit_minor) && out->limit_minor >= 0;
}

static bool check_limit(struct grant *grant, const char *text, struct err *e)
{
	if (grant->permit != PERMIT_DECIDE || grant->part_count < 2)
		return true;
	if (strcmp(grant->parts[0], "campaign") != 0)
		return err_field(e, ERR_BAD_FIELD, "may",
				 "\"%.80s\" says too much: only campaigns have a limit of money", text);
	grant->has_limit = parse_limit(grant->parts[1], grant);
	return grant->has_limit ||
	       err_field(e, ERR_BAD_FIELD, "may", "\"%.80s\": a limit is written 5000.00PLN", text);
}

bool grant_parse(const char *text, struct grant *out, struct err *e)
{
	size_t size = strcspn(text, ":");
	*out = (struct grant){0};
	if (!find_permit(text, size, &out->permit))
		return err_field(e, ERR_BAD_FIELD, "may",
				 "there is no permission \"%.80s\"; `utarg help key new` lists them", text);
	const struct permit_row *row = &permit_rows[out->permit];
	for (const char *at = text + size; *at == ':'; at += size) {
		size = strcspn(++at, ":");
		if (out->part_count == row->parts_max)
			return err_field(e, ERR_BAD_FIELD, "may", "\"%.80s\" says too much: it is %s%s", text,
					 row->name, row->parts);
		char *part = out->parts[out->part_count++];
		if (size == 0 || !text_percent_decode(at, size, part, sizeof(out->parts[0])))
			return err_field(e, ERR_BAD_FIELD, "may",
					 "\"%.80s\": part %d is empty, too long or badly percent-encoded",
					 text, out->part_count);
	}
	return check_names(out, text, e) && check_limit(out, text, e);
}

bool grant_covers(const struct grant *grant, const char *const parts[PERMIT_PARTS_MAX])
{
	const int names = grant->has_limit ? grant->part_count - 1 : grant->part_count;
	for (int i = 0; i < names; i++)
		if (!parts[i] || strcmp(grant->parts[i], parts[i]) != 0)
			return false;
	return true;
}
