// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// History of closed days: for each event that changed figures of a local day which was over when it was
// received, one row a day with everything the event changed of it. A row is a function of the event and of
// the events before it, so that any replay of a journal makes the same rows. What a day's own events and the
// clock change makes none, and so live events cost nothing here. Pure.
//
// A row's bytes (codec.h), each list sorted, so that equal changes are equal bytes:
//   texts    count, texts             the dimensions' values that are named below
//   tuples   count, INTERN_DIMS each  index + 1 in texts, 0: the fact does not stand in this dimension
//   facts    count, each: measure, level, index of the tuple, amount
//   cells    count, each: measure, dimension, index of the text, amount    (distinct counts)
// An amount is zigzag of 128 bits. A fact changes the total and each dimension of its tuple, a cell that one
// only.
#pragma once

#include "services/metrics/core/codec.h"
#include "services/metrics/core/tally.h"

__extension__ typedef unsigned __int128 history_amount; // zigzag of a money_sum

struct history_book; // of one fold: the rows since history_clear

struct history_book *history_create(const struct intern *intern);
void history_destroy(struct history_book *history);
// What the event under way changes of a day. dimension 0: key is dims, else a key.
void history_add(struct history_book *history, int64_t day_ms, const struct tally_key *key, money_sum amount);
// The event is over. grace_day_ms: the day that had ended less than a minute before; what is new there is not
// late.
void history_settle(struct history_book *history, const struct fact_stamp *stamp, int64_t grace_day_ms);
size_t history_rows(struct history_book *history, const struct fold_history **out);
void history_clear(struct history_book *history);
size_t history_bytes(const struct history_book *history);

// Reading a row again. tell is called with each change of the dimension's key (of the total: "-"); false: the
// bytes are broken.
struct history_change {
	uint16_t measure;
	int64_t level;
	money_sum amount;
};
bool history_read(struct slice changes, enum fold_dimension dimension, const char *key,
		  void (*tell)(void *context, const struct history_change *change), void *context);
