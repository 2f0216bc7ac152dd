// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The shops this instance knows and what it keeps of each: position, settings and, while the shop is
// busy, its fold. Decides which folds stay in memory. Does not read the journal.
#pragma once

#include "common/base/err.h"
#include "common/base/zone.h"
#include "services/metrics/core/fold.h"
#include "services/metrics/core/target.h"
#include "services/metrics/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics;

enum shop_state {
	SHOP_UNLOADED, // known by name; its position has to be read
	SHOP_FOLLOWED,
	SHOP_FENCED, // another instance follows it; we watch whether it still does
	SHOP_BROKEN, // its journal or its state cannot be read; tried again now and then
};

// Life: made when the shop is first met, never freed before the service ends, so that others may point at it.
struct shop {
	int32_t shop_id;
	char slug[STORE_SLUG_SIZE];
	enum shop_state state;
	struct store_position position; // as committed
	int64_t head_epoch, head_seq;   // of the journal when last asked
	int64_t target_seq;             // nothing is shown before the position is here
	bool shown;                     // it has been there
	int64_t alerts_at_ms;           // A when its alert rules were looked at last
	int64_t mark_epoch, mark_seq;   // a head of its journal, to be reached
	int64_t marked_at_ms;           // monotonic: when the head was there, 0: none is to be reached
	int64_t caught_up_at_ms;        // monotonic: all that was there then has been read, 0: never yet
	bool wants_snapshot;            // its figures are to be sent to whoever subscribed before
	int64_t begun_ms;               // A whose windows that had begun are told (begin.h), 0: none yet
	enum fold_reason remade_by;     // why they are being made again; 0: they are not, or with a new epoch
	struct fold *fold;              // NULL: not in memory
	size_t memory_bytes;
	int64_t used_at_ms;      // monotonic: for choosing whose fold leaves memory
	int64_t retry_at_ms;     // monotonic: FENCED, BROKEN: next look
	int64_t still_since_ms;  // monotonic: FENCED: since when the other instance has not moved
	const struct zone *zone; // from the settings as checkpointed
	char currency[4];
	struct target *targets; // likewise
	size_t target_count;
	struct pasts *pasts;         // of all shops (pasts.h)
	char trouble[ERR_TEXT_SIZE]; // a sentence while BROKEN
};

struct shops *shops_create(void);
void shops_destroy(struct shops *shops);
struct zones;
struct zones *shops_zones(struct shops *shops); // that their settings name
size_t shops_count(const struct shops *shops);
struct shop *shops_at(struct shops *shops, size_t i); // in the order met

// Meets all shops there are. Each is then loaded by shop_load.
bool shops_refresh(struct metrics *m, struct err *e);
// By slug or id; asks the database when it is not known yet. UNKNOWN_SHOP when there is none.
struct shop *shops_find(struct metrics *m, const char *slug, struct err *e);
struct shop *shops_find_id(struct metrics *m, int32_t shop_id, struct err *e);
// Only among those already met; NULL otherwise.
struct shop *shops_known(struct shops *shops, const char *slug);

// Reads the position (makes it when there is none) and the settings, and follows the shop from there.
bool shop_load(struct metrics *m, struct shop *shop, struct err *e);
// The fold in memory, with the settings in it.
bool shop_ensure_fold(struct metrics *m, struct shop *shop, struct err *e);
void shop_drop_fold(struct metrics *m, struct shop *shop);
// Takes settings and targets as checkpointed and the memory the fold needs now. When targets have changed,
// who hears the shop's figures is told how they stand.
void shop_fold_changed(struct metrics *m, struct shop *shop);
// Keeps all folds together below the bound: first those not used lately go, then parts of `busy`, and busy
// itself when little else is left of it. Call after a checkpoint: what is not checkpointed would be lost.
void shops_evict(struct metrics *m, struct shop *busy);

void shop_fence(struct metrics *m, struct shop *shop);
void shop_break(struct metrics *m, struct shop *shop, const struct err *e);
// Looks after shops that are not loaded, fenced or broken, when their time has come.
void shops_look_after(struct metrics *m);
// The position has moved: shows the shop's figures once they have reached their target.
void shop_moved(struct metrics *m, struct shop *shop, struct store_position position);
