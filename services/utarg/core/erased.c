// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See erased.h.
#include "services/utarg/core/erased.h"

#include "common/base/map.h"

#include <assert.h>
#include <string.h>

enum { SUBJECT_VISITOR_ID = 1, SUBJECT_CUSTOMER_REF = 2 };

// In the map by `key`: the kind and then the name.
struct entry {
	struct erased_name name; // its slices point into this entry
	uint8_t key[1 + ERASED_NAME_SIZE];
	char fresh[PSEUDONYM_SIZE];
	UT_hash_handle hh;
};

struct erased {
	struct entry *map;
	struct entry **list;
	size_t count, capacity;
	size_t of_kind[2];
};

struct erased *erased_create(void)
{
	struct erased *erased = calloc(1, sizeof(*erased));
	if (!erased)
		abort();
	return erased;
}

void erased_destroy(struct erased *erased)
{
	if (!erased)
		return;
	HASH_CLEAR(hh, erased->map);
	for (size_t i = 0; i < erased->count; i++)
		free(erased->list[i]);
	free(erased->list);
	free(erased);
}

static struct entry *find(const struct erased *erased, enum pseudonym_kind kind, struct slice name)
{
	uint8_t key[1 + ERASED_NAME_SIZE] = {(uint8_t)kind};
	struct entry *entry = NULL;
	if (name.size == 0 || name.size > ERASED_NAME_SIZE)
		return NULL;
	memcpy(key + 1, name.data, name.size);
	HASH_FIND(hh, erased->map, key, 1 + name.size, entry);
	return entry;
}

static void append(struct erased *erased, struct entry *entry)
{
	if (erased->count == erased->capacity) {
		erased->capacity = erased->capacity ? erased->capacity * 2 : 16;
		erased->list = realloc(erased->list, erased->capacity * sizeof(struct entry *));
		if (!erased->list)
			abort();
	}
	erased->list[erased->count++] = entry;
}

bool erased_add(struct erased *erased, enum pseudonym_kind kind, struct slice name)
{
	assert(name.size > 0 && name.size <= ERASED_NAME_SIZE);
	if (find(erased, kind, name))
		return false;
	struct entry *entry = calloc(1, sizeof(*entry));
	if (!entry)
		abort();
	entry->key[0] = (uint8_t)kind;
	memcpy(entry->key + 1, name.data, name.size);
	pseudonym_random(entry->fresh);
	entry->name = (struct erased_name){.kind = kind,
					   .old = {entry->key + 1, name.size},
					   .fresh = {(const uint8_t *)entry->fresh, PSEUDONYM_SIZE}};
	HASH_ADD(hh, erased->map, key, 1 + name.size, entry);
	append(erased, entry);
	erased->of_kind[kind]++;
	return true;
}

size_t erased_count(const struct erased *erased, enum pseudonym_kind kind)
{
	return erased->of_kind[kind];
}

const struct erased_name *erased_at(const struct erased *erased, size_t i)
{
	return i < erased->count ? &erased->list[i]->name : NULL;
}

struct slice erased_replace(const struct erased *erased, enum pseudonym_kind kind, struct slice name)
{
	const struct entry *entry = find(erased, kind, name);
	return entry ? entry->name.fresh : name;
}

static size_t put(uint8_t *out, unsigned number, struct slice name)
{
	if (name.size == 0)
		return 0;
	assert(name.size <= ERASED_NAME_SIZE);
	out[0] = (uint8_t)(number << 3 | 2);
	out[1] = (uint8_t)name.size;
	memcpy(out + 2, name.data, name.size);
	return 2 + name.size;
}

size_t erased_subject(struct slice visitor, struct slice customer, uint8_t out[ERASED_SUBJECT_SIZE])
{
	size_t size = put(out, SUBJECT_VISITOR_ID, visitor);
	return size + put(out + size, SUBJECT_CUSTOMER_REF, customer);
}
