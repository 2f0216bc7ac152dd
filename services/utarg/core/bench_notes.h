// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Measured numbers by name, one a round, and the goals they are held against. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_NOTES_MAX = 256, BENCH_ROUNDS_MAX = 15, BENCH_NAME_SIZE = 64 };

// The caller's; {0} is empty. Names stay in the order of their first note.
struct bench_notes {
	size_t count;
	struct bench_note {
		char name[BENCH_NAME_SIZE];
		int value_count;
		double values[BENCH_ROUNDS_MAX];
	} notes[BENCH_NOTES_MAX];
};

void bench_note(struct bench_notes *notes, const char *name, double value);
// Median over the rounds; false when the name was never noted.
bool bench_median(const struct bench_notes *notes, const char *name, double *out);
// The value noted last, which is this round's; false when there is none.
bool bench_last(const struct bench_notes *notes, const char *name, double *out);

struct bench_goal {
	const char *key, *what;
	double goal, beyond;
	bool less_is_better;
};
extern const struct bench_goal bench_goals[]; // ends with a NULL key
// How much of the goal is reached: 1 is all of it, more is better, whichever direction is the good one.
double bench_share(const struct bench_goal *goal, double value);
