// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a key may: permissions as written, shops, events, figures, topics; and who hears what.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/svc/audience.h"
#include "common/svc/principal.h"

#include <string.h>

static const int64_t now_ms = 1000000;

static const struct principal *add(struct principals *table, struct principal_facts facts)
{
	struct err e = {0};
	if (!facts.name)
		facts.name = "board";
	assert_true(principals_add(table, &facts, &e));
	return principals_find(table, facts.key_id);
}

// A tool of the shop demo with these permissions.
static const struct principal *tool(struct principals *table, const char *const *may, size_t count)
{
	static const char *const shops[] = {"demo"};
	return add(table, (struct principal_facts){.key_id = 3,
						   .kind = PERMIT_TOOL,
						   .shops = shops,
						   .shop_count = 1,
						   .may = may,
						   .may_count = count});
}

static bool hears(const struct principal *who, const char *prefix)
{
	struct err e = {0};
	const bool may = principal_may_hear(who, (struct slice){(const uint8_t *)prefix, strlen(prefix)}, &e);
	assert_true(may == (e.code == ERR_OK));
	if (!may) {
		assert_int_equal(e.code, ERR_FORBIDDEN);
		assert_true(e.text[0] != 0);
	}
	return may;
}

static void permissions_are_checked_as_they_are_written(void **state)
{
	(void)state;
	static const char *const wrong[] = {"",
					    "kpi",
					    "kpi.write",
					    "kpi.read:",
					    "kpi.read::campaign",
					    "kpi.read:a:b:c:d",
					    "kpi.read:%zz",
					    "offer.read:mug",
					    "event.publish:weather",
					    "decide:lunch",
					    "decide:target:5000.00PLN",
					    "decide:campaign:5000.00",
					    "decide:campaign:5000.001PLN",
					    "decide:campaign:-1PLN",
					    "decide:campaign:1PLN:x",
					    "event.publish:cart:extra"};
	struct grant grant;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct err e = {0};
		assert_false(grant_parse(wrong[i], &grant, &e));
		assert_int_equal(e.code, ERR_BAD_FIELD);
	}
	for (int i = PERMIT_ANYBODY + 1; i < PERMIT_COUNT; i++)
		assert_true(grant_parse(permit_rows[i].name, &grant, NULL) && (int)grant.permit == i);
	assert_true(grant_parse("kpi.read:orders:campaign:a%3Ab%2Cc", &grant, NULL));
	assert_string_equal(grant.parts[2], "a:b,c");
}

static void one_campaigns_figure_and_nothing_else(void **state)
{
	(void)state;
	static const char *const may[] = {"kpi.read:orders:campaign:winter"};
	struct principals *table = principals_create();
	const struct principal *who = tool(table, may, 1);

	assert_true(principal_may_read_kpi(who, "orders", "campaign", "winter", NULL));
	assert_false(principal_may_read_kpi(who, "orders", "campaign", "summer", NULL));
	assert_false(principal_may_read_kpi(who, "orders", "campaign", NULL, NULL));
	assert_false(principal_may_read_kpi(who, "orders", "total", NULL, NULL));
	assert_false(principal_may_read_kpi(who, "net_revenue", "campaign", "winter", NULL));
	assert_false(principal_may_read_kpi(who, NULL, NULL, NULL, NULL));
	assert_true(hears(who, "kpi/demo/orders/campaign/winter/"));
	assert_true(hears(who, "kpi/demo/orders/campaign/winter/day/2026-11-26/"));
	static const char *const silent[] = {"kpi/demo/orders/campaign/",
					     "kpi/demo/orders/",
					     "kpi/demo/",
					     "kpi/",
					     "",
					     "kpi/demo/orders/campaign/winter",
					     "kpi/demo/orders/campaign/summer/",
					     "kpi/demo/orders/total/-/",
					     "kpi/other/orders/campaign/winter/",
					     "kpi/demo/net_revenue/campaign/winter/",
					     "kpi/demo/orders/campaign/win%zzter/",
					     "kpi//orders/campaign/winter/",
					     "head/demo/",
					     "offer/demo/",
					     "campaign/demo/winter/",
					     "kpi/demo/orders/campaign/winter/day",
					     "weather/demo/"};
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (hears(who, silent[i]))
			fail_msg("may hear %s", silent[i]);
	assert_false(principal_may_publish(who, 60, NULL));
	assert_false(principal_may(who, PERMIT_JOURNAL, NULL));
	principals_destroy(table);
}

static void spend_is_refused(const struct principal *who, int64_t minor, const char *currency,
			     const char *text)
{
	struct err e = {0};
	assert_false(principal_may_spend(who, "campaign", minor, currency, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_string_equal(e.text, text);
}

static void a_limit_of_money_is_kept(void **state)
{
	(void)state;
	static const char *const may[] = {"decide:campaign:5000.00PLN", "decide:campaign:700JPY",
					  "decide:campaign:200PLN"};
	static const char *const unlimited[] = {"decide:campaign:1PLN", "decide"};
	static const char *const other[] = {"decide:target"};
	struct principals *table = principals_create();
	const struct principal *who = tool(table, may, 3);

	assert_true(principal_may_decide(who, "campaign", NULL));
	assert_false(principal_may_decide(who, "target", NULL));
	assert_true(principal_may_spend(who, "campaign", 500000, "PLN", NULL));
	assert_true(principal_may_spend(who, "campaign", 700, "JPY", NULL));
	spend_is_refused(
		who, 500001, "PLN",
		"the key of board may decide about a campaign of 5000.00 PLN at most, not of 5000.01 PLN");
	spend_is_refused(who, 701, "JPY",
			 "the key of board may decide about a campaign of 700 JPY at most, not of 701 JPY");
	spend_is_refused(
		who, 1, "EUR",
		"the key of board may decide about a campaign of 5000.00 PLN at most, not of 0.01 EUR");
	spend_is_refused(
		who, 0, NULL,
		"the key of board may decide about a campaign of 5000.00 PLN at most, not of any budget");
	principals_destroy(table);
	table = principals_create();
	assert_true(principal_may_spend(tool(table, unlimited, 2), "campaign", INT64_MAX, "PLN", NULL));
	principals_destroy(table);
	table = principals_create();
	assert_false(principal_may_spend(tool(table, other, 1), "campaign", 1, "PLN", NULL));
	principals_destroy(table);
}

static void a_shop_is_not_another(void **state)
{
	(void)state;
	static const char *const may[] = {"kpi.read", "campaign.read"};
	struct err e = {0};
	struct principals *table = principals_create();
	const struct principal *who = tool(table, may, 2);

	assert_true(principal_has_shop(who, "demo", &e));
	assert_false(principal_has_shop(who, "dem", &e));
	assert_false(principal_has_shop(who, "demo2", &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_true(hears(who, "kpi/demo/") && hears(who, "campaign/demo/"));
	assert_false(hears(who, "kpi/demo2/") || hears(who, "kpi/") || hears(who, "head/demo/"));
	const struct principal *all = add(table, (struct principal_facts){.key_id = 9,
									  .kind = PERMIT_OPERATOR,
									  .has_all_shops = true,
									  .may = may,
									  .may_count = 1});
	assert_true(hears(all, "kpi/") && hears(all, "kpi/any/"));
	assert_false(hears(all, "") || hears(all, "head/"));
	principals_destroy(table);
}

static void events_go_by_groups(void **state)
{
	(void)state;
	static const char *const may[] = {"event.publish:browsing", "event.publish:order"};
	struct principals *table = principals_create();
	const struct principal *who = tool(table, may, 2);
	assert_true(principal_may_publish(who, 20, NULL));
	assert_true(principal_may_publish(who, 60, NULL));
	assert_false(principal_may_publish(who, 40, NULL));
	assert_false(principal_may_publish(who, 122, NULL));
	assert_int_equal(permit_group_of(122), 0); // decisions are nobody's to publish
	principals_destroy(table);
}

static void what_is_not_understood_grants_nothing(void **state)
{
	(void)state;
	static const char *const may[] = {"future.read", "shop.read"};
	struct err e = {0};
	struct principals *table = principals_create();
	const struct principal_facts facts = {.key_id = 2, .name = "new", .may = may, .may_count = 2};
	assert_false(principals_add(table, &facts, &e));
	const struct principal *who = principals_find(table, 2);
	assert_true(principal_may(who, PERMIT_SHOP, NULL));
	assert_int_equal(who->permits, 1U << PERMIT_SHOP);
	principals_destroy(table);
}

static void good_until_revoked_or_expired(void **state)
{
	(void)state;
	struct err e = {0};
	struct principals *table = principals_create();
	const struct principal *dead = add(table, (struct principal_facts){.key_id = 1, .is_revoked = true});
	const struct principal *old =
		add(table, (struct principal_facts){.key_id = 2, .expires_at_ms = now_ms});
	const struct principal *good =
		add(table, (struct principal_facts){.key_id = 3, .expires_at_ms = now_ms + 1});
	const struct principal *newer = add(table, (struct principal_facts){.key_id = 70000});

	assert_false(principal_is_good(dead, now_ms, &e));
	assert_int_equal(e.code, ERR_UNAUTHENTICATED);
	assert_false(principal_is_good(old, now_ms, &e));
	assert_false(principal_is_good(NULL, now_ms, &e));
	assert_true(principal_is_good(good, now_ms, &e));
	assert_null(principals_find(table, 0));
	assert_null(principals_find(table, 4));
	assert_null(principals_find(table, UINT32_MAX));
	const struct slice name = {(const uint8_t *)"board", 5};
	assert_ptr_equal(principals_named(table, name, now_ms), newer);
	assert_null(principals_named(table, (struct slice){name.data, 4}, now_ms));
	assert_false(principals_add(table, &(struct principal_facts){.key_id = 0, .name = "x"}, &e));
	assert_false(principals_add(table, &(struct principal_facts){.key_id = UINT32_MAX, .name = "x"}, &e));
	principals_destroy(table);
}

// ---- audience ------------------------------------------------------------------------------------------

static struct slice text(const char *s)
{
	return (struct slice){(const uint8_t *)s, strlen(s)};
}

static void note(void *context, struct slice prefix)
{
	char *out = context;
	memcpy(out + strlen(out), prefix.data, prefix.size);
	out[strlen(out)] = ' ';
}

static void nobody_takes_away_anothers(void **state)
{
	(void)state;
	char gone[200] = "";
	struct audience *audience = audience_create();
	assert_true(audience_add(audience, 5, 1, text("kpi/a/")));
	assert_true(audience_add(audience, 6, 2, text("kpi/a/")));
	assert_true(audience_add(audience, 6, 2, text("kpi/a/"))); // twice is once
	assert_int_equal(audience_count(audience), 2);
	assert_false(audience_remove(audience, 7, text("kpi/a/"))); // who holds nothing
	assert_false(audience_remove(audience, 6, text("kpi/a/"))); // 5 holds it still
	assert_false(audience_remove(audience, 6, text("kpi/a/")));
	audience_leave(audience, 6, note, gone);
	assert_string_equal(gone, "");
	assert_true(audience_has(audience, 5, text("kpi/a/")));
	audience_leave(audience, 5, note, gone);
	assert_string_equal(gone, "kpi/a/ ");
	assert_int_equal(audience_count(audience), 0);
	audience_destroy(audience);
}

static bool is_user_2(void *context, uint32_t user, struct slice prefix)
{
	(void)context;
	(void)prefix;
	return user == 2;
}

static void holdings_are_bounded(void **state)
{
	(void)state;
	char prefix[32];
	struct audience *audience = audience_create();
	for (int i = 0; i < AUDIENCE_CONNECTION_MAX; i++) {
		snprintf(prefix, sizeof(prefix), "kpi/%d/", i);
		assert_true(audience_add(audience, 1, 1, text(prefix)));
	}
	assert_false(audience_add(audience, 1, 1, text("kpi/more/")));
	assert_false(audience_any(audience, is_user_2, NULL));
	for (int c = 2; audience_count(audience) < AUDIENCE_MAX; c++)
		for (int i = 0; i < AUDIENCE_CONNECTION_MAX; i++) {
			snprintf(prefix, sizeof(prefix), "kpi/%d/", i);
			assert_true(audience_add(audience, c, 2, text(prefix)));
		}
	assert_false(audience_add(audience, 1000, 3, text("kpi/0/")));
	assert_true(audience_any(audience, is_user_2, NULL));

	audience_destroy(audience);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permissions_are_checked_as_they_are_written),
		cmocka_unit_test(one_campaigns_figure_and_nothing_else),
		cmocka_unit_test(a_limit_of_money_is_kept),
		cmocka_unit_test(a_shop_is_not_another),
		cmocka_unit_test(events_go_by_groups),
		cmocka_unit_test(what_is_not_understood_grants_nothing),
		cmocka_unit_test(good_until_revoked_or_expired),
		cmocka_unit_test(nobody_takes_away_anothers),
		cmocka_unit_test(holdings_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
