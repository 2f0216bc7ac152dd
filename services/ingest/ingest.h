// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The service as its loop sees it: what it has taken in, what it has handed on, and whom it tells. Of the
// loop's thread alone. The loop never touches the database.
#pragma once

#include "common/base/arena.h"
#include "common/keyring/keyring.h"
#include "common/svc/svc.h"
#include "services/ingest/core/recent.h"
#include "services/ingest/core/slice.h"
#include "services/ingest/core/validate.h"
#include "services/ingest/disk.h"
#include "services/ingest/doorbell.h"
#include "services/ingest/flow.h"
#include "services/ingest/job.h"
#include "services/ingest/reader.h"
#include "services/ingest/shops.h"
#include "services/ingest/writer.h"

#include <stdbool.h>
#include <stddef.h>

#include "utarg/v1/ingest.pb-c.h"

// Two: while one waits for the disk the other writes rows. A third gained nothing on 2 cores.
enum { INGEST_WRITERS = 2 };

// What else takes memory; ingest_init prints the sum.
enum {
	INGEST_MESSAGE_MAX_BYTES = 12 * 1024 * 1024,
	// Requests a connection may have in libzmq's queue while the loop is busy. Usual ones are some KiB;
	// the loop answers BUSY quicker than a connection sends.
	INGEST_RECEIVE_HWM = 100,
	INGEST_OUTBOX_BYTES = 16 * 1024 * 1024,
	INGEST_ARENA_BYTES = 4 * 1024 * 1024 // 1,000 judgements with their sentences are 1 MiB
};

struct ingest {
	struct svc *svc;
	struct keyring *keyring;
	struct validator *validator;
	struct arena event_arena; // one event's decoded form
	struct shops *shops;
	struct flow *flow;
	struct doorbell doorbell;
	struct order *order;
	struct recent *recent; // ids that came in lately
	struct disk disk;
	struct ingest_writer {
		struct ingest *ingest;
		struct writer *writer;
		struct batch *writing; // NULL: it is idle
		bool is_up;            // it can commit
	} writers[INGEST_WRITERS];
	uint64_t batches; // handed out so far
	struct reader *reader;
	// Jobs that wait for the writer, in the order they came.
	struct job *queue_first, *queue_last;
	size_t queued, queued_events;
	size_t writing_events; // with the writers
	size_t reads;          // with the reader
	size_t batch_max_events, batch_max_bytes;
	bool is_up;              // some writer can commit
	char why[ERR_TEXT_SIZE]; // it is not up, or ""
	int exit_code;           // of main; not 0 when the database is refused for good
	// Room for one request: clearing it anew each time cost a lone event more than judging it.
	struct slice_publication publications[SLICE_PUBLICATIONS_MAX];
	struct draft drafts[SLICE_PUBLICATIONS_MAX];
	// And for one answer, filled and sent in one go.
	Utarg__V1__PublishResult results[SLICE_PUBLICATIONS_MAX];
	Utarg__V1__PublishResult *result_list[SLICE_PUBLICATIONS_MAX];
};

extern const struct conf_row ingest_conf[];
extern const struct svc_route ingest_routes[];

// Opens all the service needs, the threads included. ingest is zeroed by the caller; fini takes whatever
// init got done.
bool ingest_init(struct ingest *ingest, struct svc *svc, struct err *e);
void ingest_fini(struct ingest *ingest);
// Cuts batches off the queue while a writer is idle. After each round of the loop.
void ingest_feed(void *ingest);
// Puts a job into the queue.
void ingest_queue(struct ingest *ingest, struct job *job);
// Sends the answer to a job that is settled.
void ingest_answer(struct ingest *ingest, const struct job *job);
