// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a replay writes aside: many runs of cells come back as one, in order and added up; entities are found
// by key whatever became of them, and what nobody asked for is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the four above
#include <cmocka.h>

#include "services/metrics/spill_cells.h"
#include "services/metrics/spill_entities.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 300, RUN_CELLS = 40, KEYS = 50, ENTITIES = 20000, STATE_MAX = 300 };

static const char folder[] = "/tmp";
static uint64_t seed = 7;

static uint32_t roll(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

static int by_order(const void *a, const void *b)
{
	return spill_cell_compare(a, b);
}

static void name_of(uint32_t number, char out[16])
{
	snprintf(out, 16, "key-%u", (unsigned)number);
}

// A run of RUN_CELLS different cells, sorted, as the fold tells them; their sums go into expected.
static void make_run(struct fold_cell *run, char (*names)[16], int64_t revision, int64_t sums[KEYS],
		     int64_t revisions[KEYS])
{
	bool used[KEYS] = {false};
	for (int i = 0; i < RUN_CELLS; i++) {
		uint32_t number;
		do
			number = roll(KEYS);
		while (used[number]);
		used[number] = true;
		name_of(number, names[i]);
		run[i] = (struct fold_cell){.measure = 4,
					    .dimension = FOLD_CAMPAIGN,
					    .grain = FOLD_DAY,
					    .key = names[i],
					    .delta = (int64_t)roll(2000) - 1000,
					    .revision = revision};
		sums[number] += (int64_t)run[i].delta;
		revisions[number] = revision;
	}
	qsort(run, RUN_CELLS, sizeof(*run), by_order);
}

static void test_runs_become_one(void **state)
{
	struct spill_cells *cells = spill_cells_create(folder);
	struct fold_cell run[RUN_CELLS];
	char names[RUN_CELLS][16], last[16] = "";
	int64_t sums[KEYS] = {0}, revisions[KEYS] = {0};
	int count = 0;
	struct err e = {0};
	(void)state;
	for (int i = 0; i < RUNS; i++) {
		make_run(run, names, i + 1, sums, revisions);
		assert_true(spill_cells_add(cells, run, RUN_CELLS, &e));
	}
	assert_true(spill_cells_rewind(cells, &e));
	for (const struct fold_cell *cell; (cell = spill_cells_at(cells)) != NULL; count++) {
		uint32_t number = (uint32_t)atoi(cell->key + 4);
		assert_true(strcmp(last, cell->key) < 0);
		assert_true(cell->delta == sums[number]);
		assert_int_equal(cell->revision, revisions[number]);
		snprintf(last, sizeof(last), "%s", cell->key);
		assert_true(spill_cells_next(cells, &e));
	}
	assert_int_equal(count, KEYS);
	spill_cells_destroy(cells);
}

static void test_one_run_and_none(void **state)
{
	struct spill_cells *cells = spill_cells_create(folder);
	const struct fold_cell one = {
		.measure = 1, .dimension = 1, .grain = 4, .key = "-", .delta = 3, .revision = 9};
	struct err e = {0};
	(void)state;
	assert_true(spill_cells_rewind(cells, &e));
	assert_null(spill_cells_at(cells));
	assert_true(spill_cells_add(cells, &one, 1, &e) && spill_cells_rewind(cells, &e));
	assert_true(spill_cells_at(cells)->delta == 3);
	spill_cells_clear(cells);
	assert_true(spill_cells_rewind(cells, &e));
	assert_null(spill_cells_at(cells));
	spill_cells_destroy(cells);
}

// ---- entities ----

struct wanted {
	uint8_t state[STATE_MAX];
	size_t size;
};

static struct fold_key key_of(uint32_t number)
{
	struct fold_key key = {.kind = (uint8_t)(FOLD_VISITOR + number % 3), .size = 12};
	snprintf((char *)key.bytes, sizeof(key.bytes), "%012u", (unsigned)(number / 3));
	return key;
}

static void put_any(struct spill_entities *entities, uint32_t number, struct wanted *wanted)
{
	struct fold_entity entity = {.key = key_of(number), .due_ms = number};
	struct err e = {0};
	wanted->size = roll(4) == 0 ? 0 : roll(STATE_MAX);
	for (size_t i = 0; i < wanted->size; i++)
		wanted->state[i] = (uint8_t)roll(256);
	entity.state = (struct slice){wanted->state, wanted->size};
	assert_true(spill_entities_put(entities, &entity, &e));
}

static void check(struct spill_entities *entities, uint32_t number, const struct wanted *wanted, bool meet)
{
	struct fold_key key = key_of(number);
	struct fold_entity found;
	struct err e = {0};
	assert_true(meet ? spill_entities_meet(entities, &key, &found, &e)
			 : spill_entities_get(entities, &key, &found, &e));
	assert_int_equal(found.state.size, wanted->size);
	if (wanted->size > 0) {
		assert_memory_equal(found.state.data, wanted->state, wanted->size);
		assert_int_equal(found.due_ms, number);
	}
}

static bool count_unmet(void *context, const struct fold_entity *entity)
{
	int64_t *counts = context;
	counts[0]++;
	counts[1] += (int64_t)entity->state.size;
	return true;
}

static void test_entities_are_found(void **state)
{
	struct err e = {0};
	struct spill_entities *entities = spill_entities_create(folder, &e);
	struct wanted *wanted = calloc(ENTITIES, sizeof(*wanted));
	int64_t counts[2] = {0}, left[2] = {0};
	(void)state;
	assert_non_null(entities);
	assert_non_null(wanted);
	for (uint32_t i = 0; i < 3 * ENTITIES; i++) {
		uint32_t number = roll(ENTITIES);
		put_any(entities, number, &wanted[number]);
	}
	for (uint32_t i = 0; i < ENTITIES; i++)
		check(entities, i, &wanted[i], i % 2 == 0);
	for (uint32_t i = 1; i < ENTITIES; i += 2) {
		left[0] += wanted[i].size > 0;
		left[1] += (int64_t)wanted[i].size;
	}
	assert_true(spill_entities_unmet(entities, count_unmet, counts, &e));
	assert_int_equal(counts[0], left[0]);
	assert_int_equal(counts[1], left[1]);
	assert_true(spill_entities_clear(entities, &e));
	counts[0] = 0;
	assert_true(spill_entities_unmet(entities, count_unmet, counts, &e) && counts[0] == 0);
	free(wanted);
	spill_entities_destroy(entities);
}

static void test_a_folder_that_is_not_there(void **state)
{
	struct err e = {0};
	(void)state;
	assert_null(spill_entities_create("/nowhere", &e));
	assert_int_equal(e.code, ERR_BUSY);
	assert_non_null(strstr(e.text, "/nowhere"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs_become_one),
		cmocka_unit_test(test_one_run_and_none),
		cmocka_unit_test(test_entities_are_found),
		cmocka_unit_test(test_a_folder_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
