// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A fold of its own is filled with what the day needs and thrown away: the shop's own one may be ahead of
// what is committed.
#include "services/metrics/books.h"

#include "services/metrics/core/books.h"
#include "services/metrics/core/books_list.h"
#include "services/metrics/zones.h"

#include <string.h>

enum { KEYS_AT_ONCE = 256 };

// ---- the answer ----

struct answer {
	struct arena *arena;
	Utarg__V1__BooksReply *out;
	size_t capacity;
	bool failed;
};

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

static bool make_room(struct answer *a)
{
	if (a->out->n_orders < a->capacity)
		return true;
	size_t capacity = a->capacity == 0 ? 64 : a->capacity * 2;
	Utarg__V1__BooksOrder **wider = arena_calloc(a->arena, capacity, sizeof(*wider));
	if (!wider)
		return false;
	if (a->capacity > 0)
		memcpy(wider, a->out->orders, a->capacity * sizeof(*wider));
	a->out->orders = wider;
	a->capacity = capacity;
	return true;
}

static void add_order(void *context, const struct books_line *line)
{
	struct answer *a = context;
	if (a->failed || a->out->n_orders == METRICS_FIGURE_MAX)
		return;
	Utarg__V1__BooksOrder *message = make_room(a) ? order_message(a->arena, line) : NULL;
	a->failed = !message || a->arena->exhausted;
	if (!a->failed)
		a->out->orders[a->out->n_orders++] = message;
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

static bool fill(const struct books *books, const struct shop *shop, const char *day, struct answer *a)
{
	Utarg__V1__BooksReply *out = a->out;
	out->shop = copy(a->arena, shop->slug);
	out->day = copy(a->arena, day);
	out->has_books = books->is_known;
	out->day_agrees = books->agrees;
	out->rows = books->rows;
	out->agreeing = books->agreeing;
	out->missing = books->missing;
	out->extra = books->extra;
	if (books->is_known && !books->rows) {
		out->books = sum_message(a->arena, books->told_count, books->told_minor, books->currency);
		out->journal =
			sum_message(a->arena, books->journal_count, books->journal_minor, books->currency);
	}
	return !a->failed && !a->arena->exhausted;
}

// ---- reading ----

static bool load(struct metrics *m, const struct shop *shop, const char *day, struct fold *fold,
		 struct err *e)
{
	struct fold_key keys[KEYS_AT_ONCE] = {{.kind = FOLD_SETTINGS}};
	size_t count = 1;
	while (count > 0) {
		if (!store_load_entities(m->db, shop->shop_id, keys,
					 count < KEYS_AT_ONCE ? count : KEYS_AT_ONCE, fold, e))
			return false;
		count = books_missing(fold, day, keys, KEYS_AT_ONCE);
	}
	return true;
}

bool books_read(struct metrics *m, const struct shop *shop, const char *day, int64_t as_of_ms,
		struct arena *arena, Utarg__V1__BooksReply *out, struct err *e)
{
	struct fold *fold = fold_create(&(struct fold_options){
		.as_of_ms = as_of_ms, .zone = zones_find, .context = shops_zones(m->shops)});
	struct answer answer = {.arena = arena, .out = out};
	struct books books;
	bool ok = load(m, shop, day, fold, e);
	if (ok)
		books_list(fold, day, &books, add_order, &answer);
	if (ok && !fill(&books, shop, day, &answer))
		ok = err_set(e, ERR_TOO_MANY, "the answer does not fit");
	fold_destroy(fold);
	return ok;
}
