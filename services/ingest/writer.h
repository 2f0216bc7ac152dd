// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The writer: a thread with one connection that commits what it is handed, one batch after the other. It
// takes what has gathered while the others committed, so that the size of a batch follows the load by itself.
// What is handed and returned is a pointer and moves with its memory; what writers have to agree on is
// order.h's.
#pragma once

#include "common/db/db.h"
#include "services/ingest/job.h"
#include "services/ingest/order.h"
#include "services/ingest/worker.h"

enum report_kind { REPORT_BATCH, REPORT_STATE };

// What a writer sends back; the loop frees it.
struct report {
	enum report_kind kind;
	struct batch *batch; // REPORT_BATCH: answered in full
	bool up;             // REPORT_STATE: whether the database can be written to
	bool fatal;          // it must not be written to, and waiting will not help
	char why[ERR_TEXT_SIZE];
};

struct writer;

struct writer *writer_create(struct bus *bus, int number, const char *conninfo, struct order *order,
			     struct err *e);
void writer_stop(struct writer *writer);             // takes NULL
void writer_destroy(struct writer *writer);          // stopped before; takes NULL
struct worker *writer_worker(struct writer *writer); // hand it batches, take reports
