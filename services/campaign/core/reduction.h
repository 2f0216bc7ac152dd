// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The life of an announced reduction, as a function of what was announced and of the time:
//
//   planned -> in force -> ended
//
// It is over at the end it was announced with, when it is ended by a decision, or when the next one of the
// same offer, market, audience and currency begins (a deepening is a reduction of its own), whichever comes
// first. Pure.
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/campaign.pb-c.h"

// One of an offer's reductions.
struct reduction {
	const Utarg__V1__Reduction *announced;
	int64_t announced_at_ms;
	int64_t ended_at_ms; // by a decision; 0: none
	uint64_t revision;
};

// When reductions[at] is over; 0: no end is known. The others are those of the same offer, by (beginning,
// announcement): of two that begin together the one announced later takes over.
int64_t reduction_until_ms(const struct reduction *reductions, size_t count, size_t at);
Utarg__V1__ReductionState reduction_state(int64_t from_ms, int64_t until_ms, int64_t now_ms);

// What can be said of an announcement without the database: MISSING_FIELD, BAD_FIELD, AMOUNT_RANGE.
bool reduction_check(const Utarg__V1__ReductionAnnounceRequest *announce, struct err *e);
// BAD_TIME; for a new command only, since a resend may come later. from_ms 0 stands for now.
bool reduction_check_times(const Utarg__V1__ReductionAnnounceRequest *announce, int64_t now_ms,
			   struct err *e);
// Whether that event is what the command asks for.
bool reduction_equal(const Utarg__V1__ReductionAnnounceRequest *asked, const Utarg__V1__Reduction *announced);
