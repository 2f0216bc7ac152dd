// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Counters and gauges, declared as a table beside the code that counts. A table is an array of struct
// stats_row in static storage; the service hands its tables to svc, which answers StatsRequest and
// Prometheus from them. Adding is atomic, so that threads may count.
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum stats_kind { STATS_COUNTER = 1, STATS_GAUGE = 2 };

struct stats_row {
	const char *name; // "utarg_ingest_events_total"
	const char *help;
	enum stats_kind kind;
	_Atomic int64_t value;
};

static inline void stats_add(struct stats_row *row, int64_t n)
{
	atomic_fetch_add_explicit(&row->value, n, memory_order_relaxed);
}
static inline void stats_set(struct stats_row *row, int64_t n)
{
	atomic_store_explicit(&row->value, n, memory_order_relaxed);
}
static inline int64_t stats_get(const struct stats_row *row)
{
	return atomic_load_explicit(&row->value, memory_order_relaxed);
}
// Prometheus text exposition: what a metric is, once, then one value a service.
void stats_print_prometheus_head(FILE *out, const char *name, const char *help, enum stats_kind kind);
void stats_print_prometheus_value(FILE *out, const char *name, int64_t value, const char *service);
