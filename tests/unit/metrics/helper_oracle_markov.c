// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_oracle_markov.h"

#include <assert.h>
#include <gmp.h>
#include <string.h>

// States: 0 the start, then channels; what a path ends with has no row.
enum { STATES = 16, MODEL_DAYS = 90 };

struct chain {
	const char *names[STATES];
	int states;
	int64_t next[STATES][STATES], converted[STATES], out[STATES];
};

static int state_of(struct chain *chain, const char *name)
{
	for (int i = 1; i < chain->states; i++)
		if (strcmp(chain->names[i], name) == 0)
			return i;
	assert(chain->states < STATES);
	chain->names[chain->states] = name;
	return chain->states++;
}

static void add(struct chain *chain, const struct oracle_path *path)
{
	int at = 0;
	for (size_t i = 0; i < path->count; i++) {
		int to = state_of(chain, path->channels[i]);
		if (to == at)
			continue;
		chain->next[at][to]++;
		chain->out[at]++;
		at = to;
	}
	chain->converted[at] += path->converted;
	chain->out[at]++;
}

// P(conversion from a state) for all states, what leads to the removed one leading to nothing: rows of
// (1 - Q) p = r, solved as they stand.
static void solve(mpq_t rows[STATES][STATES + 1], int n)
{
	mpq_t factor, part;
	mpq_inits(factor, part, NULL);
	for (int pivot = 0; pivot < n; pivot++) {
		for (int i = 0; i < n; i++) {
			if (i == pivot)
				continue;
			mpq_div(factor, rows[i][pivot], rows[pivot][pivot]);
			for (int k = pivot; k <= n; k++) {
				mpq_mul(part, factor, rows[pivot][k]);
				mpq_sub(rows[i][k], rows[i][k], part);
			}
		}
	}
	mpq_clears(factor, part, NULL);
}

static void conversion(const struct chain *chain, int removed, mpq_t out)
{
	mpq_t rows[STATES][STATES + 1], chance;
	int n = chain->states;
	mpq_init(chance);
	for (int i = 0; i < n; i++) {
		for (int k = 0; k <= n; k++)
			mpq_init(rows[i][k]);
		mpq_set_si(rows[i][i], 1, 1);
		for (int k = 0; k <= n && chain->out[i] > 0; k++) {
			int64_t count = k == n ? chain->converted[i] : -chain->next[i][k];
			if (k == i || (k == removed && k < n))
				continue;
			mpq_set_si(chance, count, (unsigned long)chain->out[i]);
			mpq_canonicalize(chance);
			mpq_set(rows[i][k], chance);
		}
	}
	solve(rows, n);
	mpq_div(out, rows[0][n], rows[0][0]);
	for (int i = 0; i < n; i++)
		for (int k = 0; k <= n; k++)
			mpq_clear(rows[i][k]);
	mpq_clear(chance);
}

static int64_t removal(const struct chain *chain, int removed)
{
	mpq_t with, without;
	mpz_t whole;
	int64_t weight = 0;
	mpq_inits(with, without, NULL);
	mpz_init(whole);
	conversion(chain, -1, with);
	conversion(chain, removed, without);
	if (mpq_sgn(with) > 0) {
		mpq_sub(without, with, without);
		mpq_div(without, without, with);
		mpq_mul_2exp(without, without, 32);
		mpz_fdiv_q(whole, mpq_numref(without), mpq_denref(without));
		weight = mpz_get_si(whole);
	}
	mpq_clears(with, without, NULL);
	mpz_clear(whole);
	return weight;
}

int64_t oracle_markov_weight(const struct oracle_path *paths, size_t count, int64_t day, const char *channel)
{
	struct chain chain = {.states = 1};
	for (size_t i = 0; i < count; i++)
		if (paths[i].day < day && paths[i].day >= day - MODEL_DAYS)
			add(&chain, &paths[i]);
	for (int i = 1; i < chain.states; i++)
		if (strcmp(chain.names[i], channel) == 0)
			return removal(&chain, i);
	return 0;
}
