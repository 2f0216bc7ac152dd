// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Weights and splits. See attribution.h.
#include "services/metrics/core/attribution.h"

#include "common/base/harden.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define PERIOD_MS INT64_C(86400000)
enum { HALF_LIFE_PERIODS = 7 };

// round(2^40 x 2^(-k/7))
static const int64_t decay[HALF_LIFE_PERIODS] = {
	INT64_C(1099511627776), INT64_C(995853700410), INT64_C(901968262606), INT64_C(816933999857),
	INT64_C(739916455813),  INT64_C(670159843608), INT64_C(606979629195),
};

static void give_one(int64_t *weights, size_t count, size_t index)
{
	for (size_t i = 0; i < count; i++)
		weights[i] = i == index;
}

static void give_by_position(int64_t *weights, size_t count)
{
	for (size_t i = 0; i < count; i++)
		weights[i] = 1;
	if (count > 2)
		weights[0] = weights[count - 1] = 2 * ((int64_t)count - 2);
}

static int64_t decayed(int64_t before_ms)
{
	int64_t periods = before_ms / PERIOD_MS;
	int64_t halvings = periods / HALF_LIFE_PERIODS;
	return halvings > 62 ? 0 : decay[periods % HALF_LIFE_PERIODS] >> halvings;
}

void attribution_weights(enum attribution_model model, const int64_t *t_ms, size_t count, int64_t placed_ms,
			 int64_t *weights)
{
	assert(count <= ATTRIBUTION_TOUCHES_MAX);
	if (!count)
		return;
	switch (model) {
	case ATTRIBUTION_LAST_NON_DIRECT:
	case ATTRIBUTION_LAST:
		give_one(weights, count, count - 1);
		return;
	case ATTRIBUTION_FIRST:
		give_one(weights, count, 0);
		return;
	case ATTRIBUTION_POSITION:
		give_by_position(weights, count);
		return;
	case ATTRIBUTION_TIME_DECAY:
		for (size_t i = 0; i < count; i++)
			weights[i] = decayed(placed_ms - t_ms[i]);
		return;
	case ATTRIBUTION_LINEAR:
	case ATTRIBUTION_MARKOV:
	case ATTRIBUTION_MODEL_COUNT:
		break;
	}
	for (size_t i = 0; i < count; i++)
		weights[i] = 1;
}

static money_sum weight_at(const int64_t *weights, size_t i, bool alike)
{
	return alike ? 1 : weights[i];
}

struct remainder {
	money_sum left;
	size_t of; // index of the share
};

// The largest first, of equal ones the earlier.
static int compare_remainders(const void *a, const void *b)
{
	const struct remainder *x = a, *y = b;
	if (x->left != y->left)
		return x->left > y->left ? -1 : 1;
	return (x->of > y->of) - (x->of < y->of);
}

void attribution_split(money_sum amount, const int64_t *weights, size_t count, money_sum *shares)
{
	money_sum whole = amount < 0 ? -amount : amount, sum = 0, left = whole;
	HARDEN_UNFILLED struct remainder remainders[ATTRIBUTION_TOUCHES_MAX];
	assert(count > 0 && count <= ATTRIBUTION_TOUCHES_MAX);
	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	bool alike = sum == 0;
	if (alike)
		sum = (money_sum)count;
	for (size_t i = 0; i < count; i++) {
		money_sum part = whole * weight_at(weights, i, alike);
		shares[i] = part / sum;
		remainders[i] = (struct remainder){part % sum, i};
		left -= shares[i];
	}
	// Less than one unit a share is left: the remainders sum to less than as many wholes.
	assert(left >= 0 && left < (money_sum)count);
	if (left > 0 && !alike)
		qsort(remainders, count, sizeof(remainders[0]), compare_remainders);
	for (size_t i = 0; i < (size_t)left; i++)
		shares[remainders[i].of]++;
	for (size_t i = 0; amount < 0 && i < count; i++)
		shares[i] = -shares[i];
}
