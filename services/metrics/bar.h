// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How far long work has come, on stderr: a bar with rate and remaining time on a terminal, elsewhere a line
// every ten seconds. A value on the caller's stack.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct bar {
	const char *who, *step; // borrowed
	int64_t began_ms;       // monotonic; of the step
	int64_t shown_at_ms;
	int64_t done; // as told last
	bool is_terminal;
};

void bar_begin(struct bar *bar, const char *who);
void bar_step(struct bar *bar, const char *step);
// total 0: nobody knows. Less than before: it began again.
void bar_show(struct bar *bar, int64_t done, int64_t total);
void bar_end(struct bar *bar); // takes it away
