// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A cart's life across visits. Carts that were merged form a component: all that is counted is counted once
// for the component, from the union of its members' activities and orders. What it holds is replayed in
// order of (t, id): add, remove (never below nothing), emptied, merged into another (its items move there).
// Lapsed: two neighbouring activities (orders included, at their order date) 24 h or more apart, from the
// first add on. Pure.
#pragma once

#include "services/metrics/core/entity.h"

#define CART_LAPSE_MS   (INT64_C(24) * 3600 * 1000)
#define CART_PAYMENT_MS (INT64_C(3600) * 1000)

struct cart_component {
	VEC(struct cart *) * members; // ascending by id: the first one stands for all
};

struct activity_said { // an activity before it is stored
	struct moment moment;
	enum activity_kind kind;
	int64_t quantity;
	const char *name;    // sku or other cart, "" without
	const char *visitor; // "" without
	uint32_t dims;
	bool client;
};
void cart_add_activity(struct cart *cart, const struct activity_said *said);
void cart_join(struct cart *cart, const char *other); // remembers the neighbour, once
void cart_put_order(struct cart *cart, const char *id, int64_t placed_ms);
void cart_drop_order(struct cart *cart, const char *id);

// The first add of all members; NULL: none ever held an item.
const struct activity *cart_first_add(const struct cart_component *component, const struct cart **owner);
// The last client event with a visitor at or before until; NULL: none.
const struct activity *cart_last_client(const struct cart_component *component, int64_t until_ms,
					const struct cart **owner);
const char *cart_name(const struct cart *cart, uint32_t name); // "" for 0

void cart_clear_summary(struct cart_summary *summary); // frees what it holds: state is CART_NONE
// All of the summary but dims and what is counted; state is CART_NONE without an add.
void cart_summarise(const struct cart_component *component, struct cart_summary *out);
