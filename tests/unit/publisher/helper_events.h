// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Publications that know their number, places for outboxes, and numbers that can be drawn again.
#pragma once

#include "common/publisher/outbox.h"

#include <stdbool.h>
#include <stdint.h>

enum { EVENT_BYTES_MAX = 4096, PLACE_SIZE = 64 };

// The packed publication of event `number` of a shop; its size varies with the number. Returns the size.
size_t event_bytes(const char *shop, uint32_t number, uint8_t out[EVENT_BYTES_MAX]);
uint32_t event_number(struct slice publication); // the reverse; fails the test when it is not the same bytes

// xorshift; the seed comes from UTARG_TEST_SEED or the clock and is printed.
struct dice {
	uint64_t state;
};
struct dice dice_new(const char *test);
uint32_t dice_below(struct dice *dice, uint32_t limit);

void place_make(char out[PLACE_SIZE]); // a new directory under /tmp
void place_remove(const char *place);
void place_copy(const char *from, const char *to); // files, into a directory that is made
// Size of the only file that ends so; its name goes to name (PLACE_SIZE * 2). Fails when there is not one.
long place_find(const char *place, const char *suffix, char *name);
int place_count(const char *place, const char *suffix);

struct outbox *open_outbox(const char *place, uint64_t limit_bytes);
void put_events(struct outbox *outbox, uint32_t first, uint32_t count);
// All that wait, in order of numbers given out; returns the count, at most max.
size_t waiting_events(struct outbox *outbox, uint32_t *events, uint64_t *numbers, size_t max);
