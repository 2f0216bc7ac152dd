// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// From JSON to a message, refusing whatever does not fit with the path at fault. The message is built with
// malloc, value by value in an order that keeps it fit for protobuf_c_message_free_unpacked at any moment.
// Only the schema is checked here; what makes a good event is the business of whoever takes it in.
#include "common/json/json.h"
#include "common/json/json_field.h"
#include "common/base/text.h"
#include "common/base/uuid.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The way from the root to the value at hand, one link a call on the stack.
struct where {
	const struct where *up; // NULL: the root
	const char *name;       // NULL: an index
	size_t index;
};

static void write_path(const struct where *where, char *out, size_t out_size)
{
	if (!where) {
		out[0] = 0;
		return;
	}
	write_path(where->up, out, out_size);
	size_t used = strlen(out);
	if (where->name)
		snprintf(out + used, out_size - used, "%s%.60s", used > 0 ? "." : "", where->name);
	else
		snprintf(out + used, out_size - used, "[%zu]", where->index);
}

static bool refuse(const struct where *where, const char *reason, struct err *e)
{
	char path[ERR_FIELD_SIZE];
	write_path(where, path, sizeof(path));
	return err_field(e, ERR_BAD_FIELD, path, "%s %s", path[0] ? path : "the message", reason);
}

static bool no_memory(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "no memory for a message");
}

// Integers of 53 bits are exact as reals: "1e3" and "12.0" are numbers without fraction too.
#define REAL_EXACT_MAX 9007199254740992.0

static bool read_signed(const json_t *json, int64_t min, int64_t max, int64_t *out)
{
	if (json_is_string(json))
		return text_to_int(json_string_value(json), min, max, out);
	if (json_is_real(json)) {
		double real = json_real_value(json);
		if (real > REAL_EXACT_MAX || real < -REAL_EXACT_MAX || (double)(int64_t)real != real)
			return false;
		*out = (int64_t)real;
	} else if (json_is_integer(json)) {
		*out = json_integer_value(json);
	} else {
		return false;
	}
	return *out >= min && *out <= max;
}

static bool read_uint64(const json_t *json, uint64_t *out)
{
	int64_t value;
	if (!json_is_string(json)) {
		if (!read_signed(json, 0, INT64_MAX, &value))
			return false;
		*out = (uint64_t)value;
		return true;
	}
	const char *text = json_string_value(json);
	uint64_t sum = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || __builtin_mul_overflow(sum, 10u, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(*text - '0'), &sum))
			return false;
	}
	*out = sum;
	return true;
}

static bool set_int32(void *at, const json_t *json, const struct where *where, struct err *e)
{
	int64_t value;
	if (!read_signed(json, INT32_MIN, INT32_MAX, &value))
		return refuse(where, "is a whole number of 32 bits", e);
	*(int32_t *)at = (int32_t)value;
	return true;
}

static bool set_uint32(void *at, const json_t *json, const struct where *where, struct err *e)
{
	int64_t value;
	if (!read_signed(json, 0, UINT32_MAX, &value))
		return refuse(where, "is a whole number of 32 bits and not negative", e);
	*(uint32_t *)at = (uint32_t)value;
	return true;
}

static bool set_int64(void *at, const json_t *json, const struct where *where, struct err *e)
{
	int64_t value;
	if (!read_signed(json, INT64_MIN, INT64_MAX, &value))
		return refuse(where, "is a whole number of 64 bits", e);
	*(int64_t *)at = value;
	return true;
}

static bool set_uint64(void *at, const json_t *json, const struct where *where, struct err *e)
{
	uint64_t value;
	if (!read_uint64(json, &value))
		return refuse(where, "is a whole number of 64 bits and not negative", e);
	*(uint64_t *)at = value;
	return true;
}

static bool set_bool(void *at, const json_t *json, const struct where *where, struct err *e)
{
	if (!json_is_boolean(json))
		return refuse(where, "is true or false", e);
	*(protobuf_c_boolean *)at = json_is_true(json);
	return true;
}

static bool set_enum(void *at, const ProtobufCEnumDescriptor *descriptor, const json_t *json,
		     const struct where *where, struct err *e)
{
	if (json_is_string(json)) {
		const ProtobufCEnumValue *value =
			protobuf_c_enum_descriptor_get_value_by_name(descriptor, json_string_value(json));
		if (!value)
			return refuse(where, "is a name its enum does not have", e);
		*(int *)at = value->value;
		return true;
	}
	// Numbers this program does not know yet are kept: proto3 enums are open.
	int64_t number;
	if (!read_signed(json, INT32_MIN, INT32_MAX, &number))
		return refuse(where, "is a name or a number of its enum", e);
	*(int *)at = (int)number;
	return true;
}

// A string may hold a NUL when its JSON was not parsed by json_parse_message.
static bool is_text(const json_t *json, const struct where *where, struct err *e)
{
	if (!json_is_string(json))
		return refuse(where, "is a string", e);
	if (strlen(json_string_value(json)) == json_string_length(json))
		return true;
	refuse(where, "has a NUL inside", e);
	if (e)
		e->code = ERR_BAD_UTF8;
	return false;
}

static bool set_text(void *at, const json_t *json, const struct where *where, struct err *e)
{
	if (!is_text(json, where, e))
		return false;
	char *copy = strdup(json_string_value(json));
	if (!copy)
		return no_memory(e);
	*(char **)at = copy;
	return true;
}

static bool set_bytes(void *at, const json_t *json, const struct where *where, struct err *e)
{
	if (!is_text(json, where, e))
		return false;
	const char *text = json_string_value(json);
	size_t capacity = json_string_length(json) / 4 * 3 + 3;
	if (capacity < UUID_SIZE)
		capacity = UUID_SIZE;
	uint8_t *data = malloc(capacity);
	if (!data)
		return no_memory(e);
	size_t size = UUID_SIZE;
	if (!uuid_parse_text(text, data) && !text_unbase64(text, data, capacity, &size)) {
		free(data);
		return refuse(where, "is neither base64 nor a UUID", e);
	}
	if (size == 0) {
		free(data);
		data = NULL;
	}
	*(ProtobufCBinaryData *)at = (ProtobufCBinaryData){.len = size, .data = data};
	return true;
}

static ProtobufCMessage *read_message(const json_t *json, const ProtobufCMessageDescriptor *descriptor,
				      const struct where *where, struct err *e);

static bool set_message(void *at, const ProtobufCMessageDescriptor *descriptor, const json_t *json,
			const struct where *where, struct err *e)
{
	ProtobufCMessage *message = read_message(json, descriptor, where, e);
	if (!message)
		return false;
	*(ProtobufCMessage **)at = message;
	return true;
}

// Writes one value of the field's type at `at`; on failure nothing there has changed.
static bool set_one(const ProtobufCFieldDescriptor *field, void *at, const json_t *json,
		    const struct where *where, struct err *e)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return set_int32(at, json, where, e);
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return set_uint32(at, json, where, e);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return set_int64(at, json, where, e);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return set_uint64(at, json, where, e);
	case PROTOBUF_C_TYPE_BOOL:
		return set_bool(at, json, where, e);
	case PROTOBUF_C_TYPE_ENUM:
		return set_enum(at, field->descriptor, json, where, e);
	case PROTOBUF_C_TYPE_STRING:
		return set_text(at, json, where, e);
	case PROTOBUF_C_TYPE_BYTES:
		return set_bytes(at, json, where, e);
	case PROTOBUF_C_TYPE_MESSAGE:
		return set_message(at, field->descriptor, json, where, e);
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
		break;
	}
	assert(!"the contract has no floats");
	abort();
}

static void *member(ProtobufCMessage *message, unsigned offset)
{
	return (char *)message + offset;
}

static bool set_array(const ProtobufCFieldDescriptor *field, ProtobufCMessage *message, const json_t *json,
		      const struct where *where, struct err *e)
{
	if (!json_is_array(json))
		return refuse(where, "is an array", e);
	size_t count = json_array_size(json);
	if (count == 0)
		return true;
	char *items = calloc(count, json_field_size(field));
	if (!items)
		return no_memory(e);
	*(void **)member(message, field->offset) = items;
	size_t *filled = member(message, field->quantifier_offset);
	for (size_t i = 0; i < count; i++) {
		struct where here = {.up = where, .index = i};
		if (!set_one(field, items + i * json_field_size(field), json_array_get(json, i), &here, e))
			return false;
		*filled = i + 1;
	}
	return true;
}

static bool set_field(const ProtobufCFieldDescriptor *field, ProtobufCMessage *message, const json_t *json,
		      const struct where *where, struct err *e)
{
	assert(field->label == PROTOBUF_C_LABEL_NONE || field->label == PROTOBUF_C_LABEL_REPEATED);
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return set_array(field, message, json, where, e);
	if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
		return set_one(field, member(message, field->offset), json, where, e);
	uint32_t *chosen = member(message, field->quantifier_offset);
	if (*chosen != 0)
		return refuse(where, "excludes another field that is set", e);
	if (!set_one(field, member(message, field->offset), json, where, e))
		return false;
	*chosen = field->id;
	return true;
}

// Both spellings of one field are two keys for JSON, but the same field.
static bool is_doubled(const json_t *object, const char *key, const ProtobufCFieldDescriptor *field)
{
	char camel[JSON_NAME_SIZE];
	json_field_name(field, camel);
	const char *other = strcmp(key, camel) == 0 ? field->name : camel;
	return strcmp(key, other) != 0 && json_object_get(object, other);
}

static bool read_fields(ProtobufCMessage *message, const json_t *object, const struct where *where,
			struct err *e)
{
	const char *key;
	json_t *value;
	// jansson iterates over a plain pointer although it changes nothing.
	json_t *all = (json_t *)(uintptr_t)object;
	json_object_foreach(all, key, value)
	{
		struct where here = {.up = where, .name = key};
		const ProtobufCFieldDescriptor *field = json_field_find(message->descriptor, key);
		if (!field)
			return refuse(&here, "is no field here", e);
		here.name = field->name;
		if (is_doubled(object, key, field))
			return refuse(&here, "is given twice", e);
		// null is the default, as if the key were not there.
		if (!json_is_null(value) && !set_field(field, message, value, &here, e))
			return false;
	}
	return true;
}

static ProtobufCMessage *read_message(const json_t *json, const ProtobufCMessageDescriptor *descriptor,
				      const struct where *where, struct err *e)
{
	if (!json_is_object(json)) {
		refuse(where, "is an object", e);
		return NULL;
	}
	ProtobufCMessage *message = malloc(descriptor->sizeof_message);
	if (!message) {
		no_memory(e);
		return NULL;
	}
	protobuf_c_message_init(descriptor, message);
	if (!read_fields(message, json, where, e)) {
		protobuf_c_message_free_unpacked(message, NULL);
		return NULL;
	}
	return message;
}

ProtobufCMessage *json_to_message(const json_t *json, const ProtobufCMessageDescriptor *descriptor,
				  struct err *e)
{
	return read_message(json, descriptor, NULL, e);
}

ProtobufCMessage *json_parse_message(const char *text, size_t size,
				     const ProtobufCMessageDescriptor *descriptor, struct err *e)
{
	json_error_t fault;
	json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &fault);
	if (!json) {
		err_set(e, ERR_BAD_PROTO, "no JSON: line %d, column %d: %.160s", fault.line, fault.column,
			fault.text);
		return NULL;
	}
	ProtobufCMessage *message = json_to_message(json, descriptor, e);
	json_decref(json);
	return message;
}
