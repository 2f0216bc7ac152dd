// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See guess.h.
#include "common/journal/guess.h"

#include "common/base/map.h"
#include "common/journal/journal_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// A row a shop ever appended to: as many as the database has shops, some 120 bytes each.
struct guess_shop {
	int32_t shop_id;
	bool is_known;            // places may be given
	int64_t place_seq;        // of the last event given a place; head.seq when nothing is under way
	struct journal_head head; // behind the last draft that committed; seq 0 and not known: never seen
	int64_t hold_until_ms;
	unsigned alone; // batches begun that go alone with it
	UT_hash_handle hh;
};

enum phase {
	PHASE_NONE,   // nothing drafted, or no more
	PHASE_WRITING // the draft's transaction is open, or will be
};

struct guess_batch {
	enum phase phase;
	bool is_broken;
	struct journal_draft_shop *drafted;
	size_t drafted_count;
	int32_t *alone; // malloc
	size_t alone_count, alone_capacity;
};

// Batches are kept by number modulo their greatest count; those from first to next - 1 have begun. One that
// has ended behind others that have not stays until these end.
struct journal_guess {
	struct guess_shop *shops;
	uint64_t first, next;
	struct guess_batch *batches;
	bool ended[JOURNAL_GUESS_BATCHES_MAX];
};

struct journal_guess *journal_guess_create(void)
{
	struct journal_guess *guess = journal_alloc(1, sizeof(*guess));
	guess->batches = journal_alloc(JOURNAL_GUESS_BATCHES_MAX, sizeof(*guess->batches));
	return guess;
}

void journal_guess_destroy(struct journal_guess *guess)
{
	if (guess == NULL)
		return;
	struct guess_shop *shop, *next;
	HASH_ITER(hh, guess->shops, shop, next)
	{
		HASH_DEL(guess->shops, shop);
		free(shop);
	}
	for (size_t i = 0; i < JOURNAL_GUESS_BATCHES_MAX; i++)
		free(guess->batches[i].alone);
	free(guess->batches);
	free(guess);
}

static struct guess_shop *find(const struct journal_guess *guess, int32_t shop_id)
{
	struct guess_shop *shop = NULL;
	HASH_FIND(hh, guess->shops, &shop_id, sizeof(shop_id), shop);
	return shop;
}

static struct guess_shop *find_or_add(struct journal_guess *guess, int32_t shop_id)
{
	struct guess_shop *shop = find(guess, shop_id);
	if (shop != NULL)
		return shop;
	shop = journal_alloc(1, sizeof(*shop));
	shop->shop_id = shop_id;
	shop->hold_until_ms = INT64_MIN;
	HASH_ADD(hh, guess->shops, shop_id, sizeof(shop->shop_id), shop);
	return shop;
}

static struct guess_batch *batch_of(const struct journal_guess *guess, uint64_t number)
{
	assert(number >= guess->first && number < guess->next);
	return &guess->batches[number % JOURNAL_GUESS_BATCHES_MAX];
}

bool journal_guess_knows(const struct journal_guess *guess, int32_t shop_id, int64_t now_ms)
{
	const struct guess_shop *shop = find(guess, shop_id);
	return shop != NULL && shop->is_known && shop->alone == 0 && now_ms >= shop->hold_until_ms;
}

bool journal_guess_soon_knows(const struct journal_guess *guess, int32_t shop_id, int64_t now_ms)
{
	const struct guess_shop *shop = find(guess, shop_id);
	return shop != NULL && shop->alone > 0 && now_ms >= shop->hold_until_ms;
}

bool journal_guess_may_begin(const struct journal_guess *guess, uint64_t number)
{
	return number == guess->next && guess->next - guess->first < JOURNAL_GUESS_BATCHES_MAX;
}

static void note_alone(struct journal_guess *guess, struct guess_batch *batch, int32_t shop_id)
{
	if (batch->alone_count == batch->alone_capacity) {
		batch->alone_capacity = batch->alone_capacity > 0 ? batch->alone_capacity * 2 : 8;
		batch->alone = realloc(batch->alone, batch->alone_capacity * sizeof(*batch->alone));
		if (batch->alone == NULL)
			abort();
	}
	batch->alone[batch->alone_count++] = shop_id;
	find_or_add(guess, shop_id)->alone++;
}

void journal_guess_begin(struct journal_guess *guess, uint64_t number, struct journal_draft_shop *drafted,
			 size_t drafted_count, const int32_t *alone, size_t alone_count)
{
	assert(journal_guess_may_begin(guess, number));
	guess->next++;
	struct guess_batch *batch = batch_of(guess, number);
	guess->ended[number % JOURNAL_GUESS_BATCHES_MAX] = false;
	batch->phase = drafted_count > 0 ? PHASE_WRITING : PHASE_NONE;
	batch->is_broken = false;
	batch->drafted = drafted;
	batch->drafted_count = drafted_count;
	batch->alone_count = 0;
	for (size_t i = 0; i < drafted_count; i++) {
		struct guess_shop *shop = find(guess, drafted[i].shop_id);
		assert(shop != NULL && shop->is_known);
		drafted[i].first_seq = shop->place_seq + 1;
		shop->place_seq += (int64_t)drafted[i].count;
	}
	for (size_t i = 0; i < alone_count; i++)
		note_alone(guess, batch, alone[i]);
}

bool journal_guess_is_broken(const struct journal_guess *guess, uint64_t number)
{
	return batch_of(guess, number)->is_broken;
}

// Both lists are ascending.
static bool share_a_shop(const struct guess_batch *a, const struct guess_batch *b)
{
	size_t i = 0, k = 0;
	while (i < a->drafted_count && k < b->drafted_count) {
		int32_t x = a->drafted[i].shop_id, y = b->drafted[k].shop_id;
		if (x == y)
			return true;
		i += x < y;
		k += y < x;
	}
	return false;
}

bool journal_guess_may_commit(const struct journal_guess *guess, uint64_t number)
{
	const struct guess_batch *batch = batch_of(guess, number);
	for (uint64_t n = guess->first; n < number; n++) {
		const struct guess_batch *earlier = batch_of(guess, n);
		if (earlier->phase == PHASE_WRITING && share_a_shop(earlier, batch))
			return false;
	}
	return true;
}

void journal_guess_expect(const struct journal_guess *guess, uint64_t number)
{
	struct guess_batch *batch = batch_of(guess, number);
	assert(batch->phase == PHASE_WRITING && !batch->is_broken);
	for (size_t i = 0; i < batch->drafted_count; i++) {
		// Not known when a later draft was refused meanwhile; the head below this one has not changed
		// by that.
		const struct guess_shop *shop = find(guess, batch->drafted[i].shop_id);
		assert(shop->head.seq + 1 == batch->drafted[i].first_seq);
		batch->drafted[i].epoch = shop->head.epoch;
		memcpy(batch->drafted[i].previous, shop->head.chain, JOURNAL_DIGEST_SIZE);
	}
}

void journal_guess_committed(struct journal_guess *guess, uint64_t number)
{
	struct guess_batch *batch = batch_of(guess, number);
	assert(batch->phase == PHASE_WRITING && !batch->is_broken);
	batch->phase = PHASE_NONE;
	for (size_t i = 0; i < batch->drafted_count; i++) {
		struct guess_shop *shop = find(guess, batch->drafted[i].shop_id);
		shop->head.seq += (int64_t)batch->drafted[i].count;
		memcpy(shop->head.chain, batch->drafted[i].chain, JOURNAL_DIGEST_SIZE);
	}
}

void journal_guess_refuse(struct journal_guess *guess, uint64_t number, int64_t hold_until_ms)
{
	struct guess_batch *batch = batch_of(guess, number);
	assert(batch->phase == PHASE_WRITING);
	batch->phase = PHASE_NONE;
	batch->is_broken = false;
	for (size_t i = 0; i < batch->drafted_count; i++) {
		struct guess_shop *shop = find(guess, batch->drafted[i].shop_id);
		shop->is_known = false;
		note_alone(guess, batch, shop->shop_id);
		if (shop->hold_until_ms < hold_until_ms)
			shop->hold_until_ms = hold_until_ms;
	}
	for (uint64_t n = number + 1; n < guess->next; n++) {
		struct guess_batch *later = batch_of(guess, n);
		later->is_broken |= later->phase == PHASE_WRITING && share_a_shop(batch, later);
	}
}

bool journal_guess_may_go_alone(const struct journal_guess *guess, uint64_t number)
{
	if (number != guess->first)
		return false;
	for (uint64_t n = number + 1; n < guess->next; n++)
		if (batch_of(guess, n)->is_broken)
			return false;
	return true;
}

void journal_guess_learn(struct journal_guess *guess, const struct journal_head *head, int64_t moved_by,
			 int64_t hold_until_ms)
{
	struct guess_shop *shop = find_or_add(guess, head->shop_id);
	bool was_moved = shop->head.epoch != 0 &&
			 (shop->head.seq != head->seq - moved_by || shop->head.epoch != head->epoch);
	if (was_moved)
		journal_guess_hold(guess, head->shop_id, hold_until_ms);
	shop->head = *head;
	shop->place_seq = head->seq;
	shop->is_known = true;
}

void journal_guess_hold(struct journal_guess *guess, int32_t shop_id, int64_t hold_until_ms)
{
	struct guess_shop *shop = find_or_add(guess, shop_id);
	if (shop->hold_until_ms < hold_until_ms)
		shop->hold_until_ms = hold_until_ms;
}

void journal_guess_end(struct journal_guess *guess, uint64_t number)
{
	struct guess_batch *batch = batch_of(guess, number);
	assert(batch->phase != PHASE_WRITING);
	for (size_t i = 0; i < batch->alone_count; i++)
		find(guess, batch->alone[i])->alone--;
	batch->alone_count = 0;
	batch->phase = PHASE_NONE;
	batch->drafted_count = 0;
	guess->ended[number % JOURNAL_GUESS_BATCHES_MAX] = true;
	while (guess->first < guess->next && guess->ended[guess->first % JOURNAL_GUESS_BATCHES_MAX])
		guess->first++;
}
