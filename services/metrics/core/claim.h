// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Complaints and withdrawals: what the shop owes an answer within 14 days. The earliest word of an id counts.
// One that names an order lives in it (order_life.h) and is settled, at or after its own time, by the
// earliest of: a refund of the order; for complaints also its cancellation and the close of a service case
// about it. One that names none is never settled. It is due until then, and overdue from 14 x 24 hours on.
#pragma once

#include "services/metrics/core/entity.h"

struct claim { // by its own id, of kind FOLD_COMPLAINT or FOLD_WITHDRAWAL
	struct entity entity;
	bool is_known;
	struct moment moment;
	char order[ENTITY_ID_SIZE]; // "": it stands by itself
	uint32_t dims;              // own
};

// Facts of a claim told at t and settled then (INT64_MAX: not yet); and the first instant after A at which
// the clock changes them.
void claim_put_facts(struct fold *fold, uint8_t kind, int64_t t_ms, int64_t settled_ms, uint32_t dims,
		     int sign);
int64_t claim_facts_due_ms(const struct fold *fold, int64_t t_ms, int64_t settled_ms);

// Of kind_rows.
void claim_clear(void *claim);
bool claim_is_empty(const void *claim);
void claim_write(const struct fold *fold, const void *claim, struct codec_writer *w);
void claim_read(struct fold *fold, void *claim, struct codec_reader *r);
void claim_put(struct fold *fold, const void *claim, int sign);
int64_t claim_due_ms(const struct fold *fold, const void *claim);
// Of event.c: complaint_received, withdrawal_received.
void claim_collect(const struct fold *fold, const struct said *said);
uint8_t claim_apply(struct fold *fold, const struct said *said);
