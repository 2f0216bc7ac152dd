// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A fold of its own is filled with what the day needs and thrown away: the shop's own one may be ahead of
// what is committed.
#include "services/metrics/books.h"

#include "services/metrics/core/books.h"
#include "services/metrics/core/books_list.h"
#include "services/metrics/zones.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_AT_ONCE = 2000 };

// ---- the answer ----

static char *copy(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copied = arena_alloc(arena, size);
	return copied ? memcpy(copied, text, size) : NULL;
}

static Utarg__V1__BooksSide *side_message(struct arena *arena, const struct books_side *side)
{
	Utarg__V1__BooksSide *message = side->is_there ? arena_alloc(arena, sizeof(*message)) : NULL;
	if (!message)
		return NULL;
	utarg__v1__books_side__init(message);
	message->cancelled = side->is_cancelled;
	message->gross_minor = side->gross_minor;
	message->currency = copy(arena, side->currency);
	return message;
}

static Utarg__V1__BooksOrder *order_message(struct arena *arena, const struct books_line *line)
{
	char day[BOOKS_KEY_SIZE] = "";
	Utarg__V1__BooksOrder *message = arena_alloc(arena, sizeof(*message));
	if (!message)
		return NULL;
	utarg__v1__books_order__init(message);
	if (line->journal.is_there)
		books_key(line->placed_day, day);
	message->order_id = copy(arena, line->order);
	message->books = side_message(arena, &line->books);
	message->journal = side_message(arena, &line->journal);
	message->placed_day = copy(arena, day);
	return message;
}

static Utarg__V1__BooksSum *sum_message(struct arena *arena, int64_t orders, int64_t gross_minor,
					const char *currency)
{
	Utarg__V1__BooksSum *message = arena_alloc(arena, sizeof(*message));
	if (!message)
		return NULL;
	utarg__v1__books_sum__init(message);
	message->orders = orders;
	message->gross_minor = gross_minor;
	message->currency = copy(arena, currency);
	return message;
}

static bool fill(const struct books *books, const struct shop *shop, const char *day, struct arena *arena,
		 Utarg__V1__BooksReply *out)
{
	out->shop = copy(arena, shop->slug);
	out->day = copy(arena, day);
	out->has_books = books->is_known;
	out->day_agrees = books->agrees;
	out->rows = books->rows;
	out->agreeing = books->agreeing;
	out->missing = books->missing;
	out->extra = books->extra;
	if (books->is_known && !books->rows) {
		out->books = sum_message(arena, books->told_count, books->told_minor, books->currency);
		out->journal =
			sum_message(arena, books->journal_count, books->journal_minor, books->currency);
	}
	return !arena->exhausted;
}

static bool fill_orders(const struct books_line *lines, size_t count, struct arena *arena,
			Utarg__V1__BooksReply *out)
{
	out->orders = arena_calloc(arena, count, sizeof(*out->orders));
	for (size_t i = 0; i < count && !arena->exhausted; i++)
		out->orders[i] = order_message(arena, &lines[i]);
	out->n_orders = count;
	return !arena->exhausted;
}

// ---- reading ----

// On the heap: keys and lines are half a megabyte each.
struct reading {
	struct fold *fold;
	struct fold_key keys[KEYS_AT_ONCE];
	struct books_line lines[METRICS_FIGURE_MAX];
	size_t count; // of lines
};

static bool load_keys(struct metrics *m, const struct shop *shop, struct reading *r, size_t count,
		      struct err *e)
{
	return store_load_entities(m->db, shop->shop_id, r->keys, count < KEYS_AT_ONCE ? count : KEYS_AT_ONCE,
				   r->fold, e);
}

static bool load_day(struct metrics *m, const struct shop *shop, const char *day, struct reading *r,
		     struct err *e)
{
	size_t count = 1;
	r->keys[0] = (struct fold_key){.kind = FOLD_SETTINGS};
	while (count > 0) {
		if (!load_keys(m, shop, r, count, e))
			return false;
		count = books_missing(r->fold, day, r->keys, KEYS_AT_ONCE);
	}
	return true;
}

static bool load_orders(struct metrics *m, const struct shop *shop, const char *day, struct reading *r,
			struct err *e)
{
	r->count = books_list(r->fold, day, r->lines, METRICS_FIGURE_MAX);
	for (;;) {
		size_t count = books_list_missing(r->fold, r->lines, r->count, r->keys, KEYS_AT_ONCE);
		if (count == 0)
			break;
		if (!load_keys(m, shop, r, count, e))
			return false;
	}
	books_list_fill(r->fold, r->lines, r->count);
	return true;
}

bool books_read(struct metrics *m, const struct shop *shop, const char *day, int64_t as_of_ms,
		struct arena *arena, Utarg__V1__BooksReply *out, struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));
	assert(r);
	r->fold = fold_create(&(struct fold_options){
		.as_of_ms = as_of_ms, .zone = zones_find, .context = shops_zones(m->shops)});
	struct books books;
	bool ok = load_day(m, shop, day, r, e) && load_orders(m, shop, day, r, e);
	if (ok)
		books_sum(r->fold, day, &books);
	if (ok && !(fill(&books, shop, day, arena, out) && fill_orders(r->lines, r->count, arena, out)))
		ok = err_set(e, ERR_TOO_MANY, "the answer does not fit");
	fold_destroy(r->fold);
	free(r);
	return ok;
}
