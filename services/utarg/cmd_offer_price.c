// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg offer prior-price|announce|end|reductions`: what a reduced price is compared with, and reductions
// as they are decided on. campaign judges; this asks and prints.
#include "services/utarg/commands.h"
#include "services/utarg/core/timearg.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 100, REDUCTION_PAGE = 100 };

const struct cli_option cmd_offer_prior_price_options[] = {
	{"from", "TIME",
	 "when the reduced price applies from: 2026-11-27 or 2026-11-27T10:00 (default: now)"},
	{"market", "MARKET", "of a country or sales channel with prices of its own"},
	{"audience", "WHO", "public (default), members, code or closed"},
	{"currency", "CODE", "default: the shop's"},
	{"chain", "SHOP...", "another shop it is advertised for together: the lowest of all counts"},
	{0},
};

const char cmd_offer_prior_price_details[] =
	"The lowest gross price at which the offer could be had in the 30 days before the reduction: from "
	"local midnight\n"
	"of that day on, what was in force then included. Prices for everybody, for members of a club that "
	"anyone may\n"
	"join and with a code that anyone may use count for one another; a closed price list stands apart. "
	"An offer\n"
	"younger than 30 days is looked at from its first price on; of perishable goods it is the price "
	"before the first\n"
	"of a row of reductions. With no price in the window there is none, and it says so.\n";

const struct cli_option cmd_offer_announce_options[] = {
	{"from", "TIME", "when the price applies from (default: now; at most a day ago)"},
	{"until", "TIME", "when it ends (default: when it is ended)"},
	{"market", "MARKET", "of a country or sales channel with prices of its own"},
	{"audience", "WHO", "public (default), members, code or closed"},
	{"currency", "CODE", "default: the shop's"},
	{"chain", "SHOP...", "another shop it is advertised for together: the lowest of all counts"},
	{"id", "ID", "name of the reduction (default: a new UUID)"},
	{0},
};

const char cmd_offer_announce_details[] =
	"Refused when PRICE is no reduction of the prior price (utarg help offer prior-price), with the fact "
	"that stands\n"
	"against it. Announce before the shop charges the new price, or name with --from the moment it "
	"began: a price\n"
	"that applied before the reduction is part of its past. Each deepening is announced as a reduction "
	"of its own, which\n"
	"ends the one before. Facts that come later may lower the prior price: utarg offer reductions SHOP "
	"--changed.\n";

const struct cli_option cmd_offer_end_options[] = {
	{"reason", "TEXT", "why"},
	{0},
};

const struct cli_option cmd_offer_reductions_options[] = {
	{"sku", "SKU", "only of this offer"},
	{"changed", NULL, "only those whose prior price is lower now than it was announced with"},
	{"ended", NULL, "also those that are over"},
	{0},
};

// ---- what is typed ---------------------------------------------------------------------------------------

struct asked {
	struct shop shop;
	int64_t from_ms, until_ms; // 0: not given
	Utarg__V1__Audience audience;
	char *chain_text; // what chain points into
	char *chain[CHAIN_MAX];
	size_t chain_count;
};

static bool read_time(const struct cli *cli, const char *option, const struct zone *zone, int64_t *out,
		      struct err *e)
{
	struct timearg time;
	const char *text = cli_value(cli, option);
	*out = 0;
	if (!text)
		return true;
	if (!timearg_parse(text, &time))
		return err_field(e, ERR_BAD_TIME, option,
				 "--%s \"%.40s\" is no time: write 2026-11-27 or 2026-11-27T10:00", option,
				 text);
	*out = timearg_ms(&time, zone);
	return true;
}

static bool read_audience(const struct cli *cli, Utarg__V1__Audience *out, struct err *e)
{
	int value = 0;
	const char *text = cli_value(cli, "audience");
	if (text && !output_enum_parse(&utarg__v1__audience__descriptor, text, "AUDIENCE_", &value))
		return err_field(e, ERR_BAD_FIELD, "audience",
				 "--audience is public, members, code or closed, not \"%.40s\"", text);
	*out = (Utarg__V1__Audience)value;
	return true;
}

static bool read_chain(const struct cli *cli, struct asked *out, struct err *e)
{
	const char *text = cli_value(cli, "chain");
	if (!text)
		return true;
	out->chain_text = strdup(text);
	if (!out->chain_text)
		abort();
	char *rest = out->chain_text, *word;
	while ((word = strtok_r(rest, "\n", &rest)) != NULL) {
		if (out->chain_count == CHAIN_MAX)
			return err_field(e, ERR_TOO_MANY, "chain", "%d shops are the most", CHAIN_MAX);
		out->chain[out->chain_count++] = word;
	}
	return true;
}

static void asked_fini(struct asked *asked)
{
	free(asked->chain_text);
	shop_fini(&asked->shop);
}

// asked_fini after success only.
static bool read_asked(struct cli *cli, bool has_until, struct asked *out, struct err *e)
{
	*out = (struct asked){0};
	if (!shop_load(cli, cli_operand(cli, 0), &out->shop, e))
		return false;
	if (read_time(cli, "from", &out->shop.zone, &out->from_ms, e) &&
	    (!has_until || read_time(cli, "until", &out->shop.zone, &out->until_ms, e)) &&
	    read_audience(cli, &out->audience, e) && read_chain(cli, out, e))
		return true;
	asked_fini(out);
	return false;
}

// ---- what is printed -------------------------------------------------------------------------------------

static const char *rule_words(Utarg__V1__PriorPriceRule rule)
{
	switch (rule) {
	case UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_LOWEST_OF_30_DAYS:
		return "the lowest of 30 days";
	case UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_SINCE_FIRST_OFFERED:
		return "the lowest since it was first offered";
	case UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_PERISHABLE:
		return "perishable: before the first reduction of a row";
	case UTARG__V1__PRIOR_PRICE_RULE__PRIOR_PRICE_RULE_PROGRESSIVE:
		return "progressive: the lowest of 30 days before the first announced step";
	default:
		return "insufficient: it had no price in this window";
	}
}

static bool is_known(const Utarg__V1__PriorPrice *prior)
{
	return prior->known_prior_price_case ==
	       UTARG__V1__PRIOR_PRICE__KNOWN_PRIOR_PRICE_PRIOR_PRICE_GROSS_MINOR;
}

static void print_certificate(const struct zone *zone, const Utarg__V1__PriorPrice *prior)
{
	char text[OUTPUT_TEXT_SIZE], until[OUTPUT_TEXT_SIZE];
	printf("Prior price: %s\n",
	       is_known(prior) ? output_money(prior->prior_price_gross_minor, prior->currency, text) : "-");
	printf("Rule:        %s\n", rule_words(prior->rule));
	printf("Window:      %s to %s\n", output_shop_time(zone, prior->window_from_ms, text),
	       output_shop_time(zone, prior->window_until_ms, until));
	if (is_known(prior))
		printf("Charged:     %s to %s, %s, event %llu of %s\n",
		       output_shop_time(zone, prior->interval_from_ms, text),
		       prior->interval_until_ms ? output_shop_time(zone, prior->interval_until_ms, until)
						: "now",
		       prior->audience == UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC    ? "public"
		       : prior->audience == UTARG__V1__AUDIENCE__AUDIENCE_MEMBERS ? "members"
		       : prior->audience == UTARG__V1__AUDIENCE__AUDIENCE_CODE    ? "with a code"
										  : "closed list",
		       (unsigned long long)prior->interval_seq, prior->shop);
	printf("Judged at:   event %llu of %s\n", (unsigned long long)prior->judged_at_seq, prior->shop);
}

static const char *percent_text(uint32_t percentage_bp, char out[OUTPUT_TEXT_SIZE])
{
	snprintf(out, OUTPUT_TEXT_SIZE, "%u.%02u %%", percentage_bp / 100, percentage_bp % 100);
	return out;
}

// ---- prior-price -----------------------------------------------------------------------------------------

static bool ask_prior_price(struct cli *cli, const struct asked *asked, Utarg__V1__Reply **reply,
			    struct err *e)
{
	Utarg__V1__PriorPriceRequest prior = UTARG__V1__PRIOR_PRICE_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	prior.shop = text_borrow(cli_operand(cli, 0));
	prior.sku = text_borrow(cli_operand(cli, 1));
	prior.market = text_borrow(cli_value(cli, "market"));
	prior.currency = text_borrow(cli_value(cli, "currency"));
	prior.audience = asked->audience;
	prior.from_ms = asked->from_ms;
	prior.chain = (char **)(uintptr_t)asked->chain;
	prior.n_chain = asked->chain_count;
	request.body_case = UTARG__V1__REQUEST__BODY_PRIOR_PRICE;
	request.prior_price = &prior;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, reply, e))
		return false;
	if ((*reply)->body_case == UTARG__V1__REPLY__BODY_PRIOR_PRICE && (*reply)->prior_price->lowest)
		return true;
	client_reply_free(*reply);
	return err_set(e, ERR_INTERNAL, "campaign answered something else than a prior price");
}

static void print_shops(const Utarg__V1__PriorPriceReply *reply)
{
	static const char *const titles[] = {"SHOP", ">PRIOR PRICE", ">SEQ", NULL};
	char text[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < reply->n_shops; i++) {
		const Utarg__V1__PriorPrice *prior = reply->shops[i];
		table_cell(table, prior->shop);
		table_cell(table, is_known(prior) ? output_money(prior->prior_price_gross_minor,
								 prior->currency, text)
						  : "-");
		table_format(table, "%llu", (unsigned long long)prior->interval_seq);
	}
	putchar('\n');
	table_print(table, stdout, NULL);
	table_destroy(table);
}

bool cmd_offer_prior_price(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	struct asked asked;
	if (!read_asked(cli, false, &asked, e))
		return false;
	bool done = ask_prior_price(cli, &asked, &reply, e);
	if (done && cli->json) {
		output_message(&reply->prior_price->base, false);
	} else if (done) {
		print_certificate(&asked.shop.zone, reply->prior_price->lowest);
		if (reply->prior_price->n_shops > 1)
			print_shops(reply->prior_price);
	}
	if (done)
		client_reply_free(reply);
	asked_fini(&asked);
	return done;
}

// ---- announce, end ---------------------------------------------------------------------------------------

static bool read_price(const struct cli *cli, const char *currency, int64_t *out, struct err *e)
{
	int exponent;
	const char *text = cli_operand(cli, 2);
	if (!money_exponent(currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "currency", "\"%.8s\" is no ISO 4217 currency in use",
				 currency);
	return money_parse(text, exponent, out) ||
	       err_field(e, ERR_BAD_FIELD, "price", "\"%.40s\" is no amount of %s", text, currency);
}

// Sends a command whose answer is a reduction; the caller's to free.
static bool ask_reduction(struct cli *cli, Utarg__V1__Request *request, Utarg__V1__Reply **reply,
			  struct err *e)
{
	if (!remote_call(cli, SVC_CAMPAIGN, request, reply, e))
		return false;
	if ((*reply)->body_case == UTARG__V1__REPLY__BODY_REDUCTION && (*reply)->reduction->reduction)
		return true;
	client_reply_free(*reply);
	return err_set(e, ERR_INTERNAL, "campaign answered something else than a reduction");
}

static void print_announced(const struct zone *zone, const Utarg__V1__ReductionReply *reply)
{
	const Utarg__V1__Reduction *reduction = reply->reduction;
	char text[OUTPUT_TEXT_SIZE], until[OUTPUT_TEXT_SIZE];
	printf("Reduction:   %s (event %llu)\n", reduction->reduction_id, (unsigned long long)reply->seq);
	printf("Price:       %s", output_money(reduction->price_gross_minor, reduction->currency, text));
	printf(", %s less\n", percent_text(reduction->percentage_bp, text));
	printf("Applies:     %s to %s\n", output_shop_time(zone, reduction->from_ms, text),
	       reduction->until_ms ? output_shop_time(zone, reduction->until_ms, until) : "its end");
	if (reduction->certificate)
		print_certificate(zone, reduction->certificate);
}

static bool announce(struct cli *cli, const struct asked *asked, struct err *e)
{
	Utarg__V1__ReductionAnnounceRequest body = UTARG__V1__REDUCTION_ANNOUNCE_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	const char *currency = cli_value(cli, "currency");
	uint8_t id[UUID_SIZE];
	if (!read_price(cli, currency ? currency : asked->shop.currency, &body.price_gross_minor, e))
		return false;
	uuid_v7(clock_now_ms(), id);
	body.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	body.shop = text_borrow(cli_operand(cli, 0));
	body.sku = text_borrow(cli_operand(cli, 1));
	body.reduction_id = text_borrow(cli_value(cli, "id"));
	body.market = text_borrow(cli_value(cli, "market"));
	body.currency = text_borrow(currency);
	body.audience = asked->audience;
	body.from_ms = asked->from_ms;
	body.until_ms = asked->until_ms;
	body.chain = (char **)(uintptr_t)asked->chain;
	body.n_chain = asked->chain_count;
	request.body_case = UTARG__V1__REQUEST__BODY_REDUCTION_ANNOUNCE;
	request.reduction_announce = &body;
	if (!ask_reduction(cli, &request, &reply, e))
		return false;
	if (cli->json)
		output_message(&reply->reduction->base, false);
	else
		print_announced(&asked->shop.zone, reply->reduction);
	client_reply_free(reply);
	return true;
}

bool cmd_offer_announce(struct cli *cli, struct err *e)
{
	struct asked asked;
	if (!read_asked(cli, true, &asked, e))
		return false;
	bool done = announce(cli, &asked, e);
	asked_fini(&asked);
	return done;
}

bool cmd_offer_end(struct cli *cli, struct err *e)
{
	Utarg__V1__ReductionEndRequest end = UTARG__V1__REDUCTION_END_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	uint8_t id[UUID_SIZE];
	uuid_v7(clock_now_ms(), id);
	end.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	end.shop = text_borrow(cli_operand(cli, 0));
	end.reduction_id = text_borrow(cli_operand(cli, 1));
	end.reason = text_borrow(cli_value(cli, "reason"));
	request.body_case = UTARG__V1__REQUEST__BODY_REDUCTION_END;
	request.reduction_end = &end;
	if (!ask_reduction(cli, &request, &reply, e))
		return false;
	if (cli->json)
		output_message(&reply->reduction->base, false);
	else
		printf("%s of %s is over (event %llu).\n", reply->reduction->reduction->reduction_id,
		       reply->reduction->reduction->sku, (unsigned long long)reply->reduction->seq);
	client_reply_free(reply);
	return true;
}

// ---- reductions ------------------------------------------------------------------------------------------

static bool ask_page(struct cli *cli, const char *after, Utarg__V1__Reply **reply, struct err *e)
{
	Utarg__V1__ReductionListRequest list = UTARG__V1__REDUCTION_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.sku = text_borrow(cli_value(cli, "sku"));
	list.changed = cli_switch(cli, "changed");
	list.ended = cli_switch(cli, "ended");
	list.after_reduction = text_borrow(after);
	list.limit = REDUCTION_PAGE;
	request.body_case = UTARG__V1__REQUEST__BODY_REDUCTION_LIST;
	request.reduction_list = &list;
	return remote_ask(cli, SVC_CAMPAIGN, &request, UTARG__V1__REPLY__BODY_REDUCTION_LIST, "reductions",
			  reply, e);
}

static void add_row(struct table *table, const struct zone *zone, const Utarg__V1__ReductionView *view)
{
	const Utarg__V1__Reduction *announced = view->announced;
	char text[OUTPUT_TEXT_SIZE];
	table_cell(table, announced->reduction_id);
	table_cell(table, announced->sku);
	table_cell(table, output_enum(&utarg__v1__reduction_state__descriptor, (int)view->state,
				      "REDUCTION_STATE_", text));
	table_cell(table, output_money(announced->price_gross_minor, announced->currency, text));
	table_cell(table, output_money(announced->prior_price_gross_minor, announced->currency, text));
	table_cell(table, percent_text(announced->percentage_bp, text));
	table_cell(table, output_shop_time(zone, announced->from_ms, text));
	table_cell(table,
		   output_shop_time(zone, view->ended_at_ms ? view->ended_at_ms : announced->until_ms, text));
	if (view->prior_price_changed && view->certificate)
		table_format(
			table, "PRIOR_PRICE_CHANGED %s (event %llu)",
			output_money(view->certificate->prior_price_gross_minor, announced->currency, text),
			(unsigned long long)view->certificate->interval_seq);
	else
		table_cell(table, "");
}

static bool add_pages(struct cli *cli, const struct zone *zone, struct table *table, json_t *all,
		      struct err *e)
{
	char after[128] = "";
	do {
		Utarg__V1__Reply *reply;
		if (!ask_page(cli, after, &reply, e))
			return false;
		for (size_t i = 0; i < reply->reduction_list->n_reductions; i++) {
			const Utarg__V1__ReductionView *view = reply->reduction_list->reductions[i];
			if (cli->json)
				json_array_append_new(all, json_from_message_full(&view->base));
			else if (view->announced)
				add_row(table, zone, view);
		}
		snprintf(after, sizeof(after), "%s", reply->reduction_list->next_after);
		client_reply_free(reply);
	} while (*after);
	return true;
}

bool cmd_offer_reductions(struct cli *cli, struct err *e)
{
	static const char *const titles[] = {"REDUCTION", "SKU",  "STATE", ">PRICE", ">PRIOR PRICE",
					     ">LESS",     "FROM", "UNTIL", "NOTE",   NULL};
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct table *table = table_create(titles);
	json_t *all = json_array();
	bool done = add_pages(cli, &shop.zone, table, all, e);
	if (done && cli->json)
		output_json(json_incref(all), false);
	else if (done)
		table_print(table, stdout, "There are no such reductions.");
	json_decref(all);
	table_destroy(table);
	shop_fini(&shop);
	return done;
}
