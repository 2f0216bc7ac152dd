// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Following the journal: a set of shops with a position each, woken by doorbells or a timer, giving out
// contiguous ranges of many shops from one query. The consumer commits its positions in the transaction
// that writes its state (compare-and-set in its own schema) and then calls journal_follow_moved.
// Does not own a socket: doorbells are handed in by the service.
#pragma once

#include "common/journal/journal.h"

struct journal_follow;

struct journal_follow *journal_follow_create(size_t rows_at_once);
// From here on rows of these kinds only, as journal_read_wish gives them. Borrowed as long as the follower.
void journal_follow_only(struct journal_follow *follow, const int16_t *kinds, size_t count);
// The most that the rows of one read take, when a payload is at most so large.
size_t journal_follow_read_bytes(const struct journal_follow *follow, size_t payload_bytes_max);
void journal_follow_destroy(struct journal_follow *follow);
// A shop is known from here on; seq 0 and epoch 0 mean "never read".
void journal_follow_add(struct journal_follow *follow, struct journal_position position);
// Something is new (doorbell): marks the shop as behind. Unknown shops are ignored until the next sweep.
void journal_follow_ring(struct journal_follow *follow, int32_t shop_id, int64_t epoch, int64_t seq);
// Compares all heads with the positions, adding shops it did not know (their ids in the order met).
bool journal_follow_sweep(struct journal_follow *follow, struct db *db, struct err *e);
bool journal_follow_is_behind(const struct journal_follow *follow);
int64_t journal_follow_lag(const struct journal_follow *follow); // events known and not yet moved past
// Reads the next rows of shops that are behind (fairly: no shop starves another), without principal and
// subject.
bool journal_follow_read(struct journal_follow *follow, struct db *db, struct journal_rows *out,
			 struct err *e);
// Whether the next rows of one shop can be read; when many are read at once a fault does not say whose it is.
bool journal_follow_check(const struct journal_follow *follow, struct db *db, int32_t shop_id, struct err *e);
// The consumer has committed this position.
void journal_follow_moved(struct journal_follow *follow, struct journal_position position);
bool journal_follow_position(const struct journal_follow *follow, int32_t shop_id,
			     struct journal_position *out);
// The journal's end as far as it is known: right after a sweep it was there when the sweep began.
bool journal_follow_head(const struct journal_follow *follow, int32_t shop_id, struct journal_position *out);
