// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Price facts to intervals: the rules one by one, and that the order of facts makes no difference.
#include "services/campaign/core/price.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OFF INT64_C(-1) // not on offer

static struct price_fact fact(int64_t t_ms, uint8_t id, int64_t gross_minor)
{
	struct price_fact out = {.market = "", .currency = "PLN", .audience = 1, .t_ms = t_ms, .seq = id};

	out.id[15] = id;
	out.is_offered = gross_minor != OFF;
	out.gross_minor = out.is_offered ? gross_minor : 0;
	return out;
}

static void assert_interval(const struct price_interval *interval, int64_t from, int64_t until, int64_t gross)
{
	assert_int_equal(interval->from_ms, from);
	assert_int_equal(interval->until_ms, until);
	assert_int_equal(interval->gross_minor, gross);
}

static void a_price_holds_until_the_next(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(20, 2, 80), fact(30, 3, 90)};
	struct price_interval out[3];

	(void)state;
	assert_int_equal(price_intervals(facts, 3, out), 3);
	assert_interval(&out[0], 10, 20, 100);
	assert_interval(&out[1], 20, 30, 80);
	assert_interval(&out[2], 30, 0, 90);
	assert_int_equal(out[2].seq, 3);
}

static void equal_prices_are_one_interval(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(20, 2, 100), fact(30, 3, 90), fact(40, 4, 90)};
	struct price_interval out[4];

	(void)state;
	assert_int_equal(price_intervals(facts, 4, out), 2);
	assert_interval(&out[0], 10, 30, 100);
	assert_interval(&out[1], 30, 0, 90);
	assert_int_equal(out[0].seq, 1);
}

static void out_of_sale_ends_an_interval(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(20, 2, OFF), fact(25, 3, OFF), fact(30, 4, 100),
				     fact(40, 5, OFF)};
	struct price_interval out[5];

	(void)state;
	assert_int_equal(price_intervals(facts, 5, out), 2);
	assert_interval(&out[0], 10, 20, 100);
	assert_interval(&out[1], 30, 40, 100);
}

static void at_one_instant_the_greatest_id_counts(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(20, 9, 70), fact(20, 2, 80), fact(20, 5, 100)};
	struct price_fact back[] = {fact(10, 1, 100), fact(20, 2, 80), fact(20, 5, 100)};
	struct price_interval out[4];

	(void)state;
	assert_int_equal(price_intervals(facts, 4, out), 2);
	assert_interval(&out[0], 10, 20, 100);
	assert_interval(&out[1], 20, 0, 70);
	// The overruled 80 never held: 100 goes on.
	assert_int_equal(price_intervals(back, 3, out), 1);
	assert_interval(&out[0], 10, 0, 100);
}

static void a_late_fact_changes_history(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(30, 2, 90), fact(20, 3, 80)};
	struct price_interval out[3];

	(void)state;
	assert_int_equal(price_intervals(facts, 3, out), 3);
	assert_interval(&out[0], 10, 20, 100);
	assert_interval(&out[1], 20, 30, 80);
	assert_interval(&out[2], 30, 0, 90);
}

static void markets_audiences_and_currencies_stand_apart(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(11, 2, 50), fact(12, 3, 60), fact(13, 4, 70),
				     fact(20, 5, OFF)};
	struct price_interval out[5];

	(void)state;
	facts[1].market = "de";
	facts[2].audience = 2;
	facts[3].currency = "EUR";
	assert_int_equal(price_intervals(facts, 5, out), 4);
	assert_string_equal(out[0].currency, "EUR");
	assert_interval(&out[0], 13, 0, 70);
	assert_interval(&out[1], 10, 20, 100);
	assert_int_equal(out[2].audience, 2);
	assert_interval(&out[2], 12, 0, 60);
	assert_string_equal(out[3].market, "de");
	assert_interval(&out[3], 11, 0, 50);
}

static void out_of_sale_without_a_currency_ends_all_of_them(void **state)
{
	struct price_fact facts[] = {fact(10, 1, 100), fact(11, 2, 25), fact(20, 3, OFF),
				     fact(30, 4, 100), fact(12, 5, 70), fact(40, 6, OFF)};
	struct price_interval out[6];

	(void)state;
	facts[1].currency = "EUR";
	facts[2].currency = "";
	facts[4].market = "de"; // another market is not meant
	facts[5].audience = 2;  // nor another audience
	facts[5].currency = "";
	assert_int_equal(price_intervals(facts, 6, out), 4);
	assert_interval(&out[0], 11, 20, 25);
	assert_interval(&out[1], 10, 20, 100);
	assert_interval(&out[2], 30, 0, 100);
	assert_interval(&out[3], 12, 0, 70);
}

static void no_facts_no_intervals(void **state)
{
	struct price_fact off = fact(10, 1, OFF);
	struct price_interval out[1];

	(void)state;
	assert_int_equal(price_intervals(NULL, 0, out), 0);
	assert_int_equal(price_intervals(&off, 1, out), 0);
}

static Utarg__V1__OfferUpdated offer(void)
{
	Utarg__V1__OfferUpdated out = UTARG__V1__OFFER_UPDATED__INIT;

	out.sku = (char *)(uintptr_t) "mug";
	out.currency = (char *)(uintptr_t) "PLN";
	out.known_price_case = UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR;
	out.price_gross_minor = 1999;
	return out;
}

static void what_an_offer_says_about_its_price(void **state)
{
	static const struct {
		Utarg__V1__OfferStatus status;
		bool has_price, conditional, is_fact, is_offered;
	} rows[] = {
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_UNSPECIFIED, true, false, true, true},
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_ACTIVE, true, false, true, true},
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_ACTIVE, false, false, true, false},
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_ACTIVE, true, true, false, false},
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_PAUSED, true, false, true, false},
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_DELISTED, true, false, true, false},
		{UTARG__V1__OFFER_STATUS__OFFER_STATUS_DELISTED, true, true, true, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		Utarg__V1__OfferUpdated said = offer();
		struct price_fact out = {0};

		said.status = rows[i].status;
		said.conditional = rows[i].conditional;
		if (!rows[i].has_price)
			said.known_price_case = UTARG__V1__OFFER_UPDATED__KNOWN_PRICE__NOT_SET;
		assert_int_equal(price_fact_of(&said, &out), rows[i].is_fact);
		assert_int_equal(out.is_offered, rows[i].is_offered);
		assert_int_equal(out.gross_minor, rows[i].is_offered ? 1999 : 0);
		if (rows[i].is_fact)
			assert_int_equal(out.audience, UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC);
	}
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void shuffle(struct price_fact *facts, size_t count, uint32_t *seed)
{
	for (size_t i = count; i > 1; i--) {
		size_t k = next_random(seed) % i;
		struct price_fact kept = facts[i - 1];

		facts[i - 1] = facts[k];
		facts[k] = kept;
	}
}

// Few times, ids, prices and groups, so that ties and repetitions are common.
static size_t random_facts(struct price_fact *facts, size_t capacity, uint32_t *seed)
{
	static const char *const markets[] = {"", "de"};
	size_t count = 1 + next_random(seed) % capacity;

	for (size_t i = 0; i < count; i++) {
		uint32_t price = next_random(seed) % 4;

		facts[i] = fact(next_random(seed) % 12, (uint8_t)(i + 1), price == 0 ? OFF : (int64_t)price);
		facts[i].market = markets[next_random(seed) % 2];
		facts[i].audience = 1 + (int32_t)(next_random(seed) % 2);
		if (price == 0 && next_random(seed) % 2 == 0)
			facts[i].currency = "";
		else if (next_random(seed) % 4 == 0)
			facts[i].currency = "EUR";
	}
	return count;
}

static bool is_meant(const struct price_fact *fact, const struct price_fact *group)
{
	return strcmp(fact->market, group->market) == 0 && fact->audience == group->audience &&
	       (fact->currency[0] == '\0' || strcmp(fact->currency, group->currency) == 0);
}

// What holds at an instant, straight from the definition: the greatest (time, id) at or before it.
static int64_t price_at(const struct price_fact *facts, size_t count, const struct price_fact *group,
			int64_t t_ms)
{
	const struct price_fact *best = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!is_meant(&facts[i], group) || facts[i].t_ms > t_ms)
			continue;
		if (best == NULL || facts[i].t_ms > best->t_ms ||
		    (facts[i].t_ms == best->t_ms && memcmp(facts[i].id, best->id, UUID_SIZE) > 0))
			best = &facts[i];
	}
	return best != NULL && best->is_offered ? best->gross_minor : OFF;
}

static int64_t interval_at(const struct price_interval *intervals, size_t count,
			   const struct price_fact *group, int64_t t_ms)
{
	int64_t price = OFF;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(intervals[i].market, group->market) != 0 ||
		    intervals[i].audience != group->audience ||
		    strcmp(intervals[i].currency, group->currency) != 0 || intervals[i].from_ms > t_ms ||
		    (intervals[i].until_ms != 0 && intervals[i].until_ms <= t_ms))
			continue;
		assert_int_equal(price, OFF); // never two at once
		price = intervals[i].gross_minor;
	}
	return price;
}

static void any_order_gives_the_same_intervals(void **state)
{
	enum { CAPACITY = 24 };

	(void)state;
	for (uint32_t seed = 1; seed <= 1000; seed++) {
		struct price_fact facts[CAPACITY];
		struct price_interval first[CAPACITY];
		struct price_interval again[CAPACITY];
		uint32_t random = seed;
		size_t count = random_facts(facts, CAPACITY, &random);
		size_t made;

		shuffle(facts, count, &random);
		made = price_intervals(facts, count, first);
		shuffle(facts, count, &random);
		assert_int_equal(price_intervals(facts, count, again), made);
		for (size_t i = 0; i < made; i++) {
			assert_string_equal(first[i].market, again[i].market);
			assert_int_equal(first[i].audience, again[i].audience);
			assert_interval(&again[i], first[i].from_ms, first[i].until_ms, first[i].gross_minor);
			assert_int_equal(first[i].seq, again[i].seq);
			assert_true(first[i].until_ms == 0 || first[i].until_ms > first[i].from_ms);
		}
		for (size_t i = 0; i < count; i++) {
			for (int64_t t = 1; t < 14; t++)
				assert_int_equal(interval_at(first, made, &facts[i], t),
						 price_at(facts, count, &facts[i], t));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_price_holds_until_the_next),
		cmocka_unit_test(equal_prices_are_one_interval),
		cmocka_unit_test(out_of_sale_ends_an_interval),
		cmocka_unit_test(at_one_instant_the_greatest_id_counts),
		cmocka_unit_test(a_late_fact_changes_history),
		cmocka_unit_test(markets_audiences_and_currencies_stand_apart),
		cmocka_unit_test(out_of_sale_without_a_currency_ends_all_of_them),
		cmocka_unit_test(no_facts_no_intervals),
		cmocka_unit_test(what_an_offer_says_about_its_price),
		cmocka_unit_test(any_order_gives_the_same_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
