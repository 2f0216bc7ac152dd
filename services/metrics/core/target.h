// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The targets of a shop: what somebody decided a figure shall be over some whole days. They are settings: of
// those with the same figure, dimension, key and days the one with the greatest (t, id) counts, whatever
// came first. They change no cell. Which figures there are is not asked here: a target of one that this
// version does not know waits for one that does. Pure.
#pragma once

#include "services/metrics/core/codec.h"
#include "services/metrics/core/entity.h"

enum { TARGET_KPI_SIZE = 65, TARGET_VALUE_SIZE = 40 };

struct target {
	char kpi[TARGET_KPI_SIZE];
	uint8_t dimension; // enum fold_dimension
	char key[FOLD_TEXT_SIZE];
	int32_t first_day, last_day; // days since 1970-01-01, both included
	char value[TARGET_VALUE_SIZE];
	struct moment moment;
};

struct targets {
	struct entity entity;
	VEC(struct target) * all; // by (kpi, dimension, key, first day, last day)
};

#define TARGETS_KEY "-" // of the one entity that holds them

// False when it is none: a name or a day that cannot be.
bool target_read(const Utarg__V1__Target *stated, const struct moment *moment, struct target *out);
// True when it counts from now on.
bool targets_set(struct targets *targets, const struct target *target);
// The one with the shortest period that holds all these days; of several the one that begins last. NULL:
// none.
const struct target *target_over(const struct target *all, size_t count, const char *kpi,
				 enum fold_dimension dimension, const char *key, int64_t first_day,
				 int64_t last_day);

void targets_write(const struct targets *targets, struct codec_writer *w);
void targets_read(struct targets *targets, struct codec_reader *r); // into an empty one
