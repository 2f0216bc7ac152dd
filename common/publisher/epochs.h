// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The greatest epoch seen of each shop. An answer of an older epoch tells of a journal that is no more: a
// restore may have dropped what it says was stored. Bounded: with more shops than EPOCHS_SHOPS_MAX all are
// forgotten and learned anew.
#pragma once

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum { EPOCHS_SHOPS_MAX = 10000 };

struct epochs {
	struct epoch_row *rows; // a hash by shop
};

// True when the answer counts. Epoch 0 (refusals have none) always does, and so does a slug that is none.
bool epochs_take(struct epochs *epochs, struct slice shop, uint64_t epoch);
void epochs_fini(struct epochs *epochs);
