// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Pipelines, and COPY statements that begin their transaction: what is committed, what is not, and when
// nobody knows.
#include "tests/unit/db/helper_db.h"

#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { TIMEOUT_MS = 500 };

static const struct db_statement statements[] = {
	{"add_row", "INSERT INTO public.pipe_rows (id) VALUES ($1)"},
	{"copy_rows", "-- rows\nBEGIN;\nCOPY public.pipe_rows (id) FROM STDIN (FORMAT BINARY)"},
	{"copy_nowhere", "BEGIN; COPY public.nowhere (id) FROM STDIN (FORMAT BINARY)"},
	{"count_rows", "SELECT count(*) FROM public.pipe_rows"},
	{"backend", "SELECT pg_backend_pid()"},
	{"one", "SELECT 1::int8"},
	{NULL, NULL},
};

static int set_up(void **state)
{
	helper_prepare("DROP TABLE IF EXISTS public.pipe_rows;"
		       "CREATE TABLE public.pipe_rows (id bigint PRIMARY KEY)");
	*state = helper_connect(statements, TIMEOUT_MS);
	return 0;
}

static int tear_down(void **state)
{
	db_destroy(*state);
	return 0;
}

static bool add(struct db *db, int64_t id)
{
	struct db_value value = db_int8(id);
	return db_pipe_send(db, "add_row", &value, 1, NULL);
}

static void test_commits(void **state)
{
	struct db *db = *state;
	struct db_result *result = NULL;
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1));
	assert_true(db_pipe_send(db, "one", NULL, 0, NULL));
	assert_true(add(db, 2));
	assert_true(db_pipe_send_commit(db, NULL));
	assert_true(db_pipe_take(db, NULL, NULL));
	assert_true(db_pipe_take(db, &result, NULL));
	assert_int_equal(db_get_int(result, 0, 0), 1);
	db_result_free(result);
	// What was not taken is passed over.
	assert_int_equal(db_pipe_commit(db, NULL), DB_COMMITTED);
	assert_int_equal(helper_number(db, "count_rows"), 2);
}

static void test_failure_skips_the_rest(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1) && add(db, 1) && add(db, 2));
	assert_true(db_pipe_send_commit(db, NULL));
	assert_true(db_pipe_take(db, NULL, NULL));
	assert_false(db_pipe_take(db, NULL, &e));
	assert_string_equal(db_sqlstate(db), "23505");
	assert_int_equal(db_pipe_commit(db, &e), DB_NOT_COMMITTED);
	assert_string_equal(db_sqlstate(db), "23505"); // the reason, not its echo
	assert_int_equal(helper_number(db, "count_rows"), 0);
	// Nobody took anything: the same.
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1) && add(db, 1));
	assert_true(db_pipe_send_commit(db, NULL));
	assert_int_equal(db_pipe_commit(db, NULL), DB_NOT_COMMITTED);
	assert_string_equal(db_sqlstate(db), "23505");
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

static void test_rollback(void **state)
{
	struct db *db = *state;
	assert_true(db_pipe_open(db, NULL));
	db_rollback(db); // nothing sent
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1) && add(db, 2));
	db_rollback(db);
	assert_int_equal(helper_number(db, "count_rows"), 0);
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1));
	assert_int_equal(db_pipe_commit(db, NULL), DB_NOT_COMMITTED); // COMMIT was never sent
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

// The sync itself may be what fails: nothing has landed then, and that is known.
static void test_refused_at_the_commit(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_true(db_script(
		db, "CREATE TABLE public.late_rows (id bigint, UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)",
		NULL));
	assert_true(db_script(db,
			      "CREATE RULE late AS ON INSERT TO public.pipe_rows DO ALSO"
			      " INSERT INTO public.late_rows VALUES (1)",
			      NULL));
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1) && add(db, 2));
	assert_true(db_pipe_send_commit(db, NULL));
	assert_true(db_pipe_take(db, NULL, NULL) && db_pipe_take(db, NULL, NULL));
	enum db_commit verdict = db_pipe_commit(db, &e);
	char sqlstate[6];
	memcpy(sqlstate, db_sqlstate(db), sizeof(sqlstate));
	assert_true(db_script(db, "DROP RULE late ON public.pipe_rows; DROP TABLE public.late_rows", NULL));
	assert_int_equal(verdict, DB_NOT_COMMITTED);
	assert_string_equal(sqlstate, "23505");
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

static void test_inside_a_transaction(void **state)
{
	struct db *db = *state;
	struct db_value value = db_int8(1);
	assert_true(db_begin(db, NULL));
	assert_true(db_run(db, "add_row", &value, 1, NULL, NULL));
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 2));
	assert_true(db_pipe_send_commit(db, NULL));
	assert_int_equal(db_pipe_commit(db, NULL), DB_COMMITTED);
	assert_int_equal(helper_number(db, "count_rows"), 2);
}

static void test_frozen(void **state)
{
	struct db *db = *state;
	pid_t backend = (pid_t)helper_number(db, "backend");
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1));
	assert_int_equal(kill(backend, SIGSTOP), 0);
	assert_true(db_pipe_send_commit(db, NULL));
	bool taken = db_pipe_take(db, NULL, NULL);
	enum db_commit verdict = db_pipe_commit(db, NULL);
	kill(backend, SIGCONT);
	assert_false(taken);
	assert_int_equal(verdict, DB_UNKNOWN);
	assert_int_equal(db_fault(db), DB_FAULT_OUTAGE);
	assert_int_equal(db_last_backend(db), backend);
	assert_true(db_end_lost_backend(db, NULL));
	assert_in_range(helper_number(db, "count_rows"), 0, 1);
}

static void test_killed_before_commit(void **state)
{
	struct db *db = *state;
	pid_t backend = (pid_t)helper_number(db, "backend");
	assert_true(db_pipe_open(db, NULL));
	assert_true(add(db, 1));
	assert_int_equal(kill(backend, SIGTERM), 0);
	usleep(100000);
	assert_false(db_pipe_send_commit(db, NULL));
	assert_int_equal(db_pipe_commit(db, NULL), DB_NOT_COMMITTED); // for certain
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

static void test_copy_begins(void **state)
{
	struct db *db = *state;
	assert_true(db_copy_begin(db, "copy_rows", NULL));
	for (int64_t i = 0; i < 3; i++) {
		const struct db_value column = db_int8(i);
		assert_true(db_copy_row(db, &column, 1, NULL));
	}
	assert_true(db_copy_end(db, NULL));
	assert_int_equal(db_commit(db, NULL), DB_COMMITTED);
	assert_int_equal(helper_number(db, "count_rows"), 3);
	assert_true(db_copy_begin(db, "copy_rows", NULL));
	const struct db_value column = db_int8(7);
	assert_true(db_copy_row(db, &column, 1, NULL));
	db_rollback(db);
	assert_int_equal(helper_number(db, "count_rows"), 3);
}

static void test_copy_refused(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_true(db_copy_begin(db, "copy_nowhere", NULL)); // nobody has answered yet
	assert_false(db_copy_end(db, &e));
	assert_string_equal(db_sqlstate(db), "42P01");
	assert_int_equal(db_fault(db), DB_FAULT_SCHEMA);
	db_rollback(db);
	assert_true(db_is_connected(db));
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_commits, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failure_skips_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rollback, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused_at_the_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_inside_a_transaction, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_frozen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_killed_before_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_copy_begins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_copy_refused, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
