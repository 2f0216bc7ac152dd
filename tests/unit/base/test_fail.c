// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Failing on purpose: what a control file means, how often an entry fires, over processes too, and that it is
// read again. Everything that may kill runs in a child. In a build without failpoints: that nothing happens.
#include "common/base/clock.h"
#include "common/base/fail_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

enum { PATIENCE_MS = 20000 };

static char folder[] = "/tmp/utarg-fail-XXXXXX";
static char control[64], fired[80], aside[80];

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(control, sizeof(control), "%s/control", folder);
	snprintf(fired, sizeof(fired), "%s.fired", control);
	snprintf(aside, sizeof(aside), "%s.new", control);
	setenv("UTARG_FAULTS_FILE", control, 1);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(control);
	unlink(fired);
	return rmdir(folder);
}

static int clean(void **state)
{
	(void)state;
	unlink(control);
	unlink(fired);
	return 0;
}

static void arm(const char *text)
{
	FILE *file = fopen(aside, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	assert_int_equal(rename(aside, control), 0);
}

// Runs it in a process of its own; its wait status.
static int in_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0)
		_exit(body());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool exited_with(int status, int code)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

#ifdef UTARG_FAULTS

static int count_lines(const char *path)
{
	int count = 0;
	FILE *file = fopen(path, "r");
	for (int c = 0; file != NULL && (c = fgetc(file)) != EOF;)
		count += c == '\n';
	if (file != NULL)
		fclose(file);
	return count;
}

static void a_line_says_what_and_when(void **state)
{
	(void)state;
	struct fail_plan plan;
	struct err e = {0};
	assert_true(fail_plan_parse(
		"# nothing\n\n  INGEST_BELL\tfail after=3 times=2 round=7 chance=20 seed=5 # x\n"
		"DB_SEND delay=250 process=ingest\nMETRICS_READ stop process=metrics\n"
		"NO_FENCING mutant\nACK_ORDER mutant process=metrics\n"
		"CLOCK shift=-3600000 process=ingest\nCLOCK shift=5 process=metrics",
		"ingest", &plan, &e));
	const struct fail_entry *bell = &plan.points[FAIL_INGEST_BELL];
	assert_int_equal(bell->action, FAIL_ACT_FAIL);
	assert_int_equal(bell->after, 3);
	assert_int_equal(bell->times, 2);
	assert_int_equal(bell->round, 7);
	assert_int_equal(bell->chance, 20);
	assert_int_equal(bell->seed, 5);
	assert_int_equal(plan.points[FAIL_DB_SEND].action, FAIL_ACT_DELAY);
	assert_int_equal(plan.points[FAIL_DB_SEND].delay_ms, 250);
	assert_int_equal(plan.points[FAIL_DB_SEND].chance, 1000);
	assert_int_equal(plan.points[FAIL_METRICS_READ].action, FAIL_ACT_NONE);
	assert_true(plan.mutants[MUTANT_NO_FENCING]);
	assert_false(plan.mutants[MUTANT_ACK_ORDER]);
	assert_int_equal(plan.clock_shift_ms, -3600000);
}

static void a_wrong_line_is_refused_with_its_number(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"NO_SUCH_POINT crash",
		"CLOCK",
		"CLOCK stop",
		"CLOCK shift=",
		"CLOCK shift=1h",
		"CLOCK shift=1 times=2",
		"INGEST_BELL",
		"INGEST_BELL explode",
		"INGEST_BELL fail often",
		"INGEST_BELL fail times=0",
		"INGEST_BELL fail times=x",
		"INGEST_BELL fail chance=1001",
		"INGEST_BELL delay=-1",
		"INGEST_BEFORE_ACK fail",
		"INGEST_BELL mutant",
		"ACK_ORDER crash",
		"ACK_ORDER mutant times=1",
		"INGEST_BELL fail times=1 x",
		"INGEST_BELL stop\nINGEST_BELL crash",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char text[200], line[16];
		struct fail_plan plan;
		struct err e = {0};
		snprintf(text, sizeof(text), "DB_SEND crash\n%s\n", wrong[i]);
		assert_false(fail_plan_parse(text, "ingest", &plan, &e));
		assert_int_equal(e.code, ERR_BAD_FIELD);
		snprintf(line, sizeof(line), "line %d:", strchr(wrong[i], '\n') != NULL ? 3 : 2);
		if (strncmp(e.text, line, strlen(line)) != 0)
			fail_msg("%s: %s", wrong[i], e.text);
		assert_int_equal(plan.points[FAIL_DB_SEND].action, FAIL_ACT_NONE);
	}
}

static void after_counts_passes_and_chance_repeats_with_its_seed(void **state)
{
	(void)state;
	struct fail_entry entry = {.action = FAIL_ACT_FAIL, .after = 2, .chance = 1000};
	assert_false(fail_entry_fires(&entry, 1));
	assert_false(fail_entry_fires(&entry, 2));
	assert_true(fail_entry_fires(&entry, 3));
	struct fail_entry a = {.action = FAIL_ACT_FAIL, .chance = 100, .seed = 1}, b = a, c = a;
	c.seed = 2;
	int count = 0, differ = 0;
	for (int pass = 1; pass <= 10000; pass++) {
		count += fail_entry_fires(&a, pass);
		assert_int_equal(fail_entry_fires(&a, pass), fail_entry_fires(&b, pass));
		differ += fail_entry_fires(&a, pass) != fail_entry_fires(&c, pass);
	}
	assert_in_range(count, 900, 1100);
	assert_true(differ > 1000);
	a.chance = 0;
	for (int pass = 1; pass <= 1000; pass++)
		assert_false(fail_entry_fires(&a, pass));
}

static int count_failures(void)
{
	int count = 0;
	for (int i = 0; i < 10; i++)
		count += fail_here(FAIL_INGEST_BELL);
	return count;
}

static void times_counts_over_processes(void **state)
{
	(void)state;
	arm("INGEST_BELL fail after=1 times=12");
	assert_true(exited_with(in_child(count_failures), 9)); // 9 of 10 passes
	assert_true(exited_with(in_child(count_failures), 3)); // 12 in all
	assert_true(exited_with(in_child(count_failures), 0));
	assert_int_equal(count_lines(fired), 12);
	arm("INGEST_BELL fail times=2 round=1");
	assert_true(exited_with(in_child(count_failures), 2));
	assert_int_equal(count_lines(fired), 14);
}

static int pass_bell(void)
{
	fail_point(FAIL_INGEST_BELL);
	return 5;
}

static void a_crash_kills_once(void **state)
{
	(void)state;
	arm("INGEST_BELL crash times=1");
	int status = in_child(pass_bell);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(exited_with(in_child(pass_bell), 5));
	FILE *file = fopen(fired, "r");
	char name[32];
	long pid, at_ms, round;
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%31s %ld %ld %ld", name, &pid, &at_ms, &round), 4);
	fclose(file);
	assert_string_equal(name, "INGEST_BELL");
	assert_true(pid > 1 && at_ms > 1700000000000 && round == 0);
}

static void a_stop_waits_for_cont(void **state)
{
	(void)state;
	int status;
	arm("INGEST_BELL stop");
	pid_t pid = fork();
	if (pid == 0)
		_exit(pass_bell());
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	kill(pid, SIGCONT);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(exited_with(status, 5));
}

static int pass_slowly(void)
{
	int64_t begun_ms = clock_monotonic_ms();
	bool failed = fail_here(FAIL_INGEST_BELL);
	return !failed && clock_monotonic_ms() - begun_ms >= 50;
}

static void a_delay_delays(void **state)
{
	(void)state;
	arm("INGEST_BELL delay=50");
	assert_true(exited_with(in_child(pass_slowly), 1));
}

static bool comes(bool wanted)
{
	int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	while (fail_mutant(MUTANT_ACK_ORDER) != wanted && clock_monotonic_ms() < until_ms)
		fail_refresh();
	return fail_mutant(MUTANT_ACK_ORDER) == wanted;
}

// No file at first; then one; another in its place, which goes on counting what is as it was; none again.
static int follow_changes(void)
{
	fail_refresh();
	if (fail_mutant(MUTANT_ACK_ORDER) || fail_here(FAIL_INGEST_BELL))
		return 1;
	arm("INGEST_BELL fail after=2\nACK_ORDER mutant");
	if (!comes(true) || fail_here(FAIL_INGEST_BELL) || fail_here(FAIL_INGEST_BELL))
		return 2;
	arm("INGEST_BELL fail after=2");
	if (!comes(false) || !fail_here(FAIL_INGEST_BELL))
		return 3;
	arm("INGEST_BELL fail after=3\nACK_ORDER mutant");
	if (!comes(true) || fail_here(FAIL_INGEST_BELL))
		return 4;
	unlink(control);
	return comes(false) && !fail_here(FAIL_INGEST_BELL) ? 0 : 5;
}

static void the_file_is_read_again(void **state)
{
	(void)state;
	assert_true(exited_with(in_child(follow_changes), 0));
}

static int pass_broken(void)
{
	int null = open("/dev/null", O_WRONLY);
	dup2(null, STDERR_FILENO);
	return pass_bell();
}

static void a_broken_file_aborts(void **state)
{
	(void)state;
	arm("INGEST_BEL crash");
	int status = in_child(pass_broken);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void the_command_line_never_fails(void **state)
{
	(void)state;
	char *name = program_invocation_short_name, utarg[] = "utarg";
	arm("INGEST_BELL crash\nINGEST_ACK crash");
	program_invocation_short_name = utarg;
	int status = in_child(pass_bell);
	program_invocation_short_name = name;
	assert_true(exited_with(status, 5));
}

static int pass_as_judge(void)
{
	fail_never();
	fail_refresh();
	return pass_bell();
}

static void a_judge_never_fails(void **state)
{
	(void)state;
	arm("INGEST_BELL crash");
	assert_true(exited_with(in_child(pass_as_judge), 5));
}

static void a_proxy_stands_where_it_is_said(void **state)
{
	(void)state;
	assert_null(fail_socket_dir("ingest"));
	setenv("UTARG_PG_SOCKET_DIR_INGEST", "/tmp/x", 1);
	assert_string_equal(fail_socket_dir("ingest"), "/tmp/x");
	assert_null(fail_socket_dir("metrics"));
	unsetenv("UTARG_PG_SOCKET_DIR_INGEST");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_what_and_when),
		cmocka_unit_test(a_wrong_line_is_refused_with_its_number),
		cmocka_unit_test(after_counts_passes_and_chance_repeats_with_its_seed),
		cmocka_unit_test_setup(times_counts_over_processes, clean),
		cmocka_unit_test_setup(a_crash_kills_once, clean),
		cmocka_unit_test_setup(a_stop_waits_for_cont, clean),
		cmocka_unit_test_setup(a_delay_delays, clean),
		cmocka_unit_test_setup(the_file_is_read_again, clean),
		cmocka_unit_test_setup(a_broken_file_aborts, clean),
		cmocka_unit_test_setup(the_command_line_never_fails, clean),
		cmocka_unit_test_setup(a_judge_never_fails, clean),
		cmocka_unit_test(a_proxy_stands_where_it_is_said),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#else

static int pass_all(void)
{
	fail_refresh();
	for (int i = 0; i < FAIL_POINT_COUNT; i++) {
		fail_point((enum fail_point)i);
		if (fail_here((enum fail_point)i))
			return 1;
	}
	for (int i = 0; i < FAIL_MUTANT_COUNT; i++) {
		if (fail_mutant((enum fail_mutant)i))
			return 1;
	}
	return fail_socket_dir("ingest") != NULL;
}

static void nothing_fails_in_this_build(void **state)
{
	(void)state;
	setenv("UTARG_PG_SOCKET_DIR_INGEST", "/tmp/x", 1);
	arm("INGEST_BELL crash\nDB_SEND fail\nACK_ORDER mutant");
	assert_true(exited_with(in_child(pass_all), 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup(nothing_fails_in_this_build, clean)};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

#endif
