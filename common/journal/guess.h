// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Where heads will be when the batches under way are committed, and which batch of this process may do what.
// Pure: no clock, no threads, no database; the caller locks round it and wakes who waits after each change.
//
// Batches have numbers, without gaps, and begin in this order. A batch has a drafted part (shops whose head
// is known; draft.h) and a part that goes alone, heads first (shops whose head is not known or was lost to
// another process lately, and events that may be duplicates). Either may be empty. The rules:
//
//   begin   after all earlier ones have begun: places are given in the order of numbers. A batch that could
//           draft nothing now, and could when an earlier one has ended, had better wait for that: going alone
//           in its turn it would make the next one go alone, and so on for as long as there is work
//   commit  (lock, compare and move heads) after all earlier drafts that share a shop have committed or were
//           refused
//   alone   after all earlier batches have ended, and after each later draft that stood on a refused one has
//   been
//           rolled back
//
// Why nothing waits in a circle. Inside the process an earlier batch never waits for a later one, but
// for the rollback of drafts that are broken; and who is broken waits for nobody here before it has rolled
// back. In PostgreSQL drafts of one process share no seq (begin gives them) and no id (a resend goes alone,
// after the batch that holds the first has ended), and take turns at the
// heads. Batches that go alone hold all their heads, taken in shop order, before they write a row, so that
// two of them meet at heads only, whatever the process. What is left is a draft against another process that
// appends to the same shop: each may hold an id or a seq that the other waits for. There the lock_timeout of
// drafts ends the wait well before deadlock_timeout would; the draft is rolled back, and the shop's batches
// go alone until its head has kept still for JOURNAL_GUESS_HOLD_MS. So such a wait happens once, and not
// again while both go on appending.
//
// The turns could be left to the heads' row locks (the next sends its head step when the one before has
// moved, and waits in PostgreSQL for its commit). Measured side by side that gained nothing that could be
// told from the noise, at 64, 2,000 and 20,000 in flight; and when the disk was slow drafts were refused
// because the one before took longer than lock_timeout to commit, which then did all the work twice.
#pragma once

#include "common/journal/draft.h"

enum {
	JOURNAL_GUESS_HOLD_MS = 1000,
	JOURNAL_GUESS_BATCHES_MAX = 16 // begun and not ended
};

struct journal_guess;

struct journal_guess *journal_guess_create(void);
void journal_guess_destroy(struct journal_guess *guess); // takes NULL

// Whether a draft may hold this shop.
bool journal_guess_knows(const struct journal_guess *guess, int32_t shop_id, int64_t now_ms);
// Whether it may not only because an earlier batch goes alone with it, and very likely may when that ends.
bool journal_guess_soon_knows(const struct journal_guess *guess, int32_t shop_id, int64_t now_ms);

// Whether the batch of that number is next to begin.
bool journal_guess_may_begin(const struct journal_guess *guess, uint64_t number);
// Gives the draft its places (first_seq) and notes the shops that will go alone. The draft's shops are
// borrowed until the batch ends; both lists ascending, without repeats, of known shops and of any.
void journal_guess_begin(struct journal_guess *guess, uint64_t number, struct journal_draft_shop *drafted,
			 size_t drafted_count, const int32_t *alone, size_t alone_count);
// The draft stands on one that was refused: roll it back and call journal_guess_refuse.
bool journal_guess_is_broken(const struct journal_guess *guess, uint64_t number);
bool journal_guess_may_commit(const struct journal_guess *guess, uint64_t number);
// Before the commit: fills in epoch and previous. After it: the heads are there now.
void journal_guess_expect(const struct journal_guess *guess, uint64_t number);
void journal_guess_committed(struct journal_guess *guess, uint64_t number);
// The draft was rolled back: nothing is known of its heads any more, and it goes alone. hold: another process
// was there, or ids were; until hold_until_ms its shops are not guessed.
void journal_guess_refuse(struct journal_guess *guess, uint64_t number, int64_t hold_until_ms);
bool journal_guess_may_go_alone(const struct journal_guess *guess, uint64_t number);
// What going alone found, after its commit: where the shop's head is now and how many events it moved by.
// Nobody knew that there would be duplicates: the same again is likely. hold_until_ms as above.
void journal_guess_learn(struct journal_guess *guess, const struct journal_head *head, int64_t moved_by,
			 int64_t hold_until_ms);
void journal_guess_hold(struct journal_guess *guess, int32_t shop_id, int64_t hold_until_ms);
void journal_guess_end(struct journal_guess *guess, uint64_t number);
