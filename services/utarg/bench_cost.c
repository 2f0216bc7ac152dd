// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a measurement costs: CPU of the services and of PostgreSQL with all its children out of /proc, WAL by
// the server's own position.
#include "services/utarg/bench.h"

#include "common/base/clock.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct times {
	long parent;
	double own_s;      // of the process
	double children_s; // of those it has waited for
};

static bool read_times(long pid, struct times *out)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "re");
	size_t size = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		fclose(file);
	text[size] = 0;
	char *rest = strrchr(text, ')'); // the name before it may hold anything
	unsigned long long user, kernel;
	long long child_user, child_kernel;
	if (!rest || sscanf(rest + 2, "%*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %lld %lld",
			    &out->parent, &user, &kernel, &child_user, &child_kernel) != 5)
		return false;
	double ticks = (double)sysconf(_SC_CLK_TCK);
	out->own_s = (double)(user + kernel) / ticks;
	out->children_s = (double)(child_user + child_kernel) / ticks;
	return true;
}

// A server process ends some time; then its seconds are among those its parent has waited for.
static double postgres_seconds(long postmaster)
{
	struct times times;
	double sum = 0;
	DIR *folder = opendir("/proc");
	for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder)) {
		long pid = strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || !read_times(pid, &times))
			continue;
		if (pid == postmaster)
			sum += times.own_s + times.children_s;
		else if (times.parent == postmaster)
			sum += times.own_s;
	}
	if (folder)
		closedir(folder);
	return sum;
}

static double own_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool ask(struct bench *b, const char *statement, int64_t *first, int64_t *second, struct err *e)
{
	struct db_result *rows = NULL;
	if (!db_run(b->db, statement, NULL, 0, &rows, e))
		return false;
	*first = db_get_int(rows, 0, 0);
	if (second)
		*second = db_get_int(rows, 0, 1);
	db_result_free(rows);
	return true;
}

bool bench_sample(struct bench *b, struct bench_sample *out, struct err *e)
{
	struct times times;
	*out = (struct bench_sample){0};
	if (!instance_read_state(&b->instance, &b->state, e) ||
	    !ask(b, "utarg_bench_wal", &out->wal_bytes, NULL, e))
		return false;
	for (int i = 0; i < b->state.process_count; i++) {
		const struct instance_process *process = &b->state.processes[i];
		if (strcmp(process->name, "postgres") == 0)
			out->postgres_s = postgres_seconds(process->pid);
		else if (read_times(process->pid, &times))
			out->services_s += times.own_s;
	}
	out->own_s = own_seconds();
	out->at_us = clock_monotonic_us();
	return true;
}

double bench_rss_mb(const struct bench *b, const char *name)
{
	char path[64], line[256];
	long kb = 0;
	for (int i = 0; i < b->state.process_count; i++) {
		if (strcmp(b->state.processes[i].name, name) != 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%ld/status", (long)b->state.processes[i].pid);
		FILE *file = fopen(path, "re");
		while (file && fgets(line, sizeof(line), file))
			if (sscanf(line, "VmRSS: %ld kB", &kb) == 1)
				break;
		if (file)
			fclose(file);
	}
	return (double)kb / 1024;
}

bool bench_progress(struct bench *b, int64_t *metrics_seq, int64_t *head_seq, struct err *e)
{
	return ask(b, "utarg_bench_progress", metrics_seq, head_seq, e);
}
