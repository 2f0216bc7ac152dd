// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How long things took, in microseconds: a histogram of fixed size whose buckets are at most 1/64 of their
// value wide, so that percentiles are right to 1.6 % from a microsecond to an hour. Pure.
#pragma once

#include <stdint.h>

enum { HISTOGRAM_BUCKETS = 64 * 28 };

// The caller's; {0} is empty.
struct histogram {
	uint64_t count;
	int64_t min_us, max_us;
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h,
		   int64_t us); // below 0 counts as 0; beyond the last bucket in the last
void histogram_join(struct histogram *h, const struct histogram *other);
// The value that so many thousandths of all are not above: 500 is the median, 990 the 99th percentile. 0 when
// there is none. Never above the greatest value that was added.
int64_t histogram_at(const struct histogram *h, int thousandth);
