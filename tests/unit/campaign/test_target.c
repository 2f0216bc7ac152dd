// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a target may say: each refusal with its code and the field at fault, and what is set in the end.
#include "services/campaign/core/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char *text(const char *constant)
{
	return (char *)(uintptr_t)constant;
}

static Utarg__V1__Target november(void)
{
	Utarg__V1__Target target = UTARG__V1__TARGET__INIT;

	target.kpi = text("net_revenue");
	target.first_day = text("2026-11-01");
	target.last_day = text("2026-11-30");
	target.value = text("50000");
	return target;
}

static const struct target_figure money = {2, true, true, true, true, true};
static const struct target_figure visitors = {0, false, true, true, true, true};
static const struct target_figure no_week = {0, false, true, true, false, true};

static void assert_refused(bool ok, const struct err *e, enum err_code code, const char *field)
{
	assert_false(ok);
	assert_int_equal(e->code, code);
	assert_string_equal(e->field, field);
}

static void complete(void **state)
{
	Utarg__V1__Target target = november();
	struct err e = {0};
	(void)state;
	assert_true(target_check(&target, &e));
	assert_string_equal(target_dimension(&target), "total");
	assert_string_equal(target_key(&target), "-");
	assert_refused(target_check(NULL, &e), &e, ERR_MISSING_FIELD, "target");
	target.kpi = text("");
	assert_refused(target_check(&target, &e), &e, ERR_MISSING_FIELD, "target.kpi");
	target = november();
	target.value = text("");
	assert_refused(target_check(&target, &e), &e, ERR_MISSING_FIELD, "target.value");
	target = november();
	target.key = text("winter");
	assert_refused(target_check(&target, &e), &e, ERR_BAD_FIELD, "target.key");
	target.dimension = text("campaign");
	assert_true(target_check(&target, &e));
	target.key = text("");
	assert_refused(target_check(&target, &e), &e, ERR_MISSING_FIELD, "target.key");
}

static void days(void **state)
{
	Utarg__V1__Target target = november();
	struct err e = {0};
	(void)state;
	target.last_day = text("2026-10-31");
	assert_refused(target_check(&target, &e), &e, ERR_BAD_FIELD, "target.last_day");
	target.last_day = text("2026-02-30");
	assert_refused(target_check(&target, &e), &e, ERR_BAD_FIELD, "target.last_day");
	target.last_day = text("2029-11-05"); // 1101 days
	assert_refused(target_check(&target, &e), &e, ERR_BAD_FIELD, "target.last_day");
	target.last_day = text("2029-11-04");
	assert_true(target_check(&target, &e));
	target.first_day = text("");
	assert_refused(target_check(&target, &e), &e, ERR_MISSING_FIELD, "target.first_day");
}

static void values(void **state)
{
	static const char *const bad[] = {"0", "-5", "1.234", "many", "5%", "99999999999999999999"};
	Utarg__V1__Target target = november();
	char value[MONEY_TEXT_SIZE];
	struct err e = {0};
	(void)state;
	assert_true(target_fits(&target, &money, value, &e));
	assert_string_equal(value, "50000.00");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		target.value = text(bad[i]);
		assert_refused(target_fits(&target, &money, value, &e), &e, ERR_BAD_FIELD, "target.value");
	}
	target.value = text("0.035");
	struct target_figure ratio = money;
	ratio.decimals = 6;
	assert_true(target_fits(&target, &ratio, value, &e));
	assert_string_equal(value, "0.035000");
	ratio.has_dimension = false;
	assert_refused(target_fits(&target, &ratio, value, &e), &e, ERR_BAD_FIELD, "target.dimension");
}

// 2026-11-02 is a Monday.
static void periods(void **state)
{
	static const struct {
		const char *first, *last;
		bool sum, window, without_week;
	} rows[] = {
		{"2026-11-01", "2026-11-30", true, true, true},
		{"2026-11-01", "2026-11-29", true, false, false},
		{"2026-11-02", "2026-11-08", true, true, false},
		{"2026-11-03", "2026-11-09", true, false, false},
		{"2026-11-05", "2026-11-05", true, true, true},
		{"2026-11-01", "2026-12-31", true, false, false},
		{"2026-02-01", "2026-02-28", true, true, true},
		{"2026-02-01", "2026-02-27", true, false, false},
	};
	char value[MONEY_TEXT_SIZE];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		Utarg__V1__Target target = november();
		struct err e = {0};
		target.first_day = text(rows[i].first);
		target.last_day = text(rows[i].last);
		assert_int_equal(target_fits(&target, &money, value, &e), rows[i].sum);
		assert_int_equal(target_fits(&target, &visitors, value, &e), rows[i].window);
		assert_int_equal(target_fits(&target, &no_week, value, &e), rows[i].without_week);
	}
}

static void the_same(void **state)
{
	Utarg__V1__Target asked = november(), set = november();
	(void)state;
	set.dimension = text("total");
	set.key = text("-");
	set.value = text("50000.00");
	assert_true(target_equal(&asked, &set));
	asked.value = text("50000.01");
	assert_false(target_equal(&asked, &set));
	asked = november();
	asked.last_day = text("2026-11-29");
	assert_false(target_equal(&asked, &set));
	asked = november();
	asked.kpi = text("gmv");
	assert_false(target_equal(&asked, &set));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete), cmocka_unit_test(days),     cmocka_unit_test(values),
		cmocka_unit_test(periods),  cmocka_unit_test(the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
