// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How an order is shared out among the touches before it (KPI.md section 4). Weights are integers and credits
// the largest-remainder split of an amount by them, so that credits sum to the amount exactly and no digit
// depends on an order of summing. Which touches an order has is touch.h's; the weights of the Markov model
// come from markov.h. Pure.
#pragma once

#include "common/base/money.h"

#include <stddef.h>
#include <stdint.h>

// Name in C, name in figures ("attributed_revenue_linear"), sentence. The first is the default: its figures
// have no suffix.
#define ATTRIBUTION_MODELS(X)                                                                                \
	X(LAST_NON_DIRECT, "last_non_direct", "all to the last touch that is not direct")                    \
	X(FIRST, "first", "all to the first touch")                                                          \
	X(LAST, "last", "all to the last touch")                                                             \
	X(LINEAR, "linear", "to all touches alike")                                                          \
	X(POSITION, "position", "40 % each to the first and the last touch, the rest to those between")      \
	X(TIME_DECAY, "time_decay", "to each touch half as much as to one seven days later")                 \
	X(MARKOV, "markov", "by what would be lost without the touch's channel")

enum attribution_model {
#define X(name, text, sentence) ATTRIBUTION_##name,
	ATTRIBUTION_MODELS(X)
#undef X
		ATTRIBUTION_MODEL_COUNT
};

enum { ATTRIBUTION_TOUCHES_MAX = 1000 }; // of an order; of more the latest count

// Weights of the touches of one order, in order of (t, id); t_ms are theirs, none behind placed_ms. Direct
// ones have been dropped already, unless there are no others. Every model but ATTRIBUTION_MARKOV.
void attribution_weights(enum attribution_model model, const int64_t *t_ms, size_t count, int64_t placed_ms,
			 int64_t *weights);
// Shares of the amount that sum to it: each floor(amount * weight / sum), what is left goes by one unit to
// the largest remainders, of equal ones to the earlier. Without any weight all are alike. Weights are 0 to
// 2^40, at most ATTRIBUTION_TOUCHES_MAX of them; a negative amount is split as its opposite.
void attribution_split(money_sum amount, const int64_t *weights, size_t count, money_sum *shares);
