// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the tests of common/journal share.
#include "tests/unit/journal/helper_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 10000, NUMBERS = 20000, VARIANTS = 2, PAYLOAD_SIZE = 24 };

static const char *conninfo(void)
{
	const char *text = getenv("UTARG_TEST_DATABASE");
	if (text == NULL) {
		fprintf(stderr, "UTARG_TEST_DATABASE is not set: run this by tests/postgres.sh\n");
		exit(1);
	}
	return text;
}

static struct db *connect_to(const char *text, const struct db_statement *statements, int timeout_ms)
{
	const struct db_statement *const tables[] = {journal_statements, statements, NULL};
	struct db_options options = {
		.conninfo = text, .statements = tables, .statement_timeout_ms = timeout_ms};
	struct err e = {0};
	struct db *db = db_create(&options, &e);
	if (db == NULL)
		fail_msg("%s", e.text);
	return db;
}

struct db *helper_connect(const struct db_statement *statements)
{
	return connect_to(conninfo(), statements, TIMEOUT_MS);
}

struct db *helper_connect_as(const char *role)
{
	char text[512]; // of a repeated key the last one counts
	snprintf(text, sizeof(text), "%s user=%s", conninfo(), role);
	return connect_to(text, NULL, TIMEOUT_MS);
}

struct db *helper_connect_impatient(void)
{
	static const struct db_statement backend[] = {{"test_backend", "SELECT pg_backend_pid()"},
						      {NULL, NULL}};
	return connect_to(conninfo(), backend, 500);
}

void helper_script(struct db *db, const char *sql)
{
	struct err e = {0};
	if (!db_script(db, sql, &e))
		fail_msg("%s", e.text);
}

void helper_shops(struct db *db, int32_t count)
{
	helper_script(db, "TRUNCATE journal.event, journal.batch, journal.head");
	assert_true(db_begin(db, NULL));
	for (int32_t shop = 1; shop <= count; shop++) {
		char slug[32];
		snprintf(slug, sizeof(slug), "shop-%d", (int)shop);
		assert_true(journal_create_head(db, shop, slug, NULL));
	}
	assert_int_equal(db_commit(db, NULL), DB_COMMITTED);
}

struct journal_entry helper_entry(int32_t shop_id, uint32_t number, int variant)
{
	static char payloads[VARIANTS][NUMBERS][PAYLOAD_SIZE];
	assert_true(number < NUMBERS && variant < VARIANTS);
	char *payload = payloads[variant][number];
	snprintf(payload, PAYLOAD_SIZE, "event %u variant %d", number, variant);
	struct journal_entry entry = {
		.shop_id = shop_id,
		.kind = (int16_t)(20 + number % 40),
		.event_time_ms = 1795449600000 + (int64_t)number,
		.received_at_ms = 1795449700000 + (int64_t)number,
		.origin = (int16_t)(1 + number % 3),
		.principal = "local",
		.payload = {(const uint8_t *)payload, strlen(payload)},
	};
	// Scattered, so that id order is not entry order.
	uint32_t scattered = number * 2654435761u;
	memcpy(entry.event_id, &scattered, sizeof(scattered));
	memcpy(entry.event_id + 8, &number, sizeof(number));
	if (number % 2 == 0)
		entry.visitor = (struct slice){(const uint8_t *)"visitor", 7};
	if (number % 3 == 0)
		entry.customer = (struct slice){(const uint8_t *)"customer", 8};
	if (number % 5 == 0)
		entry.subject = (struct slice){(const uint8_t *)"sub\0ject", 8};
	return entry;
}

void helper_append(struct db *db, struct journal_entry *entries, size_t count)
{
	struct journal_head *heads = calloc(count + 1, sizeof(*heads));
	size_t head_count = 0;
	struct err e = {0};
	assert_non_null(heads);
	assert_true(db_begin(db, &e));
	if (!journal_append(db, entries, count, heads, count, &head_count, &e))
		fail_msg("%s", e.text);
	assert_int_equal(db_commit(db, &e), DB_COMMITTED);
	free(heads);
}

void helper_fill(struct db *db, int32_t shop_id, uint32_t first, size_t count, size_t at_once)
{
	struct journal_entry *entries = calloc(at_once, sizeof(*entries));
	assert_non_null(entries);
	for (size_t done = 0; done < count;) {
		size_t n = count - done < at_once ? count - done : at_once;
		for (size_t i = 0; i < n; i++)
			entries[i] = helper_entry(shop_id, first + (uint32_t)(done + i), 0);
		helper_append(db, entries, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(entries[i].code, ERR_OK);
		done += n;
	}
	free(entries);
}

void helper_verify(struct db *db, int32_t shop_id, int64_t expected_seq)
{
	char slug[32];
	snprintf(slug, sizeof(slug), "shop-%d", (int)shop_id);
	struct err e = {0};
	int64_t seq = -1;
	assert_true(db_begin_snapshot(db, &e));
	if (!journal_verify(db, shop_id, slug, &seq, NULL, NULL, &e))
		fail_msg("%s", e.text);
	db_rollback(db);
	assert_int_equal(seq, expected_seq);
}
