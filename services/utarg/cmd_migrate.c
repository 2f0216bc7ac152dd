// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg migrate`: the schema, for databases that somebody else runs (compose, a server). `up` does the
// same for its private one.
#include "services/utarg/commands.h"
#include "services/utarg/instance.h"
#include "services/utarg/keys.h"
#include "services/utarg/migrate.h"
#include "services/utarg/remote.h"

const struct cli_option cmd_migrate_options[] = {
	{"database", "CONNINFO",
	 "libpq connection string of the owner, with passfile=FILE (UTARG_DATABASE, default: the "
	 "instance's)"},
	{"role-passwords", "DIR", "sets the services' passwords from DIR/<role>.pgpass or DIR/<role>"},
	{"keys", "DIR",
	 "makes and registers the keys of services and operator in DIR, where they are missing"},
	{"wait", "SECONDS", "how long to wait for the database and for another migrate (default 60)"},
	{0},
};

const char cmd_migrate_details[] = "Applies the numbered files of this version that the database does not "
				   "have yet, each in one transaction,\n"
				   "under a lock, so that several at once are safe. A file that was applied "
				   "with another text is refused; a\n"
				   "database that is newer is left as it is.\n";

bool cmd_migrate(struct cli *cli, struct err *e)
{
	char conninfo[INSTANCE_CONNINFO_SIZE], public_key[CLI_PATH_SIZE];
	struct migrate_report report;
	int64_t wait_s;
	int passwords = 0;
	const char *directory = cli_value(cli, "role-passwords"), *keys = cli_value(cli, "keys");
	if (!cli_number(cli, "wait", 0, 86400, 60, &wait_s, e) ||
	    !remote_database(cli, cli_value(cli, "database"), "utarg_owner", conninfo, sizeof(conninfo), e))
		return false;
	if (!migrate_run(conninfo, wait_s * 1000, &report, e))
		return false;
	if (directory && !migrate_set_passwords(conninfo, directory, &passwords, e))
		return false;
	if (keys) {
		snprintf(public_key, sizeof(public_key), "%.900s/server.key_public", keys);
		if (!keys_make_all(keys, public_key, conninfo, e))
			return false;
	}
	if (cli->json) {
		printf("{\"applied\": %d, \"number\": %d, \"known\": %d, \"passwords\": %d}\n",
		       report.applied, report.last_number, report.known_number, passwords);
		return true;
	}
	if (report.applied == 0)
		printf("The database is at migration %d already.\n", report.last_number);
	else
		printf("%d migration%s applied; the database is at %d now.\n", report.applied,
		       report.applied == 1 ? "" : "s", report.last_number);
	if (passwords)
		printf("%d password%s set.\n", passwords, passwords == 1 ? "" : "s");
	return true;
}
