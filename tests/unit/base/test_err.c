// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Errors: the table of codes against the wire contract, and sentences that stay printable.
#include "common/base/err.h"
#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

#include "utarg/v1/types.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void table_is_the_wire_enum(void **state)
{
	(void)state;
	const ProtobufCEnumDescriptor *wire = &utarg__v1__code__descriptor;
	assert_int_equal(wire->n_values, ERR_CODE_COUNT);
	for (unsigned i = 0; i < wire->n_values; i++) {
		enum err_code code;
		assert_true(err_from_name(wire->values[i].name, &code));
		assert_int_equal(code, wire->values[i].value);
		assert_string_equal(err_name(code), wire->values[i].name);
	}
}

static void codes_map_to_http_and_exit(void **state)
{
	(void)state;
	assert_int_equal(err_http(ERR_OK), 200);
	assert_int_equal(err_exit(ERR_OK), 0);
	assert_int_equal(err_http(ERR_FORBIDDEN), 403);
	assert_int_equal(err_exit(ERR_FORBIDDEN), 4);
	assert_int_equal(err_exit(ERR_REFUSED), 5);
	assert_int_equal(err_exit(ERR_BUSY), 3);
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		assert_in_range(err_http((enum err_code)code), 200, 599);
		assert_in_range(err_exit((enum err_code)code), 0, 6);
	}
}

static void unknown_codes_are_internal(void **state)
{
	(void)state;
	enum err_code code = ERR_BUSY;
	assert_string_equal(err_name((enum err_code)999), "INTERNAL");
	assert_int_equal(err_http((enum err_code) - 1), 500);
	assert_false(err_from_name("NO_SUCH_CODE", &code));
	assert_false(err_from_name("", &code));
	assert_int_equal(code, ERR_BUSY);
}

static void setting_fills_code_field_and_sentence(void **state)
{
	(void)state;
	struct err e = {0};
	assert_false(err_field(&e, ERR_BAD_FIELD, "lines[2].sku", "%s is %d bytes", "sku", 70));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	assert_string_equal(e.field, "lines[2].sku");
	assert_string_equal(e.text, "sku is 70 bytes");
	assert_false(err_prefix(&e, "row %d", 7));
	assert_string_equal(e.text, "row 7: sku is 70 bytes");
	assert_string_equal(e.field, "lines[2].sku");
	assert_false(err_set(&e, ERR_BUSY, "again: %s", e.text)); // an argument may point into it
	assert_string_equal(e.text, "again: row 7: sku is 70 bytes");
	assert_string_equal(e.field, "");
	assert_false(err_set(NULL, ERR_BUSY, "nobody listens"));
	assert_false(err_field(NULL, ERR_BUSY, "x", "nobody listens"));
	assert_false(err_prefix(NULL, "nobody listens"));
}

static void sentences_are_one_printable_line(void **state)
{
	(void)state;
	struct err e = {0};
	err_field(&e, ERR_BAD_FIELD, "a\nb", "first\nsecond\x1b[2J\x7f");
	assert_string_equal(e.text, "first second [2J ");
	assert_string_equal(e.field, "a b");
	err_set(&e, ERR_BAD_FIELD, "%s", "caf\xe9 au lait");
	assert_string_equal(e.text, "caf? au lait");
}

static void long_sentences_end_at_a_character(void **state)
{
	(void)state;
	char word[2 * ERR_TEXT_SIZE + 2] = "x";
	for (int i = 0; i < ERR_TEXT_SIZE; i++)
		strcat(word, "ż");
	struct err e = {0};
	err_set(&e, ERR_BAD_FIELD, "%s", word);
	assert_true(text_is_utf8(e.text, strlen(e.text)));
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 1); // odd: x and whole letters of two bytes
	err_set(&e, ERR_BAD_FIELD, "%s", word + 1);
	assert_true(text_is_utf8(e.text, strlen(e.text)));
	assert_int_equal(strlen(e.text), ERR_TEXT_SIZE - 2);
	err_prefix(&e, "%s", word);
	assert_true(text_is_utf8(e.text, strlen(e.text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_the_wire_enum),
		cmocka_unit_test(codes_map_to_http_and_exit),
		cmocka_unit_test(unknown_codes_are_internal),
		cmocka_unit_test(setting_fills_code_field_and_sentence),
		cmocka_unit_test(sentences_are_one_printable_line),
		cmocka_unit_test(long_sentences_end_at_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
