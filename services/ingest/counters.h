// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What ingest counts, one table. Threads may count.
#pragma once

#include "common/base/err.h"
#include "common/base/stats.h"

#include <stddef.h>

enum counter {
	COUNT_ACCEPTED,
	COUNT_DUPLICATES,
	COUNT_CONFLICTS,
	COUNT_BATCHES,
	COUNT_BATCH_EVENTS,
	COUNT_BATCH_1,
	COUNT_BATCH_10,
	COUNT_BATCH_100,
	COUNT_BATCH_1000,
	COUNT_BATCH_MORE,
	COUNT_COMMIT_MICROSECONDS,
	COUNT_INFLIGHT_BYTES,
	COUNT_QUEUED_REQUESTS,
	COUNT_SHED_REQUESTS,
	COUNT_LATE_REQUESTS,
	COUNT_DRAFTS_REFUSED,
	COUNT_HEADS_FIRST,
	COUNT_RETRIES,
	COUNT_OUTAGES,
	COUNT_UNKNOWN_COMMITS,
	COUNT_UNKNOWN_LANDED,
	COUNT_BISECTIONS,
	COUNT_QUARANTINED,
	COUNT_QUARANTINE_ROWS,
	COUNT_DISK_FREE_BYTES,
	COUNT_DISK_SIZE_BYTES,
	COUNT_DISK_LEVEL,
	COUNT_DISK_LOW,
	COUNT_SHOP_LOOKUPS,
	COUNT_DOORBELLS,
	COUNT_JOURNAL_READS,
	COUNT_JOURNAL_READ_EVENTS,
	COUNT_END
};

extern struct stats_row counters[COUNT_END];

// All rows, those of refused publications by code included; ends with NULL. Call once, at start.
struct stats_row *const *counters_list(void);
void counter_add(enum counter counter, int64_t n);
void counter_set(enum counter counter, int64_t n);
// One publication's outcome: accepted, duplicate, conflict or refused with its code.
void counters_outcome(enum err_code code);
// One committed batch.
void counters_batch(size_t event_count, int64_t commit_us);
