// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: rows into messages. No decision is taken here and nothing is written.
#include "services/campaign/views.h"

#include "services/campaign/prices.h"
#include "services/campaign/views_offer.h"

#include <string.h>

bool views_too_large(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, "the answer is too large for one message: ask for less");
}

// An undecodable row of our own tables: they were not written by this program.
static bool broken(const char *what, struct err *e)
{
	return err_set(e, ERR_INTERNAL, "a stored %s does not decode", what);
}

// Room for that many pointers, NULL behind the last.
static void *pointers(struct arena *arena, size_t count)
{
	return arena_calloc(arena, count + 1, sizeof(void *));
}

static struct db_value names_value(struct db_array *array, const char *const *names, size_t count)
{
	db_array_init(array, DB_TEXT);
	for (size_t i = 0; i < count; i++)
		db_array_add(array, db_text(names[i]));
	return db_array_value(array);
}

static bool read_offer(struct arena *arena, const struct db_result *result, int row, Utarg__V1__Offer **out,
		       struct err *e)
{
	struct slice latest = db_get_bytes(result, row, 1);
	Utarg__V1__Offer *offer = arena_alloc(arena, sizeof(*offer));

	if (offer == NULL)
		return views_too_large(e);
	utarg__v1__offer__init(offer);
	offer->latest = utarg__v1__offer_updated__unpack(&arena->allocator, latest.size, latest.data);
	offer->sku = arena_printf(arena, "%s", db_get_text(result, row, 0));
	if (offer->latest == NULL || offer->sku == NULL)
		return arena->exhausted ? views_too_large(e) : broken("offer", e);
	offer->since_ms = db_get_time_ms(result, row, 2);
	offer->revision = (uint64_t)db_get_int(result, row, 3);
	if (!db_is_null(result, row, 4)) {
		uint64_t stock_revision = (uint64_t)db_get_int(result, row, 5);

		offer->known_stock_case = UTARG__V1__OFFER__KNOWN_STOCK_STOCK;
		offer->stock = db_get_int(result, row, 4);
		if (stock_revision > offer->revision)
			offer->revision = stock_revision;
	}
	*out = offer;
	return true;
}

static bool read_offers(struct arena *arena, const struct db_result *result, struct offer_views *out,
			struct err *e)
{
	int rows = db_rows(result);

	*out = (struct offer_views){.items = pointers(arena, (size_t)rows)};
	if (out->items == NULL)
		return views_too_large(e);
	for (int row = 0; row < rows; row++) {
		if (!read_offer(arena, result, row, &out->items[out->count], e))
			return false;
		out->count++;
		out->as_of_seq = db_get_int(result, row, 6);
	}
	return true;
}

bool offer_views_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *skus,
		       size_t count, struct offer_views *out, struct err *e)
{
	struct db_array names;
	struct db_value values[] = {db_int4(shop_id), names_value(&names, skus, count)};
	struct db_result *result;
	bool ok = db_run(db, "campaign_offer_views", values, 2, &result, e);

	db_array_fini(&names);
	if (!ok)
		return false;
	ok = read_offers(arena, result, out, e);
	db_result_free(result);
	return ok && offer_details(db, arena, shop_id, out, e);
}

bool offer_views_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after, int32_t limit,
		      struct offer_views *out, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(after), db_int4(limit)};
	struct db_result *result;
	bool ok;

	if (!db_run(db, "campaign_offer_page", values, 3, &result, e))
		return false;
	ok = read_offers(arena, result, out, e);
	db_result_free(result);
	return ok && offer_details(db, arena, shop_id, out, e);
}

static bool read_campaign(struct arena *arena, const struct db_result *result, int row, size_t currencies,
			  Utarg__V1__CampaignView **out, struct err *e)
{
	struct slice latest = db_get_bytes(result, row, 1);
	Utarg__V1__CampaignView *view = arena_alloc(arena, sizeof(*view));

	if (view == NULL)
		return views_too_large(e);
	utarg__v1__campaign_view__init(view);
	view->campaign = utarg__v1__campaign__unpack(&arena->allocator, latest.size, latest.data);
	view->cost = pointers(arena, currencies);
	if (view->campaign == NULL || view->cost == NULL)
		return arena->exhausted ? views_too_large(e) : broken("campaign", e);
	view->changed_at_ms = db_get_time_ms(result, row, 2);
	view->revision = (uint64_t)db_get_int(result, row, 3);
	*out = view;
	return true;
}

static bool add_cost(struct arena *arena, const struct db_result *result, int row,
		     Utarg__V1__CampaignView *view, struct err *e)
{
	Utarg__V1__Money *cost;

	if (db_is_null(result, row, 4))
		return true;
	cost = arena_alloc(arena, sizeof(*cost));
	if (cost == NULL)
		return views_too_large(e);
	utarg__v1__money__init(cost);
	cost->minor = db_get_int(result, row, 5);
	cost->currency = arena_printf(arena, "%s", db_get_text(result, row, 4));
	if (cost->currency == NULL)
		return views_too_large(e);
	view->cost[view->n_cost++] = cost;
	return true;
}

// Rows of a campaign from this one on: one a currency.
static size_t rows_of_campaign(const struct db_result *result, int row)
{
	struct slice name = db_get_bytes(result, row, 0);
	size_t count = 1;

	while (row + (int)count < db_rows(result)) {
		struct slice next = db_get_bytes(result, row + (int)count, 0);

		if (next.size != name.size || memcmp(next.data, name.data, name.size) != 0)
			break;
		count++;
	}
	return count;
}

static bool read_campaigns(struct arena *arena, const struct db_result *result, struct campaign_views *out,
			   struct err *e)
{
	int rows = db_rows(result);

	*out = (struct campaign_views){.items = pointers(arena, (size_t)rows)};
	if (out->items == NULL)
		return views_too_large(e);
	for (int row = 0; row < rows;) {
		size_t currencies = rows_of_campaign(result, row);
		Utarg__V1__CampaignView **view = &out->items[out->count];

		if (!read_campaign(arena, result, row, currencies, view, e))
			return false;
		out->count++;
		out->as_of_seq = db_get_int(result, row, 6);
		for (size_t i = 0; i < currencies; i++, row++) {
			if (!add_cost(arena, result, row, *view, e))
				return false;
		}
	}
	return true;
}

bool campaign_views_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *names,
			  size_t count, struct campaign_views *out, struct err *e)
{
	struct db_array array;
	struct db_value values[] = {db_int4(shop_id), names_value(&array, names, count)};
	struct db_result *result;
	bool ok = db_run(db, "campaign_campaign_views", values, 2, &result, e);

	db_array_fini(&array);
	if (!ok)
		return false;
	ok = read_campaigns(arena, result, out, e);
	db_result_free(result);
	return ok;
}

bool campaign_views_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after,
			 int32_t limit, struct campaign_views *out, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(after), db_int4(limit)};
	struct db_result *result;
	bool ok;

	if (!db_run(db, "campaign_campaign_page", values, 3, &result, e))
		return false;
	ok = read_campaigns(arena, result, out, e);
	db_result_free(result);
	return ok;
}

static Utarg__V1__PriceInterval *interval_message(struct arena *arena, const struct price_interval *interval)
{
	Utarg__V1__PriceInterval *message = arena_alloc(arena, sizeof(*message));

	if (message == NULL)
		return NULL;
	utarg__v1__price_interval__init(message);
	message->market = arena_printf(arena, "%s", interval->market);
	message->currency = arena_printf(arena, "%s", interval->currency);
	message->audience = (Utarg__V1__Audience)interval->audience;
	message->price_gross_minor = interval->gross_minor;
	message->from_ms = interval->from_ms;
	message->until_ms = interval->until_ms;
	message->seq = (uint64_t)interval->seq;
	return message->market != NULL && message->currency != NULL ? message : NULL;
}

static bool make_history(struct arena *arena, struct price_log *log, Utarg__V1__PriceInterval ***out,
			 size_t *count, struct err *e)
{
	size_t made = price_intervals(log->facts, log->count, log->intervals);

	*count = 0;
	*out = pointers(arena, made);
	if (*out == NULL)
		return views_too_large(e);
	for (; *count < made; (*count)++) {
		(*out)[*count] = interval_message(arena, &log->intervals[*count]);
		if ((*out)[*count] == NULL)
			return views_too_large(e);
	}
	return true;
}

bool price_history(struct db *db, struct arena *arena, int32_t shop_id, const char *sku,
		   Utarg__V1__PriceInterval ***out, size_t *count, struct err *e)
{
	struct price_log log;
	bool ok;

	if (!price_log_load(db, shop_id, sku, &log, e))
		return false;
	ok = make_history(arena, &log, out, count, e);
	price_log_fini(&log);
	return ok;
}

static bool read_shop(struct arena *arena, const struct db_result *result, int row, Utarg__V1__Shop **out,
		      struct err *e)
{
	struct slice settings = db_get_bytes(result, row, 2);
	Utarg__V1__Shop *shop = arena_alloc(arena, sizeof(*shop));

	if (shop == NULL)
		return views_too_large(e);
	utarg__v1__shop__init(shop);
	shop->slug = arena_printf(arena, "%s", db_get_text(result, row, 1));
	shop->settings = utarg__v1__shop_settings__unpack(&arena->allocator, settings.size, settings.data);
	if (shop->slug == NULL || shop->settings == NULL)
		return arena->exhausted ? views_too_large(e) : broken("shop's settings", e);
	shop->created_at_ms = db_get_time_ms(result, row, 3);
	shop->epoch = (uint64_t)db_get_int(result, row, 4);
	shop->head_seq = (uint64_t)db_get_int(result, row, 5);
	*out = shop;
	return true;
}

static bool read_shops(struct arena *arena, const struct db_result *result, Utarg__V1__Shop **shops,
		       struct err *e)
{
	if (shops == NULL)
		return views_too_large(e);
	for (int row = 0; row < db_rows(result); row++) {
		if (!read_shop(arena, result, row, &shops[row], e))
			return false;
	}
	return true;
}

bool shop_views(struct db *db, struct arena *arena, const char *slug, Utarg__V1__Shop ***out, size_t *count,
		struct err *e)
{
	struct db_value value = db_text(slug);
	struct db_result *result;
	bool ok;

	if (!db_run(db, "campaign_shop_list", &value, 1, &result, e))
		return false;
	*count = (size_t)db_rows(result);
	*out = pointers(arena, *count);
	ok = read_shops(arena, result, *out, e);
	db_result_free(result);
	return ok;
}
