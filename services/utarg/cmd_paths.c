// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg paths`: asks metrics which ways led to the orders of some days, and which channels assisted.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"
#include "services/utarg/table.h"

#include "common/base/money.h"
#include "common/base/text.h"
#include "common/json/json.h"

#include <stdio.h>
#include <string.h>

const struct cli_option cmd_paths_options[] = {
	{"day", "DAY", "orders placed on the shop's local day: 2026-11-23"},
	{"from", "DAY", "from this day..."},
	{"to", "DAY", "...to this one, at most 92 days"},
	{"limit", "N", "at most this many paths, up to 1000; 20 without"},
	{"settled", NULL, "fail when metrics has not read all that the journal has now within 60 s"},
	{0},
};

const char cmd_paths_details[] =
	"A path is what an order is credited to: the channels of its touches, the first one first, one "
	"channel in\n"
	"a row being one step. A channel assists an order when it stands in its path and the path ends with\n"
	"another. Orders without touches stand in no path.\n";

enum { LIMIT_DEFAULT = 20, LIMIT_MAX = 1000 };

// ---- printing ----

static json_t *whole(const char *sum)
{
	int64_t value;
	return text_to_int(sum, INT64_MIN, INT64_MAX, &value) ? json_integer((json_int_t)value)
							      : json_string(sum);
}

static json_t *paths_to_json(const Utarg__V1__ConversionPathsReply *reply)
{
	json_t *paths = json_array();
	for (size_t i = 0; i < reply->n_paths; i++) {
		const Utarg__V1__ConversionPath *path = reply->paths[i];
		json_t *channels = json_array();
		for (size_t k = 0; k < path->n_channels; k++)
			json_array_append_new(channels, json_string(path->channels[k]));
		json_array_append_new(paths, json_pack("{s:o, s:I, s:o}", "channels", channels, "orders",
						       (json_int_t)path->orders, "net_minor",
						       whole(path->net_minor)));
	}
	return paths;
}

static json_t *channels_to_json(const Utarg__V1__ConversionPathsReply *reply)
{
	json_t *channels = json_array();
	for (size_t i = 0; i < reply->n_channels; i++) {
		const Utarg__V1__PathChannel *channel = reply->channels[i];
		json_array_append_new(channels,
				      json_pack("{s:s, s:I, s:I, s:o}", "channel", channel->channel,
						"last_orders", (json_int_t)channel->last_orders,
						"assisted_orders", (json_int_t)channel->assisted_orders,
						"assisted_net_minor", whole(channel->assisted_net_minor)));
	}
	return channels;
}

static void print_json(const Utarg__V1__ConversionPathsReply *reply)
{
	output_json(json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:s, s:I}", "shop", reply->shop,
			      "from_day", reply->from_day, "to_day", reply->to_day, "paths",
			      paths_to_json(reply), "path_count", (json_int_t)reply->path_count, "orders",
			      (json_int_t)reply->orders, "net_minor", whole(reply->net_minor), "channels",
			      channels_to_json(reply), "currency", reply->currency, "as_of_seq",
			      (json_int_t)reply->as_of_seq),
		    false);
}

static void money_cell(struct table *table, const char *sum, const char *currency)
{
	char money[OUTPUT_TEXT_SIZE];
	int64_t minor;
	if (text_to_int(sum, INT64_MIN, INT64_MAX, &minor))
		table_cell(table, output_money(minor, currency, money));
	else
		table_cell(table, sum);
}

static void path_cell(struct table *table, const Utarg__V1__ConversionPath *path)
{
	enum { SHOWN = 400 };
	char text[SHOWN] = "";
	size_t used = 0;
	for (size_t i = 0; i < path->n_channels && used < sizeof(text); i++) {
		int size = snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " > " : "",
				    path->channels[i]);
		used += size > 0 ? (size_t)size : 0;
	}
	if (used >= sizeof(text))
		memcpy(text + sizeof(text) - 4, "...", 4);
	table_cell(table, text);
}

static void print_paths(const Utarg__V1__ConversionPathsReply *reply)
{
	static const char *const titles[] = {"ORDERS", "NET", "PATH", NULL};
	struct table *table = table_create(titles);
	for (size_t i = 0; i < reply->n_paths; i++) {
		table_format(table, "%lld", (long long)reply->paths[i]->orders);
		money_cell(table, reply->paths[i]->net_minor, reply->currency);
		path_cell(table, reply->paths[i]);
	}
	table_print(table, stdout, NULL);
	table_destroy(table);
}

static void print_channels(const Utarg__V1__ConversionPathsReply *reply)
{
	static const char *const titles[] = {"CHANNEL", "LAST", "ASSISTED", "ASSISTED NET", NULL};
	struct table *table = table_create(titles);
	for (size_t i = 0; i < reply->n_channels; i++) {
		const Utarg__V1__PathChannel *channel = reply->channels[i];
		table_cell(table, channel->channel);
		table_format(table, "%lld", (long long)channel->last_orders);
		table_format(table, "%lld", (long long)channel->assisted_orders);
		money_cell(table, channel->assisted_net_minor, reply->currency);
	}
	table_print(table, stdout, NULL);
	table_destroy(table);
}

static void print_tables(const Utarg__V1__ConversionPathsReply *reply)
{
	printf("%lld orders with touches came by %llu different paths.\n", (long long)reply->orders,
	       (unsigned long long)reply->path_count);
	if (reply->n_paths == 0)
		return;
	print_paths(reply);
	printf("\n");
	print_channels(reply);
}

// ---- asking ----

static bool read_days(struct cli *cli, const char **from, const char **to, struct err *e)
{
	const char *day = cli_value(cli, "day");
	*from = cli_value(cli, "from");
	*to = cli_value(cli, "to");
	if (day && (*from || *to))
		return err_field(e, ERR_BAD_FIELD, "day", "either --day or --from and --to");
	if (day)
		*from = *to = day;
	if (!*from || !*to)
		return err_field(e, ERR_MISSING_FIELD, "day",
				 "of which days? Give --day 2026-11-23, or --from and --to");
	return true;
}

static bool ask(struct cli *cli, Utarg__V1__ConversionPathsRequest *paths, Utarg__V1__Reply **reply,
		struct err *e)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	request.body_case = UTARG__V1__REQUEST__BODY_CONVERSION_PATHS;
	request.conversion_paths = paths;
	return remote_ask(cli, SVC_METRICS, &request, UTARG__V1__REPLY__BODY_CONVERSION_PATHS, "paths", reply,
			  e);
}

bool cmd_paths(struct cli *cli, struct err *e)
{
	Utarg__V1__ConversionPathsRequest paths = UTARG__V1__CONVERSION_PATHS_REQUEST__INIT;
	Utarg__V1__Reply *reply = NULL;
	struct err note = {0};
	const char *slug = cli_operand(cli, 0), *from, *to;
	int64_t limit;
	if (!read_days(cli, &from, &to, e) ||
	    !cli_number(cli, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT, &limit, e))
		return false;
	paths.limit = (uint32_t)limit;
	paths.shop = text_borrow(slug);
	paths.from_day = text_borrow(from);
	paths.to_day = text_borrow(to);
	if (!kpi_settle(cli, slug, &note, e) || !ask(cli, &paths, &reply, e))
		return false;
	if (note.code != ERR_OK)
		fprintf(stderr, "utarg: %s\n", note.text);
	if (cli->json)
		print_json(reply->conversion_paths);
	else
		print_tables(reply->conversion_paths);
	client_reply_free(reply);
	return true;
}
