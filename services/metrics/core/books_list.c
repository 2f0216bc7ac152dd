// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/books_list.h"

#include "services/metrics/core/books.h"
#include "services/metrics/core/inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void *find(const struct fold *fold, uint8_t kind, const char *id)
{
	return entity_find(fold->table, kind, slice_of(id));
}

// ---- what must be here ----

struct wanted {
	const struct fold *fold;
	struct fold_key *out;
	size_t capacity, count;
};

static void want(struct wanted *wanted, uint8_t kind, const char *id)
{
	if (find(wanted->fold, kind, id))
		return;
	if (wanted->count < wanted->capacity) {
		struct fold_key *key = &wanted->out[wanted->count];
		key->kind = kind;
		key->size = (uint8_t)strlen(id);
		memcpy(key->bytes, id, key->size);
	}
	wanted->count++;
}

static int32_t day_of(const char *day)
{
	struct zone_date date = {1970, 1, 1};
	(void)zone_date_parse(day, &date);
	return (int32_t)zone_date_days(date);
}

size_t books_missing(const struct fold *fold, const char *day, struct fold_key *out, size_t capacity)
{
	struct wanted wanted = {fold, out, capacity, 0};
	const struct digest *digest = find(fold, FOLD_DIGEST, day);
	if (!digest) {
		want(&wanted, FOLD_DIGEST, day);
		return wanted.count;
	}
	if (!digest->is_known || !vec_count(digest->rows))
		return 0;
	for (unsigned part = 0; part < BOOKS_PARTS; part++) {
		char key[BOOKS_KEY_SIZE];
		books_part_key(day_of(day), part, key);
		want(&wanted, FOLD_DAY_ORDERS, key);
	}
	return wanted.count;
}

// ---- lines ----

struct dispute {
	const char *order;
	const struct digest_row *row; // NULL: it is extra
};

struct disputes {
	VEC(struct dispute) * all;
};

static int dispute_compare(const void *a, const void *b)
{
	const struct dispute *x = a, *y = b;
	return strcmp(x->order, y->order);
}

static void add_dispute(struct disputes *disputes, const char *order, const struct digest_row *row)
{
	struct dispute *dispute = vec_push(disputes->all);
	*dispute = (struct dispute){order, row};
}

static void add_extras(const struct fold *fold, const struct digest *digest, const char *part_key,
		       struct disputes *disputes)
{
	const struct day_orders *part = find(fold, FOLD_DAY_ORDERS, part_key);
	assert(part);
	for (uint32_t i = 0; i < vec_count(part->orders); i++)
		if (!books_row(digest, part->orders->at[i].id))
			add_dispute(disputes, part->orders->at[i].id, NULL);
}

static void add_all(const struct fold *fold, const struct digest *digest, const char *day,
		    struct disputes *disputes)
{
	for (uint32_t i = 0; i < digest->rows->count; i++)
		if (!digest->rows->at[i].agrees)
			add_dispute(disputes, digest->rows->at[i].order, &digest->rows->at[i]);
	for (unsigned part = 0; part < BOOKS_PARTS; part++) {
		char key[BOOKS_KEY_SIZE];
		books_part_key(day_of(day), part, key);
		add_extras(fold, digest, key, disputes);
	}
	if (vec_count(disputes->all))
		qsort(disputes->all->at, disputes->all->count, sizeof(disputes->all->at[0]), dispute_compare);
}

static struct books_line line_of(const struct dispute *dispute)
{
	const struct digest_row *row = dispute->row;
	struct books_line line = {.order = dispute->order, .journal.is_there = !row || row->is_here};
	if (!row)
		return line;
	line.books = (struct books_side){
		.is_there = true, .is_cancelled = row->is_cancelled, .gross_minor = row->gross_minor};
	text_copy(line.books.currency, sizeof(line.books.currency), row->currency);
	return line;
}

size_t books_list(const struct fold *fold, const char *day, struct books_line *out, size_t capacity)
{
	const struct digest *digest = find(fold, FOLD_DIGEST, day);
	struct disputes disputes = {NULL};
	if (!digest || !digest->is_known || !vec_count(digest->rows))
		return 0;
	add_all(fold, digest, day, &disputes);
	size_t count = vec_count(disputes.all);
	count = count < capacity ? count : capacity;
	for (size_t i = 0; i < count; i++)
		out[i] = line_of(&disputes.all->at[i]);
	vec_free(disputes.all);
	return count;
}

size_t books_list_missing(const struct fold *fold, const struct books_line *lines, size_t count,
			  struct fold_key *out, size_t capacity)
{
	struct wanted wanted = {fold, out, capacity, 0};
	for (size_t i = 0; i < count; i++)
		if (lines[i].journal.is_there)
			want(&wanted, FOLD_ORDER, lines[i].order);
	return wanted.count;
}

void books_list_fill(const struct fold *fold, struct books_line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct books_line *line = &lines[i];
		if (!line->journal.is_there)
			continue;
		const struct order *order = find(fold, FOLD_ORDER, line->order);
		assert(order);
		const struct order_view *view = &order->life.view;
		line->journal = (struct books_side){.is_there = view->is_known,
						    .is_cancelled = view->is_cancelled,
						    .gross_minor = view->gross_minor};
		text_copy(line->journal.currency, sizeof(line->journal.currency), view->currency);
		line->placed_day = view->day;
	}
}

// ---- counts ----

static void fill(const struct fold *fold, const struct digest *digest, struct books *out)
{
	struct books_counts counts = books_count(digest);
	const char *currency = books_currency(fold, digest);
	const struct digest_total *total = books_total(digest, currency);
	*out = (struct books){.is_known = true,
			      .agrees = books_agree(fold, digest, &counts),
			      .rows = counts.rows,
			      .agreeing = counts.agreeing,
			      .missing = counts.rows - counts.here,
			      .extra = counts.rows ? counts.orders - counts.of_day : 0,
			      .told_count = digest->order_count,
			      .told_minor = digest->gross_minor,
			      .journal_count = total ? total->count : 0,
			      .journal_minor = total ? total->gross_minor : 0};
	text_copy(out->currency, sizeof(out->currency), currency);
}

void books_sum(const struct fold *fold, const char *day, struct books *out)
{
	const struct digest *digest = find(fold, FOLD_DIGEST, day);
	*out = (struct books){.is_known = false};
	if (digest && digest->is_known)
		fill(fold, digest, out);
}
