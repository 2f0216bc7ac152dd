// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the exports share: SHOP, --from and --to as local days, and where the text goes: to standard output,
// or to a file (--out) that only its owner reads and that is not overwritten without --force.
#pragma once

#include "services/utarg/shop.h"

#include <stdio.h>

// The option rows each export has.
#define EXPORTING_OPTIONS                                                                                    \
	{"from", "DAY", "first day, in the shop's time zone (default: the first there is)"},                 \
		{"to", "DAY", "last day, inclusive (default: today)"},                                       \
		{"out", "FILE", "write to this file, which only you can read, instead of to the screen"},    \
		{"force", NULL, "also when the file is there already"},

// Life: exporting_begin, write to out, exporting_end either way.
struct exporting {
	struct shop shop;
	struct zone_date first, last; // both ends as days
	int64_t from_ms, to_ms;       // half-open; from_ms INT64_MIN: the first there is
	FILE *out;                    // memory
	char *text;
	size_t size;
};

bool exporting_begin(struct cli *cli, struct exporting *exporting, struct err *e);
// Delivers when the work went well; says how many of what were written when it was to a file.
bool exporting_end(struct cli *cli, struct exporting *exporting, bool went_well, size_t count,
		   const char *what, struct err *e);
