// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg kpi --dialect TOOL`: lets the metrics program count the events of some days by the rules of another
// tool, in a process of its own, on a read-only snapshot. Nothing that a service holds is touched.
#include "services/utarg/commands.h"
#include "services/utarg/instance.h"
#include "services/utarg/remote.h"

#include "common/base/text.h"
#include "common/base/zone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIXED_ARGUMENTS = 16 };

static bool find_day(struct cli *cli, const char *option, const char **out, struct err *e)
{
	struct zone_date date;
	*out = cli_value(cli, option) ? cli_value(cli, option) : cli_value(cli, "day");
	if (!*out || !zone_date_parse(*out, &date))
		return err_field(e, ERR_BAD_TIME, option,
				 "a dialect is asked for days: --day 2026-11-23, or --from and --to");
	return true;
}

static bool check(struct cli *cli, struct err *e)
{
	static const char *const tools[] = {"ga4", "matomo", "plausible", "shopify"};
	const char *tool = cli_value(cli, "dialect"), *window = cli_value(cli, "window");
	bool known = false;
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		known |= strcmp(tool, tools[i]) == 0;
	if (!known)
		return err_field(e, ERR_BAD_FIELD, "dialect",
				 "--dialect is ga4, matomo, plausible or shopify, not \"%.60s\"", tool);
	if (cli_value(cli, "dimension") || cli_value(cli, "key"))
		return err_field(e, ERR_BAD_FIELD, "dimension", "a dialect is told of the total only");
	if (window && strcmp(window, "day") != 0 && strcmp(window, "week") != 0 &&
	    strcmp(window, "month") != 0)
		return err_field(e, ERR_BAD_FIELD, "window", "a dialect is told by day, week or month");
	if (!text_is_slug(cli_operand(cli, 0)))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"",
				 cli_operand(cli, 0));
	return true;
}

bool kpi_dialect(struct cli *cli, struct err *e)
{
	char program[CLI_PATH_SIZE + 32], conninfo[INSTANCE_CONNINFO_SIZE];
	const char *from, *to, *window = cli_value(cli, "window");
	if (!check(cli, e) || !find_day(cli, "from", &from, e) || !find_day(cli, "to", &to, e) ||
	    !remote_database(cli, NULL, "utarg_operator", conninfo, sizeof(conninfo), e))
		return false;
	snprintf(program, sizeof(program), "%s/%s", cli->exe_dir, svc_ports[SVC_METRICS].binary);
	setenv("UTARG_DATABASE", conninfo, 1);
	const char **argv = calloc((size_t)cli->operand_count + FIXED_ARGUMENTS, sizeof(*argv));
	int count = 0;
	if (!argv)
		return err_set(e, ERR_BUSY, "no memory is left");
	const char *const fixed[] = {program, "--dialect", cli_value(cli, "dialect"), "--from", from, "--to",
				     to,      "--window",  window ? window : "day"};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		argv[count++] = fixed[i];
	if (cli->json)
		argv[count++] = "--json";
	for (int i = 0; i < cli->operand_count; i++)
		argv[count++] = cli->operands[i];
	fflush(NULL);
	union { // execv does not write them
		const char **read_only;
		char *const *arguments;
	} u = {.read_only = argv};
	execv(program, u.arguments);
	int why = errno;
	free(argv);
	return err_set(e, ERR_BUSY, "%.200s cannot be started: %s", program, strerror(why));
}
