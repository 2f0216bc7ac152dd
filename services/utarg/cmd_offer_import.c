// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// utarg offer import SHOP FILE. The file is read twice: first only counted, so that a broken one changes
// nothing, then published through ingest. What a row means is core/offer_row's; what the shop has already is
// asked from campaign.
#include "services/utarg/catalogue.h"
#include "services/utarg/commands.h"
#include "services/utarg/core/offer_file.h"
#include "services/utarg/core/timearg.h"
#include "services/utarg/files.h"
#include "services/utarg/importing.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"

#include "common/base/clock.h"
#include "common/base/map.h"
#include "common/base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

enum { BAD_SHOWN_MAX = 20, FUTURE_MAX_MS = 300000 };

const struct cli_option cmd_offer_import_options[] = {
	{"at", "TIME", "when the file is true (default: when it was changed last)"},
	{0},
};

const char cmd_offer_import_details[] =
	"Takes a Google Merchant feed (XML with g: fields, or its text file with tabs) or CSV with these "
	"columns, in any\n"
	"order, each but sku may be missing: sku, title, title_<language>, category, supplier, status "
	"(active, paused,\n"
	"delisted), market, audience (public, members, code, closed), currency, price, list_price, "
	"sale_price,\n"
	"sale_price_effective_date, cost (net), tax_rate (percent), perishable, conditional (yes, no), stock "
	"(pieces),\n"
	"location. Google's id, product_type, cost_of_goods_sold and quantity are sku, category, cost and "
	"stock. Prices are\n"
	"gross. A row states the whole offer; several rows of one offer may name its stock at several "
	"locations.\n"
	"Facts are of the file's time. The same file again changes nothing; of a changed one only what "
	"differs from what the\n"
	"shop said last is a new fact. A bad row is told with its line and left out, and the exit code is "
	"then 5.\n";

// ---- what the shop has already ---------------------------------------------------------------------------

struct known {
	UT_hash_handle hh;
	const Utarg__V1__Offer *offer; // in one of the replies
};

struct catalogue {
	struct known *by_sku;
	Utarg__V1__Reply **replies;
	size_t reply_count;
};

static void catalogue_fini(struct catalogue *catalogue)
{
	struct known *known, *next;
	HASH_ITER(hh, catalogue->by_sku, known, next)
	{
		HASH_DEL(catalogue->by_sku, known);
		free(known);
	}
	for (size_t i = 0; i < catalogue->reply_count; i++)
		client_reply_free(catalogue->replies[i]);
	free(catalogue->replies);
}

static void add_reply(struct catalogue *catalogue, Utarg__V1__Reply *reply)
{
	Utarg__V1__Reply **grown = realloc(catalogue->replies, (catalogue->reply_count + 1) * sizeof(*grown));
	if (grown == NULL)
		abort();
	catalogue->replies = grown;
	catalogue->replies[catalogue->reply_count++] = reply;
	for (size_t i = 0; i < reply->offer_list->n_offers; i++) {
		struct known *known = calloc(1, sizeof(*known));
		if (known == NULL)
			abort();
		known->offer = reply->offer_list->offers[i];
		HASH_ADD_KEYPTR(hh, catalogue->by_sku, known->offer->sku, strlen(known->offer->sku), known);
	}
}

static bool catalogue_load(struct cli *cli, struct catalogue *out, struct err *e)
{
	uint32_t page = CATALOGUE_PAGE;
	const char *after = "";
	size_t count;
	*out = (struct catalogue){0};
	do {
		Utarg__V1__Reply *reply = catalogue_ask(cli, cli_operand(cli, 0), after, &page, e);
		if (!reply)
			return false;
		add_reply(out, reply);
		count = reply->offer_list->n_offers;
		if (count > 0)
			after = reply->offer_list->offers[count - 1]->sku;
	} while (count == page);
	return true;
}

// ---- the import ------------------------------------------------------------------------------------------

struct bad_row {
	size_t line_number;
	char sentence[256];
};

struct import {
	struct catalogue catalogue;
	struct importing importing;
	struct offer_file_options options;
	struct offer_file_report report;
	struct bad_row bad[BAD_SHOWN_MAX];
	size_t bad_count; // kept
	struct counts counts;
};

static bool same_message(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	size_t size = protobuf_c_message_get_packed_size(a);
	if (size != protobuf_c_message_get_packed_size(b))
		return false;
	uint8_t *bytes = malloc(2 * size + 1);
	if (bytes == NULL)
		abort();
	protobuf_c_message_pack(a, bytes);
	protobuf_c_message_pack(b, bytes + size);
	bool same = memcmp(bytes, bytes + size, size) == 0;
	free(bytes);
	return same;
}

static bool is_known_stock(const Utarg__V1__Offer *offer, const Utarg__V1__StockChanged *stock,
			   int64_t as_of_ms)
{
	for (size_t i = 0; i < offer->n_stocks; i++) {
		const Utarg__V1__OfferStock *there = offer->stocks[i];
		if (strcmp(there->location, stock->location) == 0)
			return there->quantity == stock->quantity && there->since_ms <= as_of_ms;
	}
	return false;
}

// Said before, and nothing later: what a file of an earlier time says is history, and new.
static bool is_known(void *context, const Utarg__V1__OfferUpdated *offer,
		     const Utarg__V1__StockChanged *stock)
{
	const struct import *import = context;
	const char *sku = offer ? offer->sku : stock->sku;
	struct known *known;
	HASH_FIND(hh, import->catalogue.by_sku, sku, strlen(sku), known);
	if (known == NULL)
		return false;
	if (stock != NULL)
		return is_known_stock(known->offer, stock, import->options.as_of_ms);
	return known->offer->latest && known->offer->since_ms <= import->options.as_of_ms &&
	       same_message(&known->offer->latest->base, &offer->base);
}

static void note_bad(void *context, size_t line_number, const char *sentence)
{
	struct import *import = context;
	if (import->bad_count == BAD_SHOWN_MAX)
		return;
	struct bad_row *bad = &import->bad[import->bad_count++];
	bad->line_number = line_number;
	text_copy(bad->sentence, sizeof(bad->sentence), sentence);
}

static bool take(void *context, const Utarg__V1__Publication *publication, struct err *e)
{
	struct import *import = context;
	return importing_take(&import->importing, publication, e);
}

static bool publish_all(struct cli *cli, const char *text, size_t size, struct import *import, struct err *e)
{
	int64_t total = (int64_t)(import->report.offer_count + import->report.stock_count);
	if (total == 0)
		return true;
	if (!importing_begin(&import->importing, cli, "an offer was", total, e))
		return false;
	import->options.emit = take;
	import->options.bad = NULL; // told by the first reading
	bool ok = importing_end(&import->importing,
				offer_file_read(text, size, &import->options, &import->report, e), e);
	import->counts = import->importing.counts;
	return ok;
}

static bool read_at(const struct cli *cli, const char *path, const struct zone *zone, int64_t *out,
		    struct err *e)
{
	struct timearg time;
	const char *text = cli_value(cli, "at");
	if (text == NULL) {
		if (!files_changed_ms(path, out, e))
			return false;
	} else {
		if (!timearg_parse(text, &time))
			return err_field(e, ERR_BAD_TIME, "at",
					 "--at \"%.40s\" is no time: write 2026-11-23 or 2026-11-23T10:00",
					 text);
		*out = timearg_ms(&time, zone);
	}
	return *out <= clock_now_ms() + FUTURE_MAX_MS ||
	       err_field(e, ERR_FUTURE_TIME, "at", "the file's time is ahead of the clock: say --at TIME");
}

static void print_report(const struct import *import)
{
	const struct offer_file_report *report = &import->report;
	printf("%zu rows (%s): %zu offers and %zu stocks to state, %zu as the shop has them, %zu bad rows\n",
	       report->row_count, report->format, report->offer_count, report->stock_count,
	       report->known_count, report->bad_count);
	if (*report->passed_over)
		printf("columns passed over: %s\n", report->passed_over);
	if (report->offer_count + report->stock_count > 0)
		importing_print(&import->counts);
	else
		printf("nothing changed\n");
	for (size_t i = 0; i < import->bad_count; i++)
		fprintf(stderr, "line %zu: %s\n", import->bad[i].line_number, import->bad[i].sentence);
	if (report->bad_count > import->bad_count)
		fprintf(stderr, "and %zu more\n", report->bad_count - import->bad_count);
}

static void print_json(const struct import *import)
{
	const struct offer_file_report *report = &import->report;
	json_t *bad = json_array();
	for (size_t i = 0; i < import->bad_count; i++)
		json_array_append_new(bad,
				      json_pack("{s:I,s:s}", "line", (json_int_t)import->bad[i].line_number,
						"reason", import->bad[i].sentence));
	json_t *out =
		json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:s,s:I,s:I}", "format", report->format, "rows",
			  (json_int_t)report->row_count, "offers", (json_int_t)report->offer_count, "stocks",
			  (json_int_t)report->stock_count, "unchanged", (json_int_t)report->known_count,
			  "bad_rows", (json_int_t)report->bad_count, "bad", bad, "passed_over",
			  report->passed_over, "accepted", (json_int_t)import->counts.by_code[ERR_OK],
			  "already_there", (json_int_t)import->counts.by_code[ERR_DUPLICATE]);
	output_json(out, false);
}

static bool import_text(struct cli *cli, const char *path, const char *text, size_t size,
			struct import *import, struct err *e)
{
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	import->options = (struct offer_file_options){.shop = shop.slug,
						      .currency = shop.currency,
						      .zone = &shop.zone,
						      .is_known = is_known,
						      .bad = note_bad,
						      .context = import};
	bool ok = read_at(cli, path, &shop.zone, &import->options.as_of_ms, e) &&
		  catalogue_load(cli, &import->catalogue, e) &&
		  offer_file_read(text, size, &import->options, &import->report, e) &&
		  publish_all(cli, text, size, import, e);
	if (ok && cli->json)
		print_json(import);
	else if (ok)
		print_report(import);
	if (ok && import->report.bad_count > 0)
		cli->exit_code = err_exit(ERR_REFUSED);
	catalogue_fini(&import->catalogue);
	shop_fini(&shop);
	return ok;
}

bool cmd_offer_import(struct cli *cli, struct err *e)
{
	const char *path = cli_operand(cli, 1);
	size_t size;
	const char *text = files_map(path, &size, e);
	if (text == NULL)
		return false;
	struct import *import = calloc(1, sizeof(*import));
	if (import == NULL)
		abort();
	bool ok = import_text(cli, path, text, size, import, e);
	free(import);
	files_unmap(text, size);
	return ok || err_prefix(e, "%s", path);
}
