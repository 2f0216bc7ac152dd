// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The bump allocator: alignment, limit, reset, and protobuf-c on top of it.
#include "common/base/arena.h"

#include <stdbool.h>
#include <string.h>

#include "utarg/v1/types.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void allocations_are_aligned_zeroed_and_apart(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 1024);
	unsigned char *a = arena_alloc(&arena, 1);
	unsigned char *b = arena_alloc(&arena, 17);
	unsigned char *none = arena_alloc(&arena, 0);
	assert_non_null(a);
	assert_non_null(none);
	assert_ptr_not_equal(b, none);
	assert_int_equal((uintptr_t)a % 16, 0);
	assert_int_equal((uintptr_t)b % 16, 0);
	assert_true(b - a >= 16);
	memset(b, 0xff, 17);
	arena_reset(&arena);
	unsigned char *again = arena_alloc(&arena, 64);
	assert_ptr_equal(again, a);
	for (int i = 0; i < 64; i++)
		assert_int_equal(again[i], 0);
	arena_fini(&arena);
}

static void the_limit_is_hard(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 64);
	assert_non_null(arena_alloc(&arena, 48));
	assert_false(arena.exhausted);
	assert_null(arena_alloc(&arena, 17));
	assert_true(arena.exhausted);
	assert_non_null(arena_alloc(&arena, 16)); // what fits still comes
	assert_null(arena_alloc(&arena, 1));
	arena_reset(&arena);
	assert_false(arena.exhausted);
	assert_non_null(arena_alloc(&arena, 64));
	arena_fini(&arena);
}

static void products_and_sums_do_not_overflow(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 64);
	assert_null(arena_calloc(&arena, SIZE_MAX / 2, 3));
	assert_true(arena.exhausted);
	arena_reset(&arena);
	assert_null(arena_copy(&arena, "", SIZE_MAX));
	assert_true(arena.exhausted);
	arena_reset(&arena);
	assert_null(arena_alloc(&arena, SIZE_MAX - 3));
	assert_non_null(arena_calloc(&arena, 4, 8));
	arena_fini(&arena);
}

static void copies_end_with_a_nul(void **state)
{
	(void)state;
	struct arena arena;
	arena_init(&arena, 256);
	assert_string_equal(arena_copy(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_copy(&arena, NULL, 0), "");
	assert_string_equal(arena_printf(&arena, "%s-%d", "x", 42), "x-42");
	assert_null(arena_printf(&arena, "%0300d", 1));
	assert_true(arena.exhausted);
	arena_fini(&arena);
}

static void protobuf_decodes_into_it_and_stops_at_the_limit(void **state)
{
	(void)state;
	Utarg__V1__Money money = UTARG__V1__MONEY__INIT;
	money.minor = 1234;
	money.currency = (char[]){"PLN"};
	uint8_t packed[64];
	size_t size = utarg__v1__money__pack(&money, packed);
	struct arena arena;
	arena_init(&arena, 256);
	Utarg__V1__Money *back = utarg__v1__money__unpack(&arena.allocator, size, packed);
	assert_non_null(back);
	assert_int_equal(back->minor, 1234);
	assert_string_equal(back->currency, "PLN");
	utarg__v1__money__free_unpacked(back, &arena.allocator); // does nothing
	assert_string_equal(back->currency, "PLN");
	arena_fini(&arena);
	arena_init(&arena, 16);
	assert_null(utarg__v1__money__unpack(&arena.allocator, size, packed));
	assert_true(arena.exhausted);
	arena_fini(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations_are_aligned_zeroed_and_apart),
		cmocka_unit_test(the_limit_is_hard),
		cmocka_unit_test(products_and_sums_do_not_overflow),
		cmocka_unit_test(copies_end_with_a_nul),
		cmocka_unit_test(protobuf_decodes_into_it_and_stops_at_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
