// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Published rates of exchange: which one an order is converted by, and orders that wait for theirs.
#include "tests/unit/metrics/helper_world.h"

#define MONDAY INT64_C(1767610800000) // 2026-01-05 12:00 in Warsaw, a Monday
#define FOUR   INT64_C(4000000000)
#define FIVE   INT64_C(5000000000)
#define ZLOTYS "PLN"

static char euro[] = "EUR", nbp[] = "nbp", ecb[] = "ecb";

static struct box *settings(int64_t t_ms, char *source)
{
	struct box *box = box_settings(t_ms, ZLOTYS, "Europe/Warsaw", 0);
	box->body.settings.rate_source = source;
	return box;
}

static struct world *open_shop(void)
{
	struct world *world = world_create(MONDAY + 100 * DAY_MS);
	world_say(world, settings(MONDAY - 90 * DAY_MS, nbp));
	return world;
}

static struct box *in_euro(int64_t t_ms, const char *order, uint32_t version, int64_t net_minor)
{
	struct box *box = box_order(t_ms, ORIGIN_SERVER, NULL, NULL, order, version, net_minor);
	box->body.order_body.currency = euro;
	return box;
}

static void the_latest_day_before_the_order(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, box_rate(MONDAY, nbp, "2026-01-05", 9 * FOUR)); // the order's own day does not count
	world_say(world, box_rate(MONDAY, nbp, "2026-01-02", FIVE));
	world_say(world, box_rate(MONDAY, nbp, "2026-01-01", FOUR));
	world_say(world, box_rate(MONDAY, ecb, "2026-01-04", 9 * FOUR)); // of somebody else
	world_say(world, in_euro(MONDAY, "o", 0, 100));
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 500);
	assert_int_equal(world_day(world, "foreign_orders", MONDAY), 0);
	world_destroy(world);
}

static void seven_days_and_no_more(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, in_euro(MONDAY, "o", 0, 100));
	world_say(world, box_rate(MONDAY, nbp, "2025-12-28", FIVE)); // eight days before
	world_settle_away(world);
	assert_int_equal(world_day(world, "foreign_orders", MONDAY), 1);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 0);
	world_say(world, box_rate(MONDAY, nbp, "2025-12-29", FOUR));
	world_settle_away(world);
	assert_int_equal(world_day(world, "foreign_orders", MONDAY), 0);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 400);
	world_destroy(world);
}

static void a_late_rate_converts_what_waited(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, in_euro(MONDAY, "o", 0, 101));
	struct box *paid = box_paid(MONDAY + DAY_MS, "o", 101);
	paid->body.paid.currency = euro;
	world_say(world, paid);
	world_settle_away(world);
	assert_int_equal(world_day(world, "paid_revenue", MONDAY + DAY_MS), 0);
	world_say(world, box_rate(MONDAY + 40 * DAY_MS, nbp, "2025-12-30", FOUR + FOUR / 16)); // 4.25
	world_settle_away(world);
	struct world_figure net = world_figure(world, "net_revenue", WINDOW_DAY, MONDAY, FOLD_TOTAL, "-");
	assert_int_equal(net.numerator, 429); // 429.25
	assert_int_equal(net.revision, 4);
	assert_int_equal(world_day(world, "paid_revenue", MONDAY + DAY_MS), 429);
	// A better day, then an older one that changes nothing.
	world_say(world, box_rate(MONDAY + 41 * DAY_MS, nbp, "2026-01-04", FIVE));
	world_say(world, box_rate(MONDAY + 42 * DAY_MS, nbp, "2026-01-03", FOUR));
	world_settle_away(world);
	net = world_figure(world, "net_revenue", WINDOW_DAY, MONDAY, FOLD_TOTAL, "-");
	assert_int_equal(net.numerator, 505);
	assert_int_equal(net.revision, 5);
	// The same day again: the later telling counts, whichever comes first.
	world_say(world, box_rate(MONDAY + 40 * DAY_MS, nbp, "2026-01-04", FOUR));
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 505);
	world_say(world, box_rate(MONDAY + 43 * DAY_MS, nbp, "2026-01-04", FOUR));
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 404);
	world_destroy(world);
}

static void an_order_that_moves_takes_its_new_days_rate(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, box_rate(MONDAY, nbp, "2026-01-04", FOUR));
	world_say(world, box_rate(MONDAY, nbp, "2025-12-10", FIVE));
	world_say(world, in_euro(MONDAY, "o", 1, 100));
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 400);
	world_say(world, in_euro(MONDAY - 20 * DAY_MS, "o", 0, 300)); // the first version: 2025-12-16
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 0);
	assert_int_equal(world_day(world, "net_revenue", MONDAY - 20 * DAY_MS), 500);
	world_say(world, box_rate(MONDAY + DAY_MS, nbp, "2026-01-04", FIVE)); // of no interest any more
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY - 20 * DAY_MS), 500);
	world_say(world, box_rate(MONDAY + DAY_MS, nbp, "2025-12-15", FOUR));
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY - 20 * DAY_MS), 400);
	struct box *rated = in_euro(MONDAY, "o", 2, 100); // a version that brings its own
	rated->rate.currency = euro;
	rated->rate.per_unit_nano = 2 * FIVE;
	rated->body.order_body.rate = &rated->rate;
	world_say(world, rated);
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY - 20 * DAY_MS), 1000);
	world_destroy(world);
}

static void the_source_of_the_settings_at_the_order(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, box_rate(MONDAY, nbp, "2026-01-04", FOUR));
	world_say(world, box_rate(MONDAY, ecb, "2026-01-04", FIVE));
	world_say(world, in_euro(MONDAY, "before", 0, 100));
	world_say(world, in_euro(MONDAY + DAY_MS, "after", 0, 100));
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY + DAY_MS), 400);
	world_say(world, settings(MONDAY + HOUR_MS, ecb)); // acts back on the second order
	world_settle_away(world);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 400);
	assert_int_equal(world_day(world, "net_revenue", MONDAY + DAY_MS), 500);
	world_destroy(world);
}

// Not said: of the order it makes a foreign one; a payment or refund is of its order's currency.
static void a_currency_that_is_too_long_is_none(void **state)
{
	(void)state;
	static char euros[] = "EURO";
	struct world *world = open_shop();
	struct box *order = in_euro(MONDAY, "o", 0, 100), *paid = box_paid(MONDAY, "p", 70);
	struct box *refund = box_refund(MONDAY + 1, "r", "p");
	order->body.order_body.currency = euros;
	paid->body.paid.currency = euros;
	refund->body.refund.currency = euros;
	refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund->body.refund.items_net_minor = 30;
	world_say(world, box_rate(MONDAY, nbp, "2026-01-04", FOUR));
	world_say(world, order);
	world_say(world, in_euro(MONDAY, "p", 0, 100));
	world_say(world, paid);
	world_say(world, refund);
	world_settle_away(world);
	assert_int_equal(world_day(world, "foreign_orders", MONDAY), 1);
	assert_int_equal(world_day(world, "net_revenue", MONDAY), 280);
	assert_int_equal(world_day(world, "paid_revenue", MONDAY), 280);
	world_say(world, box_cancel(MONDAY + DAY_MS, "o"));
	world_settle_away(world);
	assert_int_equal(world_day(world, "foreign_orders", MONDAY), 1);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_latest_day_before_the_order),
		cmocka_unit_test(seven_days_and_no_more),
		cmocka_unit_test(a_late_rate_converts_what_waited),
		cmocka_unit_test(an_order_that_moves_takes_its_new_days_rate),
		cmocka_unit_test(the_source_of_the_settings_at_the_order),
		cmocka_unit_test(a_currency_that_is_too_long_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
