// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A progress bar on stderr for long work, only when stderr is a terminal. A value on the caller's stack.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct progress {
	const char *label; // borrowed
	int64_t total;     // 0: unknown, a count is shown
	int64_t shown_at_ms;
	bool visible;
};

void progress_begin(struct progress *progress, const char *label, int64_t total);
void progress_show(struct progress *progress, int64_t done); // draws at most ten times a second
void progress_end(struct progress *progress);                // takes the bar away
