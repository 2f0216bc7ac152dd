// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The tables of the fold: positions, entities, cells. A checkpoint is one transaction that moves the
// position by compare-and-set and writes what changed; nothing else writes these tables. Knows no
// events and no figures.
#pragma once

#include "common/db/db.h"
#include "services/metrics/core/fold.h"
#include "services/metrics/core/told.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STORE_SLUG_SIZE = 64 };

// The two arguments of db_run that are the statement's parameters.
#define STORE_VALUES(...)                                                                                    \
	(const struct db_value[]){__VA_ARGS__},                                                              \
		sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)

#define STORE_APPLICATION "utarg-metrics"

struct store_shop {
	int32_t shop_id;
	char slug[STORE_SLUG_SIZE];
};

// Where the tables of a shop stand.
struct store_position {
	int64_t epoch;
	int64_t seq;
	int64_t as_of_ms;
	int64_t rebuild_seq; // while seq is below it the figures are being made again
};

extern const struct db_statement metrics_statements[];

// Shops with a greater id, in order; *count at most capacity.
bool store_shops(struct db *db, int32_t after_shop_id, struct store_shop *out, size_t capacity, size_t *count,
		 struct err *e);
// By slug, or by id when slug is NULL. UNKNOWN_SHOP when there is none.
bool store_find_shop(struct db *db, const char *slug, int32_t shop_id, struct store_shop *out, struct err *e);
// One transaction: makes the position of a shop that has none, unless another instance did (as_of_ms is its
// first minute), and drops whatever there is of its state: it is of a position that somebody deleted.
bool store_create_position(struct db *db, int32_t shop_id, int64_t as_of_ms, struct err *e);
// *found is false when the shop was never read. head gets epoch and seq of the journal.
bool store_load_position(struct db *db, int32_t shop_id, struct store_position *out, int64_t *head_epoch,
			 int64_t *head_seq, bool *found, struct err *e);
// Sessions of other instances of this service.
bool store_count_others(struct db *db, int64_t *count, struct err *e);
// Brings entities into the fold, absent ones as absent.
bool store_load_entities(struct db *db, int32_t shop_id, const struct fold_key *keys, size_t count,
			 struct fold *fold, struct err *e);
// Brings what is due up to *as_of_ms, at most about `limit`: when there is more, *as_of_ms is moved back to a
// minute up to which all has been brought. *count gets how many.
bool store_load_due(struct db *db, int32_t shop_id, int64_t now_as_of_ms, int64_t *as_of_ms, size_t limit,
		    struct fold *fold, size_t *count, struct err *e);
// Of these shops, those with something due: their flags in has_due are set.
bool store_due_shops(struct db *db, const int32_t *shop_ids, size_t count, int64_t as_of_ms, bool *has_due,
		     struct err *e);

enum store_outcome {
	STORE_DONE,
	STORE_FENCED,  // the position was not where we left it: another instance follows this shop
	STORE_FAILED,  // nothing was written
	STORE_UNKNOWN, // the connection was lost while committing: load the shop again
};

struct store_change {
	int32_t shop_id;
	struct store_position from, to;
	const struct fold_cell *cells;
	size_t cell_count;
	const struct fold_entity *entities;
	size_t entity_count;
	const struct fold_history *history;
	size_t history_count;
	const struct told_rows *told; // NULL: the tables for analysts are not kept
};
// One transaction: position, entities, cells, history, rows for analysts. Minute cells older than 48 h before
// to.as_of_ms are left out.
enum store_outcome store_checkpoint(struct db *db, const struct store_change *change, struct err *e);
bool store_write_told(struct db *db, int32_t shop_id, const struct told_rows *rows,
		      struct err *e); // a part of it
// One transaction: position to `to`, all cells, history and entities dropped; keep_settings: except the
// settings, which are written from entities when there are some.
enum store_outcome store_reset(struct db *db, const struct store_change *change, bool keep_settings,
			       struct err *e);

// Moves the as-of minute of shops that have nothing due; moved[i] says which were where we left them.
struct store_tick {
	struct store_position from;
	int32_t shop_id;
	bool moved;
};
bool store_tick(struct db *db, struct store_tick *ticks, size_t count, int64_t as_of_ms, struct err *e);
bool store_prune(struct db *db, const int32_t *shop_ids, size_t count, int64_t before_ms, int64_t *pruned,
		 struct err *e);
