// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Offers and the figures: offer.h says what an offer is, here is how it is taken out of the cells and put
// back.
#pragma once

#include "services/metrics/core/inner.h"
#include "services/metrics/core/offer.h"

struct offer { // the two entities of an offer, in memory
	struct offer_facts *facts;
	struct offer_days *days;
	uint32_t dims; // its key and nothing else
};

enum offer_what {
	OFFER_CLOSES = 1, // stock, its value, dead stock: of facts and sales
	OFFER_LOSSES = 2, // of views, orders and stock
};

uint32_t offer_dims(struct fold *fold, const char *sku);
bool offer_find(struct fold *fold, const char *sku, struct offer *out);     // false: not in memory
void offer_need_day(const struct fold *fold, const char *sku, int32_t day); // in the closure
struct offer_day *offer_find_day(const struct fold *fold, const char *sku, int32_t day); // must be in memory
// Before and after a change: what stands from that day on.
void offer_out(struct fold *fold, const struct offer *offer, unsigned what, int32_t from_day);
void offer_in(struct fold *fold, const struct offer *offer, unsigned what, int32_t from_day);

// Of kind_rows.
void offer_put_dead(struct fold *fold, const void *entity, int sign);
int64_t offer_due_ms(const struct fold *fold, const void *entity);
