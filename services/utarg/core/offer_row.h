// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One row of an offer file (a line of CSV or TSV, an item of a Google Merchant feed) as what it says: an
// offer, maybe the stock of it at one place. Columns go by their names (offer_columns has all, with Google's
// names beside ours), in any order; a name that is none is passed over. Pure.
//
// Readings:
// - a price may stand with its currency ("15.00 PLN"); without one it is in the currency of the row or of the
// shop;
// - a sale price is what the offer costs while its effective date holds at the file's time (always without
// one),
//   and the price is the list price then;
// - an empty cell says nothing. The whole offer is stated by a row, so what it leaves out is not known from
// then on;
// - stock is what a quantity says. Availability alone names no number and states none.
#pragma once

#include "common/base/err.h"
#include "common/base/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

enum offer_column {
	OFFER_SKU,
	OFFER_TITLE,
	OFFER_CATEGORY,
	OFFER_SUPPLIER,
	OFFER_STATUS,
	OFFER_MARKET,
	OFFER_AUDIENCE,
	OFFER_CURRENCY,
	OFFER_PRICE,
	OFFER_LIST_PRICE,
	OFFER_SALE_PRICE,
	OFFER_SALE_DATE,
	OFFER_COST,
	OFFER_TAX_RATE,
	OFFER_PERISHABLE,
	OFFER_CONDITIONAL,
	OFFER_STOCK,
	OFFER_LOCATION,
	OFFER_COLUMN_COUNT,
	OFFER_TITLE_IN, // title_<language>
	OFFER_PASSED_OVER
};
enum { OFFER_TITLES_MAX = 32, OFFER_LANGUAGE_SIZE = 16, OFFER_ROW_BYTES = 64 * 1024 };

struct offer_column_row {
	const char *name;
	const char *google; // "": it has none
	const char *help;
};
extern const struct offer_column_row offer_columns[OFFER_COLUMN_COUNT];

// The column of a name (capitals, spaces and dashes are as lower case and '_'); language gets that of a
// title.
enum offer_column offer_column_of(const char *name, char language[OFFER_LANGUAGE_SIZE]);

// Cells of one row; copies, which live until the next offer_row_clear. 64 KiB and more: allocate it once.
struct offer_row {
	const char *cells[OFFER_COLUMN_COUNT]; // NULL: there is none
	struct {
		char language[OFFER_LANGUAGE_SIZE];
		const char *text;
	} titles[OFFER_TITLES_MAX];
	size_t title_count;
	size_t used;
	char text[OFFER_ROW_BYTES];
};

void offer_row_clear(struct offer_row *row);
// Sets a cell, without spaces round it. BAD_UTF8, TOO_LARGE.
bool offer_row_set(struct offer_row *row, enum offer_column column, const char *language, const char *value,
		   size_t size, struct err *e);

// What a row says, made of its texts.
struct offer_said {
	Utarg__V1__OfferUpdated offer;
	Utarg__V1__LocalizedText titles[OFFER_TITLES_MAX];
	Utarg__V1__LocalizedText *title_pointers[OFFER_TITLES_MAX];
	char currency[4];
	bool has_stock;
	Utarg__V1__StockChanged stock;
};

// currency: the shop's; as_of_ms: the file's time. BAD_FIELD, MISSING_FIELD, BAD_CURRENCY with the column's
// name.
bool offer_row_read(const struct offer_row *row, const char *currency, const struct zone *zone,
		    int64_t as_of_ms, struct offer_said *out, struct err *e);
