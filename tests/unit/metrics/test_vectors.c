// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The vectors of KPI.md section 7 that concern sessions, carts and orders, told as figures.
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

#define WARSAW "Europe/Warsaw"

static int64_t at(int month, int day, int hour, int minute)
{
	return local_ms(WARSAW, 2026, month, day, hour, minute);
}

static struct world *open_shop(const char *currency, uint32_t gap_minutes)
{
	struct world *world = world_create(at(12, 31, 0, 0));
	world_say(world, box_settings(at(1, 1, 0, 0), currency, WARSAW, gap_minutes));
	return world;
}

static void check_ratio(struct world *world, const char *kpi, int64_t t_ms, int64_t numerator,
			int64_t denominator)
{
	struct world_figure f = world_figure(world, kpi, WINDOW_DAY, t_ms, FOLD_TOTAL, "-");
	if (f.numerator != numerator || f.denominator != denominator)
		fail_msg("%s is %lld / %lld, not %lld / %lld", kpi, (long long)f.numerator,
			 (long long)f.denominator, (long long)numerator, (long long)denominator);
}

static void vector_1_two_orders_in_a_session(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN", 0);
	int64_t t = at(3, 2, 12, 0);
	world_say(world, box_page_view(t, "v"));
	world_say(world, box_order(t + 5 * MINUTE_MS, ORIGIN_CLIENT, "v", "k", "o1", 0, 10000));
	world_say(world, box_order(t + 9 * MINUTE_MS, ORIGIN_CLIENT, "v", "k", "o2", 0, 5000));
	world_settle(world);
	assert_int_equal(world_day(world, "orders", t), 2);
	check_ratio(world, "conversion_rate", t, 1, 1);
	check_ratio(world, "visitor_conversion_rate", t, 1, 1);
	assert_int_equal(world_day(world, "net_revenue", t), 15000);
	assert_int_equal(world_day(world, "turnover", t), 18450);
	check_ratio(world, "basket_value", t, 15000, 2);
	assert_int_equal(world_day(world, "new_customers", t), 1);
	assert_int_equal(world_day(world, "unattributed_orders", t), 0);
	check_ratio(world, "bounce_rate", t, 0, 1);
	world_destroy(world);
}

static void vector_2_the_same_order_told_twice(void **state)
{
	(void)state;
	for (int server_first = 0; server_first < 2; server_first++) {
		struct world *world = open_shop("PLN", 0), *other = open_shop("PLN", 0);
		int64_t t = at(3, 2, 12, 0);
		struct box *browser = box_order(t, ORIGIN_CLIENT, "v", NULL, "o", 0, 9000);
		struct box *server = box_order(t + 40 * MINUTE_MS, ORIGIN_SERVER, NULL, "k", "o", 0, 10000);
		browser->context.device = UTARG__V1__DEVICE__DEVICE_MOBILE;
		server->body.order_body.placed_at_ms = t;
		world_say(other, box_order(t, ORIGIN_SERVER, NULL, NULL, "o", 0, 700));
		world_say(world, server_first ? server : browser);
		world_say(world, server_first ? browser : server);
		world_say(world, box_copy(browser));
		world_say(world, box_copy(server));
		world_settle(world);
		world_settle(other);
		assert_int_equal(world_day(world, "orders", t), 1);
		assert_int_equal(world_day(world, "net_revenue", t), 10000); // the server's content
		check_ratio(world, "conversion_rate", t, 1, 1);              // the browser's visitor
		assert_int_equal(world_day_of(world, "orders", t, FOLD_DEVICE, "mobile"), 1);
		assert_int_equal(world_day(world, "new_customers", t), 1);
		assert_int_equal(world_day(other, "orders", t), 1); // another shop, the same id
		assert_int_equal(world_day(other, "net_revenue", t), 700);
		world_destroy(world);
		world_destroy(other);
	}
}

static void vector_3_midnight_is_no_border(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN", 0);
	int64_t summer = local_ms("UTC", 2026, 7, 1, 21, 58); // local midnight lies at 22:00 UTC
	world_say(world, box_page_view(summer, "v"));
	world_say(world, box_page_view(summer + 5 * MINUTE_MS, "v"));
	int64_t winter = at(1, 10, 23, 50);
	world_say(world, box_page_view(winter, "w"));
	world_say(world, box_page_view(winter + 20 * MINUTE_MS, "w"));
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", summer), 1);
	assert_int_equal(world_day(world, "sessions", summer + 5 * MINUTE_MS), 0);
	assert_int_equal(world_day(world, "page_views", summer), 1);
	assert_int_equal(world_day(world, "page_views", summer + 5 * MINUTE_MS), 1);
	check_ratio(world, "views_per_session", summer, 2, 1);
	assert_int_equal(world_day(world, "sessions", winter), 1);
	assert_int_equal(world_day(world, "sessions", winter + 20 * MINUTE_MS), 0);
	check_ratio(world, "visit_seconds", winter, 20 * MINUTE_MS, 1);
	assert_int_equal(world_figure(world, "sessions", WINDOW_HOUR, winter, FOLD_TOTAL, "-").numerator, 1);
	world_destroy(world);
}

static void vector_4_a_cart_over_days(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN", 0);
	int64_t t = at(3, 2, 18, 0);
	world_say(world, box_add(t, "v", "c", "sku", 1));
	for (int day = 1; day < 5; day++)
		world_say(world, box_cart(t + day * DAY_MS, "v", "c", UTARG__V1__EVENT__BODY_VIEW_CART));
	world_fold(world, 0);
	world_checkpoint(world);
	check_ratio(world, "cart_abandonment_rate", t, 1, 1); // so far
	struct box *order = box_order(t + 5 * DAY_MS, ORIGIN_CLIENT, "v", NULL, "o", 0, 10000);
	static char cart[] = "c";
	order->body.order_body.cart_id = cart;
	world_say(world, order);
	world_say(world, box_add(t, "w", "d", "a", 2));
	world_say(world, box_add(t + MINUTE_MS, "w", "d", "b", 1));
	world_say(world, box_remove(t + 2 * MINUTE_MS, "w", "d", "a", 2));
	world_say(world, box_remove(t + 3 * MINUTE_MS, "w", "d", "b", 1));
	world_say(world, box_add(t, "x", "e", "a", 2));
	world_say(world, box_cart(t + MINUTE_MS, "x", "e", UTARG__V1__EVENT__BODY_CART_EMPTIED));
	world_settle(world);
	assert_int_equal(world_day(world, "carts", t), 3);
	check_ratio(world, "cart_abandonment_rate", t, 0, 1);
	check_ratio(world, "cart_recovery_rate", t, 1, 1);
	assert_int_equal(world_all(world, M_CARTS_EMPTIED, FOLD_DAY), 2);
	world_destroy(world);
}

static void vector_4_the_clock_abandons(void **state)
{
	(void)state;
	int64_t t = at(3, 2, 18, 0);
	struct world *world = world_create(t);
	world_say(world, box_settings(at(1, 1, 0, 0), "PLN", WARSAW, 0));
	world_say(world, box_add(t, "v", "c", "sku", 1));
	world_settle(world);
	world_evict(world, 0);
	world_tick(world, t + DAY_MS - MINUTE_MS);
	world_checkpoint(world);
	check_ratio(world, "cart_abandonment_rate", t, 0, 0); // open
	int64_t revision =
		world_figure(world, "cart_abandonment_rate", WINDOW_DAY, t, FOLD_TOTAL, "-").revision;
	assert_int_equal(revision, 2);
	world_tick(world, t + DAY_MS);
	world_checkpoint(world);
	check_ratio(world, "cart_abandonment_rate", t, 1, 1);
	assert_int_equal(
		world_figure(world, "cart_abandonment_rate", WINDOW_DAY, t, FOLD_TOTAL, "-").revision,
		revision);
	world_say(world, box_cart(t + DAY_MS, "v", "c", UTARG__V1__EVENT__BODY_VIEW_CART));
	world_settle(world);
	check_ratio(world, "cart_abandonment_rate", t, 0, 0); // touched again
	world_destroy(world);
}

static void vector_7_forty_days_late(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN", 0);
	int64_t t = at(3, 2, 12, 0);
	world_say(world, box_order(t, ORIGIN_SERVER, NULL, NULL, "o1", 0, 100));
	world_say(world, box_page_view(t + 40 * DAY_MS, "v"));
	world_settle(world);
	assert_int_equal(world_day(world, "orders", t), 1);
	struct box *late = box_order(t + HOUR_MS, ORIGIN_SERVER, NULL, NULL, "o2", 0, 250);
	late->fold.received_at_ms = t + 40 * DAY_MS;
	world_say(world, late);
	world_fold(world, 0);
	const struct fold_cell *cells;
	size_t count = fold_cells(world_of(world), &cells);
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) { // the shell sees how late it is
		assert_int_equal(cells[i].reason, FOLD_NEW);
		assert_int_equal(cells[i].revision, 4);
		assert_int_equal(cells[i].received_at_ms, t + 40 * DAY_MS);
	}
	world_checkpoint(world);
	assert_int_equal(world_day(world, "orders", t), 2);
	assert_int_equal(world_day(world, "net_revenue", t), 350);
	assert_int_equal(world_figure(world, "net_revenue", WINDOW_MONTH, t, FOLD_TOTAL, "-").numerator, 350);
	assert_int_equal(world_figure(world, "orders", WINDOW_DAY, t, FOLD_TOTAL, "-").revision, 4);
	world_destroy(world);
}

static void vector_8_a_late_event_merges_sessions(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN", 0);
	int64_t t = at(3, 2, 12, 0);
	struct box *second = box_page_view(t + 50 * MINUTE_MS, "v");
	static char newsletter[] = "newsletter", medium[] = "email";
	second->context.utm_source = newsletter;
	second->context.utm_medium = medium;
	world_say(world, box_page_view(t, "v"));
	world_say(world, second);
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", t), 2);
	assert_int_equal(world_day(world, "visitors", t), 1);
	assert_int_equal(world_day_of(world, "sessions", t, FOLD_MARKETING_CHANNEL, "email"), 1);
	assert_int_equal(world_day_of(world, "page_views", t, FOLD_MARKETING_CHANNEL, "email"), 1);
	world_say(world, box_heartbeat(t + 25 * MINUTE_MS, "v", 15000));
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", t), 1);
	assert_int_equal(world_day(world, "visitors", t), 1);
	assert_int_equal(world_day_of(world, "sessions", t, FOLD_MARKETING_CHANNEL, "email"), 0);
	assert_int_equal(world_day_of(world, "visitors", t, FOLD_MARKETING_CHANNEL, "email"), 0);
	assert_int_equal(world_day_of(world, "page_views", t, FOLD_MARKETING_CHANNEL, "email"), 0);
	assert_int_equal(world_day_of(world, "page_views", t, FOLD_MARKETING_CHANNEL, "direct"), 2);
	check_ratio(world, "visit_seconds", t, 50 * MINUTE_MS, 1);
	check_ratio(world, "engaged_seconds", t, 15000, 1);
	// A gap of exactly 30 minutes separates; one of a millisecond less does not.
	world_say(world, box_page_view(t + 80 * MINUTE_MS, "v"));
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", t), 2);
	world_say(world, box_page_view(t + 80 * MINUTE_MS - 1, "v"));
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", t), 1);
	world_destroy(world);
}

static int64_t day_length(int64_t t_ms)
{
	int64_t start_ms, end_ms;
	zone_window(world_zone(NULL, WARSAW), WINDOW_DAY, t_ms, &start_ms, &end_ms);
	return end_ms - start_ms;
}

static void vector_9_days_of_23_and_25_hours(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN", 0);
	int64_t spring = at(3, 29, 12, 0), autumn = at(10, 25, 12, 0);
	assert_int_equal(day_length(spring), 23 * HOUR_MS);
	assert_int_equal(day_length(autumn), 25 * HOUR_MS);
	int64_t first_pass = local_ms("UTC", 2026, 10, 25, 0, 30),
		second_pass = local_ms("UTC", 2026, 10, 25, 1, 30);
	world_say(world, box_order(first_pass, ORIGIN_SERVER, NULL, NULL, "o1", 0, 100));
	world_say(world, box_order(second_pass, ORIGIN_SERVER, NULL, NULL, "o2", 0, 200));
	world_say(world,
		  box_order(local_ms("UTC", 2026, 10, 25, 22, 59), ORIGIN_SERVER, NULL, NULL, "o3", 0, 400));
	world_say(world,
		  box_order(local_ms("UTC", 2026, 10, 25, 23, 0), ORIGIN_SERVER, NULL, NULL, "o4", 0, 800));
	world_say(world,
		  box_order(local_ms("UTC", 2026, 3, 28, 23, 0), ORIGIN_SERVER, NULL, NULL, "o5", 0, 1));
	world_say(world,
		  box_order(local_ms("UTC", 2026, 3, 29, 21, 59), ORIGIN_SERVER, NULL, NULL, "o6", 0, 2));
	world_say(world,
		  box_order(local_ms("UTC", 2026, 3, 29, 22, 0), ORIGIN_SERVER, NULL, NULL, "o7", 0, 4));
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", autumn), 700);
	assert_int_equal(world_day(world, "net_revenue", spring), 3);
	// The hour that happens twice is two windows.
	assert_int_equal(world_figure(world, "gmv", WINDOW_HOUR, first_pass, FOLD_TOTAL, "-").numerator, 100);
	assert_int_equal(world_figure(world, "gmv", WINDOW_HOUR, second_pass, FOLD_TOTAL, "-").numerator,
			 200);
	world_destroy(world);
}

static void vector_10_order_duplicates_restarts(void **state)
{
	(void)state;
	int64_t t = at(3, 2, 12, 0);
	enum { EVENTS = 6 };
	struct world *first = NULL;
	int order[EVENTS];
	for (int turn = 0; turn < 720; turn++) {
		struct world *world = open_shop("PLN", 0);
		struct box *said[EVENTS] = {
			box_page_view(t, "v"),
			box_add(t + 20 * MINUTE_MS, "v", "c", "a", 1),
			box_order(t + 45 * MINUTE_MS, ORIGIN_SERVER, NULL, "k", "o", 0, 1000),
			box_order(t + 50 * MINUTE_MS, ORIGIN_SERVER, NULL, "k", "o", 1, 800),
			box_refund(t + 2 * DAY_MS, "r", "o"),
			box_cart(t - 20 * MINUTE_MS, "v", "c", UTARG__V1__EVENT__BODY_VIEW_CART),
		};
		static char cart[] = "c";
		said[2]->body.order_body.cart_id = cart;
		said[4]->body.refund.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
		said[4]->body.refund.total_minor = 333;
		bool used[EVENTS] = {false};
		for (int i = 0, rest = turn; i < EVENTS; i++) { // the turn-th permutation
			int pick = rest % (EVENTS - i);
			rest /= EVENTS - i;
			for (order[i] = 0; used[order[i]] || pick-- > 0;)
				order[i]++;
			used[order[i]] = true;
			said[order[i]]->fold.id[0] = (uint8_t)order[i];
			world_say(world, said[order[i]]);
			if ((turn + i) % 3 == 0) {
				world_fold(world, 0);
				world_checkpoint(world);
				world_evict(world, (size_t)(turn % 4));
			}
			if ((turn + i) % 7 == 0)
				world_restart(world);
		}
		world_settle(world);
		assert_int_equal(world_day(world, "net_revenue", t), 800 - 271);
		if (!first) {
			first = world;
			continue;
		}
		const char *difference = world_difference(first, world, false);
		if (difference)
			fail_msg("permutation %d: %s", turn, difference);
		world_destroy(world);
	}
	world_destroy(first);
}

static void vector_12_cancelled_and_refunded(void **state)
{
	(void)state;
	for (int refund_first = 0; refund_first < 2; refund_first++) {
		struct world *world = open_shop("PLN", 0);
		int64_t t = at(3, 2, 12, 0);
		struct box *refund = box_refund(t + (refund_first ? 1 : 3) * DAY_MS, "r", "o");
		refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
		refund->body.refund.items_net_minor = 10000;
		world_say(world, box_order(t, ORIGIN_CLIENT, "v", "k", "o", 0, 10000));
		world_say(world, box_cancel(t + 2 * DAY_MS, "o"));
		world_say(world, refund);
		world_settle(world);
		assert_int_equal(world_day(world, "net_revenue", t), 0);
		assert_int_equal(world_day(world, "gmv", t), 10000);
		int64_t given = refund_first ? t + DAY_MS : t + 2 * DAY_MS;
		assert_int_equal(world_day(world, "net_revenue_by_refund_date", t), 10000);
		assert_int_equal(world_day(world, "net_revenue_by_refund_date", given), -10000);
		assert_int_equal(world_all(world, M_GIVEN_BACK_NET, FOLD_DAY), 10000); // once
		assert_int_equal(world_all(world, M_REFUND_EXCESS, FOLD_DAY), 0);
		check_ratio(world, "cancel_rate", t, 1, 1);
		check_ratio(world, "conversion_rate", t, 1, 1);
		check_ratio(world, "conversion_rate_net", t, 0, 1);
		assert_int_equal(world_day(world, "new_customers", t), 0);
		world_destroy(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vector_1_two_orders_in_a_session),
		cmocka_unit_test(vector_2_the_same_order_told_twice),
		cmocka_unit_test(vector_3_midnight_is_no_border),
		cmocka_unit_test(vector_4_a_cart_over_days),
		cmocka_unit_test(vector_4_the_clock_abandons),
		cmocka_unit_test(vector_7_forty_days_late),
		cmocka_unit_test(vector_8_a_late_event_merges_sessions),
		cmocka_unit_test(vector_9_days_of_23_and_25_hours),
		cmocka_unit_test(vector_10_order_duplicates_restarts),
		cmocka_unit_test(vector_12_cancelled_and_refunded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
