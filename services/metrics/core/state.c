// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of an entity's state. The first byte is the version of the layout: a change of it needs a new
// version here and a reader of the old one, or a rebuild of the figures. What is read is checked as far as
// memory safety and order need it; that it fits the rest of the shop is the checkpoint's promise.
#include "services/metrics/core/state.h"

#include <assert.h>
#include <string.h>

enum { STATE_VERSION = 4, WORD_ABSENT = 0, WORD_TEXT = 255 };

// Dimension values that need one byte. Their places are stored: new ones go to the end. They are interned
// first, so that the place of a word (from 1) is its key.
static const char *const words[] = {
	"web",
	"app",
	"pos",
	"phone",
	"marketplace",
	"mail",
	"leaflet",
	"direct",
	"organic_search",
	"paid_search",
	"organic_social",
	"paid_social",
	"email",
	"affiliate",
	"display",
	"referral",
	"other",
	"unknown",
	"none",
	"desktop",
	"mobile",
	"tablet",
	"tv",
	"PL",
	"DE",
	"GB",
	"US",
	"CZ",
};
enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

void state_intern_words(struct intern *intern)
{
	for (uint32_t i = 0; i < WORD_COUNT; i++) {
		uint32_t key = intern_key(intern, words[i]);
		assert(key == i + 1);
	}
}

void state_put_dims(const struct fold *fold, uint32_t id, struct codec_writer *w)
{
	static const struct dims nothing;
	const struct dims *dims = id ? intern_dims_at(fold->intern, id) : &nothing;
	for (int i = 0; i < INTERN_DIMS; i++) {
		if (!dims->key[i]) {
			codec_put_uint(w, WORD_ABSENT);
		} else if (dims->key[i] <= WORD_COUNT) {
			codec_put_uint(w, dims->key[i]);
		} else {
			codec_put_uint(w, WORD_TEXT);
			codec_put_text(w, intern_text(fold->intern, dims->key[i]));
		}
	}
}

// 0 when no dimension was there.
uint32_t state_get_dims(struct fold *fold, struct codec_reader *r)
{
	struct dims dims = {0};
	bool any = false;
	for (int i = 0; i < INTERN_DIMS; i++) {
		char text[FOLD_TEXT_SIZE];
		uint64_t word = codec_get_uint(r);
		if (word == WORD_TEXT) {
			codec_get_text(r, text, sizeof(text));
			if (!r->broken)
				word = intern_key(fold->intern, text);
		} else if (word > WORD_COUNT) {
			r->broken = true;
		}
		if (r->broken)
			return 0;
		dims.key[i] = (uint32_t)word;
		any = any || word != WORD_ABSENT;
	}
	return any && !r->broken ? intern_dims(fold->intern, &dims) : 0;
}

// Dims that must be there.
uint32_t state_get_full_dims(struct fold *fold, struct codec_reader *r)
{
	uint32_t id = state_get_dims(fold, r);
	if (!id)
		r->broken = true;
	return id;
}

void state_put_moment(const struct moment *moment, struct codec_writer *w)
{
	codec_put_int(w, moment->t_ms);
	codec_put_raw(w, moment->id, UUID_SIZE);
}

// Times stay far from the ends of int64, so that sums of a few of them are safe.
int64_t state_get_time(struct codec_reader *r)
{
	int64_t t_ms = codec_get_int(r);
	if (t_ms > INT64_C(1) << 53 || t_ms < -(INT64_C(1) << 53)) {
		r->broken = true;
		return 0;
	}
	return t_ms;
}

void state_get_moment(struct moment *moment, struct codec_reader *r)
{
	moment->t_ms = state_get_time(r);
	codec_get_raw(r, moment->id, UUID_SIZE);
}

void state_put_rank(const struct copy_rank *rank, struct codec_writer *w)
{
	codec_put_uint(w, rank->version);
	codec_put_uint(w, rank->server);
	state_put_moment(&rank->moment, w);
}

void state_get_rank(struct copy_rank *rank, struct codec_reader *r)
{
	rank->version = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	rank->server = (uint8_t)codec_get_uint_max(r, 1);
	state_get_moment(&rank->moment, r);
}

int32_t state_get_day_from(struct codec_reader *r, int32_t from)
{
	int64_t day = from + state_get_time(r);
	if (day > STATE_DAY_MAX || day < -STATE_DAY_MAX) {
		r->broken = true;
		return 0;
	}
	return (int32_t)day;
}

int32_t state_get_day(struct codec_reader *r)
{
	return state_get_day_from(r, 0);
}

// ---- customer ----

void state_put_customer(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct customer *c = entity;
	codec_put_uint(w, vec_count(c->orders));
	for (uint32_t i = 0; i < vec_count(c->orders); i++) {
		const struct customer_order *o = &c->orders->at[i];
		codec_put_text(w, o->id);
		codec_put_int(w, o->placed_ms);
		codec_put_uint(w, o->valid);
		state_put_dims(fold, o->dims, w);
	}
	codec_put_uint(w, vec_count(c->touches));
	for (uint32_t i = 0; i < vec_count(c->touches); i++) {
		state_put_moment(&c->touches->at[i].moment, w);
		state_put_dims(fold, c->touches->at[i].dims, w);
		uint32_t affiliate = c->touches->at[i].affiliate;
		codec_put_text(w, affiliate ? intern_text(fold->intern, affiliate) : "");
	}
}

static void read_customer_touches(struct fold *fold, struct customer *c, struct codec_reader *r)
{
	uint32_t touches = codec_get_count(r, UUID_SIZE + 2 + INTERN_DIMS);
	for (uint32_t i = 0; i < touches && !r->broken; i++) {
		struct customer_touch *touch = vec_push(c->touches);
		state_get_moment(&touch->moment, r);
		touch->dims = state_get_full_dims(fold, r);
		char affiliate[FOLD_TEXT_SIZE];
		codec_get_text(r, affiliate, sizeof(affiliate));
		touch->affiliate = affiliate[0] && !r->broken ? intern_key(fold->intern, affiliate) : 0;
		if (i && moment_compare(&touch[-1].moment, &touch->moment) >= 0)
			r->broken = true;
	}
}

void state_get_customer(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct customer *c = entity;
	uint32_t orders = codec_get_count(r, 8);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		struct customer_order *o = vec_push(c->orders);
		codec_get_text(r, o->id, sizeof(o->id));
		o->placed_ms = state_get_time(r);
		o->valid = codec_get_uint_max(r, 1);
		o->dims = state_get_full_dims(fold, r);
		if (i && (o[-1].placed_ms > o->placed_ms ||
			  (o[-1].placed_ms == o->placed_ms && strcmp(o[-1].id, o->id) >= 0)))
			r->broken = true;
	}
	read_customer_touches(fold, c, r);
}

bool state_is_empty(const struct entity *entity)
{
	const struct kind_row *row = &kind_rows[entity->kind];
	return row->is_empty && row->is_empty(entity);
}

void state_write(const struct fold *fold, const struct entity *entity, struct codec_writer *w)
{
	if (state_is_empty(entity))
		return;
	codec_put_uint(w, STATE_VERSION);
	kind_rows[entity->kind].write(fold, entity, w);
}

bool state_read(struct fold *fold, struct entity *entity, struct slice bytes)
{
	struct codec_reader r = {bytes, false};
	if (codec_get_uint(&r) != STATE_VERSION)
		return false;
	kind_rows[entity->kind].read(fold, entity, &r);
	return codec_end(&r);
}
