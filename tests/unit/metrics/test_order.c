// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Money of orders: lines, discounts, versions, refunds, cancellation, currencies.
#include "services/metrics/core/order.h"
#include "tests/unit/metrics/helper_world.h"

#include <string.h>

enum { NO_TAX = -1 };

struct line {
	int64_t net, gross, tax, rate_bp,
		discount; // net, tax, rate NO_TAX: not given; gross counts without net
};

static struct order_amounts amounts_of(const struct line *lines, size_t count, int64_t discount)
{
	struct box *box = box_order(0, ORIGIN_SERVER, NULL, NULL, "o", 0, 0);
	struct order_content content;
	Utarg__V1__Order *order = &box->body.order_body;
	order->n_lines = count;
	order->discount_minor = discount;
	for (size_t i = 0; i < count; i++) {
		Utarg__V1__OrderLine *line = &box->lines[i];
		utarg__v1__order_line__init(line);
		line->quantity = 1;
		line->discount_minor = lines[i].discount;
		if (lines[i].net != NO_TAX) {
			line->known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
			line->net_minor = lines[i].net;
		} else {
			line->known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
			line->gross_minor = lines[i].gross;
		}
		if (lines[i].tax != NO_TAX) {
			line->known_tax_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_TAX_MINOR;
			line->tax_minor = lines[i].tax;
		}
		if (lines[i].rate_bp != NO_TAX) {
			line->known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
			line->tax_rate_bp = (uint32_t)lines[i].rate_bp;
		}
	}
	struct intern *intern = intern_create();
	order_read_content(order, intern, &content);
	vec_free(content.lines);
	intern_destroy(intern);
	box_free(box);
	return content.amounts;
}

static void lines_are_the_atom(void **state)
{
	static const struct {
		struct line lines[3];
		size_t count;
		int64_t discount, before, after, tax;
	} rows[] = {
		{{{1000, 0, NO_TAX, 2300, 0}}, 1, 0, 1000, 1000, 230},
		{{{1000, 0, NO_TAX, 2300, 100}}, 1, 0, 1000, 900, 207},
		{{{1000, 0, 199, 2300, 100}}, 1, 0, 1000, 900, 199},        // the tax given wins
		{{{1000, 0, NO_TAX, NO_TAX, 100}}, 1, 0, 1000, 900, 0},     // none known
		{{{50, 0, NO_TAX, 2300, 0}}, 1, 0, 50, 50, 12},             // 11.5 is rounded up
		{{{NO_TAX, 1230, NO_TAX, 2300, 0}}, 1, 0, 1000, 1000, 230}, // gross
		{{{NO_TAX, 1230, NO_TAX, 2300, 123}}, 1, 0, 1000, 900, 207},
		{{{NO_TAX, 1000, NO_TAX, 2300, 0}}, 1, 0, 813, 813, 187},
		{{{NO_TAX, 1000, 186, 2300, 0}}, 1, 0, 814, 814, 186},   // no discount: before is after
		{{{NO_TAX, 1000, 90, NO_TAX, 500}}, 1, 0, 820, 410, 90}, // pro rata of the tax
		{{{NO_TAX, 1000, NO_TAX, NO_TAX, 0}}, 1, 0, 1000, 1000, 0},
		// 100 over 1000, 1000, 1000: 34, 33, 33
		{{{1000, 0, NO_TAX, 0, 0}, {1000, 0, NO_TAX, 0, 0}, {1000, 0, NO_TAX, 0, 0}},
		 3,
		 100,
		 3000,
		 2900,
		 0},
		// by gross value: 1230 and 1230 share alike although one is net
		{{{1000, 0, NO_TAX, 2300, 0}, {NO_TAX, 1230, NO_TAX, 2300, 0}}, 2, 246, 2000, 1777, 409},
		// a line that is given away takes no share
		{{{NO_TAX, 968, NO_TAX, 2300, 968}, {NO_TAX, 1230, NO_TAX, 2300, 0}}, 2, 123, 1787, 900, 207},
		{{{0, 0, NO_TAX, 2300, 0}, {0, 0, NO_TAX, 2300, 0}}, 2, 5, 0, -5, -1}, // nothing has a value
		{{{0}}, 0, 500, 0, 0, 0},                                              // no lines
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct order_amounts a = amounts_of(rows[i].lines, rows[i].count, rows[i].discount);
		if (a.before_net != rows[i].before || a.after_net != rows[i].after || a.tax != rows[i].tax)
			fail_msg("row %zu: before %lld after %lld tax %lld", i, (long long)a.before_net,
				 (long long)a.after_net, (long long)a.tax);
	}
}

static void lines_keep_their_own(void **state)
{
	static char sku[] = "boot-42", category[] = "shoes";
	struct box *box = box_order(0, ORIGIN_SERVER, NULL, NULL, "o", 0, 10000);
	struct intern *intern = intern_create();
	struct order_content content;
	(void)state;
	Utarg__V1__Order *order = &box->body.order_body;
	order->n_lines = 2;
	order->discount_minor = 1230; // two to one by gross value
	order->shipping_net_minor = 700;
	order->shipping_tax_minor = 161;
	box->lines[0].sku = sku;
	box->lines[0].category = category;
	box->lines[0].quantity = 3;
	box->lines[0].known_cost_case = UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR;
	box->lines[1].quantity = 1;
	box->lines[1].known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
	box->lines[1].gross_minor = 6150;
	order_read_content(order, intern, &content);
	assert_int_equal(vec_count(content.lines), 2);
	const struct order_line *first = &content.lines->at[0], *second = &content.lines->at[1];
	assert_string_equal(intern_text(intern, first->sku), "boot-42");
	assert_string_equal(intern_text(intern, first->category), "shoes");
	assert_int_equal(first->quantity, 3);
	assert_int_equal(first->before_net, 10000);
	assert_int_equal(first->after_net, 9180);
	assert_int_equal(first->tax, 2111); // 23 % of it, 2111.4
	assert_true(first->has_cost && first->cost_net == 0);
	assert_string_equal(intern_text(intern, second->sku), "");
	assert_int_equal(second->after_net, 6150 - 410);
	assert_false(second->has_cost);
	assert_int_equal(content.amounts.after_net, 9180 + 5740);
	assert_int_equal(content.amounts.tax, 2111 + 161);
	assert_int_equal(content.amounts.shipping_tax, 161);
	assert_int_equal(content.amounts.units, 4);
	vec_free(content.lines);
	intern_destroy(intern);
	box_free(box);
}

static void extremes_do_not_overflow(void **state)
{
	(void)state;
	struct line lines[6];
	for (int i = 0; i < 6; i++)
		lines[i] = (struct line){MONEY_MAX_MINOR, 0, NO_TAX, UINT32_MAX, -MONEY_MAX_MINOR};
	struct order_amounts a = amounts_of(lines, 6, MONEY_MAX_MINOR);
	assert_true(a.before_net == 6 * MONEY_MAX_MINOR);
	assert_true(a.after_net == 11 * MONEY_MAX_MINOR);
	assert_true(a.tax == 110 * MONEY_MAX_MINOR); // a rate above 1,000 % counts as 1,000 %
}

static struct world *open_shop(const char *currency)
{
	struct world *world = world_create(T0 + 400 * DAY_MS);
	world_say(world, box_settings(T0 - DAY_MS, currency, "UTC", 0));
	return world;
}

static void versions_replace_content(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN");
	world_say(world, box_order(T0 + DAY_MS, ORIGIN_SERVER, NULL, "k", "o", 2, 700));
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0 + DAY_MS), 700); // as far as is known
	world_say(world, box_order(T0, ORIGIN_CLIENT, "v", NULL, "o", 0, 1000));
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 700); // by the date of the lowest version
	assert_int_equal(world_day(world, "orders", T0 + DAY_MS), 0);
	world_say(world, box_order(T0 + 2 * DAY_MS, ORIGIN_SERVER, NULL, NULL, "o", 1, 900)); // passed over
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 700);
	struct box *third = box_order(T0 + 3 * DAY_MS, ORIGIN_SERVER, NULL, NULL, "o", 3, 700);
	third->body.order_body.status = UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	world_say(world, third);
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 0);
	assert_int_equal(world_day(world, "refunds_by_refund_date", T0 + 3 * DAY_MS), 700);
	assert_int_equal(world_day(world, "orders", T0), 1);
	world_say(world,
		  box_order(T0 + 4 * DAY_MS, ORIGIN_SERVER, NULL, NULL, "o", 4, 650)); // it stands again
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 650);
	assert_int_equal(world_day(world, "refunds_by_refund_date", T0 + 3 * DAY_MS), 0);
	world_destroy(world);
}

static struct box *refund_total(int64_t t_ms, const char *refund, const char *order, int64_t total)
{
	struct box *box = box_refund(t_ms, refund, order);
	box->body.refund.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	box->body.refund.total_minor = total;
	return box;
}

static void amount_only_refunds_are_split(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN");
	struct box *order = box_order(T0, ORIGIN_SERVER, NULL, "k", "o", 0, 1000); // 1000 + 230
	order->body.order_body.shipping_net_minor = 100;
	order->body.order_body.shipping_tax_minor = 23;
	world_say(world, order);
	world_say(world, refund_total(T0 + DAY_MS, "r1", "o", 676)); // 499.6 + 50 + 126.4
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 500);
	assert_int_equal(world_day(world, "turnover", T0), 1353 - 676);
	assert_int_equal(world_day(world, "refunds_by_refund_date", T0 + DAY_MS), 500);
	assert_int_equal(world_day(world, "basket_value", T0), 1000);
	assert_int_equal(world_day(world, "refund_rate", T0), 500);
	world_say(world, refund_total(T0 + 2 * DAY_MS, "r2", "o", 1000)); // 677 are left
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 0);
	assert_int_equal(world_day(world, "turnover", T0), 0);
	assert_int_equal(world_day(world, "refund_excess", T0 + 2 * DAY_MS), 323);
	assert_int_equal(world_day(world, "new_customers", T0), 0); // given back in full: not valid
	world_destroy(world);
}

static void a_refund_comes_before_its_order(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN");
	world_say(world, refund_total(T0 + DAY_MS, "r1", "o", 123));
	world_say(world, refund_total(T0 + DAY_MS, "r1", "o", 123)); // the same refund told twice
	world_say(world, refund_total(T0 + DAY_MS, "r2", "", 50));   // belongs to no order we know
	world_settle(world);
	assert_int_equal(world_day(world, "refunds_by_refund_date", T0 + DAY_MS), 173);
	assert_int_equal(world_day(world, "orders", T0), 0);
	world_say(world, box_order(T0, ORIGIN_SERVER, NULL, NULL, "o", 0, 1000));
	world_settle(world);
	assert_int_equal(world_day(world, "refunds_by_refund_date", T0 + DAY_MS), 150);
	assert_int_equal(world_day(world, "net_revenue", T0), 900);
	assert_int_equal(world_day(world, "refund_rate_by_count", T0), 1);
	// A better copy of the refund says another order.
	struct box *moved = refund_total(T0 + DAY_MS - 1, "r1", "p", 123);
	world_say(world, moved);
	world_say(world, box_order(T0, ORIGIN_SERVER, NULL, NULL, "p", 0, 100));
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 1000);
	assert_int_equal(world_day(world, "refunds_by_refund_date", T0), 100); // at its own time
	world_destroy(world);
}

static struct box *foreign_order(int64_t t_ms, const char *id, int64_t net, const char *currency,
				 int64_t nano)
{
	static char codes[8][4];
	static int used;
	char *code = codes[used++ % 8];
	struct box *box = box_order(t_ms, ORIGIN_SERVER, NULL, NULL, id, 0, net);
	text_copy(code, 4, currency);
	box->body.order_body.currency = code;
	box->rate.currency = code;
	box->rate.per_unit_nano = nano;
	box->body.order_body.rate = nano ? &box->rate : NULL;
	return box;
}

static void foreign_orders_are_converted_once(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN");
	world_say(world, foreign_order(T0, "e", 1000, "EUR", INT64_C(4321500000)));
	world_say(world, foreign_order(T0 + DAY_MS, "j", 1000, "JPY", INT64_C(25000000))); // 0.025 PLN a yen
	world_say(world, foreign_order(T0 + 2 * DAY_MS, "k", 1000, "KWD", INT64_C(12500000000)));
	world_say(world, foreign_order(T0 + 3 * DAY_MS, "n", 1000, "USD", 0));
	world_settle(world);
	assert_int_equal(world_day(world, "net_revenue", T0), 4322);              // 4321.5 to even
	assert_int_equal(world_day(world, "net_revenue", T0 + DAY_MS), 2500);     // 25.00 PLN
	assert_int_equal(world_day(world, "net_revenue", T0 + 2 * DAY_MS), 1250); // 1.000 KWD
	assert_int_equal(world_day(world, "net_revenue", T0 + 3 * DAY_MS), 0);
	assert_int_equal(world_day(world, "foreign_orders", T0 + 3 * DAY_MS), 1);
	assert_int_equal(world_day(world, "orders", T0 + 3 * DAY_MS), 1);
	assert_int_equal(
		world_figure(world, "basket_value", WINDOW_DAY, T0 + 3 * DAY_MS, FOLD_TOTAL, "-").denominator,
		0);
	static char eur[] = "EUR";
	for (int i = 0; i < 100; i++) { // in a hundred steps to exactly nothing
		char id[8] = {'r', (char)('0' + i / 10), (char)('0' + i % 10)};
		struct box *refund = box_refund(T0 + DAY_MS + i, id, "e");
		refund->body.refund.currency = eur;
		refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
		refund->body.refund.items_net_minor = 10;
		world_say(world, refund);
		world_fold(world, 0);
		world_checkpoint(world);
		money_sum given = world_all(world, M_GIVEN_BACK_NET, FOLD_DAY);
		assert_true(world_day(world, "net_revenue", T0) + given == 4322);
	}
	assert_int_equal(world_day(world, "net_revenue", T0), 0);
	assert_true(world_all(world, M_GIVEN_BACK_NET, FOLD_DAY) == 4322);
	world_destroy(world);
}

static void discounts_and_units(void **state)
{
	(void)state;
	struct world *world = open_shop("PLN");
	struct box *box = box_order(T0, ORIGIN_SERVER, NULL, NULL, "o", 0, 1000);
	box->lines[0].quantity = 3;
	box->lines[0].discount_minor = 50;
	box->body.order_body.discount_minor = 150;
	world_say(world, box);
	world_settle(world);
	assert_int_equal(world_day(world, "gmv", T0), 1000);
	assert_int_equal(world_day(world, "net_revenue", T0), 800);
	struct world_figure rate = world_figure(world, "discount_rate", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(rate.numerator == 200 && rate.denominator == 1000);
	struct world_figure units = world_figure(world, "units_per_order", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(units.numerator == 3 && units.denominator == 1);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_the_atom),
		cmocka_unit_test(lines_keep_their_own),
		cmocka_unit_test(extremes_do_not_overflow),
		cmocka_unit_test(versions_replace_content),
		cmocka_unit_test(amount_only_refunds_are_split),
		cmocka_unit_test(a_refund_comes_before_its_order),
		cmocka_unit_test(foreign_orders_are_converted_once),
		cmocka_unit_test(discounts_and_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
