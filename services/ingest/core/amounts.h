// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the amounts of an order and of a refund must say together, so that the arithmetic of the key
// figures has one answer: enough to know net and tax, no part larger than its whole, sums in range. What
// each amount must be alone is shape.c's. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>

#include "utarg/v1/event.pb-c.h"

// body is the field's name in Event, for the paths: "purchase", "order_updated".
bool amounts_check_order(const Utarg__V1__Order *order, const char *body, struct err *e);
bool amounts_check_refund(const Utarg__V1__Refund *refund, struct err *e);
