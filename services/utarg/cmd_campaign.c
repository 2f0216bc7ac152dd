// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg campaign create|approve|start|pause|resume|refill|end|archive|list|show|diagram`: decisions about
// campaigns. The states and what leads from one to another are the campaign service's own table; its program
// draws it. Rules of channels are in cmd_campaign_rules.c.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/base/zone.h"
#include "common/json/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAMPAIGN_SKUS_MAX = 1000, MINIMUM_ORDERS_MAX = 1000000 };

const struct cli_option cmd_campaign_create_options[] = {
	{"title", "TEXT", "name for people (default: the campaign's own)"},
	{"channel", "CHANNEL", "seo, mailing, affiliate, ads, social, marketplace or offline"},
	{"budget", "AMOUNT", "in major units with the currency: 1500.00PLN"},
	{"from", "DAY", "first day, 2026-11-23"},
	{"to", "DAY", "last day, inclusive"},
	{"goal", "KPI", "the key figure it is meant to move"},
	{"holder", "TEXT", "who answers for it"},
	{"draft", NULL, "only a plan: somebody approves it"},
	{"weekday-curve", "WEIGHTS", "how the budget is spread, Monday to Sunday: 10,10,10,10,20,30,10"},
	{"sku", "SKU...", "an offer it advertises"},
	{"acts-alone", NULL, "its directives need nobody's approval"},
	{"minimum-orders", "N", "fewer orders than that are no reason for a directive (default 20)"},
	{0},
};

const char cmd_campaign_create_details[] =
	"A campaign whose first day is to come is approved and starts on that day; any other runs at once. "
	"It ends "
	"after its\n"
	"last day, and is exhausted when what it cost reaches its budget.\n";

const struct cli_option cmd_campaign_step_options[] = {
	{"reason", "TEXT", "why"},
	{0},
};

const struct cli_option cmd_campaign_refill_options[] = {
	{"budget", "AMOUNT", "the new budget, all of it: 2000.00PLN (required)"},
	{"reason", "TEXT", "why"},
	{0},
};

// "10,10,10,10,20,30,10", Monday first.
static bool parse_curve(const char *text, Utarg__V1__WeekdayCurve *out, struct err *e)
{
	uint32_t *const days[] = {&out->monday, &out->tuesday,  &out->wednesday, &out->thursday,
				  &out->friday, &out->saturday, &out->sunday};
	enum { DAYS = sizeof(days) / sizeof(days[0]) };
	int64_t weight;
	char part[16];
	int count = 0;
	for (const char *at = text; count < DAYS; count++) {
		size_t size = strcspn(at, ",");
		if (size == 0 || size >= sizeof(part))
			break;
		memcpy(part, at, size);
		part[size] = 0;
		if (!text_to_int(part, 0, 1000, &weight))
			break;
		*days[count] = (uint32_t)weight;
		if (!at[size] && count == DAYS - 1)
			return true;
		if (!at[size])
			break;
		at += size + 1;
	}
	return err_field(e, ERR_BAD_FIELD, "weekday-curve",
			 "--weekday-curve \"%.60s\" are not seven weights of 0 to 1000, Monday first", text);
}

// The option given several times; *text is the caller's to free.
static size_t list_skus(const struct cli *cli, char **text, char *out[CAMPAIGN_SKUS_MAX])
{
	const char *given = cli_value(cli, "sku");
	size_t count = 0;
	*text = strdup(given ? given : "");
	if (!*text)
		abort();
	for (char *at = *text; *at && count < CAMPAIGN_SKUS_MAX;) {
		char *end = at + strcspn(at, "\n");
		const bool more = *end;
		*end = 0;
		if (*at)
			out[count++] = at;
		at = more ? end + 1 : end;
	}
	return count;
}

static bool parse_budget(const char *text, Utarg__V1__Money *out, char currency[4], struct err *e)
{
	char amount[40];
	int exponent;
	size_t len = strlen(text);
	if (len < 4 || len - 3 >= sizeof(amount))
		return err_field(e, ERR_BAD_FIELD, "budget",
				 "--budget \"%.40s\" is no amount: write 1500.00PLN", text);
	memcpy(currency, text + len - 3, 4);
	memcpy(amount, text, len - 3);
	amount[len - 3] = 0;
	if (amount[len - 4] == ' ')
		amount[len - 4] = 0;
	if (strpbrk(currency, "0123456789.,"))
		return err_field(e, ERR_BAD_FIELD, "budget",
				 "--budget \"%.40s\" names no currency: write 1500.00PLN", text);
	if (!money_exponent(currency, &exponent))
		return err_field(e, ERR_BAD_CURRENCY, "budget", "\"%s\" is no ISO 4217 currency in use",
				 currency);
	if (!money_parse(amount, exponent, &out->minor))
		return err_field(e, ERR_BAD_FIELD, "budget",
				 "--budget \"%.40s\" is no amount: write 1500.00PLN", text);
	out->currency = currency;
	return true;
}

static bool check_day(const struct cli *cli, const char *option, struct err *e)
{
	struct zone_date date;
	const char *text = cli_value(cli, option);
	if (!text || zone_date_parse(text, &date))
		return true;
	return err_field(e, ERR_BAD_TIME, option, "--%s \"%.40s\" is no day: write 2026-11-23", option, text);
}

static bool check_channel(const struct cli *cli, Utarg__V1__CampaignChannel *out, struct err *e)
{
	int value = 0;
	const char *text = cli_value(cli, "channel");
	if (text &&
	    !output_enum_parse(&utarg__v1__campaign_channel__descriptor, text, "CAMPAIGN_CHANNEL_", &value))
		return err_field(e, ERR_BAD_FIELD, "channel",
				 "--channel is seo, mailing, affiliate, ads, social, marketplace or "
				 "offline, not \"%.60s\"",
				 text);
	*out = (Utarg__V1__CampaignChannel)value;
	return true;
}

static void print_campaign(const struct zone *zone, const Utarg__V1__CampaignView *view)
{
	char text[OUTPUT_TEXT_SIZE];
	const Utarg__V1__Campaign *campaign = view->campaign;
	printf("Campaign:  %s\nTitle:     %s\n", campaign->campaign, campaign->title);
	printf("State:     %s\n", output_enum(&utarg__v1__campaign_state__descriptor, (int)campaign->state,
					      "CAMPAIGN_STATE_", text));
	if (campaign->channel)
		printf("Channel:   %s\n", output_enum(&utarg__v1__campaign_channel__descriptor,
						      (int)campaign->channel, "CAMPAIGN_CHANNEL_", text));
	if (*campaign->first_day || *campaign->last_day)
		printf("Days:      %s to %s\n", *campaign->first_day ? campaign->first_day : "...",
		       *campaign->last_day ? campaign->last_day : "...");
	if (campaign->budget && *campaign->budget->currency)
		printf("Budget:    %s\n",
		       output_money(campaign->budget->minor, campaign->budget->currency, text));
	for (size_t i = 0; i < view->n_cost; i++)
		printf("Cost:      %s\n", output_money(view->cost[i]->minor, view->cost[i]->currency, text));
	if (*campaign->goal_kpi)
		printf("Goal:      %s\n", campaign->goal_kpi);
	if (campaign->n_skus)
		printf("Offers:    %zu (", campaign->n_skus);
	for (size_t i = 0; i < campaign->n_skus; i++)
		printf("%s%s", campaign->skus[i], i + 1 < campaign->n_skus ? ", " : ")\n");
	printf("Directives: from %u orders on, %s\n",
	       campaign->minimum_orders ? campaign->minimum_orders : 20,
	       campaign->acts_alone ? "at once" : "when somebody approves");
	if (*campaign->holder)
		printf("Holder:    %s\n", campaign->holder);
	if (*campaign->reason)
		printf("Reason:    %s\n", campaign->reason);
	printf("Changed:   %s (event %llu)\n", output_shop_time(zone, view->changed_at_ms, text),
	       (unsigned long long)view->revision);
}

// Sends a command or question whose answer is one campaign, and prints it.
static bool ask_campaign(struct cli *cli, Utarg__V1__Request *request, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	if (!remote_call(cli, SVC_CAMPAIGN, request, &reply, e)) {
		shop_fini(&shop);
		return false;
	}
	const Utarg__V1__CampaignView *view = NULL;
	if (reply->body_case == UTARG__V1__REPLY__BODY_CAMPAIGN)
		view = reply->campaign->campaign;
	else if (reply->body_case == UTARG__V1__REPLY__BODY_CAMPAIGN_LIST &&
		 reply->campaign_list->n_campaigns == 1)
		view = reply->campaign_list->campaigns[0];
	bool none = reply->body_case == UTARG__V1__REPLY__BODY_CAMPAIGN_LIST &&
		    reply->campaign_list->n_campaigns == 0;
	bool done = view && view->campaign;
	if (done && cli->json)
		output_message(&view->base, false);
	else if (done)
		print_campaign(&shop.zone, view);
	client_reply_free(reply);
	shop_fini(&shop);
	if (none)
		return err_field(e, ERR_BAD_FIELD, "campaign", "there is no campaign \"%.80s\" in %.63s",
				 cli_operand(cli, 1), cli_operand(cli, 0));
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than a campaign");
}

static bool take_numbers(const struct cli *cli, Utarg__V1__Campaign *campaign, Utarg__V1__WeekdayCurve *curve,
			 Utarg__V1__Money *budget, char currency[4], struct err *e)
{
	const char *amount = cli_value(cli, "budget"), *weights = cli_value(cli, "weekday-curve");
	int64_t orders;
	if ((amount && !parse_budget(amount, budget, currency, e)) ||
	    (weights && !parse_curve(weights, curve, e)) ||
	    !cli_number(cli, "minimum-orders", 1, MINIMUM_ORDERS_MAX, 0, &orders, e))
		return false;
	campaign->budget = amount ? budget : NULL;
	campaign->weekday_curve = weights ? curve : NULL;
	campaign->minimum_orders = (uint32_t)orders;
	campaign->acts_alone = cli_switch(cli, "acts-alone");
	return true;
}

bool cmd_campaign_create(struct cli *cli, struct err *e)
{
	Utarg__V1__Campaign campaign = UTARG__V1__CAMPAIGN__INIT;
	Utarg__V1__CampaignCreateRequest create = UTARG__V1__CAMPAIGN_CREATE_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Money budget = UTARG__V1__MONEY__INIT;
	Utarg__V1__WeekdayCurve curve = UTARG__V1__WEEKDAY_CURVE__INIT;
	char currency[4], *skus_text, *skus[CAMPAIGN_SKUS_MAX];
	uint8_t id[UUID_SIZE];
	const char *title = cli_value(cli, "title");
	if (!check_day(cli, "from", e) || !check_day(cli, "to", e) ||
	    !check_channel(cli, &campaign.channel, e) ||
	    !take_numbers(cli, &campaign, &curve, &budget, currency, e))
		return false;
	campaign.campaign = text_borrow(cli_operand(cli, 1));
	campaign.title = text_borrow(title ? title : cli_operand(cli, 1));
	campaign.first_day = text_borrow(cli_value(cli, "from"));
	campaign.last_day = text_borrow(cli_value(cli, "to"));
	campaign.goal_kpi = text_borrow(cli_value(cli, "goal"));
	campaign.holder = text_borrow(cli_value(cli, "holder"));
	campaign.n_skus = list_skus(cli, &skus_text, skus);
	campaign.skus = skus;
	uuid_v7(clock_now_ms(), id);
	create.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	create.shop = text_borrow(cli_operand(cli, 0));
	create.campaign = &campaign;
	create.draft = cli_switch(cli, "draft");
	request.body_case = UTARG__V1__REQUEST__BODY_CAMPAIGN_CREATE;
	request.campaign_create = &create;
	bool made = ask_campaign(cli, &request, e);
	free(skus_text);
	return made;
}

static bool take_step(struct cli *cli, Utarg__V1__CampaignStep what, Utarg__V1__Money *budget, struct err *e)
{
	Utarg__V1__CampaignStepRequest step = UTARG__V1__CAMPAIGN_STEP_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	uint8_t id[UUID_SIZE];
	uuid_v7(clock_now_ms(), id);
	step.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	step.shop = text_borrow(cli_operand(cli, 0));
	step.campaign = text_borrow(cli_operand(cli, 1));
	step.step = what;
	step.reason = text_borrow(cli_value(cli, "reason"));
	step.budget = budget;
	request.body_case = UTARG__V1__REQUEST__BODY_CAMPAIGN_STEP;
	request.campaign_step = &step;
	return ask_campaign(cli, &request, e);
}

bool cmd_campaign_step(struct cli *cli, struct err *e)
{
	int step = 0;
	output_enum_parse(&utarg__v1__campaign_step__descriptor, cli->command->action, "CAMPAIGN_STEP_",
			  &step);
	return take_step(cli, (Utarg__V1__CampaignStep)step, NULL, e);
}

bool cmd_campaign_refill(struct cli *cli, struct err *e)
{
	Utarg__V1__Money budget = UTARG__V1__MONEY__INIT;
	char currency[4];
	const char *amount = cli_value(cli, "budget");
	if (!amount)
		return err_field(e, ERR_MISSING_FIELD, "budget", "to which budget? Say --budget 2000.00PLN");
	return parse_budget(amount, &budget, currency, e) &&
	       take_step(cli, UTARG__V1__CAMPAIGN_STEP__CAMPAIGN_STEP_REFILL, &budget, e);
}

bool cmd_campaign_show(struct cli *cli, struct err *e)
{
	Utarg__V1__CampaignListRequest list = UTARG__V1__CAMPAIGN_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.campaign = text_borrow(cli_operand(cli, 1));
	request.body_case = UTARG__V1__REQUEST__BODY_CAMPAIGN_LIST;
	request.campaign_list = &list;
	return ask_campaign(cli, &request, e);
}

static void cost_text(const Utarg__V1__CampaignView *view, char *out, size_t out_size)
{
	size_t used = 0;
	out[0] = 0;
	for (size_t i = 0; i < view->n_cost && used < out_size; i++) {
		char text[OUTPUT_TEXT_SIZE];
		used += (size_t)snprintf(out + used, out_size - used, "%s%s", i ? ", " : "",
					 output_money(view->cost[i]->minor, view->cost[i]->currency, text));
	}
}

static void print_table(const Utarg__V1__CampaignListReply *list)
{
	static const char *const titles[] = {"CAMPAIGN", "STATE", "CHANNEL", "FROM", "TO",
					     ">BUDGET",  ">COST", "TITLE",   NULL};
	char text[OUTPUT_TEXT_SIZE], costs[4 * OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (size_t i = 0; i < list->n_campaigns; i++) {
		const Utarg__V1__CampaignView *view = list->campaigns[i];
		const Utarg__V1__Campaign *campaign = view->campaign;
		if (!campaign)
			continue;
		bool has_budget = campaign->budget && *campaign->budget->currency;
		table_cell(table, campaign->campaign);
		table_cell(table, output_enum(&utarg__v1__campaign_state__descriptor, (int)campaign->state,
					      "CAMPAIGN_STATE_", text));
		table_cell(table, campaign->channel
					  ? output_enum(&utarg__v1__campaign_channel__descriptor,
							(int)campaign->channel, "CAMPAIGN_CHANNEL_", text)
					  : "");
		table_cell(table, campaign->first_day);
		table_cell(table, campaign->last_day);
		table_cell(table, has_budget ? output_money(campaign->budget->minor,
							    campaign->budget->currency, text)
					     : "-");
		cost_text(view, costs, sizeof(costs));
		table_cell(table, costs);
		table_cell(table, campaign->title);
	}
	table_print(table, stdout, "There are no campaigns in this shop.");
	table_destroy(table);
}

bool cmd_campaign_list(struct cli *cli, struct err *e)
{
	Utarg__V1__CampaignListRequest list = UTARG__V1__CAMPAIGN_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.shop = text_borrow(cli_operand(cli, 0));
	request.body_case = UTARG__V1__REQUEST__BODY_CAMPAIGN_LIST;
	request.campaign_list = &list;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return false;
	bool done = reply->body_case == UTARG__V1__REPLY__BODY_CAMPAIGN_LIST;
	if (done && cli->json) {
		json_t *all = json_array();
		for (size_t i = 0; i < reply->campaign_list->n_campaigns; i++)
			json_array_append_new(
				all, json_from_message_full(&reply->campaign_list->campaigns[i]->base));
		output_json(all, false);
	} else if (done) {
		print_table(reply->campaign_list);
	}
	client_reply_free(reply);
	return done || err_set(e, ERR_INTERNAL, "campaign answered something else than campaigns");
}

bool cmd_campaign_diagram(struct cli *cli, struct err *e)
{
	char program[CLI_PATH_SIZE + 32], option[] = "--diagram";
	snprintf(program, sizeof(program), "%s/%s", cli->exe_dir, svc_ports[SVC_CAMPAIGN].binary);
	char *argv[] = {program, option, NULL};
	fflush(NULL);
	execv(program, argv);
	return err_set(e, ERR_BUSY, "%.200s cannot be started: %s", program, strerror(errno));
}
