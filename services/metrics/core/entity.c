// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/entity.h"

#include "services/metrics/core/hash.h"

#include <assert.h>

struct slot {
	struct entity *entity; // NULL: free
	uint32_t hash;
};

struct entity_table {
	struct slot *slots; // linear probing, a power of two
	size_t size;
	size_t count;
	size_t bytes; // of all entities, as counted
	struct entity *newest, *oldest;
	struct entity *last; // found; an event asks for the same one several times
};

int moment_compare(const struct moment *a, const struct moment *b)
{
	if (a->t_ms != b->t_ms)
		return a->t_ms < b->t_ms ? -1 : 1;
	return memcmp(a->id, b->id, UUID_SIZE);
}

// The key stands behind the struct of its kind.
struct slice entity_key(const struct entity *entity)
{
	return (struct slice){(const uint8_t *)entity + kind_rows[entity->kind].size, entity->key_size};
}

void entity_id(const struct entity *entity, char out[ENTITY_ID_SIZE])
{
	assert(kind_rows[entity->kind].key_is_id && entity->key_size < ENTITY_ID_SIZE);
	struct slice key = entity_key(entity);
	memcpy(out, key.data, key.size);
	out[key.size] = '\0';
}

int entity_compare(const struct entity *a, const struct entity *b)
{
	if (a->kind != b->kind)
		return a->kind - b->kind;
	struct slice x = entity_key(a), y = entity_key(b);
	int order = memcmp(x.data, y.data, x.size < y.size ? x.size : y.size);
	return order ? order : (int)x.size - (int)y.size;
}

struct entity_table *entity_table_create(void)
{
	struct entity_table *table = memory_get(sizeof(*table));
	table->size = 256;
	table->slots = memory_get(table->size * sizeof(*table->slots));
	return table;
}

void entity_table_destroy(struct entity_table *table)
{
	if (!table)
		return;
	while (table->oldest)
		entity_remove(table, table->oldest);
	memory_free(table->slots);
	memory_free(table);
}

uint32_t entity_hash(uint8_t kind, struct slice key)
{
	return hash_bytes(key.data, key.size, kind);
}

void entity_warm_place(const struct entity_table *table, uint32_t hash)
{
	__builtin_prefetch(&table->slots[hash & (table->size - 1)]);
}

const struct entity *entity_at_place(const struct entity_table *table, uint32_t hash)
{
	size_t mask = table->size - 1;
	for (size_t i = hash & mask; table->slots[i].entity; i = (i + 1) & mask)
		if (table->slots[i].hash == hash)
			return table->slots[i].entity;
	return NULL;
}

static bool is_key(const struct entity *entity, uint8_t kind, struct slice key)
{
	return entity->kind == kind && entity->key_size == key.size &&
	       memcmp((const uint8_t *)entity + kind_rows[kind].size, key.data, key.size) == 0;
}

struct entity *entity_find(struct entity_table *table, uint8_t kind, struct slice key)
{
	if (table->last && is_key(table->last, kind, key))
		return table->last;
	uint32_t hash = entity_hash(kind, key);
	size_t mask = table->size - 1;
	for (size_t i = hash & mask; table->slots[i].entity; i = (i + 1) & mask)
		if (table->slots[i].hash == hash && is_key(table->slots[i].entity, kind, key))
			return table->last = table->slots[i].entity;
	return NULL;
}

static void put(struct slot *slots, size_t mask, struct slot slot)
{
	size_t i = slot.hash & mask;
	while (slots[i].entity)
		i = (i + 1) & mask;
	slots[i] = slot;
}

static void grow(struct entity_table *table)
{
	size_t size = table->size * 2;
	struct slot *slots = memory_get(size * sizeof(*slots));
	for (size_t i = 0; i < table->size; i++)
		if (table->slots[i].entity)
			put(slots, size - 1, table->slots[i]);
	memory_free(table->slots);
	table->slots = slots;
	table->size = size;
}

static void list_push(struct entity_table *table, struct entity *entity)
{
	entity->newer = NULL;
	entity->older = table->newest;
	if (table->newest)
		table->newest->newer = entity;
	else
		table->oldest = entity;
	table->newest = entity;
}

static void list_take(struct entity_table *table, struct entity *entity)
{
	if (entity->newer)
		entity->newer->older = entity->older;
	else
		table->newest = entity->older;
	if (entity->older)
		entity->older->newer = entity->newer;
	else
		table->oldest = entity->newer;
}

struct entity *entity_add(struct entity_table *table, uint8_t kind, struct slice key)
{
	assert(kind >= FOLD_SETTINGS && kind < FOLD_KIND_COUNT && key.size <= FOLD_KEY_SIZE);
	if ((table->count + 1) * 10 > table->size * 7)
		grow(table);
	struct entity *entity = memory_get(kind_rows[kind].size + key.size);
	entity->hash = entity_hash(kind, key);
	entity->kind = kind;
	entity->key_size = (uint8_t)key.size;
	if (key.size)
		memcpy((uint8_t *)entity + kind_rows[kind].size, key.data, key.size);
	put(table->slots, table->size - 1, (struct slot){entity, entity->hash});
	table->count++;
	list_push(table, entity);
	if (kind_rows[kind].clear)
		kind_rows[kind].clear(entity);
	entity_count_bytes(table, entity);
	return entity;
}

// Closes the hole, so that no search ends too early.
static void close_hole(struct entity_table *table, size_t hole)
{
	size_t mask = table->size - 1;
	for (size_t i = (hole + 1) & mask; table->slots[i].entity; i = (i + 1) & mask) {
		size_t home = table->slots[i].hash & mask;
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			table->slots[hole] = table->slots[i];
			hole = i;
		}
	}
	table->slots[hole] = (struct slot){NULL, 0};
}

void entity_remove(struct entity_table *table, struct entity *entity)
{
	size_t i = entity->hash & (table->size - 1);
	while (table->slots[i].entity != entity)
		i = (i + 1) & (table->size - 1);
	close_hole(table, i);
	table->last = NULL;
	table->count--;
	table->bytes -= entity->bytes;
	list_take(table, entity);
	if (kind_rows[entity->kind].clear)
		kind_rows[entity->kind].clear(entity);
	memory_free(entity);
}

void entity_renew(struct entity_table *table, struct entity *entity)
{
	if (table->newest == entity)
		return;
	list_take(table, entity);
	list_push(table, entity);
}

struct entity *entity_oldest(struct entity_table *table)
{
	return table->oldest;
}

size_t entity_count(const struct entity_table *table)
{
	return table->count;
}

void entity_count_bytes(struct entity_table *table, struct entity *entity)
{
	const struct kind_row *row = &kind_rows[entity->kind];
	size_t bytes = row->size + entity->key_size + (row->held_bytes ? row->held_bytes(entity) : 0);
	if (bytes > UINT32_MAX)
		bytes = UINT32_MAX;
	table->bytes += bytes - entity->bytes;
	entity->bytes = (uint32_t)bytes;
}

size_t entity_table_bytes(const struct entity_table *table)
{
	return sizeof(*table) + table->size * sizeof(*table->slots) + table->bytes;
}
