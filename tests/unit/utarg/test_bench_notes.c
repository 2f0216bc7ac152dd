// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/bench_chart.h"
#include "services/utarg/core/bench_notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bench_notes notes;

static void medians_are_of_the_rounds(void **state)
{
	double value;
	(void)state;
	notes = (struct bench_notes){0};
	assert_false(bench_median(&notes, "a", &value));
	assert_false(bench_last(&notes, "a", &value));
	bench_note(&notes, "a", 30);
	bench_note(&notes, "b", 1);
	bench_note(&notes, "a", 10);
	assert_true(bench_median(&notes, "a", &value));
	assert_float_equal(value, 20, 0);
	bench_note(&notes, "a", 11);
	assert_true(bench_median(&notes, "a", &value));
	assert_float_equal(value, 11, 0);
	assert_true(bench_last(&notes, "a", &value));
	assert_float_equal(value, 11, 0);
	assert_int_equal(notes.count, 2);
}

static void a_share_grows_with_what_is_good(void **state)
{
	(void)state;
	const struct bench_goal more = {.key = "m", .goal = 2},
				less = {.key = "l", .goal = 2, .less_is_better = true};
	assert_float_equal(bench_share(&more, 1), 0.5, 1e-9);
	assert_float_equal(bench_share(&less, 1), 2, 1e-9);
	assert_float_equal(bench_share(&less, 4), 0.5, 1e-9);
	for (const struct bench_goal *goal = bench_goals; goal->key; goal++) {
		assert_true(bench_share(goal, goal->beyond) > 1);
		assert_true(strlen(goal->key) < BENCH_NAME_SIZE);
	}
}

static void the_picture_shows_each_bar(void **state)
{
	const struct bench_bar bars[] = {
		{.label = "a<b", .value = "3 & more", .share = 1.5, .beyond = 2, .known = true},
		{.label = "c", .value = "", .known = false},
	};
	char *text = NULL;
	size_t size = 0;
	(void)state;
	FILE *out = open_memstream(&text, &size);
	bench_chart(out, "title", "subtitle", bars, 2);
	fclose(out);
	assert_non_null(strstr(text, "a&lt;b"));
	assert_non_null(strstr(text, "3 &amp; more"));
	assert_non_null(strstr(text, "not measured"));
	assert_non_null(strstr(text, "</svg>"));
	assert_null(strstr(text, "a<b"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians_are_of_the_rounds),
		cmocka_unit_test(a_share_grows_with_what_is_good),
		cmocka_unit_test(the_picture_shows_each_bar),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
