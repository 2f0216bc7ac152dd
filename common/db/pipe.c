// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A transaction as one stream of statements (libpq's pipeline mode). Inside a transaction COMMIT is its last
// statement, and what its answer proves is the same as in run.c; here it may also never have been looked at,
// because a statement before it failed. Alone, the statements up to the sync are a transaction already: the
// server commits at the sync, and the answer to the sync is the proof.
#include "common/db/db_internal.h"

#include "common/base/fail.h"

#include <assert.h>
#include <string.h>

bool db_pipe_open(struct db *db, struct err *e)
{
	assert(!db->in_copy && !db->in_pipe);
	db_fault_clear(db);
	if (!db_ensure(db, e))
		return false;
	if (!PQenterPipelineMode(db->conn))
		return db_fail_lost(db, "pipeline", e);
	db->in_pipe = true;
	db->pipe_ended = false;
	db->pipe_failed = false;
	db->pipe_pending = 0;
	db->pipe_alone = !db->in_transaction;
	if (db->pipe_alone)
		db->must_rollback = false;
	db->in_transaction = true;
	return true;
}

bool db_pipe_send(struct db *db, const char *name, const struct db_value *values, size_t count, struct err *e)
{
	assert(db->in_pipe && !db->pipe_ended);
	db_fault_clear(db);
	if (!db_ensure(db, e))
		return false;
	if (fail_here(FAIL_DB_SEND))
		return db_fail_lost(db, name, e);
	if (!db_send_prepared(db, name, values, count, e))
		return false;
	db->pipe_pending++;
	return true;
}

bool db_pipe_send_commit(struct db *db, struct err *e)
{
	assert(db->in_pipe && !db->pipe_ended);
	db_fault_clear(db);
	if (!db_ensure(db, e))
		return false;
	// Lost before COMMIT was sent: the server rolls back what was never to be committed.
	if (db_is_dead(db) || fail_here(FAIL_DB_BEFORE_COMMIT))
		return db_fail_lost(db, "commit", e);
	db->pipe_ended = true; // from the next byte on it may arrive
	if ((!db->pipe_alone && !PQsendQueryParams(db->conn, "COMMIT", 0, NULL, NULL, NULL, NULL, 0)) ||
	    !PQpipelineSync(db->conn))
		return db_fail_lost(db, "commit", e);
	if (!db_flush(db, "commit", db_deadline(db), e))
		return false;
	return !fail_here(FAIL_DB_COMMIT_SENT) || db_fail_lost(db, "commit", e);
}

// The next answer; the NULL behind each statement is passed over.
static bool next_answer(struct db *db, const char *what, PGresult **out, struct err *e)
{
	int64_t deadline_ms = db_deadline(db);
	do {
		if (!db_next(db, what, deadline_ms, out, e))
			return false;
	} while (*out == NULL);
	return true;
}

static bool take_answer(struct db *db, const char *what, PGresult **out, struct err *e)
{
	PGresult *result;
	if (!next_answer(db, what, &result, e))
		return false;
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		*out = result;
		return true;
	}
	db->pipe_failed = true;
	if (status == PGRES_PIPELINE_ABORTED) {
		db->fault = DB_FAULT_OTHER;
		err_set(e, ERR_INTERNAL, "%s: a statement before it failed", what);
	} else {
		db_fail_result(db, what, result, e);
	}
	PQclear(result);
	return false;
}

bool db_pipe_take(struct db *db, struct db_result **out, struct err *e)
{
	assert(db->in_pipe);
	PGresult *result = NULL;
	if (out != NULL)
		*out = NULL;
	db_fault_clear(db);
	if (db->conn == NULL) {
		db->fault = DB_FAULT_OUTAGE;
		return err_set(e, ERR_BUSY, "the connection to the database was lost inside a transaction");
	}
	assert(db->pipe_pending > 0);
	db->pipe_pending--;
	if (!take_answer(db, "pipeline", &result, e))
		return false;
	if (out != NULL)
		*out = db_result_wrap(result);
	else
		PQclear(result);
	return true;
}

// The answer to COMMIT, or the failure before it, which is as good.
static enum db_commit judge(struct db *db, PGresult *result, struct err *e)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
		if (strcmp(PQcmdStatus(result), "COMMIT") == 0)
			return DB_COMMITTED;
		err_set(e, ERR_INTERNAL, "commit: the transaction had failed before");
		return DB_NOT_COMMITTED;
	case PGRES_PIPELINE_ABORTED:
		return DB_NOT_COMMITTED;
	default:
		break;
	}
	enum db_commit verdict = db_proves_rollback(result) ? DB_NOT_COMMITTED : DB_UNKNOWN;
	db_fail_result(db, "commit", result, e);
	if (verdict == DB_UNKNOWN)
		db_drop(db);
	return verdict;
}

// Takes all that is under way, up to the sync; what the answer to COMMIT or, alone, to the sync proves.
static enum db_commit drain(struct db *db, struct err *e)
{
	enum db_commit verdict = DB_UNKNOWN;
	while (db->conn != NULL) {
		PGresult *result;
		if (!next_answer(db, "commit", &result, verdict == DB_UNKNOWN ? e : NULL))
			return verdict; // one that was read stands, whatever happens to the connection behind
					// it
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			if (!PQexitPipelineMode(db->conn))
				db_drop(db);
			if (db->pipe_alone && verdict == DB_UNKNOWN)
				verdict = db->pipe_failed ? DB_NOT_COMMITTED : DB_COMMITTED;
			return verdict;
		}
		bool is_answer = db->pipe_pending == 0;
		if (db->pipe_pending > 0)
			db->pipe_pending--;
		if (is_answer || PQresultStatus(result) == PGRES_FATAL_ERROR)
			verdict = judge(db, result, e);
		PQclear(result);
	}
	return verdict;
}

void db_pipe_take_owed(struct db *db)
{
	if (db->owes_commit && db->conn != NULL)
		drain(db, NULL);
	if (db->owes_commit && db->conn != NULL && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
		db_drop(db);
	db->owes_commit = false;
}

void db_pipe_abandon(struct db *db)
{
	assert(!db->pipe_ended); // a commit under way cannot be taken back
	db->in_pipe = false;
	if (db->conn == NULL)
		return;
	// Alone, the sync would commit what went before it.
	if ((db->pipe_alone && !PQsendQueryParams(db->conn, "ROLLBACK", 0, NULL, NULL, NULL, NULL, 0)) ||
	    !PQpipelineSync(db->conn)) {
		db_drop(db);
		return;
	}
	drain(db, NULL);
}

enum db_commit db_pipe_commit(struct db *db, struct err *e)
{
	if (!db->in_pipe || !db->pipe_ended) { // it could not be sent
		db_rollback(db);
		return DB_NOT_COMMITTED;
	}
	// A failure that db_pipe_take saw is the reason, and what comes behind it only an echo.
	enum db_fault fault = db->fault;
	char sqlstate[DB_SQLSTATE_SIZE];
	memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
	bool told = fault != DB_FAULT_NONE;
	db->in_pipe = false;
	if (fail_mutant(MUTANT_ACK_BEFORE_COMMIT) && !told && db->conn != NULL) {
		db->owes_commit = true;
		db->in_transaction = false;
		return DB_COMMITTED;
	}
	enum db_commit verdict = db->conn != NULL ? drain(db, told ? NULL : e) : DB_UNKNOWN;
	db->in_transaction = false;
	if (verdict == DB_COMMITTED) {
		db_fault_clear(db);
		return verdict;
	}
	if (verdict == DB_NOT_COMMITTED)
		db_rollback(db); // the failed transaction is still open
	if (told) {
		db->fault = fault;
		memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
	}
	if (verdict == DB_UNKNOWN)
		db->fault = DB_FAULT_OUTAGE;
	else if (db->fault == DB_FAULT_NONE)
		db->fault = DB_FAULT_OTHER;
	if (verdict == DB_UNKNOWN && !told && db->conn == NULL && e != NULL && e->code == ERR_OK)
		err_set(e, ERR_BUSY, "commit: the connection to the database was lost");
	return verdict;
}
