// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Offers, worked out by hand: stock and its value, dead stock by the clock, what empty shelves lose, revenue
// and margin by line.
#include "tests/unit/metrics/helper_world.h"

#include "services/metrics/core/offer.h"

#include <string.h>

static int64_t at(int month, int day, int hour, int minute)
{
	return local_ms("Europe/Warsaw", 2026, month, day, hour, minute);
}

static struct world *shop(int64_t as_of_ms)
{
	struct world *world = world_create(as_of_ms);
	world_say(world, box_settings(at(1, 1, 0, 0), "PLN", "Europe/Warsaw", 30));
	return world;
}

static int64_t of_offer(struct world *world, const char *kpi, int month, int day, const char *sku)
{
	return world_day_of(world, kpi, at(month, day, 12, 0), FOLD_OFFER, sku);
}

static struct box *order_of(int64_t t_ms, const char *order, char *sku, int64_t quantity, int64_t net_minor)
{
	struct box *box = box_order(t_ms, ORIGIN_SERVER, NULL, NULL, order, 0, net_minor);
	box->lines[0].sku = sku;
	box->lines[0].quantity = quantity;
	return box;
}

static void stock_is_the_last_of_each_location(void **state)
{
	struct world *world = shop(at(7, 1, 0, 0));
	(void)state;
	world_say(world, box_stock(at(3, 2, 9, 0), "boot", "shop", 4));
	world_say(world, box_stock(at(3, 2, 15, 0), "boot", "store", 10));
	world_say(world, box_stock(at(3, 2, 23, 0), "boot", "shop", 1));
	world_say(world, box_stock(at(3, 4, 9, 0), "boot", "store", 0));
	world_say(world, box_stock(at(3, 3, 9, 0), "hat", "shop", 7));
	world_say(world, box_offer(at(3, 3, 0, 0), "boot", -1, 2500));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stock", 3, 1, "boot"), 0);
	assert_int_equal(of_offer(world, "stock", 3, 2, "boot"), 11);
	assert_int_equal(of_offer(world, "stock", 3, 4, "boot"), 1);
	assert_int_equal(world_day(world, "stock", at(3, 3, 0, 0)), 18);
	// Its cost was said the day after; of the hat nobody knows it.
	assert_int_equal(of_offer(world, "stock_value", 3, 2, "boot"), 0);
	assert_int_equal(world_day(world, "stock_value", at(3, 3, 0, 0)), 11 * 2500);
	assert_int_equal(of_offer(world, "stock_value", 4, 20, "boot"), 2500);
	// Late: between what was said already, and something the day's last word has made old.
	world_say(world, box_stock(at(3, 2, 22, 0), "boot", "shop", 99));
	world_say(world, box_stock(at(3, 3, 10, 0), "boot", "shop", 5));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stock", 3, 2, "boot"), 11);
	assert_int_equal(of_offer(world, "stock", 3, 3, "boot"), 15);
	assert_int_equal(of_offer(world, "stock", 3, 4, "boot"), 5);
	world_destroy(world);
}

static void stock_dies_after_ninety_days(void **state)
{
	static char boot[] = "boot";
	struct world *world = shop(at(3, 1, 12, 0));
	(void)state;
	world_say(world, box_offer(at(2, 1, 0, 0), "boot", -1, 1000));
	world_say(world, box_stock(at(2, 1, 9, 0), "boot", "", 3));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "dead_stock", 2, 10, "boot"), 3000); // never sold
	world_say(world, order_of(at(2, 10, 23, 30), "o1", boot, 1, 5000));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "dead_stock", 2, 9, "boot"), 3000);
	assert_int_equal(of_offer(world, "dead_stock", 2, 10, "boot"), 0);
	// The 90th day behind 10 February is 11 May, once it has come.
	assert_int_equal(
		world_figure(world, "dead_stock", WINDOW_DAY, at(5, 12, 0, 0), FOLD_TOTAL, "-").numerator, 0);
	world_tick(world, at(5, 10, 23, 59));
	world_checkpoint(world);
	assert_int_equal(world_day(world, "dead_stock", at(5, 11, 0, 0)), 0);
	world_evict(world, 0);
	world_tick(world, at(5, 11, 0, 0));
	world_checkpoint(world);
	assert_int_equal(world_day(world, "dead_stock", at(5, 10, 0, 0)), 0);
	assert_int_equal(world_day(world, "dead_stock", at(5, 11, 0, 0)), 3000);
	// A cancelled order sold nothing.
	world_say(world, box_cancel(at(5, 12, 9, 0), "o1"));
	world_settle_away(world);
	assert_int_equal(world_day(world, "dead_stock", at(3, 1, 0, 0)), 3000);
	world_destroy(world);
}

// Four looks, one order on a day that began with stock: a quarter of the price is lost with each look.
static void say_losses(struct world *world)
{
	static char boot[] = "boot";
	world_say(world, box_stock(at(3, 1, 9, 0), "boot", "", 5));
	for (int i = 0; i < 4; i++)
		world_say(world, box_view(at(3, 2, 10 + i, 0), "v", "boot", 9900));
	world_say(world, order_of(at(3, 2, 20, 0), "o1", boot, 1, 5000));
	world_say(world, box_stock(at(3, 3, 10, 0), "boot", "", 0));
	world_say(world, box_view(at(3, 3, 9, 0), "v", "boot", 9900));  // there was some
	world_say(world, box_view(at(3, 3, 11, 0), "v", "boot", 9902)); // 2475.5, half even: 2476
	world_say(world, box_view(at(3, 3, 12, 0), "v", "boot", 9898)); // 2474.5, half even: 2474
	world_say(world, box_view(at(3, 3, 13, 0), "v", "boot", -1));
}

static void empty_shelves_lose(void **state)
{
	struct world *world = shop(at(7, 1, 0, 0));
	(void)state;
	say_losses(world);
	world_settle_away(world);
	assert_int_equal(of_offer(world, "offer_views", 3, 3, "boot"), 4);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 2, "boot"), 0);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 3, "boot"), 2476 + 2474);
	// The price of the look without one, said late; and one that does not change it any more.
	world_say(world, box_offer(at(3, 1, 0, 0), "boot", 4000, -1));
	world_say(world, box_offer(at(3, 3, 14, 0), "boot", 8000, -1));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 3, "boot"), 2476 + 2474 + 1000);
	// It had come in at half past eleven: the looks behind that found some.
	world_say(world, box_stock(at(3, 3, 11, 30), "boot", "", 2));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 3, "boot"), 2476);
	// A late order on 2 March: twice the conversion.
	static char boot[] = "boot";
	world_say(world, order_of(at(3, 2, 21, 0), "o2", boot, 1, 5000));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 3, "boot"), 4951);
	world_destroy(world);
}

static void a_look_is_judged_by_its_minutes_beginning(void **state)
{
	struct world *world = shop(at(7, 1, 0, 0));
	(void)state;
	say_losses(world);
	world_say(world, box_stock(at(3, 3, 15, 0), "boot", "", 8));
	world_say(world, box_stock(at(3, 3, 16, 0) + 1, "boot", "", 0));
	world_say(world, box_view(at(3, 3, 16, 0) + 30000, "v", "boot", 100000)); // there was some at 16:00
	world_say(world, box_stock(at(3, 3, 17, 0) - 1, "boot", "", 8));
	world_say(world, box_stock(at(3, 3, 17, 0), "boot", "", 0));
	world_say(world, box_view(at(3, 3, 17, 0) + 59999, "v", "boot", 40000)); // none
	world_say(world, box_stock(at(3, 3, 17, 0) + 1, "boot", "", 8));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 3, "boot"), 2476 + 2474 + 10000);
	world_destroy(world);
}

static void a_late_stock_judges_the_days_behind_it(void **state)
{
	struct world *world = shop(at(7, 1, 0, 0));
	(void)state;
	say_losses(world);
	world_say(world, box_view(at(3, 5, 9, 0), "v", "boot", 4000));
	world_say(world, box_view(at(3, 7, 9, 0), "v", "boot", 4000));
	world_say(world, box_stock(at(3, 6, 9, 0), "boot", "", 0));
	world_settle_away(world);
	// 3 March began with stock too: 1 order by 8 looks.
	assert_int_equal(of_offer(world, "stockout_loss", 3, 5, "boot"), 500);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 7, "boot"), 500);
	world_say(world, box_stock(at(3, 4, 9, 0), "boot", "", 6));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 3, 5, "boot"), 0);
	// And 5 and 6 March began with stock: 9 looks, 444.4.
	assert_int_equal(of_offer(world, "stockout_loss", 3, 7, "boot"), 444);
	world_destroy(world);
}

static void only_the_latest_28_days_in_stock_count(void **state)
{
	static char boot[] = "boot";
	struct world *world = shop(at(12, 1, 0, 0));
	(void)state;
	world_say(world, box_stock(at(3, 1, 9, 0), "boot", "", 5)); // in stock from 2 March on
	world_say(world, box_view(at(3, 2, 10, 0), "v", "boot", 9900));
	world_say(world, order_of(at(3, 2, 20, 0), "o1", boot, 1, 5000));
	world_say(world, box_view(at(3, 3, 10, 0), "v", "boot", 9900));
	world_say(world, box_stock(at(3, 29, 9, 0), "boot", "", 0)); // the 28th day
	world_say(world, box_view(at(5, 29, 10, 0), "v", "boot", 1000));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 5, 29, "boot"), 500);
	world_say(world, box_stock(at(3, 29, 23, 0), "boot", "", 1)); // so that 30 March is the 29th
	world_say(world, box_stock(at(3, 30, 1, 0), "boot", "", 0));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "stockout_loss", 5, 29, "boot"), 0);
	world_destroy(world);
}

static void sales_by_line(void **state)
{
	static char boot[] = "boot", hat[] = "hat";
	struct world *world = shop(at(7, 1, 0, 0));
	(void)state;
	struct box *box = order_of(at(3, 2, 12, 0), "o1", boot, 2, 10000);
	box->body.order_body.n_lines = 3;
	for (int i = 1; i < 3; i++) {
		box->lines[i].known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
		box->lines[i].quantity = 1;
	}
	box->lines[0].known_cost_case = UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR;
	box->lines[0].cost_net_minor = 6000;
	box->lines[1].sku = hat;
	box->lines[1].net_minor = 3000;
	box->lines[2].sku = hat;
	box->lines[2].net_minor = 1000;
	world_say(world, box);
	world_say(world, box_view(at(3, 2, 11, 0), "v", "hat", -1));
	world_say(world, box_view(at(3, 2, 11, 5), "v", "hat", -1));
	world_say(world, box_stock(at(3, 2, 11, 0), "hat", "", 6));
	world_settle_away(world);
	assert_int_equal(world_day(world, "offer_orders", at(3, 2, 0, 0)), 2);
	assert_int_equal(of_offer(world, "offer_units", 3, 2, "hat"), 2);
	assert_int_equal(of_offer(world, "offer_revenue", 3, 2, "hat"), 4000);
	assert_int_equal(of_offer(world, "offer_margin", 3, 2, "boot"), 4000);
	assert_int_equal(of_offer(world, "offer_margin", 3, 2, "hat"), 0); // nobody knows
	struct world_figure f =
		world_figure(world, "offer_conversion", WINDOW_DAY, at(3, 2, 0, 0), FOLD_OFFER, "hat");
	assert_true(f.numerator == 1 && f.denominator == 2);
	// A refund takes what it names from the hats, 3 to 1; the rest by what is left: 10000, 1500, 500.
	struct box *refund = box_refund(at(4, 1, 9, 0), "r1", "o1");
	refund->body.refund.lines = refund->refund_line_at;
	refund->body.refund.n_lines = 1;
	refund->refund_line_at[0] = &refund->refund_lines[0];
	utarg__v1__refund_line__init(&refund->refund_lines[0]);
	refund->refund_lines[0].sku = hat;
	refund->refund_lines[0].net_minor = 2000;
	refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund->body.refund.items_net_minor = 3200;
	world_say(world, refund);
	// What a hat cost, said late: 700 of 1000 and 2100 of 3000 on what is left, 450 and 1350.
	world_say(world, box_offer(at(3, 1, 0, 0), "hat", -1, 700));
	world_settle_away(world);
	assert_int_equal(of_offer(world, "offer_revenue", 3, 2, "boot"), 9000);
	assert_int_equal(of_offer(world, "offer_revenue", 3, 2, "hat"), 1800);
	assert_int_equal(of_offer(world, "offer_margin", 3, 2, "boot"), 9000 - 5400);
	assert_int_equal(of_offer(world, "offer_margin", 3, 2, "hat"), 1800 - 315 - 315);
	f = world_figure(world, "sell_through", WINDOW_DAY, at(3, 29, 12, 0), FOLD_OFFER, "hat");
	assert_true(f.numerator == 2 && f.denominator == 8);
	f = world_figure(world, "sell_through", WINDOW_DAY, at(3, 30, 12, 0), FOLD_OFFER, "hat");
	assert_true(f.numerator == 0 && f.denominator == 6);
	f = world_figure(world, "days_of_stock", WINDOW_DAY, at(3, 29, 12, 0), FOLD_OFFER, "hat");
	assert_true(f.numerator == 168 && f.denominator == 2);
	world_say(world, box_cancel(at(4, 2, 9, 0), "o1"));
	world_settle_away(world);
	assert_int_equal(world_day(world, "offer_revenue", at(3, 2, 0, 0)), 0);
	assert_int_equal(world_day(world, "offer_margin", at(3, 2, 0, 0)), 0);
	assert_int_equal(world_day(world, "offer_units", at(3, 2, 0, 0)), 4);
	f = world_figure(world, "days_of_stock", WINDOW_DAY, at(3, 29, 12, 0), FOLD_OFFER, "hat");
	assert_true(f.denominator == 0);
	world_destroy(world);
}

// Every line asks for its offer; each key is named once, however many lines there are.
static void what_is_missing_is_named_once(void **state)
{
	enum { LINES = 200 };
	static char skus[2][5] = {"boot", "hat"};
	static Utarg__V1__OrderLine lines[LINES];
	static Utarg__V1__OrderLine *at_lines[LINES];
	struct fold_key keys[LINES];
	struct world *world = shop(at(7, 1, 0, 0));
	(void)state;
	world_settle_away(world);
	struct box *box = order_of(at(3, 2, 12, 0), "o", skus[0], 1, 100);
	for (int i = 0; i < LINES; i++) {
		lines[i] = box->lines[0];
		lines[i].sku = skus[i % 2];
		at_lines[i] = &lines[i];
	}
	box->body.order_body.n_lines = LINES;
	box->body.order_body.lines = at_lines;
	struct err e = {0};
	struct fold *fold = world_of(world);
	size_t count = fold_missing(fold, &box->fold, keys, LINES);
	assert_int_equal(count, 1);
	assert_int_equal(keys[0].kind, FOLD_ORDER);
	assert_true(fold_load(fold, &keys[0], (struct slice){NULL, 0}, INT64_MAX, &e));
	count = fold_missing(fold, &box->fold, keys, LINES);
	assert_in_range(count, 6, LINES - 1); // facts, days and the day of either, and what books need
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(keys[i].kind == keys[k].kind && keys[i].size == keys[k].size &&
				     memcmp(keys[i].bytes, keys[k].bytes, keys[i].size) == 0);
	box_free(box);
	world_destroy(world);
}

static void a_day_is_bounded(void **state)
{
	struct offer_day day = {.views = NULL};
	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct offer_stock stock = {.moment.t_ms = i * INT64_C(600), .quantity = i, .location = 1};
		offer_add_view(&day, i / 100, 500);
		offer_add_stock(&day, &stock);
	}
	assert_int_equal(vec_count(day.views), 1000);
	assert_int_equal(vec_count(day.stocks), 1001);
	vec_free(day.views);
	vec_free(day.stocks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stock_is_the_last_of_each_location),
		cmocka_unit_test(stock_dies_after_ninety_days),
		cmocka_unit_test(empty_shelves_lose),
		cmocka_unit_test(a_look_is_judged_by_its_minutes_beginning),
		cmocka_unit_test(a_late_stock_judges_the_days_behind_it),
		cmocka_unit_test(only_the_latest_28_days_in_stock_count),
		cmocka_unit_test(sales_by_line),
		cmocka_unit_test(what_is_missing_is_named_once),
		cmocka_unit_test(a_day_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
