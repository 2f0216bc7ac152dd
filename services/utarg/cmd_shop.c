// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg shop add|list|show`: asks campaign, which owns the shops.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

const struct cli_option cmd_shop_add_options[] = {
	{"name", "TEXT", "the shop's name for people (default: the slug)"},
	{"currency", "CODE", "ISO 4217 currency of its figures (required)"},
	{"zone", "ZONE", "IANA time zone of its days, such as Europe/Warsaw (required)"},
	{"session-gap", "MINUTES", "pause that ends a visit, 5 to 240 (default 30)"},
	{"rate-source", "NAME",
	 "whose published exchange rates it takes, such as ecb or nbp (default: none)"},
	{"pseudonymised", NULL,
	 "the shop sends pseudonyms for visitors and customers, which are stored as sent; for life"},
	{0},
};

static void print_shop(const Utarg__V1__Shop *shop)
{
	char time[OUTPUT_TEXT_SIZE];
	const Utarg__V1__ShopSettings *settings = shop->settings;
	printf("Shop:         %s\n", shop->slug);
	if (settings) {
		printf("Name:         %s\n", settings->name);
		printf("Currency:     %s\n", settings->currency);
		printf("Time zone:    %s\n", settings->zone);
		printf("Rates from:   %s\n", settings->rate_source[0] ? settings->rate_source : "-");
		printf("Session gap:  %u min\n",
		       settings->session_gap_minutes ? settings->session_gap_minutes : 30);
	}
	if (settings)
		printf("Visitors:     %s\n", settings->pseudonymised
						     ? "stored by the pseudonyms the shop sends"
						     : "stored by pseudonyms made on entry");
	printf("Journal:      epoch %llu, %llu events\n", (unsigned long long)shop->epoch,
	       (unsigned long long)shop->head_seq);
	printf("Made:         %s\n", output_time(shop->created_at_ms, time));
}

static bool check_settings(const struct cli *cli, const char *slug, struct err *e)
{
	int exponent;
	const char *currency = cli_value(cli, "currency");
	if (!text_is_slug(slug))
		return err_field(e, ERR_BAD_FIELD, "slug",
				 "\"%.80s\" is no slug: 1 to 63 of a-z, 0-9 and '-', not at the ends", slug);
	if (!currency)
		return err_field(e, ERR_MISSING_FIELD, "currency",
				 "--currency is needed, such as --currency PLN");
	if (!money_exponent(currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "currency", "\"%.60s\" is no ISO 4217 currency in use",
				 currency);
	if (!cli_value(cli, "zone"))
		return err_field(e, ERR_MISSING_FIELD, "zone",
				 "--zone is needed, such as --zone Europe/Warsaw");
	return true;
}

bool cmd_shop_add(struct cli *cli, struct err *e)
{
	const char *slug = cli_operand(cli, 0), *name = cli_value(cli, "name");
	int64_t gap_minutes;
	uint8_t id[UUID_SIZE];
	if (!check_settings(cli, slug, e) || !cli_number(cli, "session-gap", 5, 240, 0, &gap_minutes, e))
		return false;
	Utarg__V1__ShopSettings settings = UTARG__V1__SHOP_SETTINGS__INIT;
	settings.version = 1;
	settings.name = text_borrow(name ? name : slug);
	settings.currency = text_borrow(cli_value(cli, "currency"));
	settings.zone = text_borrow(cli_value(cli, "zone"));
	settings.session_gap_minutes = (uint32_t)gap_minutes;
	settings.rate_source = text_borrow(cli_value(cli, "rate-source"));
	settings.pseudonymised = cli_switch(cli, "pseudonymised");
	uuid_v7(clock_now_ms(), id);
	Utarg__V1__ShopAddRequest add = UTARG__V1__SHOP_ADD_REQUEST__INIT;
	add.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	add.slug = text_borrow(slug);
	add.settings = &settings;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	request.body_case = UTARG__V1__REQUEST__BODY_SHOP_ADD;
	request.shop_add = &add;
	Utarg__V1__Reply *reply = NULL;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return false;
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_SHOP && reply->shop->shop;
	if (done && cli->json)
		output_message(&reply->shop->shop->base, false);
	else if (done)
		print_shop(reply->shop->shop);
	client_reply_free(reply);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a shop");
}

static void print_table(const Utarg__V1__ShopListReply *list)
{
	static const char *const titles[] = {"SHOP", "NAME", "CURRENCY", "ZONE", ">EVENTS", NULL};
	struct table *table = table_create(titles);
	for (size_t i = 0; i < list->n_shops; i++) {
		const Utarg__V1__Shop *shop = list->shops[i];
		table_cell(table, shop->slug);
		table_cell(table, shop->settings ? shop->settings->name : "");
		table_cell(table, shop->settings ? shop->settings->currency : "");
		table_cell(table, shop->settings ? shop->settings->zone : "");
		table_format(table, "%llu", (unsigned long long)shop->head_seq);
	}
	table_print(table, stdout, "There is no shop yet; make one with `utarg shop add`.");
	table_destroy(table);
}

bool cmd_shop_list(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = shop_ask(cli, "", e);
	if (!reply)
		return false;
	if (cli->json) {
		json_t *shops = json_array();
		for (size_t i = 0; i < reply->shop_list->n_shops; i++)
			json_array_append_new(shops,
					      json_from_message_full(&reply->shop_list->shops[i]->base));
		output_json(shops, false);
	} else {
		print_table(reply->shop_list);
	}
	client_reply_free(reply);
	return true;
}

bool cmd_shop_show(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = shop_ask(cli, cli_operand(cli, 0), e);
	if (!reply)
		return false;
	if (cli->json)
		output_message(&reply->shop_list->shops[0]->base, false);
	else
		print_shop(reply->shop_list->shops[0]);
	client_reply_free(reply);
	return true;
}
