// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Paths: the touches of orders and of visitors who did not buy, by local day. They are what the Markov model
// is made of and what the report of conversion paths shows. An order's path stands at its order date; a path
// without an order at its lapse: the attribution window after its last touch. Pure.
//
// The model of a day comes from the paths of the 90 local days before it, so it depends on events only and
// never on the clock, and what happens today changes no model that an order has been weighed by: only what
// comes late does. The model is not kept in step with every event: path_settle puts the credits of all days
// right whose model or orders have changed, before changes are told (fold_cells). A change of the model moves
// values and no revision, like the clock; an order's own event stamps the cells of all its touches, whatever
// they weigh, so that revisions do not depend on when it was settled. Neither makes history: with the model
// of then and of now both, a closed day's credits are what the clock has made (history.h).
#pragma once

#include "services/metrics/core/touch.h"

// For closure.c: what an order placed then needs in memory. may_move: its touches can become others, so what
// the days behind it need, too; of an event that can only change its money, what the order itself needs.
void path_need(const struct fold *fold, const char *order_id, int64_t placed_ms, bool may_move);
// What attach.c takes out and puts in (sign) of an order with touches. What comes back as it went changes and
// stamps nothing. Path_need was asked for every instant it is placed at, out or in.
struct path_order {
	const char *id;
	int64_t placed_ms;
	money_sum current_net;
	bool is_new_customer;
	const struct touch *touches;
	size_t count;
};
void path_put_order(struct fold *fold, const struct path_order *order, int sign);
// The touches of a visitor that led to no order, which lapse at an instant.
void path_need_lapse(const struct fold *fold, int64_t lapse_ms);
void path_put_lapse(struct fold *fold, int64_t lapse_ms, const struct touch *touches, size_t count, int sign);
// For apply.c: all that the event takes out and puts in has been told; before its facts are settled.
void path_settle_event(struct fold *fold);
// For fold.c, before changes are told: credits of all orders by the models as they are now.
void path_settle(struct fold *fold);
