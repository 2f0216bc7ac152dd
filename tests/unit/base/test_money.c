// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Exact money: currencies, roundings at their halves, splits that add up, texts there and back.
#include "common/base/money.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

__extension__ typedef unsigned __int128 uint_sum;

static money_sum sum_max(void)
{
	return (money_sum)(((uint_sum)1 << 127) - 1);
}

static void currencies_have_their_exponents(void **state)
{
	(void)state;
	static const struct {
		const char *code;
		int exponent; // -1: no currency
	} rows[] = {{"PLN", 2},  {"EUR", 2},   {"GBP", 2},  {"USD", 2},  {"JPY", 0},  {"KRW", 0},
		    {"CLP", 0},  {"ISK", 0},   {"HUF", 2},  {"KWD", 3},  {"TND", 3},  {"BHD", 3},
		    {"CLF", 4},  {"AED", 2},   {"ZWG", 2},  {"SLE", 2},  {"XCG", 2},  {"XXX", -1},
		    {"XTS", -1}, {"XAU", -1},  {"DEM", -1}, {"HRK", -1}, {"pln", -1}, {"", -1},
		    {"PL", -1},  {"PLNX", -1}, {"ZZZ", -1}, {"AAA", -1}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int exponent = -1;
		assert_int_equal(money_exponent(rows[i].code, &exponent), rows[i].exponent >= 0);
		assert_int_equal(exponent, rows[i].exponent);
	}
}

// bsearch misses rows of a table that is not ascending: every code of three capitals is asked.
static void the_whole_table_is_reachable(void **state)
{
	(void)state;
	int known = 0;
	for (char a = 'A'; a <= 'Z'; a++) {
		for (char b = 'A'; b <= 'Z'; b++) {
			for (char c = 'A'; c <= 'Z'; c++) {
				int exponent;
				known += money_exponent((const char[]){a, b, c, 0}, &exponent);
			}
		}
	}
	assert_int_equal(known, 167);
}

static void products_round_half_away_from_zero(void **state)
{
	(void)state;
	static const struct {
		int64_t a, b, c, out;
	} rows[] = {{5, 1, 2, 3},
		    {-5, 1, 2, -3},
		    {5, -1, 2, -3},
		    {4, 1, 3, 1},
		    {-4, 1, 3, -1},
		    {1999, 2300, 10000, 460},
		    {0, 5, 7, 0},
		    {1, 1, INT64_MAX, 0},
		    {MONEY_MAX_MINOR, INT64_C(4251234567), INT64_C(1000000000), INT64_C(4251234567000000)},
		    {INT64_MAX, INT64_MAX, 1, INT64_MAX}, // no amount: the largest there is
		    {INT64_MAX, INT64_MIN, 1, INT64_MIN},
		    {INT64_MIN, INT64_MIN, 1, INT64_MAX},
		    {INT64_MIN, 1, 1, INT64_MIN}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(money_mul_div_half_up(rows[i].a, rows[i].b, rows[i].c) == rows[i].out);
}

static void quotients_round_half_to_even(void **state)
{
	(void)state;
	static const int64_t rows[][3] = {{5, 2, 2},  {7, 2, 4}, {-5, 2, -2},  {-7, 2, -4},
					  {1, 2, 0},  {3, 2, 2}, {-1, 2, 0},   {10, 4, 2},
					  {11, 4, 3}, {9, 4, 2}, {-11, 4, -3}, {6, 3, 2}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(money_div_half_even(rows[i][0], rows[i][1]) == rows[i][2]);
	assert_true(money_div_half_even(sum_max(), 1) == sum_max());
	assert_true(money_div_half_even(-sum_max() - 1, 1) == -sum_max() - 1);
	assert_true(money_div_half_even(sum_max(), sum_max()) == 1);
	assert_true(money_div_half_even(sum_max() - 1, sum_max()) == 1);
}

static void splits_follow_the_largest_remainder(void **state)
{
	(void)state;
	static const struct {
		int64_t total;
		int64_t weights[4], out[4];
	} rows[] = {{100, {1, 1, 1, 0}, {34, 33, 33, 0}},
		    {-100, {1, 1, 1, 0}, {-34, -33, -33, 0}},
		    {2, {1, 1, 1, 1}, {1, 1, 0, 0}},
		    {10, {0, 0, 0, 5}, {0, 0, 0, 10}},
		    {5, {1, 2, 3, 4}, {1, 1, 1, 2}}, // 0.5 1 1.5 2: the half of the lower index
		    {0, {1, 2, 3, 4}, {0, 0, 0, 0}},
		    {INT64_MIN, {0, 1, 0, 0}, {0, INT64_MIN, 0, 0}},
		    {INT64_MAX, {INT64_MAX, INT64_MAX, 0, 0}, {INT64_MAX / 2 + 1, INT64_MAX / 2, 0, 0}}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t out[4];
		money_split(rows[i].total, rows[i].weights, 4, out);
		for (int j = 0; j < 4; j++)
			assert_true(out[j] == rows[i].out[j]);
	}
}

static void large_splits_add_up(void **state)
{
	(void)state;
	int64_t weights[1000], out[1000];
	uint64_t seed = 42;
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 1000; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			weights[i] = (int64_t)(seed >> 40);
		}
		int64_t total = (int64_t)(seed >> 20) - (INT64_C(1) << 43), sum = 0;
		money_split(total, weights, 1000, out);
		for (int i = 0; i < 1000; i++)
			sum += out[i];
		assert_true(sum == total);
	}
}

static void units_become_text(void **state)
{
	(void)state;
	char out[MONEY_TEXT_SIZE];
	assert_string_equal(money_text(-1234, 2, out), "-12.34");
	assert_string_equal(money_text(5, 2, out), "0.05");
	assert_string_equal(money_text(-5, 3, out), "-0.005");
	assert_string_equal(money_text(0, 2, out), "0.00");
	assert_string_equal(money_text(1234, 0, out), "1234");
	assert_string_equal(money_text(sum_max(), 0, out), "170141183460469231731687303715884105727");
	assert_string_equal(money_text(-sum_max() - 1, 18, out), "-170141183460469231731.687303715884105728");
}

static void ratios_become_text(void **state)
{
	(void)state;
	static const struct {
		int64_t n, d;
		int decimals;
		const char *text;
	} rows[] = {{1, 3, 6, "0.333333"},
		    {2, 3, 6, "0.666667"},
		    {-2, 3, 2, "-0.67"},
		    {1, 8, 2, "0.12"},
		    {3, 8, 2, "0.38"},
		    {5, 1000, 2, "0.00"},
		    {-5, 1000, 2, "0.00"},
		    {15, 1000, 2, "0.02"},
		    {1, 2, 0, "0"},
		    {3, 2, 0, "2"},
		    {-3, 2, 0, "-2"},
		    {999999, 1000000, 3, "1.000"},
		    {9999, 1000, 0, "10"},
		    {0, 5, 2, "0.00"},
		    {7, 1, 3, "7.000"},
		    {-7, 7, 1, "-1.0"},
		    {INT64_MAX, 1, 18, "9223372036854775807.000000000000000000"}};
	char out[MONEY_TEXT_SIZE];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(money_ratio_text(rows[i].n, rows[i].d, rows[i].decimals, out),
				    rows[i].text);
	assert_string_equal(money_ratio_text(sum_max() / 2, sum_max(), 6, out), "0.500000");
	assert_string_equal(money_ratio_text(sum_max() / 4 * 3, sum_max(), 2, out), "0.75");
	assert_string_equal(money_ratio_text(-sum_max() - 1, 1, 2, out),
			    "-170141183460469231731687303715884105728.00");
}

static void sums_are_read_back(void **state)
{
	(void)state;
	const money_sum values[] = {0, 1, -1, 1234567890123, sum_max(), -sum_max() - 1};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[MONEY_TEXT_SIZE];
		money_sum back = 7;
		assert_true(money_sum_parse(money_text(values[i], 0, text), &back));
		assert_true(back == values[i]);
	}
	static const char *const bad[] = {"",
					  "-",
					  "+1",
					  "1.0",
					  " 1",
					  "1 ",
					  "170141183460469231731687303715884105728",
					  "-170141183460469231731687303715884105729"};
	money_sum kept = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(money_sum_parse(bad[i], &kept));
	assert_true(kept == 7);
}

static void amounts_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int exponent;
		int64_t minor;
	} good[] = {{"12.34", 2, 1234},
		    {"12,34", 2, 1234},
		    {"12", 2, 1200},
		    {"-0.5", 2, -50},
		    {"-0,05", 2, -5},
		    {"12.340", 2, 1234},
		    {"12.00", 0, 12},
		    {"0", 0, 0},
		    {"1.234", 3, 1234},
		    {"007", 2, 700},
		    {"-92233720368547758.08", 2, INT64_MIN}};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t minor = 77;
		assert_true(money_parse(good[i].text, good[i].exponent, &minor));
		assert_true(minor == good[i].minor);
	}
	static const struct {
		const char *text;
		int exponent;
	} bad[] = {{"", 2},
		   {"-", 2},
		   {".5", 2},
		   {"5.", 2},
		   {"12.345", 2},
		   {"12.5", 0},
		   {"1.2.3", 2},
		   {"1,234.56", 2},
		   {"1 234", 2},
		   {"+1", 2},
		   {"1e3", 2},
		   {" 1", 2},
		   {"1 ", 2},
		   {"92233720368547758.08", 2},
		   {"abc", 2},
		   {"--1", 2},
		   {"99999999999999999999", 0}};
	int64_t kept = 77;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (money_parse(bad[i].text, bad[i].exponent, &kept))
			fail_msg("'%s' passed", bad[i].text);
	}
	assert_int_equal(kept, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(currencies_have_their_exponents),
		cmocka_unit_test(the_whole_table_is_reachable),
		cmocka_unit_test(products_round_half_away_from_zero),
		cmocka_unit_test(quotients_round_half_to_even),
		cmocka_unit_test(splits_follow_the_largest_remainder),
		cmocka_unit_test(large_splits_add_up),
		cmocka_unit_test(units_become_text),
		cmocka_unit_test(ratios_become_text),
		cmocka_unit_test(sums_are_read_back),
		cmocka_unit_test(amounts_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
