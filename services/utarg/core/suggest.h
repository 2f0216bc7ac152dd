// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// "Did you mean": how far two words are from each other. Pure.
#pragma once

#include <stdbool.h>

enum { SUGGEST_WORD_MAX = 63 };

// Edits (insert, delete, replace, swap of neighbours) from one word to the other; words longer than
// SUGGEST_WORD_MAX are far from everything (255).
int suggest_distance(const char *a, const char *b);
// Whether `word` is near enough to what was typed to be worth proposing.
bool suggest_is_near(const char *typed, const char *word);
