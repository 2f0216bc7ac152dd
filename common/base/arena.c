// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The bump allocator. With AddressSanitizer the free part of the block is poisoned, so that a use after
// reset or behind an allocation's end is found although nothing is ever freed singly.
#include "common/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#endif

#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

enum { ARENA_ALIGNMENT = 16 };

static void *allocator_alloc(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static void allocator_free(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

void arena_init(struct arena *arena, size_t size)
{
	if (size < ARENA_ALIGNMENT)
		size = ARENA_ALIGNMENT;
	size = (size + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	*arena = (struct arena){.base = aligned_alloc(ARENA_ALIGNMENT, size), .size = size};
	if (!arena->base) {
		fprintf(stderr, "no memory for an arena of %zu bytes\n", size);
		abort();
	}
	arena->allocator = (ProtobufCAllocator){
		.alloc = allocator_alloc,
		.free = allocator_free,
		.allocator_data = arena,
	};
	ASAN_POISON_MEMORY_REGION(arena->base, arena->size);
}

void arena_fini(struct arena *arena)
{
	if (arena->base)
		ASAN_UNPOISON_MEMORY_REGION(arena->base, arena->size);
	free(arena->base);
	*arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
	arena->used = 0;
	arena->exhausted = false;
	ASAN_POISON_MEMORY_REGION(arena->base, arena->size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	// used is always a multiple of the alignment, so what is left is too. An allocation of nothing takes
	// one step, so that each has an address of its own.
	size_t left = arena->size - arena->used;
	size_t wanted = size ? size : 1;
	if (wanted > left) {
		arena->exhausted = true;
		return NULL;
	}
	unsigned char *at = arena->base + arena->used;
	arena->used += (wanted + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	ASAN_UNPOISON_MEMORY_REGION(at, wanted);
	memset(at, 0, wanted);
	return at;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
	size_t product;
	if (__builtin_mul_overflow(count, size, &product)) {
		arena->exhausted = true;
		return NULL;
	}
	return arena_alloc(arena, product);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
	size_t with_nul;
	if (__builtin_add_overflow(size, 1, &with_nul)) {
		arena->exhausted = true;
		return NULL;
	}
	char *copy = arena_alloc(arena, with_nul);
	if (copy && size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	char *text = size < 0 ? NULL : arena_alloc(arena, (size_t)size + 1);
	if (text)
		vsnprintf(text, (size_t)size + 1, format, again);
	va_end(again);
	return text;
}
