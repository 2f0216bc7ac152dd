// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the tests of common/db share.
#include "tests/unit/db/helper_db.h"

#include <stdio.h>
#include <stdlib.h>

const char *helper_conninfo(void)
{
	const char *conninfo = getenv("UTARG_TEST_DATABASE");
	if (conninfo == NULL) {
		fprintf(stderr, "UTARG_TEST_DATABASE is not set: run this by tests/postgres.sh\n");
		exit(1);
	}
	return conninfo;
}

struct db *helper_connect(const struct db_statement *statements, int timeout_ms)
{
	const struct db_statement *const tables[] = {statements, NULL};
	struct db_options options = {.conninfo = helper_conninfo(),
				     .statements = tables,
				     .statement_timeout_ms = timeout_ms,
				     .application_name = "unit test"};
	struct err e = {0};
	struct db *db = db_create(&options, &e);
	if (db == NULL)
		fail_msg("%s", e.text);
	return db;
}

void helper_prepare(const char *sql)
{
	struct db *db = helper_connect(NULL, 5000);
	helper_script(db, sql);
	db_destroy(db);
}

void helper_script(struct db *db, const char *sql)
{
	struct err e = {0};
	if (!db_script(db, sql, &e))
		fail_msg("%s", e.text);
}

int64_t helper_number(struct db *db, const char *statement)
{
	struct err e = {0};
	struct db_result *result = NULL;
	if (!db_run(db, statement, NULL, 0, &result, &e))
		fail_msg("%s", e.text);
	assert_int_equal(db_rows(result), 1);
	int64_t number = db_get_int(result, 0, 0);
	db_result_free(result);
	return number;
}
