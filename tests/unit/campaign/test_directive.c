// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Directives: the table of their life is closed; each rule holds just beyond its threshold and not at it;
// amounts and what the clock does by hand-worked figures.
#include "services/campaign/core/directive.h"

#include "common/base/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ACTION(name) UTARG__V1__DIRECTIVE_ACTION__DIRECTIVE_ACTION_##name
#define STATE(name)  UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_##name
enum { MILLION = 1000000 };

// ---- the table -----------------------------------------------------------------------------------------

static void every_state_is_reached_and_every_event_used(void **state)
{
	bool reached[DIRECTIVE_STATE_COUNT] = {[DIRECTIVE_NONE] = true};
	bool used[DIRECTIVE_EVENT_COUNT] = {false};

	(void)state;
	for (int round = 0; round < (int)DIRECTIVE_STATE_COUNT; round++) {
		for (size_t i = 0; i < directive_step_count; i++) {
			const struct directive_step *step = &directive_steps[i];

			if (reached[step->from])
				reached[step->to] = true;
			used[step->event] = true;
			assert_true(strlen(step->why) > 0);
			assert_int_not_equal(step->from, step->to);
			assert_int_not_equal(step->to, DIRECTIVE_NONE);
		}
	}
	for (int s = 0; s < (int)DIRECTIVE_STATE_COUNT; s++) {
		assert_true(reached[s]);
		assert_string_not_equal(directive_state_name((enum directive_state)s), "unknown");
	}
	for (int event = 0; event < DIRECTIVE_EVENT_COUNT; event++) {
		assert_true(used[event]);
		assert_string_not_equal(directive_event_name((enum directive_event)event), "unknown");
	}
}

static void the_same_way_stands_twice_only_with_guards(void **state)
{
	(void)state;
	for (size_t i = 0; i < directive_step_count; i++) {
		for (size_t k = i + 1; k < directive_step_count; k++) {
			const struct directive_step *a = &directive_steps[i], *b = &directive_steps[k];

			if (a->from != b->from || a->event != b->event)
				continue;
			assert_non_null(a->guard);
			assert_non_null(b->guard);
			assert_ptr_not_equal(a->guard, b->guard);
		}
	}
}

static void what_is_over_is_over(void **state)
{
	Utarg__V1__Directive directive = UTARG__V1__DIRECTIVE__INIT;
	const enum directive_state terminal[] = {DIRECTIVE_REJECTED, DIRECTIVE_FAILED, DIRECTIVE_EXPIRED,
						 DIRECTIVE_SUPERSEDED, DIRECTIVE_LIFTED};
	struct err e = {0};

	(void)state;
	directive.directive_id = (char[]){"17"};
	for (int s = 0; s < (int)DIRECTIVE_STATE_COUNT; s++) {
		bool is_terminal = false;

		for (size_t i = 0; i < sizeof(terminal) / sizeof(terminal[0]); i++)
			is_terminal |= (int)terminal[i] == s;
		assert_int_equal(directive_state_is_terminal((enum directive_state)s), is_terminal);
		for (int event = 0; is_terminal && event < DIRECTIVE_EVENT_COUNT; event++) {
			enum directive_state to;

			directive.state = (Utarg__V1__DirectiveState)s;
			assert_false(directive_state_step(&directive, (enum directive_event)event, &to, &e));
			assert_int_equal(e.code, ERR_REFUSED);
		}
	}
	// A confirmed one about money stays; one that stopped an offer can be lifted.
	enum directive_state to;
	directive.state = STATE(CONFIRMED);
	directive.action = ACTION(LOWER);
	assert_false(directive_state_step(&directive, DIRECTIVE_LIFT, &to, &e));
	assert_string_equal(e.text, "directive 17 cannot be lifted unless it stops an offer");
	directive.action = ACTION(STOP_OFFER);
	assert_true(directive_state_step(&directive, DIRECTIVE_LIFT, &to, &e));
	assert_int_equal(to, DIRECTIVE_LIFTED);
}

static void approval_is_asked_or_was_given(void **state)
{
	Utarg__V1__Directive directive = UTARG__V1__DIRECTIVE__INIT;
	enum directive_state to;
	struct err e = {0};

	(void)state;
	directive.directive_id = (char[]){"17"};
	assert_true(directive_state_step(&directive, DIRECTIVE_ISSUE, &to, &e));
	assert_int_equal(to, DIRECTIVE_ISSUED);
	directive.needs_approval = true;
	assert_true(directive_state_step(&directive, DIRECTIVE_ISSUE, &to, &e));
	assert_int_equal(to, DIRECTIVE_AWAITING);
	directive.state = STATE(AWAITING_APPROVAL);
	assert_false(directive_state_step(&directive, DIRECTIVE_CONFIRM, &to, &e));
	assert_string_equal(e.text, "directive 17 is awaiting approval and cannot be confirmed");
	assert_false(directive_state_leads(DIRECTIVE_APPROVE, DIRECTIVE_ISSUED));
	assert_true(directive_state_leads(DIRECTIVE_APPROVE, DIRECTIVE_APPROVED));
}

static void names_are_those_of_the_contract(void **state)
{
	(void)state;
	for (int s = 1; s < (int)DIRECTIVE_STATE_COUNT; s++) {
		const ProtobufCEnumValue *value =
			protobuf_c_enum_descriptor_get_value(&utarg__v1__directive_state__descriptor, s);

		assert_non_null(value);
		const char *name = value->name + strlen("DIRECTIVE_STATE_");
		const char *word = directive_state_name((enum directive_state)s);
		for (size_t i = 0; i <= strlen(name); i++)
			assert_int_equal(word[i] >= 'a' ? word[i] - 'a' + 'A' : word[i], name[i]);
	}
	assert_null(protobuf_c_enum_descriptor_get_value(&utarg__v1__directive_state__descriptor,
							 (int)DIRECTIVE_STATE_COUNT));
}

// ---- rules ---------------------------------------------------------------------------------------------

static struct directive_figure known(int64_t millionths)
{
	return (struct directive_figure){
		.is_known = true, .millionths = millionths, .kpi = "f", .value = "v"};
}

static const char *name_of(const struct directive_facts *facts)
{
	const struct directive_rule *rule = directive_judge(facts);

	return rule == NULL ? "none" : rule->name;
}

static void rules_hold_beyond_their_thresholds(void **state)
{
	const struct {
		int64_t pace, goal, roas; // -1: unknown
		const char *rule;
	} rows[] = {
		{-1, -1, -1, "none"},
		{-1, 499999, -1, "far_from_goal"},
		{-1, 500000, -1, "short_of_goal"},
		{-1, 799999, 5000000, "short_of_goal"},
		{-1, 800000, -1, "none"},
		{-1, -1, 999999, "does_not_pay"},
		{-1, -1, 1000000, "none"},
		{-1, 800000, 999999, "none"}, // a goal was set and is reached well enough
		{1200000, -1, 2000000, "none"},
		{1200001, -1, 2000000, "ahead"},
		{1200001, 3000000, -1, "ahead"},
		{800000, -1, 2000000, "none"},
		{799999, -1, 1000000, "behind"},
		{799999, 1000000, 500000, "behind"},
		{799999, 999999, 2000000, "none"}, // not worth more money
		{799999, -1, -1, "none"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct directive_facts facts = {.has_budget = true,
						.budget_minor = 100,
						.spent_minor = 50,
						.orders = known(20 * MILLION)};

		if (rows[i].pace >= 0)
			facts.pace = known(rows[i].pace);
		if (rows[i].goal >= 0)
			facts.goal = known(rows[i].goal);
		if (rows[i].roas >= 0)
			facts.roas = known(rows[i].roas);
		assert_string_equal(name_of(&facts), rows[i].rule);
		// Fewer orders than the minimum are no reason for anything.
		facts.orders.millionths--;
		assert_string_equal(name_of(&facts), "none");
		facts.minimum_orders = 19;
		assert_string_equal(name_of(&facts), rows[i].rule);
		facts.orders.is_known = false;
		assert_string_equal(name_of(&facts), "none");
	}
}

static void a_spent_budget_is_not_raised(void **state)
{
	struct directive_facts facts = {.has_budget = true,
					.budget_minor = 100,
					.spent_minor = 99,
					.orders = known(20 * MILLION),
					.pace = known(100000),
					.roas = known(2 * MILLION)};

	(void)state;
	assert_string_equal(name_of(&facts), "behind");
	facts.spent_minor = 100;
	assert_string_equal(name_of(&facts), "none");
	facts.has_budget = false;
	assert_string_equal(name_of(&facts), "none");
}

static void stock_needs_no_orders(void **state)
{
	struct directive_facts facts = {.has_stock = true, .stock = 0, .sku = "MUG", .stock_revision = 7};
	char evidence[DIRECTIVE_EVIDENCE_SIZE];

	(void)state;
	assert_string_equal(name_of(&facts), "out_of_stock");
	directive_evidence(&facts, evidence);
	assert_string_equal(evidence, "stock of MUG: 0 (revision 7)");
	facts.stock = -3;
	assert_string_equal(name_of(&facts), "out_of_stock");
	facts.stock = 1;
	assert_string_equal(name_of(&facts), "none");
	facts.stock = INT64_MAX;
	assert_string_equal(name_of(&facts), "none");
}

static void goals_of_which_less_is_better_are_turned_round(void **state)
{
	(void)state;
	assert_int_equal(directive_goal("roas", 1500000), 1500000);
	assert_int_equal(directive_goal("attributed_orders_linear", 400000), 400000);
	assert_int_equal(directive_goal("cost_per_order", 2 * MILLION), 500000);
	assert_int_equal(directive_goal("cost_per_order_linear", 500000), 2 * MILLION);
	assert_int_equal(directive_goal("cac", 3 * MILLION), 333333);
	assert_int_equal(directive_goal("cpc", 0), INT64_MAX);
	assert_int_equal(directive_goal("cpcs", 400000), 400000);
}

// ---- amounts -------------------------------------------------------------------------------------------

static const struct directive_rule *rule_named(const char *name)
{
	for (size_t i = 0; i < directive_rule_count; i++) {
		if (strcmp(directive_rules[i].name, name) == 0)
			return &directive_rules[i];
	}
	fail_msg("there is no rule %s", name);
	return NULL;
}

static void what_is_left_goes_to_the_days_left(void **state)
{
	Utarg__V1__WeekdayCurve curve = UTARG__V1__WEEKDAY_CURVE__INIT;
	struct directive_facts facts = {.has_budget = true,
					.budget_minor = 10000,
					.spent_minor = 3000,
					.currency = "PLN",
					.last_day_days = zone_date_days((struct zone_date){2026, 12, 6}),
					.today_days = zone_date_days((struct zone_date){2026, 11, 26})};
	int64_t minor = -1;

	(void)state;
	// 70.00 for eleven days, Thursday to Sunday week.
	assert_true(directive_amount(rule_named("ahead"), &facts, &minor));
	assert_int_equal(minor, 7000 / 11);
	// Weekends count three: of Thu Fri Sat Sun (1 1 3 3) and a week of 11 the Thursday is 1 of 19.
	curve.monday = curve.tuesday = curve.wednesday = curve.thursday = curve.friday = 1;
	curve.saturday = curve.sunday = 3;
	facts.curve = &curve;
	assert_true(directive_amount(rule_named("behind"), &facts, &minor));
	assert_int_equal(minor, 7000 / 19);
	facts.spent_minor = 12000;
	assert_true(directive_amount(rule_named("ahead"), &facts, &minor));
	assert_int_equal(minor, 0);
	facts.last_day_days = INT64_MAX;
	assert_false(directive_amount(rule_named("ahead"), &facts, &minor));
	facts.last_day_days = facts.today_days - 1;
	assert_false(directive_amount(rule_named("ahead"), &facts, &minor));
	assert_false(directive_amount(rule_named("far_from_goal"), &facts, &minor));
}

static void a_fifth_less_than_the_mean_day(void **state)
{
	struct directive_facts facts = {.currency = "PLN", .spend = known(0), .spend_days = 4};
	int64_t minor = -1;

	(void)state;
	strcpy(facts.spend.value, "123.45");
	strcpy(facts.spend.currency, "PLN");
	assert_true(directive_amount(rule_named("does_not_pay"), &facts, &minor));
	assert_int_equal(minor, 12345 * 4 / 5 / 4);
	facts.currency = "EUR"; // the budget's is another
	assert_false(directive_amount(rule_named("does_not_pay"), &facts, &minor));
}

static void evidence_names_figures_with_their_pedigree(void **state)
{
	struct directive_facts facts = {
		.pace = {true, 1350000, "pace", "1.350000", "day", "2026-11-25", "", 12, 31},
		.orders = {true, 20 * MILLION, "attributed_orders", "20.000000", "week", "2026-11-23", "", 14,
			   30}};
	char evidence[DIRECTIVE_EVIDENCE_SIZE];

	(void)state;
	facts.pace.revision = facts.orders.revision = 12;
	facts.pace.as_of_seq = 31;
	facts.orders.as_of_seq = 30;
	directive_evidence(&facts, evidence);
	assert_string_equal(evidence,
			    "pace 1.350000 (day 2026-11-25, revision 12), attributed_orders 20.000000 "
			    "(week 2026-11-23, revision 12); as of event 30");
	assert_int_equal(directive_as_of_seq(&facts), 30);
}

// ---- one after another -----------------------------------------------------------------------------------

static void nobody_is_told_twice(void **state)
{
	const struct {
		Utarg__V1__DirectiveState last;
		Utarg__V1__DirectiveAction action;
		enum directive_room same_action_today, other_action_today, other_action_later,
			same_action_later;
	} rows[] = {
		{STATE(AWAITING_APPROVAL), ACTION(LOWER), DIRECTIVE_NO_ROOM, DIRECTIVE_NO_ROOM,
		 DIRECTIVE_ROOM_AFTER, DIRECTIVE_NO_ROOM},
		{STATE(APPROVED), ACTION(LOWER), DIRECTIVE_NO_ROOM, DIRECTIVE_NO_ROOM, DIRECTIVE_ROOM_AFTER,
		 DIRECTIVE_NO_ROOM},
		{STATE(CONFIRMED), ACTION(LOWER), DIRECTIVE_NO_ROOM, DIRECTIVE_NO_ROOM, DIRECTIVE_ROOM,
		 DIRECTIVE_ROOM},
		{STATE(REJECTED), ACTION(LOWER), DIRECTIVE_NO_ROOM, DIRECTIVE_NO_ROOM, DIRECTIVE_ROOM,
		 DIRECTIVE_ROOM},
		{STATE(SUPERSEDED), ACTION(LOWER), DIRECTIVE_ROOM, DIRECTIVE_ROOM, DIRECTIVE_ROOM,
		 DIRECTIVE_ROOM},
		{STATE(EXPIRED), ACTION(LOWER), DIRECTIVE_ROOM, DIRECTIVE_ROOM, DIRECTIVE_ROOM,
		 DIRECTIVE_ROOM},
	};

	(void)state;
	assert_int_equal(directive_room(NULL, ACTION(LOWER), "2026-11-26"), DIRECTIVE_ROOM);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		Utarg__V1__Directive last = UTARG__V1__DIRECTIVE__INIT;

		last.state = rows[i].last;
		last.action = rows[i].action;
		last.day = (char[]){"2026-11-26"};
		assert_int_equal(directive_room(&last, ACTION(LOWER), "2026-11-26"),
				 rows[i].same_action_today);
		assert_int_equal(directive_room(&last, ACTION(RAISE), "2026-11-26"),
				 rows[i].other_action_today);
		assert_int_equal(directive_room(&last, ACTION(RAISE), "2026-11-27"),
				 rows[i].other_action_later);
		assert_int_equal(directive_room(&last, ACTION(LOWER), "2026-11-27"),
				 rows[i].same_action_later);
	}
	Utarg__V1__Directive stop = UTARG__V1__DIRECTIVE__INIT;
	stop.state = STATE(CONFIRMED);
	stop.action = ACTION(STOP_OFFER);
	stop.day = (char[]){"2026-11-26"};
	assert_int_equal(directive_room(&stop, ACTION(STOP_OFFER), "2026-12-31"), DIRECTIVE_NO_ROOM);
	stop.state = STATE(LIFTED);
	assert_int_equal(directive_room(&stop, ACTION(STOP_OFFER), "2026-11-26"), DIRECTIVE_ROOM);
}

static void the_clock_ends_what_is_over(void **state)
{
	Utarg__V1__Directive directive = UTARG__V1__DIRECTIVE__INIT;
	struct directive_now now = {.is_running = true,
				    .campaign_is = "campaign spring is paused",
				    .today_days = zone_date_days((struct zone_date){2026, 11, 27})};
	enum directive_event event;
	const char *note;

	(void)state;
	directive.state = STATE(APPROVED);
	directive.action = ACTION(LOWER);
	directive.day = (char[]){"2026-11-26"};
	assert_false(directive_due(&directive, &now, &event, &note));
	now.today_days++;
	assert_true(directive_due(&directive, &now, &event, &note));
	assert_int_equal(event, DIRECTIVE_EXPIRE);
	now.today_days--;
	now.is_running = false;
	assert_true(directive_due(&directive, &now, &event, &note));
	assert_string_equal(note, "campaign spring is paused");
	directive.state = STATE(CONFIRMED);
	assert_false(directive_due(&directive, &now, &event, &note));
	// Stops wait for the stock, however long.
	now.is_running = now.has_stock = true;
	now.today_days += 100;
	directive.action = ACTION(STOP_OFFER);
	assert_false(directive_due(&directive, &now, &event, &note));
	now.stock = 1;
	assert_true(directive_due(&directive, &now, &event, &note));
	assert_int_equal(event, DIRECTIVE_LIFT);
	directive.state = STATE(AWAITING_APPROVAL);
	assert_true(directive_due(&directive, &now, &event, &note));
	assert_int_equal(event, DIRECTIVE_EXPIRE);
	directive.state = STATE(REJECTED);
	assert_false(directive_due(&directive, &now, &event, &note));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_is_reached_and_every_event_used),
		cmocka_unit_test(the_same_way_stands_twice_only_with_guards),
		cmocka_unit_test(what_is_over_is_over),
		cmocka_unit_test(approval_is_asked_or_was_given),
		cmocka_unit_test(names_are_those_of_the_contract),
		cmocka_unit_test(rules_hold_beyond_their_thresholds),
		cmocka_unit_test(a_spent_budget_is_not_raised),
		cmocka_unit_test(stock_needs_no_orders),
		cmocka_unit_test(goals_of_which_less_is_better_are_turned_round),
		cmocka_unit_test(what_is_left_goes_to_the_days_left),
		cmocka_unit_test(a_fifth_less_than_the_mean_day),
		cmocka_unit_test(evidence_names_figures_with_their_pedigree),
		cmocka_unit_test(nobody_is_told_twice),
		cmocka_unit_test(the_clock_ends_what_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
