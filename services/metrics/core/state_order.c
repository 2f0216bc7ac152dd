// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of an order and of a refund. See state.c for the rules.
#include "services/metrics/core/state.h"

static void write_text(const struct order_text *text, struct codec_writer *w)
{
	codec_put_text(w, text->text);
	if (text->text[0])
		state_put_rank(&text->rank, w);
}

static void read_text(struct order_text *text, struct codec_reader *r)
{
	codec_get_text(r, text->text, sizeof(text->text));
	if (text->text[0])
		state_get_rank(&text->rank, r);
}

static void write_ranked_dims(const struct fold *fold, const struct order_dims *dims, struct codec_writer *w)
{
	state_put_dims(fold, dims->dims, w);
	if (dims->dims)
		state_put_rank(&dims->rank, w);
}

static void read_ranked_dims(struct fold *fold, struct order_dims *dims, struct codec_reader *r)
{
	dims->dims = state_get_dims(fold, r);
	if (dims->dims)
		state_get_rank(&dims->rank, r);
}

static void write_refund_content(const struct fold *fold, const struct refund_content *c,
				 struct codec_writer *w)
{
	codec_put_uint(w, c->known);
	codec_put_int(w, c->net);
	codec_put_int(w, c->shipping);
	codec_put_int(w, c->tax);
	codec_put_int(w, c->total);
	codec_put_text(w, c->currency);
	state_put_dims(fold, c->dims, w);
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
	c->dims = state_get_full_dims(fold, r);
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

void state_put_order(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct order *o = entity;
	codec_put_uint(w, vec_count(o->versions));
	for (uint32_t i = 0; i < vec_count(o->versions); i++) {
		state_put_rank(&o->versions->at[i].rank, w);
		codec_put_int(w, o->versions->at[i].placed_ms);
		codec_put_uint(w, o->versions->at[i].cancelled);
	}
	codec_put_uint(w, o->cancelled);
	if (o->cancelled)
		state_put_moment(&o->cancel, w);
	codec_put_uint(w, vec_count(o->refunds));
	for (uint32_t i = 0; i < vec_count(o->refunds); i++) {
		codec_put_text(w, o->refunds->at[i].id);
		state_put_rank(&o->refunds->at[i].rank, w);
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
	state_put_dims(fold, o->dims, w);
}

static void read_versions(struct order *o, struct codec_reader *r)
{
	uint32_t versions = codec_get_count(r, 21);
	for (uint32_t i = 0; i < versions && !r->broken; i++) {
		struct order_version *v = vec_push(o->versions);
		state_get_rank(&v->rank, r);
		v->placed_ms = state_get_time(r);
		v->cancelled = codec_get_uint_max(r, 1);
		if (i && v[-1].rank.version >= v->rank.version)
			r->broken = true;
	}
	o->cancelled = codec_get_uint_max(r, 1);
	if (o->cancelled)
		state_get_moment(&o->cancel, r);
}

void state_get_order(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct order *o = entity;
	read_versions(o, r);
	uint32_t refunds = codec_get_count(r, 30);
	for (uint32_t i = 0; i < refunds && !r->broken; i++) {
		struct order_refund refund = {0};
		codec_get_text(r, refund.id, sizeof(refund.id));
		state_get_rank(&refund.rank, r);
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
	o->cart_at_ms = state_get_time(r);
	o->session = (uint8_t)codec_get_uint_max(r, ORDER_BY_CART);
	o->dims = state_get_full_dims(fold, r);
}

void state_put_refund(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct refund *refund = entity;
	state_put_rank(&refund->rank, w);
	codec_put_text(w, refund->order);
	write_refund_content(fold, &refund->content, w);
}

void state_get_refund(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct refund *refund = entity;
	refund->known = true;
	state_get_rank(&refund->rank, r);
	codec_get_text(r, refund->order, sizeof(refund->order));
	read_refund_content(fold, &refund->content, r);
}
