// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what claims are compared with, read for some messages of one shop at once.
#include "services/campaign/messages.h"

#include "services/campaign/prices.h"
#include "services/campaign/views.h"
#include "services/campaign/zones.h"

#include <string.h>

enum {
	FACTS_MAX = 100000, // price facts of all offers that the messages speak of: some 20 MB
};

static char *text_of(struct arena *arena, const struct db_result *result, int row, int column)
{
	struct slice text = db_get_bytes(result, row, column);

	return arena_copy(arena, text.data, text.size);
}

// ---- the shop ------------------------------------------------------------------------------------------

static bool read_shop(struct db *db, struct arena *arena, int32_t shop_id, struct message_facts *facts,
		      struct err *e)
{
	struct db_value shop = db_int4(shop_id);
	struct db_result *result;
	bool ok;

	if (!db_run(db, "campaign_shop_zone", &shop, 1, &result, e))
		return false;
	ok = db_rows(result) == 1 || err_set(e, ERR_INTERNAL, "a message's shop is not there");
	if (ok) {
		facts->zone = zones_find(db_get_text(result, 0, 0), e);
		facts->currency = text_of(arena, result, 0, 1);
		ok = facts->zone != NULL && (facts->currency != NULL || views_too_large(e));
	}
	db_result_free(result);
	return ok;
}

// ---- offers --------------------------------------------------------------------------------------------

static bool read_offers(struct arena *arena, const struct db_result *result, struct message_facts *facts)
{
	int rows = db_rows(result);
	struct message_offer *offers = arena_calloc(arena, (size_t)rows + 1, sizeof(*offers));

	if (offers == NULL)
		return false;
	for (int row = 0; row < rows; row++) {
		offers[row].sku = text_of(arena, result, row, 0);
		offers[row].is_known = db_get_int(result, row, 1) != 0;
		offers[row].has_stock = !db_is_null(result, row, 2);
		if (!offers[row].has_stock)
			continue;
		offers[row].stock = db_get_int(result, row, 2);
		offers[row].stock_at_ms = db_get_time_ms(result, row, 3);
	}
	facts->offers = offers;
	facts->offer_count = (size_t)rows;
	return !arena->exhausted;
}

static bool read_fact(struct arena *arena, const struct db_result *result, int row, struct price_fact *fact)
{
	struct slice id = db_get_bytes(result, row, 5);

	*fact = (struct price_fact){
		.market = text_of(arena, result, row, 1),
		.currency = text_of(arena, result, row, 3),
		.audience = (int32_t)db_get_int(result, row, 2),
		.is_offered = !db_is_null(result, row, 7),
		.is_perishable = db_get_int(result, row, 8) != 0,
		.t_ms = db_get_time_ms(result, row, 4),
		.seq = db_get_int(result, row, 6),
	};
	memcpy(fact->id, id.data, UUID_SIZE);
	if (fact->is_offered)
		fact->gross_minor = db_get_int(result, row, 7);
	return fact->market != NULL && fact->currency != NULL;
}

static bool make_intervals(struct arena *arena, struct message_offer *offer)
{
	struct price_interval *intervals = arena_calloc(arena, offer->fact_count + 1, sizeof(*intervals));

	if (intervals == NULL)
		return false;
	offer->interval_count = price_intervals(offer->facts, offer->fact_count, intervals);
	offer->intervals = intervals;
	return true;
}

// Rows and offers are both ordered by sku.
static bool share_prices(struct arena *arena, const struct db_result *result, struct message_offer *offers,
			 size_t count)
{
	int rows = db_rows(result), row = 0;
	struct price_fact *facts = arena_calloc(arena, (size_t)rows + 1, sizeof(*facts));

	if (facts == NULL)
		return false;
	for (size_t i = 0; i < count; i++) {
		offers[i].facts = &facts[row];
		while (row < rows && strcmp(db_get_text(result, row, 0), offers[i].sku) == 0) {
			if (!read_fact(arena, result, row, &facts[row]))
				return false;
			offers[i].fact_count++;
			row++;
		}
		if (!make_intervals(arena, &offers[i]))
			return false;
	}
	return true;
}

static bool read_prices(struct db *db, struct arena *arena, int32_t shop_id, struct db_value skus,
			struct message_facts *facts, struct err *e)
{
	const struct db_value values[] = {db_int4(shop_id), skus, db_int4(FACTS_MAX + 1)};
	struct db_result *result;
	bool ok;

	if (!db_run(db, "campaign_message_prices", values, 3, &result, e))
		return false;
	ok = db_rows(result) <= FACTS_MAX &&
	     share_prices(arena, result, (struct message_offer *)(uintptr_t)facts->offers,
			  facts->offer_count);
	db_result_free(result);
	return ok || views_too_large(e);
}

static bool read_catalogue(struct db *db, struct arena *arena, int32_t shop_id, struct db_value skus,
			   struct message_facts *facts, struct err *e)
{
	const struct db_value values[] = {db_int4(shop_id), skus};
	struct db_result *result;
	bool ok;

	if (!db_run(db, "campaign_message_offers", values, 2, &result, e))
		return false;
	ok = read_offers(arena, result, facts);
	db_result_free(result);
	return ok || views_too_large(e);
}

// ---- reductions ----------------------------------------------------------------------------------------

static bool claims_percentage(const Utarg__V1__MarketingMessage *const *messages, size_t count,
			      const char *sku)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < messages[i]->n_claims; k++) {
			const Utarg__V1__Claim *claim = messages[i]->claims[k];

			if (claim->claim_kind == UTARG__V1__CLAIM_KIND__CLAIM_KIND_PERCENTAGE &&
			    strcmp(claim->sku, sku) == 0)
				return true;
		}
	}
	return false;
}

// Of the offers whose prior price is asked for.
static bool read_reductions(struct db *db, struct arena *arena, int32_t shop_id,
			    const Utarg__V1__MarketingMessage *const *messages, size_t count,
			    struct message_facts *facts, struct err *e)
{
	struct message_offer *offers = (struct message_offer *)(uintptr_t)facts->offers;

	for (size_t i = 0; i < facts->offer_count; i++) {
		struct reduction *reductions;

		if (!claims_percentage(messages, count, offers[i].sku))
			continue;
		if (!price_reductions(db, arena, shop_id, offers[i].sku, &reductions,
				      &offers[i].reduction_count, e))
			return false;
		offers[i].reductions = reductions;
	}
	return true;
}

// ---- coupons -------------------------------------------------------------------------------------------

static bool read_coupons(struct db *db, struct arena *arena, int32_t shop_id, struct db_value names,
			 struct message_facts *facts, struct err *e)
{
	const struct db_value values[] = {db_int4(shop_id), names};
	struct db_result *result;
	const char **coupons;

	if (!db_run(db, "campaign_message_coupons", values, 2, &result, e))
		return false;
	coupons = arena_calloc(arena, (size_t)db_rows(result) + 1, sizeof(*coupons));
	for (int row = 0; row < db_rows(result) && coupons != NULL; row++)
		coupons[facts->coupon_count++] = text_of(arena, result, row, 0);
	facts->coupons = coupons;
	db_result_free(result);
	return !arena->exhausted || views_too_large(e);
}

// ---- all of it -----------------------------------------------------------------------------------------

// What the claims name: offers, or coupons.
static void gather(const Utarg__V1__MarketingMessage *const *messages, size_t count, bool coupons,
		   struct db_array *out)
{
	db_array_init(out, DB_TEXT);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < messages[i]->n_claims; k++) {
			const Utarg__V1__Claim *claim = messages[i]->claims[k];
			const char *name = coupons ? claim->coupon : claim->sku;

			if (name[0] != '\0')
				db_array_add(out, db_text(name));
		}
	}
}

bool message_facts_read(struct db *db, struct arena *arena, int32_t shop_id,
			const Utarg__V1__MarketingMessage *const *messages, size_t count, int64_t now_ms,
			struct message_facts *facts, struct err *e)
{
	struct db_array skus, coupons;
	bool ok;

	*facts = (struct message_facts){.now_ms = now_ms};
	gather(messages, count, false, &skus);
	gather(messages, count, true, &coupons);
	ok = read_shop(db, arena, shop_id, facts, e);
	if (skus.count > 0)
		ok = ok && read_catalogue(db, arena, shop_id, db_array_value(&skus), facts, e) &&
		     read_prices(db, arena, shop_id, db_array_value(&skus), facts, e) &&
		     read_reductions(db, arena, shop_id, messages, count, facts, e);
	if (coupons.count > 0)
		ok = ok && read_coupons(db, arena, shop_id, db_array_value(&coupons), facts, e);
	db_array_fini(&skus);
	db_array_fini(&coupons);
	return ok;
}
