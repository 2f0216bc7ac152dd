// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Removal effects against chains worked by hand, and against what the definition says done another way: each
// channel taken out in turn, the chances by Gaussian elimination in floating point.
#include "services/metrics/core/markov.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { A, B, C, D };

// "AB+": by A, then B, to an order; "A-": to none.
static void add_path(struct markov_chain *chain, const char *path)
{
	size_t last = (size_t)(path[0] - 'A');
	chain->first[last]++;
	for (path++; *path != '+' && *path != '-'; path++) {
		size_t channel = (size_t)(*path - 'A');
		chain->next[last][channel] += channel != last;
		last = channel;
	}
	if (*path == '+')
		chain->converted[last]++;
	else
		chain->lapsed[last]++;
}

static struct markov_chain chain_of(size_t channels, const char *const *paths)
{
	struct markov_chain chain = {.count = channels};
	for (; *paths; paths++)
		add_path(&chain, *paths);
	return chain;
}
#define CHAIN(channels, ...) chain_of(channels, (const char *const[]){__VA_ARGS__, NULL})

static void assert_weights(const struct markov_chain *chain, const int64_t *expected)
{
	int64_t weights[MARKOV_CHANNELS_MAX];
	markov_weights(chain, weights);
	for (size_t i = 0; i < chain->count; i++)
		assert_int_equal(weights[i], expected[i]);
}

static void a_channel_all_go_through_is_worth_all(void **state)
{
	(void)state;
	// 2/3 convert; without A 1/3, without B none.
	struct markov_chain chain = CHAIN(2, "AB+", "A-", "B+");
	assert_weights(&chain, (int64_t[]){MARKOV_WEIGHT_ONE / 2, MARKOV_WEIGHT_ONE});
}

static void paths_may_go_round(void **state)
{
	(void)state;
	// From A two in three convert, from B one, from the start one in two; without B one in four.
	struct markov_chain chain = CHAIN(2, "ABA+", "B-");
	assert_weights(&chain, (int64_t[]){MARKOV_WEIGHT_ONE, MARKOV_WEIGHT_ONE / 2});
}

static void weights_are_rounded_down(void **state)
{
	(void)state;
	struct markov_chain chain = CHAIN(3, "A+", "B+", "C+");
	assert_weights(&chain, (int64_t[]){1431655765, 1431655765, 1431655765});
}

static void a_channel_in_a_row_is_one_step(void **state)
{
	(void)state;
	struct markov_chain once = CHAIN(3, "ABC+", "AC-", "B+", "B-");
	struct markov_chain often = CHAIN(3, "AABBBC+", "ACCC-", "BB+", "B-");
	int64_t weights[MARKOV_CHANNELS_MAX];
	markov_weights(&once, weights);
	assert_weights(&often, weights);
	often.next[B][B] = 1000; // the diagonal is not looked at
	assert_weights(&often, weights);
}

static void without_a_conversion_nothing_is_worth_anything(void **state)
{
	(void)state;
	struct markov_chain chain = CHAIN(4, "AB-", "A-"); // C and D: nobody was there
	assert_weights(&chain, (int64_t[]){0, 0, 0, 0});
	chain = CHAIN(4, "AB+", "A-", "D-");
	assert_weights(&chain, (int64_t[]){MARKOV_WEIGHT_ONE, MARKOV_WEIGHT_ONE, 0, 0});
	chain = (struct markov_chain){.count = 0};
	assert_weights(&chain, NULL);
}

// ---- another way ----

enum { NOBODY = MARKOV_CHANNELS_MAX };

// P(conversion) when what leads to a channel leads to nothing.
static double conversion(const struct markov_chain *chain, size_t removed)
{
	size_t n = chain->count;
	double m[MARKOV_CHANNELS_MAX][MARKOV_CHANNELS_MAX + 1] = {{0}};
	double of_first = 0, firsts = 0;
	for (size_t i = 0; i < n; i++) {
		double out = (double)(chain->converted[i] + chain->lapsed[i]);
		for (size_t k = 0; k < n; k++)
			out += k == i ? 0 : (double)chain->next[i][k];
		m[i][i] = 1;
		if (i == removed || out == 0)
			continue;
		for (size_t k = 0; k < n; k++)
			m[i][k] -= k == i || k == removed ? 0 : (double)chain->next[i][k] / out;
		m[i][n] = (double)chain->converted[i] / out;
	}
	for (size_t p = 0; p < n; p++) {
		for (size_t i = 0; i < n; i++) {
			double factor = i == p ? 0 : m[i][p] / m[p][p];
			for (size_t k = p; k <= n; k++)
				m[i][k] -= factor * m[p][k];
		}
	}
	for (size_t i = 0; i < n; i++) {
		firsts += (double)chain->first[i];
		of_first += i == removed ? 0 : (double)chain->first[i] * m[i][n] / m[i][i];
	}
	return of_first / firsts;
}

static void random_path(size_t channels, char out[16])
{
	size_t steps = 1 + (size_t)(rand() % 12), i = 0;
	for (; i < steps; i++)
		out[i] = (char)('A' + (size_t)rand() % (1 + (size_t)rand() % channels));
	out[i] = rand() % 3 ? '-' : '+';
	out[i + 1] = '\0';
}

static void removal_says_the_same(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 200; round++) {
		size_t channels = 1 + (size_t)rand() % (round % 10 ? 12 : MARKOV_CHANNELS_MAX);
		struct markov_chain chain = {.count = channels};
		int64_t weights[MARKOV_CHANNELS_MAX];
		char path[16];
		for (int i = 0; i < 10 + round; i++) {
			random_path(channels, path);
			add_path(&chain, path);
		}
		markov_weights(&chain, weights);
		double all = conversion(&chain, NOBODY);
		for (size_t i = 0; i < channels; i++) {
			double effect = all > 0 ? 1 - conversion(&chain, i) / all : 0;
			double weight = (double)weights[i] / (double)MARKOV_WEIGHT_ONE;
			assert_true(fabs(weight - effect) < 1e-7);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_all_go_through_is_worth_all),
		cmocka_unit_test(paths_may_go_round),
		cmocka_unit_test(weights_are_rounded_down),
		cmocka_unit_test(a_channel_in_a_row_is_one_step),
		cmocka_unit_test(without_a_conversion_nothing_is_worth_anything),
		cmocka_unit_test(removal_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
