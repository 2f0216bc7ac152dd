// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/tally.h"

#include "services/metrics/core/hash.h"
#include "services/metrics/core/vec.h"

#include <string.h>

_Static_assert(sizeof(struct tally_key) == 24, "compared as bytes");

enum { TALLY_MIN = 256, TALLY_KEPT = 1 << 18 };

struct tally {
	struct tally_row *rows;
	uint32_t *slots; // index + 1; twice as many as rows can be, a power of two
	size_t count, capacity;
};

static void make(struct tally *tally, size_t capacity)
{
	tally->capacity = capacity;
	tally->rows = memory_resize(tally->rows, capacity * sizeof(*tally->rows));
	memory_free(tally->slots);
	tally->slots = memory_get(capacity * 2 * sizeof(*tally->slots));
}

struct tally *tally_create(void)
{
	struct tally *tally = memory_get(sizeof(*tally));
	make(tally, TALLY_MIN);
	return tally;
}

void tally_destroy(struct tally *tally)
{
	if (!tally)
		return;
	memory_free(tally->rows);
	memory_free(tally->slots);
	memory_free(tally);
}

static size_t home(const struct tally *tally, const struct tally_key *key)
{
	uint64_t word;
	memcpy(&word, &key->key, sizeof(word));
	return hash_mix((uint64_t)key->at ^ ((uint64_t)key->level << 32), word) & (tally->capacity * 2 - 1);
}

static bool same(const struct tally_key *a, const struct tally_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static uint32_t *slot_of(const struct tally *tally, const struct tally_key *key)
{
	size_t mask = tally->capacity * 2 - 1, i = home(tally, key);
	while (tally->slots[i] && !same(&tally->rows[tally->slots[i] - 1].key, key))
		i = (i + 1) & mask;
	return &tally->slots[i];
}

static void grow(struct tally *tally)
{
	make(tally, tally->capacity * 2);
	for (size_t i = 0; i < tally->count; i++)
		*slot_of(tally, &tally->rows[i].key) = (uint32_t)i + 1;
}

void tally_add(struct tally *tally, const struct tally_key *key, money_sum delta,
	       const struct fact_stamp *stamp)
{
	uint32_t *slot = slot_of(tally, key);
	if (!*slot) {
		if (tally->count == tally->capacity) {
			grow(tally);
			slot = slot_of(tally, key);
		}
		tally->rows[tally->count++] = (struct tally_row){.key = *key};
		*slot = (uint32_t)tally->count;
	}
	struct tally_row *row = &tally->rows[*slot - 1];
	row->delta += delta;
	if (stamp && (stamp->revision > row->stamp.revision || !row->stamp.reason))
		row->stamp = *stamp;
}

size_t tally_count(const struct tally *tally)
{
	return tally->count;
}

const struct tally_row *tally_at(const struct tally *tally, size_t index)
{
	return &tally->rows[index];
}

void tally_clear(struct tally *tally)
{
	tally->count = 0;
	if (tally->capacity > TALLY_KEPT)
		make(tally, TALLY_MIN);
	else
		memset(tally->slots, 0, tally->capacity * 2 * sizeof(*tally->slots));
}

size_t tally_bytes(const struct tally *tally)
{
	return sizeof(*tally) + tally->capacity * (sizeof(*tally->rows) + 2 * sizeof(*tally->slots));
}
