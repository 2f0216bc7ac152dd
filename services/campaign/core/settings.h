// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a shop's settings may say. Pure; whether a zone exists is asked of the caller, since only the
// machine knows.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>

#include "utarg/v1/campaign.pb-c.h"
#include "utarg/v1/event.pb-c.h"

enum { SETTINGS_HOSTS_MAX = 100, SETTINGS_GAP_MIN_MINUTES = 5, SETTINGS_GAP_MAX_MINUTES = 240 };

typedef bool settings_zone_known(void *context, const char *name);

// MISSING_FIELD, BAD_FIELD, BAD_CURRENCY or BAD_TIME name the field ("settings.zone").
bool settings_check(const Utarg__V1__ShopSettings *settings, settings_zone_known *zone_known, void *context,
		    struct err *e);
// The slug of a shop or of a campaign; field names it.
bool settings_check_slug(const char *field, const char *slug, struct err *e);
// A host alone, as in shop.example: lower case, no scheme, no port, no path.
bool settings_is_host(const char *text);
// Whether both say the same.
bool settings_equal(const Utarg__V1__ShopSettings *a, const Utarg__V1__ShopSettings *b);
// Whether the command names anything; MISSING_FIELD.
bool settings_change_check(const Utarg__V1__ShopSetRequest *set, struct err *e);
// The settings with what the command names put in; out borrows from both.
void settings_change(const Utarg__V1__ShopSettings *now, const Utarg__V1__ShopSetRequest *set,
		     Utarg__V1__ShopSettings *out);
// Whether the settings say all that the command names already.
bool settings_say(const Utarg__V1__ShopSettings *settings, const Utarg__V1__ShopSetRequest *set);
