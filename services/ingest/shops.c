// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See shops.h.
#include "services/ingest/shops.h"

#include "common/base/text.h"

#include <stdlib.h>
#include <string.h>

// A slot a slug; two slugs of one slot drive each other out, which costs a question more, never memory.
enum { BUCKETS = 1024, UNKNOWN_SLOTS = 4096 };

struct unknown {
	char slug[SHOPS_SLUG_SIZE];
	int64_t asked_at_ms; // 0: free
};

struct shops {
	struct shop *buckets[BUCKETS];
	struct unknown unknown[UNKNOWN_SLOTS];
	struct pseudonym_key master;
};

static uint32_t hash_of(const char *slug)
{
	uint32_t hash = 2166136261u;

	for (; *slug; slug++)
		hash = (hash ^ (uint8_t)*slug) * 16777619u;
	return hash;
}

struct shops *shops_create(const struct pseudonym_key *master)
{
	struct shops *shops = calloc(1, sizeof(*shops));

	if (!shops)
		abort();
	shops->master = *master;
	return shops;
}

void shops_destroy(struct shops *shops)
{
	if (!shops)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (shops->buckets[i]) {
			struct shop *next = shops->buckets[i]->bucket_next;
			free(shops->buckets[i]);
			shops->buckets[i] = next;
		}
	}
	free(shops);
}

struct shop *shops_find(const struct shops *shops, const char *slug)
{
	struct shop *shop = shops->buckets[hash_of(slug) % BUCKETS];

	while (shop && strcmp(shop->slug, slug) != 0)
		shop = shop->bucket_next;
	return shop;
}

enum shops_answer shops_lookup(const struct shops *shops, const char *slug, int64_t now_ms, int32_t *shop_id)
{
	const struct shop *shop = shops_find(shops, slug);
	const struct unknown *unknown = &shops->unknown[hash_of(slug) % UNKNOWN_SLOTS];

	if (shop) {
		*shop_id = shop->shop_id;
		return SHOPS_KNOWN;
	}
	if (unknown->asked_at_ms > 0 && now_ms - unknown->asked_at_ms < SHOPS_UNKNOWN_MS &&
	    strcmp(unknown->slug, slug) == 0)
		return SHOPS_UNKNOWN;
	return SHOPS_ASK;
}

void shops_seal(const struct shops *shops, const char *slug, struct pseudonym_key *key,
		bool *sends_pseudonyms)
{
	const struct shop *shop = shops_find(shops, slug);

	*sends_pseudonyms = shop && shop->sends_pseudonyms;
	if (shop)
		*key = shop->key;
	else
		pseudonym_shop_key(&shops->master, slug, key);
}

void shops_learn(struct shops *shops, const char *slug, int32_t shop_id, bool sends_pseudonyms,
		 int64_t now_ms)
{
	struct shop *shop = shops_find(shops, slug);
	uint32_t hash = hash_of(slug);

	if (shop_id <= 0) {
		struct unknown *unknown = &shops->unknown[hash % UNKNOWN_SLOTS];
		text_copy(unknown->slug, sizeof(unknown->slug), slug);
		unknown->asked_at_ms = now_ms;
		return;
	}
	if (!shop) {
		shop = calloc(1, sizeof(*shop));
		if (!shop)
			abort();
		text_copy(shop->slug, sizeof(shop->slug), slug);
		pseudonym_shop_key(&shops->master, slug, &shop->key);
		shop->bucket_next = shops->buckets[hash % BUCKETS];
		shops->buckets[hash % BUCKETS] = shop;
	}
	shop->shop_id = shop_id;
	shop->sends_pseudonyms = sends_pseudonyms;
}
