// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Weights of the models and splits by them, against numbers worked by hand.
#include "services/metrics/core/attribution.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)

static void assert_weights(enum attribution_model model, const int64_t *days_before, size_t count,
			   const int64_t *expected)
{
	const int64_t placed_ms = 100 * DAY_MS;
	int64_t t_ms[8], weights[8];
	for (size_t i = 0; i < count; i++)
		t_ms[i] = placed_ms - days_before[i] * DAY_MS;
	attribution_weights(model, t_ms, count, placed_ms, weights);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(weights[i], expected[i]);
}

static void one_takes_all(void **state)
{
	(void)state;
	const int64_t days[] = {9, 5, 1};
	assert_weights(ATTRIBUTION_LAST_NON_DIRECT, days, 3, (int64_t[]){0, 0, 1});
	assert_weights(ATTRIBUTION_LAST, days, 3, (int64_t[]){0, 0, 1});
	assert_weights(ATTRIBUTION_FIRST, days, 3, (int64_t[]){1, 0, 0});
	assert_weights(ATTRIBUTION_LINEAR, days, 3, (int64_t[]){1, 1, 1});
}

static void position_gives_the_ends_as_much_as_two_thirds(void **state)
{
	(void)state;
	const int64_t days[] = {9, 5, 3, 2, 1};
	assert_weights(ATTRIBUTION_POSITION, days, 1, (int64_t[]){1});
	assert_weights(ATTRIBUTION_POSITION, days, 2, (int64_t[]){1, 1});
	assert_weights(ATTRIBUTION_POSITION, days, 3, (int64_t[]){2, 1, 2});
	assert_weights(ATTRIBUTION_POSITION, days, 5, (int64_t[]){6, 1, 1, 1, 6});
}

static void time_halves_every_seven_days(void **state)
{
	(void)state;
	const int64_t days[] = {28, 14, 8, 7, 1, 0};
	assert_weights(ATTRIBUTION_TIME_DECAY, days, 6,
		       (int64_t[]){INT64_C(1) << 36, INT64_C(1) << 38, INT64_C(995853700410) >> 1,
				   INT64_C(1) << 39, INT64_C(995853700410), INT64_C(1) << 40});
}

static void the_largest_remainder_goes_first(void **state)
{
	(void)state;
	money_sum shares[3];
	attribution_split(100, (int64_t[]){1, 1, 1}, 3, shares);
	assert_true(shares[0] == 34 && shares[1] == 33 && shares[2] == 33); // equal ones: the earlier
	attribution_split(10, (int64_t[]){1, 2, 3}, 3, shares);             // 1.67, 3.33, 5
	assert_true(shares[0] == 2 && shares[1] == 3 && shares[2] == 5);
	attribution_split(-10, (int64_t[]){1, 2, 3}, 3, shares);
	assert_true(shares[0] == -2 && shares[1] == -3 && shares[2] == -5);
	attribution_split(5, (int64_t[]){0, 0, 0}, 3, shares); // no weight at all: alike
	assert_true(shares[0] == 2 && shares[1] == 2 && shares[2] == 1);
}

// KPI.md section 7, vector 11.
static void a_hundred_and_one_refunds_end_at_nothing(void **state)
{
	(void)state;
	money_sum shares[2];
	for (money_sum left = 101; left >= 0; left--) {
		attribution_split(left, (int64_t[]){1, 1}, 2, shares);
		assert_true(shares[0] + shares[1] == left && shares[0] - shares[1] == left % 2);
	}
	assert_true(shares[0] == 0 && shares[1] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_takes_all),
		cmocka_unit_test(position_gives_the_ends_as_much_as_two_thirds),
		cmocka_unit_test(time_halves_every_seven_days),
		cmocka_unit_test(the_largest_remainder_goes_first),
		cmocka_unit_test(a_hundred_and_one_refunds_end_at_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
