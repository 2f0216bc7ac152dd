// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/period.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void reads_periods(void **state)
{
	static const struct {
		const char *text, *first, *last;
	} rows[] = {
		{"2026", "2026-01-01", "2026-12-31"},
		{"2026-11", "2026-11-01", "2026-11-30"},
		{"2028-02", "2028-02-01", "2028-02-29"},
		{"2026-12", "2026-12-01", "2026-12-31"},
		{"2026-11-23", "2026-11-23", "2026-11-23"},
		{"2026-W48", "2026-11-23", "2026-11-29"},
		{"2026-W01", "2025-12-29", "2026-01-04"},
		{"2026-W53", "2026-12-28", "2027-01-03"},
		{"2026-11-20..2026-12-24", "2026-11-20", "2026-12-24"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone_date first, last;
		char text[PERIOD_DAY_SIZE];
		assert_true(period_parse(rows[i].text, &first, &last));
		assert_string_equal(period_day(first, text), rows[i].first);
		assert_string_equal(period_day(last, text), rows[i].last);
	}
}

static void refuses_others(void **state)
{
	static const char *const bad[] = {"",
					  "202",
					  "2026-13",
					  "2026-W54",
					  "2027-W53",
					  "2026-W00",
					  "2026-X48",
					  "2026-02-30",
					  "2026-12-24..2026-11-20",
					  "2026-11..2026-12",
					  "2026-11-20..",
					  "..2026-11-20",
					  "next month",
					  "2026-11-23T10:00"};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct zone_date first, last;
		assert_false(period_parse(bad[i], &first, &last));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_periods),
		cmocka_unit_test(refuses_others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
