// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What becomes of an order after it was placed: parcels, returns, complaints, withdrawals. All of it may come
// before the order itself; then it waits here. Money is order.c's.
//
//   Sent in full: the earliest order_fulfilled that says it is the last parcel. An order is open from its
//   date to min(that, its cancellation); what ends at or before its date was never open. Delivered: the
//   latest over its parcels of each one's earliest order_delivered; by the end of the promised local day of
//   the current content it was on time. A promise counts once the order is delivered or its day has passed at
//   A, at the promised day, unless the order is cancelled. Claims (claim.h) that name the order stand where
//   it stands.
#pragma once

#include "services/metrics/core/moment.h"
#include "services/metrics/core/vec.h"

#include <stdbool.h>

struct fold;
struct order;
struct said;
struct codec_reader;
struct codec_writer;

struct order_parcel {
	char id[ENTITY_ID_SIZE]; // "": the shop does not number them
	int64_t delivered_ms;    // the earliest word of it
};

struct order_claim {
	char id[ENTITY_ID_SIZE]; // the complaint's or withdrawal's own
	struct moment moment;
	uint32_t dims; // own, as long as the order is not known
	uint8_t kind;  // FOLD_COMPLAINT, FOLD_WITHDRAWAL
};

struct order_close { // of a service case about the order
	char case_id[ENTITY_ID_SIZE];
	int64_t t_ms;
};

struct order_day {
	int32_t day; // local, days since 1970-01-01
};

// What the books (books.h) see of an order.
struct order_view {
	bool is_known;
	bool is_cancelled;
	int32_t day;         // of its date, as order_day
	char currency[4];    // its own
	int64_t gross_minor; // items net after discounts, shipping net and all tax, in that currency
};

struct order_life {
	VEC(struct order_parcel) * parcels; // by id
	VEC(struct order_claim) * claims;   // by (kind, id)
	VEC(struct order_close) * closes;   // by (case, t)
	VEC(struct order_day) * digests;    // whose rows name it, ascending
	struct order_view view;             // as it stands in the books
	int64_t fulfilled_ms;
	bool is_fulfilled, is_refused, is_returned;
};

void order_life_clear(struct order_life *life);
size_t order_life_bytes(const struct order_life *life);
bool order_life_is_empty(const struct order_life *life);
void order_life_write(const struct fold *fold, const struct order_life *life, struct codec_writer *w);
void order_life_read(struct fold *fold, struct order_life *life, struct codec_reader *r);

// Puts or replaces the claim of that kind and id.
void order_life_put_claim(struct order_life *life, const struct order_claim *claim);
void order_life_drop_claim(struct order_life *life, uint8_t kind, const char *id);
void order_life_put_close(struct order_life *life, const char *case_id, int64_t t_ms);
void order_life_drop_closes(struct order_life *life, const char *case_id); // all of that case

// Of kind_rows: the facts told above, and when the clock changes them.
void order_life_put(struct fold *fold, const void *order, int sign);
int64_t order_life_due_ms(const struct fold *fold, const void *order);
// Of event.c: order_fulfilled, order_delivered, parcel_refused, return_received.
void order_life_collect(const struct fold *fold, const struct said *said);
uint8_t order_life_apply(struct fold *fold, const struct said *said);
