// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Lengths of visits, live visitors, searches, page speed and errors, and the funnel.
#include "tests/unit/metrics/helper_world.h"

#include <string.h>

static void check(struct world *world, const char *kpi, int64_t numerator, int64_t denominator)
{
	struct world_figure f = world_figure(world, kpi, WINDOW_DAY, T0, FOLD_TOTAL, "-");
	if (f.numerator != numerator || f.denominator != denominator)
		fail_msg("%s: %lld / %lld, expected %lld / %lld", kpi, (long long)f.numerator,
			 (long long)f.denominator, (long long)numerator, (long long)denominator);
}

static void check_text(struct world *world, const char *kpi, const char *expected)
{
	struct world_figure f = world_figure(world, kpi, WINDOW_DAY, T0, FOLD_TOTAL, "-");
	char value[KPI_VALUE_SIZE];
	kpi_value(kpi_find(kpi), f.numerator, f.denominator, "PLN", value);
	assert_string_equal(value, expected);
}

static void lengths_of_visits(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	check(world, "visit_seconds_p50", 0, 0);
	world_say(world, box_page_view(T0, "a"));
	world_say(world, box_page_view(T0, "b"));
	world_say(world, box_page_view(T0, "c"));
	world_say(world, box_page_view(T0 + 20, "c")); // 20 ms: a level of its own
	world_say(world, box_page_view(T0, "d"));
	world_say(world, box_page_view(T0 + 100000, "d")); // between 2^16 and 2^17 a level has 4096 ms
	world_settle(world);
	check(world, "visit_seconds_p50", 0, 1); // the second of 0, 0, 20, 98304
	check(world, "visit_seconds_p90", 98304, 1);
	check_text(world, "visit_seconds_p90", "98.304");
	check(world, "visit_seconds", 100020, 4);
	world_tell(world, box_page_view(T0 + 20, "a")); // a visit gets longer: 0, 20, 20, 98304
	check(world, "visit_seconds_p50", 20, 1);
	world_tell(world, box_page_view(T0 - 50000, "d")); // another first event, on the day before
	check(world, "visit_seconds_p90", 20, 1);
	struct world_figure f =
		world_figure(world, "visit_seconds_p50", WINDOW_HOUR, T0 - 1, FOLD_TOTAL, "-");
	assert_true(f.numerator == 147456 && f.denominator == 1); // 150000 in levels of 8192
	world_destroy(world);
}

// The revision of a level that a visit left and of the one it came to, and no other's.
static void levels_have_revisions(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	world_tell(world, box_page_view(T0, "a"));      // seq 2
	world_tell(world, box_page_view(T0 + 40, "a")); // seq 3: 40
	assert_int_equal(world_figure(world, "visit_seconds_p50", WINDOW_DAY, T0, FOLD_TOTAL, "-").revision,
			 3);
	world_tell(world, box_page_view(T0 + 41, "a")); // still 40
	assert_int_equal(world_figure(world, "visit_seconds_p50", WINDOW_DAY, T0, FOLD_TOTAL, "-").revision,
			 3);
	assert_true(world_level(world, M_VISIT_LEVELS, FOLD_DAY, T0, FOLD_TOTAL, "-", 40) == 1);
	assert_true(world_level(world, M_VISIT_LEVELS, FOLD_DAY, T0, FOLD_TOTAL, "-", 0) == 0);
	assert_true(world_level(world, M_VISIT_LEVELS, FOLD_QUARTER, T0, FOLD_TOTAL, "-", 40) == 1);
	world_tell(world, box_page_view(T0 + 10 * MINUTE_MS + 30, "b"));
	world_tell(world,
		   box_page_view(T0 + 10 * MINUTE_MS, "b")); // longer at the other end, in the same minute
	assert_true(world_level(world, M_VISIT_LEVELS, FOLD_DAY, T0, FOLD_TOTAL, "-", 30) == 1);
	assert_true(world_level(world, M_VISIT_LEVELS, FOLD_DAY, T0, FOLD_TOTAL, "-", 0) == 0);
	world_destroy(world);
}

static int64_t live(struct world *world, int64_t minute, enum fold_dimension dimension, const char *key)
{
	return (int64_t)world_figure(world, "live_visitors", WINDOW_MINUTE, T0 + minute * MINUTE_MS,
				     dimension, key)
		.numerator;
}

// "..2210": the live visitors at that many minutes from the given one on.
static void check_live(struct world *world, int64_t from, const char *expected)
{
	for (int64_t i = 0; expected[i]; i++)
		if (live(world, from + i, FOLD_TOTAL, "-") != expected[i] - '0')
			fail_msg("minute %lld: %lld, expected %c", (long long)(from + i),
				 (long long)live(world, from + i, FOLD_TOTAL, "-"), expected[i]);
}

static void live_visitors(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + HOUR_MS);
	world_tell(world, box_page_view(T0 + 1, "a")); // at the minutes 1 to 5
	check_live(world, 0, "01111100");
	world_tell(world, box_page_view(T0, "b")); // at its own minute, too, and not five minutes later
	check_live(world, 0, "122221000");
	world_tell(world, box_page_view(T0 + 20 * MINUTE_MS, "a")); // the same visit, not live in between
	check_live(world, 0, "1222210000000000000011111000");
	world_tell(world, box_page_view(T0 + 10 * MINUTE_MS, "a")); // comes late
	check_live(world, 0, "1222210000111110000011111000");
	world_tell(world, box_page_view(T0 + 12 * MINUTE_MS, "a")); // twice is once
	check_live(world, 0, "1222210000111111100011111000");
	world_tell(world, box_page_view(T0 + 8 * MINUTE_MS, "a")); // joins on the other side
	check_live(world, 0, "1222210011111111100011111000");
	world_tell(world, box_page_view(T0 + 5 * MINUTE_MS, "a")); // fills the pause
	check_live(world, 0, "1222211111111111100011111000");
	world_destroy(world);
}

static void live_minutes_move(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + HOUR_MS);
	struct box *box = box_page_view(T0 + 20 * MINUTE_MS, "a");
	box->context.device = UTARG__V1__DEVICE__DEVICE_MOBILE;
	world_tell(world, box);
	assert_int_equal(live(world, 24, FOLD_DEVICE, "mobile"), 1);
	box = box_page_view(T0, "a"); // the visit began on another device
	box->context.device = UTARG__V1__DEVICE__DEVICE_TV;
	world_tell(world, box);
	assert_int_equal(live(world, 24, FOLD_DEVICE, "mobile"), 0);
	assert_int_equal(live(world, 24, FOLD_DEVICE, "tv"), 1);
	assert_int_equal(live(world, 4, FOLD_DEVICE, "tv"), 1);
	assert_int_equal(live(world, 10, FOLD_DEVICE, "tv"), 0);
	// Minutes of the day before yesterday are not kept, later ones of the same visit are.
	world_tick(world, T0 + 2 * DAY_MS + 10 * MINUTE_MS);
	world_tell(world, box_page_view(T0 - 5 * MINUTE_MS, "a"));
	assert_int_equal(live(world, 4, FOLD_TOTAL, "-"), 0);
	assert_int_equal(live(world, 19, FOLD_TOTAL, "-"), 0);
	assert_int_equal(live(world, 24, FOLD_TOTAL, "-"), 1);
	assert_int_equal(live(world, 24, FOLD_DEVICE, "unknown"), 1);
	world_destroy(world);
}

// Two visits into which the second's minutes fall are two; a late event makes them one, with a lull.
static void live_visits_merge(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 3 * HOUR_MS);
	world_say(world, box_page_view(T0, "a"));
	world_say(world, box_page_view(T0 + 50 * MINUTE_MS, "a"));
	world_settle(world);
	world_evict(world, 0);
	world_tell(world, box_page_view(T0 + 25 * MINUTE_MS, "a"));
	assert_int_equal(world_day(world, "sessions", T0), 1);
	check_live(world, 0, "1111100000000000000000000111110000000000000000000011111000");
	world_destroy(world);
}

static void searches(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	world_say(world, box_search(T0 + MINUTE_MS, "a", 12));
	world_say(world, box_search(T0 + MINUTE_MS, "a", 0));
	world_say(world, box_search(T0 + MINUTE_MS + 1, "a", 0));
	struct box *box = box_search(T0, "b", 0); // denied: it counts without the visitor
	box->event.consent = &box->consent;
	box->consent.analytics = UTARG__V1__CHOICE__CHOICE_DENIED;
	world_say(world, box);
	box = box_search(T0, "c", 7);
	box->fold.origin = ORIGIN_SERVER; // it opens no visit
	world_say(world, box);
	world_settle(world);
	check(world, "search_miss_rate", 3, 5);
	check(world, "sessions", 1, 1);
	box = box_page_view(T0, "a"); // the visit began before, on a phone, from an app
	box->context.device = UTARG__V1__DEVICE__DEVICE_MOBILE;
	box->event.channel = UTARG__V1__CHANNEL__CHANNEL_APP;
	world_tell(world, box);
	struct world_figure f =
		world_figure(world, "search_miss_rate", WINDOW_DAY, T0, FOLD_DEVICE, "mobile");
	assert_true(f.numerator == 2 && f.denominator == 3);
	f = world_figure(world, "search_miss_rate", WINDOW_DAY, T0, FOLD_DEVICE, "unknown");
	assert_true(f.numerator == 1 && f.denominator == 2);
	f = world_figure(world, "search_miss_rate", WINDOW_DAY, T0, FOLD_SALES_CHANNEL, "app");
	assert_true(f.denominator == 0); // each has its own
	world_destroy(world);
}

static void page_speed(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	world_say(world, box_page_timing(T0, "a", 1000, 0)); // in levels of 32
	world_say(world, box_page_timing(T0 + 1, "a", 2000, 0));
	world_say(world, box_page_timing(T0 + 2, "a", 0, 31));
	world_say(world, box_page_timing(T0 + 3, "", 3000, 0));
	world_say(world, box_page_timing(T0 + 4, "b", 4000, 0));
	world_settle(world);
	check(world, "page_speed_lcp_p75", 2944, 1); // the third of four: 3000 in levels of 128
	check_text(world, "page_speed_lcp_p75", "2944");
	check(world, "page_speed_interaction_p75", 31, 1);
	world_tell(world, box_page_timing(T0 + 5, "b", 500, 0)); // the fourth of five
	check(world, "page_speed_lcp_p75", 2944, 1);
	world_tell(world, box_page_timing(T0 + 6, "b", 5000, 0)); // the fifth of six: 4000 in levels of 128
	check(world, "page_speed_lcp_p75", 3968, 1);
	world_destroy(world);
}

static void page_errors(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	world_say(world, box_page_error(T0, "a"));
	world_settle(world);
	check_text(world, "page_errors", "");
	world_say(world, box_page_error(T0 + 1, "a"));
	world_say(world, box_page_error(T0 + 2, ""));
	for (int i = 0; i < 8; i++)
		world_say(world, box_page_view(T0 + i, "a"));
	world_settle(world);
	check(world, "page_errors", 3000, 8);
	check_text(world, "page_errors", "375.000000");
	world_destroy(world);
}

static void funnel(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	world_say(world, box_page_view(T0, "looks"));
	world_say(world, box_view_item(T0, "views", "s"));
	world_say(world, box_add(T0, "adds", "c", "s", 1));
	world_say(world, box_cart(T0, "checks", "d", UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT));
	world_say(world, box_order(T0, ORIGIN_CLIENT, "orders", "", "o", 0, 100));
	world_settle(world);
	check(world, "funnel_view_item", 4, 5);
	check(world, "funnel_add_to_cart", 3, 5);
	check(world, "funnel_begin_checkout", 2, 5);
	check(world, "funnel_order", 1, 5);
	// An order told by the server belongs to the visit as well.
	world_tell(world, box_order(T0 + 1, ORIGIN_SERVER, "looks", "", "p", 0, 100));
	check(world, "funnel_view_item", 5, 5);
	check(world, "funnel_begin_checkout", 3, 5);
	check(world, "funnel_order", 2, 5);
	world_tell(world, box_view_item(T0 + 1, "adds", "s")); // an earlier step changes nothing
	check(world, "funnel_view_item", 5, 5);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_of_visits),
		cmocka_unit_test(levels_have_revisions),
		cmocka_unit_test(live_visitors),
		cmocka_unit_test(live_minutes_move),
		cmocka_unit_test(live_visits_merge),
		cmocka_unit_test(searches),
		cmocka_unit_test(page_speed),
		cmocka_unit_test(page_errors),
		cmocka_unit_test(funnel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
