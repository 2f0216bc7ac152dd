// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See forget_rows.h.
#include "services/utarg/forget_rows.h"

#include "common/journal/journal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 5000 };

static struct forget_row *add_row(struct forget_rows *rows)
{
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? rows->capacity * 2 : 64;
		rows->rows = realloc(rows->rows, rows->capacity * sizeof(*rows->rows));
		if (!rows->rows)
			abort();
	}
	struct forget_row *row = &rows->rows[rows->count++];
	memset(row, 0, sizeof(*row));
	return row;
}

static void take_name(struct forget_row *row, enum pseudonym_kind kind, struct slice name,
		      const struct erased *sought)
{
	struct slice fresh = erased_replace(sought, kind, name);
	assert(name.size <= ERASED_NAME_SIZE && fresh.size <= ERASED_NAME_SIZE); // ingest sees to it
	memcpy(row->old[kind], name.data, name.size);
	row->sizes[kind] = (uint8_t)name.size;
	memcpy(row->fresh[kind], fresh.data, fresh.size);
	row->fresh_sizes[kind] = (uint8_t)fresh.size;
}

void forget_rows_take(struct forget_rows *rows, const struct db_result *result, const struct erased *sought)
{
	for (int i = 0; i < db_rows(result); i++) {
		struct forget_row *row = add_row(rows);
		row->key = db_get_int(result, i, 0);
		for (int kind = 0; kind < 2; kind++) {
			if (!db_is_null(result, i, 1 + kind))
				take_name(row, (enum pseudonym_kind)kind, db_get_bytes(result, i, 1 + kind),
					  sought);
		}
	}
}

void forget_rows_fini(struct forget_rows *rows)
{
	free(rows->rows);
	*rows = (struct forget_rows){0};
}

static struct slice old_of(const struct forget_row *row, int kind)
{
	return (struct slice){row->old[kind], row->sizes[kind]};
}

static struct slice fresh_of(const struct forget_row *row, int kind)
{
	return (struct slice){row->fresh[kind], row->fresh_sizes[kind]};
}

void forget_rows_met(const struct forget_rows *rows, const struct erased *sought, struct erased *met)
{
	for (size_t i = 0; i < rows->count; i++) {
		for (int kind = 0; kind < 2; kind++) {
			struct slice old = old_of(&rows->rows[i], kind);
			if (old.size > 0 &&
			    erased_replace(sought, (enum pseudonym_kind)kind, old).data != old.data)
				erased_add(met, (enum pseudonym_kind)kind, old);
		}
	}
}

// ---- writing -----------------------------------------------------------------------------------------

static struct db_value or_null(struct slice bytes)
{
	return bytes.size > 0 ? db_bytes(bytes.data, bytes.size) : DB_VALUE_NULL;
}

static bool write_part(const struct forget_row *rows, size_t count, struct db *db, int32_t shop_id,
		       const char *statement, struct err *e)
{
	struct db_array columns[4];
	struct db_value values[5] = {db_int4(shop_id)};
	for (int c = 0; c < 4; c++)
		db_array_init(&columns[c], c == 0 ? DB_INT8 : DB_BYTEA);
	for (size_t i = 0; i < count; i++) {
		uint8_t subject[ERASED_SUBJECT_SIZE];
		struct slice visitor = fresh_of(&rows[i], PSEUDONYM_VISITOR);
		struct slice customer = fresh_of(&rows[i], PSEUDONYM_CUSTOMER);
		size_t size = erased_subject(visitor, customer, subject);
		db_array_add(&columns[0], db_int8(rows[i].key));
		db_array_add(&columns[1], or_null(visitor));
		db_array_add(&columns[2], or_null(customer));
		db_array_add(&columns[3], db_bytes(subject, size));
	}
	for (int c = 0; c < 4; c++)
		values[1 + c] = db_array_value(&columns[c]);
	struct db_result *result = NULL;
	bool done = db_run(db, statement, values, 5, &result, e);
	if (done && db_affected(result) != (int64_t)count)
		done = err_set(e, ERR_INTERNAL, "%zu rows were to change and %lld did", count,
			       (long long)db_affected(result));
	db_result_free(result);
	for (int c = 0; c < 4; c++)
		db_array_fini(&columns[c]);
	return done;
}

bool forget_rows_write(const struct forget_rows *rows, struct db *db, int32_t shop_id, const char *statement,
		       struct err *e)
{
	for (size_t at = 0; at < rows->count; at += ROWS_AT_ONCE) {
		size_t count = rows->count - at < ROWS_AT_ONCE ? rows->count - at : ROWS_AT_ONCE;
		if (!write_part(rows->rows + at, count, db, shop_id, statement, e))
			return false;
	}
	return true;
}

// ---- digests -----------------------------------------------------------------------------------------

static struct slice blob(const struct db_result *result, int row, int column)
{
	return db_is_null(result, row, column) ? (struct slice){0} : db_get_bytes(result, row, column);
}

static bool digest_batch(struct db *db, int32_t shop_id, int64_t first_seq, int64_t last_seq,
			 uint8_t out[JOURNAL_DIGEST_SIZE], struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_int8(first_seq), db_int8(last_seq)};
	struct journal_digest digest;
	struct db_result *rows = NULL;
	if (!db_run(db, "forget_subjects", values, 3, &rows, e))
		return false;
	journal_digest_init(&digest);
	for (int row = 0; row < db_rows(rows); row++)
		journal_digest_subject(&digest, db_get_int(rows, row, 0), blob(rows, row, 1),
				       blob(rows, row, 2), blob(rows, row, 3));
	journal_digest_final(&digest, out);
	db_result_free(rows);
	return true;
}

static bool find_batches(const struct forget_rows *rows, struct db *db, int32_t shop_id,
			 struct db_result **out, struct err *e)
{
	struct db_array seqs;
	db_array_init(&seqs, DB_INT8);
	for (size_t i = 0; i < rows->count; i++)
		db_array_add(&seqs, db_int8(rows->rows[i].key));
	struct db_value values[] = {db_int4(shop_id), db_array_value(&seqs)};
	bool done = db_run(db, "forget_batches", values, 2, out, e);
	db_array_fini(&seqs);
	return done;
}

bool forget_rows_digest(const struct forget_rows *rows, struct db *db, int32_t shop_id, struct err *e)
{
	struct db_array lasts, digests;
	struct db_result *batches = NULL;
	if (!find_batches(rows, db, shop_id, &batches, e))
		return false;
	db_array_init(&lasts, DB_INT8);
	db_array_init(&digests, DB_BYTEA);
	bool done = true;
	for (int row = 0; done && row < db_rows(batches); row++) {
		uint8_t digest[JOURNAL_DIGEST_SIZE];
		int64_t last_seq = db_get_int(batches, row, 1);
		done = digest_batch(db, shop_id, db_get_int(batches, row, 0), last_seq, digest, e);
		db_array_add(&lasts, db_int8(last_seq));
		db_array_add(&digests, db_bytes(digest, sizeof(digest)));
	}
	struct db_value values[] = {db_int4(shop_id), db_array_value(&lasts), db_array_value(&digests)};
	done = done && db_run(db, "forget_digests", values, 3, NULL, e);
	db_array_fini(&lasts);
	db_array_fini(&digests);
	db_result_free(batches);
	return done;
}
