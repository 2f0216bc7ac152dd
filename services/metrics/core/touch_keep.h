// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What touch.c and touch_keep.c share with each other and with credit.c and lapse.c. Whoever wants an order's
// touches reads touch.h. Pure.
#pragma once

#include "services/metrics/core/touch.h"

struct touch_of { // a visitor's touch
	struct touch touch;
	uint32_t name; // of the customer its own event named, index + 1 in the visitor's names; 0: none
	bool has_led;  // to an order; lapse.c's
};

struct touch_found {
	VEC(struct touch_of) * all; // by moment
};

// Of a visitor without any an empty one, to read.
extern const struct sources touch_no_sources;
static inline const struct sources *touch_sources(const struct visitor *visitor)
{
	return visitor->sources ? visitor->sources : &touch_no_sources;
}
struct sources *touch_sources_of(struct visitor *visitor); // to write: made when there is none

// Adds the visitor's touches with from <= t <= to.
void touch_find(const struct fold *fold, const struct visitor *visitor, int64_t from_ms, int64_t to_ms,
		struct touch_found *found);
void touch_find_in_sessions(const struct fold *fold, const struct visitor *visitor, int64_t from_ms,
			    int64_t to_ms, struct touch_found *found);       // without clicks
void touch_drop_direct(struct touch_list *list);                             // unless there are no others
int64_t touch_window_ms(const struct fold *fold, int64_t t_ms);              // in force at t
uint32_t touch_session_lower(const struct visitor *visitor, int64_t t_ms);   // first that ends at t or later
uint32_t touch_candidate_lower(const struct visitor *visitor, int64_t t_ms); // first at t or later
uint32_t touch_click_lower(const struct visitor *visitor, int64_t t_ms);
uint32_t touch_customer_lower(const struct customer *customer, const struct moment *moment);
// ---- touch_keep.c, for touch_click.c ----
uint32_t touch_put_name(struct visitor *visitor, const char *customer); // index + 1 in names, 0 for ""
// To memory_free: by index + 1 in names, which place by text, counted from 1, it has among those that
// something uses; 0: nothing does. NULL: there are no names.
uint32_t *touch_used_names(const struct visitor *visitor);
// Whom a touch between the two instants concerns: of the visitor, or of a customer.
void touch_need_orders(const struct fold *fold, const struct visitor *visitor, int64_t first_ms,
		       int64_t last_ms);
void touch_need_customer(const struct fold *fold, const char *id, int64_t first_ms, int64_t last_ms);
// With the customer it names, who is in memory.
void touch_put_customer(struct fold *fold, const struct visitor *visitor, const struct touch_of *of,
			int sign);
