// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files of common/db share and nobody else sees: the connection's state and the exchange of one
// message with the server. The contract is db.h.
#pragma once

#include "common/db/db.h"

#include <libpq-fe.h>

enum {
	DB_SQLSTATE_SIZE = 6,
	DB_VALUES_MAX = 64,           // parameters of one statement
	DB_COPY_BUFFER_SIZE = 262144, // sent when it is full: few system calls, bounded memory
};

// A statement as the server knows it. Types are learnt on each connect, because a migration may have
// changed them in between.
struct db_prepared {
	const char *name;
	const char *sql;
	bool is_copy; // sent as text by db_copy_begin: COPY cannot be prepared
	bool begins;  // a COPY that opens the transaction itself
	int param_count;
	Oid params[DB_VALUES_MAX];
};

// Life: created once, connected and dropped many times. `conn` is NULL while there is no connection.
// `in_transaction` outlives the connection: after a loss inside a transaction nothing runs until the
// caller has rolled back, so that a second half is never run alone.
struct db {
	char *conninfo;
	char *application_name;
	int connect_timeout_ms;
	int statement_timeout_ms;
	int lock_timeout_ms;
	bool generic_plans;
	bool durable_only;
	PGconn *conn;
	bool in_transaction;
	bool must_rollback; // a statement failed on this side, before the server saw it
	bool in_copy;
	bool copy_failed;         // a row could not be encoded: the COPY is ended as failed
	const char *copy_awaited; // name of the COPY the server has not agreed to yet, or NULL
	bool in_pipe;
	bool pipe_alone;  // no BEGIN: its statements are a transaction by themselves, which the sync commits
	bool pipe_failed; // an answer was a refusal
	bool pipe_ended;  // what commits is on its way
	int pipe_pending; // answers to take, that of COMMIT left out
	bool owes_commit; // MUTANT_ACK_BEFORE_COMMIT: the answer to COMMIT has not been read
	int lost_backend; // of the connection dropped last
	char lost_start[40];
	char backend_start[40];
	struct db_prepared *prepared; // sorted by name
	size_t prepared_count;
	uint8_t *copy;
	size_t copy_size, copy_capacity;
	char sqlstate[DB_SQLSTATE_SIZE];
	enum db_fault fault;
};

// fault.c: each returns false, so that it can be returned.
void db_fault_clear(struct db *db);
bool db_fail_result(struct db *db, const char *what, const PGresult *result, struct err *e);
bool db_fail_lost(struct db *db, const char *what, struct err *e);     // drops; says libpq's reason
bool db_fail_deadline(struct db *db, const char *what, struct err *e); // drops
bool db_fail_data(struct db *db, const char *sqlstate, struct err *e, const char *sentence);

// connect.c
bool db_ensure(struct db *db, struct err *e); // connects when there is none; refuses inside a transaction
void db_drop(struct db *db);                  // never waits, whatever the server does
bool db_is_dead(struct db *db);               // looks at the socket without waiting

// exchange.c: what must be answered by `deadline_ms` (monotonic).
int64_t db_deadline(const struct db *db);
bool db_wait_socket(PGconn *conn, bool reading, bool writing, int64_t deadline_ms);
bool db_flush(struct db *db, const char *what, int64_t deadline_ms, struct err *e);
// Next result, NULL behind the last one of a statement. False when the connection was dropped.
bool db_next(struct db *db, const char *what, int64_t deadline_ms, PGresult **out, struct err *e);
// Takes all results of what was sent; keeps the last good one in *out (may be NULL), fails with the first
// error.
bool db_collect(struct db *db, const char *what, int64_t deadline_ms, PGresult **out, struct err *e);

// run.c
bool db_send_prepared(struct db *db, const char *name, const struct db_value *values, size_t count,
		      struct err *e);
bool db_proves_rollback(const PGresult *failure); // whether this answer to COMMIT settles that nothing landed
const struct db_prepared *db_find(const struct db *db, const char *name); // asserts that there is one

// pipe.c
void db_pipe_take_owed(struct db *db);
void db_pipe_abandon(struct db *db); // before a rollback: takes what is under way and leaves the pipeline

// value.c
struct db_wire {
	const char *data; // NULL is null
	int size;
	int format; // 0 text, 1 binary
	uint8_t scratch[8];
};
// Encodes a value; width 0 is the type's own, 2, 4, 8 another integer's. False when it cannot be held.
bool db_encode(const struct db_value *value, int width, struct db_wire *out);
// Whether a parameter of that type takes the value, and in *width how wide an integer is.
bool db_accepts(Oid type, const struct db_value *value, int *width);
void db_put_be(uint8_t *out, uint64_t v, int size);

// result.c
struct db_result *db_result_wrap(PGresult *result); // takes it
