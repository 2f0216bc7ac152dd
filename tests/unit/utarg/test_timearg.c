// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/timearg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct zone warsaw;

static int load(void **state)
{
	struct err e = {0};
	(void)state;
	return zone_load(&warsaw, "Europe/Warsaw", &e) ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	zone_fini(&warsaw);
	return 0;
}

static int64_t ms(const char *text)
{
	struct timearg time;
	assert_true(timearg_parse(text, &time));
	return timearg_ms(&time, &warsaw);
}

static void reads_days_and_instants(void **state)
{
	(void)state;
	assert_int_equal(ms("2026-11-23"), INT64_C(1795388400000)); // 2026-11-22T23:00Z
	assert_int_equal(ms("2026-11-23T10:00"), INT64_C(1795424400000));
	assert_int_equal(ms("2026-11-23 10:00:30"), INT64_C(1795424430000));
	assert_int_equal(ms("2026-11-23T10:00:30.250"), INT64_C(1795424430250));
	assert_int_equal(ms("2026-11-23T09:00Z"), INT64_C(1795424400000));
	assert_int_equal(ms("2026-11-23T10:00+01:00"), INT64_C(1795424400000));
	assert_int_equal(ms("2026-11-23T10:00+0100"), INT64_C(1795424400000));
	assert_int_equal(ms("2026-11-23T04:00-05:00"), INT64_C(1795424400000));
}

static void a_day_is_told_from_an_instant(void **state)
{
	struct timearg time;
	(void)state;
	assert_true(timearg_parse("2026-11-23", &time));
	assert_true(time.is_day);
	assert_true(timearg_parse("2026-11-23T00:00", &time));
	assert_false(time.is_day);
}

static void refuses_what_is_no_time(void **state)
{
	static const char *const texts[] = {"",
					    "today",
					    "2026-13-01",
					    "2026-02-30",
					    "2026-11-23T",
					    "2026-11-23T10",
					    "2026-11-23T24:00",
					    "2026-11-23T10:60",
					    "2026-11-23T10:00:60",
					    "2026-11-23T10:00:30.1",
					    "2026-11-23T10:00x",
					    "2026-11-23T10:00+",
					    "2026-11-23T10:00+99:00",
					    "2026-11-23x",
					    "20261123"};
	struct timearg time;
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(timearg_parse(texts[i], &time));
}

static void changes_of_the_clock(void **state)
{
	(void)state;
	// 2026-10-25 03:00 +02:00 becomes 02:00 +01:00: 02:30 happens twice, the first counts.
	assert_int_equal(ms("2026-10-25T02:30"), ms("2026-10-25T02:30+02:00"));
	assert_int_equal(ms("2026-10-25T01:30"), ms("2026-10-25T01:30+02:00"));
	assert_int_equal(ms("2026-10-25T03:30"), ms("2026-10-25T03:30+01:00"));
	// 2026-03-29 02:00 +01:00 becomes 03:00 +02:00: 02:30 does not happen.
	assert_int_equal(ms("2026-03-29T02:30"), ms("2026-03-29T03:30+02:00"));
	assert_int_equal(ms("2026-03-29T01:59"), ms("2026-03-29T01:59+01:00"));
	assert_int_equal(ms("2026-03-29T03:00"), ms("2026-03-29T03:00+02:00"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_days_and_instants),
		cmocka_unit_test(a_day_is_told_from_an_instant),
		cmocka_unit_test(refuses_what_is_no_time),
		cmocka_unit_test(changes_of_the_clock),
	};
	return cmocka_run_group_tests(tests, load, unload);
}
