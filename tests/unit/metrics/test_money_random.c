// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Money is exact: random orders, versions, copies of both sides, refunds (lines, parts, totals, too much,
// before their order, of none) and cancellations in three currencies, at the limits of what the wire lets in,
// told in any order and some of it twice, come by day to what the ledger says. 100,000 events; a million with
// UTARG_FULL=1. UTARG_SEED runs one shop.
#include "common/base/money.h"
#include "tests/unit/metrics/helper_shop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS = 100000, EVENTS_FULL = 1000000 };

static struct world *fold_all(struct shop *shop)
{
	struct world *world = world_create(SHOP_START_MS + 100 * DAY_MS);
	world_say(world, box_settings(SHOP_START_MS - DAY_MS, shop_currency(shop), "UTC", 0));
	for (size_t i = 0; i < shop->box_count; i++)
		world_say(world, shop->boxes[i]);
	while (world_fold(world, 1 + random_below(&shop->random, 40))) {
		if (random_chance(&shop->random, 50))
			world_checkpoint(world);
		if (random_chance(&shop->random, 50))
			world_evict(world, random_below(&shop->random, 5));
	}
	world_checkpoint(world);
	return world;
}

static void check_day(struct world *world, uint64_t seed, int day, const struct ledger_day *expected)
{
	const struct {
		uint16_t measure;
		wide value;
	} rows[] = {
		{M_ORDERS, expected->orders},
		{M_UNITS, expected->units},
		{M_CANCELLED_ORDERS, expected->cancelled},
		{M_REFUNDED_ORDERS, expected->refunded_orders},
		{M_FOREIGN_ORDERS, expected->foreign},
		{M_GMV, expected->before},
		{M_DISCOUNTS, expected->before - expected->after},
		{M_PLACED_NET, expected->after},
		{M_CURRENT_NET, expected->net},
		{M_CURRENT_SHIPPING, expected->shipping},
		{M_CURRENT_TAX, expected->tax},
		{M_REFUNDED_NET, expected->refunded},
		{M_GIVEN_BACK_NET, expected->given_back},
		{M_REFUND_EXCESS, expected->excess},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char here[MONEY_TEXT_SIZE], there[MONEY_TEXT_SIZE];
		money_sum found = world_cell(world, rows[i].measure, FOLD_DAY, SHOP_START_MS + day * DAY_MS,
					     FOLD_TOTAL, "-");
		if (found != rows[i].value)
			fail_msg("seed %llu: %s of day %d is %s, the ledger says %s (UTARG_SEED=%llu runs it "
				 "alone)",
				 (unsigned long long)seed, measure_rows[rows[i].measure].name, day,
				 money_text(found, 0, here), money_text(rows[i].value, 0, there),
				 (unsigned long long)seed);
	}
}

static size_t check_seed(struct shop *shop, uint64_t seed)
{
	struct ledger_day days[LEDGER_DAYS];
	shop_make(shop, seed);
	ledger_days(&shop->ledger, days);
	struct world *world = fold_all(shop);
	for (int day = 0; day < LEDGER_DAYS; day++)
		check_day(world, seed, day, &days[day]);
	world_destroy(world);
	return shop->box_count;
}

static void money_is_exact(void **state)
{
	(void)state;
	const char *one = getenv("UTARG_SEED"), *full = getenv("UTARG_FULL");
	struct shop *shop = malloc(sizeof(*shop));
	size_t wanted = full && strcmp(full, "1") == 0 ? EVENTS_FULL : EVENTS, done = 0;
	if (one)
		check_seed(shop, strtoull(one, NULL, 10));
	for (uint64_t seed = 1; !one && done < wanted; seed++)
		done += check_seed(shop, seed);
	free(shop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(money_is_exact)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
