// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The life of reductions: when each is over, which state it is in, what an announcement may say, and that a
// resend is recognised.
#include "services/campaign/core/reduction.h"

#include "common/base/money.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW  INT64_C(1795600800000)
#define HOUR INT64_C(3600000)

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
}

static Utarg__V1__Reduction announced(int64_t from_ms, int64_t until_ms, const char *market)
{
	Utarg__V1__Reduction out = UTARG__V1__REDUCTION__INIT;

	out.market = text(market);
	out.currency = text("PLN");
	out.audience = UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC;
	out.from_ms = from_ms;
	out.until_ms = until_ms;
	return out;
}

static void when_it_is_over(void **state)
{
	const Utarg__V1__Reduction first = announced(100, 0, ""), bounded = announced(100, 500, ""),
				   next = announced(200, 0, ""), elsewhere = announced(150, 0, "pos"),
				   same = announced(100, 0, "");
	static const struct {
		int64_t ended_at_ms, next_ended_at_ms;
		int64_t open, bounded; // when the first one, without and with an end, is over
	} rows[] = {
		{0, 0, 200, 200},     // the next takes over
		{150, 0, 150, 150},   // ended before that
		{300, 0, 200, 200},   // ended afterwards
		{0, 250, 200, 200},   // the next was ended, and had taken over
		{0, 180, 0, 500},     // the next was ended before it began
		{400, 180, 400, 400}, // and then this one
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct reduction list[] = {{&first, 0, rows[i].ended_at_ms, 1},
					   {&elsewhere, 0, 0, 2},
					   {&next, 0, rows[i].next_ended_at_ms, 3}};

		assert_int_equal(reduction_until_ms(list, 3, 0), rows[i].open);
		assert_int_equal(reduction_until_ms(list, 3, 1), 0); // another market
		assert_int_equal(reduction_until_ms(list, 3, 2), rows[i].next_ended_at_ms);
		list[0].announced = &bounded;
		assert_int_equal(reduction_until_ms(list, 3, 0), rows[i].bounded);
	}
	// Two that begin together: the one announced later.
	const struct reduction together[] = {{&first, 0, 0, 1}, {&same, 0, 0, 2}};
	assert_int_equal(reduction_until_ms(together, 2, 0), 100);
	assert_int_equal(reduction_until_ms(together, 2, 1), 0);
}

static void states(void **state)
{
	static const struct {
		int64_t from_ms, until_ms;
		int state;
	} rows[] = {
		{100, 0, 2},   {50, 0, 2},    {101, 0, 1}, // now is 100
		{50, 101, 2},  {50, 100, 3},  {50, 60, 3},
		{150, 200, 1}, {150, 150, 3}, // taken over when it begins: it never is
		{150, 120, 3},                // ended before it begins
	};
	bool seen[4] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(reduction_state(rows[i].from_ms, rows[i].until_ms, 100), rows[i].state);
		seen[rows[i].state] = true;
	}
	assert_true(seen[1] && seen[2] && seen[3]);
}

static Utarg__V1__ReductionAnnounceRequest request(void)
{
	Utarg__V1__ReductionAnnounceRequest out = UTARG__V1__REDUCTION_ANNOUNCE_REQUEST__INIT;

	out.shop = text("demo");
	out.sku = text("MUG");
	out.price_gross_minor = 1999;
	return out;
}

static void assert_refused(const Utarg__V1__ReductionAnnounceRequest *asked, enum err_code code,
			   const char *field)
{
	struct err e = {0};

	assert_false(reduction_check(asked, &e));
	assert_int_equal(e.code, code);
	assert_string_equal(e.field, field);
}

static void what_may_be_announced(void **state)
{
	char *own[] = {text("demo")}, *twice[] = {text("b"), text("b")}, *no_slug[] = {text("B/C")};
	char *many[101];
	Utarg__V1__ReductionAnnounceRequest asked = request();
	struct err e = {0};

	(void)state;
	assert_true(reduction_check(&asked, &e));
	asked.price_gross_minor = 0;
	assert_refused(&asked, ERR_AMOUNT_RANGE, "price_gross_minor");
	asked.price_gross_minor = MONEY_MAX_MINOR + 1;
	assert_refused(&asked, ERR_AMOUNT_RANGE, "price_gross_minor");
	asked = request();
	asked.sku = text("");
	assert_refused(&asked, ERR_MISSING_FIELD, "sku");
	asked = request();
	asked.market = text("0123456789012345678901234567890123456789012345678901234567890123456789");
	assert_refused(&asked, ERR_BAD_FIELD, "market");
	asked = request();
	asked.reduction_id = text("\xFF");
	assert_refused(&asked, ERR_BAD_UTF8, "reduction_id");
	asked = request();
	asked.currency = text("XXX");
	assert_refused(&asked, ERR_BAD_CURRENCY, "currency");
	asked = request();
	asked.audience = (Utarg__V1__Audience)5;
	assert_refused(&asked, ERR_BAD_FIELD, "audience");
	asked = request();
	asked.chain = own;
	asked.n_chain = 1;
	assert_refused(&asked, ERR_BAD_FIELD, "chain");
	asked.chain = no_slug;
	assert_refused(&asked, ERR_BAD_FIELD, "chain");
	asked.chain = twice;
	asked.n_chain = 2;
	assert_refused(&asked, ERR_BAD_FIELD, "chain");
	for (size_t i = 0; i < 101; i++)
		many[i] = text("b");
	asked.chain = many;
	asked.n_chain = 101;
	assert_refused(&asked, ERR_TOO_MANY, "chain");
}

static void when_it_may_apply(void **state)
{
	static const struct {
		int64_t from_ms, until_ms;
		bool is_good;
	} rows[] = {
		{0, 0, true},
		{NOW - 24 * HOUR, 0, true},
		{NOW - 24 * HOUR - 1, 0, false},
		{NOW + 366 * 24 * HOUR, 0, true},
		{NOW + 366 * 24 * HOUR + 1, 0, false},
		{0, NOW + 1, true},
		{0, NOW, false},
		{NOW + HOUR, NOW + HOUR, false},
		{NOW + HOUR, NOW + 2 * HOUR, true},
		{NOW, INT64_C(253402300800000), false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		Utarg__V1__ReductionAnnounceRequest asked = request();
		struct err e = {0};

		asked.from_ms = rows[i].from_ms;
		asked.until_ms = rows[i].until_ms;
		assert_int_equal(reduction_check_times(&asked, NOW, &e), rows[i].is_good);
		assert_int_equal(e.code, rows[i].is_good ? ERR_OK : ERR_BAD_TIME);
	}
}

static void a_resend_is_the_same(void **state)
{
	char *chain[] = {text("b")};
	Utarg__V1__ReductionAnnounceRequest asked = request();
	Utarg__V1__Reduction made = announced(NOW, 0, "");

	(void)state;
	made.sku = text("MUG");
	made.reduction_id = text("made-up");
	made.price_gross_minor = 1999;
	assert_true(reduction_equal(&asked, &made)); // what was left open was filled in
	asked.currency = text("EUR");
	assert_false(reduction_equal(&asked, &made));
	asked = request();
	asked.reduction_id = text("other");
	assert_false(reduction_equal(&asked, &made));
	asked = request();
	asked.from_ms = NOW + 1;
	assert_false(reduction_equal(&asked, &made));
	asked = request();
	asked.audience = UTARG__V1__AUDIENCE__AUDIENCE_MEMBERS;
	assert_false(reduction_equal(&asked, &made));
	asked = request();
	asked.chain = chain;
	asked.n_chain = 1;
	assert_false(reduction_equal(&asked, &made));
	asked = request();
	asked.price_gross_minor++;
	assert_false(reduction_equal(&asked, &made));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(when_it_is_over),       cmocka_unit_test(states),
		cmocka_unit_test(what_may_be_announced), cmocka_unit_test(when_it_may_apply),
		cmocka_unit_test(a_resend_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
