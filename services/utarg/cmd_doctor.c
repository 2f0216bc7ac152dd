// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg doctor`: everything an instance needs, each check a row with what to do when it fails. Looks only,
// changes nothing.
#include "services/utarg/commands.h"
#include "services/utarg/instance.h"
#include "services/utarg/keep.h"
#include "services/utarg/migrate.h"
#include "services/utarg/output.h"
#include "services/utarg/ports.h"
#include "services/utarg/postgres.h"
#include "services/utarg/process.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/disk.h"
#include "common/base/text.h"
#include "common/db/db.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

enum verdict { VERDICT_OK, VERDICT_WARN, VERDICT_FAIL };
static const char *const verdict_names[] = {"ok", "warn", "fail"};

struct checkup {
	struct cli *cli;
	struct instance instance;
	bool has_instance; // the data directory is there
	bool is_running;
	struct state state;
	enum verdict verdict; // of the check that runs
	char finding[400];
};

static void find(struct checkup *c, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void find(struct checkup *c, enum verdict verdict, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	c->verdict = verdict;
	vsnprintf(c->finding, sizeof(c->finding), format, args);
	va_end(args);
}

static void check_programs(struct checkup *c)
{
	find(c, VERDICT_OK, "in %s", c->cli->exe_dir);
	for (int i = 0; i < SVC_COUNT; i++) {
		char path[CLI_PATH_SIZE + 64];
		snprintf(path, sizeof(path), "%s/%s", c->cli->exe_dir, svc_ports[i].binary);
		if (access(path, X_OK) != 0)
			find(c, VERDICT_FAIL, "%s is not beside this program; build or install it", path);
	}
}

static void check_postgres(struct checkup *c)
{
	char bin[CLI_PATH_SIZE];
	int version;
	struct err e = {0};
	int wanted = c->has_instance ? postgres_cluster_version(&c->instance) : 0;
	if (postgres_find(wanted, bin, sizeof(bin), &version, &e))
		find(c, VERDICT_OK, "version %d in %s", version, bin);
	else
		find(c, VERDICT_FAIL, "%s", e.text);
}

static void check_data(struct checkup *c)
{
	struct stat found;
	char path[CLI_PATH_SIZE];
	if (!c->has_instance) {
		find(c, VERDICT_WARN, "%s does not exist yet; `utarg up` makes it", c->cli->data);
		return;
	}
	find(c, VERDICT_OK, "%s", c->instance.root);
	instance_path(&c->instance, "secrets", path);
	if (access(c->instance.root, W_OK) != 0)
		find(c, VERDICT_FAIL, "%s may not be written by this user", c->instance.root);
	else if (stat(path, &found) == 0 && (found.st_mode & 077) != 0)
		find(c, VERDICT_FAIL, "others may look into %s: chmod 700 it", path);
}

static void check_disk(struct checkup *c)
{
	struct disk_space space;
	struct err e = {0};
	if (!disk_look(c->has_instance ? c->instance.root : ".", &space, &e)) {
		find(c, VERDICT_WARN, "%s", e.text);
		return;
	}
	enum disk_level level = disk_level(&DISK_RULE_DEFAULT, &space, DISK_ENOUGH);
	find(c,
	     level == DISK_LOW    ? VERDICT_FAIL
	     : level == DISK_WARN ? VERDICT_WARN
				  : VERDICT_OK,
	     "%llu MiB (%u %%) free%s", (unsigned long long)(space.free_bytes >> 20),
	     disk_free_percent(&space),
	     level == DISK_LOW    ? "; ingest refuses events: make room"
	     : level == DISK_WARN ? "; make room soon"
				  : "");
}

static void check_clock(struct checkup *c)
{
	struct timex clock = {0};
	int state = ntp_adjtime(&clock);
	if (clock_now_ms() < INT64_C(1767225600000)) // 2026: this program did not exist before
		find(c, VERDICT_FAIL, "the clock stands before this program was made; set it");
	else if (state < 0 || state == TIME_ERROR || (clock.status & STA_UNSYNC))
		find(c, VERDICT_WARN,
		     "nothing keeps the clock right (NTP); events may be refused as from the future");
	else
		find(c, VERDICT_OK, "kept right by NTP");
}

static void check_ports(struct checkup *c)
{
	struct err e = {0};
	int offset = remote_port_offset(c->cli);
	if (c->is_running && offset == c->state.port_offset)
		find(c, VERDICT_OK, "used by this instance (offset %d)", offset);
	else if (ports_check_free(offset, &e))
		find(c, VERDICT_OK, "free (offset %d)", offset);
	else
		find(c, VERDICT_FAIL, "%s", e.text);
}

static void check_processes(struct checkup *c)
{
	int restarts = 0;
	if (!c->is_running) {
		find(c, VERDICT_WARN, "nothing is running; start it with `utarg up`");
		return;
	}
	for (int i = 0; i < c->state.process_count; i++) {
		if (!process_is_alive(&c->state.processes[i])) {
			find(c, VERDICT_FAIL, "%s is not running; see %s/log", c->state.processes[i].name,
			     c->instance.root);
			return;
		}
		restarts += c->state.processes[i].restarts;
	}
	find(c, restarts ? VERDICT_WARN : VERDICT_OK, "%d run, %d restarts%s", c->state.process_count,
	     restarts, restarts ? "; see the logs for why" : "");
}

static void check_services(struct checkup *c)
{
	find(c, VERDICT_OK, "all are ready");
	for (int i = 0; i < SVC_COUNT; i++) {
		struct err e = {0};
		if (!remote_ready(c->cli, (enum svc_name)i, 1500, &e)) {
			find(c, c->is_running ? VERDICT_FAIL : VERDICT_WARN, "%s", e.text);
			return;
		}
	}
}

static bool read_setting(struct checkup *c, const struct db_result *rows, int row)
{
	static const char *const wanted[][2] = {{"data_checksums", "on"},
						{"fsync", "on"},
						{"full_page_writes", "on"},
						{"password_encryption", "scram-sha-256"},
						{"server_encoding", "UTF8"}};
	const char *name = db_get_text(rows, row, 0), *setting = db_get_text(rows, row, 1);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (strcmp(name, wanted[i][0]) != 0 || strcmp(setting, wanted[i][1]) == 0)
			continue;
		bool durable = strcmp(name, "fsync") == 0 || strcmp(name, "full_page_writes") == 0;
		find(c, durable ? VERDICT_FAIL : VERDICT_WARN, "%s is %s, it should be %s", name, setting,
		     wanted[i][1]);
		return false;
	}
	return true;
}

static void check_settings(struct checkup *c)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	struct err e = {0};
	const struct db_statement one[] = {migrate_statement("utarg_settings_check"), {0}};
	const struct db_statement *const tables[] = {one, NULL};
	struct db_options options = {.conninfo = conninfo, .statements = tables, .connect_timeout_ms = 2000};
	struct db_result *rows = NULL;
	if (!remote_database(c->cli, NULL, "utarg_operator", conninfo, sizeof(conninfo), &e)) {
		find(c, VERDICT_WARN, "not looked at: %s", e.text);
		return;
	}
	struct db *db = db_create(&options, &e);
	if (db && db_run(db, "utarg_settings_check", NULL, 0, &rows, &e)) {
		find(c, VERDICT_OK, "durable, with checksums and SCRAM passwords");
		for (int i = 0; i < db_rows(rows); i++)
			if (!read_setting(c, rows, i))
				break;
	} else {
		find(c, VERDICT_FAIL, "%s", e.text);
	}
	db_result_free(rows);
	db_destroy(db);
}

static void check_schema(struct checkup *c)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	struct err e = {0};
	struct migrate_report report;
	if (!remote_database(c->cli, NULL, "utarg_operator", conninfo, sizeof(conninfo), &e))
		find(c, VERDICT_WARN, "not looked at: %s", e.text);
	else if (!migrate_look(conninfo, &report, &e))
		find(c, VERDICT_FAIL, "%s", e.text);
	else if (report.last_number < report.known_number)
		find(c, VERDICT_FAIL, "at migration %d, this version needs %d: run `utarg migrate`",
		     report.last_number, report.known_number);
	else if (report.last_number > report.known_number)
		find(c, VERDICT_WARN, "at migration %d, newer than this version (%d)", report.last_number,
		     report.known_number);
	else
		find(c, VERDICT_OK, "at migration %d", report.last_number);
}

static void check_quarantine(struct checkup *c)
{
	struct err e = {0};
	int64_t count = 0;
	char conninfo[INSTANCE_CONNINFO_SIZE];
	if (!remote_database(c->cli, NULL, "utarg_operator", conninfo, sizeof(conninfo), &e) ||
	    !keep_count_quarantine(conninfo, &count, &e))
		find(c, VERDICT_WARN, "not looked at: %s", e.text);
	else if (count == 0)
		find(c, VERDICT_OK, "empty");
	else
		find(c, VERDICT_WARN, "%lld event%s that the database refused: `utarg quarantine list`",
		     (long long)count, count == 1 ? "" : "s");
}

static const struct {
	const char *name;
	void (*check)(struct checkup *checkup);
} checks[] = {
	{"programs", check_programs},
	{"PostgreSQL", check_postgres},
	{"data directory", check_data},
	{"disk", check_disk},
	{"clock", check_clock},
	{"ports", check_ports},
	{"processes", check_processes},
	{"services", check_services},
	{"database settings", check_settings},
	{"schema", check_schema},
	{"quarantine", check_quarantine},
};

bool cmd_doctor(struct cli *cli, struct err *e)
{
	static const char *const titles[] = {"CHECK", "STATE", "FINDING", NULL};
	struct checkup c = {.cli = cli};
	struct err none = {0};
	int failed = 0;
	c.has_instance = instance_open(&c.instance, cli, false, &none);
	c.is_running = c.has_instance && instance_read_state(&c.instance, &c.state, &none) &&
		       process_is_alive(&c.state.supervisor);
	struct table *table = table_create(titles);
	json_t *all = json_array();
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		checks[i].check(&c);
		failed += c.verdict == VERDICT_FAIL;
		table_cell(table, checks[i].name);
		table_cell(table, verdict_names[c.verdict]);
		table_cell(table, c.finding);
		json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "check", checks[i].name, "verdict",
						     verdict_names[c.verdict], "finding", c.finding));
	}
	if (cli->json)
		output_json(json_incref(all), false);
	else
		table_print(table, stdout, NULL);
	json_decref(all);
	table_destroy(table);
	fflush(stdout);
	return failed == 0 || err_set(e, ERR_BUSY, "%d check%s failed", failed, failed == 1 ? "" : "s");
}
