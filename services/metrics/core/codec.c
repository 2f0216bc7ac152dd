// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/codec.h"

#include "services/metrics/core/vec.h"

#include <string.h>

static void reserve(struct codec_writer *w, size_t more)
{
	if (w->capacity - w->size >= more)
		return;
	w->capacity = (w->size + more) * 2;
	w->bytes = memory_resize(w->bytes, w->capacity);
}

void codec_put_uint(struct codec_writer *w, uint64_t value)
{
	reserve(w, 10);
	uint8_t *at = w->bytes + w->size; // by itself: a byte written could be one of the writer's
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	w->size = (size_t)(at - w->bytes);
}

void codec_put_int(struct codec_writer *w, int64_t value)
{
	codec_put_uint(w, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void codec_put_raw(struct codec_writer *w, const void *bytes, size_t size)
{
	reserve(w, size);
	memcpy(w->bytes + w->size, bytes, size);
	w->size += size;
}

void codec_put_text(struct codec_writer *w, const char *text)
{
	size_t size = strlen(text);
	codec_put_uint(w, size);
	codec_put_raw(w, text, size);
}

uint64_t codec_get_uint(struct codec_reader *r)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (r->broken || r->rest.size == 0)
			break;
		uint8_t byte = *r->rest.data++;
		r->rest.size--;
		if (shift == 63 && byte > 1)
			break;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	r->broken = true;
	return 0;
}

uint64_t codec_get_uint_max(struct codec_reader *r, uint64_t max)
{
	uint64_t value = codec_get_uint(r);
	if (value > max) {
		r->broken = true;
		return 0;
	}
	return value;
}

int64_t codec_get_int(struct codec_reader *r)
{
	uint64_t value = codec_get_uint(r);
	return (int64_t)((value >> 1) ^ (value & 1 ? UINT64_MAX : 0));
}

void codec_get_raw(struct codec_reader *r, void *out, size_t size)
{
	if (r->broken || r->rest.size < size) {
		r->broken = true;
		memset(out, 0, size);
		return;
	}
	memcpy(out, r->rest.data, size);
	r->rest.data += size;
	r->rest.size -= size;
}

void codec_get_text(struct codec_reader *r, char *out, size_t out_size)
{
	size_t size = codec_get_uint_max(r, out_size - 1);
	codec_get_raw(r, out, size);
	out[r->broken ? 0 : size] = '\0';
	if (strlen(out) != (r->broken ? 0 : size))
		r->broken = true;
}

uint32_t codec_get_count(struct codec_reader *r, size_t item_size)
{
	uint64_t count = codec_get_uint_max(r, UINT32_MAX);
	if (count > r->rest.size / (item_size ? item_size : 1)) {
		r->broken = true;
		return 0;
	}
	return (uint32_t)count;
}

bool codec_end(const struct codec_reader *r)
{
	return !r->broken && r->rest.size == 0;
}
