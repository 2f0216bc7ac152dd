// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See message.h.
#include "services/campaign/core/message.h"

#include "common/base/money.h"
#include "services/campaign/core/campaign.h"
#include "services/campaign/core/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1000, ID_MAX_BYTES = 64, CODE_MAX_BYTES = 64, SHARE_MAX_BP = 10000 };
enum { LANGUAGE_MAX_BYTES = 35, FIELD_SIZE = 64 };
// The year 9999.
#define TIME_MAX_MS INT64_C(253402300799999)

// ---- placements ----------------------------------------------------------------------------------------

bool message_placement_channel(const char *placement, Utarg__V1__Channel *out)
{
	static const struct {
		const char *word;
		Utarg__V1__Channel channel;
	} channels[] = {
		{"web/", UTARG__V1__CHANNEL__CHANNEL_WEB},
		{"app/", UTARG__V1__CHANNEL__CHANNEL_APP},
		{"pos/", UTARG__V1__CHANNEL__CHANNEL_POS},
		{"phone/", UTARG__V1__CHANNEL__CHANNEL_PHONE},
		{"marketplace/", UTARG__V1__CHANNEL__CHANNEL_MARKETPLACE},
		{"mail/", UTARG__V1__CHANNEL__CHANNEL_MAIL},
		{"leaflet/", UTARG__V1__CHANNEL__CHANNEL_LEAFLET},
	};

	for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++) {
		size_t size = strlen(channels[i].word);

		if (strncmp(placement, channels[i].word, size) != 0)
			continue;
		*out = channels[i].channel;
		return text_is_slug(placement + size);
	}
	return false;
}

static bool check_placements(const Utarg__V1__MarketingMessage *message, struct err *e)
{
	Utarg__V1__Channel channel;

	if (message->n_placements == 0)
		return err_field(e, ERR_MISSING_FIELD, "message.placements",
				 "where is it said? A message needs a placement, as in web/home-hero");
	if (message->n_placements > MESSAGE_PLACEMENTS_MAX)
		return err_field(e, ERR_TOO_MANY, "message.placements", "%zu placements; %d are the most",
				 message->n_placements, MESSAGE_PLACEMENTS_MAX);
	for (size_t i = 0; i < message->n_placements; i++) {
		const char *placement = message->placements[i];

		if (!message_placement_channel(placement, &channel))
			return err_field(e, ERR_BAD_FIELD, "message.placements",
					 "\"%.80s\" is no placement: web, app, pos, phone, marketplace, mail "
					 "or leaflet, then / and a slug, as in web/home-hero",
					 placement);
		for (size_t k = 0; k < i; k++) {
			if (strcmp(message->placements[k], placement) == 0)
				return err_field(e, ERR_BAD_FIELD, "message.placements",
						 "placement %s is named twice", placement);
		}
	}
	return true;
}

// ---- texts ---------------------------------------------------------------------------------------------

static bool is_language(const char *tag)
{
	size_t part = 0;

	if (strlen(tag) > LANGUAGE_MAX_BYTES)
		return false;
	for (const char *at = tag; *at != '\0'; at++) {
		bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
		bool is_digit = *at >= '0' && *at <= '9';

		if (*at == '-' && part > 1)
			part = 0;
		else if ((is_letter || (is_digit && at - tag > 2)) && ++part <= 8)
			continue;
		else
			return false;
	}
	return part > 1;
}

static bool check_text(const char *field, const char *language, const char *text, struct err *e)
{
	if (language[0] != '\0' && !is_language(language))
		return err_field(e, ERR_BAD_FIELD, field, "\"%.40s\" is no language, as in pl or de-AT",
				 language);
	if (strlen(text) > TEXT_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, field, "a text has %d bytes at most", TEXT_MAX_BYTES);
	return true;
}

static bool check_texts(const Utarg__V1__MarketingMessage *message, struct err *e)
{
	if (message->text[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "message.text",
				 "what does it say? Its text is missing");
	if (message->n_texts > MESSAGE_TEXTS_MAX)
		return err_field(e, ERR_TOO_MANY, "message.texts", "%zu languages; %d are the most",
				 message->n_texts, MESSAGE_TEXTS_MAX);
	if (!check_text("message.text", message->language, message->text, e))
		return false;
	for (size_t i = 0; i < message->n_texts; i++) {
		const Utarg__V1__LocalizedText *text = message->texts[i];
		bool is_double = strcmp(text->language, message->language) == 0;

		if (text->language[0] == '\0' || text->text[0] == '\0')
			return err_field(e, ERR_MISSING_FIELD, "message.texts",
					 "a text in a further language needs its language and its text");
		if (!check_text("message.texts", text->language, text->text, e))
			return false;
		for (size_t k = 0; k < i; k++)
			is_double = is_double || strcmp(text->language, message->texts[k]->language) == 0;
		if (is_double)
			return err_field(e, ERR_BAD_FIELD, "message.texts", "there are two texts in %s",
					 text->language);
	}
	return true;
}

// ---- claims --------------------------------------------------------------------------------------------

// What a kind of claim cannot do without.
static const struct {
	bool sku, amount, percentage, coupon, until;
} needs[] = {
	[UTARG__V1__CLAIM_KIND__CLAIM_KIND_PRICE] = {.sku = true, .amount = true},
	[UTARG__V1__CLAIM_KIND__CLAIM_KIND_PERCENTAGE] = {.sku = true, .percentage = true},
	[UTARG__V1__CLAIM_KIND__CLAIM_KIND_COUPON] = {.coupon = true},
	[UTARG__V1__CLAIM_KIND__CLAIM_KIND_VALIDITY] = {.until = true},
	[UTARG__V1__CLAIM_KIND__CLAIM_KIND_STOCK] = {.sku = true},
};
enum { KIND_COUNT = sizeof(needs) / sizeof(needs[0]) };

static bool check_needs(const Utarg__V1__Claim *claim, char field[FIELD_SIZE], size_t used, struct err *e)
{
	size_t kind = (size_t)claim->claim_kind;
	const struct {
		bool is_missing;
		const char *name;
	} parts[] = {
		{needs[kind].sku && claim->sku[0] == '\0', "sku"},
		{needs[kind].amount && claim->amount_minor == 0, "amount_minor"},
		{claim->amount_minor != 0 && claim->currency[0] == '\0', "currency"},
		{needs[kind].percentage && claim->percentage_bp == 0, "percentage_bp"},
		{needs[kind].coupon && claim->coupon[0] == '\0', "coupon"},
		{needs[kind].until && claim->until_ms == 0, "until_ms"},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].is_missing)
			continue;
		snprintf(field + used, FIELD_SIZE - used, ".%s", parts[i].name);
		return err_field(e, ERR_MISSING_FIELD, field, "%s is missing: this claim needs it", field);
	}
	return true;
}

static bool check_values(const Utarg__V1__Claim *claim, const char *field, struct err *e)
{
	int exponent;

	if (strlen(claim->sku) > ID_MAX_BYTES || strlen(claim->market) > ID_MAX_BYTES ||
	    strlen(claim->coupon) > CODE_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, field, "sku, market and coupon have %d bytes at most",
				 ID_MAX_BYTES);
	if (claim->currency[0] != '\0' && !money_exponent(claim->currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, field,
				 "\"%.20s\" is no currency: three capitals of ISO 4217, as in PLN",
				 claim->currency);
	if (claim->amount_minor < 0 || claim->amount_minor > MONEY_MAX_MINOR)
		return err_field(e, ERR_AMOUNT_RANGE, field, "a price is 1 to %lld minor units",
				 (long long)MONEY_MAX_MINOR);
	if (claim->percentage_bp > SHARE_MAX_BP)
		return err_field(e, ERR_BAD_FIELD, field, "a percentage is 1 to %d hundredths of a per cent",
				 SHARE_MAX_BP);
	if (protobuf_c_enum_descriptor_get_value(&utarg__v1__audience__descriptor, (int)claim->audience) ==
	    NULL)
		return err_field(e, ERR_BAD_FIELD, field, "%d is no audience", (int)claim->audience);
	if (claim->from_ms < 0 || claim->from_ms > TIME_MAX_MS || claim->until_ms < 0 ||
	    claim->until_ms > TIME_MAX_MS)
		return err_field(e, ERR_BAD_TIME, field, "its time is not between 1970 and 9999");
	if (claim->until_ms != 0 && claim->until_ms <= claim->from_ms)
		return err_field(e, ERR_BAD_TIME, field, "it is over before it begins");
	return true;
}

static bool check_claims(const Utarg__V1__MarketingMessage *message, struct err *e)
{
	if (message->n_claims > MESSAGE_CLAIMS_MAX)
		return err_field(e, ERR_TOO_MANY, "message.claims", "%zu claims; %d are the most",
				 message->n_claims, MESSAGE_CLAIMS_MAX);
	for (size_t i = 0; i < message->n_claims; i++) {
		const Utarg__V1__Claim *claim = message->claims[i];
		char field[FIELD_SIZE];
		int used = snprintf(field, sizeof(field), "message.claims[%zu]", i);

		if ((int)claim->claim_kind <= 0 || (int)claim->claim_kind >= KIND_COUNT)
			return err_field(e, ERR_BAD_FIELD, field,
					 "claim %zu is none: price, percentage, coupon, validity or stock",
					 i + 1);
		if (!check_values(claim, field, e) || !check_needs(claim, field, (size_t)used, e))
			return false;
	}
	return true;
}

// ---- all of it -----------------------------------------------------------------------------------------

bool message_check(const Utarg__V1__MarketingMessage *message, struct err *e)
{
	if (message == NULL)
		return err_field(e, ERR_MISSING_FIELD, "message", "the message is missing");
	if (!settings_check_slug("message.message_id", message->message_id, e) ||
	    (message->campaign[0] != '\0' && !settings_check_slug("message.campaign", message->campaign, e)))
		return false;
	return check_texts(message, e) && check_claims(message, e) && check_placements(message, e) &&
	       campaign_check_reason(message->reason, e);
}

// The words alone, packed; the caller's to free.
static uint8_t *words_of(const Utarg__V1__MarketingMessage *message, size_t *size)
{
	Utarg__V1__MarketingMessage words = *message;
	uint8_t *bytes;

	words.message_version = 0;
	words.n_overruled = 0;
	*size = utarg__v1__marketing_message__get_packed_size(&words);
	bytes = malloc(*size + 1);
	if (bytes == NULL)
		abort();
	utarg__v1__marketing_message__pack(&words, bytes);
	return bytes;
}

bool message_equal(const Utarg__V1__MarketingMessage *a, const Utarg__V1__MarketingMessage *b)
{
	size_t a_size;
	size_t b_size;
	uint8_t *a_words = words_of(a, &a_size);
	uint8_t *b_words = words_of(b, &b_size);
	bool is_equal = a_size == b_size && memcmp(a_words, b_words, a_size) == 0;

	free(a_words);
	free(b_words);
	return is_equal;
}
