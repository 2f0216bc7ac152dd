// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See draft.h.
#include "common/journal/draft.h"

#include "common/base/fail.h"
#include "common/journal/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	// Up to this many rows are an INSERT that goes with the heads: a pipeline that is a transaction by
	// itself, which saves the round trips of a COPY, the BEGIN and the COMMIT.
	INSERT_MAX = 32,
	COLUMNS_MAX = JOURNAL_COLUMNS,
};

struct journal_draft {
	struct journal_work work;
	struct journal_draft_shop *shops;
	struct journal_digests *digests;
	bool is_small; // its rows go with the heads
};

struct journal_draft *journal_draft_create(struct journal_entry *entries, size_t count)
{
	assert(count > 0);
	struct journal_draft *draft = journal_alloc(1, sizeof(*draft));
	journal_work_init(&draft->work, NULL, entries, count);
	draft->shops = journal_alloc(draft->work.shop_count, sizeof(*draft->shops));
	for (size_t s = 0; s < draft->work.shop_count; s++)
		draft->shops[s].shop_id = draft->work.shops[s];
	for (size_t i = 0; i < count; i++)
		draft->shops[journal_work_shop(&draft->work, entries[i].shop_id)].count++;
	return draft;
}

void journal_draft_destroy(struct journal_draft *draft)
{
	if (draft == NULL)
		return;
	journal_work_fini(&draft->work);
	free(draft->digests);
	free(draft->shops);
	free(draft);
}

struct journal_draft_shop *journal_draft_shops(struct journal_draft *draft, size_t *count)
{
	*count = draft->work.shop_count;
	return draft->shops;
}

static void number_all(struct journal_draft *draft)
{
	struct journal_work *work = &draft->work;
	for (size_t s = 0; s < work->shop_count; s++)
		work->first_seqs[s] = draft->shops[s].first_seq;
	for (size_t i = 0; i < work->count; i++) {
		work->entries[i].seq = work->first_seqs[journal_work_shop(work, work->entries[i].shop_id)]++;
		work->order[i] = i;
	}
	work->new_count = work->count;
}

// One row of values at a time becomes an array a column.
static void add_row(struct db_array *columns, const struct db_value *values, int count)
{
	for (int c = 0; c < count; c++)
		db_array_add(&columns[c], values[c]);
}

static bool send_columns(struct db *db, const char *statement, const struct db_array *columns, int count,
			 struct err *e)
{
	struct db_value values[COLUMNS_MAX];
	assert(count <= COLUMNS_MAX);
	for (int c = 0; c < count; c++)
		values[c] = db_array_value(&columns[c]);
	return db_pipe_send(db, statement, values, (size_t)count, e);
}

static bool send_events(struct db *db, const struct journal_work *work, struct err *e)
{
	static const enum db_type types[JOURNAL_COLUMNS] = {DB_INT4,  DB_INT8,  DB_UUID,  DB_INT2,
							    DB_TIME,  DB_TIME,  DB_TEXT,  DB_INT2,
							    DB_BYTEA, DB_BYTEA, DB_BYTEA, DB_BYTEA};
	struct db_value values[JOURNAL_COLUMNS];
	if (work->new_count == 1) {
		journal_work_values(&work->entries[work->order[0]], values);
		return db_pipe_send(db, "journal_insert_event", values, JOURNAL_COLUMNS, e);
	}
	struct db_array columns[JOURNAL_COLUMNS];
	for (int c = 0; c < JOURNAL_COLUMNS; c++)
		db_array_init(&columns[c], types[c]);
	for (size_t i = 0; i < work->new_count; i++) {
		journal_work_values(&work->entries[work->order[i]], values);
		add_row(columns, values, JOURNAL_COLUMNS);
	}
	bool ok = send_columns(db, "journal_insert_events", columns, JOURNAL_COLUMNS, e);
	for (int c = 0; c < JOURNAL_COLUMNS; c++)
		db_array_fini(&columns[c]);
	return ok;
}

bool journal_draft_write(struct db *db, struct journal_draft *draft, struct err *e)
{
	number_all(draft);
	draft->work.db = db;
	draft->digests = journal_work_digest(&draft->work);
	journal_work_sort(&draft->work);
	draft->is_small = draft->work.count <= INSERT_MAX;
	return draft->is_small || journal_work_copy(&draft->work, "journal_begin_copy_events", e);
}

enum batch_column { SHOPS, FIRSTS, LASTS, DIGESTS, SUBJECT_DIGESTS, CHAINS, EPOCHS, PREVIOUS, BATCH_COLUMNS };

static struct db_value link_of(const uint8_t bytes[JOURNAL_DIGEST_SIZE])
{
	return db_bytes(bytes, JOURNAL_DIGEST_SIZE);
}

// Links a shop's rows to the chain, and says what its batch row holds.
static void link_batch(struct journal_draft_shop *shop, struct journal_digests *digests,
		       uint8_t digest[2][JOURNAL_DIGEST_SIZE], struct db_value values[BATCH_COLUMNS])
{
	int64_t last_seq = shop->first_seq + (int64_t)shop->count - 1;
	journal_digest_final(&digests->rows, digest[0]);
	journal_digest_final(&digests->subjects, digest[1]);
	journal_chain(shop->previous, shop->first_seq, last_seq, digest[0], shop->chain);
	values[SHOPS] = db_int4(shop->shop_id);
	values[FIRSTS] = db_int8(shop->first_seq);
	values[LASTS] = db_int8(last_seq);
	values[DIGESTS] = link_of(digest[0]);
	values[SUBJECT_DIGESTS] = link_of(digest[1]);
	values[CHAINS] = link_of(shop->chain);
	values[EPOCHS] = db_int8(shop->epoch);
	values[PREVIOUS] = link_of(shop->previous);
}

static bool send_heads(struct db *db, struct journal_draft *draft, struct err *e)
{
	static const enum db_type types[BATCH_COLUMNS] = {DB_INT4,  DB_INT8,  DB_INT8, DB_BYTEA,
							  DB_BYTEA, DB_BYTEA, DB_INT8, DB_BYTEA};
	uint8_t digest[2][JOURNAL_DIGEST_SIZE];
	struct db_value values[BATCH_COLUMNS];
	struct db_array columns[BATCH_COLUMNS];
	for (int c = 0; c < BATCH_COLUMNS; c++)
		db_array_init(&columns[c], types[c]);
	for (size_t s = 0; s < draft->work.shop_count; s++) {
		link_batch(&draft->shops[s], &draft->digests[s], digest, values);
		add_row(columns, values, BATCH_COLUMNS);
	}
	bool ok = send_columns(db, "journal_lock_heads", columns, 1, e) &&
		  send_columns(db, "journal_move_guessed", columns, BATCH_COLUMNS, e);
	for (int c = 0; c < BATCH_COLUMNS; c++)
		db_array_fini(&columns[c]);
	return ok;
}

// One shop needs no order among heads, so that one statement locks and moves.
static bool send_head(struct db *db, struct journal_draft *draft, struct err *e)
{
	uint8_t digest[2][JOURNAL_DIGEST_SIZE];
	struct db_value values[BATCH_COLUMNS];
	link_batch(&draft->shops[0], &draft->digests[0], digest, values);
	return db_pipe_send(db, "journal_move_one", values, BATCH_COLUMNS, e);
}

static bool send_all(struct db *db, struct journal_draft *draft, struct err *e)
{
	bool one = draft->work.shop_count == 1;
	return db_pipe_open(db, e) && (!draft->is_small || send_events(db, &draft->work, e)) &&
	       (one ? send_head(db, draft, e) : send_heads(db, draft, e)) && db_pipe_send_commit(db, e);
}

static bool move(struct db *db, struct journal_draft *draft, bool *elsewhere, struct err *e)
{
	if (fail_mutant(MUTANT_ACK_BEFORE_COMMIT))
		return send_all(db, draft, e);
	if (!send_all(db, draft, e) || (draft->is_small && !db_pipe_take(db, NULL, e)) ||
	    (draft->work.shop_count > 1 && !db_pipe_take(db, NULL, e)))
		return false;
	if (db_pipe_take(db, NULL, e))
		return true;
	*elsewhere = strcmp(db_sqlstate(db), "23502") == 0;
	return false;
}

enum db_commit journal_draft_commit(struct db *db, struct journal_draft *draft, bool *elsewhere,
				    struct err *e)
{
	*elsewhere = false;
	bool moved = move(db, draft, elsewhere, e);
	return db_pipe_commit(db, moved ? e : NULL); // the first sentence is the reason
}

void journal_draft_settle(struct journal_draft *draft)
{
	struct journal_work *work = &draft->work;
	for (size_t i = 0; i < work->count; i++) {
		work->entries[i].code = ERR_OK;
		work->entries[i].epoch =
			draft->shops[journal_work_shop(work, work->entries[i].shop_id)].epoch;
	}
}

static void take_found(struct journal_entry *entries, const struct db_result *result)
{
	for (int row = 0; row < db_rows(result); row++) {
		struct journal_entry *entry = &entries[db_get_int(result, row, 0) - 1];
		struct slice payload = db_get_bytes(result, row, 2);
		if (fail_mutant(MUTANT_DEDUPE_IN_BATCH))
			continue;
		bool same =
			payload.size == entry->payload.size &&
			(payload.size == 0 || memcmp(payload.data, entry->payload.data, payload.size) == 0);
		entry->seq = db_get_int(result, row, 1);
		entry->code = same ? ERR_DUPLICATE : ERR_CONFLICT;
		entry->epoch = db_get_int(result, row, 3);
	}
}

bool journal_find(struct db *db, struct journal_entry *entries, size_t count, struct err *e)
{
	struct db_array ids, shops;
	db_array_init(&ids, DB_UUID);
	db_array_init(&shops, DB_INT4);
	for (size_t i = 0; i < count; i++) {
		entries[i].code = ERR_OK;
		entries[i].seq = 0;
		db_array_add(&ids, db_uuid(entries[i].event_id));
		db_array_add(&shops, db_int4(entries[i].shop_id));
	}
	struct db_value values[] = {db_array_value(&ids), db_array_value(&shops)};
	struct db_result *result = NULL;
	bool ok = db_run(db, "journal_find", values, 2, &result, e);
	if (ok)
		take_found(entries, result);
	db_result_free(result);
	db_array_fini(&shops);
	db_array_fini(&ids);
	return ok;
}
