// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The Markov model of attribution (KPI.md section 4): a first-order chain over channels from a start to a
// conversion or to nothing, and what each channel is worth in it. The removal effect of a channel is
//   1 - P(conversion when what leads to the channel leads to nothing) / P(conversion)
// as an exact rational, so that a weight is the same number wherever it is computed. Knows channels by their
// place only. Pure.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MARKOV_CHANNELS_MAX = 32 };
#define MARKOV_WEIGHT_ONE (INT64_C(1) << 32) // of a channel without which nothing converts

// How often what was followed by what. A channel never follows itself: touches of one channel in a row are
// one step.
struct markov_chain {
	size_t count; // of channels
	int64_t first[MARKOV_CHANNELS_MAX];
	int64_t next[MARKOV_CHANNELS_MAX][MARKOV_CHANNELS_MAX]; // from, to; the diagonal is not looked at
	int64_t converted[MARKOV_CHANNELS_MAX], lapsed[MARKOV_CHANNELS_MAX];
};

// floor(2^32 x removal effect) of each channel; all 0 when nothing converts. Every channel that anything
// leads to leads somewhere.
void markov_weights(const struct markov_chain *chain, int64_t weights[MARKOV_CHANNELS_MAX]);
