// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What decisions about affiliates may say: each refusal with its code, the field at fault and, of a business
// rule's no, its sentence.
#include "services/campaign/core/affiliate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1795000000000)
#define DAY_MS INT64_C(86400000)

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
}

// ---- rules ----

struct rule_case {
	const char *affiliate, *category, *rule_id;
	uint32_t percentage_bp;
	int64_t fixed_minor;
	const char *currency;
	uint32_t holding_days;
	bool ended;
	enum err_code code;
	const char *field;
};

static const struct rule_case rule_cases[] = {
	{"blog", "", "", 500, 0, "", 14, false, ERR_OK, ""},
	{"blog", "books", "", 500, 0, "", 365, false, ERR_OK, ""},
	{"blog", "Książki", "books", 10000, 0, "", 0, false, ERR_OK, ""},
	{"blog", "", "", 0, 1000, "PLN", 0, false, ERR_OK, ""},
	{"blog", "", "", 0, 0, "", 0, true, ERR_OK, ""},
	{"", "", "", 500, 0, "", 0, false, ERR_MISSING_FIELD, "rule.affiliate"},
	{"Blog", "", "", 500, 0, "", 0, false, ERR_BAD_FIELD, "rule.affiliate"},
	{"blog", "Książki", "", 500, 0, "", 0, false, ERR_MISSING_FIELD, "rule.rule_id"},
	{"blog", "", "Not A Slug", 500, 0, "", 0, false, ERR_BAD_FIELD, "rule.rule_id"},
	{"blog", "", "", 0, 0, "", 0, false, ERR_BAD_FIELD, "rule.percentage_bp"},
	{"blog", "", "", 500, 1000, "PLN", 0, false, ERR_BAD_FIELD, "rule.percentage_bp"},
	{"blog", "", "", 10001, 0, "", 0, false, ERR_BAD_FIELD, "rule.percentage_bp"},
	{"blog", "", "", 0, -1, "PLN", 0, false, ERR_AMOUNT_RANGE, "rule.fixed"},
	{"blog", "", "", 0, 1000, "XYZ", 0, false, ERR_BAD_CURRENCY, "rule.fixed"},
	{"blog", "", "", 500, 0, "", 366, false, ERR_BAD_FIELD, "rule.holding_days"},
};

static Utarg__V1__CommissionRule rule_of(const struct rule_case *c, Utarg__V1__Money *fixed)
{
	Utarg__V1__CommissionRule rule = UTARG__V1__COMMISSION_RULE__INIT;
	utarg__v1__money__init(fixed);
	fixed->minor = c->fixed_minor;
	fixed->currency = text(c->currency);
	rule.affiliate = text(c->affiliate);
	rule.category = text(c->category);
	rule.rule_id = text(c->rule_id);
	rule.percentage_bp = c->percentage_bp;
	rule.fixed = c->fixed_minor ? fixed : NULL;
	rule.holding_days = c->holding_days;
	rule.ended = c->ended;
	return rule;
}

static void rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rule_cases) / sizeof(rule_cases[0]); i++) {
		const struct rule_case *c = &rule_cases[i];
		Utarg__V1__Money fixed;
		const Utarg__V1__CommissionRule rule = rule_of(c, &fixed);
		struct err e = {0};
		assert_int_equal(affiliate_check_rule(&rule, &e), c->code == ERR_OK);
		assert_int_equal(e.code, c->code);
		assert_string_equal(e.field, c->field);
	}
	struct err e = {0};
	assert_false(affiliate_check_rule(NULL, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
}

static void names_of_rules(void **state)
{
	(void)state;
	Utarg__V1__CommissionRule rule = UTARG__V1__COMMISSION_RULE__INIT;
	assert_string_equal(affiliate_rule_id(&rule), "general");
	rule.category = text("books");
	assert_string_equal(affiliate_rule_id(&rule), "books");
	rule.rule_id = text("mine");
	assert_string_equal(affiliate_rule_id(&rule), "mine");
}

static void beginnings(void **state)
{
	static const struct {
		int64_t from_ms;
		bool fits;
	} cases[] = {{0, true},
		     {NOW_MS - 31 * DAY_MS, true},
		     {NOW_MS - 31 * DAY_MS - 1, false},
		     {NOW_MS + 366 * DAY_MS, true},
		     {NOW_MS + 366 * DAY_MS + 1, false}};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};
		assert_int_equal(affiliate_check_from("from", cases[i].from_ms, NOW_MS, &e), cases[i].fits);
		assert_int_equal(e.code, cases[i].fits ? ERR_OK : ERR_BAD_TIME);
	}
}

static const struct affiliate_shop known = {
	.currency = "PLN", .has_key = true, .has_partner = true, .partners = 3};

static void is_refused(bool done, const struct err *e, const char *sentence)
{
	assert_false(done);
	assert_int_equal(e->code, ERR_REFUSED);
	assert_string_equal(e->text, sentence);
}

static void what_a_shop_refuses(void **state)
{
	(void)state;
	struct affiliate_shop shop = known;
	struct err e = {0};
	Utarg__V1__Affiliate affiliate = UTARG__V1__AFFILIATE__INIT;
	affiliate.affiliate = text("blog");
	assert_true(affiliate_check(&affiliate, &e) && affiliate_judge_partner(&affiliate, &shop, &e));
	shop.has_key = false;
	is_refused(affiliate_judge_partner(&affiliate, &shop, &e), &e,
		   "the shop has no key that signs its partners' links yet; decide on that first");
	shop = known;
	shop.partners = AFFILIATES_MAX;
	assert_true(affiliate_judge_partner(&affiliate, &shop, &e)); // it is one of them
	shop.has_partner = false;
	assert_false(affiliate_judge_partner(&affiliate, &shop, &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
	Utarg__V1__Money fixed;
	Utarg__V1__CommissionRule rule = rule_of(&rule_cases[3], &fixed);
	is_refused(affiliate_judge_rule(&rule, &shop, &e), &e, "the shop has no partner blog");
	shop = known;
	assert_true(affiliate_judge_rule(&rule, &shop, &e));
	shop.currency = "EUR";
	is_refused(affiliate_judge_rule(&rule, &shop, &e), &e,
		   "the rule pays in PLN, but the shop's currency is EUR");
	shop = known;
	shop.other_category = "books";
	is_refused(affiliate_judge_rule(&rule, &shop, &e), &e,
		   "the rule general of blog is for books already");
	shop = known;
	shop.rules = AFFILIATE_RULES_MAX;
	assert_false(affiliate_judge_rule(&rule, &shop, &e));
	assert_int_equal(e.code, ERR_TOO_MANY);
}

// ---- payouts ----

struct payout {
	Utarg__V1__AffiliatePaid paid;
	Utarg__V1__AffiliatePaidLine lines[2];
	Utarg__V1__AffiliatePaidLine *at[2];
};

// Two lines: 5.00 for O-1, and what is kept back for O-2 of 3.00 that was paid.
static void fill(struct payout *p)
{
	utarg__v1__affiliate_paid__init(&p->paid);
	p->paid.payout_id = text("2026-11");
	p->paid.affiliate = text("blog");
	p->paid.until_day = text("2026-11-30");
	p->paid.currency = text("PLN");
	p->paid.amount_minor = 300;
	p->paid.lines = p->at;
	p->paid.n_lines = 2;
	for (int i = 0; i < 2; i++) {
		utarg__v1__affiliate_paid_line__init(&p->lines[i]);
		p->lines[i].order_id = text(i ? "O-2" : "O-1");
		p->lines[i].rule_id = text("general");
		p->lines[i].amount_minor = i ? -200 : 500;
		p->lines[i].paid_before_minor = i ? 300 : 0;
		p->at[i] = &p->lines[i];
	}
}

static void wrong_payouts(void **state)
{
	struct payout p;
	struct err e = {0};
	(void)state;
#define WRONG(change, wanted)                                                                                \
	do {                                                                                                 \
		fill(&p);                                                                                    \
		change;                                                                                      \
		assert_false(affiliate_check_payout(&p.paid, &e));                                           \
		assert_int_equal(e.code, wanted);                                                            \
	} while (0)
	fill(&p);
	assert_true(affiliate_check_payout(&p.paid, &e));
	WRONG(p.paid.affiliate = text(""), ERR_MISSING_FIELD);
	WRONG(p.paid.payout_id = text(""), ERR_MISSING_FIELD);
	WRONG(p.paid.until_day = text("2026-02-30"), ERR_BAD_FIELD);
	WRONG(p.paid.n_lines = 0, ERR_MISSING_FIELD);
	WRONG(p.paid.amount_minor = 301, ERR_BAD_FIELD);
	WRONG(p.lines[0].order_id = text(""), ERR_MISSING_FIELD);
	WRONG(p.lines[0].amount_minor = 0, ERR_AMOUNT_RANGE);
	WRONG(p.lines[1].order_id = text("O-1"), ERR_BAD_FIELD); // twice
#undef WRONG
}

static void a_line_is_paid_once(void **state)
{
	struct payout p;
	struct err e = {0};
	static const int64_t as_it_says[] = {0, 300}, paid_meanwhile[] = {500, 300}, too_little[] = {0, 100};
	(void)state;
	fill(&p);
	assert_true(affiliate_judge_payout(&p.paid, &known, as_it_says, &e));
	is_refused(
		affiliate_judge_payout(&p.paid, &known, paid_meanwhile, &e), &e,
		"5.00 PLN was paid for order O-1 by rule general already, not 0.00: read the ledger again");
	p.lines[1].paid_before_minor = 100;
	is_refused(affiliate_judge_payout(&p.paid, &known, too_little, &e), &e,
		   "2.00 PLN cannot be kept back for order O-2: 1.00 was paid");
	fill(&p);
	p.lines[0].amount_minor = 150;
	p.paid.amount_minor = -50;
	is_refused(affiliate_judge_payout(&p.paid, &known, as_it_says, &e), &e,
		   "nothing is to be paid to blog: what is due comes to -0.50 PLN");
	p.paid.currency = text("EUR");
	is_refused(affiliate_judge_payout(&p.paid, &known, as_it_says, &e), &e,
		   "partners are paid in the shop's currency, PLN");
}

// ---- keys, the same again ----

static void keys(void **state)
{
	uint8_t bytes[33] = {1};
	Utarg__V1__AffiliateKey key = UTARG__V1__AFFILIATE_KEY__INIT, set = UTARG__V1__AFFILIATE_KEY__INIT;
	struct err e = {0};
	(void)state;
	assert_false(affiliate_check_key(&key, &e));
	assert_int_equal(e.code, ERR_MISSING_FIELD);
	key.public_key = (ProtobufCBinaryData){33, bytes};
	assert_false(affiliate_check_key(&key, &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	key.public_key.len = 32;
	assert_true(affiliate_check_key(&key, &e));
	set = key;
	set.valid_from_ms = NOW_MS;
	assert_true(affiliate_key_equal(&key, &set)); // now was asked for
	key.valid_from_ms = NOW_MS + 1;
	assert_false(affiliate_key_equal(&key, &set));
}

static void the_same_again(void **state)
{
	Utarg__V1__Money fixed, other_fixed;
	(void)state;
	const Utarg__V1__CommissionRule asked = rule_of(&rule_cases[3], &fixed);
	Utarg__V1__CommissionRule set = rule_of(&rule_cases[3], &other_fixed);
	set.rule_id = text("general");
	set.valid_from_ms = NOW_MS;
	assert_true(affiliate_rule_equal(&asked, &set));
	other_fixed.minor++;
	assert_false(affiliate_rule_equal(&asked, &set));
	struct payout a, b;
	fill(&a);
	fill(&b);
	assert_true(affiliate_payout_equal(&a.paid, &b.paid));
	b.lines[1].paid_before_minor++;
	assert_false(affiliate_payout_equal(&a.paid, &b.paid));
	Utarg__V1__Affiliate one = UTARG__V1__AFFILIATE__INIT, two = UTARG__V1__AFFILIATE__INIT;
	one.affiliate = two.affiliate = text("blog");
	two.state = UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_ACTIVE;
	assert_true(affiliate_equal(&one, &two));
	two.state = UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_PAUSED;
	assert_false(affiliate_equal(&one, &two));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),         cmocka_unit_test(names_of_rules),
		cmocka_unit_test(beginnings),    cmocka_unit_test(what_a_shop_refuses),
		cmocka_unit_test(wrong_payouts), cmocka_unit_test(a_line_is_paid_once),
		cmocka_unit_test(keys),          cmocka_unit_test(the_same_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
