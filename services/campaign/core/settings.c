// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the rules for a shop's settings, used when a shop is added and when settings arrive by the
// journal. Loading zones and keeping shops are not done here.
#include "services/campaign/core/settings.h"

#include "common/base/money.h"
#include "common/base/text.h"

#include <stdint.h>
#include <string.h>

enum { NAME_MAX_CHARS = 200, HOST_MAX_BYTES = 253, LABEL_MAX_BYTES = 63, RATE_SOURCE_MAX_BYTES = 64 };

bool settings_check_slug(const char *field, const char *slug, struct err *e)
{
	if (slug[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, field, "%s is missing", field);
	if (!text_is_slug(slug))
		return err_field(
			e, ERR_BAD_FIELD, field,
			"\"%.80s\" is no slug: 1 to 63 of a-z, 0-9 and '-', not beginning or ending with '-'",
			slug);
	return true;
}

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool settings_is_host(const char *text)
{
	size_t label = 0;
	size_t size = strlen(text);

	if (size == 0 || size > HOST_MAX_BYTES)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '.') {
			if (label == 0)
				return false;
			label = 0;
		} else if (!is_label_char(text[i]) || ++label > LABEL_MAX_BYTES) {
			return false;
		}
	}
	return label > 0;
}

static bool check_hosts(const char *field, char **hosts, size_t count, struct err *e)
{
	if (count > SETTINGS_HOSTS_MAX)
		return err_field(e, ERR_TOO_MANY, field, "%zu hosts; %d are the most", count,
				 SETTINGS_HOSTS_MAX);
	for (size_t i = 0; i < count; i++) {
		if (!settings_is_host(hosts[i]))
			return err_field(
				e, ERR_BAD_FIELD, field,
				"\"%.80s\" is no host: give it alone and in lower case, as in shop.example",
				hosts[i]);
	}
	return true;
}

static bool check_gap(uint32_t minutes, struct err *e)
{
	if (minutes == 0 || (minutes >= SETTINGS_GAP_MIN_MINUTES && minutes <= SETTINGS_GAP_MAX_MINUTES))
		return true;
	return err_field(e, ERR_BAD_FIELD, "settings.session_gap_minutes",
			 "a session gap of %u minutes is not allowed: %d to %d, or 0 for the usual 30",
			 minutes, SETTINGS_GAP_MIN_MINUTES, SETTINGS_GAP_MAX_MINUTES);
}

static bool check_days(uint32_t days, struct err *e)
{
	if (days == 0 || days == 7 || days == 30 || days == 90)
		return true;
	return err_field(e, ERR_BAD_FIELD, "settings.attribution_days",
			 "touches of %u days before an order cannot count: it is 7, 30 or 90, or 0 for the "
			 "usual 30",
			 days);
}

static bool check_names(const Utarg__V1__ShopSettings *settings, settings_zone_known *zone_known,
			void *context, struct err *e)
{
	int exponent;

	if (text_utf8_len(settings->name) > NAME_MAX_CHARS)
		return err_field(e, ERR_BAD_FIELD, "settings.name", "a shop's name has %d characters at most",
				 NAME_MAX_CHARS);
	if (settings->currency[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "settings.currency", "the shop's currency is missing");
	if (!money_exponent(settings->currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "settings.currency",
				 "\"%.20s\" is no currency: three capitals of ISO 4217, as in PLN",
				 settings->currency);
	if (settings->zone[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "settings.zone", "the shop's time zone is missing");
	if (!zone_known(context, settings->zone))
		return err_field(e, ERR_BAD_FIELD, "settings.zone",
				 "\"%.60s\" is no time zone of the IANA list, as in Europe/Warsaw",
				 settings->zone);
	if (strlen(settings->rate_source) > RATE_SOURCE_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, "settings.rate_source",
				 "a rate source has %d bytes at most", RATE_SOURCE_MAX_BYTES);
	return true;
}

bool settings_check(const Utarg__V1__ShopSettings *settings, settings_zone_known *zone_known, void *context,
		    struct err *e)
{
	if (settings == NULL)
		return err_field(e, ERR_MISSING_FIELD, "settings", "the shop's settings are missing");
	if (settings->valid_from_ms < 0)
		return err_field(e, ERR_BAD_TIME, "settings.valid_from_ms",
				 "a time before 1970 is not allowed");
	return check_names(settings, zone_known, context, e) && check_gap(settings->session_gap_minutes, e) &&
	       check_days(settings->attribution_days, e) &&
	       check_hosts("settings.own_hosts", settings->own_hosts, settings->n_own_hosts, e) &&
	       check_hosts("settings.payment_hosts", settings->payment_hosts, settings->n_payment_hosts, e);
}

static bool texts_equal(char **a, size_t a_count, char **b, size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

bool settings_equal(const Utarg__V1__ShopSettings *a, const Utarg__V1__ShopSettings *b)
{
	return a->version == b->version && a->valid_from_ms == b->valid_from_ms &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->currency, b->currency) == 0 &&
	       strcmp(a->zone, b->zone) == 0 && a->session_gap_minutes == b->session_gap_minutes &&
	       a->attribution_days == b->attribution_days && a->pseudonymised == b->pseudonymised &&
	       strcmp(a->rate_source, b->rate_source) == 0 &&
	       texts_equal(a->own_hosts, a->n_own_hosts, b->own_hosts, b->n_own_hosts) &&
	       texts_equal(a->payment_hosts, a->n_payment_hosts, b->payment_hosts, b->n_payment_hosts);
}

// ---- changes ----

#define KNOWN(set, field) ((set)->known_##field##_case != 0)

bool settings_change_check(const Utarg__V1__ShopSetRequest *set, struct err *e)
{
	if (KNOWN(set, name) || KNOWN(set, zone) || KNOWN(set, session_gap) || KNOWN(set, attribution_days) ||
	    KNOWN(set, rate_source) || set->own_hosts != NULL || set->payment_hosts != NULL)
		return true;
	return err_set(e, ERR_MISSING_FIELD, "nothing is to be changed: name a setting");
}

void settings_change(const Utarg__V1__ShopSettings *now, const Utarg__V1__ShopSetRequest *set,
		     Utarg__V1__ShopSettings *out)
{
	*out = *now;
	if (KNOWN(set, name))
		out->name = set->name;
	if (KNOWN(set, zone))
		out->zone = set->zone;
	if (KNOWN(set, session_gap))
		out->session_gap_minutes = set->session_gap_minutes;
	if (KNOWN(set, attribution_days))
		out->attribution_days = set->attribution_days;
	if (KNOWN(set, rate_source))
		out->rate_source = set->rate_source;
	if (set->own_hosts != NULL) {
		out->own_hosts = set->own_hosts->hosts;
		out->n_own_hosts = set->own_hosts->n_hosts;
	}
	if (set->payment_hosts != NULL) {
		out->payment_hosts = set->payment_hosts->hosts;
		out->n_payment_hosts = set->payment_hosts->n_hosts;
	}
}

bool settings_say(const Utarg__V1__ShopSettings *settings, const Utarg__V1__ShopSetRequest *set)
{
	Utarg__V1__ShopSettings changed;

	settings_change(settings, set, &changed);
	return settings_equal(settings, &changed);
}
