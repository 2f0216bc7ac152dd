// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/suggest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void counts_edits(void **state)
{
	(void)state;
	assert_int_equal(suggest_distance("", ""), 0);
	assert_int_equal(suggest_distance("kpi", "kpi"), 0);
	assert_int_equal(suggest_distance("", "kpi"), 3);
	assert_int_equal(suggest_distance("kpi", ""), 3);
	assert_int_equal(suggest_distance("kip", "kpi"), 1); // neighbours swapped
	assert_int_equal(suggest_distance("statsu", "status"), 1);
	assert_int_equal(suggest_distance("stats", "status"), 1);
	assert_int_equal(suggest_distance("sitting", "kitten"), 3);
}

static void long_words_are_far(void **state)
{
	char longer[SUGGEST_WORD_MAX + 2];
	(void)state;
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	assert_int_equal(suggest_distance(longer, longer), 255);
	longer[SUGGEST_WORD_MAX] = 0;
	assert_int_equal(suggest_distance(longer, longer), 0);
}

static void proposes_what_is_near(void **state)
{
	(void)state;
	assert_true(suggest_is_near("camp", "campaign"));
	assert_true(suggest_is_near("verfy", "verify"));
	assert_false(suggest_is_near("x", "up"));
	assert_false(suggest_is_near("publish", "doctor"));
	assert_false(suggest_is_near("ab", "kpi"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_edits),
		cmocka_unit_test(long_words_are_far),
		cmocka_unit_test(proposes_what_is_near),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
