// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The journal: one append-only, gapless, hash-chained sequence of events a shop. This module knows
// tables and digests; it does not know what an event means, who may write it, or ZeroMQ.
//
// Appending locks the heads of the batch's shops in shop order (SELECT ... FOR UPDATE), classifies each
// entry against what is there, COPYs the new rows, moves the heads, writes one journal.batch row a shop
// and leaves the commit to the caller, so that a decision can append in its own transaction. Because a
// head's lock lasts until commit, allocation, commit and visibility have one order: a reader that goes
// by seq never skips.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_DIGEST_SIZE = 32 };

extern const struct db_statement journal_statements[]; // to prepare on a connection that appends or reads

// One accepted event on its way in, and what became of it. Slices are borrowed.
struct journal_entry {
	int32_t shop_id;
	uint8_t event_id[UUID_SIZE];
	int16_t kind;             // field number of Event.body
	int64_t event_time_ms;
	int64_t received_at_ms;
	int16_t origin;           // utarg.v1.Origin
	const char *principal;
	struct slice visitor;     // "" is stored as null
	struct slice customer;
	struct slice subject;     // packed Subject as received, may be empty
	struct slice payload;     // packed Event as received
	// out
	enum err_code code;       // ERR_OK, ERR_DUPLICATE or ERR_CONFLICT
	int64_t seq;              // OK: its place; otherwise the original's
	int64_t epoch;
};

// Where a shop's journal stands after an append, one a shop that grew.
struct journal_head {
	int32_t shop_id;
	int64_t seq;              // 0: empty
	int64_t epoch;            // from 1
	uint8_t chain[JOURNAL_DIGEST_SIZE];
};

// In the caller's transaction: classifies and appends. Entries keep their order within a shop. The same id
// twice in one batch: the first counts, the second is DUPLICATE or CONFLICT. heads (room for head_capacity
// >= number of shops in the batch) gets *head_count heads of shops that grew. On failure roll back; db_fault
// tells the kind. An unknown shop_id fails the whole call with UNKNOWN_SHOP.
bool journal_append(struct db *db, struct journal_entry *entries, size_t count, struct journal_head *heads,
		    size_t head_capacity, size_t *head_count, struct err *e);
// Locks one head until commit: for decisions, which must not race with another append.
bool journal_lock_head(struct db *db, int32_t shop_id, struct journal_head *out, struct err *e);
// The first link of a shop's chain; it binds the chain to the slug.
void journal_genesis(const char *slug, uint8_t out[JOURNAL_DIGEST_SIZE]);
// Inserts the empty head of a new shop (in the caller's transaction).
bool journal_create_head(struct db *db, int32_t shop_id, const char *slug, struct err *e);

// Where a consumer stands in one shop.
struct journal_position {
	int32_t shop_id;
	int64_t epoch;
	int64_t seq;
};

// One row on its way out; slices live as long as the read.
struct journal_row {
	int32_t shop_id;
	int64_t seq;
	int64_t epoch;            // the shop's, at the time of the read
	uint8_t event_id[UUID_SIZE];
	int16_t kind;
	int64_t event_time_ms;
	int64_t received_at_ms;
	int16_t origin;
	struct slice principal, visitor, customer, subject, payload;
};

// Reads up to limit rows in all, contiguous from each position's seq + 1, ordered by (shop_id, seq), many
// shops in one query. Rows of a shop whose epoch differs from the position's carry the new epoch: the
// consumer drops that shop's state and starts at 0. *rows is *count entries in one malloc, freed with
// journal_rows_free. A gap is INTERNAL and means corruption.
struct journal_rows {
	struct db_result *result;
	struct journal_row *rows;
	size_t count;
};
bool journal_read(struct db *db, const struct journal_position *positions, size_t position_count, size_t limit,
		  struct journal_rows *out, struct err *e);
void journal_rows_free(struct journal_rows *rows);
// Heads of all shops (shop_id > after only, limit a page), for followers that look for news.
bool journal_heads(struct db *db, struct journal_head **out, size_t *count, struct err *e); // free() it

// Digest of a batch: BLAKE2b-256 over its rows in seq order, then chain = BLAKE2b-256(previous, seqs, digest).
// Used by append and, row by row, by verification; docs/ARCHITECTURE.md has the byte layout.
struct journal_digest { _Alignas(64) unsigned char state[512]; };
void journal_digest_init(struct journal_digest *digest);
void journal_digest_row(struct journal_digest *digest, int64_t seq, const uint8_t event_id[UUID_SIZE], int16_t kind,
			int64_t event_time_ms, int64_t received_at_ms, struct slice principal, int16_t origin,
			struct slice payload);
void journal_digest_subject(struct journal_digest *digest, int64_t seq, struct slice visitor, struct slice customer,
			    struct slice subject);
void journal_digest_final(struct journal_digest *digest, uint8_t out[JOURNAL_DIGEST_SIZE]);
void journal_chain(const uint8_t previous[JOURNAL_DIGEST_SIZE], int64_t first_seq, int64_t last_seq,
		   const uint8_t digest[JOURNAL_DIGEST_SIZE], uint8_t out[JOURNAL_DIGEST_SIZE]);
// Recomputes a shop's chain from its rows and compares every batch and the head; false with CONFLICT and the
// batch at fault. Call inside db_begin_snapshot. progress may be NULL.
bool journal_verify(struct db *db, int32_t shop_id, const char *slug, int64_t *last_seq,
		    void (*progress)(void *arg, int64_t seq, int64_t head_seq), void *arg, struct err *e);
