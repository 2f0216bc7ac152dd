// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg shop add|set|list|show`: asks campaign, which owns the shops.
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

#include <stdlib.h>
#include <string.h>

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

static void print_hosts(const char *title, char **hosts, size_t count)
{
	printf("%s%s", title, count ? "" : "-");
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? ", " : "", hosts[i]);
	putchar('\n');
}

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
		printf("Touches:      of %u days before an order\n",
		       settings->attribution_days ? settings->attribution_days : 30);
		print_hosts("Own hosts:    ", settings->own_hosts, settings->n_own_hosts);
		print_hosts("Paid at:      ", settings->payment_hosts, settings->n_payment_hosts);
		printf("Settings:     version %u\n", settings->version);
		printf("Visitors:     %s\n", settings->pseudonymised
						     ? "stored by the pseudonyms the shop sends"
						     : "stored by pseudonyms made on entry");
	}
	printf("Journal:      epoch %llu, %llu events\n", (unsigned long long)shop->epoch,
	       (unsigned long long)shop->head_seq);
	printf("Made:         %s\n", output_time(shop->created_at_ms, time));
}

// Prints the shop of a command's reply, and gives it back.
static bool show_reply(const struct cli *cli, Utarg__V1__Reply *reply, struct err *e)
{
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_SHOP && reply->shop->shop;
	if (done && cli->json)
		output_message(&reply->shop->shop->base, false);
	else if (done)
		print_shop(reply->shop->shop);
	client_reply_free(reply);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a shop");
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
	return remote_call(cli, SVC_CAMPAIGN, &request, &reply, e) && show_reply(cli, reply, e);
}

// ---- set
// -----------------------------------------------------------------------------------------------

const struct cli_option cmd_shop_set_options[] = {
	{"name", "TEXT", "the shop's name for people"},
	{"zone", "ZONE", "IANA time zone of its days; all days are cut anew"},
	{"session-gap", "MINUTES", "pause that ends a visit, 5 to 240; all visits are cut anew"},
	{"attribution-days", "DAYS", "how long before an order a touch counts: 7, 30 or 90"},
	{"own-host", "HOST...", "the shop's own hosts, which are never referrers; these alone (- for none)"},
	{"payment-host", "HOST...", "hosts where its buyers pay, likewise"},
	{"rate-source", "NAME", "whose published exchange rates it takes from now on (- for none)"},
	{0},
};

const char cmd_shop_set_details[] = "What is not named stays. Zone and session gap act on all of the "
				    "shop's history: its figures are "
				    "counted anew, with\n"
				    "corrections. The others act from now on. The currency and how "
				    "visitors are stored are for life: make "
				    "another shop.\n";

enum { HOSTS_MAX = 101 }; // one more than campaign takes

// Hosts as given, in a copy that *text owns; "-": none.
static bool split_hosts(const char *given, char **text, char *hosts[HOSTS_MAX], Utarg__V1__HostList *out,
			struct err *e)
{
	char *at = *text = strdup(given);
	if (!at)
		abort();
	out->hosts = hosts;
	if (strcmp(given, "-") == 0)
		return true;
	for (char *end; at; at = end ? end + 1 : NULL) {
		end = strchr(at, '\n');
		if (end)
			*end = '\0';
		if (out->n_hosts == HOSTS_MAX)
			return err_set(e, ERR_TOO_MANY, "a shop has at most %d hosts of a kind",
				       HOSTS_MAX - 1);
		hosts[out->n_hosts++] = at;
	}
	return true;
}

static const char *unless_dash(const char *text)
{
	return strcmp(text, "-") == 0 ? "" : text;
}

static bool fill_set(const struct cli *cli, Utarg__V1__ShopSetRequest *set, struct err *e)
{
	int64_t gap_minutes, days;
	if (!cli_number(cli, "session-gap", 5, 240, 0, &gap_minutes, e) ||
	    !cli_number(cli, "attribution-days", 7, 90, 0, &days, e))
		return false;
	set->shop = text_borrow(cli_operand(cli, 0));
	set->known_name_case = cli_switch(cli, "name") ? UTARG__V1__SHOP_SET_REQUEST__KNOWN_NAME_NAME : 0;
	set->name = text_borrow(cli_value(cli, "name"));
	set->known_zone_case = cli_switch(cli, "zone") ? UTARG__V1__SHOP_SET_REQUEST__KNOWN_ZONE_ZONE : 0;
	set->zone = text_borrow(cli_value(cli, "zone"));
	if (cli_switch(cli, "session-gap"))
		set->known_session_gap_case =
			UTARG__V1__SHOP_SET_REQUEST__KNOWN_SESSION_GAP_SESSION_GAP_MINUTES;
	set->session_gap_minutes = (uint32_t)gap_minutes;
	if (cli_switch(cli, "attribution-days"))
		set->known_attribution_days_case =
			UTARG__V1__SHOP_SET_REQUEST__KNOWN_ATTRIBUTION_DAYS_ATTRIBUTION_DAYS;
	set->attribution_days = (uint32_t)days;
	if (cli_switch(cli, "rate-source")) {
		set->known_rate_source_case = UTARG__V1__SHOP_SET_REQUEST__KNOWN_RATE_SOURCE_RATE_SOURCE;
		set->rate_source = text_borrow(unless_dash(cli_value(cli, "rate-source")));
	}
	return true;
}

static bool send_set(struct cli *cli, Utarg__V1__ShopSetRequest *set, struct err *e)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	uint8_t id[UUID_SIZE];
	uuid_v7(clock_now_ms(), id);
	set->command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	request.body_case = UTARG__V1__REQUEST__BODY_SHOP_SET;
	request.shop_set = set;
	return remote_call(cli, SVC_CAMPAIGN, &request, &reply, e) && show_reply(cli, reply, e);
}

bool cmd_shop_set(struct cli *cli, struct err *e)
{
	Utarg__V1__ShopSetRequest set = UTARG__V1__SHOP_SET_REQUEST__INIT;
	Utarg__V1__HostList lists[2] = {UTARG__V1__HOST_LIST__INIT, UTARG__V1__HOST_LIST__INIT};
	const char *given[2] = {cli_value(cli, "own-host"), cli_value(cli, "payment-host")};
	char *texts[2] = {0}, *hosts[2][HOSTS_MAX];
	bool ok = fill_set(cli, &set, e);
	for (int i = 0; i < 2 && ok; i++)
		ok = !given[i] || split_hosts(given[i], &texts[i], hosts[i], &lists[i], e);
	set.own_hosts = given[0] ? &lists[0] : NULL;
	set.payment_hosts = given[1] ? &lists[1] : NULL;
	ok = ok && send_set(cli, &set, e);
	free(texts[0]);
	free(texts[1]);
	return ok;
}

// ---- list, show
// ------------------------------------------------------------------------------------------

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
