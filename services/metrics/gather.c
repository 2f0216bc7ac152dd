// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See gather.h.
#include "services/metrics/gather.h"

#include "utarg/v1/event.pb-c.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 500, CLIENT_FIRST = 20, CLIENT_LAST = 59 };

void gather_fini(struct gathered *gathered)
{
	for (size_t i = 0; i < gathered->count; i++)
		free(gathered->rows[i]);
	free(gathered->rows);
	*gathered = (struct gathered){0};
}

static bool is_setting(int16_t kind)
{
	return kind == UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED ||
	       kind == UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED ||
	       kind == UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED;
}

static bool is_wanted(const struct journal_row *row, int64_t from_ms, int64_t to_ms)
{
	if (row->kind >= CLIENT_FIRST && row->kind <= CLIENT_LAST)
		return row->event_time_ms >= from_ms && row->event_time_ms < to_ms;
	return is_setting(row->kind) || row->kind == UTARG__V1__EVENT__BODY_RATE_PUBLISHED ||
	       (row->kind >= UTARG__V1__EVENT__BODY_PURCHASE && row->kind <= UTARG__V1__EVENT__BODY_REFUND);
}

static struct slice move(struct slice from, uint8_t **place)
{
	struct slice to = {*place, from.size};
	if (from.size)
		memcpy(*place, from.data, from.size);
	*place += from.size;
	return to;
}

static void keep(struct gathered *gathered, const struct journal_row *row)
{
	size_t size = sizeof(*row) + row->visitor.size + row->customer.size + row->payload.size;
	struct journal_row *copy = malloc(size);
	assert(copy != NULL);
	*copy = *row;
	uint8_t *place = (uint8_t *)(copy + 1);
	copy->visitor = move(row->visitor, &place);
	copy->customer = move(row->customer, &place);
	copy->payload = move(row->payload, &place);
	copy->principal = copy->subject = (struct slice){0};
	if (gathered->count == gathered->capacity) {
		gathered->capacity = gathered->capacity * 2 + 1024;
		gathered->rows = realloc(gathered->rows, gathered->capacity * sizeof(*gathered->rows));
		assert(gathered->rows != NULL);
	}
	gathered->rows[gathered->count++] = copy;
	gathered->bytes += (int64_t)(size + sizeof(*gathered->rows));
}

static int by_time(const void *a, const void *b)
{
	const struct journal_row *x = *(struct journal_row *const *)a, *y = *(struct journal_row *const *)b;
	int order = is_setting(y->kind) - is_setting(x->kind);
	if (order == 0)
		order = (x->event_time_ms > y->event_time_ms) - (x->event_time_ms < y->event_time_ms);
	return order != 0 ? order : memcmp(x->event_id, y->event_id, UUID_SIZE);
}

bool gather_run(struct gathered *gathered, struct db *db, int32_t shop_id, int64_t epoch, int64_t head_seq,
		int64_t from_ms, int64_t to_ms, struct err *e)
{
	int64_t seq = 0;
	while (seq < head_seq) {
		struct journal_position from = {.shop_id = shop_id, .epoch = epoch, .seq = seq};
		struct journal_rows rows;
		if (!journal_read(db, &from, 1, ROWS_AT_ONCE, &rows, e))
			return false;
		size_t count = rows.count;
		for (size_t i = 0; i < count; i++) {
			seq = rows.rows[i].seq;
			if (is_wanted(&rows.rows[i], from_ms, to_ms))
				keep(gathered, &rows.rows[i]);
		}
		journal_rows_free(&rows);
		if (count == 0)
			return err_set(e, ERR_CONFLICT, "the journal ends at %lld, its head is %lld",
				       (long long)seq, (long long)head_seq);
		if (gathered->bytes > GATHER_BYTES_MAX)
			return err_set(e, ERR_TOO_MANY,
				       "these days hold too many events to compare: ask for fewer days");
	}
	if (gathered->count > 1)
		qsort(gathered->rows, gathered->count, sizeof(*gathered->rows), by_time);
	return true;
}
