// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Counters and their Prometheus text.
#include "common/base/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void rows_count_and_are_set(void **state)
{
	(void)state;
	static struct stats_row row = {.name = "utarg_x_total", .help = "x", .kind = STATS_COUNTER};
	stats_add(&row, 3);
	stats_add(&row, 4);
	assert_int_equal(stats_get(&row), 7);
	stats_set(&row, -2);
	assert_int_equal(stats_get(&row), -2);
}

static void prometheus_text_is_escaped(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	stats_print_prometheus_head(out, "utarg_x_total", "one\ntwo \\ \"three\"", STATS_COUNTER);
	stats_print_prometheus_value(out, "utarg_x_total", -5, "in\"gest\\");
	stats_print_prometheus_head(out, "utarg_y", "y", STATS_GAUGE);
	stats_print_prometheus_value(out, "utarg_y", INT64_MAX, "ingest");
	fclose(out);
	assert_string_equal(text, "# HELP utarg_x_total one\\ntwo \\\\ \"three\"\n"
				  "# TYPE utarg_x_total counter\n"
				  "utarg_x_total{service=\"in\\\"gest\\\\\"} -5\n"
				  "# HELP utarg_y y\n"
				  "# TYPE utarg_y gauge\n"
				  "utarg_y{service=\"ingest\"} 9223372036854775807\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_count_and_are_set),
		cmocka_unit_test(prometheus_text_is_escaped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
