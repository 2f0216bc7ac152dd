// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what may become of a directive. A new way is a new row; commands, refusals and the diagram follow
// from it. Who may take a step is decided elsewhere.
#include "services/campaign/core/directive_state.h"

static bool needs_approval(const Utarg__V1__Directive *directive)
{
	return directive->needs_approval;
}

static bool acts_alone(const Utarg__V1__Directive *directive)
{
	return !directive->needs_approval;
}

static bool stops_an_offer(const Utarg__V1__Directive *directive)
{
	return directive->action == UTARG__V1__DIRECTIVE_ACTION__DIRECTIVE_ACTION_STOP_OFFER;
}

static const struct directive_guard alone = {acts_alone, "its campaign lets it act alone"};
static const struct directive_guard asks = {needs_approval, "somebody has to approve it"};
static const struct directive_guard stops = {stops_an_offer, "it stops an offer"};

// clang-format off
const struct directive_step directive_steps[] = {
	{DIRECTIVE_NONE,      DIRECTIVE_ISSUE,     DIRECTIVE_AWAITING,   &asks,  "the holder of the duty has the last word"},
	{DIRECTIVE_NONE,      DIRECTIVE_ISSUE,     DIRECTIVE_ISSUED,     &alone, "the word was given with the campaign"},
	{DIRECTIVE_AWAITING,  DIRECTIVE_APPROVE,   DIRECTIVE_APPROVED,   NULL,   "the holder of the duty agrees"},
	{DIRECTIVE_AWAITING,  DIRECTIVE_REJECT,    DIRECTIVE_REJECTED,   NULL,   "the holder of the duty knows better"},
	{DIRECTIVE_AWAITING,  DIRECTIVE_EXPIRE,    DIRECTIVE_EXPIRED,    NULL,   "nobody said a word in time, or it is needed no more"},
	{DIRECTIVE_AWAITING,  DIRECTIVE_SUPERSEDE, DIRECTIVE_SUPERSEDED, NULL,   "a later day asks for something else"},
	{DIRECTIVE_ISSUED,    DIRECTIVE_CONFIRM,   DIRECTIVE_CONFIRMED,  NULL,   "the tool did it"},
	{DIRECTIVE_ISSUED,    DIRECTIVE_FAIL,      DIRECTIVE_FAILED,     NULL,   "the tool could not"},
	{DIRECTIVE_ISSUED,    DIRECTIVE_REJECT,    DIRECTIVE_REJECTED,   NULL,   "taken back before anybody did it"},
	{DIRECTIVE_ISSUED,    DIRECTIVE_EXPIRE,    DIRECTIVE_EXPIRED,    NULL,   "not done in time, or it is needed no more"},
	{DIRECTIVE_ISSUED,    DIRECTIVE_SUPERSEDE, DIRECTIVE_SUPERSEDED, NULL,   "a later day asks for something else"},
	{DIRECTIVE_APPROVED,  DIRECTIVE_CONFIRM,   DIRECTIVE_CONFIRMED,  NULL,   "the tool did it"},
	{DIRECTIVE_APPROVED,  DIRECTIVE_FAIL,      DIRECTIVE_FAILED,     NULL,   "the tool could not"},
	{DIRECTIVE_APPROVED,  DIRECTIVE_REJECT,    DIRECTIVE_REJECTED,   NULL,   "taken back before anybody did it"},
	{DIRECTIVE_APPROVED,  DIRECTIVE_EXPIRE,    DIRECTIVE_EXPIRED,    NULL,   "not done in time, or it is needed no more"},
	{DIRECTIVE_APPROVED,  DIRECTIVE_SUPERSEDE, DIRECTIVE_SUPERSEDED, NULL,   "a later day asks for something else"},
	{DIRECTIVE_CONFIRMED, DIRECTIVE_LIFT,      DIRECTIVE_LIFTED,     &stops, "the offer is in stock again"},
};
// clang-format on
const size_t directive_step_count = sizeof(directive_steps) / sizeof(directive_steps[0]);

static const char *const state_names[DIRECTIVE_STATE_COUNT] = {
#define X(name, value, word) [DIRECTIVE_##name] = (word),
	DIRECTIVE_STATES(X)
#undef X
};

// The word for the step, and for having taken it.
static const struct {
	const char *name;
	const char *taken;
} event_names[DIRECTIVE_EVENT_COUNT] = {
	[DIRECTIVE_ISSUE] = {"issue", "issued"},
	[DIRECTIVE_APPROVE] = {"approve", "approved"},
	[DIRECTIVE_REJECT] = {"reject", "rejected"},
	[DIRECTIVE_CONFIRM] = {"confirm", "confirmed"},
	[DIRECTIVE_FAIL] = {"fail", "said to have failed"},
	[DIRECTIVE_EXPIRE] = {"expire", "let expire"},
	[DIRECTIVE_SUPERSEDE] = {"supersede", "superseded"},
	[DIRECTIVE_LIFT] = {"lift", "lifted"},
};

// "awaiting approval"
static const char *state_words(enum directive_state state)
{
	return state == DIRECTIVE_AWAITING ? "awaiting approval" : directive_state_name(state);
}

bool directive_state_step(const Utarg__V1__Directive *directive, enum directive_event event,
			  enum directive_state *to, struct err *e)
{
	const enum directive_state from = (enum directive_state)directive->state;
	const struct directive_guard *guard = NULL; // of the last way that was shut

	for (size_t i = 0; i < directive_step_count; i++) {
		const struct directive_step *step = &directive_steps[i];

		if (step->from != from || step->event != event)
			continue;
		if (step->guard == NULL || step->guard->holds(directive)) {
			*to = step->to;
			return true;
		}
		guard = step->guard;
	}
	if (guard != NULL)
		return err_set(e, ERR_REFUSED, "directive %.64s cannot be %s unless %s",
			       directive->directive_id, event_names[event].taken, guard->sentence);
	return err_set(e, ERR_REFUSED, "directive %.64s is %s and cannot be %s", directive->directive_id,
		       state_words(from), event_names[event].taken);
}

bool directive_state_leads(enum directive_event event, enum directive_state to)
{
	for (size_t i = 0; i < directive_step_count; i++) {
		if (directive_steps[i].event == event && directive_steps[i].to == to)
			return true;
	}
	return false;
}

bool directive_state_is_terminal(enum directive_state state)
{
	for (size_t i = 0; i < directive_step_count; i++) {
		if (directive_steps[i].from == state)
			return false;
	}
	return true;
}

bool directive_state_is_open(enum directive_state state)
{
	return state == DIRECTIVE_AWAITING || state == DIRECTIVE_ISSUED || state == DIRECTIVE_APPROVED;
}

const char *directive_state_name(enum directive_state state)
{
	return (unsigned)state < DIRECTIVE_STATE_COUNT ? state_names[state] : "unknown";
}

const char *directive_event_name(enum directive_event event)
{
	return (unsigned)event < DIRECTIVE_EVENT_COUNT ? event_names[event].name : "unknown";
}

static const char *node(enum directive_state state)
{
	return state == DIRECTIVE_NONE ? "[*]" : directive_state_name(state);
}

void directive_state_diagram(FILE *out)
{
	fputs("stateDiagram-v2\n", out);
	for (size_t i = 0; i < directive_step_count; i++) {
		const struct directive_step *step = &directive_steps[i];

		fprintf(out, "    %s --> %s: %s", node(step->from), node(step->to),
			directive_event_name(step->event));
		if (step->guard != NULL)
			fprintf(out, " [%s]", step->guard->sentence);
		fputc('\n', out);
	}
	for (int state = DIRECTIVE_NONE; state < (int)DIRECTIVE_STATE_COUNT; state++) {
		if (directive_state_is_terminal((enum directive_state)state))
			fprintf(out, "    %s --> [*]\n", node((enum directive_state)state));
	}
}
