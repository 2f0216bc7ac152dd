// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Checkpoints against a real PostgreSQL: new and known entities, all or nothing, and the position as a fence.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// cmocka needs the four above
#include <cmocka.h>

#include "common/journal/journal.h"
#include "services/metrics/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const struct db_statement metrics_store_statements[];

enum { SHOP = 1, MANY = 5000 };

static struct db *connect_one(void)
{
	static const struct db_statement *const tables[] = {journal_statements, metrics_store_statements,
							    NULL};
	struct err e = {0};
	const char *conninfo = getenv("UTARG_TEST_DATABASE");
	assert_non_null(conninfo);
	struct db *db = db_create(
		&(struct db_options){.conninfo = conninfo, .statements = tables, .generic_plans = true}, &e);
	if (db == NULL)
		fail_msg("%s", e.text);
	return db;
}

static int set_up(void **state)
{
	*state = connect_one();
	return 0;
}

static int tear_down(void **state)
{
	db_destroy(*state);
	return 0;
}

static int begin_each(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	if (!db_script(db,
		       "TRUNCATE metrics.position, metrics.entity, metrics.cell, metrics.day_history, "
		       "journal.head;"
		       "INSERT INTO journal.head VALUES (1, 0, 1, '');",
		       &e) ||
	    !store_create_position(db, SHOP, 0, &e))
		fail_msg("%s", e.text);
	return 0;
}

static struct fold_entity entity_of(uint32_t number, const char *state, bool is_stored)
{
	struct fold_entity entity = {.due_ms = INT64_MAX, .is_stored = is_stored};
	entity.key.kind = FOLD_VISITOR;
	entity.key.size = 8;
	for (int i = 0; i < 8; i++)
		entity.key.bytes[i] = (uint8_t)('a' + (number >> 4 * i) % 16);
	entity.state = (struct slice){(const uint8_t *)state, strlen(state)};
	return entity;
}

static const struct fold_cell a_cell = {.measure = 4,
					.dimension = FOLD_TOTAL,
					.grain = FOLD_DAY,
					.bucket_ms = 86400000,
					.key = "-",
					.delta = 7,
					.revision = 3};

static enum store_outcome move(struct db *db, int64_t from_seq, int64_t to_seq,
			       const struct fold_entity *entities, size_t count, struct err *e)
{
	struct store_change change = {.shop_id = SHOP,
				      .from = {.epoch = 1, .seq = from_seq},
				      .to = {.epoch = 1, .seq = to_seq},
				      .cells = &a_cell,
				      .cell_count = 1,
				      .entities = entities,
				      .entity_count = count};
	*e = (struct err){0};
	return store_checkpoint(db, &change, e);
}

// Of the test's own: rows in the order of the columns asked for, as one text.
static void expect(struct db *db, const char *what, int64_t seq, int64_t entities, const char *states,
		   int64_t value)
{
	char script[600];
	struct err e = {0};
	snprintf(script, sizeof(script),
		 "DO $$ DECLARE found text; BEGIN"
		 " SELECT pg_catalog.format('%%s %%s %%s %%s', (SELECT seq FROM metrics.position WHERE "
		 "shop_id = 1),"
		 " (SELECT count(*) FROM metrics.entity), (SELECT string_agg(DISTINCT convert_from(state, "
		 "'UTF8'),"
		 " ',') FROM metrics.entity), (SELECT sum(value) FROM metrics.cell)) INTO found;"
		 " IF found <> '%lld %lld %s %s' THEN RAISE '%s: found %%', found; END IF; END $$",
		 (long long)seq, (long long)entities, states, value ? (value == 7 ? "7" : "14") : "", what);
	if (!db_script(db, script, &e))
		fail_msg("%s", e.text);
}

static void new_and_known(void **state)
{
	struct db *db = *state;
	struct err e;
	struct fold_entity *entities = calloc(MANY, sizeof(*entities));
	for (uint32_t i = 0; i < MANY; i++)
		entities[i] = entity_of(i, "new", false);
	assert_int_equal(move(db, 0, 10, entities, MANY, &e), STORE_DONE);
	expect(db, "all new", 10, MANY, "new", 7);
	for (uint32_t i = 0; i < MANY; i++)
		entities[i] = entity_of(i < MANY / 2 ? i : i + MANY, "next", i < MANY / 2);
	assert_int_equal(move(db, 10, 20, entities, MANY, &e), STORE_DONE);
	expect(db, "half new", 20, MANY + MANY / 2, "new,next", 14);
	for (uint32_t i = 0; i < MANY; i++)
		entities[i].state.size = 0, entities[i].is_stored = true;
	struct store_change none = {.shop_id = SHOP,
				    .from = {.epoch = 1, .seq = 20},
				    .to = {.epoch = 1, .seq = 30},
				    .entities = entities,
				    .entity_count = MANY};
	assert_int_equal(store_checkpoint(db, &none, &e), STORE_DONE);
	expect(db, "all that were told of deleted", 30, MANY / 2, "new", 14);
	free(entities);
}

// What is taken for new and has a row is a fault: nothing of the checkpoint stands, and the next one goes on.
static void wrongly_new(void **state)
{
	struct db *db = *state;
	struct err e;
	struct fold_entity entities[] = {entity_of(1, "new", false), entity_of(2, "new", false)};
	assert_int_equal(move(db, 0, 10, entities, 1, &e), STORE_DONE);
	assert_int_equal(move(db, 10, 20, entities, 2, &e), STORE_FAILED);
	assert_string_equal(db_sqlstate(db), "23505");
	expect(db, "one of two was there", 10, 1, "new", 7);
	entities[0].is_stored = true;
	assert_int_equal(move(db, 10, 20, entities, 2, &e), STORE_DONE);
	expect(db, "told rightly", 20, 2, "new", 14);
}

static void fenced(void **state)
{
	struct db *db = *state, *other = connect_one();
	struct err e;
	struct fold_entity first = entity_of(1, "first", false), second = entity_of(1, "second", false);
	assert_int_equal(move(db, 0, 10, &first, 1, &e), STORE_DONE);
	assert_int_equal(move(other, 0, 12, &second, 1, &e), STORE_FENCED);
	expect(db, "the second was too late", 10, 1, "first", 7);
	db_destroy(other);
}

// The settings are written over what a rebuild kept of them, whoever thinks what of it.
static void rebuilt(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	struct fold_entity visitor = entity_of(1, "visitor", false),
			   settings = entity_of(0, "settings", false);
	settings.key = (struct fold_key){.kind = FOLD_SETTINGS};
	struct fold_entity both[] = {settings, visitor};
	assert_int_equal(move(db, 0, 10, both, 2, &e), STORE_DONE);
	expect(db, "both", 10, 2, "settings,visitor", 7);
	both[0].state = (struct slice){(const uint8_t *)"other", 5};
	struct store_change change = {.shop_id = SHOP,
				      .from = {.epoch = 1, .seq = 10},
				      .to = {.epoch = 1, .seq = 0},
				      .entities = both,
				      .entity_count = 1};
	assert_int_equal(store_reset(db, &change, true, &e), STORE_DONE);
	expect(db, "only the settings", 0, 1, "other", 0);
}

// Somebody deleted the position: all that there is of the shop goes with the new one, history too.
static void position_deleted(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	struct fold_entity visitor = entity_of(1, "visitor", false);
	struct fold_history late = {.day_ms = 86400000, .seq = 3, .changes = {(const uint8_t *)"x", 1}};
	struct store_change change = {.shop_id = SHOP,
				      .from = {.epoch = 1},
				      .to = {.epoch = 1, .seq = 10},
				      .cells = &a_cell,
				      .cell_count = 1,
				      .entities = &visitor,
				      .entity_count = 1,
				      .history = &late,
				      .history_count = 1};
	assert_int_equal(store_checkpoint(db, &change, &e), STORE_DONE);
	assert_true(store_create_position(db, SHOP, 0, &e));
	expect(db, "a position that is there stays", 10, 1, "visitor", 7);
	assert_true(db_script(db, "DELETE FROM metrics.position", &e));
	assert_true(store_create_position(db, SHOP, 0, &e));
	expect(db, "a new one begins with nothing", 0, 0, "", 0);
	assert_int_equal(store_checkpoint(db, &change, &e), STORE_DONE);
	expect(db, "and the journal is read again", 10, 1, "visitor", 7);
}

// A plan that was made while the table was empty looks up what was asked for and meets nothing else.
static void loaded_by_an_old_plan(void **state)
{
	struct db *db = *state;
	struct err e = {0};
	struct fold_entity *entities = calloc(MANY, sizeof(*entities));
	struct fold_key keys[40];
	for (uint32_t i = 0; i < MANY; i++)
		entities[i] = entity_of(i, "new", false);
	for (uint32_t i = 0; i < 40; i++)
		keys[i] = entities[100 * i].key;
	for (int turn = 0; turn < 10; turn++) {
		struct fold *fold = fold_create(&(struct fold_options){.as_of_ms = 0});
		assert_true(store_load_entities(db, SHOP, keys, 40, fold, &e));
		fold_destroy(fold);
	}
	assert_int_equal(move(db, 0, 10, entities, MANY, &e), STORE_DONE);
	// What earlier transactions met is counted too, until PostgreSQL reports it, once a second.
	assert_true(db_begin(db, &e));
	assert_true(
		db_script(db,
			  "SELECT set_config('utarg.met', (seq_tup_read + idx_tup_fetch)::text, true)"
			  " FROM pg_stat_xact_all_tables WHERE schemaname = 'metrics' AND relname = 'entity'",
			  &e));
	struct fold *fold = fold_create(&(struct fold_options){.as_of_ms = 0});
	assert_false(store_load_entities(db, SHOP, keys, 40, fold, &e)); // "new" is no state of a visitor
	fold_destroy(fold);
	e = (struct err){0};
	if (!db_script(db,
		       "DO $$ DECLARE met int8; BEGIN"
		       " SELECT seq_tup_read + idx_tup_fetch - current_setting('utarg.met')::int8 INTO met "
		       "FROM pg_stat_xact_all_tables"
		       " WHERE schemaname = 'metrics' AND relname = 'entity';"
		       " IF met > 400 THEN RAISE '% rows were met', met; END IF; END $$",
		       &e))
		fail_msg("%s", e.text);
	db_rollback(db);
	free(entities);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup(test, begin_each)
	const struct CMUnitTest tests[] = {CASE(new_and_known),    CASE(wrongly_new),
					   CASE(fenced),           CASE(rebuilt),
					   CASE(position_deleted), CASE(loaded_by_an_old_plan)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
