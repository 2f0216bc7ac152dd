// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The protobuf wire format, one field at a time, without decoding: for reading an envelope before its
// body and for slicing a request so that one broken event is refused alone. Pure, bounded, fuzzed.
#pragma once

#include "common/base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum wire_type { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct wire_field {
	uint32_t number;
	enum wire_type type;
	uint64_t value;     // WIRE_VARINT, WIRE_FIXED64, WIRE_FIXED32
	struct slice bytes; // WIRE_BYTES; points into the input
};

// Takes the next field off *rest. False at the end (rest->size is 0 then) and on broken input (rest->size
// is not 0): truncated, over-long varint, group tags, field number 0, a length behind the end.
bool wire_next(struct slice *rest, struct wire_field *out);
