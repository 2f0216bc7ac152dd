// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Dimension values as small numbers. A key is a text ("organic_search"); dims are five keys, one for each
// dimension beside the total. Both are interned once and never freed: they live as long as the fold, and
// cells point at their texts.
#pragma once

#include "services/metrics/core/fold.h"

#include <stdint.h>

struct intern; // one a fold

// Index of a dimension in dims: FOLD_SALES_CHANNEL is 0.
enum { INTERN_DIMS = FOLD_DIMENSION_COUNT - 1 };
#define INTERN_INDEX(dimension) ((dimension)-FOLD_SALES_CHANNEL)

struct dims {
	uint32_t key[INTERN_DIMS]; // 0: the fact does not stand in this dimension
};

struct intern *intern_create(void);
void intern_destroy(struct intern *intern);

uint32_t intern_key(struct intern *intern, const char *text); // from 1; "" is a key like others
// The same of a text that is always the same one under its slot: looked up once.
enum { INTERN_SLOTS = 8 };
uint32_t intern_fixed(struct intern *intern, unsigned slot, const char *text);
const char *intern_text(const struct intern *intern, uint32_t key);
uint32_t intern_dims(struct intern *intern, const struct dims *dims); // from 1
const struct dims *intern_dims_at(const struct intern *intern, uint32_t id);
// The same dims with another key in one dimension.
uint32_t intern_with(struct intern *intern, uint32_t id, enum fold_dimension dimension, uint32_t key);
// What the dims were once said to have as a touch's; 0: nothing was said.
uint32_t intern_touch_of(const struct intern *intern, uint32_t id);
void intern_note_touch(struct intern *intern, uint32_t id, uint32_t touch);
size_t intern_bytes(const struct intern *intern);
