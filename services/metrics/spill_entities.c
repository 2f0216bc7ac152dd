// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See spill_entities.h. A record that has grown beyond its place is written anew at the end; what it leaves
// is not used again. A slot's place is the top of the hash, so that doubling the table reads and writes in
// order.
#include "services/metrics/spill_entities.h"

#include "services/metrics/core/hash.h"
#include "services/metrics/scratch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_SLOTS = 256, FIRST_BITS = 12, ROUND_TO = 64 };
#define NO_BLOCK UINT64_MAX

struct slot {
	uint64_t hash;       // never 0; 0: free
	uint64_t offset_met; // of the record, times two, and 1 when it was met
};

struct table {
	int file;
	unsigned bits; // 2^bits slots
	uint64_t count;
	uint64_t block; // which one is at hand
	bool changed;
	struct slot slots[BLOCK_SLOTS];
};

struct record { // in front of key and state
	int64_t due_ms;
	uint32_t state_size;
	uint32_t room; // for key and state
	uint8_t kind, key_size;
};

struct spill_entities {
	const char *folder;
	struct table table;
	int file;      // of records
	uint64_t size; // of that file
	uint8_t *bytes;
	size_t capacity;
};

// ---- the table ----

static bool table_open(struct table *table, const char *folder, unsigned bits, struct err *e)
{
	*table = (struct table){.bits = bits, .block = NO_BLOCK, .file = scratch_open(folder, e)};
	if (table->file < 0)
		return false;
	if (ftruncate(table->file, (off_t)(sizeof(struct slot) << bits)) == 0)
		return true;
	close(table->file);
	table->file = -1;
	return err_set(e, ERR_BUSY, "there is no room in %.200s for what does not fit into memory", folder);
}

static bool flush_block(struct table *table, struct err *e)
{
	if (table->changed && !scratch_write(table->file, table->slots, sizeof(table->slots),
					     table->block * sizeof(table->slots), e))
		return false;
	table->changed = false;
	return true;
}

// The slot's memory, until another block is asked for. NULL: the file cannot be read.
static struct slot *slot_at(struct table *table, uint64_t index, struct err *e)
{
	uint64_t block = index / BLOCK_SLOTS;
	if (block != table->block) {
		if (!flush_block(table, e))
			return NULL;
		table->block = NO_BLOCK;
		if (!scratch_read(table->file, table->slots, sizeof(table->slots),
				  block * sizeof(table->slots), e))
			return NULL;
		table->block = block;
	}
	return &table->slots[index % BLOCK_SLOTS];
}

static uint64_t home(const struct table *table, uint64_t hash)
{
	return hash >> (64 - table->bits);
}

static uint64_t behind(const struct table *table, uint64_t index)
{
	return (index + 1) & ((UINT64_C(1) << table->bits) - 1);
}

static bool insert(struct table *table, struct slot slot, struct err *e)
{
	uint64_t index = home(table, slot.hash);
	struct slot *at;
	while ((at = slot_at(table, index, e)) != NULL && at->hash != 0)
		index = behind(table, index);
	if (at == NULL)
		return false;
	*at = slot;
	table->changed = true;
	table->count++;
	return true;
}

static bool grow(struct spill_entities *entities, struct err *e)
{
	struct table *wider = calloc(1, sizeof(*wider)), *old = &entities->table;
	assert(wider != NULL);
	bool ok = table_open(wider, entities->folder, old->bits + 1, e);
	for (uint64_t i = 0; ok && i < UINT64_C(1) << old->bits; i++) {
		const struct slot *slot = slot_at(old, i, e);
		ok = slot != NULL && (slot->hash == 0 || insert(wider, *slot, e));
	}
	if (ok) {
		close(old->file);
		*old = *wider;
	} else if (wider->file >= 0) {
		close(wider->file);
	}
	free(wider);
	return ok;
}

// ---- records ----

static void reserve(struct spill_entities *entities, size_t size)
{
	if (size <= entities->capacity)
		return;
	entities->capacity = size * 2;
	entities->bytes = realloc(entities->bytes, entities->capacity);
	assert(entities->bytes != NULL);
}

static uint64_t hash_of(const struct fold_key *key)
{
	uint64_t high = hash_bytes(key->bytes, key->size, key->kind);
	uint64_t low = hash_bytes(key->bytes, key->size, key->kind + UINT64_C(0x5851f42d4c957f2d));
	return high << 32 | low | 1;
}

static bool is_of(const struct fold_key *key, const struct record *record, const uint8_t *bytes)
{
	return record->kind == key->kind && record->key_size == key->size &&
	       memcmp(bytes, key->bytes, key->size) == 0;
}

// Reads the record at an offset: key and state into entities->bytes.
static bool read_record(struct spill_entities *entities, uint64_t offset, struct record *out, struct err *e)
{
	if (!scratch_read(entities->file, out, sizeof(*out), offset, e))
		return false;
	size_t size = out->key_size + (size_t)out->state_size;
	reserve(entities, size);
	return scratch_read(entities->file, entities->bytes, size, offset + sizeof(*out), e);
}

// The slot of the key and its record; *found false: there is none.
static bool find(struct spill_entities *entities, const struct fold_key *key, uint64_t *index,
		 struct record *record, bool *found, struct err *e)
{
	struct table *table = &entities->table;
	uint64_t hash = hash_of(key);
	*found = false;
	for (*index = home(table, hash);; *index = behind(table, *index)) {
		const struct slot *slot = slot_at(table, *index, e);
		if (slot == NULL)
			return false;
		if (slot->hash == 0)
			return true;
		if (slot->hash != hash)
			continue;
		if (!read_record(entities, slot->offset_met / 2, record, e))
			return false;
		*found = is_of(key, record, entities->bytes);
		if (*found)
			return true;
	}
}

static bool write_record(struct spill_entities *entities, const struct fold_entity *entity, uint32_t room,
			 uint64_t offset, struct err *e)
{
	struct record record;
	size_t size = sizeof(record) + entity->key.size + entity->state.size;
	memset(&record, 0, sizeof(record));
	record.due_ms = entity->due_ms;
	record.state_size = (uint32_t)entity->state.size;
	record.room = room;
	record.kind = entity->key.kind;
	record.key_size = entity->key.size;
	reserve(entities, size);
	memcpy(entities->bytes, &record, sizeof(record));
	memcpy(entities->bytes + sizeof(record), entity->key.bytes, entity->key.size);
	if (entity->state.size > 0)
		memcpy(entities->bytes + sizeof(record) + entity->key.size, entity->state.data,
		       entity->state.size);
	return scratch_write(entities->file, entities->bytes, size, offset, e);
}

// ---- the functions of spill_entities.h ----

struct spill_entities *spill_entities_create(const char *folder, struct err *e)
{
	struct spill_entities *entities = calloc(1, sizeof(*entities));
	assert(entities != NULL);
	entities->folder = folder;
	entities->file = -1;
	entities->table.file = -1;
	if (spill_entities_clear(entities, e))
		return entities;
	spill_entities_destroy(entities);
	return NULL;
}

static void close_files(struct spill_entities *entities)
{
	if (entities->table.file >= 0)
		close(entities->table.file);
	if (entities->file >= 0)
		close(entities->file);
	entities->table.file = -1;
	entities->file = -1;
}

void spill_entities_destroy(struct spill_entities *entities)
{
	if (entities == NULL)
		return;
	close_files(entities);
	free(entities->bytes);
	free(entities);
}

bool spill_entities_clear(struct spill_entities *entities, struct err *e)
{
	close_files(entities);
	entities->size = 0;
	entities->file = scratch_open(entities->folder, e);
	return entities->file >= 0 && table_open(&entities->table, entities->folder, FIRST_BITS, e);
}

// A new place at the end, for a new key or a record that does not fit into its old one.
static bool put_anew(struct spill_entities *entities, const struct fold_entity *entity, struct slot *slot,
		     struct err *e)
{
	size_t size = entity->key.size + entity->state.size;
	uint32_t room = (uint32_t)((size + ROUND_TO - 1) / ROUND_TO * ROUND_TO);
	if (!write_record(entities, entity, room, entities->size, e))
		return false;
	slot->offset_met = entities->size * 2;
	entities->size += sizeof(struct record) + room;
	return true;
}

bool spill_entities_put(struct spill_entities *entities, const struct fold_entity *entity, struct err *e)
{
	struct table *table = &entities->table;
	struct record record;
	uint64_t index;
	bool found;
	if (!find(entities, &entity->key, &index, &record, &found, e))
		return false;
	if (found && entity->key.size + entity->state.size <= record.room) {
		const struct slot *slot = slot_at(table, index, e);
		return slot != NULL && write_record(entities, entity, record.room, slot->offset_met / 2, e);
	}
	if (!found) {
		struct slot fresh = {.hash = hash_of(&entity->key)};
		if (table->count * 10 > (UINT64_C(6) << table->bits) && !grow(entities, e))
			return false;
		return put_anew(entities, entity, &fresh, e) && insert(table, fresh, e);
	}
	struct slot *slot = slot_at(table, index, e);
	table->changed = slot != NULL;
	return slot != NULL && put_anew(entities, entity, slot, e);
}

static void tell_record(const struct spill_entities *entities, const struct record *record,
			struct fold_entity *out)
{
	out->key = (struct fold_key){.kind = record->kind, .size = record->key_size};
	memcpy(out->key.bytes, entities->bytes, record->key_size);
	out->state = (struct slice){entities->bytes + record->key_size, record->state_size};
	out->due_ms = record->due_ms;
	out->is_stored = record->state_size > 0;
}

static bool get(struct spill_entities *entities, const struct fold_key *key, struct fold_entity *out,
		bool meet, struct err *e)
{
	struct record record;
	uint64_t index;
	bool found;
	*out = (struct fold_entity){.key = *key, .due_ms = INT64_MAX};
	if (!find(entities, key, &index, &record, &found, e))
		return false;
	if (!found)
		return true;
	tell_record(entities, &record, out);
	struct slot *slot = meet ? slot_at(&entities->table, index, e) : NULL;
	if (slot == NULL)
		return !meet;
	slot->offset_met |= 1; // alone: all slots are met one after the other, each in another block
	return scratch_write(entities->table.file, slot, sizeof(*slot), index * sizeof(*slot), e);
}

bool spill_entities_get(struct spill_entities *entities, const struct fold_key *key, struct fold_entity *out,
			struct err *e)
{
	return get(entities, key, out, false, e);
}

bool spill_entities_meet(struct spill_entities *entities, const struct fold_key *key, struct fold_entity *out,
			 struct err *e)
{
	return get(entities, key, out, true, e);
}

bool spill_entities_unmet(struct spill_entities *entities,
			  bool (*tell)(void *context, const struct fold_entity *entity), void *context,
			  struct err *e)
{
	for (uint64_t i = 0; i < UINT64_C(1) << entities->table.bits; i++) {
		struct fold_entity entity = {0};
		struct record record;
		const struct slot *slot = slot_at(&entities->table, i, e);
		if (slot == NULL)
			return false;
		if (slot->hash == 0 || (slot->offset_met & 1) != 0)
			continue;
		if (!read_record(entities, slot->offset_met / 2, &record, e))
			return false;
		tell_record(entities, &record, &entity);
		if (entity.state.size > 0 && !tell(context, &entity))
			return true;
	}
	return true;
}
