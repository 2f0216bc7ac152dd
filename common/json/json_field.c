// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reflection on protobuf-c's descriptors, as little as JSON needs.
#include "common/json/json_field.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

const void *json_field_at(const ProtobufCMessage *message, unsigned offset)
{
	return (const char *)message + offset;
}

size_t json_field_size(const ProtobufCFieldDescriptor *field)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return sizeof(int64_t);
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return sizeof(int32_t);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		break;
	}
	return sizeof(void *);
}

// An underscore goes and the letter behind it becomes a capital, as protoc makes json_name.
void json_field_name(const ProtobufCFieldDescriptor *field, char out[JSON_NAME_SIZE])
{
	size_t used = 0;
	bool raise = false;
	for (const char *at = field->name; *at; at++) {
		if (*at == '_') {
			raise = true;
			continue;
		}
		assert(used < JSON_NAME_SIZE - 1);
		bool letter = *at >= 'a' && *at <= 'z';
		out[used++] = raise && letter ? (char)(*at - 'a' + 'A') : *at;
		raise = false;
	}
	out[used] = 0;
}

const ProtobufCFieldDescriptor *json_field_find(const ProtobufCMessageDescriptor *descriptor, const char *key)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(descriptor, key);
	if (field)
		return field;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		char name[JSON_NAME_SIZE];
		// The first letter is the same in both spellings: most fields need no more than this look.
		if (descriptor->fields[i].name[0] != key[0])
			continue;
		json_field_name(&descriptor->fields[i], name);
		if (strcmp(name, key) == 0)
			return &descriptor->fields[i];
	}
	return NULL;
}
