// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct histogram h, other;

static void empty_has_no_percentile(void **state)
{
	(void)state;
	h = (struct histogram){0};
	assert_int_equal(histogram_at(&h, 500), 0);
	assert_int_equal(histogram_at(&h, 1000), 0);
}

static void small_values_are_exact(void **state)
{
	(void)state;
	h = (struct histogram){0};
	for (int us = 1; us <= 60; us++)
		histogram_add(&h, us);
	assert_int_equal(histogram_at(&h, 0), 1);
	assert_int_equal(histogram_at(&h, 500), 30);
	assert_int_equal(histogram_at(&h, 990), 60);
	assert_int_equal(h.min_us, 1);
	assert_int_equal(h.max_us, 60);
}

static void percentiles_are_right_to_a_sixty_fourth(void **state)
{
	(void)state;
	h = (struct histogram){0};
	for (int64_t us = 1; us <= 1000000; us += 7)
		histogram_add(&h, us);
	for (int thousandth = 1; thousandth < 1000; thousandth++) {
		int64_t exact = (int64_t)thousandth * 1000, found = histogram_at(&h, thousandth);
		assert_in_range(found, exact - exact / 64 - 8, exact + exact / 64 + 8);
	}
	assert_int_equal(histogram_at(&h, 1000), h.max_us);
}

static void extremes_are_kept(void **state)
{
	(void)state;
	h = (struct histogram){0};
	histogram_add(&h, -5);
	histogram_add(&h, INT64_MAX);
	assert_int_equal(h.min_us, 0);
	assert_int_equal(histogram_at(&h, 500), 0);
	assert_true(histogram_at(&h, 1000) == INT64_MAX);
}

static void joined_is_as_if_added(void **state)
{
	(void)state;
	static struct histogram both;
	h = other = both = (struct histogram){0};
	for (int64_t us = 10; us < 100000; us += 13) {
		histogram_add(us % 2 ? &h : &other, us);
		histogram_add(&both, us);
	}
	histogram_join(&h, &other);
	assert_memory_equal(&h, &both, sizeof(h));
	other = (struct histogram){0};
	histogram_join(&other, &both);
	assert_memory_equal(&other, &both, sizeof(h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_no_percentile),
		cmocka_unit_test(small_values_are_exact),
		cmocka_unit_test(percentiles_are_right_to_a_sixty_fourth),
		cmocka_unit_test(extremes_are_kept),
		cmocka_unit_test(joined_is_as_if_added),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
