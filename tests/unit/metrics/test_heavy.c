// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A visitor who comes for years and buys often: what an event looks at does not grow with all that came
// before (counted in touches, not in time), and where only the latest touches of a path count, late events
// give what they would have given in time.
#include "services/metrics/core/inner.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>

enum { SESSIONS = 10000, FEWER_SESSIONS = 3000, ORDERS = 1000, MOST_TOUCHES = 1000 };

static struct box *view_from(int64_t t_ms, int number)
{
	static char cpc[] = "cpc", google[] = "google";
	struct box *box = box_page_view(t_ms, "v");
	snprintf(box->sku, sizeof(box->sku), "c%d", number % 7);
	box->context.utm_source = google;
	box->context.utm_medium = cpc;
	box->context.utm_campaign = box->sku;
	return box;
}

static struct box *order_of(int64_t t_ms, int number)
{
	char id[16];
	snprintf(id, sizeof(id), "o%d", number);
	return box_order(t_ms, ORIGIN_SERVER, "v", "k", id, 0, 1000 + number);
}

static void come_and_buy(int64_t step_ms, int sessions, int orders, uint64_t most_an_event)
{
	struct world *world = world_open_shop(T0 + 6000 * DAY_MS);
	uint64_t half = 0, all;
	for (int i = 0; i < sessions; i++) {
		world_say(world, view_from(T0 + i * step_ms, i));
		if (orders && i % (sessions / orders) == 0)
			world_say(world, order_of(T0 + i * step_ms + MINUTE_MS, i));
	}
	size_t events = (size_t)sessions + (size_t)orders;
	world_fold(world, events / 2);
	half = world_of(world)->work->touches_seen;
	world_fold(world, 0);
	all = world_of(world)->work->touches_seen;
	assert_true(all <= most_an_event * events);
	assert_true(all - half <=
		    half + half / 4 + most_an_event * events / 8); // the later half costs no more
	world_destroy(world);
}

// Whom an event needs, what goes out and what comes in are three walks; each finds its ends some sessions at
// a time, and then the touches between.
static void an_event_costs_what_counts(void **state)
{
	(void)state;
	come_and_buy(400 * MINUTE_MS, SESSIONS, ORDERS, 150); // ten touches between two orders
	come_and_buy(400 * MINUTE_MS, FEWER_SESSIONS, 0, 6 * 2 * MOST_TOUCHES);
	come_and_buy(31 * DAY_MS, FEWER_SESSIONS, 0, 60); // every touch lapses before the next
}

enum { LONG = 2600, LATE = 6 };

// Touches of one path with more than count, without those at the places, and orders that cut it.
static void say_long(struct world *world, const int *places, bool late)
{
	for (int i = 0; i < LONG; i++) {
		bool is_late = false;
		for (int k = 0; k < LATE; k++)
			is_late = is_late || places[k] == i;
		if (is_late == late)
			world_say(world, view_from(T0 + DAY_MS + i * 40 * MINUTE_MS, i + i / 9));
	}
}

static void late_events_of_a_long_path(void **state)
{
	(void)state;
	static const int places[LATE] = {0, 3, 1290, 1599, 1600, 2598};
	struct world *ordered = world_open_shop(T0 + 300 * DAY_MS),
		     *late = world_open_shop(T0 + 300 * DAY_MS);
	for (int i = 0; i < 2; i++) {
		struct world *world = i ? late : ordered;
		if (!i)
			say_long(world, places, true);
		say_long(world, places, false);
		world_settle(world);
		if (i)
			say_long(world, places, true);
		world_settle_away(world);
	}
	assert_null(world_difference(ordered, late, false));
	for (int cut = 1; cut <= 2; cut++) { // where both pieces are long, and where the later one is not
		int64_t t_ms = T0 + DAY_MS + 45 * DAY_MS + 20 * DAY_MS * (cut - 1) + MINUTE_MS;
		world_tell(late, order_of(t_ms, cut));
	}
	struct world *again = world_replay(late, T0 + 300 * DAY_MS);
	world_settle(again);
	assert_null(world_difference(late, again, true));
	assert_null(world_state_difference(late, again));
	world_destroy(again);
	world_destroy(late);
	world_destroy(ordered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_event_costs_what_counts),
					   cmocka_unit_test(late_events_of_a_long_path)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
