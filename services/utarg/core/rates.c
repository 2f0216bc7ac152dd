// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/rates.h"

#include "common/base/money.h"
#include "common/base/uuid.h"
#include "common/base/zone.h"
#include "services/utarg/core/csv.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL_SIZE = 64, VALUE_DECIMALS = 9, UNITS_MAX = 1000000, DAY_MS = 86400000 };
#define WHOLE INT64_C(1000000000) // 10^VALUE_DECIMALS

struct column {
	char code[4]; // "": passed over
	int64_t units;
};

struct reading {
	const struct rates_options *options;
	struct rates_report *report;
	struct csv csv;
	bool is_nbp;
	size_t column_count;
	struct column columns[CSV_COLUMNS_MAX];
};

// What one of a currency is in the file's base: a fraction. Zero: not known.
struct worth {
	money_sum n, d;
};

// A cell without spaces round it, cut to fit.
static void cell(const struct csv *csv, size_t column, char out[CELL_SIZE])
{
	const char *from = (const char *)csv->columns[column].data;
	size_t size = csv->columns[column].size;
	while (size > 0 && isspace((unsigned char)*from)) {
		from++;
		size--;
	}
	while (size > 0 && isspace((unsigned char)from[size - 1]))
		size--;
	if (size >= CELL_SIZE)
		size = CELL_SIZE - 1;
	if (size > 0)
		memcpy(out, from, size);
	out[size] = '\0';
}

// ---- the header ----

// "USD", "1USD", "100 JPY". Others name no currency.
static void read_column(const char *text, struct column *out)
{
	int exponent, used = 0;
	long long units = 1;
	char code[4];
	*out = (struct column){"", 1};
	if (isdigit((unsigned char)text[0])) {
		if (sscanf(text, "%7lld %n", &units, &used) != 1 || units < 1 || units > UNITS_MAX)
			return;
	}
	if (strlen(text + used) != 3 || !text_copy(code, sizeof code, text + used) ||
	    !money_exponent(code, &exponent))
		return;
	text_copy(out->code, sizeof out->code, code);
	out->units = units;
}

static bool read_header(struct reading *r, struct err *e)
{
	char text[CELL_SIZE];
	bool any = false;
	if (csv_next(&r->csv) != CSV_ROW)
		return err_set(e, ERR_BAD_FIELD, "line 1: the file has no header");
	cell(&r->csv, 0, text);
	r->is_nbp = strcmp(text, "data") == 0;
	if (!r->is_nbp && strcmp(text, "Date") != 0)
		return err_set(e, ERR_BAD_FIELD,
			       "line 1, column 1: \"%.40s\" is neither Date (European Central Bank) nor data "
			       "(Narodowy Bank Polski)",
			       text);
	text_copy(r->report->base, sizeof r->report->base, r->is_nbp ? "PLN" : "EUR");
	r->column_count = r->csv.column_count;
	for (size_t i = 1; i < r->column_count; i++) {
		cell(&r->csv, i, text);
		read_column(text, &r->columns[i]);
		any = any || r->columns[i].code[0];
	}
	return any || err_set(e, ERR_BAD_FIELD, "line 1: no column names a currency");
}

// ---- a day ----

static bool read_day(const char *text, char day[16])
{
	struct zone_date date;
	if (strlen(text) == 8 && strspn(text, "0123456789") == 8)
		snprintf(day, 16, "%.4s-%.2s-%.2s", text, text + 4, text + 6);
	else
		snprintf(day, 16, "%.15s", text);
	return zone_date_parse(day, &date);
}

static bool is_passed_over(const char *first)
{
	static const char *const words[] = {"", "kod ISO", "nazwa waluty", "liczba jednostek"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(first, words[i]) == 0)
			return true;
	return false;
}

static bool read_worth(const struct reading *r, size_t column, struct worth *out, struct err *e)
{
	const struct column *c = &r->columns[column];
	char text[CELL_SIZE];
	int64_t value;
	*out = (struct worth){0, 0};
	cell(&r->csv, column, text);
	if (!text[0] || strcmp(text, "N/A") == 0 || strcmp(text, "-") == 0)
		return true;
	bool is_number =
		money_parse(text, VALUE_DECIMALS, &value) && value > 0 && value <= MONEY_RATE_MAX_NANO;
	if (!is_number || (r->csv.separator == ',' && strchr(text, ',')))
		return err_set(e, ERR_BAD_FIELD, "line %zu, column %zu (%s): \"%.40s\" is no rate",
			       r->csv.line_number, column + 1, c->code, text);
	if (r->is_nbp)
		*out = (struct worth){value, (money_sum)c->units * WHOLE};
	else
		*out = (struct worth){(money_sum)c->units * WHOLE, value};
	return true;
}

const char *rates_source(const struct rates_options *options, const struct rates_report *report)
{
	if (options->source)
		return options->source;
	return strcmp(report->base, "PLN") == 0 ? "nbp" : "ecb";
}

static bool emit_day(const struct reading *r, char *day, Utarg__V1__Rate **rates, size_t count, struct err *e)
{
	const struct rates_options *options = r->options;
	char source[128], name[224], shop[80], made_by[] = "rates";
	uint8_t id[UUID_SIZE];
	struct zone_date date;
	if (!text_copy(source, sizeof source, rates_source(options, r->report)) ||
	    !text_copy(shop, sizeof shop, options->shop))
		return err_set(e, ERR_BAD_FIELD, "the source or the shop has a name that is too long");
	snprintf(name, sizeof name, "rates/%s/%s", shop, source);
	uuid_v5(name, day, strlen(day), id);
	zone_date_parse(day, &date);
	Utarg__V1__RatePublished published = UTARG__V1__RATE_PUBLISHED__INIT;
	published.rate_source = source;
	published.day = day;
	published.rates = rates;
	published.n_rates = count;
	Utarg__V1__Event event = UTARG__V1__EVENT__INIT;
	event.id = (ProtobufCBinaryData){sizeof id, id};
	event.source = made_by;
	event.occurred_at_ms = zone_date_days(date) * DAY_MS;
	event.shop = shop;
	event.body_case = UTARG__V1__EVENT__BODY_RATE_PUBLISHED;
	event.rate_published = &published;
	Utarg__V1__Publication publication = UTARG__V1__PUBLICATION__INIT;
	publication.event = &event;
	return options->emit(options->context, &publication, e);
}

// The worths of a line: [0] the base's own, then a column each.
static bool read_worths(const struct reading *r, struct worth *worths, struct worth *own, struct err *e)
{
	const char *currency = r->options->currency;
	*own = (struct worth){0, 0};
	worths[0] = (struct worth){1, 1};
	if (strcmp(currency, r->report->base) == 0)
		*own = worths[0];
	for (size_t i = 1; i < r->column_count; i++) {
		worths[i] = (struct worth){0, 0};
		if (!r->columns[i].code[0])
			continue;
		if (!read_worth(r, i, &worths[i], e))
			return false;
		if (strcmp(r->columns[i].code, currency) == 0)
			*own = worths[i];
	}
	return true;
}

static bool read_line(struct reading *r, char *day, struct err *e)
{
	struct worth worths[CSV_COLUMNS_MAX], own;
	Utarg__V1__Rate rates[CSV_COLUMNS_MAX], *pointers[CSV_COLUMNS_MAX];
	size_t count = 0;
	if (!read_worths(r, worths, &own, e))
		return false;
	for (size_t i = 0; own.d && i < r->column_count; i++) {
		char *code = i ? r->columns[i].code : r->report->base;
		if (!worths[i].d || strcmp(code, r->options->currency) == 0)
			continue;
		money_sum scaled, nano;
		if (__builtin_mul_overflow(worths[i].n * own.d, WHOLE, &scaled))
			continue; // beyond all rates
		nano = money_div_half_even(scaled, worths[i].d * own.n);
		if (nano < 1 || nano > MONEY_RATE_MAX_NANO)
			continue;
		pointers[count] = &rates[count];
		utarg__v1__rate__init(&rates[count]);
		rates[count].currency = code;
		rates[count++].per_unit_nano = (int64_t)nano;
	}
	if (!count) {
		r->report->skipped_count++;
		return true;
	}
	r->report->day_count++;
	r->report->rate_count += count;
	return r->options->emit == NULL || emit_day(r, day, pointers, count, e);
}

static bool read_lines(struct reading *r, struct err *e)
{
	char first[CELL_SIZE], day[16];
	enum csv_result result;
	while ((result = csv_next(&r->csv)) == CSV_ROW) {
		cell(&r->csv, 0, first);
		if (is_passed_over(first))
			continue;
		if (!read_day(first, day))
			return err_set(e, ERR_BAD_FIELD, "line %zu, column 1: \"%.40s\" is no day",
				       r->csv.line_number, first);
		if (r->csv.column_count != r->column_count)
			return err_set(e, ERR_BAD_FIELD, "line %zu has %zu columns, the header has %zu",
				       r->csv.line_number, r->csv.column_count, r->column_count);
		if (!read_line(r, day, e))
			return false;
	}
	if (result == CSV_BROKEN)
		return err_set(e, ERR_BAD_FIELD, "line %zu: a quote that does not close, or too many columns",
			       r->csv.line_number);
	return true;
}

bool rates_read(const char *text, size_t size, const struct rates_options *options,
		struct rates_report *report, struct err *e)
{
	struct reading r = {.options = options, .report = report};
	const char *line_end = memchr(text, '\n', size);
	size_t header_size = line_end ? (size_t)(line_end - text) : size;
	char *scratch = malloc(size + 1);
	if (scratch == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a file of %zu bytes", size);
	*report = (struct rates_report){0};
	csv_init(&r.csv, text, size, memchr(text, ';', header_size) ? ';' : ',', scratch);
	bool ok = read_header(&r, e) && read_lines(&r, e);
	if (ok && report->day_count == 0)
		ok = err_set(e, ERR_BAD_FIELD, "no day has a rate for %s, the shop's currency",
			     options->currency);
	free(scratch);
	return ok;
}
