// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what events about partners, their key, their rules and payouts mean to this service; rows of
// fold_kinds in apply.c.
#include "services/campaign/core/affiliate.h"
#include "services/campaign/fold.h"

// The year 9999: times behind it have no date in PostgreSQL's text form.
#define TIME_MAX_MS INT64_C(253402300799999)

static bool is_time(int64_t t_ms)
{
	return t_ms >= 0 && t_ms <= TIME_MAX_MS;
}

bool apply_affiliate(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__Affiliate *affiliate = event->affiliate_changed;
	struct slice latest = fold_pack(fold, &affiliate->base);

	if (latest.data == NULL || affiliate->affiliate[0] == '\0' || !fold_is_key(affiliate->affiliate))
		return false;
	fold_put(fold, SINK_AFFILIATE, row, row->event_time_ms,
		 (const struct db_value[]){db_int8(row->seq), db_text(affiliate->affiliate),
					   db_bytes(latest.data, latest.size)},
		 3);
	return true;
}

bool apply_affiliate_key(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
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

bool apply_commission(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__CommissionRule *rule = event->commission_changed;
	struct slice packed = fold_pack(fold, &rule->base);

	if (packed.data == NULL || rule->affiliate[0] == '\0' || !fold_is_key(rule->affiliate) ||
	    !fold_is_key(rule->category) || !fold_is_key(rule->rule_id) || !is_time(rule->valid_from_ms))
		return false;
	fold_put(fold, SINK_COMMISSION, row, row->event_time_ms,
		 (const struct db_value[]){db_text(rule->affiliate), db_text(rule->category),
					   db_text(rule->rule_id), db_time_ms(rule->valid_from_ms),
					   db_bytes(packed.data, packed.size)},
		 5);
	return true;
}

bool apply_affiliate_paid(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__AffiliatePaid *paid = event->affiliate_paid;

	if (!fold_is_key(paid->affiliate) || !fold_is_key(paid->currency))
		return false;
	for (size_t i = 0; i < paid->n_lines; i++)
		if (!fold_is_key(paid->lines[i]->order_id) || !fold_is_key(paid->lines[i]->rule_id))
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
