// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The shop's own books of a day beside the journal, order by order: what stands behind books_coverage
// (books.h). For a fold that nothing is applied to. Pure.
//
// The digest and the day's parts know all names and counts, so orders themselves are loaded only of the lines
// that are told, however many a day has.
#pragma once

#include "services/metrics/core/fold.h"

// An order as one of the two sides has it.
struct books_side {
	bool is_there;
	bool is_cancelled;
	int64_t gross_minor;
	char currency[4];
};

// An order on which they do not agree: missing here, not in the books (extra), or different.
struct books_line {
	const char *order;
	struct books_side books, journal;
	int32_t placed_day; // of the journal's, days since 1970-01-01
};

struct books {
	bool is_known; // there is a digest; the counts of rows are 0 without rows
	bool agrees;
	int64_t rows, agreeing, missing, extra;
	char currency[4]; // of the sums: what the digest says and what the day's orders here come to
	int64_t told_count, told_minor;
	int64_t journal_count, journal_minor;
};

// day is "2026-11-23". Keys that must be loaded before books_sum and books_list and are not here; as
// fold_missing.
size_t books_missing(const struct fold *fold, const char *day, struct fold_key *out, size_t capacity);
void books_sum(const struct fold *fold, const char *day, struct books *out);
// The first lines by order id; returns how many. Of the journal's side only is_there is known. The ids are
// the fold's.
size_t books_list(const struct fold *fold, const char *day, struct books_line *out, size_t capacity);
// Orders of the lines that must be loaded before books_list_fill, which fills the journal's side; as
// fold_missing.
size_t books_list_missing(const struct fold *fold, const struct books_line *lines, size_t count,
			  struct fold_key *out, size_t capacity);
void books_list_fill(const struct fold *fold, struct books_line *lines, size_t count);
