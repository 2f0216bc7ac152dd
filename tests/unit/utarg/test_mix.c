// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Weeks and columns of the table for media-mix models, and cells that need quotes.
#include "services/utarg/core/csv.h"
#include "services/utarg/core/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void weeks_of_the_year_that_has_their_thursday(void **state)
{
	static const struct {
		struct zone_date monday;
		const char *name;
	} rows[] = {
		{{2026, 11, 23}, "2026-W48"}, {{2026, 12, 28}, "2026-W53"}, {{2027, 1, 4}, "2027-W01"},
		{{2024, 12, 30}, "2025-W01"}, {{2025, 12, 29}, "2026-W01"}, {{2020, 12, 28}, "2020-W53"},
		{{2018, 1, 1}, "2018-W01"},
	};
	char name[MIX_WEEK_SIZE];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(mix_week_name(rows[i].monday, name), rows[i].name);
}

static void a_table_with_nothing_missing(void **state)
{
	struct mix *mix = mix_create((struct zone_date){2026, 11, 18}, (struct zone_date){2026, 11, 23});
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	(void)state;
	assert_int_equal(mix_week_count(mix), 2);
	mix_column(mix, MIX_FIRST, "orders", "");
	mix_column(mix, MIX_FIRST, "gmv", "");
	mix_column(mix, 2, "b", "0.00");
	mix_column(mix, 2, "a, \"b\"", "0.00");
	mix_column(mix, 1, "z", "0.00");
	mix_column(mix, 1, "z", "9.99"); // it is there
	mix_put(mix, "orders", (struct zone_date){2026, 11, 16}, "3");
	mix_put(mix, "orders", (struct zone_date){2026, 11, 22}, "4"); // the same week: the later word
	mix_put(mix, "b", (struct zone_date){2026, 11, 23}, "1.50");
	mix_put(mix, "b", (struct zone_date){2026, 11, 15}, "7.00"); // before
	mix_put(mix, "b", (struct zone_date){2026, 11, 30}, "7.00"); // behind
	mix_write(mix, out);
	fclose(out);
	assert_string_equal(text, "week,monday,orders,gmv,z,\"a, \"\"b\"\"\",b\n"
				  "2026-W47,2026-11-16,4,,0.00,0.00,0.00\n"
				  "2026-W48,2026-11-23,,,0.00,0.00,1.50\n");
	mix_destroy(mix);
	free(text);
	mix = mix_create((struct zone_date){2026, 11, 30}, (struct zone_date){2026, 11, 23});
	assert_int_equal(mix_week_count(mix), 0);
	mix_destroy(mix);
}

static void cells_in_quotes_come_back(void **state)
{
	static const char *const cells[] = {"plain", "with, comma", "with \"quotes\"", "two\nlines",
					    "",      " blank "};
	enum { COUNT = sizeof(cells) / sizeof(cells[0]) };
	struct csv csv;
	char *text = NULL, scratch[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		csv_put(out, cells[i], i == 0);
	fputc('\n', out);
	fclose(out);
	csv_init(&csv, text, size, ',', scratch);
	assert_int_equal(csv_next(&csv), CSV_ROW);
	assert_int_equal(csv.column_count, COUNT);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(csv.columns[i].size, strlen(cells[i]));
		assert_memory_equal(csv.columns[i].data, cells[i], csv.columns[i].size);
	}
	assert_int_equal(csv_next(&csv), CSV_END);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weeks_of_the_year_that_has_their_thursday),
		cmocka_unit_test(a_table_with_nothing_missing),
		cmocka_unit_test(cells_in_quotes_come_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
