// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Files of exchange rates as events of a shop: one rate_published a day. Pure; the subcommand reads the file
// and publishes. Two styles are known by the first cell of the header, separated by semicolons or commas:
//
//   Date,USD,JPY,...     European Central Bank (eurofxref-hist.csv): what one euro is in each currency
//   data;1USD;100JPY;... Narodowy Bank Polski (archive of table A): zlotys for so many of each currency
//
// A decimal comma is understood where the separator is the semicolon. Days are YYYY-MM-DD or YYYYMMDD. An empty
// value, N/A and - are no rate. Decisions:
// - rates are told in the shop's currency: from a file of another base by way of that base, rounded half-even
//   to 10^-9. A day on which the shop's currency itself has no value is skipped and counted;
// - a column that names no currency in use (XDR, EEK, "nr tabeli") is passed over; so are lines behind the
//   header that begin with an empty cell or with "kod ISO", "nazwa waluty", "liczba jednostek";
// - the event's time is the day's beginning in UTC and its id follows from the source and the day, so that a
//   file that is imported again changes nothing, and other rates for a day that is there are a conflict.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

#include "utarg/v1/event.pb-c.h"

enum { RATES_CURRENCIES_MAX = 64 };

struct rates_report {
	size_t day_count;     // events
	size_t rate_count;    // in them
	size_t skipped_count; // days without a value for the shop's currency, or without any other
	char base[4];         // of the file: EUR or PLN
};

struct rates_options {
	const char *shop;     // slug
	const char *currency; // the shop's
	const char *source;   // NULL: "ecb" or "nbp", as the file is
	// Gets each publication in file order; borrowed for the call. False stops (e is set by it). NULL:
	// count only.
	bool (*emit)(void *context, const Utarg__V1__Publication *publication, struct err *e);
	void *context;
};

// The name they are published under: as given, else as the file is.
const char *rates_source(const struct rates_options *options, const struct rates_report *report);
// Reads the whole text. What is wrong is BAD_FIELD with its line and column; run once with emit NULL before
// publishing, so that a broken file changes nothing.
bool rates_read(const char *text, size_t size, const struct rates_options *options,
		struct rates_report *report, struct err *e);
