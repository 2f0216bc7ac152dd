// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The contract's test vectors (proto/vectors/messages.jsonl) through protobuf-c and our JSON mapping: bytes
// to JSON and JSON to bytes, both exactly as the official library has them. Run from the repository's root.
#include "common/base/text.h"
#include "common/json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "utarg/v1/service.pb-c.h"

enum { DESCRIPTORS_MAX = 400 };

static const ProtobufCMessageDescriptor *descriptors[DESCRIPTORS_MAX];
static size_t descriptor_count;

static void collect(const ProtobufCMessageDescriptor *descriptor)
{
	for (size_t i = 0; i < descriptor_count; i++)
		if (descriptors[i] == descriptor)
			return;
	assert_true(descriptor_count < DESCRIPTORS_MAX);
	descriptors[descriptor_count++] = descriptor;
	for (unsigned i = 0; i < descriptor->n_fields; i++)
		if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
			collect(descriptor->fields[i].descriptor);
}

static const ProtobufCMessageDescriptor *find(const char *name)
{
	for (size_t i = 0; i < descriptor_count; i++)
		if (strcmp(descriptors[i]->name, name) == 0)
			return descriptors[i];
	fail_msg("no descriptor of %s", name);
	return NULL;
}

static void check_bytes_to_json(const ProtobufCMessageDescriptor *descriptor, const char *hex,
				json_t *expected, const char *name)
{
	size_t size = strlen(hex) / 2;
	uint8_t *bytes = malloc(size + 1);
	assert_true(text_unhex(hex, bytes, size));
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, NULL, size, bytes);
	assert_non_null(message);
	json_t *json = json_from_message(message);
	if (!json_equal(json, expected))
		fail_msg("%s: %s", name, json_dumps(json, JSON_SORT_KEYS));
	json_decref(json);
	protobuf_c_message_free_unpacked(message, NULL);
	free(bytes);
}

static void check_json_to_bytes(const ProtobufCMessageDescriptor *descriptor, const json_t *json,
				const char *expected, const char *name)
{
	struct err e = {0};
	ProtobufCMessage *message = json_to_message(json, descriptor, &e);
	if (message == NULL)
		fail_msg("%s: %s (%s)", name, e.text, e.field);
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = malloc(size + 1);
	char *hex = malloc(2 * size + 1);
	protobuf_c_message_pack(message, bytes);
	text_hex(bytes, size, hex);
	assert_string_equal(hex, expected);
	protobuf_c_message_free_unpacked(message, NULL);
	free(bytes);
	free(hex);
}

static void vectors_hold(void **state)
{
	(void)state;
	const ProtobufCMessageDescriptor *roots[] = {
		&utarg__v1__request__descriptor,          &utarg__v1__reply__descriptor,
		&utarg__v1__doorbell__descriptor,         &utarg__v1__kpi_update__descriptor,
		&utarg__v1__campaign_update__descriptor,  &utarg__v1__offer_update__descriptor,
		&utarg__v1__alert_update__descriptor,     &utarg__v1__message_update__descriptor,
		&utarg__v1__directive_update__descriptor,
	};
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		collect(roots[i]);

	FILE *file = fopen("proto/vectors/messages.jsonl", "r");
	assert_non_null(file);
	char *line = NULL;
	size_t capacity = 0, count = 0;
	while (getline(&line, &capacity, file) > 0) {
		json_error_t where;
		json_t *vector = json_loads(line, JSON_REJECT_DUPLICATES, &where);
		assert_non_null(vector);
		const char *name, *type, *hex;
		json_t *json;
		assert_int_equal(json_unpack(vector, "{s:s,s:s,s:s,s:o}", "name", &name, "type", &type, "hex",
					     &hex, "json", &json),
				 0);
		check_bytes_to_json(find(type), hex, json, name);
		check_json_to_bytes(find(type), json, hex, name);
		json_decref(vector);
		count++;
	}
	free(line);
	fclose(file);
	assert_true(count > 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_hold)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
