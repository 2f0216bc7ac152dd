// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Slug to shop_id, as the loop knows it, and each shop's last head for the doorbell. A shop once known
// stays (shops are made by people, not by publishers); slugs that no shop has are remembered for a second
// in a table of fixed size, so that a flood of wrong names asks the database at most once a second each.
// Who asks the database is append.c, with the batch that needs the answer.
#pragma once

#include "common/base/pseudonym.h"
#include "common/journal/journal.h"

#include <stdbool.h>
#include <stdint.h>

enum { SHOPS_SLUG_SIZE = 64, SHOPS_UNKNOWN_MS = 1000 };

// Of the loop's thread. Never freed before the table, so that the doorbell's list may point to it.
struct shop {
	char slug[SHOPS_SLUG_SIZE];
	int32_t shop_id;
	bool sends_pseudonyms;    // as it said when it was made
	struct pseudonym_key key; // of its pseudonyms
	struct journal_head head; // last one seen committed; seq 0: none yet
	int64_t changed_at_ms;    // monotonic, of head
	bool is_recent;           // in the doorbell's list
	struct shop *recent_next;
	struct shop *bucket_next;
};

struct shops;

enum shops_answer { SHOPS_KNOWN, SHOPS_ASK, SHOPS_UNKNOWN };

// master makes the shops' keys; it is copied.
struct shops *shops_create(const struct pseudonym_key *master);
void shops_destroy(struct shops *shops);
// KNOWN: *shop_id is set. ASK: the batch has to find out. UNKNOWN: it was asked within the last second.
enum shops_answer shops_lookup(const struct shops *shops, const char *slug, int64_t now_ms, int32_t *shop_id);
// What the database said; shop_id <= 0: no such shop. A known shop's id is replaced when it differs.
void shops_learn(struct shops *shops, const char *slug, int32_t shop_id, bool sends_pseudonyms,
		 int64_t now_ms);
// The key of a shop, known or not, and whether it needs none because it sends pseudonyms (false when not
// known).
void shops_seal(const struct shops *shops, const char *slug, struct pseudonym_key *key,
		bool *sends_pseudonyms);
struct shop *shops_find(const struct shops *shops, const char *slug); // NULL when not known
