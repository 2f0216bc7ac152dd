// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Values out and back, and what db_run says about statements that fail.
#include "tests/unit/db/helper_db.h"

#include <string.h>

static const struct db_statement statements[] = {
	{"echo_bool", "SELECT $1::bool"},
	{"echo_int2", "SELECT $1::int2"},
	{"echo_int4", "SELECT $1::int4"},
	{"echo_int8", "SELECT $1::int8"},
	{"echo_text", "SELECT $1::text"},
	{"echo_bytea", "SELECT $1::bytea"},
	{"echo_uuid", "SELECT $1::uuid"},
	{"echo_time", "SELECT $1::timestamptz, $1::timestamptz::text"},
	{"echo_numeric", "SELECT $1::numeric::text"},
	{"unnest_bool", "SELECT v FROM unnest($1::bool[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_int2", "SELECT v FROM unnest($1::int2[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_int4", "SELECT v FROM unnest($1::int4[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_int8", "SELECT v FROM unnest($1::int8[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_text", "SELECT v FROM unnest($1::text[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_bytea", "SELECT v FROM unnest($1::bytea[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_uuid", "SELECT v FROM unnest($1::uuid[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_time", "SELECT v FROM unnest($1::timestamptz[]) WITH ORDINALITY AS a (v, n) ORDER BY n"},
	{"unnest_numeric", "SELECT sum(v::numeric)::text FROM unnest($1::text[]) AS a (v)"},
	{"divide", "SELECT 1 / $1::int4"},
	{"setting", "SELECT current_setting($1::text)"},
	{"many", "SELECT n::int8, repeat('x', 1000) FROM generate_series(1, 20000) AS n"},
	{"backend", "SELECT pg_backend_pid()"},
	{NULL, NULL},
};

static int set_up(void **state)
{
	*state = helper_connect(statements, 5000);
	return 0;
}

static int tear_down(void **state)
{
	db_destroy(*state);
	return 0;
}

static struct db_result *run(struct db *db, const char *statement, struct db_value value)
{
	struct db_result *result = NULL;
	struct err e = {0};
	if (!db_run(db, statement, &value, 1, &result, &e))
		fail_msg("%s", e.text);
	return result;
}

static void expect_int(struct db *db, const char *statement, struct db_value value, int64_t expected)
{
	struct db_result *result = run(db, statement, value);
	assert_int_equal(db_get_int(result, 0, 0), expected);
	db_result_free(result);
}

static void test_integers(void **state)
{
	struct db *db = *state;
	expect_int(db, "echo_bool", db_bool(true), 1);
	expect_int(db, "echo_bool", db_bool(false), 0);
	expect_int(db, "echo_int2", db_int2(INT16_MIN), INT16_MIN);
	expect_int(db, "echo_int2", db_int2(INT16_MAX), INT16_MAX);
	expect_int(db, "echo_int4", db_int4(INT32_MIN), INT32_MIN);
	expect_int(db, "echo_int8", db_int8(INT64_MIN), INT64_MIN);
	expect_int(db, "echo_int8", db_int8(INT64_MAX), INT64_MAX);
}

// The statement's type decides the width.
static void test_integer_widths(void **state)
{
	struct db *db = *state;
	expect_int(db, "echo_int8", db_int2(-7), -7);
	expect_int(db, "echo_int2", db_int8(-7), -7);
	struct db_value too_large = db_int8(40000);
	struct err e = {0};
	assert_false(db_run(db, "echo_int2", &too_large, 1, NULL, &e));
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
	assert_string_equal(db_sqlstate(db), "22003");
}

static void test_bytes(void **state)
{
	struct db *db = *state;
	static const char text[] = "Zażółć gęślą jaźń 🛒";
	struct db_result *result = run(db, "echo_text", db_text(text));
	assert_string_equal(db_get_text(result, 0, 0), text);
	db_result_free(result);
	result = run(db, "echo_text", db_text(""));
	assert_false(db_is_null(result, 0, 0));
	assert_string_equal(db_get_text(result, 0, 0), "");
	db_result_free(result);

	uint8_t bytes[256];
	for (int i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	result = run(db, "echo_bytea", db_bytes(bytes, sizeof(bytes)));
	struct slice got = db_get_bytes(result, 0, 0);
	assert_int_equal(got.size, sizeof(bytes));
	assert_memory_equal(got.data, bytes, sizeof(bytes));
	db_result_free(result);
	result = run(db, "echo_bytea", db_bytes(NULL, 0));
	assert_false(db_is_null(result, 0, 0));
	assert_int_equal(db_get_bytes(result, 0, 0).size, 0);
	db_result_free(result);
	result = run(db, "echo_uuid", db_uuid(bytes + 100));
	assert_memory_equal(db_get_bytes(result, 0, 0).data, bytes + 100, 16);
	db_result_free(result);
}

static void test_times(void **state)
{
	struct db *db = *state;
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{0, "1970-01-01 00:00:00+00"},
		{-1, "1969-12-31 23:59:59.999+00"},
		{INT64_C(946684800000), "2000-01-01 00:00:00+00"},
		{INT64_C(1795449600123), "2026-11-23 16:00:00.123+00"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct db_result *result = run(db, "echo_time", db_time_ms(rows[i].ms));
		assert_int_equal(db_get_time_ms(result, 0, 0), rows[i].ms);
		assert_string_equal(db_get_text(result, 0, 1), rows[i].text);
		db_result_free(result);
	}
	struct db_value beyond = db_time_ms(INT64_MAX);
	assert_false(db_run(db, "echo_time", &beyond, 1, NULL, NULL));
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
}

static void test_numeric(void **state)
{
	struct db *db = *state;
	static const char large[] = "-170141183460469231731687303715884105728";
	struct db_result *result = run(db, "echo_numeric", db_numeric(large));
	assert_string_equal(db_get_text(result, 0, 0), large);
	db_result_free(result);
}

static void test_nulls(void **state)
{
	struct db *db = *state;
	static const char *const echoes[] = {"echo_bool", "echo_int2", "echo_int4",
					     "echo_int8", "echo_text", "echo_bytea",
					     "echo_uuid", "echo_time", "echo_numeric"};
	for (size_t i = 0; i < sizeof(echoes) / sizeof(echoes[0]); i++) {
		struct db_result *result = run(db, echoes[i], DB_VALUE_NULL);
		assert_true(db_is_null(result, 0, 0));
		db_result_free(result);
	}
	struct db_result *result = run(db, "echo_text", db_text(NULL));
	assert_true(db_is_null(result, 0, 0));
	db_result_free(result);
}

static void expect_array(struct db *db, const char *statement, enum db_type type,
			 const struct db_value *values, size_t count)
{
	struct db_array array;
	db_array_init(&array, type);
	db_array_add(&array, values[0]);
	db_array_reset(&array); // what stood there before is gone
	for (size_t i = 0; i < count; i++)
		db_array_add(&array, values[i]);
	struct db_result *result = run(db, statement, db_array_value(&array));
	assert_int_equal(db_rows(result), count);
	for (int i = 0; i < (int)count; i++) {
		assert_int_equal(db_is_null(result, i, 0), values[i].type == DB_NULL);
		if (values[i].type == DB_NULL)
			continue;
		if (type == DB_TIME) {
			assert_int_equal(db_get_time_ms(result, i, 0), values[i].number);
		} else if (type == DB_TEXT || type == DB_BYTEA || type == DB_UUID) {
			struct slice got = db_get_bytes(result, i, 0);
			assert_int_equal(got.size, values[i].bytes.size);
			if (got.size > 0)
				assert_memory_equal(got.data, values[i].bytes.data, got.size);
		} else {
			assert_int_equal(db_get_int(result, i, 0), values[i].number);
		}
	}
	db_result_free(result);
	db_array_fini(&array);
}

static void test_arrays(void **state)
{
	struct db *db = *state;
	static const uint8_t id[16] = {1, 2, 3, 0, 255};
	const struct db_value bools[] = {db_bool(true), DB_VALUE_NULL, db_bool(false)};
	const struct db_value shorts[] = {db_int2(-1), db_int2(2), DB_VALUE_NULL};
	const struct db_value ints[] = {db_int4(INT32_MIN), db_int4(0), db_int4(INT32_MAX)};
	const struct db_value longs[] = {DB_VALUE_NULL, db_int8(INT64_MIN), db_int8(INT64_MAX)};
	const struct db_value texts[] = {db_text(""), DB_VALUE_NULL, db_text("zł")};
	const struct db_value blobs[] = {db_bytes("\0\xff", 2), db_bytes(NULL, 0), DB_VALUE_NULL};
	const struct db_value ids[] = {db_uuid(id), DB_VALUE_NULL, db_uuid(id)};
	const struct db_value times[] = {db_time_ms(-1), db_time_ms(1795449600123), DB_VALUE_NULL};
	expect_array(db, "unnest_bool", DB_BOOL, bools, 3);
	expect_array(db, "unnest_int2", DB_INT2, shorts, 3);
	expect_array(db, "unnest_int4", DB_INT4, ints, 3);
	expect_array(db, "unnest_int8", DB_INT8, longs, 3);
	expect_array(db, "unnest_text", DB_TEXT, texts, 3);
	expect_array(db, "unnest_bytea", DB_BYTEA, blobs, 3);
	expect_array(db, "unnest_uuid", DB_UUID, ids, 3);
	expect_array(db, "unnest_time", DB_TIME, times, 3);
	expect_array(db, "unnest_int4", DB_INT4, ints, 0);
}

static void test_large_array(void **state)
{
	struct db *db = *state;
	struct db_array array;
	db_array_init(&array, DB_NUMERIC_TEXT);
	for (int i = 0; i < 10000; i++)
		db_array_add(&array, db_numeric("100000000000000000000.5"));
	struct db_result *result = run(db, "unnest_numeric", db_array_value(&array));
	assert_string_equal(db_get_text(result, 0, 0), "1000000000000000000005000.0");
	db_result_free(result);
	db_array_fini(&array);
}

static void test_large_result(void **state)
{
	struct db_result *result = NULL;
	assert_true(db_run(*state, "many", NULL, 0, &result, NULL));
	assert_int_equal(db_rows(result), 20000);
	assert_int_equal(db_get_int(result, 19999, 0), 20000);
	db_result_free(result);
}

static void test_wrong_values(void **state)
{
	struct db *db = *state;
	struct db_value text = db_text("1");
	struct err e = {0};
	assert_false(db_run(db, "echo_int4", &text, 1, NULL, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_int_equal(db_fault(db), DB_FAULT_SCHEMA);
	assert_false(db_run(db, "echo_int4", &text, 0, NULL, &e));
	assert_int_equal(db_fault(db), DB_FAULT_SCHEMA);
	assert_true(db_is_connected(db));
}

static void test_failing_statement(void **state)
{
	struct db *db = *state;
	int64_t backend = helper_number(db, "backend");
	struct db_value zero = db_int4(0);
	struct db_result *result = (struct db_result *)state;
	struct err e = {0};
	assert_false(db_run(db, "divide", &zero, 1, &result, &e));
	assert_null(result);
	assert_string_equal(db_sqlstate(db), "22012");
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
	assert_string_equal(e.text, "divide: division by zero");
	expect_int(db, "divide", db_int4(1), 1);
	assert_string_equal(db_sqlstate(db), "");
	assert_int_equal(db_fault(db), DB_FAULT_NONE);
	assert_int_equal(helper_number(db, "backend"), backend);
}

static void test_bad_statement_at_connect(void **state)
{
	(void)state;
	static const struct db_statement bad[] = {{"good", "SELECT 1"},
						  {"nonsense", "SELECT nothing FROM nowhere"},
						  {"other", "SELECT 2"},
						  {NULL, NULL}};
	const struct db_statement *const tables[] = {bad, NULL};
	struct db_options options = {.conninfo = helper_conninfo(), .statements = tables};
	struct err e = {0};
	assert_null(db_create(&options, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_string_equal(e.text, "the database is not migrated to this version: nonsense: relation "
				    "\"nowhere\" does not exist");
}

static void test_session(void **state)
{
	static const struct {
		const char *name, *value;
	} rows[] = {{"synchronous_commit", "on"}, {"search_path", "pg_catalog"},
		    {"TimeZone", "UTC"},          {"client_encoding", "UTF8"},
		    {"statement_timeout", "6s"},  {"client_min_messages", "warning"},
		    {"DateStyle", "ISO, YMD"},    {"application_name", "unit test"}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct db_result *result = run(*state, "setting", db_text(rows[i].name));
		assert_string_equal(db_get_text(result, 0, 0), rows[i].value);
		db_result_free(result);
	}
}

static void test_script(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	assert_true(db_script(db, "CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1), (2);", &e));
	assert_false(db_script(db, "SELECT 1; SELECT 1 / 0; SELECT 2;", &e));
	assert_string_equal(db_sqlstate(db), "22012");
	assert_true(db_script(db, "DROP TABLE t", &e));
	// A COPY in a script would wait for rows for ever.
	assert_false(db_script(db, "CREATE TEMP TABLE t (a int); COPY t FROM STDIN", &e));
	assert_true(db_script(db, "SELECT 1", &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integer_widths),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_numeric),
		cmocka_unit_test(test_nulls),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_large_array),
		cmocka_unit_test(test_large_result),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_failing_statement),
		cmocka_unit_test(test_bad_statement_at_connect),
		cmocka_unit_test(test_session),
		cmocka_unit_test(test_script),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
