// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Configuration as a table: name, type, default, help, secret. Values come from the defaults, then from
// the environment (UTARG_ and the name in capitals, '-' as '_'), then from the command line
// (--name=value or --name value). Unknown keys and values out of range are refused with the key's name
// and what is allowed. A secret is never taken from the command line: give the file that holds it.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum conf_type { CONF_TEXT, CONF_INT, CONF_BOOL, CONF_FILE };

struct conf_row {
	const char *name; // "port-offset"
	enum conf_type type;
	const char *default_text; // NULL: required
	int64_t min, max;         // CONF_INT
	const char *help;         // one sentence, unit included
	bool secret;              // CONF_FILE whose content is secret: refused when others may read it
};

struct conf; // opaque; values by name

// Rows end with one whose name is NULL; several tables can be joined (tables ends with NULL). Both are
// borrowed for life. On failure BAD_FIELD (or MISSING_FIELD) names the key.
struct conf *conf_create(const struct conf_row *const *tables, int argc, char *const *argv, struct err *e);
void conf_destroy(struct conf *conf);
// Asserts that the row exists and has the type.
const char *conf_text(const struct conf *conf, const char *name);
int64_t conf_int(const struct conf *conf, const char *name);
bool conf_bool(const struct conf *conf, const char *name);
void conf_help(const struct conf_row *const *tables, FILE *out);
bool conf_wants_help(int argc, char *const *argv); // --help or -h stands among them
