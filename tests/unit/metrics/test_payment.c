// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Checkouts and payments of carts, and what the clock does to them.
#include "tests/unit/metrics/helper_world.h"

#include <stdlib.h>
#include <string.h>

static char cart_c[] = "c", cart_d[] = "d";

static void tick(struct world *world, int64_t as_of_ms)
{
	world_evict(world, 0); // what is due is brought again
	world_tick(world, as_of_ms);
	world_checkpoint(world);
}

static struct box *order_of(int64_t t_ms, const char *order, char *cart)
{
	struct box *box = box_order(t_ms, ORIGIN_SERVER, "", "", order, 0, 1000);
	box->body.order_body.cart_id = cart;
	return box;
}

static void check_at(struct world *world, const char *kpi, int64_t t_ms, int64_t numerator,
		     int64_t denominator)
{
	struct world_figure f = world_figure(world, kpi, WINDOW_MINUTE, t_ms, FOLD_TOTAL, "-");
	if (f.numerator != numerator || f.denominator != denominator)
		fail_msg("%s: %lld / %lld, expected %lld / %lld", kpi, (long long)f.numerator,
			 (long long)f.denominator, (long long)numerator, (long long)denominator);
}

static void a_failed_payment_has_an_hour(void **state)
{
	(void)state;
	const char *kpi = "payment_failure_rate";
	int64_t failed_ms = T0 + 5 * MINUTE_MS;
	struct world *world = world_open_shop(T0);
	world_say(world, box_add(T0, "v", "c", "s", 1));
	world_tell(world, box_payment_failed(failed_ms, "v", "c"));
	check_at(world, kpi, failed_ms, 0, 1);
	check_at(world, kpi, T0, 0, 0); // at the first attempt, not at the first add
	tick(world, failed_ms + HOUR_MS - MINUTE_MS);
	check_at(world, kpi, failed_ms, 0, 1);
	tick(world, failed_ms + HOUR_MS);
	check_at(world, kpi, failed_ms, 1, 1);
	world_say(world, order_of(failed_ms, "o0", cart_c));                // not behind it
	world_tell(world, order_of(failed_ms + HOUR_MS + 1, "o1", cart_c)); // too late to be an answer
	check_at(world, kpi, failed_ms, 1, 1);
	world_tell(world, order_of(failed_ms + HOUR_MS, "o2", cart_c)); // comes late, placed in time
	check_at(world, kpi, failed_ms, 0, 1);
	world_destroy(world);
}

static void the_last_failure_decides(void **state)
{
	(void)state;
	const char *kpi = "payment_failure_rate";
	struct world *world = world_open_shop(T0);
	world_say(world, box_add(T0, "v", "c", "s", 1));
	world_say(world, box_payment_failed(T0 + 10 * MINUTE_MS, "v", "c"));
	world_say(world, box_payment_failed(T0 + 3 * HOUR_MS, "v", "c"));
	world_say(world, box_payment_failed(T0 + 6 * HOUR_MS, "v", "c"));
	world_say(world, order_of(T0 + 3 * HOUR_MS + 30 * MINUTE_MS, "o", cart_c));
	world_settle(world);
	static const struct {
		int64_t minute, failed;
	} turns[] = {{69, 0}, {70, 1}, {239, 1}, {240, 0}, {419, 0}, {420, 1}, {3000, 1}};
	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
		tick(world, T0 + turns[i].minute * MINUTE_MS);
		struct world_figure f = world_figure(world, kpi, WINDOW_DAY, T0, FOLD_TOTAL, "-");
		assert_true(f.numerator == turns[i].failed && f.denominator == 1);
		assert_int_equal(f.revision, 6); // the clock changes no revision
	}
	world_destroy(world);
	// The same at once, behind all of it.
	world = world_open_shop(T0 + DAY_MS);
	world_say(world, box_add(T0, "v", "c", "s", 1));
	world_say(world, box_payment_failed(T0 + 6 * HOUR_MS, "v", "c"));
	world_tell(world, box_payment_failed(T0 + 10 * MINUTE_MS, "v", "c"));
	check_at(world, kpi, T0 + 10 * MINUTE_MS, 1, 1);
	check_at(world, kpi, T0 + 6 * HOUR_MS, 0, 0); // it stands at the first attempt
	world_destroy(world);
}

static void whose_payment(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + DAY_MS);
	world_tell(world, box_payment_failed(T0, "v", "c")); // never held an item
	check_at(world, "payment_failure_rate", T0, 0, 0);
	world_tell(world, box_add(T0 + MINUTE_MS, "v", "c", "s", 1));
	check_at(world, "payment_failure_rate", T0, 1, 1);
	world_say(world, box_add(T0, "w", "d", "s", 1));
	world_tell(world, order_of(T0 + MINUTE_MS, "o", cart_d)); // paid at once
	check_at(world, "payment_failure_rate", T0 + MINUTE_MS, 0, 1);
	world_tell(world, box_merge(T0 + 2 * MINUTE_MS, "v", "c", "d")); // one cart, and its order followed
	check_at(world, "payment_failure_rate", T0, 0, 1);
	check_at(world, "payment_failure_rate", T0 + MINUTE_MS, 0, 0);
	world_destroy(world);
}

static void checkouts(void **state)
{
	(void)state;
	const char *kpi = "checkout_abandonment_rate";
	int64_t c_ms = T0 + 10 * MINUTE_MS, d_ms = T0 + 20 * MINUTE_MS;
	struct world *world = world_open_shop(T0);
	world_say(world, box_add(T0, "v", "c", "s", 1));
	world_say(world, box_cart(c_ms + HOUR_MS, "v", "c", UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT));
	world_say(world, box_cart(c_ms, "v", "c", UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT)); // the first
	world_say(world, box_add(T0, "w", "d", "s", 1));
	world_say(world, box_cart(d_ms, "w", "d", UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT));
	world_say(world, order_of(d_ms, "o", cart_d));
	world_say(world, box_add(T0, "x", "e", "s", 1)); // abandoned before any checkout
	world_settle(world);
	check_at(world, kpi, c_ms, 0, 0);
	check_at(world, kpi, d_ms, 0, 1);
	tick(world, c_ms + 25 * HOUR_MS - MINUTE_MS);
	check_at(world, kpi, c_ms, 0, 0);
	tick(world, c_ms + 25 * HOUR_MS);
	check_at(world, kpi, c_ms, 1, 1);
	struct world_figure f = world_figure(world, kpi, WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(f.numerator == 1 && f.denominator == 2);
	f = world_figure(world, "cart_abandonment_rate", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(f.numerator == 2 && f.denominator == 3);
	world_tell(world, order_of(c_ms + 30 * HOUR_MS, "p", cart_c)); // recovered
	check_at(world, kpi, c_ms, 0, 1);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_payment_has_an_hour),
		cmocka_unit_test(the_last_failure_decides),
		cmocka_unit_test(whose_payment),
		cmocka_unit_test(checkouts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
