// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of an entity's state. The first byte is the version of the layout: a change of it needs a new
// version here and a reader of the old one, or a rebuild of the figures. What is read is checked as far as
// memory safety and order need it; that it fits the rest of the shop is the checkpoint's promise.
#include "services/metrics/core/state.h"

#include <assert.h>
#include <string.h>

enum { STATE_VERSION = 1, WORD_ABSENT = 0, WORD_TEXT = 255 };

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

// ---- customer, report ----

static void write_customer(const struct fold *fold, const struct customer *c, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(c->orders));
	for (uint32_t i = 0; i < vec_count(c->orders); i++) {
		const struct customer_order *o = &c->orders->at[i];
		codec_put_text(w, o->id);
		codec_put_int(w, o->placed_ms);
		codec_put_uint(w, o->valid);
		state_put_dims(fold, o->dims, w);
	}
}

static void read_customer(struct fold *fold, struct customer *c, struct codec_reader *r)
{
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
}

static void write_report(const struct fold *fold, const struct report *report, struct codec_writer *w)
{
	state_put_moment(&report->reported, w);
	codec_put_int(w, report->spend_minor);
	codec_put_int(w, report->day_ms);
	state_put_dims(fold, report->dims, w);
}

static void read_report(struct fold *fold, struct report *report, struct codec_reader *r)
{
	report->known = true;
	report->reported.t_ms = codec_get_int(r);
	codec_get_raw(r, report->reported.id, UUID_SIZE);
	report->spend_minor = codec_get_int(r);
	report->day_ms = state_get_time(r);
	report->dims = state_get_full_dims(fold, r);
}

bool state_is_empty(const struct entity *entity)
{
	const void *any = entity;
	switch ((enum fold_entity_kind)entity->kind) {
	case FOLD_SETTINGS:
		return false;
	case FOLD_VISITOR: {
		const struct visitor *v = any;
		return !vec_count(v->sessions) && !vec_count(v->links);
	}
	case FOLD_CART: {
		const struct cart *c = any;
		return !vec_count(c->activities) && !vec_count(c->orders);
	}
	case FOLD_ORDER: {
		const struct order *o = any;
		return !vec_count(o->versions) && !vec_count(o->refunds) && !o->cancelled;
	}
	case FOLD_CUSTOMER:
		return !vec_count(((const struct customer *)any)->orders);
	case FOLD_REFUND:
		return !((const struct refund *)any)->known;
	case FOLD_REPORT:
		return !((const struct report *)any)->known;
	}
	return false;
}

void state_write(const struct fold *fold, const struct entity *entity, struct codec_writer *w)
{
	const void *any = entity;
	if (state_is_empty(entity))
		return;
	codec_put_uint(w, STATE_VERSION);
	switch ((enum fold_entity_kind)entity->kind) {
	case FOLD_SETTINGS:
		settings_write(((const struct settings_entity *)any)->settings, w);
		break;
	case FOLD_VISITOR:
		state_put_visitor(fold, any, w);
		break;
	case FOLD_CART:
		state_put_cart(fold, any, w);
		break;
	case FOLD_ORDER:
		state_put_order(fold, any, w);
		break;
	case FOLD_CUSTOMER:
		write_customer(fold, any, w);
		break;
	case FOLD_REFUND:
		state_put_refund(fold, any, w);
		break;
	case FOLD_REPORT:
		write_report(fold, any, w);
		break;
	}
}

bool state_read(struct fold *fold, struct entity *entity, struct slice bytes)
{
	struct codec_reader r = {bytes, false};
	void *any = entity;
	if (codec_get_uint(&r) != STATE_VERSION)
		return false;
	switch ((enum fold_entity_kind)entity->kind) {
	case FOLD_SETTINGS:
		settings_read(((struct settings_entity *)any)->settings, &r);
		break;
	case FOLD_VISITOR:
		state_get_visitor(fold, any, &r);
		break;
	case FOLD_CART:
		state_get_cart(fold, any, &r);
		break;
	case FOLD_ORDER:
		state_get_order(fold, any, &r);
		break;
	case FOLD_CUSTOMER:
		read_customer(fold, any, &r);
		break;
	case FOLD_REFUND:
		state_get_refund(fold, any, &r);
		break;
	case FOLD_REPORT:
		read_report(fold, any, &r);
		break;
	}
	return codec_end(&r);
}
