// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Many events to ingest: gathered into requests, several under way at once, sent again (with the same ids)
// when ingest is busy or does not answer. For `publish`, `import` and `simulate`; memory is bounded by
// the window. Order of acceptance is not promised.
#pragma once

#include "common/base/err.h"
#include "services/utarg/cli.h"

#include "utarg/v1/service.pb-c.h"

struct publisher;

// What came of one event; borrowed for the call.
struct publisher_result {
	uint64_t tag;      // as given to publisher_add
	const uint8_t *id; // 16 bytes when the event had them, else NULL
	enum err_code code;
	uint64_t seq, epoch;
	const char *field, *message;
};

struct publisher_options {
	Utarg__V1__Origin origin; // until publisher_set_origin
	size_t batch_events;      // a request, 0: 200
	size_t window;            // requests under way, 0: 4
	int64_t timeout_ms;       // without any progress, 0: 30,000
	void (*on_result)(void *context, const struct publisher_result *result);
	void *context;
};

// BUSY when ingest is not there or not ready.
struct publisher *publisher_create(struct cli *cli, const struct publisher_options *options, struct err *e);
void publisher_destroy(struct publisher *publisher); // takes NULL; forgets what is unanswered
// Copies the publication; may wait for answers when the window is full.
bool publisher_add(struct publisher *publisher, const Utarg__V1__Publication *publication, uint64_t tag,
		   struct err *e);
// Who speaks in what is added from here on; a request has one origin.
void publisher_set_origin(struct publisher *publisher, Utarg__V1__Origin origin);
// Sends what is gathered and waits until everything is answered.
bool publisher_flush(struct publisher *publisher, struct err *e);

// Counts by code, for summaries.
struct publisher_counts {
	uint64_t by_code[ERR_CODE_COUNT];
	uint64_t total;
};
void publisher_count(struct publisher_counts *counts, enum err_code code);
// "120 events: 118 OK, 2 DUPLICATE" on one line.
void publisher_print_counts(const struct publisher_counts *counts, FILE *out);
