// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg report import SHOP FILE. The file is read twice: first only counted, so that a broken one changes
// nothing, then published through ingest. What a row means is core/report's.
#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "services/utarg/cli.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/period.h"
#include "services/utarg/core/report.h"
#include "services/utarg/core/timearg.h"
#include "services/utarg/files.h"
#include "services/utarg/importing.h"
#include "services/utarg/output.h"
#include "services/utarg/shop.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

enum { PLATFORM_MAX_BYTES = 32, ACCOUNT_MAX_BYTES = 48, CHANNEL_MAX_BYTES = 64 };

const struct cli_option cmd_report_import_options[] = {
	{"format", "FORMAT", "google_ads, meta, search_console or mailing (default: as the header is)"},
	{"platform", "NAME", "under which platform its rows count (default: the format's name)"},
	{"account", "NAME", "of the platform, where a shop has several (default: none)"},
	{"channel", "NAME", "marketing channel of its spend (default: paid_search, meta: paid_social)"},
	{"currency", "CODE", "of its amounts, where the file does not say (default: the shop's)"},
	{"day", "DAY", "the day of all its rows, where it has no column of days"},
	{"zone", "ZONE", "IANA time zone of its days, stated with each row (default: the shop's)"},
	{"brand", "TEXT...", "search queries that hold this are searches for the brand"},
	{"reported-at", "TIME", "when the platform said so, or now (default: when the file was written)"},
	{0},
};

const char cmd_report_import_details[] =
	"Takes what platforms export as CSV, with English or Polish headers, in UTF-8 or UTF-16, lines of "
	"preamble and "
	"totals passed over:\n"
	"  google_ads      Day, Campaign, Cost; Currency code, Impr., Clicks, Conversions, Search impr. "
	"share\n"
	"  meta            Day, Campaign name, Amount spent (PLN); Impressions, Link clicks, Purchases or "
	"Results\n"
	"  search_console  Date (or --day), Top pages or Page, Clicks, Impressions, Position; Query\n"
	"  mailing         Day, Campaign, Sent or Delivered; Opened, Clicked, Unsubscribed, Bounced\n"
	"Reports are by day: break them down so. Rows of one day and campaign are added up. The campaign has "
	"to be "
	"what links say in\n"
	"utm_campaign, or spend and visits do not meet. Any other platform's spend comes in as google_ads "
	"with its "
	"own --platform\n"
	"and --channel. Of pages the path is kept, of queries only whether they name the brand.\n"
	"For each day, campaign, platform, account and currency the row that was reported last counts: a "
	"corrected "
	"file replaces the\n"
	"rows it has; rows it no longer has stay. The time is the file's own; --reported-at now makes an "
	"older file "
	"the last word.\n"
	"Importing the same file again changes nothing.\n";

// ---- what the command line says
// ----------------------------------------------------------------------------

static bool check_size(const struct cli *cli, const char *option, size_t max_bytes, struct err *e)
{
	const char *text = cli_value(cli, option);
	return !text || (text[0] && strlen(text) <= max_bytes) ||
	       err_field(e, ERR_BAD_FIELD, option, "--%s has 1 to %zu bytes", option, max_bytes);
}

static bool find_time(const struct cli *cli, const char *path, const struct zone *zone, int64_t *out,
		      struct err *e)
{
	const char *text = cli_value(cli, "reported-at");
	const int64_t now_ms = clock_now_ms();
	struct timearg time;
	struct stat file;
	if (text && strcmp(text, "now") == 0) {
		*out = now_ms;
	} else if (text) {
		if (!timearg_parse(text, &time))
			return err_field(e, ERR_BAD_TIME, "reported-at",
					 "--reported-at \"%.60s\" is no time: 2026-11-23T10:00, or now",
					 text);
		*out = timearg_ms(&time, zone);
	} else {
		if (stat(path, &file) != 0)
			return err_set(e, ERR_BAD_FIELD, "the file cannot be read");
		*out = (int64_t)file.st_mtim.tv_sec * 1000 + file.st_mtim.tv_nsec / 1000000;
		*out = *out < now_ms ? *out : now_ms;
	}
	return (*out >= 0 && *out <= now_ms) ||
	       err_field(e, ERR_FUTURE_TIME, "reported-at", "a report cannot come from the future");
}

static bool find_format(const struct cli *cli, struct report_options *options, struct err *e)
{
	const char *format = cli_value(cli, "format");
	struct zone_date day;
	options->format = REPORT_ANY;
	if (format && !report_format_from_name(format, &options->format))
		return err_field(e, ERR_BAD_FIELD, "format",
				 "--format \"%.60s\" is none: google_ads, meta, search_console or mailing",
				 format);
	if (options->day && !zone_date_parse(options->day, &day))
		return err_field(e, ERR_BAD_TIME, "day", "--day \"%.60s\" is no day: 2026-11-23",
				 options->day);
	return true;
}

static bool find_options(const struct cli *cli, const char *path, const struct shop *shop,
			 struct report_options *out, struct err *e)
{
	const char *account = cli_value(cli, "account"), *zone = cli_value(cli, "zone");
	const char *currency = cli_value(cli, "currency");
	struct zone stated;
	int exponent;
	*out = (struct report_options){
		.shop = shop->slug,
		.currency = currency ? currency : shop->currency,
		.platform = cli_value(cli, "platform"),
		.account = account ? account : "",
		.channel = cli_value(cli, "channel"),
		.zone = zone ? zone : "",
		.day = cli_value(cli, "day"),
		.brand = cli_value(cli, "brand"),
	};
	if (!money_exponent(out->currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "currency", "\"%.60s\" is no ISO 4217 currency in use",
				 out->currency);
	if (zone && !zone_load(&stated, zone, e))
		return false;
	if (zone)
		zone_fini(&stated);
	return find_format(cli, out, e) && check_size(cli, "platform", PLATFORM_MAX_BYTES, e) &&
	       check_size(cli, "account", ACCOUNT_MAX_BYTES, e) &&
	       check_size(cli, "channel", CHANNEL_MAX_BYTES, e) &&
	       find_time(cli, path, &shop->zone, &out->report_time_ms, e);
}

// ---- what is told
// --------------------------------------------------------------------------------------------

static const char *day_text(int64_t day, char out[PERIOD_DAY_SIZE])
{
	return period_day(zone_date_add((struct zone_date){1970, 1, 1}, (int)day), out);
}

static void print_report(const struct report_summary *summary, const struct report_options *options,
			 const struct counts *counts, const struct shop *shop)
{
	char first[PERIOD_DAY_SIZE], last[PERIOD_DAY_SIZE], money[OUTPUT_TEXT_SIZE], time[OUTPUT_TEXT_SIZE];
	const bool is_mailing = summary->format == REPORT_MAILING;
	const bool has_spend = summary->format == REPORT_GOOGLE_ADS || summary->format == REPORT_META;
	printf("%zu rows of %s, %s to %s: ", summary->row_count, report_formats[summary->format].name,
	       day_text(summary->first_day, first), day_text(summary->last_day, last));
	if (has_spend && summary->currency[0])
		printf("%s, ", output_money(summary->spend_minor, summary->currency, money));
	printf("%" PRId64 " %s, %" PRId64 " %s\n", summary->impressions, is_mailing ? "sent" : "impressions",
	       summary->clicks, is_mailing ? "clicked" : "clicks");
	if (summary->total_count > 0)
		printf("%zu rows of totals passed over\n", summary->total_count);
	printf("reported at %s\n", output_shop_time(&shop->zone, options->report_time_ms, time));
	importing_print(counts);
	if (has_spend && !summary->has_currency)
		printf("note: the file does not say its currency; its amounts were taken as %s\n",
		       options->currency);
	if (has_spend && strcmp(summary->currency, shop->currency) != 0)
		printf("note: what is not in %s counts by the published rates of its day; without one it is "
		       "in "
		       "foreign_spend_rows only\n",
		       shop->currency);
}

static void print_json(const struct report_summary *summary, const struct report_options *options,
		       const struct counts *counts)
{
	char first[PERIOD_DAY_SIZE], last[PERIOD_DAY_SIZE];
	output_json(json_pack("{s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "format",
			      report_formats[summary->format].name, "rows", (json_int_t)summary->row_count,
			      "total_rows", (json_int_t)summary->total_count, "events",
			      (json_int_t)summary->event_count, "first_day",
			      day_text(summary->first_day, first), "last_day",
			      day_text(summary->last_day, last), "currency", summary->currency, "spend_minor",
			      (json_int_t)summary->spend_minor, "impressions",
			      (json_int_t)summary->impressions, "clicks", (json_int_t)summary->clicks,
			      "report_time_ms", (json_int_t)options->report_time_ms, "accepted",
			      (json_int_t)counts->by_code[ERR_OK], "already_there",
			      (json_int_t)counts->by_code[ERR_DUPLICATE]),
		    false);
}

// ---- the command
// -----------------------------------------------------------------------------------------------

static bool publish_all(struct cli *cli, const char *text, size_t size, struct report_options *options,
			struct report_summary *summary, struct counts *counts, struct err *e)
{
	struct importing importing;
	if (!importing_begin(&importing, cli, "a row was", (int64_t)summary->event_count, e))
		return false;
	options->emit = importing_take;
	options->context = &importing;
	bool ok = importing_end(&importing, report_read(text, size, options, summary, e), e);
	*counts = importing.counts;
	return ok;
}

static bool import_text(struct cli *cli, const char *path, const char *text, size_t size, struct err *e)
{
	struct report_options options;
	struct report_summary summary;
	struct counts counts;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	bool ok = find_options(cli, path, &shop, &options, e) &&
		  report_read(text, size, &options, &summary, e) &&
		  publish_all(cli, text, size, &options, &summary, &counts, e);
	if (ok && cli->json)
		print_json(&summary, &options, &counts);
	else if (ok)
		print_report(&summary, &options, &counts, &shop);
	shop_fini(&shop);
	return ok;
}

bool cmd_report_import(struct cli *cli, struct err *e)
{
	const char *path = cli_operand(cli, 1);
	size_t size;
	const char *text = files_map(path, &size, e);
	if (text == NULL)
		return false;
	bool ok = import_text(cli, path, text, size, e);
	files_unmap(text, size);
	return ok || err_prefix(e, "%s", path);
}
