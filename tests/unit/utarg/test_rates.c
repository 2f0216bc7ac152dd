// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Files of exchange rates: both styles, by way of their base, and what is told of broken ones.
#include "common/base/text.h"
#include "services/utarg/core/rates.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct told {
	size_t count;
	char days[8][16];
	char source[16];
	int64_t t_ms;
	uint8_t id[16];
	char rates[8][512]; // "USD 4117800000 EUR ..."
};

static bool add(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct told *told = context;
	const Utarg__V1__Event *event = publication->event;
	const Utarg__V1__RatePublished *published = event->rate_published;
	(void)e;
	assert_true(told->count < 8);
	assert_int_equal(event->body_case, UTARG__V1__EVENT__BODY_RATE_PUBLISHED);
	text_copy(told->days[told->count], 16, published->day);
	text_copy(told->source, sizeof told->source, published->rate_source);
	memcpy(told->id, event->id.data, sizeof told->id);
	told->t_ms = event->occurred_at_ms;
	char *out = told->rates[told->count++];
	for (size_t i = 0; i < published->n_rates; i++)
		snprintf(out + strlen(out), 512 - strlen(out), "%s%s %lld", i ? " " : "",
			 published->rates[i]->currency, (long long)published->rates[i]->per_unit_nano);
	return true;
}

static bool read_text(const char *text, const char *currency, struct told *told, struct rates_report *report,
		      struct err *e)
{
	struct rates_options options = {.shop = "boots", .currency = currency, .emit = add, .context = told};
	*told = (struct told){0};
	*e = (struct err){0};
	return rates_read(text, strlen(text), &options, report, e);
}

static char *read_file(const char *name)
{
	char path[512];
	snprintf(path, sizeof path, "tests/data/%s", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *text = calloc(1, 65536);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

static void zlotys_of_the_polish_bank(void **state)
{
	struct told told;
	struct rates_report report;
	struct err e;
	(void)state;
	char *text = read_file("rates_nbp.csv");
	assert_true(read_text(text, "PLN", &told, &report, &e));
	assert_int_equal(told.count, 2);
	assert_string_equal(told.source, "nbp");
	assert_string_equal(told.days[0], "2026-01-02");
	assert_string_equal(told.rates[0], "USD 4117800000 EUR 4250000000 JPY 26218000 GBP 5120500000");
	assert_true(told.t_ms == INT64_C(1767571200000)); // 2026-01-05 UTC
	assert_int_equal(report.rate_count, 8);
	// By way of the zloty: 4.1178 / 4.25, 2.6218 / 100 / 4.25, 5.1205 / 4.25, 1 / 4.25
	assert_true(read_text(text, "EUR", &told, &report, &e));
	assert_string_equal(told.rates[0], "PLN 235294118 USD 968894118 JPY 6168941 GBP 1204823529");
	free(text);
}

static void euros_of_the_central_bank(void **state)
{
	struct told told, again;
	struct rates_report report;
	struct err e;
	(void)state;
	char *text = read_file("rates_ecb.csv");
	assert_true(read_text(text, "PLN", &told, &report, &e));
	assert_string_equal(told.source, "ecb");
	assert_int_equal(report.day_count, 2);
	assert_int_equal(report.skipped_count, 1); // the last day of the year says nothing of PLN
	// 4.264; 4.264 / 1.04; 4.264 / 163.84 = 0.0260253906; 4.264 / 0.832
	assert_string_equal(told.rates[0], "EUR 4264000000 USD 4100000000 JPY 26025391 GBP 5125000000");
	assert_true(read_text(text, "PLN", &again, &report, &e));
	assert_memory_equal(again.id, told.id, sizeof told.id);
	assert_true(read_text(text, "EUR", &told, &report, &e));
	assert_int_equal(told.count, 3);
	// 1 / 1.0389 and 1 / 163.06, 1 / 0.82918
	assert_string_equal(told.rates[2], "USD 962556550 JPY 6132712 GBP 1206010758");
	free(text);
}

static void broken_files_are_told_by_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"", "line 1: the file has no header"},
		{"Day,USD\n", "line 1, column 1: \"Day\" is neither"},
		{"Date,dollars\n2026-01-02,1\n", "line 1: no column names a currency"},
		{"Date,USD,PLN\n2026-01-02,1.03,4.2\n2026-02-30,1,4\n",
		 "line 3, column 1: \"2026-02-30\" is no day"},
		{"Date,USD,PLN\n2026-01-02,1.03,4.2x\n", "line 2, column 3 (PLN): \"4.2x\" is no rate"},
		{"Date,USD,PLN\n2026-01-02,-1.03,4.2\n", "line 2, column 2 (USD): \"-1.03\" is no rate"},
		{"Date,USD,PLN\n2026-01-02,0,4.2\n", "line 2, column 2 (USD): \"0\" is no rate"},
		{"Date,USD,PLN\n2026-01-02,\"1,03\",4.2\n", "line 2, column 2 (USD): \"1,03\" is no rate"},
		{"Date,USD,PLN\n2026-01-02,1.03\n", "line 2 has 2 columns, the header has 3"},
		{"Date,USD,PLN\n2026-01-02,1.03,\"4.2\n", "line 2: a quote that does not close"},
		{"Date,USD\n2026-01-02,1.03\n", "no day has a rate for PLN"},
		{"data;1USD\nrazem;4,1\n", "line 2, column 1: \"razem\" is no day"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct told told;
		struct rates_report report;
		struct err e;
		assert_false(read_text(rows[i].text, "PLN", &told, &report, &e));
		assert_int_equal(e.code, ERR_BAD_FIELD);
		if (!strstr(e.text, rows[i].sentence))
			fail_msg("row %zu: %s", i, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zlotys_of_the_polish_bank),
		cmocka_unit_test(euros_of_the_central_bank),
		cmocka_unit_test(broken_files_are_told_by_place),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
