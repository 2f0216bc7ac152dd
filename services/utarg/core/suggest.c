// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Edit distance (optimal string alignment) over three rows of a table that fits on the stack.
#include "services/utarg/core/suggest.h"

#include <string.h>

static int least(int a, int b)
{
	return a < b ? a : b;
}

int suggest_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	if (a_len > SUGGEST_WORD_MAX || b_len > SUGGEST_WORD_MAX)
		return 255;
	int rows[3][SUGGEST_WORD_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (int)j;
	for (size_t i = 1; i <= a_len; i++) {
		int *row = rows[i % 3];
		const int *above = rows[(i + 2) % 3];
		const int *two_above = rows[(i + 1) % 3];
		row[0] = (int)i;
		for (size_t j = 1; j <= b_len; j++) {
			int replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
}

bool suggest_is_near(const char *typed, const char *word)
{
	size_t typed_len = strlen(typed);
	if (typed_len >= 3 && strncmp(typed, word, typed_len) == 0)
		return true;
	int distance = suggest_distance(typed, word);
	return distance <= 2 && distance < (int)strlen(word) - 1;
}
