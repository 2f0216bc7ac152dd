// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what each kind of event means to this service, one function a kind. A new kind is a function
// and a row at the end. Offers, messages and affiliates have files of their own (apply_offer.c,
// apply_message.c, apply_affiliate.c).
#include "services/campaign/fold.h"

#include "common/base/text.h"
#include "common/base/zone.h"
#include "services/campaign/core/settings.h"

#include <string.h>

// Longer keys than ingest lets through; an index could not hold much more.
enum { KEY_MAX_BYTES = 256 };
// The year 9999: times behind it have no date in PostgreSQL's text form.
#define TIME_MAX_MS INT64_C(253402300799999)

bool fold_is_key(const char *text)
{
	size_t size = strlen(text);

	return size <= KEY_MAX_BYTES && text_is_utf8(text, size);
}

struct slice fold_pack(struct fold *fold, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = arena_alloc(&fold->arena, size + 1);

	if (bytes == NULL)
		return (struct slice){0};
	return (struct slice){bytes, protobuf_c_message_pack(message, bytes)};
}

static bool apply_spend(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__AdSpend *spend = event->ad_spend;
	int64_t report_time_ms = spend->report_time_ms != 0 ? spend->report_time_ms : row->event_time_ms;

	if (report_time_ms < 0 || report_time_ms > TIME_MAX_MS || !fold_is_key(spend->platform) ||
	    !fold_is_key(spend->account) || !fold_is_key(spend->campaign) || !fold_is_key(spend->day) ||
	    !fold_is_key(spend->currency))
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
	struct slice latest = fold_pack(fold, &campaign->base);

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

	if (!fold_is_key(target->kpi) || !fold_is_key(target->dimension) || !fold_is_key(target->key) ||
	    !fold_is_key(target->first_day) || !fold_is_key(target->last_day))
		return false;
	fold_put(fold, SINK_TARGET, row, row->event_time_ms,
		 (const struct db_value[]){db_text(target->kpi), db_text(target->dimension),
					   db_text(target->key), db_text(target->first_day),
					   db_text(target->last_day)},
		 5);
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
	struct slice packed = fold_pack(fold, &settings->base);

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
	{UTARG__V1__EVENT__BODY_MESSAGE_PUBLISHED, "message_published", apply_message},
	{UTARG__V1__EVENT__BODY_MESSAGE_WITHDRAWN, "message_withdrawn", apply_withdrawal},
	{UTARG__V1__EVENT__BODY_MESSAGE_SHOWN, "message_shown", apply_shown},
	{UTARG__V1__EVENT__BODY_COUPON_APPLIED, "coupon_applied", apply_coupon},
	{UTARG__V1__EVENT__BODY_SUPPLIER_UPDATED, "supplier_updated", apply_supplier},
	{UTARG__V1__EVENT__BODY_REDUCTION_ANNOUNCED, "reduction_announced", apply_reduction},
	{UTARG__V1__EVENT__BODY_REDUCTION_ENDED, "reduction_ended", apply_reduction_end},
	{UTARG__V1__EVENT__BODY_AFFILIATE_CHANGED, "affiliate_changed", apply_affiliate},
	{UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED, "affiliate_key_changed", apply_affiliate_key},
	{UTARG__V1__EVENT__BODY_COMMISSION_CHANGED, "commission_changed", apply_commission},
	{UTARG__V1__EVENT__BODY_AFFILIATE_PAID, "affiliate_paid", apply_affiliate_paid},
};
const size_t fold_kind_count = sizeof(fold_kinds) / sizeof(fold_kinds[0]);
