// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The log line: its form, quoting that nothing can break out of, levels, and its bound.
#include "common/base/log.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static char captured[65536];
static int saved_stderr = -1;
static int capture_fd = -1;

static void capture_begin(void)
{
	FILE *file = tmpfile();
	capture_fd = dup(fileno(file));
	fclose(file);
	saved_stderr = dup(STDERR_FILENO);
	dup2(capture_fd, STDERR_FILENO);
}

// What was written since, with the time stamp checked and taken off the first line.
static const char *capture_end(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
	ssize_t size = pread(capture_fd, captured, sizeof(captured) - 1, 0);
	close(capture_fd);
	captured[size] = 0;
	if (size == 0)
		return captured;
	int year, month, day, hour, minute, second, ms, used = 0;
	assert_int_equal(sscanf(captured, "t=%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %n", &year, &month, &day, &hour,
				&minute, &second, &ms, &used),
			 7);
	assert_int_equal(used, strlen("t=2026-11-23T16:30:00.123Z "));
	return captured + used;
}

static void a_line_has_its_form(void **state)
{
	(void)state;
	log_init("ingest", LOG_LEVEL_INFO);
	capture_begin();
	log_info("batch_committed", LOG_STR("shop", "demo"), LOG_INT("count", -12),
		 LOG_UINT("seq", UINT64_MAX), LOG_BOOL("late", true), LOG_BOOL("test", false));
	assert_string_equal(capture_end(),
			    "level=info service=ingest event=batch_committed shop=demo count=-12 "
			    "seq=18446744073709551615 late=true test=false\n");
}

static void values_are_quoted_and_escaped(void **state)
{
	(void)state;
	static const struct {
		const char *value, *line;
	} rows[] = {
		{"plain.text_1:/@%+,-", "plain.text_1:/@%+,-"},
		{"", "\"\""},
		{NULL, "\"\""},
		{"two words", "\"two words\""},
		{"a=b", "\"a=b\""},
		{"say \"no\"", "\"say \\\"no\\\"\""},
		{"back\\slash", "\"back\\\\slash\""},
		{"x\nlevel=error event=forged", "\"x\\nlevel=error event=forged\""},
		{"tab\there\r", "\"tab\\there\\x0d\""},
		{"\x1b[2J\x7f", "\"\\x1b[2J\\x7f\""},
		{"z\xc5\x82oty", "\"z\xc5\x82oty\""},
		{"bad\xff\xc3(", "\"bad\\xff\\xc3(\""},
		{"c1\xc2\x9b"
		 "31m",
		 "\"c1\\xc2\\x9b31m\""},
		{"nbsp\xc2\xa0", "\"nbsp\xc2\xa0\""},
		{"line\xe2\x80\xa8sep", "\"line\\xe2\\x80\\xa8sep\""},
	};
	log_init("ingest", LOG_LEVEL_INFO);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[256];
		capture_begin();
		log_warn("x", LOG_STR("v", rows[i].value));
		snprintf(wanted, sizeof(wanted), "level=warn service=ingest event=x v=%s\n", rows[i].line);
		assert_string_equal(capture_end(), wanted);
	}
}

static void levels_hold_lines_back(void **state)
{
	(void)state;
	log_init("ingest", LOG_LEVEL_WARN);
	capture_begin();
	log_info("quiet", LOG_INT("n", 1));
	log_debug("quiet", LOG_INT("n", 1));
	assert_string_equal(capture_end(), "");
	capture_begin();
	log_error("loud", LOG_INT("n", 1));
	assert_string_equal(capture_end(), "level=error service=ingest event=loud n=1\n");
	log_set_level(LOG_LEVEL_DEBUG);
	assert_int_equal(log_level(), LOG_LEVEL_DEBUG);
	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		enum log_level back;
		assert_true(log_level_from_name(log_level_name((enum log_level)level), &back));
		assert_int_equal(back, level);
	}
	enum log_level kept = LOG_LEVEL_WARN;
	assert_false(log_level_from_name("loud", &kept));
	assert_int_equal(kept, LOG_LEVEL_WARN);
}

static void long_values_are_cut_and_long_lines_bounded(void **state)
{
	(void)state;
	log_init("ingest", LOG_LEVEL_INFO);
	char value[5001];
	memset(value, 'x', 5000);
	value[5000] = 0;
	capture_begin();
	log_info("one", LOG_STR("v", value), LOG_INT("n", 7));
	const char *line = capture_end();
	assert_non_null(strstr(line, "xxx...\" n=7\n"));
	assert_true(strlen(captured) < 1300);
	memset(value, '\x01', 5000); // each becomes four bytes
	capture_begin();
	log_info("many", LOG_STR("a", value), LOG_STR("b", value), LOG_INT("n", 7));
	line = capture_end();
	assert_string_equal(line, "level=info service=ingest event=many n=7 cut=true\n");
	value[300] = 0;
	capture_begin();
	log_info("three", LOG_STR("a", value), LOG_STR("b", value), LOG_STR("c", value), LOG_STR("d", value));
	line = capture_end();
	assert_non_null(strstr(line, " c=\""));
	assert_null(strstr(line, " d="));
	assert_int_equal(strcmp(line + strlen(line) - 10, " cut=true\n"), 0);
	assert_true(strlen(captured) <= 4096);
	assert_ptr_equal(strchr(captured, '\n'), captured + strlen(captured) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_has_its_form),
		cmocka_unit_test(values_are_quoted_and_escaped),
		cmocka_unit_test(levels_hold_lines_back),
		cmocka_unit_test(long_values_are_cut_and_long_lines_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
