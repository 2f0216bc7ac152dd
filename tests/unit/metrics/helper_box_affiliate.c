// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_box_affiliate.h"

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
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

void box_affiliate_move(struct box *to)
{
	switch (to->event.body_case) {
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
