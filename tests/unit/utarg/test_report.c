// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reports of platforms: the files of tests/data as events, numbers of several countries, and what is told of
// broken ones.
#include "common/base/text.h"
#include "services/utarg/core/report.h"
#include "services/utarg/core/report_cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOLD_SIZE = 4096, FILE_SIZE = 65536 };

struct told {
	size_t count;
	char text[TOLD_SIZE]; // an event a line
	uint8_t first_id[16];
};

__attribute__((format(printf, 2, 3))) static void say(struct told *told, const char *format, ...)
{
	size_t used = strlen(told->text);
	va_list args;
	va_start(args, format);
	vsnprintf(told->text + used, TOLD_SIZE - used, format, args);
	va_end(args);
}

static void say_spend(struct told *told, const Utarg__V1__AdSpend *s)
{
	say(told, "%s %s|%s|%s|%s %lld %s, %lld shown, %lld clicks, %lld orders", s->day, s->platform,
	    s->account, s->marketing_channel, s->campaign, (long long)s->spend_minor, s->currency,
	    (long long)s->impressions, (long long)s->clicks, (long long)s->reported_orders);
	if (s->known_impression_share_case)
		say(told, ", %u bp", s->impression_share_bp);
	say(told, "\n");
}

static void say_mailing(struct told *told, const Utarg__V1__MailingStats *s)
{
	say(told, "%s %s %s %lld %lld %lld %lld %lld %lld\n", s->day, s->platform, s->campaign,
	    (long long)s->sent, (long long)s->delivered, (long long)s->opened, (long long)s->clicked,
	    (long long)s->unsubscribed, (long long)s->bounced);
}

static void say_seo(struct told *told, const Utarg__V1__SeoStats *s)
{
	say(told, "%s %s", s->day, s->platform);
	for (size_t i = 0; i < s->n_rows && i < 8; i++)
		say(told, " %s%s %lld/%lld@%lld", s->rows[i]->landing_page, s->rows[i]->brand ? "!" : "",
		    (long long)s->rows[i]->clicks, (long long)s->rows[i]->impressions,
		    (long long)s->rows[i]->position_thousandth);
	say(told, "\n");
}

static bool take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct told *told = context;
	const Utarg__V1__Event *event = publication->event;
	(void)e;
	assert_string_equal(event->shop, "boots");
	assert_int_equal(event->id.len, 16);
	assert_true(event->occurred_at_ms == 1790000000000);
	assert_true(utarg__v1__event__get_packed_size(event) < 64 * 1024);
	if (told->count++ == 0)
		memcpy(told->first_id, event->id.data, 16);
	if (event->body_case == UTARG__V1__EVENT__BODY_AD_SPEND)
		say_spend(told, event->ad_spend);
	else if (event->body_case == UTARG__V1__EVENT__BODY_MAILING_STATS)
		say_mailing(told, event->mailing_stats);
	else
		say_seo(told, event->seo_stats);
	return true;
}

static struct report_options usual(struct told *told)
{
	*told = (struct told){0};
	return (struct report_options){.shop = "boots",
				       .currency = "PLN",
				       .account = "",
				       .zone = "",
				       .report_time_ms = 1790000000000,
				       .emit = take,
				       .context = told};
}

static char *read_file(const char *name, size_t *size)
{
	char path[512];
	snprintf(path, sizeof(path), "tests/data/%s", name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	char *text = calloc(1, FILE_SIZE);
	*size = fread(text, 1, FILE_SIZE - 1, file);
	fclose(file);
	assert_true(*size > 0);
	return text;
}

static void read_good(const char *name, const struct report_options *options, struct report_summary *summary)
{
	struct err e = {0};
	size_t size;
	char *text = read_file(name, &size);
	if (!report_read(text, size, options, summary, &e))
		fail_msg("%s: %s", name, e.text);
	free(text);
}

static void google_ads_by_ad_group(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	(void)state;
	read_good("report_google_ads.csv", &options, &summary);
	assert_string_equal(
		told.text,
		"2026-10-01 google_ads||paid_search|autumn-boots 133500 PLN, 14000 shown, 400 clicks, 6 "
		"orders\n" // 5.5 to the even
		"2026-10-02 google_ads||paid_search|autumn-boots 98700 PLN, 9870 shown, 250 clicks, 3 "
		"orders\n" // "< 10%" is no share
		"2026-10-02 google_ads||paid_search|socks, warm 0 PLN, 0 shown, 0 clicks, 0 orders\n"
		"2026-10-03 google_ads||paid_search|autumn-boots 5000 PLN, 500 shown, 10 clicks, 0 orders, "
		"9012 bp\n");
	assert_int_equal(summary.format, REPORT_GOOGLE_ADS);
	assert_int_equal(summary.row_count, 5);
	assert_int_equal(summary.total_count, 2);
	assert_int_equal(summary.event_count, 4);
	assert_int_equal(summary.spend_minor, 237200); // as the file's own totals
	assert_int_equal(summary.impressions, 24370);
	assert_int_equal(summary.clicks, 660);
	assert_true(summary.has_currency);
	options.emit = NULL;
	read_good("report_google_ads.csv", &options, &summary);
	assert_int_equal(summary.event_count, 4);
}

static void google_ads_in_polish_and_utf_16(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	(void)state;
	options.account = "123-456";
	options.channel = "display";
	read_good("report_google_ads_pl.csv", &options, &summary);
	assert_string_equal(told.text,
			    "2026-10-01 google_ads|123-456|display|zimowe buty ⛄ 123456 PLN, 12345 "
			    "shown, 321 clicks, 4 orders, 4523 bp\n"
			    "2026-10-02 google_ads|123-456|display|zimowe buty ⛄ 98700 PLN, 9870 shown, "
			    "250 clicks, 3 orders\n");
	assert_int_equal(summary.total_count, 1);
}

static void meta_in_both_languages(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	(void)state;
	read_good("report_meta.csv", &options, &summary);
	assert_string_equal(
		told.text,
		"2026-10-01 meta||paid_social|reels-autumn 120050 EUR, 48210 shown, 640 clicks, 7 orders\n"
		"2026-10-02 meta||paid_social|reels-autumn 10225 EUR, 8790 shown, 172 clicks, 2 orders\n"
		"2026-10-03 meta||paid_social|leads 0 EUR, 4000 shown, 100 clicks, 0 orders\n"); // leads are
												 // none
	assert_int_equal(summary.total_count, 1);
	assert_int_equal(summary.spend_minor, 130275);
	options = usual(&told);
	options.platform = "facebook";
	read_good("report_meta_pl.csv", &options, &summary);
	assert_string_equal(told.text, "2026-10-01 facebook||paid_social|rolki-jesien 120050 PLN, 48210 "
				       "shown, 640 clicks, 7 orders\n"
				       "2026-10-02 facebook||paid_social|rolki-jesien 10225 PLN, 8790 shown, "
				       "172 clicks, 0 orders\n");
}

static void search_console_by_page(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	(void)state;
	options.brand = "acme\nutarg";
	read_good("report_search_console.csv", &options, &summary);
	// (8 x 200 + 11.25 x 100) / 300 = 9.083
	assert_string_equal(told.text,
			    "2026-10-01 search_console /mugs 6/300@9083 /mugs! 30/100@1500 / 2/50@6070\n"
			    "2026-10-02 search_console /mugs! 12/40@1200\n");
	options = usual(&told);
	options.day = "2026-10-05";
	read_good("report_search_console_pages.csv", &options, &summary);
	assert_string_equal(told.text, "2026-10-05 search_console /mugs 40/1500@7250 /socks 0/0@0\n");
	assert_int_equal(summary.impressions, 1500);
}

static void many_pages_fit_into_an_event(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	struct err e = {0};
	char *text = malloc(1 << 20);
	size_t used = (size_t)sprintf(text, "Page,Date,Clicks,Impressions,Position\n");
	(void)state;
	for (int i = 0; i < 2000; i++)
		used += (size_t)snprintf(text + used, (1 << 20) - used,
					 "https://x/a-rather-long-address-of-a-page/%d,2026-10-01,1,%d,2.5\n",
					 i, 2000 - i);
	assert_true(report_read(text, used, &options, &summary, &e));
	assert_int_equal(told.count, 1);
	assert_int_equal(summary.clicks, 2000);
	assert_int_equal(summary.impressions, 2001000);
	assert_non_null(strstr(told.text, "/a-rather-long-address-of-a-page/0 1/2000@2500"));
	free(text);
}

static void mailings(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	struct err e = {0};
	static const char short_one[] = "data;kampania;wysłane;odbite\n20261001;n1;1.000;10\n";
	(void)state;
	read_good("report_mailing.csv", &options, &summary);
	assert_string_equal(told.text, "2026-10-01 mailing newsletter-40 10000 9800 4200 310 12 200\n"
				       "2026-10-08 mailing newsletter-41 10100 9950 4100 290 8 150\n");
	assert_int_equal(summary.impressions, 20100);
	options = usual(&told);
	assert_true(report_read(short_one, strlen(short_one), &options, &summary, &e));
	assert_string_equal(told.text, "2026-10-01 mailing n1 1000 990 0 0 0 10\n");
}

static void the_same_file_makes_the_same_events(void **state)
{
	struct told first, told;
	struct report_summary summary;
	struct report_options options = usual(&first);
	struct err e = {0};
	static const char once[] = "Day,Campaign,Cost\n2026-10-01,a,1.00\n";
	static const char other[] = "Day,Campaign,Cost\n2026-10-01,a,1.01\n";
	(void)state;
	assert_true(report_read(once, strlen(once), &options, &summary, &e));
	assert_false(summary.has_currency);
	options = usual(&told);
	assert_true(report_read(once, strlen(once), &options, &summary, &e));
	assert_memory_equal(first.first_id, told.first_id, 16);
	options = usual(&told);
	assert_true(report_read(other, strlen(other), &options, &summary, &e));
	assert_memory_not_equal(first.first_id, told.first_id, 16);
	options = usual(&told);
	options.account = "2";
	assert_true(report_read(once, strlen(once), &options, &summary, &e));
	assert_memory_not_equal(first.first_id, told.first_id, 16);
}

static void numbers_of_several_countries(void **state)
{
	static const struct {
		const char *text;
		enum cell_kind kind;
		int decimals;
		int64_t value; // -1: none
	} rows[] = {
		{"1,234.56", CELL_AMOUNT, 2, 123456},
		{"1.234,56", CELL_AMOUNT, 2, 123456},
		{"1 234,56", CELL_AMOUNT, 2, 123456},
		{"1\xC2\xA0"
		 "234,56",
		 CELL_AMOUNT, 2, 123456},
		{"1\xE2\x80\xAF"
		 "234,56 z\xC5\x82",
		 CELL_AMOUNT, 2, 123456},
		{"1'234.56", CELL_AMOUNT, 2, 123456},
		{"$1,234.56", CELL_AMOUNT, 2, 123456},
		{"PLN 12", CELL_AMOUNT, 2, 1200},
		{"12.5", CELL_AMOUNT, 2, 1250},
		{"12,5", CELL_AMOUNT, 2, 1250},
		{"1,234", CELL_AMOUNT, 2, 123400},
		{"1.234", CELL_AMOUNT, 2, 123400},
		{"1.234", CELL_AMOUNT, 3, 1234},
		{"0.125", CELL_AMOUNT, 2, 12}, // to the even
		{"0.375", CELL_AMOUNT, 2, 38},
		{"1234.567", CELL_AMOUNT, 2, 123457},
		{"1,234,567", CELL_AMOUNT, 0, 1234567},
		{"1,234", CELL_AMOUNT, 0, 1234},
		{"7.256", CELL_DECIMAL, 3, 7256},
		{"7.2564102564102564", CELL_DECIMAL, 3, 7256},
		{".5", CELL_AMOUNT, 2, -1},
		{"1,23,456", CELL_AMOUNT, 2, -1},
		{"1,2345.6", CELL_AMOUNT, 2, -1},
		{"1.2.3", CELL_AMOUNT, 2, -1},
		{"-5", CELL_AMOUNT, 2, -1},
		{"< 10%", CELL_DECIMAL, 2, -1},
		{"five", CELL_AMOUNT, 2, -1},
		{"", CELL_AMOUNT, 2, -1},
		{"1e5", CELL_AMOUNT, 2, -1},
		{"9999999999999999", CELL_AMOUNT, 2, -1},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice cell = {(const uint8_t *)rows[i].text, strlen(rows[i].text)};
		int64_t value = -1;
		bool known = cell_number(cell, rows[i].kind, rows[i].decimals, &value);
		if (known != (rows[i].value >= 0) || (known && value != rows[i].value))
			fail_msg("\"%s\" is %d %lld", rows[i].text, known, (long long)value);
	}
}

static void broken_files_are_told_by_place(void **state)
{
	static const struct {
		const char *text, *sentence;
	} rows[] = {
		{"a,b\n1,2\n", "the first 20 lines have no header of a known report"},
		{"Campaign,Cost\na,1\n", "line 1: no column says the day"},
		{"Day,Campaign,Cost\n", "the file has a header of google_ads and no rows below it"},
		{"Day,Campaign,Cost\n2026-10-32,a,1\n", "line 2, column 1 (day): \"2026-10-32\" is no day"},
		{"Day,Campaign,Cost\n11/12/2026,a,1\n", "line 2, column 1 (day): \"11/12/2026\" is no day"},
		{"Day,Campaign,Cost\n2026-10-01,a,1\n2026-10-01,a,x\n",
		 "line 3, column 3 (cost): \"x\" is no amount of zero or more"},
		{"Day,Campaign,Cost\n2026-10-01,a,-1\n", "line 2, column 3 (cost): \"-1\" is no amount"},
		{"Day,Campaign,Cost,Clicks\n2026-10-01,a,1,1.5\n",
		 "line 2, column 4 (clicks): \"1.5\" is no count"},
		{"Day,Campaign,Cost\n2026-10-01,a\n", "line 2 has 2 columns, the header has 3"},
		{"Day,Campaign,Cost,Currency code\n2026-10-01,a,1,PLZ\n",
		 "line 2, column 4 (currency code): \"PLZ\" is no currency in use"},
		{"Day,Campaign,Cost\n2026-10-01,\"a,1\n", "line 2: a quote that does not close"},
		{"Day,Campaign,Cost,Search impr. share\n2026-10-01,a,1,120%\n",
		 "line 2, column 4 (search impr. share): \"120%\" is no share"},
		{"Day,Campaign,Cost\n2026-10-01,a,\xff\n", "the file is neither UTF-8 nor UTF-16"},
		{"\xff\xfe"
		 "a",
		 "the file says that it is UTF-16 and is not"},
		{"Reporting starts,Reporting ends,Campaign name,Amount spent "
		 "(PLN)\n2026-10-01,2026-10-31,a,1\n",
		 "line 2, column 2 (reporting ends): \"2026-10-31\" is another day than the first"},
		{"Day,Campaign,Sent,Delivered\n2026-10-01,a,1,2\n", "line 2: 2 delivered of 1 sent"},
		{"Day,Campaign,Cost\n2026-10-01,a,1000000000000001\n", "line 2, column 3 (cost)"},
		{"Day,Campaign,Cost\n2026-10-01,a,9000000000000\n2026-10-01,a,9000000000000\n",
		 "the rows of \"a\" add up to too much"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told;
		struct report_summary summary;
		struct report_options options = usual(&told);
		struct err e = {0};
		if (report_read(rows[i].text, strlen(rows[i].text), &options, &summary, &e))
			fail_msg("taken: %s", rows[i].text);
		if (strncmp(e.text, rows[i].sentence, strlen(rows[i].sentence)) != 0)
			fail_msg("\"%s\" instead of \"%s\"", e.text, rows[i].sentence);
		assert_int_equal(told.count, 0);
	}
}

static void what_was_asked_for_has_to_be_there(void **state)
{
	struct told told;
	struct report_summary summary;
	struct report_options options = usual(&told);
	struct err e = {0};
	static const char undated[] = "Campaign,Cost\nTotal sale,1\nTotal: Account,1\n";
	static const char google[] = "Day,Campaign,Cost\n2026-10-01,Total,1\n2026-10-01,Total: sale,2\n";
	(void)state;
	// With a day and a campaign a row is no total, whatever it is called.
	assert_true(report_read(google, strlen(google), &options, &summary, &e));
	assert_int_equal(told.count, 2);
	// Without a column of days it is known by its words alone.
	options = usual(&told);
	options.day = "2026-10-03";
	assert_true(report_read(undated, strlen(undated), &options, &summary, &e));
	assert_string_equal(told.text,
			    "2026-10-03 google_ads||paid_search|Total sale 100 PLN, 0 shown, 0 clicks, 0 "
			    "orders\n");
	assert_int_equal(summary.total_count, 1);
	options.format = REPORT_META;
	assert_false(report_read(google, strlen(google), &options, &summary, &e));
	assert_non_null(strstr(e.text, "no header of meta, whose columns are Day, Campaign name"));
	options.format = REPORT_ANY;
	options.brand = "utarg";
	assert_false(report_read(google, strlen(google), &options, &summary, &e));
	assert_non_null(strstr(e.text, "--brand needs a column of queries"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(google_ads_by_ad_group),
		cmocka_unit_test(google_ads_in_polish_and_utf_16),
		cmocka_unit_test(meta_in_both_languages),
		cmocka_unit_test(search_console_by_page),
		cmocka_unit_test(many_pages_fit_into_an_event),
		cmocka_unit_test(mailings),
		cmocka_unit_test(the_same_file_makes_the_same_events),
		cmocka_unit_test(numbers_of_several_countries),
		cmocka_unit_test(broken_files_are_told_by_place),
		cmocka_unit_test(what_was_asked_for_has_to_be_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
