// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whether placements show what was published last. At an instant a message is what its last message_published
// or message_withdrawn by (t, id) says, and a placement shows the version that the last message_shown of this
// message there named; 0 says that it does not show it. Its placements are those that were published, and
// those elsewhere that show some version of it; coherent are those that show the current one. Once it is
// withdrawn, none of those that still show it is. What another message shows at the same place is no matter.
//
// The end of a local day is what counts: kept is the last word of each, facts stand at the beginning of the
// day in which they became true. A report for each place and day is kept for good, some 30 bytes: what comes
// late must find the last word of its day.
#pragma once

#include "services/metrics/core/inner.h"

struct message_placement {
	uint32_t name; // interned
};

struct message_turn { // published or withdrawn: the last of a day
	struct moment moment;
	int32_t day;
	uint32_t version;
	uint32_t dims; // the campaign
	bool is_withdrawn;
	VEC(struct message_placement) * placements; // by name
};

struct message_report { // the last of a day
	struct moment moment;
	int32_t day;
	uint32_t version;
};

struct message_place {                        // what was shown there
	uint32_t name;                        // interned
	VEC(struct message_report) * reports; // by day
};

struct message {
	struct entity entity;
	VEC(struct message_turn) * turns;   // by day
	VEC(struct message_place) * places; // by name
};

// Of event.c: message_published, message_withdrawn, message_shown.
void message_collect(const struct fold *fold, const struct said *said);
uint8_t message_apply(struct fold *fold, const struct said *said);
// Of kind_rows.
void message_clear(void *entity);
size_t message_bytes(const void *entity);
bool message_is_empty(const void *entity);
void message_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void message_read(struct fold *fold, void *entity, struct codec_reader *r);
void message_put(struct fold *fold, const void *entity, int sign);
