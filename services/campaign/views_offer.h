// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What else is told of an offer, and its reductions with what is known of them now. As views.h.
#pragma once

#include "services/campaign/prices.h"
#include "services/campaign/views.h"

// Fills in prices, stock by location, and reductions in force or to come.
bool offer_details(struct db *db, struct arena *arena, int32_t shop_id, struct offer_views *offers,
		   struct err *e);

struct reduction_views {
	Utarg__V1__ReductionView **items;
	size_t count;
};
// Which of an offer's reductions: those in force or to come, unless more is asked for.
struct reduction_wish {
	bool ended;     // also those that are over
	const char *id; // NULL: each
};
// All of an offer, read once for several questions.
struct offer_reductions {
	const char *sku;
	struct reduction *items; // by their beginning
	size_t count;
};
// The one of that index; *out is NULL when it is not asked for.
bool reduction_view(struct db *db, struct arena *arena, int32_t shop_id, const struct offer_reductions *of,
		    size_t index, const struct reduction_wish *wish, int64_t now_ms,
		    Utarg__V1__ReductionView **out, struct err *e);
// By their beginning, judged anew from all facts that are known.
bool reduction_views(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		     const struct reduction_wish *wish, int64_t now_ms, struct reduction_views *out,
		     struct err *e);
