// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A Google Merchant feed in XML (RSS 2.0 or Atom, with fields of the namespace http://base.google.com/ns/1.0)
// taken apart into items of names and values. What a field means is offer_row's. Pure.
//
// The file comes from somewhere else. So: no document type (and with it no entity but XML's own five),
// elements at most 16 deep, at most 256 fields an item and 64 KiB of text in it; what stands deeper than an
// item's own fields (shipping, tax by region) is passed over. One item is in memory at a time.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { MERCHANT_FIELDS_MAX = 256, MERCHANT_ITEM_BYTES = 64 * 1024, MERCHANT_DEPTH_MAX = 16 };

struct merchant_field {
	const char *name; // without its namespace: "id", "sale_price"
	const char *value;
	bool is_google; // of Google's namespace; RSS has a title of its own
};

struct merchant_item {
	size_t line_number; // of its beginning
	const struct merchant_field *fields;
	size_t count;
};

// Calls take for each item, which is borrowed for the call; false from it stops (e is set by it). BAD_FIELD
// with the line when the text is no such feed, TOO_LARGE beyond the limits.
bool merchant_feed_read(const char *text, size_t size,
			bool (*take)(void *context, const struct merchant_item *item, struct err *e),
			void *context, struct err *e);
