// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How targets stand: the value of their whole period as far as it is known, the pace, the forecast of its
// end. Reads tables only, in the transaction its caller has opened; the arithmetic is core/forecast.h's.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"
#include "services/metrics/core/forecast.h"
#include "services/metrics/core/kpi.h"
#include "services/metrics/core/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/metrics.pb-c.h"

struct shop;
struct figure;

enum { STANDING_NOTE_SIZE = 120 };

struct standing {
	struct target target;      // a copy
	const struct target *from; // what it was read for; only compared
	const struct kpi_row *kpi;
	int64_t start_ms, end_ms; // of its period
	money_sum numerator, denominator;
	int64_t revision;
	bool has_due, has_forecast;
	struct forecast_fraction due; // share of a sum that is due by now
	struct forecast forecast;
	char note[STANDING_NOTE_SIZE];      // why there is no forecast, "" when there is
	Utarg__V1__TargetStanding *message; // as built last; its arena's
};

struct standings {
	struct standing *rows;
	size_t count;
};
void standings_fini(struct standings *standings);

// Of these targets. Those of figures that do not exist in this version are left out.
bool standings_read(struct db *db, const struct shop *shop, const struct target *const *targets, size_t count,
		    int64_t as_of_ms, struct standings *out, struct err *e);
// Of the targets that hold these figures: each figure with one points at its standing, as long as `out`
// lives.
bool standings_of_figures(struct db *db, const struct shop *shop, struct figure *figures, size_t count,
			  int64_t as_of_ms, struct standings *out, struct err *e);
// Builds the messages. False: the arena is full.
bool standings_build(struct standings *standings, const struct shop *shop, struct arena *arena);
Utarg__V1__TargetStanding *standing_message(const struct standing *standing, const struct shop *shop,
					    struct arena *arena); // NULL: the arena is full
