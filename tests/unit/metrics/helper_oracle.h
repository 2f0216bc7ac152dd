// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A second opinion: sessions, visitors, orders and carts computed from the list of events in the most naive
// way, with none of the fold's code.
#pragma once

#include "tests/unit/metrics/helper_history.h"

struct oracle; // at work
// What a cell of the day (FOLD_DAY) or month at t must hold; values of one cell are added.
void oracle_add(struct oracle *o, uint16_t measure, enum fold_grain grain, int64_t t_ms, int dimension,
		const char *key, money_sum value);
void oracle_add_total(struct oracle *o, uint16_t measure, int64_t t_ms, money_sum value);

// NULL when the world's day (and month) cells of the total say the same; else what differs.
const char *oracle_difference(const struct history *history, struct world *world);
