// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Keeps the processes of an instance running: the private PostgreSQL and the services. Made by `utarg up`
// in the process that stays.
//
//   supervisor_create -> supervisor_start (all ready) -> supervisor_run (until told to stop) ->
//   supervisor_stop
//
// Everything happens in one thread; children are started, reaped and asked for readiness in turns.
#pragma once

#include "services/utarg/cli.h"
#include "services/utarg/instance.h"

struct supervisor;

// Takes the lock (CONFLICT when an instance runs), ends what a crashed supervisor left, checks the ports.
// Blocks the signals it waits for. The instance is borrowed for life, and so is restored: why every epoch
// shall be raised before the services start (epochs.h), NULL: not.
struct supervisor *supervisor_create(struct cli *cli, struct instance *instance, const char *restored,
				     struct err *e);
void supervisor_destroy(struct supervisor *supervisor);
// Returns when everything is ready; on failure everything that was started has been stopped again.
bool supervisor_start(struct supervisor *supervisor, struct err *e);
// Restarts what dies until SIGTERM, SIGINT or SIGHUP.
void supervisor_run(struct supervisor *supervisor);
// Services drain, then the database shuts down; a second signal hurries. Forgets the state file.
void supervisor_stop(struct supervisor *supervisor);

// Ends recorded processes that a supervisor that is no more has left behind; services first. For a holder
// of the lock.
bool supervisor_clean_up(struct instance *instance, struct err *e);
