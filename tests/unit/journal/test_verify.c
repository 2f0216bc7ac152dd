// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Verification finds whatever was done to a journal behind its back, and names the batch.
#include "tests/unit/journal/helper_journal.h"

#include <string.h>

enum { EVENTS = 1000, BATCH = 60 }; // 17 batches, more rows than a page; event 130 is in 121..180

static int set_up(void **state)
{
	*state = helper_connect(NULL);
	return 0;
}

static int tear_down(void **state)
{
	db_destroy(*state);
	return 0;
}

static int fill(void **state)
{
	helper_shops(*state, 2);
	helper_fill(*state, 1, 0, EVENTS, BATCH);
	helper_fill(*state, 2, 1000, 5, 1);
	return 0;
}

struct told {
	int calls;
	int64_t seq, head_seq;
};

static void on_progress(void *arg, int64_t seq, int64_t head_seq)
{
	struct told *told = arg;
	told->calls++;
	told->seq = seq;
	told->head_seq = head_seq;
}

static void test_clean(void **state)
{
	struct told told = {0};
	int64_t seq = 0;
	assert_true(db_begin_snapshot(*state, NULL));
	assert_true(journal_verify(*state, 1, "shop-1", &seq, on_progress, &told, NULL));
	db_rollback(*state);
	assert_int_equal(seq, EVENTS);
	assert_int_equal(told.calls, 17);
	assert_int_equal(told.seq, EVENTS);
	assert_int_equal(told.head_seq, EVENTS);
	helper_verify(*state, 2, 5);
}

// Runs the damage, expects the sentence.
static void expect_fault(struct db *db, const char *damage, const char *slug, const char *sentence)
{
	struct err e = {0};
	helper_script(db, damage);
	assert_true(db_begin_snapshot(db, NULL));
	bool ok = journal_verify(db, 1, slug, NULL, NULL, NULL, &e);
	db_rollback(db);
	assert_false(ok);
	assert_int_equal(e.code, ERR_CONFLICT);
	assert_string_equal(e.text, sentence);
	helper_verify(db, 2, 5); // the neighbour is well
}

static const char changed[] = "shop 1, batch 121..180: its events are not those that were accepted";

static void test_flipped_byte(void **state)
{
	expect_fault(*state,
		     "UPDATE journal.event SET payload = set_byte(payload, 3, get_byte(payload, 3) # 1)"
		     " WHERE shop_id = 1 AND seq = 130",
		     "shop-1", changed);
}

static void test_every_column(void **state)
{
	static const char *const damages[] = {
		"UPDATE journal.event SET kind = kind + 1 WHERE shop_id = 1 AND seq = 130",
		"UPDATE journal.event SET event_time = event_time + interval '1 ms' WHERE shop_id = 1 AND "
		"seq = 130",
		"UPDATE journal.event SET received_at = received_at - interval '1 ms' WHERE shop_id = 1 AND "
		"seq = 130",
		"UPDATE journal.event SET principal = 'else' WHERE shop_id = 1 AND seq = 130",
		"UPDATE journal.event SET origin = origin + 1 WHERE shop_id = 1 AND seq = 130",
		"UPDATE journal.event SET event_id = gen_random_uuid() WHERE shop_id = 1 AND seq = 130",
	};
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		fill(state);
		expect_fault(*state, damages[i], "shop-1", changed);
	}
}

static void test_subject(void **state)
{
	expect_fault(*state, "UPDATE journal.event SET visitor = 'other' WHERE shop_id = 1 AND seq = 130",
		     "shop-1", "shop 1, batch 121..180: its subjects are not those that were accepted");
}

static void test_deleted_row(void **state)
{
	expect_fault(*state, "DELETE FROM journal.event WHERE shop_id = 1 AND seq = 130", "shop-1",
		     "shop 1, batch 121..180: event 130 is missing");
}

static void test_deleted_last_row(void **state)
{
	expect_fault(*state, "DELETE FROM journal.event WHERE shop_id = 1 AND seq = 1000", "shop-1",
		     "shop 1, batch 961..1000: event 1000 is missing");
}

static void test_swapped_rows(void **state)
{
	expect_fault(*state,
		     "UPDATE journal.event SET seq = -1 WHERE shop_id = 1 AND seq = 130;"
		     "UPDATE journal.event SET seq = 130 WHERE shop_id = 1 AND seq = 131;"
		     "UPDATE journal.event SET seq = 131 WHERE shop_id = 1 AND seq = -1",
		     "shop-1", changed);
}

static void test_deleted_batch(void **state)
{
	expect_fault(*state, "DELETE FROM journal.batch WHERE shop_id = 1 AND first_seq = 121", "shop-1",
		     "shop 1, batch 181..240: it does not follow the batch before it");
}

static void test_broken_link(void **state)
{
	expect_fault(*state,
		     "UPDATE journal.batch SET chain = set_byte(chain, 0, get_byte(chain, 0) # 1)"
		     " WHERE shop_id = 1 AND first_seq = 121",
		     "shop-1", "shop 1, batch 121..180: the chain breaks here");
}

// The end cut off consistently still contradicts the head.
static void test_cut_end(void **state)
{
	expect_fault(*state,
		     "DELETE FROM journal.event WHERE shop_id = 1 AND seq > 960;"
		     "DELETE FROM journal.batch WHERE shop_id = 1 AND last_seq > 960",
		     "shop-1", "shop 1: the head is at event 1000 and the last batch ends at 960");
}

static void test_row_without_batch(void **state)
{
	expect_fault(*state,
		     "INSERT INTO journal.event SELECT shop_id, 1001, gen_random_uuid(), kind, event_time, "
		     "received_at,"
		     " principal, origin, visitor, customer, subject, payload FROM journal.event"
		     " WHERE shop_id = 1 AND seq = 1",
		     "shop-1", "shop 1: event 1001 belongs to no batch");
}

static void test_row_before_the_first(void **state)
{
	expect_fault(*state,
		     "INSERT INTO journal.event SELECT shop_id, 0, gen_random_uuid(), kind, event_time, "
		     "received_at,"
		     " principal, origin, visitor, customer, subject, payload FROM journal.event"
		     " WHERE shop_id = 1 AND seq = 1",
		     "shop-1", "shop 1: event 0 belongs to no batch");
}

static void test_changed_head(void **state)
{
	expect_fault(*state, "UPDATE journal.head SET chain = sha256('x') WHERE shop_id = 1", "shop-1",
		     "shop 1: the head is at event 1000 and the last batch ends at 1000 with another chain");
}

// The chain is bound to the shop's name: a journal does not pass for another shop's.
static void test_other_slug(void **state)
{
	expect_fault(*state, "SELECT 1", "shop-2", "shop 1, batch 1..60: the chain breaks here");
}

static void test_no_shop(void **state)
{
	struct err e = {0};
	assert_false(journal_verify(*state, 77, "shop-77", NULL, NULL, NULL, &e));
	assert_int_equal(e.code, ERR_UNKNOWN_SHOP);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup(test, fill)
	const struct CMUnitTest tests[] = {
		CASE(test_clean),        CASE(test_flipped_byte),      CASE(test_every_column),
		CASE(test_subject),      CASE(test_deleted_row),       CASE(test_deleted_last_row),
		CASE(test_swapped_rows), CASE(test_deleted_batch),     CASE(test_broken_link),
		CASE(test_cut_end),      CASE(test_row_without_batch), CASE(test_row_before_the_first),
		CASE(test_changed_head), CASE(test_other_slug),        CASE(test_no_shop),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
