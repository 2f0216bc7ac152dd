// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See alert.h.
#include "services/metrics/core/alert.h"

#include <assert.h>
#include <stddef.h>

enum {
	EXPECTED_MIN = 20,       // hits and misses
	Z_SQUARED_QUARTERS = 81, // 4.5 squared is 20.25
	FALSE_ONE_IN = 10000,    // of a count, at one look
	MILLION = 1000000,
};

// ---- exact products ----

// A product of a few numbers of 63 bits, least limb first.
enum { LIMBS = 6 };
struct product {
	uint64_t limbs[LIMBS];
};
__extension__ typedef unsigned __int128 uint128;

static struct product product_of(const int64_t *factors, size_t count)
{
	struct product product = {{1}};
	for (size_t i = 0; i < count; i++) {
		uint128 carry = 0;
		assert(factors[i] >= 0);
		for (int k = 0; k < LIMBS; k++) {
			carry += (uint128)product.limbs[k] * (uint64_t)factors[i];
			product.limbs[k] = (uint64_t)carry;
			carry >>= 64;
		}
		assert(carry == 0);
	}
	return product;
}

static bool at_least(const struct product *a, const struct product *b)
{
	for (int k = LIMBS - 1; k > 0; k--)
		if (a->limbs[k] != b->limbs[k])
			return a->limbs[k] > b->limbs[k];
	return a->limbs[0] >= b->limbs[0];
}

// ---- ratios ----

static bool is_share(struct alert_share share)
{
	return share.hits >= 0 && share.hits <= share.trials && share.trials <= ALERT_TRIALS_MAX;
}

// With N = n1 + n2, X = x1 + x2, d = x1 n2 - x2 n1 and the correction N / 2:
//   z = (|d| - N/2) / sqrt(n1 n2 X (N - X) / N), so z >= Z is (2 |d| - N)^2 N >= 4 Z^2 n1 n2 X (N - X).
static bool differs(struct alert_share now, struct alert_share before, int64_t difference)
{
	int64_t all = now.trials + before.trials, hits = now.hits + before.hits;
	int64_t corrected = 2 * difference - all;
	if (corrected <= 0)
		return false;
	const int64_t left[] = {corrected, corrected, all};
	const int64_t right[] = {Z_SQUARED_QUARTERS, now.trials, before.trials, hits, all - hits};
	struct product a = product_of(left, 3), b = product_of(right, 5);
	return at_least(&a, &b);
}

enum alert_verdict alert_ratio(struct alert_share now, struct alert_share before,
			       enum alert_direction direction)
{
	if (!is_share(now) || !is_share(before) || now.trials == 0 || before.trials == 0)
		return ALERT_UNCLEAR;
	int64_t all = now.trials + before.trials, hits = now.hits + before.hits;
	money_sum least = (money_sum)EXPECTED_MIN * all;
	if ((money_sum)hits * now.trials < least || (money_sum)(all - hits) * now.trials < least)
		return ALERT_UNCLEAR;
	int64_t difference = now.hits * before.trials - before.hits * now.trials;
	if (direction == ALERT_BELOW)
		difference = -difference;
	return differs(now, before, difference) ? ALERT_HOLDS : ALERT_CALM;
}

// ---- counts ----

// The binomial of all = now + before with p = 1 / (1 + ALERT_WEEKS), up to a factor: u[i + 1] / u[i] =
// (all - i) / ((i + 1) ALERT_WEEKS). It is walked from its top, 2^100, to where nothing is left on either
// side; rounding down costs less than one part in 2^80.
struct walk {
	int64_t all, top;
	uint128 sum, tail;
};

#define TOP_HEIGHT     ((uint128)1 << 100)
#define WALK_COUNT_MAX (INT64_C(1) << 26) // all x height stays within 128 bits

static void walk_down(struct walk *walk, int64_t now, enum alert_direction direction)
{
	uint128 height = TOP_HEIGHT;
	for (int64_t i = walk->top; height > 0; i--) {
		walk->sum += height;
		if (direction == ALERT_BELOW ? i <= now : i >= now)
			walk->tail += height;
		if (i == 0)
			break;
		height = height * (uint64_t)i * ALERT_WEEKS / (uint64_t)(walk->all - i + 1);
	}
}

static void walk_up(struct walk *walk, int64_t now, enum alert_direction direction)
{
	uint128 height = TOP_HEIGHT;
	for (int64_t i = walk->top; i < walk->all; i++) {
		height = height * (uint64_t)(walk->all - i) / ((uint64_t)(i + 1) * ALERT_WEEKS);
		if (height == 0)
			break;
		walk->sum += height;
		if (direction == ALERT_BELOW ? i + 1 <= now : i + 1 >= now)
			walk->tail += height;
	}
}

static bool is_rare(int64_t now, int64_t before, enum alert_direction direction)
{
	struct walk walk = {.all = now + before, .top = (now + before) / (1 + ALERT_WEEKS)};
	walk_down(&walk, now, direction);
	walk_up(&walk, now, direction);
	return walk.tail <= walk.sum / FALSE_ONE_IN;
}

enum alert_verdict alert_count(int64_t now, const int64_t before[ALERT_WEEKS], int64_t bunch,
			       enum alert_direction direction)
{
	int64_t sum = 0;
	bool beyond = true;
	assert(bunch >= 1);
	for (int w = 0; w < ALERT_WEEKS; w++) {
		if (before[w] < 0 || before[w] > WALK_COUNT_MAX)
			return ALERT_UNCLEAR;
		sum += before[w];
		beyond &= direction == ALERT_BELOW ? now < before[w] : now > before[w];
	}
	if (now < 0 || now > WALK_COUNT_MAX - sum)
		return ALERT_UNCLEAR;
	// Rounded towards each other.
	bool below = direction == ALERT_BELOW;
	int64_t now_bunches = below ? (now + bunch - 1) / bunch : now / bunch;
	int64_t before_bunches = below ? sum / bunch : (sum + bunch - 1) / bunch;
	if (below && !is_rare(0, before_bunches, ALERT_BELOW))
		return ALERT_UNCLEAR; // not even nothing would mean something
	return beyond && is_rare(now_bunches, before_bunches, direction) ? ALERT_HOLDS : ALERT_CALM;
}

enum alert_verdict alert_silence(int64_t now, const int64_t before[ALERT_WEEKS])
{
	int64_t sum = 0;
	for (int w = 0; w < ALERT_WEEKS; w++) {
		if (before[w] <= 0 || before[w] > WALK_COUNT_MAX / ALERT_WEEKS)
			return ALERT_UNCLEAR;
		sum += before[w];
	}
	if (!is_rare(0, sum, ALERT_BELOW))
		return ALERT_UNCLEAR;
	return now == 0 ? ALERT_HOLDS : ALERT_CALM;
}

enum alert_verdict alert_threshold(money_sum numerator, money_sum denominator, money_sum bound_millionths,
				   enum alert_direction direction)
{
	if (denominator <= 0)
		return ALERT_UNCLEAR;
	money_sum left = numerator * MILLION, right = bound_millionths * denominator;
	bool holds = direction == ALERT_BELOW ? left < right : left > right;
	return holds ? ALERT_HOLDS : ALERT_CALM;
}

// ---- life of an alert ----

enum alert_step alert_step(const struct alert_state *state, enum alert_verdict verdict, int64_t as_of_ms)
{
	if (verdict == ALERT_HOLDS)
		return state->is_open ? ALERT_SEEN : ALERT_RAISE;
	if (!state->is_open)
		return ALERT_NOTHING;
	int64_t gone_ms = as_of_ms - state->seen_ms;
	return gone_ms >= (verdict == ALERT_CALM ? ALERT_GONE_MS : ALERT_UNKNOWN_MS) ? ALERT_END
										     : ALERT_NOTHING;
}
