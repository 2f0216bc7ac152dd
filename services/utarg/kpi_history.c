// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See kpi_history.h. Metrics answers with the changes and the value after each; here they become lines.
#include "services/utarg/kpi_history.h"

#include "common/base/text.h"
#include "common/base/uuid.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/shop.h"
#include "services/utarg/table.h"

#include <string.h>

// "order_cancelled": the name of the event's body.
static const char *kind_name(const Utarg__V1__KpiChange *change)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&utarg__v1__event__descriptor, change->kind);
	return change->kind != 0 && field ? field->name : "?";
}

static const char *reason_name(const Utarg__V1__KpiChange *change, char out[OUTPUT_TEXT_SIZE])
{
	return output_enum(&utarg__v1__reason__descriptor, (int)change->reason, "REASON_", out);
}

static const char *id_text(const Utarg__V1__KpiChange *change, char out[UUID_TEXT_SIZE])
{
	out[0] = '\0';
	if (change->event_id.len == UUID_SIZE)
		uuid_format(change->event_id.data, out);
	return out;
}

static json_t *value_json(const char *value)
{
	return *value ? json_string(value) : json_null();
}

static void print_json(const Utarg__V1__KpiHistoryReply *history)
{
	const Utarg__V1__Figure *figure = history->figure;
	const char *before = history->first_value;
	json_t *changes = json_array();
	for (size_t i = 0; i < history->n_changes; i++) {
		const Utarg__V1__KpiChange *change = history->changes[i];
		char reason[OUTPUT_TEXT_SIZE], id[UUID_TEXT_SIZE];
		json_array_append_new(changes,
				      json_pack("{s:I, s:s, s:s, s:I, s:s, s:o, s:o, s:s, s:s}", "seq",
						(json_int_t)change->seq, "event_id", id_text(change, id),
						"kind", kind_name(change), "received_at_ms",
						(json_int_t)change->received_at_ms, "reason",
						reason_name(change, reason), "before", value_json(before),
						"after", value_json(change->value), "numerator",
						change->numerator, "denominator", change->denominator));
		before = change->value;
	}
	output_json(json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "kpi", figure->kpi, "day",
			      figure->start, "dimension", figure->dimension, "key", figure->key, "first",
			      value_json(history->first_value), "value", value_json(figure->value), "cut",
			      history->cut, "changes", changes),
		    false);
}

static const char *shown(const char *value)
{
	return *value ? value : "-";
}

static void print_table(const Utarg__V1__KpiHistoryReply *history, const struct shop *shop)
{
	static const char *const titles[] = {"RECEIVED", "EVENT",  ">SEQ", "REASON",
					     ">BEFORE",  ">AFTER", NULL};
	struct table *table = table_create(titles);
	const char *before = history->first_value;
	char text[OUTPUT_TEXT_SIZE];
	for (size_t i = 0; i < history->n_changes; i++) {
		const Utarg__V1__KpiChange *change = history->changes[i];
		table_cell(table, output_shop_time(&shop->zone, change->received_at_ms, text));
		table_cell(table, kind_name(change));
		table_format(table, "%llu", (unsigned long long)change->seq);
		table_cell(table, reason_name(change, text));
		table_cell(table, shown(before));
		table_cell(table, shown(change->value));
		before = change->value;
	}
	printf("%s, %.10s, %s %s: %s at first, %s now\n", history->figure->kpi, history->figure->start,
	       history->figure->dimension, history->figure->key, shown(history->first_value),
	       shown(history->figure->value));
	if (history->cut)
		printf("There were more changes before these.\n");
	table_print(table, stdout, "No event changed it after the day was over.");
	table_destroy(table);
}

static bool ask(struct cli *cli, Utarg__V1__Reply **reply, struct err *e)
{
	Utarg__V1__KpiHistoryRequest body = UTARG__V1__KPI_HISTORY_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	if (!cli_value(cli, "day"))
		return err_field(e, ERR_MISSING_FIELD, "day", "the history of which day? --day 2026-11-23");
	body.shop = text_borrow(cli_operand(cli, 0));
	body.kpi = text_borrow(cli_operand(cli, 1));
	body.day = text_borrow(cli_value(cli, "day"));
	body.dimension = text_borrow(cli_value(cli, "dimension"));
	body.key = text_borrow(cli_value(cli, "key"));
	request.body_case = UTARG__V1__REQUEST__BODY_KPI_HISTORY;
	request.kpi_history = &body;
	if (!remote_call(cli, SVC_METRICS, &request, reply, e))
		return false;
	if ((*reply)->body_case == UTARG__V1__REPLY__BODY_KPI_HISTORY && (*reply)->kpi_history->figure)
		return true;
	client_reply_free(*reply);
	return err_set(e, ERR_INTERNAL, "metrics answered something else than history");
}

bool kpi_history(struct cli *cli, struct err *e)
{
	Utarg__V1__Reply *reply = NULL;
	struct shop shop;
	if (cli->operand_count != 2)
		return err_set(e, ERR_MISSING_FIELD, "of one figure: utarg kpi SHOP KPI --history --day DAY");
	if (!ask(cli, &reply, e))
		return false;
	bool ok = cli->json || shop_load(cli, cli_operand(cli, 0), &shop, e);
	if (ok && cli->json)
		print_json(reply->kpi_history);
	else if (ok)
		print_table(reply->kpi_history, &shop);
	if (ok && !cli->json)
		shop_fini(&shop);
	client_reply_free(reply);
	return ok;
}
