// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A growing array of cells and a second pass that knows the widths.
#include "services/utarg/table.h"

#include "common/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_COLUMNS_MAX = 24 };

struct table {
	const char *const *titles;
	size_t columns;
	size_t widths[TABLE_COLUMNS_MAX];
	char **cells;
	size_t count, capacity;
};

static bool is_right(const struct table *t, size_t column)
{
	return t->titles[column][0] == '>';
}

static const char *title_of(const struct table *t, size_t column)
{
	return t->titles[column] + is_right(t, column);
}

struct table *table_create(const char *const *titles)
{
	struct table *t = calloc(1, sizeof(*t));
	if (!t)
		abort();
	t->titles = titles;
	while (titles[t->columns] && t->columns < TABLE_COLUMNS_MAX)
		t->columns++;
	for (size_t i = 0; i < t->columns; i++)
		t->widths[i] = strlen(title_of(t, i));
	return t;
}

void table_destroy(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t);
}

// What a shop wrote must not steer the terminal.
static char *clean_copy(const char *text)
{
	char *copy = strdup(text ? text : "");
	if (!copy)
		abort();
	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return copy;
}

void table_cell(struct table *t, const char *text)
{
	if (t->count == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 64;
		t->cells = realloc(t->cells, t->capacity * sizeof(*t->cells));
		if (!t->cells)
			abort();
	}
	assert(t->columns > 0);
	char *copy = clean_copy(text);
	size_t column = t->count % t->columns, width = text_utf8_len(copy);
	if (width > t->widths[column])
		t->widths[column] = width;
	t->cells[t->count++] = copy;
}

void table_format(struct table *t, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	table_cell(t, text);
}

static void print_cell(const struct table *t, FILE *out, size_t column, const char *text)
{
	bool last = column + 1 == t->columns;
	size_t width = text_utf8_len(text);
	int padding = width < t->widths[column] ? (int)(t->widths[column] - width) : 0;
	if (is_right(t, column))
		fprintf(out, "%*s%s%s", padding, "", text, last ? "\n" : "  ");
	else if (last)
		fprintf(out, "%s\n", text);
	else
		fprintf(out, "%s%*s", text, padding + 2, "");
}

void table_print(const struct table *t, FILE *out, const char *empty)
{
	if (t->count == 0 && empty) {
		fprintf(out, "%s\n", empty);
		return;
	}
	for (size_t i = 0; i < t->columns; i++)
		print_cell(t, out, i, title_of(t, i));
	for (size_t i = 0; i < t->count; i++)
		print_cell(t, out, i % t->columns, t->cells[i]);
}
