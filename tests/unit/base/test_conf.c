// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Configuration: who wins over whom, what is refused and with which key named, secrets, help.
#include "common/base/conf.h"

#include <fcntl.h>
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

static const struct conf_row first[] = {
	{"bind-host", CONF_TEXT, "127.0.0.1", 0, 0, "address to bind", false},
	{"port-offset", CONF_INT, "0", 0, 50000, "added to every port", false},
	{"detach", CONF_BOOL, "false", 0, 0, "return when ready", false},
	{0},
};
static const struct conf_row second[] = {
	{"key-file", CONF_FILE, "", 0, 0, "the key", true},
	{"data-file", CONF_FILE, "", 0, 0, "the data", false},
	{"shop", CONF_TEXT, NULL, 0, 0, "the shop", false},
	{0},
};
static const struct conf_row *const optional[] = {first, NULL};
static const struct conf_row *const all[] = {first, second, NULL};

static int clean(void **state)
{
	(void)state;
	static const char *const names[] = {"UTARG_BIND_HOST", "UTARG_PORT_OFFSET", "UTARG_DETACH",
					    "UTARG_KEY_FILE",  "UTARG_DATA_FILE",   "UTARG_SHOP",
					    "UTARG_OTHER"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	return 0;
}

static struct conf *create(const struct conf_row *const *tables, const char *a, const char *b, const char *c,
			   struct err *e)
{
	char program[] = "program", one[200] = "", two[200] = "", three[200] = "";
	snprintf(one, sizeof(one), "%s", a ? a : "");
	snprintf(two, sizeof(two), "%s", b ? b : "");
	snprintf(three, sizeof(three), "%s", c ? c : "");
	char *argv[] = {program, one, two, three, NULL};
	return conf_create(tables, 1 + (a != NULL) + (b != NULL) + (c != NULL), argv, e);
}

static void the_last_source_wins(void **state)
{
	(void)state;
	struct err e = {0};
	struct conf *conf = create(optional, NULL, NULL, NULL, &e);
	assert_string_equal(conf_text(conf, "bind-host"), "127.0.0.1");
	assert_int_equal(conf_int(conf, "port-offset"), 0);
	assert_false(conf_bool(conf, "detach"));
	conf_destroy(conf);
	setenv("UTARG_PORT_OFFSET", "100", 1);
	setenv("UTARG_BIND_HOST", "::1", 1);
	setenv("UTARG_OTHER", "belongs to another program", 1);
	conf = create(optional, NULL, NULL, NULL, &e);
	assert_int_equal(conf_int(conf, "port-offset"), 100);
	assert_string_equal(conf_text(conf, "bind-host"), "::1");
	conf_destroy(conf);
	conf = create(optional, "--port-offset=200", "--bind-host", "localhost", &e);
	setenv("UTARG_BIND_HOST", "changed later", 1); // the configuration holds its own copies
	assert_int_equal(conf_int(conf, "port-offset"), 200);
	assert_string_equal(conf_text(conf, "bind-host"), "localhost");
	conf_destroy(conf);
	conf_destroy(NULL);
}

static void flags_stand_alone_or_with_a_word(void **state)
{
	(void)state;
	struct err e = {0};
	struct conf *conf = create(optional, "--detach", "--port-offset=5", NULL, &e);
	assert_true(conf_bool(conf, "detach"));
	assert_int_equal(conf_int(conf, "port-offset"), 5);
	conf_destroy(conf);
	conf = create(optional, "--detach", "no", NULL, &e);
	assert_false(conf_bool(conf, "detach"));
	conf_destroy(conf);
	conf = create(optional, "--detach=on", NULL, NULL, &e);
	assert_true(conf_bool(conf, "detach"));
	conf_destroy(conf);
	conf = create(optional, "--bind-host=a=b", NULL, NULL, &e);
	assert_string_equal(conf_text(conf, "bind-host"), "a=b");
	conf_destroy(conf);
}

static void mistakes_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b, *field;
		enum err_code code;
	} rows[] = {
		{"--port-ofset=1", NULL, "port-ofset", ERR_BAD_FIELD},
		{"--port-offset=50001", NULL, "port-offset", ERR_BAD_FIELD},
		{"--port-offset=-1", NULL, "port-offset", ERR_BAD_FIELD},
		{"--port-offset=1x", NULL, "port-offset", ERR_BAD_FIELD},
		{"--port-offset=", NULL, "port-offset", ERR_BAD_FIELD},
		{"--port-offset", NULL, "port-offset", ERR_MISSING_FIELD},
		{"--detach=maybe", NULL, "detach", ERR_BAD_FIELD},
		{"--detach", "maybe", "maybe", ERR_BAD_FIELD},
		{"--", NULL, "--", ERR_BAD_FIELD},
		{"-p", "1", "-p", ERR_BAD_FIELD},
		{"stray", NULL, "stray", ERR_BAD_FIELD},
		{"--bind-host=\xff", NULL, "bind-host", ERR_BAD_FIELD},
		{"--bind-hos", "x", "bind-hos", ERR_BAD_FIELD},
		{"--bind-hostx", "x", "bind-hostx", ERR_BAD_FIELD},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};
		assert_null(create(optional, rows[i].a, rows[i].b, NULL, &e));
		assert_int_equal(e.code, rows[i].code);
		assert_string_equal(e.field, rows[i].field);
	}
	struct err e = {0};
	setenv("UTARG_PORT_OFFSET", "many", 1);
	assert_null(create(optional, NULL, NULL, NULL, &e));
	assert_string_equal(e.text, "port-offset is a whole number from 0 to 50000, not many");
}

static void required_keys_must_come(void **state)
{
	(void)state;
	struct err e = {0};
	assert_null(create(all, NULL, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	assert_string_equal(e.field, "shop");
	setenv("UTARG_SHOP", "demo", 1);
	struct conf *conf = create(all, NULL, NULL, NULL, &e);
	assert_string_equal(conf_text(conf, "shop"), "demo");
	assert_string_equal(conf_text(conf, "key-file"), "");
	conf_destroy(conf);
}

static void secrets_are_for_their_owner_only(void **state)
{
	(void)state;
	char path[] = "/tmp/utarg-conf-XXXXXX", argument[64];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	static const struct {
		mode_t mode;
		bool good;
	} rows[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}, {0620, false}, {0601, false}};
	setenv("UTARG_SHOP", "demo", 1);
	snprintf(argument, sizeof(argument), "--key-file=%s", path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};
		chmod(path, rows[i].mode);
		struct conf *conf = create(all, argument, NULL, NULL, &e);
		assert_int_equal(conf != NULL, rows[i].good);
		if (conf)
			assert_string_equal(conf_text(conf, "key-file"), path);
		else
			assert_string_equal(e.field, "key-file");
		conf_destroy(conf);
	}
	struct err e = {0};
	chmod(path, 0644);
	snprintf(argument, sizeof(argument), "--data-file=%s", path);
	struct conf *conf = create(all, argument, NULL, NULL, &e); // no secret: others may read it
	assert_non_null(conf);
	conf_destroy(conf);
	unlink(path);
	assert_null(create(all, argument, NULL, NULL, &e));
	assert_string_equal(e.field, "data-file");
	assert_null(create(all, "--key-file=/tmp", NULL, NULL, &e)); // a folder
	assert_string_equal(e.field, "key-file");
}

static void help_shows_every_row(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	conf_help(all, out);
	fclose(out);
	assert_non_null(strstr(text, "--port-offset=N\n      added to every port\n      UTARG_PORT_OFFSET, 0 "
				     "to 50000, default 0\n"));
	assert_non_null(strstr(text, "--bind-host=TEXT"));
	assert_non_null(strstr(text, "UTARG_KEY_FILE, readable by its owner only, default: none\n"));
	assert_non_null(strstr(text, "UTARG_SHOP, required\n"));
	free(text);
	char program[] = "p", help[] = "--help", h[] = "-h", other[] = "--helpful";
	assert_true(conf_wants_help(2, (char *[]){program, help}));
	assert_true(conf_wants_help(3, (char *[]){program, other, h}));
	assert_false(conf_wants_help(2, (char *[]){program, other}));
	assert_false(conf_wants_help(1, (char *[]){help}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_last_source_wins, clean),
		cmocka_unit_test_setup(flags_stand_alone_or_with_a_word, clean),
		cmocka_unit_test_setup(mistakes_are_named, clean),
		cmocka_unit_test_setup(required_keys_must_come, clean),
		cmocka_unit_test_setup(secrets_are_for_their_owner_only, clean),
		cmocka_unit_test_setup(help_shows_every_row, clean),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
