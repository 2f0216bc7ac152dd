// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What breaks: locked tables, frozen and killed servers, commits whose answer never comes. Nothing here may
// take longer than its deadline.
#include "common/base/clock.h"
#include "tests/unit/db/helper_db.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TIMEOUT_MS = 500, SLACK_MS = 1500 }; // slack for a slow machine under sanitizers

static const struct db_statement statements[] = {
	{"add_row", "INSERT INTO public.broken (id) VALUES ($1)"},
	{"copy_rows", "COPY public.broken (id, data) FROM STDIN (FORMAT BINARY)"},
	{"count_rows", "SELECT count(*) FROM public.broken"},
	{"backend", "SELECT pg_backend_pid()"},
	{"alive", "SELECT count(*) FROM pg_stat_activity WHERE pid = $1"},
	{"end_backend", "SELECT pg_terminate_backend($1::int4, 5000)"},
	{"postmaster", "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1)::int4"},
	{"scram", "SELECT count(*) FROM pg_authid WHERE rolname LIKE 'tester%' AND rolpassword LIKE "
		  "'SCRAM-SHA-256$%'"},
	{"isolation",
	 "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')"},
	{"pages", "SELECT (current_setting('full_page_writes') = 'on')"},
	{NULL, NULL},
};

struct fixture {
	struct db *db, *other;
};

static int set_up(void **state)
{
	helper_prepare("DROP TABLE IF EXISTS public.broken; CREATE TABLE public.broken (id int8 PRIMARY KEY"
		       " DEFERRABLE INITIALLY DEFERRED, data bytea)");
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	f->db = helper_connect(statements, TIMEOUT_MS);
	f->other = helper_connect(statements, 10000);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	db_destroy(f->db);
	helper_script(f->other, "DROP TABLE public.broken");
	db_destroy(f->other);
	free(f);
	return 0;
}

static bool add_row(struct db *db, int64_t id, struct err *e)
{
	struct db_value value = db_int8(id);
	return db_run(db, "add_row", &value, 1, NULL, e);
}

static void terminate(struct db *by, int64_t backend)
{
	struct db_value value = db_int4((int32_t)backend);
	assert_true(db_run(by, "end_backend", &value, 1, NULL, NULL));
}

static void test_transactions(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	assert_int_equal(helper_number(f->other, "count_rows"), 0);
	assert_int_equal(db_commit(f->db, &e), DB_COMMITTED);
	assert_int_equal(helper_number(f->other, "count_rows"), 1);
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 2, &e));
	db_rollback(f->db);
	assert_int_equal(helper_number(f->other, "count_rows"), 1);
}

static void test_snapshot(void **state)
{
	struct fixture *f = *state;
	assert_true(db_begin_snapshot(f->db, NULL));
	assert_int_equal(helper_number(f->db, "count_rows"), 0);
	assert_true(add_row(f->other, 1, NULL));
	assert_int_equal(helper_number(f->db, "count_rows"), 0);
	struct db_result *result = NULL;
	assert_true(db_run(f->db, "isolation", NULL, 0, &result, NULL));
	assert_string_equal(db_get_text(result, 0, 0), "repeatable read");
	assert_string_equal(db_get_text(result, 0, 1), "on");
	db_result_free(result);
	assert_int_equal(db_commit(f->db, NULL), DB_COMMITTED);
	assert_int_equal(helper_number(f->db, "count_rows"), 1);
}

static void test_commit_of_failed_transaction(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	assert_false(db_script(f->db, "SELECT 1 / 0", &e));
	assert_false(add_row(f->db, 2, &e));
	assert_string_equal(db_sqlstate(f->db), "25P02");
	assert_int_equal(db_commit(f->db, &e), DB_NOT_COMMITTED);
	assert_int_equal(helper_number(f->other, "count_rows"), 0);
}

// The server knows nothing of a failure on our side, and must not commit the half before it.
static void test_commit_after_own_failure(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	struct db_value text = db_text("no number");
	assert_false(db_run(f->db, "add_row", &text, 1, NULL, &e));
	assert_false(add_row(f->db, 2, &e));
	assert_int_equal(db_commit(f->db, &e), DB_NOT_COMMITTED);
	assert_int_equal(helper_number(f->other, "count_rows"), 0);
	assert_true(add_row(f->db, 3, &e));
}

// A deferred constraint objects at COMMIT: the server's answer is a plain no.
static void test_commit_refused(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	assert_true(add_row(f->db, 1, &e));
	assert_int_equal(db_commit(f->db, &e), DB_NOT_COMMITTED);
	assert_string_equal(db_sqlstate(f->db), "23505");
	assert_int_equal(db_fault(f->db), DB_FAULT_DATA);
	assert_true(db_is_connected(f->db));
}

static void test_deadline(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->other, &e));
	helper_script(f->other, "LOCK TABLE public.broken IN ACCESS EXCLUSIVE MODE");
	int64_t backend = helper_number(f->db, "backend");
	int64_t start = clock_monotonic_ms();
	assert_false(add_row(f->db, 1, &e));
	int64_t took = clock_monotonic_ms() - start;
	assert_in_range(took, TIMEOUT_MS - 10, TIMEOUT_MS + SLACK_MS);
	assert_int_equal(e.code, ERR_BUSY);
	assert_int_equal(db_fault(f->db), DB_FAULT_OUTAGE);
	assert_false(db_is_connected(f->db));
	assert_int_equal(db_last_backend(f->db), backend);
	db_rollback(f->other);
	assert_true(add_row(f->db, 2, &e)); // connects again
	assert_int_not_equal(helper_number(f->db, "backend"), backend);
}

static void test_lock_timeout(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->other, &e));
	helper_script(f->other, "LOCK TABLE public.broken IN ACCESS EXCLUSIVE MODE");
	assert_true(db_begin(f->db, &e));
	helper_script(f->db, "SET LOCAL lock_timeout = '50ms'");
	assert_false(add_row(f->db, 1, &e));
	assert_string_equal(db_sqlstate(f->db), "55P03");
	assert_int_equal(db_fault(f->db), DB_FAULT_RETRY);
	assert_int_equal(e.code, ERR_BUSY);
	assert_true(db_is_connected(f->db));
	db_rollback(f->db);
	db_rollback(f->other);
}

static void test_frozen_while_committing(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	pid_t backend = (pid_t)helper_number(f->db, "backend");
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	assert_int_equal(kill(backend, SIGSTOP), 0);
	int64_t start = clock_monotonic_ms();
	enum db_commit verdict = db_commit(f->db, &e);
	int64_t took = clock_monotonic_ms() - start;
	bool ended_frozen = db_end_lost_backend(f->db, NULL);
	kill(backend, SIGCONT);
	assert_int_equal(verdict, DB_UNKNOWN);
	assert_in_range(took, TIMEOUT_MS - 10, TIMEOUT_MS + SLACK_MS);
	assert_int_equal(db_last_backend(f->db), backend);
	assert_false(ended_frozen);
	assert_true(db_end_lost_backend(f->db, &e));
	struct db_value value = db_int4(backend);
	struct db_result *result = NULL;
	assert_true(db_run(f->db, "alive", &value, 1, &result, &e));
	assert_int_equal(db_get_int(result, 0, 0), 0);
	db_result_free(result);
	// Settled, this way or the other: the same number now and later.
	int64_t rows = helper_number(f->db, "count_rows");
	assert_in_range(rows, 0, 1);
	nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
	assert_int_equal(helper_number(f->db, "count_rows"), rows);
}

// Sending blocks too: the server reads nothing and the socket is full.
static void test_frozen_while_copying(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	pid_t backend = (pid_t)helper_number(f->db, "backend");
	static const uint8_t data[65536];
	assert_true(db_begin(f->db, &e));
	assert_true(db_copy_begin(f->db, "copy_rows", &e));
	assert_int_equal(kill(backend, SIGSTOP), 0);
	int64_t start = clock_monotonic_ms();
	bool ok = true;
	for (int64_t i = 0; ok && i < 1000; i++) {
		const struct db_value columns[] = {db_int8(i), db_bytes(data, sizeof(data))};
		ok = db_copy_row(f->db, columns, 2, &e);
	}
	int64_t took = clock_monotonic_ms() - start;
	bool ended = db_copy_end(f->db, NULL);
	db_rollback(f->db);
	kill(backend, SIGCONT);
	assert_false(ok);
	assert_false(ended);
	assert_in_range(took, TIMEOUT_MS - 10, TIMEOUT_MS + SLACK_MS);
	assert_int_equal(db_fault(f->db), DB_FAULT_OUTAGE);
	assert_int_equal(helper_number(f->db, "count_rows"), 0);
}

static void test_frozen_while_connecting(void **state)
{
	struct fixture *f = *state;
	pid_t postmaster = (pid_t)helper_number(f->other, "postmaster");
	assert_int_equal(kill(postmaster, SIGSTOP), 0);
	struct err e = {0};
	struct db_options options = {.conninfo = helper_conninfo(), .connect_timeout_ms = TIMEOUT_MS};
	int64_t start = clock_monotonic_ms();
	struct db *db = db_create(&options, &e);
	int64_t took = clock_monotonic_ms() - start;
	bool ready = db_wait_ready(helper_conninfo(), TIMEOUT_MS, NULL);
	kill(postmaster, SIGCONT);
	assert_null(db);
	assert_in_range(took, TIMEOUT_MS - 10, TIMEOUT_MS + SLACK_MS);
	assert_int_equal(e.code, ERR_BUSY);
	assert_false(ready);
	assert_true(db_wait_ready(helper_conninfo(), 10000, &e));
}

static void test_terminated_while_idle(void **state)
{
	struct fixture *f = *state;
	int64_t backend = helper_number(f->db, "backend");
	terminate(f->other, backend);
	assert_true(add_row(f->db, 1, NULL)); // prepared again on a new connection
	assert_int_not_equal(helper_number(f->db, "backend"), backend);
	terminate(f->other, helper_number(f->db, "backend"));
	assert_true(db_begin(f->db, NULL));
	assert_true(add_row(f->db, 2, NULL));
	assert_int_equal(db_commit(f->db, NULL), DB_COMMITTED);
}

// A transaction is never continued on another connection.
static void test_terminated_in_transaction(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	terminate(f->other, helper_number(f->db, "backend"));
	assert_false(add_row(f->db, 2, &e));
	assert_int_equal(db_fault(f->db), DB_FAULT_OUTAGE);
	assert_false(add_row(f->db, 3, &e));
	assert_int_equal(db_fault(f->db), DB_FAULT_OUTAGE);
	assert_int_equal(db_commit(f->db, &e), DB_NOT_COMMITTED);
	assert_int_equal(db_fault(f->db), DB_FAULT_OUTAGE);
	assert_int_equal(helper_number(f->db, "count_rows"), 0);
}

static void test_terminated_before_commit(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_begin(f->db, &e));
	assert_true(add_row(f->db, 1, &e));
	terminate(f->other, helper_number(f->db, "backend"));
	assert_int_equal(db_commit(f->db, &e), DB_NOT_COMMITTED); // COMMIT was never sent
	assert_int_equal(helper_number(f->db, "count_rows"), 0);
}

static void test_reconnect(void **state)
{
	struct fixture *f = *state;
	int64_t backend = helper_number(f->db, "backend");
	assert_true(db_begin(f->db, NULL));
	assert_true(add_row(f->db, 1, NULL));
	assert_true(db_reconnect(f->db, NULL));
	assert_int_equal(db_last_backend(f->db), backend);
	assert_true(db_end_lost_backend(f->db, NULL));
	assert_int_equal(helper_number(f->db, "count_rows"), 0);
	assert_true(add_row(f->db, 2, NULL));
}

static void wait_pages(struct db *db, bool on)
{
	for (int i = 0; i < 100 && helper_number(db, "pages") != on; i++)
		nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
	assert_int_equal(helper_number(db, "pages"), on);
}

static void set_pages(struct fixture *f, bool on)
{
	helper_script(f->other,
		      on ? "ALTER SYSTEM RESET full_page_writes" : "ALTER SYSTEM SET full_page_writes = off");
	helper_script(f->other, "SELECT pg_reload_conf()");
	wait_pages(f->other, on);
}

static void expect_refused(bool done, const struct err *e)
{
	assert_false(done);
	assert_int_equal(e->code, ERR_REFUSED);
	assert_non_null(strstr(e->text, "full_page_writes=off"));
}

static void test_durable(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_true(db_check_durable(f->db, &e));
	set_pages(f, false);
	wait_pages(f->db, false);
	bool durable = db_check_durable(f->db, &e);
	set_pages(f, true);
	expect_refused(durable, &e);
}

// A connection that is replaced behind the caller's back may lead to another server: nothing is written to
// one that does not keep its word.
static void test_durable_only(void **state)
{
	struct fixture *f = *state;
	const struct db_statement *const tables[] = {statements, NULL};
	struct db_options options = {
		.conninfo = helper_conninfo(), .statements = tables, .durable_only = true};
	struct err first = {0}, again = {0};
	struct db *db = db_create(&options, NULL);
	assert_non_null(db);
	int64_t backend = helper_number(db, "backend");
	set_pages(f, false);
	terminate(f->other, backend);
	bool written = add_row(db, 1, &again);
	enum db_fault fault = db_fault(db);
	struct db *fresh = db_create(&options, &first);
	set_pages(f, true);
	expect_refused(fresh != NULL, &first);
	expect_refused(written, &again);
	assert_int_equal(fault, DB_FAULT_OUTAGE);
	assert_int_equal(helper_number(f->other, "count_rows"), 0);
	assert_true(add_row(db, 1, NULL)); // it keeps its word again
	db_destroy(db);
}

static void test_connect_later(void **state)
{
	struct fixture *f = *state;
	const struct db_statement *const tables[] = {statements, NULL};
	struct db_options options = {.conninfo = "host=/nowhere", .connect_later = true};
	struct err e = {0};
	struct db *db = db_create(&options, &e);
	assert_non_null(db);
	assert_false(db_is_connected(db));
	assert_false(db_begin(db, &e));
	assert_int_equal(e.code, ERR_BUSY);
	db_destroy(db);
	options.conninfo = helper_conninfo();
	options.statements = tables;
	db = db_create(&options, &e);
	assert_true(add_row(db, 1, NULL));
	assert_int_equal(helper_number(f->other, "count_rows"), 1);
	db_destroy(db);
}

static void test_role_password(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	helper_script(f->other, "CREATE ROLE \"tester's \"\"own\"\"\" LOGIN");
	assert_true(db_set_role_password(f->other, "tester's \"own\"", "secret 'text'", &e));
	assert_false(db_set_role_password(f->other, "nobody there", "secret", &e));
	assert_int_equal(db_fault(f->other), DB_FAULT_SCHEMA);
	int64_t kept = helper_number(f->other, "scram");
	helper_script(f->other, "DROP ROLE \"tester's \"\"own\"\"\"");
	assert_int_equal(kept, 1); // as a verifier, not as text
}

static void test_nobody_there(void **state)
{
	(void)state;
	struct err e = {0};
	assert_false(db_wait_ready("host=/nowhere dbname=utarg", 300, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_null(strchr(e.text, '\n'));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(test_transactions),
		CASE(test_snapshot),
		CASE(test_commit_of_failed_transaction),
		CASE(test_commit_after_own_failure),
		CASE(test_commit_refused),
		CASE(test_deadline),
		CASE(test_lock_timeout),
		CASE(test_frozen_while_committing),
		CASE(test_frozen_while_copying),
		CASE(test_frozen_while_connecting),
		CASE(test_terminated_while_idle),
		CASE(test_terminated_in_transaction),
		CASE(test_terminated_before_commit),
		CASE(test_reconnect),
		CASE(test_durable),
		CASE(test_durable_only),
		CASE(test_connect_later),
		CASE(test_role_password),
		CASE(test_nobody_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
