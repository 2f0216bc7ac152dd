// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of a cart. See state.c for the rules.
#include "services/metrics/core/state.h"

static void write_names(const struct cart_name *names, uint32_t count, struct codec_writer *w)
{
	codec_put_uint(w, count);
	for (uint32_t i = 0; i < count; i++)
		codec_put_text(w, names[i].text);
}

static void write_summary(const struct fold *fold, const struct cart_summary *s, struct codec_writer *w)
{
	codec_put_uint(w, s->state);
	if (s->state == CART_NONE)
		return;
	codec_put_int(w, s->first_ms);
	codec_put_uint(w, s->abandoned_at_ms != INT64_MAX);
	if (s->abandoned_at_ms != INT64_MAX)
		codec_put_int(w, s->abandoned_at_ms);
	state_put_dims(fold, s->dims, w);
	state_put_dims(fold, s->own_dims, w);
	codec_put_uint(w, s->counted);
	codec_put_text(w, s->visitor);
}

static void read_summary(struct fold *fold, struct cart_summary *s, struct codec_reader *r)
{
	*s = (struct cart_summary){.abandoned_at_ms = INT64_MAX};
	s->state = (uint8_t)codec_get_uint_max(r, CART_RECOVERED);
	if (s->state == CART_NONE)
		return;
	s->first_ms = state_get_time(r);
	if (codec_get_uint_max(r, 1))
		s->abandoned_at_ms = state_get_time(r);
	s->dims = state_get_full_dims(fold, r);
	s->own_dims = state_get_full_dims(fold, r);
	s->counted = codec_get_uint_max(r, 1);
	codec_get_text(r, s->visitor, sizeof(s->visitor));
	if ((s->state == CART_OPEN) != (s->abandoned_at_ms != INT64_MAX) ||
	    (s->counted && s->state != CART_OPEN))
		r->broken = true;
}

void state_put_cart(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct cart *c = entity;
	write_names(c->names ? c->names->at : NULL, vec_count(c->names), w);
	write_names(c->merged ? c->merged->at : NULL, vec_count(c->merged), w);
	codec_put_uint(w, vec_count(c->activities));
	for (uint32_t i = 0; i < vec_count(c->activities); i++) {
		const struct activity *a = &c->activities->at[i];
		codec_put_uint(w, a->kind);
		state_put_moment(&a->moment, w);
		codec_put_int(w, a->quantity);
		codec_put_uint(w, a->name);
		codec_put_uint(w, a->visitor);
		codec_put_uint(w, a->client);
		if (a->kind == ACTIVITY_ADD)
			state_put_dims(fold, a->dims, w);
	}
	codec_put_uint(w, vec_count(c->orders));
	for (uint32_t i = 0; i < vec_count(c->orders); i++) {
		codec_put_int(w, c->orders->at[i].placed_ms);
		codec_put_text(w, c->orders->at[i].id);
	}
	write_summary(fold, &c->summary, w);
}

static void read_activity(struct fold *fold, const struct cart *c, struct activity *a, struct codec_reader *r)
{
	a->kind = (uint8_t)codec_get_uint_max(r, ACTIVITY_OTHER);
	state_get_moment(&a->moment, r);
	a->quantity = state_get_time(r);
	a->name = (uint32_t)codec_get_uint_max(r, vec_count(c->names));
	a->visitor = (uint32_t)codec_get_uint_max(r, vec_count(c->names));
	a->client = codec_get_uint_max(r, 1);
	if (a->kind == ACTIVITY_ADD)
		a->dims = state_get_full_dims(fold, r);
	if (!a->kind || a->quantity < 0 || (a->client && !a->visitor))
		r->broken = true;
}

void state_get_cart(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct cart *c = entity;
	uint32_t names = codec_get_count(r, 1);
	for (uint32_t i = 0; i < names && !r->broken; i++) {
		struct cart_name *name = vec_push(c->names);
		codec_get_text(r, name->text, sizeof(name->text));
	}
	uint32_t merged = codec_get_count(r, 1);
	for (uint32_t i = 0; i < merged && !r->broken; i++) {
		char id[ENTITY_ID_SIZE];
		codec_get_text(r, id, sizeof(id));
		if (!id[0])
			r->broken = true;
		cart_join(c, id);
	}
	uint32_t activities = codec_get_count(r, 22);
	for (uint32_t i = 0; i < activities && !r->broken; i++) {
		struct activity *a = vec_push(c->activities);
		read_activity(fold, c, a, r);
		if (i && moment_compare(&a[-1].moment, &a->moment) > 0)
			r->broken = true;
	}
	uint32_t orders = codec_get_count(r, 2);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		char id[ENTITY_ID_SIZE];
		int64_t placed_ms = state_get_time(r);
		codec_get_text(r, id, sizeof(id));
		if (!r->broken)
			cart_put_order(c, id, placed_ms);
	}
	read_summary(fold, &c->summary, r);
}
