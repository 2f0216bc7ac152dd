// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Reading protobuf's wire format field by field. As strict as protobuf-c where it is strict (tags and lengths
// take five bytes at most), stricter where official decoders guess: what passes here means one thing only.
#include "common/base/wire.h"

enum { TAG_BYTES_MAX = 5, LENGTH_BYTES_MAX = 5, VARINT_BYTES_MAX = 10 };

// Takes a varint of at most max_bytes off *rest; false when it is longer, cut, or beyond 64 bits.
static bool take_varint(struct slice *rest, size_t max_bytes, uint64_t *out)
{
	if (rest->size > 0 && rest->data[0] < 0x80) { // nearly all tags and lengths
		*out = rest->data[0];
		rest->data++;
		rest->size--;
		return true;
	}
	uint64_t value = 0;
	for (size_t i = 0; i < max_bytes && i < rest->size; i++) {
		uint64_t bits = rest->data[i] & 0x7f;
		if (i == VARINT_BYTES_MAX - 1 && bits > 1)
			return false;
		value |= bits << (7 * i);
		if (!(rest->data[i] & 0x80)) {
			rest->data += i + 1;
			rest->size -= i + 1;
			*out = value;
			return true;
		}
	}
	return false;
}

static bool take_fixed(struct slice *rest, size_t size, uint64_t *out)
{
	if (rest->size < size)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)rest->data[i] << (8 * i);
	rest->data += size;
	rest->size -= size;
	*out = value;
	return true;
}

static bool take_bytes(struct slice *rest, struct slice *out)
{
	uint64_t size;
	if (!take_varint(rest, LENGTH_BYTES_MAX, &size) || size > rest->size)
		return false;
	*out = (struct slice){rest->data, (size_t)size};
	rest->data += size;
	rest->size -= (size_t)size;
	return true;
}

bool wire_next(struct slice *rest, struct wire_field *out)
{
	if (rest->size == 0)
		return false;
	struct slice left = *rest; // *rest moves only when the whole field is good
	struct wire_field field = {0};
	uint64_t tag;
	if (!take_varint(&left, TAG_BYTES_MAX, &tag) || tag > UINT32_MAX || tag >> 3 == 0)
		return false;
	field.number = (uint32_t)(tag >> 3);
	bool good;
	switch (tag & 7) {
	case WIRE_VARINT:
		field.type = WIRE_VARINT;
		good = take_varint(&left, VARINT_BYTES_MAX, &field.value);
		break;
	case WIRE_FIXED64:
		field.type = WIRE_FIXED64;
		good = take_fixed(&left, 8, &field.value);
		break;
	case WIRE_BYTES:
		field.type = WIRE_BYTES;
		good = take_bytes(&left, &field.bytes);
		break;
	case WIRE_FIXED32:
		field.type = WIRE_FIXED32;
		good = take_fixed(&left, 4, &field.value);
		break;
	default: // groups (3, 4) and what does not exist (6, 7)
		good = false;
	}
	if (!good)
		return false;
	*rest = left;
	*out = field;
	return true;
}
