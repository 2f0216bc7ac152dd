// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Why a directive is issued: rules as a table, with their thresholds and their sentences, over figures that
// metrics computed and what is in stock. Pure: the figures and the day are handed in.
#pragma once

#include "common/base/money.h"
#include "services/campaign/core/directive_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { DIRECTIVE_MINIMUM_ORDERS = 20, DIRECTIVE_CONDITIONS_MAX = 3, DIRECTIVE_EVIDENCE_SIZE = 900 };

// What rules look at, in millionths. GOAL: how far the campaign's goal is reached, 1 as a whole: the pace of
// its target; of figures of which less is better (cost_per_order, cac, cpc) the other way round. WORTH: GOAL,
// or ROAS where no goal is set.
enum directive_measure {
	DIRECTIVE_PACE,
	DIRECTIVE_GOAL,
	DIRECTIVE_ROAS,
	DIRECTIVE_WORTH,
	DIRECTIVE_BUDGET_LEFT, // share of the budget
	DIRECTIVE_STOCK,       // pieces
	DIRECTIVE_MEASURE_COUNT
};

enum directive_relation {
	DIRECTIVE_ALWAYS,
	DIRECTIVE_BELOW,
	DIRECTIVE_ABOVE,
	DIRECTIVE_NOT_BELOW,
	DIRECTIVE_UNKNOWN
};

struct directive_condition {
	enum directive_measure measure;
	enum directive_relation relation;
	int64_t millionths; // of DIRECTIVE_STOCK too: pieces times a million
};

// How much a directive says to spend a day.
enum directive_amount { DIRECTIVE_NO_AMOUNT, DIRECTIVE_WHAT_IS_LEFT, DIRECTIVE_A_FIFTH_LESS };

struct directive_rule {
	const char *name;
	Utarg__V1__DirectiveAction action;
	struct directive_condition when[DIRECTIVE_CONDITIONS_MAX]; // all of them
	enum directive_amount amount;
	bool at_any_number;   // of orders
	const char *sentence; // "it spends more than 1.2 times what was due"
};

// In order: the first that holds counts.
extern const struct directive_rule directive_rules[];
extern const size_t directive_rule_count;

// A figure as metrics told it.
struct directive_figure {
	bool is_known;
	int64_t millionths;
	char kpi[68];
	char value[MONEY_TEXT_SIZE]; // as told
	char window[16];             // "day"...
	char start[16];              // its first day
	char currency[4];            // of money
	uint64_t revision;
	uint64_t as_of_seq;
};

struct directive_facts {
	const char *campaign;
	struct directive_figure pace, goal, roas, cost_per_order, orders, spend;
	int64_t spend_days;      // days that `spend` is of
	uint32_t minimum_orders; // 0: DIRECTIVE_MINIMUM_ORDERS
	bool has_budget;
	int64_t budget_minor, spent_minor;
	const char *currency;                 // of the budget
	const Utarg__V1__WeekdayCurve *curve; // NULL: all days alike
	int64_t today_days, last_day_days;    // INT64_MAX: for ever
	bool has_stock;                       // of one offer, sku
	int64_t stock;
	const char *sku;
	uint64_t stock_revision;
};

// The rule that asks for something, or NULL.
const struct directive_rule *directive_judge(const struct directive_facts *facts);
// What to spend a day from now on, in the budget's currency; false when nothing is to be said.
bool directive_amount(const struct directive_rule *rule, const struct directive_facts *facts, int64_t *minor);
// The figures that are known, as one line: "pace 1.350000 (day 2026-11-25, revision 12), ...; as of event
// 20".
void directive_evidence(const struct directive_facts *facts, char out[DIRECTIVE_EVIDENCE_SIZE]);
// The oldest position a figure is true at; 0: none is known.
uint64_t directive_as_of_seq(const struct directive_facts *facts);
// How far a goal is reached by the pace of its target; see DIRECTIVE_GOAL.
int64_t directive_goal(const char *kpi, int64_t pace_millionths);

// Whether there is room for this action today, with `last` the latest directive of the same matter (about the
// same offer, or about money; NULL: none). One a day: nobody is told twice.
enum directive_room { DIRECTIVE_ROOM, DIRECTIVE_NO_ROOM, DIRECTIVE_ROOM_AFTER }; // AFTER: last is superseded
enum directive_room directive_room(const Utarg__V1__Directive *last, Utarg__V1__DirectiveAction action,
				   const char *day);
// What the clock does to a directive; false: nothing. *note says why.
struct directive_now {
	bool is_running;         // its campaign
	const char *campaign_is; // "paused"
	bool has_stock;          // of its offer
	int64_t stock;
	int64_t today_days;
};
bool directive_due(const Utarg__V1__Directive *directive, const struct directive_now *now,
		   enum directive_event *event, const char **note);

// The rules as a table in Markdown.
void directive_rules_print(FILE *out);
