// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Every figure is a row: what is divided by what, in which unit, and a sentence for people. Help texts, docs
// and completeness tests come from these rows. Pure.
#pragma once

#include "services/metrics/core/fold.h"
#include "services/metrics/core/measure.h"

enum kpi_unit { KPI_COUNT = 1, KPI_RATIO, KPI_MEAN, KPI_SECONDS, KPI_MONEY }; // as utarg.v1.Unit

enum { KPI_TERM_MAX = 6 };

// One addend: sign * cell sum of the measure. Terms end with measure 0.
struct kpi_term {
	uint16_t measure;
	int8_t sign;
};

struct kpi_row {
	const char *name;  // "conversion_rate"
	const char *group; // "traffic", "sales", "carts", "marketing"
	uint32_t version;  // of the definition
	enum kpi_unit unit;
	struct kpi_term numerator[KPI_TERM_MAX];
	struct kpi_term denominator[KPI_TERM_MAX]; // none: 1
	uint32_t dimensions;                       // bit (1 << enum fold_dimension)
	uint32_t windows;                          // bit (1 << enum window)
	bool clock;                                // depends on A
	const char *english;                       // one sentence
	const char *polish;
};

extern const struct kpi_row kpi_rows[]; // ends with a NULL name
extern const size_t kpi_count;
const struct kpi_row *kpi_find(const char *name); // NULL: none

// The grain whose cells make up a window of this measure, and whether they are several (sum over
// [start, end)) or exactly one (bucket == start).
enum fold_grain kpi_grain(uint16_t measure, enum window window);
// From the sums of its measures (indexed by measure number) to exact numerator and denominator.
void kpi_fraction(const struct kpi_row *row, const money_sum *sums, money_sum *numerator,
		  money_sum *denominator);
enum { KPI_VALUE_SIZE = 64 };
// The value as text: integers, six decimals, seconds with three, money with the currency's; "" when
// denominator is 0.
void kpi_value(const struct kpi_row *row, money_sum numerator, money_sum denominator, const char *currency,
	       char out[KPI_VALUE_SIZE]);

const char *fold_dimension_name(enum fold_dimension dimension); // "total", "sales_channel"...
bool fold_dimension_from_name(const char *name, enum fold_dimension *out);
