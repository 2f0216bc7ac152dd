// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Sessions as intervals, time in the foreground, bounces, distinct visitors, consent, and which session an
// order belongs to.
#include "services/metrics/core/session.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdlib.h>

#define GAP_MS (30 * MINUTE_MS)
static void join(struct visitor *visitor, int64_t t_ms, uint8_t id)
{
	struct moment moment = {.t_ms = t_ms, .id = {id}};
	uint32_t from;
	uint32_t count = session_range(visitor, t_ms, GAP_MS, &from);
	session_join(visitor, from, count, &moment, id);
}

static void release(struct visitor *visitor)
{
	vec_free(visitor->sessions);
	vec_free(visitor->spans);
	vec_free(visitor->views);
	vec_free(visitor->links);
}

static void intervals(void **state)
{
	(void)state;
	struct visitor v = {0};
	join(&v, 100 * MINUTE_MS, 2);
	join(&v, 160 * MINUTE_MS, 3);
	join(&v, 40 * MINUTE_MS, 4);
	assert_int_equal(v.sessions->count, 3);
	join(&v, 130 * MINUTE_MS, 5); // 30 minutes from both: apart from both
	assert_int_equal(v.sessions->count, 4);
	join(&v, 130 * MINUTE_MS - 1, 6); // with the first, and the one at 130 joins them
	assert_int_equal(v.sessions->count, 3);
	assert_int_equal(v.sessions->at[1].first.t_ms, 100 * MINUTE_MS);
	assert_int_equal(v.sessions->at[1].last_ms, 130 * MINUTE_MS);
	join(&v, 100 * MINUTE_MS, 1); // the smaller id of the same instant is the first
	assert_int_equal(v.sessions->at[1].dims, 1);
	join(&v, 100 * MINUTE_MS, 9);
	assert_int_equal(v.sessions->at[1].dims, 1);
	assert_null(session_at(&v, 40 * MINUTE_MS - 1, GAP_MS));
	assert_ptr_equal(session_at(&v, 69 * MINUTE_MS, GAP_MS), &v.sessions->at[0]);
	assert_null(session_at(&v, 70 * MINUTE_MS, GAP_MS));
	assert_null(session_at_until(&v, 41 * MINUTE_MS, 70 * MINUTE_MS, GAP_MS));
	release(&v);
}

static void spans_are_a_union(void **state)
{
	(void)state;
	struct visitor v = {0};
	join(&v, 0, 1);
	join(&v, 60000, 2);
	struct session *s = v.sessions->at;
	session_add_span(&v, s, 0, 15000);
	session_add_span(&v, s, 5000, 20000); // another tab
	assert_int_equal(s->engaged_ms, 20000);
	session_add_span(&v, s, 20000, 30000); // touches
	assert_int_equal(v.spans->count, 1);
	session_add_span(&v, s, 40000, 50000);
	session_add_span(&v, s, 10000, 45000);
	assert_int_equal(v.spans->count, 1);
	assert_int_equal(s->engaged_ms, 50000);
	session_add_span(&v, s, -10000, 1000); // before the session
	assert_int_equal(s->engaged_ms, 50000);
	join(&v, -4000, 3); // a late event makes room for a part of it
	s = v.sessions->at;
	assert_int_equal(s->engaged_ms, 54000);
	session_add_span(&v, s, 7, 7);
	assert_int_equal(s->engaged_ms, 54000);
	release(&v);
}

// Against a plain list of milliseconds.
static void spans_at_random(void **state)
{
	(void)state;
	srand(7);
	for (int turn = 0; turn < 300; turn++) {
		struct visitor v = {0};
		bool covered[200] = {false};
		join(&v, 50, 1);
		join(&v, 150, 2);
		for (int i = 0; i < 12; i++) {
			int from = rand() % 180, to = from + rand() % 20, sum = 0;
			session_add_span(&v, v.sessions->at, from, to);
			for (int t = from; t < to; t++)
				covered[t] = true;
			for (int t = 50; t < 150; t++)
				sum += covered[t];
			assert_int_equal(v.sessions->at[0].engaged_ms, sum);
		}
		release(&v);
	}
}

static void bounces(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	int64_t t = T0 + HOUR_MS;
	world_say(world, box_page_view(t, "one view"));
	world_say(world, box_page_view(t, "two views"));
	world_say(world, box_page_view(t + 1, "two views"));
	world_say(world, box_page_view(t, "short look"));
	world_say(world, box_heartbeat(t + 9999, "short look", 15000)); // clipped to the session
	world_say(world, box_page_view(t, "long look"));
	world_say(world, box_heartbeat(t + 10000, "long look", 60000)); // 15 s at most, 10 in the session
	world_say(world, box_add(t, "added", "c", "s", 1));
	world_say(world, box_cart(t, "checkout", "d", UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT));
	world_say(world, box_cart(t, "looked at cart", "d", UTARG__V1__EVENT__BODY_VIEW_CART));
	world_settle(world);
	struct world_figure f = world_figure(world, "bounce_rate", WINDOW_DAY, t, FOLD_TOTAL, "-");
	assert_int_equal(f.numerator, 3);
	assert_int_equal(f.denominator, 7);
	world_destroy(world);
}

static void distinct_visitors(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	for (int day = 0; day < 40; day += 3)
		for (int visit = 0; visit < 2; visit++) {
			struct box *box = box_page_view(T0 + day * DAY_MS + visit * 2 * HOUR_MS, "v");
			box->context.device =
				visit ? UTARG__V1__DEVICE__DEVICE_MOBILE : UTARG__V1__DEVICE__DEVICE_TV;
			world_say(world, box);
		}
	world_say(world, box_page_view(T0, "w"));
	world_settle(world);
	assert_int_equal(world_figure(world, "visitors", WINDOW_MONTH, T0, FOLD_TOTAL, "-").numerator, 2);
	assert_int_equal(world_figure(world, "visitors", WINDOW_MONTH, T0, FOLD_DEVICE, "mobile").numerator,
			 1);
	assert_int_equal(world_figure(world, "visitors", WINDOW_MONTH, T0, FOLD_DEVICE, "tv").numerator, 1);
	assert_int_equal(world_figure(world, "visitors", WINDOW_WEEK, T0, FOLD_TOTAL, "-").numerator, 2);
	assert_int_equal(world_figure(world, "visitors", WINDOW_HOUR, T0, FOLD_TOTAL, "-").numerator, 2);
	assert_int_equal(
		world_figure(world, "visitors", WINDOW_MINUTE, T0 + 3 * DAY_MS, FOLD_TOTAL, "-").numerator,
		0); // too old for minutes
	assert_int_equal(world_day(world, "visitors", T0 + 3 * DAY_MS), 1);
	assert_int_equal(world_day(world, "visitors", T0 + DAY_MS), 0);
	assert_int_equal(
		world_figure(world, "visitors", WINDOW_MONTH, T0 + 35 * DAY_MS, FOLD_TOTAL, "-").numerator,
		1);
	world_destroy(world);
}

static void consent_tests_and_servers(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	struct box *denied = box_page_view(T0, "v");
	denied->event.consent = &denied->consent;
	denied->consent.analytics = UTARG__V1__CHOICE__CHOICE_DENIED;
	struct box *server = box_page_view(T0, "v");
	server->fold.origin = ORIGIN_SERVER;
	struct box *test = box_page_view(T0, "v");
	test->event.test = true;
	struct box *order = box_order(T0, ORIGIN_CLIENT, "v", "k", "o", 0, 100);
	order->event.consent = &order->consent;
	order->consent.analytics = UTARG__V1__CHOICE__CHOICE_DENIED;
	world_say(world, denied);
	world_say(world, server);
	world_say(world, test);
	world_say(world, order);
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", T0), 0);
	assert_int_equal(world_day(world, "visitors", T0), 0);
	assert_int_equal(world_day(world, "page_views", T0), 2);
	assert_true(world_all(world, M_DENIED_VIEWS, FOLD_DAY) == 1); // consent_coverage is 1 of 2
	assert_int_equal(world_day(world, "orders", T0), 1);
	assert_int_equal(world_day(world, "unattributed_orders", T0), 1);
	assert_int_equal(world_day(world, "new_customers", T0), 0);
	assert_true(world_all(world, M_TEST_EVENTS, FOLD_DAY) == 1);
	world_destroy(world);
}

static void an_order_finds_its_session(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	static char cart[] = "c";
	// By its visitor, 29 minutes after the last page; by its cart, from another device, when that fails.
	world_say(world, box_page_view(T0, "v"));
	world_say(world, box_order(T0 + 29 * MINUTE_MS, ORIGIN_SERVER, "v", NULL, "o1", 0, 100));
	world_say(world, box_order(T0 + 30 * MINUTE_MS, ORIGIN_SERVER, "v", NULL, "o2", 0, 100));
	world_say(world, box_order(T0 - 1, ORIGIN_SERVER, "v", NULL, "o3", 0, 100)); // before the session
	struct box *by_cart = box_order(T0 + 3 * HOUR_MS, ORIGIN_SERVER, "v", NULL, "o4", 0, 100);
	by_cart->body.order_body.cart_id = cart;
	world_say(world, by_cart);
	world_settle(world);
	assert_int_equal(world_day(world, "unattributed_orders", T0), 2);
	struct box *add = box_add(T0 + 150 * MINUTE_MS, "w", "c", "s", 1); // 30 minutes before o4: not yet
	add->context.device = UTARG__V1__DEVICE__DEVICE_TABLET;
	world_say(world, add);
	world_settle(world);
	assert_int_equal(world_day(world, "unattributed_orders", T0), 2);
	assert_int_equal(world_day(world, "conversion_rate", T0), 1);
	world_say(world, box_page_view(T0 + 160 * MINUTE_MS, "w")); // its session is alive 20 minutes before
	world_settle(world);
	assert_int_equal(world_day(world, "unattributed_orders", T0), 1);
	assert_int_equal(world_day(world, "conversion_rate", T0), 2);
	assert_int_equal(world_day_of(world, "net_revenue", T0, FOLD_DEVICE, "tablet"), 100);
	// Now the order's own visitor turns out to have been there.
	world_say(world, box_page_view(T0 + 3 * HOUR_MS - MINUTE_MS, "v"));
	world_settle(world);
	assert_int_equal(world_day_of(world, "net_revenue", T0, FOLD_DEVICE, "tablet"), 0);
	assert_int_equal(world_day(world, "conversion_rate", T0), 2); // v's first and v's third
	assert_int_equal(world_day(world, "sessions", T0), 3);
	assert_int_equal(world_day(world, "unattributed_orders", T0), 1);
	world_destroy(world);
}

static void carts_merge(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	static char into[] = "b";
	world_say(world, box_add(T0, "v", "a", "s", 1));
	world_say(world, box_add(T0 + HOUR_MS, "w", "b", "s", 1));
	world_settle(world);
	assert_int_equal(world_day(world, "carts", T0), 2);
	world_say(world, box_merge(T0 + 2 * HOUR_MS, "w", "a", "b"));
	world_settle(world);
	assert_int_equal(world_day(world, "carts", T0), 1);
	struct world_figure rate =
		world_figure(world, "cart_abandonment_rate", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(rate.numerator == 1 && rate.denominator == 1);
	struct box *order = box_order(T0 + 3 * HOUR_MS, ORIGIN_SERVER, NULL, NULL, "o", 0, 100);
	order->body.order_body.cart_id = into;
	world_say(world, order);
	world_settle(world);
	rate = world_figure(world, "cart_abandonment_rate", WINDOW_DAY, T0, FOLD_TOTAL, "-");
	assert_true(rate.numerator == 0 && rate.denominator == 1);
	// Items that moved with the merge can be taken out of the cart they moved to.
	world_say(world, box_add(T0, "x", "e", "s", 2));
	world_say(world, box_merge(T0 + MINUTE_MS, "x", "e", "f"));
	world_say(world, box_remove(T0 + 2 * MINUTE_MS, "x", "f", "s", 2));
	world_settle(world);
	assert_true(world_all(world, M_CARTS_EMPTIED, FOLD_DAY) == 1);
	world_destroy(world);
}

static void spend_by_day(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	world_say(world, box_spend(T0 + DAY_MS, "spring", "2026-01-01", 500, 10));
	world_say(world, box_spend(T0 + DAY_MS, "spring", "2026-01-01", 700, 20));
	world_say(world, box_spend(T0 + DAY_MS, "spring", "2026-01-01", 600, 15));
	world_say(world, box_spend(T0 + DAY_MS, "", "2026-01-02", 40, 1));
	world_say(world, box_spend(T0 + DAY_MS, "bad day", "2026-02-30", 40, 1));
	world_say(world, box_spend(T0 + DAY_MS, "last", "2100-12-31", 8, 1));
	world_say(world, box_spend(T0 + DAY_MS, "far day", "2101-01-01", 40, 1));
	world_settle(world);
	int64_t last = local_ms("Europe/Warsaw", 2100, 12, 31, 12, 0);
	assert_int_equal(world_day(world, "spend", last), 8);
	assert_int_equal(world_day(world, "spend", last + DAY_MS), 0);
	assert_int_equal(world_day(world, "spend", T0), 700);
	assert_int_equal(world_day_of(world, "spend", T0, FOLD_CAMPAIGN, "spring"), 700);
	assert_int_equal(world_day_of(world, "spend", T0, FOLD_MARKETING_CHANNEL, "paid_search"), 700);
	assert_int_equal(world_day_of(world, "spend", T0 + DAY_MS, FOLD_CAMPAIGN, "none"), 40);
	assert_int_equal(world_figure(world, "spend", WINDOW_MONTH, T0, FOLD_TOTAL, "-").numerator, 740);
	world_destroy(world);
}

static void settings_act_on_all_history(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 100 * DAY_MS);
	world_say(world, box_page_view(T0 + 23 * HOUR_MS, "v"));
	world_say(world, box_page_view(T0 + 23 * HOUR_MS + 20 * MINUTE_MS, "v"));
	world_settle(world);
	assert_int_equal(world_day(world, "sessions", T0), 1);
	world_say(world, box_settings(T0 + DAY_MS, "PLN", "Europe/Warsaw", 10)); // another day, two sessions
	world_settle(world);
	int64_t next = local_ms("Europe/Warsaw", 2026, 1, 2, 0, 0);
	assert_string_equal(fold_zone(world_of(world))->name, "Europe/Warsaw");
	assert_int_equal(world_day(world, "sessions", next), 2);
	assert_int_equal(world_day(world, "sessions", T0), 0);
	world_say(world,
		  box_settings(T0 - 2 * DAY_MS, "EUR", "UTC", 60)); // an older statement changes nothing
	world_settle(world);
	assert_string_equal(fold_currency(world_of(world)), "PLN");
	assert_int_equal(world_day(world, "sessions", next), 2);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals),
		cmocka_unit_test(spans_are_a_union),
		cmocka_unit_test(spans_at_random),
		cmocka_unit_test(bounces),
		cmocka_unit_test(distinct_visitors),
		cmocka_unit_test(consent_tests_and_servers),
		cmocka_unit_test(an_order_finds_its_session),
		cmocka_unit_test(carts_merge),
		cmocka_unit_test(spend_by_day),
		cmocka_unit_test(settings_act_on_all_history),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
