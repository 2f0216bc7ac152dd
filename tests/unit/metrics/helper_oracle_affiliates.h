// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What partners earn, naively: of each order, everything is asked again for every moment of its life.
#pragma once

#include "tests/unit/metrics/helper_oracle_inner.h"

void oracle_tell_affiliates(struct oracle *o, const struct oracle_order *orders, size_t count);
