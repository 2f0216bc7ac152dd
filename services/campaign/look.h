// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One campaign looked at: what the clock, the stock and the figures make of it. Finds, and has it decided.
#pragma once

#include "common/base/arena.h"
#include "services/campaign/ask.h"
#include "services/campaign/service.h"

#include <stdbool.h>
#include <stdint.h>

struct look {
	struct service *service;
	struct arena *arena;
	int32_t shop_id;
	const char *campaign;
	// from look_run
	bool runs;
	uint64_t as_of_seq;
};

// Steps of the clock, stock, directives that are over. False when the database failed; a decision that was
// refused (somebody was there first) is none.
bool look_run(struct look *look, struct err *e);
// What metrics is to be asked, and which of the figures it has.
bool look_question(const struct look *look, struct ask_question *out, bool has[ASK_FIGURE_COUNT],
		   struct err *e);
// Issues what the figures ask for.
bool look_judge(struct look *look, const struct ask_question *question, const struct ask_answer *answer,
		struct err *e);
