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

enum { ROWS_AT_ONCE = 500, ARENA_BYTES = 8 << 20, KEYS_AT_ONCE = 64 };

void replay_fini(struct replay *replay)
{
	fold_destroy(replay->fold);
	free(replay->settings);
	*replay = (struct replay){0};
}

static bool load_settings(struct replay *replay, struct err *e)
{
	struct fold_key key = {.kind = FOLD_SETTINGS};
	struct slice state = {.data = replay->settings, .size = replay->settings_size};
	return fold_load(replay->fold, &key, state, INT64_MAX, e);
}

static bool begin(struct replay *replay, const struct store_position *position, struct zones *zones,
		  struct err *e)
{
	fold_destroy(replay->fold);
	replay->fold = fold_create(
		&(struct fold_options){.as_of_ms = position->as_of_ms, .zone = zones_find, .context = zones});
	return load_settings(replay, e);
}

// A rebuild: the settings stay, all else begins anew.
static void keep_settings(struct replay *replay)
{
	const struct fold_entity *entities;
	size_t count = fold_entities(replay->fold, &entities);
	for (size_t i = 0; i < count; i++) {
		if (entities[i].key.kind != FOLD_SETTINGS)
			continue;
		free(replay->settings);
		replay->settings_size = entities[i].state.size;
		replay->settings = malloc(replay->settings_size + 1);
		assert(replay->settings != NULL);
		memcpy(replay->settings, entities[i].state.data, replay->settings_size);
	}
}

// Nothing is stored anywhere: what is missing is absent.
bool replay_bring_nothing(struct fold *fold, const struct fold_event *event, struct err *e)
{
	HARDEN_UNFILLED struct fold_key keys[KEYS_AT_ONCE];
	size_t count;
	while ((count = fold_missing(fold, event, keys, KEYS_AT_ONCE)) > 0) {
		for (size_t i = 0; i < count && i < KEYS_AT_ONCE; i++) {
			if (!fold_load(fold, &keys[i], (struct slice){0}, INT64_MAX, e))
				return false;
		}
	}
	return true;
}

// *seq moves over what was folded, or back to 0.
static bool fold_page(struct replay *replay, const struct journal_rows *rows,
		      const struct store_position *position, struct zones *zones, struct arena *arena,
		      int64_t *seq, struct err *e)
{
	for (size_t i = 0; i < rows->count && rows->rows[i].seq <= position->seq; i++) {
		struct fold_event event;
		arena_reset(arena);
		if (!follow_decode(&rows->rows[i], arena, &event))
			return err_set(e, ERR_INTERNAL, "event %lld does not decode",
				       (long long)rows->rows[i].seq);
		if (!replay_bring_nothing(replay->fold, &event, e))
			return false;
		if (fold_apply(replay->fold, &event) == FOLD_REBUILD) {
			keep_settings(replay);
			*seq = 0;
			return begin(replay, position, zones, e);
		}
		*seq = event.seq;
	}
	return true;
}

bool replay_run(struct replay *replay, struct db *db, int32_t shop_id, const struct store_position *position,
		struct zones *zones, replay_progress *progress, void *context, struct err *e)
{
	struct arena arena;
	int64_t seq = 0;
	*replay = (struct replay){0};
	arena_init(&arena, ARENA_BYTES);
	bool ok = begin(replay, position, zones, e);
	while (ok && seq < position->seq) {
		struct journal_position from = {.shop_id = shop_id, .epoch = position->epoch, .seq = seq};
		struct journal_rows rows;
		if (!journal_read(db, &from, 1, ROWS_AT_ONCE, &rows, e)) {
			ok = false;
			break;
		}
		if (rows.count == 0)
			ok = err_set(e, ERR_CONFLICT,
				     "the figures stand at event %lld and the journal ends at %lld",
				     (long long)position->seq, (long long)seq);
		ok = ok && fold_page(replay, &rows, position, zones, &arena, &seq, e);
		journal_rows_free(&rows);
		if (progress != NULL)
			progress(context, seq, position->seq);
	}
	arena_fini(&arena);
	return ok;
}
