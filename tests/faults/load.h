// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// fault-load: publishers that do what proto/README.md asks of them, over any number of lost connections and
// restarts, and write down what they sent and heard. load.c reads the command line and reports, load_run.c is
// the loop, load_history.c the file.
#pragma once

#include "common/base/err.h"
#include "services/utarg/core/histogram.h"
#include "tests/faults/load_event.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOAD_PUBLISHERS_MAX = 60, LOAD_ENDPOINT_SIZE = 256 };

struct load_options {
	struct load_world world;
	char endpoint[LOAD_ENDPOINT_SIZE];
	char key_file[LOAD_ENDPOINT_SIZE];
	int publishers, window, batch; // connections, requests under way on each, events a request
	int32_t origin;                // utarg.v1.Origin
	uint64_t first;                // number of the first event
	uint64_t event_count;          // 0: no end
	bool is_shuffled;              // in another order, from the shuffle's own seed
	uint64_t shuffle_seed;
	bool expects_refusals;      // of the database: BAD_FIELD is as good as OK
	int64_t run_ms, rate_per_s; // 0: no end; as fast as answers come
	int64_t answer_ms;          // then the same request is sent again
	int64_t give_up_ms;         // after the end, for what is still unanswered
};

struct load_result {
	uint64_t events, requests, transmissions, late, unanswered, unexpected;
	uint64_t by_code[ERR_CODE_COUNT];                              // final answers, one an event
	uint64_t busy;                                                 // answers "later", one a request
	int64_t first_ack_us, last_ack_us, gap_us, gap_at_us, wait_us; // the longest gap ended at gap_at_us
	int64_t begun_us, ended_us;
	struct histogram latency; // of a request: first sending to final answer
	char unexpected_text[160];
};

extern volatile sig_atomic_t load_stopping;

// ---- load_history.c: lines of text, in order; see checker.py -------------------------------------------
struct load_history; // NULL: none is kept
struct load_history *load_history_open(const char *path, struct err *e);
void load_history_close(struct load_history *history);
void load_history_send(struct load_history *history, int64_t now_us, int publisher, uint64_t request,
		       const uint8_t id[LOAD_ID_SIZE], const char *shop, uint64_t number);
// id NULL: the request as a whole.
void load_history_reply(struct load_history *history, int64_t now_us, int publisher, uint64_t request,
			const uint8_t *id, enum err_code code, uint64_t seq, uint64_t epoch);
// Before anything is sent: a line that was written tells of what may have happened, never the reverse.
void load_history_flush(struct load_history *history);

// ---- load_run.c ----------------------------------------------------------------------------------------
// False when the sockets could not be made; what stayed unanswered stands in the result.
bool load_run(const struct load_options *options, struct load_history *history, struct load_result *out,
	      struct err *e);
