// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Orders that came by a click on an advertisement of Google, as the files that Google Ads takes: conversions,
// and what became of them afterwards. Pure; the subcommand reads the journal and writes the file. Decisions:
//
// - whose: the last click id of the order's visitor in the window before placed_at has to be a gclid. Clicks
// with
//   marketing consent denied are none; with analytics consent denied an event says nothing of its visitor.
//   Orders with either denied, test orders, and those of visitors who have withdrawn marketing consent since,
//   are left out;
// - when: a conversion stands at placed_at of the lowest version. Its value is that of this version: items
// net
//   after discounts, in the order's currency;
// - afterwards: each moment at which the value becomes another (a later version, a refund, in order of (t,
// id)) is a
//   restatement to the new value; when nothing is left, or at a cancellation, a retraction, and nothing after
//   it. A moment at or before placed_at stands a second after it, since Google takes no other;
// - the same journal makes the same rows, in whatever order its entries are told.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/ingest.pb-c.h"

struct conversions;

enum conversion_kind { CONVERSION_MADE, CONVERSION_RESTATED, CONVERSION_RETRACTED };

struct conversion_row { // borrowed, until conversions_destroy
	enum conversion_kind kind;
	int64_t t_ms;
	int64_t value_minor; // not of a retraction
	const char *click_id, *order_id, *currency;
};

// window_ms: how long before an order a click counts.
struct conversions *conversions_create(int64_t window_ms);
void conversions_destroy(struct conversions *conversions); // takes NULL
// Copies what it needs of the entry.
void conversions_take(struct conversions *conversions, const Utarg__V1__JournalEntry *entry);
// Conversions, or what became of them, in [from_ms, to_ms), by (t, order id). rows are the heap's: free them.
size_t conversions_rows(const struct conversions *conversions, bool made, int64_t from_ms, int64_t to_ms,
			struct conversion_row **rows);
