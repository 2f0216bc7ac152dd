// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's second opinion on what orders are credited to, by each model.
#pragma once

#include "tests/unit/metrics/helper_oracle_inner.h"

void oracle_attribution(struct oracle *o, const struct oracle_order *orders, size_t count);
// Whether a click bears the signature of the key in force; the last such click that counts for the order,
// NULL: none.
bool oracle_is_signed(struct oracle *o, const struct box *click);
const struct box *oracle_last_click(struct oracle *o, const struct oracle_order *order);
