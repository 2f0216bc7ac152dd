// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Values below 64 have a bucket each; each further doubling has 64 of them.
#include "services/utarg/core/histogram.h"

#include <assert.h>

enum { STEPS = 64, STEPS_LOG2 = 6 };

static int bucket_of(int64_t us)
{
	if (us < STEPS)
		return us < 0 ? 0 : (int)us;
	int exponent = 63 - __builtin_clzll((unsigned long long)us) - STEPS_LOG2;
	int64_t index = (int64_t)STEPS * (exponent + 1) + (us >> exponent) - STEPS;
	return index < HISTOGRAM_BUCKETS ? (int)index : HISTOGRAM_BUCKETS - 1;
}

// The greatest value of a bucket.
static int64_t top_of(int bucket)
{
	if (bucket < STEPS)
		return bucket;
	int exponent = bucket / STEPS - 1;
	int64_t first = (int64_t)(STEPS + bucket % STEPS) << exponent;
	return first + ((int64_t)1 << exponent) - 1;
}

void histogram_add(struct histogram *h, int64_t us)
{
	if (us < 0)
		us = 0;
	if (h->count == 0 || us < h->min_us)
		h->min_us = us;
	if (us > h->max_us)
		h->max_us = us;
	h->buckets[bucket_of(us)]++;
	h->count++;
}

void histogram_join(struct histogram *h, const struct histogram *other)
{
	if (other->count == 0)
		return;
	if (h->count == 0 || other->min_us < h->min_us)
		h->min_us = other->min_us;
	if (other->max_us > h->max_us)
		h->max_us = other->max_us;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] += other->buckets[i];
	h->count += other->count;
}

int64_t histogram_at(const struct histogram *h, int thousandth)
{
	assert(thousandth >= 0 && thousandth <= 1000);
	uint64_t wanted = (h->count * (uint64_t)thousandth + 999) / 1000, seen = 0;
	if (h->count == 0)
		return 0;
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= wanted && seen > 0)
			return top_of(i) < h->max_us && i < HISTOGRAM_BUCKETS - 1 ? top_of(i) : h->max_us;
	}
	return h->max_us;
}
