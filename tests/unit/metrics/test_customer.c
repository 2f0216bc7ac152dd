// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Customers over years: who came again, what they are worth; by hand, and random ones against counting.
#include "tests/unit/metrics/helper_history.h"

#include <stdio.h>
#include <string.h>

static void place(struct world *world, int64_t t_ms, const char *customer, const char *order,
		  int64_t net_minor)
{
	world_say(world, box_order(t_ms, ORIGIN_SERVER, NULL, customer, order, 0, net_minor));
}

static struct world_figure figure(struct world *world, const char *kpi, int64_t t_ms)
{
	return world_figure(world, kpi, WINDOW_DAY, t_ms, FOLD_TOTAL, "-");
}

static void agrees(struct world *world, const char *kpi, int64_t t_ms, int64_t numerator, int64_t denominator)
{
	struct world_figure found = figure(world, kpi, t_ms);
	if (found.numerator != numerator || found.denominator != denominator)
		fail_msg("%s: %lld / %lld", kpi, (long long)found.numerator, (long long)found.denominator);
}

static void who_came_again_within_a_year(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 800 * DAY_MS);
	place(world, T0, "k", "a", 1000);
	place(world, T0 + 300 * DAY_MS, "k", "b", 1000);
	place(world, T0 + 10 * DAY_MS, "other", "c", 1000);
	world_settle_away(world);
	agrees(world, "repeat_purchase_rate", T0 - DAY_MS, 0, 0);
	agrees(world, "repeat_purchase_rate", T0 + 299 * DAY_MS, 0, 2);
	agrees(world, "repeat_purchase_rate", T0 + 300 * DAY_MS, 1, 2);
	agrees(world, "repeat_purchase_rate", T0 + 364 * DAY_MS, 1,
	       2); // the first is the oldest day of the year
	agrees(world, "repeat_purchase_rate", T0 + 365 * DAY_MS, 0, 2);
	agrees(world, "repeat_purchase_rate", T0 + 375 * DAY_MS, 0, 1);
	agrees(world, "repeat_purchase_rate", T0 + 665 * DAY_MS, 0, 0);
	place(world, T0 + 340 * DAY_MS, "k", "d", 1000); // keeps the second company
	world_settle_away(world);
	agrees(world, "repeat_purchase_rate", T0 + 365 * DAY_MS, 1, 2);
	agrees(world, "repeat_purchase_rate", T0 + 664 * DAY_MS, 1, 1);
	agrees(world, "repeat_purchase_rate", T0 + 665 * DAY_MS, 0, 1);
	world_say(world, box_cancel(T0 + 700 * DAY_MS, "b")); // never came again in time, it turns out
	world_settle_away(world);
	agrees(world, "repeat_purchase_rate", T0 + 300 * DAY_MS, 0, 2);
	agrees(world, "repeat_purchase_rate", T0 + 340 * DAY_MS, 1, 2);
	world_destroy(world);
}

// Orders at 1,000 and 3,000 net; the second cost 1,200 and a fee of 300.
static void what_customers_are_worth(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 60 * DAY_MS + HOUR_MS);
	place(world, T0, "k", "a", 1000);
	struct box *box = box_order(T0 + 40 * DAY_MS, ORIGIN_SERVER, NULL, "k", "b", 0, 3000);
	box->lines[0].known_cost_case = UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR;
	box->lines[0].cost_net_minor = 1200;
	world_say(world, box);
	world_say(world, box_cost(T0 + 41 * DAY_MS, "b", 300));
	place(world, T0 + 50 * DAY_MS, "other", "c", 500);
	place(world, T0 + 50 * DAY_MS, NULL, "nobody's", 9000);
	world_settle_away(world);
	agrees(world, "clv", T0 + 39 * DAY_MS, 1000, 1);
	agrees(world, "clv", T0 + 40 * DAY_MS, 2500, 1);
	agrees(world, "clv", T0 + 50 * DAY_MS, 3000, 2);
	agrees(world, "clv_frequency", T0 + 50 * DAY_MS, 1, 2);
	agrees(world, "clv_recency_days", T0 + 50 * DAY_MS, 40, 2);
	agrees(world, "clv_age_days", T0 + 50 * DAY_MS, 50, 2);
	agrees(world, "clv_age_days", T0 + 58 * DAY_MS, 58 + 8, 2);
	struct world_figure month =
		world_figure(world, "clv_age_days", WINDOW_MONTH, T0 + 60 * DAY_MS, FOLD_TOTAL, "-");
	assert_int_equal(month.numerator, 60 + 10); // today, not the month's last day
	world_destroy(world);
}

static void margin_of_what_was_kept(void **state)
{
	static char boot[] = "boot", hat[] = "hat";
	(void)state;
	struct world *world = world_open_shop(T0 + 60 * DAY_MS);
	struct box *box = box_order(T0, ORIGIN_SERVER, NULL, NULL, "a", 0, 10000);
	box->body.order_body.n_lines = 2;
	box->lines[0].sku = boot;
	box->lines[0].known_cost_case = UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR;
	box->lines[0].cost_net_minor = 4001;
	box->lines[1] = box->lines[0];
	box->lines[1].sku = hat;
	box->lines[1].net_minor = 2000;
	box->lines[1].known_cost_case = 0;
	world_say(world, box_cost(T0 + HOUR_MS, "a", 450)); // before its order is told
	world_say(world, box);
	world_say(world, box_spend(T0 + HOUR_MS, "spring", "2026-01-01", 700, T0));
	world_settle_away(world);
	agrees(world, "contribution_margin", T0, 12000 - 4001 - 450 - 700, 1);
	agrees(world, "margin_cost_coverage", T0, 10000, 12000);
	struct box *refund = box_refund(T0 + DAY_MS, "r", "a");
	refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund->body.refund.items_net_minor = 6000; // half of each line
	world_say(world, refund);
	world_settle_away(world);
	agrees(world, "contribution_margin", T0, 6000 - 2000 - 450 - 700, 1); // 2000.5, to even
	agrees(world, "margin_cost_coverage", T0, 5000, 6000);
	world_say(world, box_cancel(T0 + 2 * DAY_MS, "a"));
	world_settle_away(world);
	agrees(world, "contribution_margin", T0, -450 - 700, 1); // fees stay
	agrees(world, "margin_cost_coverage", T0, 0, 0);
	world_destroy(world);
}

// ---- random ones ----

enum { ORDERS_MAX = 12, CUSTOMERS = 2 };

struct purchase {
	int64_t day; // the order's, whose first version may have been told last
	int customer;
	bool cancelled;
};

struct tally {
	int64_t year, repeaters, customers, orders, span, age;
};

// Of one customer, before the end of the day `last`.
static void count(const struct purchase *all, int n, int customer, int64_t last, struct tally *out)
{
	int64_t of_year = 0, orders = 0, first = INT64_MAX, latest = INT64_MIN;
	for (int i = 0; i < n; i++) {
		if (all[i].customer != customer || all[i].cancelled || all[i].day > last)
			continue;
		orders++;
		of_year += all[i].day > last - 365;
		first = all[i].day < first ? all[i].day : first;
		latest = all[i].day > latest ? all[i].day : latest;
	}
	out->year += of_year >= 1;
	out->repeaters += of_year >= 2;
	out->customers += orders > 0;
	out->orders += orders;
	out->span += orders ? latest - first : 0;
	out->age += orders ? last - first : 0;
}

static void compare(struct world *world, const struct purchase *all, int n, int64_t last)
{
	struct tally t = {0};
	for (int c = 0; c < CUSTOMERS; c++)
		count(all, n, c, last, &t);
	int64_t at_ms = T0 + last * DAY_MS;
	agrees(world, "repeat_purchase_rate", at_ms, t.repeaters, t.year);
	agrees(world, "clv", at_ms, 100 * t.orders, t.customers);
	agrees(world, "clv_frequency", at_ms, t.orders - t.customers, t.customers);
	agrees(world, "clv_recency_days", at_ms, t.span, t.customers);
	agrees(world, "clv_age_days", at_ms, t.age, t.customers);
}

static void say_purchase(struct world *world, struct random *r, const struct purchase *p, int number)
{
	static const char *const customers[] = {"k0", "k1"};
	char id[8];
	snprintf(id, sizeof(id), "o%d", number);
	int64_t t_ms = T0 + p->day * DAY_MS + random_below(r, 24) * HOUR_MS;
	if (random_chance(r, 30)) { // first a later version of another day
		world_say(world, box_order(t_ms + (int64_t)random_below(r, 400) * DAY_MS, ORIGIN_SERVER, NULL,
					   customers[p->customer], id, 1, 100));
		world_fold(world, random_below(r, 3));
	}
	world_say(world, box_order(t_ms, ORIGIN_SERVER, NULL, customers[p->customer], id, 0, 100));
	if (p->cancelled)
		world_say(world, box_cancel(t_ms + DAY_MS, id));
}

static void random_customers(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct random r = {seed};
		struct purchase all[ORDERS_MAX];
		struct world *world = world_open_shop(T0 + 3000 * DAY_MS);
		int n = 1 + (int)random_below(&r, ORDERS_MAX);
		for (int i = 0; i < n; i++) {
			int64_t day = 182 * (int64_t)random_below(&r, 6) + random_below(&r, 3);
			all[i] = (struct purchase){day, (int)random_below(&r, CUSTOMERS),
						   random_chance(&r, 20)};
			say_purchase(world, &r, &all[i], i);
			world_settle_away(world);
		}
		for (int64_t day = 0; day < 1400; day += 1 + random_below(&r, 60))
			compare(world, all, n, day);
		world_destroy(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_came_again_within_a_year),
		cmocka_unit_test(what_customers_are_worth),
		cmocka_unit_test(margin_of_what_was_kept),
		cmocka_unit_test(random_customers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
