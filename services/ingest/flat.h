// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A batch as one array: the entries of all its jobs side by side, as the journal takes them, and the way
// back from an entry to the answer of its publication. Finds the shops the loop did not know. Of the
// writer's thread, for as long as a batch is under way.
#pragma once

#include "common/db/db.h"
#include "services/ingest/job.h"

#include <stdbool.h>
#include <stddef.h>

// What an entry was given by the last try, in case nobody knows whether that try was committed.
struct flat_claim {
	enum err_code code; // ERR_OK: a new row with this seq
	int64_t seq;
};

struct flat {
	struct batch *batch;
	// By the same index, count of them.
	struct journal_entry *entries;
	struct job_result **results;
	struct flat_claim *claims;
	bool *suspects;
	size_t count;
	struct journal_head *heads; // room for one try
	struct job_shop **shops;    // of all jobs; sorted by id once resolved
	size_t shop_count;
};

// Bytes it takes for each entry of a batch at most, while it is split.
extern const size_t flat_entry_bytes;
void flat_init(struct flat *flat, struct batch *batch);
void flat_fini(struct flat *flat);
// Finds the ids of the shops that are not known yet, by one question. A slug no shop has gets id -1.
bool flat_resolve_shops(struct flat *flat, struct db *db, struct err *e);
// The ids were not right: all are to be asked for again.
void flat_forget_shops(struct flat *flat);
// Takes all entries that have no answer yet and whose shop exists; those whose shop does not get theirs.
void flat_fill(struct flat *flat);

// Moves the entries marked true to the front, each part in its order; marks has room for all of them and is
// moved too. Returns how many these are.
size_t flat_split(struct flat *flat, bool *marks);
// Takes the first entries out: they have their answer.
void flat_drop(struct flat *flat, size_t count);

// Writes what the journal decided of a range into its results.
void flat_answer(struct flat *flat, size_t first, size_t count);
// The same answer for a whole range; message is static.
void flat_answer_all(struct flat *flat, size_t first, size_t count, enum err_code code, const char *message);
// And for every entry of a batch that has no answer yet.
void flat_answer_batch(struct batch *batch, enum err_code code, const char *message);
// This head moved by a commit: the batch brings it to the loop.
void flat_add_head(struct flat *flat, const struct journal_head *head);
