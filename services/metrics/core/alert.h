// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whether something is wrong with a shop: judged from counts alone, in exact integers. Pure.
//
// The statistical rules are looked at once every quarter of an hour and compare some hours with the same
// hours of the same weekday in the last four weeks:
//
//   ratio    two-proportion z-test, pooled, with continuity correction, one-sided: z >= 4.5. Only when some
//   20
//            hits and 20 misses are to be expected now.
//   count    both counts are taken as Poisson. Given their sum, the present one is binomial with p = 1/5 if
//            nothing has changed: its tail is at most 1 in 10,000. And it lies beyond all four weeks, so that
//            a shop whose Mondays differ by themselves does not ring.
//   silence  the same with nothing at all, where each of the four weeks has something.
//
// By that a rule rings for nothing at most once in 100 days. For counts it follows from the tail, for ratios
// a simulation of whole days says so (the test does both).
//
// Once raised, an alert stays until its condition has been gone for an hour.
#pragma once

#include "common/base/money.h"

#include <stdbool.h>
#include <stdint.h>

enum { ALERT_WEEKS = 4 };
#define ALERT_GONE_MS (INT64_C(60) * 60000) // how long the condition is gone before an alert ends
// An alert that nothing can be said about any more (nobody is there) ends all the same.
#define ALERT_UNKNOWN_MS (INT64_C(24) * 60 * 60000)
#define ALERT_STEP_MS    (INT64_C(15) * 60000) // statistical rules are looked at so often

enum alert_verdict {
	ALERT_UNCLEAR, // too little to say anything
	ALERT_CALM,
	ALERT_HOLDS, // the condition holds
};

enum alert_direction { ALERT_BELOW = 1, ALERT_ABOVE };

struct alert_share {
	int64_t hits, trials; // 0 <= hits <= trials, at most ALERT_TRIALS_MAX
};
#define ALERT_TRIALS_MAX INT64_C(1000000000)

// Whether the share of now is below (above) the one of the four weeks together.
enum alert_verdict alert_ratio(struct alert_share now, struct alert_share before,
			       enum alert_direction direction);
// Whether the count of now is too small (great) for the four before. What comes in bunches (pages of a visit)
// is counted in bunches of so many.
enum alert_verdict alert_count(int64_t now, const int64_t before[ALERT_WEEKS], int64_t bunch,
			       enum alert_direction direction);
enum alert_verdict alert_silence(int64_t now, const int64_t before[ALERT_WEEKS]);
// numerator / denominator against bound / 10^6; unclear when there is nothing to divide by.
enum alert_verdict alert_threshold(money_sum numerator, money_sum denominator, money_sum bound_millionths,
				   enum alert_direction direction);

// An alert of one rule as it is stored.
struct alert_state {
	bool is_open;
	int64_t seen_ms; // A when its condition held last
};
enum alert_step { ALERT_NOTHING, ALERT_RAISE, ALERT_SEEN, ALERT_END };
// What a verdict at A means for it.
enum alert_step alert_step(const struct alert_state *state, enum alert_verdict verdict, int64_t as_of_ms);
