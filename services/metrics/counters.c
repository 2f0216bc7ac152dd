// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The service's counters as storage, from the table in metrics.h.
#include "services/metrics/metrics.h"

static struct stats_row rows[METRICS_COUNTER_COUNT] = {
#define X(id, text, what, sentence)                                                                          \
	[METRICS_##id] = {.name = "utarg_metrics_" text, .help = (sentence), .kind = STATS_##what},
	METRICS_COUNTERS(X)
#undef X
};

struct stats_row *const metrics_stats[] = {
#define X(id, text, what, sentence) &rows[METRICS_##id],
	METRICS_COUNTERS(X)
#undef X
		NULL,
};

void metrics_count(enum metrics_counter counter, int64_t n)
{
	stats_add(&rows[counter], n);
}

void metrics_gauge(enum metrics_counter counter, int64_t value)
{
	stats_set(&rows[counter], value);
}
