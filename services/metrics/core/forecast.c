// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See forecast.h. Totals of a week stay multiplied by 60 (minutes of an hour) until the last division.
#include "services/metrics/core/forecast.h"

#include <assert.h>
#include <stddef.h>

enum { MINUTE_MS = 60000, HOUR_MINUTES = 60, DAYS_A_WEEK = 7, HOURS_A_DAY = 24 };
enum { TENTHS = 10, INTERVAL_TENTHS = 8 };
#define MILLION     INT64_C(1000000)
#define SHARE_BOUND ((money_sum)1 << 40) // terms of a share are made smaller than this: some 12 digits

static uint32_t slot_of(const struct zone *zone, int64_t t_ms, int64_t *day)
{
	int64_t local_s = t_ms / 1000 + zone_offset_s(zone, t_ms);
	struct zone_date date = zone_date(zone, t_ms);
	*day = zone_date_days(date);
	int64_t second = local_s - *day * HOURS_A_DAY * 3600;
	return (uint32_t)(zone_weekday(date) * HOURS_A_DAY + (int)(second / 3600));
}

static struct zone_date begin_of_week(const struct zone *zone, int64_t as_of_ms, uint32_t week)
{
	return zone_date_add(zone_date(zone, as_of_ms), -DAYS_A_WEEK * ((int)week + 1));
}

int64_t forecast_begin_ms(const struct zone *zone, int64_t as_of_ms)
{
	return zone_day_start_ms(zone, begin_of_week(zone, as_of_ms, FORECAST_WEEKS - 1));
}

bool forecast_place(const struct zone *zone, int64_t as_of_ms, int64_t t_ms, uint32_t *week, uint32_t *slot)
{
	int64_t day, today = zone_date_days(zone_date(zone, as_of_ms));
	*slot = slot_of(zone, t_ms, &day);
	if (day >= today || day < today - DAYS_A_WEEK * FORECAST_WEEKS)
		return false;
	*week = (uint32_t)((today - 1 - day) / DAYS_A_WEEK);
	return true;
}

uint32_t forecast_weeks(const struct zone *zone, int64_t as_of_ms, int64_t first_ms)
{
	uint32_t weeks = 0;
	while (weeks < FORECAST_WEEKS &&
	       zone_day_start_ms(zone, begin_of_week(zone, as_of_ms, weeks)) >= first_ms)
		weeks++;
	return weeks;
}

void forecast_minutes(const struct zone *zone, int64_t from_ms, int64_t to_ms, struct forecast_minutes *out)
{
	*out = (struct forecast_minutes){{0}};
	for (int64_t at_ms = from_ms, start_ms, end_ms, day; at_ms < to_ms; at_ms = end_ms) {
		zone_window(zone, WINDOW_HOUR, at_ms, &start_ms, &end_ms);
		int64_t until_ms = end_ms < to_ms ? end_ms : to_ms;
		out->slots[slot_of(zone, at_ms, &day)] += (uint32_t)((until_ms - at_ms) / MINUTE_MS);
	}
}

// What these minutes would bring if they went like each of the weeks; x 60. Returns the sum over the weeks.
static money_sum week_totals(const struct forecast_past *past, uint32_t weeks,
			     const struct forecast_minutes *minutes, money_sum totals[FORECAST_WEEKS])
{
	money_sum all = 0;
	for (uint32_t w = 0; w < weeks; w++) {
		totals[w] = 0;
		for (int s = 0; s < FORECAST_SLOTS; s++)
			totals[w] += past->slots[w][s] * minutes->slots[s];
		all += totals[w];
	}
	return all;
}

static money_sum magnitude(money_sum value)
{
	return value < 0 ? -value : value;
}

static void sort(money_sum *values, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		money_sum value = values[i];
		uint32_t k = i;
		for (; k > 0 && values[k - 1] > value; k--)
			values[k] = values[k - 1];
		values[k] = value;
	}
}

// The 0.8 (n + 1)th of the errors, x 10.
static money_sum error_tenths(money_sum *errors, uint32_t count)
{
	uint32_t rank = INTERVAL_TENTHS * (count + 1), below = rank / TENTHS, part = rank % TENTHS;
	sort(errors, count);
	assert(below >= 1 && below <= count && (part == 0 || below < count));
	money_sum step = part > 0 ? errors[below] - errors[below - 1] : 0;
	return TENTHS * errors[below - 1] + (money_sum)part * step;
}

static money_sum divide_up(money_sum n, money_sum d)
{
	return (n + d - 1) / d;
}

static bool has_loss(const money_sum *totals, uint32_t weeks)
{
	bool loss = false;
	for (uint32_t w = 0; w < weeks; w++)
		loss |= totals[w] < 0;
	return loss;
}

bool forecast_sum(struct forecast_side side, uint32_t weeks, const struct forecast_minutes *rest,
		  struct forecast *out)
{
	money_sum totals[FORECAST_WEEKS], errors[FORECAST_WEEKS];
	if (weeks < FORECAST_WEEKS_MIN)
		return false;
	money_sum n = weeks, all = week_totals(side.past, weeks, rest, totals);
	// |T[w] - (all - T[w]) / (n - 1)|, times (n - 1)
	for (uint32_t w = 0; w < weeks; w++)
		errors[w] = magnitude(n * totals[w] - all);
	money_sum value = side.so_far + money_div_half_even(all, n * HOUR_MINUTES);
	money_sum half = divide_up(error_tenths(errors, weeks), TENTHS * HOUR_MINUTES * (n - 1));
	money_sum low = value - half;
	if (low < side.so_far && !has_loss(totals, weeks))
		low = side.so_far; // what was never taken away before will not be taken away now
	out->value = (struct forecast_fraction){value, 1};
	out->low = (struct forecast_fraction){low, 1};
	out->high = (struct forecast_fraction){value + half, 1};
	return true;
}

// In millionths; false when there is nothing to divide by.
static bool millionths(money_sum numerator, money_sum denominator, money_sum *out)
{
	if (denominator <= 0)
		return false;
	*out = money_div_half_even(numerator * MILLION, denominator);
	return true;
}

bool forecast_ratio(struct forecast_side numerator, struct forecast_side denominator, uint32_t weeks,
		    const struct forecast_minutes *rest, struct forecast *out)
{
	money_sum top[FORECAST_WEEKS], bottom[FORECAST_WEEKS], errors[FORECAST_WEEKS], value;
	if (weeks < FORECAST_WEEKS_MIN)
		return false;
	money_sum all_top = week_totals(numerator.past, weeks, rest, top);
	money_sum all_bottom = week_totals(denominator.past, weeks, rest, bottom);
	money_sum top_now = numerator.so_far * HOUR_MINUTES, bottom_now = denominator.so_far * HOUR_MINUTES;
	money_sum n = weeks;
	for (uint32_t w = 0; w < weeks; w++) {
		money_sum one, others;
		if (!millionths(top_now + top[w], bottom_now + bottom[w], &one) ||
		    !millionths((n - 1) * top_now + all_top - top[w],
				(n - 1) * bottom_now + all_bottom - bottom[w], &others))
			return false;
		errors[w] = magnitude(one - others);
	}
	out->value = (struct forecast_fraction){n * top_now + all_top, n * bottom_now + all_bottom};
	if (!millionths(out->value.numerator, out->value.denominator, &value))
		return false;
	money_sum half = divide_up(error_tenths(errors, weeks), TENTHS), low = value - half;
	if (low < 0 && numerator.so_far >= 0 && !has_loss(top, weeks))
		low = 0;
	out->low = (struct forecast_fraction){low, MILLION};
	out->high = (struct forecast_fraction){value + half, MILLION};
	return true;
}

bool forecast_due(const struct forecast_past *past, uint32_t weeks, const struct forecast_minutes *gone,
		  const struct forecast_minutes *rest, struct forecast_fraction *out)
{
	money_sum totals[FORECAST_WEEKS];
	if (weeks < FORECAST_WEEKS_MIN)
		return false;
	money_sum due = week_totals(past, weeks, gone, totals);
	money_sum all = due + week_totals(past, weeks, rest, totals);
	while (all >= SHARE_BOUND) {
		all /= 2;
		due /= 2;
	}
	*out = (struct forecast_fraction){due, all};
	return due > 0 && all > 0;
}
