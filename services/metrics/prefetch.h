// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Brings the entities that events are about to touch into the fold: the keys of all events at hand in one
// query a round, until nothing is missing.
#pragma once

#include "common/db/db.h"
#include "services/metrics/core/fold.h"

#include <stdbool.h>

bool prefetch(struct db *db, int32_t shop_id, struct fold *fold, const struct fold_event *events,
	      size_t count, struct err *e);
