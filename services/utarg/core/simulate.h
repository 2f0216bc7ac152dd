// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A believable day of a shop, as events: visits with sources, devices and countries, page views, searches,
// carts, checkouts, orders told by browser and server, payments, parcels, refunds, cancellations, price
// changes, stock, service cases, the day's advertising bills and what other platforms report of it. Pure and
// seeded: the same options give the same bytes. Nothing here decides what a figure is.
#pragma once

#include "common/base/text.h"
#include "common/base/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/event.pb-c.h"

struct simulate_options {
	const char *shop;        // slug
	const char *currency;    // the shop's
	const struct zone *zone; // the shop's
	struct zone_date date;   // local day
	uint64_t seed;
	uint32_t visit_count;
	int64_t until_ms; // events after this instant are left out (the future has not happened)
};

// One publication on its way, packed.
struct simulate_event {
	int64_t t_ms;
	Utarg__V1__Origin origin;
	uint8_t *bytes; // packed utarg.v1.Publication, owned by the day
	size_t size;
};

// A day's events by time. Life: simulate_day fills it, simulate_day_free frees it.
struct simulate_day {
	struct simulate_event *events;
	size_t count, capacity;
};

void simulate_day(const struct simulate_options *options, struct simulate_day *out);
void simulate_day_free(struct simulate_day *day);
