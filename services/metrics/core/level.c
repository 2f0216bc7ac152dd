// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/level.h"

enum { LEVEL_BITS = 5 };

// How many low bits of the value its level has lost.
static int dropped_bits(int64_t value)
{
	if (value < 1 << LEVEL_BITS)
		return 0;
	return 64 - LEVEL_BITS - __builtin_clzll((unsigned long long)value);
}

int64_t level_of(int64_t value)
{
	if (value < 0)
		return 0;
	return value >> dropped_bits(value) << dropped_bits(value);
}

int64_t level_next(int64_t value)
{
	int64_t level = level_of(value);
	return level + (INT64_C(1) << dropped_bits(level));
}
