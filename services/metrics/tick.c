// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See tick.h. Most shops have nothing due in most minutes: those move together in one statement. A shop with
// something due is ticked through its fold and a checkpoint of its own.
#include "services/metrics/tick.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "services/metrics/begin.h"
#include "services/metrics/follow.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <string.h>

// Shops a call, and due entities a tick: some 10 ms of work.
enum { SHOPS_AT_ONCE = 500, DUE_AT_ONCE = 2000 };
// Old minutes are taken away when a quarter of an hour begins.
#define PRUNE_EVERY_MS (15 * METRICS_MINUTE_MS)

static bool wants_tick(const struct shop *shop, int64_t as_of_ms)
{
	return shop->state == SHOP_FOLLOWED && shop->shown && shop->position.as_of_ms < as_of_ms;
}

static size_t gather(struct metrics *m, int64_t as_of_ms, struct shop **out)
{
	size_t n = 0;
	for (size_t i = 0; i < shops_count(m->shops) && n < SHOPS_AT_ONCE; i++) {
		struct shop *shop = shops_at(m->shops, i);
		if (wants_tick(shop, as_of_ms))
			out[n++] = shop;
	}
	return n;
}

// Moves one shop with something due, as far as one bounded load reaches; the next call goes on.
static bool tick_due(struct metrics *m, struct shop *shop, int64_t as_of_ms, struct err *e)
{
	size_t due;
	int64_t reach_ms = as_of_ms;
	if (!shop_ensure_fold(m, shop, e) || !store_load_due(m->db, shop->shop_id, shop->position.as_of_ms,
							     &reach_ms, DUE_AT_ONCE, shop->fold, &due, e)) {
		shop_drop_fold(m, shop);
		return false;
	}
	fold_tick(shop->fold, reach_ms);
	follow_checkpoint(m, shop, shop->position.seq, reach_ms);
	return true;
}

static bool tick_together(struct metrics *m, struct shop **shops, size_t count, int64_t as_of_ms,
			  struct err *e)
{
	struct store_tick ticks[SHOPS_AT_ONCE];
	for (size_t i = 0; i < count; i++)
		ticks[i] = (struct store_tick){.shop_id = shops[i]->shop_id, .from = shops[i]->position};
	if (count > 0 && !store_tick(m->db, ticks, count, as_of_ms, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!ticks[i].moved) {
			shop_fence(m, shops[i]);
			continue;
		}
		shops[i]->position.as_of_ms = as_of_ms;
		if (shops[i]->fold != NULL)
			fold_tick(shops[i]->fold, as_of_ms);
	}
	return true;
}

static bool prune(struct metrics *m, struct shop **shops, size_t count, int64_t as_of_ms, struct err *e)
{
	int32_t ids[SHOPS_AT_ONCE];
	size_t arrived = 0;
	int64_t pruned;
	for (size_t i = 0; i < count; i++) {
		if (shops[i]->position.as_of_ms == as_of_ms)
			ids[arrived++] = shops[i]->shop_id;
	}
	if (arrived == 0)
		return true;
	if (!store_prune(m->db, ids, arrived, as_of_ms - FOLD_MINUTE_KEPT_MS, &pruned, e))
		return false;
	metrics_count(METRICS_cells_pruned, pruned);
	return true;
}

static bool tick(struct metrics *m, int64_t as_of_ms, struct err *e)
{
	struct shop *shops[SHOPS_AT_ONCE], *quiet[SHOPS_AT_ONCE], *old[SHOPS_AT_ONCE];
	int32_t ids[SHOPS_AT_ONCE];
	bool has_due[SHOPS_AT_ONCE] = {false};
	size_t count = gather(m, as_of_ms, shops), quiet_count = 0, old_count = 0;
	if (count == 0)
		return true;
	for (size_t i = 0; i < count; i++) {
		ids[i] = shops[i]->shop_id;
		if (shops[i]->position.as_of_ms / PRUNE_EVERY_MS != as_of_ms / PRUNE_EVERY_MS)
			old[old_count++] = shops[i];
	}
	if (!store_due_shops(m->db, ids, count, as_of_ms, has_due, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!has_due[i])
			quiet[quiet_count++] = shops[i];
		else if (!tick_due(m, shops[i], as_of_ms, e))
			return false;
	}
	begin_ticked(m);
	return tick_together(m, quiet, quiet_count, as_of_ms, e) && prune(m, old, old_count, as_of_ms, e);
}

void tick_shops(struct metrics *m)
{
	struct err e = {0};
	int64_t now_ms = clock_now_ms();
	if (!tick(m, now_ms - now_ms % METRICS_MINUTE_MS, &e))
		metrics_outage(m, &e);
}
