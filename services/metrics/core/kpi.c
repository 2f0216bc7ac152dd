// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The figures as rows, and the arithmetic that all of them share. How a measure comes about is the fold's
// business; a figure that needs more than sums does not belong here.
#include "services/metrics/core/kpi.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BIT(n) (UINT32_C(1) << (n))
#define ALL_DIMENSIONS                                                                                       \
	(BIT(FOLD_TOTAL) | BIT(FOLD_SALES_CHANNEL) | BIT(FOLD_MARKETING_CHANNEL) | BIT(FOLD_CAMPAIGN) |      \
	 BIT(FOLD_DEVICE) | BIT(FOLD_COUNTRY))
#define OFFER_DIMENSIONS (BIT(FOLD_TOTAL) | BIT(FOLD_OFFER))
#define SPEND_DIMENSIONS (BIT(FOLD_TOTAL) | BIT(FOLD_MARKETING_CHANNEL) | BIT(FOLD_CAMPAIGN))
#define ALL_WINDOWS                                                                                          \
	(BIT(WINDOW_MINUTE) | BIT(WINDOW_HOUR) | BIT(WINDOW_DAY) | BIT(WINDOW_WEEK) | BIT(WINDOW_MONTH))
#define HOUR_WINDOWS (BIT(WINDOW_HOUR) | BIT(WINDOW_DAY) | BIT(WINDOW_WEEK) | BIT(WINDOW_MONTH))
#define DAY_WINDOWS  (BIT(WINDOW_DAY) | BIT(WINDOW_WEEK) | BIT(WINDOW_MONTH))

#define PLUS(m)                                                                                              \
	{                                                                                                    \
		M_##m, 1, KPI_WINDOW                                                                         \
	}
#define MINUS(m)                                                                                             \
	{                                                                                                    \
		M_##m, -1, KPI_WINDOW                                                                        \
	}
// A multiple of what a measure comes to by the window's end.
#define TO_END(m, times)                                                                                     \
	{                                                                                                    \
		M_##m, times, KPI_TO_END                                                                     \
	}
#define TIMES(m, times)                                                                                      \
	{                                                                                                    \
		M_##m, times, KPI_WINDOW                                                                     \
	}
#define IN_28_DAYS(m)                                                                                        \
	{                                                                                                    \
		M_##m, 1, KPI_28_DAYS                                                                        \
	}
#define P(...)                                                                                               \
	{                                                                                                    \
		__VA_ARGS__                                                                                  \
	} // a list of terms as one argument
#define NONE                                                                                                 \
	{                                                                                                    \
		{                                                                                            \
			0, 0, 0                                                                              \
		}                                                                                            \
	}

// name, group, unit, numerator, denominator, English, Polish
#define ROW(n, g, u, num, den, en, pl)                                                                       \
	{                                                                                                    \
		.name = n, .group = g, .version = 1, .unit = u, .numerator = num, .denominator = den,        \
		.dimensions = ALL_DIMENSIONS, .windows = ALL_WINDOWS, .english = en, .polish = pl            \
	}
#define CLOCK_ROW(n, g, u, num, den, en, pl)                                                                 \
	{                                                                                                    \
		.name = n, .group = g, .version = 1, .unit = u, .numerator = num, .denominator = den,        \
		.dimensions = ALL_DIMENSIONS, .windows = ALL_WINDOWS, .clock = true, .english = en,          \
		.polish = pl                                                                                 \
	}

// Of items, by the day.
#define OFFER_ROW(n, u, num, den, en, pl)                                                                    \
	{                                                                                                    \
		.name = n, .group = "offers", .version = 1, .unit = u, .numerator = num, .denominator = den, \
		.dimensions = OFFER_DIMENSIONS, .windows = DAY_WINDOWS, .english = en, .polish = pl          \
	}
// A percentile is made of a histogram, which has no minutes: family "x", suffix "p50" is "x_p50".
#define PERCENTILE_ROW(f, suffix, g, u, m, p, by_clock, en, pl)                                              \
	{                                                                                                    \
		.name = f "_" suffix, .family = f, .group = g, .version = 1, .unit = u,                      \
		.form = KPI_PERCENTILE, .percent = p, .numerator = {PLUS(m)}, .dimensions = ALL_DIMENSIONS,  \
		.windows = HOUR_WINDOWS, .clock = by_clock, .english = en, .polish = pl                      \
	}
#define STANDING_ROW(n, f, g, m, by_clock, en, pl)                                                           \
	{                                                                                                    \
		.name = n, .family = f, .group = g, .version = 1, .unit = KPI_COUNT,                         \
		.numerator = {{M_##m, 1, KPI_TO_END}}, .dimensions = ALL_DIMENSIONS, .windows = DAY_WINDOWS, \
		.clock = by_clock, .english = en, .polish = pl                                               \
	}
#define BOOKS_ROW(n, u, num, den, w, en, pl)                                                                 \
	{                                                                                                    \
		.name = n, .family = "books_coverage", .group = "supply", .version = 1, .unit = u,           \
		.numerator = num, .denominator = den, .dimensions = BIT(FOLD_TOTAL), .windows = w,           \
		.english = en, .polish = pl                                                                  \
	}
// Not by channel or campaign: a click has those of its own context, an order those of its visit.
#define AFFILIATE_ROW(n, f, u, num, den, by_clock, en, pl)                                                   \
	{                                                                                                    \
		.name = n, .family = f, .group = "marketing", .version = 1, .unit = u, .numerator = num,     \
		.denominator = den, .dimensions = BIT(FOLD_TOTAL) | BIT(FOLD_AFFILIATE_NAME),                \
		.windows = DAY_WINDOWS, .clock = by_clock, .english = en, .polish = pl                       \
	}
// By the day, where spend stands.
#define SPEND_ROW(n, u, num, den, en, pl)                                                                    \
	{                                                                                                    \
		.name = n, .group = "marketing", .version = 1, .unit = u, .numerator = num,                  \
		.denominator = den, .dimensions = SPEND_DIMENSIONS, .windows = DAY_WINDOWS, .english = en,   \
		.polish = pl                                                                                 \
	}
// What is credited to orders says something beside what one campaign or channel did, not beside all.
#define CAMPAIGN_ROW(n, u, num, den, en, pl)                                                                 \
	{                                                                                                    \
		.name = n, .group = "marketing", .version = 1, .unit = u, .numerator = num,                  \
		.denominator = den, .dimensions = BIT(FOLD_MARKETING_CHANNEL) | BIT(FOLD_CAMPAIGN),          \
		.windows = DAY_WINDOWS, .english = en, .polish = pl                                          \
	}
#define SEARCH_ROW(n, f, u, num, den, en, pl)                                                                \
	{                                                                                                    \
		.name = n, .family = f, .group = "marketing", .version = 1, .unit = u, .numerator = num,     \
		.denominator = den, .dimensions = BIT(FOLD_TOTAL) | BIT(FOLD_LANDING_PAGE),                  \
		.windows = DAY_WINDOWS, .english = en, .polish = pl                                          \
	}
// Against a plan, which only a campaign has.
#define PACE_ROW(n, w, num, den, en, pl)                                                                     \
	{                                                                                                    \
		.name = n, .family = "pace", .group = "marketing", .version = 1, .unit = KPI_RATIO,          \
		.numerator = num, .denominator = den, .dimensions = BIT(FOLD_CAMPAIGN), .windows = w,        \
		.clock = true, .english = en, .polish = pl                                                   \
	}
#define FUNNEL_ROW(n, m, en, pl)                                                                             \
	{                                                                                                    \
		.name = n, .family = "funnel", .group = "carts", .version = 1, .unit = KPI_RATIO,            \
		.numerator = {PLUS(m)}, .denominator = {PLUS(SESSIONS)}, .dimensions = ALL_DIMENSIONS,       \
		.windows = ALL_WINDOWS, .english = en, .polish = pl                                          \
	}

// clang-format off
const struct kpi_row kpi_rows[] = {
#include "services/metrics/core/rows/traffic.inc"
#include "services/metrics/core/rows/sales.inc"
#include "services/metrics/core/rows/carts.inc"
#include "services/metrics/core/rows/service.inc"
#include "services/metrics/core/rows/supply.inc"
#include "services/metrics/core/rows/offers.inc"
#include "services/metrics/core/rows/marketing.inc"
#include "services/metrics/core/rows/attribution.inc"
#include "services/metrics/core/rows/affiliates.inc"
	{.name = NULL},
};
// clang-format on

const size_t kpi_count = sizeof(kpi_rows) / sizeof(kpi_rows[0]) - 1;

const struct kpi_row *kpi_find(const char *name)
{
	for (const struct kpi_row *row = kpi_rows; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

enum fold_grain kpi_grain(uint16_t measure, enum window window)
{
	static const enum fold_grain sums[] = {[WINDOW_MINUTE] = FOLD_MINUTE,
					       [WINDOW_HOUR] = FOLD_QUARTER,
					       [WINDOW_DAY] = FOLD_DAY,
					       [WINDOW_WEEK] = FOLD_DAY,
					       [WINDOW_MONTH] = FOLD_DAY};
	static const enum fold_grain exact[] = {[WINDOW_MINUTE] = FOLD_MINUTE,
						[WINDOW_HOUR] = FOLD_HOUR,
						[WINDOW_DAY] = FOLD_DAY,
						[WINDOW_WEEK] = FOLD_WEEK,
						[WINDOW_MONTH] = FOLD_MONTH};
	assert(measure > 0 && measure < MEASURE_COUNT && window >= WINDOW_MINUTE && window <= WINDOW_MONTH);
	switch (measure_rows[measure].kind) {
	case MEASURE_DISTINCT:
		return exact[window];
	case MEASURE_MINUTE:
		return FOLD_MINUTE;
	case MEASURE_DAY:
	case MEASURE_STANDING:
		return FOLD_DAY;
	case MEASURE_SUM:
	case MEASURE_LEVEL:
		break;
	}
	return sums[window];
}

int64_t kpi_reach_from_ms(enum kpi_reach reach, const struct zone *zone, int64_t start_ms, int64_t end_ms)
{
	switch (reach) {
	case KPI_TO_END:
		return KPI_BEGINNING_MS;
	case KPI_28_DAYS:
		return zone_day_start_ms(zone, zone_date_add(zone_date(zone, end_ms), -28));
	case KPI_WINDOW:
	case KPI_REACH_COUNT:
		break;
	}
	return start_ms;
}

static bool are_sums(const struct kpi_term *terms, bool by_day_too)
{
	bool all = true;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++) {
		enum measure_kind kind = measure_rows[terms[i].measure].kind;
		all &= terms[i].reach == KPI_WINDOW &&
		       (kind == MEASURE_SUM || (by_day_too && kind == MEASURE_DAY));
	}
	return all;
}

bool kpi_sums_days(const struct kpi_row *row)
{
	return row->form == KPI_FRACTION && are_sums(row->numerator, true) &&
	       are_sums(row->denominator, true);
}

bool kpi_sums_quarters(const struct kpi_row *row)
{
	return row->form == KPI_FRACTION && are_sums(row->numerator, false) &&
	       are_sums(row->denominator, false);
}

void kpi_from_units(const struct kpi_row *row, money_sum units, money_sum *numerator, money_sum *denominator)
{
	*numerator = units;
	*denominator = 1;
	if (row->unit == KPI_RATIO || row->unit == KPI_MEAN)
		*denominator = 1000000;
	else if (row->unit == KPI_MINUTES) // thousandths of it, in milliseconds
		*numerator = units * 60;
	else if (row->unit == KPI_HOURS)
		*numerator = units * 3600;
}

// The scale of the numerator and the decimals of the text.
int kpi_decimals(const struct kpi_row *row, const char *currency)
{
	int exponent = 2;
	switch (row->unit) {
	case KPI_COUNT:
		return 0;
	case KPI_RATIO:
	case KPI_MEAN:
	case KPI_MILLIONTHS:
		return 6;
	case KPI_SECONDS:
	case KPI_MINUTES:
	case KPI_HOURS:
		return 3;
	case KPI_MILLISECONDS:
		return 0;
	case KPI_MONEY:
		if (!currency || !money_exponent(currency, &exponent))
			exponent = 2;
		return exponent;
	}
	return 0;
}

void kpi_value(const struct kpi_row *row, money_sum numerator, money_sum denominator, const char *currency,
	       char out[KPI_VALUE_SIZE])
{
	out[0] = '\0';
	if (denominator == 0)
		return;
	if (denominator < 0) {
		denominator = -denominator;
		numerator = -numerator;
	}
	int decimals = kpi_decimals(row, currency);
	char text[MONEY_TEXT_SIZE];
	if (row->unit == KPI_RATIO || row->unit == KPI_MEAN)
		money_ratio_text(numerator, denominator, decimals, text);
	else if (row->unit == KPI_MINUTES || row->unit == KPI_HOURS)
		money_ratio_text(numerator, denominator * (row->unit == KPI_MINUTES ? 60000 : 3600000),
				 decimals, text);
	else // the numerator is in units of 10^-decimals already: ms, minor units, millionths, counts
		money_text(money_div_half_even(numerator, denominator), decimals, text);
	snprintf(out, KPI_VALUE_SIZE, "%s", text);
}

static const char *const dimension_names[FOLD_DIMENSION_COUNT + 1] = {
	[FOLD_TOTAL] = "total",
	[FOLD_SALES_CHANNEL] = "sales_channel",
	[FOLD_MARKETING_CHANNEL] = "marketing_channel",
	[FOLD_CAMPAIGN] = "campaign",
	[FOLD_DEVICE] = "device",
	[FOLD_COUNTRY] = "country",
	[FOLD_OFFER] = "offer",
	[FOLD_PAYMENT_METHOD] = "payment_method",
	[FOLD_LANDING_PAGE] = "landing_page",
	[FOLD_AFFILIATE_NAME] = "affiliate",
};

const char *fold_dimension_name(enum fold_dimension dimension)
{
	assert(dimension >= FOLD_TOTAL && dimension <= FOLD_DIMENSION_COUNT);
	return dimension_names[dimension];
}

bool fold_dimension_from_name(const char *name, enum fold_dimension *out)
{
	for (int i = FOLD_TOTAL; i <= FOLD_DIMENSION_COUNT; i++) {
		if (strcmp(dimension_names[i], name) == 0) {
			*out = (enum fold_dimension)i;
			return true;
		}
	}
	return false;
}
