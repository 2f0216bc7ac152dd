// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading the tables into messages: what queries answer with and topics carry. All of it lives in the
// caller's arena; too much for it is TOO_LARGE.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/campaign.pb-c.h"

struct offer_views {
	Utarg__V1__Offer **items;
	size_t count;
	int64_t as_of_seq;
};

struct campaign_views {
	Utarg__V1__CampaignView **items;
	size_t count;
	int64_t as_of_seq;
};

// By name, or the next ones behind a name, at most limit.
bool offer_views_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *skus,
		       size_t count, struct offer_views *out, struct err *e);
bool offer_views_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after, int32_t limit,
		      struct offer_views *out, struct err *e);
bool campaign_views_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *names,
			  size_t count, struct campaign_views *out, struct err *e);
bool campaign_views_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after,
			 int32_t limit, struct campaign_views *out, struct err *e);

// Intervals of one offer, by (market, audience, currency, from).
bool price_history(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		   Utarg__V1__PriceInterval ***out, size_t *count, struct err *e);
// Shops by slug; the one of that slug when it is not "".
bool shop_views(struct db *db, struct arena *arena, const char *slug, Utarg__V1__Shop ***out, size_t *count,
		struct err *e);

// The error of an arena that is used up.
bool views_too_large(struct err *e);
