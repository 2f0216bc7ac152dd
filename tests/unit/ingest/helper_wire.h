// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Writes protobuf bytes from a line of text, by a message's descriptor, so that a test's table can say
// what no encoder would: a field twice, a zero that is there, an unknown number, broken bytes.
//
//   name=value       by the field's type; texts percent-encoded, bytes in hex, ~N is N times 'x'
//   name{...}        a message; name*3{...} three of them, name*3=value three values
//   @99=5  @99"abc   an unknown field, a varint or bytes
//   !0a05            these bytes, as they are
#pragma once

#include "common/base/text.h"

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

struct wire_text {
	uint8_t *data; // malloc; wire_text_fini frees
	size_t size, capacity;
};

// Fails the test on a text it does not understand.
void wire_text_write(struct wire_text *out, const ProtobufCMessageDescriptor *descriptor, const char *text);
void wire_text_fini(struct wire_text *out);
struct slice wire_text_slice(const struct wire_text *out);
