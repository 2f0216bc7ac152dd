// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The journal in: doorbells and sweeps say that there is something, rounds read, fold and checkpoint it.
// A round is bounded in rows and in time, so that questions are answered in between.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct metrics;
struct shop;
struct fold;
struct journal_row;
struct fold_event;
struct arena;

// Sums that one checkpoint writes, beside what the last few events add (old orders told at last have dozens
// each, all in buckets of their own; a second of work for PostgreSQL); and the memory of them:
// FOLD_CELLS_A_CHANGE cells each, in a table that is up to twice as large, as the fold tells them, and as
// arrays twice, ours and libpq's.
enum { FOLLOW_CHANGES_MAX = 8192, FOLLOW_CELL_BYTES = 364 };

// Subscribes to head/ of ingest and campaign, and sets the timers.
bool follow_start(struct metrics *m, struct err *e);
void follow_stop(struct metrics *m);
// One bounded piece of work; true when there is more to do at once.
bool follow_round(struct metrics *m);
// Commits what the fold has changed, with the position at seq and as_of_ms, and marks what is to be
// published. False when the shop has left memory (fenced, failed): it will be loaded again.
bool follow_checkpoint(struct metrics *m, struct shop *shop, int64_t seq, int64_t as_of_ms);
// A journal row as the fold wants it, its event decoded in the arena. False: no memory left in the arena
// (then arena->exhausted is set) or bytes that do not decode.
bool follow_decode(const struct journal_row *row, struct arena *arena, struct fold_event *out);
