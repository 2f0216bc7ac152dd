// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Who may listen where, which endpoints follow, and what a start refuses.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/svc/svc.h"
#include "tests/unit/keys.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct svc_route no_routes[] = {{0}};
static const struct svc_definition definition = {.name = SVC_METRICS, .routes = no_routes};

static struct svc *create(struct err *e, const char *first, const char *second)
{
	char name[] = "utarg-metrics", quiet[] = "--log-level=error", path[64], key[96];
	char keys[2][128];
	char *argv[] = {name, quiet, key, keys[0], keys[1], NULL};
	int argc = 3;
	const char *given[] = {first, second};
	for (size_t i = 0; i < 2 && given[i]; i++)
		argc += text_copy(keys[i], sizeof(keys[i]), given[i]);
	argv[argc] = NULL;
	*e = (struct err){0};
	keys_file(&keys_get()->server, path);
	snprintf(key, sizeof(key), "--server-key-file=%s", path);
	struct svc *svc = svc_create(&definition, argc, argv, e);
	unlink(path);
	return svc;
}

static void expect_refused(const char *first, const char *second, enum err_code code, const char *words)
{
	struct err e;
	assert_null(create(&e, first, second));
	assert_int_equal(e.code, code);
	if (!strstr(e.text, words))
		print_error("%s\n", e.text);
	assert_non_null(strstr(e.text, words));
}

static void nothing_starts_without_a_key(void **state)
{
	(void)state;
	char path[64], option[96];
	expect_refused("--bind-host=127.0.0.1", "--server-key-file=", ERR_MISSING_FIELD, "server-key-file");
	expect_refused("--server-key-file=/nowhere", NULL, ERR_BAD_FIELD, "server-key-file");
	keys_file(&keys_get()->server, path);
	snprintf(option, sizeof(option), "--server-key-file=%s", path);
	chmod(path, 0640);
	expect_refused(option, NULL, ERR_BAD_FIELD, "chmod 600");
	unlink(path);
}

static void any_address_may_be_bound_and_no_name(void **state)
{
	(void)state;
	static const char *const names[] = {
		"--bind-host=*", "--bind-host=eth0", "--bind-host=localhost",
		"--bind-host=",  "--bind-host=::1",  "--bind-host=127.0.0.1.example"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_refused(names[i], NULL, ERR_BAD_FIELD, "IPv4");
	static const char *const permitted[] = {"--bind-host=127.0.0.1", "--bind-host=0.0.0.0", NULL};
	for (size_t i = 0; i < sizeof(permitted) / sizeof(permitted[0]); i++) {
		struct err e;
		struct svc *svc = create(&e, permitted[i], NULL);
		assert_non_null(svc);
		svc_destroy(svc);
	}
}

static void wrong_keys_are_named(void **state)
{
	(void)state;
	expect_refused("--log-level=loud", NULL, ERR_BAD_FIELD, "log-level");
	expect_refused("--port-offset=50001", NULL, ERR_BAD_FIELD, "port-offset");
	expect_refused("--nonsense=1", NULL, ERR_BAD_FIELD, "nonsense");
}

static void endpoints_follow_from_host_and_offset(void **state)
{
	(void)state;
	struct err e;
	char endpoint[64];
	struct svc *svc = create(&e, "--port-offset=100", "--ingest-host=ingest.internal");
	assert_non_null(svc);
	const struct conf *conf = svc_conf_of(svc);
	assert_true(svc_endpoint(conf, SVC_INGEST, false, endpoint, sizeof(endpoint)));
	assert_string_equal(endpoint, "tcp://ingest.internal:7201");
	assert_true(svc_endpoint(conf, SVC_CAMPAIGN, true, endpoint, sizeof(endpoint)));
	assert_string_equal(endpoint, "tcp://127.0.0.1:7402");
	assert_false(svc_endpoint(conf, SVC_CAMPAIGN, true, endpoint, 10));
	svc_destroy(svc);
}

static void a_port_in_use_is_a_sentence(void **state)
{
	(void)state;
	struct err e;
	struct svc *svc = create(&e, "--port-offset=31000", NULL);
	struct svc *second = create(&e, "--port-offset=31000", NULL);
	assert_true(svc_serve(svc, NULL, &e));
	assert_false(svc_serve(second, NULL, &e));
	assert_non_null(strstr(e.text, "tcp://127.0.0.1:38201"));
	assert_non_null(strstr(e.text, "in use"));
	svc_destroy(second);
	svc_destroy(svc);
}

static void signals_are_given_back(void **state)
{
	(void)state;
	struct err e;
	sigset_t mask;
	struct svc *svc = create(&e, NULL, NULL);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_true(sigismember(&mask, SIGTERM));
	svc_destroy(svc);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	assert_false(sigismember(&mask, SIGTERM));
}

static void help_lists_the_keys_and_succeeds(void **state)
{
	(void)state;
	int ends[2];
	static char text[16384];
	assert_int_equal(pipe(ends), 0);
	const pid_t pid = fork();
	if (pid == 0) {
		struct err e;
		dup2(ends[1], STDOUT_FILENO);
		create(&e, "--help", NULL);
		_exit(99);
	}
	close(ends[1]);
	size_t used = 0;
	ssize_t got;
	while ((got = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)got;
	close(ends[0]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "utarg-metrics"));
	assert_non_null(strstr(text, "port-offset"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_starts_without_a_key),
		cmocka_unit_test(any_address_may_be_bound_and_no_name),
		cmocka_unit_test(wrong_keys_are_named),
		cmocka_unit_test(endpoints_follow_from_host_and_offset),
		cmocka_unit_test(a_port_in_use_is_a_sentence),
		cmocka_unit_test(signals_are_given_back),
		cmocka_unit_test(help_lists_the_keys_and_succeeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
