// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Files of offers: what columns and fields mean in each style, what is told of bad rows, and what a hostile
// feed cannot do.
#include "services/utarg/core/merchant_feed.h"
#include "services/utarg/core/offer_file.h"
#include "services/utarg/core/offer_row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TOLD_MAX = 16, LINE_SIZE = 512 };
#define AS_OF_MS INT64_C(1795600800000) // 2026-11-25T10:00Z

struct told {
	size_t count;
	char lines[TOLD_MAX][LINE_SIZE]; // a word each that is said
	uint8_t ids[TOLD_MAX][16];
	size_t bad_count;
	size_t bad_lines[TOLD_MAX];
	char bad[TOLD_MAX][256];
	const char *known; // sku of what the shop has already
};

static void add(char *line, const char *name, const char *value)
{
	if (value[0] != '\0')
		snprintf(line + strlen(line), LINE_SIZE - strlen(line), " %s=%s", name, value);
}

static void add_number(char *line, const char *name, bool is_there, long long value)
{
	if (is_there)
		snprintf(line + strlen(line), LINE_SIZE - strlen(line), " %s=%lld", name, value);
}

static void write_offer(char *line, const Utarg__V1__OfferUpdated *offer)
{
	snprintf(line, LINE_SIZE, "%s", offer->sku);
	add(line, "title", offer->title);
	for (size_t i = 0; i < offer->n_titles; i++)
		add(line, offer->titles[i]->language, offer->titles[i]->text);
	add(line, "category", offer->category);
	add(line, "supplier", offer->supplier_id);
	add_number(line, "status", offer->status != 0, offer->status);
	add(line, "market", offer->market);
	add_number(line, "audience", offer->audience != 0, offer->audience);
	add(line, "in", offer->currency);
	add_number(line, "price", offer->known_price_case != 0, offer->price_gross_minor);
	add_number(line, "list", offer->known_list_price_case != 0, offer->list_price_gross_minor);
	add_number(line, "cost", offer->known_cost_case != 0, offer->cost_net_minor);
	add_number(line, "tax", offer->known_tax_rate_case != 0, offer->tax_rate_bp);
	add_number(line, "perishable", offer->perishable, 1);
	add_number(line, "conditional", offer->conditional, 1);
}

static bool take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct told *told = context;
	const Utarg__V1__Event *event = publication->event;
	char *line = told->lines[told->count];

	(void)e;
	assert_true(told->count < TOLD_MAX);
	assert_int_equal(event->occurred_at_ms, AS_OF_MS);
	assert_string_equal(event->shop, "demo");
	assert_int_equal(event->id.len, 16);
	memcpy(told->ids[told->count++], event->id.data, 16);
	if (event->body_case == UTARG__V1__EVENT__BODY_OFFER_UPDATED)
		write_offer(line, event->offer_updated);
	else
		snprintf(line, LINE_SIZE, "%s %lld at %s", event->stock_changed->sku,
			 (long long)event->stock_changed->quantity, event->stock_changed->location);
	return true;
}

static void note(void *context, size_t line_number, const char *sentence)
{
	struct told *told = context;

	assert_true(told->bad_count < TOLD_MAX);
	told->bad_lines[told->bad_count] = line_number;
	snprintf(told->bad[told->bad_count++], 256, "%s", sentence);
}

static bool is_known(void *context, const Utarg__V1__OfferUpdated *offer,
		     const Utarg__V1__StockChanged *stock)
{
	const struct told *told = context;

	return told->known != NULL && strcmp(offer != NULL ? offer->sku : stock->sku, told->known) == 0;
}

static bool read_bytes(const char *text, size_t size, struct told *told, struct offer_file_report *report,
		       struct err *e)
{
	struct zone zone;
	struct offer_file_options options = {.shop = "demo",
					     .currency = "PLN",
					     .zone = &zone,
					     .as_of_ms = AS_OF_MS,
					     .is_known = is_known,
					     .emit = take,
					     .bad = note,
					     .context = told};
	const char *known = told->known;
	bool ok;

	*told = (struct told){.known = known};
	*e = (struct err){0};
	assert_true(zone_load(&zone, "Europe/Warsaw", NULL));
	ok = offer_file_read(text, size, &options, report, e);
	zone_fini(&zone);
	return ok;
}

static void read_well(const char *text, struct told *told, struct offer_file_report *report)
{
	struct err e = {0};

	if (!read_bytes(text, strlen(text), told, report, &e))
		fail_msg("%s", e.text);
}

static void assert_told(const struct told *told, const char *const *lines)
{
	size_t i = 0;

	for (; lines[i] != NULL; i++) {
		assert_true(i < told->count);
		assert_string_equal(told->lines[i], lines[i]);
	}
	assert_int_equal(told->count, i);
}

static void refused(const char *text, const char *sentence)
{
	struct told told = {0};
	struct offer_file_report report;
	struct err e;

	assert_false(read_bytes(text, strlen(text), &told, &report, &e));
	assert_non_null(strstr(e.text, sentence));
}

static void every_column_of_csv(void **state)
{
	struct told told = {0};
	struct offer_file_report report;

	(void)state;
	read_well(
		"\xEF\xBB\xBFSKU,Title,title_en,Title DE,category,supplier,status,market,audience,price,list "
		"price,cost,tax_rate,perishable,conditional,stock,location,link\r\n"
		"MUG,\"Kubek "
		"\"\"X\"\"\",Mug,Tasse,kitchen,S-1,active,pos,members,49.00,59,20.50,23,no,no,7,A,http://"
		"x\r\n"
		"EGG,Jajko,,,food,,paused,,,\"1,20\",,,8.5 %,yes,,,,\r\n",
		&told, &report);
	assert_told(&told,
		    (const char *const[]){
			    "MUG title=Kubek \"X\" en=Mug de=Tasse category=kitchen supplier=S-1 status=1 "
			    "market=pos audience=2 in=PLN price=4900 list=5900 cost=2050 tax=2300",
			    "MUG 7 at A",
			    "EGG title=Jajko category=food status=2 in=PLN price=120 tax=850 perishable=1",
			    NULL});
	assert_string_equal(report.format, "csv");
	assert_string_equal(report.passed_over, "link");
	assert_int_equal(report.row_count, 2);
	assert_int_equal(told.bad_count, 0);
}

static void currencies(void **state)
{
	struct told told = {0};
	struct offer_file_report report;

	(void)state;
	read_well("sku;currency;price;cost\n"
		  "A;;15,00 EUR;\n"
		  "B;JPY;1500;\n"
		  "C;;EUR 15.00;7 EUR\n"
		  "D;;15.00 EUR;7 PLN\n"
		  "E;;15.00 XYZ;\n"
		  "F;JPY;15.50;\n"
		  "G;;;\n",
		  &told, &report);
	assert_told(&told, (const char *const[]){"A in=EUR price=1500", "B in=JPY price=1500",
						 "C in=EUR price=1500 cost=700", "G", NULL});
	assert_int_equal(told.bad_count, 3);
	assert_int_equal(told.bad_lines[0], 5);
	assert_string_equal(told.bad[0], "cost is in PLN, other amounts of the row in EUR");
	assert_string_equal(told.bad[1], "price: \"XYZ\" is no currency in use");
	assert_string_equal(told.bad[2], "price \"15.50\" is no amount of its currency");
}

static void bad_rows_are_told_and_the_others_taken(void **state)
{
	static const struct {
		const char *row, *sentence;
	} rows[] = {
		{",x,1,,", "the sku is missing"},
		{"A,x,dear,,", "price \"dear\" is no amount of its currency"},
		{"A,x,-1,,", "price \"-1\" is no amount of its currency"},
		{"A,x,1,many,", "stock \"many\" is no number of pieces"},
		{"A,x,1,-1,", "stock \"-1\" is no number of pieces"},
		{"A,x,1,,gone", "status \"gone\" is no word this column knows"},
		{"A,x,1", "3 columns, the header has 5"},
		{"A,\xC0\x80,1,,", "this is not UTF-8 text"},
		{"0123456789012345678901234567890123456789012345678901234567890123456789,x,1,,",
		 "sku has more than 64 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct told told = {0};
		struct offer_file_report report;
		char text[1024];

		snprintf(text, sizeof(text),
			 "sku,title,price,stock,status\n\"GOOD\",\"two\nlines\",1,,\n%s\nLAST,y,2,3,\n",
			 rows[i].row);
		read_well(text, &told, &report);
		assert_told(&told,
			    (const char *const[]){"GOOD title=two\nlines in=PLN price=100",
						  "LAST title=y in=PLN price=200", "LAST 3 at ", NULL});
		assert_int_equal(told.bad_count, 1);
		assert_int_equal(told.bad_lines[0], 4); // the row before has two lines
		assert_string_equal(told.bad[0], rows[i].sentence);
		assert_int_equal(report.row_count, 3);
		assert_int_equal(report.bad_count, 1);
	}
}

static void one_offer_in_several_rows(void **state)
{
	struct told told = {0};
	struct offer_file_report report;

	(void)state;
	read_well("sku\tprice\taudience\tstock\tlocation\n"
		  "A\t10\t\t1\tX\n"
		  "A\t10\t\t2\tY\n"
		  "A\t9\tmembers\t\t\n"
		  "A\t8\t\t5\tZ\n"
		  "A\t10\t\t3\tX\n",
		  &told, &report);
	assert_told(&told, (const char *const[]){"A in=PLN price=1000", "A 1 at X", "A 2 at Y",
						 "A audience=2 in=PLN price=900", NULL});
	assert_string_equal(report.format, "tsv");
	assert_int_equal(told.bad_count, 2);
	assert_string_equal(told.bad[0], "offer \"A\" stands in line 2 with other words");
	assert_string_equal(told.bad[1], "the stock of \"A\" stands in line 2 with other words");
}

static void ids_follow_from_time_and_content(void **state)
{
	struct told told = {0}, again = {0};
	struct offer_file_report report;

	(void)state;
	read_well("sku,price,stock\nA,1,2\nB,1,\n", &told, &report);
	read_well("stock,sku,price\n,B,2\n2,A,1.00\n", &again, &report); // other order, B changed
	assert_int_equal(told.count, 3);
	assert_memory_equal(told.ids[0], again.ids[1], 16);
	assert_memory_equal(told.ids[1], again.ids[2], 16);
	assert_memory_not_equal(told.ids[2], again.ids[0], 16);
	assert_memory_not_equal(told.ids[0], told.ids[1], 16);
	told.known = "A";
	read_well("sku,price,stock\nA,1,2\nB,1,\n", &told, &report);
	assert_int_equal(told.count, 1);
	assert_int_equal(report.known_count, 2);
}

static const char feed[] =
	"<?xml version=\"1.0\"?>\n"
	"<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n"
	"<channel><title>The shop</title><link>http://x</link>\n"
	"<item><title>RSS title</title><g:title><![CDATA[Kubek & co]]></g:title><g:id>MUG</g:id>\n"
	"<g:price>59.00 PLN</g:price><g:sale_price>49.00 PLN</g:sale_price>\n"
	"<g:product_type>Kitchen &gt; Mugs</g:product_type><g:cost_of_goods_sold>20.00 "
	"PLN</g:cost_of_goods_sold>\n"
	"<g:quantity>5</g:quantity><g:availability>in_stock</g:availability>\n"
	"<g:shipping><g:country>PL</g:country><g:price>9.00 PLN</g:price></g:shipping></item>\n"
	"<item><title>No id</title><g:price>1 PLN</g:price></item>\n"
	"<item><g:id>CUP</g:id><title>Cup</title><g:price>10 PLN</g:price><g:sale_price>8 "
	"PLN</g:sale_price>\n"
	"<g:sale_price_effective_date>2026-11-25T11:00+0100/2026-11-25T12:00+0100</"
	"g:sale_price_effective_date></item>\n"
	"<item><g:id>JAR</g:id><title>Jar</title><g:price>10 PLN</g:price><g:sale_price>8 "
	"PLN</g:sale_price>\n"
	"<g:sale_price_effective_date>2026-11-25T11:01/2026-11-25T12:00+01:00</g:sale_price_effective_date></"
	"item>\n"
	"</channel></rss>\n";

static void a_merchant_feed(void **state)
{
	struct told told = {0};
	struct offer_file_report report;

	(void)state;
	read_well(feed, &told, &report);
	assert_told(
		&told,
		(const char *const[]){
			"MUG title=Kubek & co category=Kitchen > Mugs in=PLN price=4900 list=5900 cost=2000",
			"MUG 5 at ", "CUP title=Cup in=PLN price=800 list=1000", // from 10:00 UTC on
			"JAR title=Jar in=PLN price=1000", NULL});               // not yet
	assert_string_equal(report.format, "xml");
	assert_string_equal(report.passed_over, "availability, shipping");
	assert_int_equal(told.bad_count, 1);
	assert_int_equal(told.bad_lines[0], 9);
	assert_string_equal(told.bad[0], "the sku is missing");
}

static void broken_files_are_refused_as_a_whole(void **state)
{
	(void)state;
	refused("title,price\nx,1\n", "line 1: no column is called sku or id");
	refused("sku,id\nA,B\n", "line 1: columns 1 and 2 are both id");
	refused("sku,price\nA,\"1\n", "line 2: a quote that does not close");
	refused("<rss><channel><item>", "line 1: ");
	refused("<rss>\n<item></rss>", "line 2: mismatched tag");
	refused("<rss/><rss/>", "line 1: ");
	refused("<?xml version=\"1.0\" encoding=\"nonsense\"?><rss/>", "unknown encoding");
}

static void a_bomb_does_not_go_off(void **state)
{
	static const char billion[] =
		"<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 "
		"\"&lol;&lol;&lol;&lol;\">]>\n<rss><item><title>&lol2;</title></item></rss>";
	static const char outside[] =
		"<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r><item>&x;</item></r>";

	(void)state;
	refused(billion, "a feed has no document type");
	refused(outside, "a feed has no document type");
	refused("<rss><item><title>&x;</title></item></rss>", "line 1: undefined entity");
}

static char *repeat(const char *head, const char *part, size_t count, const char *tail)
{
	size_t size = strlen(part);
	char *out = malloc(strlen(head) + size * count + strlen(tail) + 1);
	char *at = out;

	assert_non_null(out);
	at += snprintf(at, strlen(head) + 1, "%s", head);
	for (size_t i = 0; i < count; i++, at += size)
		memcpy(at, part, size);
	snprintf(at, strlen(tail) + 1, "%s", tail);
	return out;
}

static void limits_of_a_feed(void **state)
{
	char *deep = repeat("<rss>", "<a>", 16, "");
	char *wide = repeat("<rss><item>", "<a/>", MERCHANT_FIELDS_MAX + 1, "</item></rss>");
	char *just = repeat("<rss><item><id>A</id>", "<a/>", MERCHANT_FIELDS_MAX - 1, "</item></rss>");
	char *large = repeat("<rss><item><title>", "0123456789abcdef", 4096, "</title></item></rss>");
	struct told told = {0};
	struct offer_file_report report;

	(void)state;
	refused(deep, "elements stand at most 16 deep");
	refused(wide, "an item has 256 fields at most");
	refused(large, "an item has 64 KiB of text at most");
	read_well(just, &told, &report);
	assert_int_equal(told.count, 1);
	free(deep);
	free(wide);
	free(just);
	free(large);
}

static void every_column_is_found_by_its_names(void **state)
{
	char language[OFFER_LANGUAGE_SIZE];

	(void)state;
	for (int i = 0; i < OFFER_COLUMN_COUNT; i++) {
		assert_int_equal(offer_column_of(offer_columns[i].name, language), i);
		if (offer_columns[i].google[0] != '\0')
			assert_int_equal(offer_column_of(offer_columns[i].google, language), i);
	}
	assert_int_equal(offer_column_of(" g:Sale Price ", language), OFFER_SALE_PRICE);
	assert_int_equal(offer_column_of("title_pt-BR", language), OFFER_TITLE_IN);
	assert_string_equal(language, "pt-br");
	assert_int_equal(offer_column_of("title_", language), OFFER_TITLE);
	assert_int_equal(offer_column_of("", language), OFFER_PASSED_OVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_column_of_csv),
		cmocka_unit_test(currencies),
		cmocka_unit_test(bad_rows_are_told_and_the_others_taken),
		cmocka_unit_test(one_offer_in_several_rows),
		cmocka_unit_test(ids_follow_from_time_and_content),
		cmocka_unit_test(a_merchant_feed),
		cmocka_unit_test(broken_files_are_refused_as_a_whole),
		cmocka_unit_test(a_bomb_does_not_go_off),
		cmocka_unit_test(limits_of_a_feed),
		cmocka_unit_test(every_column_is_found_by_its_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
