// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A growing array in one block: count, capacity, items. An empty one is a NULL pointer, so that the many
// entities that have none of something pay eight bytes for it. Declare as `VEC(struct thing) *things`.
// Items must not need more than 8-byte alignment. Running out of memory aborts: the state would be lost.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VEC(type)                                                                                            \
	struct {                                                                                             \
		uint32_t count;                                                                              \
		uint32_t capacity;                                                                           \
		type at[];                                                                                   \
	}

#define vec_count(v) ((v) ? (v)->count : 0)
// Opens a zeroed item at index and gives its address.
#define vec_insert(v, index)             vec_insert_item((void **)&(v), sizeof((v)->at[0]), (index))
#define vec_push(v)                      vec_insert((v), vec_count(v))
#define vec_remove(v, index)             vec_remove_items((v), sizeof((v)->at[0]), (index), 1)
#define vec_remove_many(v, index, count) vec_remove_items((v), sizeof((v)->at[0]), (index), (count))
#define vec_clear(v)                                                                                         \
	do {                                                                                                 \
		if (v)                                                                                       \
			(v)->count = 0;                                                                      \
	} while (0)
#define vec_free(v)                                                                                          \
	do {                                                                                                 \
		memory_free(v);                                                                              \
		(v) = NULL;                                                                                  \
	} while (0)
#define vec_bytes(v) ((v) ? 8 + (size_t)(v)->capacity * sizeof((v)->at[0]) : 0)

void *vec_insert_item(void **vec, size_t item_size, uint32_t index);
void vec_remove_items(void *vec, size_t item_size, uint32_t index, uint32_t count);

void *memory_get(size_t size); // zeroed; never NULL
void *memory_resize(void *memory, size_t size);
void memory_free(void *memory);
