// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See keep.h.
#include "services/utarg/keep.h"

#include "services/utarg/files.h"
#include "services/utarg/instance.h"
#include "services/utarg/remote.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct db *keep_open(struct cli *cli, const char *role, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE];
	const struct db_statement *const tables[] = {keep_statements, NULL};
	struct db_options options = {
		.conninfo = conninfo, .statements = tables, .application_name = "utarg-operator"};
	if (!remote_database(cli, cli_value(cli, "database"), role, conninfo, sizeof(conninfo), e))
		return NULL;
	return db_create(&options, e);
}

bool keep_run(struct db *db, const char *role, const char *statement, const struct db_value *values,
	      size_t count, struct db_result **result, struct err *e)
{
	if (db_run(db, statement, values, count, result, e))
		return true;
	if (strcmp(db_sqlstate(db), "42501") == 0)
		return err_set(e, ERR_FORBIDDEN,
			       "the database does not let this role do that; connect as %s (--database)",
			       role);
	return false;
}

bool keep_count_quarantine(const char *conninfo, int64_t *count, struct err *e)
{
	const struct db_statement *const tables[] = {keep_statements, NULL};
	struct db_options options = {.conninfo = conninfo,
				     .statements = tables,
				     .connect_timeout_ms = 2000,
				     .statement_timeout_ms = 2000,
				     .application_name = "utarg-operator"};
	struct db_result *rows = NULL;
	struct db *db = db_create(&options, e);
	bool done = db && db_run(db, "keep_quarantine_count", NULL, 0, &rows, e);
	if (done)
		*count = db_get_int(rows, 0, 0);
	db_result_free(rows);
	db_destroy(db);
	return done;
}

void keep_by(char out[KEEP_BY_SIZE])
{
	char host[64] = "";
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());
	const char *name = getuid() == 0 && sudo && *sudo ? sudo : user ? user->pw_name : "unknown";
	gethostname(host, sizeof(host) - 1);
	snprintf(out, KEEP_BY_SIZE, "%.60s@%.60s", name, host);
}

void keep_note(struct cli *cli, const char *event, const struct log_field *fields, size_t count)
{
	struct instance instance;
	char path[CLI_PATH_SIZE];
	int fd = -1;
	if (instance_open(&instance, cli, false, NULL)) {
		instance_path(&instance, "log/operator.log", path);
		fd = files_open_log(path, NULL);
		instance_close(&instance);
	}
	if (fd >= 0)
		log_set_output(fd);
	log_write(LOG_LEVEL_WARN, event, fields, count);
	log_set_output(STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}
