// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Statements and transactions. What a COMMIT's answer proves is decided here, and nowhere else.
#include "common/db/db_internal.h"

#include "common/base/fail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct db_prepared *db_find(const struct db *db, const char *name)
{
	size_t low = 0, high = db->prepared_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, db->prepared[middle].name);
		if (order == 0)
			return &db->prepared[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	assert(!"no statement of that name was given to db_create");
	abort();
}

static bool encode_all(struct db *db, const struct db_prepared *statement, const struct db_value *values,
		       struct db_wire *wires, struct err *e)
{
	for (int i = 0; i < statement->param_count; i++) {
		int width;
		if (!db_accepts(statement->params[i], &values[i], &width)) {
			db->fault = DB_FAULT_SCHEMA;
			return err_set(e, ERR_INTERNAL, "%s: parameter %d has type %u in the statement",
				       statement->name, i + 1, statement->params[i]);
		}
		if (!db_encode(&values[i], width, &wires[i]))
			return db_fail_data(db, "22003", e, "a value is out of the database's range");
	}
	return true;
}

static bool encode_and_send(struct db *db, const struct db_prepared *statement, const struct db_value *values,
			    struct err *e)
{
	struct db_wire wires[DB_VALUES_MAX] = {0};
	const char *data[DB_VALUES_MAX];
	int sizes[DB_VALUES_MAX], formats[DB_VALUES_MAX];
	if (!encode_all(db, statement, values, wires, e)) {
		db->must_rollback = true; // the server knows of no failure
		return false;
	}
	for (int i = 0; i < statement->param_count; i++) {
		data[i] = wires[i].data;
		sizes[i] = wires[i].size;
		formats[i] = wires[i].format;
	}
	if (!PQsendQueryPrepared(db->conn, statement->name, statement->param_count, data, sizes, formats, 1))
		return db_fail_lost(db, statement->name, e);
	return true;
}

bool db_send_prepared(struct db *db, const char *name, const struct db_value *values, size_t count,
		      struct err *e)
{
	const struct db_prepared *statement = db_find(db, name);
	assert(!statement->is_copy);
	if ((int)count != statement->param_count) {
		db->must_rollback = true;
		db->fault = DB_FAULT_SCHEMA;
		return err_set(e, ERR_INTERNAL, "%s: takes %d parameters, not %zu", name,
			       statement->param_count, count);
	}
	return encode_and_send(db, statement, values, e);
}

bool db_run(struct db *db, const char *name, const struct db_value *values, size_t count,
	    struct db_result **result, struct err *e)
{
	assert(!db->in_copy && !db->in_pipe);
	if (result != NULL)
		*result = NULL;
	db_fault_clear(db);
	if (!db_ensure(db, e))
		return false;
	PGresult *rows = NULL;
	if (fail_here(FAIL_DB_SEND))
		return db_fail_lost(db, name, e);
	if (!db_send_prepared(db, name, values, count, e) || !db_collect(db, name, db_deadline(db), &rows, e))
		return false;
	if (result != NULL)
		*result = db_result_wrap(rows);
	else
		PQclear(rows);
	return true;
}

static bool run_fixed(struct db *db, const char *what, const char *sql, struct err *e)
{
	if (!PQsendQuery(db->conn, sql))
		return db_fail_lost(db, what, e);
	return db_collect(db, what, db_deadline(db), NULL, e);
}

bool db_script(struct db *db, const char *sql, struct err *e)
{
	assert(!db->in_copy);
	db_fault_clear(db);
	return db_ensure(db, e) && run_fixed(db, "script", sql, e);
}

static bool begin(struct db *db, const char *sql, struct err *e)
{
	assert(!db->in_transaction && !db->in_pipe);
	db_fault_clear(db);
	db->must_rollback = false;
	bool was_connected = db->conn != NULL;
	bool ok = db_ensure(db, e) && run_fixed(db, "begin", sql, e);
	if (!ok && was_connected && db->conn == NULL) {
		// A connection that died while idle: BEGIN has no effect, so that one more try is safe.
		db_fault_clear(db);
		ok = db_ensure(db, e) && run_fixed(db, "begin", sql, e);
	}
	db->in_transaction = ok;
	return ok;
}

bool db_begin(struct db *db, struct err *e)
{
	return begin(db, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", e);
}

bool db_begin_snapshot(struct db *db, struct err *e)
{
	return begin(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", e);
}

void db_rollback(struct db *db)
{
	// The caller still wants to know why it rolls back: fault and state of the failure stay.
	enum db_fault fault = db->fault;
	char sqlstate[DB_SQLSTATE_SIZE];
	memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
	if (db->in_copy)
		db_copy_end(db, NULL);
	if (db->in_pipe)
		db_pipe_abandon(db);
	db->in_transaction = false;
	db->must_rollback = false;
	if (db->conn != NULL && PQtransactionStatus(db->conn) != PQTRANS_IDLE &&
	    !run_fixed(db, "rollback", "ROLLBACK", NULL))
		db_drop(db);
	db->fault = fault;
	memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
}

// An ERROR is the server's word that the transaction has ended without effect. A FATAL is not: the backend
// may be told to end between the commit and its answer. 40003 says itself that it does not know.
bool db_proves_rollback(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	return severity != NULL && strcmp(severity, "ERROR") == 0 && sqlstate != NULL &&
	       strcmp(sqlstate, "40003") != 0;
}

static enum db_commit read_commit(struct db *db, struct err *e)
{
	enum db_commit verdict = DB_UNKNOWN;
	int64_t deadline_ms = db_deadline(db);
	for (;;) {
		PGresult *result;
		// A verdict that was read stands, whatever happens to the connection behind it.
		if (!db_next(db, "commit", deadline_ms, &result, verdict == DB_UNKNOWN ? e : NULL))
			return verdict;
		if (result == NULL)
			return verdict;
		if (PQresultStatus(result) == PGRES_COMMAND_OK) {
			bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
			verdict = committed ? DB_COMMITTED : DB_NOT_COMMITTED;
			if (!committed)
				err_set(e, ERR_INTERNAL, "commit: the transaction had failed before");
		} else if (verdict == DB_UNKNOWN) {
			verdict = db_proves_rollback(result) ? DB_NOT_COMMITTED : DB_UNKNOWN;
			db_fail_result(db, "commit", result, e);
			if (verdict == DB_UNKNOWN)
				db_drop(db);
		}
		PQclear(result);
		if (db->conn == NULL)
			return verdict;
	}
}

enum db_commit db_commit(struct db *db, struct err *e)
{
	assert(db->in_transaction && !db->in_copy && !db->in_pipe);
	db_fault_clear(db);
	db->in_transaction = false;
	if (db->must_rollback) {
		db_rollback(db);
		db->fault = DB_FAULT_OTHER;
		err_set(e, ERR_INTERNAL, "commit: the transaction had failed before");
		return DB_NOT_COMMITTED;
	}
	// Lost before COMMIT was sent: the server rolls back what was never to be committed.
	if (db->conn == NULL || db_is_dead(db) || fail_here(FAIL_DB_BEFORE_COMMIT)) {
		db_fail_lost(db, "commit", e);
		return DB_NOT_COMMITTED;
	}
	if (!PQsendQuery(db->conn, "COMMIT") || fail_here(FAIL_DB_COMMIT_SENT)) {
		db_fail_lost(db, "commit", e); // a part of it may have been sent
		return DB_UNKNOWN;
	}
	enum db_commit verdict = read_commit(db, e);
	if (verdict == DB_COMMITTED)
		db_fault_clear(db);
	else if (verdict == DB_UNKNOWN)
		db->fault = DB_FAULT_OUTAGE;
	else if (db->fault == DB_FAULT_NONE)
		db->fault = DB_FAULT_OTHER;
	return verdict;
}
