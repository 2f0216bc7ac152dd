// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a shop's settings and a campaign may say: each refusal with its code and the field at fault.
#include "services/campaign/core/campaign.h"
#include "services/campaign/core/channel_rules.h"
#include "services/campaign/core/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
}

static bool only_warsaw(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "Europe/Warsaw") == 0;
}

static Utarg__V1__ShopSettings good_settings(void)
{
	Utarg__V1__ShopSettings settings = UTARG__V1__SHOP_SETTINGS__INIT;

	settings.name = text("Kubki");
	settings.currency = text("PLN");
	settings.zone = text("Europe/Warsaw");
	return settings;
}

static void assert_settings(const Utarg__V1__ShopSettings *settings, enum err_code code, const char *field)
{
	struct err e = {0};

	assert_int_equal(settings_check(settings, only_warsaw, NULL, &e), code == ERR_OK);
	assert_int_equal(e.code, code);
	assert_string_equal(e.field, field);
	assert_int_equal(e.text[0] == '\0', code == ERR_OK);
}

static void good_settings_pass(void **state)
{
	Utarg__V1__ShopSettings settings = good_settings();
	char *hosts[] = {text("shop.example"), text("xn--kubki-zwa.pl")};

	(void)state;
	settings.own_hosts = hosts;
	settings.n_own_hosts = 2;
	assert_settings(&settings, ERR_OK, "");
}

static void names_must_be_known(void **state)
{
	Utarg__V1__ShopSettings settings = good_settings();
	char long_name[202];

	(void)state;
	assert_settings(NULL, ERR_MISSING_FIELD, "settings");
	settings.currency = text("");
	assert_settings(&settings, ERR_MISSING_FIELD, "settings.currency");
	settings.currency = text("pln");
	assert_settings(&settings, ERR_BAD_CURRENCY, "settings.currency");
	settings.currency = text("XXX");
	assert_settings(&settings, ERR_BAD_CURRENCY, "settings.currency");
	settings = good_settings();
	settings.zone = text("");
	assert_settings(&settings, ERR_MISSING_FIELD, "settings.zone");
	settings.zone = text("Europe/Warszawa");
	assert_settings(&settings, ERR_BAD_FIELD, "settings.zone");
	settings = good_settings();
	memset(long_name, 'a', sizeof(long_name));
	long_name[201] = '\0';
	settings.name = long_name;
	assert_settings(&settings, ERR_BAD_FIELD, "settings.name");
	settings = good_settings();
	settings.valid_from_ms = -1;
	assert_settings(&settings, ERR_BAD_TIME, "settings.valid_from_ms");
	settings = good_settings();
	settings.rate_source = text("01234567890123456789012345678901234567890123456789012345678901234");
	assert_settings(&settings, ERR_BAD_FIELD, "settings.rate_source");
}

static void the_gap_is_5_to_240_or_0(void **state)
{
	static const struct {
		uint32_t minutes;
		bool good;
	} rows[] = {{0, true},   {4, false},   {5, true},          {30, true},
		    {240, true}, {241, false}, {UINT32_MAX, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		Utarg__V1__ShopSettings settings = good_settings();

		settings.session_gap_minutes = rows[i].minutes;
		assert_settings(&settings, rows[i].good ? ERR_OK : ERR_BAD_FIELD,
				rows[i].good ? "" : "settings.session_gap_minutes");
	}
}

static void touches_count_for_7_30_or_90_days(void **state)
{
	Utarg__V1__ShopSettings settings = good_settings();

	(void)state;
	for (uint32_t days = 0; days < 100; days++) {
		bool good = days == 0 || days == 7 || days == 30 || days == 90;

		settings.attribution_days = days;
		assert_settings(&settings, good ? ERR_OK : ERR_BAD_FIELD,
				good ? "" : "settings.attribution_days");
	}
}

static void hosts_stand_alone(void **state)
{
	static const struct {
		const char *host;
		bool good;
	} rows[] = {
		{"shop.example", true},
		{"localhost", true},
		{"a-b.c_d.example", true},
		{"", false},
		{".example", false},
		{"shop.", false},
		{"shop..example", false},
		{"Shop.example", false},
		{"https://shop.example", false},
		{"shop.example:80", false},
		{"shop.example/", false},
		{"shop example", false},
		{"sklep\xc3\xb3.pl", false},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.pl", false},
	};
	char *many[SETTINGS_HOSTS_MAX + 1];
	Utarg__V1__ShopSettings settings = good_settings();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(settings_is_host(rows[i].host), rows[i].good);
	for (size_t i = 0; i < SETTINGS_HOSTS_MAX + 1; i++)
		many[i] = text("shop.example");
	settings.payment_hosts = many;
	settings.n_payment_hosts = SETTINGS_HOSTS_MAX;
	assert_settings(&settings, ERR_OK, "");
	settings.n_payment_hosts = SETTINGS_HOSTS_MAX + 1;
	assert_settings(&settings, ERR_TOO_MANY, "settings.payment_hosts");
	many[0] = text("http://x");
	settings.n_payment_hosts = 1;
	assert_settings(&settings, ERR_BAD_FIELD, "settings.payment_hosts");
}

static void slugs(void **state)
{
	struct err e = {0};

	(void)state;
	assert_true(settings_check_slug("slug", "kubki-24", &e));
	assert_false(settings_check_slug("slug", "", &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	assert_false(settings_check_slug("slug", "Kubki", &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	assert_string_equal(e.field, "slug");
}

static void equality_sees_every_field(void **state)
{
	Utarg__V1__ShopSettings a = good_settings();
	char *hosts[] = {text("shop.example")};
	Utarg__V1__ShopSettings changed[11];

	(void)state;
	for (size_t i = 0; i < 11; i++)
		changed[i] = good_settings();
	assert_true(settings_equal(&a, &changed[0]));
	changed[0].version = 2;
	changed[1].valid_from_ms = 2;
	changed[2].name = text("Inne");
	changed[3].currency = text("EUR");
	changed[4].zone = text("Europe/Berlin");
	changed[5].session_gap_minutes = 40;
	changed[6].own_hosts = hosts;
	changed[6].n_own_hosts = 1;
	changed[7].payment_hosts = hosts;
	changed[7].n_payment_hosts = 1;
	changed[8].rate_source = text("nbp");
	changed[9].pseudonymised = true;
	changed[10].attribution_days = 7;
	for (size_t i = 0; i < 11; i++)
		assert_false(settings_equal(&a, &changed[i]));
	// A new field must be compared too: it has to come here.
	assert_int_equal(utarg__v1__shop_settings__descriptor.n_fields, 11);
}

static void a_change_leaves_what_it_does_not_name(void **state)
{
	Utarg__V1__ShopSettings now = good_settings(), changed;
	Utarg__V1__ShopSetRequest set = UTARG__V1__SHOP_SET_REQUEST__INIT;
	Utarg__V1__HostList none = UTARG__V1__HOST_LIST__INIT;
	char *hosts[] = {text("shop.example")};
	struct err e = {0};

	(void)state;
	now.own_hosts = hosts;
	now.n_own_hosts = 1;
	now.session_gap_minutes = 20;
	now.rate_source = text("nbp");
	assert_false(settings_change_check(&set, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	assert_true(settings_say(&now, &set));
	set.known_session_gap_case = UTARG__V1__SHOP_SET_REQUEST__KNOWN_SESSION_GAP_SESSION_GAP_MINUTES;
	set.session_gap_minutes = 20;
	assert_true(settings_change_check(&set, &e) && settings_say(&now, &set));
	set.session_gap_minutes = 0; // the usual one is another than 20
	set.own_hosts = &none;
	assert_false(settings_say(&now, &set));
	settings_change(&now, &set, &changed);
	assert_int_equal(changed.session_gap_minutes, 0);
	assert_int_equal(changed.n_own_hosts, 0);
	assert_string_equal(changed.rate_source, "nbp");
	assert_string_equal(changed.zone, "Europe/Warsaw");
	assert_true(settings_say(&changed, &set));
	set.known_rate_source_case = UTARG__V1__SHOP_SET_REQUEST__KNOWN_RATE_SOURCE_RATE_SOURCE;
	set.rate_source = text("");
	assert_false(settings_say(&changed, &set));
}

static Utarg__V1__Campaign good_campaign(void)
{
	Utarg__V1__Campaign campaign = UTARG__V1__CAMPAIGN__INIT;

	campaign.campaign = text("spring-2026");
	campaign.title = text("Wiosna");
	campaign.channel = UTARG__V1__CAMPAIGN_CHANNEL__CAMPAIGN_CHANNEL_ADS;
	return campaign;
}

static void assert_campaign(const Utarg__V1__Campaign *campaign, enum err_code code, const char *field)
{
	struct err e = {0};

	assert_int_equal(campaign_check(campaign, &e), code == ERR_OK);
	assert_int_equal(e.code, code);
	assert_string_equal(e.field, field);
}

static void budgets_have_a_currency_and_a_range(void **state)
{
	Utarg__V1__Campaign campaign = good_campaign();
	Utarg__V1__Money budget = UTARG__V1__MONEY__INIT;

	(void)state;
	assert_campaign(&campaign, ERR_OK, "");
	campaign.budget = &budget;
	assert_campaign(&campaign, ERR_BAD_CURRENCY, "campaign.budget.currency");
	budget.currency = text("PLN");
	assert_campaign(&campaign, ERR_OK, "");
	budget.minor = -1;
	assert_campaign(&campaign, ERR_AMOUNT_RANGE, "campaign.budget.minor");
	budget.minor = INT64_MAX;
	assert_campaign(&campaign, ERR_AMOUNT_RANGE, "campaign.budget.minor");
}

static void days_are_days_in_order(void **state)
{
	Utarg__V1__Campaign campaign = good_campaign();

	(void)state;
	campaign.first_day = text("2026-02-30");
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.first_day");
	campaign.first_day = text("2026-03-01");
	assert_campaign(&campaign, ERR_OK, "");
	campaign.last_day = text("2026-03-01");
	assert_campaign(&campaign, ERR_OK, "");
	campaign.last_day = text("2026-02-28");
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.last_day");
	campaign.first_day = text("");
	assert_campaign(&campaign, ERR_OK, "");
}

static void campaigns_have_a_name_and_known_words(void **state)
{
	Utarg__V1__Campaign campaign = good_campaign();
	char long_text[1002];

	(void)state;
	memset(long_text, 'a', sizeof(long_text));
	long_text[1001] = '\0';
	assert_campaign(NULL, ERR_MISSING_FIELD, "campaign");
	campaign.campaign = text("");
	assert_campaign(&campaign, ERR_MISSING_FIELD, "campaign.campaign");
	campaign.campaign = text("Spring Sale");
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.campaign");
	campaign = good_campaign();
	campaign.channel = (Utarg__V1__CampaignChannel)99;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.channel");
	campaign = good_campaign();
	campaign.title = long_text + 800;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.title");
	campaign = good_campaign();
	campaign.holder = long_text + 900;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.holder");
	campaign = good_campaign();
	campaign.reason = long_text;
	assert_campaign(&campaign, ERR_BAD_FIELD, "reason");
}

static void campaign_equality_sees_every_field_but_the_state(void **state)
{
	Utarg__V1__Campaign a = good_campaign();
	Utarg__V1__Money budget = UTARG__V1__MONEY__INIT;
	Utarg__V1__WeekdayCurve curve = UTARG__V1__WEEKDAY_CURVE__INIT;
	char *skus[] = {text("MUG")};
	Utarg__V1__Campaign changed[13];

	(void)state;
	for (size_t i = 0; i < 13; i++)
		changed[i] = good_campaign();
	changed[0].state = UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ENDED;
	assert_true(campaign_equal(&a, &changed[0]));
	changed[0].campaign = text("other");
	changed[1].title = text("Lato");
	changed[2].channel = UTARG__V1__CAMPAIGN_CHANNEL__CAMPAIGN_CHANNEL_SEO;
	changed[3].budget = &budget;
	changed[4].first_day = text("2026-01-01");
	changed[5].last_day = text("2026-01-01");
	changed[6].goal_kpi = text("orders");
	changed[7].holder = text("ann");
	changed[8].reason = text("because");
	changed[9].weekday_curve = &curve;
	changed[10].skus = skus;
	changed[10].n_skus = 1;
	changed[11].acts_alone = true;
	changed[12].minimum_orders = 7;
	for (size_t i = 0; i < 13; i++)
		assert_false(campaign_equal(&a, &changed[i]));
	// A new field must be compared too: it has to come here.
	assert_int_equal(utarg__v1__campaign__descriptor.n_fields, 14);
}

static void curves_and_offers_have_bounds(void **state)
{
	Utarg__V1__Campaign campaign = good_campaign();
	Utarg__V1__WeekdayCurve curve = UTARG__V1__WEEKDAY_CURVE__INIT;
	char *skus[201];

	(void)state;
	campaign.weekday_curve = &curve;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.weekday_curve");
	curve.sunday = 1000;
	assert_campaign(&campaign, ERR_OK, "");
	curve.monday = 1001;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.weekday_curve");
	campaign.weekday_curve = NULL;
	for (size_t i = 0; i < 201; i++)
		skus[i] = text("MUG");
	campaign.skus = skus;
	campaign.n_skus = 201;
	assert_campaign(&campaign, ERR_TOO_MANY, "campaign.skus");
	campaign.n_skus = 2;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.skus");
	skus[1] = text("CUP\nMUG");
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.skus");
	skus[1] = text("CUP");
	assert_campaign(&campaign, ERR_OK, "");
	campaign.minimum_orders = 1000001;
	assert_campaign(&campaign, ERR_BAD_FIELD, "campaign.minimum_orders");
}

static void a_refill_is_more_of_the_same(void **state)
{
	Utarg__V1__Campaign campaign = good_campaign();
	Utarg__V1__Money had = UTARG__V1__MONEY__INIT, budget = UTARG__V1__MONEY__INIT;
	struct err e = {0};

	(void)state;
	had.currency = text("PLN");
	had.minor = 500000;
	budget.currency = text("PLN");
	budget.minor = 500000;
	assert_false(campaign_check_refill(&campaign, &budget, &e));
	assert_string_equal(e.text, "campaign spring-2026 has no budget that could be refilled");
	campaign.budget = &had;
	assert_false(campaign_check_refill(&campaign, NULL, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	assert_false(campaign_check_refill(&campaign, &budget, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_string_equal(e.text, "5000.00 PLN is no refill: campaign spring-2026 has 5000.00 PLN already");
	budget.minor++;
	assert_true(campaign_check_refill(&campaign, &budget, &e));
	budget.currency = text("EUR");
	assert_false(campaign_check_refill(&campaign, &budget, &e));
	assert_int_equal(e.code, ERR_BAD_CURRENCY);
}

static void rules_of_channels_name_one_and_ask_for_something(void **state)
{
	Utarg__V1__ChannelRules rules = UTARG__V1__CHANNEL_RULES__INIT, set;
	Utarg__V1__ChannelRule rule[2] = {UTARG__V1__CHANNEL_RULE__INIT, UTARG__V1__CHANNEL_RULE__INIT};
	Utarg__V1__ChannelRule *pointers[201] = {&rule[0], &rule[1]};
	struct err e = {0};

	(void)state;
	assert_false(channel_rules_check(NULL, &e));
	assert_true(channel_rules_check(&rules, &e)); // none: those of every shop
	rules.rules = pointers;
	rules.n_rules = 2;
	assert_false(channel_rules_check(&rules, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	rule[0].marketing_channel = text("Paid Search");
	assert_false(channel_rules_check(&rules, &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	rule[0].marketing_channel = rule[1].marketing_channel = text("price_comparison");
	rule[0].utm_source = text("*");
	assert_false(channel_rules_check(&rules, &e));
	assert_string_equal(e.text, "rule 1 asks for nothing: no rule behind it would ever count");
	rule[0].utm_source = text("ceneo");
	assert_true(channel_rules_check(&rules, &e));
	rules.valid_from_ms = -1;
	assert_false(channel_rules_check(&rules, &e));
	assert_int_equal(e.code, ERR_BAD_TIME);
	rules.valid_from_ms = 0;
	rules.n_rules = 201;
	assert_false(channel_rules_check(&rules, &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
	rules.n_rules = 2;
	set = rules;
	set.version = 3;
	set.valid_from_ms = 7;
	assert_true(channel_rules_equal(&rules, &set));
	rules.valid_from_ms = 8;
	assert_false(channel_rules_equal(&rules, &set));
	set.valid_from_ms = 8;
	set.n_rules = 1;
	assert_false(channel_rules_equal(&rules, &set));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_settings_pass),
		cmocka_unit_test(names_must_be_known),
		cmocka_unit_test(the_gap_is_5_to_240_or_0),
		cmocka_unit_test(touches_count_for_7_30_or_90_days),
		cmocka_unit_test(hosts_stand_alone),
		cmocka_unit_test(a_change_leaves_what_it_does_not_name),
		cmocka_unit_test(slugs),
		cmocka_unit_test(equality_sees_every_field),
		cmocka_unit_test(budgets_have_a_currency_and_a_range),
		cmocka_unit_test(days_are_days_in_order),
		cmocka_unit_test(campaigns_have_a_name_and_known_words),
		cmocka_unit_test(campaign_equality_sees_every_field_but_the_state),
		cmocka_unit_test(curves_and_offers_have_bounds),
		cmocka_unit_test(a_refill_is_more_of_the_same),
		cmocka_unit_test(rules_of_channels_name_one_and_ask_for_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
