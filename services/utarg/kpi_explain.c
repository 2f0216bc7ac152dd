// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See kpi_explain.h. No instance is needed, nothing is asked of one.
#include "services/utarg/kpi_explain.h"

#include "common/svc/svc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool kpi_explain(struct cli *cli, struct err *e)
{
	char program[CLI_PATH_SIZE + 32], explain[] = "--explain", markdown[] = "--markdown",
					  json[] = "--json";
	char **argv = calloc((size_t)cli->operand_count + 5, sizeof(*argv));
	int count = 0;
	if (!argv)
		abort();
	snprintf(program, sizeof(program), "%s/%s", cli->exe_dir, svc_ports[SVC_METRICS].binary);
	argv[count++] = program;
	argv[count++] = explain;
	if (cli->json)
		argv[count++] = json;
	else if (cli_switch(cli, "markdown"))
		argv[count++] = markdown;
	for (int i = 0; i < cli->operand_count; i++)
		argv[count++] = cli->operands[i];
	fflush(NULL);
	execv(program, argv);
	free(argv);
	return err_set(e, ERR_BUSY, "%.200s cannot be started: %s", program, strerror(errno));
}
