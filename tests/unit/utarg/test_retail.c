// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The Online Retail importer: every line is accounted for once, and the sums are those an independent count
// of the file gives (computed with Python's csv module).
#include "common/base/text.h"
#include "services/utarg/core/csv.h"
#include "services/utarg/core/retail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\n"

struct sums {
	size_t count;
	int64_t items_minor, shipping_minor, refund_minor, units;
	uint8_t first_id[16], last_id[16];
	int64_t first_ms;
	char country[8], customer[64];
};

static bool add(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	(void)e;
	struct sums *sums = context;
	const Utarg__V1__Event *event = publication->event;
	assert_int_equal(event->id.len, 16);
	if (sums->count++ == 0) {
		memcpy(sums->first_id, event->id.data, 16);
		sums->first_ms = event->occurred_at_ms;
		text_copy(sums->country, sizeof sums->country, event->context->country);
		text_copy(sums->customer, sizeof sums->customer, publication->subject->customer_ref);
	}
	memcpy(sums->last_id, event->id.data, 16);
	if (event->body_case == UTARG__V1__EVENT__BODY_REFUND) {
		sums->refund_minor += event->refund->items_net_minor;
		return true;
	}
	assert_int_equal(event->body_case, UTARG__V1__EVENT__BODY_PURCHASE);
	sums->shipping_minor += event->purchase->shipping_net_minor;
	for (size_t i = 0; i < event->purchase->n_lines; i++) {
		sums->items_minor += event->purchase->lines[i]->net_minor;
		sums->units += event->purchase->lines[i]->quantity;
	}
	return true;
}

static struct zone london;

static bool read_text(const char *text, struct sums *sums, struct retail_report *report, struct err *e)
{
	*sums = (struct sums){0};
	struct retail_options options = {.shop = "demo", .zone = &london, .emit = add, .context = sums};
	return retail_read(text, strlen(text), &options, report, e);
}

static size_t accounted(const struct retail_report *report)
{
	size_t sum = report->item_count + report->shipping_count + report->refund_line_count;
	for (size_t i = 0; i < RETAIL_SKIP_COUNT; i++)
		sum += report->skipped[i];
	return sum;
}

static void whole_file_adds_up(void **state)
{
	(void)state;
	FILE *file = fopen("tests/data/online_retail.csv", "r");
	assert_non_null(file);
	char *text = calloc(1, 1 << 20);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 800000);
	fclose(file);
	struct sums sums, again;
	struct retail_report report, report_again;
	struct err e = {0};
	if (!read_text(text, &sums, &report, &e))
		fail_msg("%s", e.text);
	assert_int_equal(report.line_count, 10000);
	assert_int_equal(accounted(&report), 10000);
	assert_int_equal(report.invoice_count, 512);
	assert_int_equal(report.purchase_count + report.refund_count + report.skipped_invoice_count, 512);
	assert_int_equal(report.refund_count, 43);
	assert_int_equal(report.skipped_invoice_count, 45);
	assert_int_equal(report.purchase_count, 424);
	assert_int_equal(report.shipping_count, 25);
	assert_int_equal(report.skipped[RETAIL_SKIP_QUANTITY], 30);
	assert_int_equal(report.skipped[RETAIL_SKIP_PRICE], 16);
	assert_int_equal(sums.items_minor, 18039659);
	assert_int_equal(sums.shipping_minor, 385174);
	assert_int_equal(sums.refund_minor, 358058);
	assert_int_equal(sums.units, 90070);
	assert_true(read_text(text, &again, &report_again, &e));
	assert_memory_equal(&sums, &again, sizeof sums);
	free(text);
}

static void one_invoice_says_what_it_means(void **state)
{
	(void)state;
	struct sums sums, other;
	struct retail_report report;
	struct err e = {0};
	const char *text =
		HEADER "1;A;Mug;2;1/12/2010 08:27;2,55;77;EIRE\n1;POST;POSTAGE;1;1/12/2010 08:26;3;77;EIRE\n";
	assert_true(read_text(text, &sums, &report, &e));
	assert_int_equal(sums.items_minor, 510);
	assert_int_equal(sums.shipping_minor, 300);
	assert_int_equal(sums.first_ms, INT64_C(1291191960000)); // 2010-12-01 08:26 in London
	assert_string_equal(sums.country, "IE");
	assert_string_equal(sums.customer, "77");
	// Another price is another fact: another id.
	assert_true(read_text(HEADER "1;A;Mug;2;1/12/2010 08:27;2,56;77;EIRE\n", &other, &report, &e));
	assert_memory_not_equal(sums.first_id, other.first_id, 16);
	// Shipping alone is no sale, and is counted as skipped.
	assert_true(read_text(HEADER "1;POST;POSTAGE;1;1/12/2010 08:26;3;77;EIRE\n", &sums, &report, &e));
	assert_int_equal(sums.count, 0);
	assert_int_equal(report.skipped[RETAIL_SKIP_NO_GOODS], 1);
	assert_int_equal(accounted(&report), 1);
}

static void bad_files_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *word;
	} cases[] = {
		{"", "empty"},
		{"a;b;c\n", "line 1"},
		{HEADER "1;A;Mug;2;1/12/2010 08:27;2,55;77\n", "line 2: 7 columns"},
		{HEADER "1;A;Mug;two;1/12/2010 08:27;2,55;77;EIRE\n", "'two' is no Quantity"},
		{HEADER "1;A;Mug;2;31/2/2010 08:27;2,55;77;EIRE\n", "InvoiceDate"},
		{HEADER "1;A;Mug;2;1/12/2010;2,55;77;EIRE\n", "InvoiceDate"},
		{HEADER "1;A;Mug;2;1/12/2010 08:27;2,555;77;EIRE\n", "UnitPrice"},
		{HEADER ";A;Mug;2;1/12/2010 08:27;2,55;77;EIRE\n", "InvoiceNo"},
		{HEADER "1;A;\"Mug;2;1/12/2010 08:27;2,55;77;EIRE\n", "quote"},
		{HEADER "1;A;Mug\xff;2;1/12/2010 08:27;2,55;77;EIRE\n", "UTF-8"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sums sums;
		struct retail_report report;
		struct err e = {0};
		assert_false(read_text(cases[i].text, &sums, &report, &e));
		if (strstr(e.text, cases[i].word) == NULL)
			fail_msg("case %zu: '%s' does not say '%s'", i, e.text, cases[i].word);
	}
}

static void quotes_and_line_ends(void **state)
{
	(void)state;
	const char *text = "a;\"b;\"\"c\"\"\";d\r\n;\"\";x\n";
	char scratch[64];
	struct csv csv;
	csv_init(&csv, text, strlen(text), ';', scratch);
	assert_int_equal(csv_next(&csv), CSV_ROW);
	assert_int_equal(csv.column_count, 3);
	assert_memory_equal(csv.columns[1].data, "b;\"c\"", 5);
	assert_int_equal(csv.columns[1].size, 5);
	assert_int_equal(csv.columns[2].size, 1);
	assert_int_equal(csv_next(&csv), CSV_ROW);
	assert_int_equal(csv.column_count, 3);
	assert_int_equal(csv.columns[0].size, 0);
	assert_int_equal(csv.columns[1].size, 0);
	assert_int_equal(csv_next(&csv), CSV_END);
}

int main(void)
{
	struct err e = {0};
	if (!zone_load(&london, "Europe/London", &e))
		return 1;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_file_adds_up),
		cmocka_unit_test(one_invoice_says_what_it_means),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(quotes_and_line_ends),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	zone_fini(&london);
	return failed;
}
