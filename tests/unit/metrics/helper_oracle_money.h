// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's orders: content, refunds and cancellation of each, in the shop's currency (PLN).
#pragma once

#include "tests/unit/metrics/helper_history.h"

// helper_oracle.c: by (t, id).
bool oracle_is_earlier(const struct box *a, const struct box *b);
// The settings in force: of those valid from then or before the latest, of equal ones the greatest (t, id).
const struct box *oracle_settings_at(const struct history *h, int64_t t_ms);

enum { ORACLE_ORDERS = 16, ORACLE_GIVES = 200 };

struct oracle_line { // in the order's currency
	const char *sku;
	int64_t quantity, after, taken;
};

struct oracle_order {
	struct oracle_line lines[BOX_LINES];
	bool all_back;
	const char *id, *visitor, *customer, *cart; // "" without
	const struct box *context;                  // the best copy with a context
	const struct box *content;                  // the copy that counts
	int sales;                                  // utarg.v1.Channel, 0: no copy says one
	int64_t placed_ms;
	int64_t units;
	bool foreign, cancelled, valid;
	int64_t before, after, current, current_tax, current_shipping, lines_tax;
	int64_t gross;        // of what was placed, in its own currency
	int64_t rate_nano;    // 0: in the shop's currency, or foreign
	int64_t cancelled_ms; // if it is cancelled
};

struct oracle_give {
	int64_t t_ms, net, excess;
};

int64_t oracle_convert(int64_t minor, const struct oracle_order *order); // not of a foreign one
// The order's refund that comes after (t, id), the first for NULL; the earliest cancellation. NULL: none.
const struct box *oracle_next_refund(const struct history *h, const char *order, const struct box *after);
const struct box *oracle_cancelled_by(const struct history *h, const char *id);

// EUR of an order placed then that has no rate of its own; 0: none was published.
int64_t oracle_published_rate(const struct history *h, int64_t placed_ms);

size_t oracle_orders(const struct history *history, struct oracle_order out[ORACLE_ORDERS],
		     struct oracle_give gives[ORACLE_GIVES], size_t *gave);
