// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Credits by the Markov model, against all paths weighed anew from the definition. Orders and lapses come,
// change, move to other days and go, over more days than a model looks back on; checkpoints and evictions
// anywhere change no value, no revision and no byte of what is stored.
#include "services/metrics/core/path.h"

#include "services/metrics/core/attribution.h"
#include "services/metrics/core/markov.h"
#include "services/metrics/core/path_days.h"
#include "tests/unit/metrics/helper_history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ORDERS = 30, LAPSES = 30, PATHS = ORDERS + LAPSES, TOUCHES = 6, CHANNELS = 40, CAMPAIGNS = 3 };
enum { CELLS_MAX = 1 << 16, STORED_MAX = 4096, MODEL_DAYS = 90, MILLION = 1000000 };

// ---- what is so, in plain numbers ----

struct path {
	bool is_there, is_new;
	int64_t end_ms; // placed or lapsed
	int64_t net;
	int channel[TOUCHES], campaign[TOUCHES];
	int count; // of touches
};

struct truth {
	struct path paths[PATHS]; // orders first
};

static bool is_order(int i)
{
	return i < ORDERS;
}

// Days that lie as far apart as a model looks back, and round there.
static int64_t some_day(struct random *random)
{
	return (int64_t)random_below(random, 3) * MODEL_DAYS + random_below(random, 4);
}

static struct path some_path(struct random *random, int channels)
{
	struct path path = {.is_there = random_chance(random, 85),
			    .is_new = random_chance(random, 40),
			    .end_ms = some_day(random) * DAY_MS + random_below(random, 86400000),
			    .net = random_chance(random, 20) ? 0 : random_below(random, 100000),
			    .count = 1 + (int)random_below(random, TOUCHES)};
	for (int i = 0; i < path.count; i++) {
		path.channel[i] = (int)random_below(random, (uint32_t)channels);
		path.campaign[i] = (int)random_below(random, CAMPAIGNS);
	}
	return path;
}

// ---- a fold with a store behind it ----

struct stored {
	struct fold_key key;
	uint8_t *bytes;
	size_t size;
};

struct cell {
	uint16_t measure;
	uint8_t dimension;
	int64_t bucket_ms, revision;
	money_sum value;
	char key[16];
};

struct keeper {
	struct fold *fold;
	struct stored stored[STORED_MAX];
	size_t stored_count;
	struct cell cells[CELLS_MAX];
	size_t cell_count;
	int64_t seq;
};

static struct keeper *keeper_create(void)
{
	struct keeper *keeper = calloc(1, sizeof(*keeper));
	assert_non_null(keeper);
	keeper->fold = fold_create(&(struct fold_options){.as_of_ms = 0});
	return keeper;
}

static void keeper_destroy(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->stored_count; i++)
		free(keeper->stored[i].bytes);
	fold_destroy(keeper->fold);
	free(keeper);
}

static struct stored *find_stored(struct keeper *keeper, const struct fold_key *key)
{
	for (size_t i = 0; i < keeper->stored_count; i++) {
		struct stored *stored = &keeper->stored[i];
		if (stored->key.kind == key->kind && stored->key.size == key->size &&
		    memcmp(stored->key.bytes, key->bytes, key->size) == 0)
			return stored;
	}
	return NULL;
}

static void store(struct keeper *keeper, const struct fold_entity *entity)
{
	struct stored *stored = find_stored(keeper, &entity->key);
	if (!stored) {
		assert_true(keeper->stored_count < STORED_MAX);
		stored = &keeper->stored[keeper->stored_count++];
		stored->key = entity->key;
	}
	free(stored->bytes);
	stored->size = entity->state.size;
	stored->bytes = malloc(stored->size + 1);
	if (stored->size)
		memcpy(stored->bytes, entity->state.data, stored->size);
}

static struct cell *cell_of(struct keeper *keeper, uint16_t measure, uint8_t dimension, int64_t bucket_ms,
			    const char *key)
{
	for (size_t i = 0; i < keeper->cell_count; i++) {
		struct cell *cell = &keeper->cells[i];
		if (cell->measure == measure && cell->dimension == dimension &&
		    cell->bucket_ms == bucket_ms && strcmp(cell->key, key) == 0)
			return cell;
	}
	assert_true(keeper->cell_count < CELLS_MAX);
	struct cell *cell = &keeper->cells[keeper->cell_count++];
	*cell = (struct cell){.measure = measure, .dimension = dimension, .bucket_ms = bucket_ms};
	snprintf(cell->key, sizeof(cell->key), "%s", key);
	return cell;
}

static void checkpoint(struct keeper *keeper, size_t keep)
{
	const struct fold_cell *cells;
	const struct fold_entity *entities;
	const struct fold_history *history;
	size_t count = fold_cells(keeper->fold, &cells);
	for (size_t i = 0; i < count; i++) {
		struct cell *cell = cell_of(keeper, cells[i].measure, cells[i].dimension, cells[i].bucket_ms,
					    cells[i].key);
		cell->value += cells[i].delta;
		if (cells[i].revision > cell->revision)
			cell->revision = cells[i].revision;
	}
	count = fold_entities(keeper->fold, &entities);
	for (size_t i = 0; i < count; i++)
		store(keeper, &entities[i]);
	assert_int_equal(fold_history(keeper->fold, &history), 0);
	fold_checkpointed(keeper->fold);
	fold_evict(keeper->fold, keep);
}

// The same store, another process.
static void restart(struct keeper *keeper)
{
	checkpoint(keeper, 0);
	fold_destroy(keeper->fold);
	keeper->fold = fold_create(&(struct fold_options){.as_of_ms = 0});
	intern_key(keeper->fold->intern, "a name that others come behind");
}

static void need(struct keeper *keeper, int i, const struct path *path)
{
	char id[8];
	snprintf(id, sizeof(id), "o%d", i);
	if (!path->is_there)
		return;
	if (is_order(i))
		path_need(keeper->fold, id, path->end_ms, true);
	else
		path_need_lapse(keeper->fold, path->end_ms);
}

static void bring(struct keeper *keeper, int i, const struct path *was, const struct path *now)
{
	struct work *work = keeper->fold->work;
	struct err e = {0};
	for (;;) {
		vec_clear(work->missing);
		need(keeper, i, was);
		need(keeper, i, now);
		closure_release(keeper->fold);
		if (!vec_count(work->missing))
			return;
		for (uint32_t k = 0; k < work->missing->count; k++) {
			const struct stored *found = find_stored(keeper, &work->missing->at[k]);
			struct slice bytes = {found ? found->bytes : NULL, found ? found->size : 0};
			assert_true(fold_load(keeper->fold, &work->missing->at[k], bytes, INT64_MAX, &e));
		}
	}
}

static uint32_t dims_of(struct fold *fold, int channel, int campaign)
{
	char text[16];
	struct dims dims = {{0}};
	snprintf(text, sizeof(text), "c%02d", channel);
	dims.key[INTERN_INDEX(FOLD_MARKETING_CHANNEL)] = intern_key(fold->intern, text);
	snprintf(text, sizeof(text), "k%d", campaign);
	dims.key[INTERN_INDEX(FOLD_CAMPAIGN)] = intern_key(fold->intern, text);
	return intern_dims(fold->intern, &dims);
}

static void put(struct keeper *keeper, int i, const struct path *path, int sign)
{
	struct touch touches[TOUCHES] = {{.dims = 0}};
	char id[8];
	if (!path->is_there)
		return;
	snprintf(id, sizeof(id), "o%d", i);
	for (int k = 0; k < path->count; k++)
		touches[k].dims = dims_of(keeper->fold, path->channel[k], path->campaign[k]);
	struct path_order order = {id, path->end_ms, path->net, path->is_new, touches, (size_t)path->count};
	if (is_order(i))
		path_put_order(keeper->fold, &order, sign);
	else
		path_put_lapse(keeper->fold, path->end_ms, touches, (size_t)path->count, sign);
}

// One event: what was goes out, what is comes in.
static void tell(struct keeper *keeper, int i, const struct path *was, const struct path *now)
{
	struct fact_stamp stamp = {++keeper->seq, 400 * DAY_MS, FOLD_NEW};
	bring(keeper, i, was, now);
	put(keeper, i, was, -1);
	put(keeper, i, now, 1);
	path_settle_event(keeper->fold);
	fact_settle(keeper->fold->book, &stamp);
}

// ---- the definition ----

struct naive {
	int64_t from[CHANNELS + 1]; // steps out of a channel
	int place[CHANNELS];        // in the chain
	struct markov_chain chain;
	int64_t weights[MARKOV_CHANNELS_MAX];
};

static bool is_in_model(const struct path *path, int64_t day)
{
	int64_t end = path->end_ms / DAY_MS;
	return path->is_there && end < day && end >= day - MODEL_DAYS;
}

static bool is_step(const struct path *path, int k)
{
	return k == 0 || path->channel[k] != path->channel[k - 1];
}

// With too many channels the busiest stay, of equal ones the first by name.
static void place_channels(struct naive *naive)
{
	int seen = 0;
	for (int c = 0; c < CHANNELS; c++)
		seen += naive->from[c] > 0;
	for (int c = 0, next = 0; c < CHANNELS; c++) {
		int before = 0;
		for (int d = 0; d < CHANNELS; d++)
			before += naive->from[d] > naive->from[c] ||
				  (naive->from[d] == naive->from[c] && d < c);
		bool stays = seen <= MARKOV_CHANNELS_MAX || before < MARKOV_CHANNELS_MAX - 1;
		naive->place[c] = !naive->from[c] && seen <= MARKOV_CHANNELS_MAX ? -1
				  : stays                                        ? next++
										 : MARKOV_CHANNELS_MAX - 1;
	}
	naive->chain.count = seen < MARKOV_CHANNELS_MAX ? (size_t)seen : MARKOV_CHANNELS_MAX;
}

static void add_to_chain(struct naive *naive, const struct path *path, bool converts)
{
	int last = -1;
	for (int k = 0; k < path->count; k++) {
		int place = naive->place[path->channel[k]];
		if (last < 0)
			naive->chain.first[place]++;
		else if (place != last)
			naive->chain.next[last][place]++;
		last = place;
	}
	if (converts)
		naive->chain.converted[last]++;
	else
		naive->chain.lapsed[last]++;
}

static void naive_model(const struct truth *truth, int64_t day, struct naive *naive)
{
	memset(naive, 0, sizeof(*naive));
	for (int i = 0; i < PATHS; i++)
		for (int k = 0; is_in_model(&truth->paths[i], day) && k < truth->paths[i].count; k++)
			naive->from[truth->paths[i].channel[k]] += is_step(&truth->paths[i], k);
	place_channels(naive);
	for (int i = 0; i < PATHS; i++)
		if (is_in_model(&truth->paths[i], day))
			add_to_chain(naive, &truth->paths[i], is_order(i));
	markov_weights(&naive->chain, naive->weights);
}

static void add_credit(struct keeper *out, uint16_t measure, int64_t day, int channel, int campaign,
		       money_sum amount)
{
	char key[16];
	cell_of(out, measure, FOLD_TOTAL, day * DAY_MS, "-")->value += amount;
	snprintf(key, sizeof(key), "c%02d", channel);
	cell_of(out, measure, FOLD_MARKETING_CHANNEL, day * DAY_MS, key)->value += amount;
	snprintf(key, sizeof(key), "k%d", campaign);
	cell_of(out, measure, FOLD_CAMPAIGN, day * DAY_MS, key)->value += amount;
}

static void naive_order(const struct truth *truth, const struct path *path, struct keeper *out)
{
	struct naive naive;
	int64_t weights[TOUCHES], day = path->end_ms / DAY_MS;
	money_sum net[TOUCHES], orders[TOUCHES];
	naive_model(truth, day, &naive);
	for (int k = 0; k < path->count; k++) {
		int place = naive.place[path->channel[k]];
		weights[k] = place < 0 ? 0 : naive.weights[place];
	}
	attribution_split(path->net, weights, (size_t)path->count, net);
	attribution_split(MILLION, weights, (size_t)path->count, orders);
	for (int k = 0; k < path->count; k++) {
		add_credit(out, M_ATTRIBUTED_NET_MARKOV, day, path->channel[k], path->campaign[k], net[k]);
		add_credit(out, M_ATTRIBUTED_ORDERS_MARKOV, day, path->channel[k], path->campaign[k],
			   orders[k]);
		add_credit(out, M_ATTRIBUTED_CUSTOMERS_MARKOV, day, path->channel[k], path->campaign[k],
			   path->is_new ? orders[k] : 0);
	}
}

// Stamps of an event: what an order puts into a measure, and whether it is another thing than before.
static bool tells(const struct path *path, uint16_t measure)
{
	return path->is_there && (measure == M_ATTRIBUTED_NET_MARKOV         ? path->net != 0
				  : measure == M_ATTRIBUTED_CUSTOMERS_MARKOV ? path->is_new
									     : true);
}

static bool tells_the_same(const struct path *was, const struct path *now, uint16_t measure)
{
	return was->end_ms / DAY_MS == now->end_ms / DAY_MS && was->count == now->count &&
	       memcmp(was->channel, now->channel, sizeof(was->channel)) == 0 &&
	       memcmp(was->campaign, now->campaign, sizeof(was->campaign)) == 0 &&
	       (measure != M_ATTRIBUTED_NET_MARKOV || was->net == now->net);
}

static void stamp_cells(struct keeper *out, uint16_t measure, const struct path *path, int64_t seq)
{
	int64_t day_ms = path->end_ms / DAY_MS * DAY_MS;
	char key[16];
	cell_of(out, measure, FOLD_TOTAL, day_ms, "-")->revision = seq;
	for (int k = 0; k < path->count; k++) {
		snprintf(key, sizeof(key), "c%02d", path->channel[k]);
		cell_of(out, measure, FOLD_MARKETING_CHANNEL, day_ms, key)->revision = seq;
		snprintf(key, sizeof(key), "k%d", path->campaign[k]);
		cell_of(out, measure, FOLD_CAMPAIGN, day_ms, key)->revision = seq;
	}
}

static void naive_stamps(struct keeper *out, const struct path *was, const struct path *now, int64_t seq)
{
	static const uint16_t measures[] = {M_ATTRIBUTED_NET_MARKOV, M_ATTRIBUTED_ORDERS_MARKOV,
					    M_ATTRIBUTED_CUSTOMERS_MARKOV};
	for (int m = 0; m < 3; m++) {
		bool out_of = tells(was, measures[m]), in_to = tells(now, measures[m]);
		if (out_of && in_to && tells_the_same(was, now, measures[m]))
			continue;
		if (out_of)
			stamp_cells(out, measures[m], was, seq);
		if (in_to)
			stamp_cells(out, measures[m], now, seq);
	}
}

// ---- comparing ----

static void assert_values(struct keeper *one, struct keeper *other, bool revisions)
{
	for (size_t i = 0; i < one->cell_count; i++) {
		const struct cell *x = &one->cells[i];
		const struct cell *y = cell_of(other, x->measure, x->dimension, x->bucket_ms, x->key);
		if (x->value != y->value || (revisions && x->revision != y->revision))
			fail_msg("%s %u %s on day %lld: %lld @ %lld and %lld @ %lld",
				 measure_rows[x->measure].name, x->dimension, x->key,
				 (long long)(x->bucket_ms / DAY_MS), (long long)x->value,
				 (long long)x->revision, (long long)y->value, (long long)y->revision);
	}
}

static void assert_stored(struct keeper *one, struct keeper *other)
{
	for (size_t i = 0; i < one->stored_count; i++) {
		const struct stored *x = &one->stored[i];
		const struct stored *y = find_stored(other, &x->key);
		assert_int_equal(x->size, y ? y->size : 0);
		if (x->size)
			assert_memory_equal(x->bytes, y->bytes, x->size);
	}
}

static void assert_same(struct keeper *one, struct keeper *other, bool revisions)
{
	assert_values(one, other, revisions);
	assert_values(other, one, revisions);
	assert_stored(one, other);
	assert_stored(other, one);
}

static void disturb(struct keeper *keeper, struct random *random)
{
	if (random_chance(random, 20))
		checkpoint(keeper, random_below(random, 20));
	else if (random_chance(random, 3))
		restart(keeper);
}

static void weighed_as_defined(uint64_t seed)
{
	struct random random = {seed * 77 + 1}, disturbance = {seed};
	struct keeper *often = keeper_create(), *once = keeper_create(), *last = keeper_create(),
		      *naive = keeper_create();
	static struct truth truth, none;
	int channels = seed % 3 ? 5 : CHANNELS;
	memset(&truth, 0, sizeof(truth));
	for (int step = 0; step < 150; step++) {
		int i = (int)random_below(&random, PATHS);
		struct path now = some_path(&random, channels);
		if (random_chance(&random, 30))
			now = truth.paths[i]; // nothing new
		else if (random_chance(&random, 30) && truth.paths[i].is_there)
			now.end_ms = truth.paths[i].end_ms;
		tell(often, i, &truth.paths[i], &now);
		tell(once, i, &truth.paths[i], &now);
		if (is_order(i))
			naive_stamps(naive, &truth.paths[i], &now, once->seq);
		truth.paths[i] = now;
		disturb(often, &disturbance);
	}
	checkpoint(often, 0);
	checkpoint(once, 0);
	for (int i = PATHS - 1; i >= 0; i--) // what is left of it, in another order
		tell(last, i, &none.paths[i], &truth.paths[i]);
	checkpoint(last, 0);
	for (int i = 0; i < ORDERS; i++)
		if (truth.paths[i].is_there)
			naive_order(&truth, &truth.paths[i], naive);
	assert_same(often, once, true);
	assert_same(often, last, false);
	assert_values(naive, often, true);
	assert_values(often, naive, true);
	keeper_destroy(often);
	keeper_destroy(once);
	keeper_destroy(last);
	keeper_destroy(naive);
}

static void credits_follow_the_paths(void **state)
{
	const char *seeds = getenv("UTARG_SEEDS");
	(void)state;
	for (int seed = 1; seed <= (seeds ? atoi(seeds) : 12); seed++)
		weighed_as_defined((uint64_t)seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credits_follow_the_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
