// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The "Online Retail" file (UCI) as events of a shop: what is taken, what is skipped and why. Pure; the
// subcommand reads the file and publishes. Decisions:
//
// - an invoice is a run of lines with one InvoiceNo; its time is the earliest of its lines, local to the
// shop;
// - an invoice that is no cancellation is one purchase: items are its lines with quantity > 0 and price > 0
//   (prices are net), except that POST, DOT and C2 are its shipping; without an item it is skipped;
// - an invoice whose number begins with C is a refund of the sum of its lines, its order unknown;
// - a line is counted exactly once: as an item, as shipping, as a refund line, or skipped with its reason;
// - an event's id is a UUIDv5 of the shop and the invoice's lines as they stand in the file, so the same file
//   gives the same ids, and a changed line makes another event;
// - a country's name becomes its ISO code; one that is not in the table is `unknown`.
#pragma once

#include "common/base/err.h"
#include "common/base/zone.h"

#include <stdbool.h>
#include <stddef.h>

#include "utarg/v1/event.pb-c.h"

enum retail_skip {
	RETAIL_SKIP_QUANTITY, // quantity of zero or less on an invoice that is no cancellation: a write-off
	RETAIL_SKIP_PRICE,    // price of zero or less
	RETAIL_SKIP_NO_GOODS, // shipping of an invoice without any item
	RETAIL_SKIP_CANCELLED_ZERO, // a cancellation's line without quantity below zero or price above it
	RETAIL_SKIP_COUNT,
};
extern const char *const retail_skip_reasons[RETAIL_SKIP_COUNT]; // for the report

struct retail_report {
	size_t line_count; // data lines, = item + shipping + refund + sum(skipped)
	size_t item_count, shipping_count, refund_line_count;
	size_t skipped[RETAIL_SKIP_COUNT];
	size_t invoice_count, purchase_count, refund_count, skipped_invoice_count;
};

struct retail_options {
	const char *shop;
	const struct zone *zone;
	// Gets each publication in file order; borrowed for the call. False stops (e is set by it). NULL:
	// count only.
	bool (*emit)(void *context, const Utarg__V1__Publication *publication, struct err *e);
	void *context;
};

// Reads the whole text. A line that is not like the file's description is BAD_FIELD with its number; then
// nothing can be said about the rest, so run once with emit NULL before publishing.
bool retail_read(const char *text, size_t size, const struct retail_options *options,
		 struct retail_report *report, struct err *e);
