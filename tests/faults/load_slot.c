// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/faults/load_slot.h"

#include <stdlib.h>
#include <string.h>

enum { ENVELOPE_MAX_BYTES = 64, REQUEST_MAX_BYTES = 8 * 1024 * 1024 };

void *load_must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void load_slot_init(struct load_slot *slot, size_t count_max)
{
	*slot = (struct load_slot){.items = load_must(calloc(count_max, sizeof(struct load_item)))};
}

void load_slot_fini(struct load_slot *slot)
{
	free(slot->items);
	free(slot->packed);
}

void load_slot_empty(struct load_slot *slot)
{
	slot->count = slot->bytes = 0;
	slot->request = 0;
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
	size_t size = 0;
	for (; value >= 0x80; value >>= 7)
		out[size++] = (uint8_t)(value | 0x80);
	out[size++] = (uint8_t)value;
	return size;
}

bool load_slot_add(struct load_slot *slot, const struct load_world *world, uint64_t number)
{
	static uint8_t packed[LOAD_PUBLICATION_MAX_BYTES];
	struct load_event made;
	if (slot->bytes + LOAD_PUBLICATION_MAX_BYTES > REQUEST_MAX_BYTES)
		return false;
	load_event_make(world, number, packed, &made);
	if (slot->bytes + made.size + 8 > slot->capacity) {
		slot->capacity = 2 * (slot->bytes + made.size + 8);
		slot->packed = load_must(realloc(slot->packed, slot->capacity));
	}
	struct load_item *item = &slot->items[slot->count++];
	*item = (struct load_item){
		.number = number, .shop = made.shop, .expected = made.expected, .offset = slot->bytes};
	memcpy(item->id, made.id, sizeof(item->id));
	slot->packed[slot->bytes++] = 2 << 3 | 2; // PublishRequest.publications
	slot->bytes += put_varint(slot->packed + slot->bytes, made.size);
	memcpy(slot->packed + slot->bytes, packed, made.size);
	slot->bytes += made.size;
	item->size = slot->bytes - item->offset;
	return true;
}

void load_slot_keep(struct load_slot *slot, const bool *keep)
{
	size_t kept = 0, bytes = 0;
	for (size_t i = 0; i < slot->count; i++) {
		struct load_item item = slot->items[i];
		if (!keep[i])
			continue;
		memmove(slot->packed + bytes, slot->packed + item.offset, item.size);
		item.offset = bytes;
		bytes += item.size;
		slot->items[kept++] = item;
	}
	slot->count = kept;
	slot->bytes = bytes;
}

size_t load_slot_pack(const struct load_slot *slot, int64_t sent_at_ms, int32_t origin,
		      struct load_frame *frame)
{
	uint8_t head[ENVELOPE_MAX_BYTES];
	size_t head_size = 0, size = 0;
	head[head_size++] = 1 << 3; // PublishRequest.sent_at_ms
	head_size += put_varint(head + head_size, (uint64_t)sent_at_ms);
	head[head_size++] = 3 << 3; // PublishRequest.origin
	head_size += put_varint(head + head_size, (uint64_t)origin);
	if (slot->bytes + 2 * ENVELOPE_MAX_BYTES > frame->capacity) {
		frame->capacity = 2 * (slot->bytes + 2 * ENVELOPE_MAX_BYTES);
		frame->bytes = load_must(realloc(frame->bytes, frame->capacity));
	}
	uint8_t *out = frame->bytes;
	out[size++] = 1 << 3; // Request.request_id
	size += put_varint(out + size, slot->request);
	size += put_varint(out + size, 20 << 3 | 2); // Request.publish
	size += put_varint(out + size, head_size + slot->bytes);
	memcpy(out + size, head, head_size);
	memcpy(out + size + head_size, slot->packed, slot->bytes);
	return size + head_size + slot->bytes;
}
