// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg verify`: lets the metrics program recompute a shop's chain and figures in a process of its own, on
// a read-only snapshot, and hands its verdict on (0 clean, 6 differences).
#include "services/utarg/commands.h"
#include "services/utarg/instance.h"
#include "services/utarg/remote.h"

#include "common/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cmd_verify_options[] = {
	{"database", "CONNINFO",
	 "libpq connection string with passfile=FILE (UTARG_DATABASE, default: the instance's)"},
	{"memory-mib", "N", "memory while it recomputes (256); less is slower"},
	{"scratch-dir", "DIR",
	 "folder for what does not fit into memory (UTARG_SCRATCH_DIR, default: /var/tmp)"},
	{0},
};

const char cmd_verify_details[] =
	"Reads the shop's journal from its first event, checks the chain of hashes, computes every figure "
	"from scratch\n"
	"and compares it digit by digit with what is stored. Ends with 0 when all agree and with 6 when "
	"not.\n"
	"Memory is bounded whatever the journal holds: what does not fit goes into files without a name,\n"
	"which take about as much room as the shop's figures do in the database. Their folder must be\n"
	"writable: where /var/tmp is not, name another one with --scratch-dir.\n";

bool cmd_verify(struct cli *cli, struct err *e)
{
	char program[CLI_PATH_SIZE + 32], option[] = "--verify", json[] = "--json",
					  conninfo[INSTANCE_CONNINFO_SIZE];
	const char *slug = cli_operand(cli, 0);
	if (!text_is_slug(slug))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", slug);
	if (!remote_database(cli, cli_value(cli, "database"), "utarg_operator", conninfo, sizeof(conninfo),
			     e))
		return false;
	snprintf(program, sizeof(program), "%s/%s", cli->exe_dir, svc_ports[SVC_METRICS].binary);
	setenv("UTARG_DATABASE", conninfo, 1);
	char *argv[] = {program, option, cli->operands[0], cli->json ? json : NULL, NULL};
	if (cli_value(cli, "memory-mib"))
		setenv("UTARG_VERIFY_MEMORY_MIB", cli_value(cli, "memory-mib"), 1);
	if (cli_value(cli, "scratch-dir"))
		setenv("UTARG_SCRATCH_DIR", cli_value(cli, "scratch-dir"), 1);
	fflush(NULL);
	execv(program, argv);
	return err_set(e, ERR_BUSY, "%.200s cannot be started: %s", program, strerror(errno));
}
