// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the tests of common/db share: the private database of tests/postgres.sh and a connection to it.
#pragma once

#include "common/db/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// The conninfo; ends the program with a sentence when the tests do not run under tests/postgres.sh.
const char *helper_conninfo(void);
// A connection with these statements (may be NULL); fails the test when there is none.
struct db *helper_connect(const struct db_statement *statements, int timeout_ms);
// Runs a script on a connection of its own: for tables that statements need when they are prepared.
void helper_prepare(const char *sql);
void helper_script(struct db *db, const char *sql);
// The one number that a statement without parameters gives.
int64_t helper_number(struct db *db, const char *statement);
