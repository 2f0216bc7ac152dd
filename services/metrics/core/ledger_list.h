// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The ledger of partners, line by line, as people and payouts read it. For a fold that nothing is applied to:
// it says what has to be loaded and lists when all of that is there. The lines of all orders sum to the
// figures affiliate_held, affiliate_due and affiliate_commission. Pure.
#pragma once

#include "services/metrics/core/fold.h"
#include "services/metrics/core/ledger.h"

enum { LEDGER_TEXT_SIZE = 640, LEDGER_PLACE_SIZE = 96 };

struct ledger_query {
	const char *affiliate;  // "": all
	int64_t from_ms, to_ms; // of placed_at, half-open
	const char *after;      // place of the last order told, "": from the first one on
	int64_t as_of_ms;
};

struct ledger_row {
	const char *affiliate, *order, *rule; // the fold's
	struct ledger_sums sums;
	int64_t due_ms;
	uint8_t why;                   // enum ledger_why
	char text[LEDGER_TEXT_SIZE];   // why, in a sentence
	char place[LEDGER_PLACE_SIZE]; // of its order
};

// Whether a place can be one.
bool ledger_place_is_valid(const char *place);
// The next rows, whole orders, at most capacity. While keys are missing (*missing > 0, as fold_missing)
// nothing is listed yet. *is_end: there are no more behind them.
size_t ledger_list(struct fold *fold, const struct ledger_query *query, struct ledger_row *out,
		   size_t capacity, struct fold_key *keys, size_t key_capacity, size_t *missing,
		   bool *is_end);
