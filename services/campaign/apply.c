// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what each kind of event means to this service, one function a kind. A new kind is a function
// and a row at the end.
#include "services/campaign/fold.h"

#include "common/base/text.h"
#include "common/base/zone.h"
#include "services/campaign/core/message_state.h"
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

enum { ABOUT_OFFER = 1, ABOUT_COUPON = 2 };

static void put_claim(struct fold *fold, const struct journal_row *row, int16_t about, const char *key,
		      const char *message)
{
	if (key[0] != '\0' && is_key(key))
		fold_put(fold, SINK_MESSAGE_CLAIM, row, row->event_time_ms,
			 (const struct db_value[]){db_int2(about), db_text(key), db_text(message)}, 3);
}

static bool put_message(struct fold *fold, const struct journal_row *row,
			const Utarg__V1__MarketingMessage *message, int16_t state)
{
	struct slice latest = pack(fold, &message->base);

	if (latest.data == NULL || !text_is_slug(message->message_id))
		return false;
	fold_put(fold, SINK_MESSAGE, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(message->message_id), db_int2(state),
					   db_bytes(latest.data, latest.size)},
		 4);
	for (size_t i = 0; i < message->n_claims; i++) {
		put_claim(fold, row, ABOUT_OFFER, message->claims[i]->sku, message->message_id);
		put_claim(fold, row, ABOUT_COUPON, message->claims[i]->coupon, message->message_id);
	}
	return true;
}

static bool apply_published(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	return put_message(fold, row, event->message_published, MESSAGE_PUBLISHED);
}

static bool apply_withdrawn(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	return put_message(fold, row, event->message_withdrawn, MESSAGE_WITHDRAWN);
}

static bool apply_shown(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__MessageShown *shown = event->message_shown;
	bool has_price =
		shown->known_price_case == UTARG__V1__MESSAGE_SHOWN__KNOWN_PRICE_SHOWN_PRICE_GROSS_MINOR;

	// A line break is no part of a name: lists of placements are joined by it.
	if (shown->message_id[0] == '\0' || shown->placement[0] == '\0' || !is_key(shown->message_id) ||
	    !is_key(shown->placement) || !is_key(shown->currency) || strchr(shown->placement, '\n') != NULL)
		return false;
	fold_put(
		fold, SINK_SHOWN, row, row->event_time_ms,
		(const struct db_value[]){db_text(shown->message_id), db_text(shown->placement),
					  db_int8(shown->message_version),
					  has_price ? db_int8(shown->shown_price_gross_minor) : DB_VALUE_NULL,
					  db_text(shown->currency)},
		5);
	return true;
}

static bool apply_coupon(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const char *coupon = event->coupon_applied->coupon;

	// Longer ones than a message can claim are no use.
	if (is_key(coupon))
		fold_put(fold, SINK_COUPON, row, row->event_time_ms,
			 (const struct db_value[]){db_text(coupon)}, 1);
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
	{UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED, "message_published", apply_published},
	{UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN, "message_withdrawn", apply_withdrawn},
	{UTARG__V1__EVENT__BODY_MESSAGE_SHOWN, "message_shown", apply_shown},
	{UTARG__V1__EVENT__BODY_COUPON_APPLIED, "coupon_applied", apply_coupon},
};
const size_t fold_kind_count = sizeof(fold_kinds) / sizeof(fold_kinds[0]);
