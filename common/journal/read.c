// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading ranges of many shops with one query, and checking that nothing is missing in them.
#include "common/journal/journal_internal.h"

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

static void take_row(const struct db_result *result, int row, int32_t shop_id, int64_t after_seq,
		     struct journal_row *out)
{
	*out = (struct journal_row){
		.shop_id = shop_id,
		.seq = db_get_int(result, row, SEQ),
		.after_seq = after_seq,
		.epoch = db_get_int(result, row, EPOCH),
		.head_seq = db_get_int(result, row, HEAD_SEQ),
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

// One row of the result, and where it belongs: by shop, then by seq.
struct place {
	const struct journal_position *from;
	int64_t seq; // -1: the shop has no row
	int row;
};

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->from->shop_id != y->from->shop_id)
		return x->from->shop_id < y->from->shop_id ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

// All rows in order. They come as the plan found them, which is nearly always in order.
static struct place *sort_rows(const struct db_result *result, const struct journal_position *positions)
{
	int count = db_rows(result);
	struct place *places = journal_alloc((size_t)count, sizeof(*places));
	bool sorted = true;
	for (int row = 0; row < count; row++) {
		places[row] = (struct place){
			.from = &positions[db_get_int(result, row, PLACE) - 1],
			.seq = db_is_null(result, row, SEQ) ? -1 : db_get_int(result, row, SEQ),
			.row = row,
		};
		sorted = sorted && (row == 0 || compare_places(&places[row - 1], &places[row]) < 0);
	}
	if (!sorted)
		qsort(places, (size_t)count, sizeof(*places), compare_places);
	return places;
}

// What one read wants of each shop, and what it has got.
struct read {
	const struct db_result *result;
	const struct place *places;
	int64_t quota; // seqs a shop
	bool all;      // rows of every kind are wanted
	struct journal_rows *out;
};

static bool lacks(const struct journal_position *from, int64_t seq, struct err *e)
{
	return err_set(e, ERR_INTERNAL, "the journal of shop %d lacks event %lld", (int)from->shop_id,
		       (long long)seq);
}

static bool ends(const struct read *read, const struct journal_row *last, int64_t after_seq,
		 const struct journal_position *from, int64_t head_seq, struct err *e)
{
	int64_t seq = last != NULL ? last->seq : after_seq;
	bool at_end = seq == head_seq || (seq - after_seq == read->quota && seq < head_seq);
	return at_end || (last != NULL && last->is_heavy) ||
	       err_set(e, ERR_INTERNAL, "the journal of shop %d ends at event %lld and its head is at %lld",
		       (int)from->shop_id, (long long)seq, (long long)head_seq);
}

// Takes the rows of one shop, beginning at places[*at], and leaves *at behind them.
static bool take_shop(const struct read *read, int *at, struct err *e)
{
	const struct db_result *result = read->result;
	const struct journal_position *from = read->places[*at].from;
	int first = read->places[*at].row, count = db_rows(result);
	int64_t head_seq = db_get_int(result, first, HEAD_SEQ);
	int64_t after_seq = db_get_int(result, first, EPOCH) == from->epoch ? from->seq : 0;
	struct journal_row *last = NULL;
	for (; *at < count && read->places[*at].from == from; (*at)++) {
		const struct place *place = &read->places[*at];
		int64_t next_seq = (last != NULL ? last->seq : after_seq) + 1;
		if (place->seq < 0 || (last != NULL && last->is_heavy))
			continue;
		if (read->all && place->seq != next_seq)
			return lacks(from, next_seq, e);
		last = &read->out->rows[read->out->count++];
		take_row(result, place->row, from->shop_id, after_seq, last);
	}
	return ends(read, last, after_seq, from, head_seq, e);
}

static bool run_read(struct db *db, const struct journal_position *positions, size_t count, size_t quota,
		     const struct journal_wish *wish, struct db_result **result, struct err *e)
{
	struct db_array shops, epochs, seqs, wanted;
	db_array_init(&shops, DB_INT4);
	db_array_init(&epochs, DB_INT8);
	db_array_init(&seqs, DB_INT8);
	db_array_init(&wanted, DB_INT2);
	for (size_t i = 0; i < count; i++) {
		db_array_add(&shops, db_int4(positions[i].shop_id));
		db_array_add(&epochs, db_int8(positions[i].epoch));
		db_array_add(&seqs, db_int8(positions[i].seq));
	}
	for (size_t i = 0; i < wish->kind_count; i++)
		db_array_add(&wanted, db_int2(wish->kinds[i]));
	struct db_value values[] = {db_array_value(&shops),
				    db_array_value(&epochs),
				    db_array_value(&seqs),
				    db_int8((int64_t)quota),
				    wish->kind_count > 0 ? db_array_value(&wanted) : DB_VALUE_NULL,
				    wish->light_bytes > 0 ? db_int4(wish->light_bytes) : DB_VALUE_NULL,
				    db_bool(wish->is_bare)};
	bool ok = db_run(db, "journal_read", values, 7, result, e);
	db_array_fini(&wanted);
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
	size_t quota = limit / count; // rows a shop: one with much to tell leaves room for the others
	if (!run_read(db, positions, count, quota, wish, &out->result, e))
		return false;
	struct place *places = sort_rows(out->result, positions);
	struct read read = {out->result, places, (int64_t)quota, wish->kind_count == 0, out};
	out->rows = journal_alloc((size_t)db_rows(out->result), sizeof(*out->rows));
	bool ok = true;
	for (int at = 0; ok && at < db_rows(out->result);)
		ok = take_shop(&read, &at, e);
	free(places);
	if (!ok)
		journal_rows_free(out);
	return ok;
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
