// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Starting, naming and ending child processes. A process is named by pid and start time together, so that
// a recycled pid is never taken for ours. Who is started when is supervisor.c's business.
#pragma once

#include "common/base/err.h"
#include "services/utarg/instance.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_GROUPS_MAX = 64 };

// Whom a child becomes. is_other false: stays who we are.
struct process_user {
	bool is_other;
	char name[64];
	uid_t uid;
	gid_t gid;
	gid_t groups[PROCESS_GROUPS_MAX];
	int group_count;
};

struct process_spec {
	const char *const *argv;         // argv[0] is the program's path; ends with NULL
	int log_fd;                      // stdout and stderr of the child; -1: ours
	const struct process_user *user; // NULL: stays who we are
	int death_signal;                // sent to the child when we die; 0: none
};

bool process_user_find(const char *name, struct process_user *out, struct err *e);
// Own process group, signals as by default. Returns the pid, or 0 with the reason.
pid_t process_spawn(const struct process_spec *spec, struct err *e);
// Spawns and waits; false when it could not start or ended otherwise than with 0.
bool process_run(const struct process_spec *spec, struct err *e);
// Calls `probe` in a child that has become the user; its result (0 to 255), -1 when it could not.
int process_probe(const struct process_user *user, int (*probe)(void *context), void *context);

uint64_t process_start_ticks(pid_t pid);                       // 0: no such process
bool process_is_alive(const struct instance_process *process); // the very one that was recorded
// Signals the recorded process and waits until it is gone, for processes that are not our children.
// True when it is gone in time.
bool process_end_stranger(const struct instance_process *process, int signal_number, int64_t wait_ms);
// "exit 3", "killed by SIGSEGV" from a wait status.
void process_describe_end(int status, char *out, size_t out_size);
