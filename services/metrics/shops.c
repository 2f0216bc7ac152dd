// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See shops.h. Shops stand in one array of pointers, found by hash.
#include "services/metrics/shops.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/map.h"
#include "services/metrics/metrics.h"
#include "services/metrics/pasts.h"
#include "services/metrics/publish.h"
#include "services/metrics/zones.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "common/base/map.h"

enum {
	RETRY_MS = 10000,
	WATCH_MS = 1000,
	TAKE_OVER_MS = 5000,
	TAKE_OVER_CLOCK_MS = 75000,
	SHOP_PAGE = 500,
	FEW_ENTITIES = 100
};

struct slot {
	struct shop shop;
	UT_hash_handle by_id;
	UT_hash_handle by_slug;
};

struct shops {
	struct slot **all;
	size_t count, capacity;
	struct slot *ids, *slugs;
	struct zones *zones;
	struct pasts *pasts;
};

struct shops *shops_create(void)
{
	struct shops *shops = calloc(1, sizeof(*shops));
	assert(shops != NULL);
	shops->zones = zones_create();
	shops->pasts = pasts_create();
	return shops;
}

struct zones *shops_zones(struct shops *shops)
{
	return shops->zones;
}

void shops_destroy(struct shops *shops)
{
	if (shops == NULL)
		return;
	HASH_CLEAR(by_id, shops->ids);
	HASH_CLEAR(by_slug, shops->slugs);
	for (size_t i = 0; i < shops->count; i++) {
		fold_destroy(shops->all[i]->shop.fold);
		free(shops->all[i]->shop.targets);
		free(shops->all[i]);
	}
	zones_destroy(shops->zones);
	pasts_destroy(shops->pasts);
	free(shops->all);
	free(shops);
}

size_t shops_count(const struct shops *shops)
{
	return shops->count;
}

struct shop *shops_at(struct shops *shops, size_t i)
{
	assert(i < shops->count);
	return &shops->all[i]->shop;
}

struct shop *shops_known(struct shops *shops, const char *slug)
{
	struct slot *slot;
	HASH_FIND(by_slug, shops->slugs, slug, strlen(slug), slot);
	return slot != NULL ? &slot->shop : NULL;
}

static struct shop *known_id(struct shops *shops, int32_t shop_id)
{
	struct slot *slot;
	HASH_FIND(by_id, shops->ids, &shop_id, sizeof(shop_id), slot);
	return slot != NULL ? &slot->shop : NULL;
}

static struct shop *meet(struct shops *shops, const struct store_shop *row)
{
	struct shop *known = known_id(shops, row->shop_id);
	if (known != NULL)
		return known;
	if (shops->count == shops->capacity) {
		shops->capacity = shops->capacity == 0 ? 16 : shops->capacity * 2;
		shops->all = realloc(shops->all, shops->capacity * sizeof(*shops->all));
		assert(shops->all != NULL);
	}
	struct slot *slot = calloc(1, sizeof(*slot));
	assert(slot != NULL);
	slot->shop.shop_id = row->shop_id;
	slot->shop.pasts = shops->pasts;
	text_copy(slot->shop.slug, sizeof(slot->shop.slug), row->slug);
	shops->all[shops->count++] = slot;
	HASH_ADD(by_id, shops->ids, shop.shop_id, sizeof(slot->shop.shop_id), slot);
	HASH_ADD_KEYPTR(by_slug, shops->slugs, slot->shop.slug, strlen(slot->shop.slug), slot);
	return &slot->shop;
}

bool shops_refresh(struct metrics *m, struct err *e)
{
	struct store_shop page[SHOP_PAGE];
	int32_t after = 0;
	size_t count;
	do {
		if (!store_shops(m->db, after, page, SHOP_PAGE, &count, e))
			return false;
		for (size_t i = 0; i < count; i++) {
			meet(m->shops, &page[i]);
			after = page[i].shop_id;
		}
	} while (count == SHOP_PAGE);
	return true;
}

static struct shop *find(struct metrics *m, const char *slug, int32_t shop_id, struct err *e)
{
	struct shop *shop = slug != NULL ? shops_known(m->shops, slug) : known_id(m->shops, shop_id);
	if (shop == NULL) {
		struct store_shop row;
		if (!store_find_shop(m->db, slug, shop_id, &row, e))
			return NULL;
		shop = meet(m->shops, &row);
	}
	if (shop->state == SHOP_UNLOADED && !shop_load(m, shop, e))
		return NULL;
	return shop;
}

struct shop *shops_find(struct metrics *m, const char *slug, struct err *e)
{
	return find(m, slug, 0, e);
}

struct shop *shops_find_id(struct metrics *m, int32_t shop_id, struct err *e)
{
	return find(m, NULL, shop_id, e);
}

static int64_t whole_minute(int64_t t_ms)
{
	return t_ms - t_ms % METRICS_MINUTE_MS;
}

static bool ask_position(struct metrics *m, struct shop *shop, bool *found, struct err *e)
{
	return store_load_position(m->db, shop->shop_id, &shop->position, &shop->head_epoch, &shop->head_seq,
				   found, e);
}

static bool load_position(struct metrics *m, struct shop *shop, struct err *e)
{
	bool found;
	if (!ask_position(m, shop, &found, e))
		return false;
	if (!found && (!store_create_position(m->db, shop->shop_id, whole_minute(clock_now_ms()), e) ||
		       !ask_position(m, shop, &found, e)))
		return false;
	if (!found)
		return err_set(e, ERR_INTERNAL, "shop \"%s\" has no journal", shop->slug);
	if (shop->head_epoch < shop->position.epoch)
		return err_set(e, ERR_INTERNAL,
			       "the figures of %s are of epoch %lld and its journal is in epoch %lld",
			       shop->slug, (long long)shop->position.epoch, (long long)shop->head_epoch);
	return true;
}

static void follow_from_here(struct metrics *m, struct shop *shop)
{
	shop->state = SHOP_FOLLOWED;
	shop->trouble[0] = '\0';
	journal_follow_add(m->journal, (struct journal_position){.shop_id = shop->shop_id,
								 .epoch = shop->position.epoch,
								 .seq = shop->position.seq});
	journal_follow_ring(m->journal, shop->shop_id, shop->head_epoch, shop->head_seq);
}

bool shop_load(struct metrics *m, struct shop *shop, struct err *e)
{
	shop_drop_fold(m, shop);
	pasts_forget(shop->pasts, shop->shop_id);
	if (!load_position(m, shop, e) || !shop_ensure_fold(m, shop, e))
		return false;
	shop->target_seq =
		shop->head_seq > shop->position.rebuild_seq ? shop->head_seq : shop->position.rebuild_seq;
	shop->shown = false;
	follow_from_here(m, shop);
	// The figures of an epoch that is over are not shown any more: they are about to be made again.
	if (shop->head_epoch == shop->position.epoch)
		shop_moved(m, shop, shop->position);
	if (shop->shown)
		shop->remade_by = 0;
	log_info("shop_loaded", LOG_STR("shop", shop->slug), LOG_INT("seq", shop->position.seq),
		 LOG_INT("head_seq", shop->head_seq), LOG_INT("epoch", shop->head_epoch));
	return true;
}

bool shop_ensure_fold(struct metrics *m, struct shop *shop, struct err *e)
{
	struct fold_key keys[] = {
		{.kind = FOLD_SETTINGS},
		{.kind = FOLD_TARGETS, .size = sizeof(TARGETS_KEY) - 1, .bytes = TARGETS_KEY}};
	shop->used_at_ms = clock_monotonic_ms();
	if (shop->fold != NULL)
		return true;
	shop->fold = fold_create(&(struct fold_options){
		.as_of_ms = shop->position.as_of_ms, .zone = zones_find, .context = m->shops->zones});
	if (!store_load_entities(m->db, shop->shop_id, keys, 2, shop->fold, e)) {
		shop_drop_fold(m, shop);
		return false;
	}
	shop_fold_changed(m, shop);
	return true;
}

void shop_drop_fold(struct metrics *m, struct shop *shop)
{
	(void)m;
	fold_destroy(shop->fold);
	shop->fold = NULL;
	shop->memory_bytes = 0;
}

static bool same_targets(const struct shop *shop, const struct target *targets, size_t count)
{
	if (count != shop->target_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (moment_compare(&targets[i].moment, &shop->targets[i].moment) != 0)
			return false;
	return true;
}

static void take_targets(struct metrics *m, struct shop *shop)
{
	size_t count;
	const struct target *targets = fold_targets(shop->fold, &count);
	if (same_targets(shop, targets, count))
		return;
	shop->targets = realloc(shop->targets, (count + 1) * sizeof(*shop->targets));
	assert(shop->targets != NULL);
	if (count > 0)
		memcpy(shop->targets, targets, count * sizeof(*targets));
	shop->target_count = count;
	if (shop->shown)
		publish_shop(m, shop);
}

void shop_fold_changed(struct metrics *m, struct shop *shop)
{
	const struct zone *zone = fold_zone(shop->fold);
	shop->zone = zone != NULL ? zone : zones_find(m->shops->zones, "UTC");
	text_copy(shop->currency, sizeof(shop->currency), fold_currency(shop->fold));
	shop->memory_bytes = fold_memory_bytes(shop->fold);
	take_targets(m, shop);
}

static struct shop *least_used(struct shops *shops, const struct shop *busy)
{
	struct shop *oldest = NULL;
	for (size_t i = 0; i < shops->count; i++) {
		struct shop *shop = &shops->all[i]->shop;
		if (shop->fold != NULL && shop != busy &&
		    (oldest == NULL || shop->used_at_ms < oldest->used_at_ms))
			oldest = shop;
	}
	return oldest;
}

void shops_evict(struct metrics *m, struct shop *busy)
{
	size_t total = 0, entities = 0;
	for (size_t i = 0; i < m->shops->count; i++)
		total += m->shops->all[i]->shop.memory_bytes;
	while (total > m->memory_bytes_max) {
		struct shop *oldest = least_used(m->shops, busy);
		if (oldest == NULL)
			break;
		total -= oldest->memory_bytes;
		shop_drop_fold(m, oldest);
	}
	if (total > m->memory_bytes_max && busy->fold != NULL) {
		total -= busy->memory_bytes;
		fold_evict(busy->fold, fold_entity_count(busy->fold) / 2);
		// Names it has met stay in a fold as long as it lives.
		if (fold_entity_count(busy->fold) <= FEW_ENTITIES)
			shop_drop_fold(m, busy);
		else
			busy->memory_bytes = fold_memory_bytes(busy->fold);
		total += busy->memory_bytes;
	}
	for (size_t i = 0; i < m->shops->count; i++) {
		const struct fold *fold = m->shops->all[i]->shop.fold;
		entities += fold != NULL ? fold_entity_count(fold) : 0;
	}
	metrics_gauge(METRICS_memory, (int64_t)total);
	metrics_gauge(METRICS_entities, (int64_t)entities);
}

void shop_fence(struct metrics *m, struct shop *shop)
{
	metrics_count(METRICS_checkpoints_fenced, 1);
	log_warn("shop_fenced", LOG_STR("shop", shop->slug), LOG_INT("seq", shop->position.seq),
		 LOG_STR("reason", "another instance follows this shop"));
	shop_drop_fold(m, shop);
	shop->state = SHOP_FENCED;
	shop->still_since_ms = clock_monotonic_ms();
	shop->retry_at_ms = shop->still_since_ms + WATCH_MS;
	metrics_update_ready(m);
}

void shop_break(struct metrics *m, struct shop *shop, const struct err *e)
{
	if (shop->state != SHOP_BROKEN)
		log_error("shop_broken", LOG_STR("shop", shop->slug), LOG_INT("seq", shop->position.seq),
			  LOG_STR("reason", e->text));
	shop_drop_fold(m, shop);
	shop->state = SHOP_BROKEN;
	text_copy(shop->trouble, sizeof(shop->trouble), err_public(e));
	shop->retry_at_ms = clock_monotonic_ms() + RETRY_MS;
	metrics_update_ready(m);
}

// Whether the other instance still does its work: it moves, or there is nothing to move for. (A session of a
// machine that is gone may linger, so its being there alone says little.)
static bool is_alive(struct shop *shop, const struct store_position *now, int64_t head_seq)
{
	int64_t mono = clock_monotonic_ms();
	bool moved = now->seq != shop->position.seq || now->as_of_ms != shop->position.as_of_ms ||
		     now->epoch != shop->position.epoch;
	bool has_work = now->seq < head_seq || clock_now_ms() - now->as_of_ms > TAKE_OVER_CLOCK_MS;
	if (moved || !has_work)
		shop->still_since_ms = mono;
	return mono - shop->still_since_ms < TAKE_OVER_MS;
}

// A fenced shop is answered for from the tables, so its settings are kept fresh.
static bool watch_other(struct metrics *m, struct shop *shop, struct err *e)
{
	struct store_position now;
	int64_t head_epoch, head_seq, others;
	bool found;
	if (!store_load_position(m->db, shop->shop_id, &now, &head_epoch, &head_seq, &found, e) ||
	    !store_count_others(m->db, &others, e))
		return false;
	if (!found || others == 0 || !is_alive(shop, &now, head_seq))
		return shop_load(m, shop, e);
	if (now.epoch != shop->position.epoch || now.seq < shop->position.seq)
		shop_drop_fold(m, shop);
	shop->position = now;
	shop->retry_at_ms = clock_monotonic_ms() + WATCH_MS;
	bool ok = shop_ensure_fold(m, shop, e);
	shop_drop_fold(m, shop);
	return ok;
}

static bool look_after(struct metrics *m, struct shop *shop, struct err *e)
{
	if (shop->state == SHOP_FOLLOWED ||
	    (shop->state != SHOP_UNLOADED && clock_monotonic_ms() < shop->retry_at_ms))
		return true;
	if (shop->state == SHOP_FENCED)
		return watch_other(m, shop, e);
	return shop_load(m, shop, e);
}

void shops_look_after(struct metrics *m)
{
	int64_t followed = 0, fenced = 0;
	for (size_t i = 0; i < m->shops->count; i++) {
		struct shop *shop = &m->shops->all[i]->shop;
		struct err e = {0};
		if (!look_after(m, shop, &e)) {
			if (db_fault(m->db) != DB_FAULT_NONE) {
				metrics_outage(m, &e);
				return;
			}
			shop_break(m, shop, &e);
		}
		followed += shop->state == SHOP_FOLLOWED;
		fenced += shop->state == SHOP_FENCED;
	}
	metrics_gauge(METRICS_shops_followed, followed);
	metrics_gauge(METRICS_shops_fenced, fenced);
	metrics_update_ready(m);
}

void shop_moved(struct metrics *m, struct shop *shop, struct store_position position)
{
	shop->position = position;
	if (shop->shown || position.seq < shop->target_seq || position.seq < position.rebuild_seq)
		return;
	shop->shown = true;
	publish_shop(m, shop);
	metrics_update_ready(m);
}
