// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading: shops, positions, entities. Writing is checkpoint.c. See store.h.
#include "services/metrics/store.h"

#include <assert.h>
#include <string.h>

static void shop_from_row(const struct db_result *rows, int row, struct store_shop *out)
{
	out->shop_id = (int32_t)db_get_int(rows, row, 0);
	text_copy(out->slug, sizeof(out->slug), db_get_text(rows, row, 1));
}

bool store_shops(struct db *db, int32_t after_shop_id, struct store_shop *out, size_t capacity, size_t *count,
		 struct err *e)
{
	struct db_result *rows;
	if (!db_run(db, "metrics_shop_list", STORE_VALUES(db_int4(after_shop_id), db_int8((int64_t)capacity)),
		    &rows, e))
		return false;
	*count = (size_t)db_rows(rows);
	for (size_t i = 0; i < *count; i++)
		shop_from_row(rows, (int)i, &out[i]);
	db_result_free(rows);
	return true;
}

bool store_find_shop(struct db *db, const char *slug, int32_t shop_id, struct store_shop *out, struct err *e)
{
	struct db_result *rows;
	bool ran = slug != NULL
			   ? db_run(db, "metrics_shop_find", STORE_VALUES(db_text(slug)), &rows, e)
			   : db_run(db, "metrics_shop_find_id", STORE_VALUES(db_int4(shop_id)), &rows, e);
	if (!ran)
		return false;
	bool found = db_rows(rows) == 1;
	if (found)
		shop_from_row(rows, 0, out);
	db_result_free(rows);
	if (found)
		return true;
	if (slug != NULL)
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%s\"", slug);
	return err_set(e, ERR_UNKNOWN_SHOP, "there is no shop with number %d", (int)shop_id);
}

bool store_load_position(struct db *db, int32_t shop_id, struct store_position *out, int64_t *head_epoch,
			 int64_t *head_seq, bool *found, struct err *e)
{
	struct db_result *rows;
	if (!db_run(db, "metrics_position_load", STORE_VALUES(db_int4(shop_id)), &rows, e))
		return false;
	*found = db_rows(rows) == 1;
	if (*found) {
		out->epoch = db_get_int(rows, 0, 0);
		out->seq = db_get_int(rows, 0, 1);
		out->as_of_ms = db_get_time_ms(rows, 0, 2);
		out->rebuild_seq = db_get_int(rows, 0, 3);
		*head_epoch = db_get_int(rows, 0, 4);
		*head_seq = db_get_int(rows, 0, 5);
	}
	db_result_free(rows);
	return true;
}

bool store_count_others(struct db *db, int64_t *count, struct err *e)
{
	struct db_result *rows;
	if (!db_run(db, "metrics_other_count", STORE_VALUES(db_text(STORE_APPLICATION)), &rows, e))
		return false;
	*count = db_get_int(rows, 0, 0);
	db_result_free(rows);
	return true;
}

static bool take_entity(const struct db_result *rows, int row, int column, const struct fold_key *key,
			struct fold *fold, struct err *e)
{
	struct slice state = {0};
	int64_t due_ms = INT64_MAX;
	if (!db_is_null(rows, row, column)) {
		state = db_get_bytes(rows, row, column);
		if (!db_is_null(rows, row, column + 1))
			due_ms = db_get_time_ms(rows, row, column + 1);
	}
	return fold_load(fold, key, state, due_ms, e);
}

bool store_load_entities(struct db *db, int32_t shop_id, const struct fold_key *keys, size_t count,
			 struct fold *fold, struct err *e)
{
	struct db_array kinds, names;
	struct db_result *rows = NULL;
	db_array_init(&kinds, DB_INT2);
	db_array_init(&names, DB_BYTEA);
	for (size_t i = 0; i < count; i++) {
		db_array_add(&kinds, db_int2(keys[i].kind));
		db_array_add(&names, db_bytes(keys[i].bytes, keys[i].size));
	}
	bool ok = db_run(db, "metrics_entity_load",
			 STORE_VALUES(db_int4(shop_id), db_array_value(&kinds), db_array_value(&names)),
			 &rows, e);
	db_array_fini(&kinds);
	db_array_fini(&names);
	if (ok && (size_t)db_rows(rows) != count)
		ok = err_set(e, ERR_INTERNAL, "asked for %zu entities, got %d rows", count, db_rows(rows));
	for (size_t i = 0; ok && i < count; i++)
		ok = take_entity(rows, (int)i, 0, &keys[i], fold, e);
	db_result_free(rows);
	return ok;
}

static bool entity_key(const struct db_result *rows, int row, struct fold_key *key, struct err *e)
{
	struct slice bytes = db_get_bytes(rows, row, 1);
	if (bytes.size > FOLD_KEY_SIZE)
		return err_set(e, ERR_INTERNAL, "a stored entity has a key of %zu bytes", bytes.size);
	key->kind = (uint8_t)db_get_int(rows, row, 0);
	key->size = (uint8_t)bytes.size;
	memcpy(key->bytes, bytes.data, bytes.size);
	return true;
}

// The last whole minute before t.
static int64_t minute_before(int64_t t_ms)
{
	int64_t t = t_ms - 1;
	int64_t rest = t % 60000;
	return t - (rest < 0 ? rest + 60000 : rest);
}

bool store_load_due(struct db *db, int32_t shop_id, int64_t now_as_of_ms, int64_t *as_of_ms, size_t limit,
		    struct fold *fold, size_t *count, struct err *e)
{
	for (;; limit *= 4) {
		struct db_result *rows;
		if (!db_run(db, "metrics_entity_due",
			    STORE_VALUES(db_int4(shop_id), db_time_ms(*as_of_ms), db_int8((int64_t)limit)),
			    &rows, e))
			return false;
		size_t got = (size_t)db_rows(rows);
		int64_t reach = *as_of_ms;
		if (got == limit)
			reach = minute_before(db_get_time_ms(rows, (int)got - 1, 3));
		// So much is due in one minute that it did not fit: ask for more at once.
		bool too_few = got == limit && reach <= now_as_of_ms;
		bool ok = true;
		for (size_t i = 0; ok && !too_few && i < got; i++) {
			struct fold_key key;
			ok = entity_key(rows, (int)i, &key, e) && take_entity(rows, (int)i, 2, &key, fold, e);
		}
		db_result_free(rows);
		if (!too_few) {
			*as_of_ms = reach;
			*count = got;
			return ok;
		}
	}
}

bool store_due_shops(struct db *db, const int32_t *shop_ids, size_t count, int64_t as_of_ms, bool *has_due,
		     struct err *e)
{
	struct db_array ids;
	struct db_result *rows = NULL;
	db_array_init(&ids, DB_INT4);
	for (size_t i = 0; i < count; i++)
		db_array_add(&ids, db_int4(shop_ids[i]));
	bool ok = db_run(db, "metrics_entity_due_shops",
			 STORE_VALUES(db_array_value(&ids), db_time_ms(as_of_ms)), &rows, e);
	db_array_fini(&ids);
	for (int row = 0; ok && row < db_rows(rows); row++) {
		for (size_t i = 0; i < count; i++)
			has_due[i] |= shop_ids[i] == (int32_t)db_get_int(rows, row, 0);
	}
	db_result_free(rows);
	return ok;
}

bool store_tick(struct db *db, struct store_tick *ticks, size_t count, int64_t as_of_ms, struct err *e)
{
	struct db_array ids, epochs, seqs, minutes;
	struct db_result *rows = NULL;
	db_array_init(&ids, DB_INT4);
	db_array_init(&epochs, DB_INT8);
	db_array_init(&seqs, DB_INT8);
	db_array_init(&minutes, DB_TIME);
	for (size_t i = 0; i < count; i++) {
		ticks[i].moved = false;
		db_array_add(&ids, db_int4(ticks[i].shop_id));
		db_array_add(&epochs, db_int8(ticks[i].from.epoch));
		db_array_add(&seqs, db_int8(ticks[i].from.seq));
		db_array_add(&minutes, db_time_ms(ticks[i].from.as_of_ms));
	}
	bool ok = db_run(db, "metrics_position_tick",
			 STORE_VALUES(db_array_value(&ids), db_array_value(&epochs), db_array_value(&seqs),
				      db_array_value(&minutes), db_time_ms(as_of_ms)),
			 &rows, e);
	db_array_fini(&ids);
	db_array_fini(&epochs);
	db_array_fini(&seqs);
	db_array_fini(&minutes);
	for (int row = 0; ok && row < db_rows(rows); row++) {
		for (size_t i = 0; i < count; i++)
			ticks[i].moved |= ticks[i].shop_id == (int32_t)db_get_int(rows, row, 0);
	}
	db_result_free(rows);
	return ok;
}

bool store_prune(struct db *db, const int32_t *shop_ids, size_t count, int64_t before_ms, int64_t *pruned,
		 struct err *e)
{
	struct db_array ids;
	struct db_result *rows = NULL;
	db_array_init(&ids, DB_INT4);
	for (size_t i = 0; i < count; i++)
		db_array_add(&ids, db_int4(shop_ids[i]));
	bool ok = db_run(db, "metrics_cell_prune", STORE_VALUES(db_array_value(&ids), db_time_ms(before_ms)),
			 &rows, e);
	db_array_fini(&ids);
	*pruned = ok ? db_affected(rows) : 0;
	db_result_free(rows);
	return ok;
}
