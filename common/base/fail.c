// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See fail.h: looking at the control file, counting passes and firings, and failing. What a line means is
// fail_plan.c's.
#include "common/base/fail.h"

#ifdef UTARG_FAULTS

#include "common/base/clock.h"
#include "common/base/fail_plan.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 10, FILE_SIZE_MAX = 64 * 1024 };

// All but the mutants and the clock is the lock's; these are only written under it.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct state {
	bool is_set_up;
	const char *path; // NULL: nothing can be armed
	char fired_path[1024];
	int64_t look_at_ms;
	struct stat seen;
	struct fail_plan plan;
	int64_t passes[FAIL_POINT_COUNT];
	bool is_spent[FAIL_POINT_COUNT]; // has fired as often as it may
} state;
static atomic_bool mutants[FAIL_MUTANT_COUNT];
static atomic_int_least64_t clock_shift_ms;

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "{\"event\":\"faults_file_broken\",\"reason\":\"%s\"}\n", what);
	abort();
}

// "ingest" of utarg-ingest. The command line and the supervisor (utarg) never fail on purpose.
static const char *process_name(void)
{
	const char *name = program_invocation_short_name;
	return strncmp(name, "utarg-", 6) == 0 ? name + 6 : name;
}

static void set_up(void)
{
	state.is_set_up = true;
	state.path = strcmp(process_name(), "utarg") == 0 ? NULL : getenv("UTARG_FAULTS_FILE");
	if (state.path == NULL || *state.path == '\0') {
		state.path = NULL;
		return;
	}
	int size = snprintf(state.fired_path, sizeof(state.fired_path), "%s.fired", state.path);
	if (size < 0 || (size_t)size >= sizeof(state.fired_path))
		give_up("UTARG_FAULTS_FILE is too long");
}

// ---- the control file ----

static bool is_as_seen(const struct stat *now)
{
	const struct stat *seen = &state.seen;
	return now->st_ino == seen->st_ino && now->st_size == seen->st_size &&
	       now->st_mtim.tv_sec == seen->st_mtim.tv_sec && now->st_mtim.tv_nsec == seen->st_mtim.tv_nsec;
}

static bool read_text(char *text, size_t size)
{
	FILE *file = fopen(state.path, "re");
	if (file == NULL)
		return false;
	size_t used = fread(text, 1, size - 1, file);
	fclose(file);
	text[used] = '\0';
	return true;
}

static bool is_same(const struct fail_entry *a, const struct fail_entry *b)
{
	return a->action == b->action && a->delay_ms == b->delay_ms && a->after == b->after &&
	       a->times == b->times && a->round == b->round && a->chance == b->chance && a->seed == b->seed;
}

// An entry that is as it was goes on counting.
static void take_plan(const struct fail_plan *plan)
{
	for (size_t i = 0; i < FAIL_POINT_COUNT; i++) {
		if (is_same(&state.plan.points[i], &plan->points[i]))
			continue;
		state.passes[i] = 0;
		state.is_spent[i] = false;
	}
	state.plan = *plan;
	for (size_t i = 0; i < FAIL_MUTANT_COUNT; i++)
		atomic_store_explicit(&mutants[i], plan->mutants[i], memory_order_relaxed);
	atomic_store_explicit(&clock_shift_ms, plan->clock_shift_ms, memory_order_relaxed);
}

static void read_plan(void)
{
	static char text[FILE_SIZE_MAX];
	struct fail_plan plan = {0};
	struct err e = {0};
	if (read_text(text, sizeof(text)) && !fail_plan_parse(text, process_name(), &plan, &e))
		give_up(e.text);
	take_plan(&plan);
}

static void look(void)
{
	int64_t now_ms = clock_monotonic_ms();
	struct stat now = {0};
	if (!state.is_set_up)
		set_up();
	if (state.path == NULL || now_ms < state.look_at_ms)
		return;
	state.look_at_ms = now_ms + LOOK_MS;
	if (stat(state.path, &now) != 0)
		now = (struct stat){0};
	if (is_as_seen(&now))
		return;
	state.seen = now;
	read_plan();
}

// ---- firing ----

static int64_t count_fired(FILE *file, const char *name, int64_t round)
{
	char line[256], fired[64];
	int64_t count = 0, fired_round;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "%63s %*s %*s %" SCNd64, fired, &fired_round) == 2)
			count += strcmp(fired, name) == 0 && fired_round == round;
	}
	return count;
}

// Writes the firing down before it happens, unless all of them have happened: under a lock on the file, so
// that processes count together.
static bool note_firing(enum fail_point point, const struct fail_entry *entry)
{
	const char *name = fail_point_rows[point].name;
	int fd = open(state.fired_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	FILE *file = fd >= 0 ? fdopen(fd, "r+") : NULL;
	if (file == NULL || flock(fd, LOCK_EX) != 0)
		give_up("the file beside UTARG_FAULTS_FILE cannot be written");
	bool fires = entry->times == 0 || count_fired(file, name, entry->round) < entry->times;
	if (fires)
		dprintf(fd, "%s %ld %" PRId64 " %" PRId64 "\n", name, (long)getpid(), clock_now_ms(),
			entry->round);
	fclose(file); // and the lock
	return fires;
}

// What the point has to do now: a copy, to be done without the lock.
static struct fail_entry decide(enum fail_point point)
{
	struct fail_entry nothing = {.action = FAIL_ACT_NONE};
	look();
	const struct fail_entry *entry = &state.plan.points[point];
	if (entry->action == FAIL_ACT_NONE || state.is_spent[point] ||
	    !fail_entry_fires(entry, ++state.passes[point]))
		return nothing;
	if (note_firing(point, entry))
		return *entry;
	state.is_spent[point] = true;
	return nothing;
}

static void delay(int64_t ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		continue;
}

static bool act(const struct fail_entry *entry)
{
	switch (entry->action) {
	case FAIL_ACT_CRASH:
		kill(getpid(), SIGKILL);
		for (;;)
			pause();
	case FAIL_ACT_STOP:
		kill(getpid(), SIGSTOP);
		return false;
	case FAIL_ACT_DELAY:
		delay(entry->delay_ms);
		return false;
	case FAIL_ACT_FAIL:
		return true;
	case FAIL_ACT_NONE:
		break;
	}
	return false;
}

bool fail_pass(enum fail_point point)
{
	pthread_mutex_lock(&lock);
	struct fail_entry entry = decide(point);
	pthread_mutex_unlock(&lock);
	return act(&entry);
}

void fail_refresh(void)
{
	pthread_mutex_lock(&lock);
	look();
	pthread_mutex_unlock(&lock);
}

const char *fail_socket_dir(const char *process)
{
	char name[64] = "UTARG_PG_SOCKET_DIR_";
	size_t used = strlen(name);
	for (; *process != '\0' && used + 1 < sizeof(name); process++)
		name[used++] = (char)toupper((unsigned char)*process);
	const char *directory = getenv(name);
	return directory != NULL && *directory != '\0' ? directory : NULL;
}

void fail_never(void)
{
	pthread_mutex_lock(&lock);
	state.is_set_up = true;
	pthread_mutex_unlock(&lock);
}

bool fail_has(enum fail_mutant mutant)
{
	return atomic_load_explicit(&mutants[mutant], memory_order_relaxed);
}

int64_t fail_clock_shift_ms(void)
{
	return atomic_load_explicit(&clock_shift_ms, memory_order_relaxed);
}

#endif
