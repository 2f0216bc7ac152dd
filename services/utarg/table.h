// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Aligned tables for people. Cells are copied; widths are counted in code points.
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct table;

// Titles end with NULL; a title that begins with '>' makes its column right-aligned.
struct table *table_create(const char *const *titles);
void table_destroy(struct table *table);
// One cell after another, row by row; NULL is "". Control characters are shown as '?'.
void table_cell(struct table *table, const char *text);
void table_format(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Prints titles and rows; `empty` instead when there is no row (NULL: the titles alone).
void table_print(const struct table *table, FILE *out, const char *empty);
