// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What an operator does straight at the database: the connection for it, who did it, and the line that says
// so.
#pragma once

#include "common/base/log.h"
#include "common/db/db.h"
#include "services/utarg/cli.h"

extern const struct db_statement keep_statements[];

enum { KEEP_BY_SIZE = 128 };

// Opens --database, UTARG_DATABASE or the instance's database as that role. NULL on failure.
struct db *keep_open(struct cli *cli, const char *role, struct err *e);
// As db_run; what the role may not do is FORBIDDEN and says which role may.
bool keep_run(struct db *db, const char *role, const char *statement, const struct db_value *values,
	      size_t count, struct db_result **result, struct err *e);
// How many events are in quarantine, at most 100,000; for who has no more than a conninfo.
bool keep_count_quarantine(const char *conninfo, int64_t *count, struct err *e);
// "marta@shop-1": who is at the keyboard, also behind sudo.
void keep_by(char out[KEEP_BY_SIZE]);
// One line in the instance's log/operator.log; on standard error when no instance is here.
void keep_note(struct cli *cli, const char *event, const struct log_field *fields, size_t count);
