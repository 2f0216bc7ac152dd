// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg watch`: a subscriber for people and scripts. Which service publishes a topic, and what its body is,
// stands in one table.
#include "services/utarg/commands.h"
#include "services/utarg/message_print.h"
#include "services/utarg/output.h"
#include "services/utarg/remote.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/json/json.h"

#include <string.h>

enum { WATCH_SOCKETS_MAX = SVC_COUNT, READY_TIMEOUT_MS = 3000 };

const struct cli_option cmd_watch_options[] = {
	{"count", "N", "stop after so many updates"},
	{"for", "SECONDS", "stop after this time"},
	{0},
};

const char cmd_watch_details[] =
	"Topics: kpi/SHOP/KPI/DIMENSION/KEY/WINDOW/START/ and alert/SHOP/RULE/ (metrics), "
	"campaign/SHOP/CAMPAIGN/, directive/SHOP/CAMPAIGN/, offer/SHOP/SKU/ and message/SHOP/MESSAGE/ "
	"(campaign),\n"
	"head/SHOP/ (ingest and campaign). A prefix is enough: kpi/demo/ shows all key figures of demo, "
	"beginning with\n"
	"their values of now. With --json each update is a line.\n";

static void print_kpi(const ProtobufCMessage *message);
static void print_alert(const ProtobufCMessage *message);
static void print_head(const ProtobufCMessage *message);
static void print_campaign(const ProtobufCMessage *message);
static void print_offer(const ProtobufCMessage *message);
static void print_directives(const ProtobufCMessage *message);
static void print_message(const ProtobufCMessage *message);

static const struct topic_row {
	const char *prefix;
	unsigned services; // bit (1 << enum svc_name)
	const ProtobufCMessageDescriptor *descriptor;
	void (*print)(const ProtobufCMessage *message);
} topics[] = {
	{"kpi/", 1u << SVC_METRICS, &utarg__v1__kpi_update__descriptor, print_kpi},
	{"alert/", 1u << SVC_METRICS, &utarg__v1__alert_update__descriptor, print_alert},
	{"campaign/", 1u << SVC_CAMPAIGN, &utarg__v1__campaign_update__descriptor, print_campaign},
	{"directive/", 1u << SVC_CAMPAIGN, &utarg__v1__directive_update__descriptor, print_directives},
	{"offer/", 1u << SVC_CAMPAIGN, &utarg__v1__offer_update__descriptor, print_offer},
	{"message/", 1u << SVC_CAMPAIGN, &utarg__v1__message_update__descriptor, print_message},
	{"head/", 1u << SVC_INGEST | 1u << SVC_CAMPAIGN, &utarg__v1__doorbell__descriptor, print_head},
};

static const struct topic_row *find_topic(const char *topic)
{
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		if (strncmp(topic, topics[i].prefix, strlen(topics[i].prefix)) == 0)
			return &topics[i];
	return NULL;
}

// ---- a line for people ---------------------------------------------------------------------------------

static void print_kpi(const ProtobufCMessage *message)
{
	const Utarg__V1__KpiUpdate *update = (const void *)message;
	const Utarg__V1__Figure *figure = update->figure;
	char reason[OUTPUT_TEXT_SIZE], window[OUTPUT_TEXT_SIZE];
	if (!figure)
		return;
	output_enum(&utarg__v1__reason__descriptor, (int)update->reason, "REASON_", reason);
	output_enum(&utarg__v1__window__descriptor, (int)figure->window, "WINDOW_", window);
	printf("%s  %s %s %s", figure->shop, figure->kpi, window, figure->start);
	if (strcmp(figure->dimension, "total") != 0)
		printf("  %s %s", figure->dimension, figure->key);
	printf("  %s%s%s", *figure->value ? figure->value : "-", *figure->currency ? " " : "",
	       figure->currency);
	if (*update->previous_value && strcmp(update->previous_value, figure->value) != 0)
		printf(" (was %s)", update->previous_value);
	printf("  %s, event %llu", reason, (unsigned long long)figure->as_of_seq);
}

static void print_alert(const ProtobufCMessage *message)
{
	const Utarg__V1__AlertUpdate *update = (const void *)message;
	const Utarg__V1__Alert *alert = update->alert;
	if (!alert)
		return;
	printf("%s  alert %llu of %s is %s: %s", alert->shop, (unsigned long long)alert->alert_id,
	       alert->rule, alert->ended_at_ms ? "over" : "open", alert->text);
	if (alert->acknowledged_at_ms)
		printf("  (seen by %s)", alert->acknowledged_by);
}

static void print_head(const ProtobufCMessage *message)
{
	const Utarg__V1__Doorbell *bell = (const void *)message;
	printf("%s  journal at %llu, epoch %llu", bell->shop, (unsigned long long)bell->seq,
	       (unsigned long long)bell->epoch);
}

static void print_campaign(const ProtobufCMessage *message)
{
	const Utarg__V1__CampaignUpdate *update = (const void *)message;
	char state[OUTPUT_TEXT_SIZE], cost[OUTPUT_TEXT_SIZE];
	if (!update->campaign || !update->campaign->campaign)
		return;
	const Utarg__V1__CampaignView *view = update->campaign;
	output_enum(&utarg__v1__campaign_state__descriptor, (int)view->campaign->state, "CAMPAIGN_STATE_",
		    state);
	printf("%s  campaign %s is %s", update->shop, view->campaign->campaign, state);
	for (size_t i = 0; i < view->n_cost; i++)
		printf(", cost %s", output_money(view->cost[i]->minor, view->cost[i]->currency, cost));
}

// The latest of them is what the update is about.
static void print_directives(const ProtobufCMessage *message)
{
	const Utarg__V1__DirectiveUpdate *update = (const void *)message;
	char action[OUTPUT_TEXT_SIZE], state[OUTPUT_TEXT_SIZE];
	if (update->n_directives == 0 || !update->directives[0]->directive)
		return;
	const Utarg__V1__Directive *directive = update->directives[0]->directive;
	output_enum(&utarg__v1__directive_action__descriptor, (int)directive->action, "DIRECTIVE_ACTION_",
		    action);
	output_enum(&utarg__v1__directive_state__descriptor, (int)directive->state, "DIRECTIVE_STATE_",
		    state);
	printf("%s  directive %s of %s, %s%s%s, is %s: %s", update->shop, directive->directive_id,
	       update->campaign, action, *directive->sku ? " " : "", directive->sku, state,
	       directive->reason);
}

static void print_offer(const ProtobufCMessage *message)
{
	const Utarg__V1__OfferUpdate *update = (const void *)message;
	char price[OUTPUT_TEXT_SIZE];
	if (!update->offer || !update->offer->latest)
		return;
	const Utarg__V1__OfferUpdated *latest = update->offer->latest;
	printf("%s  offer %s", update->shop, update->offer->sku);
	if (latest->known_price_case == UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR)
		printf(" costs %s", output_money(latest->price_gross_minor, latest->currency, price));
	if (update->offer->known_stock_case == UTARG__V1__OFFER__KNOWN_STOCK_STOCK)
		printf(", %lld in stock", (long long)update->offer->stock);
}

static void print_message(const ProtobufCMessage *message)
{
	const Utarg__V1__MessageUpdate *update = (const void *)message;
	const Utarg__V1__MessageView *view = update->message;
	char state[OUTPUT_TEXT_SIZE];
	if (!view || !view->message)
		return;
	output_enum(&utarg__v1__message_state__descriptor, (int)view->state, "MESSAGE_STATE_", state);
	printf("%s  message %s version %u is %s, %zu of %zu placements coherent", update->shop,
	       view->message->message_id, view->message->message_version, state, message_coherent_count(view),
	       view->n_placements);
	for (size_t i = 0; i < view->n_alerts; i++)
		printf("; %s", view->alerts[i]->text);
}

static void print_update(const struct cli *cli, const char *topic, struct slice payload)
{
	const struct topic_row *row = find_topic(topic);
	ProtobufCMessage *message = NULL;
	if (row)
		message = protobuf_c_message_unpack(row->descriptor, NULL, payload.size, payload.data);
	if (cli->json) {
		output_json(json_pack("{s:s, s:o}", "topic", topic, "body",
				      message ? json_from_message_full(message) : json_null()),
			    true);
	} else {
		char time[OUTPUT_TEXT_SIZE];
		printf("%s  ", output_time(clock_now_ms(), time) + 11);
		if (message)
			row->print(message);
		else
			printf("%s  %zu bytes", topic, payload.size);
		putchar('\n');
	}
	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

// ---- listening -----------------------------------------------------------------------------------------

struct watch {
	struct cli *cli;
	struct bus_wait_item items[WATCH_SOCKETS_MAX];
	size_t socket_count;
	int64_t left;     // updates still to be shown
	int64_t until_ms; // monotonic
};

// The prefix as subscribed: a segment that is begun is completed, so that kpi/a never brings kpi/ab.
static bool complete_topic(const char *typed, char out[BUS_TOPIC_SIZE], const struct topic_row **row,
			   struct err *e)
{
	size_t len = strlen(typed);
	if (snprintf(out, BUS_TOPIC_SIZE, "%s%s", typed, len > 0 && typed[len - 1] == '/' ? "" : "/") >=
	    BUS_TOPIC_SIZE)
		return err_field(e, ERR_BAD_FIELD, "topic", "the topic is too long");
	*row = find_topic(out);
	if (!*row)
		return err_field(e, ERR_BAD_FIELD, "topic",
				 "there are no topics under \"%.80s\"; topics begin with kpi/, alert/, "
				 "campaign/, offer/, message/ or head/",
				 typed);
	return true;
}

static struct bus_socket *connect_to(struct watch *w, enum svc_name name,
				     struct bus_socket *sockets[SVC_COUNT], struct err *e)
{
	char endpoint[REMOTE_ENDPOINT_SIZE];
	struct bus *bus;
	if (sockets[name])
		return sockets[name];
	// A subscriber cannot tell a silent service from one that is not there, so it is asked first.
	if (!remote_ready(w->cli, name, READY_TIMEOUT_MS, e) || !(bus = remote_bus(w->cli, e)) ||
	    !remote_endpoint(w->cli, name, true, endpoint, e))
		return NULL;
	sockets[name] = bus_open(bus, BUS_SUB, endpoint, NULL, e);
	if (sockets[name])
		w->items[w->socket_count++].socket = sockets[name];
	return sockets[name];
}

static bool subscribe_all(struct watch *w, struct err *e)
{
	struct bus_socket *sockets[SVC_COUNT] = {0};
	for (int i = 0; i < w->cli->operand_count; i++) {
		char topic[BUS_TOPIC_SIZE];
		const struct topic_row *row = NULL;
		if (!complete_topic(w->cli->operands[i], topic, &row, e))
			return false;
		for (int name = 0; name < SVC_COUNT; name++) {
			if (!row || !(row->services & (1u << name)))
				continue;
			struct bus_socket *socket = connect_to(w, (enum svc_name)name, sockets, e);
			if (!socket || !bus_subscribe(socket, topic, e))
				return false;
		}
	}
	return true;
}

static void take_from(struct watch *w, struct bus_socket *socket)
{
	struct slice topic, payload;
	char text[BUS_TOPIC_SIZE];
	for (;;) {
		enum bus_receive received =
			w->left > 0 ? bus_receive(socket, NULL, &topic, &payload) : BUS_NOTHING;
		if (received == BUS_NOTHING)
			return;
		if (received == BUS_BROKEN || topic.size >= sizeof(text))
			continue;
		memcpy(text, topic.data, topic.size);
		text[topic.size] = 0;
		print_update(w->cli, text, payload);
		w->left--;
	}
}

static void listen_all(struct watch *w)
{
	while (w->left > 0 && output_is_open()) {
		int64_t left_ms = w->until_ms - clock_monotonic_ms();
		if (left_ms <= 0)
			return;
		bus_wait(w->items, w->socket_count, left_ms < 500 ? left_ms : 500);
		for (size_t i = 0; i < w->socket_count; i++)
			take_from(w, w->items[i].socket);
	}
}

bool cmd_watch(struct cli *cli, struct err *e)
{
	struct watch w = {.cli = cli};
	int64_t seconds;
	if (!cli_number(cli, "count", 1, INT64_MAX, INT64_MAX, &w.left, e) ||
	    !cli_number(cli, "for", 1, INT64_C(365) * 86400, INT64_C(3650) * 86400, &seconds, e))
		return false;
	for (int i = 0; i < WATCH_SOCKETS_MAX; i++)
		w.items[i].fd = -1;
	w.until_ms = clock_monotonic_ms() + seconds * 1000;
	bool done = subscribe_all(&w, e);
	if (done)
		listen_all(&w);
	for (size_t i = 0; i < w.socket_count; i++)
		bus_socket_close(w.items[i].socket);
	return done;
}
