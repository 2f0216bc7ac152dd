// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A visitor's sessions: maximal runs of client events with gaps under the session gap, kept as disjoint
// intervals that extend, merge and move when a late event arrives. An event is never kept by itself: its
// moment widens an interval, a page view counts in its minute, a heartbeat adds to the union of spans.
// Two sessions lie at least five minutes apart, so a minute belongs to one session at most. Orders are
// counted into sessions by attach.c. Pure.
#pragma once

#include "services/metrics/core/entity.h"

#define SESSION_HEARTBEAT_MAX_MS INT64_C(15000)

static inline int32_t minute_of(int64_t t_ms) // floor
{
	int64_t minute = t_ms / 60000;
	return (int32_t)(minute * 60000 > t_ms ? minute - 1 : minute);
}

// The sessions that an event at t belongs to or joins: indices [*from, *from + count), count 0 to 2. With
// count 0, *from is where the new one goes.
uint32_t session_range(const struct visitor *visitor, int64_t t_ms, int64_t gap_ms, uint32_t *from);
// Widens, merges or opens the session of that range; dims are those of the event. Views of the merged ones
// have to be moved first (session_views).
struct session *session_join(struct visitor *visitor, uint32_t from, uint32_t count,
			     const struct moment *moment, uint32_t dims);
// The session whose latest event at or before t is less than the gap before t; NULL: none.
struct session *session_at(const struct visitor *visitor, int64_t t_ms, int64_t gap_ms);
// The session that holds `at`, if it is not over at `until` by the same rule.
struct session *session_at_until(const struct visitor *visitor, int64_t at_ms, int64_t until_ms,
				 int64_t gap_ms);

// Time in the foreground [from, to): counts into the session it lies in, which must be there.
void session_add_span(struct visitor *visitor, struct session *session, int64_t from_ms, int64_t to_ms);
void session_add_view(struct visitor *visitor, struct session *session, int32_t minute, uint32_t channel);
// Indices [*from, *to) of the view counts within the session.
void session_views(const struct visitor *visitor, const struct session *session, uint32_t *from,
		   uint32_t *to);
bool session_is_engaged(const struct session *session);

// Links, sorted. Adding one that is there and removing one that is not do nothing.
void visitor_link(struct visitor *visitor, uint8_t kind, int64_t at_ms, int64_t until_ms, const char *id);
void visitor_unlink(struct visitor *visitor, uint8_t kind, int64_t at_ms, const char *id);
uint32_t visitor_link_lower(const struct visitor *visitor, int64_t at_ms); // first with at >= at_ms
