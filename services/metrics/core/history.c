// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See history.h; reading rows again is history_read.c. Keys are numbers that depend on who was met first, so
// a row is written with texts, in the order of texts.
#include "services/metrics/core/history.h"

#include "services/metrics/core/vec.h"

#include <stdlib.h>
#include <string.h>

struct item { // of the event under way; equal ones are netted
	int64_t day_ms, level;
	money_sum amount;
	uint32_t key;   // dims, or a key where there is a dimension
	uint32_t place; // of the tuple or the text in the row
	uint16_t measure;
	uint8_t dimension;
};

struct tuple {
	uint32_t dims;
	uint32_t text[INTERN_DIMS]; // index + 1, 0: none
};

struct history_book {
	const struct intern *intern;
	struct item *items;
	size_t count, capacity;
	VEC(uint32_t) * texts;      // of the row under way, by text
	VEC(struct tuple) * tuples; // by text
	struct codec_writer bytes;  // of all rows
	struct fold_history *rows;  // whose slices are put right when they are told
	size_t row_count, row_capacity;
};

struct history_book *history_create(const struct intern *intern)
{
	struct history_book *history = memory_get(sizeof(*history));
	history->intern = intern;
	return history;
}

void history_destroy(struct history_book *history)
{
	if (!history)
		return;
	memory_free(history->items);
	vec_free(history->texts);
	vec_free(history->tuples);
	memory_free(history->bytes.bytes);
	memory_free(history->rows);
	memory_free(history);
}

void history_add(struct history_book *history, int64_t day_ms, const struct tally_key *key, money_sum amount)
{
	if (history->count == history->capacity) {
		history->capacity = history->capacity * 2 + 64;
		history->items = memory_resize(history->items, history->capacity * sizeof(*history->items));
	}
	history->items[history->count++] = (struct item){.day_ms = day_ms,
							 .level = key->level,
							 .amount = amount,
							 .key = key->key,
							 .measure = key->measure,
							 .dimension = key->dimension};
}

// ---- netting ----

static int order_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_key(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = order_int(x->day_ms, y->day_ms);
	order = order ? order : order_int(x->dimension, y->dimension);
	order = order ? order : order_int(x->measure, y->measure);
	order = order ? order : order_int(x->level, y->level);
	return order ? order : order_int(x->key, y->key);
}

static void net(struct history_book *history)
{
	size_t kept = 0;
	qsort(history->items, history->count, sizeof(*history->items), by_key);
	for (size_t i = 0; i < history->count; i++) {
		struct item *last = kept ? &history->items[kept - 1] : NULL;
		if (last && by_key(last, &history->items[i]) == 0) {
			last->amount += history->items[i].amount;
			continue;
		}
		if (last && !last->amount)
			kept--;
		history->items[kept++] = history->items[i];
	}
	if (kept && !history->items[kept - 1].amount)
		kept--;
	history->count = kept;
}

// ---- texts and tuples of a row ----

static uint32_t text_place(struct history_book *history, uint32_t key, bool add)
{
	const char *text = intern_text(history->intern, key);
	uint32_t low = 0, high = vec_count(history->texts);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (strcmp(intern_text(history->intern, history->texts->at[middle]), text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!add || (low < vec_count(history->texts) && history->texts->at[low] == key))
		return low;
	uint32_t *place = vec_insert(history->texts, low);
	*place = key;
	return low;
}

static void add_texts(struct history_book *history, const struct item *item)
{
	if (item->dimension) {
		text_place(history, item->key, true);
		return;
	}
	const struct dims *dims = intern_dims_at(history->intern, item->key);
	for (int d = 0; d < INTERN_DIMS; d++)
		if (dims->key[d])
			text_place(history, dims->key[d], true);
}

static uint32_t tuple_place(struct history_book *history, uint32_t dims)
{
	struct tuple tuple = {.dims = dims};
	const struct dims *keys = intern_dims_at(history->intern, dims);
	uint32_t i = 0;
	int order = 1;
	for (int d = 0; d < INTERN_DIMS; d++)
		tuple.text[d] = keys->key[d] ? text_place(history, keys->key[d], false) + 1 : 0;
	for (; i < vec_count(history->tuples); i++) {
		const struct tuple *at = &history->tuples->at[i];
		order = 0;
		for (int d = 0; d < INTERN_DIMS && !order; d++)
			order = order_int(tuple.text[d], at->text[d]);
		if (order <= 0)
			break;
	}
	if (i < vec_count(history->tuples) && order == 0)
		return i;
	struct tuple *place = vec_insert(history->tuples, i);
	*place = tuple;
	return i;
}

// All texts, then all tuples are known before a place is final.
static void place_items(struct history_book *history, struct item *items, size_t count)
{
	vec_clear(history->texts);
	vec_clear(history->tuples);
	for (size_t i = 0; i < count; i++)
		add_texts(history, &items[i]);
	for (size_t i = 0; i < count; i++)
		if (!items[i].dimension)
			tuple_place(history, items[i].key);
	for (size_t i = 0; i < count; i++)
		items[i].place = items[i].dimension ? text_place(history, items[i].key, false)
						    : tuple_place(history, items[i].key);
}

// ---- writing ----

static int by_place(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = order_int(x->dimension != 0, y->dimension != 0);
	order = order ? order : order_int(x->measure, y->measure);
	order = order ? order : order_int(x->level, y->level);
	order = order ? order : order_int(x->dimension, y->dimension);
	return order ? order : order_int(x->place, y->place);
}

static void put_amount(struct codec_writer *w, money_sum amount)
{
	history_amount rest = (history_amount)amount << 1;
	if (amount < 0)
		rest = ~rest;
	uint8_t bytes[19];
	size_t size = 0;
	for (; rest >= 0x80; rest >>= 7)
		bytes[size++] = (uint8_t)(rest | 0x80);
	bytes[size++] = (uint8_t)rest;
	codec_put_raw(w, bytes, size);
}

static void put_lists(const struct history_book *history, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(history->texts));
	for (uint32_t i = 0; i < vec_count(history->texts); i++)
		codec_put_text(w, intern_text(history->intern, history->texts->at[i]));
	codec_put_uint(w, vec_count(history->tuples));
	for (uint32_t i = 0; i < vec_count(history->tuples); i++)
		for (int d = 0; d < INTERN_DIMS; d++)
			codec_put_uint(w, history->tuples->at[i].text[d]);
}

static void put_items(struct codec_writer *w, const struct item *items, size_t count, bool cells)
{
	codec_put_uint(w, count);
	for (size_t i = 0; i < count; i++) {
		codec_put_uint(w, items[i].measure);
		if (cells)
			codec_put_uint(w, items[i].dimension);
		else
			codec_put_int(w, items[i].level);
		codec_put_uint(w, items[i].place);
		put_amount(w, items[i].amount);
	}
}

static void add_row(struct history_book *history, const struct fold_history *row)
{
	if (history->row_count == history->row_capacity) {
		history->row_capacity = history->row_capacity * 2 + 16;
		history->rows = memory_resize(history->rows, history->row_capacity * sizeof(*history->rows));
	}
	history->rows[history->row_count++] = *row;
}

// The changes of one day.
static void write_row(struct history_book *history, struct item *items, size_t count,
		      const struct fact_stamp *stamp, int64_t grace_day_ms)
{
	size_t from = history->bytes.size, facts = 0;
	bool is_late = stamp->reason == FOLD_NEW && items[0].day_ms != grace_day_ms;
	place_items(history, items, count);
	qsort(items, count, sizeof(*items), by_place);
	while (facts < count && !items[facts].dimension)
		facts++;
	put_lists(history, &history->bytes);
	put_items(&history->bytes, items, facts, false);
	put_items(&history->bytes, items + facts, count - facts, true);
	add_row(history, &(struct fold_history){.seq = stamp->revision,
						.received_at_ms = stamp->received_at_ms,
						.day_ms = items[0].day_ms,
						.reason = is_late ? FOLD_LATE : stamp->reason,
						.changes = {NULL, history->bytes.size - from}});
}

void history_settle(struct history_book *history, const struct fact_stamp *stamp, int64_t grace_day_ms)
{
	if (!history->count)
		return;
	net(history);
	for (size_t i = 0, next; i < history->count; i = next) {
		next = i + 1;
		while (next < history->count && history->items[next].day_ms == history->items[i].day_ms)
			next++;
		write_row(history, &history->items[i], next - i, stamp, grace_day_ms);
	}
	history->count = 0;
}

size_t history_rows(struct history_book *history, const struct fold_history **out)
{
	size_t offset = 0;
	for (size_t i = 0; i < history->row_count; i++) {
		history->rows[i].changes.data = history->bytes.bytes + offset;
		offset += history->rows[i].changes.size;
	}
	*out = history->rows;
	return history->row_count;
}

void history_clear(struct history_book *history)
{
	history->count = 0;
	history->row_count = 0;
	history->bytes.size = 0;
}

size_t history_bytes(const struct history_book *history)
{
	return sizeof(*history) + history->capacity * sizeof(*history->items) + history->bytes.capacity +
	       history->row_capacity * sizeof(*history->rows);
}
