// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the parts of the metrics service share: one context, its configuration keys, its counters and its
// bounds. The parts: store (tables), shops (who is followed), follow (journal in), tick (the clock),
// figures (tables to numbers), topics (names), publish (numbers out), begin (windows that begin), handlers
// (questions). The arithmetic of figures is core/'s.
#pragma once

#include "common/base/arena.h"
#include "common/base/conf.h"
#include "common/base/stats.h"
#include "common/db/db.h"
#include "common/journal/follow.h"
#include "common/svc/svc.h"
#include "services/metrics/alerts.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shops;
struct publish;
struct journal_follow;

// How many figures one answer may hold. At most some 700 bytes each while it is built (the Figure and the
// KpiUpdate struct, two stamps, three numbers; names are shared): 7 MiB of the arena below, 3 MiB packed.
enum { METRICS_FIGURE_MAX = 10000 };
enum { METRICS_ARENA_BYTES = 16 << 20 };
// Minutes of the past that have figures by the minute.
#define METRICS_MINUTE_MS INT64_C(60000)

// Life: main() fills it, everything borrows it; one thread.
struct metrics {
	struct svc *svc;
	struct keyring *keyring;
	struct db *db;
	struct shops *shops;
	struct publish *publish;
	struct journal_follow *journal;
	struct bus_socket *ingest_bell; // SUB to head/ of ingest and of campaign
	struct bus_socket *campaign_bell;
	struct arena event_arena;       // decoded events of one part of a batch
	struct arena alert_arena;       // rules and alerts of one shop at a time
	bool alerts_wanted;             // somebody has subscribed to alerts since the open ones were told
	bool alerts_are_told;           // the open ones are being told, page by page
	struct alert_place alerts_told; // up to here
	struct journal_rows rows;       // what was read and not yet folded: rows.rows[row_next...]
	size_t row_next;
	size_t begin_next;       // the next shop whose windows that have begun are told
	size_t look_next;        // the next shop whose alert rules are looked at, modulo how many there are
	int64_t batch_ms;        // how long a round may fold
	size_t memory_bytes_max; // of all folds
	int64_t outage_until_ms; // monotonic; the database is left alone before
	int64_t swept_at_ms;     // monotonic
	int exit_code;           // of main; not 0 when the database is refused for good
	bool has_analyst_tables; // sessions, carts, orders and their lines are kept as rows
	bool has_started;        // all shops have reached the heads seen at start
	char trouble[ERR_TEXT_SIZE]; // why the database cannot be used, "" when it can
};

extern const struct conf_row metrics_conf[];

// Counters; metrics_stats is the table for svc, ends with NULL.
#define METRICS_COUNTERS(X)                                                                                  \
	X(events_folded, "events_folded_total", COUNTER, "events folded and checkpointed")                   \
	X(checkpoints, "checkpoints_total", COUNTER, "checkpoints committed")                                \
	X(checkpoint_ms, "checkpoint_milliseconds_total", COUNTER, "time spent in checkpoints")              \
	X(checkpoints_failed, "checkpoints_failed_total", COUNTER,                                           \
	  "checkpoints that failed and were redone")                                                         \
	X(checkpoints_fenced, "checkpoints_fenced_total", COUNTER, "checkpoints lost to another instance")   \
	X(cells_written, "cells_written_total", COUNTER, "cells added to")                                   \
	X(cells_pruned, "cells_pruned_total", COUNTER, "minute cells taken away after 48 hours")             \
	X(entities_written, "entities_written_total", COUNTER, "entities written or deleted")                \
	X(entities_loaded, "entities_loaded_total", COUNTER, "entities brought from the store")              \
	X(rebuilds, "rebuilds_total", COUNTER, "shops read again from the beginning")                        \
	X(updates_published, "updates_published_total", COUNTER, "figures sent because they changed")        \
	X(updates_repeated, "updates_repeated_total", COUNTER, "last values sent again")                     \
	X(updates_snapshot, "updates_snapshot_total", COUNTER, "figures sent because of a new subscription") \
	X(updates_suppressed, "updates_suppressed_total", COUNTER,                                           \
	  "updates not sent: unchanged, beyond a bound, or a name too long for a topic")                     \
	X(subscriptions_refused, "subscriptions_refused_total", COUNTER, "subscriptions beyond the bound")   \
	X(alerts_looked, "alert_looks_total", COUNTER, "times a shop's alert rules were looked at")          \
	X(alerts_told, "alerts_told_total", COUNTER, "alerts sent: raised, going on, acknowledged or over")  \
	X(figures_read, "figures_read_total", COUNTER, "figures given in answers")                           \
	X(database_outages, "database_outages_total", COUNTER, "times the database was found unusable")      \
	X(lag, "lag_events", GAUGE, "events accepted and not yet folded")                                    \
	X(memory, "memory_bytes", GAUGE, "memory of all folds")                                              \
	X(entities, "entities", GAUGE, "entities in memory")                                                 \
	X(subscriptions, "subscriptions", GAUGE, "topic prefixes subscribed to")                             \
	X(topics, "topics", GAUGE, "topics with a last value")                                               \
	X(shops_followed, "shops_followed", GAUGE, "shops this instance follows")                            \
	X(shops_fenced, "shops_fenced", GAUGE, "shops followed by another instance")

enum metrics_counter {
#define X(id, name, kind, help) METRICS_##id,
	METRICS_COUNTERS(X)
#undef X
		METRICS_COUNTER_COUNT
};
extern struct stats_row *const metrics_stats[];
void metrics_count(enum metrics_counter counter, int64_t n);
void metrics_gauge(enum metrics_counter counter, int64_t value);

// The database failed: log once, be not ready, leave it alone for a second.
void metrics_outage(struct metrics *m, const struct err *e);
// It works, and something else is wrong: be not ready, go on.
void metrics_trouble(struct metrics *m, const struct err *e);
// It works again.
void metrics_recovered(struct metrics *m);
// Says whether the service is ready, from the state of database and shops.
void metrics_update_ready(struct metrics *m);
