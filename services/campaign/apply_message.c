// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what events about messages, what placements show, and coupons mean to this service; rows of
// fold_kinds in apply.c.
#include "services/campaign/core/message_state.h"
#include "services/campaign/fold.h"

#include "common/base/text.h"

#include <string.h>

// campaign.message_claim.about
enum { ABOUT_OFFER = 1, ABOUT_COUPON = 2 };

static void put_claim(struct fold *fold, const struct journal_row *row, int16_t about, const char *key,
		      const char *message)
{
	if (key[0] != '\0' && fold_is_key(key))
		fold_put(fold, SINK_MESSAGE_CLAIM, row, row->event_time_ms,
			 (const struct db_value[]){db_int2(about), db_text(key), db_text(message)}, 3);
}

static bool put_message(struct fold *fold, const struct journal_row *row,
			const Utarg__V1__MarketingMessage *message, int16_t state)
{
	struct slice latest = fold_pack(fold, &message->base);

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

bool apply_message(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	return put_message(fold, row, event->message_published, MESSAGE_PUBLISHED);
}

bool apply_withdrawal(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	return put_message(fold, row, event->message_withdrawn, MESSAGE_WITHDRAWN);
}

bool apply_shown(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const Utarg__V1__MessageShown *shown = event->message_shown;
	bool has_price =
		shown->known_price_case == UTARG__V1__MESSAGE_SHOWN__KNOWN_PRICE_SHOWN_PRICE_GROSS_MINOR;

	// A line break is no part of a name: lists of placements are joined by it.
	if (shown->message_id[0] == '\0' || shown->placement[0] == '\0' || !fold_is_key(shown->message_id) ||
	    !fold_is_key(shown->placement) || !fold_is_key(shown->currency) ||
	    strchr(shown->placement, '\n') != NULL)
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

bool apply_coupon(struct fold *fold, const struct journal_row *row, const Utarg__V1__Event *event)
{
	const char *coupon = event->coupon_applied->coupon;

	// Longer ones than a message can claim are no use.
	if (fold_is_key(coupon))
		fold_put(fold, SINK_COUPON, row, row->event_time_ms,
			 (const struct db_value[]){db_text(coupon)}, 1);
	return true;
}
