// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The part of a shop's journal that figures of some days can lean on, in order of time: all settings first,
// then what was said of orders whenever it was, and what visitors did around those days. In memory, bounded.
#pragma once

#include "common/db/db.h"
#include "common/journal/journal.h"

// More is TOO_MANY: a month of two million events takes some 800 MiB.
#define GATHER_BYTES_MAX (INT64_C(1) << 30)

struct gathered {
	struct journal_row **rows; // each with its bytes in one block
	size_t count, capacity;
	int64_t bytes;
};

// Visitors' events with from_ms <= t < to_ms, up to head_seq. Inside the caller's snapshot.
bool gather_run(struct gathered *gathered, struct db *db, int32_t shop_id, int64_t epoch, int64_t head_seq,
		int64_t from_ms, int64_t to_ms, struct err *e);
void gather_fini(struct gathered *gathered);
