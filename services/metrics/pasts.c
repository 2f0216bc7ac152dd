// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See pasts.h. There are few, so they stand in one array.
#include "services/metrics/pasts.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct past_key key;
	char text[FOLD_TEXT_SIZE]; // what key.key points at
	uint64_t used;
	struct past past;
};

struct pasts {
	struct entry *entries[PASTS_MAX];
	size_t count;
	uint64_t clock;
};

struct pasts *pasts_create(void)
{
	struct pasts *pasts = calloc(1, sizeof(*pasts));
	assert(pasts != NULL);
	return pasts;
}

void pasts_destroy(struct pasts *pasts)
{
	for (size_t i = 0; pasts != NULL && i < pasts->count; i++)
		free(pasts->entries[i]);
	free(pasts);
}

static void drop(struct pasts *pasts, size_t i)
{
	free(pasts->entries[i]);
	pasts->entries[i] = pasts->entries[--pasts->count];
}

const struct past *pasts_find(struct pasts *pasts, const struct past_key *key)
{
	for (size_t i = 0; i < pasts->count; i++) {
		struct entry *entry = pasts->entries[i];
		if (entry->key.shop_id != key->shop_id || entry->key.kpi != key->kpi ||
		    entry->key.dimension != key->dimension || entry->key.day != key->day ||
		    strcmp(entry->text, key->key) != 0)
			continue;
		entry->used = ++pasts->clock;
		return &entry->past;
	}
	return NULL;
}

static void make_room(struct pasts *pasts)
{
	size_t oldest = 0;
	if (pasts->count < PASTS_MAX)
		return;
	for (size_t i = 1; i < pasts->count; i++)
		if (pasts->entries[i]->used < pasts->entries[oldest]->used)
			oldest = i;
	drop(pasts, oldest);
}

void pasts_put(struct pasts *pasts, const struct past_key *key, const struct past *past)
{
	struct entry *entry = malloc(sizeof(*entry));
	assert(entry != NULL);
	make_room(pasts);
	entry->key = *key;
	text_copy(entry->text, sizeof(entry->text), key->key);
	entry->key.key = entry->text;
	entry->used = ++pasts->clock;
	entry->past = *past;
	pasts->entries[pasts->count++] = entry;
}

static bool uses(const struct kpi_term *terms, uint16_t measure)
{
	bool found = false;
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++)
		found |= terms[i].measure == measure;
	return found;
}

static bool is_changed(const struct entry *entry, const struct fold_cell *cells, size_t count,
		       int64_t before_ms)
{
	const struct past_key *key = &entry->key;
	for (size_t i = 0; i < count; i++) {
		const struct fold_cell *cell = &cells[i];
		if (cell->grain == FOLD_QUARTER && cell->bucket_ms < before_ms &&
		    cell->dimension == key->dimension && strcmp(cell->key, entry->text) == 0 &&
		    (uses(key->kpi->numerator, cell->measure) || uses(key->kpi->denominator, cell->measure)))
			return true;
	}
	return false;
}

void pasts_changed(struct pasts *pasts, int32_t shop_id, const struct fold_cell *cells, size_t count,
		   int64_t before_ms)
{
	for (size_t i = pasts->count; i-- > 0;)
		if (pasts->entries[i]->key.shop_id == shop_id &&
		    is_changed(pasts->entries[i], cells, count, before_ms))
			drop(pasts, i);
}

void pasts_forget(struct pasts *pasts, int32_t shop_id)
{
	for (size_t i = pasts->count; i-- > 0;)
		if (pasts->entries[i]->key.shop_id == shop_id)
			drop(pasts, i);
}
