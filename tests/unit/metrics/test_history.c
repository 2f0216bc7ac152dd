// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// History of closed days: what makes a row and what does not, what the row says, and that a day all of whose
// events came late is the sum of its history, to the digit. (That batches do not matter, test_property.c
// shows.)
#include "services/metrics/core/history.h"
#include "tests/unit/metrics/helper_history.h"

#include <stdlib.h>
#include <string.h>

enum { GAP_SEEDS = 40 };

static int64_t noon(int day)
{
	return local_ms("Europe/Warsaw", 2026, 3, day, 12, 0);
}

static struct world *open_shop(void)
{
	struct world *world = world_create(noon(20));
	world_say(world, box_settings(noon(1), "PLN", "Europe/Warsaw", 0));
	return world;
}

static void say_received(struct world *world, struct box *box, int64_t received_at_ms)
{
	box->fold.received_at_ms = received_at_ms;
	world_say(world, box);
}

static void add_amount(void *context, const struct history_change *change)
{
	money_sum *sums = context;
	sums[change->measure] += change->amount;
}

// What the row with that index changed of the measure, in the total or elsewhere.
static int64_t changed(const struct world *world, size_t index, uint16_t measure,
		       enum fold_dimension dimension, const char *key)
{
	money_sum sums[MEASURE_COUNT] = {0};
	struct fold_history row;
	assert_true(index < world_history(world, index, &row));
	assert_true(history_read(row.changes, dimension, key, add_amount, sums));
	return (int64_t)sums[measure];
}

static void live_events_make_none(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct fold_history row;
	world_say(world, box_page_view(noon(2), "v"));
	world_say(world, box_order(noon(2), ORIGIN_SERVER, "v", "c", "o", 0, 100));
	// Until the day's last instant it is open; the next day begins at 23:00 UTC.
	say_received(world, box_page_view(noon(2), "w"), local_ms("Europe/Warsaw", 2026, 3, 3, 0, 0) - 1);
	world_settle(world);
	assert_int_equal(world_history(world, 0, &row), 0);
	say_received(world, box_page_view(noon(2), "x"), local_ms("Europe/Warsaw", 2026, 3, 3, 0, 0));
	world_settle(world);
	assert_int_equal(world_history(world, 0, &row), 1);
	world_destroy(world);
}

static void a_refund_tells_what_it_changed(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct fold_history row;
	struct box *refund = box_refund(noon(9), "r", "o");
	world_say(world, box_page_view(noon(2), "v"));
	world_say(world, box_order(noon(2), ORIGIN_CLIENT, "v", "c", "o", 0, 10000));
	refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund->body.refund.items_net_minor = 2500;
	world_say(world, refund);
	world_settle(world);
	assert_int_equal(world_history(world, 0, &row), 1);
	assert_int_equal(row.seq, 4);
	assert_int_equal(row.reason, FOLD_REFUND_MADE);
	assert_int_equal(row.day_ms, local_ms("Europe/Warsaw", 2026, 3, 2, 0, 0));
	assert_int_equal(row.received_at_ms, noon(9));
	assert_int_equal(changed(world, 0, M_CURRENT_NET, FOLD_TOTAL, "-"), -2500);
	assert_int_equal(changed(world, 0, M_REFUNDED_ORDERS, FOLD_TOTAL, "-"), 1);
	assert_int_equal(changed(world, 0, M_CURRENT_NET, FOLD_SALES_CHANNEL, "web"), -2500);
	assert_int_equal(changed(world, 0, M_CURRENT_NET, FOLD_SALES_CHANNEL, "app"), 0);
	assert_int_equal(changed(world, 0, M_ORDERS, FOLD_TOTAL, "-"), 0);
	assert_int_equal(changed(world, 0, M_GIVEN_BACK_NET, FOLD_TOTAL, "-"), 0); // today's, which is open
	world_destroy(world);
}

// A case that waited stood at its age when the event came, and stands where it was closed afterwards: one
// case.
static void a_case_is_counted_once(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct fold_history row;
	world_say(world, box_case(noon(2), UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED, "x", ""));
	say_received(world, box_case(noon(3), UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED, "x", ""), noon(6));
	say_received(world, box_case(noon(5), UTARG__V1__EVENT__BODY_SERVICE_CASE_REOPENED, "x", ""),
		     noon(9));
	world_settle(world);
	size_t count = world_history(world, 0, &row);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(changed(world, i, M_RESOLUTION_MS, FOLD_TOTAL, "-"), 0);
	assert_true(count >= 2);
	world_destroy(world);
}

static void late_and_not_quite_late(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct fold_history row;
	int64_t midnight = local_ms("Europe/Warsaw", 2026, 3, 3, 0, 0);
	say_received(world, box_page_view(midnight - 5000, "v"), midnight + 59999);
	say_received(world, box_page_view(midnight - 5000, "w"), midnight + 60000);
	say_received(world, box_page_view(midnight - 2 * DAY_MS, "x"), midnight + 5000);
	world_settle(world);
	assert_int_equal(world_history(world, 0, &row), 3);
	assert_int_equal(row.reason, FOLD_NEW);
	world_history(world, 1, &row);
	assert_int_equal(row.reason, FOLD_LATE);
	world_history(world, 2, &row);
	assert_int_equal(row.reason, FOLD_LATE);
	assert_int_equal(changed(world, 2, M_VISITORS, FOLD_TOTAL, "-"), 1);
	assert_int_equal(changed(world, 2, M_VISITORS, FOLD_DEVICE, "unknown"), 1);
	world_destroy(world);
}

// What is moved within a day changes nothing of it.
static void what_nets_to_zero_makes_none(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct fold_history row;
	world_say(world, box_add(noon(2), "v", "c", "sku", 1));
	world_settle(world);
	// An earlier first add of the same cart and visit: all counts stay, their minutes move.
	struct box *earlier = box_cart(noon(2) + 1, "v", "c", UTARG__V1__EVENT__BODY_VIEW_CART);
	say_received(world, earlier, noon(9));
	world_settle(world);
	assert_int_equal(world_history(world, 0, &row), 1); // the visit is a millisecond longer
	assert_int_equal(changed(world, 0, M_VISIT_MS, FOLD_TOTAL, "-"), 1);
	assert_int_equal(changed(world, 0, M_SESSIONS, FOLD_TOTAL, "-"), 0);
	assert_int_equal(changed(world, 0, M_CARTS, FOLD_TOTAL, "-"), 0);
	world_destroy(world);
}

static void a_late_day_is_the_sum_of_its_history(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= GAP_SEEDS; seed++) {
		struct history history;
		history_make(&history, seed);
		struct world *world = world_create(history.as_of_ms);
		for (size_t i = 0; i < history.count; i++) {
			history.boxes[i]->fold.received_at_ms = history.as_of_ms + 40 * DAY_MS;
			world_say(world, history.boxes[i]);
			history.boxes[i] = NULL;
		}
		world_fold(world, 0);
		world_tick(world, history.as_of_ms + 40 * DAY_MS);
		world_checkpoint(world);
		const char *gap = world_history_gap(world);
		if (gap)
			fail_msg("seed %llu: %s", (unsigned long long)seed, gap);
		world_destroy(world);
		history_free(&history);
	}
}

static void broken_bytes_are_refused(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct fold_history row;
	money_sum sums[MEASURE_COUNT] = {0};
	say_received(world, box_order(noon(2), ORIGIN_CLIENT, "v", "c", "o", 0, 10000), noon(9));
	world_settle(world);
	assert_true(world_history(world, 0, &row) > 0);
	for (size_t size = 0; size < row.changes.size; size++) {
		uint8_t *part = malloc(size + 1); // the sanitizer sees a read beyond
		memcpy(part, row.changes.data, size);
		assert_false(history_read((struct slice){part, size}, FOLD_TOTAL, "-", add_amount, sums));
		free(part);
	}
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_events_make_none),
		cmocka_unit_test(a_refund_tells_what_it_changed),
		cmocka_unit_test(a_case_is_counted_once),
		cmocka_unit_test(late_and_not_quite_late),
		cmocka_unit_test(what_nets_to_zero_makes_none),
		cmocka_unit_test(a_late_day_is_the_sum_of_its_history),
		cmocka_unit_test(broken_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
