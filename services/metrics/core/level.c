// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/level.h"

enum { LEVEL_BITS = 5 };

int64_t level_of(int64_t value)
{
	if (value < 0)
		return 0;
	if (value < 1 << LEVEL_BITS)
		return value;
	int dropped = 64 - LEVEL_BITS - __builtin_clzll((unsigned long long)value);
	return value >> dropped << dropped;
}
