// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Time is right: one event at an instant of a zone, and the hour, day, week and month it must count in,
// worked out by hand from the zones' rules. All of it once with the zone known before and once with the zone
// stated afterwards. Then the clock: when a cart is abandoned on days of 23 and 25 hours, and a clock that
// goes back.
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

struct instant {
	const char *zone, *at;                 // all in UTC
	const char *hour, *day, *week, *month; // starts of its windows
};

static const struct instant instants[] = {
	// Warsaw, the day of 23 hours: 01:30, 03:00 an hour's half later, the last millisecond, the next day
	{"Europe/Warsaw", "2026-03-29 00:30:00.000", "2026-03-29 00:00", "2026-03-28 23:00",
	 "2026-03-22 23:00", "2026-02-28 23:00"},
	{"Europe/Warsaw", "2026-03-29 01:00:00.000", "2026-03-29 01:00", "2026-03-28 23:00",
	 "2026-03-22 23:00", "2026-02-28 23:00"},
	{"Europe/Warsaw", "2026-03-29 21:59:59.999", "2026-03-29 21:00", "2026-03-28 23:00",
	 "2026-03-22 23:00", "2026-02-28 23:00"},
	{"Europe/Warsaw", "2026-03-29 22:00:00.000", "2026-03-29 22:00", "2026-03-29 22:00",
	 "2026-03-29 22:00", "2026-02-28 23:00"},
	// the day of 25: half past two on the first pass and on the second
	{"Europe/Warsaw", "2026-10-25 00:30:00.000", "2026-10-25 00:00", "2026-10-24 22:00",
	 "2026-10-18 22:00", "2026-09-30 22:00"},
	{"Europe/Warsaw", "2026-10-25 01:30:00.000", "2026-10-25 01:00", "2026-10-24 22:00",
	 "2026-10-18 22:00", "2026-09-30 22:00"},
	{"Europe/Warsaw", "2026-10-25 22:59:59.999", "2026-10-25 22:00", "2026-10-24 22:00",
	 "2026-10-18 22:00", "2026-09-30 22:00"},
	{"Europe/Warsaw", "2026-10-25 23:00:00.000", "2026-10-25 23:00", "2026-10-25 23:00",
	 "2026-10-25 23:00", "2026-09-30 22:00"},
	// the leap day, its end, and a century without one
	{"Europe/Warsaw", "2028-02-29 22:30:00.000", "2028-02-29 22:00", "2028-02-28 23:00",
	 "2028-02-27 23:00", "2028-01-31 23:00"},
	{"Europe/Warsaw", "2028-02-29 23:00:00.000", "2028-02-29 23:00", "2028-02-29 23:00",
	 "2028-02-27 23:00", "2028-02-29 23:00"},
	{"UTC", "2100-02-28 23:59:59.999", "2100-02-28 23:00", "2100-02-28 00:00", "2100-02-22 00:00",
	 "2100-02-01 00:00"},
	{"UTC", "2100-03-01 00:00:00.000", "2100-03-01 00:00", "2100-03-01 00:00", "2100-03-01 00:00",
	 "2100-03-01 00:00"},
	// a week across a year's end
	{"Europe/Warsaw", "2025-12-31 23:30:00.000", "2025-12-31 23:00", "2025-12-31 23:00",
	 "2025-12-28 23:00", "2025-12-31 23:00"},
	{"UTC", "2026-12-31 23:59:59.999", "2026-12-31 23:00", "2026-12-31 00:00", "2026-12-28 00:00",
	 "2026-12-01 00:00"},
	{"UTC", "2027-01-01 00:00:00.000", "2027-01-01 00:00", "2027-01-01 00:00", "2026-12-28 00:00",
	 "2027-01-01 00:00"},
	// half hours: hours begin at half past in UTC
	{"Asia/Kolkata", "2026-05-05 18:29:59.999", "2026-05-05 17:30", "2026-05-04 18:30",
	 "2026-05-03 18:30", "2026-04-30 18:30"},
	{"Asia/Kolkata", "2026-05-05 18:30:00.000", "2026-05-05 18:30", "2026-05-05 18:30",
	 "2026-05-03 18:30", "2026-04-30 18:30"},
	{"America/St_Johns", "2026-01-01 03:29:59.999", "2026-01-01 02:30", "2025-12-31 03:30",
	 "2025-12-29 03:30", "2025-12-01 03:30"},
	{"America/St_Johns", "2026-03-08 05:30:00.000", "2026-03-08 05:30", "2026-03-08 03:30",
	 "2026-03-02 03:30", "2026-03-01 03:30"},
	// half an hour of summer time: 01:30 comes again, 02:00 to 02:30 does not come
	{"Australia/Lord_Howe", "2026-04-04 14:45:00.000", "2026-04-04 14:00", "2026-04-04 13:00",
	 "2026-03-29 13:00", "2026-03-31 13:00"},
	{"Australia/Lord_Howe", "2026-04-04 15:10:00.000", "2026-04-04 15:00", "2026-04-04 13:00",
	 "2026-03-29 13:00", "2026-03-31 13:00"},
	{"Australia/Lord_Howe", "2026-10-03 15:40:00.000", "2026-10-03 15:30", "2026-10-03 13:30",
	 "2026-09-27 13:30", "2026-09-30 13:30"},
	// the day that was left out
	{"Pacific/Apia", "2011-12-30 09:59:59.999", "2011-12-30 09:00", "2011-12-29 10:00",
	 "2011-12-26 10:00", "2011-12-01 10:00"},
	{"Pacific/Apia", "2011-12-30 10:00:00.000", "2011-12-30 10:00", "2011-12-30 10:00",
	 "2011-12-26 10:00", "2011-12-01 10:00"},
	// summer time that rests in Ramadan
	{"Africa/Casablanca", "2026-02-15 02:30:00.000", "2026-02-15 02:00", "2026-02-14 23:00",
	 "2026-02-08 23:00", "2026-01-31 23:00"},
	{"Africa/Casablanca", "2026-02-16 00:00:00.000", "2026-02-16 00:00", "2026-02-16 00:00",
	 "2026-02-16 00:00", "2026-01-31 23:00"},
	{"America/New_York", "2026-03-08 07:00:00.000", "2026-03-08 07:00", "2026-03-08 05:00",
	 "2026-03-02 05:00", "2026-03-01 05:00"},
};

enum { INSTANTS = sizeof(instants) / sizeof(instants[0]) };

// "2026-03-29 00:30" with or without seconds, of UTC.
static int64_t utc_ms(const char *text)
{
	char day[11] = "";
	struct zone_date date;
	int hour, minute, second = 0, ms = 0;
	memcpy(day, text, 10);
	assert_true(zone_date_parse(day, &date));
	assert_true(sscanf(text + 10, " %2d:%2d:%2d.%3d", &hour, &minute, &second, &ms) >= 2);
	return zone_date_days(date) * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS + second * 1000 + ms;
}

// A shop with a page view and an order at the instant; its zone is stated before both or after.
static struct world *shop_at(const struct instant *instant, bool stated_after)
{
	int64_t t_ms = utc_ms(instant->at);
	struct world *world = world_create(t_ms - t_ms % MINUTE_MS);
	struct box *zone = box_settings(1, "PLN", instant->zone, 0);
	struct box *view = box_page_view(t_ms, "v"), *order;
	order = box_order(t_ms, ORIGIN_SERVER, "v", NULL, "o", 0, 100);
	view->fold.id[0] = 1;
	order->fold.id[0] = 2;
	zone->fold.id[0] = 3;
	world_say(world, box_settings(0, "PLN", "Asia/Tokyo", 0));
	if (!stated_after)
		world_say(world, zone);
	world_say(world, view);
	world_say(world, order);
	world_fold(world, 0);
	world_checkpoint(world);
	if (stated_after)
		world_say(world, zone);
	world_fold(world, 0);
	world_checkpoint(world);
	return world;
}

static void check_window(struct world *world, const struct instant *instant, enum window window,
			 enum fold_grain grain, const char *start)
{
	int64_t t_ms = utc_ms(instant->at), start_ms = utc_ms(start), found_ms, end_ms;
	zone_window(fold_zone(world_of(world)), window, t_ms, &found_ms, &end_ms);
	bool is_there =
		found_ms == start_ms &&
		world_cell(world, M_VISITORS, grain, start_ms, FOLD_TOTAL, "-") == 1 &&
		world_all(world, M_VISITORS, grain) == 1 &&
		world_figure(world, "gmv", window, t_ms, FOLD_TOTAL, "-").numerator == 100 &&
		world_figure(world, "gmv", window, start_ms, FOLD_TOTAL, "-").numerator == 100 &&
		world_figure(world, "gmv", window, start_ms - 1, FOLD_TOTAL, "-").numerator == 0 &&
		world_figure(world, "page_views", window, end_ms - 1, FOLD_TOTAL, "-").numerator == 1 &&
		world_figure(world, "page_views", window, end_ms, FOLD_TOTAL, "-").numerator == 0;
	if (!is_there)
		fail_msg("%s at %s is not in the %s from %s", instant->zone, instant->at, window_name(window),
			 start);
}

static void an_event_counts_where_it_belongs(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * INSTANTS; i++) {
		const struct instant *instant = &instants[i / 2];
		struct world *world = shop_at(instant, i % 2);
		check_window(world, instant, WINDOW_HOUR, FOLD_HOUR, instant->hour);
		check_window(world, instant, WINDOW_DAY, FOLD_DAY, instant->day);
		check_window(world, instant, WINDOW_WEEK, FOLD_WEEK, instant->week);
		check_window(world, instant, WINDOW_MONTH, FOLD_MONTH, instant->month);
		assert_true(world_cell(world, M_GMV, FOLD_DAY, utc_ms(instant->day), FOLD_TOTAL, "-") == 100);
		assert_true(world_all(world, M_GMV, FOLD_DAY) == 100);
		world_destroy(world);
	}
}

// All instants of a zone in one shop, told in turn and backwards with the zone at the end.
static void the_order_of_arrival_and_a_late_zone_do_not_matter(void **state)
{
	(void)state;
	for (int first = 0, next; first < INSTANTS; first = next) {
		struct world *ahead = world_create(utc_ms("2101-01-01 00:00")),
			     *back = world_create(utc_ms("2101-01-01 00:00"));
		struct box *zone = box_settings(1, "PLN", instants[first].zone, 0), *view;
		for (next = first; next < INSTANTS && strcmp(instants[next].zone, instants[first].zone) == 0;)
			next++;
		world_say(back, box_settings(0, "PLN", "UTC", 240));
		world_say(ahead, box_copy(zone));
		for (int i = first; i < next; i++) {
			view = box_page_view(utc_ms(instants[i].at), "v");
			view->fold.id[0] = (uint8_t)i;
			world_say(ahead, view);
		}
		for (int i = next - 1; i >= first; i--) {
			view = box_page_view(utc_ms(instants[i].at), "v");
			view->fold.id[0] = (uint8_t)i;
			world_say(back, view);
			world_fold(back, 0);
			world_checkpoint(back);
		}
		world_say(back, zone);
		world_fold(ahead, 0);
		world_fold(back, 0);
		world_checkpoint(ahead);
		world_checkpoint(back);
		const char *difference = world_difference(ahead, back, false);
		if (difference)
			fail_msg("%s: %s", instants[first].zone, difference);
		assert_true(world_all(ahead, M_PAGE_VIEWS, FOLD_DAY) == next - first);
		world_destroy(ahead);
		world_destroy(back);
	}
}

// 24 hours are 24 hours, whatever the wall clock did: with a clock put forward between, 12:00 to 13:00.
static void a_cart_is_abandoned_after_so_many_hours(void **state)
{
	(void)state;
	static const char *const left[] = {"2026-03-28 11:00", "2026-10-24 10:00", "2026-06-01 10:00",
					   "2028-02-28 23:30", "2026-12-31 12:00"};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		int64_t t_ms = utc_ms(left[i]);
		struct world *world = world_create(t_ms);
		world_say(world, box_settings(0, "PLN", "Europe/Warsaw", 0));
		world_say(world, box_add(t_ms, "v", "c", "s", 1));
		world_fold(world, 0);
		world_checkpoint(world);
		world_tick(world, t_ms + DAY_MS - MINUTE_MS);
		world_checkpoint(world);
		assert_int_equal(world_day(world, "cart_abandonment_rate", t_ms), 0);
		world_tick(world, t_ms + DAY_MS);
		world_checkpoint(world);
		assert_int_equal(world_day(world, "cart_abandonment_rate", t_ms), 1);
		world_destroy(world);
	}
}

// A clock that goes back is not followed; one that leaps ahead brings all that fell due, at once; events go
// on being folded, from before and from behind A, and a replay at that A says the same.
static void the_clock_never_goes_back(void **state)
{
	(void)state;
	int64_t t_ms = utc_ms("2026-03-28 11:00");
	struct world *world = world_create(t_ms);
	world_say(world, box_settings(0, "PLN", "Europe/Warsaw", 0));
	world_say(world, box_add(t_ms, "v", "c", "s", 1));
	world_say(world, box_add(t_ms + HOUR_MS, "w", "d", "s", 1));
	world_fold(world, 0);
	world_checkpoint(world);
	world_tick(world, t_ms + 365 * DAY_MS);
	world_checkpoint(world);
	assert_int_equal(world_day(world, "cart_abandonment_rate", t_ms), 2);
	world_tick(world, t_ms - 365 * DAY_MS);
	assert_true(fold_as_of_ms(world_of(world)) == t_ms + 365 * DAY_MS);
	world_say(world, box_cart(t_ms + 2 * HOUR_MS, "v", "c", UTARG__V1__EVENT__BODY_VIEW_CART));
	world_say(world, box_cart(t_ms + 366 * DAY_MS, "w", "d", UTARG__V1__EVENT__BODY_VIEW_CART));
	world_fold(world, 0);
	world_checkpoint(world);
	assert_int_equal(world_day(world, "cart_abandonment_rate", t_ms), 1); // d was touched after A
	struct world *again = world_replay(world, t_ms + 365 * DAY_MS);
	world_fold(again, 0);
	world_checkpoint(again);
	assert_null(world_difference(world, again, true));
	world_destroy(again);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_counts_where_it_belongs),
		cmocka_unit_test(the_order_of_arrival_and_a_late_zone_do_not_matter),
		cmocka_unit_test(a_cart_is_abandoned_after_so_many_hours),
		cmocka_unit_test(the_clock_never_goes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
