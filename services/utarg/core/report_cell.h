// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Cells of reports as platforms write them for people: texts in UTF-8 or UTF-16, numbers with the separators
// of some country, days. Pure. Which cell is what is report_columns'.
#pragma once

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cell_kind {
	CELL_AMOUNT, // a lone separator before exactly three digits parts thousands: 1,234 and 1.234 are 1234
	CELL_DECIMAL, // a lone separator is a decimal point: a position, a share in percent
};

// The file as UTF-8 when it says by its first two bytes that it is UTF-16; out holds
// cell_utf8_size(size) bytes. False when it is broken.
bool cell_is_utf16(const char *text, size_t size);
size_t cell_utf8_size(size_t size);
bool cell_utf16_to_utf8(const char *text, size_t size, char *out, size_t *out_size);

// Without blanks (also those that do not break) round it.
struct slice cell_trim(struct slice cell);
// Nothing, "--", "-": the platform has no value.
bool cell_is_empty(struct slice cell);
// A number in units of 10^-decimals, rounded half to even: 1,234.56, 1.234,56, 1 234,56, with or without a
// currency or % round it. False when it is none, below zero or beyond 10^15.
bool cell_number(struct slice cell, enum cell_kind kind, int decimals, int64_t *out);
// "2026-11-23", "20261123", "2026/11/23", "23.11.2026": days since 1970. Not 11/12/2026, which may be two
// days.
bool cell_day(struct slice cell, int64_t *out_days);
