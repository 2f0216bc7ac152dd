// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A quick hash for tables in memory. Never stored, never a proof of anything.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ (x >> 29);
}

static inline uint32_t hash_bytes(const void *bytes, size_t size, uint64_t seed)
{
	const uint8_t *at = bytes;
	uint64_t h = hash_mix(seed, size), word;
	for (; size >= 8; size -= 8, at += 8) {
		memcpy(&word, at, 8);
		h = hash_mix(h, word);
	}
	word = 0;
	if (size)
		memcpy(&word, at, size);
	h = hash_mix(h, word);
	return (uint32_t)(h ^ (h >> 32));
}
