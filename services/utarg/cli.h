// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The command line as a table: each subcommand is a row of cli_commands[] (main.c), and parsing, help,
// completion and "did you mean" are made from the rows. One file a subcommand (cmd_<name>.c) holds its
// option rows and its function. Talking to services is remote.h's job, the running instance's facts are
// state.h's.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { CLI_PATH_SIZE = 1024, CLI_OPTIONS_MAX = 16 };
enum { CLI_EXIT_VERIFICATION = 6 };

struct cli;

struct cli_option {
	const char *name;  // "from": given as --from VALUE or --from=VALUE
	const char *value; // placeholder for help; NULL: a switch; "X...": may be given several times
	const char *help;  // one sentence
};

struct cli_command {
	const char *name;   // "shop"
	const char *action; // "add"; NULL: the command has none
	bool (*run)(struct cli *cli, struct err *e);
	const char *operands;             // "SHOP [KPI...]", "" for none
	int operands_min, operands_max;   // max -1: no limit
	const char *help;                 // one line
	const struct cli_option *options; // ends with a NULL name; may be NULL
	const char *details;              // more for `utarg help NAME`; may be NULL
};
extern const struct cli_command cli_commands[]; // ends with a NULL name
extern const struct cli_option cli_globals[];   // ends with a NULL name

struct bus;
struct client;
struct state;

// One call of the program. Made by cli_parse, lives until main returns; commands read it.
struct cli {
	const struct cli_command *command;
	int operand_count;
	char **operands;                     // borrowed from argv
	const char *values[CLI_OPTIONS_MAX]; // by row of the command's options; NULL: not given
	char *joined[CLI_OPTIONS_MAX];       // what values points to when given several times, by line breaks
	const char *key_file;                // NULL: UTARG_KEY_FILE or the instance's
	const char *key_owner;               // whose of the instance's; NULL: the operator's
	char data[CLI_PATH_SIZE];            // data directory, as given
	char exe_dir[CLI_PATH_SIZE];         // where this program and its siblings lie
	bool json;
	bool port_offset_given;
	int port_offset;       // valid when given; else remote_port_offset asks the state
	bool group_help;       // help was asked for a command of several actions
	int exit_code;         // of a command that succeeded in finding bad news (6)
	struct remote *remote; // made on first use, see remote.h
};

// What the arguments ask for. CLI_HELP: print help for cli->command (NULL: all), CLI_VERSION likewise.
enum cli_wish { CLI_RUN, CLI_HELP, CLI_VERSION, CLI_WRONG };
enum cli_wish cli_parse(struct cli *cli, int argc, char **argv, struct err *e);
void cli_fini(struct cli *cli);

// The value of one of the command's own options, NULL when it was not given. Asserts that the row exists.
const char *cli_value(const struct cli *cli, const char *option);
bool cli_switch(const struct cli *cli, const char *option);
// Whole number of an option within [min, max], fallback when it was not given.
bool cli_number(const struct cli *cli, const char *option, int64_t min, int64_t max, int64_t fallback,
		int64_t *out, struct err *e);
// Operand by index, NULL when there are fewer.
const char *cli_operand(const struct cli *cli, int index);

// help.c: all of it generated from the rows.
void cli_help(const struct cli_command *command, FILE *out); // NULL: the overview
void cli_help_group(const char *name, FILE *out);
bool cli_completion(const char *shell, FILE *out, struct err *e);
// The nearest command name to what was typed, NULL when nothing is near. A static row's name.
const char *cli_nearest_command(const char *typed);
const char *cli_nearest_action(const char *command, const char *typed);
const char *cli_nearest_option(const struct cli_command *command, const char *typed);
