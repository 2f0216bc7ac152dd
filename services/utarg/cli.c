// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Parsing of the command line by the rows of cli_commands[]. Global options may stand anywhere. Secrets
// are refused here, once for all commands: everybody on the machine can read a command line.
#include "services/utarg/cli.h"

#include "common/base/text.h"
#include "services/utarg/remote.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct parser {
	struct cli *cli;
	int argc;
	char **argv;
	int at;            // next argument
	bool options_over; // after "--"
	enum cli_wish wish;
	const char *action_typed;
};

static const struct cli_option *find_option(const struct cli_option *rows, const char *name, size_t size,
					    int *index)
{
	for (int i = 0; rows && rows[i].name; i++) {
		if (strlen(rows[i].name) == size && memcmp(rows[i].name, name, size) == 0) {
			*index = i;
			return &rows[i];
		}
	}
	return NULL;
}

// A conninfo may name a passfile; a password in it would be in everybody's `ps`.
static bool refuse_secret(const char *option, const char *value, struct err *e)
{
	if (strstr(option, "password") && strcmp(option, "role-passwords") != 0)
		return err_field(e, ERR_BAD_FIELD, option,
				 "a password does not belong on the command line, where "
				 "everybody on this machine can read it: put it into a file");
	if (!value)
		return true;
	const char *authority = strstr(value, "://");
	const char *at = authority ? strchr(authority, '@') : NULL;
	const char *colon = authority ? strchr(authority + 3, ':') : NULL;
	bool uri_password = at && colon && colon < at;
	if (strcmp(option, "database") == 0 &&
	    (strstr(value, "password=") || strstr(value, "password =") || uri_password))
		return err_field(e, ERR_BAD_FIELD, option,
				 "a password does not belong on the command line, where everybody "
				 "on this machine can read it: use passfile=FILE in --database");
	return true;
}

static bool parse_port_offset(struct cli *cli, const char *text, const char *from, struct err *e)
{
	int64_t offset = 0;
	if (!text_to_int(text, 0, 50000, &offset))
		return err_field(e, ERR_BAD_FIELD, "port-offset", "%s \"%s\" is not a number from 0 to 50000",
				 from, text);
	cli->port_offset = (int)offset;
	cli->port_offset_given = true;
	return true;
}

static bool set_global(struct parser *p, const char *name, const char *value, struct err *e)
{
	struct cli *cli = p->cli;
	if (strcmp(name, "json") == 0)
		cli->json = true;
	else if (strcmp(name, "help") == 0)
		p->wish = p->wish == CLI_RUN ? CLI_HELP : p->wish;
	else if (strcmp(name, "version") == 0)
		p->wish = CLI_VERSION;
	else if (strcmp(name, "port-offset") == 0)
		return parse_port_offset(cli, value, "--port-offset", e);
	else if (strcmp(name, "key-file") == 0)
		cli->key_file = value;
	else if (!value || !*value || !text_copy(cli->data, sizeof(cli->data), value))
		return err_field(e, ERR_BAD_FIELD, "data", "--data needs the name of a directory");
	return true;
}

static bool unknown_option(const struct parser *p, const char *name, size_t size, struct err *e)
{
	char typed[64];
	snprintf(typed, sizeof(typed), "%.*s", (int)(size < 60 ? size : 60), name);
	if (!refuse_secret(typed, NULL, e))
		return false;
	const char *near = cli_nearest_option(p->cli->command, typed);
	if (near)
		return err_set(e, ERR_BAD_FIELD, "there is no option --%s here; did you mean --%s?", typed,
			       near);
	return err_set(e, ERR_BAD_FIELD, "there is no option --%s here; `utarg help%s%s` lists them", typed,
		       p->cli->command ? " " : "", p->cli->command ? p->cli->command->name : "");
}

// What may be given several times is joined by line breaks.
static void set_own(struct cli *cli, int index, const struct cli_option *row, const char *value)
{
	const char *earlier = cli->values[index];
	const size_t shown = row->value ? strlen(row->value) : 0;
	if (!earlier || shown < 3 || strcmp(row->value + shown - 3, "...") != 0) {
		cli->values[index] = value;
		return;
	}
	const size_t size = strlen(earlier) + strlen(value) + 2;
	char *joined = malloc(size);
	if (!joined)
		abort();
	snprintf(joined, size, "%s\n%s", earlier, value);
	free(cli->joined[index]);
	cli->joined[index] = joined;
	cli->values[index] = joined;
}

static bool parse_option(struct parser *p, const char *text, struct err *e)
{
	if (strcmp(text, "-h") == 0)
		text = "--help";
	if (text[1] != '-')
		return err_set(e, ERR_BAD_FIELD, "there is no option %s; options are words, such as --json",
			       text);
	const char *name = text + 2;
	const char *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	int index = -1;
	const struct cli_command *command = p->cli->command;
	const struct cli_option *row = command ? find_option(command->options, name, size, &index) : NULL;
	bool is_own = row != NULL;
	if (!row)
		row = find_option(cli_globals, name, size, &index);
	if (!row)
		return unknown_option(p, name, size, e);
	const char *value = equals ? equals + 1 : NULL;
	if (row->value && !value && p->at < p->argc)
		value = p->argv[p->at++];
	if (row->value && !value)
		return err_set(e, ERR_MISSING_FIELD, "--%s needs a value: %s", row->name, row->value);
	if (!row->value && value)
		return err_set(e, ERR_BAD_FIELD, "--%s takes no value", row->name);
	if (!refuse_secret(row->name, value, e))
		return false;
	if (!is_own)
		return set_global(p, row->name, value, e);
	assert(index < CLI_OPTIONS_MAX);
	set_own(p->cli, index, row, value ? value : "");
	return true;
}

static const struct cli_command *find_command(const char *name, const char *action)
{
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0 && (!action || (c->action && strcmp(c->action, action) == 0)))
			return c;
	return NULL;
}

static bool take_command(struct parser *p, const char *word, struct err *e)
{
	p->cli->command = find_command(word, NULL);
	if (p->cli->command)
		return true;
	const char *near = cli_nearest_command(word);
	if (near)
		return err_set(e, ERR_BAD_FIELD, "there is no command \"%.60s\"; did you mean \"%s\"?", word,
			       near);
	return err_set(e, ERR_BAD_FIELD, "there is no command \"%.60s\"; `utarg help` lists them", word);
}

static bool take_action(struct parser *p, const char *word, struct err *e)
{
	const char *name = p->cli->command->name;
	const struct cli_command *found = find_command(name, word);
	if (!found) {
		const char *near = cli_nearest_action(name, word);
		if (near)
			return err_set(e, ERR_BAD_FIELD, "there is no \"%s %.60s\"; did you mean \"%s %s\"?",
				       name, word, name, near);
		return err_set(e, ERR_BAD_FIELD,
			       "there is no \"%s %.60s\"; `utarg help %s` lists what there is", name, word,
			       name);
	}
	p->cli->command = found;
	p->action_typed = word;
	return true;
}

static bool take_word(struct parser *p, char *word, struct err *e)
{
	struct cli *cli = p->cli;
	if (!cli->command)
		return take_command(p, word, e);
	if (cli->command->action && !p->action_typed)
		return take_action(p, word, e);
	cli->operands[cli->operand_count++] = word;
	return true;
}

static bool check_operands(const struct cli *cli, struct err *e)
{
	const struct cli_command *c = cli->command;
	const char *space = c->action ? " " : "", *action = c->action ? c->action : "";
	if (cli->operand_count < c->operands_min)
		return err_set(e, ERR_MISSING_FIELD, "something is missing: utarg %s%s%s %s", c->name, space,
			       action, c->operands);
	if (c->operands_max >= 0 && cli->operand_count > c->operands_max)
		return err_set(e, ERR_BAD_FIELD, "\"%.60s\" is too much: utarg %s%s%s %s",
			       cli->operands[c->operands_max], c->name, space, action, c->operands);
	return true;
}

static bool set_defaults(struct cli *cli, struct err *e)
{
	const char *data = getenv("UTARG_DATA");
	text_copy(cli->data, sizeof(cli->data), data && *data ? data : "./.utarg");
	const char *offset = getenv("UTARG_PORT_OFFSET");
	if (offset && *offset && !parse_port_offset(cli, offset, "UTARG_PORT_OFFSET", e))
		return false;
	ssize_t size = readlink("/proc/self/exe", cli->exe_dir, sizeof(cli->exe_dir) - 1);
	if (size <= 0)
		return err_set(e, ERR_INTERNAL, "/proc is needed to find the programs beside this one");
	cli->exe_dir[size] = 0;
	*strrchr(cli->exe_dir, '/') = 0;
	return true;
}

static bool parse_words(struct parser *p, struct err *e)
{
	while (p->at < p->argc) {
		char *word = p->argv[p->at++];
		bool taken;
		if (!p->options_over && strcmp(word, "--") == 0) {
			p->options_over = true;
			continue;
		}
		if (!p->options_over && word[0] == '-' && word[1])
			taken = parse_option(p, word, e);
		else
			taken = take_word(p, word, e);
		if (!taken)
			return false;
	}
	return true;
}

enum cli_wish cli_parse(struct cli *cli, int argc, char **argv, struct err *e)
{
	struct parser p = {.cli = cli, .argc = argc, .argv = argv, .at = 1, .wish = CLI_RUN};
	cli->operands = calloc((size_t)argc + 1, sizeof(*cli->operands));
	if (!cli->operands)
		abort();
	if (!set_defaults(cli, e) || !parse_words(&p, e))
		return CLI_WRONG;
	bool group = cli->command && cli->command->action && !p.action_typed;
	if (p.wish == CLI_HELP && group)
		cli->group_help = true;
	if (p.wish != CLI_RUN)
		return p.wish;
	if (!cli->command) {
		err_set(e, ERR_MISSING_FIELD, "what shall it do? `utarg help` lists the commands");
		return CLI_WRONG;
	}
	if (group) {
		err_set(e, ERR_MISSING_FIELD, "\"%s\" needs to know what to do; `utarg help %s` lists it",
			cli->command->name, cli->command->name);
		return CLI_WRONG;
	}
	return check_operands(cli, e) ? CLI_RUN : CLI_WRONG;
}

void cli_fini(struct cli *cli)
{
	remote_destroy(cli->remote);
	free(cli->operands);
	for (int i = 0; i < CLI_OPTIONS_MAX; i++)
		free(cli->joined[i]);
}

const char *cli_value(const struct cli *cli, const char *option)
{
	int index = -1;
	const struct cli_option *row = find_option(cli->command->options, option, strlen(option), &index);
	assert(row);
	return cli->values[index];
}

bool cli_switch(const struct cli *cli, const char *option)
{
	return cli_value(cli, option) != NULL;
}

bool cli_number(const struct cli *cli, const char *option, int64_t min, int64_t max, int64_t fallback,
		int64_t *out, struct err *e)
{
	const char *text = cli_value(cli, option);
	*out = fallback;
	if (!text || text_to_int(text, min, max, out))
		return true;
	return err_field(e, ERR_BAD_FIELD, option, "--%s \"%.60s\" is not a whole number from %lld to %lld",
			 option, text, (long long)min, (long long)max);
}

const char *cli_operand(const struct cli *cli, int index)
{
	return index < cli->operand_count ? cli->operands[index] : NULL;
}
