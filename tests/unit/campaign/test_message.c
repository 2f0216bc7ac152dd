// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The form of a message: each rule with the field it names, and when two commands say the same.
#include "services/campaign/core/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A message that is all right, to be spoilt in one place.
struct sample {
	Utarg__V1__MarketingMessage message;
	Utarg__V1__Claim claim, *claims[MESSAGE_CLAIMS_MAX + 1];
	Utarg__V1__LocalizedText text, *texts[1];
	char *placements[MESSAGE_PLACEMENTS_MAX + 1];
	char long_text[1002];
};

static void make(struct sample *s)
{
	static char id[] = "mugs", words[] = "Mugs 39.00", sku[] = "MUG", pln[] = "PLN", pl[] = "pl",
		    en[] = "en", polish[] = "Kubki", web[] = "web/home-hero", leaflet[] = "leaflet/2026-11";

	memset(s, 0, sizeof(*s));
	utarg__v1__marketing_message__init(&s->message);
	utarg__v1__claim__init(&s->claim);
	utarg__v1__localized_text__init(&s->text);
	s->claim.claim_kind = UTARG__V1__CLAIM_KIND__CLAIM_KIND_PRICE;
	s->claim.sku = sku;
	s->claim.amount_minor = 3900;
	s->claim.currency = pln;
	s->text.language = pl;
	s->text.text = polish;
	s->claims[0] = &s->claim;
	s->texts[0] = &s->text;
	s->placements[0] = web;
	s->placements[1] = leaflet;
	memset(s->long_text, 'x', sizeof(s->long_text) - 1);
	s->message.message_id = id;
	s->message.language = en;
	s->message.text = words;
	s->message.claims = s->claims;
	s->message.n_claims = 1;
	s->message.texts = s->texts;
	s->message.n_texts = 1;
	s->message.placements = s->placements;
	s->message.n_placements = 2;
}

static void a_good_one_is_good(void **state)
{
	struct sample s;

	(void)state;
	make(&s);
	assert_true(message_check(&s.message, NULL));
	s.message.n_claims = s.message.n_texts = 0; // words alone
	assert_true(message_check(&s.message, NULL));
}

#define SPOIL(what, code, field)                                                                             \
	{                                                                                                    \
#what, spoil_##what, code, field                                                             \
	}
#define SPOILER(what, change)                                                                                \
	static void spoil_##what(struct sample *s)                                                           \
	{                                                                                                    \
		change;                                                                                      \
	}

static char empty[] = "", bad_slug[] = "Not A Slug", moon[] = "moon/base", bare[] = "web/", xyz[] = "XYZ",
	    english[] = "en", bad_language[] = "e_n", one_letter[] = "x";

SPOILER(no_id, s->message.message_id = empty)
SPOILER(bad_id, s->message.message_id = bad_slug)
SPOILER(bad_campaign, s->message.campaign = bad_slug)
SPOILER(no_text, s->message.text = empty)
SPOILER(long_text, s->message.text = s->long_text)
SPOILER(bad_language, s->message.language = bad_language)
SPOILER(one_letter, s->message.language = one_letter)
SPOILER(double_language, s->text.language = english)
SPOILER(empty_translation, s->text.text = empty)
SPOILER(no_placement, s->message.n_placements = 0)
SPOILER(unknown_channel, s->placements[1] = moon)
SPOILER(no_slug, s->placements[1] = bare)
SPOILER(twice, s->placements[1] = s->placements[0])
SPOILER(many_placements, s->message.n_placements = MESSAGE_PLACEMENTS_MAX + 1)
SPOILER(no_kind, s->claim.claim_kind = UTARG__V1__CLAIM_KIND__CLAIM_KIND_UNSPECIFIED)
SPOILER(no_sku, s->claim.sku = empty)
SPOILER(no_amount, s->claim.amount_minor = 0)
SPOILER(negative, s->claim.amount_minor = -1)
SPOILER(no_currency, s->claim.currency = empty)
SPOILER(bad_currency, s->claim.currency = xyz)
SPOILER(no_percentage, s->claim.claim_kind = UTARG__V1__CLAIM_KIND__CLAIM_KIND_PERCENTAGE)
SPOILER(above_all, s->claim.percentage_bp = 10001)
SPOILER(no_coupon, s->claim.claim_kind = UTARG__V1__CLAIM_KIND__CLAIM_KIND_COUPON)
SPOILER(no_end, s->claim.claim_kind = UTARG__V1__CLAIM_KIND__CLAIM_KIND_VALIDITY)
SPOILER(backwards, s->claim.from_ms = 20; s->claim.until_ms = 20)
SPOILER(before_1970, s->claim.until_ms = -1)
SPOILER(many_claims, s->message.n_claims = MESSAGE_CLAIMS_MAX + 1)
SPOILER(long_reason, s->message.reason = s->long_text)

static const struct {
	const char *what;
	void (*spoil)(struct sample *s);
	enum err_code code;
	const char *field;
} cases[] = {
	SPOIL(no_id, ERR_MISSING_FIELD, "message.message_id"),
	SPOIL(bad_id, ERR_BAD_FIELD, "message.message_id"),
	SPOIL(bad_campaign, ERR_BAD_FIELD, "message.campaign"),
	SPOIL(no_text, ERR_MISSING_FIELD, "message.text"),
	SPOIL(long_text, ERR_BAD_FIELD, "message.text"),
	SPOIL(bad_language, ERR_BAD_FIELD, "message.text"),
	SPOIL(one_letter, ERR_BAD_FIELD, "message.text"),
	SPOIL(double_language, ERR_BAD_FIELD, "message.texts"),
	SPOIL(empty_translation, ERR_MISSING_FIELD, "message.texts"),
	SPOIL(no_placement, ERR_MISSING_FIELD, "message.placements"),
	SPOIL(unknown_channel, ERR_BAD_FIELD, "message.placements"),
	SPOIL(no_slug, ERR_BAD_FIELD, "message.placements"),
	SPOIL(twice, ERR_BAD_FIELD, "message.placements"),
	SPOIL(many_placements, ERR_TOO_MANY, "message.placements"),
	SPOIL(no_kind, ERR_BAD_FIELD, "message.claims[0]"),
	SPOIL(no_sku, ERR_MISSING_FIELD, "message.claims[0].sku"),
	SPOIL(no_amount, ERR_MISSING_FIELD, "message.claims[0].amount_minor"),
	SPOIL(negative, ERR_AMOUNT_RANGE, "message.claims[0]"),
	SPOIL(no_currency, ERR_MISSING_FIELD, "message.claims[0].currency"),
	SPOIL(bad_currency, ERR_BAD_CURRENCY, "message.claims[0]"),
	SPOIL(no_percentage, ERR_MISSING_FIELD, "message.claims[0].percentage_bp"),
	SPOIL(above_all, ERR_BAD_FIELD, "message.claims[0]"),
	SPOIL(no_coupon, ERR_MISSING_FIELD, "message.claims[0].coupon"),
	SPOIL(no_end, ERR_MISSING_FIELD, "message.claims[0].until_ms"),
	SPOIL(backwards, ERR_BAD_TIME, "message.claims[0]"),
	SPOIL(before_1970, ERR_BAD_TIME, "message.claims[0]"),
	SPOIL(many_claims, ERR_TOO_MANY, "message.claims"),
	SPOIL(long_reason, ERR_BAD_FIELD, "reason"),
};

static void each_rule_names_its_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sample s;
		struct err e = {0};

		make(&s);
		cases[i].spoil(&s);
		if (message_check(&s.message, &e) || e.code != cases[i].code ||
		    strcmp(e.field, cases[i].field) != 0)
			fail_msg("%s: %s %s: %s", cases[i].what, err_name(e.code), e.field, e.text);
	}
	assert_false(message_check(NULL, NULL));
}

static void every_channel_has_placements(void **state)
{
	static const struct {
		const char *placement;
		int channel;
	} good[] = {{"web/a", 1},
		    {"app/a", 2},
		    {"pos/door", 3},
		    {"phone/line", 4},
		    {"marketplace/allegro", 5},
		    {"mail/w-48", 6},
		    {"leaflet/2026-11", 7}};
	Utarg__V1__Channel channel;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(message_placement_channel(good[i].placement, &channel));
		assert_int_equal(channel, good[i].channel);
	}
	assert_false(message_placement_channel("web", &channel));
	assert_false(message_placement_channel("web/a/b", &channel));
	assert_false(message_placement_channel("Web/a", &channel));
}

static void words_make_it_the_same(void **state)
{
	struct sample a, b;
	char *overruled[] = {empty};

	(void)state;
	make(&a);
	make(&b);
	b.message.message_version = 7;
	b.message.overruled = overruled;
	b.message.n_overruled = 1;
	assert_true(message_equal(&a.message, &b.message));
	b.claim.amount_minor++;
	assert_false(message_equal(&a.message, &b.message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one_is_good),
		cmocka_unit_test(each_rule_names_its_field),
		cmocka_unit_test(every_channel_has_placements),
		cmocka_unit_test(words_make_it_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
