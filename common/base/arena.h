// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A bump allocator with a hard limit. One arena a message: decoded bodies, results and texts live in it
// and go at once on reset. Memory is one block, allocated at init; nothing is returned singly.
#pragma once

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct arena {
	unsigned char *base;
	size_t size; // bytes of the block: the limit
	size_t used;
	bool exhausted;               // an allocation failed since the last reset: the message was too large
	ProtobufCAllocator allocator; // for protobuf-c; its free does nothing
};

// Allocates the block with malloc; aborts when there is none (start-up only).
void arena_init(struct arena *arena, size_t size);
void arena_fini(struct arena *arena);
void arena_reset(struct arena *arena);
// 16-byte aligned, zeroed; NULL when the limit is reached (then `exhausted` is set).
void *arena_alloc(struct arena *arena, size_t size);
void *arena_calloc(struct arena *arena, size_t count, size_t size);    // checks the product
char *arena_copy(struct arena *arena, const void *bytes, size_t size); // adds a NUL behind
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
