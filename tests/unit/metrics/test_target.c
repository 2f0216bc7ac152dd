// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Targets: the latest decision counts in whatever order they come, with restarts anywhere; the shortest
// period that holds a window is its target; they touch no cell, and their bytes are read back or refused.
#include "services/metrics/core/target.h"

#include "tests/unit/metrics/helper_world.h"

#include <stdlib.h>
#include <string.h>

#define NOON_MS INT64_C(1772452800000) // 2026-03-02 12:00 UTC

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
}

struct row {
	const char *kpi, *dimension, *key, *first_day, *last_day, *value;
	int64_t t_ms;
};

static const struct row rows[] = {
	{"orders", "", "", "2026-03-01", "2026-03-31", "100", NOON_MS},
	{"orders", "total", "-", "2026-03-01", "2026-03-31", "120", NOON_MS + 1}, // in place of the first
	{"orders", "total", "-", "2026-03-02", "2026-03-08", "30", NOON_MS},
	{"orders", "campaign", "winter", "2026-03-01", "2026-03-31", "9", NOON_MS},
	{"gmv", "", "", "2026-03-01", "2026-12-31", "5000.00", NOON_MS + 9},
	{"orders", "weather", "rain", "2026-03-01", "2026-03-31", "9", NOON_MS}, // no such dimension
	{"orders", "", "", "2026-03-31", "2026-03-01", "9", NOON_MS},            // ends before it begins
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]), KEPT = 4 };

static struct box *box_target(int number)
{
	static Utarg__V1__Target targets[ROWS];
	const struct row *row = &rows[number];
	Utarg__V1__Target *target = &targets[number];
	struct box *box = box_new(row->t_ms, ORIGIN_SERVER, NULL, NULL);
	utarg__v1__target__init(target);
	target->kpi = text(row->kpi);
	target->dimension = text(row->dimension);
	target->key = text(row->key);
	target->first_day = text(row->first_day);
	target->last_day = text(row->last_day);
	target->value = text(row->value);
	box->event.body_case = UTARG__V1__EVENT__BODY_TARGET_SET;
	box->event.target_set = target;
	// The same id in whatever order they are made.
	memset(box->fold.id, number + 1, sizeof(box->fold.id));
	return box;
}

static void expect_all(struct world *world)
{
	size_t count;
	const struct target *all = fold_targets(world_of(world), &count);
	const struct fold_cell *cells;
	assert_int_equal(count, KEPT);
	assert_string_equal(all[0].kpi, "gmv");
	assert_string_equal(all[1].value, "120");
	assert_string_equal(all[2].value, "30");
	assert_int_equal(all[3].dimension, FOLD_CAMPAIGN);
	assert_string_equal(all[3].key, "winter");
	assert_int_equal(fold_cells(world_of(world), &cells), 0);
}

// Every permutation of the first four, the others behind them; every second one restarts in the middle.
static void any_order(void **state)
{
	(void)state;
	for (int code = 0; code < 256; code++) {
		int order[4] = {code & 3, code >> 2 & 3, code >> 4 & 3, code >> 6};
		bool seen[4] = {false};
		for (int i = 0; i < 4; i++)
			seen[order[i]] = true;
		if (!seen[0] || !seen[1] || !seen[2] || !seen[3])
			continue;
		struct world *world = world_create(NOON_MS);
		for (int i = 0; i < 4; i++)
			world_say(world, box_target(order[i]));
		for (int i = 4; i < ROWS; i++)
			world_say(world, box_target(i));
		world_fold(world, 2);
		if (code % 2) {
			world_checkpoint(world);
			world_restart(world);
		}
		world_fold(world, 0);
		world_evict(world, 0);
		expect_all(world);
		world_destroy(world);
	}
}

static const struct target *over(struct world *world, const char *dimension_key, const char *first,
				 const char *last)
{
	size_t count;
	const struct target *all = fold_targets(world_of(world), &count);
	struct zone_date from, to;
	assert_true(zone_date_parse(first, &from));
	assert_true(zone_date_parse(last, &to));
	bool total = strcmp(dimension_key, "-") == 0;
	return target_over(all, count, "orders", total ? FOLD_TOTAL : FOLD_CAMPAIGN, dimension_key,
			   zone_date_days(from), zone_date_days(to));
}

static void the_shortest_period(void **state)
{
	struct world *world = world_create(NOON_MS);
	(void)state;
	for (int i = 0; i < ROWS; i++)
		world_say(world, box_target(i));
	world_fold(world, 0);
	assert_string_equal(over(world, "-", "2026-03-05", "2026-03-05")->value, "30");
	assert_string_equal(over(world, "-", "2026-03-02", "2026-03-08")->value, "30");
	assert_string_equal(over(world, "-", "2026-03-01", "2026-03-01")->value, "120");
	assert_string_equal(over(world, "-", "2026-03-01", "2026-03-31")->value, "120");
	assert_null(over(world, "-", "2026-03-30", "2026-04-05")); // a week that is half outside
	assert_string_equal(over(world, "winter", "2026-03-05", "2026-03-05")->value, "9");
	assert_null(over(world, "summer", "2026-03-05", "2026-03-05"));
	world_destroy(world);
}

static void bytes(void **state)
{
	struct world *world = world_create(NOON_MS);
	const struct fold_entity *entities;
	struct fold_key key = {.kind = FOLD_TARGETS, .size = 1, .bytes = {'-'}};
	struct slice stored = {NULL, 0};
	(void)state;
	for (int i = 0; i < ROWS; i++)
		world_say(world, box_target(i));
	world_fold(world, 0);
	size_t count = fold_entities(world_of(world), &entities), kept;
	for (size_t i = 0; i < count; i++)
		if (entities[i].key.kind == FOLD_TARGETS)
			stored = entities[i].state;
	assert_true(stored.size > 0);
	for (size_t size = 1; size <= stored.size; size++) {
		struct err e = {0};
		struct fold *fold = fold_create(&(struct fold_options){.as_of_ms = NOON_MS});
		uint8_t *copy = malloc(size); // exactly so long, for the sanitizer
		assert_non_null(copy);
		memcpy(copy, stored.data, size);
		assert_int_equal(fold_load(fold, &key, (struct slice){copy, size}, INT64_MAX, &e),
				 size == stored.size);
		fold_targets(fold, &kept);
		assert_int_equal(kept, size == stored.size ? KEPT : 0);
		free(copy);
		fold_destroy(fold);
	}
	world_destroy(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(the_shortest_period),
		cmocka_unit_test(bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
