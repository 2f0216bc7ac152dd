// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_box_affiliate.h"

#include <string.h>

static struct signature_key key_of(unsigned number)
{
	struct signature_key key;
	for (size_t i = 0; i < sizeof(key.seed); i++)
		key.seed[i] = (uint8_t)(number + i);
	return key;
}

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
}

struct box *box_affiliate_key(int64_t t_ms, unsigned key_number, int64_t valid_from_ms)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	const struct signature_key key = key_of(key_number);
	box->event.body_case = UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED;
	box->event.affiliate_key_changed = &box->body.affiliate_key;
	utarg__v1__affiliate_key__init(&box->body.affiliate_key);
	signature_public(&key, box->signature);
	box->body.affiliate_key.public_key = (ProtobufCBinaryData){SIGNATURE_PUBLIC_SIZE, box->signature};
	box->body.affiliate_key.valid_from_ms = valid_from_ms;
	return box;
}

struct box *box_click(int64_t t_ms, const char *visitor, const char *customer, const char *affiliate,
		      const char *campaign, int key_number)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, visitor, customer);
	Utarg__V1__AffiliateClick *click = &box->body.click;
	box->event.body_case = UTARG__V1__EVENT__BODY_AFFILIATE_CLICK;
	box->event.affiliate_click = click;
	utarg__v1__affiliate_click__init(click);
	click->affiliate = text(affiliate);
	click->campaign = text(campaign);
	if (key_number < 0)
		return box;
	const struct signature_key key = key_of((unsigned)key_number);
	const struct signature_link link = {box->event.shop, affiliate, campaign};
	signature_make(&key, &link, box->signature);
	click->signature = (ProtobufCBinaryData){SIGNATURE_SIZE, box->signature};
	return box;
}

struct box *box_partner(int64_t t_ms, const char *affiliate, bool is_paused)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_AFFILIATE_CHANGED;
	box->event.affiliate_changed = &box->body.affiliate;
	utarg__v1__affiliate__init(&box->body.affiliate);
	box->body.affiliate.affiliate = text(affiliate);
	box->body.affiliate.state = is_paused ? UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_PAUSED
					      : UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_ACTIVE;
	return box;
}

struct box *box_commission(int64_t t_ms, const char *affiliate, const char *category, const char *rule_id,
			   uint32_t percentage_bp, int64_t fixed_minor)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	Utarg__V1__CommissionRule *rule = &box->body.commission;
	box->event.body_case = UTARG__V1__EVENT__BODY_COMMISSION_CHANGED;
	box->event.commission_changed = rule;
	utarg__v1__commission_rule__init(rule);
	utarg__v1__money__init(&box->fixed);
	rule->affiliate = text(affiliate);
	rule->category = text(category);
	rule->rule_id = text(rule_id);
	rule->percentage_bp = percentage_bp;
	rule->valid_from_ms = t_ms;
	box->fixed.minor = fixed_minor;
	box->fixed.currency = text("PLN");
	rule->fixed = fixed_minor ? &box->fixed : NULL;
	return box;
}

struct box *box_affiliate_paid(int64_t t_ms, const char *affiliate, const char *order, const char *rule_id,
			       int64_t amount_minor)
{
	struct box *box = box_new(t_ms, ORIGIN_SERVER, NULL, NULL);
	Utarg__V1__AffiliatePaid *paid = &box->body.affiliate_paid;
	box->event.body_case = UTARG__V1__EVENT__BODY_AFFILIATE_PAID;
	box->event.affiliate_paid = paid;
	utarg__v1__affiliate_paid__init(paid);
	utarg__v1__affiliate_paid_line__init(&box->paid_line);
	paid->affiliate = text(affiliate);
	paid->currency = text("PLN");
	paid->lines = box->paid_line_at;
	paid->n_lines = 1;
	box->paid_line_at[0] = &box->paid_line;
	box->paid_line.order_id = text(order);
	box->paid_line.rule_id = text(rule_id);
	box->paid_line.amount_minor = amount_minor;
	return box;
}

bool box_is_signed(const struct box *box, unsigned key_number)
{
	const struct signature_key key = key_of(key_number);
	const struct signature_link link = {box->event.shop, box->body.click.affiliate,
					    box->body.click.campaign};
	uint8_t signature[SIGNATURE_SIZE];
	signature_make(&key, &link, signature);
	return box->body.click.signature.len == SIGNATURE_SIZE &&
	       memcmp(box->body.click.signature.data, signature, sizeof(signature)) == 0;
}

unsigned box_key_number(const struct box *box)
{
	uint8_t public_key[SIGNATURE_PUBLIC_SIZE];
	for (unsigned number = 0; number < 8; number++) {
		const struct signature_key key = key_of(number);
		signature_public(&key, public_key);
		if (memcmp(public_key, box->body.affiliate_key.public_key.data, sizeof(public_key)) == 0)
			return number;
	}
	return 8;
}

void box_affiliate_move(struct box *to)
{
	switch (to->event.body_case) {
	case UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED:
		to->body.affiliate_key.public_key.data = to->signature;
		break;
	case UTARG__V1__EVENT__BODY_AFFILIATE_CLICK:
		if (to->body.click.signature.len)
			to->body.click.signature.data = to->signature;
		break;
	case UTARG__V1__EVENT__BODY_COMMISSION_CHANGED:
		if (to->body.commission.fixed)
			to->body.commission.fixed = &to->fixed;
		break;
	case UTARG__V1__EVENT__BODY_AFFILIATE_PAID:
		to->paid_line_at[0] = &to->paid_line;
		to->body.affiliate_paid.lines = to->paid_line_at;
		break;
	default:
		break;
	}
}
