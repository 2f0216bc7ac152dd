// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One request under way: its events, their bytes, and when something is due. Knows no socket.
#pragma once

#include "tests/faults/load.h"

// FREE -> SENT -> FREE; SENT -> WAITING (no answer, or "later") -> SENT.
enum load_slot_state { LOAD_SLOT_FREE, LOAD_SLOT_SENT, LOAD_SLOT_WAITING };

struct load_item {
	uint64_t number;
	uint32_t shop;
	enum err_code expected;
	uint8_t id[LOAD_ID_SIZE];
	size_t offset, size; // in the slot's bytes
};

struct load_slot {
	enum load_slot_state state;
	uint64_t request; // 0: the next sending is a new one
	int64_t begun_us; // first sending of its first request
	int64_t first_us; // of this request
	int64_t due_us;   // WAITING: to be sent; SENT: to be given up
	int64_t backoff_ms;
	size_t count, bytes, capacity;
	struct load_item *items; // room for as many as a request has
	uint8_t *packed;         // publications, one behind the other, each as the field of its request
};

// A packed request, kept to be used again.
struct load_frame {
	uint8_t *bytes;
	size_t capacity;
};

// Aborts without memory, as all of this program does.
void *load_must(void *memory);
void load_slot_init(struct load_slot *slot, size_t count_max);
void load_slot_fini(struct load_slot *slot);
void load_slot_empty(struct load_slot *slot);
// False when the request has no room for another one.
bool load_slot_add(struct load_slot *slot, const struct load_world *world, uint64_t number);
// Takes the events together of which keep[] says so; the others are settled.
void load_slot_keep(struct load_slot *slot, const bool *keep);
// The whole utarg.v1.Request; its size.
size_t load_slot_pack(const struct load_slot *slot, int64_t sent_at_ms, int32_t origin,
		      struct load_frame *frame);
