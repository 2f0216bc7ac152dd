// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The wire format, one field at a time: good fields, and every way to be broken.
#include "common/base/wire.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

struct broken_row {
	const char *why;
	const char *bytes;
	size_t size;
};
#define BROKEN(why, text)                                                                                    \
	{                                                                                                    \
		why, text, sizeof(text) - 1                                                                  \
	}

static void fields_come_one_by_one(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x08, 0x96, 0x01,                       // 1: 150
					0x11, 1,    2,    3,   4,   5, 6, 7, 8, // 2: fixed 64
					0x1a, 0x03, 'a',  'b', 'c',             // 3: "abc"
					0x25, 1,    2,    3,   4,               // 4: fixed 32
					0xfa, 0x01, 0x00};                      // 31: ""
	struct slice rest = {bytes, sizeof(bytes)};
	struct wire_field field;
	assert_true(wire_next(&rest, &field));
	assert_int_equal(field.number, 1);
	assert_int_equal(field.type, WIRE_VARINT);
	assert_int_equal(field.value, 150);
	assert_true(wire_next(&rest, &field));
	assert_int_equal(field.type, WIRE_FIXED64);
	assert_true(field.value == UINT64_C(0x0807060504030201));
	assert_true(wire_next(&rest, &field));
	assert_int_equal(field.number, 3);
	assert_int_equal(field.bytes.size, 3);
	assert_ptr_equal(field.bytes.data, bytes + 14);
	assert_true(wire_next(&rest, &field));
	assert_int_equal(field.type, WIRE_FIXED32);
	assert_int_equal(field.value, 0x04030201);
	assert_true(wire_next(&rest, &field));
	assert_int_equal(field.number, 31);
	assert_int_equal(field.bytes.size, 0);
	assert_false(wire_next(&rest, &field));
	assert_int_equal(rest.size, 0);
}

static void the_largest_values_pass(void **state)
{
	(void)state;
	static const uint8_t bytes[] = {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0x01, 0xf8, 0xff, 0xff, 0xff, 0x0f, 0x80, 0x00};
	struct slice rest = {bytes, sizeof(bytes)};
	struct wire_field field;
	assert_true(wire_next(&rest, &field));
	assert_true(field.value == UINT64_MAX);
	assert_true(wire_next(&rest, &field));
	assert_int_equal(field.number, (1u << 29) - 1);
	assert_int_equal(field.value, 0);
	assert_int_equal(rest.size, 0);
}

static void broken_input_is_refused_where_it_stands(void **state)
{
	(void)state;
	static const struct broken_row rows[] = {
		BROKEN("field number 0", "\x00\x01"),
		BROKEN("field number 0, bytes", "\x02\x00"),
		BROKEN("tag cut", "\x88"),
		BROKEN("tag of six bytes", "\x88\x80\x80\x80\x80\x00\x01"),
		BROKEN("tag beyond 32 bits", "\xf8\xff\xff\xff\x1f\x01"),
		BROKEN("no value", "\x08"),
		BROKEN("varint cut", "\x08\x96"),
		BROKEN("varint of eleven bytes", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"),
		BROKEN("varint beyond 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
		BROKEN("fixed64 cut", "\x11\x01\x02\x03\x04\x05\x06\x07"),
		BROKEN("fixed32 cut", "\x25\x01\x02\x03"),
		BROKEN("length behind the end", "\x1a\x04"
						"abc"),
		BROKEN("length cut", "\x1a\x80"),
		BROKEN("length of six bytes", "\x1a\x80\x80\x80\x80\x80\x00"),
		BROKEN("length huge", "\x1a\xff\xff\xff\xff\x7f"
				      "abc"),
		BROKEN("group start", "\x0b\x0c"),
		BROKEN("group end", "\x0c"),
		BROKEN("type 6", "\x0e\x01"),
		BROKEN("type 7", "\x0f\x01"),
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice rest = {(const uint8_t *)rows[i].bytes, rows[i].size};
		struct wire_field field = {.number = 77};
		if (wire_next(&rest, &field))
			fail_msg("%s passed", rows[i].why);
		assert_int_equal(rest.size, rows[i].size);
		assert_ptr_equal(rest.data, rows[i].bytes);
		assert_int_equal(field.number, 77);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_come_one_by_one),
		cmocka_unit_test(the_largest_values_pass),
		cmocka_unit_test(broken_input_is_refused_where_it_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
