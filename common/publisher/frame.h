// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A publish request written round publications that are bytes already. The bytes of an event are its identity
// (ingest compares them to tell DUPLICATE from CONFLICT), so they are never decoded and packed again. Pure.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame {
	uint64_t request_id;
	int64_t sent_at_ms;
	int origin; // utarg.v1.Origin
	size_t count;
	size_t publications_size; // frame_publication_size of each, summed
};

size_t frame_publication_size(size_t publication_size); // with its tag and length
size_t frame_size(const struct frame *frame);
// Writes what stands before the publications; returns the place for the first.
uint8_t *frame_write_head(const struct frame *frame, uint8_t *out);
uint8_t *frame_write_publication(struct slice publication, uint8_t *out);
uint8_t *frame_write_end(const struct frame *frame, uint8_t *out); // behind the last

// What a publisher wants to know of a publication, borrowed from its bytes; what is absent is empty.
struct frame_event {
	struct slice id, shop;
};
// False (BAD_PROTO, MISSING_FIELD, TOO_LARGE) for bytes that would break a request for its neighbours; what
// is wrong inside the event is ingest's to say.
bool frame_read_event(struct slice publication, struct frame_event *out, struct err *e);
