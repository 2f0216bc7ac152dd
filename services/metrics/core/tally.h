// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A table of sums by key, each with the stamp of its last change. fact.c keeps its rows and cells in it.
#pragma once

#include "services/metrics/core/fact.h"

struct tally_key {     // without padding: compared as bytes
	int64_t at;    // minute of a row, start of the bucket of a cell
	int64_t level; // of a level measure, else 0
	uint32_t key;  // dims of a row, interned key of a cell
	uint16_t measure;
	uint8_t dimension;
	uint8_t grain; // 0: a row
};

struct tally_row {
	struct tally_key key;
	money_sum delta;
	struct fact_stamp stamp;
};

struct tally;
struct tally *tally_create(void);
void tally_destroy(struct tally *tally);
// stamp may be NULL: then only the sum changes. Of two stamps the greater revision stands.
void tally_add(struct tally *tally, const struct tally_key *key, money_sum delta,
	       const struct fact_stamp *stamp);
size_t tally_count(const struct tally *tally);
const struct tally_row *tally_at(const struct tally *tally, size_t index);
void tally_clear(struct tally *tally); // gives back what an unusually large batch took
size_t tally_bytes(const struct tally *tally);
