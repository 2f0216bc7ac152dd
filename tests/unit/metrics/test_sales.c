// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Baskets, coupons, payment methods, payments and what is not paid, by hand.
#include "tests/unit/metrics/helper_world.h"

static void move_clock(struct world *world, int64_t as_of_ms)
{
	world_tick(world, as_of_ms);
	world_checkpoint(world);
}

// Net, with 23 % tax on it.
static void place(struct world *world, int64_t t_ms, const char *order, int64_t net_minor)
{
	world_say(world, box_order(t_ms, ORIGIN_SERVER, NULL, NULL, order, 0, net_minor));
}

static void percentiles_of_baskets_are_exact(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 10 * DAY_MS);
	struct world_figure none = world_figure(world, "basket_value_p50", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_int_equal(none.denominator, 0);
	place(world, T0, "a", 100001); // far above what a histogram would keep
	place(world, T0 + HOUR_MS, "b", 100002);
	place(world, T0 + 2 * HOUR_MS, "c", 400003);
	world_settle(world);
	assert_int_equal(world_day(world, "basket_value_p50", T0), 100002);
	assert_int_equal(world_day(world, "basket_value_p90", T0), 400003);
	struct world_figure hour = world_figure(world, "basket_value_p50", WINDOW_HOUR, T0, FOLD_TOTAL, "-");
	assert_int_equal(hour.numerator, 100001);
	assert_int_equal(hour.denominator, 1);
	world_say(world, box_cancel(T0 + DAY_MS, "c"));
	world_settle(world);
	assert_int_equal(world_day(world, "basket_value_p50", T0), 100001); // the first of two
	assert_int_equal(world_day(world, "basket_value_p90", T0), 100002);
	// 100001 + 23000 and 100002 + 23000
	struct world_figure gross =
		world_figure(world, "basket_value_gross", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_int_equal(gross.numerator, 246003);
	assert_int_equal(gross.denominator, 2);
	world_destroy(world);
}

static void coupons_and_methods(void **state)
{
	static char blik[] = "blik", spring[] = "SPRING";
	(void)state;
	struct world *world = world_open_shop(T0 + 10 * DAY_MS);
	struct box *box = box_order(T0, ORIGIN_SERVER, NULL, NULL, "a", 0, 1000);
	box->body.order_body.payment_method = blik;
	box->body.order_body.coupon = spring;
	world_say(world, box);
	place(world, T0, "b", 1000);
	world_settle(world);
	struct world_figure share = world_figure(world, "coupon_share", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_int_equal(share.numerator, 1);
	assert_int_equal(share.denominator, 2);
	assert_int_equal(world_day(world, "payment_mix", T0), 2);
	assert_int_equal(world_day_of(world, "payment_mix", T0, FOLD_PAYMENT_METHOD, "blik"), 1);
	assert_int_equal(world_day_of(world, "payment_mix", T0, FOLD_PAYMENT_METHOD, "unknown"), 1);
	assert_int_equal(world_day_of(world, "orders", T0, FOLD_PAYMENT_METHOD, "blik"),
			 0); // no other measure
	world_destroy(world);
}

static void payments_stand_at_their_time(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 10 * DAY_MS);
	struct box *early = box_paid(T0 + DAY_MS, "a", 300);
	early->event.channel = UTARG__V1__CHANNEL__CHANNEL_PHONE;
	world_say(world, early);
	world_settle(world); // its order is not known yet
	assert_int_equal(world_day(world, "paid_revenue", T0 + DAY_MS), 300);
	assert_int_equal(world_day_of(world, "paid_revenue", T0 + DAY_MS, FOLD_SALES_CHANNEL, "phone"), 300);
	static char eur[] = "EUR";
	struct box *order = box_order(T0, ORIGIN_SERVER, NULL, NULL, "a", 0, 1000);
	order->body.order_body.currency = eur;
	order->rate.currency = eur;
	order->rate.per_unit_nano = INT64_C(4250000000);
	order->body.order_body.rate = &order->rate;
	world_say(world, order);
	struct box *in_euro = box_paid(T0 + 2 * DAY_MS, "a", 101);
	in_euro->body.paid.currency = eur;
	world_say(world, in_euro);
	world_settle(world);
	assert_int_equal(world_day_of(world, "paid_revenue", T0 + DAY_MS, FOLD_SALES_CHANNEL, "web"), 300);
	assert_int_equal(world_day(world, "paid_revenue", T0 + 2 * DAY_MS), 429); // 429.25
	assert_int_equal(world_day(world, "paid_revenue", T0), 0);
	world_destroy(world);
}

static void unpaid_orders_open_with_the_clock(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 23 * HOUR_MS);
	place(world, T0, "a", 1000); // 1230 to pay
	world_settle(world);
	move_clock(world, T0 + DAY_MS - MINUTE_MS);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + DAY_MS), 0);
	world_evict(world, 0); // the clock has to bring it back
	move_clock(world, T0 + DAY_MS);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0), 0);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + DAY_MS), 1);
	world_say(world, box_paid(T0 + DAY_MS + HOUR_MS, "a", 1229));
	world_settle(world);
	move_clock(world, T0 + 8 * DAY_MS); // all that was due at once
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + 5 * DAY_MS), 1);
	assert_int_equal(world_day(world, "unpaid_orders_3d", T0 + 2 * DAY_MS), 0);
	assert_int_equal(world_day(world, "unpaid_orders_3d", T0 + 3 * DAY_MS), 1);
	assert_int_equal(world_day(world, "unpaid_orders_7d", T0 + 7 * DAY_MS), 1);
	world_say(world, box_paid(T0 + 5 * DAY_MS, "a", 1)); // late to be told: it was paid on the sixth day
	world_settle(world);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + 4 * DAY_MS), 1);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + 5 * DAY_MS), 0);
	assert_int_equal(world_day(world, "unpaid_orders_3d", T0 + 7 * DAY_MS), 0);
	assert_int_equal(world_day(world, "unpaid_orders_7d", T0 + 7 * DAY_MS), 0);
	world_say(world, box_cancel(T0 + 2 * DAY_MS, "a"));
	world_settle(world);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + DAY_MS), 1);
	assert_int_equal(world_day(world, "unpaid_orders_1d", T0 + 2 * DAY_MS), 0);
	world_destroy(world);
}

// Of a thousand and one payments the latest is left out, whichever comes last.
static void payments_of_an_order_are_bounded(void **state)
{
	enum { MOST = 1000 };
	(void)state;
	struct world *world = world_open_shop(T0 + 10 * DAY_MS);
	world_say(world, box_paid(T0 + DAY_MS, "a", 5000));
	for (int i = 0; i < MOST; i++)
		world_say(world, box_paid(T0 + i, "a", 1));
	world_settle(world);
	assert_int_equal(world_day(world, "paid_revenue", T0), MOST);
	assert_int_equal(world_day(world, "paid_revenue", T0 + DAY_MS), 0);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_of_baskets_are_exact),
		cmocka_unit_test(coupons_and_methods),
		cmocka_unit_test(payments_stand_at_their_time),
		cmocka_unit_test(unpaid_orders_open_with_the_clock),
		cmocka_unit_test(payments_of_an_order_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
