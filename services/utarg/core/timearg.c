// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/timearg.h"

#include <string.h>

enum { DAY_SIZE = 10, DAY_MS = 86400000 };

// Exactly `count` digits at *text, moved on; -1 when they are not there.
static int digits(const char **text, int count)
{
	int number = 0;
	for (int i = 0; i < count; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		number = number * 10 + (**text - '0');
	}
	return number;
}

static bool skip(const char **text, char c)
{
	if (**text != c)
		return false;
	++*text;
	return true;
}

static bool parse_clock(const char **text, int64_t *ms_of_day)
{
	int second = 0, ms = 0;
	int hour = digits(text, 2);
	if (hour < 0 || hour > 23 || !skip(text, ':'))
		return false;
	int minute = digits(text, 2);
	if (minute < 0 || minute > 59)
		return false;
	if (skip(text, ':')) {
		second = digits(text, 2);
		if (second < 0 || second > 59)
			return false;
		if (skip(text, '.')) {
			ms = digits(text, 3);
			if (ms < 0)
				return false;
		}
	}
	*ms_of_day = ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms;
	return true;
}

static bool parse_offset(const char **text, struct timearg *out)
{
	if (!**text)
		return true;
	out->has_offset = true;
	if (skip(text, 'Z'))
		return true;
	bool west = **text == '-';
	if (!skip(text, '+') && !skip(text, '-'))
		return false;
	int hour = digits(text, 2);
	skip(text, ':');
	int minute = digits(text, 2);
	if (hour < 0 || hour > 18 || minute < 0 || minute > 59)
		return false;
	out->offset_s = (hour * 60 + minute) * 60 * (west ? -1 : 1);
	return true;
}

bool timearg_parse(const char *text, struct timearg *out)
{
	char day[DAY_SIZE + 1];
	*out = (struct timearg){0};
	if (strlen(text) < DAY_SIZE)
		return false;
	memcpy(day, text, DAY_SIZE);
	day[DAY_SIZE] = 0;
	if (!zone_date_parse(day, &out->date))
		return false;
	text += DAY_SIZE;
	if (!*text) {
		out->is_day = true;
		return true;
	}
	if (!skip(&text, 'T') && !skip(&text, ' '))
		return false;
	return parse_clock(&text, &out->ms_of_day) && parse_offset(&text, out) && !*text;
}

int64_t timearg_ms(const struct timearg *time, const struct zone *zone)
{
	int64_t local = zone_date_days(time->date) * DAY_MS + time->ms_of_day;
	if (time->has_offset)
		return local - (int64_t)time->offset_s * 1000;
	if (time->is_day)
		return zone_day_start_ms(zone, time->date);
	// The offsets a day before and after bound what can hold; the earlier instant that shows this local
	// time.
	int64_t before = local - (int64_t)zone_offset_s(zone, local - DAY_MS) * 1000;
	int64_t after = local - (int64_t)zone_offset_s(zone, local + DAY_MS) * 1000;
	bool before_holds = before + (int64_t)zone_offset_s(zone, before) * 1000 == local;
	bool after_holds = after + (int64_t)zone_offset_s(zone, after) * 1000 == local;
	if (before_holds && after_holds)
		return before < after ? before : after;
	if (after_holds && !before_holds)
		return after;
	// In a gap the earlier offset gives an instant behind it, as far as the time is behind the gap's
	// begin.
	return before;
}
