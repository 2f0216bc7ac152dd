// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From a message to JSON. Reading JSON is json_in.c; what both know of field names is json_field.h.
#include "common/json/json.h"
#include "common/json/json_field.h"
#include "common/base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DECIMAL_SIZE = 24 };

// jansson answers NULL when memory is gone; nothing sensible can be said then.
static json_t *sure(json_t *json)
{
	if (!json)
		abort();
	return json;
}

static void *sure_memory(size_t size)
{
	void *memory = malloc(size);
	if (!memory)
		abort();
	return memory;
}

static json_t *text_value(const char *text)
{
	if (!text)
		return sure(json_string_nocheck(""));
	if (text_is_utf8(text, strlen(text)))
		return sure(json_string_nocheck(text));
	// protobuf-c lets anything pass as a string; JSON must stay readable.
	size_t size = strlen(text);
	char *copy = sure_memory(size + 1);
	for (size_t i = 0; i <= size; i++)
		copy[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	json_t *value = sure(json_string_nocheck(copy));
	free(copy);
	return value;
}

static json_t *bytes_value(const ProtobufCBinaryData *bytes)
{
	char *text = sure_memory(text_base64_size(bytes->len));
	text_base64(bytes->data, bytes->len, text);
	json_t *value = sure(json_string_nocheck(text));
	free(text);
	return value;
}

static json_t *enum_value(const ProtobufCEnumDescriptor *descriptor, int number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
	return sure(value ? json_string_nocheck(value->name) : json_integer(number));
}

static json_t *message_value(const ProtobufCMessage *message, bool full);

// One value of the field's type, read at `at`.
static json_t *one_value(const ProtobufCFieldDescriptor *field, const void *at, bool full)
{
	char text[DECIMAL_SIZE];
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return sure(json_integer(*(const int32_t *)at));
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return sure(json_integer(*(const uint32_t *)at));
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)at);
		return sure(json_string_nocheck(text));
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		snprintf(text, sizeof(text), "%" PRIu64, *(const uint64_t *)at);
		return sure(json_string_nocheck(text));
	case PROTOBUF_C_TYPE_BOOL:
		return sure(json_boolean(*(const protobuf_c_boolean *)at));
	case PROTOBUF_C_TYPE_ENUM:
		return enum_value(field->descriptor, *(const int *)at);
	case PROTOBUF_C_TYPE_STRING:
		return text_value(*(char *const *)at);
	case PROTOBUF_C_TYPE_BYTES:
		return bytes_value(at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return message_value(*(ProtobufCMessage *const *)at, full);
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		break;
	}
	assert(!"the contract has no floats");
	abort();
}

// Whether a field without presence of its own holds what it would hold when it was never set.
static bool is_default(const ProtobufCFieldDescriptor *field, const void *at)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *text = *(char *const *)at;
		return !text || !*text;
	}
	case PROTOBUF_C_TYPE_BYTES:
		return ((const ProtobufCBinaryData *)at)->len == 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		return *(ProtobufCMessage *const *)at == NULL;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return *(const uint64_t *)at == 0;
	default:
		return *(const uint32_t *)at == 0;
	}
}

static json_t *array_value(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message, bool full)
{
	size_t count = *(const size_t *)json_field_at(message, field->quantifier_offset);
	const char *items = *(char *const *)json_field_at(message, field->offset);
	json_t *array = sure(json_array());
	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array,
					  one_value(field, items + i * json_field_size(field), full)) != 0)
			abort();
	}
	return array;
}

// NULL when the field is left out.
static json_t *field_value(const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message, bool full)
{
	const void *at = json_field_at(message, field->offset);
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t count = *(const size_t *)json_field_at(message, field->quantifier_offset);
		return count > 0 || full ? array_value(field, message, full) : NULL;
	}
	if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		bool chosen =
			*(const uint32_t *)json_field_at(message, field->quantifier_offset) == field->id;
		bool empty = field->type == PROTOBUF_C_TYPE_MESSAGE && chosen && is_default(field, at);
		return chosen && !empty ? one_value(field, at, full) : NULL;
	}
	// A message that is not there has no default to show.
	if (is_default(field, at) && (!full || field->type == PROTOBUF_C_TYPE_MESSAGE))
		return NULL;
	return one_value(field, at, full);
}

static json_t *message_value(const ProtobufCMessage *message, bool full)
{
	json_t *object = sure(json_object());
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		json_t *value = field_value(field, message, full);
		char name[JSON_NAME_SIZE];
		json_field_name(field, name);
		if (value && json_object_set_new_nocheck(object, name, value) != 0)
			abort();
	}
	return object;
}

json_t *json_from_message(const ProtobufCMessage *message)
{
	return message_value(message, false);
}

json_t *json_from_message_full(const ProtobufCMessage *message)
{
	return message_value(message, true);
}
