// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Any text as the JSON of a publication. What is read must come back, through JSON again, as the same
// bytes; what is refused must say why.
// Rooms: json
#include "common/json/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "utarg/v1/event.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
	size_t size = protobuf_c_message_get_packed_size(a);
	assert(protobuf_c_message_get_packed_size(b) == size);
	uint8_t *left = malloc(size + 1), *right = malloc(size + 1);
	assert(left && right);
	protobuf_c_message_pack(a, left);
	protobuf_c_message_pack(b, right);
	assert(memcmp(left, right, size) == 0);
	free(left);
	free(right);
}

static void check_there_and_back(const ProtobufCMessage *message, json_t *json)
{
	struct err e = {0};
	ProtobufCMessage *back = json_to_message(json, message->descriptor, &e);
	assert(back);
	check_same(message, back);
	protobuf_c_message_free_unpacked(back, NULL);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	ProtobufCMessage *message =
		json_parse_message((const char *)data, size, &utarg__v1__publication__descriptor, &e);
	if (!message) {
		assert(e.code != ERR_OK && e.code != ERR_INTERNAL && e.text[0]);
		return 0;
	}
	check_there_and_back(message, json_from_message(message));
	check_there_and_back(message, json_from_message_full(message));
	protobuf_c_message_free_unpacked(message, NULL);
	return 0;
}
