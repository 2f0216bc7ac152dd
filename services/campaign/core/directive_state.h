// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The life of a directive as a table: from, event, to, guard, why. Its diagram is printed from the same rows.
// Why one is issued stands in directive.h. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "utarg/v1/event.pb-c.h"

// DIRECTIVE_STATE_UNSPECIFIED is "not there yet"; an X(name, value, word) a state.
#define DIRECTIVE_STATES(X)                                                                                  \
	X(NONE, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_UNSPECIFIED, "none")                             \
	X(AWAITING, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_AWAITING_APPROVAL, "awaiting_approval")      \
	X(ISSUED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_ISSUED, "issued")                              \
	X(APPROVED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_APPROVED, "approved")                        \
	X(REJECTED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_REJECTED, "rejected")                        \
	X(CONFIRMED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_CONFIRMED, "confirmed")                     \
	X(FAILED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_FAILED, "failed")                              \
	X(EXPIRED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_EXPIRED, "expired")                           \
	X(SUPERSEDED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_SUPERSEDED, "superseded")                  \
	X(LIFTED, UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_LIFTED, "lifted")

enum directive_state {
#define X(name, value, word) DIRECTIVE_##name = (value),
	DIRECTIVE_STATES(X)
#undef X
		DIRECTIVE_STATE_COUNT
};

enum directive_event {
	DIRECTIVE_ISSUE,
	DIRECTIVE_APPROVE,
	DIRECTIVE_REJECT,
	DIRECTIVE_CONFIRM,
	DIRECTIVE_FAIL,
	DIRECTIVE_EXPIRE,
	DIRECTIVE_SUPERSEDE,
	DIRECTIVE_LIFT,
	DIRECTIVE_EVENT_COUNT
};

struct directive_guard {
	bool (*holds)(const Utarg__V1__Directive *directive);
	const char *sentence; // what must be so: "it stops an offer"
};

struct directive_step {
	enum directive_state from;
	enum directive_event event;
	enum directive_state to;
	const struct directive_guard *guard; // NULL: always
	const char *why;
};

// Rows with the same from and event differ by their guards; the first that holds counts.
extern const struct directive_step directive_steps[];
extern const size_t directive_step_count;

// The state after the event, or REFUSED with the reason.
bool directive_state_step(const Utarg__V1__Directive *directive, enum directive_event event,
			  enum directive_state *to, struct err *e);
// Whether some way with this event leads there.
bool directive_state_leads(enum directive_event event, enum directive_state to);
bool directive_state_is_terminal(enum directive_state state);
bool directive_state_is_open(enum directive_state state);     // somebody has to do something still
const char *directive_state_name(enum directive_state state); // "awaiting_approval"
const char *directive_event_name(enum directive_event event); // "approve"
// The table as a Mermaid state diagram.
void directive_state_diagram(FILE *out);
