// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg import online-retail FILE --shop SLUG. The file is read twice: first only counted, so that a broken
// one changes nothing, then published through ingest like any shop's events. What a line means is
// core/retail's.
#include "common/base/money.h"
#include "common/base/text.h"
#include "services/utarg/cli.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/retail.h"
#include "services/utarg/files.h"
#include "services/utarg/importing.h"
#include "services/utarg/output.h"
#include "services/utarg/shop.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

const struct cli_option cmd_import_options[] = {
	{"shop", "SLUG", "the shop the orders belong to (GBP, Europe/London)"},
	{0},
};

const char cmd_import_details[] = "Each invoice that is no cancellation is one purchase, its lines with "
				  "quantity and price above zero its items\n"
				  "(net), POST, DOT and C2 its shipping; a C-invoice is a refund whose order "
				  "is unknown. Every line is counted:\n"
				  "as an item, as shipping, as a refund, or skipped with its reason. Event "
				  "ids derive from the file's content:\n"
				  "importing the same file again changes nothing.\n";

static bool publish_all(struct cli *cli, const char *text, size_t size, struct retail_options *options,
			struct retail_report *report, struct counts *counts, struct err *e)
{
	struct importing importing;
	if (!importing_begin(&importing, cli, "an invoice was",
			     (int64_t)(report->purchase_count + report->refund_count), e))
		return false;
	options->emit = importing_take;
	options->context = &importing;
	bool ok = importing_end(&importing, retail_read(text, size, options, report, e), e);
	*counts = importing.counts;
	return ok;
}

static void print_report(const struct retail_report *report, const struct counts *counts)
{
	printf("%zu lines: %zu items, %zu shipping, %zu refund lines\n", report->line_count,
	       report->item_count, report->shipping_count, report->refund_line_count);
	for (size_t i = 0; i < RETAIL_SKIP_COUNT; i++)
		if (report->skipped[i] > 0)
			printf("  %zu skipped: %s\n", report->skipped[i], retail_skip_reasons[i]);
	printf("%zu invoices: %zu purchases, %zu refunds, %zu skipped (no goods)\n", report->invoice_count,
	       report->purchase_count, report->refund_count, report->skipped_invoice_count);
	importing_print(counts);
}

static void print_json(const struct retail_report *report, const struct counts *counts)
{
	json_t *skipped = json_object();
	for (size_t i = 0; i < RETAIL_SKIP_COUNT; i++)
		json_object_set_new(skipped, retail_skip_reasons[i],
				    json_integer((json_int_t)report->skipped[i]));
	json_t *out = json_pack(
		"{s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:I,s:I,s:I,s:I}", "lines", (json_int_t)report->line_count,
		"items", (json_int_t)report->item_count, "shipping", (json_int_t)report->shipping_count,
		"refund_lines", (json_int_t)report->refund_line_count, "skipped", skipped, "invoices",
		(json_int_t)report->invoice_count, "purchases", (json_int_t)report->purchase_count, "refunds",
		(json_int_t)report->refund_count, "skipped_invoices",
		(json_int_t)report->skipped_invoice_count, "accepted", (json_int_t)counts->by_code[ERR_OK],
		"already_there", (json_int_t)counts->by_code[ERR_DUPLICATE]);
	output_json(out, false);
}

bool cmd_import(struct cli *cli, struct err *e)
{
	const char *format = cli_operand(cli, 0), *path = cli_operand(cli, 1), *slug = cli_value(cli, "shop");
	if (strcmp(format, "online-retail") != 0)
		return err_set(e, ERR_BAD_FIELD,
			       "'%s' is no format this command knows; it knows online-retail", format);
	if (slug == NULL)
		return err_set(e, ERR_MISSING_FIELD, "--shop SLUG says whose orders these are");
	size_t size;
	const char *text = files_map(path, &size, e);
	if (text == NULL)
		return false;
	struct shop shop;
	struct retail_report report;
	struct counts counts;
	bool ok = shop_load(cli, slug, &shop, e);
	if (ok) {
		struct retail_options options = {.shop = slug, .zone = &shop.zone};
		ok = strcmp(shop.currency, "GBP") == 0 ||
		     err_set(e, ERR_REFUSED, "the file's amounts are GBP, but %s keeps its books in %s", slug,
			     shop.currency);
		ok = ok && retail_read(text, size, &options, &report, e) &&
		     publish_all(cli, text, size, &options, &report, &counts, e);
		shop_fini(&shop);
	}
	files_unmap(text, size);
	if (!ok)
		return err_prefix(e, "%s", path);
	if (cli->json)
		print_json(&report, &counts);
	else
		print_report(&report, &counts);
	return true;
}
