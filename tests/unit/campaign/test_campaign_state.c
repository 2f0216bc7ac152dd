// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The table of a campaign's life is closed: every state is reached, no way stands there twice, what has no
// way out is final, and the diagram is the table.
#include "services/campaign/core/campaign_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct campaign_facts plenty = {
	.today_days = 20000, .first_day_days = INT64_MIN, .last_day_days = INT64_MAX};

static void every_state_is_reached(void **state)
{
	bool reached[CAMPAIGN_STATE_COUNT] = {[CAMPAIGN_NONE] = true};

	(void)state;
	for (int round = 0; round < (int)CAMPAIGN_STATE_COUNT; round++) {
		for (size_t i = 0; i < campaign_step_count; i++) {
			if (reached[campaign_steps[i].from])
				reached[campaign_steps[i].to] = true;
		}
	}
	for (int s = 0; s < (int)CAMPAIGN_STATE_COUNT; s++)
		assert_true(reached[s]);
}

static void no_way_stands_twice_without_guards(void **state)
{
	(void)state;
	for (size_t i = 0; i < campaign_step_count; i++) {
		for (size_t k = i + 1; k < campaign_step_count; k++) {
			const struct campaign_step *a = &campaign_steps[i], *b = &campaign_steps[k];

			if (a->from != b->from || a->event != b->event)
				continue;
			assert_non_null(a->guard);
			assert_non_null(b->guard);
			assert_ptr_not_equal(a->guard, b->guard);
		}
	}
}

static void every_event_is_used_and_every_row_is_told(void **state)
{
	bool used[CAMPAIGN_EVENT_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < campaign_step_count; i++) {
		used[campaign_steps[i].event] = true;
		assert_non_null(campaign_steps[i].why);
		assert_true(strlen(campaign_steps[i].why) > 0);
		// Only more money changes something and leaves the state.
		if (campaign_steps[i].event != CAMPAIGN_REFILL)
			assert_int_not_equal(campaign_steps[i].from, campaign_steps[i].to);
		assert_int_not_equal(campaign_steps[i].to, CAMPAIGN_NONE);
	}
	for (int event = 0; event < CAMPAIGN_EVENT_COUNT; event++) {
		assert_true(used[event]);
		assert_string_not_equal(campaign_event_name((enum campaign_event)event), "unknown");
	}
}

static void only_archived_is_terminal(void **state)
{
	(void)state;
	for (int s = 0; s < (int)CAMPAIGN_STATE_COUNT; s++)
		assert_int_equal(campaign_state_is_terminal((enum campaign_state)s),
				 s == (int)CAMPAIGN_ARCHIVED);
}

static void nothing_leaves_a_terminal_state(void **state)
{
	(void)state;
	for (int event = 0; event < CAMPAIGN_EVENT_COUNT; event++) {
		enum campaign_state to;

		assert_false(campaign_state_step("spring", CAMPAIGN_ARCHIVED, (enum campaign_event)event,
						 &plenty, &to, NULL));
	}
}

static void create_runs_and_end_ends(void **state)
{
	enum campaign_state to = CAMPAIGN_NONE;

	(void)state;
	assert_true(campaign_state_step("spring", CAMPAIGN_NONE, CAMPAIGN_CREATE, &plenty, &to, NULL));
	assert_int_equal(to, CAMPAIGN_RUNNING);
	assert_true(campaign_state_step("spring", to, CAMPAIGN_END, &plenty, &to, NULL));
	assert_int_equal(to, CAMPAIGN_ENDED);
	assert_true(campaign_state_leads(CAMPAIGN_CREATE, CAMPAIGN_APPROVED));
	assert_false(campaign_state_leads(CAMPAIGN_PREPARE, CAMPAIGN_RUNNING));
}

static void what_the_clock_does(void **state)
{
	struct campaign_facts facts = plenty;
	enum campaign_event event;
	enum campaign_state to;

	(void)state;
	// One without days is started and ended by hand.
	for (int s = 0; s < (int)CAMPAIGN_STATE_COUNT; s++)
		assert_false(campaign_state_due((enum campaign_state)s, &facts, &event));
	facts.first_day_days = facts.today_days + 1;
	assert_true(campaign_state_step("spring", CAMPAIGN_NONE, CAMPAIGN_CREATE, &facts, &to, NULL));
	assert_int_equal(to, CAMPAIGN_APPROVED);
	assert_false(campaign_state_due(CAMPAIGN_APPROVED, &facts, &event));
	facts.first_day_days--;
	assert_true(campaign_state_due(CAMPAIGN_APPROVED, &facts, &event));
	assert_int_equal(event, CAMPAIGN_START);
	assert_false(campaign_state_due(CAMPAIGN_DRAFT, &facts, &event)); // nobody agreed
	assert_false(campaign_state_due(CAMPAIGN_PAUSED, &facts, &event));
	facts.has_budget = true;
	facts.budget_minor = facts.spent_minor = 100;
	assert_true(campaign_state_due(CAMPAIGN_RUNNING, &facts, &event));
	assert_int_equal(event, CAMPAIGN_EXHAUST);
	facts.last_day_days = facts.today_days;
	assert_int_equal(event, CAMPAIGN_EXHAUST);
	facts.last_day_days--;
	for (int s = 0; s < (int)CAMPAIGN_STATE_COUNT; s++) {
		const bool is_live = s >= (int)CAMPAIGN_APPROVED && s <= (int)CAMPAIGN_EXHAUSTED;

		assert_int_equal(campaign_state_due((enum campaign_state)s, &facts, &event), is_live);
		// What the clock asks for, the table allows.
		if (is_live)
			assert_true(campaign_state_step("spring", (enum campaign_state)s, event, &facts, &to,
							NULL));
	}
}

static void ending_twice_is_refused_with_a_sentence(void **state)
{
	enum campaign_state to = CAMPAIGN_NONE;
	struct err e = {0};

	(void)state;
	assert_false(campaign_state_step("spring", CAMPAIGN_ENDED, CAMPAIGN_END, NULL, &to, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_string_equal(e.text, "campaign spring is ended and cannot be ended");
	assert_int_equal(to, CAMPAIGN_NONE);
	assert_false(campaign_state_step("spring", CAMPAIGN_NONE, CAMPAIGN_END, NULL, &to, &e));
	assert_string_equal(e.text, "there is no campaign spring that could be ended");
}

static void guards_ask_the_facts(void **state)
{
	struct campaign_facts facts = {.today_days = 10, .first_day_days = 11};
	enum campaign_state to;
	struct err e = {0};

	(void)state;
	assert_false(campaign_state_step("spring", CAMPAIGN_APPROVED, CAMPAIGN_START, &facts, &to, &e));
	assert_string_equal(e.text, "campaign spring cannot be started before its first day has come");
	facts.today_days = 11;
	assert_true(campaign_state_step("spring", CAMPAIGN_APPROVED, CAMPAIGN_START, &facts, &to, &e));
	facts = (struct campaign_facts){.has_budget = true, .budget_minor = 100, .spent_minor = 99};
	assert_false(campaign_state_step("spring", CAMPAIGN_RUNNING, CAMPAIGN_EXHAUST, &facts, &to, &e));
	assert_true(campaign_state_step("spring", CAMPAIGN_EXHAUSTED, CAMPAIGN_REFILL, &facts, &to, &e));
	facts.spent_minor = 100;
	assert_true(campaign_state_step("spring", CAMPAIGN_RUNNING, CAMPAIGN_EXHAUST, &facts, &to, &e));
	assert_false(campaign_state_step("spring", CAMPAIGN_EXHAUSTED, CAMPAIGN_REFILL, &facts, &to, &e));
	facts.has_budget = false;
	assert_false(campaign_state_step("spring", CAMPAIGN_RUNNING, CAMPAIGN_EXHAUST, &facts, &to, &e));
}

static void names_are_those_of_the_contract(void **state)
{
	(void)state;
	for (int s = 1; s < (int)CAMPAIGN_STATE_COUNT; s++) {
		const ProtobufCEnumValue *value =
			protobuf_c_enum_descriptor_get_value(&utarg__v1__campaign_state__descriptor, s);
		char name[64] = "CAMPAIGN_STATE_";
		size_t used = strlen(name);

		assert_non_null(value);
		for (const char *c = campaign_state_name((enum campaign_state)s); *c != '\0'; c++)
			name[used++] = (char)(*c - 'a' + 'A');
		assert_string_equal(value->name, name);
	}
	assert_null(protobuf_c_enum_descriptor_get_value(&utarg__v1__campaign_state__descriptor,
							 (int)CAMPAIGN_STATE_COUNT));
	assert_string_equal(campaign_state_name((enum campaign_state)99), "unknown");
}

static size_t count_lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

static void the_diagram_is_the_table(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	campaign_state_diagram(out);
	fclose(out);
	assert_ptr_equal(strstr(text, "stateDiagram-v2\n"), text);
	assert_non_null(strstr(text, "    [*] --> running: create [its first day has come]\n"));
	assert_non_null(strstr(text, "    running --> ended: end\n"));
	assert_non_null(strstr(text, "    approved --> running: start [its first day has come]\n"));
	assert_non_null(strstr(text, "    archived --> [*]\n"));
	assert_int_equal(count_lines(text), 1 + campaign_step_count + 1);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_reached),
		cmocka_unit_test(no_way_stands_twice_without_guards),
		cmocka_unit_test(every_event_is_used_and_every_row_is_told),
		cmocka_unit_test(only_archived_is_terminal),
		cmocka_unit_test(nothing_leaves_a_terminal_state),
		cmocka_unit_test(create_runs_and_end_ends),
		cmocka_unit_test(what_the_clock_does),
		cmocka_unit_test(ending_twice_is_refused_with_a_sentence),
		cmocka_unit_test(guards_ask_the_facts),
		cmocka_unit_test(names_are_those_of_the_contract),
		cmocka_unit_test(the_diagram_is_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
