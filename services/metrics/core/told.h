// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Sessions, carts, orders and their lines as rows for people who analyse: what changed since the last
// fold_checkpointed. A row is a function of its entity's state alone; nothing is computed from these rows.
// Pure.
#pragma once

#include "services/metrics/core/fold.h"

// In the order of the dimensions: sales_channel, marketing_channel, campaign, device, country.
enum { TOLD_DIMENSIONS = FOLD_COUNTRY - FOLD_TOTAL };

// All texts are the fold's. is_gone: the row of that key is to be deleted, the rest says nothing.
struct told_session {
	struct slice visitor;
	int64_t first_ms; // with the visitor the key
	int64_t last_ms, engaged_ms;
	int64_t views, orders, valid_orders;
	const char *dims[TOLD_DIMENSIONS];
	bool is_bounce, is_gone;
};

struct told_cart { // a component of merged carts, under its least id
	struct slice cart;
	int64_t first_ms;        // of the first add
	int64_t abandoned_at_ms; // INT64_MAX unless it is open: then it is abandoned from here on
	const char *visitor;     // "" without
	const char *dims[TOLD_DIMENSIONS];
	uint8_t state; // enum cart_state
	bool is_gone;
};

struct told_order {
	struct slice order;
	int64_t placed_ms;
	uint32_t version;
	bool is_cancelled, is_valid, is_refunded, is_foreign;
	int64_t units;
	// In the shop's currency; 0 when foreign.
	money_sum before_net, after_net, current_net, current_shipping, current_tax, refunded_net;
	const char *currency; // its own
	const char *visitor, *customer, *cart;
	const char *session_visitor; // whose session it belongs to, "" without...
	int64_t session_at_ms;       // ...the last one that begins at or before
	const char *dims[TOLD_DIMENSIONS];
	uint32_t item_count;
	bool has_items; // its lines are told, too: these many, in place of those told before
};

struct told_item { // a line of an order
	struct slice order;
	uint32_t number;            // from 1 on, with the order the key
	const char *sku, *category; // "" without
	int64_t quantity;
	// In the shop's currency, each line converted by itself; 0 when the order is foreign.
	money_sum before_net, after_net, tax; // before and after discounts
	money_sum current_net;                // what refunds and a cancellation have left
	money_sum current_cost;               // of what is left
	bool has_cost;                        // it is known
};

struct told_rows {
	const struct told_session *sessions;
	const struct told_cart *carts;
	const struct told_order *orders;
	const struct told_item *items;
	size_t session_count, cart_count, order_count, item_count;
};
// The arrays live until the fold's next change or checkpoint.
void fold_told(struct fold *fold, struct told_rows *out);
