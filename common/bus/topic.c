// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Topics: segments, percent-encoded, each with its '/', so that the prefix kpi/a/ never matches kpi/ab/.
#include "common/bus/bus.h"

#include <string.h>

bool bus_topic(char out[BUS_TOPIC_SIZE], const char *const *segments)
{
	size_t used = 0;
	out[0] = 0;
	for (; *segments; segments++) {
		// An empty segment would make two topics of different meaning look alike.
		if (!**segments || !text_percent_encode(*segments, out + used, BUS_TOPIC_SIZE - used))
			return false;
		used += strlen(out + used);
		if (used + 2 > BUS_TOPIC_SIZE)
			return false;
		out[used++] = '/';
		out[used] = 0;
	}
	return used > 0;
}
