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
// by seq never skips. draft.h appends with the heads last, for who has many batches and no decision to make.
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
	int16_t kind; // field number of Event.body
	int64_t event_time_ms;
	int64_t received_at_ms;
	int16_t origin; // utarg.v1.Origin
	const char *principal;
	struct slice visitor; // "" is stored as null
	struct slice customer;
	struct slice subject; // packed Subject as received, may be empty
	struct slice payload; // packed Event as received
	// out
	enum err_code code; // ERR_OK, ERR_DUPLICATE or ERR_CONFLICT
	int64_t seq;        // OK: its place; otherwise the original's
	int64_t epoch;
};

// Where a shop's journal stands after an append, one a shop that grew.
struct journal_head {
	int32_t shop_id;
	int64_t seq;   // 0: empty
	int64_t epoch; // from 1
	uint8_t chain[JOURNAL_DIGEST_SIZE];
};

// In the caller's transaction: classifies and appends. Entries keep their order within a shop. The same id
// twice in one batch: the first counts, the second is DUPLICATE or CONFLICT. heads (room for head_capacity
// >= number of shops in the batch) gets *head_count heads of shops that grew. On failure roll back; db_fault
// tells the kind (RETRY: another append holds a head; back off and come again), and the entries' out fields
// mean nothing. An unknown shop_id fails the whole call with UNKNOWN_SHOP. Sets lock_timeout for the
// transaction.
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
	int64_t after_seq; // where the range it is from began: its first event is the next one
	int64_t epoch;     // the shop's, at the time of the read
	int64_t head_seq;  // where the shop's journal ended then
	uint8_t event_id[UUID_SIZE];
	int16_t kind;
	int64_t event_time_ms;
	int64_t received_at_ms;
	int16_t origin;
	struct slice principal, visitor, customer, subject, payload;
	bool is_heavy; // see journal_wish
};

// Reads up to limit rows in all, contiguous from each position's seq + 1, ordered by (shop_id, seq), many
// shops in one query. Each of the positions gets an equal share of the limit; when there are more positions
// than limit, those behind are not looked at. A shop whose epoch differs from the position's is read from its
// first event: the consumer drops that shop's state and takes the rows, which carry the new epoch. *rows is
// *count entries in one malloc, freed with journal_rows_free. A gap is INTERNAL and means corruption.
struct journal_rows {
	struct db_result *result;
	struct journal_row *rows;
	size_t count;
};
bool journal_read(struct db *db, const struct journal_position *positions, size_t position_count,
		  size_t limit, struct journal_rows *out, struct err *e);
// The same for a reader who wants less. The limit counts what is passed over too.
struct journal_wish {
	// The rows of these kinds, and the last row of each range whatever its kind, for the position to move
	// to. That nothing is missing in between is for others to see.
	const int16_t *kinds; // borrowed
	size_t kind_count;    // 0: all
	// A row with a larger payload comes without it, marked is_heavy, and is the last of its shop: so many
	// rows may be asked for that all of them could not be held at the greatest size.
	int32_t light_bytes;  // 0: any
	bool is_bare;         // rows come without principal and subject
	const size_t *limits; // of each position, borrowed; NULL: equal shares of the limit
};
bool journal_read_wish(struct db *db, const struct journal_position *positions, size_t position_count,
		       const struct journal_wish *wish, size_t limit, struct journal_rows *out,
		       struct err *e);
void journal_rows_free(struct journal_rows *rows);
// Heads of all shops (shop_id > after only, limit a page), for followers that look for news.
bool journal_heads(struct db *db, struct journal_head **out, size_t *count, struct err *e); // free() it

// Digests, used by append and, row by row, by verification. All are BLAKE2b with 32 bytes of output and no
// key; numbers are big-endian, a blob is its length (4 bytes) and its bytes, what is absent is an empty blob:
//
//   batch    "utarg.batch.v1" (14 bytes), then of each row in seq order: seq 8, event_id 16, kind 2,
//            event_time_ms 8, received_at_ms 8, principal blob, origin 2, payload blob
//   subjects "utarg.batch.v1" (14), then of each row: seq 8, visitor blob, customer blob, subject blob
//   genesis  "utarg.genesis.v1" (16), the slug's bytes
//   chain    "utarg.chain.v1" (14), previous 32, first_seq 8, last_seq 8, batch 32
struct journal_digest {
	_Alignas(64) unsigned char state[512];
};
void journal_digest_init(struct journal_digest *digest);
void journal_digest_row(struct journal_digest *digest, int64_t seq, const uint8_t event_id[UUID_SIZE],
			int16_t kind, int64_t event_time_ms, int64_t received_at_ms, struct slice principal,
			int16_t origin, struct slice payload);
void journal_digest_subject(struct journal_digest *digest, int64_t seq, struct slice visitor,
			    struct slice customer, struct slice subject);
void journal_digest_final(struct journal_digest *digest, uint8_t out[JOURNAL_DIGEST_SIZE]);
void journal_chain(const uint8_t previous[JOURNAL_DIGEST_SIZE], int64_t first_seq, int64_t last_seq,
		   const uint8_t digest[JOURNAL_DIGEST_SIZE], uint8_t out[JOURNAL_DIGEST_SIZE]);
// Recomputes a shop's chain from its rows and compares every batch and the head; false with CONFLICT and the
// batch at fault. Call inside db_begin_snapshot. progress may be NULL.
bool journal_verify(struct db *db, int32_t shop_id, const char *slug, int64_t *last_seq,
		    void (*progress)(void *arg, int64_t seq, int64_t head_seq), void *arg, struct err *e);
