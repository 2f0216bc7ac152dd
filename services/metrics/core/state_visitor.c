// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of a visitor. See state.c for the rules.
#include "services/metrics/core/state.h"

#include "services/metrics/core/seo.h"
#include "services/metrics/core/touch_keep.h"

// Beside the flags that are stored: what most sessions do not have takes no byte.
enum {
	HAS_CLICK = SESSION_TOUCHED,
	HAS_NAME = SESSION_CHANGED,
	HAS_LANDING = 2 * SESSION_CHANGED,
	BITS = SESSION_STORED | HAS_CLICK | HAS_NAME | HAS_LANDING
};

static void write_sessions(const struct fold *fold, const struct visitor *v, const uint32_t *names,
			   struct codec_writer *w)
{
	codec_put_uint(w, vec_count(v->sessions));
	for (uint32_t i = 0; i < vec_count(v->sessions); i++) {
		const struct session *s = &v->sessions->at[i];
		state_put_moment(&s->first, w);
		codec_put_int(w, s->last_ms - s->first.t_ms);
		codec_put_int(w, s->engaged_ms);
		state_put_dims(fold, s->dims, w);
		codec_put_uint(w, s->views);
		codec_put_uint(w, s->orders);
		codec_put_uint(w, s->valid_orders);
		codec_put_uint(w, (s->flags & SESSION_STORED) | (s->click ? HAS_CLICK : 0u) |
					  (s->name ? HAS_NAME : 0u) | (s->landing ? HAS_LANDING : 0u));
		if (s->click)
			codec_put_text(w, intern_text(fold->intern, s->click));
		if (s->name)
			codec_put_uint(w, names[s->name]);
		if (s->landing)
			seo_write_landing(fold, s->landing, w);
	}
	codec_put_uint(w, vec_count(v->spans));
	for (uint32_t i = 0; i < vec_count(v->spans); i++) {
		codec_put_int(w, v->spans->at[i].from_ms);
		codec_put_int(w, v->spans->at[i].to_ms - v->spans->at[i].from_ms);
	}
}

static void write_minutes(const struct visitor *v, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(v->views));
	for (uint32_t i = 0; i < vec_count(v->views); i++) {
		codec_put_int(w, v->views->at[i].minute - (i ? v->views->at[i - 1].minute : 0));
		codec_put_uint(w, v->views->at[i].channel);
		codec_put_uint(w, v->views->at[i].count);
	}
	codec_put_uint(w, vec_count(v->notes));
	for (uint32_t i = 0; i < vec_count(v->notes); i++) {
		const struct note *note = &v->notes->at[i];
		codec_put_int(w, note->minute);
		codec_put_uint(w, note->kind);
		codec_put_uint(w, note->level);
		codec_put_uint(w, note->channel);
		codec_put_uint(w, note->count);
	}
	codec_put_uint(w, vec_count(v->lulls));
	for (uint32_t i = 0; i < vec_count(v->lulls); i++) {
		codec_put_int(w, v->lulls->at[i].from);
		codec_put_int(w, v->lulls->at[i].to);
	}
}

// Those that something uses, by text: the same whatever was forgotten in between.
static void write_names(const struct sources *from, const uint32_t *names, struct codec_writer *w)
{
	uint32_t count = 0;
	for (uint32_t i = 1; i <= vec_count(from->names); i++)
		count += names[i] > 0;
	codec_put_uint(w, count);
	for (uint32_t i = 0; i < vec_count(from->by_text); i++)
		if (names[from->by_text->at[i] + 1])
			codec_put_text(w, from->names->at[from->by_text->at[i]].text);
}

static void write_candidates(const struct fold *fold, const struct visitor *v, const uint32_t *names,
			     struct codec_writer *w)
{
	const struct sources *from = touch_sources(v);
	write_names(from, names, w);
	codec_put_uint(w, vec_count(from->candidates));
	for (uint32_t i = 0; i < vec_count(from->candidates); i++) {
		const struct candidate *c = &from->candidates->at[i];
		state_put_moment(&c->moment, w);
		state_put_dims(fold, c->dims, w);
		codec_put_text(w, c->click ? intern_text(fold->intern, c->click) : "");
		codec_put_uint(w, c->name ? names[c->name] : 0);
	}
	codec_put_uint(w, vec_count(from->clicks));
	for (uint32_t i = 0; i < vec_count(from->clicks); i++) {
		const struct click *click = &from->clicks->at[i];
		state_put_moment(&click->moment, w);
		state_put_dims(fold, click->dims, w);
		codec_put_text(w, intern_text(fold->intern, click->affiliate));
		codec_put_uint(w, click->name ? names[click->name] : 0);
	}
}

void state_put_visitor(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct visitor *v = entity;
	uint32_t *names = touch_used_names(v);
	write_sessions(fold, v, names, w);
	write_minutes(v, w);
	codec_put_uint(w, vec_count(v->links));
	for (uint32_t i = 0; i < vec_count(v->links); i++) {
		const struct link *link = &v->links->at[i];
		codec_put_uint(w, link->kind);
		codec_put_int(w, link->at_ms);
		codec_put_int(w, link->until_ms - link->at_ms);
		codec_put_text(w, link->id);
	}
	write_candidates(fold, v, names, w);
	memory_free(names);
}

static uint32_t read_text(struct fold *fold, struct codec_reader *r)
{
	char text[FOLD_TEXT_SIZE];
	codec_get_text(r, text, sizeof(text));
	return text[0] && !r->broken ? intern_key(fold->intern, text) : 0;
}

static void read_session(struct fold *fold, struct session *s, struct codec_reader *r)
{
	state_get_moment(&s->first, r);
	s->last_ms = s->first.t_ms + state_get_time(r);
	s->engaged_ms = state_get_time(r);
	s->dims = state_get_full_dims(fold, r);
	s->views = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	s->orders = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	s->valid_orders = (uint32_t)codec_get_uint_max(r, s->orders);
	uint32_t bits = (uint32_t)codec_get_uint_max(r, BITS);
	s->flags = bits & SESSION_STORED;
	s->click = bits & HAS_CLICK ? read_text(fold, r) : 0;
	s->name = bits & HAS_NAME ? (uint32_t)codec_get_uint_max(r, SESSION_NAMES_MAX) : 0;
	s->landing = bits & HAS_LANDING ? seo_read_landing(fold, r) : 0;
	if (s->last_ms < s->first.t_ms || s->engaged_ms < 0)
		r->broken = true;
}

static void read_spans(struct visitor *v, struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 2);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct span *span = vec_push(v->spans);
		span->from_ms = state_get_time(r);
		span->to_ms = span->from_ms + state_get_time(r);
		if (span->to_ms <= span->from_ms || (i && span[-1].to_ms >= span->from_ms))
			r->broken = true;
	}
}

static int32_t read_minute(struct codec_reader *r)
{
	int64_t minute = state_get_time(r);
	// Room for a few more on both sides.
	if (minute > INT32_MAX / 2 || minute < INT32_MIN / 2)
		r->broken = true;
	return r->broken ? 0 : (int32_t)minute;
}

static void read_notes(struct visitor *v, struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 5);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct note *note = vec_push(v->notes);
		note->minute = read_minute(r);
		note->kind = codec_get_uint_max(r, NOTE_INTERACTION) & 7;
		note->level = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		note->channel = codec_get_uint_max(r, 7) & 7;
		note->count = codec_get_uint_max(r, (1u << 26) - 1) & ((1u << 26) - 1);
		if (!note->kind || (i && note_compare(&note[-1], note) >= 0))
			r->broken = true;
	}
}

static void read_lulls(struct visitor *v, struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 2);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct lull *lull = vec_push(v->lulls);
		lull->from = read_minute(r);
		lull->to = read_minute(r);
		if (lull->to < lull->from || (i && lull[-1].to >= lull->from))
			r->broken = true;
	}
}

static void read_views(struct visitor *v, struct codec_reader *r)
{
	int64_t minute = 0;
	uint32_t count = codec_get_count(r, 3);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct view_count *view = vec_push(v->views);
		minute += state_get_time(r);
		if (minute > INT32_MAX || minute < INT32_MIN)
			r->broken = true;
		view->minute = (int32_t)(r->broken ? 0 : minute);
		view->channel = codec_get_uint_max(r, 7) & 7;
		view->count = codec_get_uint_max(r, (1u << 29) - 1) & ((1u << 29) - 1);
		if (i && (view[-1].minute > view->minute ||
			  (view[-1].minute == view->minute && view[-1].channel >= view->channel)))
			r->broken = true;
	}
}

static void read_clicks(struct fold *fold, struct visitor *v, uint32_t names, struct codec_reader *r)
{
	uint32_t clicks = codec_get_count(r, UUID_SIZE + 3 + INTERN_DIMS);
	for (uint32_t i = 0; i < clicks && !r->broken; i++) {
		struct click *click = vec_push(touch_sources_of(v)->clicks);
		state_get_moment(&click->moment, r);
		click->dims = state_get_full_dims(fold, r);
		click->affiliate = read_text(fold, r);
		click->name = (uint32_t)codec_get_uint_max(r, names);
		if (!click->affiliate || (i && moment_compare(&click[-1].moment, &click->moment) >= 0))
			r->broken = true;
	}
}

static void read_candidates(struct fold *fold, struct visitor *v, struct codec_reader *r)
{
	uint32_t names = codec_get_count(r, 2);
	for (uint32_t i = 0; i < names && !r->broken; i++) {
		char text[ENTITY_ID_SIZE];
		codec_get_text(r, text, sizeof(text));
		if (!r->broken && touch_put_name(v, text) != i + 1)
			r->broken = true;
	}
	uint32_t candidates = codec_get_count(r, UUID_SIZE + 3 + INTERN_DIMS);
	for (uint32_t i = 0; i < candidates && !r->broken; i++) {
		struct candidate *c = vec_push(touch_sources_of(v)->candidates);
		state_get_moment(&c->moment, r);
		c->dims = state_get_full_dims(fold, r);
		c->click = read_text(fold, r);
		c->name = (uint32_t)codec_get_uint_max(r, names);
		if (i && moment_compare(&c[-1].moment, &c->moment) >= 0)
			r->broken = true;
	}
	read_clicks(fold, v, names, r);
	for (uint32_t i = 0; i < vec_count(v->sessions); i++)
		if (v->sessions->at[i].name > names)
			r->broken = true;
}

void state_get_visitor(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct visitor *v = entity;
	uint32_t sessions = codec_get_count(r, 27);
	for (uint32_t i = 0; i < sessions && !r->broken; i++) {
		struct session *s = vec_push(v->sessions);
		read_session(fold, s, r);
		if (i && s[-1].last_ms >= s->first.t_ms)
			r->broken = true;
	}
	read_spans(v, r);
	read_views(v, r);
	read_notes(v, r);
	read_lulls(v, r);
	uint32_t links = codec_get_count(r, 4);
	for (uint32_t i = 0; i < links && !r->broken; i++) {
		char id[ENTITY_ID_SIZE];
		uint8_t kind = (uint8_t)codec_get_uint_max(r, LINK_CART);
		int64_t at_ms = state_get_time(r);
		int64_t until_ms = at_ms + state_get_time(r);
		codec_get_text(r, id, sizeof(id));
		if (!kind || until_ms < at_ms)
			r->broken = true;
		else if (!r->broken)
			visitor_link(v, kind, at_ms, until_ms, id);
	}
	read_candidates(fold, v, r);
}
