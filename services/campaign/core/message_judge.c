// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: claims against facts: when they hold, and what is common to all of an offer. What a price, a
// percentage and a coupon are compared with is in message_price.c, placements in message_placement.c.
#include "services/campaign/core/message_judge_inner.h"

#include "common/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UTF8_CHARACTER_BYTES = 4 };

// ---- words ---------------------------------------------------------------------------------------------

const char *judge_amount(int64_t minor, const char *currency, char out[JUDGE_AMOUNT_SIZE])
{
	char number[MONEY_TEXT_SIZE];
	int exponent = 2;

	money_exponent(currency, &exponent);
	snprintf(out, JUDGE_AMOUNT_SIZE, "%s %.3s", money_text(minor, exponent, number), currency);
	return out;
}

const char *judge_time(const struct zone *zone, int64_t t_ms, char out[ZONE_STAMP_SIZE])
{
	zone_stamp(zone, t_ms, out);
	out[10] = ' ';
	out[16] = '\0';
	return out;
}

// Names are cut at a count of bytes: what is left of a character that was cut goes, for a database takes no
// text with a part of one.
static void drop_cut_characters(char *text)
{
	char *out = text;
	size_t size;

	for (const char *at = text; *at != '\0'; at += size) {
		size_t rest = strnlen(at, UTF8_CHARACTER_BYTES);

		for (size = 1; size < rest && !text_is_utf8(at, size); size++)
			;
		if (text_is_utf8(at, size)) {
			memmove(out, at, size);
			out += size;
		} else {
			size = 1;
		}
	}
	*out = '\0';
}

// ---- the case ------------------------------------------------------------------------------------------

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void judge_next(struct judge *judge, int64_t t_ms)
{
	if (t_ms > judge->facts->now_ms && t_ms < judge->out->next_ms)
		judge->out->next_ms = t_ms;
}

Utarg__V1__MessageAlert *judge_add(struct judge *judge, Utarg__V1__MessageFault fault, int64_t since_ms,
				   const char *format, ...)
{
	const Utarg__V1__MarketingMessage *message = judge->standing->message;
	Utarg__V1__MessageAlert *alert = arena_alloc(judge->arena, sizeof(*alert));
	char text[JUDGE_TEXT_SIZE];
	va_list args;

	if (alert == NULL || judge->out->count == judge->room) {
		judge->arena->exhausted = true;
		return NULL;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	drop_cut_characters(text);
	utarg__v1__message_alert__init(alert);
	alert->message_id = message->message_id;
	alert->message_version = message->message_version;
	alert->fault = fault;
	alert->since_ms = later(since_ms, judge->standing->changed_at_ms);
	alert->text = arena_copy(judge->arena, text, strlen(text));
	if (judge->claim != NULL) {
		alert->claim = judge->claim_number;
		alert->sku = judge->claim->sku;
		if (judge->claim->from_ms <= judge->facts->now_ms)
			alert->since_ms = later(alert->since_ms, judge->claim->from_ms);
	}
	judge->out->alerts[judge->out->count++] = alert;
	return alert;
}

// ---- offers --------------------------------------------------------------------------------------------

static int compare_sku(const void *sku, const void *offer)
{
	return strcmp(sku, ((const struct message_offer *)offer)->sku);
}

static const struct message_offer *find_offer(const struct message_facts *facts, const char *sku)
{
	if (facts->offer_count == 0)
		return NULL;
	return bsearch(sku, facts->offers, facts->offer_count, sizeof(*facts->offers), compare_sku);
}

static void note_boundaries(struct judge *judge, const struct message_offer *offer)
{
	for (size_t i = 0; i < offer->interval_count; i++) {
		judge_next(judge, offer->intervals[i].from_ms);
		if (offer->intervals[i].until_ms != 0)
			judge_next(judge, offer->intervals[i].until_ms);
	}
}

static void judge_stock(struct judge *judge, const struct message_offer *offer)
{
	bool is_promised = judge->claim->claim_kind == UTARG__V1__CLAIM_KIND__CLAIM_KIND_STOCK;

	if (offer->has_stock && offer->stock <= 0)
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_STOCK, offer->stock_at_ms,
			  "%.64s is out of stock", offer->sku);
	else if (!offer->has_stock && is_promised)
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_STOCK, INT64_MIN,
			  "nobody has stated a stock of %.64s", offer->sku);
}

// False when there is nothing to compare with: the offer is not there or not for sale, which is said.
static bool judge_offer(struct judge *judge, const struct message_offer *offer)
{
	int64_t now_ms = judge->facts->now_ms;

	if (offer == NULL || !offer->is_known) {
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_OFFER, INT64_MIN,
			  "there is no offer %.64s", judge->claim->sku);
		return false;
	}
	if (judge->claim->from_ms > now_ms)
		return true; // what it will cost then, nobody knows
	note_boundaries(judge, offer);
	if (!judge_is_on_sale(offer, now_ms)) {
		judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_OFFER,
			  judge_sale_ended_ms(offer, now_ms), "%.64s is not on sale", offer->sku);
		return false;
	}
	judge_stock(judge, offer);
	return true;
}

// ---- claims --------------------------------------------------------------------------------------------

static bool is_over(struct judge *judge)
{
	const Utarg__V1__Claim *claim = judge->claim;
	char until[ZONE_STAMP_SIZE];

	if (claim->until_ms == 0 || judge->facts->now_ms < claim->until_ms)
		return false;
	judge_add(judge, UTARG__V1__MESSAGE_FAULT__MESSAGE_FAULT_VALIDITY, claim->until_ms,
		  "what it promises%s%.64s was valid until %s, and that is over",
		  claim->sku[0] != '\0' ? " of " : "", claim->sku,
		  judge_time(judge->facts->zone, claim->until_ms, until));
	return true;
}

static void judge_claim(struct judge *judge)
{
	const Utarg__V1__Claim *claim = judge->claim;
	const struct message_offer *offer = NULL;

	if (is_over(judge))
		return;
	if (claim->until_ms != 0)
		judge_next(judge, claim->until_ms);
	judge_next(judge, claim->from_ms);
	if (claim->sku[0] != '\0') {
		offer = find_offer(judge->facts, claim->sku);
		if (!judge_offer(judge, offer))
			return;
	}
	if (claim->from_ms > judge->facts->now_ms)
		return;
	if (claim->claim_kind == UTARG__V1__CLAIM_KIND__CLAIM_KIND_PRICE && offer != NULL)
		judge_price(judge, offer);
	else if (claim->claim_kind == UTARG__V1__CLAIM_KIND__CLAIM_KIND_PERCENTAGE && offer != NULL)
		judge_percentage(judge, offer);
	else if (claim->claim_kind == UTARG__V1__CLAIM_KIND__CLAIM_KIND_COUPON)
		judge_coupon(judge, offer);
}

bool message_judge(struct arena *arena, const struct message_standing *standing,
		   const struct message_facts *facts, struct message_verdict *out)
{
	const Utarg__V1__MarketingMessage *message = standing->message;
	struct judge judge = {.arena = arena, .standing = standing, .facts = facts, .out = out};

	judge.room = JUDGE_FAULTS_OF_PLACEMENTS + JUDGE_FAULTS_A_CLAIM * message->n_claims;
	*out = (struct message_verdict){.next_ms = INT64_MAX};
	out->alerts = arena_calloc(arena, judge.room + 1, sizeof(*out->alerts));
	if (out->alerts == NULL)
		return false;
	judge_placements(&judge);
	for (size_t i = 0; i < message->n_claims && standing->state == MESSAGE_PUBLISHED; i++) {
		size_t first = out->count;

		judge.claim = message->claims[i];
		judge.claim_number = (uint32_t)i + 1;
		judge_claim(&judge);
		for (size_t k = first; k < out->count; k++)
			judge_mend_all(&judge, out->alerts[k]);
	}
	return !arena->exhausted;
}
