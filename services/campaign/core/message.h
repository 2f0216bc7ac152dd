// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a message may say: its form. Whether it is so is message_judge.h's. Pure.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>

#include "utarg/v1/event.pb-c.h"

enum {
	MESSAGE_CLAIMS_MAX = 50,
	MESSAGE_PLACEMENTS_MAX = 100,
	MESSAGE_TEXTS_MAX = 30,
	MESSAGE_PLACEMENT_SIZE = 80, // "marketplace/" and a slug, with its NUL
};

// MISSING_FIELD, BAD_FIELD, BAD_CURRENCY, BAD_TIME, AMOUNT_RANGE or TOO_MANY name the field
// ("message.claims[1].sku").
bool message_check(const Utarg__V1__MarketingMessage *message, struct err *e);
// Whether both were asked for in the same words; version and what was overruled are left out.
bool message_equal(const Utarg__V1__MarketingMessage *a, const Utarg__V1__MarketingMessage *b);
// The channel of "leaflet/2026-11"; false when it is no placement: a channel, '/' and a slug.
bool message_placement_channel(const char *placement, Utarg__V1__Channel *out);
