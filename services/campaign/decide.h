// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The one path of a decision, in one transaction:
//
//   lock the shop's head -> fold the journal up to it -> is the command's id there already? -> judge ->
//   append one event, whose id is the command's -> fold it by the same functions -> move the position
//   -> commit -> ring, publish
//
// A command sent again gets its first answer again; the id used for something else is CONFLICT. When the
// outcome of a commit is unknown, the same command simply runs again: the id decides.
#pragma once

#include "services/campaign/service.h"

#include <stdbool.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

struct decision {
	const char *shop;  // slug
	const uint8_t *id; // of the command, UUID_SIZE bytes
	const char *principal;
	int16_t kind; // of the event it makes
	// Judges on the folded state; fills the event's body. after_ms is raised when the event has to be
	// later than another one (event times decide which of two decisions counts).
	bool (*judge)(struct service *service, struct arena *arena, int32_t shop_id, const void *command,
		      Utarg__V1__Event *event, int64_t *after_ms, struct err *e);
	// Whether an event of this kind is what the command asks for.
	bool (*is_same)(const void *command, const Utarg__V1__Event *event);
	const void *command;
};

// The event as it stands in the journal, decoded in the arena.
struct decided {
	int32_t shop_id;
	int64_t seq;
	int64_t epoch;
	int64_t event_time_ms;
	const Utarg__V1__Event *event;
};

// UNKNOWN_SHOP, CONFLICT, BUSY, what the judge says, or what the database does.
bool decide(struct service *service, struct arena *arena, const struct decision *decision,
	    struct decided *out, struct err *e);
// Adds a shop: the row, the head and its first event. Settings are checked and complete. CONFLICT when the
// slug is taken by another command.
bool decide_shop(struct service *service, struct arena *arena, const char *slug, const uint8_t *id,
		 const char *principal, Utarg__V1__ShopSettings *settings, struct decided *out,
		 struct err *e);
// 16 bytes; MISSING_FIELD, BAD_FIELD.
bool decide_check_id(const ProtobufCBinaryData *id, struct err *e);
// shop.c: the shop as a shop_settings_changed made it, as the reply to a command about one.
bool shop_answer(const struct decided *decided, struct arena *arena, Utarg__V1__Reply *reply, struct err *e);
