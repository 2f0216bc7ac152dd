// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg down`: asks the supervisor to stop and waits until its lock is free; when it has crashed, ends
// what it left behind.
#include "services/utarg/commands.h"
#include "services/utarg/instance.h"
#include "services/utarg/process.h"
#include "services/utarg/supervisor.h"

#include "common/base/clock.h"

#include <signal.h>
#include <time.h>

enum { DOWN_WAIT_MS = 120000 };

static bool wait_for_lock(struct instance *instance, struct err *e)
{
	int64_t until = clock_monotonic_ms() + DOWN_WAIT_MS;
	while (!instance_lock(instance, e)) {
		if (e->code != ERR_CONFLICT)
			return false;
		if (clock_monotonic_ms() >= until)
			return err_set(e, ERR_BUSY,
				       "the instance has not stopped within %d s; see `utarg status`",
				       DOWN_WAIT_MS / 1000);
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	return true;
}

bool cmd_down(struct cli *cli, struct err *e)
{
	struct instance instance;
	struct state state;
	if (!instance_open(&instance, cli, false, e))
		return false;
	bool running = instance_is_locked(&instance);
	if (running) {
		if (!instance_read_state(&instance, &state, e))
			return err_set(e, ERR_BUSY,
				       "the instance in %.200s is just starting or stopping; try again",
				       instance.root);
		if (process_is_alive(&state.supervisor))
			kill(state.supervisor.pid, SIGTERM);
	}
	bool done = wait_for_lock(&instance, e) && supervisor_clean_up(&instance, e);
	instance_close(&instance);
	if (done && cli->json)
		printf("{\"was_running\": %s}\n", running ? "true" : "false");
	else if (done)
		printf(running ? "Utarg in %s is down.\n" : "Nothing was running in %s.\n", instance.root);
	return done;
}
