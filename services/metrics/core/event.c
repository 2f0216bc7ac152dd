// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The kinds of events that change more than sessions and carts, each as a row. See inner.h.
#include "services/metrics/core/inner.h"

#define ROW(kind, collects, applies) [UTARG__V1__EVENT__BODY_##kind] = {.collect = collects, .apply = applies}

static const struct event_row rows[] = {
	ROW(PURCHASE, closure_stated_order, apply_order),
	ROW(ORDER_UPDATED, closure_stated_order, apply_order),
	ROW(ORDER_CANCELLED, closure_order, apply_cancel),
	ROW(REFUND, closure_refund, apply_refund),
	ROW(AD_SPEND, closure_spend, apply_spend),
};

const struct event_row *event_row(int kind)
{
	static const struct event_row none = {NULL, NULL};
	return kind >= 0 && (size_t)kind < sizeof(rows) / sizeof(rows[0]) ? &rows[kind] : &none;
}
