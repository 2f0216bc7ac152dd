// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Walks the raw bytes of one message by its plan and checks whatever can be said of a field on its own:
// wire type, text (UTF-8, no NUL, size), numbers, moments, days, words, how often, what is missing. It
// works on the bytes as received because the decoder hides too much: protobuf-c ends a string at the
// first NUL, checks no UTF-8, and lets the last of two bodies win where other decoders merge them. What
// several fields say together is validate.c's. Pure, bounded by the input's size, fuzzed.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"
#include "services/ingest/core/plan.h"

#include <stdbool.h>
#include <stdint.h>

// A moment before this is no moment of a shop: 1990-01-01, UTC. Seconds given for ms end up before it.
#define SHAPE_TIME_MIN_MS INT64_C(631152000000)
// And none lies behind this one, not even a planned one: 2200-01-01, UTC.
#define SHAPE_TIME_MAX_MS INT64_C(7258118400000)
// How far the clock of a publisher may be ahead.
#define SHAPE_AHEAD_MAX_MS INT64_C(300000)

struct shape_times {
	int64_t received_at_ms; // the service's clock
	int64_t shift_ms;       // what validate.c adds to the publisher's moments
};

// Checks a whole message. prefix ("subject") begins the paths of a field at fault; NULL or "": none.
// *is_plain turns false when it holds a field this schema does not know, or a repeated one; nothing else can
// make a decoder take much memory, or refuse what passes here (fuzz_slice).
bool shape_check(const struct plan *plan, struct slice raw, const char *prefix,
		 const struct shape_times *times, bool *is_plain, struct err *e);
// One moment that must have been: the sum with the shift, judged.
bool shape_check_past(int64_t time_ms, const struct shape_times *times, const char *field, struct err *e);
// a + b, kept at the ends of the range instead of overflowing.
int64_t shape_add_ms(int64_t a, int64_t b);
