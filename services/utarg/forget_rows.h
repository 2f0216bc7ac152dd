// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The rows an erasure rewrites: of the journal (known by seq) or of its quarantine (by number). Of each its
// key, and which name of the set, or which other one, it has as visitor and as customer.
#pragma once

#include "common/db/db.h"
#include "services/utarg/core/erased.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct forget_row {
	int64_t key;
	uint8_t sizes[2];                 // by enum pseudonym_kind; 0: null
	uint8_t old[2][ERASED_NAME_SIZE]; // as they stand there
	uint8_t fresh_sizes[2];
	uint8_t fresh[2][ERASED_NAME_SIZE]; // as they will
};

struct forget_rows {
	struct forget_row *rows; // malloc; ascending within each forget_rows_take
	size_t count, capacity;
};

// Adds rows (key, visitor, customer) with what will take their names' places.
void forget_rows_take(struct forget_rows *rows, const struct db_result *result, const struct erased *sought);
void forget_rows_fini(struct forget_rows *rows);
// Puts the names of `sought` that stand in some row into `met`.
void forget_rows_met(const struct forget_rows *rows, const struct erased *sought, struct erased *met);
// Writes them by an UPDATE that takes arrays of keys, visitors, customers and subjects.
bool forget_rows_write(const struct forget_rows *rows, struct db *db, int32_t shop_id, const char *statement,
		       struct err *e);
// Computes the subject digests of the batches anew in which these events came.
bool forget_rows_digest(const struct forget_rows *rows, struct db *db, int32_t shop_id, struct err *e);
