// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// libFuzzer target: any bytes as a request, through the steps of common/svc/dispatch.c that come before a
// handler: envelope, texts, decoding into a small arena. What the scanner accepts must lie in its input.
//
// Rooms: svc
#include "common/base/arena.h"
#include "common/svc/envelope.h"

#include <stdlib.h>

#include "utarg/v1/service.pb-c.h"

enum { FUZZ_ARENA_BYTES = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const ProtobufCMessageDescriptor *body_descriptor(uint32_t number)
{
	const ProtobufCFieldDescriptor *field =
		protobuf_c_message_descriptor_get_field(&utarg__v1__request__descriptor, number);
	return field && field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
}

static void check_inside(struct slice part, const uint8_t *data, size_t size)
{
	if (part.size && (part.data < data || part.size > size || part.data > data + size - part.size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	struct envelope envelope;
	struct err e = {0};

	if (!arena.base)
		arena_init(&arena, FUZZ_ARENA_BYTES);
	arena_reset(&arena);
	if (!envelope_scan((struct slice){data, size}, &envelope, &e)) {
		if (e.code == ERR_OK || !e.text[0])
			abort();
		return 0;
	}
	check_inside(envelope.body_bytes, data, size);
	check_inside(envelope.traceparent, data, size);
	check_inside(envelope.on_behalf_of, data, size);
	const ProtobufCMessageDescriptor *descriptor = body_descriptor(envelope.body);
	if (descriptor && envelope_check_texts(descriptor, envelope.body_bytes, &e))
		protobuf_c_message_unpack(descriptor, &arena.allocator, envelope.body_bytes.size,
					  envelope.body_bytes.data);
	return 0;
}
