// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Forecasts against numbers worked by hand; no forecast without enough weeks; the interval holds what it
// says.
#include "services/metrics/core/forecast.h"

#include "tests/unit/metrics/helper_world.h"

#include <string.h>

// Monday 2026-03-02 00:00 UTC
#define MONDAY_MS INT64_C(1772409600000)

static const struct zone *utc(void)
{
	static struct zone_step steps[] = {{INT64_MIN, 0}};
	static const struct zone zone = {"UTC", steps, 1};
	return &zone;
}

static struct zone warsaw(void)
{
	struct zone zone;
	struct err e = {0};
	assert_true(zone_load(&zone, "Europe/Warsaw", &e));
	return zone;
}

static int64_t at(const char *day, int hour)
{
	struct zone_date date;
	assert_true(zone_date_parse(day, &date));
	return zone_date_days(date) * DAY_MS + hour * HOUR_MS;
}

static void places(void **state)
{
	uint32_t week = 99, slot = 0;
	int64_t now_ms = at("2026-03-04", 10); // Wednesday
	(void)state;
	assert_int_equal(MONDAY_MS, at("2026-03-02", 0));
	assert_int_equal(forecast_begin_ms(utc(), now_ms), at("2026-01-07", 0));
	assert_false(forecast_place(utc(), now_ms, at("2026-03-04", 9), &week, &slot)); // today
	assert_true(forecast_place(utc(), now_ms, at("2026-03-03", 23), &week, &slot));
	assert_int_equal(week, 0);
	assert_int_equal(slot, 24 + 23); // a Tuesday
	assert_true(forecast_place(utc(), now_ms, at("2026-02-25", 0), &week, &slot));
	assert_int_equal(week, 0);
	assert_int_equal(slot, 48); // a Wednesday
	assert_true(forecast_place(utc(), now_ms, at("2026-02-24", 5), &week, &slot));
	assert_int_equal(week, 1);
	assert_true(forecast_place(utc(), now_ms, at("2026-01-07", 0), &week, &slot));
	assert_int_equal(week, 7);
	assert_false(forecast_place(utc(), now_ms, at("2026-01-06", 23), &week, &slot));
	assert_int_equal(forecast_weeks(utc(), now_ms, at("2025-01-01", 0)), 8);
	assert_int_equal(forecast_weeks(utc(), now_ms, at("2026-01-07", 0)), 8);
	assert_int_equal(forecast_weeks(utc(), now_ms, at("2026-01-07", 1)), 7);
	assert_int_equal(forecast_weeks(utc(), now_ms, at("2026-02-26", 0)), 0);
}

// The clock goes forward on 2026-03-29 and back on 2026-10-25: 23 and 25 hours, the second 02 twice.
static void minutes_of_odd_days(void **state)
{
	struct zone zone = warsaw();
	struct forecast_minutes minutes;
	uint32_t sum = 0, week, slot;
	(void)state;
	struct zone_date spring = {2026, 3, 29}, autumn = {2026, 10, 25};
	forecast_minutes(&zone, zone_day_start_ms(&zone, spring),
			 zone_day_start_ms(&zone, zone_date_add(spring, 1)), &minutes);
	for (int s = 0; s < FORECAST_SLOTS; s++)
		sum += minutes.slots[s];
	assert_int_equal(sum, 23 * 60);
	assert_int_equal(minutes.slots[6 * 24 + 2], 0);
	assert_int_equal(minutes.slots[6 * 24 + 3], 60);
	forecast_minutes(&zone, zone_day_start_ms(&zone, autumn),
			 zone_day_start_ms(&zone, zone_date_add(autumn, 1)), &minutes);
	assert_int_equal(minutes.slots[6 * 24 + 2], 120);
	forecast_minutes(utc(), MONDAY_MS + 50 * 60000, MONDAY_MS + 2 * HOUR_MS + 60000, &minutes);
	assert_int_equal(minutes.slots[0], 10);
	assert_int_equal(minutes.slots[1], 60);
	assert_int_equal(minutes.slots[2], 1);
	// 00:30 in Warsaw is the day before in UTC.
	assert_true(
		forecast_place(&zone, at("2026-03-04", 10), at("2026-03-01", 0) - HOUR_MS / 2, &week, &slot));
	assert_int_equal(slot, 6 * 24);
	zone_fini(&zone);
}

static struct forecast_past past_of(int slot, const int *weeks, int count)
{
	struct forecast_past past = {{{0}}};
	for (int w = 0; w < count; w++)
		past.slots[w][slot] = weeks[w];
	return past;
}

static void is_fraction(struct forecast_fraction f, int64_t numerator, int64_t denominator)
{
	assert_true(f.numerator == numerator);
	assert_true(f.denominator == denominator);
}

// Eight Mondays at 10: 10 12 8 11 9 10 14 6, in all 80, mean 10. |8 x T - 80| / 7 of each, ascending:
// 0 0 8/7 8/7 16/7 16/7 32/7 32/7. The 7.2th is 32/7 = 4.57..., rounded up 5.
static void sums(void **state)
{
	static const int weeks[] = {10, 12, 8, 11, 9, 10, 14, 6};
	struct forecast_past past = past_of(10, weeks, 8);
	struct forecast_minutes rest = {{0}};
	struct forecast forecast;
	(void)state;
	rest.slots[10] = 60;
	assert_true(forecast_sum((struct forecast_side){100, &past}, 8, &rest, &forecast));
	is_fraction(forecast.value, 110, 1);
	is_fraction(forecast.low, 105, 1);
	is_fraction(forecast.high, 115, 1);
	// A quarter of the hour is left: 2.5 half to even is 2; 8/7 rounded up is 2.
	rest.slots[10] = 15;
	assert_true(forecast_sum((struct forecast_side){100, &past}, 8, &rest, &forecast));
	is_fraction(forecast.value, 102, 1);
	is_fraction(forecast.low, 100, 1);
	is_fraction(forecast.high, 104, 1);
	// Four weeks, 10 12 8 11: mean 10.25; |4 x T - 41| / 3 = 1/3 7/3 9/3 3/3, the 4th is 3.
	rest.slots[10] = 60;
	assert_true(forecast_sum((struct forecast_side){0, &past}, 4, &rest, &forecast));
	is_fraction(forecast.value, 10, 1);
	is_fraction(forecast.low, 7, 1);
	is_fraction(forecast.high, 13, 1);
	assert_false(forecast_sum((struct forecast_side){0, &past}, 3, &rest, &forecast));
	// Nothing is left of the period: it is what it is.
	rest.slots[10] = 0;
	assert_true(forecast_sum((struct forecast_side){77, &past}, 8, &rest, &forecast));
	is_fraction(forecast.value, 77, 1);
	is_fraction(forecast.low, 77, 1);
	is_fraction(forecast.high, 77, 1);
}

// The rest never takes away what is there, unless it did so before.
static void what_is_there_stays(void **state)
{
	static const int gains[] = {0, 0, 0, 40}, losses[] = {-20, 0, 0, 40};
	struct forecast_minutes rest = {{0}};
	struct forecast forecast;
	(void)state;
	rest.slots[3] = 60;
	struct forecast_past past = past_of(3, gains, 4); // |4 x 40 - 40| / 3 = 40
	assert_true(forecast_sum((struct forecast_side){5, &past}, 4, &rest, &forecast));
	is_fraction(forecast.value, 15, 1);
	is_fraction(forecast.low, 5, 1);
	is_fraction(forecast.high, 55, 1);
	past = past_of(3, losses, 4); // sum 20; |160 - 20| / 3 = 46.67
	assert_true(forecast_sum((struct forecast_side){5, &past}, 4, &rest, &forecast));
	is_fraction(forecast.value, 10, 1);
	is_fraction(forecast.low, -37, 1);
	is_fraction(forecast.high, 57, 1);
}

// So far 3 of 100; each week brings 100 more, with 1 2 3 and 2 hits: R[w] = 4/200 5/200 6/200 5/200. The
// others' means: (9 + 7) / 600, (9 + 6) / 600, (9 + 5) / 600, (9 + 6) / 600. Errors in millionths: 6667, 0,
// 6667, 0.
static void ratios(void **state)
{
	static const int hits[] = {1, 2, 3, 2}, trials[] = {100, 100, 100, 100};
	struct forecast_past top = past_of(0, hits, 4), bottom = past_of(0, trials, 4);
	struct forecast_past nothing = {{{0}}};
	struct forecast_minutes rest = {{0}};
	struct forecast forecast;
	(void)state;
	rest.slots[0] = 60;
	assert_true(forecast_ratio((struct forecast_side){3, &top}, (struct forecast_side){100, &bottom}, 4,
				   &rest, &forecast));
	// (4 x 3 x 60 + 8 x 60) / (4 x 100 x 60 + 400 x 60) = 1200 / 48000
	is_fraction(forecast.value, 1200, 48000);
	is_fraction(forecast.low, 25000 - 6667, 1000000);
	is_fraction(forecast.high, 25000 + 6667, 1000000);
	assert_false(forecast_ratio((struct forecast_side){3, &top}, (struct forecast_side){100, &bottom}, 3,
				    &rest, &forecast));
	assert_false(forecast_ratio((struct forecast_side){0, &nothing}, (struct forecast_side){0, &nothing},
				    4, &rest, &forecast));
}

static void due(void **state)
{
	static const int weeks[] = {10, 10, 20, 20};
	struct forecast_past past = past_of(5, weeks, 4), nothing = {{{0}}};
	struct forecast_minutes gone = {{0}}, rest = {{0}};
	struct forecast_fraction share;
	(void)state;
	for (int w = 0; w < 4; w++)
		past.slots[w][6] = 3 * past.slots[w][5];
	gone.slots[5] = rest.slots[6] = 60;
	assert_true(forecast_due(&past, 4, &gone, &rest, &share));
	assert_true(share.numerator * 4 == share.denominator);
	assert_false(forecast_due(&past, 3, &gone, &rest, &share));
	assert_false(forecast_due(&nothing, 4, &gone, &rest, &share));
	// Sums beyond any shop: the share keeps its digits.
	for (int w = 0; w < 4; w++) {
		past.slots[w][5] *= INT64_C(1000000000000000);
		past.slots[w][6] *= INT64_C(1000000000000000);
	}
	assert_true(forecast_due(&past, 4, &gone, &rest, &share));
	assert_true(share.denominator < ((money_sum)1 << 40));
	assert_true(share.numerator * 4 - share.denominator <= 4 &&
		    share.denominator - share.numerator * 4 <= 4);
}

static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

// Sum of 48 dice: near enough to a bell.
static int noisy(uint64_t *seed)
{
	int sum = 0;
	for (int i = 0; i < 6; i++) {
		uint64_t bits = draw(seed);
		for (int k = 0; k < 8; k++, bits >>= 8)
			sum += (int)(bits & 0xff);
	}
	return sum;
}

static void interval_holds(void **state)
{
	enum { TRIALS = 20000 };
	(void)state;
	for (uint32_t weeks = FORECAST_WEEKS_MIN; weeks <= FORECAST_WEEKS; weeks += 4) {
		uint64_t seed = 2026 + weeks;
		int held = 0;
		for (int i = 0; i < TRIALS; i++) {
			struct forecast_past past = {{{0}}};
			struct forecast_minutes rest = {{0}};
			struct forecast forecast;
			for (uint32_t w = 0; w < weeks; w++)
				past.slots[w][0] = noisy(&seed);
			rest.slots[0] = 60;
			assert_true(forecast_sum((struct forecast_side){0, &past}, weeks, &rest, &forecast));
			int came = noisy(&seed);
			held += came >= forecast.low.numerator && came <= forecast.high.numerator;
		}
		assert_in_range(held, TRIALS * 77 / 100, TRIALS * 82 / 100);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),         cmocka_unit_test(minutes_of_odd_days),
		cmocka_unit_test(sums),           cmocka_unit_test(what_is_there_stays),
		cmocka_unit_test(ratios),         cmocka_unit_test(due),
		cmocka_unit_test(interval_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
