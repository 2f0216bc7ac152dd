// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of the books of a day and of the names of its orders. See state.c for the rules.
#include "services/metrics/core/books.h"
#include "services/metrics/core/state.h"

#include <string.h>

enum row_bit { ROW_CANCELLED = 1, ROW_HERE = 2, ROW_AGREES = 4, ROW_OF_DAY = 8, ROW_BITS = 15 };

void digest_clear(void *entity)
{
	struct digest *digest = entity;
	vec_free(digest->rows);
	vec_free(digest->totals);
	digest->is_known = false;
}

size_t digest_bytes(const void *entity)
{
	const struct digest *digest = entity;
	return vec_bytes(digest->rows) + vec_bytes(digest->totals);
}

bool digest_is_empty(const void *entity)
{
	const struct digest *digest = entity;
	return !digest->is_known && !vec_count(digest->totals);
}

static void write_rows(const struct digest *digest, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(digest->rows));
	for (uint32_t i = 0; i < vec_count(digest->rows); i++) {
		const struct digest_row *row = &digest->rows->at[i];
		codec_put_text(w, row->order);
		codec_put_text(w, row->currency);
		codec_put_int(w, row->gross_minor);
		codec_put_uint(w, (row->is_cancelled ? ROW_CANCELLED : 0u) | (row->is_here ? ROW_HERE : 0u) |
					  (row->agrees ? ROW_AGREES : 0u) |
					  (row->is_of_day ? ROW_OF_DAY : 0u));
	}
}

void digest_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct digest *digest = entity;
	(void)fold;
	codec_put_uint(w, vec_count(digest->totals));
	for (uint32_t i = 0; i < vec_count(digest->totals); i++) {
		const struct digest_total *total = &digest->totals->at[i];
		codec_put_text(w, total->currency);
		codec_put_int(w, total->count);
		codec_put_int(w, total->gross_minor);
	}
	codec_put_uint(w, digest->is_known);
	if (!digest->is_known)
		return;
	state_put_moment(&digest->moment, w);
	codec_put_uint(w, digest->order_count);
	codec_put_int(w, digest->gross_minor);
	codec_put_text(w, digest->currency);
	write_rows(digest, w);
}

static void read_rows(struct digest *digest, struct codec_reader *r)
{
	uint32_t rows = codec_get_count(r, 4);
	for (uint32_t i = 0; i < rows && !r->broken; i++) {
		struct digest_row *row = vec_push(digest->rows);
		codec_get_text(r, row->order, sizeof(row->order));
		codec_get_text(r, row->currency, sizeof(row->currency));
		row->gross_minor = codec_get_int(r);
		uint64_t bits = codec_get_uint_max(r, ROW_BITS);
		row->is_cancelled = bits & ROW_CANCELLED;
		row->is_here = bits & ROW_HERE;
		row->agrees = bits & ROW_AGREES;
		row->is_of_day = bits & ROW_OF_DAY;
		if (!row->order[0] || (i && strcmp(row[-1].order, row->order) >= 0))
			r->broken = true;
	}
}

void digest_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct digest *digest = entity;
	(void)fold;
	uint32_t totals = codec_get_count(r, 4);
	for (uint32_t i = 0; i < totals && !r->broken; i++) {
		struct digest_total *total = vec_push(digest->totals);
		codec_get_text(r, total->currency, sizeof(total->currency));
		total->count = codec_get_int(r);
		total->gross_minor = codec_get_int(r);
		if (total->count <= 0 || total->count > INT32_MAX ||
		    (i && strcmp(total[-1].currency, total->currency) >= 0))
			r->broken = true;
	}
	digest->is_known = codec_get_uint_max(r, 1);
	if (!digest->is_known)
		return;
	state_get_moment(&digest->moment, r);
	digest->order_count = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	digest->gross_minor = codec_get_int(r);
	codec_get_text(r, digest->currency, sizeof(digest->currency));
	read_rows(digest, r);
}

void day_orders_clear(void *entity)
{
	vec_free(((struct day_orders *)entity)->orders);
}

size_t day_orders_bytes(const void *entity)
{
	return vec_bytes(((const struct day_orders *)entity)->orders);
}

bool day_orders_is_empty(const void *entity)
{
	return !vec_count(((const struct day_orders *)entity)->orders);
}

void day_orders_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct day_orders *part = entity;
	(void)fold;
	codec_put_uint(w, vec_count(part->orders));
	for (uint32_t i = 0; i < vec_count(part->orders); i++)
		codec_put_text(w, part->orders->at[i].id);
}

void day_orders_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct day_orders *part = entity;
	(void)fold;
	uint32_t orders = codec_get_count(r, 2);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		struct day_order *order = vec_push(part->orders);
		codec_get_text(r, order->id, sizeof(order->id));
		if (!order->id[0] || (i && strcmp(order[-1].id, order->id) >= 0))
			r->broken = true;
	}
}
