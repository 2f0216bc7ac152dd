// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// UUIDs: version and order of new ones, stability of derived ones, text there and back.
#include "common/base/uuid.h"

#include <stdbool.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void v7_carries_time_and_ascends(void **state)
{
	(void)state;
	uint8_t last[UUID_SIZE] = {0}, id[UUID_SIZE];
	for (int i = 0; i < 20000; i++) {
		uuid_v7(INT64_C(0x0123456789ab), id);
		assert_memory_equal(id, "\x01\x23\x45\x67\x89\xab", 6);
		assert_int_equal(id[6] >> 4, 7);
		assert_int_equal(id[8] >> 6, 2);
		assert_true(memcmp(id, last, UUID_SIZE) > 0);
		memcpy(last, id, UUID_SIZE);
	}
	uuid_v7(INT64_C(0x0123456789ac), id);
	assert_true(memcmp(id, last, UUID_SIZE) > 0);
	uint8_t other[UUID_SIZE];
	uuid_v7(1, id);
	uuid_v7(2, other);
	uuid_v7(1, last); // an instant of its own again: fresh random bits
	assert_memory_not_equal(id, last, UUID_SIZE);
}

static void v5_is_what_other_programs_compute(void **state)
{
	(void)state;
	// python3: uuid5(uuid5(NAMESPACE_URL, "shop/checkout"), "order-1")
	uint8_t id[UUID_SIZE], again[UUID_SIZE];
	char text[UUID_TEXT_SIZE];
	uuid_v5("shop/checkout", "order-1", 7, id);
	uuid_format(id, text);
	assert_string_equal(text, "9acff9e1-d844-54de-8c0a-31d463f9b5f3");
	uuid_v5("shop/checkout", "order-1", 7, again);
	assert_memory_equal(id, again, UUID_SIZE);
	uuid_v5("shop/checkout", "order-1\0", 8, again); // bytes, not a string
	assert_memory_not_equal(id, again, UUID_SIZE);
	uuid_v5("shop/checkouT", "order-1", 7, again);
	assert_memory_not_equal(id, again, UUID_SIZE);
	uuid_v5("", NULL, 0, id);
	uuid_format(id, text);
	assert_string_equal(text, "99454d6a-8efb-576b-96f4-fae2f0a37cde");
}

static void text_there_and_back(void **state)
{
	(void)state;
	uint8_t id[UUID_SIZE], before[UUID_SIZE];
	char text[UUID_TEXT_SIZE];
	assert_true(uuid_parse_text("0190A6F0-7B3C-7DEF-8123-456789abcdef", id));
	assert_memory_equal(id, "\x01\x90\xa6\xf0\x7b\x3c\x7d\xef\x81\x23\x45\x67\x89\xab\xcd\xef",
			    UUID_SIZE);
	uuid_format(id, text);
	assert_string_equal(text, "0190a6f0-7b3c-7def-8123-456789abcdef");
	memcpy(before, id, UUID_SIZE);
	static const char *const bad[] = {"",
					  "0190a6f0",
					  "0190a6f0-7b3c-7def-8123-456789abcde",
					  "0190a6f0-7b3c-7def-8123-456789abcdef0",
					  "0190a6f07b3c-7def-8123-456789abcdef0",
					  "0190a6f0-7b3c-7def-8123-456789abcdeg",
					  "{190a6f0-7b3c-7def-8123-456789abcdef",
					  "0190a6f0-7b3c-7def-8123 456789abcdef"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(uuid_parse_text(bad[i], id));
	assert_memory_equal(id, before, UUID_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v7_carries_time_and_ascends),
		cmocka_unit_test(v5_is_what_other_programs_compute),
		cmocka_unit_test(text_there_and_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
