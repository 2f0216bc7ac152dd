// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a failure means: SQLSTATE to fault to the error's code, and the sentence. Does not decide what to
// do about it: the caller asks db_fault.
#include "common/db/db_internal.h"

#include <stdio.h>
#include <string.h>

// Longest matching prefix wins.
static const struct {
	const char *prefix;
	enum db_fault fault;
} fault_table[] = {
	{"40001", DB_FAULT_RETRY},   // serialization_failure
	{"40P01", DB_FAULT_RETRY},   // deadlock_detected
	{"55P03", DB_FAULT_RETRY},   // lock_not_available
	{"57014", DB_FAULT_RETRY},   // query_canceled: statement_timeout
	{"53100", DB_FAULT_STORAGE}, // disk_full
	{"53200", DB_FAULT_STORAGE}, // out_of_memory
	{"25006", DB_FAULT_OUTAGE},  // read_only_sql_transaction: a standby answers
	{"25P03", DB_FAULT_OUTAGE},  // idle_in_transaction_session_timeout
	{"08", DB_FAULT_OUTAGE},     {"53", DB_FAULT_OUTAGE}, {"57P", DB_FAULT_OUTAGE},
	{"22", DB_FAULT_DATA},       {"23", DB_FAULT_DATA},   {"42", DB_FAULT_SCHEMA},
};

static enum db_fault fault_of(const char *sqlstate)
{
	enum db_fault fault = DB_FAULT_OTHER;
	size_t longest = 0;
	for (size_t i = 0; i < sizeof(fault_table) / sizeof(fault_table[0]); i++) {
		size_t n = strlen(fault_table[i].prefix);
		if (n > longest && strncmp(sqlstate, fault_table[i].prefix, n) == 0) {
			longest = n;
			fault = fault_table[i].fault;
		}
	}
	return fault;
}

static enum err_code code_of(enum db_fault fault, const char *sqlstate)
{
	switch (fault) {
	case DB_FAULT_RETRY:
	case DB_FAULT_OUTAGE:
		return ERR_BUSY;
	case DB_FAULT_STORAGE:
		return ERR_STORAGE_LOW;
	case DB_FAULT_DATA:
		return strcmp(sqlstate, "23505") == 0 ? ERR_CONFLICT : ERR_BAD_FIELD;
	case DB_FAULT_NONE:
	case DB_FAULT_SCHEMA:
	case DB_FAULT_OTHER:
		break;
	}
	return ERR_INTERNAL;
}

// libpq ends messages with a newline and may write several lines; a sentence is one.
static int line_size(const char *text)
{
	return (int)strcspn(text, "\r\n");
}

void db_fault_clear(struct db *db)
{
	db->sqlstate[0] = '\0';
	db->fault = DB_FAULT_NONE;
}

static bool fail(struct db *db, const char *what, const char *sqlstate, enum db_fault fault,
		 const char *message, struct err *e)
{
	snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", sqlstate);
	db->fault = fault;
	err_set(e, code_of(fault, sqlstate), "%s: %.*s", what, line_size(message), message);
	if (e)
		e->is_inside = true;
	return false;
}

bool db_fail_result(struct db *db, const char *what, const PGresult *result, struct err *e)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (sqlstate == NULL) // libpq's own words: the connection is gone
		return db_fail_lost(db, what, e);
	// Only the primary message: DETAIL may quote a row's values.
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	fail(db, what, sqlstate, fault_of(sqlstate), message != NULL ? message : "no message", e);
	if (PQstatus(db->conn) == CONNECTION_BAD)
		db_drop(db);
	return false;
}

bool db_fail_lost(struct db *db, const char *what, struct err *e)
{
	const char *message = db->conn != NULL ? PQerrorMessage(db->conn) : "";
	if (message[0] == '\0')
		message = "the connection to the database is lost";
	fail(db, what, "", DB_FAULT_OUTAGE, message, e);
	db_drop(db);
	return false;
}

bool db_fail_deadline(struct db *db, const char *what, struct err *e)
{
	fail(db, what, "", DB_FAULT_OUTAGE, "the database did not answer in time", e);
	db_drop(db);
	return false;
}

bool db_fail_data(struct db *db, const char *sqlstate, struct err *e, const char *sentence)
{
	snprintf(db->sqlstate, sizeof(db->sqlstate), "%s", sqlstate);
	db->fault = fault_of(sqlstate);
	return err_set(e, code_of(db->fault, sqlstate), "%s", sentence);
}

const char *db_sqlstate(const struct db *db)
{
	return db->sqlstate;
}

enum db_fault db_fault(const struct db *db)
{
	return db->fault;
}
