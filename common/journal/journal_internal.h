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

// Entries on their way into the table: which shops they are of, which of them are new and in which order they
// go. Used by append.c, which learns seqs from locked heads, and draft.c, which guesses them.
struct journal_work {
	struct db *db;
	struct journal_entry *entries;
	size_t count;
	int32_t *shops;             // ascending, without repeats
	struct journal_head *heads; // beside shops; moved as entries get their seqs
	int64_t *first_seqs;        // beside shops: of the first new entry, 0 when there is none
	size_t shop_count;
	size_t *order; // indexes of new entries
	size_t new_count;
};
void journal_work_init(struct journal_work *work, struct db *db, struct journal_entry *entries, size_t count);
void journal_work_fini(struct journal_work *work);
size_t journal_work_shop(const struct journal_work *work, int32_t shop_id); // its place in shops
// Puts the new entries into the order of their ids.
void journal_work_sort(struct journal_work *work);
// A row of journal.event, in the order of the columns that all statements name. Borrows from the entry.
enum { JOURNAL_COLUMNS = 12 };
void journal_work_values(const struct journal_entry *entry, struct db_value values[JOURNAL_COLUMNS]);
// COPY of the new entries by that statement.
bool journal_work_copy(struct journal_work *work, const char *statement, struct err *e);
// Digests of each shop's new entries, which are in seq order within a shop; free() it.
struct journal_digests {
	struct journal_digest rows, subjects;
};
struct journal_digests *journal_work_digest(const struct journal_work *work);
