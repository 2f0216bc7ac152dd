// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Sales figures that are a function of one order's own state and A: baskets, coupons, payment methods,
// payments, what is not paid, costs. What an order has with sessions, carts and customers is attach.c's.
// Pure.
#pragma once

#include "services/metrics/core/inner.h"

// Of kind_rows: the facts, and the first instant after A at which the clock changes them.
void sales_put_order(struct fold *fold, const struct order *order, int sign);
int64_t sales_order_due_ms(const struct fold *fold, const struct order *order);

// Of attach.c: what an order that changed keeps of its cost. Its offers are in memory.
void sales_value_order(const struct fold *fold, struct order *order);

uint8_t sales_apply_amount(struct fold *fold, const struct said *said); // order_paid, order_cost
