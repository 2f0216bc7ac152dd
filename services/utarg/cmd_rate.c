// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg rate import SHOP FILE. The file is read twice: first only counted, so that a broken one changes
// nothing, then published through ingest. What a line means is core/rates'.
#include "common/base/text.h"
#include "services/utarg/cli.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/rates.h"
#include "services/utarg/files.h"
#include "services/utarg/importing.h"
#include "services/utarg/output.h"
#include "services/utarg/shop.h"

#include <jansson.h>
#include <string.h>

enum { SOURCE_MAX_BYTES = 64 };

const struct cli_option cmd_rate_import_options[] = {
	{"source", "NAME", "under which name (default: ecb or nbp, as the file is)"},
	{0},
};

const char cmd_rate_import_details[] =
	"Takes the European Central Bank's eurofxref-hist.csv (Date,USD,JPY,...: what one euro is) and the "
	"archive of table A\n"
	"of Narodowy Bank Polski (data;1USD;100JPY;...: zlotys), with semicolons or commas. Rates are told "
	"in "
	"the shop's\n"
	"currency, one event a day; a day without a value for it is skipped. The shop uses those whose name "
	"is its rate\n"
	"source (utarg shop add --rate-source). Importing the same file again changes nothing; other rates "
	"for a day that\n"
	"is there are refused.\n";

static bool publish_all(struct cli *cli, const char *text, size_t size, struct rates_options *options,
			struct rates_report *report, struct counts *counts, struct err *e)
{
	struct importing importing;
	if (!importing_begin(&importing, cli, "a day's rates were", (int64_t)report->day_count, e))
		return false;
	options->emit = importing_take;
	options->context = &importing;
	bool ok = importing_end(&importing, rates_read(text, size, options, report, e), e);
	*counts = importing.counts;
	return ok;
}

static void print_report(const struct rates_report *report, const struct counts *counts, const char *source,
			 const struct shop *shop)
{
	printf("%zu days of \"%s\" with %zu rates in %s, %zu days skipped\n", report->day_count, source,
	       report->rate_count, shop->currency, report->skipped_count);
	importing_print(counts);
	if (strcmp(shop->rate_source, source) != 0)
		printf("note: %s takes its rates from %s%s%s; these stay unused until its settings name "
		       "\"%s\"\n",
		       shop->slug, shop->rate_source[0] ? "\"" : "",
		       shop->rate_source[0] ? shop->rate_source : "nobody", shop->rate_source[0] ? "\"" : "",
		       source);
}

static void print_json(const struct rates_report *report, const struct counts *counts, const char *source)
{
	json_t *out = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I}", "source", source, "days",
				(json_int_t)report->day_count, "rates", (json_int_t)report->rate_count,
				"skipped_days", (json_int_t)report->skipped_count, "accepted",
				(json_int_t)counts->by_code[ERR_OK], "already_there",
				(json_int_t)counts->by_code[ERR_DUPLICATE]);
	output_json(out, false);
}

static bool import_text(struct cli *cli, const char *text, size_t size, struct err *e)
{
	struct shop shop;
	struct rates_report report;
	struct counts counts;
	const char *given = cli_value(cli, "source");
	if (given != NULL && (!given[0] || strlen(given) > SOURCE_MAX_BYTES))
		return err_set(e, ERR_BAD_FIELD, "a source has a name of 1 to %d bytes", SOURCE_MAX_BYTES);
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct rates_options options = {.shop = shop.slug, .currency = shop.currency, .source = given};
	bool ok = rates_read(text, size, &options, &report, e) &&
		  publish_all(cli, text, size, &options, &report, &counts, e);
	if (ok && cli->json)
		print_json(&report, &counts, rates_source(&options, &report));
	else if (ok)
		print_report(&report, &counts, rates_source(&options, &report), &shop);
	shop_fini(&shop);
	return ok;
}

bool cmd_rate_import(struct cli *cli, struct err *e)
{
	const char *path = cli_operand(cli, 1);
	size_t size;
	const char *text = files_map(path, &size, e);
	if (text == NULL)
		return false;
	bool ok = import_text(cli, text, size, e);
	files_unmap(text, size);
	return ok || err_prefix(e, "%s", path);
}
