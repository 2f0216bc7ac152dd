// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg alert add|remove|rules|list|ack`: what a shop is told of, and what it has been told. metrics looks
// and keeps; here is only how a person says and sees it.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/text.h"
#include "common/json/json.h"

#include <string.h>

enum { ABOUT_SIZE = 400 };

const struct cli_option cmd_alert_add_options[] = {
	{"window", "WINDOW", "minute, hour, day (default), week or month"},
	{"dimension", "NAME", "total (default), sales_channel, marketing_channel, campaign..."},
	{"key", "KEY", "which value of the dimension"},
	{"name", "RULE",
	 "a name of a-z, 0-9 and - (default: made of the rule); one of the same name is replaced"},
	{0},
};

const char cmd_alert_add_details[] =
	"DIRECTION is below or above, VALUE is written in the figure's unit.\n"
	"Counts and sums that are above VALUE are told while their window runs; all else is judged when the "
	"window has\n"
	"been over for 5 minutes, because a day that has just begun is below everything.\n"
	"An alert is raised once, told on alert/SHOP/RULE/, and ends when its condition has been gone for an "
	"hour.\n"
	"Rules that are built in (utarg alert rules SHOP) need not be added.\n";

const char cmd_alert_rules_details[] =
	"Built-in rules compare some hours with the same hours of the same weekday in the last four weeks, "
	"once "
	"every\n"
	"quarter of an hour: conversion_rate (down) and payment_failure_rate (up) by a two-proportion "
	"z-test, as "
	"soon as\n"
	"20 hits and 20 misses are to be expected; orders and page_views (down) as Poisson counts; silence "
	"when "
	"nothing\n"
	"comes where always something came. A rule rings for nothing at most once in 100 days.\n";

const struct cli_option cmd_alert_list_options[] = {
	{"ended", NULL, "also those that are over, the latest 1000"},
	{0},
};

// ---- rules ---------------------------------------------------------------------------------------------

// The figure, and of what: "orders", "gmv by campaign spring".
static void about_text(const char *kpi, const char *dimension, const char *key, char out[ABOUT_SIZE])
{
	bool is_total = *kpi == '\0' || *dimension == '\0' || strcmp(dimension, "total") == 0;
	snprintf(out, ABOUT_SIZE, "%.80s%s%.40s%s%.256s", *kpi ? kpi : "-", is_total ? "" : " by ",
		 is_total ? "" : dimension, is_total ? "" : " ", is_total ? "" : key);
}

static void condition_text(const Utarg__V1__AlertRule *rule, char *out, size_t size)
{
	char window[OUTPUT_TEXT_SIZE], direction[OUTPUT_TEXT_SIZE];
	output_enum(&utarg__v1__alert_direction__descriptor, (int)rule->direction, "ALERT_DIRECTION_",
		    direction);
	output_enum(&utarg__v1__window__descriptor, (int)rule->window, "WINDOW_", window);
	if (rule->kind == UTARG__V1__ALERT_KIND__ALERT_KIND_THRESHOLD)
		snprintf(out, size, "%.40s %.60s in a %.40s", direction, rule->value, window);
	else if (rule->kind == UTARG__V1__ALERT_KIND__ALERT_KIND_SILENCE)
		snprintf(out, size, "nothing in %u minutes", (unsigned)rule->minutes);
	else
		snprintf(out, size, "%.40s the last four weeks in %u minutes", direction,
			 (unsigned)rule->minutes);
}

static void print_rules(const struct cli *cli, const Utarg__V1__AlertRulesReply *reply)
{
	static const char *const titles[] = {"RULE", "KPI", "CONDITION", "RINGS FOR NOTHING", NULL};
	if (cli->json) {
		json_t *all = json_array();
		for (size_t i = 0; i < reply->n_rules; i++)
			json_array_append_new(all, json_from_message_full(&reply->rules[i]->base));
		output_json(all, false);
		return;
	}
	struct table *table = table_create(titles);
	for (size_t i = 0; i < reply->n_rules; i++) {
		const Utarg__V1__AlertRule *rule = reply->rules[i];
		char condition[2 * OUTPUT_TEXT_SIZE], about[ABOUT_SIZE];
		about_text(rule->kpi, rule->dimension, rule->key, about);
		condition_text(rule, condition, sizeof(condition));
		table_cell(table, rule->rule);
		table_cell(table, about);
		table_cell(table, condition);
		table_cell(table, rule->false_alarms);
	}
	table_print(table, stdout, "There are no rules you may see.");
	table_destroy(table);
}

static bool ask_rules(struct cli *cli, Utarg__V1__Request *request, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	if (!remote_ask(cli, SVC_METRICS, request, UTARG__V1__REPLY__BODY_ALERT_RULES, "alert rules", &reply,
			e))
		return false;
	print_rules(cli, reply->alert_rules);
	client_reply_free(reply);
	return true;
}

static bool find_direction(const char *text, Utarg__V1__AlertDirection *out, struct err *e)
{
	bool below = strcmp(text, "below") == 0;
	if (!below && strcmp(text, "above") != 0)
		return err_field(e, ERR_BAD_FIELD, "direction", "below or above, not \"%.60s\"", text);
	*out = below ? UTARG__V1__ALERT_DIRECTION__ALERT_DIRECTION_BELOW
		     : UTARG__V1__ALERT_DIRECTION__ALERT_DIRECTION_ABOVE;
	return true;
}

bool cmd_alert_add(struct cli *cli, struct err *e)
{
	Utarg__V1__AlertRule rule = UTARG__V1__ALERT_RULE__INIT;
	Utarg__V1__AlertAddRequest add = UTARG__V1__ALERT_ADD_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	enum window window = WINDOW_DAY;
	const char *text = cli_value(cli, "window");
	if (text && !window_from_name(text, &window))
		return err_field(e, ERR_BAD_FIELD, "window",
				 "--window is minute, hour, day, week or month, not \"%.60s\"", text);
	if (!find_direction(cli_operand(cli, 2), &rule.direction, e))
		return false;
	rule.rule = text_borrow(cli_value(cli, "name"));
	rule.kpi = text_borrow(cli_operand(cli, 1));
	rule.value = text_borrow(cli_operand(cli, 3));
	rule.window = (Utarg__V1__Window)window;
	rule.dimension = text_borrow(cli_value(cli, "dimension"));
	rule.key = text_borrow(cli_value(cli, "key"));
	add.shop = text_borrow(cli_operand(cli, 0));
	add.rule = &rule;
	request.body_case = UTARG__V1__REQUEST__BODY_ALERT_ADD;
	request.alert_add = &add;
	return ask_rules(cli, &request, e);
}

bool cmd_alert_remove(struct cli *cli, struct err *e)
{
	Utarg__V1__AlertRemoveRequest take = UTARG__V1__ALERT_REMOVE_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	take.shop = text_borrow(cli_operand(cli, 0));
	take.rule = text_borrow(cli_operand(cli, 1));
	request.body_case = UTARG__V1__REQUEST__BODY_ALERT_REMOVE;
	request.alert_remove = &take;
	return ask_rules(cli, &request, e);
}

bool cmd_alert_rules(struct cli *cli, struct err *e)
{
	Utarg__V1__AlertRuleListRequest list = UTARG__V1__ALERT_RULE_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	list.shop = text_borrow(cli_operand(cli, 0));
	request.body_case = UTARG__V1__REQUEST__BODY_ALERT_RULE_LIST;
	request.alert_rule_list = &list;
	return ask_rules(cli, &request, e);
}

// ---- alerts --------------------------------------------------------------------------------------------

static void state_text(const Utarg__V1__Alert *alert, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", alert->ended_at_ms ? "over" : "open",
		 alert->acknowledged_at_ms ? ", seen by " : "",
		 alert->acknowledged_at_ms ? alert->acknowledged_by : "");
}

static void print_table(const struct zone *zone, const Utarg__V1__AlertsReply *reply, const char *when_none)
{
	static const char *const titles[] = {">ALERT", "RULE",          "KPI", "RAISED",
					     "STATE",  "WHAT WAS SEEN", NULL};
	struct table *table = table_create(titles);
	for (size_t i = 0; i < reply->n_alerts; i++) {
		const Utarg__V1__Alert *alert = reply->alerts[i];
		char time[OUTPUT_TEXT_SIZE], state[2 * OUTPUT_TEXT_SIZE], about[ABOUT_SIZE];
		state_text(alert, state, sizeof(state));
		table_format(table, "%llu", (unsigned long long)alert->alert_id);
		table_cell(table, alert->rule);
		about_text(alert->kpi, alert->dimension, alert->key, about);
		table_cell(table, about);
		table_cell(table, output_shop_time(zone, alert->raised_at_ms, time));
		table_cell(table, state);
		table_cell(table, alert->text);
	}
	table_print(table, stdout, when_none);
	table_destroy(table);
}

static bool ask_alerts(struct cli *cli, Utarg__V1__Request *request, const char *when_none, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	bool ok = remote_ask(cli, SVC_METRICS, request, UTARG__V1__REPLY__BODY_ALERTS, "alerts", &reply, e);
	if (ok && cli->json) {
		json_t *all = json_array();
		for (size_t i = 0; i < reply->alerts->n_alerts; i++)
			json_array_append_new(all, json_from_message_full(&reply->alerts->alerts[i]->base));
		output_json(all, false);
	} else if (ok) {
		print_table(&shop.zone, reply->alerts, when_none);
	}
	if (ok)
		client_reply_free(reply);
	shop_fini(&shop);
	return ok;
}

bool cmd_alert_list(struct cli *cli, struct err *e)
{
	Utarg__V1__AlertListRequest list = UTARG__V1__ALERT_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.ended = cli_switch(cli, "ended");
	request.body_case = UTARG__V1__REQUEST__BODY_ALERT_LIST;
	request.alert_list = &list;
	return ask_alerts(cli, &request, "There are no alerts.", e);
}

bool cmd_alert_ack(struct cli *cli, struct err *e)
{
	Utarg__V1__AlertAckRequest seen = UTARG__V1__ALERT_ACK_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	int64_t id;
	if (!text_to_int(cli_operand(cli, 1), 1, INT64_MAX, &id))
		return err_field(e, ERR_BAD_FIELD, "alert", "\"%.40s\" is no number of an alert",
				 cli_operand(cli, 1));
	seen.shop = text_borrow(cli_operand(cli, 0));
	seen.alert_id = (uint64_t)id;
	request.body_case = UTARG__V1__REQUEST__BODY_ALERT_ACK;
	request.alert_ack = &seen;
	return ask_alerts(cli, &request, "It is acknowledged; you may not see what it says.", e);
}
