// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A customer's orders, enough of each to know the valid ones in order of time: with the first the customer
// was new, with the others one that came again. Two orders at the same instant: the smaller id is the first.
// Pure.
#pragma once

#include "services/metrics/core/inner.h"

void customer_put(struct customer *customer, const char *id, int64_t placed_ms, uint32_t dims, bool valid);
void customer_drop(struct customer *customer, const char *id, int64_t placed_ms);
// Where the order is, or would be.
bool customer_find(const struct customer *customer, const char *id, int64_t placed_ms, uint32_t *index);
// customer_put.c: the facts of the orders round that place, sign times. Taken out before the order changes
// and put in behind it, in the old place and in the new one.
void customer_put_facts(struct fold *fold, const struct customer *customer, const char *id, int64_t placed_ms,
			int sign);
