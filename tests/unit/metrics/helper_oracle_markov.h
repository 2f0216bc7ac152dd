// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The oracle's second opinion on what channels are worth: each one taken out of the chain in turn, in exact
// rationals. Nothing of markov.c or path*.c is used.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORACLE_PATH_MAX = 400 };

struct oracle_path {
	int64_t day; // it ended on
	bool converted;
	const char *channels[ORACLE_PATH_MAX];
	size_t count;
};

// floor(2^32 x removal effect) of a channel by the paths that ended in the 90 days before the day.
int64_t oracle_markov_weight(const struct oracle_path *paths, size_t count, int64_t day, const char *channel);
