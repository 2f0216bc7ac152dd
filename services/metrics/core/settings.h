// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The settings a shop has stated so far, as events. Zone, session gap and currency come from the statement
// with the greatest (t, id) and act on all history; own hosts, the source of rates, the attribution window,
// channel rules and keys act from their valid-from: at instant x the version with the greatest (valid_from,
// t, id) whose valid_from <= x counts, before the first valid_from the first own hosts, source and window, no
// channel rules and no key. Pure.
#pragma once

#include "common/base/signature.h"
#include "services/metrics/core/codec.h"
#include "services/metrics/core/entity.h"

enum { SETTINGS_DEFAULT_ATTRIBUTION_DAYS = 30, SETTINGS_MOST_ATTRIBUTION_DAYS = 90 };
enum { SETTINGS_HOST_SIZE = 257, SETTINGS_DEFAULT_GAP_MINUTES = 30, SETTINGS_RATE_SOURCE_SIZE = 129 };

struct settings_host {
	char text[SETTINGS_HOST_SIZE];
};

struct settings_version { // one shop_settings_changed
	int64_t valid_from_ms;
	struct moment moment;
	char currency[ORDER_CURRENCY_SIZE];
	char zone[ZONE_NAME_SIZE];
	char rate_source[SETTINGS_RATE_SOURCE_SIZE]; // of published rates; "": none
	uint32_t gap_minutes;                        // 5 to 240
	uint32_t attribution_days;                   // 7, 30 or 90
	VEC(struct settings_host) * hosts;           // own and payment hosts: never a referrer
};

struct channel_rule { // texts in lower case; "" is any
	char utm_source[FOLD_TEXT_SIZE];
	char utm_medium[FOLD_TEXT_SIZE];
	char click_id_kind[FOLD_TEXT_SIZE];
	char referrer_host[FOLD_TEXT_SIZE];
	char marketing_channel[FOLD_TEXT_SIZE];
};

struct rules_version { // one channel_rules_changed
	int64_t valid_from_ms;
	struct moment moment;
	VEC(struct channel_rule) * rules;
};

struct key_version { // one affiliate_key_changed
	int64_t valid_from_ms;
	struct moment moment;
	uint8_t public_key[SIGNATURE_PUBLIC_SIZE];
};

struct settings {
	VEC(struct settings_version) * versions; // by (valid_from, t, id)
	VEC(struct rules_version) * rules;       // by (valid_from, t, id)
	VEC(struct key_version) * keys;          // by (valid_from, t, id)
	int64_t greatest_click_ms;               // of affiliate_click; INT64_MIN: none was folded
	int64_t greatest_ms; // latest instant that was folded, INT64_MIN: nothing but settings
};

struct settings *settings_create(void);
void settings_destroy(struct settings *settings);

// The version that decides zone, gap and currency; NULL when none was stated.
const struct settings_version *settings_effective(const struct settings *settings);
const struct settings_version *settings_at(const struct settings *settings, int64_t t_ms);
uint32_t settings_attribution_days(const struct settings *settings, int64_t placed_ms);
const struct rules_version *settings_rules_at(const struct settings *settings, int64_t t_ms);
// The public key that an affiliate_click at t is checked with; NULL: there was none yet.
const uint8_t *settings_affiliate_key_at(const struct settings *settings, int64_t t_ms);

// Takes a statement in. True when figures that are already folded may change by it. Saying the same thing
// again (same t and id) changes nothing.
bool settings_add(struct settings *settings, const struct moment *moment,
		  const Utarg__V1__ShopSettings *stated);
bool settings_add_rules(struct settings *settings, const struct moment *moment,
			const Utarg__V1__ChannelRules *stated);
// What is no key of the right size counts as not said. settings_note_click: for each affiliate_click that is
// folded; true when that has changed the settings.
bool settings_add_key(struct settings *settings, const struct moment *moment,
		      const Utarg__V1__AffiliateKey *stated);
bool settings_note_click(struct settings *settings, int64_t t_ms);

void settings_write(const struct settings *settings, struct codec_writer *w);
bool settings_read(struct settings *settings, struct codec_reader *r); // into an empty one
