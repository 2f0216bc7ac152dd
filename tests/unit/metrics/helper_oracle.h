// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A second opinion: sessions, visitors, orders and carts computed from the list of events in the most naive
// way, with none of the fold's code.
#pragma once

#include "tests/unit/metrics/helper_history.h"
// NULL when the world's day (and month) cells of the total say the same; else what differs.
const char *oracle_difference(const struct history *history, struct world *world);
