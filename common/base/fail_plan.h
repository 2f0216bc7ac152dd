// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A control file of fail.h as values: what each point is armed with and which mutants are on. Pure, so that
// it can be tested and a file checked without failing. Nothing of it is in a build without UTARG_FAULTS.
#pragma once

#include "common/base/err.h"
#include "common/base/fail.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fail_action { FAIL_ACT_NONE, FAIL_ACT_CRASH, FAIL_ACT_STOP, FAIL_ACT_DELAY, FAIL_ACT_FAIL };

struct fail_entry {
	enum fail_action action; // NONE: not armed
	int64_t delay_ms;
	int64_t after;
	int64_t times; // 0: without end
	int64_t round;
	int64_t chance; // of a thousand
	int64_t seed;
};

struct fail_plan {
	struct fail_entry points[FAIL_POINT_COUNT];
	bool mutants[FAIL_MUTANT_COUNT];
	int64_t clock_shift_ms;
};

// One row a point and a mutant, in the order of their enums.
struct fail_point_row {
	const char *name, *process;
	bool can_fail;
	const char *before, *behind;
};
struct fail_mutant_row {
	const char *name, *process, *wrong, *checks, *needs;
};
extern const struct fail_point_row fail_point_rows[FAIL_POINT_COUNT];
extern const struct fail_mutant_row fail_mutant_rows[FAIL_MUTANT_COUNT];

// Reads a control file's text as the program `process` does; entries for other processes are checked and
// left out. A line it cannot read is BAD_FIELD with its number, and *out is nothing then.
bool fail_plan_parse(const char *text, const char *process, struct fail_plan *out, struct err *e);
// Whether the pass of that number (from 1) fires, `times` left aside.
bool fail_entry_fires(const struct fail_entry *entry, int64_t pass);
