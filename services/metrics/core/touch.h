// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Touches: what brought a visitor, and which of it counts for an order (KPI.md section 4). A touch is (a) a
// session's first event, (b) a later event of it whose channel, campaign and kind of click id are not direct
// and not those of the session's touch before, (c) an affiliate_click whose signature is valid. An order's
// touches are those of its visitor, and those whose own event names the order's customer with consent, at
// most the shop's attribution window before placed_at and not after it. Pure.
#pragma once

#include "services/metrics/core/inner.h"

struct touch {
	struct moment moment;
	uint32_t dims;      // as channel_spend_dims: marketing channel and campaign
	uint32_t affiliate; // interned; 0: none
	bool is_direct;
};

struct touch_list {
	VEC(struct touch) * all; // by moment; direct ones only when there are no others
};

// What counts for the order as everything stands now; at most the latest ATTRIBUTION_TOUCHES_MAX. What it
// leans on is in memory. Frees nothing: the caller vec_frees out->all.
void touch_list_of_order(const struct fold *fold, const struct order *order, struct touch_list *out);
