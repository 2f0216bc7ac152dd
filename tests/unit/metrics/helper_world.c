// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/codec.h"
#include "services/metrics/core/history.h"
#include "services/metrics/core/sums.h"
#include "services/metrics/core/vec.h"
#include "tests/unit/metrics/helper_told.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/base/map.h"

struct id_row {
	uint8_t id[UUID_SIZE];
	UT_hash_handle hh;
};

struct entity_row {
	struct fold_key key; // zeroed behind its bytes
	uint8_t *state;
	size_t size;
	int64_t due_ms;
	UT_hash_handle hh;
};

struct cell_key {
	int64_t bucket_ms;
	int64_t level;
	uint16_t measure;
	uint8_t dimension;
	uint8_t grain;
	char key[44];
};

struct cell_row {
	struct cell_key key;
	money_sum value;
	int64_t revision;
	UT_hash_handle hh;
};

struct kept_history {
	struct fold_history row; // its changes stand at `at` in the bytes
	size_t at;
};

struct world {
	struct fold *fold;
	struct box **journal;
	size_t said, capacity, folded, checkpointed;
	bool borrowed;
	int64_t as_of_ms; // checkpointed
	uint32_t switches;
	struct id_row *ids;
	struct entity_row *entities;
	struct cell_row *cells;
	VEC(struct kept_history) * history;
	struct codec_writer history_bytes;
};

const struct zone *world_zone(void *context, const char *name)
{
	static struct zone zones[16];
	static size_t count;
	(void)context;
	for (size_t i = 0; i < count; i++)
		if (strcmp(zones[i].name, name) == 0)
			return &zones[i];
	struct err e = {0};
	assert_true(count < sizeof(zones) / sizeof(zones[0]));
	if (!zone_load(&zones[count], name, &e))
		return NULL;
	return &zones[count++];
}

static void open_fold(struct world *world, int64_t as_of_ms)
{
	fold_destroy(world->fold);
	world->fold = fold_create(&(struct fold_options){
		.as_of_ms = as_of_ms, .zone = world_zone, .switches = world->switches});
}

struct world *world_create(int64_t as_of_ms)
{
	return world_create_switched(as_of_ms, 0);
}

struct world *world_create_switched(int64_t as_of_ms, uint32_t switches)
{
	struct world *world = calloc(1, sizeof(*world));
	world->switches = switches;
	world->as_of_ms = as_of_ms;
	open_fold(world, as_of_ms);
	return world;
}

static void drop_tables(struct world *world)
{
	vec_clear(world->history);
	world->history_bytes.size = 0;
	struct entity_row *entity, *next_entity;
	HASH_ITER(hh, world->entities, entity, next_entity)
	{
		HASH_DEL(world->entities, entity);
		free(entity->state);
		free(entity);
	}
	struct cell_row *cell, *next_cell;
	HASH_ITER(hh, world->cells, cell, next_cell)
	{
		HASH_DEL(world->cells, cell);
		free(cell);
	}
}

void world_destroy(struct world *world)
{
	drop_tables(world);
	struct id_row *id, *next;
	HASH_ITER(hh, world->ids, id, next)
	{
		HASH_DEL(world->ids, id);
		free(id);
	}
	fold_destroy(world->fold);
	vec_free(world->history);
	memory_free(world->history_bytes.bytes);
	for (size_t i = 0; i < world->said && !world->borrowed; i++)
		box_free(world->journal[i]);
	free(world->journal);
	free(world);
}

struct world *world_replay(const struct world *from, int64_t as_of_ms)
{
	struct world *world = world_create(as_of_ms);
	world->borrowed = true;
	world->said = world->capacity = from->said;
	world->journal = malloc((from->said + 1) * sizeof(*world->journal));
	memcpy(world->journal, from->journal, from->said * sizeof(*world->journal));
	return world;
}

void world_say(struct world *world, struct box *box)
{
	struct id_row *row;
	HASH_FIND(hh, world->ids, box->fold.id, UUID_SIZE, row);
	if (row) {
		box_free(box);
		return;
	}
	row = calloc(1, sizeof(*row));
	memcpy(row->id, box->fold.id, UUID_SIZE);
	HASH_ADD(hh, world->ids, id, UUID_SIZE, row);
	if (world->said == world->capacity) {
		world->capacity = world->capacity * 2 + 64;
		world->journal = realloc(world->journal, world->capacity * sizeof(*world->journal));
	}
	world->journal[world->said++] = box;
	box->fold.seq = (int64_t)world->said;
}

static struct entity_row *entity_row(struct world *world, const struct fold_key *key)
{
	struct fold_key plain;
	struct entity_row *row;
	memset(&plain, 0, sizeof(plain));
	plain.kind = key->kind;
	plain.size = key->size;
	memcpy(plain.bytes, key->bytes, key->size);
	HASH_FIND(hh, world->entities, &plain, sizeof(plain), row);
	return row;
}

static void load(struct world *world, const struct fold_key *key)
{
	struct err e = {0};
	struct entity_row *row = entity_row(world, key);
	struct slice state = {row ? row->state : NULL, row ? row->size : 0};
	if (!fold_load(world->fold, key, state, row ? row->due_ms : INT64_MAX, &e))
		fail_msg("fold_load: %s", e.text);
}

static void load_missing(struct world *world, const struct fold_event *event)
{
	struct fold_key keys[3]; // few on purpose
	size_t missing;
	while ((missing = fold_missing(world->fold, event, keys, 3)) > 0)
		for (size_t i = 0; i < missing && i < 3; i++)
			load(world, &keys[i]);
}

static void put_entity(struct world *world, const struct fold_entity *entity)
{
	struct entity_row *row = entity_row(world, &entity->key);
	if (entity->key.kind != FOLD_SETTINGS)
		assert_int_equal(entity->is_stored, row != NULL);
	if (!entity->state.size) {
		assert_non_null(row);
		HASH_DEL(world->entities, row);
		free(row->state);
		free(row);
		return;
	}
	if (!row) {
		row = calloc(1, sizeof(*row));
		row->key.kind = entity->key.kind;
		row->key.size = entity->key.size;
		memcpy(row->key.bytes, entity->key.bytes, entity->key.size);
		HASH_ADD(hh, world->entities, key, sizeof(row->key), row);
	}
	row->state = realloc(row->state, entity->state.size);
	memcpy(row->state, entity->state.data, entity->state.size);
	row->size = entity->state.size;
	row->due_ms = entity->due_ms;
}

static struct cell_row *cell_row(struct world *world, const struct cell_key *key, bool make)
{
	struct cell_row *row;
	HASH_FIND(hh, world->cells, key, sizeof(*key), row);
	if (!row && make) {
		row = aligned_alloc(16, (sizeof(*row) + 15) / 16 * 16);
		memset(row, 0, sizeof(*row));
		row->key = *key;
		HASH_ADD(hh, world->cells, key, sizeof(row->key), row);
	}
	return row;
}

static struct cell_key cell_key(uint16_t measure, uint8_t grain, int64_t bucket_ms, uint8_t dimension,
				const char *key, int64_t level)
{
	struct cell_key out;
	memset(&out, 0, sizeof(out));
	out.bucket_ms = bucket_ms;
	out.level = level;
	out.measure = measure;
	out.dimension = dimension;
	out.grain = grain;
	assert_true(text_copy(out.key, sizeof(out.key), key));
	return out;
}

static void put_cells(struct world *world)
{
	const struct fold_cell *cells;
	size_t count = fold_cells(world->fold, &cells);
	for (size_t i = 0; i < count; i++) {
		const struct fold_cell *c = &cells[i];
		struct cell_key key =
			cell_key(c->measure, c->grain, c->bucket_ms, c->dimension, c->key, c->level);
		struct cell_row *row = cell_row(world, &key, true);
		row->value += c->delta;
		if (c->revision > row->revision)
			row->revision = c->revision;
	}
}

static void drop_old_minutes(struct world *world)
{
	struct cell_row *cell, *next;
	HASH_ITER(hh, world->cells, cell, next)
	{
		if (cell->key.grain != FOLD_MINUTE ||
		    cell->key.bucket_ms >= fold_as_of_ms(world->fold) - FOLD_MINUTE_KEPT_MS)
			continue;
		HASH_DEL(world->cells, cell);
		free(cell);
	}
}

static void put_history(struct world *world)
{
	const struct fold_history *rows;
	size_t count = fold_history(world->fold, &rows);
	for (size_t i = 0; i < count; i++) {
		struct kept_history *kept = vec_push(world->history);
		*kept = (struct kept_history){rows[i], world->history_bytes.size};
		codec_put_raw(&world->history_bytes, rows[i].changes.data, rows[i].changes.size);
	}
}

void world_checkpoint(struct world *world)
{
	told_agree(world->fold);
	const struct fold_entity *entities;
	put_cells(world);
	put_history(world);
	size_t count = fold_entities(world->fold, &entities);
	for (size_t i = 0; i < count; i++)
		put_entity(world, &entities[i]);
	fold_checkpointed(world->fold);
	drop_old_minutes(world);
	world->as_of_ms = fold_as_of_ms(world->fold);
	world->checkpointed = world->folded;
}

static void rebuild(struct world *world)
{
	const struct fold_entity *entities;
	const struct fold_cell *cells;
	assert_int_equal(fold_cells(world->fold, &cells), 0);
	assert_int_equal(fold_entities(world->fold, &entities), 1);
	assert_int_equal(entities[0].key.kind, FOLD_SETTINGS);
	drop_tables(world);
	put_entity(world, &entities[0]);
	fold_checkpointed(world->fold);
	world->folded = world->checkpointed = 0;
}

size_t world_fold(struct world *world, size_t count)
{
	if (!count)
		count = SIZE_MAX;
	while (world->folded < world->said && count-- > 0) {
		const struct fold_event *event = &world->journal[world->folded]->fold;
		fold_warm(world->fold, event, 1);
		enum fold_outcome outcome = fold_apply(world->fold, event);
		if (outcome == FOLD_LACKS) {
			load_missing(world, event);
			outcome = fold_apply(world->fold, event);
		}
		assert_int_not_equal(outcome, FOLD_LACKS);
		world->folded++;
		if (outcome == FOLD_REBUILD)
			rebuild(world);
	}
	return world->said - world->folded;
}

void world_settle(struct world *world)
{
	world_fold(world, 0);
	world_checkpoint(world);
}

void world_settle_away(struct world *world)
{
	world_settle(world);
	world_evict(world, 0);
}

void world_tell(struct world *world, struct box *box)
{
	world_say(world, box);
	world_settle(world);
}

struct world *world_open_shop(int64_t as_of_ms)
{
	struct world *world = world_create(as_of_ms);
	world_say(world, box_settings(T0 - DAY_MS, "PLN", "UTC", 0));
	return world;
}

void world_evict(struct world *world, size_t keep)
{
	fold_evict(world->fold, keep);
}

void world_restart(struct world *world)
{
	static const struct fold_key settings = {.kind = FOLD_SETTINGS};
	open_fold(world, world->as_of_ms);
	load(world, &settings);
	world->folded = world->checkpointed;
}

void world_tick(struct world *world, int64_t as_of_ms)
{
	struct entity_row *row, *next;
	HASH_ITER(hh, world->entities, row, next)
	{
		if (row->due_ms <= as_of_ms)
			load(world, &row->key);
	}
	fold_tick(world->fold, as_of_ms);
}

struct fold *world_of(struct world *world)
{
	return world->fold;
}

money_sum world_level(struct world *world, uint16_t measure, enum fold_grain grain, int64_t bucket_ms,
		      enum fold_dimension dimension, const char *key, int64_t level)
{
	struct cell_key wanted = cell_key(measure, (uint8_t)grain, bucket_ms, (uint8_t)dimension, key, level);
	struct cell_row *row = cell_row(world, &wanted, false);
	return row ? row->value : 0;
}

money_sum world_cell(struct world *world, uint16_t measure, enum fold_grain grain, int64_t bucket_ms,
		     enum fold_dimension dimension, const char *key)
{
	return world_level(world, measure, grain, bucket_ms, dimension, key, 0);
}

size_t world_cell_count(struct world *world, uint16_t measure, enum fold_grain grain)
{
	size_t count = 0;
	for (struct cell_row *row = world->cells; row; row = row->hh.next)
		count += row->key.measure == measure && row->key.grain == grain &&
			 row->key.dimension == FOLD_TOTAL && row->value != 0;
	return count;
}

money_sum world_all(struct world *world, uint16_t measure, enum fold_grain grain)
{
	money_sum sum = 0;
	for (struct cell_row *row = world->cells; row; row = row->hh.next)
		if (row->key.measure == measure && row->key.grain == grain &&
		    row->key.dimension == FOLD_TOTAL)
			sum += row->value;
	return sum;
}

static bool is_among(const struct kpi_term *terms, const struct kpi_term *term)
{
	bool found = false;
	for (int i = 0; i < KPI_TERM_MAX; i++)
		found |= terms[i].measure == term->measure && terms[i].reach == term->reach;
	return found;
}

static void add_term(struct world *world, const struct kpi_term *term, enum window window, int64_t t_ms,
		     enum fold_dimension dimension, const char *key, struct sums *sums)
{
	int64_t start_ms, end_ms;
	if (!term->measure)
		return;
	zone_window(fold_zone(world->fold), window, t_ms, &start_ms, &end_ms);
	enum fold_grain grain = term->reach == KPI_WINDOW ? kpi_grain(term->measure, window) : FOLD_DAY;
	int64_t from_ms = kpi_reach_from_ms(term->reach, fold_zone(world->fold), start_ms, end_ms);
	for (struct cell_row *cell = world->cells; cell; cell = cell->hh.next) {
		if (cell->key.measure == term->measure && cell->key.grain == grain &&
		    cell->key.dimension == dimension && strcmp(cell->key.key, key) == 0 &&
		    cell->key.bucket_ms >= from_ms && cell->key.bucket_ms < end_ms)
			sums_add(sums, term->measure, term->reach, cell->key.level, cell->value,
				 cell->revision);
	}
}

struct world_figure world_figure(struct world *world, const char *kpi, enum window window, int64_t t_ms,
				 enum fold_dimension dimension, const char *key)
{
	const struct kpi_row *row = kpi_find(kpi);
	assert_non_null(row);
	return world_figure_of(world, row, window, t_ms, dimension, key);
}

struct world_figure world_figure_of(struct world *world, const struct kpi_row *row, enum window window,
				    int64_t t_ms, enum fold_dimension dimension, const char *key)
{
	struct sums sums = {.levels = NULL};
	struct world_figure figure = {0};
	for (int i = 0; i < KPI_TERM_MAX; i++) {
		add_term(world, &row->numerator[i], window, t_ms, dimension, key, &sums);
		if (!is_among(row->numerator, &row->denominator[i]))
			add_term(world, &row->denominator[i], window, t_ms, dimension, key, &sums);
	}
	int64_t start_ms, end_ms;
	zone_window(fold_zone(world->fold), window, t_ms, &start_ms, &end_ms);
	sums_set_end(&sums, fold_zone(world->fold), end_ms, fold_as_of_ms(world->fold));
	figure.revision = sums_revision(&sums, row);
	sums_fraction(&sums, row, &figure.numerator, &figure.denominator);
	sums_fini(&sums);
	return figure;
}

int64_t world_day_of(struct world *world, const char *kpi, int64_t t_ms, enum fold_dimension dimension,
		     const char *key)
{
	return (int64_t)world_figure(world, kpi, WINDOW_DAY, t_ms, dimension, key).numerator;
}

int64_t world_day(struct world *world, const char *kpi, int64_t t_ms)
{
	return world_day_of(world, kpi, t_ms, FOLD_TOTAL, "-");
}

static const char *one_sided(struct world *a, struct world *b, bool revisions_too)
{
	static char text[256];
	for (struct cell_row *row = a->cells; row; row = row->hh.next) {
		struct cell_row *other = cell_row(b, &row->key, false);
		money_sum value = other ? other->value : 0;
		int64_t revision = other ? other->revision : 0;
		if (value == row->value && (!revisions_too || revision == row->revision))
			continue;
		snprintf(text, sizeof(text),
			 "%s %s=%s grain %d bucket %lld: %lld at seq %lld, %lld at seq %lld",
			 measure_rows[row->key.measure].name, fold_dimension_name(row->key.dimension),
			 row->key.key, row->key.grain, (long long)row->key.bucket_ms, (long long)row->value,
			 (long long)row->revision, (long long)value, (long long)revision);
		return text;
	}
	return NULL;
}

size_t world_history(const struct world *world, size_t index, struct fold_history *out)
{
	if (index < vec_count(world->history)) {
		*out = world->history->at[index].row;
		out->changes.data = world->history_bytes.bytes + world->history->at[index].at;
	}
	return vec_count(world->history);
}

static const char *history_difference(struct world *a, struct world *b)
{
	static char text[128];
	size_t count = vec_count(a->history);
	if (count != vec_count(b->history))
		return "different numbers of rows of history";
	for (size_t i = 0; i < count; i++) {
		struct fold_history x, y;
		world_history(a, i, &x);
		world_history(b, i, &y);
		if (x.seq == y.seq && x.day_ms == y.day_ms && x.received_at_ms == y.received_at_ms &&
		    x.reason == y.reason && x.changes.size == y.changes.size &&
		    memcmp(x.changes.data, y.changes.data, x.changes.size) == 0)
			continue;
		snprintf(text, sizeof(text), "history of event %lld", (long long)x.seq);
		return text;
	}
	return NULL;
}

struct wanted_sum {
	uint16_t measure;
	int64_t level;
	money_sum sum;
};

static void add_wanted(void *context, const struct history_change *change)
{
	struct wanted_sum *wanted = context;
	if (change->measure == wanted->measure && change->level == wanted->level)
		wanted->sum += change->amount;
}

const char *world_history_gap(struct world *world)
{
	static char text[256];
	for (struct cell_row *row = world->cells; row; row = row->hh.next) {
		struct wanted_sum wanted = {row->key.measure, row->key.level, 0};
		// The clock moves cases that wait from level to level.
		bool moves = row->key.measure == M_FIRST_REPLY_MS || row->key.measure == M_RESOLUTION_MS;
		bool comes = row->key.bucket_ms >= fold_as_of_ms(world->fold); // the year after an order
		if (row->key.grain != FOLD_DAY || moves || comes || !measure_makes_history(row->key.measure))
			continue;
		for (size_t i = 0; i < vec_count(world->history); i++) {
			struct fold_history history;
			world_history(world, i, &history);
			if (history.day_ms == row->key.bucket_ms &&
			    !history_read(history.changes, row->key.dimension, row->key.key, add_wanted,
					  &wanted))
				return "a row of history is broken";
		}
		if (wanted.sum == row->value)
			continue;
		snprintf(text, sizeof(text), "%s %s=%s bucket %lld: %lld, by its history %lld",
			 measure_rows[row->key.measure].name, fold_dimension_name(row->key.dimension),
			 row->key.key, (long long)row->key.bucket_ms, (long long)row->value,
			 (long long)wanted.sum);
		return text;
	}
	return NULL;
}

const char *world_difference(struct world *a, struct world *b, bool revisions_too)
{
	const char *text = one_sided(a, b, revisions_too);
	text = text ? text : one_sided(b, a, revisions_too);
	return text || !revisions_too ? text : history_difference(a, b);
}

static const char *one_sided_state(struct world *a, struct world *b)
{
	static char text[256];
	for (struct entity_row *row = a->entities; row; row = row->hh.next) {
		const struct entity_row *other = entity_row(b, &row->key);
		if (other && other->size == row->size && other->due_ms == row->due_ms &&
		    memcmp(other->state, row->state, row->size) == 0)
			continue;
		snprintf(text, sizeof(text), "entity of kind %u \"%.*s\" is stored otherwise", row->key.kind,
			 (int)row->key.size, (const char *)row->key.bytes);
		return text;
	}
	return NULL;
}

const char *world_state_difference(struct world *a, struct world *b)
{
	const char *text = one_sided_state(a, b);
	return text ? text : one_sided_state(b, a);
}

int64_t local_ms(const char *zone, int year, int month, int day, int hour, int minute)
{
	const struct zone *z = world_zone(NULL, zone);
	assert_non_null(z);
	int64_t guess = zone_date_days((struct zone_date){year, month, day}) * DAY_MS + hour * HOUR_MS +
			minute * MINUTE_MS;
	int64_t early = guess - zone_offset_s(z, guess - DAY_MS) * INT64_C(1000);
	if (early + zone_offset_s(z, early) * INT64_C(1000) == guess)
		return early;
	return guess - zone_offset_s(z, guess) * INT64_C(1000);
}
