// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a process gives up at its start, as the kernel tells it, and which files of secrets are refused. Each
// in a child: none of it can be taken back.
#include "common/base/harden.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

// Bits of what is still open after `harden`.
enum { PRIVILEGES = 1, CORE = 2, DUMPABLE = 4, UMASK = 8, FAILED = 16 };

static int look(bool (*harden)(struct err *))
{
	struct err e = {0};
	struct rlimit core = {1, 1};
	int open = harden(&e) ? 0 : FAILED;
	getrlimit(RLIMIT_CORE, &core);
	open |= prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : PRIVILEGES;
	open |= core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : CORE;
	open |= prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : DUMPABLE;
	open |= umask(0) == 077 ? 0 : UMASK;
	return open;
}

static int open_after(bool (*harden)(struct err *))
{
	int status = 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		umask(022);
		_exit(look(harden));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool do_nothing(struct err *e)
{
	(void)e;
	return true;
}

static void what_is_given_up(void **state)
{
	(void)state;
#ifdef UTARG_SANITIZE
	const int debuggable = DUMPABLE;
#else
	const int debuggable = 0;
#endif
	assert_int_equal(open_after(do_nothing) & (DUMPABLE | UMASK), DUMPABLE | UMASK);
	assert_int_equal(open_after(harden_process), UMASK | debuggable);
	assert_int_equal(open_after(harden_service), debuggable);
}

static void secrets_of_others_are_refused(void **state)
{
	(void)state;
	static const struct {
		mode_t mode;
		bool good;
	} rows[] = {{0600, true}, {0400, true}, {0640, false}, {0604, false}, {0660, false}, {0601, false}};
	char path[] = "/tmp/utarg-harden-XXXXXX", mend[64];
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	snprintf(mend, sizeof(mend), "chmod 600 %s", path);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = {0};
		chmod(path, rows[i].mode);
		assert_int_equal(harden_check_secret(path, &e), rows[i].good);
		assert_int_equal(e.code, rows[i].good ? ERR_OK : ERR_FORBIDDEN);
		assert_int_equal(strstr(e.text, mend) != NULL, !rows[i].good);
	}
	unlink(path);
	assert_true(harden_check_secret(path, NULL)); // who opens it will say that it is not there
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_up),
		cmocka_unit_test(secrets_of_others_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
