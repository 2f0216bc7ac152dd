// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/vec.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct head {
	uint32_t count;
	uint32_t capacity;
};

void *memory_get(size_t size)
{
	void *memory = calloc(1, size ? size : 1);
	if (!memory)
		abort();
	return memory;
}

void *memory_resize(void *memory, size_t size)
{
	void *resized = realloc(memory, size ? size : 1);
	if (!resized)
		abort();
	return resized;
}

void memory_free(void *memory)
{
	free(memory);
}

// Small steps first: most visitors have one session and a handful of minutes.
static uint32_t next_capacity(uint32_t capacity)
{
	if (capacity < 4)
		return capacity + 1;
	assert(capacity < UINT32_MAX / 2);
	return capacity + capacity / 2;
}

void *vec_insert_item(void **vec, size_t item_size, uint32_t index)
{
	struct head *head = *vec;
	uint32_t count = head ? head->count : 0;
	assert(index <= count);
	if (!head || count == head->capacity) {
		uint32_t capacity = next_capacity(count);
		head = memory_resize(head, sizeof(*head) + capacity * item_size);
		head->capacity = capacity;
		*vec = head;
	}
	unsigned char *items = (unsigned char *)(head + 1);
	unsigned char *item = items + index * item_size;
	memmove(item + item_size, item, (count - index) * item_size);
	memset(item, 0, item_size);
	head->count = count + 1;
	return item;
}

void vec_remove_items(void *vec, size_t item_size, uint32_t index, uint32_t count)
{
	struct head *head = vec;
	if (!count)
		return;
	assert(head && index + count <= head->count);
	unsigned char *items = (unsigned char *)(head + 1);
	memmove(items + index * item_size, items + (index + count) * item_size,
		(head->count - index - count) * item_size);
	head->count -= count;
}
