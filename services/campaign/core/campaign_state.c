// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what may become of a campaign. A new way is a new row; commands, refusals and the diagram
// follow from it. Who may take a step is decided elsewhere.
#include "services/campaign/core/campaign_state.h"

static bool first_day_has_come(const struct campaign_facts *facts)
{
	return facts->first_day_days <= facts->today_days;
}

static bool first_day_is_to_come(const struct campaign_facts *facts)
{
	return !first_day_has_come(facts);
}

static bool budget_is_spent(const struct campaign_facts *facts)
{
	return facts->has_budget && facts->spent_minor >= facts->budget_minor;
}

static bool budget_is_left(const struct campaign_facts *facts)
{
	return !budget_is_spent(facts);
}

static bool last_day_is_over(const struct campaign_facts *facts)
{
	return facts->last_day_days < facts->today_days;
}

static bool its_day_has_come(const struct campaign_facts *facts)
{
	return facts->first_day_days != INT64_MIN && first_day_has_come(facts);
}

static const struct campaign_guard begun = {first_day_has_come, "its first day has come"};
static const struct campaign_guard ahead = {first_day_is_to_come, "its first day is to come"};
static const struct campaign_guard spent = {budget_is_spent, "its budget is spent"};
static const struct campaign_guard left = {budget_is_left, "it has budget left"};

// clang-format off
const struct campaign_step campaign_steps[] = {
	{CAMPAIGN_NONE,      CAMPAIGN_CREATE,  CAMPAIGN_RUNNING,   &begun, "who creates a campaign by hand advertises already"},
	{CAMPAIGN_NONE,      CAMPAIGN_CREATE,  CAMPAIGN_APPROVED,  &ahead, "who creates it agrees to it; the clock starts it"},
	{CAMPAIGN_NONE,      CAMPAIGN_PREPARE, CAMPAIGN_DRAFT,     NULL,   "a plan that somebody else approves"},
	{CAMPAIGN_DRAFT,     CAMPAIGN_APPROVE, CAMPAIGN_APPROVED,  NULL,   "the holder of the duty agrees"},
	{CAMPAIGN_DRAFT,     CAMPAIGN_END,     CAMPAIGN_ENDED,     NULL,   "the plan is dropped"},
	{CAMPAIGN_APPROVED,  CAMPAIGN_START,   CAMPAIGN_RUNNING,   &begun, "its period begins"},
	{CAMPAIGN_APPROVED,  CAMPAIGN_REFILL,  CAMPAIGN_APPROVED,  NULL,   "more money before it begins"},
	{CAMPAIGN_APPROVED,  CAMPAIGN_END,     CAMPAIGN_ENDED,     NULL,   "called off before it began"},
	{CAMPAIGN_RUNNING,   CAMPAIGN_PAUSE,   CAMPAIGN_PAUSED,    NULL,   "advertising stops for a while"},
	{CAMPAIGN_RUNNING,   CAMPAIGN_REFILL,  CAMPAIGN_RUNNING,   NULL,   "more money before the last is spent"},
	{CAMPAIGN_RUNNING,   CAMPAIGN_EXHAUST, CAMPAIGN_EXHAUSTED, &spent, "no money is left to spend"},
	{CAMPAIGN_RUNNING,   CAMPAIGN_END,     CAMPAIGN_ENDED,     NULL,   "its period is over or somebody ends it"},
	{CAMPAIGN_PAUSED,    CAMPAIGN_RESUME,  CAMPAIGN_RUNNING,   NULL,   "advertising goes on"},
	{CAMPAIGN_PAUSED,    CAMPAIGN_REFILL,  CAMPAIGN_PAUSED,    NULL,   "more money for when it goes on"},
	{CAMPAIGN_PAUSED,    CAMPAIGN_END,     CAMPAIGN_ENDED,     NULL,   "it does not come back"},
	{CAMPAIGN_EXHAUSTED, CAMPAIGN_REFILL,  CAMPAIGN_RUNNING,   &left,  "the budget was raised"},
	{CAMPAIGN_EXHAUSTED, CAMPAIGN_END,     CAMPAIGN_ENDED,     NULL,   "it ends with its budget"},
	{CAMPAIGN_ENDED,     CAMPAIGN_ARCHIVE, CAMPAIGN_ARCHIVED,  NULL,   "out of the daily lists, for ever in the figures"},
};

// What the clock does, the first that holds. A campaign without a first day is started by hand.
static const struct {
	enum campaign_state from;
	enum campaign_event event;
	bool (*holds)(const struct campaign_facts *facts);
} due[] = {
	{CAMPAIGN_APPROVED,  CAMPAIGN_END,     last_day_is_over},
	{CAMPAIGN_RUNNING,   CAMPAIGN_END,     last_day_is_over},
	{CAMPAIGN_PAUSED,    CAMPAIGN_END,     last_day_is_over},
	{CAMPAIGN_EXHAUSTED, CAMPAIGN_END,     last_day_is_over},
	{CAMPAIGN_APPROVED,  CAMPAIGN_START,   its_day_has_come},
	{CAMPAIGN_RUNNING,   CAMPAIGN_EXHAUST, budget_is_spent},
};
// clang-format on
const size_t campaign_step_count = sizeof(campaign_steps) / sizeof(campaign_steps[0]);

static const char *const state_names[CAMPAIGN_STATE_COUNT] = {
#define X(name, value, word) [CAMPAIGN_##name] = (word),
	CAMPAIGN_STATES(X)
#undef X
};

// The word for the step, and for having taken it.
static const struct {
	const char *name;
	const char *taken;
} event_names[CAMPAIGN_EVENT_COUNT] = {
	[CAMPAIGN_CREATE] = {"create", "created"},
	[CAMPAIGN_PREPARE] = {"prepare", "prepared"},
	[CAMPAIGN_APPROVE] = {"approve", "approved"},
	[CAMPAIGN_START] = {"start", "started"},
	[CAMPAIGN_PAUSE] = {"pause", "paused"},
	[CAMPAIGN_RESUME] = {"resume", "resumed"},
	[CAMPAIGN_EXHAUST] = {"exhaust", "exhausted"},
	[CAMPAIGN_REFILL] = {"refill", "refilled"},
	[CAMPAIGN_END] = {"end", "ended"},
	[CAMPAIGN_ARCHIVE] = {"archive", "archived"},
};

static bool refuse(const char *campaign, enum campaign_state from, enum campaign_event event,
		   const struct campaign_guard *guard, struct err *e)
{
	if (guard != NULL)
		return err_set(e, ERR_REFUSED, "campaign %s cannot be %s before %s", campaign,
			       event_names[event].taken, guard->sentence);
	if (from == CAMPAIGN_NONE)
		return err_set(e, ERR_REFUSED, "there is no campaign %s that could be %s", campaign,
			       event_names[event].taken);
	return err_set(e, ERR_REFUSED, "campaign %s is %s and cannot be %s", campaign,
		       campaign_state_name(from), event_names[event].taken);
}

bool campaign_state_step(const char *campaign, enum campaign_state from, enum campaign_event event,
			 const struct campaign_facts *facts, enum campaign_state *to, struct err *e)
{
	const struct campaign_guard *guard = NULL; // of the last way that was shut

	for (size_t i = 0; i < campaign_step_count; i++) {
		const struct campaign_step *step = &campaign_steps[i];

		if (step->from != from || step->event != event)
			continue;
		if (step->guard == NULL || step->guard->holds(facts)) {
			*to = step->to;
			return true;
		}
		guard = step->guard;
	}
	return refuse(campaign, from, event, guard, e);
}

bool campaign_state_leads(enum campaign_event event, enum campaign_state to)
{
	for (size_t i = 0; i < campaign_step_count; i++) {
		if (campaign_steps[i].event == event && campaign_steps[i].to == to)
			return true;
	}
	return false;
}

bool campaign_state_due(enum campaign_state from, const struct campaign_facts *facts,
			enum campaign_event *out)
{
	for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
		if (due[i].from != from || !due[i].holds(facts))
			continue;
		*out = due[i].event;
		return true;
	}
	return false;
}

bool campaign_state_is_terminal(enum campaign_state state)
{
	for (size_t i = 0; i < campaign_step_count; i++) {
		if (campaign_steps[i].from == state)
			return false;
	}
	return true;
}

const char *campaign_state_name(enum campaign_state state)
{
	return (unsigned)state < CAMPAIGN_STATE_COUNT ? state_names[state] : "unknown";
}

const char *campaign_event_name(enum campaign_event event)
{
	return (unsigned)event < CAMPAIGN_EVENT_COUNT ? event_names[event].name : "unknown";
}

static const char *node(enum campaign_state state)
{
	return state == CAMPAIGN_NONE ? "[*]" : campaign_state_name(state);
}

void campaign_state_diagram(FILE *out)
{
	fputs("stateDiagram-v2\n", out);
	for (size_t i = 0; i < campaign_step_count; i++) {
		const struct campaign_step *step = &campaign_steps[i];

		fprintf(out, "    %s --> %s: %s", node(step->from), node(step->to),
			campaign_event_name(step->event));
		if (step->guard != NULL)
			fprintf(out, " [%s]", step->guard->sentence);
		fputc('\n', out);
	}
	for (int state = CAMPAIGN_NONE; state < (int)CAMPAIGN_STATE_COUNT; state++) {
		if (campaign_state_is_terminal((enum campaign_state)state))
			fprintf(out, "    %s --> [*]\n", node((enum campaign_state)state));
	}
}
