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

static void take_row(const struct db_result *result, int row, int32_t shop_id, struct journal_row *out)
{
	*out = (struct journal_row){
		.shop_id = shop_id,
		.seq = db_get_int(result, row, SEQ),
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
	};
	memcpy(out->event_id, db_get_bytes(result, row, EVENT_ID).data, UUID_SIZE);
}

// Takes the rows of one shop, beginning at *row, and leaves *row behind them.
static bool take_shop(const struct db_result *result, int *row, const struct journal_position *positions,
		      size_t quota, struct journal_rows *out, struct err *e)
{
	int64_t place = db_get_int(result, *row, PLACE);
	const struct journal_position *from = &positions[place - 1];
	int64_t head_seq = db_get_int(result, *row, HEAD_SEQ);
	int64_t seq = db_get_int(result, *row, EPOCH) == from->epoch ? from->seq : 0;
	size_t taken = 0;
	for (; *row < db_rows(result) && db_get_int(result, *row, PLACE) == place; (*row)++) {
		if (db_is_null(result, *row, SEQ))
			continue;
		take_row(result, *row, from->shop_id, &out->rows[out->count]);
		if (out->rows[out->count].seq != seq + 1)
			return err_set(e, ERR_INTERNAL, "the journal of shop %d lacks event %lld",
				       (int)from->shop_id, (long long)seq + 1);
		seq++;
		taken++;
		out->count++;
	}
	if (taken < quota && seq != head_seq)
		return err_set(e, ERR_INTERNAL,
			       "the journal of shop %d ends at event %lld and its head is at %lld",
			       (int)from->shop_id, (long long)seq, (long long)head_seq);
	return true;
}

static bool run_read(struct db *db, const struct journal_position *positions, size_t count, size_t quota,
		     struct db_result **result, struct err *e)
{
	struct db_array shops, epochs, seqs;
	db_array_init(&shops, DB_INT4);
	db_array_init(&epochs, DB_INT8);
	db_array_init(&seqs, DB_INT8);
	for (size_t i = 0; i < count; i++) {
		db_array_add(&shops, db_int4(positions[i].shop_id));
		db_array_add(&epochs, db_int8(positions[i].epoch));
		db_array_add(&seqs, db_int8(positions[i].seq));
	}
	struct db_value values[] = {db_array_value(&shops), db_array_value(&epochs), db_array_value(&seqs),
				    db_int8((int64_t)quota)};
	bool ok = db_run(db, "journal_read", values, 4, result, e);
	db_array_fini(&seqs);
	db_array_fini(&epochs);
	db_array_fini(&shops);
	return ok;
}

bool journal_read(struct db *db, const struct journal_position *positions, size_t position_count,
		  size_t limit, struct journal_rows *out, struct err *e)
{
	*out = (struct journal_rows){0};
	size_t count = position_count < limit ? position_count : limit;
	if (count == 0)
		return true;
	size_t quota = limit / count; // rows a shop: one with much to tell leaves room for the others
	if (!run_read(db, positions, count, quota, &out->result, e))
		return false;
	out->rows = journal_alloc((size_t)db_rows(out->result), sizeof(*out->rows));
	int row = 0;
	while (row < db_rows(out->result)) {
		if (!take_shop(out->result, &row, positions, quota, out, e)) {
			journal_rows_free(out);
			return false;
		}
	}
	return true;
}

void journal_rows_free(struct journal_rows *rows)
{
	free(rows->rows);
	db_result_free(rows->result);
	*rows = (struct journal_rows){0};
}
