// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The proof of an erasure: names are looked for in every column of every table, in the planner's statistics
// and in the instance's logs.
#pragma once

#include "common/db/db.h"
#include "services/utarg/core/erased.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A name shorter than this stands by chance in other texts: looked for, it would prove nothing.
enum { FORGET_NEEDLE_MIN = 6, FORGET_PLACE_SIZE = 256 };

struct forget_place {
	char name[FORGET_PLACE_SIZE]; // "journal.event.payload", "log/ingest.log"
	int64_t hits;                 // rows; of a file 1
};

struct forget_search {
	struct slice *needles; // borrowed texts in a malloc'ed list
	size_t needle_count;
	struct forget_place *left; // malloc; where something was found
	size_t left_count;
	size_t column_count, file_count;        // looked at
	struct db_array new_shop_ids, new_seqs; // events of somebody new
};

// Life: init, add what is looked for, look, fini.
void forget_search_init(struct forget_search *search);
// Adds a name to look for, unless it is too short.
void forget_search_add(struct forget_search *search, struct slice needle);
// Leaves out the events that came since an erasure (seq, or, when not 0, a moment): what they say is of
// somebody new. Inside the snapshot that forget_search_database looks at; and what figures say then is of
// him.
bool forget_search_since(struct forget_search *search, struct db *db, int32_t shop_id, int64_t seq,
			 int64_t until_ms, const struct erased *erased, struct err *e);
bool forget_search_database(struct forget_search *search, struct db *db, struct err *e);
// Every file of a folder, by names "<label>/<file>". No folder: nothing to look at.
bool forget_search_folder(struct forget_search *search, const char *folder, const char *label, struct err *e);
void forget_search_fini(struct forget_search *search);
