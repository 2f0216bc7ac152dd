// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Paths: the touches of orders and of visitors who did not buy, by local day. They are what the Markov model is
// made of and what the report of conversion paths shows. An order's path stands at its order date; a path
// without an order at its lapse: the attribution window after its last touch. Pure.
//
// The model of a day comes from the paths of the 90 local days before it. So it is not kept in step with every
// event: path_settle puts the credits of all days right whose model or orders have changed, before changes are
// told (fold_cells). A change of the model moves values and no revision, like the clock; what an order's own
// event changes stamps the cells of all its touches.
#pragma once

#include "services/metrics/core/touch.h"

// For closure.c: what an order placed then needs in memory; what path_settle will need follows from it.
void path_need(const struct fold *fold, const char *order_id, int64_t placed_ms);
// What attach.c takes out and puts in (sign) of an order with touches.
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
void path_settle(struct fold *fold);
