// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/books.h"

#include "services/metrics/core/inner.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct zone_date day_zero = {1970, 1, 1};

// ---- days, parts, views ----

void books_key(int32_t day, char out[BOOKS_KEY_SIZE])
{
	struct zone_date date = zone_date_add(day_zero, day);
	snprintf(out, BOOKS_KEY_SIZE, "%04u-%02u-%02u", (unsigned)date.year % 10000,
		 (unsigned)date.month % 100, (unsigned)date.day % 100);
}

void books_part_key(int32_t day, unsigned part, char out[BOOKS_KEY_SIZE])
{
	char date[BOOKS_KEY_SIZE];
	books_key(day, date);
	snprintf(out, BOOKS_KEY_SIZE, "%.10s#%02x", date, part % BOOKS_PARTS);
}

// Stands in stored keys: it must never change (FNV-1a).
unsigned books_part_of(const char *id)
{
	uint32_t hash = 2166136261u;
	for (; *id; id++)
		hash = (hash ^ (uint8_t)*id) * 16777619u;
	return (hash ^ hash >> 16) % BOOKS_PARTS;
}

// Modulo 2^64: what is added can be taken away again, whatever the amounts are.
static int64_t add_minor(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

struct order_view books_view(const struct fold *fold, const struct order *order)
{
	struct order_view view = {.is_known = order_is_known(order)};
	const struct order_amounts *amounts = &order->content.amounts;
	if (!view.is_known)
		return view;
	view.is_cancelled = order_is_cancelled(order, NULL);
	view.day = fold_day(fold, order_placed_ms(order));
	view.gross_minor = add_minor(add_minor(amounts->after_net, amounts->shipping_net), amounts->tax);
	text_copy(view.currency, sizeof(view.currency),
		  order->content.currency[0] ? order->content.currency : fold->currency);
	return view;
}

static bool same_view(const struct order_view *a, const struct order_view *b)
{
	return a->is_known == b->is_known && a->is_cancelled == b->is_cancelled && a->day == b->day &&
	       a->gross_minor == b->gross_minor && strcmp(a->currency, b->currency) == 0;
}

static int32_t digest_day(const struct digest *digest)
{
	struct zone_date date = day_zero;
	char text[BOOKS_KEY_SIZE] = "";
	struct slice key = entity_key(&digest->entity);
	memcpy(text, key.data, key.size < sizeof(text) ? key.size : sizeof(text) - 1);
	(void)zone_date_parse(text, &date);
	return (int32_t)zone_date_days(date);
}

static struct digest *find_digest(const struct fold *fold, int32_t day)
{
	char key[BOOKS_KEY_SIZE];
	books_key(day, key);
	void *found = entity_find(fold->table, FOLD_DIGEST, slice_of(key));
	assert(found);
	return found;
}

static struct day_orders *find_part(const struct fold *fold, int32_t day, const char *id)
{
	char key[BOOKS_KEY_SIZE];
	books_part_key(day, books_part_of(id), key);
	void *found = entity_find(fold->table, FOLD_DAY_ORDERS, slice_of(key));
	assert(found);
	return found;
}

static void need_digest(const struct fold *fold, int32_t day)
{
	char key[BOOKS_KEY_SIZE];
	books_key(day, key);
	closure_need(fold, FOLD_DIGEST, key, ENTITY_CHANGE);
}

static void need_day(const struct fold *fold, int32_t day, const char *id)
{
	char key[BOOKS_KEY_SIZE];
	need_digest(fold, day);
	books_part_key(day, books_part_of(id), key);
	closure_need(fold, FOLD_DAY_ORDERS, key, 0);
}

void books_need(const struct fold *fold, const struct order *order, const char *id, int64_t placed_ms)
{
	const struct order_life *life = &order->life;
	if (life->view.is_known)
		need_day(fold, life->view.day, id);
	need_day(fold, fold_day(fold, placed_ms), id);
	for (uint32_t i = 0; i < vec_count(life->digests); i++)
		need_digest(fold, life->digests->at[i].day);
}

// ---- an order in the books ----

static void add_total(struct digest *digest, const struct order_view *view, int sign)
{
	uint32_t i = 0;
	while (i < vec_count(digest->totals) && strcmp(digest->totals->at[i].currency, view->currency) < 0)
		i++;
	if (i == vec_count(digest->totals) || strcmp(digest->totals->at[i].currency, view->currency) != 0) {
		struct digest_total *added = vec_insert(digest->totals, i);
		text_copy(added->currency, sizeof(added->currency), view->currency);
	}
	struct digest_total *total = &digest->totals->at[i];
	total->count += sign;
	total->gross_minor = add_minor(total->gross_minor,
				       sign > 0 ? view->gross_minor : add_minor(~view->gross_minor, 1));
	if (!total->count)
		vec_remove(digest->totals, i);
}

static void put_name(struct fold *fold, int32_t day, const char *id, bool in)
{
	struct day_orders *part = find_part(fold, day, id);
	uint32_t i = 0;
	while (i < vec_count(part->orders) && strcmp(part->orders->at[i].id, id) < 0)
		i++;
	bool there = i < vec_count(part->orders) && strcmp(part->orders->at[i].id, id) == 0;
	if (there == in)
		return;
	if (in) {
		struct day_order *added = vec_insert(part->orders, i);
		text_copy(added->id, sizeof(added->id), id);
	} else {
		vec_remove(part->orders, i);
	}
	fold_dirty(fold, &part->entity);
}

// The first of the digest's rows that is not before the order.
static uint32_t row_lower(const struct digest *digest, const char *id)
{
	uint32_t from = 0, to = vec_count(digest->rows);
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;
		if (strcmp(digest->rows->at[middle].order, id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool has_row(const struct digest *digest, uint32_t index, const char *id)
{
	return index < vec_count(digest->rows) && strcmp(digest->rows->at[index].order, id) == 0;
}

static void stand_in(struct digest_row *row, int32_t day, const struct order_view *view)
{
	row->is_here = view->is_known;
	row->is_of_day = view->is_known && view->day == day;
	row->agrees = view->is_known && view->is_cancelled == row->is_cancelled &&
		      view->gross_minor == row->gross_minor && strcmp(view->currency, row->currency) == 0;
}

void books_settle(struct fold *fold, struct order *order, const char *id)
{
	struct order_life *life = &order->life;
	struct order_view now = books_view(fold, order), was = life->view;
	if (same_view(&now, &was))
		return;
	life->view = now;
	if (was.is_known)
		add_total(find_digest(fold, was.day), &was, -1);
	if (was.is_known && was.day != now.day)
		put_name(fold, was.day, id, false);
	add_total(find_digest(fold, now.day), &now, 1);
	put_name(fold, now.day, id, true);
	for (uint32_t i = 0; i < vec_count(life->digests); i++) {
		struct digest *digest = find_digest(fold, life->digests->at[i].day);
		uint32_t row = row_lower(digest, id);
		if (has_row(digest, row, id))
			stand_in(&digest->rows->at[row], life->digests->at[i].day, &now);
	}
}

// ---- figures ----

struct books_counts books_count(const struct digest *digest)
{
	struct books_counts counts = {.rows = vec_count(digest->rows)};
	for (uint32_t i = 0; i < vec_count(digest->rows); i++) {
		counts.here += digest->rows->at[i].is_here;
		counts.agreeing += digest->rows->at[i].agrees;
		counts.of_day += digest->rows->at[i].is_of_day;
	}
	for (uint32_t i = 0; i < vec_count(digest->totals); i++)
		counts.orders += digest->totals->at[i].count;
	return counts;
}

const char *books_currency(const struct fold *fold, const struct digest *digest)
{
	return digest->currency[0] ? digest->currency : fold->currency;
}

const struct digest_row *books_row(const struct digest *digest, const char *order)
{
	uint32_t i = row_lower(digest, order);
	return has_row(digest, i, order) ? &digest->rows->at[i] : NULL;
}

const struct digest_total *books_total(const struct digest *digest, const char *currency)
{
	for (uint32_t i = 0; i < vec_count(digest->totals); i++)
		if (strcmp(digest->totals->at[i].currency, currency) == 0)
			return &digest->totals->at[i];
	return NULL;
}

bool books_agree(const struct fold *fold, const struct digest *digest, const struct books_counts *counts)
{
	if (counts->rows)
		return counts->agreeing == counts->rows && counts->orders == counts->of_day;
	const struct digest_total *total = books_total(digest, books_currency(fold, digest));
	return (total ? total->count : 0) == digest->order_count &&
	       (total ? total->gross_minor : 0) == digest->gross_minor;
}

void digest_put(struct fold *fold, const void *entity, int sign)
{
	static const struct dims total_only;
	const struct digest *digest = entity;
	if (!digest->is_known)
		return;
	uint32_t dims = intern_dims(fold->intern, &total_only);
	struct zone_date date = zone_date_add(day_zero, digest_day(digest));
	int32_t minute = minute_of(zone_day_start_ms(fold->zone, date));
	struct books_counts counts = books_count(digest);
	int64_t extra = counts.rows ? counts.orders - counts.of_day : 0;
	fact_put(fold->book, M_DIGEST_ROWS, minute, dims, sign * counts.rows);
	fact_put(fold->book, M_DIGEST_ROWS_AGREEING, minute, dims, sign * counts.agreeing);
	fact_put(fold->book, M_BOOKS_MISSING, minute, dims, sign * (counts.rows - counts.here));
	fact_put(fold->book, M_BOOKS_EXTRA, minute, dims, sign * extra);
	fact_put(fold->book, M_DIGEST_DAYS, minute, dims, sign);
	fact_put(fold->book, M_DIGEST_DAYS_AGREEING, minute, dims, sign * books_agree(fold, digest, &counts));
}

// ---- the digest itself ----

void digest_collect(const struct fold *fold, const struct said *said)
{
	const struct digest *digest = closure_need(fold, FOLD_DIGEST, said->id, ENTITY_CHANGE);
	const Utarg__V1__OrderDigest *told = said->event->order_digest;
	for (size_t i = 0; i < told->n_rows; i++)
		if (strlen(told->rows[i]->order_id) < ENTITY_ID_SIZE)
			closure_need(fold, FOLD_ORDER, told->rows[i]->order_id, 0);
	for (uint32_t i = 0; digest && i < vec_count(digest->rows); i++)
		closure_need(fold, FOLD_ORDER, digest->rows->at[i].order, 0);
}

static void name_day(struct fold *fold, struct order *order, int32_t day, bool in)
{
	struct order_life *life = &order->life;
	uint32_t i = 0;
	while (i < vec_count(life->digests) && life->digests->at[i].day < day)
		i++;
	bool there = i < vec_count(life->digests) && life->digests->at[i].day == day;
	if (in && !there) {
		struct order_day *added = vec_insert(life->digests, i);
		added->day = day;
	} else if (!in && there) {
		vec_remove(life->digests, i);
	}
	fold_dirty(fold, &order->entity);
}

static void take_row(struct fold *fold, struct digest *digest, const Utarg__V1__OrderDigestRow *told)
{
	const char *id = told->order_id;
	uint32_t i = row_lower(digest, id);
	if (!id[0] || strlen(id) >= ENTITY_ID_SIZE || has_row(digest, i, id))
		return;
	struct order *order = fold_order(fold, id);
	assert(order);
	struct digest_row *row = vec_insert(digest->rows, i);
	text_copy(row->order, sizeof(row->order), id);
	order_read_currency(told->currency, row->currency);
	row->gross_minor = told->gross_minor;
	row->is_cancelled = told->status == UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	int32_t day = digest_day(digest);
	name_day(fold, order, day, true);
	stand_in(row, day, &order->life.view);
}

uint8_t digest_apply(struct fold *fold, const struct said *said)
{
	void *found = entity_find(fold->table, FOLD_DIGEST, slice_of(said->id));
	struct digest *digest = found;
	const Utarg__V1__OrderDigest *told = said->event->order_digest;
	assert(digest);
	if (digest->is_known && moment_compare(&digest->moment, &said->moment) >= 0)
		return FOLD_NEW;
	for (uint32_t i = 0; i < vec_count(digest->rows); i++)
		name_day(fold, fold_order(fold, digest->rows->at[i].order), digest_day(digest), false);
	vec_clear(digest->rows);
	digest->is_known = true;
	digest->moment = said->moment;
	digest->order_count = told->order_count;
	digest->gross_minor = told->gross_minor;
	order_read_currency(told->currency, digest->currency);
	for (size_t i = 0; i < told->n_rows; i++)
		take_row(fold, digest, told->rows[i]);
	return FOLD_NEW;
}
