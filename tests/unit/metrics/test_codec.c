// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// States survive a round trip; broken ones are refused without harm.
#include "services/metrics/core/inner.h"
#include "tests/unit/metrics/helper_history.h"

#include <stdlib.h>
#include <string.h>

static void numbers_and_texts(void **state)
{
	(void)state;
	static const int64_t numbers[] = {0, 1, -1, 63, 64, -64, -65, INT32_MAX, INT64_MAX, INT64_MIN};
	struct codec_writer w = {0};
	char text[8];
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		codec_put_int(&w, numbers[i]);
	codec_put_uint(&w, UINT64_MAX);
	codec_put_text(&w, "seven77");
	codec_put_text(&w, "");
	struct codec_reader r = {{w.bytes, w.size}, false};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		assert_true(codec_get_int(&r) == numbers[i]);
	assert_true(codec_get_uint(&r) == UINT64_MAX);
	codec_get_text(&r, text, sizeof(text));
	assert_string_equal(text, "seven77");
	codec_get_text(&r, text, sizeof(text));
	assert_string_equal(text, "");
	assert_true(codec_end(&r));
	free(w.bytes);
}

static void broken_bytes(void **state)
{
	static const struct {
		uint8_t bytes[12];
		size_t size;
	} rows[] = {
		{{0x80}, 1},                                                              // truncated
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}, 10},       // above 64 bits
		{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, 11}, // over-long
		{{0}, 0},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct codec_reader r = {{rows[i].bytes, rows[i].size}, false};
		assert_true(codec_get_uint(&r) == 0);
		assert_true(r.broken && !codec_end(&r));
	}
	char text[4];
	struct codec_reader r = {{(const uint8_t *)"\x04"
						   "abcd",
				  5},
				 false};
	codec_get_text(&r, text, sizeof(text)); // too long for its place
	assert_true(r.broken);
	r = (struct codec_reader){{(const uint8_t *)"\x03"
						    "a\0c",
				   4},
				  false};
	codec_get_text(&r, text, sizeof(text)); // a NUL inside
	assert_true(r.broken);
	r = (struct codec_reader){{(const uint8_t *)"\x7f"
						    "abcd",
				   5},
				  false};
	assert_int_equal(codec_get_count(&r, 1), 0); // more items than bytes
	assert_true(r.broken);
}

// Loads a copy of the bytes that ends where they end, so that a sanitizer sees any step beyond.
static bool try_load(const struct fold_key *key, const uint8_t *bytes, size_t size)
{
	struct fold *fold = fold_create(&(struct fold_options){.as_of_ms = 0, .zone = world_zone});
	uint8_t *copy = malloc(size ? size : 1);
	struct err e = {0};
	memcpy(copy, bytes, size);
	bool ok = fold_load(fold, key, (struct slice){copy, size}, INT64_MAX, &e);
	if (!ok)
		assert_int_equal(e.code, ERR_INTERNAL);
	fold_destroy(fold);
	free(copy);
	return ok;
}

static struct fold *folded_history(uint64_t seed)
{
	struct history history;
	struct fold_key keys[8];
	struct err e = {0};
	size_t missing;
	history_make(&history, seed);
	struct fold *fold =
		fold_create(&(struct fold_options){.as_of_ms = history.base_ms, .zone = world_zone});
	for (size_t i = 0; i < history.count;) {
		const struct fold_event *event = &history.boxes[i]->fold;
		while ((missing = fold_missing(fold, event, keys, 8)) > 0)
			for (size_t k = 0; k < missing && k < 8; k++)
				assert_true(
					fold_load(fold, &keys[k], (struct slice){NULL, 0}, INT64_MAX, &e));
		enum fold_outcome outcome = fold_apply(fold, event);
		assert_int_not_equal(outcome, FOLD_LACKS);
		i = outcome == FOLD_REBUILD ? 0 : i + 1; // the fold has forgotten all but the settings
	}
	history_free(&history);
	return fold;
}

static bool has_every_kind(const int kinds[FOLD_KIND_COUNT])
{
	for (int kind = FOLD_SETTINGS; kind < FOLD_KIND_COUNT; kind++)
		if (!kinds[kind])
			return false;
	return true;
}

// What is loaded and written again is the same; what is cut anywhere or has one byte more is refused. Kinds
// that few histories have are waited for.
static void states_round_trip(void **state)
{
	(void)state;
	int kinds[FOLD_KIND_COUNT] = {0};
	for (uint64_t seed = 1; seed <= 6 || (seed <= 60 && !has_every_kind(kinds)); seed++) {
		struct fold *fold = folded_history(seed);
		const struct fold_entity *entities;
		size_t count = fold_entities(fold, &entities);
		for (size_t i = 0; i < count; i++) {
			const struct fold_entity *x = &entities[i];
			kinds[x->key.kind]++;
			assert_true(try_load(&x->key, x->state.data, x->state.size));
			for (size_t size = 1; size < x->state.size; size++)
				assert_false(try_load(&x->key, x->state.data, size));
			uint8_t *longer = calloc(1, x->state.size + 1);
			memcpy(longer, x->state.data, x->state.size);
			assert_false(try_load(&x->key, longer, x->state.size + 1));
			longer[0] = 99; // another version
			assert_false(try_load(&x->key, longer, x->state.size));
			free(longer);
		}
		fold_destroy(fold);
	}
	for (int kind = FOLD_SETTINGS; kind < FOLD_KIND_COUNT; kind++)
		if (!kinds[kind])
			fail_msg("no %s in the histories", kind_rows[kind].name);
}

// Flipped bytes are refused or give some state; never harm.
static void flipped_bytes(void **state)
{
	(void)state;
	struct random random = {11};
	struct fold *fold = folded_history(4);
	const struct fold_entity *entities;
	size_t count = fold_entities(fold, &entities);
	for (size_t i = 0; i < count; i++) {
		uint8_t *bytes = malloc(entities[i].state.size);
		for (int turn = 0; turn < 200; turn++) {
			memcpy(bytes, entities[i].state.data, entities[i].state.size);
			for (int flips = 0; flips < 3; flips++)
				bytes[random_below(&random, (uint32_t)entities[i].state.size)] ^=
					(uint8_t)(1u << random_below(&random, 8));
			try_load(&entities[i].key, bytes, entities[i].state.size);
		}
		free(bytes);
	}
	fold_destroy(fold);
}

static void the_same_bytes_again(void **state)
{
	(void)state;
	for (uint64_t seed = 5; seed < 30; seed++) {
		struct fold *fold = folded_history(seed);
		const struct fold_entity *entities, *none;
		size_t count = fold_entities(fold, &entities);
		for (size_t i = 0; i < count; i++) {
			const struct fold_entity *x = &entities[i];
			struct fold *other =
				fold_create(&(struct fold_options){.as_of_ms = 0, .zone = world_zone});
			struct codec_writer again = {0};
			struct err e = {0};
			assert_true(fold_load(other, &x->key, x->state, x->due_ms, &e));
			assert_int_equal(fold_entities(other, &none), 0); // loaded is clean
			state_write(other,
				    entity_find(other->table, x->key.kind,
						(struct slice){x->key.bytes, x->key.size}),
				    &again);
			assert_int_equal(again.size, x->state.size);
			assert_memory_equal(again.bytes, x->state.data, again.size);
			free(again.bytes);
			fold_evict(other, 0);
			// The settings stay, targets and the days with paths.
			bool stays = x->key.kind == FOLD_TARGETS || x->key.kind == FOLD_PATHS;
			assert_int_equal(fold_entity_count(other), 1 + stays);
			fold_destroy(other);
		}
		fold_destroy(fold);
	}
}

// After a checkpoint the memory of all entities is known without looking at them.
static void memory_is_counted(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct fold *fold = folded_history(seed);
		const struct fold_cell *cells;
		size_t grown = entity_table_bytes(fold->table);
		fold_cells(fold, &cells); // settles what waited for it
		fold_checkpointed(fold);
		size_t counted = entity_table_bytes(fold->table);
		assert_true(counted > grown); // what came since it was brought empty
		for (struct entity *entity = entity_oldest(fold->table); entity; entity = entity->newer)
			entity_count_bytes(fold->table, entity);
		assert_int_equal(entity_table_bytes(fold->table), counted);
		size_t alone = counted - entity_count(fold->table) * sizeof(struct entity);
		size_t stay = 1 + (entity_find(fold->table, FOLD_TARGETS, slice_of(TARGETS_KEY)) != NULL) +
			      (entity_find(fold->table, FOLD_PATHS, slice_of("-")) != NULL);
		fold_evict(fold, 0);
		assert_int_equal(fold_entity_count(fold), stay);
		assert_true(entity_table_bytes(fold->table) < alone);
		fold_destroy(fold);
	}
}

enum { STATE_VERSION = 4 };

// Days of an offer, each written as its distance to the one before.
static bool load_days(int32_t first, uint32_t count, int32_t step)
{
	struct fold_key key = {.kind = FOLD_OFFER_DAYS, .size = 4, .bytes = "boot"};
	struct codec_writer w = {0};
	codec_put_uint(&w, STATE_VERSION);
	codec_put_uint(&w, count);
	for (uint32_t i = 0; i < count; i++) {
		codec_put_int(&w, i ? step : first);
		codec_put_uint(&w, 2);
		codec_put_uint(&w, 1);
		codec_put_uint(&w, 1);
	}
	codec_put_uint(&w, 0);
	bool ok = try_load(&key, w.bytes, w.size);
	free(w.bytes);
	return ok;
}

// Each distance is a small one, their sum is not.
static void days_of_no_calendar(void **state)
{
	const int32_t last = 2932896; // 9999-12-31
	(void)state;
	assert_true(load_days(20000, 300, 1));
	assert_true(load_days(last - 1, 2, 1));
	assert_false(load_days(last - 1, 3, 1));
	assert_false(load_days(1 << 24, 127, 1 << 24));
	assert_false(load_days(1 << 24, 300, 1 << 24)); // beyond 32 bits
	assert_false(load_days(20000, 2, 0));
}

static void apply_alone(struct fold *fold, struct box *box)
{
	struct fold_key keys[8];
	struct err e = {0};
	for (size_t count; (count = fold_missing(fold, &box->fold, keys, 8)) > 0;)
		for (size_t k = 0; k < count && k < 8; k++)
			assert_true(fold_load(fold, &keys[k], (struct slice){NULL, 0}, INT64_MAX, &e));
	assert_int_equal(fold_apply(fold, &box->fold), FOLD_DONE);
	box_free(box);
}

// Whether the order is loaded that the box brings to a new shop.
static bool order_is_loaded(struct box *box)
{
	struct fold *fold = fold_create(&(struct fold_options){.as_of_ms = 0, .zone = world_zone});
	const struct fold_entity *entities;
	bool ok = false;
	apply_alone(fold, box);
	size_t count = fold_entities(fold, &entities);
	for (size_t i = 0; i < count; i++)
		if (entities[i].key.kind == FOLD_ORDER)
			ok = try_load(&entities[i].key, entities[i].state.data, entities[i].state.size);
	fold_destroy(fold);
	return ok;
}

static struct box *order_of(int64_t quantity)
{
	struct box *box = box_order(0, ORIGIN_SERVER, NULL, NULL, "o", 0, 100);
	box->lines[0].quantity = quantity;
	return box;
}

static void quantities_as_on_the_wire(void **state)
{
	(void)state;
	assert_true(order_is_loaded(order_of(1)));
	assert_true(order_is_loaded(order_of(1000000)));
	assert_false(order_is_loaded(order_of(1000001)));
	assert_false(order_is_loaded(order_of(INT64_C(30000000000000000))));
	assert_false(order_is_loaded(order_of(0)));
	assert_false(order_is_loaded(order_of(-1)));
}

// Days that no zone knows count as not said.
static void days_that_are_said(void **state)
{
	static char promised[] = "2100-12-31";
	struct box *box = order_of(1);
	struct order_content content;
	struct intern *intern = intern_create();
	struct zone_date date;
	struct said said;
	(void)state;
	assert_true(said_day("1970-01-01", &date));
	assert_true(said_day("2100-12-31", &date));
	assert_false(said_day("1969-12-31", &date));
	assert_false(said_day("2101-01-01", &date));
	assert_false(said_day("9999-12-31", &date));
	assert_false(said_day("2026-02-30", &date));
	box->body.order_body.promised_day = promised;
	order_read_content(&box->body.order_body, intern, &content);
	assert_int_equal(content.promised_day, 21001231);
	vec_free(content.lines);
	promised[3] = '1';
	order_read_content(&box->body.order_body, intern, &content);
	assert_int_equal(content.promised_day, 0);
	vec_free(content.lines);
	intern_destroy(intern);
	box_free(box);
	struct box *digest = box_digest(0, "2100-12-31", 1, 1), *far = box_digest(0, "2101-12-31", 1, 1);
	assert_true(said_read(&said, &digest->fold));
	assert_false(said_read(&said, &far->fold));
	box_free(digest);
	box_free(far);
}

// A key stands in the store too: one that is longer than an id would not fit where ids are.
static void keys_that_are_no_ids(void **state)
{
	static const uint8_t others[] = {FOLD_RATE,          FOLD_REPORT,    FOLD_OFFER_DAY, FOLD_DIGEST,
					 FOLD_DAY_ORDERS,    FOLD_TARGETS,   FOLD_PATH_DAY,  FOLD_PATH_ORDERS,
					 FOLD_PATHS,         FOLD_MAILING,   FOLD_SEO,       FOLD_FEED,
					 FOLD_CAMPAIGN_PLAN, FOLD_AFFILIATE, FOLD_COMMISSION};
	(void)state;
	for (uint8_t kind = FOLD_VISITOR; kind < FOLD_KIND_COUNT; kind++) {
		struct fold_key key = {.kind = kind, .size = ENTITY_ID_SIZE};
		bool is_id = !memchr(others, kind, sizeof(others));
		memset(key.bytes, 'k', sizeof(key.bytes));
		assert_int_equal(try_load(&key, (const uint8_t *)"", 0), !is_id);
		key.size = ENTITY_ID_SIZE - 1;
		assert_true(try_load(&key, (const uint8_t *)"", 0));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_texts),         cmocka_unit_test(broken_bytes),
		cmocka_unit_test(states_round_trip),         cmocka_unit_test(flipped_bytes),
		cmocka_unit_test(the_same_bytes_again),      cmocka_unit_test(memory_is_counted),
		cmocka_unit_test(keys_that_are_no_ids),      cmocka_unit_test(days_of_no_calendar),
		cmocka_unit_test(quantities_as_on_the_wire), cmocka_unit_test(days_that_are_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
