// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A customer's orders, enough of each to know which was the first valid one: the customer was new with it.
// Two orders at the same instant: the smaller id is the first. Pure.
#pragma once

#include "services/metrics/core/entity.h"

void customer_put(struct customer *customer, const char *id, int64_t placed_ms, uint32_t dims, bool valid);
void customer_drop(struct customer *customer, const char *id, int64_t placed_ms);
const struct customer_order *customer_first(const struct customer *customer); // NULL: no valid order
