// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// When a disk is too full: percentages, what is enough whatever they say, and no flapping.
#include "common/base/disk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)

static const struct {
	uint64_t size_gib, free_tenths; // tenths of a GiB
	enum disk_level before, expected;
} rows[] = {
	{100, 500, DISK_ENOUGH, DISK_ENOUGH},
	{100, 201, DISK_ENOUGH, DISK_ENOUGH},
	{100, 199, DISK_ENOUGH, DISK_WARN},
	{100, 101, DISK_WARN, DISK_WARN},
	{100, 99, DISK_WARN, DISK_LOW},
	{100, 99, DISK_ENOUGH, DISK_LOW}, // at once, not by way of a warning
	{100, 0, DISK_ENOUGH, DISK_LOW},
	// A level is left with a fifth more than it was entered at.
	{100, 119, DISK_LOW, DISK_LOW},
	{100, 121, DISK_LOW, DISK_WARN},
	{100, 239, DISK_WARN, DISK_WARN},
	{100, 239, DISK_LOW, DISK_WARN},
	{100, 241, DISK_WARN, DISK_ENOUGH},
	{100, 241, DISK_LOW, DISK_ENOUGH},
	{100, 219, DISK_ENOUGH, DISK_ENOUGH},
	// 32 GiB are enough for taking in and 64 for no warning, on a disk of any size.
	{4000, 641, DISK_ENOUGH, DISK_ENOUGH},
	{4000, 639, DISK_ENOUGH, DISK_WARN},
	{4000, 321, DISK_WARN, DISK_WARN},
	{4000, 319, DISK_WARN, DISK_LOW},
};

static void test_levels(void **state)
{
	(void)state;
	struct disk_rule rule = DISK_RULE_DEFAULT;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct disk_space space = {rows[i].size_gib * GIB, rows[i].free_tenths * (GIB / 10)};
		enum disk_level level = disk_level(&rule, &space, rows[i].before);
		if (level != rows[i].expected)
			fail_msg("row %zu: level %d", i, level);
	}
}

static void test_switched_off(void **state)
{
	(void)state;
	struct disk_space none = {100 * GIB, 0};
	struct disk_rule no_low = {20, 0, 32 * GIB}, nothing = {20, 10, 0};
	assert_int_equal(disk_level(&no_low, &none, DISK_LOW), DISK_WARN);
	assert_int_equal(disk_level(&nothing, &none, DISK_LOW), DISK_ENOUGH);
}

static void test_percent(void **state)
{
	(void)state;
	assert_int_equal(disk_free_percent(&(struct disk_space){0, 0}), 0);
	assert_int_equal(disk_free_percent(&(struct disk_space){GIB, GIB}), 100);
	assert_int_equal(disk_free_percent(&(struct disk_space){100 * GIB, 9 * GIB + GIB / 2}), 9);
}

static void test_look(void **state)
{
	(void)state;
	struct disk_space space = {0};
	struct err e = {0};
	assert_true(disk_look("/", &space, &e));
	assert_true(space.size_bytes > 0 && space.free_bytes <= space.size_bytes);
	assert_false(disk_look("/no/such/place", &space, &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_switched_off),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
