// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The instance a benchmark measures is made by the same command a user types.
#include "services/utarg/bench.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "services/utarg/files.h"
#include "services/utarg/ports.h"
#include "services/utarg/postgres.h"
#include "services/utarg/process.h"
#include "services/utarg/pseudonyms.h"
#include "services/utarg/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern const struct db_statement bench_statements[];

enum { SHOP_WINDOW = 32, SHOP_WAIT_MS = 10000, STATEMENT_MS = 60000, SUPERVISOR_TURN_MS = 300 };
enum { PAUSE_WAIT_MS = 60000, PAUSE_LOOKS = 10, PAUSE_LOOK_MS = 20, PAUSE_GO_ON_MS = 37 };

// Runs this program again as `utarg ARGUMENTS --data ... --port-offset ...`.
static bool run_self(struct bench *b, const char *command, const char *option, struct err *e)
{
	char program[CLI_PATH_SIZE + 16], log[CLI_PATH_SIZE + 16], offset[32], last[200] = "";
	snprintf(program, sizeof(program), "%s/utarg", b->cli->exe_dir);
	snprintf(log, sizeof(log), "%s.log", b->data);
	snprintf(offset, sizeof(offset), "%d", b->cli->port_offset);
	const char *argv[] = {program, command, "--data", b->data, "--port-offset", offset, option, NULL};
	int log_fd = files_open_log(log, e);
	if (log_fd < 0)
		return false;
	struct process_spec spec = {.argv = argv, .log_fd = log_fd};
	bool done = process_run(&spec, e);
	close(log_fd);
	if (!done) {
		files_last_line(log, NULL, last, sizeof(last));
		err_set(e, ERR_BUSY, "`utarg %s` failed: %s", command, last);
	}
	unlink(log);
	return done;
}

static bool choose_ports(struct bench *b, struct err *e)
{
	if (b->cli->port_offset_given && b->cli->port_offset != 0)
		return ports_check_free(b->cli->port_offset, e);
	for (int i = 0; i < 60; i++) {
		b->cli->port_offset = 26000 + ((int)getpid() + i * 17) % 60 * 300;
		b->cli->port_offset_given = true;
		if (ports_check_free(b->cli->port_offset, e)) {
			*e = (struct err){0};
			return true;
		}
	}
	return false;
}

static bool connect_owner(struct bench *b, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	static const struct db_statement *const tables[] = {bench_statements, NULL};
	bench_conninfo(b, "utarg", conninfo);
	struct db_options options = {.conninfo = conninfo,
				     .statements = tables,
				     .application_name = "utarg-bench",
				     .statement_timeout_ms = STATEMENT_MS};
	b->db = db_create(&options, e);
	return b->db != NULL;
}

// The cluster is made before `up` starts it, to let in the yardstick's 64 connections; nothing else is
// changed.
static bool prepare_cluster(struct bench *b, struct err *e)
{
	struct postgres postgres;
	char path[CLI_PATH_SIZE + 16];
	if (!instance_open(&b->instance, b->cli, true, e) || !pseudonyms_prepare(&b->instance, e) ||
	    !postgres_prepare(&postgres, &b->instance, e))
		return false;
	snprintf(path, sizeof(path), "%s/local.conf", postgres.data);
	return files_write(path, "max_connections = 120\n", 0600, &postgres.user, e);
}

bool bench_up(struct bench *b, const char *place, struct err *e)
{
	snprintf(b->data, sizeof(b->data), "%s/utarg-bench-XXXXXX", place);
	if (!mkdtemp(b->data) || chmod(b->data, 0711) != 0)
		return err_set(e, ERR_FORBIDDEN, "%.200s cannot be made: %s", b->data, strerror(errno));
	text_copy(b->cli->data, sizeof(b->cli->data), b->data);
	snprintf(b->key_file, sizeof(b->key_file), "%.900s/secrets/operator.key", b->data);
	b->cli->key_file = b->key_file;
	b->is_up = true; // from here on there is something to take away
	bench_trace(b, "up");
	return choose_ports(b, e) && prepare_cluster(b, e) && run_self(b, "up", "--detach", e) &&
	       instance_read_state(&b->instance, &b->state, e) && connect_owner(b, e);
}

static void signal_followers(const struct bench *b, int number)
{
	for (int i = 0; i < b->state.process_count; i++) {
		const struct instance_process *process = &b->state.processes[i];
		bool follows =
			strcmp(process->name, "metrics") == 0 || strcmp(process->name, "campaign") == 0;
		if (follows && process_is_alive(process))
			kill(process->pid, number);
	}
}

// What stands still has a backlog that nobody wants any more: it need not be drained.
static void end_paused(struct bench *b)
{
	if (!b->is_paused || !process_is_alive(&b->state.supervisor))
		return;
	kill(b->state.supervisor.pid, SIGTERM); // from here on it starts nothing again
	nanosleep(&(struct timespec){.tv_nsec = SUPERVISOR_TURN_MS * 1000000L}, NULL);
	signal_followers(b, SIGKILL);
	b->is_paused = false;
}

void bench_down(struct bench *b)
{
	struct err e = {0};
	if (!b->is_up)
		return;
	end_paused(b);
	db_destroy(b->db);
	b->db = NULL;
	remote_destroy(b->cli->remote);
	b->cli->remote = NULL;
	if (!run_self(b, "down", NULL, &e) || (!getenv("UTARG_KEEP") && !files_remove_tree(b->data, &e)))
		fprintf(stderr, "utarg bench: %s\n", e.text);
	b->is_up = false;
}

static bool count_open(struct bench *b, int64_t *count, struct err *e)
{
	struct db_result *rows = NULL;
	if (!db_run(b->db, "utarg_bench_open", NULL, 0, &rows, e))
		return false;
	*count = db_get_int(rows, 0, 0);
	db_result_free(rows);
	return true;
}

static void nap(int64_t ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

// Stopped inside a transaction a service would keep its locks, perhaps of a shop's head, and ingest would
// wait for it for ever: then it goes on for a moment and is stopped again.
static bool stop_between_transactions(struct bench *b, struct err *e)
{
	int64_t until_ms = clock_monotonic_ms() + PAUSE_WAIT_MS, open = 1;
	while (clock_monotonic_ms() < until_ms) {
		signal_followers(b, SIGSTOP);
		for (int look = 0; look < PAUSE_LOOKS; look++) {
			nap(PAUSE_LOOK_MS);
			if (!count_open(b, &open, e))
				return false;
			if (open == 0)
				return true;
		}
		signal_followers(b, SIGCONT);
		nap(PAUSE_GO_ON_MS);
	}
	return err_set(e, ERR_BUSY,
		       "metrics or campaign was in a transaction whenever it was to stand still, for %d s",
		       PAUSE_WAIT_MS / 1000);
}

bool bench_pause(struct bench *b, bool pause, struct err *e)
{
	if (b->is_paused == pause)
		return true;
	if (pause && !stop_between_transactions(b, e))
		return false;
	if (!pause)
		signal_followers(b, SIGCONT);
	b->is_paused = pause;
	return true;
}

void bench_conninfo(const struct bench *b, const char *database, char out[INSTANCE_CONNINFO_SIZE])
{
	instance_conninfo(&b->instance, &b->state, database, "utarg_owner", out);
}

// ---- shops ---------------------------------------------------------------------------------------------

static bool ask_for_shop(struct client *campaign, uint32_t number, struct err *e)
{
	char slug[BENCH_SHOP_SIZE], currency[] = "PLN", zone[] = "Europe/Warsaw";
	uint8_t id[UUID_SIZE];
	uint64_t request_id;
	bench_shop(number, slug);
	uuid_v7(clock_now_ms(), id);
	Utarg__V1__ShopSettings settings = UTARG__V1__SHOP_SETTINGS__INIT;
	settings.version = 1;
	settings.name = slug;
	settings.currency = currency;
	settings.zone = zone;
	Utarg__V1__ShopAddRequest add = UTARG__V1__SHOP_ADD_REQUEST__INIT;
	add.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	add.slug = slug;
	add.settings = &settings;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	request.body_case = UTARG__V1__REQUEST__BODY_SHOP_ADD;
	request.shop_add = &add;
	return client_send(campaign, &request, &request_id, e);
}

bool bench_make_shops(struct bench *b, uint32_t count, struct err *e)
{
	struct client *campaign = remote_client(b->cli, SVC_CAMPAIGN, e);
	uint32_t asked = 0;
	bench_trace(b, "shops");
	if (!campaign)
		return false;
	for (uint32_t made = 0; made < count; made++) {
		for (; asked < count && asked < made + SHOP_WINDOW; asked++)
			if (!ask_for_shop(campaign, asked, e))
				return false;
		Utarg__V1__Reply *reply = client_receive(campaign, SHOP_WAIT_MS);
		if (!reply)
			return err_set(e, ERR_BUSY, "campaign made %u of %u shops and answers no more", made,
				       count);
		bool ok = !reply->status || reply->status->code == UTARG__V1__CODE__OK;
		if (!ok)
			err_set(e, (enum err_code)reply->status->code, "a shop was not made: %.200s",
				reply->status->message);
		client_reply_free(reply);
		if (!ok)
			return false;
	}
	return true;
}
