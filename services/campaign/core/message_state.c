// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what may become of a message. A new way is a new row; commands, refusals and the diagram follow
// from it. Whether what it says is so is judged in message_judge.c.
#include "services/campaign/core/message_state.h"

// clang-format off
const struct message_step message_steps[] = {
	{MESSAGE_NONE,      MESSAGE_PUBLISH,  MESSAGE_PUBLISHED, "every placement is to show it, as version 1"},
	{MESSAGE_PUBLISHED, MESSAGE_PUBLISH,  MESSAGE_PUBLISHED, "the next version takes the place of the one before, everywhere"},
	{MESSAGE_PUBLISHED, MESSAGE_WITHDRAW, MESSAGE_WITHDRAWN, "no placement is to show it any more"},
	{MESSAGE_WITHDRAWN, MESSAGE_PUBLISH,  MESSAGE_PUBLISHED, "it is said again, as the next version"},
};
// clang-format on
const size_t message_step_count = sizeof(message_steps) / sizeof(message_steps[0]);

static const char *const state_names[MESSAGE_STATE_COUNT] = {
#define X(name, value, word) [MESSAGE_##name] = (word),
	MESSAGE_STATES(X)
#undef X
};

// The word for the step, and for having taken it.
static const struct {
	const char *name;
	const char *taken;
} event_names[MESSAGE_EVENT_COUNT] = {
	[MESSAGE_PUBLISH] = {"publish", "published"},
	[MESSAGE_WITHDRAW] = {"withdraw", "withdrawn"},
};

bool message_state_step(const char *message, enum message_state from, enum message_event event,
			enum message_state *to, struct err *e)
{
	for (size_t i = 0; i < message_step_count; i++) {
		if (message_steps[i].from != from || message_steps[i].event != event)
			continue;
		*to = message_steps[i].to;
		return true;
	}
	if (from == MESSAGE_NONE)
		return err_set(e, ERR_REFUSED, "there is no message %s that could be %s", message,
			       event_names[event].taken);
	return err_set(e, ERR_REFUSED, "message %s is %s and cannot be %s", message, message_state_name(from),
		       event_names[event].taken);
}

const char *message_state_name(enum message_state state)
{
	return (unsigned)state < MESSAGE_STATE_COUNT ? state_names[state] : "unknown";
}

const char *message_event_name(enum message_event event)
{
	return (unsigned)event < MESSAGE_EVENT_COUNT ? event_names[event].name : "unknown";
}

static const char *node(enum message_state state)
{
	return state == MESSAGE_NONE ? "[*]" : message_state_name(state);
}

void message_state_diagram(FILE *out)
{
	fputs("stateDiagram-v2\n", out);
	for (size_t i = 0; i < message_step_count; i++)
		fprintf(out, "    %s --> %s: %s\n", node(message_steps[i].from), node(message_steps[i].to),
			message_event_name(message_steps[i].event));
}
