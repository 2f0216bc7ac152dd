// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The fixed logarithmic histogram that percentiles of times are read from: below 32 every value is a level of
// its own, above it the five highest bits are kept, so that a level is its own lower bound and at most a
// sixteenth below any value it holds. Counts of levels may be added and taken away. Pure.
#pragma once

#include <stdint.h>

// The level of a value; negative values count as 0.
int64_t level_of(int64_t value);
