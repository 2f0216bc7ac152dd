// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of an entity's state. The first byte is the version of the layout: a change of it needs a new
// version here and a reader of the old one, or a rebuild of the figures. What is read is checked as far as
// memory safety and order need it; that it fits the rest of the shop is the checkpoint's promise.
#include "services/metrics/core/inner.h"

#include <string.h>

enum { STATE_VERSION = 1, WORD_ABSENT = 0, WORD_TEXT = 255 };

// Dimension values that need one byte. Their places are stored: new ones go to the end.
static const char *const words[] = {
	"web",		  "app",	 "pos",		"phone",       "marketplace", "mail",	 "leaflet",
	"direct",	  "organic_search", "paid_search", "organic_social", "paid_social", "email", "affiliate",
	"display",	  "referral",	 "other",	"unknown",     "none",	      "desktop", "mobile",
	"tablet",	  "tv",		 "PL",		"DE",	       "GB",	      "US",	 "CZ",
};
enum { WORD_COUNT = sizeof(words) / sizeof(words[0]) };

static void write_dims(const struct fold *fold, uint32_t id, struct codec_writer *w)
{
	static const struct dims nothing;
	const struct dims *dims = id ? intern_dims_at(fold->intern, id) : &nothing;
	for (int i = 0; i < INTERN_DIMS; i++) {
		unsigned word = 0;
		if (!dims->key[i]) {
			codec_put_uint(w, WORD_ABSENT);
			continue;
		}
		const char *text = intern_text(fold->intern, dims->key[i]);
		while (word < WORD_COUNT && strcmp(words[word], text) != 0)
			word++;
		codec_put_uint(w, word < WORD_COUNT ? word + 1 : WORD_TEXT);
		if (word == WORD_COUNT)
			codec_put_text(w, text);
	}
}

// 0 when no dimension was there.
static uint32_t read_dims(struct fold *fold, struct codec_reader *r)
{
	struct dims dims = {0};
	bool any = false;
	for (int i = 0; i < INTERN_DIMS; i++) {
		char text[FOLD_TEXT_SIZE];
		uint64_t word = codec_get_uint(r);
		if (word == WORD_ABSENT || r->broken)
			continue;
		if (word == WORD_TEXT)
			codec_get_text(r, text, sizeof(text));
		else if (word <= WORD_COUNT)
			text_copy(text, sizeof(text), words[word - 1]);
		else
			r->broken = true;
		if (r->broken)
			return 0;
		dims.key[i] = intern_key(fold->intern, text);
		any = true;
	}
	return any && !r->broken ? intern_dims(fold->intern, &dims) : 0;
}

// Dims that must be there.
static uint32_t read_full_dims(struct fold *fold, struct codec_reader *r)
{
	uint32_t id = read_dims(fold, r);
	if (!id)
		r->broken = true;
	return id;
}

static void write_moment(const struct moment *moment, struct codec_writer *w)
{
	codec_put_int(w, moment->t_ms);
	codec_put_raw(w, moment->id, UUID_SIZE);
}

// Times stay far from the ends of int64, so that sums of a few of them are safe.
static int64_t read_time(struct codec_reader *r)
{
	int64_t t_ms = codec_get_int(r);
	if (t_ms > INT64_C(1) << 53 || t_ms < -(INT64_C(1) << 53)) {
		r->broken = true;
		return 0;
	}
	return t_ms;
}

static void read_moment(struct moment *moment, struct codec_reader *r)
{
	moment->t_ms = read_time(r);
	codec_get_raw(r, moment->id, UUID_SIZE);
}

static void write_rank(const struct copy_rank *rank, struct codec_writer *w)
{
	codec_put_uint(w, rank->version);
	codec_put_uint(w, rank->server);
	write_moment(&rank->moment, w);
}

static void read_rank(struct copy_rank *rank, struct codec_reader *r)
{
	rank->version = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	rank->server = (uint8_t)codec_get_uint_max(r, 1);
	read_moment(&rank->moment, r);
}

// ---- visitor ----

static void write_visitor(const struct fold *fold, const struct visitor *v, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(v->sessions));
	for (uint32_t i = 0; i < vec_count(v->sessions); i++) {
		const struct session *s = &v->sessions->at[i];
		write_moment(&s->first, w);
		codec_put_int(w, s->last_ms - s->first.t_ms);
		codec_put_int(w, s->engaged_ms);
		write_dims(fold, s->dims, w);
		codec_put_uint(w, s->views);
		codec_put_uint(w, s->orders);
		codec_put_uint(w, s->valid_orders);
		codec_put_uint(w, s->flags & (SESSION_ADDED | SESSION_CHECKOUT));
	}
	codec_put_uint(w, vec_count(v->spans));
	for (uint32_t i = 0; i < vec_count(v->spans); i++) {
		codec_put_int(w, v->spans->at[i].from_ms);
		codec_put_int(w, v->spans->at[i].to_ms - v->spans->at[i].from_ms);
	}
	codec_put_uint(w, vec_count(v->views));
	for (uint32_t i = 0; i < vec_count(v->views); i++) {
		codec_put_int(w, v->views->at[i].minute - (i ? v->views->at[i - 1].minute : 0));
		codec_put_uint(w, v->views->at[i].channel);
		codec_put_uint(w, v->views->at[i].count);
	}
	codec_put_uint(w, vec_count(v->links));
	for (uint32_t i = 0; i < vec_count(v->links); i++) {
		const struct link *link = &v->links->at[i];
		codec_put_uint(w, link->kind);
		codec_put_int(w, link->at_ms);
		codec_put_int(w, link->until_ms - link->at_ms);
		codec_put_text(w, link->id);
	}
}

static void read_session(struct fold *fold, struct session *s, struct codec_reader *r)
{
	read_moment(&s->first, r);
	s->last_ms = s->first.t_ms + read_time(r);
	s->engaged_ms = read_time(r);
	s->dims = read_full_dims(fold, r);
	s->views = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	s->orders = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
	s->valid_orders = (uint32_t)codec_get_uint_max(r, s->orders);
	s->flags = (uint32_t)codec_get_uint_max(r, SESSION_ADDED | SESSION_CHECKOUT);
	if (s->last_ms < s->first.t_ms || s->engaged_ms < 0)
		r->broken = true;
}

static void read_spans(struct visitor *v, struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 2);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct span *span = vec_push(v->spans);
		span->from_ms = read_time(r);
		span->to_ms = span->from_ms + read_time(r);
		if (span->to_ms <= span->from_ms || (i && span[-1].to_ms >= span->from_ms))
			r->broken = true;
	}
}

static void read_views(struct visitor *v, struct codec_reader *r)
{
	int64_t minute = 0;
	uint32_t count = codec_get_count(r, 3);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct view_count *view = vec_push(v->views);
		minute += read_time(r);
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

static void read_visitor(struct fold *fold, struct visitor *v, struct codec_reader *r)
{
	uint32_t sessions = codec_get_count(r, 27);
	for (uint32_t i = 0; i < sessions && !r->broken; i++) {
		struct session *s = vec_push(v->sessions);
		read_session(fold, s, r);
		if (i && s[-1].last_ms >= s->first.t_ms)
			r->broken = true;
	}
	read_spans(v, r);
	read_views(v, r);
	uint32_t links = codec_get_count(r, 4);
	for (uint32_t i = 0; i < links && !r->broken; i++) {
		char id[ENTITY_ID_SIZE];
		uint8_t kind = (uint8_t)codec_get_uint_max(r, LINK_CART);
		int64_t at_ms = read_time(r);
		int64_t until_ms = at_ms + read_time(r);
		codec_get_text(r, id, sizeof(id));
		if (!kind || until_ms < at_ms)
			r->broken = true;
		else if (!r->broken)
			visitor_link(v, kind, at_ms, until_ms, id);
	}
}

// ---- cart ----

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
	write_dims(fold, s->dims, w);
	write_dims(fold, s->own_dims, w);
	codec_put_uint(w, s->counted);
	codec_put_text(w, s->visitor);
}

static void read_summary(struct fold *fold, struct cart_summary *s, struct codec_reader *r)
{
	*s = (struct cart_summary){.abandoned_at_ms = INT64_MAX};
	s->state = (uint8_t)codec_get_uint_max(r, CART_RECOVERED);
	if (s->state == CART_NONE)
		return;
	s->first_ms = read_time(r);
	if (codec_get_uint_max(r, 1))
		s->abandoned_at_ms = read_time(r);
	s->dims = read_full_dims(fold, r);
	s->own_dims = read_full_dims(fold, r);
	s->counted = codec_get_uint_max(r, 1);
	codec_get_text(r, s->visitor, sizeof(s->visitor));
	if ((s->state == CART_OPEN) != (s->abandoned_at_ms != INT64_MAX) || (s->counted && s->state != CART_OPEN))
		r->broken = true;
}

static void write_cart(const struct fold *fold, const struct cart *c, struct codec_writer *w)
{
	write_names(c->names ? c->names->at : NULL, vec_count(c->names), w);
	write_names(c->merged ? c->merged->at : NULL, vec_count(c->merged), w);
	codec_put_uint(w, vec_count(c->activities));
	for (uint32_t i = 0; i < vec_count(c->activities); i++) {
		const struct activity *a = &c->activities->at[i];
		codec_put_uint(w, a->kind);
		write_moment(&a->moment, w);
		codec_put_int(w, a->quantity);
		codec_put_uint(w, a->name);
		codec_put_uint(w, a->visitor);
		codec_put_uint(w, a->client);
		if (a->kind == ACTIVITY_ADD)
			write_dims(fold, a->dims, w);
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
	read_moment(&a->moment, r);
	a->quantity = read_time(r);
	a->name = (uint32_t)codec_get_uint_max(r, vec_count(c->names));
	a->visitor = (uint32_t)codec_get_uint_max(r, vec_count(c->names));
	a->client = codec_get_uint_max(r, 1);
	if (a->kind == ACTIVITY_ADD)
		a->dims = read_full_dims(fold, r);
	if (!a->kind || a->quantity < 0 || (a->client && !a->visitor))
		r->broken = true;
}

static void read_cart(struct fold *fold, struct cart *c, struct codec_reader *r)
{
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
		int64_t placed_ms = read_time(r);
		codec_get_text(r, id, sizeof(id));
		if (!r->broken)
			cart_put_order(c, id, placed_ms);
	}
	read_summary(fold, &c->summary, r);
}

// ---- order ----

static void write_text(const struct order_text *text, struct codec_writer *w)
{
	codec_put_text(w, text->text);
	if (text->text[0])
		write_rank(&text->rank, w);
}

static void read_text(struct order_text *text, struct codec_reader *r)
{
	codec_get_text(r, text->text, sizeof(text->text));
	if (text->text[0])
		read_rank(&text->rank, r);
}

static void write_ranked_dims(const struct fold *fold, const struct order_dims *dims, struct codec_writer *w)
{
	write_dims(fold, dims->dims, w);
	if (dims->dims)
		write_rank(&dims->rank, w);
}

static void read_ranked_dims(struct fold *fold, struct order_dims *dims, struct codec_reader *r)
{
	dims->dims = read_dims(fold, r);
	if (dims->dims)
		read_rank(&dims->rank, r);
}

static void write_refund_content(const struct fold *fold, const struct refund_content *c, struct codec_writer *w)
{
	codec_put_uint(w, c->known);
	codec_put_int(w, c->net);
	codec_put_int(w, c->shipping);
	codec_put_int(w, c->tax);
	codec_put_int(w, c->total);
	codec_put_text(w, c->currency);
	write_dims(fold, c->dims, w);
}

// Amounts that are above what a thousand lines can hold are no amounts.
static int64_t read_amount(struct codec_reader *r)
{
	const int64_t most = 3000 * MONEY_MAX_MINOR;
	int64_t amount = codec_get_int(r);
	if (amount > most || amount < -most) {
		r->broken = true;
		return 0;
	}
	return amount;
}

static void read_refund_content(struct fold *fold, struct refund_content *c, struct codec_reader *r)
{
	c->known = (uint8_t)codec_get_uint_max(r, 15);
	c->net = read_amount(r);
	c->shipping = read_amount(r);
	c->tax = read_amount(r);
	c->total = read_amount(r);
	codec_get_text(r, c->currency, sizeof(c->currency));
	c->dims = read_full_dims(fold, r);
	if (c->net < 0 || c->shipping < 0 || c->tax < 0 || c->total < 0)
		r->broken = true;
}

static void write_content(const struct order_content *c, struct codec_writer *w)
{
	codec_put_text(w, c->currency);
	codec_put_uint(w, (uint64_t)c->rate_nano);
	codec_put_int(w, c->amounts.before_net);
	codec_put_int(w, c->amounts.after_net);
	codec_put_int(w, c->amounts.tax);
	codec_put_int(w, c->amounts.shipping_net);
	codec_put_int(w, c->amounts.units);
}

static void read_content(struct order_content *c, struct codec_reader *r)
{
	codec_get_text(r, c->currency, sizeof(c->currency));
	c->rate_nano = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_MAX_MINOR);
	c->amounts.before_net = read_amount(r);
	c->amounts.after_net = read_amount(r);
	c->amounts.tax = codec_get_int(r); // a rate may be several times the net
	c->amounts.shipping_net = read_amount(r);
	c->amounts.units = read_amount(r);
}

static void write_order(const struct fold *fold, const struct order *o, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(o->versions));
	for (uint32_t i = 0; i < vec_count(o->versions); i++) {
		write_rank(&o->versions->at[i].rank, w);
		codec_put_int(w, o->versions->at[i].placed_ms);
		codec_put_uint(w, o->versions->at[i].cancelled);
	}
	codec_put_uint(w, o->cancelled);
	if (o->cancelled)
		write_moment(&o->cancel, w);
	codec_put_uint(w, vec_count(o->refunds));
	for (uint32_t i = 0; i < vec_count(o->refunds); i++) {
		codec_put_text(w, o->refunds->at[i].id);
		write_rank(&o->refunds->at[i].rank, w);
		write_refund_content(fold, &o->refunds->at[i].content, w);
	}
	if (!order_is_known(o))
		return;
	write_content(&o->content, w);
	write_text(&o->visitor, w);
	write_text(&o->cart, w);
	write_text(&o->customer, w);
	write_ranked_dims(fold, &o->context, w);
	write_ranked_dims(fold, &o->channel, w);
	codec_put_text(w, o->cart_visitor);
	codec_put_int(w, o->cart_at_ms);
	codec_put_uint(w, o->session);
	write_dims(fold, o->dims, w);
}

static void read_versions(struct order *o, struct codec_reader *r)
{
	uint32_t versions = codec_get_count(r, 21);
	for (uint32_t i = 0; i < versions && !r->broken; i++) {
		struct order_version *v = vec_push(o->versions);
		read_rank(&v->rank, r);
		v->placed_ms = read_time(r);
		v->cancelled = codec_get_uint_max(r, 1);
		if (i && v[-1].rank.version >= v->rank.version)
			r->broken = true;
	}
	o->cancelled = codec_get_uint_max(r, 1);
	if (o->cancelled)
		read_moment(&o->cancel, r);
}

static void read_order(struct fold *fold, struct order *o, struct codec_reader *r)
{
	read_versions(o, r);
	uint32_t refunds = codec_get_count(r, 30);
	for (uint32_t i = 0; i < refunds && !r->broken; i++) {
		struct order_refund refund = {0};
		codec_get_text(r, refund.id, sizeof(refund.id));
		read_rank(&refund.rank, r);
		read_refund_content(fold, &refund.content, r);
		if (!r->broken)
			order_put_refund(o, refund.id, &refund.rank, &refund.content);
	}
	if (r->broken || !order_is_known(o))
		return;
	read_content(&o->content, r);
	read_text(&o->visitor, r);
	read_text(&o->cart, r);
	read_text(&o->customer, r);
	read_ranked_dims(fold, &o->context, r);
	read_ranked_dims(fold, &o->channel, r);
	codec_get_text(r, o->cart_visitor, sizeof(o->cart_visitor));
	o->cart_at_ms = read_time(r);
	o->session = (uint8_t)codec_get_uint_max(r, ORDER_BY_CART);
	o->dims = read_full_dims(fold, r);
}

// ---- the others ----

static void write_customer(const struct fold *fold, const struct customer *c, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(c->orders));
	for (uint32_t i = 0; i < vec_count(c->orders); i++) {
		const struct customer_order *o = &c->orders->at[i];
		codec_put_text(w, o->id);
		codec_put_int(w, o->placed_ms);
		codec_put_uint(w, o->valid);
		write_dims(fold, o->dims, w);
	}
}

static void read_customer(struct fold *fold, struct customer *c, struct codec_reader *r)
{
	uint32_t orders = codec_get_count(r, 8);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		struct customer_order *o = vec_push(c->orders);
		codec_get_text(r, o->id, sizeof(o->id));
		o->placed_ms = read_time(r);
		o->valid = codec_get_uint_max(r, 1);
		o->dims = read_full_dims(fold, r);
		if (i && (o[-1].placed_ms > o->placed_ms ||
			  (o[-1].placed_ms == o->placed_ms && strcmp(o[-1].id, o->id) >= 0)))
			r->broken = true;
	}
}

static void write_refund(const struct fold *fold, const struct refund *refund, struct codec_writer *w)
{
	write_rank(&refund->rank, w);
	codec_put_text(w, refund->order);
	write_refund_content(fold, &refund->content, w);
}

static void read_refund(struct fold *fold, struct refund *refund, struct codec_reader *r)
{
	refund->known = true;
	read_rank(&refund->rank, r);
	codec_get_text(r, refund->order, sizeof(refund->order));
	read_refund_content(fold, &refund->content, r);
}

static void write_report(const struct fold *fold, const struct report *report, struct codec_writer *w)
{
	write_moment(&report->reported, w);
	codec_put_int(w, report->spend_minor);
	codec_put_int(w, report->day_ms);
	write_dims(fold, report->dims, w);
}

static void read_report(struct fold *fold, struct report *report, struct codec_reader *r)
{
	report->known = true;
	report->reported.t_ms = codec_get_int(r);
	codec_get_raw(r, report->reported.id, UUID_SIZE);
	report->spend_minor = codec_get_int(r);
	report->day_ms = read_time(r);
	report->dims = read_full_dims(fold, r);
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
		write_visitor(fold, any, w);
		break;
	case FOLD_CART:
		write_cart(fold, any, w);
		break;
	case FOLD_ORDER:
		write_order(fold, any, w);
		break;
	case FOLD_CUSTOMER:
		write_customer(fold, any, w);
		break;
	case FOLD_REFUND:
		write_refund(fold, any, w);
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
		read_visitor(fold, any, &r);
		break;
	case FOLD_CART:
		read_cart(fold, any, &r);
		break;
	case FOLD_ORDER:
		read_order(fold, any, &r);
		break;
	case FOLD_CUSTOMER:
		read_customer(fold, any, &r);
		break;
	case FOLD_REFUND:
		read_refund(fold, any, &r);
		break;
	case FOLD_REPORT:
		read_report(fold, any, &r);
		break;
	}
	return codec_end(&r);
}
