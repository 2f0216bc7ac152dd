// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what each kind of event means to this service, one function a kind. A new kind is a function
// and a row at the end.
#include "services/campaign/fold.h"

#include "common/base/text.h"
#include "common/base/zone.h"
#include "services/campaign/core/affiliate.h"
#include "services/campaign/core/price.h"
#include "services/campaign/core/settings.h"

#include <string.h>

// Longer keys than ingest lets through; an index could not hold much more.
enum { KEY_MAX_BYTES = 256 };
// The year 9999: times behind it have no date in PostgreSQL's text form.
#define TIME_MAX_MS INT64_C(253402300799999)

static bool is_key(const char *text)
{
	size_t size = strlen(text);

	return size <= KEY_MAX_BYTES && text_is_utf8(text, size);
}

// A packed copy of a part of the event, in the event's arena; an empty slice when there is no room.
static struct slice pack(struct fold *fold, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = arena_alloc(&fold->arena, size + 1);

	if (bytes == NULL)
		return (struct slice){0};
	return (struct slice){bytes, protobuf_c_message_pack(message, bytes)};
}

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
					   fact.is_offered ? db_int8(fact.gross_minor) : DB_VALUE_NULL},
		 6);
	return true;
}

static bool apply_offer(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__OfferUpdated *offer = event->offer_updated;
	struct slice latest = pack(fold, &offer->base);

	if (offer->sku[0] == '\0' || latest.data == NULL || !is_key(offer->sku) || !is_key(offer->market) ||
	    !is_key(offer->currency))
		return false;
	if (!apply_price(fold, row, offer))
		return false;
	fold_put(fold, SINK_OFFER, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(offer->sku),
					   db_bytes(latest.data, latest.size)},
		 3);
	return true;
}

static bool apply_stock(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__StockChanged *stock = event->stock_changed;

	if (stock->sku[0] == '\0' || !is_key(stock->sku) || !is_key(stock->location))
		return false;
	fold_put(fold, SINK_STOCK, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(stock->sku), db_text(stock->location),
					   db_int8(stock->quantity)},
		 4);
	return true;
}

static bool apply_spend(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__AdSpend *spend = event->ad_spend;
	int64_t report_time_ms = spend->report_time_ms != 0 ? spend->report_time_ms : row->event_time_ms;

	if (report_time_ms < 0 || report_time_ms > TIME_MAX_MS || !is_key(spend->platform) ||
	    !is_key(spend->account) || !is_key(spend->campaign) || !is_key(spend->day) ||
	    !is_key(spend->currency))
		return false;
	fold_put(fold, SINK_SPEND, row, report_time_ms,
		 (const struct db_value[]){db_text(spend->campaign), db_text(spend->currency),
					   db_text(spend->platform), db_text(spend->account),
					   db_text(spend->day), db_int8(spend->spend_minor)},
		 6);
	return true;
}

static bool apply_campaign(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Campaign *campaign = event->campaign_changed;
	struct slice latest = pack(fold, &campaign->base);

	if (latest.data == NULL || !text_is_slug(campaign->campaign))
		return false;
	fold_put(fold, SINK_CAMPAIGN, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(campaign->campaign),
					   db_bytes(latest.data, latest.size)},
		 3);
	return true;
}

static bool apply_target(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Target *target = event->target_set;

	if (!is_key(target->kpi) || !is_key(target->dimension) || !is_key(target->key) ||
	    !is_key(target->first_day) || !is_key(target->last_day))
		return false;
	fold_put(fold, SINK_TARGET, row, row->event_time_ms,
		 (const struct db_value[]){db_text(target->kpi), db_text(target->dimension),
					   db_text(target->key), db_text(target->first_day),
					   db_text(target->last_day)},
		 5);
	return true;
}

static bool is_time(int64_t t_ms)
{
	return t_ms >= 0 && t_ms <= TIME_MAX_MS;
}

static bool apply_affiliate(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Affiliate *affiliate = event->affiliate_changed;
	struct slice latest = pack(fold, &affiliate->base);

	if (latest.data == NULL || affiliate->affiliate[0] == '\0' || !is_key(affiliate->affiliate))
		return false;
	fold_put(fold, SINK_AFFILIATE, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(affiliate->affiliate),
					   db_bytes(latest.data, latest.size)},
		 3);
	return true;
}

static bool apply_affiliate_key(struct fold *fold, const struct journal_row *row,
				const Utarg__V1__Event *event)
{
	const Utarg__V1__AffiliateKey *key = event->affiliate_key_changed;

	if (!affiliate_check_key(key, NULL) || !is_time(key->valid_from_ms))
		return false;
	fold_put(fold, SINK_AFFILIATE_KEY, row, row->event_time_ms,
		 (const struct db_value[]){db_time_ms(key->valid_from_ms),
					   db_bytes(key->public_key.data, key->public_key.len)},
		 2);
	return true;
}

static bool apply_commission(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__CommissionRule *rule = event->commission_changed;
	struct slice packed = pack(fold, &rule->base);

	if (packed.data == NULL || rule->affiliate[0] == '\0' || !is_key(rule->affiliate) ||
	    !is_key(rule->category) || !is_key(rule->rule_id) || !is_time(rule->valid_from_ms))
		return false;
	fold_put(fold, SINK_COMMISSION, row, row->event_time_ms,
		 (const struct db_value[]){db_text(rule->affiliate), db_text(rule->category),
					   db_text(rule->rule_id), db_time_ms(rule->valid_from_ms),
					   db_bytes(packed.data, packed.size)},
		 5);
	return true;
}

static bool apply_affiliate_paid(struct fold *fold, const struct journal_row *row,
				 const Utarg__V1__Event *event)
{
	const Utarg__V1__AffiliatePaid *paid = event->affiliate_paid;

	if (!is_key(paid->affiliate) || !is_key(paid->currency))
		return false;
	for (size_t i = 0; i < paid->n_lines; i++)
		if (!is_key(paid->lines[i]->order_id) || !is_key(paid->lines[i]->rule_id))
			return false;
	for (size_t i = 0; i < paid->n_lines; i++) {
		const Utarg__V1__AffiliatePaidLine *line = paid->lines[i];
		fold_put(fold, SINK_AFFILIATE_PAID, row, row->event_time_ms,
			 (const struct db_value[]){db_text(paid->affiliate), db_text(line->order_id),
						   db_text(line->rule_id), db_text(paid->currency),
						   db_int8(line->amount_minor)},
			 5);
	}
	return true;
}

bool fold_zone_known(void *context, const char *name)
{
	struct zone zone;

	(void)context;
	if (!zone_load(&zone, name, NULL))
		return false;
	zone_fini(&zone);
	return true;
}

static bool apply_settings(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__ShopSettings *settings = event->shop_settings_changed;
	struct slice packed = pack(fold, &settings->base);

	if (packed.data == NULL || !settings_check(settings, fold_zone_known, NULL, NULL) ||
	    !text_is_utf8(settings->name, strlen(settings->name)))
		return false;
	fold_put(fold, SINK_SETTINGS, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(settings->name),
					   db_text(settings->currency), db_text(settings->zone),
					   db_bytes(packed.data, packed.size)},
		 5);
	return true;
}

const struct fold_kind fold_kinds[] = {
	{UTARG__V1__EVENT__BODY_OFFER_UPDATED, "offer_updated", apply_offer},
	{UTARG__V1__EVENT__BODY_STOCK_CHANGED, "stock_changed", apply_stock},
	{UTARG__V1__EVENT__BODY_AD_SPEND, "ad_spend", apply_spend},
	{UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED, "shop_settings_changed", apply_settings},
	{UTARG__V1__EVENT__BODY_CAMPAIGN_CHANGED, "campaign_changed", apply_campaign},
	{UTARG__V1__EVENT__BODY_TARGET_SET, "target_set", apply_target},
	{UTARG__V1__EVENT__BODY_AFFILIATE_CHANGED, "affiliate_changed", apply_affiliate},
	{UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED, "affiliate_key_changed", apply_affiliate_key},
	{UTARG__V1__EVENT__BODY_COMMISSION_CHANGED, "commission_changed", apply_commission},
	{UTARG__V1__EVENT__BODY_AFFILIATE_PAID, "affiliate_paid", apply_affiliate_paid},
};
const size_t fold_kind_count = sizeof(fold_kinds) / sizeof(fold_kinds[0]);
