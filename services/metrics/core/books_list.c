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

// Orders of the day that are in the books are asked for by their rows.
static void want_part(struct wanted *wanted, const struct digest *digest, const char *part_key)
{
	const struct day_orders *part = find(wanted->fold, FOLD_DAY_ORDERS, part_key);
	if (!part) {
		want(wanted, FOLD_DAY_ORDERS, part_key);
		return;
	}
	for (uint32_t i = 0; i < vec_count(part->orders); i++)
		if (!books_row(digest, part->orders->at[i].id))
			want(wanted, FOLD_ORDER, part->orders->at[i].id);
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
	for (uint32_t i = 0; i < digest->rows->count; i++)
		if (digest->rows->at[i].is_here && !digest->rows->at[i].agrees)
			want(&wanted, FOLD_ORDER, digest->rows->at[i].order);
	for (unsigned part = 0; part < BOOKS_PARTS; part++) {
		char key[BOOKS_KEY_SIZE];
		books_part_key(day_of(day), part, key);
		want_part(&wanted, digest, key);
	}
	return wanted.count;
}

// ---- lines ----

struct lines {
	VEC(struct books_line) * all;
};

static int line_compare(const void *a, const void *b)
{
	const struct books_line *x = a, *y = b;
	return strcmp(x->order, y->order);
}

static void take_journal(const struct fold *fold, struct books_line *line)
{
	const struct order *order = find(fold, FOLD_ORDER, line->order);
	assert(order);
	const struct order_view *view = &order->life.view;
	line->journal = (struct books_side){.is_there = view->is_known,
					    .is_cancelled = view->is_cancelled,
					    .gross_minor = view->gross_minor};
	text_copy(line->journal.currency, sizeof(line->journal.currency), view->currency);
	line->placed_day = view->day;
}

static void add_row(const struct fold *fold, const struct digest_row *row, struct books_line *line)
{
	line->order = row->order;
	line->books = (struct books_side){
		.is_there = true, .is_cancelled = row->is_cancelled, .gross_minor = row->gross_minor};
	text_copy(line->books.currency, sizeof(line->books.currency), row->currency);
	if (row->is_here)
		take_journal(fold, line);
}

static void add_extras(const struct fold *fold, const struct digest *digest, const char *part_key,
		       struct lines *lines)
{
	const struct day_orders *part = find(fold, FOLD_DAY_ORDERS, part_key);
	assert(part);
	for (uint32_t i = 0; i < vec_count(part->orders); i++) {
		if (books_row(digest, part->orders->at[i].id))
			continue;
		struct books_line *line = vec_push(lines->all);
		line->order = part->orders->at[i].id;
		take_journal(fold, line);
	}
}

static void add_all(const struct fold *fold, const struct digest *digest, const char *day,
		    struct lines *lines)
{
	for (uint32_t i = 0; i < digest->rows->count; i++) {
		if (digest->rows->at[i].agrees)
			continue;
		struct books_line *line = vec_push(lines->all);
		add_row(fold, &digest->rows->at[i], line);
	}
	for (unsigned part = 0; part < BOOKS_PARTS; part++) {
		char key[BOOKS_KEY_SIZE];
		books_part_key(day_of(day), part, key);
		add_extras(fold, digest, key, lines);
	}
	if (vec_count(lines->all))
		qsort(lines->all->at, lines->all->count, sizeof(lines->all->at[0]), line_compare);
}

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

void books_list(struct fold *fold, const char *day, struct books *out,
		void (*tell)(void *context, const struct books_line *line), void *context)
{
	const struct digest *digest = find(fold, FOLD_DIGEST, day);
	struct lines lines = {NULL};
	*out = (struct books){.is_known = false};
	if (!digest || !digest->is_known)
		return;
	fill(fold, digest, out);
	if (out->rows)
		add_all(fold, digest, day, &lines);
	for (uint32_t i = 0; i < vec_count(lines.all); i++)
		tell(context, &lines.all->at[i]);
	vec_free(lines.all);
}
