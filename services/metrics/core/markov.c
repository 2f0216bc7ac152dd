// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See markov.h.
//
// A chain either reaches channel c or does not, and once it is there it goes on as if it began there:
//   P(conversion) = P(conversion without c) + P(ever at c) x P(conversion from c)
// so the removal effect is P(ever at c) P(conversion from c) / P(conversion). With Q the chances of going
// from state to state, N = (1 - Q)^-1 the expected visits and r the chances of converting at once, those
// three are N[start][c] / N[c][c], (N r)[c] and (N r)[start]. Counts in place of chances (rows times what
// leaves the state) and the adjugate in place of the inverse leave the quotient as it is, and all is
// integers:
//   effect(c) = B[start][c] (B r)[c] / (B[c][c] (B r)[start])
// B comes from Gauss-Jordan elimination without fractions (Bareiss): every division is exact. The matrix is
// weakly dominated by its diagonal and everything leaks out of it, so all leading minors are positive and no
// row is ever exchanged. Cost: the cube of the number of channels.
#include "services/metrics/core/markov.h"

#include <assert.h>
#include <gmp.h>

enum { STATES_MAX = MARKOV_CHANNELS_MAX + 1, COLUMNS_MAX = 2 * STATES_MAX };

struct solver {
	size_t states;              // the start and those channels that anything leads to
	size_t channel[STATES_MAX]; // of a state
	int64_t converted[STATES_MAX];
	mpz_t at[STATES_MAX][COLUMNS_MAX]; // the counts, and beside them what becomes the adjugate
};

static bool is_reached(const struct markov_chain *chain, size_t channel)
{
	bool reached = chain->first[channel] > 0;
	for (size_t i = 0; i < chain->count; i++)
		reached |= i != channel && chain->next[i][channel] > 0;
	return reached;
}

static int64_t step(const struct solver *solver, const struct markov_chain *chain, size_t from, size_t to)
{
	if (to == 0 || from == to)
		return 0;
	if (from == 0)
		return chain->first[solver->channel[to]];
	return chain->next[solver->channel[from]][solver->channel[to]];
}

// What leaves a state.
static int64_t leaves(const struct solver *solver, const struct markov_chain *chain, size_t from)
{
	int64_t sum = 0;
	for (size_t to = 1; to < solver->states; to++)
		sum += step(solver, chain, from, to);
	if (from > 0)
		sum += chain->converted[solver->channel[from]] + chain->lapsed[solver->channel[from]];
	return sum;
}

static void begin(struct solver *solver, const struct markov_chain *chain)
{
	solver->states = 1;
	solver->converted[0] = 0;
	for (size_t i = 0; i < chain->count; i++) {
		if (!is_reached(chain, i))
			continue;
		solver->channel[solver->states] = i;
		solver->converted[solver->states++] = chain->converted[i];
	}
	for (size_t row = 0; row < solver->states; row++) {
		for (size_t column = 0; column < solver->states; column++) {
			int64_t count = row == column ? leaves(solver, chain, row)
						      : -step(solver, chain, row, column);
			mpz_init_set_si(solver->at[row][column], count);
			mpz_init_set_ui(solver->at[row][solver->states + column], row == column);
		}
	}
}

static void end(struct solver *solver)
{
	for (size_t row = 0; row < solver->states; row++)
		for (size_t column = 0; column < 2 * solver->states; column++)
			mpz_clear(solver->at[row][column]);
}

// Takes the pivot's row out of another one.
static void reduce(struct solver *solver, size_t row, size_t pivot, const mpz_t before)
{
	mpz_t factor;
	mpz_init_set(factor, solver->at[row][pivot]);
	for (size_t column = 0; column < 2 * solver->states; column++) {
		mpz_ptr at = solver->at[row][column];
		mpz_mul(at, at, solver->at[pivot][pivot]);
		mpz_submul(at, factor, solver->at[pivot][column]);
		mpz_divexact(at, at, before);
	}
	mpz_clear(factor);
}

static void eliminate(struct solver *solver)
{
	mpz_t before;
	mpz_init_set_ui(before, 1);
	for (size_t pivot = 0; pivot < solver->states; pivot++) {
		assert(mpz_sgn(solver->at[pivot][pivot]) > 0);
		for (size_t row = 0; row < solver->states; row++)
			if (row != pivot)
				reduce(solver, row, pivot, before);
		mpz_set(before, solver->at[pivot][pivot]);
	}
	mpz_clear(before);
}

// The adjugate's row times what converts at once.
static void convert(struct solver *solver, size_t row, mpz_t out)
{
	mpz_set_ui(out, 0);
	for (size_t i = 0; i < solver->states; i++)
		mpz_addmul_ui(out, solver->at[row][solver->states + i], (unsigned long)solver->converted[i]);
}

static int64_t weight_of(struct solver *solver, size_t state, const mpz_t from_start)
{
	mpz_t above, below;
	mpz_inits(above, below, NULL);
	convert(solver, state, above);
	mpz_mul(above, above, solver->at[0][solver->states + state]);
	mpz_mul_2exp(above, above, 32);
	mpz_mul(below, solver->at[state][solver->states + state], from_start);
	mpz_fdiv_q(above, above, below);
	int64_t weight = mpz_get_si(above);
	mpz_clears(above, below, NULL);
	return weight;
}

void markov_weights(const struct markov_chain *chain, int64_t weights[MARKOV_CHANNELS_MAX])
{
	struct solver solver;
	mpz_t from_start;
	assert(chain->count <= MARKOV_CHANNELS_MAX);
	for (size_t i = 0; i < chain->count; i++)
		weights[i] = 0;
	begin(&solver, chain);
	if (solver.states > 1)
		eliminate(&solver);
	mpz_init(from_start);
	convert(&solver, 0, from_start);
	for (size_t state = 1; state < solver.states && mpz_sgn(from_start) > 0; state++)
		weights[solver.channel[state]] = weight_of(&solver, state, from_start);
	mpz_clear(from_start);
	end(&solver);
}
