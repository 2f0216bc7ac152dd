// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what events about offers, their prices and stock, suppliers and reductions mean to this service;
// rows of fold_kinds in apply.c.
#include "services/campaign/core/price.h"
#include "services/campaign/fold.h"

#include "common/base/text.h"

#include <string.h>

// Of an offer 32 titles are kept: an event may hold 1,000, and hundreds of offers are read at once.
enum { CHAIN_TEXT_SIZE = 100 * 64, TITLES_MAX = 32 };
// As PostgreSQL's text form of a time has it; see apply.c.
#define TIME_MAX_MS INT64_C(253402300799999)

static bool apply_price(struct fold *fold, const struct journal_row *row,
			const Utarg__V1__OfferUpdated *offer)
{
	struct price_fact fact;

	if (!price_fact_of(offer, &fact))
		return true;
	if (fact.audience <= 0 || fact.audience > INT16_MAX)
		return false;
	fold_put(fold, SINK_PRICE, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(offer->sku), db_text(fact.market),
					   db_int2((int16_t)fact.audience), db_text(fact.currency),
					   fact.is_offered ? db_int8(fact.gross_minor) : DB_VALUE_NULL,
					   db_bool(fact.is_perishable)},
		 7);
	return true;
}

bool apply_offer(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__OfferUpdated *offer = event->offer_updated;
	Utarg__V1__OfferUpdated kept = *offer;

	if (kept.n_titles > TITLES_MAX)
		kept.n_titles = TITLES_MAX;
	struct slice latest = fold_pack(fold, &kept.base);
	if (offer->sku[0] == '\0' || latest.data == NULL || !fold_is_key(offer->sku) ||
	    !fold_is_key(offer->market) || !fold_is_key(offer->currency))
		return false;
	if (!apply_price(fold, row, offer))
		return false;
	fold_put(fold, SINK_OFFER, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(offer->sku),
					   db_bytes(latest.data, latest.size)},
		 3);
	return true;
}

bool apply_stock(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__StockChanged *stock = event->stock_changed;

	if (stock->sku[0] == '\0' || !fold_is_key(stock->sku) || !fold_is_key(stock->location))
		return false;
	fold_put(fold, SINK_STOCK, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(stock->sku), db_text(stock->location),
					   db_int8(stock->quantity)},
		 4);
	return true;
}

bool apply_supplier(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__SupplierUpdated *supplier = event->supplier_updated;
	struct slice latest = fold_pack(fold, &supplier->base);

	if (supplier->supplier_id[0] == '\0' || latest.data == NULL || !fold_is_key(supplier->supplier_id))
		return false;
	fold_put(fold, SINK_SUPPLIER, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(supplier->supplier_id),
					   db_bytes(latest.data, latest.size)},
		 3);
	return true;
}

// Slugs with '/' between them, which none of them holds; false when there are too many.
static bool join_chain(const Utarg__V1__Reduction *reduction, char out[CHAIN_TEXT_SIZE])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < reduction->n_chain; i++) {
		const char *slug = reduction->chain[i];
		size_t size = strlen(slug);

		if (!text_is_slug(slug) || used + size + 2 > CHAIN_TEXT_SIZE)
			return false;
		if (used > 0)
			out[used++] = '/';
		memcpy(out + used, slug, size + 1);
		used += size;
	}
	return true;
}

bool apply_reduction(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Reduction *reduction = event->reduction_announced;
	struct slice announced = fold_pack(fold, &reduction->base);
	char chain[CHAIN_TEXT_SIZE];

	if (reduction->reduction_id[0] == '\0' || announced.data == NULL || reduction->sku[0] == '\0' ||
	    !fold_is_key(reduction->reduction_id) || !fold_is_key(reduction->sku) || reduction->from_ms < 0 ||
	    reduction->from_ms > TIME_MAX_MS || reduction->until_ms < 0 ||
	    reduction->until_ms > TIME_MAX_MS || !join_chain(reduction, chain))
		return false;
	fold_put(fold, SINK_REDUCTION, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(reduction->reduction_id),
					   db_text(reduction->sku), db_time_ms(reduction->from_ms),
					   reduction->until_ms != 0 ? db_time_ms(reduction->until_ms)
								    : DB_VALUE_NULL,
					   db_text(chain), db_bytes(announced.data, announced.size)},
		 7);
	return true;
}

bool apply_reduction_end(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Reduction *reduction = event->reduction_ended;

	if (reduction->reduction_id[0] == '\0' || !fold_is_key(reduction->reduction_id))
		return false;
	fold_put(fold, SINK_REDUCTION_END, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(reduction->reduction_id)}, 2);
	return true;
}
