// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// `utarg outbox`: looking into a publisher's outbox, also while that runs, and dropping what was refused once
// somebody has looked at it. Sending is `utarg publish --outbox`.
#include "services/utarg/commands.h"
#include "services/utarg/output.h"
#include "services/utarg/table.h"

#include "common/base/uuid.h"
#include "common/json/json.h"
#include "common/publisher/outbox.h"

#include "utarg/v1/event.pb-c.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 50 };

const struct cli_option cmd_outbox_show_options[] = {
	{"refused", NULL, "what ingest refused for good, with code and sentence, instead of what waits"},
	{0},
};

const char cmd_outbox_show_details[] = "Without --json a summary and the first 50 events. With --json every "
				       "event is a line; mended ones go back "
				       "with\n"
				       "`utarg outbox show DIR --refused --json | jq -c '{event, subject}' | "
				       "utarg publish -`, an event whose "
				       "content changes\n"
				       "under a new id if the old one is in the journal (CONFLICT).\n";

struct showing {
	bool json;
	struct table *table; // NULL with json
	uint64_t shown, more;
};

static void decode(struct slice bytes, Utarg__V1__Publication **out)
{
	*out = utarg__v1__publication__unpack(NULL, bytes.size, bytes.data);
}

// The name of an event's body: "purchase".
static const char *kind_of(const Utarg__V1__Event *event)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
		&utarg__v1__event__descriptor, (unsigned)event->body_case);
	return field ? field->name : "-";
}

static void print_line(uint64_t number, const struct record_event *event,
		       const struct record_refused *refused)
{
	Utarg__V1__Publication *publication;
	json_t *line = json_pack("{s:I, s:I, s:i}", "number", (json_int_t)number, "line",
				 (json_int_t)event->tag, "origin", event->origin);
	if (refused) {
		json_object_set_new(line, "code", json_string(err_name(refused->code)));
		json_object_set_new(line, "field",
				    json_stringn((const char *)refused->field.data, refused->field.size));
		json_object_set_new(line, "message",
				    json_stringn((const char *)refused->message.data, refused->message.size));
		json_object_set_new(line, "refused_at_ms", json_integer(refused->refused_at_ms));
	}
	decode(event->publication, &publication);
	if (publication) {
		json_t *body = json_from_message(&publication->base);
		json_object_update(line, body);
		json_decref(body);
		utarg__v1__publication__free_unpacked(publication, NULL);
	}
	output_json(line, true);
}

static void add_row(struct showing *s, uint64_t number, const struct record_event *event,
		    const struct record_refused *refused)
{
	Utarg__V1__Publication *publication;
	char id[UUID_TEXT_SIZE] = "-";
	decode(event->publication, &publication);
	const Utarg__V1__Event *body = publication ? publication->event : NULL;
	if (body && body->id.len == UUID_SIZE)
		uuid_format(body->id.data, id);
	table_format(s->table, "%llu", (unsigned long long)number);
	table_format(s->table, "%llu", (unsigned long long)event->tag);
	table_cell(s->table, body ? body->shop : "-");
	table_cell(s->table, body ? kind_of(body) : "-");
	table_cell(s->table, id);
	if (refused) {
		table_cell(s->table, err_name(refused->code));
		table_format(s->table, "%.*s", (int)refused->field.size, (const char *)refused->field.data);
		table_format(s->table, "%.*s", (int)refused->message.size,
			     (const char *)refused->message.data);
	}
	utarg__v1__publication__free_unpacked(publication, NULL);
}

static bool show_one(struct showing *s, uint64_t number, const struct record_event *event,
		     const struct record_refused *refused)
{
	if (s->json)
		print_line(number, event, refused);
	else if (s->shown < SHOWN_MAX)
		add_row(s, number, event, refused);
	else
		s->more++;
	s->shown++;
	return !s->json || output_is_open();
}

static bool show_refused(void *context, uint64_t number, const struct record_refused *refused)
{
	return show_one(context, number, &refused->event, refused);
}

static bool show_all(struct showing *s, struct outbox *outbox, bool refused, struct err *e)
{
	struct outbox_item item;
	if (refused)
		return outbox_each_refused(outbox, show_refused, s, e);
	while (outbox_next(outbox, &item, e))
		if (!show_one(s, item.number, &item.event, NULL))
			break;
	return e->code == ERR_OK;
}

static void print_summary(const struct outbox *outbox)
{
	const struct outbox_counts counts = outbox_counts(outbox);
	printf("%llu waiting, %llu refused, %llu damaged; %llu bytes\n", (unsigned long long)counts.waiting,
	       (unsigned long long)counts.refused, (unsigned long long)counts.damaged,
	       (unsigned long long)counts.bytes);
}

bool cmd_outbox_show(struct cli *cli, struct err *e)
{
	static const char *const waiting_columns[] = {">NUMBER", ">LINE", "SHOP", "KIND", "ID", NULL};
	static const char *const refused_columns[] = {">NUMBER", ">LINE", "SHOP",    "KIND", "ID",
						      "CODE",    "FIELD", "MESSAGE", NULL};
	const bool refused = cli_switch(cli, "refused");
	struct showing s = {.json = cli->json};
	struct outbox *outbox =
		outbox_open(cli_operand(cli, 0), &(struct outbox_options){.read_only = true}, e);
	if (!outbox)
		return false;
	if (!s.json) {
		s.table = table_create(refused ? refused_columns : waiting_columns);
		print_summary(outbox);
	}
	const bool done = show_all(&s, outbox, refused, e);
	if (!s.json && s.shown > 0)
		table_print(s.table, stdout, NULL);
	if (s.more > 0)
		printf("... and %llu more\n", (unsigned long long)s.more);
	table_destroy(s.table);
	outbox_close(outbox);
	return done;
}

bool cmd_outbox_forget(struct cli *cli, struct err *e)
{
	struct outbox *look =
		outbox_open(cli_operand(cli, 0), &(struct outbox_options){.read_only = true}, e);
	if (!look) // opening for writing would make the directory
		return false;
	outbox_close(look);
	struct outbox *outbox = outbox_open(cli_operand(cli, 0), NULL, e);
	if (!outbox)
		return false;
	const uint64_t count = outbox_counts(outbox).refused;
	const bool done = outbox_forget_refused(outbox, e);
	outbox_close(outbox);
	if (done)
		printf("%llu refused events forgotten\n", (unsigned long long)count);
	return done;
}
