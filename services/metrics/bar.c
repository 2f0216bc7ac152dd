// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/bar.h"

#include "common/base/clock.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, TERMINAL_EVERY_MS = 200, LINE_EVERY_MS = 10000, TIME_SIZE = 48 };

void bar_begin(struct bar *bar, const char *who)
{
	*bar = (struct bar){.who = who, .step = "", .is_terminal = isatty(STDERR_FILENO) == 1};
	bar_step(bar, "");
}

void bar_step(struct bar *bar, const char *step)
{
	bar->step = step;
	bar->began_ms = clock_monotonic_ms();
	bar->done = 0;
	if (!bar->is_terminal) // what is over soon needs no line
		bar->shown_at_ms = bar->began_ms;
}

static const char *left_text(int64_t seconds, char out[TIME_SIZE])
{
	if (seconds < 120)
		snprintf(out, TIME_SIZE, "%lld s", (long long)seconds);
	else if (seconds < 7200)
		snprintf(out, TIME_SIZE, "%lld min", (long long)seconds / 60);
	else
		snprintf(out, TIME_SIZE, "%lld h %lld min", (long long)seconds / 3600,
			 (long long)seconds / 60 % 60);
	return out;
}

static void draw(const struct bar *bar, int64_t done, int64_t total, int64_t rate)
{
	char left[TIME_SIZE];
	if (total <= 0) {
		fprintf(stderr, "%s: %s %lld, %lld a second", bar->who, bar->step, (long long)done,
			(long long)rate);
		return;
	}
	int filled = (int)(done * BAR_WIDTH / total);
	if (bar->is_terminal)
		fprintf(stderr, "%s: %s [%.*s%*s] %lld%%", bar->who, bar->step, filled,
			"########################", BAR_WIDTH - filled, "", (long long)(done * 100 / total));
	else
		fprintf(stderr, "%s: %s %lld of %lld", bar->who, bar->step, (long long)done,
			(long long)total);
	fprintf(stderr, ", %lld a second, %s left", (long long)rate,
		rate > 0 ? left_text((total - done) / rate, left) : "?");
}

void bar_show(struct bar *bar, int64_t done, int64_t total)
{
	int64_t now_ms = clock_monotonic_ms();
	if (done < bar->done)
		bar->began_ms = now_ms;
	bar->done = done;
	if (now_ms - bar->shown_at_ms < (bar->is_terminal ? TERMINAL_EVERY_MS : LINE_EVERY_MS))
		return;
	bar->shown_at_ms = now_ms;
	int64_t elapsed_ms = now_ms - bar->began_ms;
	if (bar->is_terminal)
		fputc('\r', stderr);
	draw(bar, done > total && total > 0 ? total : done, total,
	     elapsed_ms > 0 ? done * 1000 / elapsed_ms : 0);
	fputs(bar->is_terminal ? "\033[K" : "\n", stderr);
	fflush(stderr);
}

void bar_end(struct bar *bar)
{
	if (bar->is_terminal && bar->shown_at_ms != 0)
		fputs("\r\033[K", stderr);
	bar->shown_at_ms = 0;
}
