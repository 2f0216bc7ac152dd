// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The window of a publisher: its slots, each one request. Shared by publisher.c (in and out), window.c
// (sending) and answer.c (what comes back); nobody outside common/publisher includes it.
#pragma once

#include "common/publisher/epochs.h"
#include "common/publisher/frame.h"
#include "common/publisher/publisher.h"

enum { SLOT_IDS = 4 };

struct item {
	uint8_t *bytes; // the publication, owned
	size_t size;
	struct frame_event event; // in bytes
	uint64_t tag, number;
	bool is_settled;
};

enum slot_state { SLOT_FREE, SLOT_GATHERING, SLOT_WAITING, SLOT_SENT };

// Life: FREE -> GATHERING -> SENT -> FREE; or SENT -> WAITING (for its pause) -> SENT again with what is not
// settled. The list of items changes only when it is sent again (slot_send), and then forgets its ids.
struct slot {
	enum slot_state state;
	int origin;
	struct item *items;
	size_t count, settled_count;
	size_t bytes;           // of its publications in a request
	uint64_t ids[SLOT_IDS]; // of the last transmissions of this list; the newest at (sent_count - 1) %
				// SLOT_IDS
	size_t sent_count;      // of this list
	size_t repeated_count;  // since it was gathered
	int64_t due_ms;         // WAITING, SENT: when to send it (again); monotonic
	int64_t pause_ms;
};

struct publisher {
	struct bus_socket *socket;
	struct publisher_options options;
	struct slot *slots;
	struct slot *gathering; // NULL: none
	struct epochs epochs;
	uint64_t last_request_id;
	uint64_t random;
	int64_t progress_ms;     // when something was settled last
	int64_t heard_ms;        // when anything came last, or was asked after a pause
	struct outbox_item held; // taken from the outbox when the window had no room; number 0: none
	bool has_settled;        // in the outbox, not noted yet
	struct publisher_stats stats;
	struct err failure; // for the next turn to tell
};

// ---- window.c --------------------------------------------------------------------------------------------

// The slot that takes `size` bytes more of this origin; NULL: the window is full.
struct slot *window_slot(struct publisher *p, int origin, size_t size);
void window_close(struct publisher *p); // sends what is gathered; nothing gathered: does nothing
void window_send_due(struct publisher *p);
bool window_is_under_way(const struct publisher *p);
// The events come again after a jittered pause, or after hint_ms if that is longer.
void slot_pause(struct publisher *p, struct slot *slot, int64_t hint_ms);
void slot_free(struct slot *slot);

// ---- answer.c --------------------------------------------------------------------------------------------

// Takes one reply; false when it is none.
bool answer_take(struct publisher *p, struct slice payload);
