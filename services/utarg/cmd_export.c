// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg export google-conversions|google-adjustments`: the journal, read once, as the files that Google Ads
// takes. Which orders and what they are worth is core/conversions'.
#include "services/utarg/commands.h"
#include "services/utarg/core/conversions.h"
#include "services/utarg/core/csv.h"
#include "services/utarg/exporting.h"
#include "services/utarg/journal_pages.h"
#include "services/utarg/output.h"

#include "common/base/money.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS     INT64_C(86400000)
#define NAME_USUAL "Purchase"
enum { TIME_SIZE = 32, NAME_MAX_BYTES = 100 };

const struct cli_option cmd_export_conversions_options[] = {
	{"name", "NAME", "of the conversion action in Google Ads (default: " NAME_USUAL ")"},
	EXPORTING_OPTIONS{0},
};

const char cmd_export_conversions_details[] =
	"Orders of these days whose visitor's last click id before them, within the shop's days of "
	"attribution, is a "
	"gclid:\n"
	"one row each with the time of the order, its order id and what its items were worth when it was "
	"placed, net "
	"after\n"
	"discounts, in its own currency. Left out: who denied marketing consent with the click or the order, "
	"or withdrew "
	"it\n"
	"since, and who was erased. The same journal gives the same file; Google counts an order id once.\n"
	"What becomes of them later: utarg export google-adjustments. Lists of customers (customer match) "
	"are not made: "
	"they\n"
	"would be personal data.\n";

const struct cli_option cmd_export_adjustments_options[] = {
	{"name", "NAME", "of the conversion action in Google Ads (default: " NAME_USUAL ")"},
	{"api", NULL, "the words of Google's API, RETRACTION and RESTATEMENT, instead of its upload's"},
	EXPORTING_OPTIONS{0},
};

const char cmd_export_adjustments_details[] =
	"What became, in these days, of the orders that google-conversions tells of: RETRACT when one was "
	"cancelled or "
	"nothing\n"
	"is left of its items, RESTATE with what is left when a refund or a later version changed it. Each "
	"names its "
	"order id.\n"
	"Upload the conversions first: Google adjusts what it has.\n";

// ---- rows
// ----------------------------------------------------------------------------------------------------

// "2026-03-29 03:30:00+0200": with its offset, since an hour of autumn happens twice.
static const char *time_text(const struct zone *zone, int64_t t_ms, char out[TIME_SIZE])
{
	char stamp[ZONE_STAMP_SIZE];
	zone_stamp(zone, t_ms, stamp);
	snprintf(out, TIME_SIZE, "%.10s %.8s%.3s%.2s", stamp, stamp + 11, stamp + 19, stamp + 23);
	return out;
}

static const char *value_text(const struct conversion_row *row, char out[MONEY_TEXT_SIZE])
{
	int exponent = 2;
	money_exponent(row->currency, &exponent);
	return money_text(row->value_minor, exponent, out);
}

static const char *kind_text(enum conversion_kind kind, bool is_api)
{
	if (kind == CONVERSION_MADE)
		return "CONVERSION";
	if (kind == CONVERSION_RETRACTED)
		return is_api ? "RETRACTION" : "RETRACT";
	return is_api ? "RESTATEMENT" : "RESTATE";
}

static void put_row(FILE *out, const char *const *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		csv_put(out, cells[i], i == 0);
	fputc('\n', out);
}

static void put_conversion(struct exporting *x, const struct conversion_row *row, const char *name)
{
	char time[TIME_SIZE], value[MONEY_TEXT_SIZE];
	const char *const cells[] = {
		row->click_id,          name,          time_text(&x->shop.zone, row->t_ms, time),
		value_text(row, value), row->currency, row->order_id};
	put_row(x->out, cells, sizeof(cells) / sizeof(cells[0]));
}

static void put_adjustment(struct exporting *x, const struct conversion_row *row, const char *name,
			   bool is_api)
{
	char time[TIME_SIZE], value[MONEY_TEXT_SIZE];
	const bool is_restated = row->kind == CONVERSION_RESTATED;
	const char *const cells[] = {row->order_id,
				     name,
				     time_text(&x->shop.zone, row->t_ms, time),
				     kind_text(row->kind, is_api),
				     is_restated ? value_text(row, value) : "",
				     is_restated ? row->currency : ""};
	put_row(x->out, cells, sizeof(cells) / sizeof(cells[0]));
}

static json_t *row_to_json(const struct exporting *x, const struct conversion_row *row)
{
	char time[ZONE_STAMP_SIZE], value[MONEY_TEXT_SIZE];
	zone_stamp(&x->shop.zone, row->t_ms, time);
	json_t *json = json_pack("{s:s, s:s, s:s}", "type", kind_text(row->kind, true), "order_id",
				 row->order_id, "time", time);
	if (row->kind == CONVERSION_MADE)
		json_object_set_new(json, "click_id", json_string(row->click_id));
	if (row->kind != CONVERSION_RETRACTED) {
		json_object_set_new(json, "value", json_string(value_text(row, value)));
		json_object_set_new(json, "currency", json_string(row->currency));
	}
	return json;
}

static void put_json(struct exporting *x, const struct conversion_row *rows, size_t count)
{
	json_t *all = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, row_to_json(x, &rows[i]));
	json_dumpf(all, x->out, JSON_INDENT(2));
	fputc('\n', x->out);
	json_decref(all);
}

// ---- the commands
// ----------------------------------------------------------------------------------------------

static void take(void *context, const Utarg__V1__JournalEntry *entry)
{
	struct conversions *conversions = context;
	conversions_take(conversions, entry);
}

static void put_all(const struct cli *cli, struct exporting *x, const struct conversion_row *rows,
		    size_t count, bool made)
{
	const char *given = cli_value(cli, "name"), *name = given ? given : NAME_USUAL;
	if (cli->json) {
		put_json(x, rows, count);
		return;
	}
	fprintf(x->out, "Parameters:TimeZone=%s\n%s\n", x->shop.zone.name,
		made ? "Google Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion "
		       "Currency,Order ID"
		     : "Order ID,Conversion Name,Adjustment Time,Adjustment Type,Adjusted Value,Adjusted "
		       "Value Currency");
	for (size_t i = 0; i < count; i++) {
		if (made)
			put_conversion(x, &rows[i], name);
		else
			put_adjustment(x, &rows[i], name, cli_switch(cli, "api"));
	}
}

static bool export(struct cli *cli, bool made, const char *what, struct err *e)
{
	const char *name = cli_value(cli, "name");
	struct exporting x;
	struct conversion_row *rows = NULL;
	size_t count = 0;
	if (name && (!name[0] || strlen(name) > NAME_MAX_BYTES))
		return err_field(e, ERR_BAD_FIELD, "name", "a conversion action has a name of 1 to %d bytes",
				 NAME_MAX_BYTES);
	if (!exporting_begin(cli, &x, e))
		return false;
	struct conversions *conversions = conversions_create(x.shop.attribution_days * DAY_MS);
	bool ok = journal_pages(cli, x.shop.slug, take, conversions, e);
	if (ok) {
		count = conversions_rows(conversions, made, x.from_ms, x.to_ms, &rows);
		put_all(cli, &x, rows, count, made);
	}
	free(rows);
	conversions_destroy(conversions);
	return exporting_end(cli, &x, ok, count, what, e);
}

bool cmd_export_conversions(struct cli *cli, struct err *e)
{
	return export(cli, true, "conversions", e);
}

bool cmd_export_adjustments(struct cli *cli, struct err *e)
{
	return export(cli, false, "adjustments", e);
}
