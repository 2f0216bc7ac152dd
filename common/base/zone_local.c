// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The way back from a wall-clock time to an instant, which is ambiguous where clocks change.
#include "common/base/zone.h"

int64_t zone_local_ms(const struct zone *zone, struct zone_date date, int second_of_day)
{
	const int64_t day_ms = INT64_C(86400000);
	int64_t local_ms = zone_date_days(date) * day_ms + (int64_t)second_of_day * 1000;
	// No zone is more than a day from UTC, so these two offsets are those before and after any step near
	// it.
	int64_t before_ms = local_ms - (int64_t)zone_offset_s(zone, local_ms - day_ms) * 1000;
	int64_t after_ms = local_ms - (int64_t)zone_offset_s(zone, local_ms + day_ms) * 1000;
	if (before_ms + (int64_t)zone_offset_s(zone, before_ms) * 1000 == local_ms)
		return before_ms;
	if (after_ms + (int64_t)zone_offset_s(zone, after_ms) * 1000 == local_ms)
		return after_ms;
	return before_ms;
}
