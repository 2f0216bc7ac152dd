// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See views_affiliate.h.
#include "services/campaign/views_affiliate.h"

#include <string.h>

static bool read_partners(struct arena *arena, const struct db_result *rows,
			  Utarg__V1__AffiliateListReply *out, struct err *e)
{
	out->affiliates = arena_calloc(arena, (size_t)db_rows(rows) + 1, sizeof(*out->affiliates));
	for (int row = 0; row < db_rows(rows) && !arena->exhausted; row++) {
		Utarg__V1__AffiliateView *view = arena_alloc(arena, sizeof(*view));
		struct slice latest = db_get_bytes(rows, row, 0);
		if (view == NULL)
			break;
		utarg__v1__affiliate_view__init(view);
		view->affiliate = utarg__v1__affiliate__unpack(&arena->allocator, latest.size, latest.data);
		view->changed_at_ms = db_get_time_ms(rows, row, 1);
		view->revision = (uint64_t)db_get_int(rows, row, 2);
		if (view->affiliate == NULL)
			return err_set(e, ERR_INTERNAL, "a partner in the tables does not decode");
		out->affiliates[out->n_affiliates++] = view;
	}
	return !arena->exhausted || views_too_large(e);
}

static Utarg__V1__AffiliateView *find(const Utarg__V1__AffiliateListReply *list, const char *affiliate)
{
	for (size_t i = 0; i < list->n_affiliates; i++)
		if (strcmp(list->affiliates[i]->affiliate->affiliate, affiliate) == 0)
			return list->affiliates[i];
	return NULL;
}

// Rows are by partner: how many in a row are of the same.
static size_t run_of(const struct db_result *rows, int from)
{
	size_t count = 1;
	const char *affiliate = db_get_text(rows, from, 0);
	while (from + (int)count < db_rows(rows) &&
	       strcmp(db_get_text(rows, from + (int)count, 0), affiliate) == 0)
		count++;
	return count;
}

static bool read_rules(struct arena *arena, const struct db_result *rows,
		       const Utarg__V1__AffiliateListReply *out, struct err *e)
{
	for (int row = 0; row < db_rows(rows);) {
		size_t count = run_of(rows, row);
		Utarg__V1__AffiliateView *view = find(out, db_get_text(rows, row, 0));
		if (view != NULL)
			view->rules = arena_calloc(arena, count, sizeof(*view->rules));
		for (size_t i = 0; view != NULL && view->rules != NULL && i < count; i++) {
			struct slice packed = db_get_bytes(rows, row + (int)i, 1);
			Utarg__V1__CommissionRule *rule = utarg__v1__commission_rule__unpack(
				&arena->allocator, packed.size, packed.data);
			if (rule == NULL)
				return err_set(e, ERR_INTERNAL, "a rule in the tables does not decode");
			view->rules[view->n_rules++] = rule;
		}
		row += (int)count;
	}
	return !arena->exhausted || views_too_large(e);
}

static bool read_paid(struct arena *arena, const struct db_result *rows,
		      const Utarg__V1__AffiliateListReply *out, struct err *e)
{
	for (int row = 0; row < db_rows(rows);) {
		size_t count = run_of(rows, row);
		Utarg__V1__AffiliateView *view = find(out, db_get_text(rows, row, 0));
		if (view != NULL)
			view->paid = arena_calloc(arena, count, sizeof(*view->paid));
		for (size_t i = 0; view != NULL && view->paid != NULL && i < count; i++) {
			Utarg__V1__Money *money = arena_alloc(arena, sizeof(*money));
			if (money == NULL)
				break;
			utarg__v1__money__init(money);
			money->currency = arena_printf(arena, "%s", db_get_text(rows, row + (int)i, 1));
			money->minor = db_get_int(rows, row + (int)i, 2);
			view->paid[view->n_paid++] = money;
		}
		row += (int)count;
	}
	return !arena->exhausted || views_too_large(e);
}

static bool read_key(struct arena *arena, const struct db_result *rows, Utarg__V1__AffiliateListReply *out,
		     struct err *e)
{
	if (db_rows(rows) == 0)
		return true;
	Utarg__V1__AffiliateKey *key = arena_alloc(arena, sizeof(*key));
	struct slice bytes = db_get_bytes(rows, 0, 0);
	if (key == NULL)
		return views_too_large(e);
	utarg__v1__affiliate_key__init(key);
	key->public_key.data = arena_alloc(arena, bytes.size);
	if (key->public_key.data == NULL)
		return views_too_large(e);
	memcpy(key->public_key.data, bytes.data, bytes.size);
	key->public_key.len = bytes.size;
	key->valid_from_ms = db_get_time_ms(rows, 0, 1);
	out->key = key;
	return true;
}

bool affiliate_views(struct db *db, struct arena *arena, int32_t shop_id, const char *affiliate,
		     int64_t now_ms, Utarg__V1__AffiliateListReply *out, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(affiliate), db_time_ms(now_ms)};
	struct db_value at[] = {db_int4(shop_id), db_time_ms(now_ms)};
	struct db_result *rows;
	bool ok;

	if (!db_run(db, "campaign_affiliate_views", values, 2, &rows, e))
		return false;
	ok = read_partners(arena, rows, out, e);
	db_result_free(rows);
	if (!ok || !db_run(db, "campaign_commission_views", values, 3, &rows, e))
		return false;
	ok = read_rules(arena, rows, out, e);
	db_result_free(rows);
	if (!ok || !db_run(db, "campaign_affiliate_paid_sums", values, 2, &rows, e))
		return false;
	ok = read_paid(arena, rows, out, e);
	db_result_free(rows);
	if (!ok || !db_run(db, "campaign_affiliate_key_at", at, 2, &rows, e))
		return false;
	ok = read_key(arena, rows, out, e);
	db_result_free(rows);
	return ok;
}
