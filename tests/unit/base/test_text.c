// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Small texts: what counts as UTF-8 and as a slug, and encodings there and back.
#include "common/base/text.h"

#include <stdbool.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void utf8_is_checked_strictly(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"", true},
		{"plain", true},
		{"z\xc5\x82oty \xe2\x82\xac \xf0\x9f\x98\x80", true},
		{"\xed\x9f\xbf\xee\x80\x80", true}, // both neighbours of the surrogates
		{"\xf4\x8f\xbf\xbf", true},         // U+10FFFF
		{"\xf4\x90\x80\x80", false},        // above it
		{"\xc0\xaf", false},                // over-long
		{"\xc1\xbf", false},
		{"\xe0\x9f\xbf", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xed\xa0\x80", false}, // surrogate
		{"\x80", false},         // continuation alone
		{"\xe2\x82", false},     // cut
		{"\xe2\x82"
		 "a",
		 false},
		{"\xf0\x9f\x98", false},
		{"\xf5\x80\x80\x80", false},
		{"\xff", false},
		{"a\xc3", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(text_is_utf8(rows[i].text, strlen(rows[i].text)), rows[i].good);
	assert_false(text_is_utf8("a\0b", 3));
	assert_true(text_is_utf8(NULL, 0));
	assert_int_equal(text_utf8_len("z\xc5\x82oty \xe2\x82\xac"), 7);
}

static void slugs(void **state)
{
	(void)state;
	static const char *const good[] = {"a", "demo", "my-shop-2", "0",
					   "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"};
	static const char *const bad[] = {
		"",         "-",
		"-a",       "a-",
		"Demo",     "a_b",
		"a b",      "a/b",
		"\xc5\x82", "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcd"};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(text_is_slug(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_is_slug(bad[i]));
}

static void percent_there_and_back(void **state)
{
	(void)state;
	char out[32], back[32];
	assert_true(text_percent_encode("A-z_0.~ /%\xc5\x82", out, sizeof(out)));
	assert_string_equal(out, "A-z_0.~%20%2F%25%C5%82");
	assert_true(text_percent_decode(out, strlen(out), back, sizeof(back)));
	assert_string_equal(back, "A-z_0.~ /%\xc5\x82");
	assert_true(text_percent_decode("%c5%82x", 6, back, sizeof(back))); // the size counts, not the NUL
	assert_string_equal(back, "\xc5\x82");
	char tight[4];
	assert_true(text_percent_encode("/", tight, 4));
	assert_string_equal(tight, "%2F");
	assert_false(text_percent_encode("/", tight, 3));
	assert_true(text_percent_encode("abc", tight, 4));
	assert_false(text_percent_encode("abcd", tight, 4));
	assert_false(text_percent_encode("", tight, 0));
	assert_false(text_percent_decode("abcd", 4, tight, 4));
	static const char *const broken[] = {"%", "%2", "a%", "%zz", "%2g", "%00"};
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_false(text_percent_decode(broken[i], strlen(broken[i]), back, sizeof(back)));
}

static void hex_there_and_back(void **state)
{
	(void)state;
	const uint8_t bytes[] = {0x00, 0x1f, 0xab, 0xff};
	char text[9];
	uint8_t back[4];
	text_hex(bytes, 4, text);
	assert_string_equal(text, "001fabff");
	assert_true(text_unhex("001FaBff", back, 4));
	assert_memory_equal(back, bytes, 4);
	assert_false(text_unhex("001fabf", back, 4));
	assert_false(text_unhex("001fabfff", back, 4));
	assert_false(text_unhex("001fabfg", back, 4));
}

static void base64_vectors(void **state)
{
	(void)state;
	static const struct {
		const char *bytes, *text;
	} rows[] = {{"", ""},
		    {"f", "Zg=="},
		    {"fo", "Zm8="},
		    {"foo", "Zm9v"},
		    {"foob", "Zm9vYg=="},
		    {"fooba", "Zm9vYmE="},
		    {"foobar", "Zm9vYmFy"},
		    {"\xfb\xff\xfe", "+//+"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[16];
		uint8_t back[16];
		size_t size = 99, wanted = strlen(rows[i].bytes);
		text_base64(rows[i].bytes, wanted, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(strlen(text) + 1, text_base64_size(wanted));
		assert_true(text_unbase64(text, back, sizeof(back), &size));
		assert_int_equal(size, wanted);
		assert_memory_equal(back, rows[i].bytes, wanted);
	}
}

static void base64_refusals_and_spellings(void **state)
{
	(void)state;
	uint8_t out[8];
	size_t size;
	assert_true(text_unbase64("Zg", out, sizeof(out), &size)); // without padding
	assert_int_equal(size, 1);
	assert_true(text_unbase64("-__-", out, sizeof(out), &size)); // the URL alphabet
	assert_memory_equal(out, "\xfb\xff\xfe", 3);
	static const char *const bad[] = {"Z",  "Zg=",  "Zg===", "Z===",  "Zm9v=",  "=",
					  "==", "Zh==", "Zm9=",  "Zm 9v", "Zm9v\n", "Z*=="};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_unbase64(bad[i], out, sizeof(out), &size));
	assert_true(text_unbase64("Zm9vYmFy", out, 6, &size)); // exactly full
	assert_false(text_unbase64("Zm9vYmFy", out, 5, &size));
}

static void copies_and_numbers(void **state)
{
	(void)state;
	char out[4];
	assert_true(text_copy(out, sizeof(out), "abc"));
	assert_false(text_copy(out, sizeof(out), "abcd"));
	assert_string_equal(out, "abc");
	assert_false(text_copy(out, 0, "a"));
	int64_t n = 7;
	assert_true(text_to_int("-9223372036854775808", INT64_MIN, INT64_MAX, &n));
	assert_true(n == INT64_MIN);
	assert_true(text_to_int("9223372036854775807", INT64_MIN, INT64_MAX, &n));
	assert_true(n == INT64_MAX);
	static const char *const bad[] = {"",
					  "-",
					  "+1",
					  " 1",
					  "1 ",
					  "1.0",
					  "0x1",
					  "--1",
					  "9223372036854775808",
					  "-9223372036854775809",
					  "99999999999999999999"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_to_int(bad[i], INT64_MIN, INT64_MAX, &n));
	assert_true(n == INT64_MAX);
	assert_false(text_to_int("11", 1, 10, &n));
	assert_false(text_to_int("0", 1, 10, &n));
	assert_true(text_to_int("010", 1, 10, &n));
	assert_int_equal(n, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_checked_strictly), cmocka_unit_test(slugs),
		cmocka_unit_test(percent_there_and_back),   cmocka_unit_test(hex_there_and_back),
		cmocka_unit_test(base64_vectors),           cmocka_unit_test(base64_refusals_and_spellings),
		cmocka_unit_test(copies_and_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
