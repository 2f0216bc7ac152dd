// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of a message's life is closed: every state is reached, no way stands there twice, what has no row
// is refused, and the diagram is the table.
#include "services/campaign/core/message_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void every_state_is_reached(void **state)
{
	bool reached[MESSAGE_STATE_COUNT] = {[MESSAGE_NONE] = true};

	(void)state;
	for (int round = 0; round < (int)MESSAGE_STATE_COUNT; round++) {
		for (size_t i = 0; i < message_step_count; i++) {
			if (reached[message_steps[i].from])
				reached[message_steps[i].to] = true;
		}
	}
	for (int s = 0; s < (int)MESSAGE_STATE_COUNT; s++)
		assert_true(reached[s]);
}

static void no_way_stands_twice_and_every_row_is_told(void **state)
{
	bool used[MESSAGE_EVENT_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < message_step_count; i++) {
		used[message_steps[i].event] = true;
		assert_true(strlen(message_steps[i].why) > 0);
		assert_int_not_equal(message_steps[i].to, MESSAGE_NONE);
		for (size_t k = i + 1; k < message_step_count; k++)
			assert_false(message_steps[i].from == message_steps[k].from &&
				     message_steps[i].event == message_steps[k].event);
	}
	for (int event = 0; event < MESSAGE_EVENT_COUNT; event++) {
		assert_true(used[event]);
		assert_string_not_equal(message_event_name((enum message_event)event), "unknown");
	}
}

static void what_has_no_row_is_refused(void **state)
{
	(void)state;
	for (int from = 0; from < (int)MESSAGE_STATE_COUNT; from++) {
		for (int event = 0; event < MESSAGE_EVENT_COUNT; event++) {
			enum message_state to = MESSAGE_NONE;
			bool is_row = false;

			for (size_t i = 0; i < message_step_count; i++)
				is_row = is_row || ((int)message_steps[i].from == from &&
						    (int)message_steps[i].event == event);
			assert_int_equal(message_state_step("mugs", (enum message_state)from,
							    (enum message_event)event, &to, NULL),
					 is_row);
		}
	}
}

static void a_refusal_names_the_fact(void **state)
{
	struct err e = {0};
	enum message_state to;

	(void)state;
	assert_false(message_state_step("mugs", MESSAGE_WITHDRAWN, MESSAGE_WITHDRAW, &to, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_string_equal(e.text, "message mugs is withdrawn and cannot be withdrawn");
	assert_false(message_state_step("mugs", MESSAGE_NONE, MESSAGE_WITHDRAW, &to, &e));
	assert_string_equal(e.text, "there is no message mugs that could be withdrawn");
}

static void the_diagram_is_the_table(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	message_state_diagram(out);
	fclose(out);
	assert_string_equal(text, "stateDiagram-v2\n"
				  "    [*] --> published: publish\n"
				  "    published --> published: publish\n"
				  "    published --> withdrawn: withdraw\n"
				  "    withdrawn --> published: publish\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_reached),
		cmocka_unit_test(no_way_stands_twice_and_every_row_is_told),
		cmocka_unit_test(what_has_no_row_is_refused),
		cmocka_unit_test(a_refusal_names_the_fact),
		cmocka_unit_test(the_diagram_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
