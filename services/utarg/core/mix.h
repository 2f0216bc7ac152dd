// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A table for media-mix models: a row a week, a column a figure, with nothing missing. Pure.
#pragma once

#include "common/base/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct mix;

enum { MIX_WEEK_SIZE = 24 };

// Weeks from the one that holds first to the one that holds last.
struct mix *mix_create(struct zone_date first, struct zone_date last);
void mix_destroy(struct mix *mix); // takes NULL
size_t mix_week_count(const struct mix *mix);
struct zone_date mix_monday(const struct mix *mix, size_t week);
// "2026-W48" of its Monday. Returns out.
const char *mix_week_name(struct zone_date monday, char out[MIX_WEEK_SIZE]);
// A column and what stands where nothing is put; made once. Columns stand by group, in MIX_FIRST as they were
// added, then by name.
enum { MIX_FIRST = 0 };
void mix_column(struct mix *mix, int group, const char *name, const char *missing);
// Puts a value of a column in the week that holds the day. A day outside of all weeks is passed over.
void mix_put(struct mix *mix, const char *name, struct zone_date day, const char *value);
// One header row, then a row a week: its name, its Monday, the columns.
void mix_write(const struct mix *mix, FILE *out);
