// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Touches and credits worked out by hand: what a session and its later events are, whose order they count
// for, how far back, and that credits sum to what is left of the order at every step.
#include "services/metrics/core/attribution.h"
#include "services/metrics/core/touch_keep.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

#define NOON (T0 + 40 * DAY_MS + 12 * HOUR_MS)

static struct world *open_shop(void)
{
	return world_open_shop(T0 + 300 * DAY_MS);
}

static struct box *from(struct box *box, const char *campaign)
{
	static char cpc[] = "cpc", google[] = "google";
	snprintf(box->sku, sizeof(box->sku), "%s", campaign);
	box->context.utm_source = google;
	box->context.utm_medium = cpc;
	box->context.utm_campaign = box->sku;
	return box;
}

static struct box *view_from(int64_t t_ms, const char *visitor, const char *campaign)
{
	return from(box_page_view(t_ms, visitor), campaign);
}

// An order of a server that names the visitor.
static struct box *order_of(int64_t t_ms, const char *visitor, const char *customer, const char *id,
			    int64_t net)
{
	return box_order(t_ms, ORIGIN_SERVER, visitor, customer, id, 0, net);
}

static money_sum net_of(struct world *world, enum attribution_model model, int64_t day_ms,
			enum fold_dimension dimension, const char *key)
{
	return world_cell(world, (uint16_t)(M_ATTRIBUTED_NET_LAST_NON_DIRECT + model), FOLD_DAY, day_ms,
			  dimension, key);
}

static int64_t credit(struct world *world, enum attribution_model model, const char *campaign)
{
	return (int64_t)net_of(world, model, NOON - 12 * HOUR_MS, FOLD_CAMPAIGN, campaign);
}

static int64_t by_linear(struct world *world, const char *campaign)
{
	return credit(world, ATTRIBUTION_LINEAR, campaign);
}

static int64_t channel_credit(struct world *world, const char *channel)
{
	return (int64_t)net_of(world, ATTRIBUTION_LINEAR, NOON - 12 * HOUR_MS, FOLD_MARKETING_CHANNEL,
			       channel);
}

// Credits of every model are what is left of the orders; those of orders are whole orders.
static void sums_hold(struct world *world)
{
	for (int model = 0; model < ATTRIBUTION_MODEL_COUNT; model++) {
		uint16_t net = (uint16_t)(M_ATTRIBUTED_NET_LAST_NON_DIRECT + model);
		uint16_t orders = (uint16_t)(M_ATTRIBUTED_ORDERS_LAST_NON_DIRECT + model);
		uint16_t customers = (uint16_t)(M_ATTRIBUTED_CUSTOMERS_LAST_NON_DIRECT + model);
		assert_true(world_all(world, net, FOLD_DAY) == world_all(world, M_CURRENT_NET, FOLD_DAY));
		assert_true(world_all(world, orders, FOLD_DAY) ==
			    1000000 * world_all(world, M_ORDERS, FOLD_DAY));
		assert_true(world_all(world, customers, FOLD_DAY) ==
			    1000000 * world_all(world, M_NEW_CUSTOMERS, FOLD_DAY));
	}
}

static void two_sessions(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, view_from(NOON - 14 * DAY_MS, "v", "spring"));
	world_say(world, view_from(NOON - 2 * DAY_MS, "v", "sale"));
	world_say(world, box_page_view(NOON - DAY_MS, "v")); // direct
	world_say(world, order_of(NOON, "v", "k", "o", 10001));
	world_settle(world);
	assert_int_equal(credit(world, ATTRIBUTION_LAST_NON_DIRECT, "sale"), 10001);
	assert_int_equal(credit(world, ATTRIBUTION_LAST, "sale"), 10001); // direct ones are dropped
	assert_int_equal(credit(world, ATTRIBUTION_FIRST, "spring"), 10001);
	assert_int_equal(by_linear(world, "spring"), 5001); // the odd one goes to the earlier
	assert_int_equal(by_linear(world, "sale"), 5000);
	// Twelve days are one week and five days: 2^40 / 4 against 2^40 x 2^(-2/7): 274877906944,
	// 901968262606.
	assert_int_equal(credit(world, ATTRIBUTION_TIME_DECAY, "spring"), 2336);
	assert_int_equal(credit(world, ATTRIBUTION_TIME_DECAY, "sale"), 7665);
	assert_int_equal(world_day_of(world, "attributed_new_customers_linear", NOON, FOLD_CAMPAIGN, "sale"),
			 500000);
	assert_int_equal(by_linear(world, "none"), 0);
	sums_hold(world);
	world_destroy(world);
}

static void touches_within_a_session(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, view_from(NOON - 20 * MINUTE_MS, "v", "spring"));
	world_say(world, view_from(NOON - 19 * MINUTE_MS, "v", "spring")); // the same source
	world_say(world, box_page_view(NOON - 18 * MINUTE_MS, "v"));       // who goes on comes directly
	world_say(world, view_from(NOON - 17 * MINUTE_MS, "v", "sale"));
	world_say(world, view_from(NOON - 10 * MINUTE_MS, "v", "spring"));
	world_say(world, order_of(NOON, "v", "", "o", 900));
	world_settle(world);
	assert_int_equal(by_linear(world, "spring"), 600); // spring, sale, spring
	assert_int_equal(by_linear(world, "sale"), 300);
	// Another kind of click id is another touch: four now, two of them of the sale.
	static char gclid[] = "gclid";
	struct box *click = view_from(NOON - 14 * MINUTE_MS, "v", "sale");
	click->context.click_id_kind = gclid;
	world_tell(world, click);
	assert_int_equal(by_linear(world, "spring"), 450);
	assert_int_equal(by_linear(world, "sale"), 450);
	sums_hold(world);
	world_destroy(world);
}

// A late event makes a touch of one that was none, and takes that from another.
static void late_touches(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, view_from(NOON - 20 * MINUTE_MS, "v", "spring"));
	world_say(world, view_from(NOON - 10 * MINUTE_MS, "v", "spring"));
	world_say(world, order_of(NOON, "v", "", "o", 900));
	world_settle_away(world);
	assert_int_equal(by_linear(world, "spring"), 900);
	world_tell(world, view_from(NOON - 15 * MINUTE_MS, "v", "sale")); // spring, sale, spring
	assert_int_equal(by_linear(world, "spring"), 600);
	world_settle_away(world);
	world_tell(world, view_from(NOON - 25 * MINUTE_MS, "v", "sale")); // the session begins with it
	assert_int_equal(credit(world, ATTRIBUTION_FIRST, "sale"), 900);
	assert_int_equal(by_linear(world, "sale"), 450);
	world_tell(world, view_from(NOON + 1, "v", "later")); // behind the order
	assert_int_equal(by_linear(world, "later"), 0);
	sums_hold(world);
	world_destroy(world);
}

// The second session's direct beginning was a touch, until the sessions are one.
static void merged_sessions(void **state)
{
	(void)state;
	struct world *world = open_shop();
	int64_t t = NOON - 2 * HOUR_MS;
	world_say(world, box_page_view(t, "v"));
	world_say(world, box_page_view(t + 50 * MINUTE_MS, "v"));
	world_say(world, order_of(NOON, "v", "", "o", 900));
	world_settle_away(world);
	assert_int_equal(channel_credit(world, "direct"), 900); // only direct ones remain
	uint16_t first = M_ATTRIBUTED_ORDERS_LINEAR;
	assert_int_equal(world_all(world, first, FOLD_DAY), 1000000);
	world_say(world, view_from(t + 51 * MINUTE_MS, "v", "spring"));
	world_tell(world, view_from(t - 10 * MINUTE_MS, "v", "spring"));
	assert_int_equal(by_linear(world, "spring"), 900); // twice, in two sessions
	assert_int_equal(credit(world, ATTRIBUTION_FIRST, "spring"), 900);
	world_tell(world, view_from(t + 25 * MINUTE_MS, "v", "sale")); // joins them
	assert_int_equal(by_linear(world, "sale"), 300);
	assert_int_equal(by_linear(world, "spring"), 600);
	sums_hold(world);
	world_destroy(world);
}

static struct box *refund_of(int64_t t_ms, int number, const char *order, int64_t net)
{
	char id[16];
	snprintf(id, sizeof(id), "r%d", number);
	struct box *box = box_refund(t_ms, id, order);
	box->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	box->body.refund.items_net_minor = net;
	return box;
}

// Vector 11 of KPI.md.
static void refunds_in_101_steps(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, view_from(NOON - 2 * DAY_MS, "v", "spring"));
	world_say(world, view_from(NOON - DAY_MS, "v", "sale"));
	world_say(world, order_of(NOON, "v", "k", "o", 101));
	world_settle(world);
	for (int step = 0; step < 101; step++) {
		int64_t left = 101 - step;
		assert_int_equal(by_linear(world, "spring"), left - left / 2);
		assert_int_equal(by_linear(world, "sale"), left / 2);
		sums_hold(world);
		world_tell(world, refund_of(NOON + DAY_MS + step, step, "o", 1));
		if (step % 25 == 0)
			world_settle_away(world);
	}
	assert_int_equal(by_linear(world, "spring"), 0);
	assert_int_equal(by_linear(world, "sale"), 0);
	assert_int_equal(world_day_of(world, "attributed_orders", NOON, FOLD_CAMPAIGN, "sale"), 1000000);
	assert_int_equal(world_day(world, "attributed_new_customers", NOON), 0); // not valid any more
	sums_hold(world);
	world_destroy(world);
}

static void cancelled_and_changed(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, view_from(NOON - 2 * DAY_MS, "v", "spring"));
	world_say(world, view_from(NOON - DAY_MS, "w", "sale"));
	world_say(world, order_of(NOON, "v", "k", "o", 1000));
	world_say(world, order_of(NOON + HOUR_MS, "w", "k", "p", 500));
	world_settle_away(world);
	assert_int_equal(world_day_of(world, "attributed_new_customers", NOON, FOLD_CAMPAIGN, "spring"),
			 1000000);
	// A later version names another visitor: its touches count.
	struct box *again = box_order(NOON + 2 * HOUR_MS, ORIGIN_SERVER, "w", "k", "o", 2, 3000);
	again->body.order_body.placed_at_ms = NOON;
	world_tell(world, again);
	assert_int_equal(by_linear(world, "spring"), 0);
	assert_int_equal(by_linear(world, "sale"), 3500);
	world_tell(world, box_cancel(NOON + 3 * HOUR_MS, "o"));
	assert_int_equal(by_linear(world, "sale"), 500);
	assert_int_equal(world_day(world, "attributed_orders", NOON), 2000000); // both were placed
	// The customer is new with the other order now, an hour later, on the same touch.
	assert_int_equal(world_day_of(world, "attributed_new_customers", NOON, FOLD_CAMPAIGN, "sale"),
			 1000000);
	world_tell(world, order_of(NOON - 3 * DAY_MS, "", "k", "early", 100)); // new with a late order
	assert_int_equal(world_day(world, "attributed_new_customers", NOON), 0);
	assert_int_equal(world_day_of(world, "attributed_new_customers", NOON - 3 * DAY_MS, FOLD_CAMPAIGN,
				      "unattributed"),
			 1000000);
	sums_hold(world);
	world_destroy(world);
}

// Nobody came before it: never direct.
static void without_touches(void **state)
{
	static const int sold[] = {UTARG__V1__CHANNEL__CHANNEL_MARKETPLACE, UTARG__V1__CHANNEL__CHANNEL_POS,
				   UTARG__V1__CHANNEL__CHANNEL_PHONE, UTARG__V1__CHANNEL__CHANNEL_APP};
	static const char *const expected[] = {"marketplace", "pos", "phone", "unattributed"};
	(void)state;
	struct world *world = open_shop();
	for (int i = 0; i < 4; i++) {
		char id[16];
		snprintf(id, sizeof(id), "o%d", i);
		struct box *box = order_of(NOON, "", "", id, 100 + i);
		box->event.channel = sold[i];
		world_say(world, box);
	}
	world_say(world, order_of(NOON, "never seen", "", "web", 1000));
	world_settle(world);
	for (int i = 0; i < 3; i++)
		assert_int_equal(channel_credit(world, expected[i]), 100 + i);
	assert_int_equal(channel_credit(world, "unattributed"), 1103);
	assert_int_equal(by_linear(world, "unattributed"), 1406);
	assert_int_equal(
		net_of(world, ATTRIBUTION_MARKOV, NOON - 12 * HOUR_MS, FOLD_CAMPAIGN, "unattributed"), 1406);
	assert_int_equal(channel_credit(world, "direct"), 0);
	sums_hold(world);
	world_destroy(world);
}

// What another device saw counts when its own event named the customer, and once.
static void stitched_by_customer(void **state)
{
	(void)state;
	struct world *world = open_shop();
	struct box *phone = view_from(NOON - 3 * DAY_MS, "phone", "spring");
	box_name_customer(phone, "k");
	struct box *denied = view_from(NOON - 3 * DAY_MS + 1, "tablet", "sale");
	box_name_customer(denied, "k");
	denied->event.consent = &denied->consent;
	denied->consent.analytics = UTARG__V1__CHOICE__CHOICE_DENIED;
	world_say(world, phone);
	world_say(world, denied);
	world_say(world, view_from(NOON - 2 * DAY_MS, "phone", "autumn")); // who it was is not said here
	struct box *desk = view_from(NOON - DAY_MS, "desk", "winter");
	box_name_customer(desk, "k");
	world_say(world, desk);
	world_say(world, order_of(NOON, "desk", "k", "o", 1000));
	world_settle_away(world);
	assert_int_equal(by_linear(world, "spring"), 500);
	assert_int_equal(by_linear(world, "winter"), 500);
	assert_int_equal(by_linear(world, "autumn") + by_linear(world, "sale"), 0);
	// The session on the phone began earlier and with somebody who was not known: no touch of the
	// customer.
	world_tell(world, view_from(NOON - 3 * DAY_MS - MINUTE_MS, "phone", "spring"));
	assert_int_equal(by_linear(world, "spring"), 0);
	assert_int_equal(by_linear(world, "winter"), 1000);
	sums_hold(world);
	world_destroy(world);
}

static void as_far_as_the_window(void **state)
{
	static const uint32_t days[] = {0, 7, 30, 90};
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct world *world = world_create(T0 + 300 * DAY_MS);
		struct box *settings = box_settings(T0 - DAY_MS, "PLN", "UTC", 0);
		int64_t window_ms = (days[i] ? days[i] : 30) * DAY_MS, placed_ms = NOON + 100 * DAY_MS;
		settings->body.settings.attribution_days = days[i];
		world_say(world, settings);
		world_say(world, view_from(placed_ms - window_ms - 1, "v", "early"));
		world_say(world, view_from(placed_ms - window_ms, "w", "spring"));
		world_say(world, view_from(placed_ms, "u", "sale"));
		world_say(world, order_of(placed_ms, "v", "", "o", 1));
		world_say(world, order_of(placed_ms, "w", "", "p", 10));
		world_say(world, order_of(placed_ms, "u", "", "q", 100));
		world_settle(world);
		int64_t day_ms = placed_ms - 12 * HOUR_MS;
		assert_int_equal(net_of(world, ATTRIBUTION_FIRST, day_ms, FOLD_CAMPAIGN, "unattributed"), 1);
		assert_int_equal(net_of(world, ATTRIBUTION_FIRST, day_ms, FOLD_CAMPAIGN, "spring"), 10);
		assert_int_equal(net_of(world, ATTRIBUTION_FIRST, day_ms, FOLD_CAMPAIGN, "sale"), 100);
		// From here on another window, and it acts back on the order.
		struct box *other = box_settings(placed_ms - HOUR_MS, "PLN", "UTC", 0);
		other->body.settings.attribution_days = days[i] == 90 ? 7 : 90;
		world_tell(world, other);
		bool is_longer = days[i] != 90;
		assert_int_equal(net_of(world, ATTRIBUTION_FIRST, day_ms, FOLD_CAMPAIGN, "early"), is_longer);
		assert_int_equal(net_of(world, ATTRIBUTION_FIRST, day_ms, FOLD_CAMPAIGN, "spring"),
				 is_longer ? 10 : 0);
		sums_hold(world);
		world_destroy(world);
	}
}

static void clicks_of_partners(void **state)
{
	(void)state;
	struct world *world = open_shop();
	world_say(world, box_affiliate_key(T0, 0));
	world_say(world, box_click(NOON - 3 * DAY_MS, "v", "anna", "spring", 0));
	world_say(world, box_click(NOON - 3 * DAY_MS + 1000, "v", "anna", "spring", 0)); // the same minute
	world_say(world, box_click(NOON - 2 * DAY_MS, "v", "anna", "sale", 1));          // another key
	world_say(world, box_click(NOON - 2 * DAY_MS, "v", "ola", "sale", 9));           // not signed
	world_say(world, box_click(NOON - DAY_MS, "v", "ola", "", 0));
	world_say(world, order_of(NOON, "v", "", "o", 1000));
	world_settle_away(world);
	assert_int_equal(by_linear(world, "spring"), 500);
	assert_int_equal(by_linear(world, "none"), 500);
	assert_int_equal(channel_credit(world, "affiliate"), 1000);
	// A visit between them counts beside them; a key that is told late makes the other click count.
	world_tell(world, view_from(NOON - DAY_MS - HOUR_MS, "v", "autumn"));
	assert_int_equal(by_linear(world, "autumn"), 333);
	world_tell(world, box_affiliate_key(NOON - 2 * DAY_MS - HOUR_MS, 1));
	assert_int_equal(by_linear(world, "sale"), 333);
	assert_int_equal(by_linear(world, "none"), 0); // ola's link was signed with the old key
	sums_hold(world);
	world_destroy(world);
}

// In a currency without a rate it is worth nothing yet, but it is an order; a rate told later brings its
// money.
static void orders_in_foreign_money(void **state)
{
	static char eur[] = "EUR", nbp[] = "nbp";
	(void)state;
	struct world *world = world_create(T0 + 300 * DAY_MS);
	struct box *settings = box_settings(T0 - DAY_MS, "PLN", "UTC", 0);
	settings->body.settings.rate_source = nbp;
	world_say(world, settings);
	world_say(world, view_from(NOON - DAY_MS, "v", "spring"));
	struct box *order = order_of(NOON, "v", "k", "o", 1000);
	order->body.order_body.currency = eur;
	world_say(world, order);
	world_settle_away(world);
	assert_int_equal(by_linear(world, "spring"), 0);
	assert_int_equal(world_day_of(world, "attributed_orders", NOON, FOLD_CAMPAIGN, "spring"), 1000000);
	world_tell(world, box_rate(NOON + HOUR_MS, "nbp", "2026-02-09", INT64_C(4250000000)));
	assert_int_equal(by_linear(world, "spring"), 4250);
	sums_hold(world);
	world_destroy(world);
}

static uint32_t names_of(struct world *world, const char *visitor)
{
	const struct visitor *v = fold_visitor(world_of(world), visitor);
	assert_non_null(v);
	return vec_count(touch_sources(v)->names);
}

// Twelve customers on one device within a minute, of which eight touches are kept: those of the others have
// no name there, at once when they are not kept, else when the visitor has been away.
static void names_of_what_is_kept(void **state)
{
	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		struct world *world = open_shop();
		world_say(world, box_page_view(NOON - MINUTE_MS, "v"));
		for (int i = 0; i < 12; i++) {
			char campaign[16], customer[16];
			snprintf(campaign, sizeof(campaign), "c%d", i);
			snprintf(customer, sizeof(customer), "k%d", i);
			struct box *box = view_from(NOON + (turn ? 12 - i : i) * 1000, "v", campaign);
			box_name_customer(box, customer);
			world_say(world, box);
		}
		world_settle(world);
		assert_int_equal(names_of(world, "v"), turn ? 12 : 8);
		world_settle_away(world);
		world_tell(world, box_page_view(NOON + MINUTE_MS, "v"));
		assert_int_equal(names_of(world, "v"), 8);
		world_tell(world, order_of(NOON + HOUR_MS, "v", NULL, "o", 800));
		assert_int_equal(by_linear(world, turn ? "c4" : "c7"), 100);
		assert_int_equal(by_linear(world, turn ? "c3" : "c8"), 0);
		sums_hold(world);
		world_destroy(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_sessions),          cmocka_unit_test(touches_within_a_session),
		cmocka_unit_test(late_touches),          cmocka_unit_test(merged_sessions),
		cmocka_unit_test(refunds_in_101_steps),  cmocka_unit_test(cancelled_and_changed),
		cmocka_unit_test(without_touches),       cmocka_unit_test(stitched_by_customer),
		cmocka_unit_test(as_far_as_the_window),  cmocka_unit_test(clicks_of_partners),
		cmocka_unit_test(names_of_what_is_kept), cmocka_unit_test(orders_in_foreign_money),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
