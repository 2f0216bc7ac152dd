// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The rules of guess.h, without a database: places, whose turn it is, and what a refusal breaks.
#include "common/journal/guess.h"
#include "tests/unit/journal/helper_journal.h"

#include <string.h>

static struct journal_head head_at(int32_t shop_id, int64_t seq)
{
	struct journal_head head = {.shop_id = shop_id, .seq = seq, .epoch = 1};
	memset(head.chain, (int)seq, sizeof(head.chain));
	return head;
}

static struct journal_guess *guess_of(int32_t shop_count, int64_t seq)
{
	struct journal_guess *guess = journal_guess_create();
	for (int32_t shop = 1; shop <= shop_count; shop++) {
		struct journal_head head = head_at(shop, seq);
		journal_guess_learn(guess, &head, seq, 1000);
	}
	return guess;
}

static struct journal_draft_shop drafted(int32_t shop_id, size_t count)
{
	return (struct journal_draft_shop){.shop_id = shop_id, .count = count};
}

static void test_knows(void **state)
{
	(void)state;
	struct journal_guess *guess = guess_of(1, 7);
	assert_true(journal_guess_knows(guess, 1, 0));
	assert_false(journal_guess_knows(guess, 2, 0));
	journal_guess_hold(guess, 1, 50);
	assert_false(journal_guess_knows(guess, 1, 49));
	assert_true(journal_guess_knows(guess, 1, 50));
	journal_guess_destroy(guess);
}

// Two writers whose batches overlap all the time must not keep each other from drafting.
static void test_soon_knows(void **state)
{
	(void)state;
	struct journal_guess *guess = journal_guess_create();
	struct journal_head head = head_at(1, 5);
	int32_t shop = 1;
	journal_guess_begin(guess, 0, NULL, 0, &shop, 1);
	assert_false(journal_guess_knows(guess, 1, 0));
	assert_true(journal_guess_soon_knows(guess, 1, 0));
	assert_false(journal_guess_soon_knows(guess, 2, 0));
	journal_guess_learn(guess, &head, 5, 1000);
	journal_guess_end(guess, 0);
	assert_true(journal_guess_knows(guess, 1, 0));
	assert_false(journal_guess_soon_knows(guess, 1, 0));
	journal_guess_begin(guess, 1, NULL, 0, &shop, 1);
	journal_guess_hold(guess, 1, 50);
	assert_false(journal_guess_soon_knows(guess, 1, 49)); // others append there: alone is right
	assert_true(journal_guess_soon_knows(guess, 1, 50));
	journal_guess_end(guess, 1);
	journal_guess_destroy(guess);
}

static void test_places_and_turns(void **state)
{
	(void)state;
	struct journal_guess *guess = guess_of(2, 10);
	struct journal_draft_shop a[] = {drafted(1, 3), drafted(2, 1)}, b[] = {drafted(1, 5)};
	assert_true(journal_guess_may_begin(guess, 0));
	assert_false(journal_guess_may_begin(guess, 1));
	journal_guess_begin(guess, 0, a, 2, NULL, 0);
	journal_guess_begin(guess, 1, b, 1, NULL, 0);
	assert_int_equal(a[0].first_seq, 11);
	assert_int_equal(a[1].first_seq, 11);
	assert_int_equal(b[0].first_seq, 14);
	assert_true(journal_guess_may_commit(guess, 0));
	assert_false(journal_guess_may_commit(guess, 1));
	journal_guess_expect(guess, 0);
	assert_int_equal(a[0].epoch, 1);
	assert_int_equal(a[0].previous[0], 10);
	memset(a[0].chain, 99, sizeof(a[0].chain));
	journal_guess_committed(guess, 0);
	assert_true(journal_guess_may_commit(guess, 1));
	journal_guess_expect(guess, 1);
	assert_int_equal(b[0].previous[0], 99);
	journal_guess_committed(guess, 1);
	journal_guess_end(guess, 1);
	journal_guess_end(guess, 0);
	assert_true(journal_guess_may_begin(guess, 2));
	journal_guess_destroy(guess);
}

static void test_refusal_breaks_what_stands_on_it(void **state)
{
	(void)state;
	struct journal_guess *guess = guess_of(3, 0);
	struct journal_draft_shop a[] = {drafted(1, 1)}, b[] = {drafted(1, 1), drafted(2, 1)},
				  c[] = {drafted(3, 1)};
	journal_guess_begin(guess, 0, a, 1, NULL, 0);
	journal_guess_begin(guess, 1, b, 2, NULL, 0);
	journal_guess_begin(guess, 2, c, 1, NULL, 0);
	journal_guess_refuse(guess, 0, 500);
	assert_true(journal_guess_is_broken(guess, 1));
	assert_false(journal_guess_is_broken(guess, 2));    // another shop
	assert_false(journal_guess_may_go_alone(guess, 0)); // the broken one may hold what it needs
	journal_guess_refuse(guess, 1, INT64_MIN);
	assert_true(journal_guess_may_go_alone(guess, 0));
	assert_false(journal_guess_may_go_alone(guess, 1)); // after the first
	assert_true(journal_guess_may_commit(guess, 2));
	assert_false(journal_guess_knows(guess, 1, 1000)); // somebody goes alone with it
	journal_guess_end(guess, 0);
	assert_true(journal_guess_may_go_alone(guess, 1));
	struct journal_head heads[] = {head_at(1, 2), head_at(2, 1)};
	journal_guess_learn(guess, &heads[0], 2, INT64_MIN);
	journal_guess_learn(guess, &heads[1], 1, INT64_MIN);
	journal_guess_end(guess, 1);
	assert_false(journal_guess_knows(guess, 1, 499)); // held
	assert_true(journal_guess_knows(guess, 1, 500));
	assert_true(journal_guess_knows(guess, 2, 0)); // refused only because of the other
	journal_guess_destroy(guess);
}

// A later one loses its connection while it writes; the earlier one, on the same head, goes on.
static void test_a_later_refusal_leaves_the_earlier(void **state)
{
	(void)state;
	struct journal_guess *guess = guess_of(1, 10);
	struct journal_draft_shop a[] = {drafted(1, 3)}, b[] = {drafted(1, 5)};
	journal_guess_begin(guess, 0, a, 1, NULL, 0);
	journal_guess_begin(guess, 1, b, 1, NULL, 0);
	journal_guess_refuse(guess, 1, INT64_MIN);
	assert_false(journal_guess_is_broken(guess, 0));
	assert_true(journal_guess_may_commit(guess, 0));
	journal_guess_expect(guess, 0);
	assert_int_equal(a[0].epoch, 1);
	assert_int_equal(a[0].previous[0], 10);
	journal_guess_committed(guess, 0);
	assert_false(journal_guess_knows(guess, 1, 1000)); // the places of the later one are not taken
	journal_guess_end(guess, 0);
	assert_true(journal_guess_may_go_alone(guess, 1));
	struct journal_head head = head_at(1, 18);
	journal_guess_learn(guess, &head, 5, 1000); // 13 + 5: nobody but us
	journal_guess_end(guess, 1);
	assert_true(journal_guess_knows(guess, 1, 0));
	journal_guess_destroy(guess);
}

static void test_others_append(void **state)
{
	(void)state;
	struct journal_guess *guess = guess_of(1, 5);
	struct journal_head head = head_at(1, 9);
	journal_guess_learn(guess, &head, 4, 100); // 5 + 4: nobody but us
	assert_true(journal_guess_knows(guess, 1, 0));
	head = head_at(1, 20);
	journal_guess_learn(guess, &head, 4, 100); // 9 + 4 is not 20
	assert_false(journal_guess_knows(guess, 1, 99));
	assert_true(journal_guess_knows(guess, 1, 100));
	journal_guess_destroy(guess);
}

static void test_alone_keeps_others_from_guessing(void **state)
{
	(void)state;
	struct journal_guess *guess = guess_of(2, 0);
	const int32_t alone[] = {1};
	struct journal_draft_shop b[] = {drafted(2, 1)};
	journal_guess_begin(guess, 0, NULL, 0, alone, 1);
	assert_false(journal_guess_knows(guess, 1, 0));
	assert_true(journal_guess_knows(guess, 2, 0));
	journal_guess_begin(guess, 1, b, 1, NULL, 0);
	assert_true(journal_guess_may_commit(guess, 1)); // it has nothing to do with the first
	assert_true(journal_guess_may_go_alone(guess, 0));
	journal_guess_committed(guess, 1);
	journal_guess_end(guess, 1);
	journal_guess_end(guess, 0);
	assert_true(journal_guess_knows(guess, 1, 0));
	journal_guess_destroy(guess);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_knows),
		cmocka_unit_test(test_soon_knows),
		cmocka_unit_test(test_places_and_turns),
		cmocka_unit_test(test_refusal_breaks_what_stands_on_it),
		cmocka_unit_test(test_a_later_refusal_leaves_the_earlier),
		cmocka_unit_test(test_others_append),
		cmocka_unit_test(test_alone_keeps_others_from_guessing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
