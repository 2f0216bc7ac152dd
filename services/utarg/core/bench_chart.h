// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A picture of measurements against their goals: one bar a row, as SVG text. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct bench_bar {
	const char *label; // "ingest_over_copy"
	const char *value; // as text, drawn behind the bar
	double share;      // of the goal that is reached: 1 is the goal, above is better
	double beyond;     // where the farther goal lies on the same scale; 0: none
	bool known;        // false: not measured, drawn as such
};

// Bars of share up to `beyond`, with a line at the goal. The stream is the caller's.
void bench_chart(FILE *out, const char *title, const char *subtitle, const struct bench_bar *bars,
		 size_t count);
