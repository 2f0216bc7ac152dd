// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/progress.h"

#include "common/base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { PROGRESS_WIDTH = 30, PROGRESS_PERIOD_MS = 100 };

void progress_begin(struct progress *progress, const char *label, int64_t total)
{
	*progress = (struct progress){.label = label, .total = total, .visible = isatty(STDERR_FILENO) == 1};
}

void progress_show(struct progress *progress, int64_t done)
{
	int64_t now = clock_monotonic_ms();
	if (!progress->visible || now - progress->shown_at_ms < PROGRESS_PERIOD_MS)
		return;
	progress->shown_at_ms = now;
	if (progress->total <= 0) {
		fprintf(stderr, "\r%s %lld\033[K", progress->label, (long long)done);
		return;
	}
	int filled =
		(int)(done >= progress->total ? PROGRESS_WIDTH : done * PROGRESS_WIDTH / progress->total);
	fprintf(stderr, "\r%s [%.*s%*s] %lld%%\033[K", progress->label, filled,
		"##############################", PROGRESS_WIDTH - filled, "",
		(long long)(done * 100 / progress->total));
}

void progress_end(struct progress *progress)
{
	if (progress->visible && progress->shown_at_ms)
		fprintf(stderr, "\r\033[K");
	progress->visible = false;
}
