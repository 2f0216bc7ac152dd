// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reads ranges of a shop's journal for others: a thread with a connection of its own, so that a long read
// holds up no commit. What is handed and returned is a struct read_job.
#pragma once

#include "common/db/db.h"
#include "common/svc/svc.h"
#include "services/ingest/shops.h"
#include "services/ingest/worker.h"

#include "utarg/v1/ingest.pb-c.h"

enum {
	READER_EVENTS_DEFAULT = 1000,
	READER_EVENTS_MAX = 10000,
	READER_BYTES_MAX =
		4 * 1024 * 1024, // of events and subjects; with its frames an answer stays under 8 MiB
	READER_QUEUE_MAX = 64    // questions that wait, each a few hundred bytes
};

// One question on its way to the reader and back. Made and freed by the loop.
struct read_job {
	struct svc_ticket ticket;
	char shop[SHOPS_SLUG_SIZE];
	int64_t after_seq;
	uint32_t limit;
	// the answer: one of the two
	Utarg__V1__JournalReadReply *reply;
	struct err failure;
};

void read_job_free(struct read_job *job); // takes NULL

struct reader;

struct reader *reader_create(struct bus *bus, const char *conninfo, struct err *e);
void reader_stop(struct reader *reader);    // takes NULL
void reader_destroy(struct reader *reader); // stopped before; takes NULL
struct worker *reader_worker(struct reader *reader);
