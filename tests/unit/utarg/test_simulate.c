// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The simulated day repeats, keeps to its day, and looks like a shop.
#include "services/utarg/core/simulate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct zone warsaw;

static struct simulate_options options(uint64_t seed, int day, uint32_t visit_count)
{
	return (struct simulate_options){
		.shop = "demo",
		.currency = "PLN",
		.zone = &warsaw,
		.date = {2026, 10, day},
		.seed = seed,
		.visit_count = visit_count,
		.until_ms = INT64_MAX,
	};
}

static bool same(const struct simulate_day *a, const struct simulate_day *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->events[i].size != b->events[i].size ||
		    memcmp(a->events[i].bytes, b->events[i].bytes, a->events[i].size) != 0)
			return false;
	return true;
}

static void the_same_seed_makes_the_same_day(void **state)
{
	(void)state;
	struct simulate_day first, again, other_seed, other_day;
	struct simulate_options a = options(1, 25, 200), b = options(2, 25, 200), c = options(1, 24, 200);
	simulate_day(&a, &first);
	simulate_day(&a, &again);
	simulate_day(&b, &other_seed);
	simulate_day(&c, &other_day);
	assert_true(same(&first, &again));
	assert_false(same(&first, &other_seed));
	assert_false(same(&first, &other_day));
	simulate_day_free(&first);
	simulate_day_free(&again);
	simulate_day_free(&other_seed);
	simulate_day_free(&other_day);
}

static void it_looks_like_a_shop(void **state)
{
	(void)state;
	struct simulate_day day;
	struct simulate_options a = options(7, 25, 2000); // a day of 25 hours
	simulate_day(&a, &day);
	size_t kinds[256] = {0};
	uint8_t previous_id[16] = {0};
	for (size_t i = 0; i < day.count; i++) {
		Utarg__V1__Publication *publication =
			utarg__v1__publication__unpack(NULL, day.events[i].size, day.events[i].bytes);
		assert_non_null(publication);
		const Utarg__V1__Event *event = publication->event;
		assert_true(event->occurred_at_ms >= zone_day_start_ms(&warsaw, a.date));
		assert_true(i == 0 || day.events[i - 1].t_ms <= day.events[i].t_ms);
		assert_int_equal(event->occurred_at_ms, day.events[i].t_ms);
		assert_string_equal(event->shop, "demo");
		assert_int_equal(event->id.len, 16);
		assert_memory_not_equal(event->id.data, previous_id, 16);
		memcpy(previous_id, event->id.data, 16);
		kinds[event->body_case]++;
		utarg__v1__publication__free_unpacked(publication, NULL);
	}
	assert_true(kinds[UTARG__V1__EVENT__BODY_PAGE_VIEW] > 5000);
	assert_in_range(kinds[UTARG__V1__EVENT__BODY_PURCHASE], 60, 400);
	assert_true(kinds[UTARG__V1__EVENT__BODY_ADD_TO_CART] > kinds[UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT]);
	assert_true(kinds[UTARG__V1__EVENT__BODY_REFUND] > 0);
	assert_true(kinds[UTARG__V1__EVENT__BODY_ORDER_CANCELLED] > 0);
	assert_true(kinds[UTARG__V1__EVENT__BODY_OFFER_UPDATED] >= 32);
	assert_true(kinds[UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED] > 0);
	assert_int_equal(kinds[UTARG__V1__EVENT__BODY_AD_SPEND], 6);
	assert_int_equal(kinds[UTARG__V1__EVENT__BODY_MAILING_STATS], 2);
	assert_int_equal(kinds[UTARG__V1__EVENT__BODY_SEO_STATS], 1);
	assert_int_equal(kinds[UTARG__V1__EVENT__BODY_FEED_STATUS], 2);
	assert_int_equal(kinds[UTARG__V1__EVENT__BODY_MESSAGE_SHOWN], 3);
	simulate_day_free(&day);
}

static void the_future_has_not_happened(void **state)
{
	(void)state;
	struct simulate_day all, part;
	struct simulate_options a = options(3, 20, 300), b = a;
	b.until_ms = zone_day_start_ms(&warsaw, a.date) + INT64_C(12) * 3600 * 1000;
	simulate_day(&a, &all);
	simulate_day(&b, &part);
	assert_true(part.count > 0 && part.count < all.count);
	// What remains is the beginning of the whole day, byte for byte.
	for (size_t i = 0; i < part.count; i++) {
		assert_int_equal(part.events[i].size, all.events[i].size);
		assert_memory_equal(part.events[i].bytes, all.events[i].bytes, part.events[i].size);
		assert_true(part.events[i].t_ms <= b.until_ms);
	}
	simulate_day_free(&all);
	simulate_day_free(&part);
}

int main(void)
{
	struct err e = {0};
	if (!zone_load(&warsaw, "Europe/Warsaw", &e))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_makes_the_same_day),
		cmocka_unit_test(it_looks_like_a_shop),
		cmocka_unit_test(the_future_has_not_happened),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	zone_fini(&warsaw);
	return failed;
}
