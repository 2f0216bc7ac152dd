// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The envelope field by field. A newer caller may send envelope fields we do not know (5 to 9): they are
// skipped. A body we do not know is found all the same, so that the answer can say UNKNOWN_TYPE.
#include "common/svc/envelope.h"

#include "common/base/wire.h"

#include <stdio.h>

enum {
	REQUEST_ID = 1,
	DEADLINE_MS = 2,
	TRACEPARENT = 3,
	ON_BEHALF_OF = 4,
	TEXT_MAX_BYTES = 256,
	PATH_SIZE = 96
};

static bool take_text(struct slice *out, const struct wire_field *field, const char *name, struct err *e)
{
	if (field->bytes.size > TEXT_MAX_BYTES)
		return err_field(e, ERR_BAD_FIELD, name, "%s is longer than %d bytes", name, TEXT_MAX_BYTES);
	if (!text_is_utf8(field->bytes.data, field->bytes.size))
		return err_field(e, ERR_BAD_UTF8, name, "%s is not UTF-8, or has a NUL inside", name);
	*out = field->bytes;
	return true;
}

static bool take_body(struct envelope *out, const struct wire_field *field, struct err *e)
{
	if (out->body)
		return err_set(e, ERR_BAD_PROTO, "the request has two bodies, fields %u and %u", out->body,
			       field->number);
	if (field->type != WIRE_BYTES)
		return err_set(e, ERR_BAD_PROTO, "field %u of the request is no message", field->number);
	out->body = field->number;
	out->body_bytes = field->bytes;
	return true;
}

static bool take_field(struct envelope *out, const struct wire_field *field, struct err *e)
{
	static const enum wire_type types[] = {
		[REQUEST_ID] = WIRE_VARINT,
		[DEADLINE_MS] = WIRE_VARINT,
		[TRACEPARENT] = WIRE_BYTES,
		[ON_BEHALF_OF] = WIRE_BYTES,
	};
	if (field->number >= ENVELOPE_BODY_FIRST)
		return take_body(out, field, e);
	if (field->number > ON_BEHALF_OF)
		return true;
	if (field->type != types[field->number])
		return err_set(e, ERR_BAD_PROTO, "field %u of the request has a wrong type", field->number);
	switch (field->number) {
	case REQUEST_ID:
		out->request_id = field->value;
		return true;
	case DEADLINE_MS:
		out->deadline_ms = (uint32_t)field->value;
		return true;
	case TRACEPARENT:
		return take_text(&out->traceparent, field, "traceparent", e);
	default:
		return take_text(&out->on_behalf_of, field, "on_behalf_of", e);
	}
}

bool envelope_scan(struct slice request, struct envelope *out, struct err *e)
{
	struct slice rest = request;
	struct wire_field field;
	unsigned seen = 0;

	*out = (struct envelope){0};
	while (wire_next(&rest, &field)) {
		// Two readers could take different ones of a pair; nobody honest sends one.
		const unsigned bit = field.number < ENVELOPE_BODY_FIRST ? 1U << field.number : 0;
		if (seen & bit)
			return err_set(e, ERR_BAD_PROTO, "field %u of the request comes twice", field.number);
		seen |= bit;
		if (!take_field(out, &field, e))
			return false;
	}
	if (rest.size)
		return err_set(e, ERR_BAD_PROTO, "the request does not decode, from byte %zu of %zu on",
			       request.size - rest.size, request.size);
	if (!out->body)
		return err_field(e, ERR_MISSING_FIELD, "body", "the request has no body");
	return true;
}

static bool check_texts(const ProtobufCMessageDescriptor *descriptor, struct slice bytes, const char *path,
			struct err *e)
{
	struct wire_field field;
	while (wire_next(&bytes, &field)) {
		if (field.type != WIRE_BYTES)
			continue;
		const ProtobufCFieldDescriptor *known =
			protobuf_c_message_descriptor_get_field(descriptor, field.number);
		if (!known ||
		    (known->type != PROTOBUF_C_TYPE_STRING && known->type != PROTOBUF_C_TYPE_MESSAGE))
			continue;
		char below[PATH_SIZE];
		const int written =
			snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", known->name);
		if (written < 0)
			below[0] = 0;
		if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
			if (!check_texts(known->descriptor, field.bytes, below, e))
				return false;
		} else if (!text_is_utf8(field.bytes.data, field.bytes.size)) {
			return err_field(e, ERR_BAD_UTF8, below, "%s is not UTF-8, or has a NUL inside",
					 below);
		}
	}
	return true;
}

bool envelope_check_texts(const ProtobufCMessageDescriptor *descriptor, struct slice bytes, struct err *e)
{
	return check_texts(descriptor, bytes, "", e);
}
