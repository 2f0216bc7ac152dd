// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From cells to a figure: whoever has read the cells of a window adds them here, and every row of kpi.h that
// is made of them can be told. Pure.
#pragma once

#include "services/metrics/core/kpi.h"
#include "services/metrics/core/vec.h"

struct sums_level {
	uint16_t measure;
	int64_t level;
	int64_t count; // a vec holds nothing that needs more than 8-byte alignment
};

struct sums { // all zero: empty
	money_sum at[KPI_REACH_COUNT][MEASURE_COUNT];
	int64_t revisions[KPI_REACH_COUNT][MEASURE_COUNT]; // greatest of the cells + 1, 0: no cell
	VEC(struct sums_level) * levels;                   // by (measure, level)
	int64_t last_day; // of the window or, before its end, of A: since 1970-01-01
};

void sums_clear(struct sums *sums); // keeps memory
void sums_fini(struct sums *sums);
// Measures out of range and rows without a measure must not come here.
void sums_add(struct sums *sums, uint16_t measure, enum kpi_reach reach, int64_t level, money_sum value,
	      int64_t revision);
// Says where the window [.., end) ends and what A is, for KPI_AGE; stays until it is said anew.
void sums_set_end(struct sums *sums, const struct zone *zone, int64_t end_ms, int64_t as_of_ms);
// Whether some cell that the row is made of was there.
bool sums_has_cell(const struct sums *sums, const struct kpi_row *row);
// Whether something it is made of is not zero.
bool sums_is_any(const struct sums *sums, const struct kpi_row *row);
int64_t sums_revision(const struct sums *sums, const struct kpi_row *row); // 0: no cell
void sums_fraction(const struct sums *sums, const struct kpi_row *row, money_sum *numerator,
		   money_sum *denominator);
