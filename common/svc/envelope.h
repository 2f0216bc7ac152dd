// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading a request's envelope before its body: who asks, until when, and which body it carries. Pure and
// fuzzed (tests/fuzz/fuzz_request.c); it knows the numbers of service.proto's Request and nothing of a body.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

// Numbers below are the envelope's own, from here on a field is a body. 256 bounds the dispatch table.
enum { ENVELOPE_BODY_FIRST = 10, ENVELOPE_BODY_END = 256 };

// Slices point into the request.
struct envelope {
	uint64_t request_id;
	uint32_t deadline_ms;
	struct slice traceparent;
	struct slice on_behalf_of;
	uint32_t body; // field number
	struct slice body_bytes;
};

// BAD_PROTO for bytes that are no envelope and for a field that comes twice, MISSING_FIELD without a body,
// BAD_UTF8 and BAD_FIELD for the texts. Also on failure *out holds what was read so far: the request id goes
// into the answer when it came before the fault.
bool envelope_scan(struct slice request, struct envelope *out, struct err *e);

// Checks every string of an encoded message, nested ones included, before it is decoded: protobuf-c looks
// neither at UTF-8 nor at NUL. BAD_UTF8 names the field. What does not decode is left to the decoder.
// The schema has no recursive messages, which bounds the depth.
bool envelope_check_texts(const ProtobufCMessageDescriptor *descriptor, struct slice bytes, struct err *e);
