// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The clocks of the machine, through clock_gettime(2); in a build that can fail on purpose the wall clock may
// be wrong. Nothing else belongs here: whoever needs a time in pure code takes it as an argument.
#include "common/base/clock.h"

#include "common/base/fail.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now); // cannot fail for these two clocks
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000 + fail_clock_shift_ms();
}

int64_t clock_now_us(void)
{
	return read_us(CLOCK_REALTIME) + fail_clock_shift_ms() * 1000;
}

int64_t clock_monotonic_ms(void)
{
	return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}
