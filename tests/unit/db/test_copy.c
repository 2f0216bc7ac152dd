// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// COPY: all rows or none, whatever goes wrong, and a connection that can go on.
#include "tests/unit/db/helper_db.h"

#include <stdlib.h>
#include <string.h>

static const struct db_statement statements[] = {
	{"copy_rows",
	 "-- a comment stands before\n  COPY public.copied (id, name, data, at) FROM STDIN (FORMAT BINARY)"},
	{"copy_nowhere", "COPY public.nowhere FROM STDIN (FORMAT BINARY)"},
	{"count_rows", "SELECT count(*) FROM public.copied"},
	{"sum_sizes", "SELECT sum(length(data))::int8 FROM public.copied"},
	{"count_nulls",
	 "SELECT count(*) FROM public.copied WHERE name IS NULL AND data IS NULL AND at IS NULL"},
	{"backend", "SELECT pg_backend_pid()"},
	{NULL, NULL},
};

static int set_up(void **state)
{
	helper_prepare(
		"DROP TABLE IF EXISTS public.copied;"
		"CREATE TABLE public.copied (id int8 PRIMARY KEY, name text, data bytea, at timestamptz)");
	*state = helper_connect(statements, 5000);
	return 0;
}

static int tear_down(void **state)
{
	helper_script(*state, "DROP TABLE public.copied");
	db_destroy(*state);
	return 0;
}

static int set_up_each(void **state)
{
	helper_script(*state, "TRUNCATE public.copied");
	return 0;
}

static bool put(struct db *db, int64_t id, const char *name, const void *data, size_t size, struct err *e)
{
	const struct db_value columns[] = {db_int8(id), db_text(name), db_bytes(data, size), db_time_ms(id)};
	return db_copy_row(db, columns, 4, e);
}

static void test_rows(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_true(db_begin(db, &e));
	assert_true(db_copy_begin(db, "copy_rows", &e));
	const struct db_value nulls[] = {db_int8(0), DB_VALUE_NULL, DB_VALUE_NULL, DB_VALUE_NULL};
	assert_true(db_copy_row(db, nulls, 4, &e));
	for (int64_t i = 1; i <= 1000; i++)
		assert_true(put(db, i, "name", "\0\1\2", 3, &e));
	assert_true(db_copy_end(db, &e));
	assert_int_equal(db_commit(db, &e), DB_COMMITTED);
	assert_int_equal(helper_number(db, "count_rows"), 1001);
	assert_int_equal(helper_number(db, "count_nulls"), 1);
	assert_int_equal(helper_number(db, "sum_sizes"), 3000);
}

// More than any socket buffer holds, and one row that is larger than ours.
static void test_large(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	size_t size = 1 << 20;
	uint8_t *data = calloc(1, size);
	assert_non_null(data);
	assert_true(db_copy_begin(db, "copy_rows", &e));
	for (int64_t i = 0; i < 10; i++)
		assert_true(put(db, i, "large", data, size, &e));
	assert_true(db_copy_end(db, &e));
	free(data);
	assert_int_equal(helper_number(db, "sum_sizes"), 10 * (int64_t)size);
}

static void test_empty(void **state)
{
	struct db *db = *state;
	assert_true(db_copy_begin(db, "copy_rows", NULL));
	assert_true(db_copy_end(db, NULL));
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

static void test_bad_byte(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	int64_t backend = helper_number(db, "backend");
	assert_true(db_begin(db, &e));
	assert_true(db_copy_begin(db, "copy_rows", &e));
	for (int64_t i = 0; i < 100000; i++) // far behind the bad row, while the server no longer listens
		assert_true(put(db, i, i == 50 ? "bad \xff" : "good", "data", 4, &e));
	assert_false(db_copy_end(db, &e));
	assert_string_equal(db_sqlstate(db), "22021");
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
	db_rollback(db);
	assert_int_equal(db_fault(db), DB_FAULT_DATA); // the reason stays
	assert_int_equal(helper_number(db, "count_rows"), 0);
	assert_int_equal(helper_number(db, "backend"), backend);
}

static void test_row_that_cannot_be_encoded(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	int64_t backend = helper_number(db, "backend");
	assert_true(db_begin(db, &e));
	assert_true(db_copy_begin(db, "copy_rows", &e));
	assert_true(put(db, 1, "good", "", 0, &e));
	assert_false(put(db, INT64_MAX, "its time is beyond", "", 0, &e));
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
	assert_false(put(db, 2, "good", "", 0, &e));
	assert_false(db_copy_end(db, &e));
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
	assert_string_equal(db_sqlstate(db),
			    "22003"); // our reason, not the server's word for a broken stream
	assert_int_equal(db_commit(db, &e), DB_NOT_COMMITTED);
	assert_int_equal(helper_number(db, "count_rows"), 0);
	assert_int_equal(helper_number(db, "backend"), backend);
}

static void test_duplicate_key(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_true(db_copy_begin(db, "copy_rows", &e));
	assert_true(put(db, 1, "one", "", 0, &e));
	assert_true(put(db, 1, "again", "", 0, &e));
	assert_false(db_copy_end(db, &e));
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(db_sqlstate(db), "23505");
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

static void test_no_table(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_false(db_copy_begin(db, "copy_nowhere", &e));
	assert_int_equal(db_fault(db), DB_FAULT_SCHEMA);
	assert_false(db_copy_end(db, &e));
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

// A rollback in the middle of a COPY.
static void test_rollback(void **state)
{
	struct db *db = *state;
	assert_true(db_begin(db, NULL));
	assert_true(db_copy_begin(db, "copy_rows", NULL));
	assert_true(put(db, 1, "one", "", 0, NULL));
	db_rollback(db);
	assert_int_equal(helper_number(db, "count_rows"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rows, set_up_each),
		cmocka_unit_test_setup(test_large, set_up_each),
		cmocka_unit_test_setup(test_empty, set_up_each),
		cmocka_unit_test_setup(test_bad_byte, set_up_each),
		cmocka_unit_test_setup(test_row_that_cannot_be_encoded, set_up_each),
		cmocka_unit_test_setup(test_duplicate_key, set_up_each),
		cmocka_unit_test_setup(test_no_table, set_up_each),
		cmocka_unit_test_setup(test_rollback, set_up_each),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
