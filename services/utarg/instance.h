// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// An instance is a data directory: where its files lie, who holds its lock, and the facts `up` writes into
// state.json so that other commands find the running services. Nothing here starts or stops anything.
#pragma once

#include "common/base/err.h"
#include "services/utarg/cli.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { INSTANCE_PROCESS_MAX = 8, INSTANCE_NAME_SIZE = 24, INSTANCE_CONNINFO_SIZE = 4096 };

struct instance {
	char root[CLI_PATH_SIZE]; // absolute
	int lock_fd;              // -1: not held by this process
};

// A process as recorded; pid and start time together name it for ever, a pid alone does not.
struct instance_process {
	char name[INSTANCE_NAME_SIZE]; // "postgres", "ingest"...
	pid_t pid;                     // 0: not running at the moment
	uint64_t start_ticks;          // field 22 of /proc/<pid>/stat
	int64_t since_ms;
	int restarts;
	char last_end[96]; // how it ended last, "" when it never did
};

struct state {
	int port_offset;
	struct instance_process supervisor;
	int process_count;
	struct instance_process processes[INSTANCE_PROCESS_MAX];
	char socket_directory[CLI_PATH_SIZE];
};

// Finds (or makes, with its folders) the data directory of cli->data.
bool instance_open(struct instance *instance, const struct cli *cli, bool create, struct err *e);
void instance_close(struct instance *instance);
// "<root>/<name>"; asserts that it fits.
void instance_path(const struct instance *instance, const char *name, char out[CLI_PATH_SIZE]);

// The lock is flock(2) on <root>/lock; it goes with the process. CONFLICT when another holds it.
bool instance_lock(struct instance *instance, struct err *e);
bool instance_is_locked(const struct instance *instance); // by anyone

// state.json, replaced atomically. Reading: false with BUSY when there is none ("nothing runs in ...").
bool instance_write_state(const struct instance *instance, const struct state *state, struct err *e);
bool instance_read_state(const struct instance *instance, struct state *out, struct err *e);
void instance_forget_state(const struct instance *instance);

// "host='...' dbname=utarg user=<role> passfile='...'" for this instance's database.
void instance_conninfo(const struct instance *instance, const struct state *state, const char *database,
		       const char *role, char out[INSTANCE_CONNINFO_SIZE]);
