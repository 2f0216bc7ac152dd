// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Compares a replay with the tables, digit by digit: every cell's value and revision, every entity's state.
#pragma once

#include "services/metrics/replay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COMPARE_SHOWN = 20, COMPARE_LINE_SIZE = 512, COMPARE_PAGE = 5000 };

struct comparison {
	int64_t cells; // compared
	int64_t entities;
	int64_t history;
	int64_t differences;
	char lines[COMPARE_SHOWN][COMPARE_LINE_SIZE]; // the first of them, one sentence each
};

// What is compared, and where the outcome goes.
struct compare_context {
	struct db *db;
	int32_t shop_id;
	const struct store_position *position;
	struct replay *replay;
	struct comparison *out;
	replay_progress *progress; // NULL: none; until_seq is 0, nobody counts beforehand
	void *progress_context;
};

void comparison_add(struct comparison *comparison, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void compare_progress(const struct compare_context *c, int64_t done);
// Inside the caller's snapshot, after replay_run. False: it could not be done; differences are no failure.
bool compare_cells(const struct compare_context *c, struct err *e);
bool compare_entities(struct compare_context *c, struct err *e);
bool compare_history(struct compare_context *c, struct err *e);
// After both: what is stored nowhere.
bool compare_unmet(struct compare_context *c, struct err *e);

void compare_history_differs(struct comparison *out, const struct fold_key *key, const char *what);
