// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Every figure is a row: what is divided by what, in which unit, and a sentence for people. Help texts, docs
// and completeness tests come from these rows. Pure.
#pragma once

#include "services/metrics/core/fold.h"
#include "services/metrics/core/measure.h"

enum kpi_unit { // as utarg.v1.Unit
	KPI_COUNT = 1,
	KPI_RATIO,
	KPI_MEAN,
	KPI_SECONDS,
	KPI_MONEY,
	KPI_MINUTES,
	KPI_HOURS,
	KPI_MILLISECONDS,
	KPI_MILLIONTHS // a count of parts: the numerator is in millionths
};

enum kpi_form {
	KPI_FRACTION = 0, // sum of the numerator's terms by the sum of the denominator's
	KPI_AGE,        // a fraction; the numerator's first term counts things, which are that many days old
			// for each day since 1970-01-01 up to the last of the window, less the others
	KPI_PERCENTILE, // the level at `percent` of the numerator's only term, a level measure, by 1
};

enum { KPI_TERM_MAX = 6 };

// Which cells an addend sums. Beyond the window itself it is whole local days, so such figures are kept for
// day, week and month only.
enum kpi_reach {
	KPI_WINDOW = 0,
	KPI_TO_END,  // all before the window's end; the one reach of a standing measure
	KPI_28_DAYS, // the 28 local days before the window's end
	KPI_REACH_COUNT
};

// One addend: sign * cell sum of the measure. Terms end with measure 0.
struct kpi_term {
	uint16_t measure;
	int32_t sign;  // 1 or -1; a multiple where a mean asks for it (stock x 28 days / units)
	uint8_t reach; // enum kpi_reach
};

struct kpi_row {
	const char *name;   // "conversion_rate"
	const char *family; // the name that several rows share: "funnel"; NULL: its own
	const char *group;  // "traffic", "sales", "carts", "service", "supply", "offers", "marketing"
	uint32_t version;   // of the definition
	enum kpi_unit unit;
	enum kpi_form form;
	uint8_t percent; // of KPI_PERCENTILE
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
// Where the cells of a term begin for a window [start, end).
#define KPI_BEGINNING_MS INT64_C(-62135596800000) // the year 1: of KPI_TO_END
int64_t kpi_reach_from_ms(enum kpi_reach reach, const struct zone *zone, int64_t start_ms, int64_t end_ms);
// Whether the figure of some days together is made of the sums of each: then it has a value over any days.
bool kpi_sums_days(const struct kpi_row *row);
// Whether these sums are kept by the quarter of an hour too.
bool kpi_sums_quarters(const struct kpi_row *row);
// Decimals of its value; with NULL for a currency money has two.
int kpi_decimals(const struct kpi_row *row, const char *currency);
// A value of so many units of its last decimal, as numerator and denominator would be.
void kpi_from_units(const struct kpi_row *row, money_sum units, money_sum *numerator, money_sum *denominator);
enum { KPI_VALUE_SIZE = 64 };
// The value as text: integers, six decimals, times with three, money with the currency's; "" when
// denominator is 0.
void kpi_value(const struct kpi_row *row, money_sum numerator, money_sum denominator, const char *currency,
	       char out[KPI_VALUE_SIZE]);

const char *fold_dimension_name(enum fold_dimension dimension); // "total", "sales_channel"...
bool fold_dimension_from_name(const char *name, enum fold_dimension *out);
