// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See directive.h.
#include "services/campaign/core/directive.h"

#include "common/base/zone.h"

#include <string.h>

#define MILLION      INT64_C(1000000)
#define ACTION(name) UTARG__V1__DIRECTIVE_ACTION__DIRECTIVE_ACTION_##name

// clang-format off
const struct directive_rule directive_rules[] = {
	{"out_of_stock", ACTION(STOP_OFFER),
	 {{DIRECTIVE_STOCK, DIRECTIVE_BELOW, MILLION}},
	 DIRECTIVE_NO_AMOUNT, true, "an offer it advertises is out of stock"},
	{"far_from_goal", ACTION(PAUSE),
	 {{DIRECTIVE_GOAL, DIRECTIVE_BELOW, 500000}},
	 DIRECTIVE_NO_AMOUNT, false, "it reaches less than half of its goal"},
	{"short_of_goal", ACTION(LOWER),
	 {{DIRECTIVE_GOAL, DIRECTIVE_BELOW, 800000}},
	 DIRECTIVE_A_FIFTH_LESS, false, "it reaches less than four fifths of its goal"},
	{"does_not_pay", ACTION(LOWER),
	 {{DIRECTIVE_GOAL, DIRECTIVE_UNKNOWN, 0}, {DIRECTIVE_ROAS, DIRECTIVE_BELOW, MILLION}},
	 DIRECTIVE_A_FIFTH_LESS, false, "it has no goal and brings less than it costs"},
	{"ahead", ACTION(LOWER),
	 {{DIRECTIVE_PACE, DIRECTIVE_ABOVE, 1200000}},
	 DIRECTIVE_WHAT_IS_LEFT, false, "it has spent more than 1.2 times what was due"},
	{"behind", ACTION(RAISE),
	 {{DIRECTIVE_PACE, DIRECTIVE_BELOW, 800000}, {DIRECTIVE_WORTH, DIRECTIVE_NOT_BELOW, MILLION},
	  {DIRECTIVE_BUDGET_LEFT, DIRECTIVE_ABOVE, 0}},
	 DIRECTIVE_WHAT_IS_LEFT, false, "it has spent less than four fifths of what was due and is worth it"},
};
// clang-format on
const size_t directive_rule_count = sizeof(directive_rules) / sizeof(directive_rules[0]);

// ---- judging -------------------------------------------------------------------------------------------

static bool measure(const struct directive_facts *facts, enum directive_measure which, int64_t *out)
{
	const struct directive_figure *figure = which == DIRECTIVE_PACE   ? &facts->pace
						: which == DIRECTIVE_GOAL ? &facts->goal
						: which == DIRECTIVE_ROAS ? &facts->roas
						: facts->goal.is_known    ? &facts->goal
									  : &facts->roas;
	money_sum left;

	switch (which) {
	case DIRECTIVE_STOCK:
		*out = facts->stock > INT64_MAX / MILLION   ? INT64_MAX
		       : facts->stock < INT64_MIN / MILLION ? INT64_MIN
							    : facts->stock * MILLION;
		return facts->has_stock;
	case DIRECTIVE_BUDGET_LEFT:
		if (!facts->has_budget || facts->budget_minor <= 0)
			return false;
		left = (money_sum)facts->budget_minor - facts->spent_minor;
		left = left * MILLION / facts->budget_minor;
		*out = left < INT64_MIN ? INT64_MIN : left > INT64_MAX ? INT64_MAX : (int64_t)left;
		return true;
	default:
		*out = figure->millionths;
		return figure->is_known;
	}
}

static bool holds(const struct directive_facts *facts, const struct directive_condition *condition)
{
	int64_t value;

	if (condition->relation == DIRECTIVE_ALWAYS)
		return true;
	if (!measure(facts, condition->measure, &value))
		return condition->relation == DIRECTIVE_UNKNOWN;
	switch (condition->relation) {
	case DIRECTIVE_BELOW:
		return value < condition->millionths;
	case DIRECTIVE_ABOVE:
		return value > condition->millionths;
	case DIRECTIVE_NOT_BELOW:
		return value >= condition->millionths;
	default:
		return false;
	}
}

static bool has_orders(const struct directive_facts *facts)
{
	int64_t least = facts->minimum_orders != 0 ? facts->minimum_orders : DIRECTIVE_MINIMUM_ORDERS;

	return facts->orders.is_known && facts->orders.millionths >= least * MILLION;
}

const struct directive_rule *directive_judge(const struct directive_facts *facts)
{
	bool enough = has_orders(facts);

	for (size_t i = 0; i < directive_rule_count; i++) {
		const struct directive_rule *rule = &directive_rules[i];
		bool all = enough || rule->at_any_number;

		for (int c = 0; all && c < DIRECTIVE_CONDITIONS_MAX; c++)
			all = holds(facts, &rule->when[c]);
		if (all)
			return rule;
	}
	return NULL;
}

int64_t directive_goal(const char *kpi, int64_t pace_millionths)
{
	static const char *const less_is_better[] = {"cost_per_order", "cac", "cpc"};

	for (size_t i = 0; i < sizeof(less_is_better) / sizeof(less_is_better[0]); i++) {
		size_t size = strlen(less_is_better[i]);

		// Other models have the model's name behind it.
		if (strncmp(kpi, less_is_better[i], size) != 0 || (kpi[size] != '\0' && kpi[size] != '_'))
			continue;
		if (pace_millionths <= 0)
			return INT64_MAX;
		return (int64_t)money_div_half_even((money_sum)MILLION * MILLION, pace_millionths);
	}
	return pace_millionths;
}

// ---- amounts -------------------------------------------------------------------------------------------

static int64_t weight_of(const Utarg__V1__WeekdayCurve *curve, int weekday)
{
	if (curve == NULL)
		return 1;
	const uint32_t weights[] = {curve->monday, curve->tuesday,  curve->wednesday, curve->thursday,
				    curve->friday, curve->saturday, curve->sunday};
	return weights[weekday];
}

// 1970-01-01 was a Thursday.
static int weekday_of(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7);
}

// Weights of the days from `first` to `last`, both with.
static money_sum weight_between(const Utarg__V1__WeekdayCurve *curve, int64_t first, int64_t last)
{
	int64_t days = last - first + 1;
	money_sum week = 0, rest = 0;

	for (int i = 0; i < 7; i++)
		week += weight_of(curve, i);
	for (int64_t i = 0; i < days % 7; i++)
		rest += weight_of(curve, weekday_of(first + i));
	return week * (days / 7) + rest;
}

// What is left of the budget, spread over the days left; today's share of it.
static bool spread(const struct directive_facts *facts, int64_t *minor)
{
	money_sum left = (money_sum)facts->budget_minor - facts->spent_minor;

	if (!facts->has_budget || facts->last_day_days == INT64_MAX ||
	    facts->last_day_days < facts->today_days)
		return false;
	money_sum all = weight_between(facts->curve, facts->today_days, facts->last_day_days);
	if (left <= 0 || all <= 0)
		*minor = 0;
	else
		*minor = (int64_t)(left * weight_of(facts->curve, weekday_of(facts->today_days)) / all);
	return true;
}

bool directive_amount(const struct directive_rule *rule, const struct directive_facts *facts, int64_t *minor)
{
	int exponent;
	int64_t spent;

	if (rule->amount == DIRECTIVE_WHAT_IS_LEFT)
		return spread(facts, minor);
	if (rule->amount == DIRECTIVE_NO_AMOUNT || !facts->spend.is_known || facts->spend_days <= 0 ||
	    facts->currency == NULL || strcmp(facts->currency, facts->spend.currency) != 0 ||
	    !money_exponent(facts->currency, &exponent) ||
	    !money_parse(facts->spend.value, exponent, &spent) || spent <= 0)
		return false;
	*minor = (int64_t)((money_sum)spent * 4 / 5 / facts->spend_days);
	return true;
}

// ---- evidence ------------------------------------------------------------------------------------------

enum { FIGURES = 6 };

static void list_figures(const struct directive_facts *facts, const struct directive_figure *out[FIGURES])
{
	out[0] = &facts->pace;
	out[1] = &facts->goal;
	out[2] = &facts->roas;
	out[3] = &facts->cost_per_order;
	out[4] = &facts->orders;
	out[5] = &facts->spend;
}

uint64_t directive_as_of_seq(const struct directive_facts *facts)
{
	const struct directive_figure *figures[FIGURES];
	uint64_t least = 0;

	list_figures(facts, figures);
	for (int i = 0; i < FIGURES; i++) {
		if (figures[i]->is_known && (least == 0 || figures[i]->as_of_seq < least))
			least = figures[i]->as_of_seq;
	}
	return least;
}

static size_t add_figure(const struct directive_figure *figure, char *out, size_t size)
{
	int made = snprintf(out, size, "%s %s (%s %s, revision %llu)", figure->kpi, figure->value,
			    figure->window, figure->start, (unsigned long long)figure->revision);

	return made < 0 ? 0 : (size_t)made < size ? (size_t)made : size - 1;
}

void directive_evidence(const struct directive_facts *facts, char out[DIRECTIVE_EVIDENCE_SIZE])
{
	const struct directive_figure *figures[FIGURES];
	size_t used = 0;

	out[0] = '\0';
	if (facts->has_stock) {
		snprintf(out, DIRECTIVE_EVIDENCE_SIZE, "stock of %s: %lld (revision %llu)", facts->sku,
			 (long long)facts->stock, (unsigned long long)facts->stock_revision);
		return;
	}
	list_figures(facts, figures);
	for (int i = 0; i < FIGURES; i++) {
		if (!figures[i]->is_known)
			continue;
		if (used > 0 && used + 2 < DIRECTIVE_EVIDENCE_SIZE) {
			memcpy(out + used, ", ", 3);
			used += 2;
		}
		used += add_figure(figures[i], out + used, DIRECTIVE_EVIDENCE_SIZE - used);
	}
	snprintf(out + used, DIRECTIVE_EVIDENCE_SIZE - used, "; as of event %llu",
		 (unsigned long long)directive_as_of_seq(facts));
}

// ---- one after another -----------------------------------------------------------------------------------

enum directive_room directive_room(const Utarg__V1__Directive *last, Utarg__V1__DirectiveAction action,
				   const char *day)
{
	if (last == NULL)
		return DIRECTIVE_ROOM;
	switch ((enum directive_state)last->state) {
	case DIRECTIVE_AWAITING:
	case DIRECTIVE_ISSUED:
	case DIRECTIVE_APPROVED:
		if (last->action == action || strcmp(last->day, day) >= 0)
			return DIRECTIVE_NO_ROOM;
		return DIRECTIVE_ROOM_AFTER;
	case DIRECTIVE_CONFIRMED:
		if (action == ACTION(STOP_OFFER))
			return DIRECTIVE_NO_ROOM; // it stands until it is lifted
		break;
	case DIRECTIVE_EXPIRED:
	case DIRECTIVE_SUPERSEDED:
	case DIRECTIVE_LIFTED:
		return DIRECTIVE_ROOM;
	default:
		break;
	}
	return strcmp(last->day, day) < 0 ? DIRECTIVE_ROOM : DIRECTIVE_NO_ROOM;
}

static bool is_old(const Utarg__V1__Directive *directive, int64_t today_days)
{
	struct zone_date day;

	return !zone_date_parse(directive->day, &day) || zone_date_days(day) + 1 < today_days;
}

bool directive_due(const Utarg__V1__Directive *directive, const struct directive_now *now,
		   enum directive_event *event, const char **note)
{
	bool is_open = directive_state_is_open((enum directive_state)directive->state);
	bool stops = directive->action == ACTION(STOP_OFFER);

	*event = DIRECTIVE_EXPIRE;
	if (stops && now->has_stock && now->stock > 0) {
		*note = "the offer is in stock again";
		if (directive->state == UTARG__V1__DIRECTIVE_STATE__DIRECTIVE_STATE_CONFIRMED) {
			*event = DIRECTIVE_LIFT;
			return true;
		}
		return is_open;
	}
	if (is_open && !now->is_running) {
		*note = now->campaign_is;
		return true;
	}
	*note = "not done by the end of the day after";
	return is_open && !stops && is_old(directive, now->today_days);
}

// ---- told ------------------------------------------------------------------------------------------------

static const char *const measure_names[DIRECTIVE_MEASURE_COUNT] = {
	[DIRECTIVE_PACE] = "pace",
	[DIRECTIVE_GOAL] = "goal",
	[DIRECTIVE_ROAS] = "roas",
	[DIRECTIVE_WORTH] = "goal, or roas without one,",
	[DIRECTIVE_BUDGET_LEFT] = "share of the budget left",
	[DIRECTIVE_STOCK] = "stock",
};

static void print_condition(FILE *out, const struct directive_condition *condition)
{
	char number[MONEY_TEXT_SIZE];
	const char *const words[] = {[DIRECTIVE_BELOW] = "below ",
				     [DIRECTIVE_ABOVE] = "above ",
				     [DIRECTIVE_NOT_BELOW] = "at least "};

	fputs(measure_names[condition->measure], out);
	if (condition->relation == DIRECTIVE_UNKNOWN)
		fputs(" unknown", out);
	else
		fprintf(out, " %s%s", words[condition->relation],
			money_text(condition->millionths / 10000, 2, number));
}

void directive_rules_print(FILE *out)
{
	static const char *const amounts[] = {
		[DIRECTIVE_NO_AMOUNT] = "-",
		[DIRECTIVE_WHAT_IS_LEFT] =
			"what is left of the budget, spread over the days left by the weekday curve",
		[DIRECTIVE_A_FIFTH_LESS] = "a fifth less than the mean day of the window",
	};

	fputs("| rule | action | when | orders | spend a day | sentence |\n|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < directive_rule_count; i++) {
		const struct directive_rule *rule = &directive_rules[i];
		const ProtobufCEnumValue *action = protobuf_c_enum_descriptor_get_value(
			&utarg__v1__directive_action__descriptor, (int)rule->action);

		fprintf(out, "| `%s` | %s | ", rule->name, action->name + strlen("DIRECTIVE_ACTION_"));
		for (int c = 0; c < DIRECTIVE_CONDITIONS_MAX; c++) {
			if (rule->when[c].relation == DIRECTIVE_ALWAYS)
				continue;
			if (c > 0)
				fputs("; ", out);
			print_condition(out, &rule->when[c]);
		}
		fprintf(out, " | %s | %s | %s |\n", rule->at_any_number ? "any number" : "the minimum",
			amounts[rule->amount], rule->sentence);
	}
}
