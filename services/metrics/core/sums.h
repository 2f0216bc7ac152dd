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
	money_sum count;
};

struct sums { // all zero: empty
	money_sum at[KPI_REACH_COUNT][MEASURE_COUNT];
	int64_t revisions[KPI_REACH_COUNT][MEASURE_COUNT]; // greatest of the cells + 1, 0: no cell
	VEC(struct sums_level) * levels;                   // by (measure, level)
};

void sums_clear(struct sums *sums); // keeps memory
void sums_fini(struct sums *sums);
// Measures out of range and rows without a measure must not come here.
void sums_add(struct sums *sums, uint16_t measure, enum kpi_reach reach, int64_t level, money_sum value,
	      int64_t revision);
// Whether some cell that the row is made of was there.
bool sums_has_cell(const struct sums *sums, const struct kpi_row *row);
// Whether something it is made of is not zero.
bool sums_is_any(const struct sums *sums, const struct kpi_row *row);
int64_t sums_revision(const struct sums *sums, const struct kpi_row *row); // 0: no cell
void sums_fraction(const struct sums *sums, const struct kpi_row *row, money_sum *numerator,
		   money_sum *denominator);
