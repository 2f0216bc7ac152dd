// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a campaign may say when it is created. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>

#include "utarg/v1/event.pb-c.h"

// MISSING_FIELD, BAD_FIELD, BAD_CURRENCY or AMOUNT_RANGE name the field ("campaign.first_day").
bool campaign_check(const Utarg__V1__Campaign *campaign, struct err *e);
// Whether both were asked for in the same words; the state is left out.
bool campaign_equal(const Utarg__V1__Campaign *a, const Utarg__V1__Campaign *b);
// A reason given by a person: 1,000 bytes at most.
bool campaign_check_reason(const char *reason, struct err *e);
