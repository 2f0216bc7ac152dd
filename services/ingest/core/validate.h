// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Judges one publication, from its raw bytes to what the journal needs to know of it. Stateless but for
// the plans compiled at start. What it lets through every consumer can decode and add up; whether the
// shop exists and whether the id is known are the store's questions. Pure: the clock is an argument.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/text.h"
#include "common/base/uuid.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	VALIDATE_EVENT_MAX_BYTES = 64 * 1024,
	VALIDATE_SUBJECT_MAX_BYTES = 8 * 1024,
	VALIDATE_SHOP_SIZE = 64,
	// Bytes an arena needs for the decoded form of any event the shape check lets through: 32,768 unknown
	// fields of 2 bytes each at 64 bytes with their bookkeeping, or as many fields of small messages.
	VALIDATE_ARENA_BYTES = 8 * 1024 * 1024
};

struct validator;

struct validator *validator_create(void);
void validator_destroy(struct validator *validator);

// One publication as it came; origin is utarg.v1.Origin, unspecified counts as client.
struct validate_input {
	struct slice event;
	struct slice subject;
	int64_t sent_at_ms; // 0: not given
	int64_t received_at_ms;
	int32_t origin;
};

// What the journal needs. Slices point into the input.
struct validated {
	uint8_t event_id[UUID_SIZE];
	char shop[VALIDATE_SHOP_SIZE];
	int16_t kind; // field number of Event.body
	int16_t origin;
	int64_t event_time_ms;
	struct slice visitor;
	struct slice customer;
};

// Resets the arena and uses it for the call. Errors: TOO_LARGE, BAD_PROTO, UNKNOWN_TYPE, FORBIDDEN,
// MISSING_FIELD, BAD_FIELD, BAD_UTF8, BAD_CURRENCY, AMOUNT_RANGE, BAD_TIME, FUTURE_TIME, TOO_MANY.
bool validate_publication(const struct validator *validator, const struct validate_input *input,
			  struct arena *arena, struct validated *out, struct err *e);

// What to add to the publisher's moments: received - sent for client events (browsing, cart, checkout and
// purchase of origin client) whose clock is more than five minutes off, otherwise 0. Once, on acceptance.
int64_t validate_shift_ms(int16_t kind, int32_t origin, int64_t sent_at_ms, int64_t received_at_ms);
