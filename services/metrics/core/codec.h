// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Compact bytes for the state of entities: varints, zigzag for signed, texts with a length. The reader
// checks every bound and remembers the first failure, so that a caller reads on and asks once at the end.
// What the bytes mean is the business of state.c.
#pragma once

#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct codec_writer {
	uint8_t *bytes; // malloc'ed; the owner frees it
	size_t size;
	size_t capacity;
};

void codec_put_uint(struct codec_writer *w, uint64_t value);
void codec_put_int(struct codec_writer *w, int64_t value);
void codec_put_raw(struct codec_writer *w, const void *bytes, size_t size);
void codec_put_text(struct codec_writer *w, const char *text); // length and bytes

struct codec_reader {
	struct slice rest;
	bool broken;
};

uint64_t codec_get_uint(struct codec_reader *r);                   // 0 when broken
uint64_t codec_get_uint_max(struct codec_reader *r, uint64_t max); // broken when above max
int64_t codec_get_int(struct codec_reader *r);
void codec_get_raw(struct codec_reader *r, void *out, size_t size); // zeros when broken
// At most out_size - 1 bytes without NUL, terminated; "" when broken.
void codec_get_text(struct codec_reader *r, char *out, size_t out_size);
// A count of items that take at least item_size bytes each: more than the rest can hold is broken.
uint32_t codec_get_count(struct codec_reader *r, size_t item_size);
// Nothing is left and nothing was broken.
bool codec_end(const struct codec_reader *r);
