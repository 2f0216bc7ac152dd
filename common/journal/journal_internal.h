// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files of common/journal share and nobody else sees.
#pragma once

#include "common/journal/journal.h"

// Takes the columns seq, epoch, chain of a head's row, beginning at `column`.
bool journal_head_from(const struct db_result *result, int row, int column, struct journal_head *out,
		       struct err *e);
// Locks the heads of these shops (ascending, without repeats) until commit; out has room for count.
bool journal_lock_heads(struct db *db, const int32_t *shops, size_t count, struct journal_head *out,
			struct err *e);
// malloc that ends the process when there is none; sizes here are bounded by the caller's batch.
void *journal_alloc(size_t count, size_t size);
