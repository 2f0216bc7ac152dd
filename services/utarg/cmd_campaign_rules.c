// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg campaign rules SHOP [--set FILE]`: by what visits are told apart, beside what every shop has.
// campaign checks the rules and decides.
#include "services/utarg/commands.h"
#include "services/utarg/core/csv.h"
#include "services/utarg/files.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 1000, COLUMNS = 5 };

const struct cli_option cmd_campaign_rules_options[] = {
	{"set", "FILE", "CSV of all rules from now on; no row behind the header: none"},
	{"from", "DAY", "with --set: the first day they are for (default: from now on)"},
	{0},
};

const char cmd_campaign_rules_details[] =
	"FILE has a header of utm_source, utm_medium, click_id_kind, referrer_host and marketing_channel, in "
	"any "
	"order; an\n"
	"empty field or * is any. The first rule that matches a visit names its marketing channel; what none "
	"matches, the\n"
	"rules of every shop tell. Figures of days before --from stay; of days from it on they are made "
	"again.\n";

static const char *const columns[COLUMNS] = {"utm_source", "utm_medium", "click_id_kind", "referrer_host",
					     "marketing_channel"};

// ---- setting -------------------------------------------------------------------------------------------

struct rules_file {
	Utarg__V1__ChannelRule rules[RULES_MAX];
	Utarg__V1__ChannelRule *pointers[RULES_MAX];
	size_t count;
	char *texts; // one after another, with their NULs
	size_t used;
};

static char *keep(struct rules_file *file, struct slice text)
{
	char *kept = file->texts + file->used;
	memcpy(kept, text.data, text.size);
	kept[text.size] = 0;
	file->used += text.size + 1;
	return kept;
}

static bool read_header(const struct csv *csv, int places[CSV_COLUMNS_MAX], struct err *e)
{
	for (size_t i = 0; i < csv->column_count; i++) {
		places[i] = -1;
		for (int c = 0; c < COLUMNS; c++)
			if (csv->columns[i].size == strlen(columns[c]) &&
			    memcmp(csv->columns[i].data, columns[c], csv->columns[i].size) == 0)
				places[i] = c;
		if (places[i] < 0)
			return err_field(
				e, ERR_BAD_FIELD, "set",
				"line 1: there is no column \"%.*s\"; they are utm_source, utm_medium, "
				"click_id_kind, referrer_host, marketing_channel",
				csv->columns[i].size < 60 ? (int)csv->columns[i].size : 60,
				(const char *)csv->columns[i].data);
	}
	return true;
}

static bool add_rule(struct rules_file *file, const struct csv *csv, const int places[CSV_COLUMNS_MAX],
		     size_t column_count, struct err *e)
{
	if (csv->column_count != column_count)
		return err_field(e, ERR_BAD_FIELD, "set", "line %zu has %zu columns, the header %zu",
				 csv->line_number, csv->column_count, column_count);
	if (file->count == RULES_MAX)
		return err_field(e, ERR_TOO_MANY, "set", "line %zu: more rules than can be",
				 csv->line_number);
	Utarg__V1__ChannelRule *rule = &file->rules[file->count];
	utarg__v1__channel_rule__init(rule);
	char **const fields[COLUMNS] = {&rule->utm_source, &rule->utm_medium, &rule->click_id_kind,
					&rule->referrer_host, &rule->marketing_channel};
	for (size_t i = 0; i < column_count; i++)
		*fields[places[i]] = keep(file, csv->columns[i]);
	file->pointers[file->count++] = rule;
	return true;
}

static bool read_rules(struct rules_file *file, const char *text, size_t size, char *scratch, struct err *e)
{
	struct csv csv;
	int places[CSV_COLUMNS_MAX];
	size_t column_count = 0;
	enum csv_result got;
	csv_init(&csv, text, size, ',', scratch);
	while ((got = csv_next(&csv)) == CSV_ROW) {
		if (column_count == 0) {
			if (!read_header(&csv, places, e))
				return false;
			column_count = csv.column_count;
		} else if (!(csv.column_count == 1 && csv.columns[0].size == 0) &&
			   !add_rule(file, &csv, places, column_count, e)) {
			return false;
		}
	}
	return (got == CSV_END && column_count > 0) ||
	       err_field(e, ERR_BAD_FIELD, "set", "line %zu: a quote does not close, or there is no header",
			 csv.line_number);
}

static bool find_start(struct cli *cli, int64_t *out_ms, struct err *e)
{
	const char *day = cli_value(cli, "from");
	struct zone_date date;
	struct shop shop;
	*out_ms = 0;
	if (!day)
		return true;
	if (!zone_date_parse(day, &date))
		return err_field(e, ERR_BAD_TIME, "from", "--from \"%.40s\" is no day: write 2026-11-23",
				 day);
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	*out_ms = zone_day_start_ms(&shop.zone, date);
	shop_fini(&shop);
	return true;
}

static bool send_rules(struct cli *cli, struct rules_file *file, struct err *e)
{
	Utarg__V1__ChannelRules rules = UTARG__V1__CHANNEL_RULES__INIT;
	Utarg__V1__ChannelRulesSetRequest set = UTARG__V1__CHANNEL_RULES_SET_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	uint8_t id[UUID_SIZE];
	if (!find_start(cli, &rules.valid_from_ms, e))
		return false;
	uuid_v7(clock_now_ms(), id);
	rules.rules = file->pointers;
	rules.n_rules = file->count;
	set.command_id = (ProtobufCBinaryData){.data = id, .len = sizeof(id)};
	set.shop = text_borrow(cli_operand(cli, 0));
	set.rules = &rules;
	request.body_case = UTARG__V1__REQUEST__BODY_CHANNEL_RULES_SET;
	request.channel_rules_set = &set;
	if (!remote_call(cli, SVC_CAMPAIGN, &request, &reply, e))
		return false;
	const Utarg__V1__ChannelRules *made =
		reply->body_case == UTARG__V1__REPLY__BODY_CHANNEL_RULES ? reply->channel_rules->rules : NULL;
	if (made && cli->json)
		output_message(&reply->channel_rules->base, false);
	else if (made)
		printf("Version %u of the rules of %s has %zu rules (event %llu).\n", made->version,
		       cli_operand(cli, 0), made->n_rules, (unsigned long long)reply->channel_rules->seq);
	client_reply_free(reply);
	return made || err_set(e, ERR_INTERNAL, "campaign answered something else than rules");
}

static bool set_rules(struct cli *cli, const char *path, struct err *e)
{
	size_t size;
	const char *text = files_map(path, &size, e);
	if (!text)
		return false;
	struct rules_file *file = calloc(1, sizeof(*file));
	char *scratch = malloc(size + 1);
	if (!file || !scratch)
		abort();
	// Each column takes its text and a NUL, which the separator behind it made room for.
	file->texts = malloc(2 * size + 16);
	if (!file->texts)
		abort();
	bool done = read_rules(file, text, size, scratch, e) && send_rules(cli, file, e);
	free(file->texts);
	free(file);
	free(scratch);
	files_unmap(text, size);
	return done || err_prefix(e, "%s", path);
}

// ---- showing -------------------------------------------------------------------------------------------

static const char *or_any(const char *text)
{
	return *text ? text : "*";
}

static void print_version(const struct zone *zone, const Utarg__V1__ChannelRulesView *view)
{
	static const char *const titles[] = {"UTM SOURCE",    "UTM MEDIUM",        "CLICK ID",
					     "REFERRER HOST", "MARKETING CHANNEL", NULL};
	char text[OUTPUT_TEXT_SIZE];
	printf("Version %u, valid from %s (event %llu)\n", view->rules->version,
	       output_shop_time(zone, view->rules->valid_from_ms, text), (unsigned long long)view->revision);
	struct table *table = table_create(titles);
	for (size_t i = 0; i < view->rules->n_rules; i++) {
		const Utarg__V1__ChannelRule *rule = view->rules->rules[i];
		table_cell(table, or_any(rule->utm_source));
		table_cell(table, or_any(rule->utm_medium));
		table_cell(table, or_any(rule->click_id_kind));
		table_cell(table, or_any(rule->referrer_host));
		table_cell(table, rule->marketing_channel);
	}
	table_print(table, stdout, "No rules of its own: those of every shop count.");
	table_destroy(table);
}

static void print_versions(const struct zone *zone, const Utarg__V1__ChannelRulesListReply *list)
{
	if (list->n_versions == 0)
		puts("No rules of its own: those of every shop count.");
	// The latest first: those to come, and the one that counts now.
	for (size_t i = 0; i < list->n_versions; i++) {
		if (!list->versions[i]->rules)
			continue;
		print_version(zone, list->versions[i]);
		if (list->versions[i]->rules->valid_from_ms <= clock_now_ms())
			break;
	}
}

static bool list_rules(struct cli *cli, struct err *e)
{
	Utarg__V1__ChannelRulesListRequest list = UTARG__V1__CHANNEL_RULES_LIST_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	struct shop shop;
	if (!shop_load(cli, cli_operand(cli, 0), &shop, e))
		return false;
	list.shop = text_borrow(cli_operand(cli, 0));
	request.body_case = UTARG__V1__REQUEST__BODY_CHANNEL_RULES_LIST;
	request.channel_rules_list = &list;
	bool done = remote_call(cli, SVC_CAMPAIGN, &request, &reply, e);
	if (done && reply->body_case != UTARG__V1__REPLY__BODY_CHANNEL_RULES_LIST)
		done = err_set(e, ERR_INTERNAL, "campaign answered something else than rules");
	else if (done && cli->json)
		output_message(&reply->channel_rules_list->base, false);
	else if (done)
		print_versions(&shop.zone, reply->channel_rules_list);
	client_reply_free(reply);
	shop_fini(&shop);
	return done;
}

bool cmd_campaign_rules(struct cli *cli, struct err *e)
{
	const char *path = cli_value(cli, "set");
	if (!path && cli_value(cli, "from"))
		return err_field(e, ERR_MISSING_FIELD, "set",
				 "--from says when rules begin: which? --set FILE");
	return path ? set_rules(cli, path, e) : list_rules(cli, e);
}
