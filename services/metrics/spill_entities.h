// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Entities on disk, found by key: what a replay's fold lets go and needs again. States stand in one file,
// where they are in another, a hash table that doubles as it fills. Memory: one block of that table and one
// entity, whatever there is.
#pragma once

#include "common/base/err.h"
#include "services/metrics/core/fold.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spill_entities;

struct spill_entities *spill_entities_create(const char *folder, struct err *e); // folder: borrowed
void spill_entities_destroy(struct spill_entities *entities);
bool spill_entities_clear(struct spill_entities *entities, struct err *e);
// Puts or replaces; a state of size 0 is kept as "there is none".
bool spill_entities_put(struct spill_entities *entities, const struct fold_entity *entity, struct err *e);
// state.size 0: there is none. What *out points to lives until the next call.
bool spill_entities_get(struct spill_entities *entities, const struct fold_key *key, struct fold_entity *out,
			struct err *e);

// For comparing: get, and remember that it was asked for.
bool spill_entities_meet(struct spill_entities *entities, const struct fold_key *key, struct fold_entity *out,
			 struct err *e);
// Those with a state that were not met, in no useful order. False from `tell` ends it.
bool spill_entities_unmet(struct spill_entities *entities,
			  bool (*tell)(void *context, const struct fold_entity *entity), void *context,
			  struct err *e);
