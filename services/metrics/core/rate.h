// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Published rates of exchange, and the orders and rows of spend that wait for them. An order in another
// currency that came without a rate is converted by the rate_published of the shop's source (settings_at its
// order date) with the greatest day that lies 1 to 7 days before the order's local day and names its
// currency; of several tellings of that day the one with the greatest (t, id) counts.
//
// Rows of spend in another currency are converted likewise, as of the beginning of their day (report.h).
//
// All stand in one entity a source, currency and week (of seven days since 1970-01-01): an order needs the
// week of its own day and the one before it, and registers in its own; a rate goes to the week of its day,
// and its orders are in that week and the next. Orders in the shop's currency or with a rate need none of
// this. Pure.
#pragma once

#include "services/metrics/core/inner.h"

enum { RATE_WEEK_DAYS = 7 };

struct rate_day {
	struct moment moment;  // of who told it
	int64_t per_unit_nano; // shop currency for one of the other; 0: not known
};

struct rate_order {  // an order that came without a rate
	int64_t day; // local day of the order date, since 1970-01-01
	char id[ENTITY_ID_SIZE];
};

struct rate_report { // a row of spend
	int64_t day; // its own
	struct fold_key key;
};

struct rate_week {
	struct entity entity;
	struct rate_day days[RATE_WEEK_DAYS];
	VEC(struct rate_order) * orders;   // by (day, id)
	VEC(struct rate_report) * reports; // by (day, key)
};

// Whether it is a rate at all: above nothing and not above a million.
bool rate_is_valid(int64_t per_unit_nano);

// Whether both currencies are known and there is a rate, or none is needed.
bool rate_can_convert(const char *from, const char *to, int64_t per_unit_nano);
// Half-even; only what can be converted.
money_sum rate_convert(money_sum minor, const char *from, const char *to, int64_t per_unit_nano);

// Of closure.c: the weeks an order of that currency and date needs. Nothing for the shop's own currency.
void rate_need(const struct fold *fold, const char *currency, int64_t placed_ms);
void rate_collect(const struct fold *fold, const struct said *said); // rate_published
uint8_t rate_apply(struct fold *fold, const struct said *said);

// Of attach.c: registers the order with its week and finds its rate (order->published_nano), or takes it out
// of its week. The weeks are in memory.
void rate_attach(struct fold *fold, struct order *order);
void rate_detach(struct fold *fold, struct order *order);

// Of report.c: the rate of a row of that currency and day (0: none), which waits there for others from now
// on. The weeks are in memory.
int64_t rate_attach_report(struct fold *fold, const struct entity *report, const char *currency, int32_t day);

// Of kind_rows.
void rate_clear(void *entity);
size_t rate_held_bytes(const void *entity);
bool rate_is_empty(const void *entity);
void rate_write(const struct fold *fold, const void *entity, struct codec_writer *w);
void rate_read(struct fold *fold, void *entity, struct codec_reader *r);
