// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See offer_file.h.
#include "services/utarg/core/offer_file.h"

#include "common/base/map.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "services/utarg/core/csv.h"
#include "services/utarg/core/merchant_feed.h"
#include "services/utarg/core/offer_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 512, NAME_SIZE = 256, BODY_MAX_BYTES = 128 * 1024 };

// What a key of this file was told with: of an offer in one price list, or of the stock at one place.
struct told {
	UT_hash_handle hh;
	uint8_t id[UUID_SIZE];
	size_t line_number;
	char key[];
};

struct column {
	enum offer_column column;
	char language[OFFER_LANGUAGE_SIZE];
};

struct reading {
	const struct offer_file_options *options;
	struct offer_file_report *report;
	struct told *told;
	struct column columns[CSV_COLUMNS_MAX];
	size_t column_count;
	uint8_t *body; // of the event being made: its kind and its packed bytes
	struct offer_row row;
	struct offer_said said;
};

// ---- events ----------------------------------------------------------------------------------------------

static void bad_row(struct reading *r, size_t line_number, const char *sentence)
{
	r->report->bad_count++;
	if (r->options->bad != NULL)
		r->options->bad(r->options->context, line_number, sentence);
}

// From shop, time and content.
static void make_id(struct reading *r, uint8_t kind, const ProtobufCMessage *body, uint8_t id[UUID_SIZE])
{
	char source[128];
	size_t size = protobuf_c_message_get_packed_size(body);

	snprintf(source, sizeof(source), "offers/%s/%lld", r->options->shop, (long long)r->options->as_of_ms);
	// A row has 64 KiB of text; packing adds some bytes a field.
	if (size + 1 > BODY_MAX_BYTES)
		abort();
	r->body[0] = kind;
	protobuf_c_message_pack(body, r->body + 1);
	uuid_v5(source, r->body, size + 1, id);
}

static bool emit(struct reading *r, Utarg__V1__Event *event, struct err *e)
{
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	char made_by[] = "utarg/offers";

	event->source = made_by;
	event->shop = text_borrow(r->options->shop);
	event->occurred_at_ms = r->options->as_of_ms;
	publication.event = event;
	return r->options->emit == NULL || r->options->emit(r->options->context, &publication, e);
}

// What this key was told with before; else it is noted.
static const struct told *told_before(struct reading *r, const char *key, const uint8_t id[UUID_SIZE],
				      size_t line_number)
{
	struct told *told;
	size_t size = strlen(key);

	HASH_FIND(hh, r->told, key, size, told);
	if (told != NULL)
		return told;
	told = calloc(1, sizeof(*told) + size + 1);
	if (told == NULL)
		abort();
	memcpy(told->key, key, size);
	memcpy(told->id, id, UUID_SIZE);
	told->line_number = line_number;
	HASH_ADD_KEYPTR(hh, r->told, told->key, size, told);
	return NULL;
}

static void forget(struct reading *r)
{
	struct told *told;
	struct told *next;

	HASH_ITER(hh, r->told, told, next)
	{
		HASH_DEL(r->told, told);
		free(told);
	}
}

// True when it is new; false when it was told already, the second time a bad row when it is different now.
static bool is_new(struct reading *r, const char *key, const uint8_t id[UUID_SIZE], const char *what,
		   size_t line_number)
{
	const struct told *before = told_before(r, key, id, line_number);
	char sentence[256];

	if (before == NULL)
		return true;
	if (memcmp(before->id, id, UUID_SIZE) == 0)
		return false;
	snprintf(sentence, sizeof(sentence), "%s \"%.80s\" stands in line %zu with other words", what,
		 r->said.offer.sku, before->line_number);
	bad_row(r, line_number, sentence);
	return false;
}

static bool emit_offer(struct reading *r, size_t line_number, bool *is_bad, struct err *e)
{
	Utarg__V1__OfferUpdated *offer = &r->said.offer;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	uint8_t id[UUID_SIZE];
	char key[KEY_SIZE];
	size_t bad_before = r->report->bad_count;

	make_id(r, UTARG__V1__EVENT__BODY_OFFER_UPDATED, &offer->base, id);
	snprintf(key, sizeof(key), "o%zu:%s%zu:%s%d%s", strlen(offer->sku), offer->sku, strlen(offer->market),
		 offer->market, (int)offer->audience, offer->currency);
	bool wanted = is_new(r, key, id, "offer", line_number);
	*is_bad = r->report->bad_count != bad_before;
	if (!wanted)
		return true;
	if (r->options->is_known != NULL && r->options->is_known(r->options->context, offer, NULL)) {
		r->report->known_count++;
		return true;
	}
	r->report->offer_count++;
	event.id = (ProtobufCBinaryData){sizeof(id), id};
	event.body_case = UTARG__V1__EVENT__BODY_OFFER_UPDATED;
	event.offer_updated = offer;
	return emit(r, &event, e);
}

static bool emit_stock(struct reading *r, size_t line_number, struct err *e)
{
	Utarg__V1__StockChanged *stock = &r->said.stock;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	uint8_t id[UUID_SIZE];
	char key[KEY_SIZE];

	make_id(r, UTARG__V1__EVENT__BODY_STOCK_CHANGED, &stock->base, id);
	snprintf(key, sizeof(key), "s%zu:%s%s", strlen(stock->sku), stock->sku, stock->location);
	if (!is_new(r, key, id, "the stock of", line_number))
		return true;
	if (r->options->is_known != NULL && r->options->is_known(r->options->context, NULL, stock)) {
		r->report->known_count++;
		return true;
	}
	r->report->stock_count++;
	event.id = (ProtobufCBinaryData){sizeof(id), id};
	event.body_case = UTARG__V1__EVENT__BODY_STOCK_CHANGED;
	event.stock_changed = stock;
	return emit(r, &event, e);
}

// The row as it is filled.
static bool take_row(struct reading *r, size_t line_number, struct err *e)
{
	const struct offer_file_options *options = r->options;
	struct err fault = {0};
	bool is_bad;

	if (!offer_row_read(&r->row, options->currency, options->zone, options->as_of_ms, &r->said, &fault)) {
		bad_row(r, line_number, fault.text);
		return true;
	}
	if (!emit_offer(r, line_number, &is_bad, e))
		return false;
	return is_bad || !r->said.has_stock || emit_stock(r, line_number, e);
}

// ---- names -----------------------------------------------------------------------------------------------

// Notes a name without a meaning, once.
static void pass_over(struct reading *r, const char *name)
{
	char *names = r->report->passed_over;
	size_t used = strlen(names);
	size_t size = strlen(name);

	if (size == 0)
		return;
	for (const char *at = names; (at = strstr(at, name)) != NULL; at += size) {
		bool begins = at == names || at[-1] == ' ';

		if (begins && (at[size] == '\0' || at[size] == ','))
			return;
	}
	if (used + size + 3 <= OFFER_FILE_NAMES_SIZE)
		snprintf(names + used, OFFER_FILE_NAMES_SIZE - used, "%s%s", used > 0 ? ", " : "", name);
}

// ---- tables ----------------------------------------------------------------------------------------------

static bool take_name(struct reading *r, const struct slice *cell, struct err *e)
{
	struct column *column = &r->columns[r->column_count];
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%.*s", cell->size < NAME_SIZE ? (int)cell->size : NAME_SIZE - 1,
		 (const char *)cell->data);
	column->column = offer_column_of(name, column->language);
	for (size_t i = 0; i < r->column_count && column->column != OFFER_PASSED_OVER; i++)
		if (r->columns[i].column == column->column &&
		    strcmp(r->columns[i].language, column->language) == 0)
			return err_set(e, ERR_BAD_FIELD, "line 1: columns %zu and %zu are both %.60s", i + 1,
				       r->column_count + 1, name);
	if (column->column == OFFER_PASSED_OVER && text_is_utf8(name, strlen(name)))
		pass_over(r, name);
	r->column_count++;
	return true;
}

static bool read_header(struct reading *r, struct csv *csv, struct err *e)
{
	bool has_sku = false;

	if (csv_next(csv) != CSV_ROW)
		return err_set(e, ERR_BAD_FIELD, "line 1: the file has no header of at most %d columns",
			       CSV_COLUMNS_MAX);
	for (size_t i = 0; i < csv->column_count; i++) {
		if (!take_name(r, &csv->columns[i], e))
			return false;
		has_sku = has_sku || r->columns[i].column == OFFER_SKU;
	}
	return has_sku || err_set(e, ERR_BAD_FIELD, "line 1: no column is called sku or id");
}

static bool take_line(struct reading *r, const struct csv *csv, struct err *e)
{
	struct err fault = {0};

	if (csv->column_count == 1 && csv->columns[0].size == 0)
		return true; // an empty line
	r->report->row_count++;
	if (csv->column_count != r->column_count) {
		err_set(&fault, ERR_BAD_FIELD, "%zu columns, the header has %zu", csv->column_count,
			r->column_count);
		bad_row(r, csv->line_number, fault.text);
		return true;
	}
	offer_row_clear(&r->row);
	for (size_t i = 0; i < r->column_count; i++) {
		const struct column *column = &r->columns[i];

		if (!offer_row_set(&r->row, column->column, column->language,
				   (const char *)csv->columns[i].data, csv->columns[i].size, &fault)) {
			bad_row(r, csv->line_number, fault.text);
			return true;
		}
	}
	return take_row(r, csv->line_number, e);
}

static bool read_table(struct reading *r, const char *text, size_t size, char separator, struct err *e)
{
	struct csv csv;
	enum csv_result result;
	char *scratch = malloc(size + 1);
	bool ok;

	if (scratch == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a file of %zu bytes", size);
	csv_init(&csv, text, size, separator, scratch);
	ok = read_header(r, &csv, e);
	while (ok && (result = csv_next(&csv)) != CSV_END) {
		ok = result == CSV_ROW ? take_line(r, &csv, e)
				       : err_set(e, ERR_BAD_FIELD,
						 "line %zu: a quote that does not close, or too many columns",
						 csv.line_number);
	}
	free(scratch);
	return ok;
}

// ---- feeds -----------------------------------------------------------------------------------------------

// Google's own fields stand over those of RSS.
static bool fill_row(struct reading *r, const struct merchant_item *item, bool google, struct err *fault)
{
	for (size_t i = 0; i < item->count; i++) {
		const struct merchant_field *field = &item->fields[i];
		struct column column;

		if (field->is_google != google)
			continue;
		column.column = offer_column_of(field->name, column.language);
		if (column.column == OFFER_PASSED_OVER)
			pass_over(r, field->name);
		if (!offer_row_set(&r->row, column.column, column.language, field->value,
				   strlen(field->value), fault))
			return false;
	}
	return true;
}

static bool take_item(void *context, const struct merchant_item *item, struct err *e)
{
	struct reading *r = context;
	struct err fault = {0};

	r->report->row_count++;
	offer_row_clear(&r->row);
	if (!fill_row(r, item, false, &fault) || !fill_row(r, item, true, &fault)) {
		bad_row(r, item->line_number, fault.text);
		return true;
	}
	return take_row(r, item->line_number, e);
}

// ---- files -----------------------------------------------------------------------------------------------

// The first character that counts; 0: there is none.
static char first_of(const char *text, size_t size)
{
	size_t at = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

	// UTF-16 begins with one of its marks, and only XML may be written in it.
	if (size >= 2 && (memcmp(text, "\xFE\xFF", 2) == 0 || memcmp(text, "\xFF\xFE", 2) == 0))
		return '<';
	while (at < size && strchr(" \t\r\n", text[at]) && text[at] != '\0')
		at++;
	return at < size ? text[at] : '\0';
}

static char separator_of(const char *text, size_t size)
{
	const char *line_end = memchr(text, '\n', size);
	size_t header_size = line_end ? (size_t)(line_end - text) : size;

	if (memchr(text, '\t', header_size))
		return '\t';
	return memchr(text, ';', header_size) ? ';' : ',';
}

bool offer_file_read(const char *text, size_t size, const struct offer_file_options *options,
		     struct offer_file_report *report, struct err *e)
{
	struct reading *r = calloc(1, sizeof(*r));
	bool ok;

	if (r == NULL || (r->body = malloc(BODY_MAX_BYTES)) == NULL)
		abort(); // some 100 KiB
	*report = (struct offer_file_report){.format = "xml"};
	r->options = options;
	r->report = report;
	if (first_of(text, size) == '<') {
		ok = merchant_feed_read(text, size, take_item, r, e);
	} else {
		char separator = separator_of(text, size);

		report->format = separator == '\t' ? "tsv" : "csv";
		ok = read_table(r, text, size, separator, e);
	}
	forget(r);
	free(r->body);
	free(r);
	return ok;
}
