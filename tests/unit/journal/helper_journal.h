// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the tests of common/journal share: a connection to the private database of tests/postgres.sh, empty
// journals, and entries made from two numbers.
#pragma once

#include "common/journal/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

// Statements of the test itself; more than one table cannot be needed.
struct db *helper_connect(const struct db_statement *statements);
struct db *helper_connect_as(const char *role); // a service's login role
struct db *helper_connect_impatient(void);      // gives up after 500 ms
void helper_script(struct db *db, const char *sql);
// Empties the journal and makes shops 1 to count, with the slugs "shop-1"...
void helper_shops(struct db *db, int32_t count);
// An entry whose id, times and payload come from number and variant: another variant is another payload under
// the same id. Payloads live in static storage.
struct journal_entry helper_entry(int32_t shop_id, uint32_t number, int variant);
// Appends in a transaction of its own and commits; fails the test when that fails.
void helper_append(struct db *db, struct journal_entry *entries, size_t count);
// Appends `count` events with numbers from `first` to a shop, `at_once` a batch.
void helper_fill(struct db *db, int32_t shop_id, uint32_t first, size_t count, size_t at_once);
void helper_verify(struct db *db, int32_t shop_id, int64_t expected_seq);
