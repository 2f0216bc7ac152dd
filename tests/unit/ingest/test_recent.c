// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The memory of recent ids: it remembers what is in flight, forgets what is old, and cries wolf rarely.
#include "services/ingest/core/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// As UUIDv7 of one publisher: a counter behind a moment.
static void id_of(uint32_t number, uint8_t out[UUID_SIZE])
{
	memset(out, 0x70, UUID_SIZE);
	for (int i = 0; i < 4; i++)
		out[4 + i] = (uint8_t)(number >> (24 - 8 * i));
}

static void test_remembers(void **state)
{
	(void)state;
	struct recent *recent = recent_create(42);
	uint8_t id[UUID_SIZE];
	id_of(1, id);
	assert_false(recent_add(recent, id));
	assert_true(recent_add(recent, id));
	id[15] ^= 1;
	assert_false(recent_add(recent, id));
	recent_destroy(recent);
}

static void test_what_is_in_flight(void **state)
{
	(void)state;
	enum { IN_FLIGHT = 270000 };
	struct recent *recent = recent_create(7);
	uint8_t id[UUID_SIZE];
	int alarms = 0, forgotten = 0;
	for (uint32_t i = 0; i < IN_FLIGHT; i++) {
		id_of(i, id);
		alarms += recent_add(recent, id);
	}
	for (uint32_t i = 0; i < IN_FLIGHT; i++) {
		id_of(i, id);
		forgotten += !recent_add(recent, id);
	}
	assert_in_range(alarms, 0, 1);
	assert_in_range(forgotten, 0, 20);
	recent_destroy(recent);
}

static void test_forgets(void **state)
{
	(void)state;
	struct recent *recent = recent_create(7);
	uint8_t id[UUID_SIZE];
	int alarms = 0;
	for (uint32_t i = 0; i < 4000000; i++) {
		id_of(i, id);
		alarms += recent_add(recent, id);
	}
	assert_in_range(alarms, 0, 3);
	id_of(0, id);
	assert_false(recent_add(recent, id));
	recent_destroy(recent);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_what_is_in_flight),
		cmocka_unit_test(test_forgets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
