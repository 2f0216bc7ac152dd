// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The rules of other tools, each on one small day worked out by hand.
#include "tests/unit/metrics/helper_world.h"

#include "services/metrics/core/dialect.h"

#include <string.h>

static int64_t at(int day, int hour, int minute)
{
	return local_ms("Europe/Warsaw", 2026, 3, day, hour, minute);
}

static struct box *view_from(int64_t t_ms, const char *visitor, char *source, char *campaign)
{
	static char medium[] = "cpc";
	struct box *box = box_page_view(t_ms, visitor);
	box->context.utm_source = source;
	box->context.utm_medium = medium;
	box->context.utm_campaign = campaign;
	return box;
}

// In order of time, as a dialect wants it.
static void say_day(struct world *world)
{
	static char google[] = "google", spring[] = "spring", sale[] = "sale";
	world_say(world, box_settings(at(1, 0, 0), "PLN", "Europe/Warsaw", 30));
	// a: comes by one campaign, goes on, comes by another within the half hour; adds to a cart and leaves
	// it
	world_say(world, view_from(at(10, 10, 0), "a", google, spring));
	world_say(world, box_page_view(at(10, 10, 5), "a"));
	world_say(world, view_from(at(10, 10, 10), "a", google, sale));
	world_say(world, box_add(at(10, 10, 12), "a", "c1", "s", 1));
	// b: orders twice in a visit, 100.00 and 50.00 net at 23 %, shipping 10.00 and 2.30; the second one
	// is cancelled
	world_say(world, box_page_view(at(10, 12, 0), "b"));
	world_say(world, box_add(at(10, 12, 1), "b", "c2", "s", 1));
	struct box *order = box_order(at(10, 12, 5), ORIGIN_CLIENT, "b", NULL, "o1", 0, 10000);
	order->body.order_body.shipping_net_minor = 1000;
	order->body.order_body.shipping_tax_minor = 230;
	world_say(world, order);
	world_say(world, box_order(at(10, 12, 9), ORIGIN_CLIENT, "b", NULL, "o2", 0, 5000));
	// c: one page, and twelve seconds with it
	world_say(world, box_page_view(at(10, 15, 0), "c"));
	world_say(world, box_heartbeat(at(10, 15, 0) + 12000, "c", 12000));
	// b again: one page. d: midnight in Warsaw is 23:00 in UTC, a quarter to and past both
	world_say(world, box_page_view(at(10, 20, 0), "b"));
	world_say(world, box_page_view(at(10, 23, 45), "d"));
	world_say(world, box_page_view(at(11, 0, 10), "d"));
	world_say(world, box_page_view(at(11, 0, 35), "d"));
	world_say(world, box_page_view(at(11, 0, 59), "d"));
	world_say(world, box_page_view(at(11, 1, 5), "d"));
	world_say(world, box_cancel(at(11, 9, 0), "o2"));
	struct box *refund = box_refund(at(11, 10, 0), "r1", "o1");
	refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund->body.refund.items_net_minor = 2000;
	world_say(world, refund);
	world_fold(world, 0);
	world_checkpoint(world);
}

struct expected {
	const char *kpi;
	int day;
	int64_t numerator, denominator;
};

static void check(const char *name, const struct expected *expected, size_t count)
{
	const struct dialect *dialect = name ? dialect_find(name) : NULL;
	struct world *world = world_create_switched(at(20, 0, 0), dialect ? dialect_switches(dialect) : 0);
	say_day(world);
	for (size_t i = 0; i < count; i++) {
		struct kpi_row row = *kpi_find(expected[i].kpi);
		const char *rule;
		if (dialect)
			assert_true(dialect_kpi(dialect, expected[i].kpi, &row, &rule));
		struct world_figure f =
			world_figure_of(world, &row, WINDOW_DAY, at(expected[i].day, 12, 0), FOLD_TOTAL, "-");
		if (f.numerator != expected[i].numerator || f.denominator != expected[i].denominator)
			fail_msg("%s %s on %d: %lld / %lld, expected %lld / %lld", name ? name : "ours",
				 expected[i].kpi, expected[i].day, (long long)f.numerator,
				 (long long)f.denominator, (long long)expected[i].numerator,
				 (long long)expected[i].denominator);
	}
	world_destroy(world);
}

#define CHECK(name, ...)                                                                                     \
	do {                                                                                                 \
		const struct expected expected[] = {__VA_ARGS__};                                            \
		check(name, expected, sizeof(expected) / sizeof(expected[0]));                               \
	} while (0)

static void ours(void **state)
{
	(void)state;
	CHECK(NULL, {"sessions", 10, 5, 1}, {"sessions", 11, 0, 1}, {"bounce_rate", 10, 1, 5},
	      {"conversion_rate", 10, 1, 5}, {"net_revenue", 10, 8000, 1}, {"basket_value", 10, 10000, 1},
	      {"cart_abandonment_rate", 10, 2, 2});
}

static void ga4(void **state)
{
	(void)state;
	// Visits go on over midnight and campaigns. The cancellation and the refund are of the day after.
	CHECK("ga4", {"sessions", 10, 5, 1}, {"bounce_rate", 10, 1, 5}, {"net_revenue", 10, 15000, 1},
	      {"net_revenue", 11, -7000, 1}, {"basket_value", 10, 15000, 2}, {"conversion_rate", 10, 1, 5});
}

static void a_cart_is_no_key_event(void **state)
{
	const struct dialect *dialect = dialect_find("ga4");
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct world *world = world_create_switched(at(20, 0, 0), i ? dialect_switches(dialect) : 0);
		world_say(world, box_settings(at(1, 0, 0), "PLN", "Europe/Warsaw", 30));
		world_say(world, box_page_view(at(10, 10, 0), "a"));
		world_say(world, box_add(at(10, 10, 12), "a", "c1", "s", 1));
		world_fold(world, 0);
		world_checkpoint(world);
		assert_int_equal(world_day(world, "bounce_rate", at(10, 0, 0)), i);
		world_destroy(world);
	}
}

static void matomo(void **state)
{
	(void)state;
	// a twice, b twice, c, d before midnight: 6. Bounced: a's second, b's both, c, d. Grand totals:
	// 123.00 + 12.30 and 61.50. Carts: a's and b's visits added, a's left.
	CHECK("matomo", {"sessions", 10, 6, 1}, {"sessions", 11, 1, 1}, {"bounce_rate", 10, 5, 6},
	      {"conversion_rate", 10, 1, 6}, {"net_revenue", 10, 12300 + 1230 + 6150, 1},
	      {"basket_value", 10, 19680, 2}, {"cart_abandonment_rate", 10, 1, 2});
}

static void plausible(void **state)
{
	(void)state;
	// Bounced: b's second visit and c's, twelve seconds or not.
	CHECK("plausible", {"sessions", 10, 5, 1}, {"bounce_rate", 10, 2, 5}, {"conversion_rate", 10, 1, 4},
	      {"net_revenue", 10, 8000, 1});
}

static void shopify(void **state)
{
	(void)state;
	// Midnight UTC is one o'clock in Warsaw.
	CHECK("shopify", {"sessions", 10, 5, 1}, {"sessions", 11, 1, 1}, {"conversion_rate", 10, 1, 5},
	      {"gmv", 10, 15000, 1}, {"net_revenue", 10, 15000, 1}, {"net_revenue", 11, -7000, 1},
	      {"basket_value", 10, 15000, 2});
}

static void every_rule_is_told(void **state)
{
	(void)state;
	for (const struct dialect *dialect = dialects; dialect->name; dialect++) {
		for (const struct dialect_switch *at_switch = dialect->switches; at_switch->bit; at_switch++)
			assert_true(strlen(at_switch->rule) > 20);
		for (const struct dialect_figure *figure = dialect->figures; figure->kpi; figure++) {
			struct kpi_row row;
			const char *rule;
			assert_true(dialect_kpi(dialect, figure->kpi, &row, &rule));
			assert_true(strlen(rule) > 20);
		}
	}
	for (const char *const *kpi = dialect_kpis; *kpi; kpi++)
		assert_non_null(kpi_find(*kpi));
	assert_null(dialect_find("piwik"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours),
		cmocka_unit_test(ga4),
		cmocka_unit_test(a_cart_is_no_key_event),
		cmocka_unit_test(matomo),
		cmocka_unit_test(plausible),
		cmocka_unit_test(shopify),
		cmocka_unit_test(every_rule_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
