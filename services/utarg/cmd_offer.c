// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg offer list|show|history|suppliers`: the catalogue, its price intervals and who supplies it, as
// campaign keeps them.
#include "services/utarg/catalogue.h"
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/text.h"
#include "common/json/json.h"

#include <string.h>

const struct cli_option cmd_offer_list_options[] = {
	{"limit", "N", "at most so many (default: all)"},
	{0},
};

// What everybody pays, in the market without a name when it has one there; "-" when it is not on sale.
static const char *price_of(const Utarg__V1__Offer *offer, char out[OUTPUT_TEXT_SIZE])
{
	const Utarg__V1__OfferPrice *best = NULL;
	for (size_t i = 0; i < offer->n_prices; i++) {
		const Utarg__V1__OfferPrice *price = offer->prices[i];
		if (price->audience == UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC &&
		    (best == NULL || (*best->market && !*price->market)))
			best = price;
	}
	return best ? output_money(best->price_gross_minor, best->currency, out) : "-";
}

static const char *status_of(const Utarg__V1__OfferUpdated *offer, char out[OUTPUT_TEXT_SIZE])
{
	int status = offer->status ? (int)offer->status : UTARG__V1__OFFER_STATUS__OFFER_STATUS_ACTIVE;
	return output_enum(&utarg__v1__offer_status__descriptor, status, "OFFER_STATUS_", out);
}

static void add_row(struct table *table, const struct zone *zone, const Utarg__V1__Offer *offer)
{
	static const Utarg__V1__OfferUpdated none = UTARG__V1__OFFER_UPDATED__INIT;
	const Utarg__V1__OfferUpdated *latest = offer->latest ? offer->latest : &none;
	char text[OUTPUT_TEXT_SIZE];
	table_cell(table, offer->sku);
	table_cell(table, latest->title);
	table_cell(table, latest->category);
	table_cell(table, status_of(latest, text));
	table_cell(table, price_of(offer, text));
	if (offer->known_stock_case == UTARG__V1__OFFER__KNOWN_STOCK_STOCK)
		table_format(table, "%lld", (long long)offer->stock);
	else
		table_cell(table, "-");
	table_cell(table, output_shop_time(zone, offer->since_ms, text));
}

static bool add_pages(struct cli *cli, const struct zone *zone, int64_t limit, struct table *table,
		      json_t *all, struct err *e)
{
	char after[128] = "";
	uint32_t page = CATALOGUE_PAGE;
	while (limit > 0) {
		page = limit < page ? (uint32_t)limit : page;
		Utarg__V1__Reply *reply = catalogue_ask(cli, cli_operand(cli, 0), after, &page, e);
		if (!reply)
			return false;
		size_t count = reply->offer_list->n_offers;
		for (size_t i = 0; i < count; i++) {
			add_row(table, zone, reply->offer_list->offers[i]);
			if (cli->json)
				json_array_append_new(
					all, json_from_message_full(&reply->offer_list->offers[i]->base));
		}
		if (count > 0)
			snprintf(after, sizeof(after), "%s", reply->offer_list->offers[count - 1]->sku);
		client_reply_free(reply);
		limit = count < page ? 0 : limit - (int64_t)count;
	}
	return true;
}

bool cmd_offer_list(struct cli *cli, struct err *e)
{
	static const char *const titles[] = {"SKU",    "TITLE",  "CATEGORY", "STATUS",
					     ">PRICE", ">STOCK", "SINCE",    NULL};
	int64_t limit;
	if (!cli_number(cli, "limit", 1, INT32_MAX, INT32_MAX, &limit, e))
		return false;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct table *table = table_create(titles);
	json_t *all = json_array();
	bool done = add_pages(cli, &shop.zone, limit, table, all, e);
	if (done && cli->json)
		output_json(json_incref(all), false);
	else if (done)
		table_print(table, stdout, "There are no offers in this shop.");
	json_decref(all);
	table_destroy(table);
	shop_fini(&shop);
	return done;
}

static const char *audience_of(Utarg__V1__Audience audience, char out[OUTPUT_TEXT_SIZE])
{
	int value = audience ? (int)audience : UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC;
	return output_enum(&utarg__v1__audience__descriptor, value, "AUDIENCE_", out);
}

static void print_latest(const Utarg__V1__OfferUpdated *latest)
{
	char text[OUTPUT_TEXT_SIZE];
	printf("Title:     %s\n", latest->title);
	for (size_t i = 0; i < latest->n_titles; i++)
		printf("  %-8s %s\n", latest->titles[i]->language, latest->titles[i]->text);
	printf("Category:  %s\nStatus:    %s\n", latest->category, status_of(latest, text));
	if (latest->known_list_price_case ==
	    UTARG__V1__OFFER_UPDATED__KNOWN_LIST_PRICE_LIST_PRICE_GROSS_MINOR)
		printf("List:      %s\n",
		       output_money(latest->list_price_gross_minor, latest->currency, text));
	if (latest->known_cost_case == UTARG__V1__OFFER_UPDATED__KNOWN_COST_COST_NET_MINOR)
		printf("Cost:      %s net\n", output_money(latest->cost_net_minor, latest->currency, text));
	if (latest->known_tax_rate_case == UTARG__V1__OFFER_UPDATED__KNOWN_TAX_RATE_TAX_RATE_BP)
		printf("Tax:       %u.%02u %%\n", latest->tax_rate_bp / 100, latest->tax_rate_bp % 100);
	printf("Supplier:  %s\n", latest->supplier_id);
}

static void print_prices(const struct zone *zone, const Utarg__V1__Offer *offer)
{
	char text[OUTPUT_TEXT_SIZE];
	for (size_t i = 0; i < offer->n_prices; i++) {
		const Utarg__V1__OfferPrice *price = offer->prices[i];
		printf("Price:     %s", output_money(price->price_gross_minor, price->currency, text));
		printf(", %s", audience_of(price->audience, text));
		printf("%s%s, stated %s\n", *price->market ? ", market " : "", price->market,
		       output_shop_time(zone, price->since_ms, text));
	}
}

static void print_reductions(const struct zone *zone, const Utarg__V1__Offer *offer)
{
	char text[OUTPUT_TEXT_SIZE];
	for (size_t i = 0; i < offer->n_reductions; i++) {
		const Utarg__V1__ReductionView *view = offer->reductions[i];
		const Utarg__V1__PriorPrice *now = view->certificate;
		printf("Reduction: %s",
		       output_money(view->announced->price_gross_minor, view->announced->currency, text));
		printf(" from %s", output_shop_time(zone, view->announced->from_ms, text));
		printf(", prior price %s", output_money(now ? now->prior_price_gross_minor
							    : view->announced->prior_price_gross_minor,
							view->announced->currency, text));
		printf("%s (%s)\n", view->prior_price_changed ? ", PRIOR_PRICE_CHANGED" : "",
		       view->announced->reduction_id);
	}
}

static void print_offer(const struct zone *zone, const Utarg__V1__Offer *offer)
{
	char text[OUTPUT_TEXT_SIZE];
	printf("SKU:       %s\n", offer->sku);
	if (offer->latest)
		print_latest(offer->latest);
	print_prices(zone, offer);
	print_reductions(zone, offer);
	if (offer->known_stock_case == UTARG__V1__OFFER__KNOWN_STOCK_STOCK)
		printf("Stock:     %lld\n", (long long)offer->stock);
	for (size_t i = 0; i < offer->n_stocks && offer->n_stocks > 1; i++)
		printf("  %-8s %lld\n", offer->stocks[i]->location, (long long)offer->stocks[i]->quantity);
	printf("Since:     %s\nRevision:  %llu\n", output_shop_time(zone, offer->since_ms, text),
	       (unsigned long long)offer->revision);
}

bool cmd_offer_show(struct cli *cli, struct err *e)
{
	const char *sku = cli_operand(cli, 1);
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	Utarg__V1__Reply *reply = catalogue_ask_one(cli, cli_operand(cli, 0), sku, e);
	if (!reply) {
		shop_fini(&shop);
		return false;
	}
	bool found = reply->offer_list->n_offers > 0 && strcmp(reply->offer_list->offers[0]->sku, sku) == 0;
	if (found && cli->json)
		output_message(&reply->offer_list->offers[0]->base, false);
	else if (found)
		print_offer(&shop.zone, reply->offer_list->offers[0]);
	client_reply_free(reply);
	shop_fini(&shop);
	return found || err_field(e, ERR_BAD_FIELD, "sku", "there is no offer \"%.80s\" in %.63s", sku,
				  cli_operand(cli, 0));
}

static void print_history(const struct zone *zone, const Utarg__V1__OfferHistoryReply *history)
{
	static const char *const titles[] = {"FROM", "UNTIL", ">PRICE", "MARKET", "AUDIENCE", ">SEQ", NULL};
	char text[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < history->n_intervals; i++) {
		const Utarg__V1__PriceInterval *interval = history->intervals[i];
		table_cell(table, output_shop_time(zone, interval->from_ms, text));
		table_cell(table,
			   interval->until_ms ? output_shop_time(zone, interval->until_ms, text) : "now");
		table_cell(table, output_money(interval->price_gross_minor, interval->currency, text));
		table_cell(table, interval->market);
		table_cell(table, audience_of(interval->audience, text));
		table_format(table, "%llu", (unsigned long long)interval->seq);
	}
	table_print(table, stdout, "This offer has never had a price.");
	table_destroy(table);
}

bool cmd_offer_history(struct cli *cli, struct err *e)
{
	Utarg__V1__OfferHistoryRequest history = UTARG__V1__OFFER_HISTORY_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	history.shop = text_borrow(cli_operand(cli, 0));
	history.sku = text_borrow(cli_operand(cli, 1));
	request.body_case = UTARG__V1__REQUEST__BODY_OFFER_HISTORY;
	request.offer_history = &history;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e)) {
		shop_fini(&shop);
		return false;
	}
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_OFFER_HISTORY;
	if (done && cli->json) {
		json_t *intervals = json_array();
		for (size_t i = 0; i < reply->offer_history->n_intervals; i++)
			json_array_append_new(
				intervals, json_from_message_full(&reply->offer_history->intervals[i]->base));
		output_json(intervals, false);
	} else if (done) {
		print_history(&shop.zone, reply->offer_history);
	}
	client_reply_free(reply);
	shop_fini(&shop);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a history");
}

static void print_suppliers(const struct zone *zone, const Utarg__V1__SupplierListReply *list)
{
	static const char *const titles[] = {"SUPPLIER", "TITLE", ">LEAD DAYS", "ACTIVE", "SINCE", NULL};
	char text[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < list->n_suppliers; i++) {
		const Utarg__V1__SupplierUpdated *latest = list->suppliers[i]->latest;
		if (!latest)
			continue;
		table_cell(table, latest->supplier_id);
		table_cell(table, latest->title);
		table_format(table, "%u", latest->lead_time_days);
		table_cell(table, latest->active ? "yes" : "no");
		table_cell(table, output_shop_time(zone, list->suppliers[i]->since_ms, text));
	}
	table_print(table, stdout, "This shop has told of no suppliers.");
	table_destroy(table);
}

static void print_suppliers_json(const Utarg__V1__SupplierListReply *list)
{
	json_t *all = json_array();
	for (size_t i = 0; i < list->n_suppliers; i++)
		json_array_append_new(all, json_from_message_full(&list->suppliers[i]->base));
	output_json(all, false);
}

bool cmd_offer_suppliers(struct cli *cli, struct err *e)
{
	Utarg__V1__SupplierListRequest list = UTARG__V1__SUPPLIER_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.shop = text_borrow(cli_operand(cli, 0));
	request.body_case = UTARG__V1__REQUEST__BODY_SUPPLIER_LIST;
	request.supplier_list = &list;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e)) {
		shop_fini(&shop);
		return false;
	}
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_SUPPLIER_LIST;
	if (done && cli->json)
		print_suppliers_json(reply->supplier_list);
	else if (done)
		print_suppliers(&shop.zone, reply->supplier_list);
	client_reply_free(reply);
	shop_fini(&shop);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than suppliers");
}
