// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Alert rules against numbers worked by hand, and against thousands of simulated days: they ring for nothing
// no more often than they say, and they ring when something has really dropped.
#include "services/metrics/core/alert.h"

#include "tests/unit/metrics/helper_world.h"

static enum alert_verdict ratio(int64_t hits, int64_t trials, int64_t hits_before, int64_t trials_before,
				enum alert_direction direction)
{
	return alert_ratio((struct alert_share){hits, trials},
			   (struct alert_share){hits_before, trials_before}, direction);
}

// 1000 against 4000 visits, 200 orders in the four weeks. z of x: (|4 x - 200| x 1000 - 2500) /
// sqrt(1000 x 4000 x (x + 200) x (4800 - x) / 5000). x = 16: 133500 / 28759 = 4.64; x = 17: 129500 / 28815
// = 4.49.
static void ratios_by_hand(void **state)
{
	(void)state;
	assert_int_equal(ratio(16, 1000, 200, 4000, ALERT_BELOW), ALERT_HOLDS);
	assert_int_equal(ratio(17, 1000, 200, 4000, ALERT_BELOW), ALERT_CALM);
	assert_int_equal(ratio(16, 1000, 200, 4000, ALERT_ABOVE), ALERT_CALM);
	assert_int_equal(ratio(50, 1000, 200, 4000, ALERT_BELOW), ALERT_CALM);
	// x = 87: 145500 / 32895 = 4.42, x = 88: 149500 / 32949 = 4.54
	assert_int_equal(ratio(87, 1000, 200, 4000, ALERT_ABOVE), ALERT_CALM);
	assert_int_equal(ratio(88, 1000, 200, 4000, ALERT_ABOVE), ALERT_HOLDS);
	// Expected now: 1000 x 99 / 5000 = 19.8 hits, 1000 x 100 / 5000 = 20.
	assert_int_equal(ratio(0, 1000, 99, 4000, ALERT_BELOW), ALERT_UNCLEAR);
	assert_int_equal(ratio(0, 1000, 100, 4000, ALERT_BELOW), ALERT_HOLDS);       // z = 4.92
	assert_int_equal(ratio(1000, 1000, 3999, 4000, ALERT_ABOVE), ALERT_UNCLEAR); // as good as no misses
	assert_int_equal(ratio(0, 0, 100, 4000, ALERT_BELOW), ALERT_UNCLEAR);
	assert_int_equal(ratio(5, 4, 100, 4000, ALERT_BELOW), ALERT_UNCLEAR); // no share at all
	// The greatest there are, exactly the same and hardly another.
	assert_int_equal(ratio(500000000, 1000000000, 500000000, 1000000000, ALERT_BELOW), ALERT_CALM);
	assert_int_equal(ratio(499900000, 1000000000, 500100000, 1000000000, ALERT_BELOW), ALERT_HOLDS);
}

// With nothing now: (4/5)^n <= 1/10000 from n = 42 on (0.8^41 = 0.000106, 0.8^42 = 0.0000851).
static void counts_by_hand(void **state)
{
	const int64_t few[] = {11, 10, 10, 10}, enough[] = {11, 11, 10, 10}, one_zero[] = {42, 0, 42, 42};
	const int64_t hundreds[] = {100, 100, 100, 100}, wild[] = {40, 180, 100, 80};
	(void)state;
	assert_int_equal(alert_silence(0, few), ALERT_UNCLEAR);
	assert_int_equal(alert_silence(0, enough), ALERT_HOLDS);
	assert_int_equal(alert_silence(1, enough), ALERT_CALM);
	assert_int_equal(alert_silence(0, one_zero), ALERT_UNCLEAR); // not always there at this hour
	assert_int_equal(alert_count(0, few, 1, ALERT_BELOW), ALERT_UNCLEAR);
	assert_int_equal(alert_count(0, enough, 1, ALERT_BELOW), ALERT_HOLDS);
	assert_int_equal(alert_count(1, enough, 1, ALERT_BELOW), ALERT_CALM);
	// Binomial(400 + x, 1/5): P(X <= 61) = 0.0000922, P(X <= 62) = 0.000141; P(X >= 145) = 0.000118,
	// P(X >= 146) = 0.0000870.
	assert_int_equal(alert_count(61, hundreds, 1, ALERT_BELOW), ALERT_HOLDS);
	assert_int_equal(alert_count(62, hundreds, 1, ALERT_BELOW), ALERT_CALM);
	assert_int_equal(alert_count(145, hundreds, 1, ALERT_ABOVE), ALERT_CALM);
	assert_int_equal(alert_count(146, hundreds, 1, ALERT_ABOVE), ALERT_HOLDS);
	assert_int_equal(alert_count(61, wild, 1, ALERT_BELOW), ALERT_CALM); // 40 was a week, too
	// In bunches of ten it is 7 of 47, which is nothing; 0 of 40 says nothing either.
	assert_int_equal(alert_count(61, hundreds, 10, ALERT_BELOW), ALERT_UNCLEAR);
	assert_int_equal(alert_count(-1, hundreds, 1, ALERT_BELOW), ALERT_UNCLEAR);
}

static void thresholds(void **state)
{
	(void)state;
	// 3/7 = 0.428571... against 0.428571 and 0.428572
	assert_int_equal(alert_threshold(3, 7, 428571, ALERT_ABOVE), ALERT_HOLDS);
	assert_int_equal(alert_threshold(3, 7, 428572, ALERT_ABOVE), ALERT_CALM);
	assert_int_equal(alert_threshold(3, 7, 428572, ALERT_BELOW), ALERT_HOLDS);
	assert_int_equal(alert_threshold(9, 1, 10000000, ALERT_BELOW), ALERT_HOLDS);
	assert_int_equal(alert_threshold(10, 1, 10000000, ALERT_BELOW), ALERT_CALM);
	assert_int_equal(alert_threshold(10, 1, 10000000, ALERT_ABOVE), ALERT_CALM);
	assert_int_equal(alert_threshold(0, 0, 10000000, ALERT_BELOW), ALERT_UNCLEAR);
}

static void life_of_an_alert(void **state)
{
	struct alert_state closed = {0}, open = {.is_open = true, .seen_ms = 10 * HOUR_MS};
	(void)state;
	assert_int_equal(alert_step(&closed, ALERT_UNCLEAR, 0), ALERT_NOTHING);
	assert_int_equal(alert_step(&closed, ALERT_CALM, 0), ALERT_NOTHING);
	assert_int_equal(alert_step(&closed, ALERT_HOLDS, 0), ALERT_RAISE);
	assert_int_equal(alert_step(&open, ALERT_HOLDS, 11 * HOUR_MS), ALERT_SEEN);
	assert_int_equal(alert_step(&open, ALERT_CALM, 11 * HOUR_MS - 1), ALERT_NOTHING);
	assert_int_equal(alert_step(&open, ALERT_CALM, 11 * HOUR_MS), ALERT_END);
	assert_int_equal(alert_step(&open, ALERT_UNCLEAR, 34 * HOUR_MS - 1), ALERT_NOTHING);
	assert_int_equal(alert_step(&open, ALERT_UNCLEAR, 34 * HOUR_MS), ALERT_END);
}

// ---- simulated days ----

enum { QUARTERS = 96, WINDOW = 12, WEEKS = ALERT_WEEKS + 1 }; // three hours at a time

static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static double uniform(uint64_t *seed)
{
	return (double)(draw(seed) >> 11) / 9007199254740992.0;
}

// e^-mean, by the sum that is e^mean.
static double none_of(double mean)
{
	double sum = 1, term = 1;
	for (int i = 1; i < 400; i++)
		sum += term *= mean / i;
	return 1 / sum;
}

// limit: the chance of none.
static int64_t poisson(uint64_t *seed, double limit)
{
	double product = uniform(seed);
	int64_t count = 0;
	for (; product > limit; count++)
		product *= uniform(seed);
	return count;
}

struct day {
	double hits, misses; // mean of a quarter of an hour
	double now;          // factor on the hits of the present week
	enum alert_direction direction;
	bool is_count;
};

// Sums of the window that ends with quarter q.
static int64_t window_sum(const int64_t *quarters, int q)
{
	int64_t sum = 0;
	for (int i = q - WINDOW + 1; i <= q; i++)
		sum += quarters[i];
	return sum;
}

static enum alert_verdict look(const struct day *day, int64_t hits[WEEKS][2 * QUARTERS],
			       int64_t misses[WEEKS][2 * QUARTERS], int q)
{
	struct alert_share now = {0}, before = {0};
	int64_t counts[ALERT_WEEKS];
	for (int w = 0; w < WEEKS; w++) {
		int64_t h = window_sum(hits[w], q), m = window_sum(misses[w], q);
		struct alert_share *to = w == 0 ? &now : &before;
		to->hits += h;
		to->trials += h + m;
		if (w > 0)
			counts[w - 1] = h;
	}
	return day->is_count ? alert_count(now.hits, counts, 1, day->direction)
			     : alert_ratio(now, before, day->direction);
}

// How many alerts are raised in so many days.
static int simulate(const struct day *day, int days, uint64_t seed)
{
	static int64_t hits[WEEKS][2 * QUARTERS], misses[WEEKS][2 * QUARTERS];
	const double no_miss = none_of(day->misses),
		     no_hit[] = {none_of(day->hits * day->now), none_of(day->hits)};
	struct alert_state alert = {0};
	int raised = 0;
	for (int d = 0; d < days; d++) {
		for (int w = 0; w < WEEKS; w++) {
			for (int q = 0; q < QUARTERS + WINDOW; q++) {
				hits[w][q] = poisson(&seed, no_hit[w > 0]);
				misses[w][q] = poisson(&seed, no_miss);
			}
		}
		for (int q = 0; q < QUARTERS; q++) {
			int64_t as_of_ms = (d * QUARTERS + q) * ALERT_STEP_MS;
			enum alert_step step =
				alert_step(&alert, look(day, hits, misses, q + WINDOW - 1), as_of_ms);
			raised += step == ALERT_RAISE;
			if (step == ALERT_RAISE || step == ALERT_SEEN)
				alert = (struct alert_state){true, as_of_ms};
			else if (step == ALERT_END)
				alert = (struct alert_state){0};
		}
	}
	return raised;
}

enum { DAYS = 1000, ONE_IN_DAYS = 100 };

static void rings_for_nothing_as_seldom_as_it_says(void **state)
{
	static const struct day days[] = {
		{1.8, 60, 1, ALERT_BELOW, false}, // 22 orders of 740 visits in three hours: hardly enough
		{1.8, 60, 1, ALERT_ABOVE, false}, {6, 100, 1, ALERT_BELOW, false},
		{6, 100, 1, ALERT_ABOVE, false},  {2, 2.5, 1, ALERT_ABOVE, false}, // 24 failed payments of 54
		{1, 0, 1, ALERT_BELOW, true},                                      // 12 orders in three hours
		{8, 0, 1, ALERT_BELOW, true},     {8, 0, 1, ALERT_ABOVE, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
		int raised = simulate(&days[i], DAYS, 100 + i);
		print_message("day %zu: %d alerts in %d days\n", i, raised, DAYS);
		assert_in_range(raised, 0, DAYS / ONE_IN_DAYS);
	}
}

static void finds_a_real_drop(void **state)
{
	static const struct day days[] = {
		{6, 100, 0.4, ALERT_BELOW, false},
		{6, 100, 2, ALERT_ABOVE, false},
		{8, 0, 0.4, ALERT_BELOW, true},
		{8, 0, 2, ALERT_ABOVE, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		assert_true(simulate(&days[i], 1, 7 + i) >= 1); // on the very day
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios_by_hand),
		cmocka_unit_test(counts_by_hand),
		cmocka_unit_test(thresholds),
		cmocka_unit_test(life_of_an_alert),
		cmocka_unit_test(rings_for_nothing_as_seldom_as_it_says),
		cmocka_unit_test(finds_a_real_drop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
