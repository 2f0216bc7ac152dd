// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a figure will be when its period ends, and how far it is by now. Pure integers: the same sums give the
// same digits in whatever order they came.
//
// The past is the 56 local days before the day of A, as eight weeks of 168 slots (weekday, hour of the shop's
// clock). Let n of them lie wholly after the figure's first data (4 to 8, else nothing is forecast), m[s] the
// minutes of slot s between A and the period's end, and T[w] = sum of m[s] x past[w][s] / 60: what the rest
// of the period would bring if all of it went like week w.
//
//   sums      forecast = so far + (T[1] + ... + T[n]) / n
//   ratios    the same for numerator and denominator, then divided
//   interval  e[w] = |what T[w] leads to - what the mean of the other n - 1 weeks leads to|, ascending;
//             half its width is the 0.8 (n + 1)th of them, between two neighbours in proportion. If the
//             coming weeks are to the past ones as these are to each other, 78 intervals of 100 hold what
//             comes with four weeks, 81 with eight (a test draws them).
//   due       the share of the period's total that the same weeks expect before A
//
// A rest longer than a week repeats week w, so its errors are taken as if they never evened out: the interval
// is then rather too wide.
#pragma once

#include "common/base/money.h"
#include "common/base/zone.h"

#include <stdbool.h>
#include <stdint.h>

enum { FORECAST_WEEKS = 8, FORECAST_WEEKS_MIN = 4, FORECAST_SLOTS = 7 * 24 };

// Sums of one side of a figure, by week (0 is the latest) and slot.
struct forecast_past {
	money_sum slots[FORECAST_WEEKS][FORECAST_SLOTS];
};

struct forecast_minutes {
	uint32_t slots[FORECAST_SLOTS];
};

struct forecast_fraction {
	money_sum numerator, denominator;
};

struct forecast {
	struct forecast_fraction value, low, high;
};

// One side of a figure as it stands: the sum so far and its past.
struct forecast_side {
	money_sum so_far;
	const struct forecast_past *past;
};

// Where the past begins.
int64_t forecast_begin_ms(const struct zone *zone, int64_t as_of_ms);
// Where an instant falls; false when it is not in the past eight weeks.
bool forecast_place(const struct zone *zone, int64_t as_of_ms, int64_t t_ms, uint32_t *week, uint32_t *slot);
// How many of the weeks, from the latest back, lie wholly behind the first data.
uint32_t forecast_weeks(const struct zone *zone, int64_t as_of_ms, int64_t first_ms);
// Minutes of each slot in [from, to); both are whole minutes.
void forecast_minutes(const struct zone *zone, int64_t from_ms, int64_t to_ms, struct forecast_minutes *out);

// False when there are too few weeks. rest: the minutes between A and the end of the period.
bool forecast_sum(struct forecast_side side, uint32_t weeks, const struct forecast_minutes *rest,
		  struct forecast *out);
// Of a ratio or a mean. Also false when there would be nothing to divide by in one of the weeks.
bool forecast_ratio(struct forecast_side numerator, struct forecast_side denominator, uint32_t weeks,
		    const struct forecast_minutes *rest, struct forecast *out);
// The share of a sum that is due by now; false with too few weeks or when they expect nothing at all.
bool forecast_due(const struct forecast_past *past, uint32_t weeks, const struct forecast_minutes *gone,
		  const struct forecast_minutes *rest, struct forecast_fraction *out);
