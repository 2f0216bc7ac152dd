// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/retail.h"

#include "common/base/money.h"
#include "common/base/uuid.h"
#include "services/utarg/core/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum column {
	INVOICE,
	STOCK_CODE,
	DESCRIPTION,
	QUANTITY,
	INVOICE_DATE,
	UNIT_PRICE,
	CUSTOMER,
	COUNTRY,
	COLUMN_COUNT
};

static const char *const column_names[COLUMN_COUNT] = {
	"InvoiceNo",   "StockCode", "Description", "Quantity",
	"InvoiceDate", "UnitPrice", "CustomerID",  "Country",
};

const char *const retail_skip_reasons[RETAIL_SKIP_COUNT] = {
	[RETAIL_SKIP_QUANTITY] = "quantity not above zero (stock write-off)",
	[RETAIL_SKIP_PRICE] = "price not above zero",
	[RETAIL_SKIP_NO_GOODS] = "shipping of an invoice without goods",
	[RETAIL_SKIP_CANCELLED_ZERO] = "cancellation line that gives nothing back",
};

static const char *const shipping_codes[] = {"POST", "DOT", "C2"};

static const struct {
	const char *name, *code;
} countries[] = {
	{"United Kingdom", "GB"},
	{"Germany", "DE"},
	{"EIRE", "IE"},
	{"France", "FR"},
	{"Norway", "NO"},
	{"Lithuania", "LT"},
	{"Italy", "IT"},
	{"Japan", "JP"},
	{"Australia", "AU"},
	{"Belgium", "BE"},
	{"Poland", "PL"},
	{"Portugal", "PT"},
	{"Switzerland", "CH"},
	{"Spain", "ES"},
	{"Netherlands", "NL"},
	{"Austria", "AT"},
	{"Bahrain", "BH"},
	{"Brazil", "BR"},
	{"Canada", "CA"},
	{"Channel Islands", "GB"},
	{"Cyprus", "CY"},
	{"Czech Republic", "CZ"},
	{"Denmark", "DK"},
	{"Finland", "FI"},
	{"Greece", "GR"},
	{"Hong Kong", "HK"},
	{"Iceland", "IS"},
	{"Israel", "IL"},
	{"Lebanon", "LB"},
	{"Malta", "MT"},
	{"RSA", "ZA"},
	{"Saudi Arabia", "SA"},
	{"Singapore", "SG"},
	{"Sweden", "SE"},
	{"USA", "US"},
	{"United Arab Emirates", "AE"},
};

enum { FIELD_SIZE = 128, LINES_MAX = 1000 };

struct line {
	char stock_code[FIELD_SIZE];
	char description[FIELD_SIZE];
	int64_t quantity;
	int64_t price_minor;
};

// One invoice while its lines are gathered.
struct invoice {
	char number[FIELD_SIZE];
	char customer[FIELD_SIZE];
	char country[FIELD_SIZE];
	int64_t placed_at_ms;
	struct line *lines; // LINES_MAX
	size_t line_count;
	struct slice raw; // its lines as they stand in the file
};

static bool take_text(const struct csv *csv, enum column column, char out[FIELD_SIZE], struct err *e)
{
	struct slice s = csv->columns[column];
	if (s.size >= FIELD_SIZE)
		return err_field(e, ERR_BAD_FIELD, column_names[column],
				 "line %zu: %s is longer than %d bytes", csv->line_number,
				 column_names[column], FIELD_SIZE - 1);
	if (!text_is_utf8(s.data, s.size))
		return err_field(e, ERR_BAD_UTF8, column_names[column], "line %zu: %s is not UTF-8",
				 csv->line_number, column_names[column]);
	memcpy(out, s.data, s.size);
	out[s.size] = '\0';
	return true;
}

static bool bad_value(const struct csv *csv, enum column column, const char *value, struct err *e)
{
	return err_field(e, ERR_BAD_FIELD, column_names[column], "line %zu: '%s' is no %s", csv->line_number,
			 value, column_names[column]);
}

// "1/12/2010 08:26", local time of the shop.
static bool take_time(const struct csv *csv, const struct zone *zone, int64_t *out_ms, struct err *e)
{
	char text[FIELD_SIZE];
	if (!take_text(csv, INVOICE_DATE, text, e))
		return false;
	struct zone_date date;
	int hour, minute, used = 0;
	char iso[32];
	if (sscanf(text, "%2d/%2d/%4d %2d:%2d%n", &date.day, &date.month, &date.year, &hour, &minute,
		   &used) != 5 ||
	    text[used] != '\0' || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return bad_value(csv, INVOICE_DATE, text, e);
	snprintf(iso, sizeof iso, "%04u-%02u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
	if (!zone_date_parse(iso, &date))
		return bad_value(csv, INVOICE_DATE, text, e);
	*out_ms = zone_local_ms(zone, date, (hour * 60 + minute) * 60);
	return true;
}

static bool take_line(const struct csv *csv, struct line *line, struct err *e)
{
	char quantity[FIELD_SIZE], price[FIELD_SIZE];
	if (!take_text(csv, STOCK_CODE, line->stock_code, e) ||
	    !take_text(csv, DESCRIPTION, line->description, e) || !take_text(csv, QUANTITY, quantity, e) ||
	    !take_text(csv, UNIT_PRICE, price, e))
		return false;
	if (!text_to_int(quantity, -1000000, 1000000, &line->quantity))
		return bad_value(csv, QUANTITY, quantity, e);
	if (!money_parse(price, 2, &line->price_minor))
		return bad_value(csv, UNIT_PRICE, price, e);
	return true;
}

static bool is_shipping(const struct line *line)
{
	for (size_t i = 0; i < sizeof shipping_codes / sizeof *shipping_codes; i++)
		if (strcmp(line->stock_code, shipping_codes[i]) == 0)
			return true;
	return false;
}

static bool is_cancellation(const struct invoice *invoice)
{
	return invoice->number[0] == 'C';
}

static const char *country_code(const char *name)
{
	for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
		if (strcmp(countries[i].name, name) == 0)
			return countries[i].code;
	return "";
}

// What becomes of a line; the sums of an invoice follow from it.
struct tally {
	size_t item_count;
	int64_t shipping_minor, refund_minor;
};

static void tally_sale(const struct invoice *invoice, struct retail_report *report, struct tally *tally)
{
	size_t shipping_count = 0;
	for (size_t i = 0; i < invoice->line_count; i++) {
		const struct line *line = &invoice->lines[i];
		if (line->quantity <= 0) {
			report->skipped[RETAIL_SKIP_QUANTITY]++;
		} else if (line->price_minor <= 0) {
			report->skipped[RETAIL_SKIP_PRICE]++;
		} else if (is_shipping(line)) {
			shipping_count++;
			tally->shipping_minor += line->quantity * line->price_minor;
		} else {
			tally->item_count++;
		}
	}
	report->item_count += tally->item_count;
	if (tally->item_count > 0)
		report->shipping_count += shipping_count;
	else
		report->skipped[RETAIL_SKIP_NO_GOODS] += shipping_count;
}

static void tally_cancellation(const struct invoice *invoice, struct retail_report *report,
			       struct tally *tally)
{
	for (size_t i = 0; i < invoice->line_count; i++) {
		const struct line *line = &invoice->lines[i];
		if (line->quantity >= 0 || line->price_minor <= 0) {
			report->skipped[RETAIL_SKIP_CANCELLED_ZERO]++;
			continue;
		}
		report->refund_line_count++;
		tally->refund_minor += -line->quantity * line->price_minor;
	}
}

static void fill_lines(Utarg__V1__Order *order, const struct invoice *invoice, Utarg__V1__OrderLine *lines,
		       Utarg__V1__OrderLine **pointers)
{
	for (size_t i = 0; i < invoice->line_count; i++) {
		struct line *line = &invoice->lines[i];
		if (line->quantity <= 0 || line->price_minor <= 0 || is_shipping(line))
			continue;
		Utarg__V1__OrderLine *out = &lines[order->n_lines];
		utarg__v1__order_line__init(out);
		out->sku = line->stock_code;
		out->title = line->description;
		out->quantity = line->quantity;
		out->known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
		out->net_minor = line->quantity * line->price_minor;
		pointers[order->n_lines++] = out;
	}
	order->lines = pointers;
}

static bool emit_event(const struct retail_options *options, struct invoice *invoice, Utarg__V1__Event *event,
		       struct err *e)
{
	uint8_t id[UUID_SIZE];
	char source[128];
	snprintf(source, sizeof source, "online-retail/%s", options->shop);
	uuid_v5(source, invoice->raw.data, invoice->raw.size, id);
	char shop[80], channel_source[] = "online-retail";
	text_copy(shop, sizeof shop, options->shop);
	char country[4];
	text_copy(country, sizeof country, country_code(invoice->country));

	Utarg__V1__Context context = UTARG__V1__CONTEXT__INIT;
	context.country = country;
	event->id = (ProtobufCBinaryData){sizeof id, id};
	event->source = channel_source;
	event->occurred_at_ms = invoice->placed_at_ms;
	event->shop = shop;
	event->channel = UTARG__V1__CHANNEL__CHANNEL_WEB;
	event->context = &context;
	Utarg__V1__Subject subject = UTARG__V1__SUBJECT__INIT;
	subject.customer_ref = invoice->customer;
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	publication.event = event;
	publication.subject = &subject;
	return options->emit(options->context, &publication, e);
}

static bool emit_sale(const struct retail_options *options, struct invoice *invoice,
		      const struct tally *tally, struct err *e)
{
	char currency[] = "GBP";
	Utarg__V1__Order order = UTARG__V1__ORDER__INIT;
	order.order_id = invoice->number;
	order.currency = currency;
	order.placed_at_ms = invoice->placed_at_ms;
	order.shipping_net_minor = tally->shipping_minor;
	Utarg__V1__OrderLine *lines = calloc(invoice->line_count, sizeof *lines);
	Utarg__V1__OrderLine **pointers = calloc(invoice->line_count, sizeof *pointers);
	bool ok = lines != NULL && pointers != NULL;
	if (ok) {
		fill_lines(&order, invoice, lines, pointers);
		Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
		event.body_case = UTARG__V1__EVENT__BODY_PURCHASE;
		event.purchase = &order;
		ok = emit_event(options, invoice, &event, e);
	} else {
		err_set(e, ERR_INTERNAL, "no memory for the %zu lines of invoice %s", invoice->line_count,
			invoice->number);
	}
	free(lines);
	free(pointers);
	return ok;
}

static bool emit_refund(const struct retail_options *options, struct invoice *invoice,
			const struct tally *tally, struct err *e)
{
	char currency[] = "GBP";
	Utarg__V1__Refund refund = UTARG__V1__REFUND__INIT;
	refund.refund_id = invoice->number;
	refund.currency = currency;
	refund.known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
	refund.items_net_minor = tally->refund_minor;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.body_case = UTARG__V1__EVENT__BODY_REFUND;
	event.refund = &refund;
	return emit_event(options, invoice, &event, e);
}

// Accounts for a complete invoice and emits its event, if it has one.
static bool finish_invoice(const struct retail_options *options, struct invoice *invoice,
			   struct retail_report *report, struct err *e)
{
	if (invoice->line_count == 0)
		return true;
	struct tally tally = {0};
	report->invoice_count++;
	if (is_cancellation(invoice)) {
		tally_cancellation(invoice, report, &tally);
		if (tally.refund_minor > 0) {
			report->refund_count++;
			return options->emit == NULL || emit_refund(options, invoice, &tally, e);
		}
	} else {
		tally_sale(invoice, report, &tally);
		if (tally.item_count > 0) {
			report->purchase_count++;
			return options->emit == NULL || emit_sale(options, invoice, &tally, e);
		}
	}
	report->skipped_invoice_count++;
	return true;
}

static bool check_header(const struct csv *csv, struct err *e)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		struct slice s = i < csv->column_count ? csv->columns[i] : (struct slice){0};
		if (s.size != strlen(column_names[i]) || memcmp(s.data, column_names[i], s.size) != 0)
			return err_field(e, ERR_BAD_FIELD, column_names[i],
					 "line 1: column %zu is not %s; this is no Online Retail file", i + 1,
					 column_names[i]);
	}
	return true;
}

// Adds the row to the invoice, or begins the next one with it.
static bool take_row(const struct csv *csv, const struct retail_options *options, struct invoice *invoice,
		     struct retail_report *report, struct err *e)
{
	if (csv->column_count != COLUMN_COUNT)
		return err_set(e, ERR_BAD_FIELD, "line %zu: %zu columns instead of %d", csv->line_number,
			       csv->column_count, COLUMN_COUNT);
	char number[FIELD_SIZE];
	int64_t placed_at_ms = 0;
	if (!take_text(csv, INVOICE, number, e) || !take_time(csv, options->zone, &placed_at_ms, e))
		return false;
	if (number[0] == '\0')
		return bad_value(csv, INVOICE, number, e);
	if (strcmp(number, invoice->number) != 0) {
		if (!finish_invoice(options, invoice, report, e))
			return false;
		invoice->line_count = 0;
		text_copy(invoice->number, sizeof invoice->number, number);
		invoice->placed_at_ms = placed_at_ms;
		invoice->raw = (struct slice){csv->raw.data, 0};
		if (!take_text(csv, CUSTOMER, invoice->customer, e) ||
		    !take_text(csv, COUNTRY, invoice->country, e))
			return false;
	}
	if (invoice->line_count == LINES_MAX)
		return err_set(e, ERR_TOO_MANY, "line %zu: invoice %s has more than %d lines",
			       csv->line_number, number, LINES_MAX);
	if (placed_at_ms < invoice->placed_at_ms)
		invoice->placed_at_ms = placed_at_ms;
	invoice->raw.size = (size_t)(csv->raw.data + csv->raw.size - invoice->raw.data);
	report->line_count++;
	return take_line(csv, &invoice->lines[invoice->line_count++], e);
}

static bool read_rows(struct csv *csv, const struct retail_options *options, struct invoice *invoice,
		      struct retail_report *report, struct err *e)
{
	if (csv_next(csv) != CSV_ROW)
		return err_set(e, ERR_BAD_FIELD, "the file is empty");
	if (!check_header(csv, e))
		return false;
	for (;;) {
		switch (csv_next(csv)) {
		case CSV_ROW:
			if (!take_row(csv, options, invoice, report, e))
				return false;
			break;
		case CSV_BROKEN:
			return err_set(e, ERR_BAD_FIELD, "line %zu: a quote that does not close",
				       csv->line_number);
		case CSV_END:
			return finish_invoice(options, invoice, report, e);
		}
	}
}

bool retail_read(const char *text, size_t size, const struct retail_options *options,
		 struct retail_report *report, struct err *e)
{
	*report = (struct retail_report){0};
	char *scratch = malloc(size + 1);
	struct invoice invoice = {.lines = calloc(LINES_MAX, sizeof(struct line))};
	struct csv csv;
	bool ok = scratch != NULL && invoice.lines != NULL;
	if (ok) {
		csv_init(&csv, text, size, ';', scratch);
		ok = read_rows(&csv, options, &invoice, report, e);
	} else {
		err_set(e, ERR_INTERNAL, "no memory for a file of %zu bytes", size);
	}
	free(scratch);
	free(invoice.lines);
	return ok;
}
