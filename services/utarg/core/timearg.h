// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Times as people type them: a day "2026-11-23", or an instant "2026-11-23T10:00[:30[.250]]" in the shop's
// zone, or with its own offset "...Z", "...+01:00". Pure.
#pragma once

#include "common/base/zone.h"

#include <stdbool.h>
#include <stdint.h>

struct timearg {
	bool is_day; // only date is set
	struct zone_date date;
	int64_t ms_of_day; // local, or at the offset when has_offset
	bool has_offset;
	int32_t offset_s;
};

bool timearg_parse(const char *text, struct timearg *out);
// The instant; a day is its first one. zone may be NULL when has_offset. A local time that happens twice
// is the first of the two, one that is skipped is the instant after the gap.
int64_t timearg_ms(const struct timearg *time, const struct zone *zone);
