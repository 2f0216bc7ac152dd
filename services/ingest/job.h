// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What moves between the loop and the writers. A job is one publish request: made in the loop with copies
// of all it needs, queued, handed to a writer inside a batch, filled with results there, and given back to
// the loop, which answers and frees it. It belongs to one thread at a time, but for `is_answered`, which is
// the loop's alone, and what is never changed once it is made, which the loop may read all the time: the
// links of a batch's jobs, ticket, taken_at_ms and entry_count.
#pragma once

#include "common/base/err.h"
#include "common/journal/journal.h"
#include "common/svc/svc.h"
#include "services/ingest/core/slice.h"
#include "services/ingest/core/subject.h"
#include "services/ingest/core/validate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JOB_PRINCIPAL_SIZE = 64 };

// What is known of one publication before its job is made: the validator's judgement.
struct draft {
	enum err_code code;
	const char *field, *message; // in the request's arena; "" when there is nothing to say
	struct validated validated;
	int32_t shop_id; // 0: the writer has to look for it
};

// The answer to one publication.
struct job_result {
	enum err_code code;
	int64_t seq, epoch;
	const char *field, *message; // in the job, or static
};

// A shop the job writes to; most have one.
struct job_shop {
	char slug[VALIDATE_SHOP_SIZE];
	int32_t shop_id;          // 0: not known yet, -1: there is no such shop
	bool asked;               // the writer looked it up: the loop learns it
	bool sends_pseudonyms;    // the shop's word; known when shop_id is
	struct pseudonym_key key; // of the shop, set by the loop
};

// An event the validator let through.
struct job_entry {
	struct journal_entry entry; // its slices point into the job; shop_id is set by the writer
	uint32_t shop;              // index into shops
	uint32_t result;            // index into results
	bool is_suspect;            // its id was seen lately: it may be a duplicate
	bool is_sealed;             // whom it is about stands there by pseudonym
};

struct job {
	struct job *next;
	struct svc_ticket ticket;
	int64_t taken_at_ms; // monotonic
	bool is_answered;  // its publisher waited too long and was told BUSY; what becomes of it nobody hears
	size_t cost_bytes; // counted in flight
	char principal[JOB_PRINCIPAL_SIZE];
	struct job_result *results;
	size_t result_count;
	struct job_entry *entries;
	size_t entry_count;
	struct job_shop *shops;
	size_t shop_count;
};

// What a request of that size counts for while it is in flight, bookkeeping included.
size_t job_cost_bytes(size_t raw_bytes, size_t publication_count);
// One block of memory; free() it. drafts and publications are parallel arrays.
struct job *job_create(const struct svc_request *request, const struct draft *drafts,
		       const struct slice_publication *publications, size_t count, int64_t received_at_ms);

// Replaces whom the entry is about by pseudonyms, once, unless the shop does that itself. Needs a shop that
// is known; before it nothing of the subject may leave the process.
void job_seal(struct job *job, struct job_entry *entry);

// What one writer commits together. Made by the loop, returned by the writer with `heads`.
struct batch_head {
	char slug[VALIDATE_SHOP_SIZE];
	struct journal_head head;
};

struct batch {
	uint64_t number; // without gaps, in the order of handing out
	struct job *jobs;
	size_t job_count;
	size_t entry_count;
	size_t bytes;             // of the jobs
	struct batch_head *heads; // malloc; shops whose head this batch moved, in commit order
	size_t head_count, head_capacity;
};

struct batch *batch_create(void);
// Frees the batch and what it still holds.
void batch_destroy(struct batch *batch);
void batch_add_head(struct batch *batch, const char *slug, const struct journal_head *head);
