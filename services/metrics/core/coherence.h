// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Whether placements show what was published last. A message's current version at an instant is that of its
// last message_published by (t, id) at or before it; its placements are those that any publication of that
// version named so far (one may come for each language). Behind a message_withdrawn there are none, until it
// is published again. A placement is coherent when the last message_shown of this message there says the
// current version: what another message shows at the same place is no matter.
//
// Facts stand at the beginning of the local day in which they became true: the end of a day is what counts.
#pragma once

#include "services/metrics/core/inner.h"

struct message_placement {
	uint32_t name; // interned
};

struct message_turn { // published or withdrawn
	struct moment moment;
	int32_t day;
	uint32_t version;
	uint32_t dims; // the campaign
	bool is_withdrawn;
	VEC(struct message_placement) * placements;
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
	VEC(struct message_turn) * turns;   // by moment
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
