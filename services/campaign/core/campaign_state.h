// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The life of a campaign as a table: from, event, to, guard, why. Its diagram is printed from the same
// rows. Pure: the facts a guard asks for are handed in.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "utarg/v1/event.pb-c.h"

// CAMPAIGN_STATE_UNSPECIFIED is "not there yet"; an X(name, value, word) a state.
#define CAMPAIGN_STATES(X)                                                                                   \
	X(NONE, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_UNSPECIFIED, "none")                               \
	X(DRAFT, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_DRAFT, "draft")                                   \
	X(APPROVED, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_APPROVED, "approved")                          \
	X(RUNNING, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_RUNNING, "running")                             \
	X(PAUSED, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_PAUSED, "paused")                                \
	X(EXHAUSTED, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_EXHAUSTED, "exhausted")                       \
	X(ENDED, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ENDED, "ended")                                   \
	X(ARCHIVED, UTARG__V1__CAMPAIGN_STATE__CAMPAIGN_STATE_ARCHIVED, "archived")

enum campaign_state {
#define X(name, value, word) CAMPAIGN_##name = (value),
	CAMPAIGN_STATES(X)
#undef X
		CAMPAIGN_STATE_COUNT
};

enum campaign_event {
	CAMPAIGN_CREATE,
	CAMPAIGN_PREPARE,
	CAMPAIGN_APPROVE,
	CAMPAIGN_START,
	CAMPAIGN_PAUSE,
	CAMPAIGN_RESUME,
	CAMPAIGN_EXHAUST,
	CAMPAIGN_REFILL,
	CAMPAIGN_END,
	CAMPAIGN_ARCHIVE,
	CAMPAIGN_EVENT_COUNT
};

// What guards ask.
struct campaign_facts {
	int64_t today_days;     // shop's local day, days since 1970-01-01
	int64_t first_day_days; // INT64_MIN: from any day on
	int64_t last_day_days;  // INT64_MAX: for ever
	bool has_budget;
	int64_t budget_minor;
	int64_t spent_minor; // in the budget's currency
};

struct campaign_guard {
	bool (*holds)(const struct campaign_facts *facts);
	const char *sentence; // what must be so: "its first day has come"
};

struct campaign_step {
	enum campaign_state from;
	enum campaign_event event;
	enum campaign_state to;
	const struct campaign_guard *guard; // NULL: always
	const char *why;
};

// Rows with the same from and event differ by their guards; the first that holds counts.
extern const struct campaign_step campaign_steps[];
extern const size_t campaign_step_count;

// The state after the event, or REFUSED with the reason.
bool campaign_state_step(const char *campaign, enum campaign_state from, enum campaign_event event,
			 const struct campaign_facts *facts, enum campaign_state *to, struct err *e);
// Whether some way with this event leads there.
bool campaign_state_leads(enum campaign_event event, enum campaign_state to);
// What the clock does by itself at these facts; false: nothing.
bool campaign_state_due(enum campaign_state from, const struct campaign_facts *facts,
			enum campaign_event *out);
bool campaign_state_is_terminal(enum campaign_state state);
const char *campaign_state_name(enum campaign_state state); // "running"
const char *campaign_event_name(enum campaign_event event); // "end"
// The table as a Mermaid state diagram.
void campaign_state_diagram(FILE *out);
