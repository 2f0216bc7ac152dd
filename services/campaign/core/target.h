// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a target for a key figure may say. Which figures there are is metrics' knowledge: the caller brings
// what it wrote down about the one that is named. Pure.
#pragma once

#include "common/base/err.h"
#include "common/base/money.h"

#include <stdbool.h>

#include "utarg/v1/event.pb-c.h"

// Of the figure a target is for.
struct target_figure {
	int decimals;                            // of its value
	bool sums;                               // its days add up
	bool has_dimension;                      // it is kept by the target's
	bool keeps_day, keeps_week, keeps_month; // windows
};

// Whether it is complete and its days are days: MISSING_FIELD or BAD_FIELD with the field
// ("target.first_day").
bool target_check(const Utarg__V1__Target *target, struct err *e);
// Whether it fits its figure; value gets it as the figure's unit writes it.
bool target_fits(const Utarg__V1__Target *target, const struct target_figure *figure,
		 char value[MONEY_TEXT_SIZE], struct err *e);
// Of a checked one: "total" and "-" where nothing is said.
const char *target_dimension(const Utarg__V1__Target *target);
const char *target_key(const Utarg__V1__Target *target);
// Whether what was asked for is what was set: 5000 and 5000.00 are the same.
bool target_equal(const Utarg__V1__Target *asked, const Utarg__V1__Target *set);
