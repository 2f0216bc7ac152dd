// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See channel_rules.h.
#include "services/campaign/core/channel_rules.h"

#include "common/base/text.h"

#include <stdint.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 256, CHANNEL_MAX_BYTES = 64 };
// The year 2100: nobody plans further.
#define TIME_MAX_MS INT64_C(4102444800000)

static bool is_any(const char *text)
{
	return text[0] == '\0' || strcmp(text, "*") == 0;
}

static bool matches_all(const Utarg__V1__ChannelRule *rule)
{
	return is_any(rule->utm_source) && is_any(rule->utm_medium) && is_any(rule->click_id_kind) &&
	       is_any(rule->referrer_host);
}

// A channel there is ("paid_search"), or a new one of the same form.
static bool is_channel(const char *text)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++) {
		bool is_inside = text[i] == '_' || text[i] == '-';

		if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
		    !(is_inside && i > 0 && i + 1 < size))
			return false;
	}
	return size > 0 && size <= CHANNEL_MAX_BYTES;
}

static bool check_texts(size_t number, const Utarg__V1__ChannelRule *rule, struct err *e)
{
	const char *const texts[] = {rule->utm_source, rule->utm_medium, rule->click_id_kind,
				     rule->referrer_host};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t size = strlen(texts[i]);

		if (size > TEXT_MAX_BYTES)
			return err_field(e, ERR_BAD_FIELD, "rules.rules",
					 "rule %zu: a text has %d bytes at most", number, TEXT_MAX_BYTES);
		if (!text_is_utf8(texts[i], size))
			return err_field(e, ERR_BAD_UTF8, "rules.rules", "rule %zu: a text is no UTF-8",
					 number);
	}
	return true;
}

static bool check_rule(size_t number, const Utarg__V1__ChannelRule *rule, bool is_last, struct err *e)
{
	if (rule->marketing_channel[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "rules.rules", "rule %zu names no marketing channel",
				 number);
	if (!is_channel(rule->marketing_channel))
		return err_field(
			e, ERR_BAD_FIELD, "rules.rules",
			"rule %zu: \"%.70s\" is no name of a marketing channel: 1 to %d of a-z, 0-9, "
			"'_' and '-', as in paid_search",
			number, rule->marketing_channel, CHANNEL_MAX_BYTES);
	if (!is_last && matches_all(rule))
		return err_field(e, ERR_BAD_FIELD, "rules.rules",
				 "rule %zu asks for nothing: no rule behind it would ever count", number);
	return check_texts(number, rule, e);
}

bool channel_rules_check(const Utarg__V1__ChannelRules *rules, struct err *e)
{
	if (rules == NULL)
		return err_field(e, ERR_MISSING_FIELD, "rules", "the rules are missing");
	if (rules->valid_from_ms < 0 || rules->valid_from_ms > TIME_MAX_MS)
		return err_field(e, ERR_BAD_TIME, "rules.valid_from_ms",
				 "rules are valid from a time between 1970 and 2100");
	if (rules->n_rules > CHANNEL_RULES_MAX)
		return err_field(e, ERR_TOO_MANY, "rules.rules", "%zu rules; %d are the most", rules->n_rules,
				 CHANNEL_RULES_MAX);
	for (size_t i = 0; i < rules->n_rules; i++) {
		if (!check_rule(i + 1, rules->rules[i], i + 1 == rules->n_rules, e))
			return false;
	}
	return true;
}

static bool rule_equal(const Utarg__V1__ChannelRule *a, const Utarg__V1__ChannelRule *b)
{
	return strcmp(a->utm_source, b->utm_source) == 0 && strcmp(a->utm_medium, b->utm_medium) == 0 &&
	       strcmp(a->click_id_kind, b->click_id_kind) == 0 &&
	       strcmp(a->referrer_host, b->referrer_host) == 0 &&
	       strcmp(a->marketing_channel, b->marketing_channel) == 0;
}

bool channel_rules_equal(const Utarg__V1__ChannelRules *asked, const Utarg__V1__ChannelRules *set)
{
	if (asked->n_rules != set->n_rules ||
	    (asked->valid_from_ms != 0 && asked->valid_from_ms != set->valid_from_ms))
		return false;
	for (size_t i = 0; i < asked->n_rules; i++) {
		if (!rule_equal(asked->rules[i], set->rules[i]))
			return false;
	}
	return true;
}
