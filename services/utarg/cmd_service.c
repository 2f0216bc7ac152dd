// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg health|stats|log-level|drain`: the admin messages every service answers.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/log.h"
#include "common/base/stats.h"
#include "common/base/text.h"
#include "common/json/json.h"

#include <string.h>

enum { ADMIN_TIMEOUT_MS = 3000 };

const struct cli_option cmd_stats_options[] = {
	{"prometheus", NULL, "as Prometheus text"},
	{0},
};

// The reply, which is the caller's; NULL with the reason.
static Utarg__V1__Reply *ask(struct cli *cli, enum svc_name name, Utarg__V1__Request *request,
			     Utarg__V1__Reply__BodyCase expected, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	if (!remote_call_within(cli, name, request, ADMIN_TIMEOUT_MS, &reply, e))
		return NULL;
	if (reply && reply->body_case == expected)
		return reply;
	client_reply_free(reply);
	err_set(e, ERR_INTERNAL, "%s answered something else", svc_ports[name].name);
	return NULL;
}

// ---- health --------------------------------------------------------------------------------------------

struct health {
	enum svc_name name;
	bool answers, ready;
	char version[64];
	int64_t since_ms;
	struct err why;
};

static void examine(struct cli *cli, enum svc_name name, struct health *out)
{
	Utarg__V1__PingRequest ping = UTARG__V1__PING_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	*out = (struct health){.name = name};
	request.body_case = UTARG__V1__REQUEST__BODY_PING;
	request.ping = &ping;
	Utarg__V1__Reply *reply = ask(cli, name, &request, UTARG__V1__REPLY__BODY_PING, &out->why);
	out->answers = reply != NULL;
	if (!reply)
		return;
	text_copy(out->version, sizeof(out->version), reply->ping->version);
	out->since_ms = (int64_t)(reply->ping->incarnation / 1000);
	client_reply_free(reply);
	out->ready = remote_ready(cli, name, ADMIN_TIMEOUT_MS, &out->why);
}

static void print_health(const struct health *rows, int count)
{
	static const char *const titles[] = {"SERVICE", "READY", "VERSION", "UP SINCE", "WHY NOT", NULL};
	char time[OUTPUT_TEXT_SIZE];
	struct table *table = table_create(titles);
	for (int i = 0; i < count; i++) {
		table_cell(table, svc_ports[rows[i].name].name);
		table_cell(table, rows[i].ready ? "yes" : "no");
		table_cell(table, rows[i].answers ? rows[i].version : "-");
		table_cell(table, output_time(rows[i].since_ms, time));
		table_cell(table, rows[i].why.text);
	}
	table_print(table, stdout, NULL);
	table_destroy(table);
}

static void print_health_json(const struct health *rows, int count)
{
	json_t *all = json_array();
	for (int i = 0; i < count; i++)
		json_array_append_new(all, json_pack("{s:s, s:b, s:b, s:s, s:I, s:s}", "service",
						     svc_ports[rows[i].name].name, "answers", rows[i].answers,
						     "ready", rows[i].ready, "version", rows[i].version,
						     "since_ms", (json_int_t)rows[i].since_ms, "reason",
						     rows[i].why.text));
	output_json(all, false);
}

bool cmd_health(struct cli *cli, struct err *e)
{
	enum svc_name names[SVC_COUNT];
	struct health rows[SVC_COUNT];
	int count = remote_services(cli_operand(cli, 0), names, e), bad = 0;
	if (count == 0)
		return false;
	for (int i = 0; i < count; i++) {
		examine(cli, names[i], &rows[i]);
		bad += !rows[i].ready;
		if (!rows[i].ready)
			*e = rows[i].why;
	}
	if (cli->json)
		print_health_json(rows, count);
	else
		print_health(rows, count);
	fflush(stdout);
	if (bad > 1)
		return err_set(e, ERR_BUSY, "%d of %d services are not ready", bad, count);
	return bad == 0;
}

// ---- stats ---------------------------------------------------------------------------------------------

static void add_rows(const Utarg__V1__StatsReply *stats, struct table *table)
{
	for (size_t i = 0; i < stats->n_counters; i++) {
		const Utarg__V1__Counter *counter = stats->counters[i];
		table_cell(table, stats->service);
		table_cell(table, counter->name);
		table_format(table, "%lld", (long long)counter->value);
		table_cell(table, counter->help);
	}
}

static void print_stats_table(Utarg__V1__Reply *const *replies)
{
	static const char *const titles[] = {"SERVICE", "COUNTER", ">VALUE", "MEANING", NULL};
	struct table *table = table_create(titles);
	for (int i = 0; i < SVC_COUNT; i++)
		if (replies[i])
			add_rows(replies[i]->stats, table);
	table_print(table, stdout, "There are no counters.");
	table_destroy(table);
}

static void print_stats_json(Utarg__V1__Reply *const *replies)
{
	json_t *all = json_array();
	for (int i = 0; i < SVC_COUNT; i++) {
		for (size_t k = 0; replies[i] && k < replies[i]->stats->n_counters; k++) {
			const Utarg__V1__Counter *counter = replies[i]->stats->counters[k];
			json_t *row = json_from_message_full(&counter->base);
			json_object_set_new(row, "service", json_string(replies[i]->stats->service));
			json_object_set_new(row, "value", json_integer(counter->value));
			json_array_append_new(all, row);
		}
	}
	output_json(all, false);
}

static const Utarg__V1__Counter *find_counter(const Utarg__V1__Reply *reply, const char *name)
{
	for (size_t i = 0; reply && i < reply->stats->n_counters; i++)
		if (strcmp(reply->stats->counters[i]->name, name) == 0)
			return reply->stats->counters[i];
	return NULL;
}

// A metric's values stand together under one head, whatever services have it: Prometheus wants it so.
static void print_stats_prometheus(Utarg__V1__Reply *const *replies)
{
	for (int i = 0; i < SVC_COUNT; i++) {
		for (size_t k = 0; replies[i] && k < replies[i]->stats->n_counters; k++) {
			const Utarg__V1__Counter *counter = replies[i]->stats->counters[k];
			bool told = false;
			for (int earlier = 0; earlier < i; earlier++)
				told = told || find_counter(replies[earlier], counter->name);
			if (told)
				continue;
			stats_print_prometheus_head(stdout, counter->name, counter->help,
						    (enum stats_kind)counter->kind);
			for (int j = i; j < SVC_COUNT; j++) {
				const Utarg__V1__Counter *value = find_counter(replies[j], counter->name);
				if (value)
					stats_print_prometheus_value(stdout, value->name, value->value,
								     replies[j]->stats->service);
			}
		}
	}
}

bool cmd_stats(struct cli *cli, struct err *e)
{
	enum svc_name names[SVC_COUNT];
	Utarg__V1__Reply *replies[SVC_COUNT] = {NULL};
	Utarg__V1__StatsRequest stats = UTARG__V1__STATS_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	bool done = true;
	int count = remote_services(cli_operand(cli, 0), names, e);
	if (count == 0)
		return false;
	request.body_case = UTARG__V1__REQUEST__BODY_STATS;
	request.stats = &stats;
	for (int i = 0; i < count; i++) {
		replies[i] = ask(cli, names[i], &request, UTARG__V1__REPLY__BODY_STATS, e);
		done = done && replies[i]; // the others are still worth seeing
	}
	if (cli->json)
		print_stats_json(replies);
	else if (cli_switch(cli, "prometheus"))
		print_stats_prometheus(replies);
	else
		print_stats_table(replies);
	for (int i = 0; i < SVC_COUNT; i++)
		client_reply_free(replies[i]);
	fflush(stdout);
	return done;
}

// ---- log level, drain ----------------------------------------------------------------------------------

bool cmd_log_level(struct cli *cli, struct err *e)
{
	Utarg__V1__LogLevelRequest level = UTARG__V1__LOG_LEVEL_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	enum svc_name name;
	enum log_level wanted;
	const char *text = cli_operand(cli, 1);
	if (!remote_service_from_name(cli_operand(cli, 0), &name, e))
		return false;
	if (text && !log_level_from_name(text, &wanted))
		return err_field(e, ERR_BAD_FIELD, "level",
				 "a log level is error, warn, info or debug, not \"%.60s\"", text);
	if (text)
		level.level = cli->operands[1];
	request.body_case = UTARG__V1__REQUEST__BODY_LOG_LEVEL;
	request.log_level = &level;
	Utarg__V1__Reply *reply = ask(cli, name, &request, UTARG__V1__REPLY__BODY_LOG_LEVEL, e);
	if (!reply)
		return false;
	if (cli->json)
		output_json(json_pack("{s:s, s:s}", "service", svc_ports[name].name, "level",
				      reply->log_level->level),
			    false);
	else
		printf("%s logs at level %s.\n", svc_ports[name].name, reply->log_level->level);
	client_reply_free(reply);
	return true;
}

bool cmd_drain(struct cli *cli, struct err *e)
{
	Utarg__V1__DrainRequest drain = UTARG__V1__DRAIN_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	enum svc_name name;
	if (!remote_service_from_name(cli_operand(cli, 0), &name, e))
		return false;
	request.body_case = UTARG__V1__REQUEST__BODY_DRAIN;
	request.drain = &drain;
	Utarg__V1__Reply *reply = ask(cli, name, &request, UTARG__V1__REPLY__BODY_DRAIN, e);
	if (!reply)
		return false;
	client_reply_free(reply);
	if (cli->json)
		output_json(json_pack("{s:s, s:b}", "service", svc_ports[name].name, "draining", 1), false);
	else
		printf("%s is draining.\n", svc_ports[name].name);
	return true;
}
