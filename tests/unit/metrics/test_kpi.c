// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of figures is complete and consistent, and values are written as the wire says.
#include "tests/unit/metrics/helper_world.h"

#include <string.h>

static void rows_are_complete(void **state)
{
	static const char *const groups[] = {"traffic", "sales", "carts", "marketing"};
	bool used[MEASURE_COUNT] = {false};
	size_t count = 0;
	(void)state;
	for (const struct kpi_row *row = kpi_rows; row->name; row++, count++) {
		bool known = false;
		assert_ptr_equal(kpi_find(row->name), row); // no name twice
		for (size_t i = 0; i < 4; i++)
			known = known || strcmp(groups[i], row->group) == 0;
		assert_true(known);
		assert_true(row->version >= 1 && row->unit >= KPI_COUNT && row->unit <= KPI_MONEY);
		assert_true(row->dimensions & (1u << FOLD_TOTAL));
		assert_true(row->windows & (1u << WINDOW_DAY));
		for (int lang = 0; lang < 2; lang++) {
			const char *text = lang ? row->polish : row->english;
			assert_true(strlen(text) > 20 && text[strlen(text) - 1] == '.');
			assert_true(text_is_utf8(text, strlen(text)));
		}
		assert_true(row->numerator[0].measure);
		for (int i = 0; i < KPI_TERM_MAX; i++) {
			used[row->numerator[i].measure] = used[row->denominator[i].measure] = true;
			assert_true(!row->numerator[i].measure || row->numerator[i].sign);
			assert_true(!row->denominator[i].measure || row->denominator[i].sign);
		}
		bool divided = row->unit == KPI_RATIO || row->unit == KPI_MEAN || row->unit == KPI_SECONDS;
		assert_true(!divided || row->denominator[0].measure);
	}
	assert_int_equal(count, kpi_count);
	assert_null(kpi_find("no_such_figure"));
	for (uint16_t m = 1; m < MEASURE_COUNT; m++) {
		assert_non_null(measure_rows[m].name);
		if (m != M_CARTS_EMPTIED && m != M_TEST_EVENTS)
			assert_true(used[m]);
	}
}

static void grains(void **state)
{
	(void)state;
	assert_int_equal(kpi_grain(M_ORDERS, WINDOW_MINUTE), FOLD_MINUTE);
	assert_int_equal(kpi_grain(M_ORDERS, WINDOW_HOUR), FOLD_QUARTER);
	assert_int_equal(kpi_grain(M_ORDERS, WINDOW_DAY), FOLD_DAY);
	assert_int_equal(kpi_grain(M_ORDERS, WINDOW_MONTH), FOLD_DAY);
	assert_int_equal(kpi_grain(M_VISITORS, WINDOW_HOUR), FOLD_HOUR);
	assert_int_equal(kpi_grain(M_VISITORS, WINDOW_WEEK), FOLD_WEEK);
	assert_int_equal(kpi_grain(M_VISITORS, WINDOW_MONTH), FOLD_MONTH);
}

static void fractions(void **state)
{
	(void)state;
	money_sum sums[MEASURE_COUNT] = {0}, n, d;
	sums[M_PLACED_NET] = 500;
	sums[M_GIVEN_BACK_NET] = 700;
	sums[M_ORDERS] = 8;
	sums[M_UNATTRIBUTED_ORDERS] = 3;
	kpi_fraction(kpi_find("net_revenue_by_refund_date"), sums, &n, &d);
	assert_true(n == -200 && d == 1);
	kpi_fraction(kpi_find("identified_order_share"), sums, &n, &d);
	assert_true(n == 5 && d == 8);
	sums[M_PAGE_VIEWS] = 10;
	sums[M_DENIED_VIEWS] = 4;
	kpi_fraction(kpi_find("consent_coverage"), sums, &n, &d);
	assert_true(n == 6 && d == 10);
	kpi_fraction(kpi_find("bounce_rate"), sums, &n, &d);
	assert_true(n == 0 && d == 0);
}

static void values(void **state)
{
	static const struct {
		const char *kpi;
		int64_t n, d;
		const char *currency, *value;
	} rows[] = {
		{"orders", 12, 1, "PLN", "12"},
		{"conversion_rate", 1, 3, "PLN", "0.333333"},
		{"conversion_rate", 2, 3, "PLN", "0.666667"},
		{"conversion_rate", 0, 0, "PLN", ""},
		{"views_per_session", 5, 2, "PLN", "2.500000"},
		{"visit_seconds", 3000, 2, "PLN", "1.500"},
		{"visit_seconds", 5, 2, "PLN", "0.002"}, // half to even
		{"net_revenue", 123456, 1, "PLN", "1234.56"},
		{"net_revenue", -5, 1, "PLN", "-0.05"},
		{"net_revenue", 1234, 1, "JPY", "1234"},
		{"net_revenue", 1234, 1, "KWD", "1.234"},
		{"basket_value", 1000, 3, "PLN", "3.33"},
		{"basket_value", 5, 2, "PLN", "0.02"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char value[KPI_VALUE_SIZE];
		kpi_value(kpi_find(rows[i].kpi), rows[i].n, rows[i].d, rows[i].currency, value);
		assert_string_equal(value, rows[i].value);
	}
}

static void dimension_names(void **state)
{
	(void)state;
	for (int i = FOLD_TOTAL; i <= FOLD_DIMENSION_COUNT; i++) {
		enum fold_dimension found;
		assert_true(fold_dimension_from_name(fold_dimension_name((enum fold_dimension)i), &found));
		assert_int_equal(found, i);
	}
	enum fold_dimension none;
	assert_false(fold_dimension_from_name("offer", &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete), cmocka_unit_test(grains),
		cmocka_unit_test(fractions),         cmocka_unit_test(values),
		cmocka_unit_test(dimension_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
