// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Local time of a shop: a zone is a table of offsets, read once through the C library, and everything
// after that is pure arithmetic. A local day may have 23 or 25 hours. Years 1970 to 2100; outside them
// the nearest offset holds.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ZONE_NAME_SIZE = 64, ZONE_STAMP_SIZE = 40 };

struct zone_step {
	int64_t from_s;   // UTC second from which the offset holds
	int32_t offset_s; // local = UTC + offset
};

// Life: zone_load allocates the steps, zone_fini frees them; a zone never changes in between.
struct zone {
	char name[ZONE_NAME_SIZE];
	struct zone_step *steps; // ascending; the first is from INT64_MIN
	size_t step_count;
};

enum window { WINDOW_MINUTE = 1, WINDOW_HOUR, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH }; // as utarg.v1.Window

struct zone_date {
	int year, month, day; // proleptic Gregorian, month and day from 1
};

// BAD_FIELD when name is not an IANA zone of this machine. Touches TZ for a moment: call from one thread.
bool zone_load(struct zone *zone, const char *name, struct err *e);
void zone_fini(struct zone *zone);

int32_t zone_offset_s(const struct zone *zone, int64_t t_ms);
struct zone_date zone_date(const struct zone *zone, int64_t t_ms);
// First instant of a local day (when midnight is skipped: the first instant after the gap; when it
// happens twice: the first).
int64_t zone_day_start_ms(const struct zone *zone, struct zone_date date);
// Instant of a local wall-clock time. One that happens twice: the first; one that is skipped: as far behind
// the gap's beginning as the clock would have shown ("02:30" in a gap from 02:00 is 30 minutes after it).
int64_t zone_local_ms(const struct zone *zone, struct zone_date date, int second_of_day);
// Half-open range of the window that holds t: minutes and hours are steps of UTC aligned to local time
// (an hour that happens twice is two windows), days, weeks (Monday) and months are local dates.
void zone_window(const struct zone *zone, enum window window, int64_t t_ms, int64_t *start_ms,
		 int64_t *end_ms);
// ISO 8601 with offset: "2026-03-29T00:00:00+01:00".
void zone_stamp(const struct zone *zone, int64_t t_ms, char out[ZONE_STAMP_SIZE]);

// "YYYY-MM-DD"; false when it is no date.
bool zone_date_parse(const char *text, struct zone_date *out);
struct zone_date zone_date_add(struct zone_date date, int days);
int zone_weekday(struct zone_date date);       // 0 Monday to 6 Sunday
int64_t zone_date_days(struct zone_date date); // days since 1970-01-01

const char *window_name(enum window window); // "minute"...
bool window_from_name(const char *name, enum window *out);
