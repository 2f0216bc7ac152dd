// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See period.h.
#include "services/utarg/core/period.h"

#include "common/base/text.h"

#include <stdio.h>
#include <string.h>

enum { DAY_CHARS = 10, MONTH_CHARS = 7, YEAR_CHARS = 4, WEEK_CHARS = 8 };

const char *period_day(struct zone_date date, char out[PERIOD_DAY_SIZE])
{
	snprintf(out, PERIOD_DAY_SIZE, "%04d-%02d-%02d", date.year, date.month, date.day);
	return out;
}

// The first day of a year's or month's text with what is missing put behind it.
static bool parse_first(const char *text, const char *rest, struct zone_date *out)
{
	char day[DAY_CHARS + 1];
	snprintf(day, sizeof(day), "%s%s", text, rest);
	return zone_date_parse(day, out);
}

// Week 1 is the one with the fourth of January.
static bool parse_week(const char *text, struct zone_date *first, struct zone_date *last)
{
	char year[YEAR_CHARS + 1];
	int64_t number;
	struct zone_date fourth;
	snprintf(year, sizeof(year), "%.4s", text);
	if (text[YEAR_CHARS] != '-' || text[YEAR_CHARS + 1] != 'W' ||
	    !text_to_int(text + YEAR_CHARS + 2, 1, 53, &number) || !parse_first(year, "-01-04", &fourth))
		return false;
	*first = zone_date_add(fourth, (int)(7 * (number - 1)) - zone_weekday(fourth));
	*last = zone_date_add(*first, 6);
	return zone_date_add(*first, 3).year == fourth.year; // its Thursday: not every year has 53
}

static bool parse_days(const char *text, const char *dots, struct zone_date *first, struct zone_date *last)
{
	char day[DAY_CHARS + 1];
	if (dots - text != DAY_CHARS)
		return false;
	snprintf(day, sizeof(day), "%.10s", text);
	return zone_date_parse(day, first) && zone_date_parse(dots + 2, last) &&
	       zone_date_days(*first) <= zone_date_days(*last);
}

bool period_parse(const char *text, struct zone_date *first, struct zone_date *last)
{
	const char *dots = strstr(text, "..");
	if (dots != NULL)
		return parse_days(text, dots, first, last);
	switch (strlen(text)) {
	case YEAR_CHARS:
		if (!parse_first(text, "-01-01", first))
			return false;
		*last = (struct zone_date){first->year, 12, 31};
		return true;
	case MONTH_CHARS:
		if (!parse_first(text, "-01", first))
			return false;
		struct zone_date later = zone_date_add(*first, 31);
		*last = zone_date_add((struct zone_date){later.year, later.month, 1}, -1);
		return true;
	case WEEK_CHARS:
		return parse_week(text, first, last);
	default:
		if (!zone_date_parse(text, first))
			return false;
		*last = *first;
		return true;
	}
}
