// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Verification: recomputes a shop's chain from its rows, page by page, in bounded memory. It shares the
// digest code with append and nothing else.
#include "common/journal/journal_internal.h"

#include <stdlib.h>
#include <string.h>

// 200 rows of at most 64 KiB payload and 8 KiB subject: 15 MB at worst.
enum { BATCHES_PAGE = 1000, ROWS_PAGE = 200 };

enum batch_column { BATCH_FIRST, BATCH_LAST, BATCH_DIGEST, BATCH_SUBJECT_DIGEST, BATCH_CHAIN };
enum row_column {
	ROW_SEQ,
	ROW_ID,
	ROW_KIND,
	ROW_EVENT_TIME,
	ROW_RECEIVED_AT,
	ROW_PRINCIPAL,
	ROW_ORIGIN,
	ROW_VISITOR,
	ROW_CUSTOMER,
	ROW_SUBJECT,
	ROW_PAYLOAD,
};

// A page of a table that is read in seq order; `after` is the last key seen.
struct pages {
	const char *statement;
	int size;
	int key_column;
	struct db_result *result;
	int at;
	int64_t after;
	bool ended;
};

struct verify {
	struct db *db;
	int32_t shop_id;
	struct pages batches, rows;
	uint8_t chain[JOURNAL_DIGEST_SIZE];
	int64_t seq; // verified so far
};

// Stands *there on the next row (result, at), or sets it false at the end.
static bool pages_next(struct pages *pages, struct verify *v, bool *there, struct err *e)
{
	if (pages->result != NULL && pages->at + 1 < db_rows(pages->result)) {
		pages->at++;
	} else if (!pages->ended) {
		db_result_free(pages->result);
		pages->result = NULL;
		struct db_value values[] = {db_int4(v->shop_id), db_int8(pages->after), db_int8(pages->size)};
		if (!db_run(v->db, pages->statement, values, 3, &pages->result, e))
			return false;
		pages->at = 0;
		pages->ended = db_rows(pages->result) < pages->size;
		if (db_rows(pages->result) == 0) {
			*there = false;
			return true;
		}
	} else {
		*there = false;
		return true;
	}
	pages->after = db_get_int(pages->result, pages->at, pages->key_column);
	*there = true;
	return true;
}

static struct slice blob(const struct pages *pages, int column)
{
	if (db_is_null(pages->result, pages->at, column))
		return (struct slice){0};
	return db_get_bytes(pages->result, pages->at, column);
}

static int64_t number(const struct pages *pages, int column)
{
	return db_get_int(pages->result, pages->at, column);
}

static bool is_digest(const struct pages *pages, int column, const uint8_t digest[JOURNAL_DIGEST_SIZE])
{
	struct slice stored = blob(pages, column);
	return stored.size == JOURNAL_DIGEST_SIZE && memcmp(stored.data, digest, JOURNAL_DIGEST_SIZE) == 0;
}

static void add_row(const struct pages *rows, struct journal_digest *digest, struct journal_digest *subjects)
{
	int64_t seq = number(rows, ROW_SEQ);
	journal_digest_row(digest, seq, blob(rows, ROW_ID).data, (int16_t)number(rows, ROW_KIND),
			   db_get_time_ms(rows->result, rows->at, ROW_EVENT_TIME),
			   db_get_time_ms(rows->result, rows->at, ROW_RECEIVED_AT), blob(rows, ROW_PRINCIPAL),
			   (int16_t)number(rows, ROW_ORIGIN), blob(rows, ROW_PAYLOAD));
	journal_digest_subject(subjects, seq, blob(rows, ROW_VISITOR), blob(rows, ROW_CUSTOMER),
			       blob(rows, ROW_SUBJECT));
}

static bool at_fault(const struct verify *v, int64_t first, int64_t last, struct err *e, const char *why)
{
	return err_set(e, ERR_CONFLICT, "shop %d, batch %lld..%lld: %s", (int)v->shop_id, (long long)first,
		       (long long)last, why);
}

static bool digest_rows(struct verify *v, int64_t first, int64_t last, struct journal_digest *digest,
			struct journal_digest *subjects, struct err *e)
{
	for (int64_t seq = first; seq <= last; seq++) {
		bool there;
		if (!pages_next(&v->rows, v, &there, e))
			return false;
		if (!there || number(&v->rows, ROW_SEQ) != seq)
			return err_set(e, ERR_CONFLICT, "shop %d, batch %lld..%lld: event %lld is missing",
				       (int)v->shop_id, (long long)first, (long long)last, (long long)seq);
		add_row(&v->rows, digest, subjects);
	}
	return true;
}

static bool verify_batch(struct verify *v, struct err *e)
{
	int64_t first = number(&v->batches, BATCH_FIRST), last = number(&v->batches, BATCH_LAST);
	if (first != v->seq + 1 || last < first)
		return at_fault(v, first, last, e, "it does not follow the batch before it");
	struct journal_digest rows, subjects;
	journal_digest_init(&rows);
	journal_digest_init(&subjects);
	if (!digest_rows(v, first, last, &rows, &subjects, e))
		return false;
	uint8_t digest[JOURNAL_DIGEST_SIZE], subject_digest[JOURNAL_DIGEST_SIZE], chain[JOURNAL_DIGEST_SIZE];
	journal_digest_final(&rows, digest);
	journal_digest_final(&subjects, subject_digest);
	journal_chain(v->chain, first, last, digest, chain);
	if (!is_digest(&v->batches, BATCH_DIGEST, digest))
		return at_fault(v, first, last, e, "its events are not those that were accepted");
	if (!is_digest(&v->batches, BATCH_SUBJECT_DIGEST, subject_digest))
		return at_fault(v, first, last, e, "its subjects are not those that were accepted");
	if (!is_digest(&v->batches, BATCH_CHAIN, chain))
		return at_fault(v, first, last, e, "the chain breaks here");
	memcpy(v->chain, chain, sizeof(chain));
	v->seq = last;
	return true;
}

static bool read_head(struct verify *v, struct journal_head *head, struct err *e)
{
	*head = (struct journal_head){.shop_id = v->shop_id};
	struct db_value values[] = {db_int4(v->shop_id)};
	struct db_result *result = NULL;
	if (!db_run(v->db, "journal_head", values, 1, &result, e))
		return false;
	bool ok = db_rows(result) == 1
			  ? journal_head_from(result, 0, 0, head, e)
			  : err_set(e, ERR_UNKNOWN_SHOP, "there is no journal of shop %d", (int)v->shop_id);
	db_result_free(result);
	return ok;
}

// Rows outside of all batches.
static bool verify_strays(const struct verify *v, struct err *e)
{
	struct db_value values[] = {db_int4(v->shop_id), db_int8(v->seq)};
	struct db_result *result = NULL;
	if (!db_run(v->db, "journal_strays", values, 2, &result, e))
		return false;
	bool ok = db_is_null(result, 0, 0) ||
		  err_set(e, ERR_CONFLICT, "shop %d: event %lld belongs to no batch", (int)v->shop_id,
			  (long long)db_get_int(result, 0, 0));
	db_result_free(result);
	return ok;
}

static bool verify_end(const struct verify *v, const struct journal_head *head, struct err *e)
{
	if (!verify_strays(v, e))
		return false;
	if (head->seq != v->seq || memcmp(head->chain, v->chain, JOURNAL_DIGEST_SIZE) != 0)
		return err_set(e, ERR_CONFLICT,
			       "shop %d: the head is at event %lld and the last batch ends at %lld%s",
			       (int)v->shop_id, (long long)head->seq, (long long)v->seq,
			       head->seq == v->seq ? " with another chain" : "");
	return true;
}

bool journal_verify(struct db *db, int32_t shop_id, const char *slug, int64_t *last_seq,
		    void (*progress)(void *arg, int64_t seq, int64_t head_seq), void *arg, struct err *e)
{
	struct verify v = {
		.db = db,
		.shop_id = shop_id,
		.batches = {.statement = "journal_batches",
			    .size = BATCHES_PAGE,
			    .key_column = BATCH_LAST,
			    .after = INT64_MIN},
		.rows = {.statement = "journal_range", .size = ROWS_PAGE, .key_column = ROW_SEQ},
	};
	journal_genesis(slug, v.chain);
	struct journal_head head;
	bool there = true;
	bool ok = read_head(&v, &head, e);
	while (ok && (ok = pages_next(&v.batches, &v, &there, e)) && there) {
		ok = verify_batch(&v, e);
		if (ok && progress != NULL)
			progress(arg, v.seq, head.seq);
	}
	ok = ok && verify_end(&v, &head, e);
	db_result_free(v.batches.result);
	db_result_free(v.rows.result);
	if (last_seq != NULL)
		*last_seq = v.seq;
	return ok;
}
