// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Hand-worked cases: what a message claims against what the shop's facts say, and what placements show
// against what they are to show. Days count from the judgement: MUG cost 50.00 for long, 40.00 since day -1.
#include "services/campaign/core/message_judge.h"

#include "common/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)
// 2026-11-26 12:00 in Warsaw.
#define NOW INT64_C(1795690800000)
enum {
	PUBLIC = UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC,
	CODE = UTARG__V1__AUDIENCE__AUDIENCE_CODE,
	MEMBERS = UTARG__V1__AUDIENCE__AUDIENCE_MEMBERS,
	CLOSED = UTARG__V1__AUDIENCE__AUDIENCE_CLOSED
};
enum { FACTS_MAX = 16, OFFERS = 5 };

struct world {
	struct arena arena;
	struct zone zone;
	struct price_fact price_facts[OFFERS][FACTS_MAX];
	struct price_interval intervals[OFFERS][FACTS_MAX];
	struct message_offer offers[OFFERS];
	struct message_facts facts;
};

// ---- the shop ------------------------------------------------------------------------------------------

// gross 0: out of sale from then on.
static void price(struct world *w, int offer, int day, int32_t audience, int64_t gross_minor)
{
	struct message_offer *o = &w->offers[offer];
	struct price_fact *fact = &w->price_facts[offer][o->fact_count++];

	*fact = (struct price_fact){
		.market = "",
		.currency = gross_minor == 0 ? "" : "PLN",
		.audience = audience,
		.is_offered = gross_minor != 0,
		.gross_minor = gross_minor,
		.t_ms = NOW + day * DAY_MS,
		.id = {(uint8_t)o->fact_count},
		.seq = (int64_t)o->fact_count,
	};
}

static void settle(struct world *w)
{
	for (int i = 0; i < OFFERS; i++) {
		struct message_offer *o = &w->offers[i];

		o->facts = w->price_facts[i];
		o->interval_count = price_intervals(o->facts, o->fact_count, w->intervals[i]);
		o->intervals = w->intervals[i];
	}
}

static int open_shop(void **state)
{
	static const char *const skus[OFFERS] = {"CUP", "JUG", "MUG", "NEW", "PAN"};
	static const char *const coupons[] = {"WELCOME"};
	struct world *w = calloc(1, sizeof(*w));

	arena_init(&w->arena, 1024 * 1024);
	if (!zone_load(&w->zone, "Europe/Warsaw", NULL))
		abort();
	for (int i = 0; i < OFFERS; i++)
		w->offers[i] = (struct message_offer){.sku = skus[i],
						      .is_known = true,
						      .has_stock = true,
						      .stock = 5,
						      .stock_at_ms = NOW - 9 * DAY_MS};
	price(w, 2, -60, PUBLIC, 5000);
	price(w, 2, -1, PUBLIC, 4000);
	price(w, 2, -20, CODE, 3600);
	price(w, 2, -20, MEMBERS, 3800);
	price(w, 2, -30, CLOSED, 3700);
	price(w, 2, -20, CLOSED, 3300);
	price(w, 0, -60, PUBLIC, 1000); // CUP: none left
	w->offers[0].stock = 0;
	price(w, 1, -60, PUBLIC, 2000); // JUG: out of sale
	price(w, 1, -5, PUBLIC, 0);
	price(w, 3, -2, PUBLIC, 3000); // NEW: no past, no stock stated
	w->offers[3].has_stock = false;
	price(w, 4, -60, PUBLIC, 10000); // PAN: 100, 80 for a week, 100, 90 now
	price(w, 4, -20, PUBLIC, 8000);
	price(w, 4, -13, PUBLIC, 10000);
	price(w, 4, -1, PUBLIC, 9000);
	settle(w);
	w->facts = (struct message_facts){.now_ms = NOW,
					  .zone = &w->zone,
					  .currency = "PLN",
					  .offers = w->offers,
					  .offer_count = OFFERS,
					  .coupons = coupons,
					  .coupon_count = 1};
	*state = w;
	return 0;
}

static int close_shop(void **state)
{
	struct world *w = *state;

	zone_fini(&w->zone);
	arena_fini(&w->arena);
	free(w);
	return 0;
}

// ---- claims --------------------------------------------------------------------------------------------

#define KIND(name)  UTARG__V1__CLAIM_KIND__CLAIM_KIND_##name
#define FAULT(name) UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_##name

struct claim_case {
	Utarg__V1__ClaimKind kind;
	const char *sku;
	int64_t amount_minor;
	uint32_t percentage_bp;
	const char *coupon;
	int32_t audience;
	int from_day, until_day; // 0: none
	Utarg__V1__MessageFault fault;
	const char *text; // NULL: it is so
	int since_day;
};

// clang-format off
static const struct claim_case claim_cases[] = {
	// prices
	{KIND(PRICE), "MUG", 4000, 0, "", 0, 0, 0, 0, NULL, 0},
	{KIND(PRICE), "MUG", 3900, 0, "", 0, 0, 0, FAULT(PRICE), "MUG costs 40.00 PLN since 2026-11-25 12:00, not 39.00 PLN", -1},
	{KIND(PRICE), "MUG", 3800, 0, "", MEMBERS, 0, 0, 0, NULL, 0},
	{KIND(PRICE), "MUG", 4000, 0, "", MEMBERS, 0, 0, FAULT(PRICE), "MUG costs 38.00 PLN since 2026-11-06 12:00, not 40.00 PLN", -20},
	{KIND(PRICE), "NEW", 3000, 0, "", MEMBERS, 0, 0, FAULT(PRICE), "NEW has no price for members in PLN", -60},
	{KIND(PRICE), "POT", 3000, 0, "", 0, 0, 0, FAULT(OFFER), "there is no offer POT", -60},
	{KIND(PRICE), "JUG", 2000, 0, "", 0, 0, 0, FAULT(OFFER), "JUG is not on sale", -5},
	{KIND(PRICE), "CUP", 1000, 0, "", 0, 0, 0, FAULT(STOCK), "CUP is out of stock", -9},
	// what a closed list says stays on it
	{KIND(PRICE), "MUG", 3400, 0, "", CLOSED, 0, 0, FAULT(PRICE), "MUG has another price on the closed list since 2026-11-06 12:00, not 34.00 PLN", -20},
	{KIND(PRICE), "PAN", 3400, 0, "", CLOSED, 0, 0, FAULT(PRICE), "PAN has no price on a closed list in PLN", -60},
	{KIND(PERCENTAGE), "MUG", 0, 1081, "", CLOSED, 0, 0, 0, NULL, 0},
	{KIND(PERCENTAGE), "MUG", 0, 1500, "", CLOSED, 0, 0, FAULT(PERCENTAGE), "the price of MUG on the closed list is no reduction by 15 %", -20},
	// not yet, and no more
	{KIND(PRICE), "MUG", 1, 0, "", 0, 3, 0, 0, NULL, 0},
	{KIND(PRICE), "POT", 1, 0, "", 0, 3, 0, FAULT(OFFER), "there is no offer POT", -60},
	{KIND(PRICE), "MUG", 4000, 0, "", 0, 0, -2, FAULT(VALIDITY), "what it promises of MUG was valid until 2026-11-24 12:00, and that is over", -2},
	{KIND(PRICE), "MUG", 4000, 0, "", 0, 0, 2, 0, NULL, 0},
	// percentages: 50 to 40 is 20 %, but a code gave it for 36 in the 30 days before
	{KIND(PERCENTAGE), "MUG", 0, 2000, "", 0, 0, 0, FAULT(PERCENTAGE), "MUG costs 40.00 PLN and its prior price is 36.00 PLN: that is no reduction, and not 20 %", -1},
	{KIND(PERCENTAGE), "PAN", 0, 1000, "", 0, 0, 0, FAULT(PERCENTAGE), "PAN costs 90.00 PLN and its prior price is 80.00 PLN: that is no reduction, and not 10 %", -1},
	{KIND(PERCENTAGE), "NEW", 0, 1000, "", 0, 0, 0, FAULT(PERCENTAGE), "NEW costs 30.00 PLN and had no price before, so that nothing gives 10 %", -2},
	// coupons
	{KIND(COUPON), "", 0, 0, "WELCOME", 0, 0, 0, 0, NULL, 0},
	{KIND(COUPON), "", 0, 0, "ZIMA10", 0, 0, 0, FAULT(COUPON), "coupon ZIMA10 was never applied in this shop", -60},
	{KIND(COUPON), "MUG", 3600, 0, "ZIMA10", 0, 0, 0, 0, NULL, 0},
	{KIND(COUPON), "MUG", 3000, 0, "ZIMA10", 0, 0, 0, FAULT(COUPON), "MUG costs 36.00 PLN with a code, not 30.00 PLN", -20},
	{KIND(COUPON), "PAN", 3000, 0, "WELCOME", 0, 0, 0, FAULT(COUPON), "PAN has no price with a code, and not 30.00 PLN", -60},
	// validity and stock
	{KIND(VALIDITY), "", 0, 0, "", 0, 0, 1, 0, NULL, 0},
	{KIND(VALIDITY), "", 0, 0, "", 0, 0, -1, FAULT(VALIDITY), "what it promises was valid until 2026-11-25 12:00, and that is over", -1},
	{KIND(STOCK), "MUG", 0, 0, "", 0, 0, 0, 0, NULL, 0},
	{KIND(STOCK), "CUP", 0, 0, "", 0, 0, 0, FAULT(STOCK), "CUP is out of stock", -9},
	{KIND(STOCK), "NEW", 0, 0, "", 0, 0, 0, FAULT(STOCK), "nobody has stated a stock of NEW", -60},
};
// clang-format on

static char *words(const char *text)
{
	return (char *)(uintptr_t)text;
}

static Utarg__V1__Claim claim_of(const struct claim_case *c)
{
	Utarg__V1__Claim claim = UTARG__V1__CLAIM__INIT;

	claim.claim_kind = c->kind;
	claim.sku = words(c->sku);
	claim.amount_minor = c->amount_minor;
	claim.currency = words(c->amount_minor != 0 ? "PLN" : "");
	claim.percentage_bp = c->percentage_bp;
	claim.coupon = words(c->coupon);
	claim.audience = (Utarg__V1__Audience)c->audience;
	claim.from_ms = c->from_day == 0 ? 0 : NOW + c->from_day * DAY_MS;
	claim.until_ms = c->until_day == 0 ? 0 : NOW + c->until_day * DAY_MS;
	return claim;
}

// The verdict on a message with these claims that was published on day -60.
static struct message_verdict judge(struct world *w, Utarg__V1__Claim **claims, size_t count)
{
	static Utarg__V1__MarketingMessage message;
	static char home[] = "web/home", *placements[] = {home};
	struct message_standing standing = {
		.message = &message, .state = MESSAGE_PUBLISHED, .changed_at_ms = NOW - 60 * DAY_MS};
	struct message_verdict verdict;

	utarg__v1__marketing_message__init(&message);
	message.message_version = 1;
	message.claims = claims;
	message.n_claims = count;
	message.placements = placements;
	message.n_placements = 1;
	arena_reset(&w->arena);
	assert_true(message_judge(&w->arena, &standing, &w->facts, &verdict));
	return verdict;
}

static void every_claim_is_compared_with_its_fact(void **state)
{
	for (size_t i = 0; i < sizeof(claim_cases) / sizeof(claim_cases[0]); i++) {
		const struct claim_case *c = &claim_cases[i];
		Utarg__V1__Claim claim = claim_of(c), *claims[] = {&claim};
		struct message_verdict verdict = judge(*state, claims, 1);

		if (verdict.count != (c->text != NULL))
			fail_msg("case %zu: %zu faults, %s", i, verdict.count,
				 verdict.count > 0 ? verdict.alerts[0]->text : "");
		if (c->text == NULL)
			continue;
		assert_string_equal(verdict.alerts[0]->text, c->text);
		assert_int_equal(verdict.alerts[0]->fault, c->fault);
		assert_int_equal(verdict.alerts[0]->claim, 1);
		assert_int_equal((verdict.alerts[0]->since_ms - NOW) / DAY_MS, c->since_day);
		assert_int_equal(verdict.alerts[0]->n_placements, 1);
		assert_string_equal(verdict.alerts[0]->placements[0], "web/home");
	}
}

static void a_percentage_may_be_rounded_down_and_not_up(void **state)
{
	// 60.00 to 40.00 is 33.33 %.
	static const struct {
		uint32_t bp;
		bool is_so;
	} cases[] = {{3333, true}, {3300, true}, {3400, false}, {3334, false}, {3200, false}, {3330, false}};
	struct world *w = *state;

	w->offers[3].fact_count = 0;
	price(w, 3, -60, PUBLIC, 6000);
	price(w, 3, -1, PUBLIC, 4000);
	w->offers[3].has_stock = true;
	w->offers[3].stock = 1;
	settle(w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct claim_case c = {
			.kind = KIND(PERCENTAGE), .sku = "NEW", .percentage_bp = cases[i].bp, .coupon = ""};
		Utarg__V1__Claim claim = claim_of(&c), *claims[] = {&claim};

		assert_int_equal(judge(w, claims, 1).count == 0, cases[i].is_so);
	}
}

// 20.00, announced at 16.00 from day -4 on; out of sale on day -3, at 16.00 again on day -2.
static void an_announced_reduction_goes_on_over_a_pause(void **state)
{
	struct world *w = *state;
	Utarg__V1__Reduction announced = UTARG__V1__REDUCTION__INIT;
	const struct reduction reductions[] = {{.announced = &announced}};
	Utarg__V1__Claim claim =
		claim_of(&(struct claim_case){.kind = KIND(PERCENTAGE), .sku = "JUG", .percentage_bp = 2000});
	Utarg__V1__Claim *claims[] = {&claim};

	claim.coupon = words("");
	price(w, 1, -4, PUBLIC, 1600);
	price(w, 1, -3, PUBLIC, 0);
	price(w, 1, -2, PUBLIC, 1600);
	settle(w);
	assert_int_equal(judge(w, claims, 1).count, 1);
	announced.market = words("");
	announced.currency = words("PLN");
	announced.audience = UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC;
	announced.price_gross_minor = 1600;
	announced.from_ms = NOW - 4 * DAY_MS;
	w->offers[1].reductions = reductions;
	w->offers[1].reduction_count = 1;
	assert_int_equal(judge(w, claims, 1).count, 0);
	announced.until_ms = NOW - 2 * DAY_MS; // over
	assert_int_equal(judge(w, claims, 1).count, 1);
}

static void several_faults_of_one_message(void **state)
{
	const struct claim_case cases[] = {
		{.kind = KIND(PRICE), .sku = "CUP", .amount_minor = 900, .coupon = ""},
		{.kind = KIND(PRICE), .sku = "MUG", .amount_minor = 4000, .coupon = ""},
		{.kind = KIND(COUPON), .sku = "", .coupon = "NONE"},
	};
	Utarg__V1__Claim claims[3], *list[3];

	for (int i = 0; i < 3; i++) {
		claims[i] = claim_of(&cases[i]);
		list[i] = &claims[i];
	}
	struct message_verdict verdict = judge(*state, list, 3);
	assert_int_equal(verdict.count, 3);
	assert_int_equal(verdict.alerts[0]->fault, FAULT(STOCK));
	assert_int_equal(verdict.alerts[1]->fault, FAULT(PRICE));
	assert_int_equal(verdict.alerts[2]->fault, FAULT(COUPON));
	assert_int_equal(verdict.alerts[2]->claim, 3);
}

static void the_clock_is_asked_back_at_the_next_change(void **state)
{
	struct world *w = *state;
	const struct claim_case cases[] = {
		{.kind = KIND(PRICE), .sku = "MUG", .amount_minor = 4000, .coupon = "", .until_day = 4},
		{.kind = KIND(STOCK), .sku = "MUG", .coupon = "", .from_day = 3},
	};
	Utarg__V1__Claim claims[] = {claim_of(&cases[0]), claim_of(&cases[1])},
			 *list[] = {&claims[0], &claims[1]};

	assert_true(judge(w, list, 1).next_ms == NOW + 4 * DAY_MS);
	assert_true(judge(w, list, 2).next_ms == NOW + 3 * DAY_MS);
	assert_true(judge(w, list, 0).next_ms == INT64_MAX);
	price(w, 2, 2, PUBLIC, 4500); // a price that is to come
	settle(w);
	assert_true(judge(w, list, 2).next_ms == NOW + 2 * DAY_MS);
	// Out of sale, and back on a day to come.
	const struct claim_case back = {.kind = KIND(STOCK), .sku = "JUG", .coupon = ""};
	Utarg__V1__Claim jug = claim_of(&back), *jugs[] = {&jug};
	price(w, 1, 1, PUBLIC, 2100);
	settle(w);
	assert_true(judge(w, jugs, 1).next_ms == NOW + DAY_MS);
	w->facts.now_ms = NOW + 2 * DAY_MS;
	struct message_verdict verdict = judge(w, list, 1);
	assert_int_equal(verdict.count, 1);
	assert_string_equal(verdict.alerts[0]->text,
			    "MUG costs 45.00 PLN since 2026-11-28 12:00, not 40.00 PLN");
	w->facts.now_ms = NOW + 4 * DAY_MS; // until is not included
	assert_int_equal(judge(w, list, 1).alerts[0]->fault, FAULT(VALIDITY));
}

// ---- placements ----------------------------------------------------------------------------------------

#define PLACE(name) UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_##name

static struct message_report report(const char *placement, uint32_t version, int64_t price_minor)
{
	return (struct message_report){.placement = placement,
				       .shown_version = version,
				       .has_price = price_minor != 0,
				       .price_gross_minor = price_minor,
				       .currency = "PLN",
				       .t_ms = NOW - DAY_MS};
}

// Version 2 claims that MUG costs `claimed`.
static void check_places(struct world *w, enum message_state message_state, int64_t claimed,
			 const struct message_report *reports, size_t count, const char *expected)
{
	Utarg__V1__Claim claim = claim_of(&(struct claim_case){
		.kind = KIND(PRICE), .sku = "MUG", .amount_minor = claimed, .coupon = ""});
	Utarg__V1__Claim *claims[] = {&claim};
	Utarg__V1__MarketingMessage message = UTARG__V1__MARKETING_MESSAGE__INIT;
	char *placements[] = {words("web/home"), words("pos/door"), words("mail/w-48"), words("leaflet/11")};
	struct message_standing standing = {.message = &message,
					    .state = message_state,
					    .changed_at_ms = NOW - 2 * DAY_MS,
					    .reports = reports,
					    .report_count = count};
	struct message_verdict verdict;
	Utarg__V1__PlacementView **views;
	size_t view_count;
	char told[1000] = "";
	size_t used = 0;

	message.message_version = 2;
	message.claims = claims;
	message.n_claims = 1;
	message.placements = placements;
	message.n_placements = 4;
	arena_reset(&w->arena);
	assert_true(message_judge(&w->arena, &standing, &w->facts, &verdict));
	assert_true(
		message_placements(&w->arena, &standing, verdict.alerts, verdict.count, &views, &view_count));
	for (size_t i = 0; i < view_count; i++)
		used += (size_t)snprintf(told + used, sizeof(told) - used, "%s %c%s; ", views[i]->placement,
					 "?csxu"[views[i]->state], views[i] -> named ? "" : " unnamed");
	for (size_t i = 0; i < verdict.count; i++) {
		used += (size_t)snprintf(told + used, sizeof(told) - used, "| %s:", verdict.alerts[i]->text);
		for (size_t k = 0; k < verdict.alerts[i]->n_placements; k++)
			used += (size_t)snprintf(told + used, sizeof(told) - used, " %s",
						 verdict.alerts[i]->placements[k]);
	}
	assert_string_equal(told, expected);
}

static void placements_show_what_they_are_to_show(void **state)
{
	struct world *w = *state;
	const struct message_report good[] = {report("leaflet/11", 2, 0), report("mail/w-48", 2, 0),
					      report("pos/door", 2, 0), report("web/home", 2, 4000)};
	const struct message_report mixed[] = {report("app/start", 1, 0), report("app/end", 0, 0),
					       report("leaflet/11", 1, 3900), report("mail/w-48", 0, 0),
					       report("web/home", 2, 4100)};

	assert_int_equal(PLACE(UNKNOWN), 4); // the letters below
	check_places(w, MESSAGE_PUBLISHED, 4000, NULL, 0,
		     "leaflet/11 u; mail/w-48 u; pos/door u; web/home u; ");
	check_places(w, MESSAGE_PUBLISHED, 4000, good, 4,
		     "leaflet/11 c; mail/w-48 c; pos/door c; web/home c; ");
	check_places(w, MESSAGE_PUBLISHED, 4000, mixed, 5,
		     "app/start s unnamed; leaflet/11 s; mail/w-48 s; pos/door u; web/home x; "
		     "| app/start shows version 1, not 2, and so do others: app/start leaflet/11 mail/w-48"
		     "| web/home shows 41.00 PLN, which the message does not claim: web/home");
	// A claim that is not so: what is to be mended is all that shows this version, or may.
	check_places(w, MESSAGE_PUBLISHED, 3900, mixed, 5,
		     "app/start s unnamed; leaflet/11 s; mail/w-48 s; pos/door u; web/home x; "
		     "| app/start shows version 1, not 2, and so do others: app/start leaflet/11 mail/w-48"
		     "| web/home shows 41.00 PLN, which the message does not claim: web/home"
		     "| MUG costs 40.00 PLN since 2026-11-25 12:00, not 39.00 PLN: pos/door web/home");
	// Withdrawn: what shows any version of it is stale, and its claims are nobody's concern.
	check_places(w, MESSAGE_WITHDRAWN, 3900, mixed, 5,
		     "app/start s unnamed; leaflet/11 s; mail/w-48 c; pos/door u; web/home s; "
		     "| app/start shows version 1, which is withdrawn, and so do others: app/start "
		     "leaflet/11 web/home");
}

// A name is cut at 80 bytes, a sentence at its end: never within a character.
static void sentences_are_whole_characters(void **state)
{
	struct world *w = *state;
	char name[201];
	struct message_report reports[1];
	Utarg__V1__MarketingMessage message = UTARG__V1__MARKETING_MESSAGE__INIT;
	struct message_standing standing = {
		.message = &message, .state = MESSAGE_PUBLISHED, .reports = reports, .report_count = 1};
	struct message_verdict verdict;

	message.message_version = 2;
	for (int shift = 0; shift < 4; shift++) {
		memcpy(name, "web/aaaa", (size_t)4 + (size_t)shift);
		for (size_t at = 4 + (size_t)shift; at + 3 < sizeof(name); at += 3)
			memcpy(&name[at], "\xe2\x82\xac", 4);
		reports[0] = report(name, 1, 0);
		arena_reset(&w->arena);
		assert_true(message_judge(&w->arena, &standing, &w->facts, &verdict));
		assert_int_equal(verdict.count, 1);
		assert_true(text_is_utf8(verdict.alerts[0]->text, strlen(verdict.alerts[0]->text)));
		assert_non_null(strstr(verdict.alerts[0]->text, "\xe2\x82\xac shows version 1, not 2"));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)
	const struct CMUnitTest tests[] = {
		TEST(every_claim_is_compared_with_its_fact),
		TEST(a_percentage_may_be_rounded_down_and_not_up),
		TEST(an_announced_reduction_goes_on_over_a_pause),
		TEST(several_faults_of_one_message),
		TEST(the_clock_is_asked_back_at_the_next_change),
		TEST(placements_show_what_they_are_to_show),
		TEST(sentences_are_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
