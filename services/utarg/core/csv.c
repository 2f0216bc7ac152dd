// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/csv.h"

#include <string.h>

void csv_init(struct csv *csv, const char *text, size_t size, char separator, char *scratch)
{
	static const char byte_order_mark[] = "\xEF\xBB\xBF";
	size_t skip = size >= 3 && memcmp(text, byte_order_mark, 3) == 0 ? 3 : 0;
	*csv = (struct csv){.next = text + skip,
			    .end = text + size,
			    .separator = separator,
			    .scratch = scratch,
			    .row_lines = 1};
}

static bool add_column(struct csv *csv, const char *data, size_t size)
{
	if (csv->column_count == CSV_COLUMNS_MAX)
		return false;
	csv->columns[csv->column_count++] = (struct slice){(const uint8_t *)data, size};
	return true;
}

// A quoted column: its text goes to the scratch, a doubled quote is one. Returns behind the closing quote.
static const char *take_quoted(struct csv *csv, const char *at)
{
	char *out = csv->scratch;
	for (; at < csv->end; at++) {
		csv->row_lines += *at == '\n';
		if (*at != '"') {
			*csv->scratch++ = *at;
		} else if (at + 1 < csv->end && at[1] == '"') {
			*csv->scratch++ = '"';
			at++;
		} else {
			return add_column(csv, out, (size_t)(csv->scratch - out)) ? at + 1 : NULL;
		}
	}
	return NULL;
}

static const char *take_plain(struct csv *csv, const char *at)
{
	const char *begin = at;
	while (at < csv->end && *at != csv->separator && *at != '\n')
		at++;
	size_t size = (size_t)(at - begin);
	if ((at == csv->end || *at == '\n') && size > 0 && begin[size - 1] == '\r')
		size--;
	return add_column(csv, begin, size) ? at : NULL;
}

enum csv_result csv_next(struct csv *csv)
{
	if (csv->next == csv->end)
		return CSV_END;
	const char *begin = csv->next, *at = begin;
	csv->line_number += csv->row_lines;
	csv->row_lines = 1;
	csv->column_count = 0;
	for (;;) {
		bool quoted = at < csv->end && *at == '"';
		at = quoted ? take_quoted(csv, at + 1) : take_plain(csv, at);
		if (at == NULL)
			return CSV_BROKEN;
		if (quoted && at < csv->end && *at == '\r')
			at++;
		if (at == csv->end || *at == '\n')
			break;
		if (*at != csv->separator)
			return CSV_BROKEN;
		at++;
	}
	csv->raw = (struct slice){(const uint8_t *)begin, (size_t)(at - begin)};
	if (csv->raw.size > 0 && begin[csv->raw.size - 1] == '\r')
		csv->raw.size--;
	csv->next = at < csv->end ? at + 1 : at;
	return CSV_ROW;
}

void csv_put(FILE *out, const char *text, bool is_first)
{
	if (!is_first)
		fputc(',', out);
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}
