// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Drafts: rows first, heads last. What refuses one, and two at once on one shop.
#include "common/journal/draft.h"
#include "tests/unit/journal/helper_journal.h"

#include <stdlib.h>
#include <string.h>

static const struct db_statement statements[] = {
	{"test_events", "SELECT count(*) FROM journal.event"},
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

static int64_t count_events(struct db *db)
{
	struct db_result *result = NULL;
	assert_true(db_run(db, "test_events", NULL, 0, &result, NULL));
	int64_t count = db_get_int(result, 0, 0);
	db_result_free(result);
	return count;
}

// Fills in what is true now.
static void guess_truly(struct db *db, struct journal_draft *draft)
{
	struct journal_head *heads = NULL;
	size_t head_count, shop_count;
	struct journal_draft_shop *shops = journal_draft_shops(draft, &shop_count);
	assert_true(journal_heads(db, &heads, &head_count, NULL));
	for (size_t i = 0; i < shop_count; i++) {
		const struct journal_head *head = &heads[shops[i].shop_id - 1];
		shops[i].first_seq = head->seq + 1;
		shops[i].epoch = head->epoch;
		memcpy(shops[i].previous, head->chain, JOURNAL_DIGEST_SIZE);
	}
	free(heads);
}

static void append_draft(struct db *db, struct journal_entry *entries, size_t count)
{
	bool elsewhere;
	struct journal_draft *draft = journal_draft_create(entries, count);
	guess_truly(db, draft);
	assert_true(journal_draft_write(db, draft, NULL));
	assert_int_equal(journal_draft_commit(db, draft, &elsewhere, NULL), DB_COMMITTED);
	assert_false(elsewhere);
	journal_draft_settle(draft);
	journal_draft_destroy(draft);
}

// A few rows go by INSERT, more by COPY.
static void test_sizes(void **state)
{
	struct db *db = *state;
	static const size_t sizes[] = {1, 2, 31, 32, 33, 200};
	struct journal_entry entries[200];
	uint32_t number = 0;
	helper_shops(db, 2);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		// The greatest id first: rows go by id, seqs by entry.
		for (size_t i = 0; i < sizes[s]; i++)
			entries[i] = helper_entry(1 + (int32_t)(i % 2), number + (uint32_t)(sizes[s] - i), 0);
		number += 1000;
		append_draft(db, entries, sizes[s]);
		for (size_t i = 2; i < sizes[s]; i++)
			assert_int_equal(entries[i].seq, entries[i - 2].seq + 1);
		assert_int_equal(entries[0].code, ERR_OK);
		assert_int_equal(entries[0].epoch, 1);
	}
	assert_int_equal(count_events(db), 1 + 2 + 31 + 32 + 33 + 200);
	helper_verify(db, 1, 1 + 1 + 16 + 16 + 17 + 100);
	helper_verify(db, 2, 0 + 1 + 15 + 16 + 16 + 100);
}

static void refuse(struct db *db, size_t count, int spoil)
{
	struct journal_entry entries[40];
	bool elsewhere;
	for (uint32_t i = 0; i < count; i++)
		entries[i] = helper_entry(1, 100 + i, 0);
	struct journal_draft *draft = journal_draft_create(entries, count);
	guess_truly(db, draft);
	size_t shop_count;
	struct journal_draft_shop *shop = journal_draft_shops(draft, &shop_count);
	if (spoil == 0)
		shop->first_seq++;
	else if (spoil == 1)
		shop->epoch++;
	else
		shop->previous[0] ^= 1;
	assert_true(journal_draft_write(db, draft, NULL));
	assert_int_equal(journal_draft_commit(db, draft, &elsewhere, NULL), DB_NOT_COMMITTED);
	assert_true(elsewhere);
	journal_draft_destroy(draft);
	assert_int_equal(count_events(db), 3);
}

// Seq, epoch and chain are all compared, and nothing of a refused draft stays.
static void test_elsewhere(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	helper_fill(db, 1, 0, 3, 3);
	for (int spoil = 0; spoil < 3; spoil++) {
		refuse(db, 2, spoil);
		refuse(db, 40, spoil);
	}
	helper_verify(db, 1, 3);
}

static void test_known_id(void **state)
{
	struct db *db = *state;
	helper_shops(db, 1);
	helper_fill(db, 1, 0, 3, 3);
	for (uint32_t count = 2; count <= 40; count += 38) {
		struct journal_entry entries[40];
		bool elsewhere = false;
		struct err e = {0};
		for (uint32_t i = 0; i < count; i++)
			entries[i] = helper_entry(1, 2 + i, 0);
		struct journal_draft *draft = journal_draft_create(entries, count);
		guess_truly(db, draft);
		// An INSERT is answered with the heads, a COPY by itself.
		if (journal_draft_write(db, draft, &e))
			assert_int_equal(journal_draft_commit(db, draft, &elsewhere, NULL), DB_NOT_COMMITTED);
		else
			db_rollback(db);
		assert_false(elsewhere);
		assert_string_equal(db_sqlstate(db), "23505");
		journal_draft_destroy(draft);
	}
	helper_verify(db, 1, 3);
}

static void test_unknown_shop(void **state)
{
	struct db *db = *state;
	bool elsewhere;
	helper_shops(db, 1);
	struct journal_entry entry = helper_entry(7, 1, 0);
	struct journal_draft *draft = journal_draft_create(&entry, 1);
	size_t shop_count;
	journal_draft_shops(draft, &shop_count)->first_seq = 1;
	assert_true(journal_draft_write(db, draft, NULL));
	assert_int_equal(journal_draft_commit(db, draft, &elsewhere, NULL), DB_NOT_COMMITTED);
	assert_true(elsewhere);
	journal_draft_destroy(draft);
}

// The second is written while the first has neither moved nor committed.
static void test_two_at_once(void **state)
{
	struct db *db = *state, *other = helper_connect(NULL);
	bool elsewhere;
	helper_shops(db, 1);
	for (size_t count = 2; count <= 40; count += 38) {
		struct journal_entry first[40], second[40];
		for (uint32_t i = 0; i < count; i++) {
			first[i] = helper_entry(1, (uint32_t)count * 10 + i, 0);
			second[i] = helper_entry(1, (uint32_t)count * 100 + i, 0);
		}
		struct journal_draft *a = journal_draft_create(first, count);
		struct journal_draft *b = journal_draft_create(second, count);
		size_t shop_count;
		guess_truly(db, a);
		struct journal_draft_shop *x = journal_draft_shops(a, &shop_count);
		struct journal_draft_shop *y = journal_draft_shops(b, &shop_count);
		y->first_seq = x->first_seq + (int64_t)count;
		y->epoch = x->epoch;
		assert_true(journal_draft_write(other, b, NULL));
		assert_true(journal_draft_write(db, a, NULL));
		assert_int_equal(journal_draft_commit(db, a, &elsewhere, NULL), DB_COMMITTED);
		memcpy(y->previous, x->chain, JOURNAL_DIGEST_SIZE);
		assert_int_equal(journal_draft_commit(other, b, &elsewhere, NULL), DB_COMMITTED);
		journal_draft_destroy(a);
		journal_draft_destroy(b);
	}
	helper_verify(db, 1, 84);
	db_destroy(other);
}

static void test_find(void **state)
{
	struct db *db = *state;
	helper_shops(db, 2);
	helper_fill(db, 1, 0, 3, 3);
	struct journal_entry entries[] = {helper_entry(1, 1, 0), helper_entry(1, 2, 1), helper_entry(2, 1, 0),
					  helper_entry(1, 9, 0)};
	assert_true(journal_find(db, entries, 4, NULL));
	assert_int_equal(entries[0].code, ERR_DUPLICATE);
	assert_int_equal(entries[0].seq, 2);
	assert_int_equal(entries[0].epoch, 1);
	assert_int_equal(entries[1].code, ERR_CONFLICT);
	assert_int_equal(entries[1].seq, 3);
	assert_int_equal(entries[2].code, ERR_OK); // of another shop
	assert_int_equal(entries[3].code, ERR_OK);
	assert_int_equal(entries[3].seq, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),       cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_known_id),    cmocka_unit_test(test_unknown_shop),
		cmocka_unit_test(test_two_at_once), cmocka_unit_test(test_find),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
