// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The life of a message as a table: from, event, to, why. Its diagram is printed from the same rows. A
// message is judged before it is published and has no drafts; what was withdrawn can be said again, so no
// state is final. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "utarg/v1/campaign.pb-c.h"

// MESSAGE_STATE_UNSPECIFIED is "not there yet"; an X(name, value, word) a state.
#define MESSAGE_STATES(X)                                                                                    \
	X(NONE, UTARG__V1__MESSAGE_STATE__MESSAGE_STATE_UNSPECIFIED, "none")                                 \
	X(PUBLISHED, UTARG__V1__MESSAGE_STATE__MESSAGE_STATE_PUBLISHED, "published")                         \
	X(WITHDRAWN, UTARG__V1__MESSAGE_STATE__MESSAGE_STATE_WITHDRAWN, "withdrawn")

enum message_state {
#define X(name, value, word) MESSAGE_##name = (value),
	MESSAGE_STATES(X)
#undef X
		MESSAGE_STATE_COUNT
};

enum message_event { MESSAGE_PUBLISH, MESSAGE_WITHDRAW, MESSAGE_EVENT_COUNT };

struct message_step {
	enum message_state from;
	enum message_event event;
	enum message_state to;
	const char *why;
};

extern const struct message_step message_steps[];
extern const size_t message_step_count;

// The state after the event, or REFUSED with the reason.
bool message_state_step(const char *message, enum message_state from, enum message_event event,
			enum message_state *to, struct err *e);
const char *message_state_name(enum message_state state); // "published"
const char *message_event_name(enum message_event event); // "publish"
// The table as a Mermaid state diagram.
void message_state_diagram(FILE *out);
