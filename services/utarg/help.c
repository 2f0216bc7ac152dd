// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Help, completion and proposals, all generated from the rows of cli_commands[]. Texts about a command
// belong into its row, not here.
#include "services/utarg/commands.h"
#include "services/utarg/core/suggest.h"

#include <string.h>

static void print_usage(const struct cli_command *c, FILE *out)
{
	fprintf(out, "utarg %s", c->name);
	if (c->action)
		fprintf(out, " %s", c->action);
	if (*c->operands)
		fprintf(out, " %s", c->operands);
}

static void print_options(const struct cli_option *rows, FILE *out)
{
	for (const struct cli_option *o = rows; o && o->name; o++) {
		char left[64];
		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		fprintf(out, "  %-28s %s\n", left, o->help);
	}
}

static void print_row(const struct cli_command *c, FILE *out)
{
	char left[96];
	snprintf(left, sizeof(left), "%s%s%s%s%s", c->name, c->action ? " " : "", c->action ? c->action : "",
		 *c->operands ? " " : "", c->operands);
	fprintf(out, "  %-34s %s\n", left, c->help);
}

static void print_overview(FILE *out)
{
	fputs("Utarg " UTARG_VERSION
	      ": a shop's takings, live and provable.\n\nUsage: utarg COMMAND [OPTIONS]\n\nCommands:\n",
	      out);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		print_row(c, out);
	fputs("\nOptions that stand anywhere:\n", out);
	print_options(cli_globals, out);
	fputs("\nExit codes: 0 ok, 2 wrong input, 3 unavailable, 4 not allowed, 5 conflict or refused, 6 "
	      "verification failed.\n"
	      "`utarg help COMMAND` tells more.\n",
	      out);
}

void cli_help(const struct cli_command *command, FILE *out)
{
	if (!command) {
		print_overview(out);
		return;
	}
	fputs("Usage: ", out);
	print_usage(command, out);
	fprintf(out, "%s\n\n%c%s.\n", command->options ? " [OPTIONS]" : "", command->help[0] - 'a' + 'A',
		command->help + 1);
	if (command->details)
		fprintf(out, "\n%s", command->details);
	if (command->options) {
		fputs("\nOptions:\n", out);
		print_options(command->options, out);
	}
	fputs("\nOptions that stand anywhere:\n", out);
	print_options(cli_globals, out);
}

void cli_help_group(const char *name, FILE *out)
{
	fprintf(out, "Usage: utarg %s ACTION [OPTIONS]\n\nActions:\n", name);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			print_row(c, out);
	fprintf(out, "\n`utarg help %s ACTION` tells more.\n", name);
}

// Calls are in the order of the rows; a group's rows stand together.
static bool is_first_of_group(const struct cli_command *c)
{
	return c == cli_commands || strcmp(c[-1].name, c->name) != 0;
}

static void complete_words(const struct cli_command *c, FILE *out)
{
	for (const struct cli_command *a = c; a->name && strcmp(a->name, c->name) == 0; a++) {
		if (a->action)
			fprintf(out, "%s ", a->action);
		for (const struct cli_option *o = a->options; o && o->name; o++)
			fprintf(out, "--%s ", o->name);
	}
}

bool cli_completion(const char *shell, FILE *out, struct err *e)
{
	if (strcmp(shell, "bash") != 0)
		return err_set(e, ERR_BAD_FIELD, "there is a completion for bash only, not for \"%.60s\"",
			       shell);
	fputs("# completion of utarg for bash: source <(utarg completion bash)\n"
	      "_utarg() {\n"
	      "\tlocal current=\"${COMP_WORDS[COMP_CWORD]}\" words=\"\" word command=\"\"\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\t[[ $word == -* ]] || { command=$word; break; }\n"
	      "\tdone\n"
	      "\tcase \"$command\" in\n"
	      "\t'') words=\"",
	      out);
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (is_first_of_group(c))
			fprintf(out, "%s ", c->name);
	fputs("\" ;;\n", out);
	for (const struct cli_command *c = cli_commands; c->name; c++) {
		if (!is_first_of_group(c))
			continue;
		fprintf(out, "\t%s) words=\"", c->name);
		complete_words(c, out);
		fputs("\" ;;\n", out);
	}
	fputs("\tesac\n\tCOMPREPLY=($(compgen -W \"$words", out);
	for (const struct cli_option *o = cli_globals; o->name; o++)
		fprintf(out, " --%s", o->name);
	fputs("\" -- \"$current\"))\n"
	      "\t[[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] || COMPREPLY=($(compgen -f -- "
	      "\"$current\"))\n"
	      "}\ncomplete -F _utarg utarg\n",
	      out);
	return true;
}

// Keeps the nearer of two proposals.
static void propose(const char *typed, const char *word, const char **best)
{
	if (suggest_is_near(typed, word) &&
	    (!*best || suggest_distance(typed, word) < suggest_distance(typed, *best)))
		*best = word;
}

const char *cli_nearest_command(const char *typed)
{
	const char *best = NULL;
	for (const struct cli_command *c = cli_commands; c->name; c++)
		propose(typed, c->name, &best);
	return best;
}

const char *cli_nearest_action(const char *command, const char *typed)
{
	const char *best = NULL;
	for (const struct cli_command *c = cli_commands; c->name; c++)
		if (c->action && strcmp(c->name, command) == 0)
			propose(typed, c->action, &best);
	return best;
}

const char *cli_nearest_option(const struct cli_command *command, const char *typed)
{
	const char *best = NULL;
	for (const struct cli_option *o = cli_globals; o->name; o++)
		propose(typed, o->name, &best);
	for (const struct cli_option *o = command ? command->options : NULL; o && o->name; o++)
		propose(typed, o->name, &best);
	return best;
}
