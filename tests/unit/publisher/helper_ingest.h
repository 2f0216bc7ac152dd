// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// An ingest for one test: a ROUTER in the test's own thread, a journal in memory, and answers that are sent
// when, as often and in whatever order the test likes.
#pragma once

#include "common/bus/bus.h"
#include "common/publisher/publisher.h"
#include "tests/unit/publisher/helper_events.h"

#include "utarg/v1/service.pb-c.h"

enum { INGEST_EVENTS_MAX = 4000, INGEST_REQUESTS_MAX = 20000 };

struct ingest {
	struct bus *bus;
	struct bus_socket *router;
	uint64_t epoch;
	// journal: by event number
	uint64_t seqs[INGEST_EVENTS_MAX];
	uint64_t last_seq;
};

// One request as it came.
struct asked {
	struct bus_peer peer;
	Utarg__V1__Request *request; // freed by asked_free
};

void ingest_start(struct ingest *ingest);
void ingest_stop(struct ingest *ingest);
// The next request while the publisher (may be NULL) turns, within the test's patience; fails when none
// comes.
struct asked ingest_expect(struct ingest *ingest, struct publisher *publisher);
// The next request if it is there.
bool ingest_receive(struct ingest *ingest, struct asked *out);
uint32_t asked_event(const struct asked *asked, size_t index);
size_t asked_count(const struct asked *asked);
void asked_free(struct asked *asked);

// Appends what is new and fills results of INGEST's own: OK or DUPLICATE. A prepared code (not OK) leaves an
// event out. codes NULL: all.
void ingest_answer(struct ingest *ingest, const struct asked *asked, const int *codes);
// A refusal of the whole request.
void ingest_refuse(struct ingest *ingest, const struct asked *asked, int code, uint32_t retry_after_ms);
