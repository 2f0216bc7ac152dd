// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a conninfo may hold: no password, and no passfile that others may open.
#include "common/db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void passwords_stand_in_files(void **state)
{
	static const struct {
		const char *conninfo;
		enum err_code code;
	} rows[] = {
		{NULL, ERR_OK},
		{"", ERR_OK},
		{"host=/tmp dbname=utarg user=utarg_ingest", ERR_OK},
		{"host=/tmp passfile=/no/such/file", ERR_OK}, // libpq will say so
		{"host=x password=hush", ERR_FORBIDDEN},
		{"host=x password = 'hush'", ERR_FORBIDDEN},
		{"postgresql://utarg:hush@x/utarg", ERR_FORBIDDEN},
		{"postgresql://x/utarg?password=hush", ERR_FORBIDDEN},
		{"host=x hush='", ERR_BAD_FIELD},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};
		assert_int_equal(db_check_conninfo(rows[i].conninfo, &e), rows[i].code == ERR_OK);
		assert_int_equal(e.code, rows[i].code);
		assert_null(strstr(e.text, "hush"));
	}
}

static void nobody_else_may_open_a_passfile(void **state)
{
	char path[] = "/tmp/utarg-conninfo-XXXXXX", conninfo[128];
	struct err e = {0};
	(void)state;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(conninfo, sizeof(conninfo), "host=/nowhere passfile=%s", path);
	assert_true(db_check_conninfo(conninfo, &e));
	chmod(path, 0640);
	assert_false(db_check_conninfo(conninfo, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, "chmod 600"));
	// Whoever connects hears the same, and at once.
	assert_null(db_create(&(struct db_options){.conninfo = conninfo}, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_false(db_wait_ready(conninfo, 60000, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	unlink(path);
}

static void a_failure_s_words_are_not_for_peers(void **state)
{
	struct err e = {0};
	(void)state;
	assert_null(db_create(&(struct db_options){.conninfo = "host=/nowhere/at/all"}, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_true(e.is_inside);
	assert_non_null(strstr(e.text, "/nowhere/at/all"));
	assert_null(strstr(err_public(&e), "/"));
	err_prefix(&e, "asking");
	assert_true(e.is_inside);
	err_set(&e, ERR_BUSY, "another sentence");
	assert_string_equal(err_public(&e), "another sentence");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passwords_stand_in_files),
		cmocka_unit_test(nobody_else_may_open_a_passfile),
		cmocka_unit_test(a_failure_s_words_are_not_for_peers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
