// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Following: news by doorbell and by sweep, fairness, lag, and a raised epoch.
#include "common/journal/follow.h"
#include "tests/unit/journal/helper_journal.h"

#include <stdio.h>
#include <string.h>

struct fixture {
	struct db *db;
	struct journal_follow *follow;
};

static struct fixture fixture;

static int set_up(void **state)
{
	fixture.db = helper_connect(NULL);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	db_destroy(fixture.db);
	return 0;
}

static int begin_each(void **state)
{
	(void)state;
	helper_shops(fixture.db, 3);
	fixture.follow = journal_follow_create(100);
	return 0;
}

static int end_each(void **state)
{
	(void)state;
	journal_follow_destroy(fixture.follow);
	return 0;
}

static void sweep(struct fixture *f)
{
	struct err e = {0};
	if (!journal_follow_sweep(f->follow, f->db, &e))
		fail_msg("%s", e.text);
}

// Reads once and moves past what came; counts[shop] grows by the rows of each shop. Returns the rows.
static size_t step(struct fixture *f, int64_t counts[4])
{
	struct journal_rows rows;
	struct err e = {0};
	if (!journal_follow_read(f->follow, f->db, &rows, &e))
		fail_msg("%s", e.text);
	size_t count = rows.count;
	for (size_t i = 0; i < count; i++) {
		const struct journal_row *row = &rows.rows[i];
		struct journal_position at;
		assert_true(journal_follow_position(f->follow, row->shop_id, &at));
		assert_int_equal(row->seq, at.epoch == row->epoch ? at.seq + 1 : 1); // contiguous
		at = (struct journal_position){row->shop_id, row->epoch, row->seq};
		journal_follow_moved(f->follow, at);
		counts[row->shop_id]++;
	}
	journal_rows_free(&rows);
	return count;
}

static void expect_position(struct fixture *f, int32_t shop_id, int64_t epoch, int64_t seq)
{
	struct journal_position at = {0};
	assert_true(journal_follow_position(f->follow, shop_id, &at));
	assert_int_equal(at.epoch, epoch);
	assert_int_equal(at.seq, seq);
}

static void test_sweep(void **state)
{
	struct fixture *f = *state;
	helper_fill(f->db, 1, 0, 30, 30);
	helper_fill(f->db, 3, 30, 5, 5);
	struct journal_position at;
	assert_false(journal_follow_position(f->follow, 1, &at));
	assert_false(journal_follow_is_behind(f->follow));
	sweep(f);
	assert_true(journal_follow_is_behind(f->follow));
	assert_int_equal(journal_follow_lag(f->follow), 35);
	expect_position(f, 2, 0, 0);
	assert_true(journal_follow_head(f->follow, 3, &at));
	assert_int_equal(at.epoch, 1);
	assert_int_equal(at.seq, 5);
	assert_false(journal_follow_head(f->follow, 99, &at));
	int64_t counts[4] = {0};
	assert_int_equal(step(f, counts), 35);
	assert_int_equal(counts[1], 30);
	assert_int_equal(counts[3], 5);
	assert_false(journal_follow_is_behind(f->follow));
	assert_int_equal(journal_follow_lag(f->follow), 0);
	expect_position(f, 1, 1, 30);
	assert_int_equal(step(f, counts), 0);
	helper_fill(f->db, 2, 40, 2, 2);
	sweep(f);
	assert_int_equal(journal_follow_lag(f->follow), 2);
}

static void test_ring(void **state)
{
	struct fixture *f = *state;
	int64_t counts[4] = {0};
	helper_fill(f->db, 1, 0, 10, 10);
	journal_follow_ring(f->follow, 1, 1, 10); // not known yet
	assert_false(journal_follow_is_behind(f->follow));
	journal_follow_add(f->follow, (struct journal_position){1, 1, 4});
	assert_false(journal_follow_is_behind(f->follow));
	journal_follow_ring(f->follow, 1, 1, 10);
	journal_follow_ring(f->follow, 1, 1, 7); // late: known already
	assert_int_equal(journal_follow_lag(f->follow), 6);
	assert_int_equal(step(f, counts), 6);
	assert_false(journal_follow_is_behind(f->follow));
	journal_follow_ring(f->follow, 1, 1, 10);
	assert_false(journal_follow_is_behind(f->follow));
}

// A doorbell that promises what the journal does not have must not keep the follower busy.
static void test_false_ring(void **state)
{
	struct fixture *f = *state;
	int64_t counts[4] = {0};
	helper_fill(f->db, 1, 0, 10, 10);
	journal_follow_add(f->follow, (struct journal_position){1, 1, 8});
	journal_follow_ring(f->follow, 1, 1, 1000000);
	journal_follow_add(f->follow, (struct journal_position){77, 1, 0});
	journal_follow_ring(f->follow, 77, 1, 3); // there is no such shop
	assert_int_equal(step(f, counts), 2);
	assert_false(journal_follow_is_behind(f->follow));
	assert_int_equal(journal_follow_lag(f->follow), 0);
	journal_follow_ring(f->follow, 1, 1, 1000000); // and nothing else is new anywhere
	assert_int_equal(step(f, counts), 0);
	assert_false(journal_follow_is_behind(f->follow));
}

static void test_fairness(void **state)
{
	struct fixture *f = *state;
	int64_t counts[4] = {0};
	helper_fill(f->db, 1, 0, 2000, 500);
	helper_fill(f->db, 2, 2000, 60, 60);
	helper_fill(f->db, 3, 2060, 1, 1);
	sweep(f);
	assert_true(step(f, counts) <= 100);
	// The large one takes its share, not more, and the small ones are served in the first read.
	assert_int_equal(counts[1], 33);
	assert_int_equal(counts[2], 33);
	assert_int_equal(counts[3], 1);
	step(f, counts);
	assert_int_equal(counts[2], 60);
	assert_int_equal(step(f, counts), 100); // alone it gets everything
	int reads = 3;
	while (journal_follow_is_behind(f->follow)) {
		assert_true(step(f, counts) > 0);
		reads++;
	}
	assert_int_equal(counts[1], 2000);
	assert_int_equal(reads, 3 + 19);
}

// More shops behind than rows at once: each read takes the next ones in turn.
static void test_many_behind(void **state)
{
	struct fixture *f = *state;
	enum { SHOPS = 25, EACH = 3 };
	helper_shops(f->db, SHOPS);
	struct journal_entry entries[SHOPS * EACH];
	for (uint32_t i = 0; i < SHOPS * EACH; i++)
		entries[i] = helper_entry((int32_t)(i % SHOPS) + 1, i, 0);
	helper_append(f->db, entries, SHOPS * EACH);
	struct journal_follow *follow = journal_follow_create(10);
	assert_true(journal_follow_sweep(follow, f->db, NULL));
	assert_int_equal(journal_follow_lag(follow), SHOPS * EACH);
	int seen[SHOPS + 1] = {0}, met = 0;
	for (int read = 0; read < 3; read++) {
		struct journal_rows rows;
		assert_true(journal_follow_read(follow, f->db, &rows, NULL));
		assert_int_equal(rows.count, 10);
		for (size_t i = 0; i < rows.count; i++) {
			met += seen[rows.rows[i].shop_id]++ == 0;
			journal_follow_moved(
				follow, (struct journal_position){rows.rows[i].shop_id, 1, rows.rows[i].seq});
		}
		journal_rows_free(&rows);
	}
	assert_int_equal(met, SHOPS); // all met once before any third time
	for (int shop = 1; shop <= SHOPS; shop++)
		assert_in_range(seen[shop], 1, 2);
	journal_follow_destroy(follow);
}

// Two hundred busy shops: few are read at once, with many rows each, and one with a single event among them
// waits no longer than a turn of all.
static void test_busy_shops(void **state)
{
	struct fixture *f = *state;
	enum { SHOPS = 200, EACH = 60, SMALL = 150 };
	helper_shops(f->db, SHOPS);
	for (int32_t shop = 1; shop <= SHOPS; shop++)
		helper_fill(f->db, shop, (uint32_t)shop * EACH, shop == SMALL ? 1 : EACH, EACH);
	struct journal_follow *follow = journal_follow_create(1000);
	assert_true(journal_follow_sweep(follow, f->db, NULL));
	bool small_seen = false;
	int small_read = 0;
	for (int read = 1; journal_follow_is_behind(follow); read++) {
		struct journal_rows rows;
		size_t shops = 0;
		assert_true(journal_follow_read(follow, f->db, &rows, NULL));
		assert_in_range(rows.count, 1, 1000);
		for (size_t i = 0; i < rows.count; i++) {
			shops += i == 0 || rows.rows[i].shop_id != rows.rows[i - 1].shop_id;
			small_read = !small_seen && rows.rows[i].shop_id == SMALL ? read : small_read;
			small_seen = small_seen || rows.rows[i].shop_id == SMALL;
			journal_follow_moved(
				follow, (struct journal_position){rows.rows[i].shop_id, 1, rows.rows[i].seq});
		}
		if (read <= 4) // later ones are nearly through, and have less than a share left
			assert_true(shops <= 41); // 40 with a share, and perhaps the small one
		journal_rows_free(&rows);
	}
	assert_int_equal(journal_follow_lag(follow), 0);
	assert_in_range(small_read, 1, SHOPS / 40);
	journal_follow_destroy(follow);
}

static void test_epoch(void **state)
{
	struct fixture *f = *state;
	int64_t counts[4] = {0};
	helper_fill(f->db, 1, 0, 150, 50);
	sweep(f);
	while (journal_follow_is_behind(f->follow))
		step(f, counts);
	expect_position(f, 1, 1, 150);
	helper_script(f->db, "UPDATE journal.head SET epoch = 2 WHERE shop_id = 1");
	journal_follow_ring(f->follow, 1, 2, 150);
	assert_int_equal(journal_follow_lag(f->follow), 150); // all of it again
	assert_int_equal(step(f, counts), 100);
	expect_position(f, 1, 2, 100);
	assert_int_equal(journal_follow_lag(f->follow), 50);
	assert_int_equal(step(f, counts), 50);
	assert_false(journal_follow_is_behind(f->follow));
	journal_follow_ring(f->follow, 1, 1, 900); // a late doorbell of the old epoch
	assert_false(journal_follow_is_behind(f->follow));
}

// The same found by reading only: news of the old epoch rang, and meanwhile the epoch has risen.
static void test_epoch_met_while_reading(void **state)
{
	struct fixture *f = *state;
	int64_t counts[4] = {0};
	helper_fill(f->db, 1, 0, 250, 50);
	journal_follow_add(f->follow, (struct journal_position){1, 1, 240});
	journal_follow_ring(f->follow, 1, 1, 250);
	helper_script(f->db, "UPDATE journal.head SET epoch = 2 WHERE shop_id = 1");
	assert_int_equal(step(f, counts), 10); // as many as were thought to be new, from the first on
	expect_position(f, 1, 2, 10);
	assert_true(journal_follow_is_behind(f->follow));
	while (journal_follow_is_behind(f->follow))
		step(f, counts);
	assert_int_equal(counts[1], 250);
	expect_position(f, 1, 2, 250);
}

// Rows of the old epoch are in the consumer's hands when it rises. What it still commits of them changes
// nothing: the next read begins at the first event of the new one.
static void test_epoch_rises_above_rows_in_memory(void **state)
{
	struct fixture *f = *state;
	struct journal_rows rows;
	struct err e = {0};
	int64_t counts[4] = {0};
	helper_fill(f->db, 1, 0, 150, 50);
	sweep(f);
	assert_true(journal_follow_read(f->follow, f->db, &rows, &e));
	assert_int_equal(rows.count, 100);
	helper_script(f->db, "UPDATE journal.head SET epoch = 7 WHERE shop_id = 1");
	sweep(f);
	assert_int_equal(journal_follow_lag(f->follow), 150);
	journal_follow_moved(f->follow, (struct journal_position){1, 1, rows.rows[99].seq});
	journal_rows_free(&rows);
	assert_int_equal(journal_follow_lag(f->follow), 150);
	while (journal_follow_is_behind(f->follow))
		step(f, counts);
	assert_int_equal(counts[1], 150);
	expect_position(f, 1, 7, 150);
}

// A database put back without raising the epoch has forgotten what was read.
static void test_journal_went_back(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	helper_fill(f->db, 1, 0, 10, 10);
	helper_fill(f->db, 2, 10, 3, 3);
	journal_follow_add(f->follow, (struct journal_position){1, 1, 12});
	assert_false(journal_follow_sweep(f->follow, f->db, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_non_null(strstr(e.text, "shop 1 was read up to event 12"));
	assert_int_equal(journal_follow_lag(f->follow), 3); // the others are learnt all the same
}

// A gap fails the read of all, and the check tells whose it is; also behind a heavy row.
static void test_check(void **state)
{
	struct fixture *f = *state;
	struct journal_rows rows;
	struct err e = {0};
	helper_fill(f->db, 1, 0, 10, 10);
	helper_fill(f->db, 2, 10, 10, 10);
	helper_script(f->db, "UPDATE journal.event SET payload = convert_to(repeat('x', 5000), 'UTF8')"
			     " WHERE shop_id = 2 AND seq = 3");
	sweep(f);
	for (int64_t seq = 2; seq <= 4; seq += 2) { // before and behind the heavy one
		char script[100];
		snprintf(script, sizeof(script), "DELETE FROM journal.event WHERE shop_id = 2 AND seq = %d",
			 (int)(6 - seq));
		helper_script(f->db, script);
		assert_true(journal_follow_check(f->follow, f->db, 1, &e));
		assert_false(journal_follow_check(f->follow, f->db, 2, &e));
		assert_int_equal(e.code, ERR_INTERNAL);
	}
	assert_false(journal_follow_read(f->follow, f->db, &rows, &e));
	assert_true(journal_follow_check(f->follow, f->db, 3, &e));
	assert_true(journal_follow_check(f->follow, f->db, 77, &e)); // never heard of
}

// What is read and not moved past is read again.
static void test_not_moved(void **state)
{
	struct fixture *f = *state;
	helper_fill(f->db, 1, 0, 10, 10);
	sweep(f);
	for (int i = 0; i < 2; i++) {
		struct journal_rows rows;
		assert_true(journal_follow_read(f->follow, f->db, &rows, NULL));
		assert_int_equal(rows.count, 10);
		assert_int_equal(rows.rows[0].seq, 1);
		journal_rows_free(&rows);
		assert_true(journal_follow_is_behind(f->follow));
	}
}

// Light rows in large reads; a heavy one in a small read of its own kind, in its turn.
static void test_heavy(void **state)
{
	struct fixture *f = *state;
	enum { EVENTS = 60, HEAVY_BYTES = 30000 };
	static uint8_t heavy[HEAVY_BYTES];
	struct journal_entry entries[EVENTS];
	memset(heavy, 'h', sizeof(heavy));
	for (uint32_t i = 0; i < EVENTS; i++) {
		entries[i] = helper_entry(1, i, 0);
		if (i == 0 || (i >= 20 && i < 23))
			entries[i].payload = (struct slice){heavy, sizeof(heavy)};
	}
	helper_append(f->db, entries, EVENTS);
	helper_fill(f->db, 2, 100, 300, 100);
	sweep(f);
	size_t given = 0;
	while (journal_follow_is_behind(f->follow)) {
		struct journal_rows rows;
		struct err e = {0};
		if (!journal_follow_read(f->follow, f->db, &rows, &e))
			fail_msg("%s", e.text);
		assert_true(rows.count > 0 && rows.count <= 100);
		for (size_t i = 0; i < rows.count; i++) {
			const struct journal_row *row = &rows.rows[i];
			struct journal_position at;
			assert_true(journal_follow_position(f->follow, row->shop_id, &at));
			assert_int_equal(row->seq, at.seq + 1);
			assert_false(row->is_heavy);
			assert_true(row->payload.size > 0);
			assert_int_equal(row->principal.size + row->subject.size, 0);
			journal_follow_moved(f->follow,
					     (struct journal_position){row->shop_id, row->epoch, row->seq});
			given++;
		}
		for (size_t i = 0; i < rows.count; i++)
			if (rows.rows[i].payload.size == HEAVY_BYTES)
				assert_int_equal(rows.rows[rows.count - 1].shop_id, 1); // nobody else's
		journal_rows_free(&rows);
	}
	assert_int_equal(given, EVENTS + 300);
	assert_true(journal_follow_read_bytes(f->follow, HEAVY_BYTES) < 100 * (HEAVY_BYTES + 1024));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, begin_each, end_each)
	const struct CMUnitTest tests[] = {
		CASE(test_sweep),
		CASE(test_ring),
		CASE(test_false_ring),
		CASE(test_fairness),
		CASE(test_many_behind),
		CASE(test_busy_shops),
		CASE(test_epoch),
		CASE(test_epoch_met_while_reading),
		CASE(test_epoch_rises_above_rows_in_memory),
		CASE(test_journal_went_back),
		CASE(test_check),
		CASE(test_not_moved),
		CASE(test_heavy),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
