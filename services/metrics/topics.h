// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Names on the publish port: kpi/<shop>/<kpi>/<dimension>/<key>/<window>/<start>/ and prefixes of it, and the
// table of prefixes somebody subscribes to. Pure: no sockets, no tables of the database.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"
#include "common/base/zone.h"
#include "common/bus/bus.h"
#include "services/metrics/figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOPIC_START_SIZE = 24, TOPIC_SEGMENTS = 7, TOPIC_SEGMENT_SIZE = 320 };

// "2026-11-23" for a day or a week, "2026-11" for a month (local), "20261123T1300Z" for hour and minute.
void topic_start(const struct zone *zone, enum window window, int64_t start_ms, char out[TOPIC_START_SIZE]);
// The instant such a segment means; false when it is none.
bool topic_start_parse(const struct zone *zone, enum window window, const char *text, int64_t *out_ms);
// False when the name is too long to be a topic.
bool topic_name(char out[BUS_TOPIC_SIZE], const char *slug, const struct zone *zone,
		const struct figure *figure);
// Whether one is a prefix of the other: a topic may lie below both.
bool topic_meets(const char *a, size_t a_size, const char *b, size_t b_size);

// A prefix taken apart: whole segments, percent-decoded; what follows the last '/' is only compared.
struct topic_prefix {
	char text[BUS_TOPIC_SIZE];
	size_t size;
	size_t segment_count; // 0 to TOPIC_SEGMENTS; segments[0] is "kpi"
	char segments[TOPIC_SEGMENTS][TOPIC_SEGMENT_SIZE];
};
// BAD_FIELD "topic_prefix" when no topic can begin like this.
bool topic_prefix_parse(const void *bytes, size_t size, struct topic_prefix *out, struct err *e);

// Subscribed prefixes. The bus counts subscribers: it tells each subscription, and an unsubscription when the
// last subscriber of a prefix has left. Bounded: TOPICS_PREFIX_MAX prefixes of at most BUS_TOPIC_SIZE bytes
// are less than 3 MiB.
enum { TOPICS_PREFIX_MAX = 4096 };
struct topics_entry {
	char *text;
	size_t size;
	bool wants_snapshot;
	int64_t snapshot_at_ms; // monotonic: when it was sent last
};
struct topics {
	struct topics_entry *entries; // ascending
	size_t count, capacity;
	uint32_t lengths[BUS_TOPIC_SIZE]; // prefixes of this length
	size_t waiting;                   // entries that want a snapshot
};
void topics_fini(struct topics *topics);
// False when the table is full or the prefix is of no topic of ours.
bool topics_subscribe(struct topics *topics, struct slice prefix);
// The last subscriber has left.
void topics_unsubscribe(struct topics *topics, struct slice prefix);
// Whether somebody gets this topic.
bool topics_match(const struct topics *topics, const char *topic);
// Whether somebody may get a topic that begins like this.
bool topics_match_below(const struct topics *topics, const char *beginning);
