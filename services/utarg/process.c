// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// fork and exec with care: between the two only async-signal-safe calls, because libzmq has threads.
#include "services/utarg/process.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool process_user_find(const char *name, struct process_user *out, struct err *e)
{
	struct passwd *row = getpwnam(name);
	if (!row)
		return err_set(e, ERR_BUSY,
			       "root cannot run PostgreSQL and there is no user %s; apt-get install "
			       "postgresql makes it",
			       name);
	*out = (struct process_user){.is_other = true, .uid = row->pw_uid, .gid = row->pw_gid};
	text_copy(out->name, sizeof(out->name), name);
	out->group_count = PROCESS_GROUPS_MAX;
	if (getgrouplist(name, row->pw_gid, out->groups, &out->group_count) < 0)
		out->group_count = PROCESS_GROUPS_MAX;
	return true;
}

static bool become(const struct process_user *user)
{
	if (!user || !user->is_other)
		return true;
	return setgroups((size_t)user->group_count, user->groups) == 0 && setgid(user->gid) == 0 &&
	       setuid(user->uid) == 0;
}

static void reset_signals(void)
{
	sigset_t none;
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void child(const struct process_spec *spec, pid_t parent, int report_fd)
{
	bool ok = setpgid(0, 0) == 0 && become(spec->user);
	// After becoming: a change of user clears the death signal.
	if (ok && spec->death_signal)
		ok = prctl(PR_SET_PDEATHSIG, spec->death_signal) == 0;
	ok = ok && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
	if (ok && spec->death_signal && getppid() != parent)
		_exit(127);
	int null = open("/dev/null", O_RDONLY);
	ok = ok && null >= 0 && dup2(null, STDIN_FILENO) >= 0;
	if (ok && spec->log_fd >= 0)
		ok = dup2(spec->log_fd, STDOUT_FILENO) >= 0 && dup2(spec->log_fd, STDERR_FILENO) >= 0;
	reset_signals();
	if (ok) {
		char *const *argv = NULL;
		memcpy(&argv, &spec->argv,
		       sizeof(argv)); // execv promises not to write, its type does not say so
		execv(argv[0], argv);
	}
	int reason = errno;
	ssize_t written = write(report_fd, &reason, sizeof(reason));
	(void)written;
	_exit(127);
}

pid_t process_spawn(const struct process_spec *spec, struct err *e)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC) != 0) {
		err_set(e, ERR_INTERNAL, "no pipe: %s", strerror(errno));
		return 0;
	}
	pid_t parent = getpid();
	pid_t pid = fork();
	if (pid == 0)
		child(spec, parent, report[1]);
	int fork_reason = errno, reason = 0;
	close(report[1]);
	ssize_t size = pid > 0 ? read(report[0], &reason, sizeof(reason)) : 0;
	close(report[0]);
	if (pid < 0)
		err_set(e, ERR_INTERNAL, "no process can be made: %s", strerror(fork_reason));
	else if (size == (ssize_t)sizeof(reason))
		err_set(e, ERR_BUSY, "%.200s cannot be started: %s", spec->argv[0], strerror(reason));
	else
		return pid;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return 0;
}

static int wait_for(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

bool process_run(const struct process_spec *spec, struct err *e)
{
	pid_t pid = process_spawn(spec, e);
	if (!pid)
		return false;
	int status = wait_for(pid);
	char end[96];
	process_describe_end(status, end, sizeof(end));
	return status == 0 || err_set(e, ERR_INTERNAL, "%.160s ended with %s", spec->argv[0], end);
}

int process_probe(const struct process_user *user, int (*probe)(void *context), void *context)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(become(user) ? probe(context) : 255);
	if (pid < 0)
		return -1;
	int status = wait_for(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint64_t process_start_ticks(pid_t pid)
{
	char path[64], text[1024];
	if (pid <= 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (fd >= 0)
		close(fd);
	if (size <= 0)
		return 0;
	text[size] = 0;
	// The name in field 2 may hold anything, ')' too: fields are counted from the last one.
	char *rest = strrchr(text, ')');
	bool is_zombie = !rest || rest[2] == 'Z' || rest[2] == 'X';
	long threads = 0;
	for (int field = 2; rest && field < 22; field++) {
		rest = strchr(rest + 1, ' ');
		if (rest && field == 19)
			threads = strtol(rest, NULL, 10);
	}
	// As long as other threads of it are ending, its sockets are still open.
	if (is_zombie && threads <= 1)
		return 0;
	return rest ? strtoull(rest, NULL, 10) : 0;
}

bool process_is_alive(const struct instance_process *process)
{
	return process->pid > 0 && process->start_ticks != 0 &&
	       process_start_ticks(process->pid) == process->start_ticks;
}

bool process_end_stranger(const struct instance_process *process, int signal_number, int64_t wait_ms)
{
	int64_t until = clock_monotonic_ms() + wait_ms;
	if (!process_is_alive(process))
		return true;
	kill(process->pid, signal_number);
	while (process_is_alive(process)) {
		if (clock_monotonic_ms() >= until)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	}
	return true;
}

void process_describe_end(int status, char *out, size_t out_size)
{
	if (WIFSIGNALED(status))
		snprintf(out, out_size, "killed by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(out, out_size, "exit %d", WEXITSTATUS(status));
}
