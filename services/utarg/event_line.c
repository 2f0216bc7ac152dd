// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/event_line.h"

#include "common/base/clock.h"
#include "common/base/uuid.h"
#include "common/json/json.h"

#include <stdlib.h>
#include <string.h>

Utarg__V1__Publication *event_line_parse(struct slice line, struct err *e)
{
	json_error_t fault;
	json_t *json = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &fault);
	if (!json) {
		err_set(e, ERR_BAD_PROTO, "no JSON: %.200s", fault.text);
		return NULL;
	}
	bool whole = json_object_get(json, "event") || json_object_get(json, "subject");
	const ProtobufCMessageDescriptor *descriptor =
		whole ? &utarg__v1__publication__descriptor : &utarg__v1__event__descriptor;
	ProtobufCMessage *message = json_to_message(json, descriptor, e);
	json_decref(json);
	if (!message || whole)
		return (Utarg__V1__Publication *)(void *)message;
	Utarg__V1__Publication *publication = malloc(sizeof(*publication));
	if (!publication)
		abort();
	utarg__v1__publication__init(publication);
	publication->event = (Utarg__V1__Event *)(void *)message;
	return publication;
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);
	if (!copy)
		abort();
	return copy;
}

void event_line_fill(Utarg__V1__Event *event, const char *shop)
{
	if (event->id.len == 0) {
		uint8_t *id = malloc(UUID_SIZE);
		if (!id)
			abort();
		uuid_v7(clock_now_ms(), id);
		event->id = (ProtobufCBinaryData){.data = id, .len = UUID_SIZE};
	}
	if (event->occurred_at_ms == 0)
		event->occurred_at_ms = clock_now_ms();
	if (shop && !*event->shop)
		event->shop = copy_text(shop);
}
