// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Calendar arithmetic over a zone's steps of offset. Reading the steps from the machine is zone_load.c.
//
// A day is the time between the first instants of two local dates, so days never overlap even where the
// clock is put back across midnight: what lies behind the first midnight belongs to the new day.
#include "common/base/zone.h"

#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400 };
// Further from UTC than any zone ever was.
enum { OFFSET_LIMIT_S = 2 * DAY_S };

static int64_t floor_div(int64_t n, int64_t d)
{
	return n / d - (n % d < 0);
}

// Days since 1970-01-01 of a date and back: years counted from March, so that the leap day comes last.
// An era is 400 years, 146097 days; 719468 days lie between 0000-03-01 and 1970-01-01.
int64_t zone_date_days(struct zone_date date)
{
	int64_t year = (int64_t)date.year - (date.month <= 2);
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t month_from_march = (date.month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static struct zone_date date_of_days(int64_t days)
{
	days += 719468;
	int64_t era = floor_div(days, 146097);
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	struct zone_date date;
	date.day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	date.month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	date.year = (int)(year_of_era + era * 400 + (date.month <= 2));
	return date;
}

struct zone_date zone_date_add(struct zone_date date, int days)
{
	return date_of_days(zone_date_days(date) + days);
}

int zone_weekday(struct zone_date date)
{
	int64_t days = zone_date_days(date) + 3; // 1970-01-01 was a Thursday
	return (int)(days - floor_div(days, 7) * 7);
}

// Index of the step that holds at that second.
static size_t step_at(const struct zone *zone, int64_t t_s)
{
	size_t low = 0, high = zone->step_count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (zone->steps[middle].from_s <= t_s)
			low = middle;
		else
			high = middle;
	}
	return low;
}

int32_t zone_offset_s(const struct zone *zone, int64_t t_ms)
{
	return zone->steps[step_at(zone, floor_div(t_ms, 1000))].offset_s;
}

// First UTC second whose local time is at or behind midnight of that local day.
static int64_t day_start_s(const struct zone *zone, int64_t days)
{
	int64_t local_s = days * DAY_S;
	size_t i = step_at(zone, local_s - OFFSET_LIMIT_S);
	for (;; i++) {
		int64_t t_s = local_s - zone->steps[i].offset_s;
		if (t_s < zone->steps[i].from_s)
			t_s = zone->steps[i].from_s; // midnight fell into the gap before this step
		if (i + 1 == zone->step_count || t_s < zone->steps[i + 1].from_s)
			return t_s;
	}
}

static int64_t days_at(const struct zone *zone, int64_t t_s)
{
	int64_t days = floor_div(t_s + zone->steps[step_at(zone, t_s)].offset_s, DAY_S);
	// Put back across midnight, the clock shows the old date again although the new day has begun.
	return t_s >= day_start_s(zone, days + 1) ? days + 1 : days;
}

struct zone_date zone_date(const struct zone *zone, int64_t t_ms)
{
	return date_of_days(days_at(zone, floor_div(t_ms, 1000)));
}

int64_t zone_day_start_ms(const struct zone *zone, struct zone_date date)
{
	return day_start_s(zone, zone_date_days(date)) * 1000;
}

// Minutes and hours end early where a step changes the alignment (Lord Howe moves by half an hour), so that
// every instant lies in exactly one window.
static void clock_window(const struct zone *zone, int64_t size_s, int64_t t_s, int64_t *start_s,
			 int64_t *end_s)
{
	size_t i = step_at(zone, t_s);
	int64_t offset_s = zone->steps[i].offset_s;
	*start_s = floor_div(t_s + offset_s, size_s) * size_s - offset_s;
	*end_s = *start_s + size_s;
	if (*start_s < zone->steps[i].from_s)
		*start_s = zone->steps[i].from_s;
	if (i + 1 < zone->step_count && *end_s > zone->steps[i + 1].from_s)
		*end_s = zone->steps[i + 1].from_s;
}

void zone_window(const struct zone *zone, enum window window, int64_t t_ms, int64_t *start_ms,
		 int64_t *end_ms)
{
	int64_t t_s = floor_div(t_ms, 1000);
	int64_t days = days_at(zone, t_s);
	struct zone_date date = date_of_days(days);
	int64_t first = days, last = days + 1; // local days, half-open
	int64_t start_s, end_s;
	switch (window) {
	case WINDOW_MINUTE:
	case WINDOW_HOUR:
		clock_window(zone, window == WINDOW_MINUTE ? 60 : 3600, t_s, &start_s, &end_s);
		*start_ms = start_s * 1000;
		*end_ms = end_s * 1000;
		return;
	case WINDOW_DAY:
		break;
	case WINDOW_WEEK:
		first = days - zone_weekday(date);
		last = first + 7;
		break;
	case WINDOW_MONTH:
		first = days - date.day + 1;
		last = zone_date_days(
			(struct zone_date){date.year + date.month / 12, date.month % 12 + 1, 1});
		break;
	}
	*start_ms = day_start_s(zone, first) * 1000;
	*end_ms = day_start_s(zone, last) * 1000;
}

void zone_stamp(const struct zone *zone, int64_t t_ms, char out[ZONE_STAMP_SIZE])
{
	int64_t t_s = floor_div(t_ms, 1000);
	int32_t offset_s = zone->steps[step_at(zone, t_s)].offset_s;
	int64_t days = floor_div(t_s + offset_s, DAY_S); // what the clock on the wall shows
	int second = (int)(t_s + offset_s - days * DAY_S);
	struct zone_date date = date_of_days(days);
	int east = offset_s < 0 ? -offset_s : offset_s;
	snprintf(out, ZONE_STAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", date.year, date.month,
		 date.day, second / 3600, second / 60 % 60, second % 60, offset_s < 0 ? '-' : '+',
		 east / 3600, east / 60 % 60);
}

// The number in that many digits, -1 when they are not all digits.
static int digits(const char *at, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (at[i] < '0' || at[i] > '9')
			return -1;
		value = value * 10 + (at[i] - '0');
	}
	return value;
}

bool zone_date_parse(const char *text, struct zone_date *out)
{
	if (strnlen(text, 11) != 10 || text[4] != '-' || text[7] != '-')
		return false;
	struct zone_date date = {digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)};
	if (date.year < 1 || date.month < 1 || date.month > 12 || date.day < 1 || date.day > 31)
		return false;
	// A day behind its month's end would come back as another date.
	struct zone_date same = date_of_days(zone_date_days(date));
	if (same.month != date.month)
		return false;
	*out = date;
	return true;
}

static const char *const window_names[] = {[WINDOW_MINUTE] = "minute",
					   [WINDOW_HOUR] = "hour",
					   [WINDOW_DAY] = "day",
					   [WINDOW_WEEK] = "week",
					   [WINDOW_MONTH] = "month"};

const char *window_name(enum window window)
{
	return window >= WINDOW_MINUTE && window <= WINDOW_MONTH ? window_names[window] : "";
}

bool window_from_name(const char *name, enum window *out)
{
	for (int window = WINDOW_MINUTE; window <= WINDOW_MONTH; window++) {
		if (strcmp(name, window_names[window]) == 0) {
			*out = (enum window)window;
			return true;
		}
	}
	return false;
}
