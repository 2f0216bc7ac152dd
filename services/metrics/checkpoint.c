// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Writing the fold's changes: one transaction, position first. The position's row is the lock between
// instances: whoever loses the compare-and-set has written nothing. See store.h.
#include "services/metrics/store.h"

#include "common/base/fail.h"

#include <string.h>

// Moves the position, or says FENCED. Inside a transaction.
static enum store_outcome move_position(struct db *db, const struct store_change *change, struct err *e)
{
	const struct store_position *from = &change->from, *to = &change->to;
	struct db_result *rows;
	if (!db_run(db, "metrics_position_move",
		    STORE_VALUES(db_int4(change->shop_id), db_int8(from->epoch), db_int8(from->seq),
				 db_time_ms(from->as_of_ms), db_int8(to->epoch), db_int8(to->seq),
				 db_time_ms(to->as_of_ms), db_int8(to->rebuild_seq)),
		    &rows, e))
		return STORE_FAILED;
	bool moved = db_rows(rows) == 1;
	db_result_free(rows);
	if (moved || fail_mutant(MUTANT_NO_FENCING))
		return STORE_DONE;
	err_set(e, ERR_BUSY, "another instance has moved the position of shop %d", (int)change->shop_id);
	return STORE_FENCED;
}

enum written { WRITE_NEW, WRITE_KNOWN, WRITE_SETTINGS };

// The settings count as known: after a rebuild nobody knows, and the statement for known ones minds neither.
static bool is_of(const struct fold_entity *entity, enum written which)
{
	bool is_known = entity->is_stored || entity->key.kind == FOLD_SETTINGS;
	if (entity->state.size == 0)
		return false;
	if (which == WRITE_SETTINGS)
		return entity->key.kind == FOLD_SETTINGS;
	return is_known == (which == WRITE_KNOWN);
}

static bool write_entities(struct db *db, const struct store_change *change, enum written which,
			   struct err *e)
{
	struct db_array kinds, keys, states, dues;
	db_array_init(&kinds, DB_INT2);
	db_array_init(&keys, DB_BYTEA);
	db_array_init(&states, DB_BYTEA);
	db_array_init(&dues, DB_TIME);
	for (size_t i = 0; i < change->entity_count; i++) {
		const struct fold_entity *entity = &change->entities[i];
		if (!is_of(entity, which))
			continue;
		db_array_add(&kinds, db_int2(entity->key.kind));
		db_array_add(&keys, db_bytes(entity->key.bytes, entity->key.size));
		db_array_add(&states, db_bytes(entity->state.data, entity->state.size));
		db_array_add(&dues, entity->due_ms == INT64_MAX ? DB_VALUE_NULL : db_time_ms(entity->due_ms));
	}
	bool ok = kinds.count == 0 ||
		  db_run(db, which == WRITE_NEW ? "metrics_entity_add" : "metrics_entity_write",
			 STORE_VALUES(db_int4(change->shop_id), db_array_value(&kinds), db_array_value(&keys),
				      db_array_value(&states), db_array_value(&dues)),
			 NULL, e);
	db_array_fini(&kinds);
	db_array_fini(&keys);
	db_array_fini(&states);
	db_array_fini(&dues);
	return ok;
}

static bool delete_entities(struct db *db, const struct store_change *change, struct err *e)
{
	struct db_array kinds, keys;
	db_array_init(&kinds, DB_INT2);
	db_array_init(&keys, DB_BYTEA);
	for (size_t i = 0; i < change->entity_count; i++) {
		const struct fold_entity *entity = &change->entities[i];
		if (entity->state.size != 0)
			continue;
		db_array_add(&kinds, db_int2(entity->key.kind));
		db_array_add(&keys, db_bytes(entity->key.bytes, entity->key.size));
	}
	bool ok = kinds.count == 0 || db_run(db, "metrics_entity_delete",
					     STORE_VALUES(db_int4(change->shop_id), db_array_value(&kinds),
							  db_array_value(&keys)),
					     NULL, e);
	db_array_fini(&kinds);
	db_array_fini(&keys);
	return ok;
}

struct cell_columns {
	struct db_array measures, dimensions, grains, buckets, keys, levels, deltas, revisions;
};

static void cell_columns_init(struct cell_columns *c)
{
	db_array_init(&c->measures, DB_INT2);
	db_array_init(&c->dimensions, DB_INT2);
	db_array_init(&c->grains, DB_INT2);
	db_array_init(&c->buckets, DB_TIME);
	db_array_init(&c->keys, DB_TEXT);
	db_array_init(&c->levels, DB_INT8);
	db_array_init(&c->deltas, DB_TEXT);
	db_array_init(&c->revisions, DB_INT8);
}

static void cell_columns_fini(struct cell_columns *c)
{
	db_array_fini(&c->measures);
	db_array_fini(&c->dimensions);
	db_array_fini(&c->grains);
	db_array_fini(&c->buckets);
	db_array_fini(&c->keys);
	db_array_fini(&c->levels);
	db_array_fini(&c->deltas);
	db_array_fini(&c->revisions);
}

static bool write_cells(struct db *db, const struct store_change *change, struct err *e)
{
	int64_t oldest_minute_ms = change->to.as_of_ms - FOLD_MINUTE_KEPT_MS;
	struct cell_columns c;
	cell_columns_init(&c);
	for (size_t i = 0; i < change->cell_count; i++) {
		const struct fold_cell *cell = &change->cells[i];
		char delta[MONEY_TEXT_SIZE];
		if (cell->grain == FOLD_MINUTE && cell->bucket_ms < oldest_minute_ms)
			continue;
		db_array_add(&c.measures, db_int2((int16_t)cell->measure));
		db_array_add(&c.dimensions, db_int2(cell->dimension));
		db_array_add(&c.grains, db_int2(cell->grain));
		db_array_add(&c.buckets, db_time_ms(cell->bucket_ms));
		db_array_add(&c.keys, db_text(cell->key));
		db_array_add(&c.levels, db_int8(cell->level));
		db_array_add(&c.deltas, db_text(money_text(cell->delta, 0, delta)));
		db_array_add(&c.revisions, db_int8(cell->revision));
	}
	bool ok = c.measures.count == 0 ||
		  db_run(db, "metrics_cell_write",
			 STORE_VALUES(db_int4(change->shop_id), db_array_value(&c.measures),
				      db_array_value(&c.dimensions), db_array_value(&c.grains),
				      db_array_value(&c.buckets), db_array_value(&c.keys),
				      db_array_value(&c.levels), db_array_value(&c.deltas),
				      db_array_value(&c.revisions)),
			 NULL, e);
	cell_columns_fini(&c);
	return ok;
}

static bool write_history(struct db *db, const struct store_change *change, struct err *e)
{
	struct db_array days, seqs, times, reasons, changes;
	if (change->history_count == 0)
		return true;
	db_array_init(&days, DB_TIME);
	db_array_init(&seqs, DB_INT8);
	db_array_init(&times, DB_TIME);
	db_array_init(&reasons, DB_INT2);
	db_array_init(&changes, DB_BYTEA);
	for (size_t i = 0; i < change->history_count; i++) {
		const struct fold_history *row = &change->history[i];
		db_array_add(&days, db_time_ms(row->day_ms));
		db_array_add(&seqs, db_int8(row->seq));
		db_array_add(&times, db_time_ms(row->received_at_ms));
		db_array_add(&reasons, db_int2(row->reason));
		db_array_add(&changes, db_bytes(row->changes.data, row->changes.size));
	}
	bool ok = db_run(db, "metrics_history_add",
			 STORE_VALUES(db_int4(change->shop_id), db_array_value(&days), db_array_value(&seqs),
				      db_array_value(&times), db_array_value(&reasons),
				      db_array_value(&changes)),
			 NULL, e);
	db_array_fini(&days);
	db_array_fini(&seqs);
	db_array_fini(&times);
	db_array_fini(&reasons);
	db_array_fini(&changes);
	return ok;
}

static enum store_outcome commit(struct db *db, struct err *e)
{
	switch (db_commit(db, e)) {
	case DB_COMMITTED:
		return STORE_DONE;
	case DB_NOT_COMMITTED:
		return STORE_FAILED;
	case DB_UNKNOWN:
		break;
	}
	// Not asked about here: the shop is loaded again, and should the lost transaction still land after
	// that, its position row is what the next compare-and-set waits for and then sees.
	return STORE_UNKNOWN;
}

enum store_outcome store_checkpoint(struct db *db, const struct store_change *change, struct err *e)
{
	if (!db_begin(db, e))
		return STORE_FAILED;
	enum store_outcome outcome = move_position(db, change, e);
	if (outcome == STORE_DONE && fail_mutant(MUTANT_CHECKPOINT_APART) &&
	    (commit(db, e) != STORE_DONE || !db_begin(db, e)))
		return STORE_FAILED;
	fail_point(FAIL_METRICS_POSITION_MOVED);
	if (outcome == STORE_DONE &&
	    !(write_entities(db, change, WRITE_NEW, e) && write_entities(db, change, WRITE_KNOWN, e) &&
	      delete_entities(db, change, e)))
		outcome = STORE_FAILED;
	fail_point(FAIL_METRICS_ENTITIES_WRITTEN);
	if (outcome == STORE_DONE && !(write_cells(db, change, e) && write_history(db, change, e)))
		outcome = STORE_FAILED;
	if (outcome == STORE_DONE && change->told != NULL &&
	    !store_write_told(db, change->shop_id, change->told, e))
		outcome = STORE_FAILED;
	fail_point(FAIL_METRICS_BEFORE_COMMIT);
	if (outcome == STORE_DONE)
		return commit(db, e);
	db_rollback(db);
	return outcome;
}

static bool drop_state(struct db *db, int32_t shop_id, int keep_kind, struct err *e)
{
	return db_run(db, "metrics_entity_drop", STORE_VALUES(db_int4(shop_id), db_int2((int16_t)keep_kind)),
		      NULL, e) &&
	       db_run(db, "metrics_cell_drop", STORE_VALUES(db_int4(shop_id)), NULL, e) &&
	       db_run(db, "metrics_history_drop", STORE_VALUES(db_int4(shop_id)), NULL, e) &&
	       db_run(db, "metrics_told_drop", STORE_VALUES(db_int4(shop_id)), NULL, e);
}

static bool add_position(struct db *db, int32_t shop_id, int64_t as_of_ms, bool *added, struct err *e)
{
	struct db_result *rows;
	if (!db_run(db, "metrics_position_create", STORE_VALUES(db_int4(shop_id), db_time_ms(as_of_ms)),
		    &rows, e))
		return false;
	*added = db_rows(rows) == 1;
	db_result_free(rows);
	return true;
}

bool store_create_position(struct db *db, int32_t shop_id, int64_t as_of_ms, struct err *e)
{
	bool added = false;
	if (!db_begin(db, e))
		return false;
	if (add_position(db, shop_id, as_of_ms, &added, e) && (!added || drop_state(db, shop_id, 0, e)))
		return commit(db, e) == STORE_DONE;
	db_rollback(db);
	return false;
}

enum store_outcome store_reset(struct db *db, const struct store_change *change, bool keep_settings,
			       struct err *e)
{
	if (!db_begin(db, e))
		return STORE_FAILED;
	enum store_outcome outcome = move_position(db, change, e);
	if (outcome == STORE_DONE &&
	    !(drop_state(db, change->shop_id, keep_settings ? FOLD_SETTINGS : 0, e) &&
	      (!keep_settings || write_entities(db, change, WRITE_SETTINGS, e))))
		outcome = STORE_FAILED;
	fail_point(FAIL_METRICS_RESET_BEFORE_COMMIT);
	if (outcome == STORE_DONE)
		return commit(db, e);
	db_rollback(db);
	return outcome;
}
