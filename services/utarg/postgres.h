// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The private PostgreSQL of an instance: its programs, its cluster in <data>/pg, its settings, secrets and
// socket. It listens on a Unix socket only and never touches the system's clusters. Keeping it running is
// supervisor.c's job.
#pragma once

#include "common/base/err.h"
#include "services/utarg/instance.h"
#include "services/utarg/process.h"

enum { POSTGRES_VERSION_MIN = 15 };

struct postgres {
	char bin[CLI_PATH_SIZE];  // folder of initdb and postgres
	int version;              // major
	char data[CLI_PATH_SIZE]; // <root>/pg
	char socket_directory[CLI_PATH_SIZE];
	struct process_user user; // who runs it; root becomes "postgres"
};

// The newest installed version from POSTGRES_VERSION_MIN on; wanted 0: any, else exactly that one.
bool postgres_find(int wanted_version, char *bin, size_t bin_size, int *version, struct err *e);
// The cluster's version, 0 when there is none yet.
int postgres_cluster_version(const struct instance *instance);
// Everything up to the moment before the start: user, directories, secrets, initdb when it is the first
// time, settings, and what a crash left behind.
bool postgres_prepare(struct postgres *postgres, const struct instance *instance, struct err *e);
// Returns the postmaster's pid, 0 with the reason.
pid_t postgres_start(const struct postgres *postgres, int log_fd, struct err *e);

// The roles whose passwords lie in <root>/secrets/<role>.pgpass; ends with NULL. The first is the owner.
extern const char *const postgres_roles[];
