// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: from the file to rows. Events are made in report_event.c.
#include "services/utarg/core/report.h"

#include "common/base/zone.h"
#include "services/utarg/core/csv.h"
#include "services/utarg/core/report_cell.h"
#include "services/utarg/core/report_rows.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HEADER_LINES_MAX = 20, SHOWN_MAX = 40 };

struct reading {
	const struct report_options *options;
	struct report_summary *summary;
	struct csv csv;
	struct report_header header;
	size_t header_columns;
	int64_t day; // of the whole file; INT64_MIN: each row says it
	struct report_rows rows;
};

// ---- sentences ----

static bool wrong_cell(const struct reading *r, enum report_column column, const char *what, struct err *e)
{
	struct slice cell = r->csv.columns[r->header.at[column]];
	int shown = cell.size < SHOWN_MAX ? (int)cell.size : SHOWN_MAX;
	while (shown > 0 && (size_t)shown < cell.size && (cell.data[shown] & 0xC0) == 0x80)
		shown--;
	return err_set(e, ERR_BAD_FIELD, "line %zu, column %d (%s): \"%.*s\" %s", r->csv.line_number,
		       r->header.at[column] + 1, r->header.names[column], shown, (const char *)cell.data,
		       what);
}

// ---- the header ----

static bool find_header(struct reading *r, const char *text, size_t size, char separator, char *scratch)
{
	csv_init(&r->csv, text, size, separator, scratch);
	for (int i = 0; i < HEADER_LINES_MAX && csv_next(&r->csv) == CSV_ROW; i++)
		if (report_header_match(r->csv.columns, r->csv.column_count, r->options->format, &r->header))
			return true;
	return false;
}

static bool no_header(const struct report_options *options, struct err *e)
{
	if (options->format != REPORT_ANY)
		return err_set(e, ERR_BAD_FIELD,
			       "the first %d lines have no header of %s, whose columns are %s",
			       HEADER_LINES_MAX, report_formats[options->format].name,
			       report_formats[options->format].columns);
	return err_set(
		e, ERR_BAD_FIELD,
		"the first %d lines have no header of a known report: google_ads has Campaign and Cost, "
		"meta Campaign name and Amount spent, search_console Clicks, Impressions and Position, "
		"mailing Campaign and Sent",
		HEADER_LINES_MAX);
}

static bool read_header(struct reading *r, const char *text, size_t size, char *scratch, struct err *e)
{
	const struct report_options *options = r->options;
	struct zone_date day;
	if (!find_header(r, text, size, '\t', scratch) && !find_header(r, text, size, ';', scratch) &&
	    !find_header(r, text, size, ',', scratch))
		return no_header(options, e);
	r->header_columns = r->csv.column_count;
	r->summary->format = r->header.format;
	r->day = INT64_MIN;
	if (r->header.at[COLUMN_DAY] == COLUMN_NONE) {
		if (!options->day || !zone_date_parse(options->day, &day))
			return err_set(e, ERR_MISSING_FIELD,
				       "line %zu: no column says the day; --day 2026-11-23 says it for the "
				       "whole file",
				       r->csv.line_number);
		r->day = zone_date_days(day);
	}
	if (options->brand && r->header.at[COLUMN_QUERY] == COLUMN_NONE)
		return err_set(e, ERR_BAD_FIELD, "--brand needs a column of queries, and the file has none");
	return true;
}

// ---- a row ----

static struct slice cell_at(const struct reading *r, enum report_column column)
{
	int at = r->header.at[column];
	return at == COLUMN_NONE ? (struct slice){(const uint8_t *)"", 0} : cell_trim(r->csv.columns[at]);
}

static bool has_column(const struct reading *r, enum report_column column)
{
	return r->header.at[column] != COLUMN_NONE;
}

// "Total: Campaigns", "Razem: konto", "Total".
static bool begins_as_total(const struct csv *csv)
{
	static const char *const words[] = {"total",
					    "totals",
					    "razem",
					    "suma",
					    "\xC5\x81\xC4\x85"
					    "cznie",
					    "\xC5\x82\xC4\x85"
					    "cznie"};
	struct slice first = {(const uint8_t *)"", 0};
	for (size_t i = 0; i < csv->column_count && first.size == 0; i++)
		first = cell_trim(csv->columns[i]);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t size = strlen(words[i]);
		if (first.size >= size && strncasecmp((const char *)first.data, words[i], size) == 0 &&
		    (first.size == size || first.data[size] == ':'))
			return true;
	}
	return false;
}

static bool is_blank(const struct csv *csv)
{
	for (size_t i = 0; i < csv->column_count; i++)
		if (cell_trim(csv->columns[i]).size > 0)
			return false;
	return true;
}

// Rows with a day and a campaign are data whatever they are called.
static bool is_total(const struct reading *r)
{
	int64_t day;
	if (r->csv.column_count != r->header_columns)
		return begins_as_total(&r->csv);
	if (has_column(r, COLUMN_CAMPAIGN) && cell_is_empty(cell_at(r, COLUMN_CAMPAIGN)))
		return true;
	if (!has_column(r, COLUMN_DAY))
		return begins_as_total(&r->csv);
	struct slice cell = cell_at(r, COLUMN_DAY);
	return cell_is_empty(cell) || (!cell_day(cell, &day) && begins_as_total(&r->csv));
}

static bool read_day(const struct reading *r, struct report_row *row, struct err *e)
{
	int64_t end;
	row->day = r->day;
	if (r->day != INT64_MIN)
		return true;
	if (!cell_day(cell_at(r, COLUMN_DAY), &row->day))
		return wrong_cell(r, COLUMN_DAY, "is no day: 2026-11-23", e);
	if (!r->header.is_period || !has_column(r, COLUMN_PERIOD_END))
		return true;
	if (!cell_day(cell_at(r, COLUMN_PERIOD_END), &end))
		return wrong_cell(r, COLUMN_PERIOD_END, "is no day: 2026-11-23", e);
	return end == row->day ||
	       wrong_cell(r, COLUMN_PERIOD_END, "is another day than the first: break the report down by day",
			  e);
}

static bool read_currency(const struct reading *r, struct report_row *row, int *exponent, struct err *e)
{
	struct slice cell = cell_at(r, COLUMN_CURRENCY);
	const char *said = r->header.currency[0] ? r->header.currency : r->options->currency;
	if (!text_copy(row->currency, sizeof(row->currency), said) || !money_exponent(said, exponent))
		return err_set(e, ERR_BAD_CURRENCY, "\"%.20s\" is no currency", said);
	if (!has_column(r, COLUMN_CURRENCY) || cell.size == 0)
		return true;
	if (cell.size != 3)
		return wrong_cell(r, COLUMN_CURRENCY, "is no currency", e);
	memcpy(row->currency, cell.data, 3);
	return money_exponent(row->currency, exponent) ||
	       wrong_cell(r, COLUMN_CURRENCY, "is no currency in use", e);
}

// How each value is written.
static const struct {
	bool is_whole;
	const char *what;
} value_rows[VALUE_COUNT] = {
	[VALUE(COLUMN_SPEND)] = {false, "is no amount of zero or more"},
	[VALUE(COLUMN_IMPRESSIONS)] = {true, "is no count"},
	[VALUE(COLUMN_CLICKS)] = {true, "is no count"},
	[VALUE(COLUMN_ORDERS)] = {false, "is no count"},
	[VALUE(COLUMN_RESULTS)] = {false, "is no count"},
	[VALUE(COLUMN_SHARE)] = {false, "is no share"},
	[VALUE(COLUMN_POSITION)] = {false, "is no position"},
	[VALUE(COLUMN_SENT)] = {true, "is no count"},
	[VALUE(COLUMN_DELIVERED)] = {true, "is no count"},
	[VALUE(COLUMN_OPENED)] = {true, "is no count"},
	[VALUE(COLUMN_CLICKED)] = {true, "is no count"},
	[VALUE(COLUMN_UNSUBSCRIBED)] = {true, "is no count"},
	[VALUE(COLUMN_BOUNCED)] = {true, "is no count"},
};

// "45.2%" or 0.452; "< 10%" and "> 90%" are all that the platform says: not known.
static bool read_share(struct slice cell, struct report_row *row)
{
	bool is_percent = cell.size > 0 && cell.data[cell.size - 1] == '%';
	int64_t value;
	if (cell.size > 0 && (cell.data[0] == '<' || cell.data[0] == '>'))
		return true;
	if (!cell_number(cell, CELL_DECIMAL, is_percent ? 2 : 4, &value) || value > 10000)
		return false;
	row->has_share = true;
	row->values[VALUE(COLUMN_SHARE)] = value;
	return true;
}

static bool read_value(struct slice cell, enum report_column column, int exponent, struct report_row *row)
{
	int64_t value;
	if (column == COLUMN_SHARE)
		return read_share(cell, row);
	if (column == COLUMN_POSITION) {
		if (!cell_number(cell, CELL_DECIMAL, 3, &value))
			return false;
		row->values[VALUE(column)] = value;
		return true;
	}
	if (!cell_number(cell, CELL_AMOUNT, column == COLUMN_SPEND ? exponent : 2, &value))
		return false;
	if (value_rows[VALUE(column)].is_whole) {
		if (value % 100 != 0)
			return false;
		value /= 100;
	}
	row->values[VALUE(column)] = value;
	return true;
}

static bool read_values(const struct reading *r, int exponent, struct report_row *row, struct err *e)
{
	for (int column = COLUMN_SPEND; column < COLUMN_COUNT; column++) {
		struct slice cell = cell_at(r, (enum report_column)column);
		if (!has_column(r, (enum report_column)column) || cell_is_empty(cell))
			continue;
		if (!read_value(cell, (enum report_column)column, exponent, row))
			return wrong_cell(r, (enum report_column)column, value_rows[VALUE(column)].what, e);
	}
	row->position =
		(money_sum)row->values[VALUE(COLUMN_POSITION)] * row->values[VALUE(COLUMN_IMPRESSIONS)];
	return true;
}

// Whether the text holds the word, small and capital letters of A to Z alike.
static bool holds(struct slice text, const char *word, size_t size)
{
	for (size_t i = 0; size > 0 && i + size <= text.size; i++)
		if (strncasecmp((const char *)text.data + i, word, size) == 0)
			return true;
	return false;
}

// Results are orders where their indicator says so.
static void settle_orders(const struct reading *r, struct report_row *row)
{
	struct slice indicator = cell_at(r, COLUMN_INDICATOR);
	bool are_orders = !has_column(r, COLUMN_INDICATOR) || holds(indicator, "purchase", 8) ||
			  holds(indicator, "zakup", 5);
	if (!has_column(r, COLUMN_ORDERS) && are_orders)
		row->values[VALUE(COLUMN_ORDERS)] = row->values[VALUE(COLUMN_RESULTS)];
}

// What a mailing does not say follows from the rest.
static bool settle_mailing(const struct reading *r, struct report_row *row, struct err *e)
{
	int64_t *values = row->values;
	if (!has_column(r, COLUMN_SENT))
		values[VALUE(COLUMN_SENT)] = values[VALUE(COLUMN_DELIVERED)] + values[VALUE(COLUMN_BOUNCED)];
	if (!has_column(r, COLUMN_DELIVERED))
		values[VALUE(COLUMN_DELIVERED)] = values[VALUE(COLUMN_SENT)] - values[VALUE(COLUMN_BOUNCED)];
	if (values[VALUE(COLUMN_DELIVERED)] >= 0 &&
	    values[VALUE(COLUMN_DELIVERED)] <= values[VALUE(COLUMN_SENT)])
		return true;
	return err_set(e, ERR_BAD_FIELD, "line %zu: %lld delivered of %lld sent", r->csv.line_number,
		       (long long)values[VALUE(COLUMN_DELIVERED)], (long long)values[VALUE(COLUMN_SENT)]);
}

// The path of an address, without what stands behind ? and #.
static struct slice page_of(struct slice cell)
{
	const char *text = (const char *)cell.data;
	size_t from = 0, size = 0;
	for (size_t i = 0; i + 3 <= cell.size && from == 0; i++)
		if (memcmp(text + i, "://", 3) == 0)
			for (from = i + 3; from < cell.size && text[from] != '/';)
				from++;
	while (from + size < cell.size && text[from + size] != '?' && text[from + size] != '#')
		size++;
	if (from > 0 && size == 0)
		return (struct slice){(const uint8_t *)"/", 1};
	if (size > REPORT_PAGE_MAX)
		return (struct slice){(const uint8_t *)"(other)", 7};
	return (struct slice){cell.data + from, size};
}

static bool is_brand(const char *brand, struct slice query)
{
	for (const char *at = brand; at && *at;
	     at = at[strcspn(at, "\n")] ? at + strcspn(at, "\n") + 1 : NULL)
		if (holds(query, at, strcspn(at, "\n")))
			return true;
	return false;
}

static bool read_name(const struct reading *r, struct report_row *row, struct err *e)
{
	if (r->header.format == REPORT_SEARCH_CONSOLE) {
		row->name = page_of(cell_at(r, COLUMN_PAGE));
		row->is_brand = is_brand(r->options->brand, cell_at(r, COLUMN_QUERY));
		return true;
	}
	row->name = cell_at(r, COLUMN_CAMPAIGN);
	return row->name.size <= REPORT_NAME_MAX ||
	       wrong_cell(r, COLUMN_CAMPAIGN, "is longer than 128 bytes", e);
}

static struct report_row *next_row(struct report_rows *rows)
{
	if (rows->count == rows->capacity) {
		rows->capacity = rows->capacity ? rows->capacity * 2 : 256;
		rows->at = realloc(rows->at, rows->capacity * sizeof(rows->at[0]));
		if (rows->at == NULL)
			abort();
	}
	struct report_row *row = &rows->at[rows->count++];
	*row = (struct report_row){0};
	return row;
}

static bool read_row(struct reading *r, struct err *e)
{
	int exponent = 0;
	if (is_blank(&r->csv))
		return true;
	if (is_total(r)) {
		r->summary->total_count++;
		return true;
	}
	if (r->csv.column_count != r->header_columns)
		return err_set(e, ERR_BAD_FIELD, "line %zu has %zu columns, the header has %zu",
			       r->csv.line_number, r->csv.column_count, r->header_columns);
	if (r->rows.count == REPORT_ROWS_MAX)
		return err_set(e, ERR_TOO_MANY, "line %zu: a file may have %d rows; give it in parts",
			       r->csv.line_number, REPORT_ROWS_MAX);
	struct report_row *row = next_row(&r->rows);
	r->summary->row_count++;
	if (!read_day(r, row, e) || !read_name(r, row, e))
		return false;
	if (has_column(r, COLUMN_SPEND) && !read_currency(r, row, &exponent, e))
		return false;
	if (!read_values(r, exponent, row, e))
		return false;
	settle_orders(r, row);
	return r->header.format != REPORT_MAILING || settle_mailing(r, row, e);
}

static bool read_rows(struct reading *r, struct err *e)
{
	enum csv_result result;
	while ((result = csv_next(&r->csv)) == CSV_ROW)
		if (!read_row(r, e))
			return false;
	if (result == CSV_BROKEN)
		return err_set(e, ERR_BAD_FIELD, "line %zu: a quote that does not close, or too many columns",
			       r->csv.line_number);
	return r->rows.count > 0 ||
	       err_set(e, ERR_BAD_FIELD, "the file has a header of %s and no rows below it",
		       report_formats[r->header.format].name);
}

// ---- the file ----

static bool read_utf8(const char *text, size_t size, const struct report_options *options,
		      struct report_summary *summary, struct err *e)
{
	struct reading r = {.options = options, .summary = summary};
	if (!text_is_utf8(text, size))
		return err_set(e, ERR_BAD_UTF8,
			       "the file is neither UTF-8 nor UTF-16: save it as one of them");
	char *scratch = malloc(size + 1);
	if (scratch == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a file of %zu bytes", size);
	bool ok = read_header(&r, text, size, scratch, e) && read_rows(&r, e);
	summary->has_currency = r.header.currency[0] != '\0' || has_column(&r, COLUMN_CURRENCY);
	ok = ok && report_emit(&r.rows, options, summary, e);
	free(r.rows.at);
	free(scratch);
	return ok;
}

bool report_read(const char *text, size_t size, const struct report_options *options,
		 struct report_summary *summary, struct err *e)
{
	size_t utf8_size;
	*summary = (struct report_summary){0};
	if (!cell_is_utf16(text, size))
		return read_utf8(text, size, options, summary, e);
	char *utf8 = malloc(cell_utf8_size(size));
	if (utf8 == NULL)
		return err_set(e, ERR_INTERNAL, "no memory for a file of %zu bytes", size);
	bool ok = cell_utf16_to_utf8(text, size, utf8, &utf8_size)
			  ? read_utf8(utf8, utf8_size, options, summary, e)
			  : err_set(e, ERR_BAD_UTF8, "the file says that it is UTF-16 and is not");
	free(utf8);
	return ok;
}
