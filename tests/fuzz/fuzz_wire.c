// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Any bytes through the wire reader, and into every run of bytes it finds. What must hold: each field lies
// inside its input, the rest shrinks, broken input stays where it is, and what protobuf-c decodes into an
// arena never goes beyond the arena.
// Rooms: base
#include "common/base/arena.h"
#include "common/base/wire.h"

#include <assert.h>

#include "utarg/v1/ingest.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH_MAX = 4 };

static void walk(struct slice input, int depth)
{
	struct slice rest = input;
	struct wire_field field;
	for (;;) {
		struct slice before = rest;
		if (!wire_next(&rest, &field)) {
			assert(rest.data == before.data && rest.size == before.size);
			return;
		}
		assert(rest.size < before.size);
		assert(rest.data + rest.size == input.data + input.size);
		assert(field.number > 0 && field.number < 1u << 29);
		if (field.type != WIRE_BYTES)
			continue;
		assert(field.bytes.data + field.bytes.size == rest.data);
		assert(field.bytes.data > before.data);
		if (depth < DEPTH_MAX)
			walk(field.bytes, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk((struct slice){data, size}, 0);
	struct arena arena;
	arena_init(&arena, 1 << 14);
	utarg__v1__publish_request__unpack(&arena.allocator, size, data);
	arena_fini(&arena);
	return 0;
}
