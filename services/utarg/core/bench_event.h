// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The events a benchmark sends: page views with one purchase in sixteen, about 200 bytes each, packed once; a
// number makes an event of them by patching its id, shop, time, visitor and order in place. The same number
// makes the same bytes, so a duplicate is a number sent again. Pure.
#pragma once

#include "common/base/text.h"

#include <stddef.h>
#include <stdint.h>

enum { BENCH_EVENT_MAX_BYTES = 512, BENCH_SHOP_SIZE = 11, BENCH_BATCH_MAX = 1000, BENCH_SHOPS_MAX = 1000 };

enum bench_ids { BENCH_V7, BENCH_V4 };

struct bench_world {
	int64_t base_ms;     // time of event 0; 200 events share a millisecond
	uint64_t seed;       // other seeds have other ids
	uint32_t shop_count; // event n is of shop n % shop_count
	enum bench_ids ids;
};

struct bench_events;
struct bench_events *bench_events_create(void);
void bench_events_destroy(struct bench_events *events); // takes NULL

// "bench-0007": all of one length.
void bench_shop(uint32_t number, char out[BENCH_SHOP_SIZE]);

// One event as a row of the journal has it; the slices point into `bytes`.
struct bench_row {
	uint8_t bytes[BENCH_EVENT_MAX_BYTES];
	uint8_t id[16];
	int64_t t_ms;
	int16_t kind;
	struct slice event, subject, visitor;
};
void bench_row(const struct bench_events *events, const struct bench_world *world, uint64_t number,
	       struct bench_row *out);

// A whole packed utarg.v1.Request that publishes events of these numbers; returns its size. out must hold
// BENCH_EVENT_MAX_BYTES for each event and as much once more.
size_t bench_request(const struct bench_events *events, const struct bench_world *world, uint64_t request_id,
		     int64_t sent_at_ms, const uint64_t *numbers, size_t count, uint8_t *out);
