// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One connection to PostgreSQL; the only module that includes libpq-fe.h. Asynchronous inside with a
// deadline of its own (libpq's blocking calls hang on a frozen server whatever its timeouts say),
// synchronous outside. Statements are SQL files embedded at build, prepared on connect and called by
// name; text is never put together at run time. After a failure that is not a plain SQL error the
// connection is lost; the next db_begin or db_run outside a transaction connects again.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct db_result; // rows of one statement; db_result_free takes NULL

// One embedded SQL file. A table of them ends with a NULL name.
struct db_statement {
	const char *name;
	const char *sql;
};

struct db_options {
	const char *conninfo;                         // libpq conninfo or URI
	const struct db_statement *const *statements; // tables to prepare, ends with NULL; may be NULL
	int connect_timeout_ms;                       // 0: 5,000
	int statement_timeout_ms;                     // 0: 10,000; the deadline kept here, on each call
	int lock_timeout_ms;                          // of the session; 0: the server's
	// Plan each statement once, not for each call's values. By index: a plan made while a table was empty
	// would read all of it for ever.
	bool generic_plans;
	// Refuse a server that may lose what it has acknowledged (fsync or full_page_writes off), on the
	// first connection and on each later one: what answers then may be another server. REFUSED, fault
	// OUTAGE.
	bool durable_only;
	bool connect_later; // db_create connects to nothing and cannot fail; the first call does
	const char *application_name;
};

// Connects and prepares; on failure NULL. A statement that does not prepare is INTERNAL with fault SCHEMA and
// says that the database is not migrated. Sets synchronous_commit=on, client_encoding, DateStyle,
// search_path=pg_catalog and timezone UTC for the session.
struct db *db_create(const struct db_options *options, struct err *e);
void db_destroy(struct db *db);
bool db_is_connected(const struct db *db);
// Drops the connection and connects again; what was prepared is prepared again.
bool db_reconnect(struct db *db, struct err *e);
// Looks again on a connection that is up: both settings can be changed by a reload. As durable_only.
bool db_check_durable(struct db *db, struct err *e);

enum db_type {
	DB_NULL,
	DB_BOOL,
	DB_INT2,
	DB_INT4,
	DB_INT8,
	DB_TEXT,
	DB_BYTEA,
	DB_UUID,
	DB_TIME,
	DB_NUMERIC_TEXT,
	DB_ARRAY
};
// A parameter or COPY column, sent in binary. DB_TIME is ms since 1970 UTC as timestamptz.
// DB_NUMERIC_TEXT is decimal text, sent in text format (parameters only); an array of it is a text[], to be
// cast in the statement (v::numeric). Numeric results are cast to text there too. An integer parameter takes
// the width that the statement says; any other difference of type is INTERNAL with fault SCHEMA.
struct db_value {
	enum db_type type;
	int64_t number;
	struct slice bytes; // text, bytea, uuid: borrowed
};
#define DB_VALUE_NULL ((struct db_value){.type = DB_NULL})
struct db_value db_bool(bool v);
struct db_value db_int2(int16_t v);
struct db_value db_int4(int32_t v);
struct db_value db_int8(int64_t v);
struct db_value db_time_ms(int64_t v);
struct db_value db_text(const char *v);               // NULL is null
struct db_value db_bytes(const void *v, size_t size); // size 0 is empty, not null
struct db_value db_uuid(const uint8_t v[16]);
struct db_value db_numeric(const char *decimal);
// Arrays, one per type, built in memory that db_array_* allocates from the caller's arena-like buffer.
// Elements must share the type; the value borrows *buffer until the call is over.
struct db_array {
	uint8_t *data; // malloc; db_array_fini frees
	size_t size, capacity;
	enum db_type type;
	int32_t count;
};
void db_array_init(struct db_array *array, enum db_type type);
void db_array_add(struct db_array *array, struct db_value value); // DB_NULL adds a null
void db_array_reset(struct db_array *array);
void db_array_fini(struct db_array *array);
struct db_value db_array_value(const struct db_array *array);

// Runs a prepared statement. *result may be NULL. Inside a transaction a failed statement leaves it failed.
bool db_run(struct db *db, const char *statement, const struct db_value *values, size_t count,
	    struct db_result **result, struct err *e);
// Runs fixed text (migrations, session settings): one or several statements, no parameters, no rows.
bool db_script(struct db *db, const char *sql, struct err *e);

bool db_begin(struct db *db, struct err *e);          // READ COMMITTED
bool db_begin_snapshot(struct db *db, struct err *e); // REPEATABLE READ, READ ONLY
void db_rollback(struct db *db);                      // never fails: at worst the connection is dropped
enum db_commit { DB_COMMITTED, DB_NOT_COMMITTED, DB_UNKNOWN };
// DB_UNKNOWN: the connection died or the deadline passed while committing; it may have landed. Then the
// connection is dropped; db_last_backend tells which backend to terminate before asking the tables.
enum db_commit db_commit(struct db *db, struct err *e);
int db_last_backend(const struct db *db); // of the connection that was dropped last; 0: none was
// Terminates that backend and waits until it has ended, after a DB_UNKNOWN: then what it did or did not
// commit is settled. True when it is gone already (a process that got its number since is not touched).
bool db_end_lost_backend(struct db *db, struct err *e);

// COPY <statement> FROM STDIN (FORMAT BINARY): begin names an embedded statement with the COPY text.
bool db_copy_begin(struct db *db, const char *statement, struct err *e);
bool db_copy_row(struct db *db, const struct db_value *columns, size_t count, struct err *e);
bool db_copy_end(struct db *db, struct err *e); // also after a failed row: ends the COPY, false then
// A COPY statement whose text begins with BEGIN opens the transaction too, and db_copy_begin does not wait
// for the server then: it parses while the first rows are encoded. What is wrong shows at a row or at the
// end.

// A pipeline: statements go out without waiting for each other's answers. The first that fails makes the
// server skip all behind it, COMMIT included, so that a whole transaction costs one round trip. Where none is
// open the pipeline is a transaction by itself (READ COMMITTED), which costs no BEGIN and no COMMIT; answers
// are taken in the order of sending. Once db_pipe_send_commit was called only db_pipe_commit ends the
// transaction, whatever it and db_pipe_take said; before it, db_rollback does.
bool db_pipe_open(struct db *db, struct err *e);
bool db_pipe_send(struct db *db, const char *statement, const struct db_value *values, size_t count,
		  struct err *e);
bool db_pipe_send_commit(struct db *db, struct err *e);
bool db_pipe_take(struct db *db, struct db_result **result, struct err *e); // result may be NULL
enum db_commit db_pipe_commit(struct db *db, struct err *e);

int db_rows(const struct db_result *result);
int64_t db_affected(const struct db_result *result);
// Binary result columns; the type must match the column's (asserted). Times come as ms.
bool db_is_null(const struct db_result *result, int row, int column);
int64_t db_get_int(const struct db_result *result, int row, int column); // int2, int4, int8, bool
int64_t db_get_time_ms(const struct db_result *result, int row, int column);
struct slice db_get_bytes(const struct db_result *result, int row, int column); // text, bytea, uuid
const char *db_get_text(const struct db_result *result, int row, int column);   // NUL-terminated
void db_result_free(struct db_result *result);

// SQLSTATE of the last failure ("" when it was none of PostgreSQL's), and its class for deciding.
const char *db_sqlstate(const struct db *db);
enum db_fault {
	DB_FAULT_NONE,
	DB_FAULT_RETRY,
	DB_FAULT_OUTAGE,
	DB_FAULT_STORAGE,
	DB_FAULT_DATA,
	DB_FAULT_SCHEMA,
	DB_FAULT_OTHER
};
// RETRY: 40001 40P01 55P03 57014; STORAGE: 53100 53200; OUTAGE: lost, 08, 53, 57P; DATA: 22, 23; SCHEMA: 42.
enum db_fault db_fault(const struct db *db);
// Sets a login role's password. The server and its logs see only the SCRAM verifier made here.
bool db_set_role_password(struct db *db, const char *role, const char *password, struct err *e);
// Refuses a conninfo (may be NULL or "") that holds a password, or names a passfile that others may open.
// db_create and db_wait_ready begin with it; a service that would go on trying asks at its start.
bool db_check_conninfo(const char *conninfo, struct err *e);
// Waits for the database to answer queries, for start-up: tries until the deadline.
bool db_wait_ready(const char *conninfo, int64_t timeout_ms, struct err *e);
