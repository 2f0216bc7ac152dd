// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// UUIDs through libuuid; version 7 (RFC 9562), which libuuid does not have yet, here.
#include "common/base/uuid.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uuid/uuid.h>

_Static_assert(UUID_SIZE == sizeof(uuid_t), "libuuid's uuid_t is the 16 bytes of the wire");
_Static_assert(UUID_TEXT_SIZE == UUID_STR_LEN, "36 characters and a NUL");

// The random part of the last UUIDv7: 12 bits (rand_a) above 62 bits (rand_b). Within one millisecond it is
// counted up by a random step, RFC 9562 section 6.2, method 2.
struct v7_state {
	int64_t ms;
	uint64_t high; // 12 bits
	uint64_t low;  // 62 bits
};

#define V7_HIGH_MASK UINT64_C(0xfff)
#define V7_LOW_MASK  ((UINT64_C(1) << 62) - 1)

static pthread_mutex_t v7_lock = PTHREAD_MUTEX_INITIALIZER;
static struct v7_state v7_last = {.ms = -1};

static void fill_random(void *out, size_t size)
{
	// At most 256 bytes come whole; only a missing system call or a very early boot can fail.
	if (getrandom(out, size, 0) != (ssize_t)size) {
		perror("getrandom");
		abort();
	}
}

static void v7_step(struct v7_state *state, int64_t now_ms)
{
	uint64_t random[2];
	fill_random(random, sizeof(random));
	if (state->ms == now_ms) {
		state->low += 1 + (random[0] & UINT32_MAX);
		state->high += state->low >> 62;
	} else {
		state->ms = now_ms;
		state->high = random[1] & V7_HIGH_MASK >> 1; // the top bit stays free for counting
		state->low = random[0];
	}
	state->low &= V7_LOW_MASK;
	state->high &= V7_HIGH_MASK;
}

void uuid_v7(int64_t now_ms, uint8_t out[UUID_SIZE])
{
	pthread_mutex_lock(&v7_lock);
	v7_step(&v7_last, now_ms);
	struct v7_state state = v7_last;
	pthread_mutex_unlock(&v7_lock);
	for (int i = 0; i < 6; i++)
		out[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
	out[6] = (uint8_t)(0x70 | state.high >> 8);
	out[7] = (uint8_t)state.high;
	uint64_t tail = UINT64_C(2) << 62 | state.low; // variant 10
	for (int i = 0; i < 8; i++)
		out[8 + i] = (uint8_t)(tail >> (56 - 8 * i));
}

void uuid_v5(const char *source, const void *name, size_t name_size, uint8_t out[UUID_SIZE])
{
	// The URL namespace of RFC 9562: 6ba7b811-9dad-11d1-80b4-00c04fd430c8.
	static const uuid_t url_namespace = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
					     0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
	uuid_t inner;
	uuid_generate_sha1(inner, url_namespace, source, strlen(source));
	uuid_generate_sha1(out, inner, name_size > 0 ? name : "", name_size);
}

void uuid_format(const uint8_t id[UUID_SIZE], char out[UUID_TEXT_SIZE])
{
	uuid_unparse_lower(id, out);
}

bool uuid_parse_text(const char *text, uint8_t out[UUID_SIZE])
{
	uuid_t parsed;
	if (strnlen(text, UUID_TEXT_SIZE) != UUID_TEXT_SIZE - 1 || uuid_parse(text, parsed) != 0)
		return false;
	memcpy(out, parsed, UUID_SIZE);
	return true;
}
