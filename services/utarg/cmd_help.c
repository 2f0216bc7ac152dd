// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg help` and `utarg completion`: the command line explains itself from its own rows.
#include "services/utarg/commands.h"

#include <string.h>

bool cmd_help(struct cli *cli, struct err *e)
{
	const char *name = cli_operand(cli, 0), *action = cli_operand(cli, 1);
	const struct cli_command *found = NULL;
	int rows = 0;
	for (const struct cli_command *c = cli_commands; name && c->name; c++) {
		if (strcmp(c->name, name) != 0 || (action && (!c->action || strcmp(c->action, action) != 0)))
			continue;
		found = c;
		rows++;
	}
	if (name && !found) {
		const char *near = cli_nearest_command(name);
		return err_set(e, ERR_BAD_FIELD, "there is no command \"%.60s%s%.60s\"%s%s%s", name,
			       action ? " " : "", action ? action : "",
			       near && !action ? "; did you mean \"" : "", near && !action ? near : "",
			       near && !action ? "\"?" : "");
	}
	if (found && found->action && !action && rows >= 1)
		cli_help_group(found->name, stdout);
	else
		cli_help(found, stdout);
	return true;
}

bool cmd_completion(struct cli *cli, struct err *e)
{
	return cli_completion(cli_operand(cli, 0), stdout, e);
}
