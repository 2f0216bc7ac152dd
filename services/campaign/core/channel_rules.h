// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a shop's own rules for telling visits apart may say. How they act, metrics knows. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>

#include "utarg/v1/event.pb-c.h"

enum { CHANNEL_RULES_MAX = 200 };

// MISSING_FIELD, BAD_FIELD, BAD_UTF8, BAD_TIME or TOO_MANY; the sentence names the rule by its number.
bool channel_rules_check(const Utarg__V1__ChannelRules *rules, struct err *e);
// Whether both were asked for in the same words; the version is left out, and valid-from when `asked` says
// none.
bool channel_rules_equal(const Utarg__V1__ChannelRules *asked, const Utarg__V1__ChannelRules *set);
