// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Where visits come from: the built-in table, the shop's own rules and hosts, and dims without a session.
#include "services/metrics/core/channel.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

struct row {
	const char *source, *medium, *click, *referrer, *channel;
};

static void fill(Utarg__V1__Context *c, const struct row *row, char texts[5][64])
{
	const char *from[] = {row->source, row->medium, row->click, row->referrer, "shop.example"};
	char **to[] = {&c->utm_source, &c->utm_medium, &c->click_id_kind, &c->referrer_host, &c->host};
	utarg__v1__context__init(c);
	for (int i = 0; i < 5; i++) {
		snprintf(texts[i], 64, "%s", from[i] ? from[i] : "");
		*to[i] = texts[i];
	}
}

static void built_in_table(void **state)
{
	static const struct row rows[] = {
		{NULL, NULL, NULL, NULL, "direct"},
		{NULL, NULL, NULL, "shop.example", "direct"},
		{NULL, NULL, NULL, "www.shop.example", "direct"},
		{NULL, NULL, NULL, "notshop.example", "referral"},
		{NULL, NULL, NULL, "www.google.co.uk", "organic_search"},
		{NULL, NULL, NULL, "duckduckgo.com", "organic_search"},
		{NULL, NULL, NULL, "googleblog.example", "referral"},
		{NULL, NULL, NULL, "l.facebook.com", "organic_social"},
		{NULL, NULL, NULL, "t.co", "organic_social"},
		{NULL, NULL, NULL, "nott.co", "referral"},
		{NULL, NULL, NULL, "x.com", "organic_social"},
		{NULL, NULL, NULL, "netflix.com", "referral"},
		{NULL, NULL, NULL, "forum.example", "referral"},
		{NULL, NULL, "gclid", "www.google.com", "paid_search"},
		{NULL, NULL, "msclkid", NULL, "paid_search"},
		{NULL, NULL, "dclid", NULL, "display"},
		{NULL, NULL, "fbclid", "facebook.com", "organic_social"},
		{"facebook", "cpc", "fbclid", NULL, "paid_social"},
		{NULL, "paid_social", NULL, NULL, "paid_social"},
		{"facebook", "paid", NULL, NULL, "paid_social"},
		{"google", "cpc", NULL, NULL, "paid_search"},
		{"google", "CPC", NULL, NULL, "paid_search"},
		{"allegro", "ppc", NULL, NULL, "paid_search"},
		{"news", "email", "gclid", NULL, "email"},
		{"newsletter", NULL, NULL, NULL, "email"},
		{"partner1", "affiliate", NULL, NULL, "affiliate"},
		{"partner1", "affiliates", NULL, NULL, "affiliate"},
		{"dsp", "display", NULL, NULL, "display"},
		{"dsp", "cpm", NULL, NULL, "display"},
		{"instagram", "social", NULL, NULL, "organic_social"},
		{"google", "organic", NULL, NULL, "organic_search"},
		{"bing", NULL, NULL, NULL, "organic_search"},
		{"blog", "referral", NULL, NULL, "referral"},
		{"leaflet", "qr", NULL, NULL, "other"},
		{NULL, "qr", NULL, NULL, "other"},
		{"(direct)", "(none)", NULL, NULL, "direct"},
	};
	struct settings *settings = settings_create();
	char texts[5][64];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		Utarg__V1__Context context;
		fill(&context, &rows[i], texts);
		const char *channel = channel_classify(settings, 0, &context);
		if (strcmp(channel, rows[i].channel) != 0)
			fail_msg("row %zu is %s, not %s", i, channel, rows[i].channel);
	}
	assert_string_equal(channel_classify(settings, 0, NULL), "direct");
	settings_destroy(settings);
}

static void affiliates_and_own_hosts(void **state)
{
	(void)state;
	struct settings *settings = settings_create();
	struct box *stated = box_settings(1000, "PLN", "UTC", 0);
	static char pay[] = "Pay.example", partner[] = "p7";
	char *hosts[] = {pay};
	stated->body.settings.n_payment_hosts = 1;
	stated->body.settings.payment_hosts = hosts;
	struct moment moment = {.t_ms = 1000};
	assert_false(settings_add(settings, &moment, &stated->body.settings));
	char texts[5][64];
	Utarg__V1__Context context;
	fill(&context, &(struct row){.referrer = "www.pay.example"}, texts);
	assert_string_equal(channel_classify(settings, 2000, &context), "direct");
	assert_string_equal(channel_classify(settings, 0, &context),
			    "direct"); // the first hosts act before too
	fill(&context, &(struct row){.referrer = "blog.example"}, texts);
	context.affiliate = partner;
	assert_string_equal(channel_classify(settings, 2000, &context), "affiliate");
	settings_destroy(settings);
	box_free(stated);
}

static void own_rules_act_from_their_time(void **state)
{
	(void)state;
	struct world *world = world_create(100 * DAY_MS);
	static char google[] = "Google", partner[] = "partner", zone[] = "UTC";
	world_say(world, box_settings(20000 * DAY_MS, "PLN", zone, 0));
	int64_t t = 20001 * DAY_MS;
	for (int day = 0; day < 4; day++) {
		struct box *view = box_page_view(t + day * DAY_MS, "v");
		view->context.utm_source = google;
		world_say(world, view);
	}
	world_fold(world, 0);
	world_checkpoint(world);
	assert_int_equal(
		world_day_of(world, "sessions", t + 2 * DAY_MS, FOLD_MARKETING_CHANNEL, "organic_search"), 1);
	struct box *rules = box_new(t + 3 * DAY_MS, ORIGIN_SERVER, NULL, NULL);
	rules->event.body_case = UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED;
	rules->event.channel_rules_changed = &rules->body.rules;
	utarg__v1__channel_rules__init(&rules->body.rules);
	utarg__v1__channel_rule__init(&rules->rule);
	rules->rule.utm_source = google;
	rules->rule.marketing_channel = partner;
	rules->rule_at[0] = &rules->rule;
	rules->body.rules.rules = rules->rule_at;
	rules->body.rules.n_rules = 1;
	rules->body.rules.valid_from_ms = t + 2 * DAY_MS;
	world_say(world, rules);
	world_fold(world, 0); // acts back on what was folded: built again
	world_checkpoint(world);
	for (int day = 0; day < 4; day++) {
		const char *key = day < 2 ? "organic_search" : "partner";
		assert_int_equal(
			world_day_of(world, "sessions", t + day * DAY_MS, FOLD_MARKETING_CHANNEL, key), 1);
		assert_int_equal(world_day(world, "sessions", t + day * DAY_MS), 1);
	}
	world_destroy(world);
}

static void dims_without_a_session(void **state)
{
	(void)state;
	struct world *world = world_create(30000 * DAY_MS);
	int64_t t = 20001 * DAY_MS;
	static char mail[] = "email", spring[] = "spring", pl[] = "PL", bad[] = "pl", none[] = "";
	world_say(world, box_settings(20000 * DAY_MS, "PLN", "UTC", 0));
	struct box *bare = box_order(t, ORIGIN_SERVER, NULL, NULL, "o1", 0, 100);
	bare->event.context = NULL;
	struct box *place = box_order(t, ORIGIN_SERVER, NULL, NULL, "o2", 0, 100);
	place->context.host = none;
	place->context.country = pl;
	place->event.channel = UTARG__V1__CHANNEL__CHANNEL_POS;
	struct box *mailed = box_order(t, ORIGIN_SERVER, NULL, NULL, "o3", 0, 100);
	mailed->context.utm_medium = mail;
	mailed->context.utm_campaign = spring;
	mailed->context.country = bad;
	world_say(world, bare);
	world_say(world, place);
	world_say(world, mailed);
	world_fold(world, 0);
	world_checkpoint(world);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_SALES_CHANNEL, "web"), 2);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_SALES_CHANNEL, "pos"), 1);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_MARKETING_CHANNEL, "unknown"), 2);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_MARKETING_CHANNEL, "email"), 1);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_CAMPAIGN, "unknown"), 2);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_CAMPAIGN, "spring"), 1);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_COUNTRY, "PL"), 1);
	assert_int_equal(world_day_of(world, "orders", t, FOLD_COUNTRY, "unknown"), 2);
	assert_int_equal(world_day(world, "unattributed_orders", t), 3);
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(built_in_table),
		cmocka_unit_test(affiliates_and_own_hosts),
		cmocka_unit_test(own_rules_act_from_their_time),
		cmocka_unit_test(dims_without_a_session),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
