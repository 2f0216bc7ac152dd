// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The stream of a COPY ... FROM STDIN (FORMAT BINARY): rows gather in a buffer and go out in large pieces.
// A refusal by the server is only seen at the end: until then it reads and drops what we send.
#include "common/db/db_internal.h"

#include "common/base/fail.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char copy_signature[11] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', (char)0xff, '\r', '\n', '\0'};

static uint8_t *copy_room(struct db *db, size_t size)
{
	if (db->copy_size + size > db->copy_capacity) {
		size_t capacity = db->copy_capacity > 0 ? db->copy_capacity : DB_COPY_BUFFER_SIZE;
		while (capacity < db->copy_size + size)
			capacity *= 2; // one row larger than the buffer
		uint8_t *copy = realloc(db->copy, capacity);
		if (copy == NULL)
			abort();
		db->copy = copy;
		db->copy_capacity = capacity;
	}
	uint8_t *at = db->copy + db->copy_size;
	db->copy_size += size;
	return at;
}

static void start_copy(struct db *db)
{
	db->in_copy = true;
	db->copy_failed = false;
	db->copy_size = 0;
	memcpy(copy_room(db, sizeof(copy_signature)), copy_signature, sizeof(copy_signature));
	memset(copy_room(db, 8), 0, 8); // flags and length of the header's extension
}

// Waits until the server is ready for rows. A BEGIN before the COPY has an answer of its own.
static bool await_copy(struct db *db, struct err *e)
{
	const char *name = db->copy_awaited;
	PGresult *result;
	if (name == NULL)
		return true;
	for (;;) {
		if (!db_next(db, name, db_deadline(db), &result, e))
			return false;
		if (result == NULL || PQresultStatus(result) != PGRES_COMMAND_OK)
			break;
		PQclear(result);
	}
	db->copy_awaited = NULL;
	if (result == NULL)
		return db_fail_lost(db, name, e);
	if (PQresultStatus(result) == PGRES_COPY_IN) {
		PQclear(result);
		return true;
	}
	db_fail_result(db, name, result, e);
	PQclear(result);
	db->in_copy = false;
	if (db->conn != NULL)
		db_collect(db, name, db_deadline(db), NULL, NULL); // up to the end of the statement
	return false;
}

bool db_copy_begin(struct db *db, const char *name, struct err *e)
{
	assert(!db->in_copy);
	db_fault_clear(db);
	if (!db_ensure(db, e))
		return false;
	const struct db_prepared *statement = db_find(db, name);
	assert(statement->is_copy);
	assert(!statement->begins || !db->in_transaction);
	if (!PQsendQuery(db->conn, statement->sql))
		return db_fail_lost(db, name, e);
	db->copy_awaited = name;
	start_copy(db);
	if (statement->begins) {
		db->in_transaction = true;
		db->must_rollback = false;
		return db_flush(db, name, db_deadline(db), e);
	}
	if (await_copy(db, e))
		return true;
	db->in_copy = false;
	return false;
}

static bool send_buffer(struct db *db, struct err *e)
{
	if (!await_copy(db, e))
		return false;
	if (db->copy_size == 0)
		return true;
	if (fail_here(FAIL_DB_COPY))
		return db_fail_lost(db, "copy", e);
	if (PQputCopyData(db->conn, (const char *)db->copy, (int)db->copy_size) != 1)
		return db_fail_lost(db, "copy", e);
	db->copy_size = 0;
	return db_flush(db, "copy", db_deadline(db), e);
}

// Room for all of it is taken once; what was too much is given back.
static bool put_row(struct db *db, const struct db_value *columns, size_t count, struct err *e)
{
	size_t most = 2;
	for (size_t i = 0; i < count; i++)
		most += 4 + sizeof(((struct db_wire *)NULL)->scratch) + columns[i].bytes.size;
	uint8_t *at = copy_room(db, most);
	uint8_t *end = at + most;
	db_put_be(at, count, 2);
	at += 2;
	for (size_t i = 0; i < count; i++) {
		struct db_wire wire;
		if (!db_encode(&columns[i], 0, &wire))
			return db_fail_data(db, "22003", e, "a value is out of the database's range");
		assert(wire.format == 1); // decimal text has no place in a binary COPY
		db_put_be(at, wire.data != NULL ? (uint32_t)wire.size : UINT32_MAX, 4);
		at += 4;
		if (wire.data == NULL || wire.size == 0)
			continue;
		memcpy(at, wire.data, (size_t)wire.size);
		at += wire.size;
	}
	db->copy_size -= (size_t)(end - at);
	return true;
}

bool db_copy_row(struct db *db, const struct db_value *columns, size_t count, struct err *e)
{
	if (!db->in_copy || db->copy_failed) {
		// The first failure has been told; db_copy_end tells it again.
		return err_set(e, ERR_INTERNAL, "copy: not open any more");
	}
	assert(count <= DB_VALUES_MAX);
	if (!put_row(db, columns, count, e)) {
		db->copy_failed = true;
		return false;
	}
	return db->copy_size < DB_COPY_BUFFER_SIZE || send_buffer(db, e);
}

static bool end_as_failed(struct db *db, struct err *e)
{
	char sqlstate[DB_SQLSTATE_SIZE];
	enum db_fault fault = db->fault;
	memcpy(sqlstate, db->sqlstate, sizeof(sqlstate));
	err_set(e, ERR_BAD_FIELD, "copy: ended because a row could not be encoded");
	if (!await_copy(db, NULL))
		return false;
	if (PQputCopyEnd(db->conn, "a row could not be encoded") != 1)
		return db_fail_lost(db, "copy", e);
	db_collect(db, "copy", db_deadline(db), NULL, NULL);
	if (db->conn != NULL) { // the reason is ours, not the server's echo of it
		db->fault = fault;
		memcpy(db->sqlstate, sqlstate, sizeof(sqlstate));
	}
	return false;
}

bool db_copy_end(struct db *db, struct err *e)
{
	if (!db->in_copy)
		return err_set(e, ERR_BUSY, "copy: the connection was lost");
	db->in_copy = false;
	if (db->copy_failed)
		return end_as_failed(db, e);
	db_put_be(copy_room(db, 2), UINT16_MAX, 2);
	if (!send_buffer(db, e))
		return false;
	if (PQputCopyEnd(db->conn, NULL) != 1)
		return db_fail_lost(db, "copy", e);
	return db_collect(db, "copy", db_deadline(db), NULL, e);
}
