// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A connection's beginning and end: connecting, session settings, preparing, dropping. Dropping never
// waits: a frozen server must not freeze us.
#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "common/db/db_internal.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	CONNECT_TIMEOUT_MS = 5000,
	STATEMENT_TIMEOUT_MS = 10000,
	// The server's own timeout is later than ours: it only cleans up behind a client that has gone.
	SERVER_MARGIN_MS = 1000,
	IDLE_IN_TRANSACTION_MS = 60000,
	READY_PAUSE_MS = 100,
	READY_ATTEMPT_MS = 2000,
};

// $1 statement_timeout, $2 idle_in_transaction_session_timeout, $3 lock_timeout, $4 plan_cache_mode. Every
// name is qualified: search_path is set here and not before.
static const char session_sql[] =
	"SELECT pg_catalog.set_config('synchronous_commit', 'on', false),"
	" pg_catalog.set_config('default_transaction_isolation', 'read committed', false),"
	" pg_catalog.set_config('default_transaction_read_only', 'off', false),"
	" pg_catalog.set_config('statement_timeout', $1, false),"
	" pg_catalog.set_config('idle_in_transaction_session_timeout', $2, false),"
	" pg_catalog.set_config('client_connection_check_interval', '1s', false),"
	" pg_catalog.set_config('search_path', 'pg_catalog', false),"
	" pg_catalog.set_config('TimeZone', 'UTC', false),"
	" pg_catalog.set_config('DateStyle', 'ISO, YMD', false),"
	" pg_catalog.set_config('client_min_messages', 'warning', false),"
	" CASE WHEN $3 <> '0' THEN pg_catalog.set_config('lock_timeout', $3, false) END,"
	" CASE WHEN $4 <> 'auto' THEN pg_catalog.set_config('plan_cache_mode', $4, false) END,"
	" CASE WHEN $4 <> 'auto' THEN pg_catalog.set_config('enable_seqscan', 'off', false) END,"
	" (SELECT pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
	" FROM pg_catalog.pg_stat_activity AS a WHERE a.pid = pg_catalog.pg_backend_pid()),"
	" pg_catalog.current_setting('fsync'), pg_catalog.current_setting('full_page_writes')";
enum { SESSION_BACKEND_START = 13, SESSION_FSYNC = 14 };

static const char end_backend_sql[] =
	"SELECT pg_catalog.pg_terminate_backend(a.pid, $3::int8) FROM pg_catalog.pg_stat_activity AS a"
	" WHERE a.pid = $1::int4"
	" AND pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') = $2::text";

static const char durable_sql[] =
	"SELECT pg_catalog.current_setting('fsync'), pg_catalog.current_setting('full_page_writes')";

static void on_notice(void *arg, const PGresult *result)
{
	(void)arg;
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	log_debug("database_notice", LOG_STR("message", message != NULL ? message : ""));
}

// Comments stand before the statement.
static bool begins_with(const char *sql, const char *word)
{
	for (;;) {
		sql += strspn(sql, " \t\r\n");
		if (strncmp(sql, "--", 2) != 0)
			return strncmp(sql, word, strlen(word)) == 0;
		sql += strcspn(sql, "\n");
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct db_prepared *)a)->name, ((const struct db_prepared *)b)->name);
}

static void note_statements(struct db *db, const struct db_statement *const *tables)
{
	size_t count = 0;
	for (size_t t = 0; tables != NULL && tables[t] != NULL; t++)
		for (size_t i = 0; tables[t][i].name != NULL; i++)
			count++;
	db->prepared = calloc(count + 1, sizeof(*db->prepared));
	if (db->prepared == NULL)
		abort();
	for (size_t t = 0; tables != NULL && tables[t] != NULL; t++)
		for (size_t i = 0; tables[t][i].name != NULL; i++)
			db->prepared[db->prepared_count++] =
				(struct db_prepared){.name = tables[t][i].name,
						     .sql = tables[t][i].sql,
						     .begins = begins_with(tables[t][i].sql, "BEGIN")};
	// COPY cannot be prepared, and neither can two statements: a text that begins with BEGIN is a COPY in
	// a transaction of its own.
	for (size_t i = 0; i < db->prepared_count; i++)
		db->prepared[i].is_copy = db->prepared[i].begins || begins_with(db->prepared[i].sql, "COPY ");
	qsort(db->prepared, count, sizeof(*db->prepared), by_name);
	for (size_t i = 1; i < count; i++)
		assert(strcmp(db->prepared[i - 1].name, db->prepared[i].name) != 0);
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text != NULL ? text : "");
	if (copy == NULL)
		abort();
	return copy;
}

struct db *db_create(const struct db_options *options, struct err *e)
{
	if (!db_check_conninfo(options->conninfo, e))
		return NULL;
	struct db *db = calloc(1, sizeof(*db));
	if (db == NULL)
		abort();
	db->conninfo = copy_text(options->conninfo);
	db->application_name =
		copy_text(options->application_name != NULL ? options->application_name : "utarg");
	db->connect_timeout_ms =
		options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
	db->statement_timeout_ms =
		options->statement_timeout_ms > 0 ? options->statement_timeout_ms : STATEMENT_TIMEOUT_MS;
	db->lock_timeout_ms = options->lock_timeout_ms;
	db->generic_plans = options->generic_plans;
	db->durable_only = options->durable_only;
	note_statements(db, options->statements);
	if (!options->connect_later && !db_ensure(db, e)) {
		db_destroy(db);
		return NULL;
	}
	return db;
}

void db_destroy(struct db *db)
{
	if (db == NULL)
		return;
	// Idle: a polite end. Otherwise the server may not be reading.
	if (db->conn != NULL && PQtransactionStatus(db->conn) == PQTRANS_IDLE)
		PQfinish(db->conn); // non-blocking, one small packet
	else
		db_drop(db);
	free(db->copy);
	free(db->prepared);
	free(db->application_name);
	free(db->conninfo);
	free(db);
}

void db_drop(struct db *db)
{
	if (db->conn == NULL)
		return;
	if (db->backend_start[0] != '\0') {
		db->lost_backend = PQbackendPID(db->conn);
		memcpy(db->lost_start, db->backend_start, sizeof(db->lost_start));
		db->backend_start[0] = '\0';
	}
	// PQfinish says goodbye first, with TLS in several packets. On a socket that is shut down every
	// such write fails at once instead of waiting.
	int fd = PQsocket(db->conn);
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
	PQfinish(db->conn);
	db->conn = NULL;
	db->in_copy = false;
	db->copy_awaited = NULL;
}

bool db_is_connected(const struct db *db)
{
	return db->conn != NULL && PQstatus(db->conn) == CONNECTION_OK;
}

int db_last_backend(const struct db *db)
{
	return db->lost_backend;
}

bool db_is_dead(struct db *db)
{
	// An end is a FATAL message and then end of file: two reads, and a notice may stand before them.
	for (int i = 0; i < 4; i++) {
		struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN};
		if (fd.fd < 0 || PQstatus(db->conn) != CONNECTION_OK)
			return true;
		if (poll(&fd, 1, 0) <= 0)
			return false;
		if (!PQconsumeInput(db->conn))
			return true;
		PQisBusy(db->conn); // parses what came
	}
	return PQstatus(db->conn) != CONNECTION_OK;
}

static bool open_socket(struct db *db, struct err *e)
{
	// Before dbname are defaults that the conninfo may override, behind it what it may not.
	const char *keys[] = {"gssencmode", "fallback_application_name", "dbname", "client_encoding", NULL};
	const char *values[] = {"disable", db->application_name, db->conninfo, "UTF8", NULL};
	int64_t deadline_ms = clock_monotonic_ms() + db->connect_timeout_ms;
	db->conn = PQconnectStartParams(keys, values, 1);
	if (db->conn == NULL)
		abort();
	if (PQstatus(db->conn) == CONNECTION_BAD)
		return db_fail_lost(db, "connect", e);
	PostgresPollingStatusType step = PGRES_POLLING_WRITING;
	while (step != PGRES_POLLING_OK) {
		if (!db_wait_socket(db->conn, step == PGRES_POLLING_READING, step == PGRES_POLLING_WRITING,
				    deadline_ms))
			return db_fail_deadline(db, "connect", e);
		step = PQconnectPoll(db->conn);
		if (step == PGRES_POLLING_FAILED)
			return db_fail_lost(db, "connect", e);
	}
	PQsetNoticeReceiver(db->conn, on_notice, NULL);
	if (PQsetnonblocking(db->conn, 1) != 0)
		return db_fail_lost(db, "connect", e);
	return true;
}

static bool run_text(struct db *db, const char *what, const char *sql, int count, const char *const *values,
		     PGresult **out, struct err *e)
{
	if (!PQsendQueryParams(db->conn, sql, count, NULL, values, NULL, NULL, 0))
		return db_fail_lost(db, what, e);
	return db_collect(db, what, db_deadline(db), out, e);
}

// Two columns from `column` on: fsync and full_page_writes.
static bool check_durable(struct db *db, const PGresult *result, int column, struct err *e)
{
	bool fsync_on = strcmp(PQgetvalue(result, 0, column), "on") == 0;
	bool pages_on = strcmp(PQgetvalue(result, 0, column + 1), "on") == 0;
	if (fsync_on && pages_on)
		return true;
	db->fault = DB_FAULT_OUTAGE;
	return err_set(
		e, ERR_REFUSED,
		"the database runs with %s=off: what it acknowledges may be lost in a crash; switch it on",
		fsync_on ? "full_page_writes" : "fsync");
}

static bool set_session(struct db *db, struct err *e)
{
	char statement_ms[16], idle_ms[16], lock_ms[16];
	int64_t server_ms = (int64_t)db->statement_timeout_ms + SERVER_MARGIN_MS;
	if (server_ms > INT32_MAX)
		server_ms = 0; // no limit
	snprintf(statement_ms, sizeof(statement_ms), "%d", (int)server_ms);
	snprintf(idle_ms, sizeof(idle_ms), "%d", IDLE_IN_TRANSACTION_MS);
	snprintf(lock_ms, sizeof(lock_ms), "%d", db->lock_timeout_ms);
	const char *values[] = {statement_ms, idle_ms, lock_ms,
				db->generic_plans ? "force_generic_plan" : "auto"};
	PGresult *result = NULL;
	if (!run_text(db, "session settings", session_sql, 4, values, &result, e))
		return false;
	snprintf(db->backend_start, sizeof(db->backend_start), "%s",
		 PQgetvalue(result, 0, SESSION_BACKEND_START));
	bool kept = !db->durable_only || check_durable(db, result, SESSION_FSYNC, e);
	PQclear(result);
	if (!kept)
		return false;
	return !fail_mutant(MUTANT_ACK_BEFORE_DISK) ||
	       run_text(db, "session settings", "SET synchronous_commit = off", 0, NULL, NULL, e);
}

static bool note_params(struct db *db, struct db_prepared *statement, const PGresult *described,
			struct err *e)
{
	statement->param_count = PQnparams(described);
	if (statement->param_count > DB_VALUES_MAX) {
		db->fault = DB_FAULT_SCHEMA;
		return err_set(e, ERR_INTERNAL, "%s: more than %d parameters", statement->name,
			       DB_VALUES_MAX);
	}
	for (int i = 0; i < statement->param_count; i++)
		statement->params[i] = PQparamtype(described, i);
	return true;
}

// Reads prepare and describe results in order until the sync; the first failure aborts what follows it.
static bool read_prepared(struct db *db, struct err *e)
{
	int64_t deadline_ms = db_deadline(db);
	bool ok = true;
	size_t at = 0;
	int step = 0; // 0: the answer to prepare comes next, 1: to describe
	for (;;) {
		PGresult *result;
		if (!db_next(db, "prepare", deadline_ms, &result, ok ? e : NULL))
			return false;
		if (result == NULL)
			continue;
		ExecStatusType status = PQresultStatus(result);
		if (status == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return ok;
		}
		while (at < db->prepared_count && db->prepared[at].is_copy)
			at++;
		if (status != PGRES_COMMAND_OK && ok)
			ok = db_fail_result(db, at < db->prepared_count ? db->prepared[at].name : "prepare",
					    result, e);
		else if (ok && step == 1)
			ok = note_params(db, &db->prepared[at], result, e);
		PQclear(result);
		if (db->conn == NULL)
			return false;
		at += step == 1;
		step = 1 - step;
	}
}

static const char unmigrated[] = "the database is not migrated to this version";

// All statements in one round trip.
static bool prepare_all(struct db *db, struct err *e)
{
	if (!PQenterPipelineMode(db->conn))
		return db_fail_lost(db, "prepare", e);
	for (size_t i = 0; i < db->prepared_count; i++) {
		const struct db_prepared *statement = &db->prepared[i];
		if (statement->is_copy)
			continue;
		if (!PQsendPrepare(db->conn, statement->name, statement->sql, 0, NULL) ||
		    !PQsendDescribePrepared(db->conn, statement->name))
			return db_fail_lost(db, statement->name, e);
	}
	if (!PQpipelineSync(db->conn))
		return db_fail_lost(db, "prepare", e);
	if (!read_prepared(db, e)) {
		if (db->fault == DB_FAULT_SCHEMA) {
			err_prefix(e, unmigrated);
			if (e)
				e->outside = unmigrated;
		}
		db_drop(db);
		return false;
	}
	if (!PQexitPipelineMode(db->conn))
		return db_fail_lost(db, "prepare", e);
	return true;
}

bool db_ensure(struct db *db, struct err *e)
{
	if (fail_mutant(MUTANT_ACK_BEFORE_COMMIT))
		db_pipe_take_owed(db);
	if (db->in_transaction && db->must_rollback) {
		db->fault = DB_FAULT_OTHER;
		return err_set(e, ERR_INTERNAL, "the transaction has failed: it can only be rolled back");
	}
	if (db->in_transaction) {
		if (db->conn != NULL)
			return true;
		db->fault = DB_FAULT_OUTAGE;
		return err_set(e, ERR_BUSY, "the connection to the database was lost inside a transaction");
	}
	if (db->conn != NULL && db_is_dead(db))
		db_drop(db);
	if (db->conn != NULL)
		return true;
	if (fail_here(FAIL_DB_CONNECT))
		return db_fail_lost(db, "connect", e);
	if (!open_socket(db, e))
		return false;
	if (!set_session(db, e) || !prepare_all(db, e)) {
		db_drop(db);
		return false;
	}
	return true;
}

bool db_reconnect(struct db *db, struct err *e)
{
	db_fault_clear(db);
	db_drop(db);
	db->in_transaction = false;
	db->in_pipe = false;
	db->must_rollback = false;
	return db_ensure(db, e);
}

bool db_end_lost_backend(struct db *db, struct err *e)
{
	db_fault_clear(db);
	if (db->lost_backend == 0)
		return true;
	if (!db_ensure(db, e))
		return false;
	char pid[16], wait_ms[16];
	snprintf(pid, sizeof(pid), "%d", db->lost_backend);
	snprintf(wait_ms, sizeof(wait_ms), "%d", db->statement_timeout_ms / 2 + 1);
	const char *values[] = {pid, db->lost_start, wait_ms};
	PGresult *result = NULL;
	if (!run_text(db, "end backend", end_backend_sql, 3, values, &result, e))
		return false;
	bool ended = PQntuples(result) == 0 || PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	if (ended)
		return true;
	db->fault = DB_FAULT_OUTAGE;
	return err_set(e, ERR_BUSY, "backend %d of the database does not end", db->lost_backend);
}

bool db_check_durable(struct db *db, struct err *e)
{
	db_fault_clear(db);
	PGresult *result = NULL;
	if (!db_ensure(db, e) || !run_text(db, "durability", durable_sql, 0, NULL, &result, e))
		return false;
	bool kept = check_durable(db, result, 0, e);
	PQclear(result);
	return kept;
}

bool db_wait_ready(const char *conninfo, int64_t timeout_ms, struct err *e)
{
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	if (!db_check_conninfo(conninfo, e))
		return false;
	for (;;) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		int attempt_ms = left_ms < 1                  ? 1
				 : left_ms < READY_ATTEMPT_MS ? (int)left_ms
							      : READY_ATTEMPT_MS;
		struct db_options options = {.conninfo = conninfo,
					     .connect_timeout_ms = attempt_ms,
					     .statement_timeout_ms = attempt_ms};
		struct db *db = db_create(&options, e); // its session settings are a query
		if (db != NULL) {
			db_destroy(db);
			return true;
		}
		if (clock_monotonic_ms() + READY_PAUSE_MS >= deadline_ms)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = READY_PAUSE_MS * 1000000L}, NULL);
	}
}
