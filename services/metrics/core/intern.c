// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/intern.h"

#include "services/metrics/core/hash.h"
#include "services/metrics/core/vec.h"

#include <assert.h>
#include <string.h>

struct table {
	uint32_t *slots; // id, 0 is free; a power of two of them
	uint32_t size;
	uint32_t count;
};

struct intern {
	char **texts;      // by key; [0] is NULL
	struct dims *dims; // by id
	uint32_t *touches; // by id of dims
	struct table keys, tuples;
	uint32_t text_capacity, dims_capacity;
	size_t text_bytes;
	uint32_t fixed[INTERN_SLOTS]; // keys of intern_fixed, 0: not looked up yet
};

struct intern *intern_create(void)
{
	return memory_get(sizeof(struct intern));
}

void intern_destroy(struct intern *intern)
{
	if (!intern)
		return;
	for (uint32_t i = 1; i <= intern->keys.count; i++)
		memory_free(intern->texts[i]);
	memory_free(intern->texts);
	memory_free(intern->dims);
	memory_free(intern->touches);
	memory_free(intern->keys.slots);
	memory_free(intern->tuples.slots);
	memory_free(intern);
}

static uint32_t key_hash(const char *text)
{
	return hash_bytes(text, strlen(text), 1);
}

static uint32_t dims_hash(const struct dims *dims)
{
	return hash_bytes(dims, sizeof(*dims), 2);
}

static uint32_t hash_of(const struct intern *intern, const struct table *table, uint32_t id)
{
	return table == &intern->keys ? key_hash(intern->texts[id]) : dims_hash(&intern->dims[id]);
}

static void table_grow(struct intern *intern, struct table *table)
{
	uint32_t size = table->size ? table->size * 2 : 64;
	uint32_t *slots = memory_get(size * sizeof(*slots));
	for (uint32_t id = 1; id <= table->count; id++) {
		uint32_t i = hash_of(intern, table, id) & (size - 1);
		while (slots[i])
			i = (i + 1) & (size - 1);
		slots[i] = id;
	}
	memory_free(table->slots);
	table->slots = slots;
	table->size = size;
}

uint32_t intern_key(struct intern *intern, const char *text)
{
	struct table *table = &intern->keys;
	if ((table->count + 1) * 2 > table->size)
		table_grow(intern, table);
	uint32_t i = key_hash(text) & (table->size - 1);
	for (; table->slots[i]; i = (i + 1) & (table->size - 1))
		if (strcmp(intern->texts[table->slots[i]], text) == 0)
			return table->slots[i];
	uint32_t id = ++table->count;
	if (id >= intern->text_capacity) {
		intern->text_capacity = id * 2 + 64;
		intern->texts = memory_resize(intern->texts, intern->text_capacity * sizeof(*intern->texts));
	}
	size_t size = strlen(text) + 1;
	intern->texts[id] = memory_get(size);
	memcpy(intern->texts[id], text, size);
	intern->text_bytes += size;
	table->slots[i] = id;
	return id;
}

uint32_t intern_fixed(struct intern *intern, unsigned slot, const char *text)
{
	assert(slot < INTERN_SLOTS);
	if (!intern->fixed[slot])
		intern->fixed[slot] = intern_key(intern, text);
	return intern->fixed[slot];
}

const char *intern_text(const struct intern *intern, uint32_t key)
{
	assert(key > 0 && key <= intern->keys.count);
	return intern->texts[key];
}

uint32_t intern_dims(struct intern *intern, const struct dims *dims)
{
	struct table *table = &intern->tuples;
	if ((table->count + 1) * 2 > table->size)
		table_grow(intern, table);
	uint32_t i = dims_hash(dims) & (table->size - 1);
	for (; table->slots[i]; i = (i + 1) & (table->size - 1))
		if (memcmp(&intern->dims[table->slots[i]], dims, sizeof(*dims)) == 0)
			return table->slots[i];
	uint32_t id = ++table->count;
	if (id >= intern->dims_capacity) {
		intern->dims_capacity = id * 2 + 64;
		intern->dims = memory_resize(intern->dims, intern->dims_capacity * sizeof(*intern->dims));
		intern->touches =
			memory_resize(intern->touches, intern->dims_capacity * sizeof(*intern->touches));
	}
	intern->dims[id] = *dims;
	intern->touches[id] = 0;
	table->slots[i] = id;
	return id;
}

const struct dims *intern_dims_at(const struct intern *intern, uint32_t id)
{
	assert(id > 0 && id <= intern->tuples.count);
	return &intern->dims[id];
}

uint32_t intern_with(struct intern *intern, uint32_t id, enum fold_dimension dimension, uint32_t key)
{
	struct dims dims = *intern_dims_at(intern, id);
	if (dims.key[INTERN_INDEX(dimension)] == key)
		return id;
	dims.key[INTERN_INDEX(dimension)] = key;
	return intern_dims(intern, &dims);
}

uint32_t intern_touch_of(const struct intern *intern, uint32_t id)
{
	assert(id > 0 && id <= intern->tuples.count);
	return intern->touches[id];
}

void intern_note_touch(struct intern *intern, uint32_t id, uint32_t touch)
{
	assert(id > 0 && id <= intern->tuples.count);
	intern->touches[id] = touch;
}

size_t intern_bytes(const struct intern *intern)
{
	return sizeof(*intern) + intern->text_bytes + intern->text_capacity * sizeof(*intern->texts) +
	       intern->dims_capacity * (sizeof(*intern->dims) + sizeof(*intern->touches)) +
	       (intern->keys.size + intern->tuples.size) * sizeof(uint32_t);
}
