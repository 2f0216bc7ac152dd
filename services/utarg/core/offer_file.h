// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Files of offers as events of a shop: offer_updated, and stock_changed where a row has a number. Three
// styles, known by how they begin: XML ('<'; merchant_feed.h), values separated by tabs, or by commas or
// semicolons (CSV). The last two name their columns in the first line. What a row means stands in
// offer_row.h. Pure.
//
// - All facts are of one time, the file's. An event's id follows from shop, time and content: the same file
// again
//   changes nothing. A row that says what the shop has already states nothing either (is_known), so of a file
//   that was changed only the changed rows are new facts.
// - A bad row is told with its line and left out; the others are taken. The same offer twice with different
// words is
//   a bad row (with the same words it is one offer, as in a file with a row a location).
// - A file that is broken as a whole (no header, an open quote, XML that is none) is BAD_FIELD.
#pragma once

#include "common/base/err.h"
#include "common/base/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

enum { OFFER_FILE_NAMES_SIZE = 512 };

struct offer_file_options {
	const char *shop;     // slug
	const char *currency; // the shop's
	const struct zone *zone;
	int64_t as_of_ms; // the file's time
	// One of the two is NULL. NULL itself: nothing is known.
	bool (*is_known)(void *context, const Utarg__V1__OfferUpdated *offer,
			 const Utarg__V1__StockChanged *stock);
	// Gets each publication in file order; borrowed for the call. False stops (e is set by it). NULL:
	// count only.
	bool (*emit)(void *context, const Utarg__V1__Publication *publication, struct err *e);
	void (*bad)(void *context, size_t line_number, const char *sentence); // NULL: count only
	void *context;
};

struct offer_file_report {
	const char *format; // "csv", "tsv" or "xml"
	size_t row_count;
	size_t offer_count; // events
	size_t stock_count;
	size_t known_count;                      // rows' facts that the shop has already
	size_t bad_count;                        // rows
	char passed_over[OFFER_FILE_NAMES_SIZE]; // columns without a meaning: "link, image_link"
};

// Reads the whole text. Run once with emit NULL before publishing, so that a broken file changes nothing.
bool offer_file_read(const char *text, size_t size, const struct offer_file_options *options,
		     struct offer_file_report *report, struct err *e);
