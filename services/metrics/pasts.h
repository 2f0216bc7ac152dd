// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The past weeks of figures that forecasts lean on, kept in memory: reading one costs some 30 ms, and a
// figure under a target is told ten times a second. They are whole days that are over, so they change only
// when a checkpoint changes a cell of theirs; then they are dropped. Bounded: PASTS_MAX of 43 KiB, those not
// used lately leave first. Knows no tables.
#pragma once

#include "services/metrics/core/forecast.h"
#include "services/metrics/core/kpi.h"

#include <stddef.h>
#include <stdint.h>

enum { PASTS_MAX = 256 };

struct past {
	struct forecast_past numerator, denominator;
	int64_t first_ms; // first data ever, INT64_MAX: none
};

// What a past is of: a figure by a key, seen from a local day.
struct past_key {
	int32_t shop_id;
	enum fold_dimension dimension;
	const struct kpi_row *kpi;
	const char *key;
	int64_t day; // since 1970-01-01
};

struct pasts;
struct pasts *pasts_create(void);
void pasts_destroy(struct pasts *pasts); // takes NULL
// NULL: not here. It lives until the next call but this one.
const struct past *pasts_find(struct pasts *pasts, const struct past_key *key);
void pasts_put(struct pasts *pasts, const struct past_key *key, const struct past *past);
// These cells of a shop were changed; before_ms is where its day began.
void pasts_changed(struct pasts *pasts, int32_t shop_id, const struct fold_cell *cells, size_t count,
		   int64_t before_ms);
void pasts_forget(struct pasts *pasts, int32_t shop_id);
