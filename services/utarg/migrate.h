// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Brings a database to the schema of this version: the numbered files of migrations/, each once, each in
// one transaction. Used by `utarg migrate`, `utarg up` and `utarg doctor`.
#pragma once

#include "common/base/err.h"
#include "common/db/db.h"

#include <stdbool.h>
#include <stdint.h>

struct migrate_report {
	int applied;      // by this run
	int last_number;  // the greatest the database has now
	int known_number; // the greatest this version has
};

// Waits up to wait_ms for the database, and as long for another migrator. A database that is newer than
// this program is accepted; one whose applied file differs from ours is a CONFLICT.
bool migrate_run(const char *conninfo, int64_t wait_ms, struct migrate_report *report, struct err *e);
// Only looks. A database without any migration has last_number 0.
bool migrate_look(const char *conninfo, struct migrate_report *report, struct err *e);
// Sets the password of each service's role from <directory>/<role>.pgpass, or <directory>/<role> with the
// password alone; a role without a file is left alone, a directory without any is MISSING_FIELD.
bool migrate_set_passwords(const char *conninfo, const char *directory, int *count, struct err *e);

// One of this room's statements by file name, for a connection that cannot prepare the others (another
// database, or before the first migration): {migrate_statement("..."), {0}}.
struct db_statement migrate_statement(const char *name);
