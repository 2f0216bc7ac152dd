// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The functions of fold.h: life of a fold, its cache of entities, its clock. How events change figures stands
// in the files that inner.h lists.
#include "services/metrics/core/inner.h"

#include "services/metrics/core/path.h"
#include "services/metrics/core/path_days.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct zone_step utc_steps[] = {{INT64_MIN, 0}};
static const struct zone utc = {"UTC", utc_steps, 1};

static void take_settings(struct fold *fold)
{
	const struct settings_version *v = settings_effective(fold->settings->settings);
	const struct zone *zone = NULL;
	if (v && fold->options.zone)
		zone = fold->options.zone(fold->options.context, v->zone);
	fold->zone = zone ? zone : &utc;
	fold->gap_ms = (v ? v->gap_minutes : SETTINGS_DEFAULT_GAP_MINUTES) * INT64_C(60000);
	text_copy(fold->currency, sizeof(fold->currency), v ? v->currency : "");
	fact_set_zone(fold->book, fold->zone);
}

static void add_settings(struct fold *fold)
{
	void *entity = entity_add(fold->table, FOLD_SETTINGS, slice_of(""));
	fold->settings = entity;
	fold->settings->settings = settings_create();
	take_settings(fold);
}

struct fold *fold_create(const struct fold_options *options)
{
	struct fold *fold = memory_get(sizeof(*fold));
	fold->options = *options;
	fold->as_of_ms = options->as_of_ms;
	fold->table = entity_table_create();
	fold->intern = intern_create();
	state_intern_words(fold->intern);
	fold->book = fact_book_create(fold->intern);
	fold->work = memory_get(sizeof(*fold->work));
	fold->told = told_create();
	fold->path = path_work_create();
	add_settings(fold);
	return fold;
}

void fold_destroy(struct fold *fold)
{
	if (!fold)
		return;
	entity_table_destroy(fold->table);
	fact_book_destroy(fold->book);
	intern_destroy(fold->intern);
	vec_free(fold->dirty);
	vec_free(fold->due);
	vec_free(fold->work->closure);
	vec_free(fold->work->missing);
	vec_free(fold->work->touched);
	vec_free(fold->work->strays);
	memory_free(fold->work);
	told_destroy(fold->told);
	path_work_destroy(fold->path);
	memory_free(fold->state.bytes);
	memory_free(fold->entities);
	memory_free(fold);
}

static void *find(const struct fold *fold, uint8_t kind, const char *id)
{
	return entity_find(fold->table, kind, slice_of(id));
}

struct visitor *fold_visitor(const struct fold *fold, const char *id)
{
	return find(fold, FOLD_VISITOR, id);
}

struct cart *fold_cart(const struct fold *fold, const char *id)
{
	return find(fold, FOLD_CART, id);
}

struct order *fold_order(const struct fold *fold, const char *id)
{
	return find(fold, FOLD_ORDER, id);
}

struct customer *fold_customer(const struct fold *fold, const char *id)
{
	return find(fold, FOLD_CUSTOMER, id);
}

void fold_dirty(struct fold *fold, struct entity *entity)
{
	if (entity->flags & ENTITY_DIRTY)
		return;
	struct entity **place = vec_push(fold->dirty);
	*place = entity;
	entity->flags |= ENTITY_DIRTY;
}

int32_t fold_day(const struct fold *fold, int64_t t_ms)
{
	return (int32_t)zone_date_days(zone_date(fold->zone, t_ms));
}

int64_t fold_day_start_ms(const struct fold *fold, int64_t day)
{
	return zone_day_start_ms(fold->zone, zone_date_add((struct zone_date){1970, 1, 1}, (int)day));
}

static bool is_settings(const struct said *said)
{
	return !said->event->test && (said->kind == UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED ||
				      said->kind == UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED ||
				      said->kind == UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED);
}

size_t fold_missing(const struct fold *fold, const struct fold_event *event, struct fold_key *out,
		    size_t capacity)
{
	struct said said;
	if (!said_read(&said, event) || is_settings(&said))
		return 0;
	closure_collect(fold, &said);
	closure_release(fold);
	size_t count = vec_count(fold->work->missing);
	for (size_t i = 0; i < count && i < capacity; i++)
		out[i] = fold->work->missing->at[i];
	return count;
}

static void forget(struct fold *fold, struct entity *entity)
{
	due_forget(fold, entity);
	path_let_go(fold, entity);
	entity_remove(fold->table, entity);
}

// What was due while it was away is put right at once.
static void load_due(struct fold *fold, struct entity *entity, int64_t due_ms)
{
	if (due_ms <= fold->as_of_ms)
		due_reached(fold, entity, due_ms);
	else
		due_set(fold, entity);
}

bool fold_load(struct fold *fold, const struct fold_key *key, struct slice state, int64_t due_ms,
	       struct err *e)
{
	struct slice id = {key->bytes, key->size};
	if (key->kind < FOLD_SETTINGS || key->kind >= FOLD_KIND_COUNT)
		return err_set(e, ERR_INTERNAL, "entity of unknown kind %u", key->kind);
	if (kind_rows[key->kind].key_is_id && id.size >= ENTITY_ID_SIZE)
		return err_set(e, ERR_INTERNAL, "key of entity kind %u is broken", key->kind);
	if (key->kind == FOLD_SETTINGS) {
		settings_destroy(fold->settings->settings);
		fold->settings->settings = settings_create();
	} else if (entity_find(fold->table, key->kind, id)) {
		return true; // what is in memory is newer
	}
	struct entity *entity =
		key->kind == FOLD_SETTINGS ? &fold->settings->entity : entity_add(fold->table, key->kind, id);
	if (state.size && !state_read(fold, entity, state)) {
		if (key->kind != FOLD_SETTINGS)
			forget(fold, entity);
		return err_set(e, ERR_INTERNAL, "state of entity kind %u is broken", key->kind);
	}
	if (state.size) {
		entity->flags |= ENTITY_STORED;
		entity_count_bytes(fold->table, entity);
	}
	if (key->kind == FOLD_SETTINGS)
		take_settings(fold);
	else if (state.size && kind_rows[key->kind].due_ms)
		load_due(fold, entity, due_ms);
	return true;
}

// Everything but the settings goes; the shell reads the journal again.
static void start_again(struct fold *fold)
{
	told_clear(fold);
	path_work_clear(fold->path);
	struct entity *entity = entity_oldest(fold->table);
	while (entity) {
		struct entity *newer = entity->newer;
		if (entity->kind != FOLD_SETTINGS)
			forget(fold, entity);
		entity = newer;
	}
	vec_clear(fold->dirty);
	fold->settings->entity.flags &= (uint16_t)~ENTITY_DIRTY;
	fold->settings->settings->greatest_ms = INT64_MIN;
	fold->settings->settings->greatest_click_ms = INT64_MIN;
	fold_dirty(fold, &fold->settings->entity);
	fact_clear(fold->book);
}

enum fold_outcome fold_apply(struct fold *fold, const struct fold_event *event)
{
	struct said said;
	if (!said_read(&said, event))
		return FOLD_DONE;
	if (!is_settings(&said))
		return apply_event(fold, &said) ? FOLD_DONE : FOLD_LACKS;
	enum fold_outcome outcome = apply_settings(fold, &said);
	if (outcome == FOLD_REBUILD)
		start_again(fold);
	if (outcome == FOLD_REBUILD || fold->settings->settings->greatest_ms == INT64_MIN)
		take_settings(fold);
	return outcome;
}

void fold_tick(struct fold *fold, int64_t as_of_ms)
{
	if (as_of_ms <= fold->as_of_ms)
		return;
	fold->as_of_ms = as_of_ms;
	due_tick(fold);
}

int64_t fold_as_of_ms(const struct fold *fold)
{
	return fold->as_of_ms;
}

size_t fold_cells(struct fold *fold, const struct fold_cell **out)
{
	path_settle(fold);
	return fact_cells(fold->book, fold->as_of_ms - FOLD_MINUTE_KEPT_MS, out);
}

size_t fold_history(const struct fold *fold, const struct fold_history **out)
{
	return fact_history(fold->book, out);
}

size_t fold_changes(const struct fold *fold)
{
	return fact_changes(fold->book);
}

static void write_entity(struct fold *fold, const struct entity *entity, struct fold_entity *out)
{
	struct slice key = entity_key(entity);
	size_t from = fold->state.size;
	out->key.kind = entity->kind;
	out->key.size = (uint8_t)key.size;
	memcpy(out->key.bytes, key.data, key.size);
	out->due_ms = due_of(fold, entity);
	out->is_stored = entity->flags & ENTITY_STORED;
	state_write(fold, entity, &fold->state);
	out->state = (struct slice){NULL, fold->state.size - from};
}

static void reserve_entities(struct fold *fold, size_t count)
{
	if (count <= fold->entity_capacity)
		return;
	fold->entity_capacity = count + count / 2;
	fold->entities = memory_resize(fold->entities, fold->entity_capacity * sizeof(*fold->entities));
}

size_t fold_entities(struct fold *fold, const struct fold_entity **out)
{
	path_settle(fold);
	uint32_t count = vec_count(fold->dirty);
	size_t kept = 0, offset = 0;
	reserve_entities(fold, count);
	fold->state.size = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct entity *entity = fold->dirty->at[i];
		warm_dirty(fold, i);
		write_entity(fold, entity, &fold->entities[kept]);
		// Empty and never stored: nothing to say.
		if (fold->entities[kept].state.size || fold->entities[kept].is_stored)
			kept++;
	}
	for (size_t i = 0; i < kept; i++) {
		struct slice *state = &fold->entities[i].state;
		state->data = state->size ? fold->state.bytes + offset : NULL;
		offset += state->size;
	}
	*out = fold->entities;
	return kept;
}

void fold_checkpointed(struct fold *fold)
{
	told_clear(fold);
	for (uint32_t i = 0; i < vec_count(fold->dirty); i++) {
		struct entity *entity = fold->dirty->at[i];
		entity->flags &= (uint16_t) ~(ENTITY_DIRTY | ENTITY_STORED);
		if (!state_is_empty(entity))
			entity->flags |= ENTITY_STORED;
		entity_count_bytes(fold->table, entity);
	}
	vec_clear(fold->dirty);
	fact_clear(fold->book);
}

// Second chance: what was used since the last look goes to the end of the queue, so that an event moves no
// list. Twice round sees everything.
void fold_evict(struct fold *fold, size_t keep_count)
{
	path_settle(fold); // what it leans on may go
	size_t looks = 2 * entity_count(fold->table);
	while (entity_count(fold->table) > keep_count && looks-- > 0) {
		struct entity *entity = entity_oldest(fold->table);
		bool stays = entity->kind == FOLD_SETTINGS || entity->kind == FOLD_TARGETS ||
			     entity->kind == FOLD_PATHS || (entity->flags & (ENTITY_DIRTY | ENTITY_USED));
		entity->flags &= (uint16_t)~ENTITY_USED;
		if (stays)
			entity_renew(fold->table, entity);
		else
			forget(fold, entity);
	}
}

size_t fold_entity_count(const struct fold *fold)
{
	return entity_count(fold->table);
}

size_t fold_memory_bytes(const struct fold *fold)
{
	return sizeof(*fold) + entity_table_bytes(fold->table) + intern_bytes(fold->intern) +
	       fact_bytes(fold->book) + told_bytes(fold->told) + path_work_bytes(fold->path) +
	       vec_bytes(fold->dirty) + vec_bytes(fold->due) + fold->state.capacity +
	       fold->entity_capacity * sizeof(*fold->entities);
}

const struct target *fold_targets(const struct fold *fold, size_t *count)
{
	const struct targets *targets = find(fold, FOLD_TARGETS, TARGETS_KEY);
	*count = targets ? vec_count(targets->all) : 0;
	return *count ? targets->all->at : NULL;
}

const char *fold_currency(const struct fold *fold)
{
	return fold->currency;
}

const struct zone *fold_zone(const struct fold *fold)
{
	return fold->zone;
}
