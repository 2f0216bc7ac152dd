// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Appending: classification, numbering, chain, reading back, and two writers at once.
#include "tests/unit/journal/helper_journal.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct db_statement statements[] = {
	{"test_events", "SELECT count(*) FROM journal.event"},
	{"test_ids", "SELECT count(DISTINCT (event_id, shop_id)) FROM journal.event"},
	{"test_batches", "SELECT count(*) FROM journal.batch"},
	{"test_gaps",
	 "SELECT count(*) FROM (SELECT seq, row_number() OVER (PARTITION BY shop_id ORDER BY seq) AS n"
	 " FROM journal.event) AS e WHERE seq <> n"},
	{NULL, NULL},
};

static int set_up(void **state)
{
	*state = helper_connect(statements);
	return 0;
}

static int tear_down(void **state)
{
	db_destroy(*state);
	return 0;
}

static int64_t number(struct db *db, const char *statement)
{
	struct db_result *result = NULL;
	assert_true(db_run(db, statement, NULL, 0, &result, NULL));
	int64_t value = db_get_int(result, 0, 0);
	db_result_free(result);
	return value;
}

static void expect_entry(const struct journal_entry *entry, enum err_code code, int64_t seq)
{
	assert_string_equal(err_name(entry->code), err_name(code));
	assert_int_equal(entry->seq, seq);
	assert_int_equal(entry->epoch, 1);
}

static void test_numbers(void **state)
{
	struct db *db = *state;
	helper_shops(db, 2);
	struct journal_entry entries[] = {helper_entry(1, 5, 0), helper_entry(2, 5, 0), helper_entry(1, 3, 0),
					  helper_entry(1, 9, 0), helper_entry(2, 1, 0)};
	struct journal_head heads[2];
	size_t head_count = 0;
	struct err e = {0};
	assert_true(db_begin(db, &e));
	assert_true(journal_append(db, entries, 5, heads, 2, &head_count, &e));
	assert_int_equal(db_commit(db, &e), DB_COMMITTED);
	expect_entry(&entries[0], ERR_OK, 1);
	expect_entry(&entries[1], ERR_OK, 1);
	expect_entry(&entries[2], ERR_OK, 2);
	expect_entry(&entries[3], ERR_OK, 3);
	expect_entry(&entries[4], ERR_OK, 2);
	assert_int_equal(head_count, 2);
	assert_int_equal(heads[0].shop_id, 1);
	assert_int_equal(heads[0].seq, 3);
	assert_int_equal(heads[1].seq, 2);
	assert_int_equal(heads[1].epoch, 1);
	struct journal_head locked;
	assert_true(journal_lock_head(db, 1, &locked, &e));
	assert_memory_equal(locked.chain, heads[0].chain, JOURNAL_DIGEST_SIZE);
	helper_verify(db, 1, 3);
	helper_verify(db, 2, 2);
}

static void test_known(void **state)
{
	struct db *db = *state;
	helper_shops(db, 2);
	struct journal_entry first[] = {helper_entry(1, 1, 0), helper_entry(1, 2, 0)};
	helper_append(db, first, 2);
	struct journal_entry again[] = {helper_entry(1, 2, 0), helper_entry(1, 3, 0), helper_entry(1, 1, 1),
					helper_entry(2, 1, 1)};
	helper_append(db, again, 4);
	expect_entry(&again[0], ERR_DUPLICATE, 2);
	expect_entry(&again[1], ERR_OK, 3);
	expect_entry(&again[2], ERR_CONFLICT, 1);
	expect_entry(&again[3], ERR_OK, 1); // the same id in another shop is another event
	helper_verify(db, 1, 3);
	helper_verify(db, 2, 1);
}

// Only the event's bytes are compared: a resend may carry another subject, time of receipt or principal.
static void test_known_by_payload_only(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct journal_entry entry = helper_entry(1, 1, 0);
	helper_append(db, &entry, 1);
	entry.subject = (struct slice){(const uint8_t *)"other", 5};
	entry.principal = "other";
	entry.received_at_ms++;
	helper_append(db, &entry, 1);
	expect_entry(&entry, ERR_DUPLICATE, 1);
	helper_verify(db, 1, 1);
}

static void test_twice_in_one_batch(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct journal_entry known = helper_entry(1, 7, 1);
	helper_append(db, &known, 1);
	struct journal_entry entries[] = {helper_entry(1, 1, 0), helper_entry(1, 1, 0),
					  helper_entry(1, 2, 0), helper_entry(1, 1, 1),
					  helper_entry(1, 7, 0), helper_entry(1, 7, 1)};
	helper_append(db, entries, 6);
	expect_entry(&entries[0], ERR_OK, 2);
	expect_entry(&entries[1], ERR_DUPLICATE, 2);
	expect_entry(&entries[2], ERR_OK, 3);
	expect_entry(&entries[3], ERR_CONFLICT, 2);
	expect_entry(&entries[4], ERR_CONFLICT, 1); // what the journal holds decides, not the batch
	expect_entry(&entries[5], ERR_DUPLICATE, 1);
	helper_verify(db, 1, 3);
}

static void test_nothing_new(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct journal_entry entry = helper_entry(1, 1, 0);
	helper_append(db, &entry, 1);
	struct journal_head head;
	size_t head_count = 7;
	assert_true(db_begin(db, NULL));
	assert_true(journal_append(db, &entry, 1, &head, 1, &head_count, NULL));
	assert_int_equal(db_commit(db, NULL), DB_COMMITTED);
	assert_int_equal(head_count, 0);
	assert_true(journal_append(db, NULL, 0, &head, 1, &head_count, NULL));
	assert_int_equal(number(db, "test_batches"), 1);
	helper_verify(db, 1, 1);
}

static void test_many_shops(void **state)
{
	struct db *db = *state;
	enum { SHOPS = 150, EVENTS = 3000 };
	helper_shops(db, SHOPS);
	struct journal_entry *entries = calloc(EVENTS, sizeof(*entries));
	assert_non_null(entries);
	for (uint32_t i = 0; i < EVENTS; i++)
		entries[i] = helper_entry((int32_t)(i * 7919 % SHOPS) + 1, i, 0);
	helper_append(db, entries, EVENTS);
	free(entries);
	assert_int_equal(number(db, "test_events"), EVENTS);
	assert_int_equal(number(db, "test_batches"), SHOPS);
	assert_int_equal(number(db, "test_gaps"), 0);
	for (int32_t shop = 1; shop <= SHOPS; shop += 37)
		helper_verify(db, shop, EVENTS / SHOPS);
	struct journal_head *heads = NULL;
	size_t count = 0;
	assert_true(journal_heads(db, &heads, &count, NULL));
	assert_int_equal(count, SHOPS);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(heads[i].shop_id, i + 1);
		assert_int_equal(heads[i].seq, EVENTS / SHOPS);
	}
	free(heads);
}

// More heads than a page.
static void test_heads_pages(void **state)
{
	struct db *db = *state;
	helper_shops(db, 2000);
	struct journal_head *heads = NULL;
	size_t count = 0;
	assert_true(journal_heads(db, &heads, &count, NULL));
	assert_int_equal(count, 2000);
	assert_int_equal(heads[1999].shop_id, 2000);
	free(heads);
}

static void test_unknown_shop(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct journal_entry entries[] = {helper_entry(1, 1, 0), helper_entry(99, 2, 0)};
	struct journal_head heads[2];
	size_t head_count;
	struct err e = {0};
	assert_true(db_begin(db, &e));
	assert_false(journal_append(db, entries, 2, heads, 2, &head_count, &e));
	assert_int_equal(e.code, ERR_UNKNOWN_SHOP);
	assert_string_equal(e.text, "there is no journal of shop 99");
	assert_false(journal_lock_head(db, 98, heads, &e));
	assert_int_equal(e.code, ERR_UNKNOWN_SHOP);
	db_rollback(db);
	assert_int_equal(number(db, "test_events"), 0);
}

static void test_rollback_leaves_nothing(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct journal_entry entry = helper_entry(1, 1, 0);
	struct journal_head head;
	size_t head_count;
	assert_true(db_begin(db, NULL));
	assert_true(journal_append(db, &entry, 1, &head, 1, &head_count, NULL));
	db_rollback(db);
	helper_verify(db, 1, 0);
	helper_append(db, &entry, 1);
	expect_entry(&entry, ERR_OK, 1);
}

static void test_locked_head(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct db *other = helper_connect(NULL);
	struct journal_head head;
	assert_true(db_begin(other, NULL));
	assert_true(journal_lock_head(other, 1, &head, NULL));
	struct journal_entry entry = helper_entry(1, 1, 0);
	size_t head_count;
	struct err e = {0};
	assert_true(db_begin(db, &e));
	assert_false(journal_append(db, &entry, 1, &head, 1, &head_count, &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_int_equal(db_fault(db), DB_FAULT_RETRY);
	assert_string_equal(db_sqlstate(db), "55P03");
	db_rollback(db);
	db_rollback(other);
	db_destroy(other);
	helper_append(db, &entry, 1);
	expect_entry(&entry, ERR_OK, 1);
}

static void test_bad_principal(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	struct journal_entry entries[] = {helper_entry(1, 1, 0), helper_entry(1, 2, 0)};
	entries[1].principal = "bad \xff";
	struct journal_head head;
	size_t head_count;
	struct err e = {0};
	assert_true(db_begin(db, &e));
	assert_false(journal_append(db, entries, 2, &head, 1, &head_count, &e));
	assert_int_equal(db_fault(db), DB_FAULT_DATA);
	db_rollback(db);
	helper_verify(db, 1, 0);
}

static void test_read_back(void **state)
{
	struct db *db = *state;
	helper_shops(db, 3);
	struct journal_entry a[] = {helper_entry(2, 30, 0), helper_entry(2, 31, 0), helper_entry(1, 32, 0)};
	helper_append(db, a, 3);
	const struct journal_position positions[] = {{2, 1, 0}, {3, 1, 0}, {1, 1, 0}};
	struct journal_rows rows;
	struct err e = {0};
	assert_true(journal_read(db, positions, 3, 100, &rows, &e));
	assert_int_equal(rows.count, 3);
	assert_int_equal(rows.rows[0].shop_id, 1);
	assert_int_equal(rows.rows[1].shop_id, 2);
	assert_int_equal(rows.rows[1].seq, 1);
	assert_int_equal(rows.rows[2].seq, 2);
	const struct journal_row *row = &rows.rows[1];
	assert_memory_equal(row->event_id, a[0].event_id, UUID_SIZE);
	assert_int_equal(row->kind, a[0].kind);
	assert_int_equal(row->event_time_ms, a[0].event_time_ms);
	assert_int_equal(row->received_at_ms, a[0].received_at_ms);
	assert_int_equal(row->origin, a[0].origin);
	assert_int_equal(row->epoch, 1);
	assert_int_equal(row->payload.size, a[0].payload.size);
	assert_memory_equal(row->payload.data, a[0].payload.data, row->payload.size);
	assert_int_equal(row->subject.size, 8);
	assert_memory_equal(row->subject.data, "sub\0ject", 8);
	assert_memory_equal(row->visitor.data, "visitor", row->visitor.size);
	assert_memory_equal(row->customer.data, "customer", row->customer.size);
	assert_memory_equal(row->principal.data, "local", row->principal.size);
	assert_int_equal(rows.rows[2].visitor.size, 0);
	journal_rows_free(&rows);
}

static void test_read_ranges(void **state)
{
	struct db *db = *state;
	helper_shops(db, 3);
	helper_fill(db, 1, 0, 100, 30);
	helper_fill(db, 2, 100, 5, 5);
	struct journal_position positions[] = {{1, 1, 40}, {2, 1, 5}, {3, 1, 0}};
	struct journal_rows rows;
	struct err e = {0};
	assert_true(journal_read(db, positions, 3, 30, &rows, &e)); // 10 rows a shop
	assert_int_equal(rows.count, 10);
	assert_int_equal(rows.rows[0].seq, 41);
	assert_int_equal(rows.rows[9].seq, 50);
	journal_rows_free(&rows);
	assert_true(journal_read(db, positions, 3, 1, &rows, &e)); // the first position only
	assert_int_equal(rows.count, 1);
	journal_rows_free(&rows);
	// Another epoch: from the beginning, whatever the position says.
	helper_script(db, "UPDATE journal.head SET epoch = 2 WHERE shop_id = 1");
	positions[0].seq = 100;
	assert_true(journal_read(db, positions, 1, 1000, &rows, &e));
	assert_int_equal(rows.count, 100);
	assert_int_equal(rows.rows[0].seq, 1);
	assert_int_equal(rows.rows[0].epoch, 2);
	journal_rows_free(&rows);
}

static void test_read_gaps(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	helper_fill(db, 1, 0, 10, 10);
	const struct journal_position start = {1, 1, 0}, middle = {1, 1, 6};
	struct journal_rows rows;
	struct err e = {0};
	helper_script(db, "DELETE FROM journal.event WHERE seq = 5");
	assert_false(journal_read(db, &start, 1, 100, &rows, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_string_equal(e.text, "the journal of shop 1 lacks event 5");
	assert_true(journal_read(db, &middle, 1, 100, &rows, &e));
	journal_rows_free(&rows);
	helper_script(db, "DELETE FROM journal.event WHERE seq > 6");
	assert_false(journal_read(db, &middle, 1, 100, &rows, &e));
	assert_string_equal(e.text, "the journal of shop 1 ends at event 6 and its head is at 10");
}

// Of some kinds: their rows and the last of the range. helper_entry gives number n the kind 20 + n % 40.
static void test_read_kinds(void **state)
{
	struct db *db = *state;
	const int16_t wanted[] = {23, 40};
	const struct journal_wish wish = {.kinds = wanted, .kind_count = 2};
	helper_shops(db, 2);
	helper_fill(db, 1, 0, 100, 30);
	helper_fill(db, 2, 100, 5, 5);
	struct journal_position positions[] = {{1, 1, 0}, {2, 1, 0}};
	struct journal_rows rows;
	struct err e = {0};
	assert_true(journal_read_wish(db, positions, 2, &wish, 100, &rows, &e)); // 50 seqs a shop
	const int64_t seqs[] = {4, 21, 44, 50}; // 50 is the last of the range
	assert_int_equal(rows.count, 6);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(rows.rows[i].shop_id, 1);
		assert_int_equal(rows.rows[i].seq, seqs[i]);
		assert_int_equal(rows.rows[i].after_seq, 0);
	}
	assert_int_equal(rows.rows[4].seq, 1); // number 100
	assert_int_equal(rows.rows[5].seq, 5);
	journal_rows_free(&rows);
	positions[0].seq = 97; // three are left, none of them wanted
	assert_true(journal_read_wish(db, positions, 1, &wish, 50, &rows, &e));
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.rows[0].seq, 100);
	assert_int_equal(rows.rows[0].after_seq, 97);
	journal_rows_free(&rows);
	// The end of the range is looked at, also when nothing in it is wanted.
	helper_script(db, "DELETE FROM journal.event WHERE shop_id = 1 AND seq = 100");
	assert_false(journal_read_wish(db, positions, 1, &wish, 50, &rows, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
}

// The first large row comes without its payload and is the last of its shop.
static void test_read_light(void **state)
{
	struct db *db = *state;
	static uint8_t large[5000];
	struct journal_entry a[] = {helper_entry(1, 30, 0), helper_entry(1, 31, 0), helper_entry(1, 32, 0),
				    helper_entry(2, 33, 0)};
	const struct journal_wish wish = {.light_bytes = 4096, .is_bare = true};
	const struct journal_position positions[] = {{1, 1, 0}, {2, 1, 0}};
	struct journal_rows rows;
	helper_shops(db, 2);
	a[1].payload = (struct slice){large, sizeof(large)};
	helper_append(db, a, 4);
	assert_true(journal_read_wish(db, positions, 2, &wish, 100, &rows, NULL));
	assert_int_equal(rows.count, 3);
	assert_false(rows.rows[0].is_heavy);
	assert_int_equal(rows.rows[0].subject.size + rows.rows[0].principal.size, 0);
	assert_int_equal(rows.rows[1].seq, 2);
	assert_true(rows.rows[1].is_heavy);
	assert_int_equal(rows.rows[1].payload.size, 0);
	assert_int_equal(rows.rows[2].shop_id, 2);
	journal_rows_free(&rows);
}

// Whatever plan the server takes, rows come in order.
static void test_read_order(void **state)
{
	struct db *db = *state;
	helper_shops(db, 2);
	helper_fill(db, 1, 0, 60, 20);
	helper_fill(db, 2, 60, 60, 20);
	helper_script(db, "UPDATE journal.event SET kind = kind WHERE seq % 3 = 0"); // moves them to the end
	assert_true(db_script(db, "SET enable_indexscan = off; SET enable_bitmapscan = off", NULL));
	const struct journal_position positions[] = {{2, 1, 10}, {1, 1, 0}};
	struct journal_rows rows;
	struct err e = {0};
	if (!journal_read(db, positions, 2, 80, &rows, &e))
		fail_msg("%s", e.text);
	assert_int_equal(rows.count, 80);
	for (size_t i = 0; i < 80; i++) {
		assert_int_equal(rows.rows[i].shop_id, i < 40 ? 1 : 2);
		assert_int_equal(rows.rows[i].seq, i < 40 ? i + 1 : i - 40 + 11);
	}
	journal_rows_free(&rows);
	assert_true(db_script(db, "RESET enable_indexscan; RESET enable_bitmapscan", NULL));
}

// A plan that was made while the table was empty meets no more rows of a large one than were asked for.
static void test_read_by_an_old_plan(void **state)
{
	static const struct db_statement *const tables[] = {journal_statements, NULL};
	struct err e = {0};
	struct db *db = db_create(&(struct db_options){.conninfo = getenv("UTARG_TEST_DATABASE"),
						       .statements = tables,
						       .generic_plans = true}, // as readers have it
				  &e);
	struct journal_rows rows;
	const int16_t kind = 25;
	const struct journal_wish wish = {.kinds = &kind, .kind_count = 1};
	const struct journal_position start = {1, 1, 0}, from = {1, 1, 1000};
	assert_non_null(db);
	helper_shops(*state, 2);
	for (int i = 0; i < 10; i++) {
		assert_true(journal_read(db, &start, 1, 100, &rows, NULL));
		journal_rows_free(&rows);
	}
	helper_fill(*state, 1, 0, 4000, 1000);
	assert_true(db_begin(db, &e));
	assert_true(journal_read(db, &from, 1, 100, &rows, &e));
	assert_int_equal(rows.count, 100);
	journal_rows_free(&rows);
	assert_true(journal_read_wish(db, &from, 1, &wish, 100, &rows, &e));
	journal_rows_free(&rows);
	if (!db_script(db,
		       "DO $$ DECLARE met int8; BEGIN"
		       " SELECT seq_tup_read + idx_tup_fetch INTO met FROM pg_stat_xact_all_tables"
		       " WHERE schemaname = 'journal' AND relname = 'event';"
		       " IF met > 400 THEN RAISE '% rows were met', met; END IF; END $$",
		       &e))
		fail_msg("%s", e.text);
	db_rollback(db);
	db_destroy(db);
}

// Who may append can do it with the rights of its role, and nobody can change what stands.
static void test_roles(void **state)
{
	static const char *const appenders[] = {"utarg_ingest", "utarg_campaign"};
	static const char *const readers[] = {"utarg_metrics", "utarg_operator"};
	helper_shops(*state, 1);
	for (uint32_t i = 0; i < 2; i++) {
		struct db *db = helper_connect_as(appenders[i]);
		struct journal_entry entry = helper_entry(1, i, 0);
		helper_append(db, &entry, 1);
		expect_entry(&entry, ERR_OK, i + 1);
		assert_false(db_script(db, "UPDATE journal.event SET kind = 1", NULL));
		assert_string_equal(db_sqlstate(db), "42501");
		assert_false(db_script(db, "DELETE FROM journal.event", NULL));
		assert_string_equal(db_sqlstate(db), "42501");
		assert_false(db_script(db, "UPDATE journal.batch SET chain = digest", NULL));
		assert_string_equal(db_sqlstate(db), "42501");
		db_destroy(db);
	}
	for (int i = 0; i < 2; i++) {
		struct db *db = helper_connect_as(readers[i]);
		struct journal_entry entry = helper_entry(1, 9, 0);
		struct journal_head head;
		size_t head_count;
		helper_verify(db, 1, 2);
		assert_true(db_begin(db, NULL));
		assert_false(journal_append(db, &entry, 1, &head, 1, &head_count, NULL));
		assert_string_equal(db_sqlstate(db), "42501");
		db_rollback(db);
		db_destroy(db);
	}
}

// The server freezes while it commits: end what it was doing, run the identical batch again, and each event
// stands there once, whether the first commit landed or not.
static void test_unknown_commit(void **state)
{
	helper_shops(*state, 1);
	struct db *db = helper_connect_impatient();
	pid_t backend = (pid_t)number(db, "test_backend");
	struct journal_entry entries[] = {helper_entry(1, 1, 0), helper_entry(1, 2, 0)};
	struct journal_head head;
	size_t head_count;
	struct err e = {0};
	assert_true(db_begin(db, &e));
	assert_true(journal_append(db, entries, 2, &head, 1, &head_count, &e));
	assert_int_equal(kill(backend, SIGSTOP), 0);
	enum db_commit verdict = db_commit(db, &e);
	kill(backend, SIGCONT);
	assert_int_equal(verdict, DB_UNKNOWN);
	assert_true(db_end_lost_backend(db, &e));
	helper_append(db, entries, 2);
	assert_true(entries[0].code == ERR_OK || entries[0].code == ERR_DUPLICATE);
	assert_int_equal(entries[0].seq, 1);
	assert_int_equal(entries[1].seq, 2);
	assert_int_equal(number(*state, "test_events"), 2);
	helper_verify(*state, 1, 2);
	db_destroy(db);
}

enum { RACE_EVENTS = 1000, RACE_SHOPS = 3, RACE_BATCH = 50 };

struct racer {
	pthread_t thread;
	uint32_t step; // the order in which it goes through the numbers
	int ok, duplicate, other, retries;
	enum err_code failed;
};

// Appends a batch, again and again while the head is locked by the other.
static void race_batch(struct db *db, struct racer *racer, struct journal_entry *entries)
{
	for (;;) {
		struct journal_head heads[RACE_SHOPS];
		size_t head_count;
		struct err e = {0};
		if (db_begin(db, &e) &&
		    journal_append(db, entries, RACE_BATCH, heads, RACE_SHOPS, &head_count, &e) &&
		    db_commit(db, &e) == DB_COMMITTED)
			break;
		db_rollback(db);
		if (db_fault(db) != DB_FAULT_RETRY || strcmp(db_sqlstate(db), "40P01") == 0) {
			racer->failed = e.code; // a deadlock is a failure here
			return;
		}
		racer->retries++;
	}
	for (int i = 0; i < RACE_BATCH; i++) {
		racer->ok += entries[i].code == ERR_OK;
		racer->duplicate += entries[i].code == ERR_DUPLICATE;
		racer->other += entries[i].code != ERR_OK && entries[i].code != ERR_DUPLICATE;
	}
}

static void *race(void *arg)
{
	struct racer *racer = arg;
	struct db *db = helper_connect(NULL);
	struct journal_entry entries[RACE_BATCH];
	for (uint32_t i = 0; i < RACE_EVENTS && racer->failed == ERR_OK; i += RACE_BATCH) {
		for (uint32_t j = 0; j < RACE_BATCH; j++) {
			uint32_t number = (i + j) * racer->step % RACE_EVENTS;
			entries[j] = helper_entry((int32_t)(number % RACE_SHOPS) + 1, number, 0);
		}
		race_batch(db, racer, entries);
	}
	db_destroy(db);
	return NULL;
}

static void test_race(void **state)
{
	struct db *db = *state;
	helper_shops(db, RACE_SHOPS);
	for (uint32_t i = 0; i < RACE_EVENTS; i++)
		helper_entry(1, i, 0); // payloads are written now, before threads read them
	struct racer racers[2] = {{.step = 1},
				  {.step = 7}}; // 7 shares no factor with 1,000: every number once
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(err_name(racers[i].failed), "OK");
		assert_int_equal(racers[i].ok + racers[i].duplicate, RACE_EVENTS);
		assert_int_equal(racers[i].other, 0);
	}
	assert_int_equal(racers[0].ok + racers[1].ok, RACE_EVENTS);
	assert_int_equal(number(db, "test_events"), RACE_EVENTS);
	assert_int_equal(number(db, "test_ids"), RACE_EVENTS);
	assert_int_equal(number(db, "test_gaps"), 0);
	helper_verify(db, 1, 334);
	helper_verify(db, 2, 333);
	helper_verify(db, 3, 333);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_known_by_payload_only),
		cmocka_unit_test(test_twice_in_one_batch),
		cmocka_unit_test(test_nothing_new),
		cmocka_unit_test(test_many_shops),
		cmocka_unit_test(test_heads_pages),
		cmocka_unit_test(test_unknown_shop),
		cmocka_unit_test(test_rollback_leaves_nothing),
		cmocka_unit_test(test_locked_head),
		cmocka_unit_test(test_bad_principal),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_read_ranges),
		cmocka_unit_test(test_read_gaps),
		cmocka_unit_test(test_read_kinds),
		cmocka_unit_test(test_read_light),
		cmocka_unit_test(test_read_order),
		cmocka_unit_test(test_read_by_an_old_plan),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_unknown_commit),
		cmocka_unit_test(test_race),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
