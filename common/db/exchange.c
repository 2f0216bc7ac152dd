// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Waiting for the server with a deadline of our own: poll(2) round libpq's non-blocking calls. Every wait
// of this module happens in db_wait_socket.
#include "common/base/clock.h"
#include "common/db/db_internal.h"

#include <errno.h>
#include <poll.h>

int64_t db_deadline(const struct db *db)
{
	return clock_monotonic_ms() + db->statement_timeout_ms;
}

bool db_wait_socket(PGconn *conn, bool reading, bool writing, int64_t deadline_ms)
{
	struct pollfd fd = {.fd = PQsocket(conn)};
	if (fd.fd < 0)
		return true; // libpq will say what is wrong
	if (reading)
		fd.events |= POLLIN;
	if (writing)
		fd.events |= POLLOUT;
	for (;;) {
		int64_t left_ms = deadline_ms - clock_monotonic_ms();
		if (left_ms < 0)
			return false;
		int n = poll(&fd, 1, left_ms > 60000 ? 60000 : (int)left_ms);
		if (n > 0 || (n < 0 && errno != EINTR))
			return true;
		if (n == 0 && left_ms == 0)
			return false;
	}
}

bool db_flush(struct db *db, const char *what, int64_t deadline_ms, struct err *e)
{
	for (;;) {
		int unsent = PQflush(db->conn);
		if (unsent == 0)
			return true;
		if (unsent < 0)
			return db_fail_lost(db, what, e);
		if (!db_wait_socket(db->conn, true, true, deadline_ms))
			return db_fail_deadline(db, what, e);
		// The server may be writing to us and read nothing until we have taken it.
		if (!PQconsumeInput(db->conn))
			return db_fail_lost(db, what, e);
	}
}

bool db_next(struct db *db, const char *what, int64_t deadline_ms, PGresult **out, struct err *e)
{
	*out = NULL;
	if (!db_flush(db, what, deadline_ms, e))
		return false;
	while (PQisBusy(db->conn)) {
		if (!db_wait_socket(db->conn, true, false, deadline_ms))
			return db_fail_deadline(db, what, e);
		// When this fails the reason may be a result (a FATAL read just before the end): PQisBusy
		// is false then and PQgetResult gives it.
		if (!PQconsumeInput(db->conn) && PQisBusy(db->conn))
			return db_fail_lost(db, what, e);
	}
	*out = PQgetResult(db->conn);
	return true;
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

bool db_collect(struct db *db, const char *what, int64_t deadline_ms, PGresult **out, struct err *e)
{
	PGresult *last = NULL, *result = NULL;
	bool ok = true;
	for (;;) {
		if (!db_next(db, what, deadline_ms, &result, ok ? e : NULL)) {
			PQclear(last);
			return false;
		}
		if (result == NULL)
			break;
		ExecStatusType status = PQresultStatus(result);
		if (ok && is_good(result)) {
			PQclear(last);
			last = result;
			continue;
		}
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH)
			ok = db_fail_lost(db, what, e); // a COPY where none may be: nothing can follow it
		else if (ok)
			ok = db_fail_result(db, what, result, e);
		PQclear(result);
		if (db->conn == NULL)
			break;
	}
	if (!ok || out == NULL) {
		PQclear(last);
		return ok;
	}
	*out = last;
	return true;
}
