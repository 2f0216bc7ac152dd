// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What append.c and attempt.c share and nobody else sees: the writer's connection with the batch under way,
// and single transactions over parts of it.
#pragma once

#include "services/ingest/append.h"
#include "services/ingest/flat.h"

enum verdict { COMMITTED, AGAIN, DATA, UNKNOWN, STALE, STORAGE, DOWN, FAILED, REFUSED };

struct appender {
	struct db *db; // NULL: never connected yet
	struct db_options options;
	struct order *order;
	const struct worker_end *end;
	append_notice *notice;
	void *context;
	bool is_up;
	char why[ERR_TEXT_SIZE]; // what the log was told last of a database that cannot be used
	bool is_full;            // PostgreSQL had no space left when last asked
	int checked_backend;     // db_last_backend when durability was checked: another one, another server
				 // perhaps
	unsigned jitter;
	struct flat flat; // the batch under way
};

// The database cannot be written to: remembered, counted and told to the loop.
void attempt_go_down(struct appender *a, const char *why);
// The same for a failure, whose own words are for the log.
void attempt_fail(struct appender *a, const struct err *e);
// The first entries of the batch as drafted when it began: COMMITTED, REFUSED or UNKNOWN. The order has been
// told.
enum verdict attempt_draft(struct appender *a, struct journal_draft *draft, size_t count, struct err *e);
// Nobody knows whether the range was committed: finds out and, if not, commits it.
enum verdict attempt_settle(struct appender *a, size_t first, size_t count, struct err *e);
// Commits a range heads first, halving it while the database refuses something in it. False: a shop's id is
// stale, and nothing of the range was answered.
bool attempt_range(struct appender *a, size_t first, size_t count);
// The answer that stands for a failure.
void attempt_give_up(struct appender *a, size_t first, size_t count, enum verdict verdict,
		     const struct err *e);
