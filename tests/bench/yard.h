// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the yardsticks share: the clock, reading their arguments, and a row of the journal as libpq wants it.
// They are programs of their own because nothing of the product but common/db speaks libpq.
#pragma once

#include "services/utarg/core/bench_event.h"
#include "services/utarg/core/histogram.h"

#include <stdint.h>
#include <stdio.h>

enum { YARD_COLUMNS = 12 };

int64_t yard_now_us(void);
_Noreturn void yard_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
int64_t yard_number(const char *text, int64_t min, int64_t max);

// One row of journal.event in binary: columns in the order of the COPY; data NULL is null.
struct yard_row {
	struct bench_row event;
	uint8_t shop[4], seq[8], kind[2], origin[2], event_time[8], received[8];
	struct slice columns[YARD_COLUMNS];
};
void yard_row(const struct bench_events *events, const struct bench_world *world, uint64_t number,
	      int64_t now_us, struct yard_row *out);
#define YARD_COLUMN_LIST                                                                                     \
	"shop_id, seq, event_id, kind, event_time, received_at, principal, origin, visitor, customer, "      \
	"subject, payload"
