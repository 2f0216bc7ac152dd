// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Local time: a table of days, weeks, months and hours with and without clock changes, the C library as
// oracle.
#include "common/base/zone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

// "2026-03-28T23:00:00" of UTC.
static int64_t utc_ms(const char *text)
{
	char day[11] = "";
	memcpy(day, text, 10);
	struct zone_date date;
	int hour, minute, second;
	assert_true(zone_date_parse(day, &date));
	assert_int_equal(sscanf(text + 10, "T%2d:%2d:%2d", &hour, &minute, &second), 3);
	return (zone_date_days(date) * 86400 + hour * 3600 + minute * 60 + second) * 1000;
}

static void windows_of_the_table(void **state)
{
	(void)state;
	static const struct {
		const char *zone;
		enum window window;
		const char *at, *start, *end; // UTC
	} rows[] = {
		// a day of 23 and one of 25 hours
		{"Europe/Warsaw", WINDOW_DAY, "2026-03-29T12:00:00", "2026-03-28T23:00:00",
		 "2026-03-29T22:00:00"},
		{"Europe/Warsaw", WINDOW_DAY, "2026-10-25T12:00:00", "2026-10-24T22:00:00",
		 "2026-10-25T23:00:00"},
		{"Europe/Warsaw", WINDOW_DAY, "2026-03-28T23:00:00", "2026-03-28T23:00:00",
		 "2026-03-29T22:00:00"},
		{"Europe/Warsaw", WINDOW_DAY, "2026-03-28T22:59:59", "2026-03-27T23:00:00",
		 "2026-03-28T23:00:00"},
		// hours around them: 02:00 does not exist; 02:00 comes twice
		{"Europe/Warsaw", WINDOW_HOUR, "2026-03-29T00:59:59", "2026-03-29T00:00:00",
		 "2026-03-29T01:00:00"},
		{"Europe/Warsaw", WINDOW_HOUR, "2026-03-29T01:00:00", "2026-03-29T01:00:00",
		 "2026-03-29T02:00:00"},
		{"Europe/Warsaw", WINDOW_HOUR, "2026-10-25T00:30:00", "2026-10-25T00:00:00",
		 "2026-10-25T01:00:00"},
		{"Europe/Warsaw", WINDOW_HOUR, "2026-10-25T01:30:00", "2026-10-25T01:00:00",
		 "2026-10-25T02:00:00"},
		{"Europe/Warsaw", WINDOW_MINUTE, "2026-10-25T01:30:59", "2026-10-25T01:30:00",
		 "2026-10-25T01:31:00"},
		// weeks begin on Monday, months on the first, whatever the clock does in them
		{"Europe/Warsaw", WINDOW_WEEK, "2026-03-29T12:00:00", "2026-03-22T23:00:00",
		 "2026-03-29T22:00:00"},
		{"Europe/Warsaw", WINDOW_WEEK, "2026-03-29T22:00:00", "2026-03-29T22:00:00",
		 "2026-04-05T22:00:00"},
		{"Europe/Warsaw", WINDOW_WEEK, "2026-01-01T00:00:00", "2025-12-28T23:00:00",
		 "2026-01-04T23:00:00"},
		{"Europe/Warsaw", WINDOW_MONTH, "2026-03-15T00:00:00", "2026-02-28T23:00:00",
		 "2026-03-31T22:00:00"},
		{"Europe/Warsaw", WINDOW_MONTH, "2026-12-31T22:59:59", "2026-11-30T23:00:00",
		 "2026-12-31T23:00:00"},
		{"Europe/Warsaw", WINDOW_MONTH, "2026-12-31T23:00:00", "2026-12-31T23:00:00",
		 "2027-01-31T23:00:00"},
		// the leap day
		{"Europe/Warsaw", WINDOW_DAY, "2028-02-29T10:00:00", "2028-02-28T23:00:00",
		 "2028-02-29T23:00:00"},
		{"Europe/Warsaw", WINDOW_MONTH, "2028-02-29T10:00:00", "2028-01-31T23:00:00",
		 "2028-02-29T23:00:00"},
		{"UTC", WINDOW_MONTH, "2100-02-28T23:00:00", "2100-02-01T00:00:00", "2100-03-01T00:00:00"},
		// offsets that are no whole hours
		{"Asia/Kolkata", WINDOW_HOUR, "2026-05-05T10:10:00", "2026-05-05T09:30:00",
		 "2026-05-05T10:30:00"},
		{"Asia/Kolkata", WINDOW_DAY, "2026-05-05T18:30:00", "2026-05-05T18:30:00",
		 "2026-05-06T18:30:00"},
		{"Asia/Kathmandu", WINDOW_HOUR, "2026-05-05T10:10:00", "2026-05-05T09:15:00",
		 "2026-05-05T10:15:00"},
		{"Asia/Kathmandu", WINDOW_DAY, "2026-05-05T18:14:59", "2026-05-04T18:15:00",
		 "2026-05-05T18:15:00"},
		// midnight is skipped: the day begins at 01:00
		{"America/Sao_Paulo", WINDOW_DAY, "2018-11-04T12:00:00", "2018-11-04T03:00:00",
		 "2018-11-05T02:00:00"},
		{"America/Sao_Paulo", WINDOW_DAY, "2018-11-04T02:59:59", "2018-11-03T03:00:00",
		 "2018-11-04T03:00:00"},
		// midnight is put back to 23:00: the hour before it comes twice, still the old day
		{"America/Sao_Paulo", WINDOW_DAY, "2018-02-18T02:30:00", "2018-02-17T02:00:00",
		 "2018-02-18T03:00:00"},
		// 00:01 is put back to 23:01: midnight comes twice, the first counts
		{"America/St_Johns", WINDOW_DAY, "2006-10-29T02:35:00", "2006-10-29T02:30:00",
		 "2006-10-30T03:30:00"},
		{"America/St_Johns", WINDOW_DAY, "2006-10-29T02:29:59", "2006-10-28T02:30:00",
		 "2006-10-29T02:30:00"},
		// and the hour with the change is cut in two
		{"America/St_Johns", WINDOW_HOUR, "2006-10-29T02:30:30", "2006-10-29T02:30:00",
		 "2006-10-29T02:31:00"},
		{"America/St_Johns", WINDOW_HOUR, "2006-10-29T02:31:00", "2006-10-29T02:31:00",
		 "2006-10-29T03:30:00"},
		// half an hour of summer time cuts too
		{"Australia/Lord_Howe", WINDOW_HOUR, "2026-04-04T14:30:00", "2026-04-04T14:00:00",
		 "2026-04-04T15:00:00"},
		{"Australia/Lord_Howe", WINDOW_HOUR, "2026-04-04T15:10:00", "2026-04-04T15:00:00",
		 "2026-04-04T15:30:00"},
		// a day that was left out altogether
		{"Pacific/Apia", WINDOW_DAY, "2011-12-30T09:59:59", "2011-12-29T10:00:00",
		 "2011-12-30T10:00:00"},
		{"Pacific/Apia", WINDOW_DAY, "2011-12-30T10:00:00", "2011-12-30T10:00:00",
		 "2011-12-31T10:00:00"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;
		int64_t start_ms, end_ms;
		assert_true(zone_load(&zone, rows[i].zone, NULL));
		zone_window(&zone, rows[i].window, utc_ms(rows[i].at), &start_ms, &end_ms);
		if (start_ms != utc_ms(rows[i].start) || end_ms != utc_ms(rows[i].end))
			fail_msg("%s %s at %s", rows[i].zone, window_name(rows[i].window), rows[i].at);
		zone_fini(&zone);
	}
}

static void stamps_and_dates(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *at, *stamp, *date;
	} rows[] = {
		{"Europe/Warsaw", "2026-03-28T23:00:00", "2026-03-29T00:00:00+01:00", "2026-03-29"},
		{"Europe/Warsaw", "2026-03-29T01:00:00", "2026-03-29T03:00:00+02:00", "2026-03-29"},
		{"Europe/Warsaw", "2026-10-25T01:00:00", "2026-10-25T02:00:00+01:00", "2026-10-25"},
		{"UTC", "1970-01-01T00:00:00", "1970-01-01T00:00:00+00:00", "1970-01-01"},
		{"UTC", "1969-12-31T23:59:59", "1969-12-31T23:59:59+00:00", "1969-12-31"},
		{"UTC", "0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "0001-01-01"},
		{"Asia/Kathmandu", "2026-05-05T18:15:00", "2026-05-06T00:00:00+05:45", "2026-05-06"},
		{"America/St_Johns", "2026-01-01T00:00:00", "2025-12-31T20:30:00-03:30", "2025-12-31"},
		{"America/Sao_Paulo", "2018-11-04T03:00:00", "2018-11-04T01:00:00-02:00", "2018-11-04"},
		// the clock shows the 28th again, the day is the 29th
		{"America/St_Johns", "2006-10-29T02:35:00", "2006-10-28T23:05:00-03:30", "2006-10-29"},
		{"Pacific/Apia", "2011-12-30T10:00:00", "2011-12-31T00:00:00+14:00", "2011-12-31"},
		// beyond the table the nearest offset holds
		{"Asia/Kolkata", "2500-01-01T00:00:00", "2500-01-01T05:30:00+05:30", "2500-01-01"},
		{"Asia/Kolkata", "1900-01-01T00:00:00", "1900-01-01T05:30:00+05:30", "1900-01-01"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;
		char stamp[ZONE_STAMP_SIZE], day[ZONE_STAMP_SIZE];
		assert_true(zone_load(&zone, rows[i].zone, NULL));
		zone_stamp(&zone, utc_ms(rows[i].at), stamp);
		assert_string_equal(stamp, rows[i].stamp);
		struct zone_date date = zone_date(&zone, utc_ms(rows[i].at));
		snprintf(day, sizeof(day), "%04d-%02d-%02d", date.year, date.month, date.day);
		assert_string_equal(day, rows[i].date);
		zone_fini(&zone);
	}
}

// Every local day has one first instant, the windows fill time without gap or overlap, and the offset is
// what the C library says.
static void windows_fill_time(void **state)
{
	(void)state;
	static const char *const names[] = {"Europe/Warsaw",   "America/Sao_Paulo",   "America/St_Johns",
					    "Pacific/Apia",    "Asia/Kathmandu",      "Africa/Casablanca",
					    "Europe/London",   "Australia/Lord_Howe", "Africa/Monrovia",
					    "America/New_York"};
	uint64_t seed = 7;
	for (size_t z = 0; z < sizeof(names) / sizeof(names[0]); z++) {
		struct zone zone;
		assert_true(zone_load(&zone, names[z], NULL));
		setenv("TZ", names[z], 1);
		tzset();
		for (int i = 0; i < 2000; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			int64_t t_ms = (int64_t)(seed >> 16) % (INT64_C(4133980800) * 1000);
			if (i % 4 > 0) { // near a step, some of them very near
				int64_t reach_ms = i % 4 == 1 ? 120000 : 50000000;
				size_t step = 1 + (size_t)(seed >> 33) % (zone.step_count - 1);
				t_ms = zone.steps[step].from_s * 1000 +
				       (int64_t)(seed >> 36) % (2 * reach_ms) - reach_ms;
			}
			time_t t = (time_t)((t_ms < 0 ? 0 : t_ms) / 1000);
			struct tm local;
			localtime_r(&t, &local);
			assert_int_equal(zone_offset_s(&zone, (int64_t)t * 1000), local.tm_gmtoff);
			for (int window = WINDOW_MINUTE; window <= WINDOW_MONTH; window++) {
				int64_t start_ms, end_ms, next_start_ms, next_end_ms;
				zone_window(&zone, (enum window)window, t_ms, &start_ms, &end_ms);
				assert_true(start_ms <= t_ms && t_ms < end_ms);
				zone_window(&zone, (enum window)window, end_ms - 1, &next_start_ms,
					    &next_end_ms);
				assert_true(next_start_ms == start_ms && next_end_ms == end_ms);
				zone_window(&zone, (enum window)window, end_ms, &next_start_ms, &next_end_ms);
				assert_true(next_start_ms == end_ms);
				if (window == WINDOW_DAY)
					assert_true(zone_day_start_ms(&zone, zone_date(&zone, t_ms)) ==
						    start_ms);
			}
		}
		zone_fini(&zone);
	}
	unsetenv("TZ");
	tzset();
}

static void unknown_zones_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {
		"",
		"Mars/Olympus",
		"../../../etc/passwd",
		"Europe/../Europe/Warsaw",
		"Europe",
		"Europe/",
		"Europe/Warsaw ",
		"/Europe/Warsaw",
		"europe/warsaw",
		"Europe//Warsaw",
		"zone.tab",
		"tzdata.zi",
		"leapseconds",
		"right/Europe/Warsaw",
		"posix/UTC",
		"localtime",
		"posixrules",
		"UTC+1",
		":UTC",
		"EST5EDT,M3.2.0,M11.1.0",
		"Europe/Warsaw\n",
		"Abcdefghijklmnopqrstuvwxyz/Abcdefghijklmnopqrstuvwxyz/Abcdefghijklmnopqrst"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct zone zone = {.step_count = 77};
		struct err e = {0};
		if (zone_load(&zone, names[i], &e))
			fail_msg("'%s' passed", names[i]);
		assert_int_equal(e.code, ERR_BAD_FIELD);
		assert_string_equal(e.field, "time_zone");
		assert_int_equal(zone.step_count, 77);
	}
}

static void loading_leaves_tz_alone(void **state)
{
	(void)state;
	struct zone zone;
	time_t t = 1764000000;
	struct tm local;
	setenv("TZ", "America/New_York", 1);
	tzset();
	assert_true(zone_load(&zone, "Europe/Warsaw", NULL));
	assert_string_equal(zone.name, "Europe/Warsaw");
	assert_string_equal(getenv("TZ"), "America/New_York");
	localtime_r(&t, &local);
	assert_int_equal(local.tm_gmtoff, -5 * 3600);
	zone_fini(&zone);
	zone_fini(&zone); // harmless
	unsetenv("TZ");
	tzset();
	assert_true(zone_load(&zone, "Europe/Warsaw", NULL));
	assert_null(getenv("TZ"));
	zone_fini(&zone);
}

static void dates(void **state)
{
	(void)state;
	struct zone_date date = {0};
	assert_true(zone_date_parse("2028-02-29", &date));
	assert_int_equal(zone_weekday(date), 1); // a Tuesday
	date = zone_date_add(date, 1);
	assert_true(date.year == 2028 && date.month == 3 && date.day == 1);
	date = zone_date_add(date, -366);
	assert_true(date.year == 2027 && date.month == 3 && date.day == 1);
	static const char *const bad[] = {"",           "2026-02-29",  "2100-02-29", "2026-13-01",
					  "2026-00-01", "2026-01-00",  "2026-04-31", "2026-1-1",
					  "2026/01/01", "2026-01-01 ", "0000-01-01", "-026-01-01",
					  "2026-01-0a", "20260101"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(zone_date_parse(bad[i], &date));
	int64_t days = zone_date_days((struct zone_date){1600, 1, 1});
	date = (struct zone_date){1600, 1, 1};
	for (; date.year < 2401; days++) { // two whole eras, day by day
		assert_int_equal(zone_date_days(date), days);
		assert_int_equal(zone_weekday(date), ((days + 3) % 7 + 7) % 7);
		date = zone_date_add(date, 1);
	}
}

static void wall_clock_times_become_instants(void **state)
{
	(void)state;
	static const struct {
		const char *zone, *day;
		int hour, minute;
		const char *at;
	} rows[] = {
		{"Europe/Warsaw", "2026-03-29", 0, 0, "2026-03-28T23:00:00"},
		{"Europe/Warsaw", "2026-03-29", 3, 0, "2026-03-29T01:00:00"},
		{"Europe/Warsaw", "2026-03-29", 2, 30, "2026-03-29T01:30:00"}, // skipped
		{"Europe/Warsaw", "2026-10-25", 2, 30, "2026-10-25T00:30:00"}, // twice: the first
		{"Europe/Warsaw", "2026-10-25", 3, 0, "2026-10-25T02:00:00"},
		{"Asia/Kathmandu", "2026-05-06", 0, 0, "2026-05-05T18:15:00"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone;
		struct zone_date date;
		assert_true(zone_load(&zone, rows[i].zone, NULL));
		assert_true(zone_date_parse(rows[i].day, &date));
		assert_true(zone_local_ms(&zone, date, rows[i].hour * 3600 + rows[i].minute * 60) ==
			    utc_ms(rows[i].at));
		zone_fini(&zone);
	}
}

static void window_names(void **state)
{
	(void)state;
	for (int window = WINDOW_MINUTE; window <= WINDOW_MONTH; window++) {
		enum window back;
		assert_true(window_from_name(window_name((enum window)window), &back));
		assert_int_equal(back, window);
	}
	enum window kept = WINDOW_WEEK;
	assert_false(window_from_name("year", &kept));
	assert_false(window_from_name("", &kept));
	assert_int_equal(kept, WINDOW_WEEK);
	assert_string_equal(window_name((enum window)0), "");
	assert_string_equal(window_name(WINDOW_HOUR), "hour");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_of_the_table),
		cmocka_unit_test(stamps_and_dates),
		cmocka_unit_test(windows_fill_time),
		cmocka_unit_test(unknown_zones_are_refused),
		cmocka_unit_test(loading_leaves_tz_alone),
		cmocka_unit_test(dates),
		cmocka_unit_test(wall_clock_times_become_instants),
		cmocka_unit_test(window_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
