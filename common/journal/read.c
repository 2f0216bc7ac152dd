// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading ranges of many shops with one query, and checking that nothing is missing in them.
#include "common/journal/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum column {
	PLACE,
	EPOCH,
	HEAD_SEQ,
	SEQ,
	EVENT_ID,
	KIND,
	EVENT_TIME,
	RECEIVED_AT,
	ORIGIN,
	PRINCIPAL,
	VISITOR,
	CUSTOMER,
	SUBJECT,
	PAYLOAD,
};

static struct slice blob(const struct db_result *result, int row, int column)
{
	return db_is_null(result, row, column) ? (struct slice){0} : db_get_bytes(result, row, column);
}

// What one read has found of one shop. Seqs have no gaps, so a row's place is its distance from the range's
// begin: rows need no sorting, in whatever order the plan gave them.
struct range {
	const struct journal_position *from; // NULL: there is no such shop
	int64_t epoch, head_seq;             // as the read saw them
	int64_t after_seq;
	int *rows; // numbers of the result's rows + 1; 0: not there
	size_t size;
};

static void take_row(const struct db_result *result, int row, const struct range *range,
		     struct journal_row *out)
{
	*out = (struct journal_row){
		.shop_id = range->from->shop_id,
		.seq = db_get_int(result, row, SEQ),
		.after_seq = range->after_seq,
		.epoch = range->epoch,
		.head_seq = range->head_seq,
		.kind = (int16_t)db_get_int(result, row, KIND),
		.event_time_ms = db_get_time_ms(result, row, EVENT_TIME),
		.received_at_ms = db_get_time_ms(result, row, RECEIVED_AT),
		.origin = (int16_t)db_get_int(result, row, ORIGIN),
		.principal = blob(result, row, PRINCIPAL),
		.visitor = blob(result, row, VISITOR),
		.customer = blob(result, row, CUSTOMER),
		.subject = blob(result, row, SUBJECT),
		.payload = blob(result, row, PAYLOAD),
		.is_heavy = db_is_null(result, row, PAYLOAD),
	};
	memcpy(out->event_id, db_get_bytes(result, row, EVENT_ID).data, UUID_SIZE);
}

static void begin_range(const struct db_result *result, int row, const struct journal_position *from,
			struct range *range)
{
	range->from = from;
	range->epoch = db_get_int(result, row, EPOCH);
	range->head_seq = db_get_int(result, row, HEAD_SEQ);
	range->after_seq = range->epoch == from->epoch ? from->seq : 0;
}

// Puts all rows in their places.
static void place_rows(const struct db_result *result, const struct journal_position *positions,
		       struct range *ranges)
{
	for (int row = 0; row < db_rows(result); row++) {
		size_t place = (size_t)db_get_int(result, row, PLACE) - 1;
		struct range *range = &ranges[place];
		if (range->from == NULL)
			begin_range(result, row, &positions[place], range);
		if (db_is_null(result, row, SEQ))
			continue;
		size_t distance = (size_t)(db_get_int(result, row, SEQ) - range->after_seq) - 1;
		assert(distance < range->size);
		range->rows[distance] = row + 1;
	}
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int64_t left = x->from != NULL ? x->from->shop_id : INT64_MAX;
	int64_t right = y->from != NULL ? y->from->shop_id : INT64_MAX;
	return (left > right) - (left < right);
}

// Whether the journal of the shop may end with the last row taken.
static bool check_end(const struct range *range, const struct journal_row *last, bool all, struct err *e)
{
	int64_t seq = last != NULL ? last->seq : range->after_seq;
	size_t distance = (size_t)(seq - range->after_seq);
	if (seq == range->head_seq || (distance == range->size && seq < range->head_seq) ||
	    (last != NULL && last->is_heavy))
		return true;
	for (size_t i = distance; all && i < range->size; i++)
		if (range->rows[i] != 0)
			return err_set(e, ERR_INTERNAL, "the journal of shop %d lacks event %lld",
				       (int)range->from->shop_id, (long long)seq + 1);
	return err_set(e, ERR_INTERNAL, "the journal of shop %d ends at event %lld and its head is at %lld",
		       (int)range->from->shop_id, (long long)seq, (long long)range->head_seq);
}

// all: rows of every kind are wanted, so none may be missing.
static bool take_range(const struct db_result *result, const struct range *range, bool all,
		       struct journal_rows *out, struct err *e)
{
	struct journal_row *last = NULL;
	for (size_t i = 0; i < range->size && (last == NULL || !last->is_heavy); i++) {
		if (range->rows[i] == 0 && all)
			break;
		if (range->rows[i] == 0)
			continue;
		last = &out->rows[out->count++];
		take_row(result, range->rows[i] - 1, range, last);
	}
	return check_end(range, last, all, e);
}

static size_t limit_of(const struct journal_wish *wish, size_t place, size_t share)
{
	return wish->limits != NULL ? wish->limits[place] : share;
}

static bool take_rows(const struct journal_position *positions, size_t count, const struct journal_wish *wish,
		      size_t share, struct journal_rows *out, struct err *e)
{
	struct range *ranges = journal_alloc(count, sizeof(*ranges));
	size_t all_rows = 0;
	for (size_t i = 0; i < count; i++)
		all_rows += limit_of(wish, i, share);
	int *rows = journal_alloc(all_rows, sizeof(*rows)), *next = rows;
	bool ok = true;
	for (size_t i = 0; i < count; next += ranges[i++].size)
		ranges[i] = (struct range){.rows = next, .size = limit_of(wish, i, share)};
	place_rows(out->result, positions, ranges);
	qsort(ranges, count, sizeof(*ranges), compare_ranges);
	out->rows = journal_alloc((size_t)db_rows(out->result), sizeof(*out->rows));
	for (size_t i = 0; ok && i < count && ranges[i].from != NULL; i++)
		ok = take_range(out->result, &ranges[i], wish->kind_count == 0, out, e);
	free(rows);
	free(ranges);
	return ok;
}

static bool run_read(struct db *db, const struct journal_position *positions, size_t count, size_t share,
		     const struct journal_wish *wish, struct db_result **result, struct err *e)
{
	struct db_array shops, epochs, seqs, limits, wanted;
	db_array_init(&shops, DB_INT4);
	db_array_init(&epochs, DB_INT8);
	db_array_init(&seqs, DB_INT8);
	db_array_init(&limits, DB_INT8);
	db_array_init(&wanted, DB_INT2);
	for (size_t i = 0; i < count; i++) {
		db_array_add(&shops, db_int4(positions[i].shop_id));
		db_array_add(&epochs, db_int8(positions[i].epoch));
		db_array_add(&seqs, db_int8(positions[i].seq));
		db_array_add(&limits, db_int8((int64_t)limit_of(wish, i, share)));
	}
	for (size_t i = 0; i < wish->kind_count; i++)
		db_array_add(&wanted, db_int2(wish->kinds[i]));
	struct db_value values[] = {db_array_value(&shops),
				    db_array_value(&epochs),
				    db_array_value(&seqs),
				    db_array_value(&limits),
				    wish->kind_count > 0 ? db_array_value(&wanted) : DB_VALUE_NULL,
				    wish->light_bytes > 0 ? db_int4(wish->light_bytes) : DB_VALUE_NULL,
				    db_bool(wish->is_bare)};
	bool ok = db_run(db, "journal_read", values, 7, result, e);
	db_array_fini(&wanted);
	db_array_fini(&limits);
	db_array_fini(&seqs);
	db_array_fini(&epochs);
	db_array_fini(&shops);
	return ok;
}

bool journal_read_wish(struct db *db, const struct journal_position *positions, size_t position_count,
		       const struct journal_wish *wish, size_t limit, struct journal_rows *out, struct err *e)
{
	*out = (struct journal_rows){0};
	size_t count = position_count < limit ? position_count : limit;
	if (count == 0)
		return true;
	size_t share = limit / count; // rows a shop: one with much to tell leaves room for the others
	if (!run_read(db, positions, count, share, wish, &out->result, e))
		return false;
	if (take_rows(positions, count, wish, share, out, e))
		return true;
	journal_rows_free(out);
	return false;
}

bool journal_read(struct db *db, const struct journal_position *positions, size_t position_count,
		  size_t limit, struct journal_rows *out, struct err *e)
{
	return journal_read_wish(db, positions, position_count, &(struct journal_wish){0}, limit, out, e);
}

void journal_rows_free(struct journal_rows *rows)
{
	free(rows->rows);
	db_result_free(rows->result);
	*rows = (struct journal_rows){0};
}
