// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Random histories of a small, busy shop: few visitors, carts, orders and customers, so that everything meets
// everything. The same seed gives the same history.
#pragma once

#include "tests/unit/metrics/helper_world.h"

struct random {
	uint64_t state;
};
uint64_t random_next(struct random *random);
uint32_t random_below(struct random *random, uint32_t n);
bool random_chance(struct random *random, uint32_t percent);

struct history {
	struct box **boxes; // the settings first; owned until given away
	size_t count;
	int64_t base_ms; // local midnight of the first day
	int64_t as_of_ms;
	uint32_t gap_minutes;
	const char *zone;
};
void history_make(struct history *history, uint64_t seed);
// helper_history_life.c: something in the life of orders or the service of customers, not yet dressed.
struct box *history_life(const struct history *history, struct random *random, int64_t t_ms);
// helper_history_affiliate.c: something about partners.
struct box *history_affiliate(struct random *random, int64_t t_ms);
// helper_history_marketing.c: what platforms, campaigns and placements say, not yet dressed.
struct box *history_marketing(const struct history *history, struct random *random, int64_t t_ms);
void history_fit_digests(struct history *history, struct random *random); // at the end: most agree
void history_free(struct history *history);                               // what was not given away (NULL)
