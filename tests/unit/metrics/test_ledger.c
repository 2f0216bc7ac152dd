// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Partners: which rule is in force when, ledgers worked out by hand from a click to what is kept back after a
// payment, and that the lines which people read sum to the figures.
#include "tests/unit/metrics/helper_box_affiliate.h"

#include "services/metrics/core/commission.h"
#include "services/metrics/core/inner.h"
#include "services/metrics/core/ledger_list.h"

#include <stdlib.h>
#include <string.h>

// ---- rules ----

static const struct {
	const char *affiliate, *category, *rule_id;
	int64_t from_day;
	uint32_t percentage_bp;
	bool ended;
} statements[] = {
	{"p0", "", "general", 10, 500, false},     {"p0", "", "general", 20, 800, false},
	{"p0", "books", "books", 12, 1000, false}, {"p0", "books", "books", 22, 0, true},
	{"p0", "", "general", 30, 0, true},        {"p1", "", "general", 5, 100, false},
	{"p0", "", "again", 40, 300, false},
};

static const struct {
	const char *affiliate, *category;
	int64_t day;
	int percentage_bp; // -1: no rule
} asked[] = {
	{"p0", "", 9, -1},         {"p0", "", 10, 500},      {"p0", "shoes", 19, 500},
	{"p0", "", 20, 800},       {"p0", "books", 11, 500}, {"p0", "books", 12, 1000},
	{"p0", "books", 21, 1000}, {"p0", "books", 22, 800}, {"p0", "", 30, -1},
	{"p0", "books", 39, -1},   {"p0", "books", 40, 300}, {"p1", "books", 22, 100},
	{"p2", "", 22, -1},
};

static void which_rule_is_in_force(void **state)
{
	(void)state;
	enum { COUNT = sizeof(statements) / sizeof(statements[0]) };
	for (int turn = 0; turn < 2; turn++) { // in order and the other way round
		struct commission_terms terms = {.rules = NULL};
		for (int i = 0; i < COUNT; i++) {
			int at = turn ? COUNT - 1 - i : i;
			struct box *box =
				box_commission(T0 + statements[at].from_day * DAY_MS,
					       statements[at].affiliate, statements[at].category,
					       statements[at].rule_id, statements[at].percentage_bp, 0);
			struct moment moment = {.t_ms = T0};
			memcpy(moment.id, box->fold.id, UUID_SIZE);
			box->body.commission.ended = statements[at].ended;
			assert_true(commission_add_rule(&terms, &moment, &box->body.commission));
			assert_false(commission_add_rule(&terms, &moment, &box->body.commission));
			box_free(box);
		}
		for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
			const struct commission_rule *rule = commission_rule_at(
				&terms, asked[i].affiliate, asked[i].category, T0 + asked[i].day * DAY_MS);
			assert_int_equal(rule ? (int)rule->percentage_bp : -1, asked[i].percentage_bp);
		}
		assert_string_equal(commission_rule_of(&terms, "p0", "again", T0 + 40 * DAY_MS)->rule_id,
				    "again");
		assert_null(commission_rule_of(&terms, "p0", "again", T0 + 39 * DAY_MS));
		commission_terms_clear(&terms);
	}
}

// ---- ledgers ----

static struct world *open_with_partner(int64_t as_of_ms)
{
	struct world *world = world_open_shop(as_of_ms);
	world_say(world, box_affiliate_key(T0, 0));
	struct box *rule = box_commission(T0, "p0", "", "general", 500, 0);
	rule->body.commission.holding_days = 14;
	world_say(world, rule);
	return world;
}

static struct box *net_refund(int64_t t_ms, const char *id, const char *order, int64_t net_minor)
{
	static char pln[] = "PLN";
	struct box *box = box_refund(t_ms, id, order);
	box->body.refund.currency = pln;
	box->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	box->body.refund.items_net_minor = net_minor;
	return box;
}

struct stand { // of a standing figure before the end of a day
	int64_t day;
	int64_t held, due;
};

static void stands(struct world *world, const struct stand *all, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(world_day(world, "affiliate_held", T0 + all[i].day * DAY_MS), all[i].held);
		assert_int_equal(world_day(world, "affiliate_due", T0 + all[i].day * DAY_MS), all[i].due);
	}
}

// 100.10 net at 5 %: 5.005 is 5.01. 20.02 back on day 5: 80.08 earns 4.00. Due on day 15. On day 20 4.00 is
// paid. On day 25 40.04 goes back: 40.04 earns 2.00. Cancelled on day 30.
static void from_the_click_to_what_is_kept_back(void **state)
{
	(void)state;
	struct world *world = open_with_partner(T0 + 10 * DAY_MS);
	world_say(world, box_click(T0 + DAY_MS - HOUR_MS, "v", "p0", "spring", 0));
	world_say(world, box_order(T0 + DAY_MS, ORIGIN_SERVER, "v", "k", "o1", 0, 10010));
	world_tell(world, net_refund(T0 + 5 * DAY_MS, "r1", "o1", 2002));
	stands(world, (const struct stand[]){{0, 0, 0}, {1, 501, 0}, {5, 400, 0}, {20, 400, 0}}, 4);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + DAY_MS), 400);
	assert_int_equal(world_day(world, "approval_rate", T0 + DAY_MS), 0);
	world_tick(world, T0 + 15 * DAY_MS); // the clock alone makes it due
	world_checkpoint(world);
	stands(world, (const struct stand[]){{14, 400, 0}, {15, 0, 400}, {20, 0, 400}}, 3);
	assert_int_equal(world_day(world, "approval_rate", T0 + DAY_MS), 1);
	world_tick(world, T0 + 40 * DAY_MS);
	world_tell(world, box_affiliate_paid(T0 + 20 * DAY_MS, "p0", "o1", "general", 400));
	world_tell(world, net_refund(T0 + 25 * DAY_MS, "r2", "o1", 4004));
	stands(world, (const struct stand[]){{19, 0, 400}, {20, 0, 0}, {25, 0, -200}}, 3);
	assert_int_equal(world_day(world, "affiliate_clawed_back", T0 + 25 * DAY_MS), 200);
	world_tell(world, box_cancel(T0 + 30 * DAY_MS, "o1"));
	stands(world, (const struct stand[]){{25, 0, -200}, {30, 0, -400}}, 2);
	assert_int_equal(world_day(world, "affiliate_clawed_back", T0 + 30 * DAY_MS), 200);
	assert_int_equal(world_day(world, "affiliate_paid", T0 + 20 * DAY_MS), 400);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + DAY_MS), 0);
	world_destroy(world);
}

// Who brought it: the last signed click of the window; one of another key or of nobody's counts for nothing.
static void the_last_signed_click_counts(void **state)
{
	(void)state;
	struct world *world = open_with_partner(T0 + 60 * DAY_MS);
	world_say(world, box_commission(T0, "p1", "", "general", 1000, 0));
	world_say(world, box_click(T0 + DAY_MS, "v", "p0", "", 0));
	world_say(world, box_click(T0 + 2 * DAY_MS, "v", "p1", "", 0));
	world_say(world, box_click(T0 + 3 * DAY_MS, "v", "p0", "", 1)); // of another key
	world_say(world, box_order(T0 + 4 * DAY_MS, ORIGIN_SERVER, "v", NULL, "o1", 0, 1000));
	world_say(world,
		  box_order(T0 + 33 * DAY_MS, ORIGIN_SERVER, "v", NULL, "o2", 0, 1000)); // too late for it
	world_settle(world);
	assert_int_equal(
		world_day_of(world, "affiliate_commission", T0 + 4 * DAY_MS, FOLD_AFFILIATE_NAME, "p1"), 100);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 33 * DAY_MS), 0);
	assert_int_equal(world_day(world, "affiliate_orders", T0 + 33 * DAY_MS), 0);
	// A click that comes late takes the order to the other partner, and back goes what was paid to this
	// one.
	world_say(world, box_affiliate_paid(T0 + 5 * DAY_MS, "p1", "o1", "general", 100));
	world_tell(world, box_click(T0 + 4 * DAY_MS - HOUR_MS, "v", "p0", "", 0));
	assert_int_equal(
		world_day_of(world, "affiliate_commission", T0 + 4 * DAY_MS, FOLD_AFFILIATE_NAME, "p0"), 50);
	assert_int_equal(world_day_of(world, "affiliate_due", T0 + 20 * DAY_MS, FOLD_AFFILIATE_NAME, "p1"),
			 -100);
	assert_int_equal(world_day_of(world, "affiliate_due", T0 + 20 * DAY_MS, FOLD_AFFILIATE_NAME, "p0"),
			 50);
	world_destroy(world);
}

// Two rules in one order, a fixed one among them, and a partner who is paused.
static void rules_by_category(void **state)
{
	static char books[] = "books";
	(void)state;
	struct world *world = open_with_partner(T0 + 60 * DAY_MS);
	world_say(world, box_commission(T0, "p0", "books", "books", 0, 250));
	world_say(world, box_click(T0 + DAY_MS, "v", "p0", "", 0));
	struct box *order = box_order(T0 + 2 * DAY_MS, ORIGIN_SERVER, "v", NULL, "o1", 0, 3000);
	order->body.order_body.n_lines = 2;
	order->lines[1] = order->lines[0];
	order->lines[1].category = books;
	world_tell(world, order);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 2 * DAY_MS), 150 + 250);
	// The fixed amount stays as long as anything of its line does.
	world_tell(world, net_refund(T0 + 3 * DAY_MS, "r1", "o1", 5999));
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 2 * DAY_MS) % 250, 0);
	world_tell(world, net_refund(T0 + 3 * DAY_MS, "r2", "o1", 1));
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 2 * DAY_MS), 0);
	world_say(world, box_partner(T0 + 5 * DAY_MS, "p0", true));
	world_say(world, box_order(T0 + 5 * DAY_MS - 1, ORIGIN_SERVER, "v", NULL, "o2", 0, 1000));
	world_say(world, box_order(T0 + 5 * DAY_MS, ORIGIN_SERVER, "v", NULL, "o3", 0, 1000));
	world_settle(world);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 4 * DAY_MS), 50);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 5 * DAY_MS), 0);
	assert_int_equal(world_day(world, "affiliate_orders", T0 + 5 * DAY_MS), 1);
	world_destroy(world);
}

// New is who has no valid order before; that changes with orders of long ago and with what becomes of them.
static void only_new_customers(void **state)
{
	(void)state;
	struct world *world = open_with_partner(T0 + 60 * DAY_MS);
	struct box *rule = box_commission(T0 + 1, "p0", "", "first", 1000, 0);
	rule->body.commission.new_customers_only = true;
	world_say(world, rule);
	world_say(world, box_click(T0 + 10 * DAY_MS - HOUR_MS, "v", "p0", "", 0));
	world_say(world, box_order(T0 + 10 * DAY_MS, ORIGIN_SERVER, "v", "k", "o2", 0, 1000));
	world_say(world, box_order(T0 + 11 * DAY_MS, ORIGIN_SERVER, "v", "k", "o3", 0, 1000));
	world_settle(world);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 10 * DAY_MS), 100);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 11 * DAY_MS), 0);
	world_tell(world, box_order(T0 + 9 * DAY_MS, ORIGIN_SERVER, NULL, "k", "o1", 0, 1000));
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 10 * DAY_MS), 0);
	world_tell(world, box_cancel(T0 + 12 * DAY_MS, "o1"));
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 10 * DAY_MS), 100);
	world_tell(world, box_cancel(T0 + 12 * DAY_MS, "o2"));
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 10 * DAY_MS), 0);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 11 * DAY_MS), 100);
	world_destroy(world);
}

// By the general rule 1.50 is held until day 16; shoes would be for 60 days, but only from new customers. The
// order is approved with the general rule, and with both when the order before it falls.
static void what_earns_nothing_delays_no_approval(void **state)
{
	static char shoes[] = "shoes";
	(void)state;
	struct world *world = open_with_partner(T0 + 20 * DAY_MS);
	struct box *rule = box_commission(T0, "p0", shoes, "first", 1000, 0);
	rule->body.commission.new_customers_only = true;
	rule->body.commission.holding_days = 60;
	world_say(world, rule);
	world_say(world, box_click(T0 + 2 * DAY_MS - HOUR_MS, "v", "p0", "", 0));
	world_say(world, box_order(T0 + DAY_MS, ORIGIN_SERVER, NULL, "k", "o1", 0, 1000));
	struct box *order = box_order(T0 + 2 * DAY_MS, ORIGIN_SERVER, "v", "k", "o2", 0, 3000);
	order->body.order_body.n_lines = 2;
	order->lines[1] = order->lines[0];
	order->lines[1].category = shoes;
	world_tell(world, order);
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 2 * DAY_MS), 150);
	assert_int_equal(world_day(world, "approval_rate", T0 + 2 * DAY_MS), 1);
	world_tell(world, box_cancel(T0 + 3 * DAY_MS, "o1")); // the customer is a new one now
	assert_int_equal(world_day(world, "affiliate_commission", T0 + 2 * DAY_MS), 150 + 300);
	assert_int_equal(world_day(world, "approval_rate", T0 + 2 * DAY_MS), 0);
	world_tick(world, T0 + 62 * DAY_MS);
	world_checkpoint(world);
	assert_int_equal(world_day(world, "approval_rate", T0 + 2 * DAY_MS), 1);
	world_destroy(world);
}

// A rule that is decided late takes its orders, and only those; nothing of them need be in memory.
static void a_late_rule_finds_its_orders(void **state)
{
	(void)state;
	struct world *world = open_with_partner(T0 + 60 * DAY_MS);
	world_say(world, box_click(T0 + DAY_MS, "v", "p0", "", 0));
	for (int day = 2; day < 8; day++) {
		char id[8] = {'o', (char)('0' + day), '\0'};
		world_say(world, box_order(T0 + day * DAY_MS, ORIGIN_SERVER, "v", NULL, id, 0, 1000));
	}
	world_settle_away(world);
	struct box *rule = box_commission(T0 + 50 * DAY_MS, "p0", "", "general", 900, 0);
	rule->body.commission.valid_from_ms = T0 + 5 * DAY_MS;
	world_say(world, rule);
	world_settle_away(world);
	for (int day = 2; day < 8; day++)
		assert_int_equal(world_day(world, "affiliate_commission", T0 + day * DAY_MS),
				 day < 5 ? 50 : 90);
	world_destroy(world);
}

// ---- the list ----

static void load_all(struct fold *fold, const struct fold_key *keys, size_t count)
{
	struct err e;
	for (size_t i = 0; i < count; i++)
		if (!entity_find(fold->table, keys[i].kind, (struct slice){keys[i].bytes, keys[i].size}))
			assert_true(fold_load(fold, &keys[i], (struct slice){NULL, 0}, INT64_MAX, &e));
}

static void lines_sum_to_the_figures(void **state)
{
	(void)state;
	struct world *world = open_with_partner(T0 + 30 * DAY_MS);
	world_say(world, box_click(T0 + DAY_MS, "v", "p0", "", 0));
	for (int i = 0; i < 40; i++) {
		char id[8] = {'o', (char)('0' + i / 10), (char)('0' + i % 10), '\0'};
		world_say(world, box_order(T0 + 2 * DAY_MS + i * 12 * HOUR_MS, ORIGIN_SERVER, "v", NULL, id,
					   0, 1000 + i));
	}
	world_settle(world);
	struct ledger_row *rows = malloc(400 * sizeof(*rows));
	struct fold_key *keys = malloc(400 * sizeof(*keys));
	struct ledger_query query = {"p0", T0, T0 + 60 * DAY_MS, "", T0 + 30 * DAY_MS};
	int64_t held = 0, due = 0;
	size_t count = 0, pages = 0, missing;
	char after[LEDGER_PLACE_SIZE] = "";
	bool is_end = false;
	while (!is_end) {
		query.after = after;
		size_t found = ledger_list(world_of(world), &query, rows, 15, keys, 400, &missing, &is_end);
		if (missing) {
			load_all(world_of(world), keys, missing < 400 ? missing : 400);
			is_end = false;
			continue;
		}
		for (size_t i = 0; i < found; i++) {
			held += rows[i].sums.held;
			due += rows[i].sums.due;
			assert_int_equal(rows[i].sums.commission,
					 rows[i].sums.held + rows[i].sums.due + rows[i].sums.paid);
		}
		count += found;
		pages++;
		if (found)
			memcpy(after, rows[found - 1].place, sizeof(after));
	}
	assert_int_equal(count, 40);
	assert_int_equal(pages, 3);
	assert_int_equal(held, world_day(world, "affiliate_held", T0 + 30 * DAY_MS));
	assert_int_equal(due, world_day(world, "affiliate_due", T0 + 30 * DAY_MS));
	assert_true(held > 0 && due > 0);
	assert_string_equal(rows[0].text, "5.00 % of 10.30 PLN net by rule general; held until 2026-02-01");
	free(rows);
	free(keys);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_rule_is_in_force),
		cmocka_unit_test(from_the_click_to_what_is_kept_back),
		cmocka_unit_test(the_last_signed_click_counts),
		cmocka_unit_test(rules_by_category),
		cmocka_unit_test(only_new_customers),
		cmocka_unit_test(what_earns_nothing_delays_no_approval),
		cmocka_unit_test(a_late_rule_finds_its_orders),
		cmocka_unit_test(lines_sum_to_the_figures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
