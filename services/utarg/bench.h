// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One run of `utarg bench`: what its parts share. The parts: bench_instance.c starts and stops the private
// instance, bench_cost.c reads what processes and PostgreSQL used, bench_load.c publishes and waits for acks,
// bench_yard.c runs the yardsticks, bench_figures.c measures the way to the figures, bench_report.c shows it.
// cmd_bench.c says in which order.
#pragma once

#include "common/base/err.h"
#include "common/bus/bus.h"
#include "common/db/db.h"
#include "services/utarg/cli.h"
#include "services/utarg/core/bench_event.h"
#include "services/utarg/core/bench_notes.h"
#include "services/utarg/core/histogram.h"
#include "services/utarg/instance.h"

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct bench {
	struct cli *cli;
	bool quick, peers;
	const char *only; // names with commas between; NULL: all
	int rounds;
	int64_t warm_ms, run_ms; // of one measurement
	int64_t grow;            // events; 0: growth is not measured
	uint32_t shop_count;     // where there are many
	int event_bytes;
	int64_t began_ms;
	json_t *settings; // what was measured with
	struct bench_notes notes;
	struct bench_events *events;
	struct bench_world world;
	uint64_t next_number;                               // of the next new event
	uint64_t yard_number;                               // the same in the yardsticks' database
	uint64_t requests, answered, busy, resent, refused; // over all loads
	// the running instance
	char data[CLI_PATH_SIZE];
	char key_file[CLI_PATH_SIZE]; // of its operator
	bool is_up, is_paused;
	struct instance instance;
	struct state state;
	struct db *db; // as owner, for reading positions
};

extern volatile sig_atomic_t bench_interrupted; // set by a signal: parts stop early with BUSY

void bench_trace(const struct bench *b, const char *part); // cmd_bench.c

// ---- bench_instance.c ----------------------------------------------------------------------------------
// A fresh instance in a directory of its own under `place`, by `utarg up --detach`, as a user gets it.
bool bench_up(struct bench *b, const char *place, struct err *e);
void bench_down(struct bench *b); // and takes the directory away
bool bench_make_shops(struct bench *b, uint32_t count, struct err *e);
// Makes metrics and campaign stand still (SIGSTOP) or go on: ingest is measured alone.
bool bench_pause(struct bench *b, bool pause, struct err *e);
// Conninfo of a database of the instance's cluster as its owner.
void bench_conninfo(const struct bench *b, const char *database, char out[INSTANCE_CONNINFO_SIZE]);

// ---- bench_cost.c --------------------------------------------------------------------------------------
struct bench_sample {
	int64_t at_us;
	double services_s, postgres_s, own_s; // CPU seconds so far
	int64_t wal_bytes;
};
bool bench_sample(struct bench *b, struct bench_sample *out, struct err *e);
// Resident MB of a service ("ingest"), 0 when it does not run.
double bench_rss_mb(const struct bench *b, const char *name);
// Sum of the checkpointed positions of metrics, and of the journals' heads.
bool bench_progress(struct bench *b, int64_t *metrics_seq, int64_t *head_seq, struct err *e);

// ---- bench_load.c --------------------------------------------------------------------------------------
struct bench_load {
	int sockets, window, batch; // connections, requests under way on each, events a request
	uint32_t shops;
	enum bench_ids ids;
	int duplicate_percent; // of events; their numbers come round from [duplicate_first, +
			       // duplicate_count)
	uint64_t duplicate_first, duplicate_count;
	int junk; // connections without a key that knock meanwhile
	int64_t warm_ms, run_ms;
	int64_t events_max;        // instead of run_ms, when not 0: so many, all counted
	int64_t rate_per_s;        // 0: as fast as answers come
	struct bus_socket *listen; // also waited for; may be NULL
	void (*on_listen)(void *context);
	void (*on_ack)(void *context, uint64_t seq, int64_t now_us); // greatest seq of an answer
	void *context;
};
struct bench_load_result {
	uint64_t events;                     // answered OK or DUPLICATE while measuring
	uint64_t ok, duplicate, other;       // in all
	uint64_t first_number, number_count; // new events that were sent
	double seconds, per_second;
	double cpu_per_million, postgres_cpu_per_million, own_cpu_per_million, wal_per_event;
	struct histogram latency; // of a request, first sending to answer
};
// False when something stays unanswered, or is refused.
bool bench_load_run(struct bench *b, const struct bench_load *load, struct bench_load_result *out,
		    struct err *e);

// ---- bench_junk.c --------------------------------------------------------------------------------------
struct bench_junk;
struct bench_junk *bench_junk_create(struct bench *b, int count, struct err *e);
void bench_junk_destroy(struct bench_junk *junk); // takes NULL
void bench_junk_turn(struct bench_junk *junk);    // makes anew what was cut

// ---- bench_yard.c --------------------------------------------------------------------------------------
bool bench_yard_prepare(struct bench *b, struct err *e); // its own database, same schema
// Each notes what it measured under `name`_per_s and so on; a yardstick that is not there is left out, with a
// sentence on stderr the first time.
bool bench_yard_copy(struct bench *b, const char *name, int writers, int rows, struct err *e);
bool bench_yard_insert(struct bench *b, const char *name, int connections, struct err *e);
bool bench_yard_fold(struct bench *b, struct err *e);
// Bare libzmq in the plain and under CURVE: so many frames of so many events in flight.
bool bench_yard_curve(struct bench *b, const char *name, int window, int batch, struct err *e);
bool bench_yard_peers(struct bench *b, struct err *e);

// ---- bench_figures.c -----------------------------------------------------------------------------------
bool bench_freshness(struct bench *b, double peak_per_s, struct err *e);
bool bench_catch_up(struct bench *b, struct err *e);
bool bench_end_to_end(struct bench *b, struct err *e);
bool bench_figure_read(struct bench *b, struct err *e);

// ---- bench_report.c ------------------------------------------------------------------------------------
void bench_read_settings(struct bench *b);
void bench_print_settings(const struct bench *b);
void bench_report_table(const struct bench *b);
void bench_report_json(const struct bench *b);
bool bench_report_svg(const struct bench *b, const char *path, struct err *e);
