// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See replay.h.
#include "services/metrics/replay.h"

#include "common/base/arena.h"
#include "common/base/harden.h"
#include "common/journal/journal.h"
#include "services/metrics/follow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_AT_ONCE = 500, ARENA_BYTES = 8 << 20, KEYS_AT_ONCE = 64, FEW_ENTITIES = 100, CHANGES_MIN = 256 };
// What an event can add to the fold: entities and links of its own, and its fields once or twice. What comes
// back takes more room in memory than its bytes do.
enum { EVENT_GROWTH_BYTES = 1024, PAYLOAD_GROWTH = 3, ENTITY_GROWTH_BYTES = 256, STATE_GROWTH = 4 };

void replay_fini(struct replay *replay)
{
	fold_destroy(replay->fold);
	spill_entities_destroy(replay->entities);
	spill_cells_destroy(replay->cells);
	*replay = (struct replay){0};
}

// ---- entities come back ----

static bool load_one(struct replay *replay, const struct fold_key *key, struct err *e)
{
	struct fold_entity entity;
	if (!spill_entities_get(replay->entities, key, &entity, e))
		return false;
	replay->grown_bytes += ENTITY_GROWTH_BYTES + STATE_GROWTH * entity.state.size;
	return fold_load(replay->fold, key, entity.state, entity.due_ms, e);
}

static bool bring(struct replay *replay, const struct fold_event *event, struct err *e)
{
	HARDEN_UNFILLED struct fold_key keys[KEYS_AT_ONCE];
	size_t count;
	while ((count = fold_missing(replay->fold, event, keys, KEYS_AT_ONCE)) > 0) {
		for (size_t i = 0; i < count && i < KEYS_AT_ONCE; i++)
			if (!load_one(replay, &keys[i], e))
				return false;
	}
	return true;
}

// A fold with nothing but the settings.
static bool begin(struct replay *replay, struct err *e)
{
	const struct fold_key settings = {.kind = FOLD_SETTINGS};
	fold_destroy(replay->fold);
	replay->fold = fold_create(&(struct fold_options){.as_of_ms = replay->options->position->as_of_ms,
							  .zone = zones_find,
							  .context = replay->options->zones});
	if (!load_one(replay, &settings, e))
		return false;
	replay->base_bytes = fold_memory_bytes(replay->fold);
	replay->grown_bytes = 0;
	return true;
}

// ---- checkpoints ----

struct fold_key replay_history_key(int64_t day_ms, int64_t seq, uint8_t reason)
{
	struct fold_key key = {.kind = REPLAY_HISTORY, .size = sizeof(day_ms) + sizeof(seq) + 1};
	memcpy(key.bytes, &day_ms, sizeof(day_ms));
	memcpy(key.bytes + sizeof(day_ms), &seq, sizeof(seq));
	key.bytes[sizeof(day_ms) + sizeof(seq)] = reason;
	return key;
}

void replay_history_of_key(const struct fold_key *key, int64_t *day_ms, int64_t *seq)
{
	memcpy(day_ms, key->bytes, sizeof(*day_ms));
	memcpy(seq, key->bytes + sizeof(*day_ms), sizeof(*seq));
}

static bool put_entities(struct replay *replay, struct err *e)
{
	const struct fold_entity *entities;
	size_t count = fold_entities(replay->fold, &entities);
	for (size_t i = 0; i < count; i++)
		if (!spill_entities_put(replay->entities, &entities[i], e))
			return false;
	return true;
}

// Lets go of what is clean until half of the memory is free. Names it has met stay in a fold as long as it
// lives: when they alone are too many, another begins.
static bool shrink(struct replay *replay, struct err *e)
{
	size_t keep_bytes = replay->options->memory_bytes / 2;
	size_t count = fold_entity_count(replay->fold);
	while (fold_memory_bytes(replay->fold) > keep_bytes && count > FEW_ENTITIES) {
		count /= 2;
		fold_evict(replay->fold, count);
	}
	replay->base_bytes = fold_memory_bytes(replay->fold);
	return replay->base_bytes <= keep_bytes || begin(replay, e);
}

// A row of history stands among the entities, as one of a kind that there is not.
static bool put_history(struct replay *replay, struct err *e)
{
	const struct fold_history *rows;
	size_t count = fold_history(replay->fold, &rows);
	for (size_t i = 0; i < count; i++) {
		struct fold_entity entity = {
			.key = replay_history_key(rows[i].day_ms, rows[i].seq, rows[i].reason),
			.due_ms = rows[i].received_at_ms,
			.state = rows[i].changes};
		if (!spill_entities_put(replay->entities, &entity, e))
			return false;
	}
	return true;
}

static bool checkpoint(struct replay *replay, struct err *e)
{
	const struct fold_cell *cells;
	size_t count = fold_cells(replay->fold, &cells);
	if (!spill_cells_add(replay->cells, cells, count, e) || !put_entities(replay, e) ||
	    !put_history(replay, e))
		return false;
	fold_checkpointed(replay->fold);
	replay->grown_bytes = 0;
	replay->checkpoints++;
	return shrink(replay, e);
}

static bool is_full(const struct replay *replay)
{
	size_t changes = replay->options->memory_bytes / (FOLD_CELLS_A_CHANGE * FOLLOW_CELL_BYTES);
	return fold_changes(replay->fold) >= (changes > CHANGES_MIN ? changes : CHANGES_MIN) ||
	       replay->base_bytes + replay->grown_bytes > replay->options->memory_bytes;
}

// The settings stay, all else begins anew.
static bool rebuild(struct replay *replay, struct err *e)
{
	spill_cells_clear(replay->cells);
	return spill_entities_clear(replay->entities, e) && put_entities(replay, e) && begin(replay, e);
}

// ---- events ----

// *seq moves over what was folded, or back to 0.
static bool fold_page(struct replay *replay, const struct journal_rows *rows, struct arena *arena,
		      int64_t *seq, struct err *e)
{
	for (size_t i = 0; i < rows->count && rows->rows[i].seq <= replay->options->position->seq; i++) {
		struct fold_event event;
		arena_reset(arena);
		if (!follow_decode(&rows->rows[i], arena, &event))
			return err_set(e, ERR_INTERNAL, "event %lld does not decode",
				       (long long)rows->rows[i].seq);
		if (!bring(replay, &event, e))
			return false;
		if (fold_apply(replay->fold, &event) == FOLD_REBUILD) {
			*seq = 0;
			return rebuild(replay, e);
		}
		replay->grown_bytes += EVENT_GROWTH_BYTES + PAYLOAD_GROWTH * rows->rows[i].payload.size;
		*seq = event.seq;
		if (is_full(replay) && !checkpoint(replay, e))
			return false;
	}
	return true;
}

static bool fold_all(struct replay *replay, struct arena *arena, struct err *e)
{
	const struct replay_options *o = replay->options;
	int64_t seq = 0;
	bool ok = true;
	while (ok && seq < o->position->seq) {
		struct journal_position from = {
			.shop_id = o->shop_id, .epoch = o->position->epoch, .seq = seq};
		struct journal_rows rows;
		if (!journal_read(o->db, &from, 1, ROWS_AT_ONCE, &rows, e))
			return false;
		if (rows.count == 0)
			ok = err_set(e, ERR_CONFLICT,
				     "the figures stand at event %lld and the journal ends at %lld",
				     (long long)o->position->seq, (long long)seq);
		ok = ok && fold_page(replay, &rows, arena, &seq, e);
		journal_rows_free(&rows);
		if (o->progress != NULL)
			o->progress(o->context, seq, o->position->seq);
	}
	return ok;
}

bool replay_run(struct replay *replay, const struct replay_options *options, struct err *e)
{
	struct arena arena;
	*replay = (struct replay){.options = options};
	replay->entities = spill_entities_create(options->folder, e);
	replay->cells = spill_cells_create(options->folder);
	if (replay->entities == NULL || !begin(replay, e))
		return false;
	arena_init(&arena, ARENA_BYTES);
	bool ok =
		fold_all(replay, &arena, e) && checkpoint(replay, e) && spill_cells_rewind(replay->cells, e);
	arena_fini(&arena);
	fold_destroy(replay->fold);
	replay->fold = NULL;
	return ok;
}
