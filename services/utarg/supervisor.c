// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The loop that keeps an instance alive. A unit is one process that shall run; it is started, dies, waits
// for its back-off and is started again. Units are in the order of their start; they are stopped in the
// reverse one. How a process is started lies in process.c, the database's own matters in postgres.c.
#include "services/utarg/supervisor.h"

#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/db.h"
#include "services/utarg/epochs.h"
#include "services/utarg/files.h"
#include "services/utarg/keep.h"
#include "services/utarg/keys.h"
#include "services/utarg/migrate.h"
#include "services/utarg/ports.h"
#include "services/utarg/postgres.h"
#include "services/utarg/process.h"
#include "services/utarg/pseudonyms.h"
#include "services/utarg/remote.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	BACKOFF_FIRST_MS = 100,
	BACKOFF_LAST_MS = 5000,
	LONG_LIFE_MS = 1000,        // who lived so long has worked: it starts from the first back-off again
	START_DEATHS_MAX = 3,       // of one unit before all are ready: then the start has failed
	DATABASE_START_MS = 300000, // crash recovery included
	SERVICES_START_MS = 60000,
	READY_ASK_MS = 300,
	TURN_MS = 100,
	SERVICE_STOP_MS = 15000, // above the 10 s a service takes for draining at most
	DATABASE_STOP_MS = 60000,
	DATABASE_UNIT = 0,
	UNIT_MAX = 1 + SVC_COUNT,
};

// Life: made with the supervisor; `record` (in the state) has its pid while it runs.
struct unit {
	const char *name;
	enum svc_name service; // for units above DATABASE_UNIT
	struct instance_process *record;
	bool wanted; // shall run
	bool ready;  // answered that it is, since its last start
	int deaths;
	int64_t backoff_ms;
	int64_t start_at_ms; // monotonic: when it may be started (again)
	int64_t started_at_ms;
};

struct supervisor {
	struct cli *cli;
	const char *restored; // why epochs shall be raised, NULL: they shall not
	struct instance *instance;
	struct postgres postgres;
	struct state state;
	struct unit units[UNIT_MAX];
	sigset_t signals;
	int stop_signals; // how often we were told to stop
	char operator_key[CLI_PATH_SIZE];
	bool state_changed;
};

// ---- making --------------------------------------------------------------------------------------------

static void describe_units(struct supervisor *s)
{
	s->state.process_count = UNIT_MAX;
	for (int i = 0; i < UNIT_MAX; i++) {
		struct unit *unit = &s->units[i];
		unit->service = (enum svc_name)(i > DATABASE_UNIT ? i - 1 : 0);
		unit->name = i == DATABASE_UNIT ? "postgres" : svc_ports[unit->service].name;
		unit->record = &s->state.processes[i];
		unit->backoff_ms = BACKOFF_FIRST_MS;
		text_copy(unit->record->name, sizeof(unit->record->name), unit->name);
	}
}

static void block_signals(struct supervisor *s)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	sigemptyset(&s->signals);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&s->signals, numbers[i]);
	sigprocmask(SIG_BLOCK, &s->signals, NULL);
}

// libpq would take PGOPTIONS, PGSERVICE and the like from whoever called us, and hand them to the services.
static void forget_libpq_environment(void)
{
	static const char *const names[] = {
		"PGHOST",    "PGPORT",    "PGDATABASE",    "PGUSER",    "PGPASSWORD",           "PGPASSFILE",
		"PGOPTIONS", "PGSERVICE", "PGSERVICEFILE", "PGSSLMODE", "PGTARGETSESSIONATTRS", "PGDATA"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
}

bool supervisor_clean_up(struct instance *instance, struct err *e)
{
	struct state state;
	if (!instance_read_state(instance, &state, NULL))
		return true;
	for (int i = state.process_count - 1; i >= 0; i--) {
		const struct instance_process *process = &state.processes[i];
		bool database = i == DATABASE_UNIT;
		if (process_end_stranger(process, database ? SIGINT : SIGTERM,
					 database ? DATABASE_STOP_MS : SERVICE_STOP_MS))
			continue;
		if (!process_end_stranger(process, database ? SIGQUIT : SIGKILL, SERVICE_STOP_MS))
			return err_set(e, ERR_CONFLICT,
				       "%s of an earlier run (pid %d) does not end; end it by hand",
				       process->name, (int)process->pid);
	}
	instance_forget_state(instance);
	return true;
}

struct supervisor *supervisor_create(struct cli *cli, struct instance *instance, const char *restored,
				     struct err *e)
{
	struct supervisor *s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	s->cli = cli;
	s->instance = instance;
	s->restored = restored;
	describe_units(s);
	if (!instance_lock(instance, e) || !supervisor_clean_up(instance, e) ||
	    !ports_check_free(cli->port_offset_given ? cli->port_offset : 0, e)) {
		free(s);
		return NULL;
	}
	cli->port_offset = s->state.port_offset = cli->port_offset_given ? cli->port_offset : 0;
	cli->port_offset_given = true;
	s->state.supervisor = (struct instance_process){
		.pid = getpid(), .start_ticks = process_start_ticks(getpid()), .since_ms = clock_now_ms()};
	text_copy(s->state.supervisor.name, sizeof(s->state.supervisor.name), "supervisor");
	// The instance's own, whatever the environment says of another.
	instance_path(instance, "secrets/operator.key", s->operator_key);
	cli->key_file = s->operator_key;
	forget_libpq_environment();
	block_signals(s);
	return s;
}

void supervisor_destroy(struct supervisor *s)
{
	if (s)
		s->cli->key_file = NULL;
	free(s);
}

// ---- starting one unit ---------------------------------------------------------------------------------

static int open_log(const struct supervisor *s, const struct unit *unit, struct err *e)
{
	char name[64], path[CLI_PATH_SIZE];
	snprintf(name, sizeof(name), "log/%s.log", unit->name);
	instance_path(s->instance, name, path);
	return files_open_log(path, e);
}

static pid_t start_service(const struct supervisor *s, const struct unit *unit, int log_fd, struct err *e)
{
	char program[CLI_PATH_SIZE + 64], offset[64], role[64], conninfo[INSTANCE_CONNINFO_SIZE],
		database[INSTANCE_CONNINFO_SIZE + 16], directory[CLI_PATH_SIZE + 16];
	char server_key[CLI_PATH_SIZE + 64], key[CLI_PATH_SIZE + 64], pseudonyms[CLI_PATH_SIZE + 64];
	const struct svc_port_row *row = &svc_ports[unit->service];
	struct state state = s->state;
	const char *proxy = fail_socket_dir(row->name);
	if (proxy)
		text_copy(state.socket_directory, sizeof(state.socket_directory), proxy);
	snprintf(server_key, sizeof(server_key), "--server-key-file=%s/secrets/server.key_secret",
		 s->instance->root);
	snprintf(key, sizeof(key), "--key-file=%s/secrets/%s.key", s->instance->root, row->name);
	snprintf(program, sizeof(program), "%s/%s", s->cli->exe_dir, row->binary);
	snprintf(offset, sizeof(offset), "--port-offset=%d", s->state.port_offset);
	snprintf(role, sizeof(role), "utarg_%s", row->name);
	instance_conninfo(s->instance, &state, "utarg", role, conninfo);
	snprintf(database, sizeof(database), "--database=%s", conninfo);
	snprintf(directory, sizeof(directory), "--database-dir=%s", s->postgres.data);
	pseudonyms_option(s->instance, pseudonyms, sizeof(pseudonyms));
	bool is_ingest = unit->service == SVC_INGEST;
	const char *const argv[] = {program,
				    offset,
				    database,
				    server_key,
				    key,
				    is_ingest ? directory : NULL,
				    is_ingest ? pseudonyms : NULL,
				    NULL};
	struct process_spec spec = {.argv = argv, .log_fd = log_fd, .death_signal = SIGTERM};
	return process_spawn(&spec, e);
}

static bool start_unit(struct supervisor *s, struct unit *unit, struct err *e)
{
	int log_fd = open_log(s, unit, e);
	if (log_fd < 0)
		return false;
	bool database = unit == &s->units[DATABASE_UNIT];
	pid_t pid = database ? postgres_start(&s->postgres, log_fd, e) : start_service(s, unit, log_fd, e);
	close(log_fd);
	if (!pid)
		return false;
	unit->ready = false;
	unit->started_at_ms = clock_monotonic_ms();
	unit->record->pid = pid;
	unit->record->start_ticks = process_start_ticks(pid);
	unit->record->since_ms = clock_now_ms();
	s->state_changed = true;
	return true;
}

// ---- one turn: reap, start again, write down -----------------------------------------------------------

static struct unit *unit_of(struct supervisor *s, pid_t pid)
{
	for (int i = 0; i < UNIT_MAX; i++)
		if (s->units[i].record->pid == pid)
			return &s->units[i];
	return NULL;
}

static void note_death(struct supervisor *s, struct unit *unit, int status)
{
	int64_t now = clock_monotonic_ms();
	process_describe_end(status, unit->record->last_end, sizeof(unit->record->last_end));
	if (now - unit->started_at_ms >= LONG_LIFE_MS)
		unit->backoff_ms = BACKOFF_FIRST_MS;
	unit->start_at_ms = now + unit->backoff_ms;
	unit->backoff_ms = unit->backoff_ms * 2 < BACKOFF_LAST_MS ? unit->backoff_ms * 2 : BACKOFF_LAST_MS;
	unit->deaths++;
	unit->ready = false;
	unit->record->pid = 0;
	s->state_changed = true;
	if (unit->wanted)
		log_warn("process_ended", LOG_STR("process", unit->name),
			 LOG_STR("end", unit->record->last_end),
			 LOG_INT("start_again_in_ms", unit->start_at_ms - now));
}

static void reap(struct supervisor *s)
{
	int status;
	for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
		struct unit *unit = unit_of(s, pid);
		if (unit)
			note_death(s, unit, status);
	}
}

static void start_due(struct supervisor *s)
{
	struct err e = {0};
	for (int i = 0; i < UNIT_MAX; i++) {
		struct unit *unit = &s->units[i];
		if (!unit->wanted || unit->record->pid || clock_monotonic_ms() < unit->start_at_ms)
			continue;
		if (start_unit(s, unit, &e)) {
			unit->record->restarts++;
			continue;
		}
		log_error("start_failed", LOG_STR("process", unit->name), LOG_STR("reason", e.text));
		unit->start_at_ms = clock_monotonic_ms() + BACKOFF_LAST_MS;
	}
}

static void write_state(struct supervisor *s)
{
	struct err e = {0};
	if (!s->state_changed)
		return;
	s->state_changed = false;
	if (!instance_write_state(s->instance, &s->state, &e))
		log_error("state_not_written", LOG_STR("reason", e.text));
}

// Waits for a signal or TURN_MS and does what is due.
static void turn(struct supervisor *s)
{
	struct timespec wait = {.tv_nsec = TURN_MS * 1000000L};
	int number = sigtimedwait(&s->signals, NULL, &wait);
	if (number == SIGTERM || number == SIGINT || number == SIGHUP)
		s->stop_signals++;
	reap(s);
	if (s->stop_signals == 0)
		start_due(s);
	write_state(s);
}

// ---- starting all --------------------------------------------------------------------------------------

static void log_place(const struct supervisor *s, const struct unit *unit, char path[CLI_PATH_SIZE])
{
	char name[64];
	snprintf(name, sizeof(name), "log/%s.log", unit->name);
	instance_path(s->instance, name, path);
}

static bool keeps_dying(const struct supervisor *s, const struct unit *unit, struct err *e)
{
	char path[CLI_PATH_SIZE], last[140];
	if (unit->deaths < START_DEATHS_MAX)
		return false;
	log_place(s, unit, path);
	files_last_line(path, unit == &s->units[DATABASE_UNIT] ? "FATAL:" : NULL, last, sizeof(last));
	err_set(e, ERR_BUSY, "%s does not start (%s): %s; see %.90s", unit->name, unit->record->last_end,
		last, path);
	return true;
}

static bool was_stopped(const struct supervisor *s, struct err *e)
{
	if (s->stop_signals == 0)
		return false;
	err_set(e, ERR_BUSY, "stopped by a signal while starting");
	return true;
}

static bool wait_for_database(struct supervisor *s, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE], path[CLI_PATH_SIZE];
	struct unit *unit = &s->units[DATABASE_UNIT];
	int64_t until = clock_monotonic_ms() + DATABASE_START_MS;
	instance_conninfo(s->instance, &s->state, "postgres", "utarg_owner", conninfo);
	while (!unit->record->pid || !db_wait_ready(conninfo, READY_ASK_MS, e)) {
		turn(s);
		if (was_stopped(s, e) || keeps_dying(s, unit, e))
			return false;
		if (clock_monotonic_ms() < until)
			continue;
		log_place(s, unit, path);
		return err_set(e, ERR_BUSY, "the database is not ready after %d s; see %.200s",
			       DATABASE_START_MS / 1000, path);
	}
	*e = (struct err){0};
	unit->ready = true;
	return true;
}

static bool make_database(const char *conninfo, struct err *e)
{
	const struct db_statement one[] = {migrate_statement("utarg_database_exists"), {0}};
	const struct db_statement *const tables[] = {one, NULL};
	struct db_options options = {.conninfo = conninfo,
				     .statements = tables,
				     .application_name = "utarg-up",
				     .statement_timeout_ms = 60000};
	struct db_value name = db_text("utarg");
	struct db_result *rows = NULL;
	struct db *db = db_create(&options, e);
	bool done = db && db_run(db, one[0].name, &name, 1, &rows, e);
	if (done && db_get_int(rows, 0, 0) == 0)
		done = db_script(db, "CREATE DATABASE utarg", e);
	db_result_free(rows);
	db_destroy(db);
	return done;
}

// Before ingest acknowledges anything in the history that was put back.
static bool raise_epochs(const struct supervisor *s, const char *conninfo, struct err *e)
{
	char by[KEEP_BY_SIZE];
	const struct db_statement *const tables[] = {keep_statements, NULL};
	struct db_options options = {
		.conninfo = conninfo, .statements = tables, .application_name = "utarg-up"};
	struct db_result *raised = NULL;
	if (!s->restored)
		return true;
	keep_by(by);
	struct db *db = db_create(&options, e);
	bool done = db && db_begin(db, e) &&
		    epochs_raise(db, "", epochs_least_after_restore(), by, s->restored, &raised, e) &&
		    db_commit(db, e) == DB_COMMITTED;
	if (done)
		log_warn("epochs_raised", LOG_INT("shops", db_rows(raised)), LOG_STR("by", by),
			 LOG_STR("why", s->restored));
	db_result_free(raised);
	db_destroy(db);
	return done || err_prefix(e, "the epochs were not raised");
}

static bool prepare_database(struct supervisor *s, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE], secrets[CLI_PATH_SIZE], public_key[CLI_PATH_SIZE];
	struct migrate_report report;
	int count;
	instance_conninfo(s->instance, &s->state, "postgres", "utarg_owner", conninfo);
	if (!make_database(conninfo, e))
		return false;
	instance_conninfo(s->instance, &s->state, "utarg", "utarg_owner", conninfo);
	instance_path(s->instance, "secrets", secrets);
	// Where clients find it: the folder of secrets is closed to them.
	instance_path(s->instance, "server.key_public", public_key);
	return migrate_run(conninfo, SERVICES_START_MS, &report, e) &&
	       migrate_set_passwords(conninfo, secrets, &count, e) &&
	       keys_make_all(secrets, public_key, conninfo, e) && raise_epochs(s, conninfo, e);
}

// Who is short of room runs all the same: figures can be read, and it goes on when there is room.
static bool ask_ready(const struct supervisor *s, const struct unit *unit, struct err *e)
{
	if (remote_ready(s->cli, unit->service, READY_ASK_MS, e))
		return true;
	if (e->code != ERR_STORAGE_LOW)
		return false;
	log_warn("started_short_of_room", LOG_STR("process", unit->name), LOG_STR("reason", e->text));
	return true;
}

// First unit that is not ready, NULL when all are; e says why it is not.
static struct unit *first_unready(struct supervisor *s, struct err *e)
{
	for (int i = DATABASE_UNIT + 1; i < UNIT_MAX; i++) {
		struct unit *unit = &s->units[i];
		if (!unit->ready && unit->record->pid)
			unit->ready = ask_ready(s, unit, e);
		if (!unit->ready)
			return unit;
	}
	return NULL;
}

static bool wait_for_services(struct supervisor *s, struct err *e)
{
	int64_t until = clock_monotonic_ms() + SERVICES_START_MS;
	struct unit *unit;
	while ((unit = first_unready(s, e)) != NULL) {
		char path[CLI_PATH_SIZE], why[ERR_TEXT_SIZE];
		turn(s);
		if (was_stopped(s, e) || keeps_dying(s, unit, e))
			return false;
		if (clock_monotonic_ms() < until)
			continue;
		log_place(s, unit, path);
		text_copy(why, sizeof(why), e->text);
		return err_set(e, ERR_BUSY, "after %d s: %.160s; see %.110s", SERVICES_START_MS / 1000, why,
			       path);
	}
	*e = (struct err){0};
	return true;
}

static bool start_all(struct supervisor *s, struct err *e)
{
	if (!pseudonyms_prepare(s->instance, e) || !postgres_prepare(&s->postgres, s->instance, e))
		return false;
	text_copy(s->state.socket_directory, sizeof(s->state.socket_directory), s->postgres.socket_directory);
	s->units[DATABASE_UNIT].wanted = true;
	if (!start_unit(s, &s->units[DATABASE_UNIT], e))
		return false;
	write_state(s);
	if (!wait_for_database(s, e) || !prepare_database(s, e))
		return false;
	for (int i = DATABASE_UNIT + 1; i < UNIT_MAX; i++) {
		s->units[i].wanted = true;
		if (!start_unit(s, &s->units[i], e))
			return false;
	}
	write_state(s);
	return wait_for_services(s, e);
}

bool supervisor_start(struct supervisor *s, struct err *e)
{
	if (start_all(s, e))
		return true;
	supervisor_stop(s);
	return false;
}

void supervisor_run(struct supervisor *s)
{
	while (s->stop_signals == 0)
		turn(s);
}

// ---- stopping ------------------------------------------------------------------------------------------

static bool any_runs(const struct supervisor *s, int first, int last)
{
	for (int i = first; i <= last; i++)
		if (s->units[i].record->pid)
			return true;
	return false;
}

static void signal_units(const struct supervisor *s, int first, int last, int number)
{
	for (int i = first; i <= last; i++)
		if (s->units[i].record->pid)
			kill(s->units[i].record->pid, number);
}

// Signals units first..last and waits; when they are not gone in time, or a further signal says hurry,
// with `hard`, and then with SIGKILL.
static void end_units(struct supervisor *s, int first, int last, int soft, int hard, int64_t wait_ms)
{
	int steps[] = {soft, hard, SIGKILL};
	for (size_t step = 0; step < 3 && any_runs(s, first, last); step++) {
		int64_t until = clock_monotonic_ms() + wait_ms;
		int signals = s->stop_signals;
		signal_units(s, first, last, steps[step]);
		while (any_runs(s, first, last) && clock_monotonic_ms() < until && s->stop_signals == signals)
			turn(s);
	}
}

void supervisor_stop(struct supervisor *s)
{
	if (s->stop_signals == 0)
		s->stop_signals = 1; // from here on nothing is started again
	for (int i = 0; i < UNIT_MAX; i++)
		s->units[i].wanted = false;
	end_units(s, DATABASE_UNIT + 1, UNIT_MAX - 1, SIGTERM, SIGKILL, SERVICE_STOP_MS);
	end_units(s, DATABASE_UNIT, DATABASE_UNIT, SIGINT, SIGQUIT, DATABASE_STOP_MS);
	rmdir(s->state.socket_directory); // one in /tmp would be left for ever
	instance_forget_state(s->instance);
}
