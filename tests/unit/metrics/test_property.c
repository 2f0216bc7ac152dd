// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The promise: figures are a function of the set of accepted events. Random histories are folded in order,
// then shuffled with a third of them sent twice, in random batches, with evictions, restarts and a clock that
// moves in steps: the cells must be the same. A replay of the shuffled journal must give the same revisions
// and the same stored state, too. And a second, naive computation must agree with the first. UTARG_SEEDS says
// how many seeds, UTARG_SEED runs one.
#include "tests/unit/metrics/helper_history.h"
#include "tests/unit/metrics/helper_oracle.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEEDS = 1000 };

static uint64_t seed_at_work;

static bool may_copy(const struct box *box)
{
	switch (box->event.body_case) {
	case UTARG__V1__EVENT__BODY_PURCHASE:
	case UTARG__V1__EVENT__BODY_ORDER_UPDATED:
	case UTARG__V1__EVENT__BODY_ORDER_CANCELLED:
	case UTARG__V1__EVENT__BODY_REFUND:
	case UTARG__V1__EVENT__BODY_ORDER_FULFILLED:
	case UTARG__V1__EVENT__BODY_ORDER_DELIVERED:
	case UTARG__V1__EVENT__BODY_PARCEL_REFUSED:
	case UTARG__V1__EVENT__BODY_RETURN_RECEIVED:
	case UTARG__V1__EVENT__BODY_WITHDRAWAL_RECEIVED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED:
	case UTARG__V1__EVENT__BODY_SERVICE_CASE_REOPENED:
	case UTARG__V1__EVENT__BODY_SERVICE_RATED:
	case UTARG__V1__EVENT__BODY_COMPLAINT_RECEIVED:
	case UTARG__V1__EVENT__BODY_REVIEW_POSTED:
	case UTARG__V1__EVENT__BODY_ORDER_DIGEST:
	case UTARG__V1__EVENT__BODY_AD_SPEND:
	case UTARG__V1__EVENT__BODY_MAILING_STATS:
	case UTARG__V1__EVENT__BODY_SEO_STATS:
	case UTARG__V1__EVENT__BODY_FEED_STATUS:
	case UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED:
	case UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN:
	case UTARG__V1__EVENT__BODY_MESSAGE_SHOWN:
	case UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED:
		return !box->event.test; // test events are counted one by one
	default:
		return false;
	}
}

static void shuffle(struct box **boxes, size_t from, size_t count, struct random *random)
{
	for (size_t i = count; i > from + 1; i--) {
		size_t k = from + random_below(random, (uint32_t)(i - from));
		struct box *box = boxes[i - 1];
		boxes[i - 1] = boxes[k];
		boxes[k] = box;
	}
}

static struct box *same_again(const struct box *box)
{
	struct box *again = box_copy(box);
	for (int i = 0; i < UUID_SIZE; i++)
		again->fold.id[i] = box->fold.id[i];
	return again;
}

// The same fact under an id of its own that stands right behind the first: a tie that one of them wins, the
// other would have won.
static struct box *under_another_id(const struct box *box)
{
	struct box *again = same_again(box);
	for (int i = UUID_SIZE / 2; i < UUID_SIZE; i++)
		again->fold.id[i] = 0xff;
	return again;
}

// The history again as other boxes, shuffled; a third twice under the same id, some orders under another.
static size_t disorder(const struct history *history, struct box ***out, struct random *random)
{
	struct box **boxes = malloc(3 * history->count * sizeof(*boxes));
	size_t count = 0;
	for (size_t i = 0; i < history->count; i++) {
		boxes[count++] = same_again(history->boxes[i]);
		if (random_chance(random, 33))
			boxes[count++] = same_again(history->boxes[i]);
		if (may_copy(history->boxes[i]) && random_chance(random, 20))
			boxes[count++] = under_another_id(history->boxes[i]);
	}
	// Some days are over when an event of them is received: those have a history.
	for (size_t i = 0; i < count; i++)
		boxes[i]->fold.received_at_ms = boxes[i]->fold.t_ms + random_below(random, 5 * 24) * HOUR_MS;
	// Mostly the settings stay first; else they act back and figures are built again.
	shuffle(boxes, random_chance(random, 80) ? 1 : 0, count, random);
	*out = boxes;
	return count;
}

static void disturb(struct world *world, struct random *random)
{
	if (random_chance(random, 40))
		world_checkpoint(world);
	if (random_chance(random, 40))
		world_evict(world, random_below(random, 6));
	if (random_chance(random, 5))
		world_restart(world);
}

static struct world *fold_in_order(const struct history *history)
{
	struct world *world = world_create(history->as_of_ms);
	for (size_t i = 0; i < history->count; i++)
		world_say(world, same_again(history->boxes[i]));
	world_fold(world, 0);
	world_checkpoint(world);
	return world;
}

static struct world *fold_in_disorder(const struct history *history, struct random *random)
{
	struct box **boxes;
	int64_t now_ms = history->base_ms;
	struct world *world = world_create(now_ms);
	size_t count = disorder(history, &boxes, random);
	for (size_t i = 0; i < count; i++)
		world_say(world, boxes[i]);
	free(boxes);
	while (world_fold(world, 1 + random_below(random, 9))) {
		if (random_chance(random, 30) && now_ms < history->as_of_ms) {
			now_ms += random_below(random, 40) * HOUR_MS;
			if (now_ms > history->as_of_ms)
				now_ms = history->as_of_ms;
			world_checkpoint(world);
			world_tick(world, now_ms);
		}
		disturb(world, random);
	}
	world_checkpoint(world);
	world_tick(world, history->as_of_ms);
	world_checkpoint(world);
	return world;
}

static struct world *fold_again(const struct world *from, const struct history *history,
				struct random *random)
{
	struct world *world = world_replay(from, history->as_of_ms);
	while (world_fold(world, 1 + random_below(random, 30)))
		disturb(world, random);
	world_checkpoint(world);
	return world;
}

static void agree(const char *difference, const char *what)
{
	if (difference)
		fail_msg("seed %llu: %s: %s (UTARG_SEED=%llu runs it alone)",
			 (unsigned long long)seed_at_work, what, difference,
			 (unsigned long long)seed_at_work);
}

static void check_seed(uint64_t seed)
{
	struct history history;
	struct random random = {seed ^ UINT64_C(0xabcdef)};
	seed_at_work = seed;
	history_make(&history, seed);
	struct world *ordered = fold_in_order(&history);
	struct world *shuffled = fold_in_disorder(&history, &random);
	agree(world_difference(ordered, shuffled, false), "order of arrival matters");
	struct world *replayed = fold_again(shuffled, &history, &random);
	agree(world_difference(shuffled, replayed, true), "batches matter");
	agree(world_state_difference(shuffled, replayed), "batches matter");
	agree(oracle_difference(&history, ordered), "the oracle disagrees");
	world_destroy(replayed);
	world_destroy(shuffled);
	world_destroy(ordered);
	history_free(&history);
}

static void figures_are_a_function_of_the_set(void **state)
{
	(void)state;
	const char *one = getenv("UTARG_SEED"), *many = getenv("UTARG_SEEDS");
	if (one) {
		check_seed(strtoull(one, NULL, 10));
		return;
	}
	uint64_t count = many ? strtoull(many, NULL, 10) : SEEDS;
	for (uint64_t seed = 1; seed <= count; seed++)
		check_seed(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(figures_are_a_function_of_the_set)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
