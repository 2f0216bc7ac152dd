// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The yardsticks are programs of their own (tests/bench, built beside the product as bench/yard-*) that print
// one JSON object; here they are run on a database of their own in the same cluster.
#include "services/utarg/bench.h"

#include "services/utarg/files.h"
#include "services/utarg/migrate.h"
#include "services/utarg/process.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NUMBER_SIZE = 24, ARGUMENTS_MAX = 10, MIGRATE_WAIT_MS = 30000, FOLD_SESSIONS = 300000 };

static const char yard_database[] = "bench_yard";

static bool find_program(const struct bench *b, const char *yard, char *out, size_t out_size)
{
	snprintf(out, out_size, "%s/../bench/%s", b->cli->exe_dir, yard);
	return access(out, X_OK) == 0;
}

// Once a run for each.
static void say_missing(const char *what, const char *why)
{
	static char said[256];
	if (strstr(said, what) || strlen(said) + strlen(what) + 2 > sizeof(said))
		return;
	snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s ", what);
	fprintf(stderr, "utarg bench: %s is left out: %s\n", what, why);
}

// Runs a yardstick and reads what it prints; *out stays NULL, without an error, when it is not installed.
static bool run_yard(struct bench *b, const char *yard, const char *const *arguments, json_t **out,
		     struct err *e)
{
	char program[CLI_PATH_SIZE + 64], path[CLI_PATH_SIZE + 32], last[200] = "";
	const char *argv[ARGUMENTS_MAX + 2] = {program};
	*out = NULL;
	if (!find_program(b, yard, program, sizeof(program))) {
		say_missing(yard, "it is not built (target bench-yardsticks)");
		return true;
	}
	for (int i = 0; arguments[i] && i < ARGUMENTS_MAX; i++)
		argv[i + 1] = arguments[i];
	snprintf(path, sizeof(path), "%s/yard.out", b->data);
	unlink(path);
	int fd = files_open_log(path, e);
	if (fd < 0)
		return false;
	struct process_spec spec = {.argv = argv, .log_fd = fd, .death_signal = SIGTERM};
	bool done = process_run(&spec, e);
	close(fd);
	if (done && (*out = json_load_file(path, 0, NULL)))
		return true;
	files_last_line(path, NULL, last, sizeof(last));
	return err_set(e, ERR_INTERNAL, "the yardstick %s failed: %s", yard, last);
}

bool bench_yard_prepare(struct bench *b, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	struct migrate_report report;
	if (!db_script(b->db, "CREATE DATABASE bench_yard", e))
		return false;
	bench_conninfo(b, yard_database, conninfo);
	return migrate_run(conninfo, MIGRATE_WAIT_MS, &report, e);
}

static void note(struct bench *b, const char *name, const char *what, double value)
{
	char full[BENCH_NAME_SIZE];
	snprintf(full, sizeof(full), "%s_%s", name, what);
	bench_note(&b->notes, full, value);
}

// Each number the yardstick printed, under the name it printed it by.
static void note_all(struct bench *b, const char *name, const json_t *json)
{
	static const char *const keys[] = {"per_second", "p50_us", "p99_us"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(json, keys[i]);
		if (json_is_number(value))
			note(b, name, keys[i], json_number_value(value));
	}
	const json_t *next = json_object_get(json, "next_number");
	if (next)
		b->yard_number = (uint64_t)json_integer_value(next);
}

// A yardstick of PostgreSQL: CONNINFO and what follows; time and ids are added here.
static bool run_in_database(struct bench *b, const char *yard, const char *name, int first, int second,
			    struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE], one[NUMBER_SIZE], two[NUMBER_SIZE], run_ms[NUMBER_SIZE],
		base_ms[NUMBER_SIZE], number[NUMBER_SIZE];
	const char *arguments[ARGUMENTS_MAX] = {conninfo, one};
	int count = 2;
	json_t *json;
	struct bench_sample begin, end;
	bench_conninfo(b, yard_database, conninfo);
	snprintf(one, sizeof(one), "%d", first);
	snprintf(two, sizeof(two), "%d", second);
	snprintf(run_ms, sizeof(run_ms), "%lld", (long long)b->run_ms);
	snprintf(base_ms, sizeof(base_ms), "%lld", (long long)b->world.base_ms);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)b->yard_number);
	if (second > 0)
		arguments[count++] = two;
	arguments[count++] = run_ms;
	arguments[count++] = base_ms;
	arguments[count++] = number;
	uint64_t before = b->yard_number;
	if (!bench_sample(b, &begin, e) || !run_yard(b, yard, arguments, &json, e) ||
	    !bench_sample(b, &end, e))
		return false;
	if (!json)
		return true;
	note_all(b, name, json);
	json_decref(json);
	double rows = (double)(b->yard_number - before);
	note(b, name, "postgres_cpu_per_million", (end.postgres_s - begin.postgres_s) * 1e6 / rows);
	note(b, name, "wal_per_event", (double)(end.wal_bytes - begin.wal_bytes) / rows);
	return true;
}

bool bench_yard_copy(struct bench *b, const char *name, int writers, int rows, struct err *e)
{
	return run_in_database(b, "yard-copy", name, writers, rows, e);
}

bool bench_yard_insert(struct bench *b, const char *name, int connections, struct err *e)
{
	return run_in_database(b, "yard-insert", name, connections, 0, e);
}

bool bench_yard_fold(struct bench *b, struct err *e)
{
	char sessions[NUMBER_SIZE], events[NUMBER_SIZE];
	const char *arguments[] = {sessions, events, NULL};
	json_t *json;
	snprintf(sessions, sizeof(sessions), "%d", FOLD_SESSIONS);
	snprintf(events, sizeof(events), "%d", b->quick ? FOLD_SESSIONS : 5 * FOLD_SESSIONS);
	if (!run_yard(b, "yard-fold", arguments, &json, e))
		return false;
	if (!json)
		return true;
	bench_note(&b->notes, "fold_per_second", json_number_value(json_object_get(json, "per_second")));
	bench_note(&b->notes, "session_bytes", json_number_value(json_object_get(json, "session_bytes")));
	json_decref(json);
	return true;
}

bool bench_yard_curve(struct bench *b, const char *name, int window, int batch, struct err *e)
{
	static const char *const keys[] = {"plain_per_second", "plain_cpu_per_million", "curve_per_second",
					   "curve_cpu_per_million"};
	char bytes[NUMBER_SIZE], frames[NUMBER_SIZE], events[NUMBER_SIZE], run_ms[NUMBER_SIZE];
	const char *arguments[] = {bytes, frames, events, run_ms, NULL};
	json_t *json;
	snprintf(bytes, sizeof(bytes), "%d", batch * b->event_bytes);
	snprintf(frames, sizeof(frames), "%d", window);
	snprintf(events, sizeof(events), "%d", batch);
	snprintf(run_ms, sizeof(run_ms), "%lld", (long long)b->run_ms / 2);
	if (!run_yard(b, "yard-curve", arguments, &json, e))
		return false;
	for (size_t i = 0; json && i < sizeof(keys) / sizeof(keys[0]); i++)
		note(b, name, keys[i], json_number_value(json_object_get(json, keys[i])));
	json_decref(json);
	return true;
}

// ---- peers ---------------------------------------------------------------------------------------------

// The yardstick starts the server, when it is installed, in a directory of its own.
static const struct peer_row {
	const char *server, *yard, *name;
	int connections, window;
} peers[] = {
	{"redis-server", "yard-redis", "redis_64", 64, 1},
	{"redis-server", "yard-redis", "redis_1000", 8, 125},
	{"rabbitmq-server", "yard-rabbitmq", "rabbitmq_64", 1, 64},
	{"nats-server", "yard-nats", "nats_64", 1, 64},
	{"nats-server", "yard-nats", "nats_1000", 1, 1000},
};

// Debian puts some servers where only root's PATH looks, and before RabbitMQ's a script that changes the
// user.
static bool find_server(const char *name, char *out, size_t out_size)
{
	char folders[CLI_PATH_SIZE], *rest = folders;
	const char *path = getenv("PATH");
	snprintf(folders, sizeof(folders), "/usr/lib/rabbitmq/bin:%s:/usr/sbin:/usr/bin", path ? path : "");
	for (char *folder = strsep(&rest, ":"); folder; folder = strsep(&rest, ":")) {
		snprintf(out, out_size, "%s/%s", folder, name);
		if (*folder && access(out, X_OK) == 0)
			return true;
	}
	return false;
}

static bool run_peer(struct bench *b, const struct peer_row *peer, const char *server, struct err *e)
{
	char directory[CLI_PATH_SIZE + 32], connections[NUMBER_SIZE], window[NUMBER_SIZE],
		run_ms[NUMBER_SIZE];
	const char *arguments[] = {server, directory, connections, window, run_ms, NULL};
	json_t *json;
	snprintf(directory, sizeof(directory), "%s/%s", b->data, peer->name);
	snprintf(connections, sizeof(connections), "%d", peer->connections);
	snprintf(window, sizeof(window), "%d", peer->window);
	snprintf(run_ms, sizeof(run_ms), "%lld", (long long)b->run_ms);
	if (!run_yard(b, peer->yard, arguments, &json, e) || !files_remove_tree(directory, e))
		return false;
	if (json)
		note_all(b, peer->name, json);
	json_decref(json);
	return true;
}

bool bench_yard_peers(struct bench *b, struct err *e)
{
	char server[CLI_PATH_SIZE + 32];
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		bool done = true;
		if (find_server(peers[i].server, server, sizeof(server)))
			done = run_peer(b, &peers[i], server, e);
		else
			say_missing(peers[i].server, "it is not installed");
		if (!done)
			return false;
	}
	return true;
}
