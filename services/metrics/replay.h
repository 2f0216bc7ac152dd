// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A shop's figures from its journal, from scratch, in memory: the other half of verification. Uses the same
// core as the service and none of its tables but the journal.
#pragma once

#include "common/db/db.h"
#include "services/metrics/core/fold.h"
#include "services/metrics/store.h"
#include "services/metrics/zones.h"

#include <stdbool.h>
#include <stdint.h>

typedef void replay_progress(void *context, int64_t seq, int64_t until_seq);

// Everything stays in memory: entities and cells of the whole journal. Entities could be spilled to a file of
// their own one day; a shop of ten million events needs some 5 GB until then.
struct replay {
	struct fold *fold;
	uint8_t *settings; // of the history before the last rebuild, when there was one
	size_t settings_size;
};

// Folds events 1 to position->seq at position->as_of_ms. Inside the caller's snapshot.
bool replay_run(struct replay *replay, struct db *db, int32_t shop_id, const struct store_position *position,
		struct zones *zones, replay_progress *progress, void *context, struct err *e);
void replay_fini(struct replay *replay);
// What an event needs, as absent: before fold_apply, where nothing is stored anywhere.
bool replay_bring_nothing(struct fold *fold, const struct fold_event *event, struct err *e);
