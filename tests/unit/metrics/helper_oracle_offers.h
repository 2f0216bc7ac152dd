// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's offers: views, orders, stock and losses, each question answered by scanning all events.
#pragma once

#include "tests/unit/metrics/helper_oracle_money.h"

// Told for each fact, of the total and of the offer: its measure, time, offer and amount.
typedef void oracle_offer_tell(void *context, uint16_t measure, int64_t t_ms, const char *sku,
			       money_sum amount);
// Cost of a piece as it was stated last with t <= t_ms; -1: never.
int64_t oracle_piece_cost(const struct history *history, const char *sku, int64_t t_ms);
void oracle_offers(const struct history *history, const struct zone *zone, const struct oracle_order *orders,
		   size_t order_count, oracle_offer_tell *tell, void *context);
