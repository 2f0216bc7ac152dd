// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/bench_event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/service.pb-c.h"

enum { COUNT = 100 };

static const struct bench_world world = {.base_ms = INT64_C(1795000000123), .seed = 7, .shop_count = 3};
static struct bench_events *events;
static uint8_t packed[(COUNT + 1) * BENCH_EVENT_MAX_BYTES];

static Utarg__V1__Request *request_of(uint64_t first, size_t *size)
{
	uint64_t numbers[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		numbers[i] = first + i;
	*size = bench_request(events, &world, UINT64_C(1) << 34 | 5, 1795000000999, numbers, COUNT, packed);
	Utarg__V1__Request *request = utarg__v1__request__unpack(NULL, *size, packed);
	assert_non_null(request);
	return request;
}

static void a_request_decodes_to_what_was_asked(void **state)
{
	size_t size;
	(void)state;
	Utarg__V1__Request *request = request_of(1000, &size);
	assert_int_equal(utarg__v1__request__get_packed_size(request), size);
	assert_true(request->request_id == (UINT64_C(1) << 34 | 5));
	assert_int_equal(request->body_case, UTARG__V1__REQUEST__BODY_PUBLISH);
	assert_true(request->publish->sent_at_ms == INT64_C(1795000000999));
	assert_int_equal(request->publish->origin, UTARG__V1__ORIGIN__ORIGIN_SERVER);
	assert_int_equal(request->publish->n_publications, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		const Utarg__V1__Event *event = request->publish->publications[i]->event;
		char shop[BENCH_SHOP_SIZE];
		bench_shop((uint32_t)((1000 + i) % 3), shop);
		assert_string_equal(event->shop, shop);
		assert_int_equal(event->id.len, 16);
		assert_true(event->occurred_at_ms == world.base_ms + (int64_t)((1000 + i) / 200));
		bool purchase = (1000 + i) % 16 == 15;
		assert_int_equal(event->body_case, purchase ? UTARG__V1__EVENT__BODY_PURCHASE
							    : UTARG__V1__EVENT__BODY_PAGE_VIEW);
		assert_int_equal(strlen(request->publish->publications[i]->subject->visitor_id), 16);
	}
	utarg__v1__request__free_unpacked(request, NULL);
}

static void a_row_is_the_event_of_the_request(void **state)
{
	size_t size;
	struct bench_row row;
	uint8_t event[BENCH_EVENT_MAX_BYTES];
	(void)state;
	Utarg__V1__Request *request = request_of(31, &size);
	for (uint64_t i = 0; i < COUNT; i++) {
		const Utarg__V1__Publication *publication = request->publish->publications[i];
		bench_row(events, &world, 31 + i, &row);
		size_t event_size = utarg__v1__event__pack(publication->event, event);
		assert_int_equal(row.event.size, event_size);
		assert_memory_equal(row.event.data, event, event_size);
		assert_memory_equal(row.id, publication->event->id.data, 16);
		assert_int_equal(row.kind, publication->event->body_case);
		assert_memory_equal(row.visitor.data, publication->subject->visitor_id, row.visitor.size);
	}
	utarg__v1__request__free_unpacked(request, NULL);
}

static void ids_are_new_and_of_their_version(void **state)
{
	static struct bench_row a, b;
	struct bench_world v4 = world;
	(void)state;
	v4.ids = BENCH_V4;
	bench_row(events, &world, 4000, &a);
	bench_row(events, &world, 4001, &b);
	assert_memory_not_equal(a.id, b.id, 16);
	assert_int_equal(a.id[6] >> 4, 7);
	assert_int_equal(a.id[8] >> 6, 2);
	assert_memory_equal(a.id, b.id, 6); // the same millisecond
	bench_row(events, &world, 4000, &b);
	assert_memory_equal(a.id, b.id, 16);
	bench_row(events, &v4, 4000, &b);
	assert_int_equal(b.id[6] >> 4, 4);
	assert_int_equal(b.id[8] >> 6, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_decodes_to_what_was_asked),
		cmocka_unit_test(a_row_is_the_event_of_the_request),
		cmocka_unit_test(ids_are_new_and_of_their_version),
	};
	events = bench_events_create();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	bench_events_destroy(events);
	return failed;
}
