// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whole days as a person names them: "2026", "2026-11", "2026-W48" (ISO week, from Monday), "2026-11-23", or
// two days, "2026-11-20..2026-12-24". Pure.
#pragma once

#include "common/base/zone.h"

#include <stdbool.h>

// False when it is none, or ends before it begins.
bool period_parse(const char *text, struct zone_date *first, struct zone_date *last);
enum { PERIOD_DAY_SIZE = 24 };
// "2026-11-23". Returns out.
const char *period_day(struct zone_date date, char out[PERIOD_DAY_SIZE]);
