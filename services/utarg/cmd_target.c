// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg target set|list|show`: what figures are meant to be. campaign decides, metrics knows how they stand.
#include "services/utarg/commands.h"
#include "services/utarg/core/period.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <string.h>

const struct cli_option cmd_target_set_options[] = {
	{"period", "DAYS", "2026-11, 2026-W48, 2026-11-23, 2026 or 2026-11-20..2026-12-24"},
	{"dimension", "NAME", "total (default), sales_channel, marketing_channel, campaign..."},
	{"key", "KEY", "which value of the dimension"},
	{0},
};

const char cmd_target_set_details[] = "VALUE is written in the figure's unit: 120 orders, 0.035 of visits, "
				      "5000.00 in the shop's currency.\n"
				      "The latest target for the same figure, dimension, key and days "
				      "counts. Periods may overlap: a figure is\n"
				      "shown with the shortest one that holds its window.\n"
				      "Figures whose days do not add up (visitors, percentiles, what stands "
				      "at the end of a day) have targets "
				      "for one\n"
				      "day, one week from Monday or one month.\n";

const struct cli_option cmd_target_list_options[] = {
	{"ended", NULL, "also those whose period is over"},
	{0},
};

const struct cli_option cmd_target_show_options[] = {
	{"dimension", "NAME", "only those by this dimension"},
	{"key", "KEY", "only those of this value of the dimension"},
	{"ended", NULL, "also those whose period is over"},
	{0},
};

const char cmd_target_show_details[] =
	"Value:     of the period as far as it is known.\n"
	"Progress:  value / target.\n"
	"Pace:      value / what of the target was due by now, as the last eight weeks were spread over "
	"weekdays "
	"and hours;\n"
	"           of a ratio, which is due as a whole at any time, the same as progress.\n"
	"Forecast:  of the period's end, from the same weeks; what comes lies in the interval in some 8 of "
	"10 "
	"cases. It\n"
	"           needs four whole weeks of the past.\n";

// ---- set -----------------------------------------------------------------------------------------------

static bool find_period(const struct cli *cli, char first[PERIOD_DAY_SIZE], char last[PERIOD_DAY_SIZE],
			struct err *e)
{
	struct zone_date from, to;
	const char *text = cli_value(cli, "period");
	if (!text)
		return err_field(e, ERR_MISSING_FIELD, "period", "which days? Say --period 2026-11");
	if (!period_parse(text, &from, &to))
		return err_field(e, ERR_BAD_TIME, "period",
				 "--period \"%.60s\" is none: write 2026-11, 2026-W48, 2026-11-23 or "
				 "2026-11-20..2026-12-24",
				 text);
	period_day(from, first);
	period_day(to, last);
	return true;
}

bool cmd_target_set(struct cli *cli, struct err *e)
{
	Utarg__V1__Target target = UTARG__V1__TARGET__INIT;
	Utarg__V1__TargetSetRequest set = UTARG__V1__TARGET_SET_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	char first[PERIOD_DAY_SIZE], last[PERIOD_DAY_SIZE];
	uint8_t id[UUID_SIZE];
	if (!find_period(cli, first, last, e))
		return false;
	uuid_v7(clock_now_ms(), id);
	target.kpi = text_borrow(cli_operand(cli, 1));
	target.value = text_borrow(cli_operand(cli, 2));
	target.dimension = text_borrow(cli_value(cli, "dimension"));
	target.key = text_borrow(cli_value(cli, "key"));
	target.first_day = first;
	target.last_day = last;
	set.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	set.shop = text_borrow(cli_operand(cli, 0));
	set.target = &target;
	request.body_case = UTARG__V1__REQUEST__BODY_TARGET_SET;
	request.target_set = &set;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return false;
	const Utarg__V1__Target *made =
		reply->body_case == UTARG__V1__REPLY__BODY_TARGET ? reply->target->target : NULL;
	if (made && cli->json)
		output_message(&reply->target->base, false);
	else if (made)
		printf("%s is to be %s from %s to %s (event %llu).\n", made->kpi, made->value,
		       made->first_day, made->last_day, (unsigned long long)reply->target->seq);
	client_reply_free(reply);
	return made || err_set(e, ERR_INTERNAL, "campaign answered something else than a target");
}

// ---- list, show ------------------------------------------------------------------------------------------

static Utarg__V1__Reply *ask_targets(struct cli *cli, const char *kpi, struct err *e)
{
	Utarg__V1__TargetListRequest list = UTARG__V1__TARGET_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	list.shop = text_borrow(cli_operand(cli, 0));
	list.kpi = text_borrow(kpi);
	if (kpi) {
		list.dimension = text_borrow(cli_value(cli, "dimension"));
		list.key = text_borrow(cli_value(cli, "key"));
	}
	list.ended = cli_switch(cli, "ended");
	request.body_case = UTARG__V1__REQUEST__BODY_TARGET_LIST;
	request.target_list = &list;
	return remote_ask(cli, SVC_METRICS, &request, UTARG__V1__REPLY__BODY_TARGET_LIST, "targets", &reply,
			  e)
		       ? reply
		       : NULL;
}

static void print_json(const Utarg__V1__TargetListReply *list)
{
	json_t *all = json_array();
	for (size_t i = 0; i < list->n_targets; i++)
		json_array_append_new(all, json_from_message_full(&list->targets[i]->base));
	output_json(all, false);
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static void add_row(struct table *table, const Utarg__V1__TargetStanding *standing)
{
	const Utarg__V1__Target *target = standing->target;
	table_cell(table, target->kpi);
	table_cell(table, target->dimension);
	table_cell(table, target->key);
	table_cell(table, target->first_day);
	table_cell(table, target->last_day);
	table_cell(table, target->value);
	table_cell(table, or_dash(standing->value));
	table_cell(table, or_dash(standing->progress));
	table_cell(table, or_dash(standing->pace));
	table_cell(table, or_dash(standing->forecast));
}

static void print_table(const Utarg__V1__TargetListReply *list)
{
	static const char *const titles[] = {"KPI",    "DIMENSION", "KEY",   "FROM",      "TO", ">TARGET",
					     ">VALUE", ">PROGRESS", ">PACE", ">FORECAST", NULL};
	struct table *table = table_create(titles);
	for (size_t i = 0; i < list->n_targets; i++)
		if (list->targets[i]->target)
			add_row(table, list->targets[i]);
	table_print(table, stdout, "There are no such targets.");
	table_destroy(table);
}

bool cmd_target_list(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = ask_targets(cli, NULL, e);
	if (!reply)
		return false;
	if (cli->json)
		print_json(reply->target_list);
	else
		print_table(reply->target_list);
	client_reply_free(reply);
	return true;
}

static void print_standing(const Utarg__V1__TargetStanding *standing)
{
	const Utarg__V1__Target *target = standing->target;
	const char *unit = standing->currency, *space = *unit ? " " : "";
	printf("Figure:    %s", target->kpi);
	if (strcmp(target->dimension, "total") != 0)
		printf(" by %s %s", target->dimension, target->key);
	printf("\nDays:      %s to %s\n", target->first_day, target->last_day);
	printf("Target:    %s%s%s\n", target->value, space, unit);
	printf("Value:     %s%s%s\n", or_dash(standing->value), space, unit);
	printf("Progress:  %s\nPace:      %s\n", or_dash(standing->progress), or_dash(standing->pace));
	if (*standing->forecast)
		printf("Forecast:  %s%s%s (%s to %s)\n", standing->forecast, space, unit,
		       standing->forecast_low, standing->forecast_high);
	else
		printf("Forecast:  - (%s)\n", standing->note);
}

bool cmd_target_show(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = ask_targets(cli, cli_operand(cli, 1), e);
	if (!reply)
		return false;
	const Utarg__V1__TargetListReply *list = reply->target_list;
	if (cli->json)
		print_json(list);
	for (size_t i = 0; i < list->n_targets && !cli->json; i++) {
		if (i)
			putchar('\n');
		if (list->targets[i]->target)
			print_standing(list->targets[i]);
	}
	bool none = list->n_targets == 0 && !cli->json;
	client_reply_free(reply);
	return !none || err_field(e, ERR_BAD_FIELD, "kpi", "no such target is set for %.60s in %.63s",
				  cli_operand(cli, 1), cli_operand(cli, 0));
}
