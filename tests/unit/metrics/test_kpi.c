// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of figures is complete and consistent, and values are written as the wire says.
#include "services/metrics/core/level.h"
#include "services/metrics/core/sums.h"
#include "services/metrics/core/dialect.h"
#include "tests/unit/metrics/helper_world.h"

#include <string.h>

// A term sums what its measure has cells for.
static void terms_fit(const struct kpi_row *row, const struct kpi_term *terms, bool used[MEASURE_COUNT])
{
	const uint32_t days = 1u << WINDOW_DAY | 1u << WINDOW_WEEK | 1u << WINDOW_MONTH;
	for (int i = 0; i < KPI_TERM_MAX && terms[i].measure; i++) {
		const struct measure_row *measure = &measure_rows[terms[i].measure];
		used[terms[i].measure] = true;
		assert_non_null(measure->name);
		assert_true(terms[i].sign);
		if (measure->kind == MEASURE_STANDING)
			assert_int_equal(terms[i].reach, KPI_TO_END);
		if (measure->kind == MEASURE_MINUTE)
			assert_int_equal(row->windows, 1u << WINDOW_MINUTE);
		if (measure->kind == MEASURE_LEVEL)
			assert_false(row->windows & 1u << WINDOW_MINUTE);
		if (terms[i].reach != KPI_WINDOW || measure->kind == MEASURE_DAY)
			assert_false(row->windows & ~days);
	}
}

static void rows_are_complete(void **state)
{
	static const char *const groups[] = {"traffic", "sales",  "carts",    "service",
					     "supply",  "offers", "marketing"};
	bool used[MEASURE_COUNT] = {false};
	size_t count = 0;
	(void)state;
	for (const struct kpi_row *row = kpi_rows; row->name; row++, count++) {
		bool known = false;
		assert_ptr_equal(kpi_find(row->name), row); // no name twice
		for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
			known = known || strcmp(groups[i], row->group) == 0;
		assert_true(known);
		assert_true(row->version >= 1 && row->unit >= KPI_COUNT && row->unit <= KPI_MILLIONTHS);
		// All have a total, but for what says nothing beyond one campaign or channel.
		assert_true(row->dimensions & (1u << FOLD_TOTAL | 1u << FOLD_CAMPAIGN));
		assert_true(row->windows);
		for (int lang = 0; lang < 2; lang++) {
			const char *text = lang ? row->polish : row->english;
			assert_true(strlen(text) > 20 && text[strlen(text) - 1] == '.');
			assert_true(text_is_utf8(text, strlen(text)));
		}
		assert_true(row->numerator[0].measure);
		terms_fit(row, row->numerator, used);
		terms_fit(row, row->denominator, used);
		bool divided = row->unit == KPI_RATIO || row->unit == KPI_MEAN;
		assert_true(!divided || row->denominator[0].measure);
		bool percentile = row->form == KPI_PERCENTILE;
		assert_true(percentile == (row->percent > 0) && row->percent < 100);
		assert_true(percentile == (measure_rows[row->numerator[0].measure].kind == MEASURE_LEVEL));
		assert_true(!percentile || !row->numerator[1].measure);
	}
	for (const struct dialect *dialect = dialects; dialect->name; dialect++) {
		for (const struct dialect_figure *figure = dialect->figures; figure->kpi; figure++) {
			terms_fit(kpi_find(figure->kpi), figure->numerator, used);
			terms_fit(kpi_find(figure->kpi), figure->denominator, used);
		}
	}
	assert_int_equal(count, kpi_count);
	assert_null(kpi_find("no_such_figure"));
	for (uint16_t m = 1; m < MEASURE_COUNT; m++) {
		if (measure_rows[m].name && m != M_CARTS_EMPTIED && m != M_TEST_EVENTS)
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

static void put(struct sums *sums, uint16_t measure, int64_t value)
{
	sums_add(sums, measure, KPI_WINDOW, 0, value, 1);
}

static void fractions(void **state)
{
	struct sums sums = {.levels = NULL};
	money_sum n, d;
	(void)state;
	put(&sums, M_PLACED_NET, 500);
	put(&sums, M_GIVEN_BACK_NET, 700);
	put(&sums, M_ORDERS, 8);
	put(&sums, M_UNATTRIBUTED_ORDERS, 3);
	sums_fraction(&sums, kpi_find("net_revenue_by_refund_date"), &n, &d);
	assert_true(n == -200 && d == 1);
	sums_fraction(&sums, kpi_find("identified_order_share"), &n, &d);
	assert_true(n == 5 && d == 8);
	put(&sums, M_PAGE_VIEWS, 10);
	put(&sums, M_DENIED_VIEWS, 4);
	sums_fraction(&sums, kpi_find("consent_coverage"), &n, &d);
	assert_true(n == 6 && d == 10);
	sums_fraction(&sums, kpi_find("bounce_rate"), &n, &d);
	assert_true(n == 0 && d == 0);
	sums_fini(&sums);
}

static void levels(void **state)
{
	static const int64_t rows[][2] = {{-5, 0},
					  {0, 0},
					  {31, 31},
					  {32, 32},
					  {33, 32},
					  {63, 62},
					  {64, 64},
					  {67, 64},
					  {68, 68},
					  {1000, 992},
					  {INT64_MAX, INT64_C(31) << 58}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(level_of(rows[i][0]), rows[i][1]);
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
	assert_false(fold_dimension_from_name("weather", &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_complete),
		cmocka_unit_test(grains),
		cmocka_unit_test(fractions),
		cmocka_unit_test(levels),
		cmocka_unit_test(values),
		cmocka_unit_test(dimension_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
