// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Rows of separated values (RFC 4180 quoting, any one-byte separator, LF or CRLF, an optional byte order
// mark). Pure.
#pragma once

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { CSV_COLUMNS_MAX = 64 };

// Life: csv_init on a buffer that outlives it, csv_next until it says CSV_END or CSV_BROKEN.
struct csv {
	const char *next;
	const char *end;
	char separator;
	size_t line_number; // where the row csv_next returned begins, from 1
	size_t row_lines;   // it has: more than one when a quoted text holds line ends
	struct slice raw;   // that row as it stood in the file, without the line end
	size_t column_count;
	struct slice columns[CSV_COLUMNS_MAX]; // unquoted, point into the text or the scratch
	char *scratch;                         // where unquoted text goes; same size as the buffer
};

enum csv_result { CSV_ROW, CSV_END, CSV_BROKEN }; // BROKEN: a quote that does not close, or too many columns

// scratch must hold size bytes; text is not changed.
void csv_init(struct csv *csv, const char *text, size_t size, char separator, char *scratch);
enum csv_result csv_next(struct csv *csv);
// Writes a cell, in quotes where it needs them, behind a comma unless it is the first of its row.
void csv_put(FILE *out, const char *text, bool is_first);
