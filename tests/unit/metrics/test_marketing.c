// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Hand-worked: rows that are reported again, foreign spend, mailings, search and landing pages, feeds,
// placements of messages, campaigns against their plans.
#include "services/metrics/core/coherence.h"
#include "services/metrics/core/plan.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

#define WHOLE INT64_C(1000000000)

static struct world_figure of_campaign(struct world *world, const char *kpi, int day, const char *campaign)
{
	return world_figure(world, kpi, WINDOW_DAY, T0 + day * DAY_MS, FOLD_CAMPAIGN, campaign);
}

static struct world_figure on_day(struct world *world, const char *kpi, int day)
{
	return world_figure(world, kpi, WINDOW_DAY, T0 + day * DAY_MS, FOLD_TOTAL, "-");
}

static void is(struct world_figure figure, int64_t numerator, int64_t denominator)
{
	assert_int_equal(figure.numerator, numerator);
	assert_int_equal(figure.denominator, denominator);
}

static void say(struct world *world, struct box *box)
{
	world_say(world, box);
	world_settle_away(world); // what it needs comes back from the store
}

static uint8_t last_reason(struct world *world)
{
	struct fold_history row = {.reason = 0};
	size_t count = world_history(world, 0, &row);
	assert_true(count > 0);
	world_history(world, count - 1, &row);
	return row.reason;
}

// ---- rows of a day ----

static void the_last_report_counts(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	struct box *middle = box_spend(T0 + 2 * DAY_MS + HOUR_MS, "spring", "2026-01-02", 1000, 20);
	middle->body.spend.clicks = 8;
	middle->body.spend.impressions = 400;
	say(world, middle);
	is(of_campaign(world, "cpc", 1, "spring"), 1000, 8);
	is(of_campaign(world, "ad_ctr", 1, "spring"), 8, 400);
	assert_int_equal(last_reason(world), FOLD_LATE);
	int64_t revision = of_campaign(world, "spend", 1, "spring").revision;

	say(world, box_spend(T0 + 3 * DAY_MS, "spring", "2026-01-02", 700, 10)); // reported before it
	is(of_campaign(world, "spend", 1, "spring"), 1000, 1);
	assert_int_equal(of_campaign(world, "spend", 1, "spring").revision, revision);

	say(world, box_spend(T0 + 4 * DAY_MS, "spring", "2026-01-02", 1200, 30));
	is(of_campaign(world, "spend", 1, "spring"), 1200, 1);
	is(of_campaign(world, "cpc", 1, "spring"), 1200, 0); // it names no clicks
	assert_true(of_campaign(world, "spend", 1, "spring").revision > revision);
	assert_int_equal(last_reason(world), FOLD_CORRECTION);

	struct box *account = box_spend(T0 + 4 * DAY_MS, "spring", "2026-01-02", 40, 5); // another row
	static char second[] = "second", tokyo[] = "Asia/Tokyo";
	account->body.spend.account = second;
	account->body.spend.zone = tokyo; // its day is the shop's all the same
	say(world, account);
	is(of_campaign(world, "spend", 1, "spring"), 1240, 1);
	is(on_day(world, "contribution_margin", 1), -1240, 1);
	say(world, box_spend(T0, "spring", "2026-02-30", 40, 5)); // no day
	assert_int_equal(world_cell_count(world, M_SPEND, FOLD_DAY), 1);
	world_destroy(world);
}

static void impression_share_is_weighted(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	static const int64_t shown[] = {300, 100, 900}, share_bp[] = {5000, 9000, -1};
	static const char *const campaigns[] = {"a", "b", "c"};
	for (int i = 0; i < 3; i++) {
		struct box *box = box_spend(T0, campaigns[i], "2026-01-01", 0, 1);
		box->body.spend.impressions = shown[i];
		box->body.spend.reported_orders = 3;
		if (share_bp[i] >= 0) {
			box->body.spend.known_impression_share_case =
				UTARG__V1__AD_SPEND__KNOWN_IMPRESSION_SHARE_IMPRESSION_SHARE_BP;
			box->body.spend.impression_share_bp = (uint32_t)share_bp[i];
		}
		say(world, box);
	}
	// (300 x 0.5 + 100 x 0.9) / 400 = 0.6
	is(on_day(world, "impression_share", 0), 2400000, 4000000);
	is(of_campaign(world, "impression_share", 0, "c"), 0, 0);
	is(of_campaign(world, "tracked_share", 0, "c"), 0, 3000000);
	world_destroy(world);
}

static struct box *in_euro(int64_t t_ms, const char *day, int64_t spend_minor)
{
	static char euro[] = "EUR";
	struct box *box = box_spend(t_ms, "spring", day, spend_minor, 1);
	box->body.spend.currency = euro;
	box->body.spend.clicks = 10;
	box->body.spend.impressions = 200;
	return box;
}

static struct world *open_shop_with_rates(void)
{
	static char nbp[] = "nbp";
	struct world *world = world_create(T0 + 100 * DAY_MS);
	struct box *settings = box_settings(T0 - 30 * DAY_MS, "PLN", "UTC", 30);
	settings->body.settings.rate_source = nbp;
	world_say(world, settings);
	return world;
}

static void foreign_spend_waits_for_its_rate(void **state)
{
	(void)state;
	struct world *world = open_shop_with_rates();
	say(world, in_euro(T0 + 9 * DAY_MS, "2026-01-09", 101));
	say(world, box_rate(T0 + 9 * DAY_MS, "nbp", "2026-01-09", 5 * WHOLE)); // its own day does not count
	say(world, box_rate(T0 + 9 * DAY_MS, "nbp", "2026-01-01", 5 * WHOLE)); // eight days before
	is(on_day(world, "spend", 8), 0, 1);
	is(on_day(world, "foreign_spend_rows", 8), 1, 1);
	is(on_day(world, "ad_ctr", 8), 10, 200);
	is(on_day(world, "cpc", 8), 0, 0); // clicks without a price are not free
	say(world, box_rate(T0 + 20 * DAY_MS, "nbp", "2026-01-02", 4 * WHOLE + WHOLE / 4));
	is(on_day(world, "spend", 8), 429, 1); // 429.25
	is(on_day(world, "foreign_spend_rows", 8), 0, 1);
	is(on_day(world, "cpc", 8), 429, 10);
	assert_int_equal(last_reason(world), FOLD_RATE_TOLD);
	say(world, box_rate(T0 + 20 * DAY_MS, "nbp", "2026-01-08", 4 * WHOLE));
	is(on_day(world, "spend", 8), 404, 1);
	say(world, box_rate(T0 + 21 * DAY_MS, "nbp", "2026-01-02", 9 * WHOLE)); // no longer the latest
	is(on_day(world, "spend", 8), 404, 1);
	struct box *again = in_euro(T0 + 10 * DAY_MS, "2026-01-09", 200);
	again->body.spend.report_time_ms = 2;
	say(world, again);
	is(on_day(world, "spend", 8), 800, 1);
	world_destroy(world);
}

// The source that holds at the row's day counts, though the event that brought the row came before that day.
static void the_rate_source_of_its_day(void **state)
{
	(void)state;
	static char ecb[] = "ecb";
	struct world *world = open_shop_with_rates();
	world_say(world, box_rate(T0, "nbp", "2026-01-08", 4 * WHOLE));
	world_say(world, box_rate(T0, "ecb", "2026-01-08", 5 * WHOLE));
	world_say(world, in_euro(T0, "2026-01-09", 100));
	world_settle(world);
	is(on_day(world, "spend", 8), 400, 1);
	struct box *settings = box_settings(T0 + DAY_MS, "PLN", "UTC", 30);
	settings->body.settings.rate_source = ecb;
	settings->body.settings.valid_from_ms = T0 + 7 * DAY_MS;
	world_tell(world, settings);
	is(on_day(world, "spend", 8), 500, 1);
	world_destroy(world);
}

static void mailings(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	for (int report = 2; report > 0; report--) { // the better one first
		struct box *box = box_mailing(T0 + DAY_MS, "letter", "2026-01-01", report);
		box->body.mailing.sent = 1000 * report;
		box->body.mailing.delivered = 900 * report;
		box->body.mailing.opened = 450 * report;
		box->body.mailing.clicked = 90 * report;
		box->body.mailing.unsubscribed = 9 * report;
		box->body.mailing.bounced = 100 * report;
		say(world, box);
	}
	is(on_day(world, "delivered", 0), 1800, 1);
	is(of_campaign(world, "open_rate", 0, "letter"), 900, 1800);
	is(of_campaign(world, "click_rate", 0, "letter"), 180, 1800);
	is(of_campaign(world, "unsubscribe_rate", 0, "letter"), 18, 1800);
	is(of_campaign(world, "mail_bounce_rate", 0, "letter"), 200, 2000);
	is(world_figure(world, "delivered", WINDOW_DAY, T0, FOLD_MARKETING_CHANNEL, "email"), 1800, 1);
	is(of_campaign(world, "revenue_per_mille", 0, "letter"), 0, 1800);
	world_destroy(world);
}

// ---- organic search ----

static struct world_figure of_page(struct world *world, const char *kpi, const char *page)
{
	return world_figure(world, kpi, WINDOW_DAY, T0, FOLD_LANDING_PAGE, page);
}

static void search_by_page_and_brand(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	struct box *first = box_seo(T0, "2026-01-01", 1);
	box_seo_row(first, "/old", true, 50, 5, 2000);
	say(world, first);
	is(of_page(world, "search_ctr", "/old"), 5, 50);
	struct box *better = box_seo(T0, "2026-01-01", 2);
	box_seo_row(better, "https://shop.example/shoes?utm_source=x", true, 100, 30, 1500);
	box_seo_row(better, "/shoes#top", false, 300, 6, 9500);
	box_seo_row(better, "https://shop.example", false, 0, 0, 0);
	say(world, better);
	is(of_page(world, "search_ctr", "/old"), 0, 0);
	is(of_page(world, "search_ctr", "/shoes"), 36, 400);
	is(of_page(world, "search_ctr_brand", "/shoes"), 30, 100);
	is(of_page(world, "search_ctr_other", "/shoes"), 6, 300);
	is(on_day(world, "search_position", 0), 150000 + 2850000, 400000); // 7.5
	is(on_day(world, "search_position_brand", 0), 150000, 100000);
	is(on_day(world, "search_position_other", 0), 2850000, 300000);
	is(of_page(world, "search_ctr", "/"), 0, 0);
	world_destroy(world);
}

static struct box *from_search(int64_t t_ms, char *path)
{
	static char engine[] = "www.google.com";
	struct box *box = box_page_view(t_ms, "v");
	box->context.referrer_host = engine;
	box->context.path = path;
	return box;
}

static void a_visit_stands_where_it_landed(void **state)
{
	(void)state;
	static char shoes[] = "/shoes?x=1", hats[] = "/hats", none[] = "";
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	say(world, from_search(T0 + HOUR_MS + 2, shoes));
	say(world, box_order(T0 + HOUR_MS + 5, ORIGIN_CLIENT, "v", NULL, "o", 0, 1000));
	is(of_page(world, "organic_sessions", "/shoes"), 1, 1);
	is(of_page(world, "organic_revenue", "/shoes"), 1000, 1);
	say(world, from_search(T0 + HOUR_MS + 1, hats)); // earlier in the same minute
	is(of_page(world, "organic_sessions", "/shoes"), 0, 1);
	is(of_page(world, "organic_revenue", "/shoes"), 0, 1);
	is(of_page(world, "organic_sessions", "/hats"), 1, 1);
	is(of_page(world, "organic_revenue", "/hats"), 1000, 1);
	struct box *refund = box_refund(T0 + 5 * DAY_MS, "r", "o");
	refund->body.refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund->body.refund.items_net_minor = 400;
	say(world, refund);
	is(of_page(world, "organic_revenue", "/hats"), 600, 1);
	struct box *direct = box_page_view(T0 + HOUR_MS, "v"); // it was no search at all
	direct->context.path = none;
	say(world, direct);
	is(on_day(world, "organic_sessions", 0), 0, 1);
	is(on_day(world, "organic_revenue", 0), 0, 1);
	is(on_day(world, "sessions", 0), 1, 1);
	world_destroy(world);
}

// The earlier event of a visit with no order: the visit only begins elsewhere.
static void a_visit_begins_elsewhere(void **state)
{
	(void)state;
	static char shoes[] = "/shoes", none[] = "";
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	say(world, from_search(T0 + HOUR_MS + 2, shoes));
	say(world, from_search(T0 + HOUR_MS + 1, none));
	is(of_page(world, "organic_sessions", "/shoes"), 0, 1);
	is(of_page(world, "organic_sessions", "unknown"), 1, 1);
	world_destroy(world);
}

// ---- what stands until something else is said ----

static void feeds(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	say(world, box_feed(T0 + 2 * DAY_MS + HOUR_MS, "pl", 200, 120));
	say(world, box_feed(T0 + HOUR_MS, "pl", 100, 90)); // comes late
	say(world, box_feed(T0 + HOUR_MS, "de", 10, 0));
	say(world, box_feed(T0 + MINUTE_MS, "pl", 7, 7)); // not the last of its day
	is(on_day(world, "feed_health", 0), 90, 110);
	is(on_day(world, "feed_health", 1), 90, 110);
	is(on_day(world, "feed_health", 2), 120, 210);
	is(world_figure(world, "feed_health", WINDOW_MONTH, T0, FOLD_TOTAL, "-"), 120, 210);
	world_destroy(world);
}

static void placements(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 30 * DAY_MS);
	say(world, box_shown(T0 + HOUR_MS, "m", 1, "a"));
	is(on_day(world, "message_coherence", 0), 0, 0); // of nothing published
	say(world, box_message(T0 + DAY_MS, "m", 1, "aab"));
	is(on_day(world, "message_coherence", 0), 0, 0);
	is(on_day(world, "message_coherence", 1), 1, 2);
	say(world, box_shown(T0 + 2 * DAY_MS, "m", 1, "b"));
	say(world, box_shown(T0 + 2 * DAY_MS, "other", 9, "a"));
	is(on_day(world, "message_coherence", 2), 2, 2);
	is(of_campaign(world, "message_coherence", 2, "spring"), 2, 2);
	say(world, box_message(T0 + 4 * DAY_MS, "m", 2, "ac")); // b still shows the old one
	is(on_day(world, "message_coherence", 4), 0, 3);
	say(world, box_shown(T0 + 5 * DAY_MS, "m", 2, "c"));
	say(world, box_shown(T0 + 5 * DAY_MS, "m", 0, "b")); // not any more
	is(on_day(world, "message_coherence", 5), 1, 2);
	say(world, box_message(T0 + 6 * DAY_MS, "m", 2, NULL)); // withdrawn; a shows 1, c shows 2
	is(on_day(world, "message_coherence", 6), 0, 2);
	say(world, box_shown(T0 + 7 * DAY_MS, "m", 0, "a"));
	say(world, box_shown(T0 + 7 * DAY_MS, "m", 0, "c"));
	is(on_day(world, "message_coherence", 7), 0, 0);
	say(world, box_shown(T0 + 3 * DAY_MS, "m", 2, "a")); // a report that comes late
	is(on_day(world, "message_coherence", 3), 1, 2);
	is(on_day(world, "message_coherence", 4), 1, 3);
	is(on_day(world, "message_coherence", 5), 2, 2);
	world_destroy(world);
}

// A place that reports every day for a year, and what is published and reported late.
static void a_year_of_reports(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 400 * DAY_MS);
	for (int day = 1; day <= 360; day++)
		world_say(world, box_shown(T0 + day * DAY_MS, "m", day == 50 || day > 200 ? 2 : 1, "a"));
	world_settle(world);
	void *found = entity_find(world_of(world)->table, FOLD_MESSAGE, slice_of("m"));
	const struct message *m = found;
	assert_int_equal(vec_count(m->places), 1);
	assert_int_equal(vec_count(m->places->at[0].reports), 360);
	say(world, box_message(T0 + 10 * DAY_MS, "m", 1, "ab"));
	say(world, box_message(T0 + 250 * DAY_MS, "m", 2, "ab"));
	for (int day = 10; day <= 360; day++)
		is(on_day(world, "message_coherence", day), day < 250 ? day != 50 && day <= 200 : 1, 2);
	say(world, box_shown(T0 + 355 * DAY_MS + 1, "m", 0, "a"));
	is(on_day(world, "message_coherence", 354), 1, 2);
	is(on_day(world, "message_coherence", 355), 0, 2);
	is(on_day(world, "message_coherence", 356), 1, 2);
	say(world,
	    box_shown(T0 + 20 * DAY_MS + 1, "m", 9, "a")); // eleven months late: it counts for its day alone
	is(on_day(world, "message_coherence", 20), 0, 2);
	is(on_day(world, "message_coherence", 21), 1, 2);
	world_destroy(world);
}

// Of a fleet of shelf labels each report changes the facts of its own place.
static void many_places(void **state)
{
	enum { PLACES = 4000 };
	(void)state;
	struct world *world = world_open_shop(T0 + 9 * DAY_MS);
	say(world, box_message(T0 + DAY_MS, "m", 1, ""));
	for (int i = 0; i < PLACES; i++) {
		char place[16];
		snprintf(place, sizeof(place), "l%d", (i * 7919) % PLACES);
		world_say(world, box_shown(T0 + (2 + i % 2) * DAY_MS, "m", 1 + i % 4 / 3, place));
	}
	world_settle_away(world);
	is(on_day(world, "message_coherence", 2), PLACES / 2, PLACES / 2);
	is(on_day(world, "message_coherence", 3), PLACES * 3 / 4, PLACES);
	say(world, box_message(T0 + 4 * DAY_MS, "m", 2, ""));
	is(on_day(world, "message_coherence", 4), PLACES / 4, PLACES);
	world_destroy(world);
}

// ---- plans ----

static void shares_sum_to_the_budget(void **state)
{
	(void)state;
	// Thursday to Wednesday: nothing on Friday, half as much on weekends.
	struct plan_closing plan = {.first_day = 0,
				    .last_day = 6,
				    .budget_minor = 100,
				    .state = 2,
				    .weights = {2, 2, 2, 2, 0, 1, 1}};
	static const int64_t due[] = {20, 20, 30, 40, 60, 80, 100};
	for (int32_t day = 0; day < 7; day++)
		assert_int_equal(plan_due(&plan, day), due[day]);
	assert_int_equal(plan_due(&plan, -1), 0);
	assert_int_equal(plan_due(&plan, 100), 100);
	plan.budget_minor = INT64_C(90071992547409929);
	plan.last_day = PLAN_DAYS_MAX - 1;
	int64_t before = 0;
	for (int32_t day = 0; day < PLAN_DAYS_MAX; day++) {
		assert_true(plan_due(&plan, day) >= before);
		before = plan_due(&plan, day);
	}
	assert_true(before == plan.budget_minor);
	struct plan_closing short_one = {.first_day = 1,
					 .last_day = 1,
					 .budget_minor = 7, // Friday: no weight
					 .weights = {2, 2, 2, 2, 0, 1, 1}};
	assert_int_equal(plan_due(&short_one, 1), 7);
}

static void tick(struct world *world, int64_t as_of_ms)
{
	world_settle_away(world);
	world_tick(world, as_of_ms);
	world_checkpoint(world);
}

static void pace_follows_the_clock(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 - DAY_MS);
	say(world, box_campaign(T0 - 2 * DAY_MS, "spring", 10000, "2026-01-01", "2026-01-10"));
	is(of_campaign(world, "pace", 0, "spring"), 0, 0);
	tick(world, T0); // the first day has begun: its budget is there, nothing is due
	is(of_campaign(world, "pace", 0, "spring"), 0, 0);
	say(world, box_spend(T0 + HOUR_MS, "spring", "2026-01-01", 2100, 1));
	is(of_campaign(world, "pace_day", 0, "spring"), 2100, 1000);
	is(world_figure(world, "pace_month", WINDOW_MONTH, T0, FOLD_CAMPAIGN, "spring"), 2100, 1000);
	is(of_campaign(world, "pace_day", 1, "spring"), 0, 0);
	tick(world, T0 + DAY_MS);
	is(of_campaign(world, "pace", 0, "spring"), 2100, 1000);
	tick(world, T0 + 4 * DAY_MS + HOUR_MS);
	is(of_campaign(world, "pace", 3, "spring"), 2100, 4000);
	is(of_campaign(world, "pace", 4, "spring"), 2100, 4000); // the fifth day is not over
	tick(world, T0 + 40 * DAY_MS);
	is(of_campaign(world, "pace", 30, "spring"), 2100, 10000);
	is(world_figure(world, "pace_month", WINDOW_MONTH, T0 + 33 * DAY_MS, FOLD_CAMPAIGN, "spring"), 0,
	   1000);
	is(of_campaign(world, "pace", 3, "never"), 0, 0);
	world_destroy(world);
}

static struct box *in_state(struct box *box, Utarg__V1__CampaignState campaign_state)
{
	box->body.campaign.body.state = campaign_state;
	return box;
}

static void a_new_budget_changes_no_day_before_it(void **state)
{
	(void)state;
	struct world *world = world_open_shop(T0 + 60 * DAY_MS);
	say(world, in_state(box_campaign(T0 - 9 * DAY_MS, "spring", 10000, "2026-01-01", "2026-01-10"),
			    UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_DRAFT));
	is(of_campaign(world, "pace", 20, "spring"), 0, 0);
	say(world, box_campaign(T0 + DAY_MS, "spring", 10000, "2026-01-01", "2026-01-10"));
	is(of_campaign(world, "pace", 0, "spring"), 0, 0); // it was a draft on that day
	is(of_campaign(world, "pace", 1, "spring"), 0, 2000);
	say(world, box_campaign(T0 + 4 * DAY_MS, "spring", 20000, "2026-01-01", "2026-01-10"));
	is(of_campaign(world, "pace", 3, "spring"), 0, 4000);
	is(of_campaign(world, "pace", 4, "spring"), 0, 10000);
	is(of_campaign(world, "pace_day", 5, "spring"), 0, 2000);
	say(world, in_state(box_campaign(T0 + 6 * DAY_MS, "spring", 20000, "2026-01-01", "2026-01-10"),
			    UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ENDED));
	is(of_campaign(world, "pace", 5, "spring"), 0, 12000);
	is(of_campaign(world, "pace", 9, "spring"), 0, 12000);
	is(of_campaign(world, "pace_day", 6, "spring"), 0, 0);
	world_destroy(world);
}

static void what_is_no_plan(void **state)
{
	(void)state;
	static char euro[] = "EUR";
	struct world *world = world_open_shop(T0 + 60 * DAY_MS);
	struct box *foreign = box_campaign(T0, "foreign", 10000, "2026-01-01", "2026-01-10");
	foreign->body.campaign.budget.currency = euro;
	say(world, foreign);
	say(world, box_campaign(T0, "backwards", 10000, "2026-01-10", "2026-01-01"));
	say(world, box_campaign(T0, "endless", 10000, "2026-01-01", "2056-01-01"));
	struct box *bare = box_campaign(T0, "bare", 0, "", "");
	bare->body.campaign.body.budget = NULL;
	say(world, bare);
	assert_int_equal(world_cell_count(world, M_BUDGET_DUE, FOLD_DAY), 0);
	assert_int_equal(world_cell_count(world, M_DAY_BUDGET, FOLD_DAY), 0);
	assert_int_equal(world_cell_count(world, M_DAILY_BUDGET, FOLD_DAY), 0);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_year_of_reports),
		cmocka_unit_test(many_places),
		cmocka_unit_test(the_last_report_counts),
		cmocka_unit_test(impression_share_is_weighted),
		cmocka_unit_test(foreign_spend_waits_for_its_rate),
		cmocka_unit_test(the_rate_source_of_its_day),
		cmocka_unit_test(mailings),
		cmocka_unit_test(search_by_page_and_brand),
		cmocka_unit_test(a_visit_stands_where_it_landed),
		cmocka_unit_test(a_visit_begins_elsewhere),
		cmocka_unit_test(feeds),
		cmocka_unit_test(placements),
		cmocka_unit_test(shares_sum_to_the_budget),
		cmocka_unit_test(pace_follows_the_clock),
		cmocka_unit_test(a_new_budget_changes_no_day_before_it),
		cmocka_unit_test(what_is_no_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
