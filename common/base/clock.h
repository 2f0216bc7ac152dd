// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The only place that reads a clock. Pure code gets times as arguments.
#pragma once

#include <stdint.h>

int64_t clock_now_ms(void); // wall clock, ms since 1970 UTC
int64_t clock_now_us(void);
int64_t clock_monotonic_ms(void); // for timers and deadlines
int64_t clock_monotonic_us(void);
