// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See recent.h.
#include "services/ingest/core/recent.h"

#include <stdlib.h>
#include <string.h>

struct bucket {
	_Alignas(64) uint32_t prints[RECENT_WAYS]; // newest first; 0 is none
};

struct recent {
	uint64_t seed;
	struct bucket *buckets;
};

struct recent *recent_create(uint64_t seed)
{
	struct recent *recent = malloc(sizeof(*recent));
	size_t size = RECENT_BUCKETS * sizeof(struct bucket);

	if (!recent)
		abort();
	recent->seed = seed | 1;
	recent->buckets = aligned_alloc(_Alignof(struct bucket), size);
	if (!recent->buckets)
		abort();
	memset(recent->buckets, 0, size);
	return recent;
}

void recent_destroy(struct recent *recent)
{
	if (!recent)
		return;
	free(recent->buckets);
	free(recent);
}

// Two rounds of multiply and fold: every bit of the id and of the seed reaches every bit of the hash.
static uint64_t hash_of(uint64_t seed, const uint8_t id[UUID_SIZE])
{
	uint64_t high, low;

	memcpy(&high, id, sizeof(high));
	memcpy(&low, id + sizeof(high), sizeof(low));
	uint64_t hash = (high ^ seed) * UINT64_C(0x9e3779b97f4a7c15);
	hash ^= hash >> 29;
	hash = (hash + low + (seed >> 7)) * UINT64_C(0xbf58476d1ce4e5b9);
	hash ^= hash >> 32;
	hash *= UINT64_C(0x94d049bb133111eb);
	return hash ^ hash >> 31;
}

bool recent_add(struct recent *recent, const uint8_t id[UUID_SIZE])
{
	uint64_t hash = hash_of(recent->seed, id);
	uint32_t *prints = recent->buckets[hash % RECENT_BUCKETS].prints;
	uint32_t print = (uint32_t)(hash >> 32);

	if (print == 0)
		print = 1;
	for (size_t i = 0; i < RECENT_WAYS; i++) {
		if (prints[i] == print)
			return true;
	}
	memmove(prints + 1, prints, (RECENT_WAYS - 1) * sizeof(*prints));
	prints[0] = print;
	return false;
}

void recent_expect(const struct recent *recent, const uint8_t id[UUID_SIZE])
{
	__builtin_prefetch(&recent->buckets[hash_of(recent->seed, id) % RECENT_BUCKETS], 1);
}
