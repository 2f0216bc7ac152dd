// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Asking metrics for a campaign's figures, like any marketing tool: over its request port, with campaign's
// own key, without ever waiting. One campaign at a time:
//
//   ask_begin -> where metrics stands -> behind what is wanted: done
//                                     -> the figures -> done
//
// `done` comes from the loop, once for each ask_begin that succeeded.
#pragma once

#include "common/base/err.h"
#include "common/svc/svc.h"
#include "services/campaign/core/directive.h"
#include "services/campaign/fold.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ASK_DAY_SIZE = 16, ASK_KPI_SIZE = 68, ASK_SHOP_SIZE = 64 };

// Windows that figures are judged by: the running ones.
enum ask_window { ASK_WEEK, ASK_MONTH, ASK_WINDOW_COUNT };

// Figures of one window.
struct ask_figures {
	struct directive_figure orders, roas, cost_per_order, spend;
};

struct ask_question {
	char shop[ASK_SHOP_SIZE];
	char campaign[FOLD_KEY_SIZE];
	char goal_kpi[ASK_KPI_SIZE]; // "": none
	char today[ASK_DAY_SIZE], yesterday[ASK_DAY_SIZE];
	uint64_t wanted_seq; // figures older than that are of no use
};

enum ask_outcome { ASK_ANSWERED, ASK_BEHIND, ASK_FAILED };

struct ask_answer {
	enum ask_outcome outcome;
	char reason[160]; // of ASK_FAILED
	uint64_t as_of_seq;
	struct directive_figure pace; // of yesterday
	struct directive_figure goal; // its target's
	struct ask_figures by_window[ASK_WINDOW_COUNT];
};

struct ask;

// Fails when there is no key to ask with, or no place to ask at.
struct ask *ask_create(struct svc *svc,
		       void (*done)(void *context, const struct ask_question *question,
				    const struct ask_answer *answer),
		       void *context, struct err *e);
void ask_destroy(struct ask *ask); // takes NULL
bool ask_is_idle(const struct ask *ask);
// The figures that metrics has not are no failure: which there are, the caller knows (`has`, by
// ask_figure_name).
enum { ASK_PACE, ASK_ORDERS, ASK_ROAS, ASK_COST_PER_ORDER, ASK_SPEND, ASK_FIGURE_COUNT };
const char *ask_figure_name(int which);
bool ask_begin(struct ask *ask, const struct ask_question *question, const bool has[ASK_FIGURE_COUNT],
	       struct err *e);
// What was not answered in time is given up.
void ask_tick(struct ask *ask, int64_t monotonic_ms);
