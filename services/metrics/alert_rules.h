// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The rules that alerts are raised by: those built in, on for every shop, and the thresholds a shop has set.
// What is to be looked at for a rule, and what it says about what was seen; the tests themselves are
// core/alert.h's. No tables here.
#pragma once

#include "common/base/err.h"
#include "services/metrics/core/alert.h"
#include "services/metrics/figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/metrics.pb-c.h"

struct shop;

enum { ALERT_RULE_SIZE = 161, ALERT_VALUE_SIZE = 40, ALERT_TEXT_SIZE = 700 };

enum alert_kind { ALERT_THRESHOLD = 1, ALERT_RATIO, ALERT_COUNT, ALERT_SILENCE }; // as utarg.v1.AlertKind

struct alert_rule {
	char name[ALERT_RULE_SIZE];
	enum alert_kind kind;
	const struct kpi_row *kpi; // NULL: of silence
	enum fold_dimension dimension;
	char key[FOLD_TEXT_SIZE];
	enum alert_direction direction;
	bool built_in;
	// threshold
	enum window window;
	char value[ALERT_VALUE_SIZE];
	// all others: so many minutes are compared, that ended so long ago; what comes in bunches is so many
	int minutes, lag_minutes;
	int64_t bunch;
};

// Built-in rules of figures that exist in this version; writes at most capacity. Returns how many.
enum { ALERT_BUILT_IN_MAX = 8 };
size_t alert_rules_built_in(struct alert_rule out[ALERT_BUILT_IN_MAX]);
// Checks a threshold and completes it (its name, its value with all decimals). BAD_FIELD names the field.
bool alert_rule_check(const Utarg__V1__AlertRule *asked, const char *currency, struct alert_rule *out,
		      struct err *e);

// The figures to look at, as points without numbers (figures.h). Returns how many.
enum { ALERT_POINTS_MAX = 2 * (ALERT_WEEKS + 1) };
size_t alert_rule_points(const struct alert_rule *rule, const struct zone *zone, int64_t as_of_ms,
			 struct figure out[ALERT_POINTS_MAX]);
// What they mean, and a sentence about them.
enum alert_verdict alert_rule_judge(const struct alert_rule *rule, const struct shop *shop,
				    const struct figure *points, char text[ALERT_TEXT_SIZE]);
// How often it rings for nothing.
const char *alert_rule_false_alarms(const struct alert_rule *rule);
