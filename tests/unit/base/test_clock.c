// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The clocks run forward and agree with the C library.
#include "common/base/clock.h"

#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void clocks_agree_and_do_not_run_back(void **state)
{
	(void)state;
	int64_t before_s = (int64_t)time(NULL);
	int64_t now_ms = clock_now_ms();
	assert_in_range(now_ms / 1000, before_s - 1, before_s + 5);
	assert_in_range(clock_now_us() / 1000 - now_ms, 0, 5000);
	int64_t last_us = clock_monotonic_us();
	for (int i = 0; i < 1000; i++) {
		int64_t us = clock_monotonic_us();
		assert_true(us >= last_us);
		last_us = us;
	}
	assert_in_range(clock_monotonic_ms() - last_us / 1000, 0, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_agree_and_do_not_run_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
