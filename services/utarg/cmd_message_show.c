// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg message list|show|alerts`: how messages stand, placement by placement, and what is wrong.
#include "services/utarg/commands.h"
#include "services/utarg/message_print.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/text.h"
#include "common/json/json.h"

#include <string.h>

enum { MESSAGE_PAGE = 20, MESSAGE_ID_SIZE = 128 };

const char cmd_message_alerts_details[] =
	"What is wrong now: placements that show another version or a message that was withdrawn, claims "
	"that have become\n"
	"false since (a price changed, an offer ran out, a validity is over), each with the placements to "
	"mend. An alert ends\n"
	"by itself when it is right again.\n";

// ---- one message ---------------------------------------------------------------------------------------

size_t message_coherent_count(const Utarg__V1__MessageView *view)
{
	size_t count = 0;
	for (size_t i = 0; i < view->n_placements; i++)
		count += view->placements[i]->state == UTARG__V1__PLACEMENT_STATE__PLACEMENT_STATE_COHERENT;
	return count;
}

static void print_claim(const struct zone *zone, size_t number, const Utarg__V1__Claim *claim)
{
	char kind[OUTPUT_TEXT_SIZE], text[OUTPUT_TEXT_SIZE];
	printf("Claim %zu:   %s%s%s", number,
	       output_enum(&utarg__v1__claim_kind__descriptor, (int)claim->claim_kind, "CLAIM_KIND_", kind),
	       *claim->sku ? " of " : "", claim->sku);
	if (*claim->coupon)
		printf(" %s", claim->coupon);
	if (claim->amount_minor)
		printf(" %s", output_money(claim->amount_minor, claim->currency, text));
	if (claim->percentage_bp)
		printf(" %u.%02u %%", claim->percentage_bp / 100, claim->percentage_bp % 100);
	if (claim->from_ms)
		printf(", from %s", output_shop_time(zone, claim->from_ms, text));
	if (claim->until_ms)
		printf(", until %s", output_shop_time(zone, claim->until_ms, text));
	putchar('\n');
}

static void print_words(const struct zone *zone, const Utarg__V1__MarketingMessage *message)
{
	printf("Text:      %s%s%s%s\n", message->text, *message->language ? " (" : "", message->language,
	       *message->language ? ")" : "");
	for (size_t i = 0; i < message->n_texts; i++)
		printf("           %s (%s)\n", message->texts[i]->text, message->texts[i]->language);
	if (*message->campaign)
		printf("Campaign:  %s\n", message->campaign);
	for (size_t i = 0; i < message->n_claims; i++)
		print_claim(zone, i + 1, message->claims[i]);
	if (*message->reason)
		printf("Reason:    %s\n", message->reason);
	for (size_t i = 0; i < message->n_overruled; i++)
		printf("Overruled: %s\n", message->overruled[i]);
}

static void print_placements(const struct zone *zone, const Utarg__V1__MessageView *view)
{
	static const char *const titles[] = {"PLACEMENT", "STATE", ">SHOWS", ">PRICE", "REPORTED", NULL};
	char text[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < view->n_placements; i++) {
		const Utarg__V1__PlacementView *place = view->placements[i];
		table_cell(table, place->placement);
		table_cell(table, output_enum(&utarg__v1__placement_state__descriptor, (int)place->state,
					      "PLACEMENT_STATE_", text));
		if (place->shown_version)
			table_format(table, "version %u", place->shown_version);
		else
			table_cell(table, place->shown_at_ms ? "nothing" : "-");
		table_cell(table,
			   place->known_price_case ==
					   UTARG__V1__PLACEMENT_VIEW__KNOWN_PRICE_SHOWN_PRICE_GROSS_MINOR
				   ? output_money(place->shown_price_gross_minor, place->currency, text)
				   : "-");
		table_cell(table, output_shop_time(zone, place->shown_at_ms, text));
	}
	putchar('\n');
	table_print(table, stdout, NULL);
	table_destroy(table);
}

void message_print(const struct zone *zone, const Utarg__V1__MessageView *view)
{
	const Utarg__V1__MarketingMessage *message = view->message;
	char text[OUTPUT_TEXT_SIZE];
	printf("Message:   %s, version %u\n", message->message_id, message->message_version);
	printf("State:     %s\n",
	       output_enum(&utarg__v1__message_state__descriptor, (int)view->state, "MESSAGE_STATE_", text));
	print_words(zone, message);
	printf("Changed:   %s (event %llu)\n", output_shop_time(zone, view->changed_at_ms, text),
	       (unsigned long long)view->revision);
	print_placements(zone, view);
	for (size_t i = 0; i < view->n_alerts; i++)
		printf("%s%s\n", i == 0 ? "\nWrong:     " : "           ", view->alerts[i]->text);
}

static Utarg__V1__Reply *ask(struct cli *cli, const char *message, const char *after, struct err *e)
{
	Utarg__V1__MessageListRequest list = UTARG__V1__MESSAGE_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.message_id = text_borrow(message);
	list.limit = MESSAGE_PAGE;
	list.after_message_id = text_borrow(after);
	request.body_case = UTARG__V1__REQUEST__BODY_MESSAGE_LIST;
	request.message_list = &list;
	return remote_ask(cli, SVC_CAMPAIGN, &request, UTARG__V1__REPLY__BODY_MESSAGE_LIST, "messages",
			  &reply, e)
		       ? reply
		       : NULL;
}

bool cmd_message_show(struct cli *cli, struct err *e)
{
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	Utarg__V1__Reply *reply = ask(cli, cli_operand(cli, 1), "", e);
	bool is_there = reply && reply->message_list->n_messages == 1;
	if (is_there && cli->json)
		output_message(&reply->message_list->messages[0]->base, false);
	else if (is_there)
		message_print(&shop.zone, reply->message_list->messages[0]);
	else if (reply)
		err_field(e, ERR_BAD_FIELD, "message", "there is no message \"%.80s\" in %.63s",
			  cli_operand(cli, 1), cli_operand(cli, 0));
	if (reply)
		client_reply_free(reply);
	shop_fini(&shop);
	return is_there;
}

// ---- all of them ---------------------------------------------------------------------------------------

static void add_row(struct table *table, const struct zone *zone, const Utarg__V1__MessageView *view)
{
	char text[OUTPUT_TEXT_SIZE];
	table_cell(table, view->message->message_id);
	table_format(table, "%u", view->message->message_version);
	table_cell(table, output_enum(&utarg__v1__message_state__descriptor, (int)view->state,
				      "MESSAGE_STATE_", text));
	table_format(table, "%zu of %zu", message_coherent_count(view), view->n_placements);
	table_format(table, "%zu", view->n_alerts);
	table_cell(table, output_shop_time(zone, view->changed_at_ms, text));
	table_cell(table, view->message->text);
}

// Page by page, since a message may be large.
static bool add_pages(struct cli *cli, const struct zone *zone, struct table *table, json_t *all,
		      struct err *e)
{
	char after[MESSAGE_ID_SIZE] = "";
	for (size_t count = MESSAGE_PAGE; count == MESSAGE_PAGE;) {
		Utarg__V1__Reply *reply = ask(cli, "", after, e);
		if (!reply)
			return false;
		count = reply->message_list->n_messages;
		for (size_t i = 0; i < count; i++) {
			const Utarg__V1__MessageView *view = reply->message_list->messages[i];
			if (!view->message)
				continue;
			add_row(table, zone, view);
			if (cli->json)
				json_array_append_new(all, json_from_message_full(&view->base));
			snprintf(after, sizeof(after), "%s", view->message->message_id);
		}
		client_reply_free(reply);
	}
	return true;
}

bool cmd_message_list(struct cli *cli, struct err *e)
{
	static const char *const titles[] = {"MESSAGE", ">VERSION", "STATE", ">COHERENT",
					     ">ALERTS", "CHANGED",  "TEXT",  NULL};
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	struct table *table = table_create(titles);
	json_t *all = json_array();
	bool done = add_pages(cli, &shop.zone, table, all, e);
	if (done && cli->json)
		output_json(json_incref(all), false);
	else if (done)
		table_print(table, stdout, "There are no messages in this shop.");
	json_decref(all);
	table_destroy(table);
	shop_fini(&shop);
	return done;
}

// ---- alerts --------------------------------------------------------------------------------------------

static void print_alerts(const struct zone *zone, const Utarg__V1__MessageAlertListReply *list)
{
	static const char *const titles[] = {"MESSAGE", ">VERSION", "WRONG", "SINCE",
					     "TEXT",    "TO MEND",  NULL};
	char text[OUTPUT_TEXT_SIZE], places[400];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < list->n_alerts; i++) {
		const Utarg__V1__MessageAlert *alert = list->alerts[i];
		size_t used = 0;
		places[0] = 0;
		for (size_t k = 0; k < alert->n_placements && used < sizeof(places); k++)
			used += (size_t)snprintf(places + used, sizeof(places) - used, "%s%s", k ? ", " : "",
						 alert->placements[k]);
		table_cell(table, alert->message_id);
		table_format(table, "%u", alert->message_version);
		table_cell(table, output_enum(&utarg__v1__message_fault__descriptor, (int)alert->fault,
					      "MESSAGE_FAULT_", text));
		table_cell(table, output_shop_time(zone, alert->since_ms, text));
		table_cell(table, alert->text);
		table_cell(table, places);
	}
	table_print(table, stdout, "Nothing is wrong.");
	table_destroy(table);
}

bool cmd_message_alerts(struct cli *cli, struct err *e)
{
	Utarg__V1__MessageAlertListRequest list = UTARG__V1__MESSAGE_ALERT_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.message_id = text_borrow(cli_operand(cli, 1));
	request.body_case = UTARG__V1__REQUEST__BODY_MESSAGE_ALERT_LIST;
	request.message_alert_list = &list;
	bool is_asked = remote_call(cli, SVC_CAMPAIGN, &request, &reply, e);
	bool done = is_asked && reply->body_case == UTARG__V1__REPLY__BODY_MESSAGE_ALERT_LIST;
	if (done && cli->json)
		output_message(&reply->message_alert_list->base, false);
	else if (done)
		print_alerts(&shop.zone, reply->message_alert_list);
	if (is_asked)
		client_reply_free(reply);
	shop_fini(&shop);
	return done || (is_asked && err_set(e, ERR_INTERNAL, "campaign answered something else than alerts"));
}
