// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See helper_wire.h.
#include "tests/unit/ingest/helper_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(struct wire_text *out, const void *bytes, size_t size)
{
	if (out->size + size > out->capacity) {
		out->capacity = (out->size + size) * 2;
		out->data = realloc(out->data, out->capacity);
		assert_non_null(out->data);
	}
	if (size > 0)
		memcpy(out->data + out->size, bytes, size);
	out->size += size;
}

static void put_varint(struct wire_text *out, uint64_t value)
{
	do {
		uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		put(out, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

static void put_bytes(struct wire_text *out, uint64_t number, const void *bytes, size_t size)
{
	put_varint(out, number << 3 | 2);
	put_varint(out, size);
	put(out, bytes, size);
}

static void put_number(struct wire_text *out, uint64_t number, uint64_t value)
{
	put_varint(out, number << 3);
	put_varint(out, value);
}

// A word up to a space or a brace, in malloc'd memory.
static char *take_word(const char **at)
{
	size_t size = strcspn(*at, " {}");
	char *word = strndup(*at, size);

	assert_non_null(word);
	*at += size;
	return word;
}

static void put_text(struct wire_text *out, uint64_t number, const char *value)
{
	if (value[0] == '~') {
		size_t size = (size_t)strtoul(value + 1, NULL, 10);
		char *filled = malloc(size + 1);
		assert_non_null(filled);
		memset(filled, 'x', size);
		put_bytes(out, number, filled, size);
		free(filled);
		return;
	}
	char *plain = malloc(strlen(value) + 1);
	assert_non_null(plain);
	size_t size = 0;
	for (const char *c = value; *c; c++) {
		uint8_t byte;
		if (*c == '%' && text_unhex((char[]){c[1], c[2], '\0'}, &byte, 1)) {
			plain[size++] = (char)byte;
			c += 2;
		} else {
			plain[size++] = *c;
		}
	}
	put_bytes(out, number, plain, size);
	free(plain);
}

static void put_hex(struct wire_text *out, uint64_t number, const char *hex)
{
	uint8_t bytes[256];
	size_t size = strlen(hex) / 2;

	assert_true(size <= sizeof(bytes) && (size == 0 || text_unhex(hex, bytes, size)));
	if (number == 0)
		put(out, bytes, size);
	else
		put_bytes(out, number, bytes, size);
}

static void put_value(struct wire_text *out, const ProtobufCFieldDescriptor *field, const char *value)
{
	if (field->type == PROTOBUF_C_TYPE_STRING)
		put_text(out, field->id, value);
	else if (field->type == PROTOBUF_C_TYPE_BYTES)
		put_hex(out, field->id, value);
	else
		put_number(out, field->id,
			   value[0] == '-' ? (uint64_t)strtoll(value, NULL, 10) : strtoull(value, NULL, 10));
}

static const char *write_fields(struct wire_text *out, const ProtobufCMessageDescriptor *descriptor,
				const char *at);

static const char *write_message(struct wire_text *out, const ProtobufCFieldDescriptor *field, const char *at,
				 unsigned long times)
{
	struct wire_text inner = {0};

	assert_int_equal(field->type, PROTOBUF_C_TYPE_MESSAGE);
	at = write_fields(&inner, field->descriptor, at + 1);
	assert_int_equal(*at, '}');
	for (unsigned long i = 0; i < times; i++)
		put_bytes(out, field->id, inner.data, inner.size);
	wire_text_fini(&inner);
	return at + 1;
}

static void write_unknown(struct wire_text *out, char *word)
{
	char *mark = strpbrk(word, "=\"");

	assert_non_null(mark);
	bool number = *mark == '=';
	*mark = '\0';
	if (number)
		put_number(out, strtoul(word + 1, NULL, 10), strtoull(mark + 1, NULL, 10));
	else
		put_text(out, strtoul(word + 1, NULL, 10), mark + 1);
}

static const char *write_field(struct wire_text *out, const ProtobufCMessageDescriptor *descriptor,
			       const char *at, char *word)
{
	char *value = strchr(word, '=');
	unsigned long times = 1;

	if (value)
		*value++ = '\0';
	char *star = strchr(word, '*');
	if (star) {
		*star = '\0';
		times = strtoul(star + 1, NULL, 10);
	}
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field_by_name(descriptor, word);
	if (!field)
		fail_msg("%s has no field %s", descriptor->name, word);
	if (!value && *at == '{')
		return write_message(out, field, at, times);
	if (!value)
		fail_msg("%s has no value", word);
	else
		for (unsigned long i = 0; i < times; i++)
			put_value(out, field, value);
	return at;
}

// Up to the end of the text or to the brace that closes the message.
static const char *write_fields(struct wire_text *out, const ProtobufCMessageDescriptor *descriptor,
				const char *at)
{
	for (;;) {
		at += strspn(at, " ");
		if (*at == '\0' || *at == '}')
			return at;
		char *word = take_word(&at);
		if (word[0] == '!')
			put_hex(out, 0, word + 1);
		else if (word[0] == '@')
			write_unknown(out, word);
		else
			at = write_field(out, descriptor, at, word);
		free(word);
	}
}

void wire_text_write(struct wire_text *out, const ProtobufCMessageDescriptor *descriptor, const char *text)
{
	*out = (struct wire_text){0};
	const char *end = write_fields(out, descriptor, text);
	assert_int_equal(*end, '\0');
}

void wire_text_fini(struct wire_text *out)
{
	free(out->data);
	*out = (struct wire_text){0};
}

struct slice wire_text_slice(const struct wire_text *out)
{
	return (struct slice){out->data, out->size};
}
