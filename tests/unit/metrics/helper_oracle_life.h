// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's life of orders, claims, service cases, reviews and books.
#pragma once

#include "tests/unit/metrics/helper_oracle_money.h"

// NULL when the world's day cells of the total say the same; else what differs.
const char *oracle_life_difference(const struct history *history, struct world *world,
				   const struct oracle_order *orders, size_t order_count);
