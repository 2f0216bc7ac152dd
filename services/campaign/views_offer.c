// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: rows round an offer into its message. A reduction's prior price is computed from the facts
// whenever it is told, so that it is right whatever came in which order; PRIOR_PRICE_CHANGED is the
// difference to what it was announced with.
#include "services/campaign/views_offer.h"

#include "common/base/clock.h"

#include <string.h>

// Prices, and places with stock, that are listed of an offer: who states more does not make an answer too
// large.
enum { LISTED_MAX = 100 };

static struct db_value skus_value(struct db_array *array, const struct offer_views *offers)
{
	db_array_init(array, DB_TEXT);
	for (size_t i = 0; i < offers->count; i++)
		db_array_add(array, db_text(offers->items[i]->sku));
	return db_array_value(array);
}

static bool run_for(struct db *db, const char *statement, int32_t shop_id, const struct offer_views *offers,
		    struct db_result **result, struct err *e)
{
	struct db_array skus;
	struct db_value values[] = {db_int4(shop_id), skus_value(&skus, offers)};
	bool ok = db_run(db, statement, values, 2, result, e);

	db_array_fini(&skus);
	return ok;
}

// Rows come by sku, and so do offers: those of one offer from this row on.
static int rows_of(const struct db_result *result, int row, const char *sku)
{
	int count = 0;

	while (row + count < db_rows(result) && strcmp(db_get_text(result, row + count, 0), sku) == 0)
		count++;
	return count;
}

// ---- prices ----------------------------------------------------------------------------------------------

// Whether what was said of every currency came after that row.
static bool is_out_of_sale(const struct db_result *result, int first, int count, int row)
{
	for (int i = first; i < first + count; i++) {
		int64_t then_ms = db_get_time_ms(result, i, 4);
		int64_t row_ms = db_get_time_ms(result, row, 4);

		if (i == row || db_get_text(result, i, 3)[0] != '\0' || !db_is_null(result, i, 7) ||
		    strcmp(db_get_text(result, i, 1), db_get_text(result, row, 1)) != 0 ||
		    db_get_int(result, i, 2) != db_get_int(result, row, 2))
			continue;
		if (then_ms != row_ms)
			return then_ms > row_ms;
		return memcmp(db_get_bytes(result, i, 5).data, db_get_bytes(result, row, 5).data, UUID_SIZE) >
		       0;
	}
	return false;
}

static bool add_price(struct arena *arena, const struct db_result *result, int row, Utarg__V1__Offer *offer,
		      struct err *e)
{
	Utarg__V1__OfferPrice *price = arena_alloc(arena, sizeof(*price));

	if (price == NULL)
		return views_too_large(e);
	utarg__v1__offer_price__init(price);
	price->market = arena_printf(arena, "%s", db_get_text(result, row, 1));
	price->audience = (Utarg__V1__Audience)db_get_int(result, row, 2);
	price->currency = arena_printf(arena, "%s", db_get_text(result, row, 3));
	price->since_ms = db_get_time_ms(result, row, 4);
	price->seq = (uint64_t)db_get_int(result, row, 6);
	price->price_gross_minor = db_get_int(result, row, 7);
	if (price->market == NULL || price->currency == NULL)
		return views_too_large(e);
	offer->prices[offer->n_prices++] = price;
	return true;
}

static bool add_prices(struct arena *arena, const struct db_result *result, int first, int count,
		       Utarg__V1__Offer *offer, struct err *e)
{
	offer->prices = arena_calloc(arena, (size_t)(count < LISTED_MAX ? count : LISTED_MAX) + 1,
				     sizeof(*offer->prices));
	if (offer->prices == NULL)
		return views_too_large(e);
	for (int row = first; row < first + count; row++) {
		if (db_is_null(result, row, 7) || offer->n_prices == LISTED_MAX ||
		    is_out_of_sale(result, first, count, row))
			continue;
		if (!add_price(arena, result, row, offer, e))
			return false;
	}
	return true;
}

// ---- stock -----------------------------------------------------------------------------------------------

static bool add_stocks(struct arena *arena, const struct db_result *result, int first, int count,
		       Utarg__V1__Offer *offer, struct err *e)
{
	Utarg__V1__OfferStock *stocks;

	count = count < LISTED_MAX ? count : LISTED_MAX;
	stocks = arena_calloc(arena, (size_t)count + 1, sizeof(*stocks));
	offer->stocks = arena_calloc(arena, (size_t)count + 1, sizeof(*offer->stocks));
	if (offer->stocks == NULL || stocks == NULL)
		return views_too_large(e);
	for (int i = 0; i < count; i++) {
		utarg__v1__offer_stock__init(&stocks[i]);
		stocks[i].location = arena_printf(arena, "%s", db_get_text(result, first + i, 1));
		stocks[i].quantity = db_get_int(result, first + i, 2);
		stocks[i].since_ms = db_get_time_ms(result, first + i, 3);
		stocks[i].seq = (uint64_t)db_get_int(result, first + i, 4);
		if (stocks[i].location == NULL)
			return views_too_large(e);
		offer->stocks[offer->n_stocks++] = &stocks[i];
	}
	return true;
}

// ---- reductions ------------------------------------------------------------------------------------------

static bool is_lower(const Utarg__V1__PriorPrice *now, const Utarg__V1__Reduction *announced)
{
	return now->known_prior_price_case ==
		       UTARG__V1__PRIOR_PRICE__KNOWN_PRIOR_PRICE_PRIOR_PRICE_GROSS_MINOR &&
	       now->prior_price_gross_minor < announced->prior_price_gross_minor;
}

// The certificate as it would be now.
static bool certify(struct db *db, struct arena *arena, int32_t shop_id,
		    const Utarg__V1__Reduction *announced, Utarg__V1__PriorPrice **out, struct err *e)
{
	struct price_question question = {
		.sku = announced->sku,
		.market = announced->market,
		.currency = announced->currency,
		.audience = (int32_t)announced->audience,
		.gross_minor = announced->price_gross_minor,
		.from_ms = announced->from_ms,
	};
	size_t count = announced->n_chain + 1;
	Utarg__V1__PriorPrice **each = arena_calloc(arena, count, sizeof(*each));
	struct price_place *places;
	size_t lowest;

	if (each == NULL)
		return views_too_large(e);
	if (!price_places(db, arena, shop_id, announced->chain, announced->n_chain, false, &places, e) ||
	    !price_prior_chain(db, arena, places, count, &question, NULL, each, &lowest, e))
		return false;
	*out = each[lowest];
	return true;
}

static bool make_view(struct db *db, struct arena *arena, int32_t shop_id, const struct reduction *reduction,
		      int64_t until_ms, int64_t now_ms, Utarg__V1__ReductionView **out, struct err *e)
{
	Utarg__V1__ReductionView *view = arena_alloc(arena, sizeof(*view));

	if (view == NULL)
		return views_too_large(e);
	utarg__v1__reduction_view__init(view);
	view->announced = (Utarg__V1__Reduction *)(uintptr_t)reduction->announced; // ours, in the arena
	view->state = reduction_state(reduction->announced->from_ms, until_ms, now_ms);
	view->announced_at_ms = reduction->announced_at_ms;
	view->ended_at_ms = until_ms != reduction->announced->until_ms ? until_ms : 0;
	view->revision = reduction->revision;
	if (!certify(db, arena, shop_id, reduction->announced, &view->certificate, e))
		return false;
	view->prior_price_changed = is_lower(view->certificate, reduction->announced);
	*out = view;
	return true;
}

// Each that is judged costs some queries, so only those that are asked for are.
static bool is_asked_for(const struct reduction_wish *wish, const struct reduction *reduction,
			 int64_t until_ms, int64_t now_ms)
{
	bool is_over = reduction_state(reduction->announced->from_ms, until_ms, now_ms) ==
		       UTARG__V1__REDUCTION_STATE__REDUCTION_STATE_ENDED;

	return (wish->ended || !is_over) &&
	       (wish->id == NULL || strcmp(wish->id, reduction->announced->reduction_id) == 0);
}

bool reduction_view(struct db *db, struct arena *arena, int32_t shop_id, const struct offer_reductions *of,
		    size_t index, const struct reduction_wish *wish, int64_t now_ms,
		    Utarg__V1__ReductionView **out, struct err *e)
{
	int64_t until_ms = reduction_until_ms(of->items, of->count, index);

	*out = NULL;
	return !is_asked_for(wish, &of->items[index], until_ms, now_ms) ||
	       make_view(db, arena, shop_id, &of->items[index], until_ms, now_ms, out, e);
}

bool reduction_views(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		     const struct reduction_wish *wish, int64_t now_ms, struct reduction_views *out,
		     struct err *e)
{
	struct offer_reductions of = {.sku = sku};

	*out = (struct reduction_views){0};
	if (!price_reductions(db, arena, shop_id, sku, &of.items, &of.count, e))
		return false;
	out->items = arena_calloc(arena, of.count + 1, sizeof(*out->items));
	if (out->items == NULL)
		return views_too_large(e);
	for (size_t i = 0; i < of.count; i++) {
		if (!reduction_view(db, arena, shop_id, &of, i, wish, now_ms, &out->items[out->count], e))
			return false;
		out->count += out->items[out->count] != NULL;
	}
	return true;
}

// Those in force or to come.
static bool add_reductions(struct db *db, struct arena *arena, int32_t shop_id, int64_t now_ms,
			   Utarg__V1__Offer *offer, struct err *e)
{
	struct reduction_views views;

	if (!reduction_views(db, arena, shop_id, offer->sku, &(struct reduction_wish){0}, now_ms, &views, e))
		return false;
	offer->reductions = views.items;
	offer->n_reductions = views.count;
	return true;
}

static bool reduced_offers(struct db *db, int32_t shop_id, const struct offer_views *offers, int64_t now_ms,
			   struct db_result **result, struct err *e)
{
	struct db_array skus;
	struct db_value values[] = {db_int4(shop_id), skus_value(&skus, offers), db_time_ms(now_ms)};
	bool ok = db_run(db, "campaign_reduction_offers", values, 3, result, e);

	db_array_fini(&skus);
	return ok;
}

// ---- all of it -------------------------------------------------------------------------------------------

typedef bool add_rows(struct arena *arena, const struct db_result *result, int first, int count,
		      Utarg__V1__Offer *offer, struct err *e);

static bool add_each(struct db *db, struct arena *arena, const char *statement, int32_t shop_id,
		     struct offer_views *offers, add_rows *add, struct err *e)
{
	struct db_result *result;
	bool ok = run_for(db, statement, shop_id, offers, &result, e);
	int row = 0;

	if (!ok)
		return false;
	for (size_t i = 0; ok && i < offers->count; i++) {
		int count = rows_of(result, row, offers->items[i]->sku);

		ok = add(arena, result, row, count, offers->items[i], e);
		row += count;
	}
	db_result_free(result);
	return ok;
}

static bool add_all_reductions(struct db *db, struct arena *arena, int32_t shop_id,
			       struct offer_views *offers, struct err *e)
{
	int64_t now_ms = clock_now_ms();
	struct db_result *result;
	bool ok = reduced_offers(db, shop_id, offers, now_ms, &result, e);
	int row = 0;

	if (!ok)
		return false;
	for (size_t i = 0; ok && i < offers->count; i++) {
		int count = rows_of(result, row, offers->items[i]->sku);

		row += count;
		ok = count == 0 || add_reductions(db, arena, shop_id, now_ms, offers->items[i], e);
	}
	db_result_free(result);
	return ok;
}

bool offer_details(struct db *db, struct arena *arena, int32_t shop_id, struct offer_views *offers,
		   struct err *e)
{
	if (offers->count == 0)
		return true;
	return add_each(db, arena, "campaign_price_latest", shop_id, offers, add_prices, e) &&
	       add_each(db, arena, "campaign_stock_of_offers", shop_id, offers, add_stocks, e) &&
	       add_all_reductions(db, arena, shop_id, offers, e);
}
