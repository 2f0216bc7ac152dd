// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg rate import SHOP FILE. The file is read twice: first only counted, so that a broken one changes
// nothing, then published through ingest. What a line means is core/rates'.
#include "common/base/text.h"
#include "common/publisher/publisher.h"
#include "services/utarg/cli.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/rates.h"
#include "services/utarg/counts.h"
#include "services/utarg/files.h"
#include "services/utarg/output.h"
#include "services/utarg/progress.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"

#include <inttypes.h>
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

// One import on its way.
struct import {
	struct publisher *publisher;
	struct counts counts;
	struct progress progress;
	struct err first_refusal;
};

static void settled(void *context, const struct publisher_result *result)
{
	struct import *import = context;
	if (result->code != ERR_OK && result->code != ERR_DUPLICATE && import->first_refusal.code == ERR_OK)
		err_set(&import->first_refusal, result->code, "a day's rates were refused: %s %s %s",
			err_name(result->code), result->field, result->message);
	counts_add(&import->counts, result->code);
	progress_show(&import->progress, (int64_t)import->counts.total);
}

static bool take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct import *import = context;
	return publisher_push_message(import->publisher, publication, 0, e);
}

static bool publish_all(struct cli *cli, const char *text, size_t size, struct rates_options *options,
			struct rates_report *report, struct counts *counts, struct err *e)
{
	struct import import = {0};
	struct publisher_options publisher_options = {
		.origin = UTARG__V1__ORIGIN__ORIGIN_IMPORT, .on_result = settled, .context = &import};
	import.publisher = remote_publisher(cli, &publisher_options, e);
	if (import.publisher == NULL)
		return false;
	progress_begin(&import.progress, "importing", (int64_t)report->day_count);
	options->emit = take;
	options->context = &import;
	bool ok = rates_read(text, size, options, report, e) && publisher_drain(import.publisher, e);
	progress_end(&import.progress);
	publisher_destroy(import.publisher);
	*counts = import.counts;
	if (ok && import.first_refusal.code != ERR_OK) {
		*e = import.first_refusal;
		ok = false;
	}
	return ok;
}

static void print_report(const struct rates_report *report, const struct counts *counts, const char *source,
			 const struct shop *shop)
{
	uint64_t accepted = counts->by_code[ERR_OK], there = counts->by_code[ERR_DUPLICATE];
	printf("%zu days of \"%s\" with %zu rates in %s, %zu days skipped\n", report->day_count, source,
	       report->rate_count, shop->currency, report->skipped_count);
	if (accepted == 0)
		printf("nothing changed: all %" PRIu64 " were already there\n", there);
	else
		printf("%" PRIu64 " accepted, %" PRIu64 " already there\n", accepted, there);
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
