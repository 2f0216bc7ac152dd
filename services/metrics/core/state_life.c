// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of what became of an order. See state.c for the rules.
#include "services/metrics/core/state.h"

#include <string.h>

enum life_bit {
	LIFE_FULFILLED = 1,
	LIFE_REFUSED = 2,
	LIFE_RETURNED = 4,
	LIFE_VIEW = 8,
	LIFE_VIEW_CANCELLED = 16,
	LIFE_BITS = 31
};

void order_life_clear(struct order_life *life)
{
	vec_free(life->parcels);
	vec_free(life->claims);
	vec_free(life->closes);
	vec_free(life->digests);
	*life = (struct order_life){.parcels = NULL};
}

size_t order_life_bytes(const struct order_life *life)
{
	return vec_bytes(life->parcels) + vec_bytes(life->claims) + vec_bytes(life->closes) +
	       vec_bytes(life->digests);
}

// Without a copy of the order it is not in the books either.
bool order_life_is_empty(const struct order_life *life)
{
	return !life->is_fulfilled && !life->is_refused && !life->is_returned && !vec_count(life->parcels) &&
	       !vec_count(life->claims) && !vec_count(life->closes) && !vec_count(life->digests);
}

static void write_lists(const struct fold *fold, const struct order_life *life, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(life->parcels));
	for (uint32_t i = 0; i < vec_count(life->parcels); i++) {
		codec_put_text(w, life->parcels->at[i].id);
		codec_put_int(w, life->parcels->at[i].delivered_ms);
	}
	codec_put_uint(w, vec_count(life->claims));
	for (uint32_t i = 0; i < vec_count(life->claims); i++) {
		codec_put_uint(w, life->claims->at[i].kind);
		codec_put_text(w, life->claims->at[i].id);
		state_put_moment(&life->claims->at[i].moment, w);
		state_put_dims(fold, life->claims->at[i].dims, w);
	}
	codec_put_uint(w, vec_count(life->closes));
	for (uint32_t i = 0; i < vec_count(life->closes); i++) {
		codec_put_text(w, life->closes->at[i].case_id);
		codec_put_int(w, life->closes->at[i].t_ms);
	}
	codec_put_uint(w, vec_count(life->digests));
	for (uint32_t i = 0; i < vec_count(life->digests); i++)
		codec_put_int(w, life->digests->at[i].day);
}

void order_life_write(const struct fold *fold, const struct order_life *life, struct codec_writer *w)
{
	codec_put_uint(
		w, (life->is_fulfilled ? LIFE_FULFILLED : 0u) | (life->is_refused ? LIFE_REFUSED : 0u) |
			   (life->is_returned ? LIFE_RETURNED : 0u) | (life->view.is_known ? LIFE_VIEW : 0u) |
			   (life->view.is_cancelled ? LIFE_VIEW_CANCELLED : 0u));
	if (life->is_fulfilled)
		codec_put_int(w, life->fulfilled_ms);
	if (life->view.is_known) {
		codec_put_int(w, life->view.day);
		codec_put_text(w, life->view.currency);
		codec_put_int(w, life->view.gross_minor);
	}
	write_lists(fold, life, w);
}

static void read_claims(struct fold *fold, struct order_life *life, struct codec_reader *r)
{
	uint32_t claims = codec_get_count(r, UUID_SIZE + 10);
	for (uint32_t i = 0; i < claims && !r->broken; i++) {
		struct order_claim claim = {.kind = (uint8_t)codec_get_uint_max(r, FOLD_WITHDRAWAL)};
		codec_get_text(r, claim.id, sizeof(claim.id));
		state_get_moment(&claim.moment, r);
		claim.dims = state_get_full_dims(fold, r);
		if (claim.kind < FOLD_COMPLAINT)
			r->broken = true;
		if (!r->broken)
			order_life_put_claim(life, &claim);
	}
}

static void read_lists(struct fold *fold, struct order_life *life, struct codec_reader *r)
{
	uint32_t parcels = codec_get_count(r, 2);
	for (uint32_t i = 0; i < parcels && !r->broken; i++) {
		struct order_parcel *parcel = vec_push(life->parcels);
		codec_get_text(r, parcel->id, sizeof(parcel->id));
		parcel->delivered_ms = state_get_time(r);
		if (i && strcmp(parcel[-1].id, parcel->id) >= 0)
			r->broken = true;
	}
	read_claims(fold, life, r);
	uint32_t closes = codec_get_count(r, 2);
	for (uint32_t i = 0; i < closes && !r->broken; i++) {
		char case_id[ENTITY_ID_SIZE];
		codec_get_text(r, case_id, sizeof(case_id));
		int64_t t_ms = state_get_time(r);
		if (!r->broken)
			order_life_put_close(life, case_id, t_ms);
	}
	uint32_t digests = codec_get_count(r, 1);
	for (uint32_t i = 0; i < digests && !r->broken; i++) {
		struct order_day *digest = vec_push(life->digests);
		digest->day = state_get_day(r);
		if (i && digest[-1].day >= digest->day)
			r->broken = true;
	}
}

void order_life_read(struct fold *fold, struct order_life *life, struct codec_reader *r)
{
	uint64_t bits = codec_get_uint_max(r, LIFE_BITS);
	life->is_fulfilled = bits & LIFE_FULFILLED;
	life->is_refused = bits & LIFE_REFUSED;
	life->is_returned = bits & LIFE_RETURNED;
	life->view.is_known = bits & LIFE_VIEW;
	life->view.is_cancelled = bits & LIFE_VIEW_CANCELLED;
	if (life->is_fulfilled)
		life->fulfilled_ms = state_get_time(r);
	if (life->view.is_known) {
		life->view.day = state_get_day(r);
		codec_get_text(r, life->view.currency, sizeof(life->view.currency));
		life->view.gross_minor = codec_get_int(r);
	}
	read_lists(fold, life, r);
}
