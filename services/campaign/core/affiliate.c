// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See affiliate.h.
#include "services/campaign/core/affiliate.h"

#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/zone.h"
#include "services/campaign/core/settings.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX_BYTES = 1000, ID_MAX_BYTES = 64, CATEGORY_MAX_BYTES = 256, WHOLE_BP = 10000, KEY_BYTES = 32 };
#define DAY_MS INT64_C(86400000)

static bool check_text(const char *field, const char *text, size_t most, struct err *e)
{
	size_t size = strlen(text);
	if (size > most)
		return err_field(e, ERR_BAD_FIELD, field, "%s has %zu bytes; %zu are the most", field, size,
				 most);
	return text_is_utf8(text, size) || err_field(e, ERR_BAD_UTF8, field, "%s is not UTF-8", field);
}

bool affiliate_check(const Utarg__V1__Affiliate *affiliate, struct err *e)
{
	if (affiliate == NULL)
		return err_field(e, ERR_MISSING_FIELD, "affiliate", "the partner is missing");
	if (!settings_check_slug("affiliate.affiliate", affiliate->affiliate, e) ||
	    !check_text("affiliate.title", affiliate->title, TEXT_MAX_BYTES, e) ||
	    !check_text("affiliate.reason", affiliate->reason, TEXT_MAX_BYTES, e))
		return false;
	if (protobuf_c_enum_descriptor_get_value(&utarg__v1__affiliate_state__descriptor,
						 (int)affiliate->state) == NULL)
		return err_field(e, ERR_BAD_FIELD, "affiliate.state", "there is no such state of a partner");
	return true;
}

bool affiliate_check_key(const Utarg__V1__AffiliateKey *key, struct err *e)
{
	if (key == NULL || key->public_key.len == 0)
		return err_field(e, ERR_MISSING_FIELD, "key.public_key", "the public key is missing");
	if (key->public_key.len != KEY_BYTES)
		return err_field(e, ERR_BAD_FIELD, "key.public_key", "an Ed25519 key has %d bytes, not %zu",
				 KEY_BYTES, key->public_key.len);
	return true;
}

const char *affiliate_rule_id(const Utarg__V1__CommissionRule *rule)
{
	if (rule->rule_id[0] != '\0')
		return rule->rule_id;
	return text_is_slug(rule->category) ? rule->category : AFFILIATE_RULE_GENERAL;
}

static bool check_pay(const Utarg__V1__CommissionRule *rule, struct err *e)
{
	bool has_fixed = rule->fixed != NULL && rule->fixed->minor != 0;
	int exponent;
	if (rule->ended)
		return true;
	if (has_fixed == (rule->percentage_bp != 0))
		return err_field(e, ERR_BAD_FIELD, "rule.percentage_bp",
				 "a rule pays a percentage or a fixed amount: one of the two");
	if (rule->percentage_bp > WHOLE_BP)
		return err_field(e, ERR_BAD_FIELD, "rule.percentage_bp", "more than 100 %% of the net");
	if (!has_fixed)
		return true;
	if (rule->fixed->minor < 0 || rule->fixed->minor > MONEY_MAX_MINOR)
		return err_field(e, ERR_AMOUNT_RANGE, "rule.fixed", "the fixed amount is out of range");
	return money_exponent(rule->fixed->currency, &exponent) ||
	       err_field(e, ERR_BAD_CURRENCY, "rule.fixed", "\"%.10s\" is no currency",
			 rule->fixed->currency);
}

bool affiliate_check_rule(const Utarg__V1__CommissionRule *rule, struct err *e)
{
	if (rule == NULL)
		return err_field(e, ERR_MISSING_FIELD, "rule", "the rule is missing");
	if (!settings_check_slug("rule.affiliate", rule->affiliate, e) ||
	    !check_text("rule.category", rule->category, CATEGORY_MAX_BYTES, e) ||
	    !check_text("rule.title", rule->title, TEXT_MAX_BYTES, e) ||
	    !check_text("rule.reason", rule->reason, TEXT_MAX_BYTES, e))
		return false;
	if (rule->rule_id[0] != '\0' && !settings_check_slug("rule.rule_id", rule->rule_id, e))
		return false;
	if (rule->category[0] != '\0' && rule->rule_id[0] == '\0' && !text_is_slug(rule->category))
		return err_field(e, ERR_MISSING_FIELD, "rule.rule_id",
				 "the rule for \"%.60s\" needs an id of its own: a-z, 0-9 and '-'",
				 rule->category);
	if (rule->holding_days > AFFILIATE_HOLDING_MAX)
		return err_field(e, ERR_BAD_FIELD, "rule.holding_days",
				 "a commission is held for %d days at most", AFFILIATE_HOLDING_MAX);
	return check_pay(rule, e);
}

bool affiliate_check_from(const char *field, int64_t valid_from_ms, int64_t now_ms, struct err *e)
{
	if (valid_from_ms == 0)
		return true;
	if (valid_from_ms < now_ms - AFFILIATE_BACK_MAX_DAYS * DAY_MS)
		return err_field(e, ERR_BAD_TIME, field,
				 "what is decided now begins %d days ago at the earliest",
				 AFFILIATE_BACK_MAX_DAYS);
	if (valid_from_ms > now_ms + AFFILIATE_AHEAD_MAX_DAYS * DAY_MS)
		return err_field(e, ERR_BAD_TIME, field,
				 "what is decided now begins in %d days at the latest",
				 AFFILIATE_AHEAD_MAX_DAYS);
	return true;
}

// ---- payouts ----

static bool check_line(const Utarg__V1__AffiliatePaidLine *line, struct err *e)
{
	if (line->order_id[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "payout.lines", "a line says no order");
	if (!check_text("payout.lines", line->order_id, ID_MAX_BYTES, e) ||
	    !check_text("payout.lines", line->rule_id, ID_MAX_BYTES, e))
		return false;
	if (line->amount_minor == 0 || line->amount_minor > MONEY_MAX_MINOR ||
	    line->amount_minor < -MONEY_MAX_MINOR || line->paid_before_minor > MONEY_MAX_MINOR ||
	    line->paid_before_minor < -MONEY_MAX_MINOR)
		return err_field(e, ERR_AMOUNT_RANGE, "payout.lines",
				 "order %.64s is paid nothing or out of range", line->order_id);
	return true;
}

static int line_compare(const void *a, const void *b)
{
	const Utarg__V1__AffiliatePaidLine *x = *(Utarg__V1__AffiliatePaidLine *const *)a;
	const Utarg__V1__AffiliatePaidLine *y = *(Utarg__V1__AffiliatePaidLine *const *)b;
	int order = strcmp(x->order_id, y->order_id);
	return order ? order : strcmp(x->rule_id, y->rule_id);
}

static bool check_once(const Utarg__V1__AffiliatePaid *payout, struct err *e)
{
	Utarg__V1__AffiliatePaidLine *sorted[AFFILIATE_LINES_MAX];
	memcpy(sorted, payout->lines, payout->n_lines * sizeof(sorted[0]));
	qsort(sorted, payout->n_lines, sizeof(sorted[0]), line_compare);
	for (size_t i = 1; i < payout->n_lines; i++)
		if (line_compare(&sorted[i - 1], &sorted[i]) == 0)
			return err_field(e, ERR_BAD_FIELD, "payout.lines", "order %.64s stands there twice",
					 sorted[i]->order_id);
	return true;
}

static bool check_lines(const Utarg__V1__AffiliatePaid *payout, struct err *e)
{
	money_sum sum = 0;
	if (payout->n_lines == 0)
		return err_field(e, ERR_MISSING_FIELD, "payout.lines", "a payout without a line");
	if (payout->n_lines > AFFILIATE_LINES_MAX)
		return err_field(e, ERR_TOO_MANY, "payout.lines", "%zu lines; %d are the most",
				 payout->n_lines, AFFILIATE_LINES_MAX);
	for (size_t i = 0; i < payout->n_lines; i++) {
		if (!check_line(payout->lines[i], e))
			return false;
		sum += payout->lines[i]->amount_minor;
	}
	if (sum != payout->amount_minor)
		return err_field(e, ERR_BAD_FIELD, "payout.amount_minor",
				 "the lines do not sum to the amount");
	return check_once(payout, e);
}

bool affiliate_check_payout(const Utarg__V1__AffiliatePaid *payout, struct err *e)
{
	struct zone_date day;
	if (payout == NULL)
		return err_field(e, ERR_MISSING_FIELD, "payout", "the payout is missing");
	if (!settings_check_slug("payout.affiliate", payout->affiliate, e))
		return false;
	if (payout->payout_id[0] == '\0')
		return err_field(e, ERR_MISSING_FIELD, "payout.payout_id", "the payout has no id");
	if (!check_text("payout.payout_id", payout->payout_id, ID_MAX_BYTES, e))
		return false;
	if (!zone_date_parse(payout->until_day, &day))
		return err_field(e, ERR_BAD_FIELD, "payout.until_day",
				 "\"%.20s\" is no day, as in 2026-11-23", payout->until_day);
	return check_lines(payout, e);
}

// ---- what the shop has ----

bool affiliate_judge_partner(const Utarg__V1__Affiliate *affiliate, const struct affiliate_shop *shop,
			     struct err *e)
{
	if (!shop->has_key)
		return err_set(
			e, ERR_REFUSED,
			"the shop has no key that signs its partners' links yet; decide on that first");
	if (!shop->has_partner && shop->partners >= AFFILIATES_MAX)
		return err_set(e, ERR_TOO_MANY, "the shop has %d partners, and %s would be one more",
			       AFFILIATES_MAX, affiliate->affiliate);
	return true;
}

static bool judge_known(const char *affiliate, const struct affiliate_shop *shop, struct err *e)
{
	return shop->has_partner || err_set(e, ERR_REFUSED, "the shop has no partner %.63s", affiliate);
}

bool affiliate_judge_rule(const Utarg__V1__CommissionRule *rule, const struct affiliate_shop *shop,
			  struct err *e)
{
	if (!judge_known(rule->affiliate, shop, e))
		return false;
	if (rule->fixed != NULL && rule->fixed->minor > 0 &&
	    strcmp(rule->fixed->currency, shop->currency) != 0)
		return err_set(e, ERR_REFUSED, "the rule pays in %.3s, but the shop's currency is %.3s",
			       rule->fixed->currency, shop->currency);
	if (shop->other_category != NULL)
		return err_set(e, ERR_REFUSED, "the rule %.64s of %.63s is for %s%.60s already",
			       affiliate_rule_id(rule), rule->affiliate,
			       shop->other_category[0] ? "" : "all lines", shop->other_category);
	if (shop->rules >= AFFILIATE_RULES_MAX)
		return err_set(e, ERR_TOO_MANY, "%d rules were decided for %.63s, and that is the most",
			       AFFILIATE_RULES_MAX, rule->affiliate);
	return true;
}

static const char *as_text(int64_t minor, const char *currency, char out[MONEY_TEXT_SIZE])
{
	int exponent = 2;
	(void)money_exponent(currency, &exponent);
	return money_text(minor, exponent, out);
}

static bool judge_line(const Utarg__V1__AffiliatePaidLine *line, const char *currency, int64_t paid_minor,
		       struct err *e)
{
	char paid[MONEY_TEXT_SIZE], said[MONEY_TEXT_SIZE];
	if (line->paid_before_minor != paid_minor)
		return err_set(e, ERR_REFUSED,
			       "%s %.3s was paid for order %.64s by rule %.64s already, not %s: read the "
			       "ledger again",
			       as_text(paid_minor, currency, paid), currency, line->order_id,
			       line->rule_id[0] ? line->rule_id : "-",
			       as_text(line->paid_before_minor, currency, said));
	if (paid_minor + line->amount_minor < 0)
		return err_set(e, ERR_REFUSED, "%s %.3s cannot be kept back for order %.64s: %s was paid",
			       as_text(-line->amount_minor, currency, said), currency, line->order_id,
			       as_text(paid_minor, currency, paid));
	return true;
}

bool affiliate_judge_payout(const Utarg__V1__AffiliatePaid *payout, const struct affiliate_shop *shop,
			    const int64_t *paid_minor, struct err *e)
{
	char text[MONEY_TEXT_SIZE];
	if (!judge_known(payout->affiliate, shop, e))
		return false;
	if (strcmp(payout->currency, shop->currency) != 0)
		return err_set(e, ERR_REFUSED, "partners are paid in the shop's currency, %.3s",
			       shop->currency);
	for (size_t i = 0; i < payout->n_lines; i++)
		if (!judge_line(payout->lines[i], shop->currency, paid_minor[i], e))
			return false;
	return payout->amount_minor > 0 ||
	       err_set(e, ERR_REFUSED, "nothing is to be paid to %.63s: what is due comes to %s %.3s",
		       payout->affiliate, as_text(payout->amount_minor, shop->currency, text),
		       shop->currency);
}

// ---- the same again ----

static int state_of(const Utarg__V1__Affiliate *affiliate)
{
	return affiliate->state == UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_PAUSED;
}

bool affiliate_equal(const Utarg__V1__Affiliate *asked, const Utarg__V1__Affiliate *set)
{
	return strcmp(asked->affiliate, set->affiliate) == 0 && strcmp(asked->title, set->title) == 0 &&
	       strcmp(asked->reason, set->reason) == 0 && state_of(asked) == state_of(set);
}

bool affiliate_key_equal(const Utarg__V1__AffiliateKey *asked, const Utarg__V1__AffiliateKey *set)
{
	return asked->public_key.len == set->public_key.len &&
	       memcmp(asked->public_key.data, set->public_key.data, set->public_key.len) == 0 &&
	       (asked->valid_from_ms == 0 || asked->valid_from_ms == set->valid_from_ms);
}

static bool same_money(const Utarg__V1__Money *a, const Utarg__V1__Money *b)
{
	int64_t x = a != NULL ? a->minor : 0, y = b != NULL ? b->minor : 0;
	return x == y && (x == 0 || strcmp(a->currency, b->currency) == 0);
}

bool affiliate_rule_equal(const Utarg__V1__CommissionRule *asked, const Utarg__V1__CommissionRule *set)
{
	return strcmp(asked->affiliate, set->affiliate) == 0 && strcmp(asked->category, set->category) == 0 &&
	       asked->percentage_bp == set->percentage_bp && same_money(asked->fixed, set->fixed) &&
	       asked->new_customers_only == set->new_customers_only &&
	       asked->holding_days == set->holding_days && asked->ended == set->ended &&
	       strcmp(affiliate_rule_id(asked), set->rule_id) == 0 && strcmp(asked->title, set->title) == 0 &&
	       strcmp(asked->reason, set->reason) == 0 &&
	       (asked->valid_from_ms == 0 || asked->valid_from_ms == set->valid_from_ms);
}

static bool same_line(const Utarg__V1__AffiliatePaidLine *a, const Utarg__V1__AffiliatePaidLine *b)
{
	return strcmp(a->order_id, b->order_id) == 0 && strcmp(a->rule_id, b->rule_id) == 0 &&
	       a->amount_minor == b->amount_minor && a->paid_before_minor == b->paid_before_minor;
}

bool affiliate_payout_equal(const Utarg__V1__AffiliatePaid *asked, const Utarg__V1__AffiliatePaid *set)
{
	bool same = strcmp(asked->payout_id, set->payout_id) == 0 &&
		    strcmp(asked->affiliate, set->affiliate) == 0 &&
		    strcmp(asked->until_day, set->until_day) == 0 &&
		    strcmp(asked->currency, set->currency) == 0 && asked->amount_minor == set->amount_minor &&
		    asked->n_lines == set->n_lines;
	for (size_t i = 0; same && i < asked->n_lines; i++)
		same = same_line(asked->lines[i], set->lines[i]);
	return same;
}
