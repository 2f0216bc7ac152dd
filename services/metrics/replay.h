// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A shop's figures from its journal, from scratch: the other half of verification. Uses the same core as the
// service and none of its tables but the journal.
//
// Memory is bounded whatever the journal holds. The fold is checkpointed into files (spill_*.h) as the
// service's is into tables, and lets go of what it need not hold; entities come back when an event needs
// them, changes of cells are merged at the end. In memory are
//   the fold          at most memory_bytes, as it counts itself; half of it is left free for what grows
//   between two
//                     checkpoints, which are made when that could be full;
//   changes of cells  until a checkpoint, as much again at the very worst (each change in buckets of its
//   own); in
//                     practice a tenth of it;
//   pages             500 events, and 5,000 rows of a table when comparing;
//   buffers of files  2 MiB.
// Beside it the files need room for about what metrics.entity and metrics.cell hold, twice while runs are
// merged.
#pragma once

#include "common/db/db.h"
#include "services/metrics/core/fold.h"
#include "services/metrics/spill_cells.h"
#include "services/metrics/spill_entities.h"
#include "services/metrics/store.h"
#include "services/metrics/zones.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void replay_progress(void *context, int64_t seq, int64_t until_seq);

struct replay_options {
	struct db *db; // in the caller's snapshot
	int32_t shop_id;
	const struct store_position *position;
	struct zones *zones;
	size_t memory_bytes;
	const char *folder; // for files
	replay_progress *progress;
	void *context;
};

// Life: replay_run, then what it made is read from entities and cells, replay_fini.
struct replay {
	const struct replay_options *options;
	struct fold *fold; // NULL afterwards
	struct spill_entities *entities;
	struct spill_cells *cells;
	size_t base_bytes;  // of the fold after the last checkpoint
	size_t grown_bytes; // what may have come to it since, at most
	int64_t checkpoints;
};

// Rows of history stand among the entities under this kind; due_ms is the time of receipt, the state the
// changes.
enum { REPLAY_HISTORY = 255 };
_Static_assert((int)FOLD_KIND_COUNT < (int)REPLAY_HISTORY, "no kind of entity");
struct fold_key replay_history_key(int64_t day_ms, int64_t seq, uint8_t reason);
void replay_history_of_key(const struct fold_key *key, int64_t *day_ms, int64_t *seq);

// Folds events 1 to position->seq at position->as_of_ms.
bool replay_run(struct replay *replay, const struct replay_options *options, struct err *e);
void replay_fini(struct replay *replay);
