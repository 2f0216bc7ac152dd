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

// One a line, in the event's arena; NULL when there is no room.
static const char *join(struct fold *fold, char **texts, size_t count)
{
	size_t size = 1;
	char *out, *at;

	for (size_t i = 0; i < count; i++)
		size += strlen(texts[i]) + 1;
	out = arena_alloc(&fold->arena, size);
	if (out == NULL)
		return NULL;
	at = out;
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			*at++ = '\n';
		memcpy(at, texts[i], strlen(texts[i]));
		at += strlen(texts[i]);
	}
	*at = '\0';
	return out;
}

static bool apply_campaign(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Campaign *campaign = event->campaign_changed;
	struct slice latest = fold_pack(fold, &campaign->base);
	const char *skus = join(fold, campaign->skus, campaign->n_skus);

	if (latest.data == NULL || skus == NULL || !text_is_slug(campaign->campaign))
		return false;
	fold_put(fold, SINK_CAMPAIGN, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(campaign->campaign),
					   db_bytes(latest.data, latest.size),
					   db_int2((int16_t)campaign->state), db_text(skus)},
		 5);
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

static bool apply_rules(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__ChannelRules *rules = event->channel_rules_changed;
	struct slice latest = fold_pack(fold, &rules->base);

	if (latest.data == NULL || rules->valid_from_ms < 0 || rules->valid_from_ms > TIME_MAX_MS)
		return false;
	fold_put(fold, SINK_RULES, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_time_ms(rules->valid_from_ms),
					   db_int8(rules->version), db_bytes(latest.data, latest.size)},
		 4);
	return true;
}

static bool put_directive(struct fold *fold, const struct journal_row *row,
			  const Utarg__V1__Directive *directive)
{
	struct slice latest;

	if (directive == NULL || directive->directive_id[0] == '\0' ||
	    !fold_is_key(directive->directive_id) || !text_is_slug(directive->campaign) ||
	    !fold_is_key(directive->sku) || directive->issued_at_ms < 0 ||
	    directive->issued_at_ms > TIME_MAX_MS)
		return false;
	latest = fold_pack(fold, &directive->base);
	if (latest.data == NULL)
		return false;
	fold_put(fold, SINK_DIRECTIVE, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(directive->directive_id),
					   db_text(directive->campaign), db_int2((int16_t)directive->action),
					   db_text(directive->sku), db_int2((int16_t)directive->state),
					   db_time_ms(directive->issued_at_ms),
					   db_bytes(latest.data, latest.size)},
		 8);
	return true;
}

static bool apply_directive(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	return put_directive(fold, row, event->directive_issued);
}

static bool apply_confirmation(struct fold *fold, const struct journal_row *row,
			       const Utarg__V1__Event *event)
{
	return put_directive(fold, row, event->directive_confirmed->directive);
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
	{UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED, "channel_rules_changed", apply_rules},
	{UTARG__V1__EVENT__BODY_DIRECTIVE_ISSUED, "directive_issued", apply_directive},
	{UTARG__V1__EVENT__BODY_DIRECTIVE_CONFIRMED, "directive_confirmed", apply_confirmation},
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
