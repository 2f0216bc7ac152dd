// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Appending on a guess: the rows go into the table with the seqs that should come next, and the heads are
// locked, compared and moved last. A head's lock then lasts no longer than the commit, so that two batches of
// one shop can be written at once. Where heads should be is guess.h's; journal.h has the other way, heads
// first, which a draft that was refused takes: here nothing is classified, an id that is known refuses the
// whole.
//
// Order of use: create, fill in first_seq, write, fill in epoch and previous, commit.
#pragma once

#include "common/journal/journal.h"

// One shop of a draft.
struct journal_draft_shop {
	int32_t shop_id;
	size_t count;                          // its entries
	int64_t first_seq;                     // the guess: where they will begin
	int64_t epoch;                         // and what is expected at the head then
	uint8_t previous[JOURNAL_DIGEST_SIZE]; // the chain before
	uint8_t chain[JOURNAL_DIGEST_SIZE];    // and behind; set by journal_draft_commit
};

struct journal_draft;

// Entries are borrowed; one at least. Shops come ascending, without repeats.
struct journal_draft *journal_draft_create(struct journal_entry *entries, size_t count);
void journal_draft_destroy(struct journal_draft *draft); // takes NULL
struct journal_draft_shop *journal_draft_shops(struct journal_draft *draft, size_t *count);
// Opens the transaction and writes the rows; a few of them wait and go with the heads. On failure roll back.
// An id or seq that is taken is sqlstate 23505.
bool journal_draft_write(struct db *db, struct journal_draft *draft, struct err *e);
// Locks, compares and moves the heads and commits, in one round trip. DB_NOT_COMMITTED: it is rolled back,
// and *elsewhere says whether because a head was not where it should be.
enum db_commit journal_draft_commit(struct db *db, struct journal_draft *draft, bool *elsewhere,
				    struct err *e);
// Gives the entries their code, seq and epoch, after the commit.
void journal_draft_settle(struct journal_draft *draft);
// Answers from what is committed, without a lock: entries that are known get DUPLICATE or CONFLICT, seq and
// epoch, the others ERR_OK and seq 0. Outside a transaction.
bool journal_find(struct db *db, struct journal_entry *entries, size_t count, struct err *e);
