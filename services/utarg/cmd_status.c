// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg status`: the processes as the supervisor recorded them, and what the services say themselves.
#include "services/utarg/commands.h"
#include "services/utarg/instance.h"
#include "services/utarg/keep.h"
#include "services/utarg/output.h"
#include "services/utarg/process.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/db.h"

enum { STATUS_TIMEOUT_MS = 2000 };

// One line of the answer.
struct status_row {
	const struct instance_process *process;
	bool alive, ready;
	struct err why;
};

static void examine(struct cli *cli, const struct instance *instance, const struct state *state,
		    struct status_row *row)
{
	enum svc_name name;
	struct err unknown = {0};
	char conninfo[INSTANCE_CONNINFO_SIZE];
	row->alive = process_is_alive(row->process);
	if (!row->alive) {
		err_set(&row->why, ERR_BUSY, "not running%s%s",
			*row->process->last_end ? "; it ended with " : "", row->process->last_end);
		return;
	}
	if (remote_service_from_name(row->process->name, &name, &unknown)) {
		row->ready = remote_ready(cli, name, STATUS_TIMEOUT_MS, &row->why);
		return;
	}
	instance_conninfo(instance, state, "utarg", "utarg_operator", conninfo);
	row->ready = db_wait_ready(conninfo, STATUS_TIMEOUT_MS, &row->why);
}

static void print_table(const struct status_row *rows, int count)
{
	static const char *const titles[] = {"PROCESS", ">PID",      "READY",   "UP SINCE",
					     "FOR",     ">RESTARTS", "WHY NOT", NULL};
	char since[OUTPUT_TEXT_SIZE], duration[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (int i = 0; i < count; i++) {
		const struct instance_process *process = rows[i].process;
		table_cell(table, process->name);
		if (rows[i].alive)
			table_format(table, "%d", (int)process->pid);
		else
			table_cell(table, "-");
		table_cell(table, rows[i].ready ? "yes" : "no");
		table_cell(table, rows[i].alive ? output_time(process->since_ms, since) : "-");
		table_cell(table, rows[i].alive
					  ? output_duration(clock_now_ms() - process->since_ms, duration)
					  : "-");
		table_format(table, "%d", process->restarts);
		table_cell(table, rows[i].ready ? "" : rows[i].why.text);
	}
	table_print(table, stdout, NULL);
	table_destroy(table);
}

static void print_json(const struct instance *instance, const struct state *state,
		       const struct status_row *rows, int count, int64_t quarantine)
{
	json_t *processes = json_array();
	for (int i = 0; i < count; i++) {
		const struct instance_process *process = rows[i].process;
		json_array_append_new(
			processes,
			json_pack("{s:s, s:I, s:b, s:b, s:I, s:i, s:s, s:s}", "name", process->name, "pid",
				  (json_int_t)(rows[i].alive ? process->pid : 0), "running", rows[i].alive,
				  "ready", rows[i].ready, "since_ms", (json_int_t)process->since_ms,
				  "restarts", process->restarts, "last_end", process->last_end, "reason",
				  rows[i].ready ? "" : rows[i].why.text));
	}
	json_t *all =
		json_pack("{s:s, s:i, s:I, s:o}", "data", instance->root, "port_offset", state->port_offset,
			  "supervisor_pid", (json_int_t)state->supervisor.pid, "processes", processes);
	json_object_set_new(all, "quarantine", quarantine < 0 ? json_null() : json_integer(quarantine));
	output_json(all, false);
}

// -1: the database does not say.
static int64_t count_quarantine(const struct instance *instance, const struct state *state)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	int64_t count = -1;
	instance_conninfo(instance, state, "utarg", "utarg_operator", conninfo);
	return keep_count_quarantine(conninfo, &count, NULL) ? count : -1;
}

bool cmd_status(struct cli *cli, struct err *e)
{
	struct instance instance;
	struct state state;
	struct status_row rows[INSTANCE_PROCESS_MAX] = {0};
	int unready = 0;
	if (!instance_open(&instance, cli, false, e) || !instance_read_state(&instance, &state, e))
		return false;
	if (!process_is_alive(&state.supervisor))
		return err_set(e, ERR_BUSY,
			       "nothing is running in %.150s (its supervisor was killed); `utarg up` starts "
			       "it again",
			       instance.root);
	for (int i = 0; i < state.process_count; i++) {
		rows[i].process = &state.processes[i];
		examine(cli, &instance, &state, &rows[i]);
		unready += !rows[i].ready;
	}
	// The database is the first of the processes.
	int64_t quarantine = rows[0].ready ? count_quarantine(&instance, &state) : -1;
	if (cli->json)
		print_json(&instance, &state, rows, state.process_count, quarantine);
	else
		print_table(rows, state.process_count);
	if (!cli->json && quarantine > 0)
		printf("%lld event%s in quarantine: `utarg quarantine list`.\n", (long long)quarantine,
		       quarantine == 1 ? " is" : "s are");
	fflush(stdout);
	if (unready == 0)
		return true;
	return err_set(e, ERR_BUSY, "%d of %d processes %s not ready", unready, state.process_count,
		       unready == 1 ? "is" : "are");
}
