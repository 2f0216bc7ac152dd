// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Appending a batch, heads first: lock, classify, COPY, move the heads, write the batch rows.
//
// Why two appends cannot deadlock, even with the same ids at once: whoever writes a row of a shop holds that
// shop's head, heads are taken in shop order before anything else is locked, and an event's identity is
// (id, shop). So two transactions can meet only at a head, always in the same order; the one that waited
// classifies with a later snapshot (READ COMMITTED) and finds the other's rows as duplicates. The unique
// indexes never make anybody wait.
#include "common/base/fail.h"
#include "common/base/map.h"
#include "common/journal/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = UUID_SIZE + 4 };

// An id of this batch that the journal does not have yet, by its first entry.
struct first_seen {
	uint8_t key[KEY_SIZE];
	size_t entry;
	UT_hash_handle hh;
};

static bool same(struct slice a, struct slice b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

// seq stays 0 for what the journal does not have.
static void mark_known(struct journal_work *a, const struct db_result *result)
{
	for (int row = 0; row < db_rows(result); row++) {
		struct journal_entry *entry = &a->entries[db_get_int(result, row, 0) - 1];
		if (fail_mutant(MUTANT_DEDUPE_IN_BATCH)) {
			uuid_v7(entry->received_at_ms, entry->event_id);
			continue;
		}
		entry->seq = db_get_int(result, row, 1);
		entry->code =
			same(db_get_bytes(result, row, 2), entry->payload) ? ERR_DUPLICATE : ERR_CONFLICT;
	}
}

static bool find_known(struct journal_work *a, struct err *e)
{
	struct db_array ids, shops;
	db_array_init(&ids, DB_UUID);
	db_array_init(&shops, DB_INT4);
	for (size_t i = 0; i < a->count; i++) {
		a->entries[i].code = ERR_OK;
		a->entries[i].seq = 0;
		assert(a->entries[i].principal != NULL);
		db_array_add(&ids, db_uuid(a->entries[i].event_id));
		db_array_add(&shops, db_int4(a->entries[i].shop_id));
	}
	struct db_value values[] = {db_array_value(&ids), db_array_value(&shops)};
	struct db_result *result = NULL;
	bool ok = db_run(a->db, "journal_known", values, 2, &result, e);
	if (ok)
		mark_known(a, result);
	db_result_free(result);
	db_array_fini(&shops);
	db_array_fini(&ids);
	return ok;
}

static void take_seq(struct journal_work *a, size_t index)
{
	struct journal_entry *entry = &a->entries[index];
	size_t shop = journal_work_shop(a, entry->shop_id);
	a->heads[shop].seq += fail_mutant(MUTANT_SEQ_BURNT) && a->first_seqs[shop] == 0;
	entry->seq = ++a->heads[shop].seq;
	if (a->first_seqs[shop] == 0)
		a->first_seqs[shop] = entry->seq;
	a->order[a->new_count++] = index;
}

// Gives seqs in entry order to what is new; the same id twice counts once.
static void number_new(struct journal_work *a)
{
	struct first_seen *seen = NULL, *slots = journal_alloc(a->count, sizeof(*slots));
	for (size_t i = 0; i < a->count; i++) {
		struct journal_entry *entry = &a->entries[i];
		entry->epoch = a->heads[journal_work_shop(a, entry->shop_id)].epoch;
		if (entry->code != ERR_OK)
			continue;
		struct first_seen *first = NULL;
		memcpy(slots[i].key, entry->event_id, UUID_SIZE);
		memcpy(slots[i].key + UUID_SIZE, &entry->shop_id, sizeof(entry->shop_id));
		HASH_FIND(hh, seen, slots[i].key, KEY_SIZE, first);
		if (first == NULL) {
			slots[i].entry = i;
			HASH_ADD(hh, seen, key, KEY_SIZE, &slots[i]);
			take_seq(a, i);
			continue;
		}
		const struct journal_entry *original = &a->entries[first->entry];
		entry->seq = original->seq;
		entry->code = same(original->payload, entry->payload) ? ERR_DUPLICATE : ERR_CONFLICT;
	}
	HASH_CLEAR(hh, seen);
	free(slots);
}

enum batch_column { SHOPS, FIRSTS, LASTS, DIGESTS, SUBJECT_DIGESTS, CHAINS, BATCH_COLUMNS };

static void link_batches(struct journal_work *a, struct db_array *columns)
{
	struct journal_digests *digests = journal_work_digest(a);
	for (size_t s = 0; s < a->shop_count; s++) {
		struct journal_head *head = &a->heads[s];
		if (a->first_seqs[s] == 0)
			continue;
		uint8_t digest[JOURNAL_DIGEST_SIZE], subject_digest[JOURNAL_DIGEST_SIZE];
		journal_digest_final(&digests[s].rows, digest);
		journal_digest_final(&digests[s].subjects, subject_digest);
		uint8_t previous[JOURNAL_DIGEST_SIZE];
		memcpy(previous, head->chain, sizeof(previous));
		journal_chain(previous, a->first_seqs[s], head->seq, digest, head->chain);
		db_array_add(&columns[SHOPS], db_int4(head->shop_id));
		db_array_add(&columns[FIRSTS], db_int8(a->first_seqs[s]));
		db_array_add(&columns[LASTS], db_int8(head->seq));
		db_array_add(&columns[DIGESTS], db_bytes(digest, sizeof(digest)));
		db_array_add(&columns[SUBJECT_DIGESTS], db_bytes(subject_digest, sizeof(subject_digest)));
		db_array_add(&columns[CHAINS], db_bytes(head->chain, sizeof(head->chain)));
	}
	free(digests);
}

static bool write_batches(struct journal_work *a, const struct db_array *columns, struct err *e)
{
	struct db_value heads[] = {db_array_value(&columns[SHOPS]), db_array_value(&columns[LASTS]),
				   db_array_value(&columns[CHAINS])};
	struct db_result *result = NULL;
	if (!db_run(a->db, "journal_move_heads", heads, 3, &result, e))
		return false;
	int64_t moved = db_affected(result);
	db_result_free(result);
	if (moved != columns[SHOPS].count)
		return err_set(e, ERR_INTERNAL, "journal: %d heads were to move and %d did",
			       columns[SHOPS].count, (int)moved);
	struct db_value batches[BATCH_COLUMNS];
	for (int c = 0; c < BATCH_COLUMNS; c++)
		batches[c] = db_array_value(&columns[c]);
	return db_run(a->db, "journal_insert_batches", batches, BATCH_COLUMNS, NULL, e);
}

static bool append_new(struct journal_work *a, struct err *e)
{
	static const enum db_type types[BATCH_COLUMNS] = {DB_INT4,  DB_INT8,  DB_INT8,
							  DB_BYTEA, DB_BYTEA, DB_BYTEA};
	if (a->new_count == 0)
		return true;
	struct db_array columns[BATCH_COLUMNS];
	for (int c = 0; c < BATCH_COLUMNS; c++)
		db_array_init(&columns[c], types[c]);
	link_batches(a, columns);
	journal_work_sort(a); // digests needed entry order
	bool ok = journal_work_copy(a, "journal_copy_events", e);
	fail_point(FAIL_JOURNAL_ROWS_WRITTEN);
	ok = ok && write_batches(a, columns, e);
	for (int c = 0; c < BATCH_COLUMNS; c++)
		db_array_fini(&columns[c]);
	return ok;
}

bool journal_append(struct db *db, struct journal_entry *entries, size_t count, struct journal_head *heads,
		    size_t head_capacity, size_t *head_count, struct err *e)
{
	*head_count = 0;
	if (count == 0)
		return true;
	struct journal_work a;
	journal_work_init(&a, db, entries, count);
	bool ok = journal_lock_heads(db, a.shops, a.shop_count, a.heads, e) && find_known(&a, e);
	if (ok) {
		fail_point(FAIL_JOURNAL_HEADS_LOCKED);
		number_new(&a);
		ok = append_new(&a, e);
	}
	for (size_t s = 0; ok && s < a.shop_count; s++) {
		if (a.first_seqs[s] == 0)
			continue;
		assert(*head_count < head_capacity);
		heads[(*head_count)++] = a.heads[s];
	}
	journal_work_fini(&a);
	return ok;
}
