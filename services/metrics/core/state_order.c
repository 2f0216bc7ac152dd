// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of an order and of a refund. See state.c for the rules.
#include "services/metrics/core/commission.h"
#include "services/metrics/core/state.h"

#include "services/metrics/core/seo.h"

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
#define AMOUNT_MOST      (3000 * MONEY_MAX_MINOR)
#define LINE_AMOUNT_MOST (30 * MONEY_MAX_MINOR) // a tax may be several times the net
#define QUANTITY_MOST    1000000                // as on the wire

static int64_t read_at_most(struct codec_reader *r, int64_t most)
{
	int64_t amount = codec_get_int(r);
	if (amount > most || amount < -most) {
		r->broken = true;
		return 0;
	}
	return amount;
}

static int64_t read_amount(struct codec_reader *r)
{
	return read_at_most(r, AMOUNT_MOST);
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

// A line mostly has no discount, and its category is often that of the line before: a byte each. Costs are
// written one higher, 0 is not known.
static void write_lines(const struct fold *fold, const struct order_content *c, struct codec_writer *w)
{
	uint32_t category = 0;
	codec_put_uint(w, vec_count(c->lines));
	for (uint32_t i = 0; i < vec_count(c->lines); i++) {
		const struct order_line *line = &c->lines->at[i];
		codec_put_text(w, intern_text(fold->intern, line->sku));
		codec_put_int(w, line->quantity);
		codec_put_int(w, line->after_net);
		codec_put_int(w, line->before_net - line->after_net);
		codec_put_int(w, line->tax);
		codec_put_uint(w, line->has_cost ? (uint64_t)line->cost_net + 1 : 0);
		codec_put_uint(w, line->category != category);
		if (line->category != category)
			codec_put_text(w, intern_text(fold->intern, line->category));
		category = line->category;
	}
}

static uint32_t read_key(struct fold *fold, size_t size, struct codec_reader *r)
{
	char text[FOLD_TEXT_SIZE];
	codec_get_text(r, text, size);
	return intern_key(fold->intern, text); // "" when broken
}

static void read_line(struct fold *fold, struct order_line *line, struct codec_reader *r)
{
	*line = (struct order_line){.category = line->category};
	line->sku = read_key(fold, ENTITY_ID_SIZE, r);
	line->quantity = read_at_most(r, QUANTITY_MOST);
	line->after_net = read_at_most(r, LINE_AMOUNT_MOST);
	line->before_net = line->after_net + read_at_most(r, LINE_AMOUNT_MOST);
	line->tax = read_at_most(r, LINE_AMOUNT_MOST);
	uint64_t cost = codec_get_uint_max(r, (uint64_t)MONEY_MAX_MINOR + 1);
	line->has_cost = cost > 0;
	line->cost_net = cost ? (int64_t)cost - 1 : 0;
	if (codec_get_uint_max(r, 1))
		line->category = read_key(fold, FOLD_TEXT_SIZE, r);
	if (line->quantity < 1 || !line->category)
		r->broken = true;
}

static void write_content(const struct fold *fold, const struct order_content *c, struct codec_writer *w)
{
	codec_put_text(w, c->currency);
	codec_put_uint(w, (uint64_t)c->rate_nano);
	codec_put_uint(w, c->has_coupon);
	codec_put_text(w, c->method ? intern_text(fold->intern, c->method) : "");
	codec_put_int(w, c->amounts.shipping_net);
	codec_put_int(w, c->amounts.shipping_tax);
	codec_put_uint(w, (uint64_t)c->promised_day);
	write_lines(fold, c, w);
}

static bool is_too_much(const struct order_amounts *a)
{
	return a->before_net > AMOUNT_MOST || a->before_net < -AMOUNT_MOST || a->after_net > AMOUNT_MOST ||
	       a->after_net < -AMOUNT_MOST || a->tax > AMOUNT_MOST || a->tax < -AMOUNT_MOST ||
	       a->units > AMOUNT_MOST || a->units < -AMOUNT_MOST;
}

static int32_t read_promised_day(struct codec_reader *r)
{
	uint64_t day = codec_get_uint(r);
	uint64_t year = day / 10000, month = day / 100 % 100, of_month = day % 100;
	if (day && (year < SAID_YEAR_FIRST || year > SAID_YEAR_LAST || month < 1 || month > 12 ||
		    of_month < 1 || of_month > 31)) {
		r->broken = true;
		return 0;
	}
	return (int32_t)day;
}

static void read_content(struct fold *fold, struct order_content *c, struct codec_reader *r)
{
	char method[FOLD_TEXT_SIZE];
	codec_get_text(r, c->currency, sizeof(c->currency));
	c->rate_nano = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_RATE_MAX_NANO);
	c->has_coupon = codec_get_uint_max(r, 1);
	codec_get_text(r, method, sizeof(method));
	c->method = method[0] ? intern_key(fold->intern, method) : 0;
	c->amounts.shipping_net = read_amount(r);
	c->amounts.shipping_tax = read_at_most(r, LINE_AMOUNT_MOST);
	c->amounts.tax = c->amounts.shipping_tax;
	c->promised_day = read_promised_day(r);
	struct order_line line = {0};
	uint32_t lines = codec_get_count(r, 7);
	for (uint32_t i = 0; i < lines && !r->broken; i++) {
		read_line(fold, &line, r);
		if (!r->broken)
			order_add_line(c, &line);
		if (is_too_much(&c->amounts))
			r->broken = true;
	}
}

static void write_amounts(const struct fold *fold, const struct order *o, struct codec_writer *w)
{
	codec_put_uint(w, vec_count(o->amounts));
	for (uint32_t i = 0; i < vec_count(o->amounts); i++) {
		const struct order_amount *amount = &o->amounts->at[i];
		state_put_moment(&amount->moment, w);
		codec_put_uint(w, amount->kind);
		codec_put_int(w, amount->minor);
		codec_put_text(w, amount->currency);
		state_put_dims(fold, amount->dims, w);
	}
}

static void read_amounts(struct fold *fold, struct order *o, struct codec_reader *r)
{
	uint32_t amounts = codec_get_count(r, 20);
	for (uint32_t i = 0; i < amounts && !r->broken; i++) {
		struct order_amount *amount = vec_push(o->amounts);
		state_get_moment(&amount->moment, r);
		amount->kind = (uint8_t)codec_get_uint_max(r, ORDER_COST);
		amount->minor = read_amount(r);
		codec_get_text(r, amount->currency, sizeof(amount->currency));
		amount->dims = state_get_full_dims(fold, r);
		if (!amount->kind || (i && moment_compare(&amount[-1].moment, &amount->moment) >= 0))
			r->broken = true;
	}
}

static void write_refund_lines(const struct fold *fold, const struct order_refund *refund,
			       struct codec_writer *w)
{
	codec_put_uint(w, vec_count(refund->lines));
	for (uint32_t i = 0; i < vec_count(refund->lines); i++) {
		codec_put_text(w, intern_text(fold->intern, refund->lines->at[i].sku));
		codec_put_int(w, refund->lines->at[i].net);
	}
}

static void read_refund_lines(struct fold *fold, struct order_refund *refund, struct codec_reader *r)
{
	uint32_t lines = codec_get_count(r, 2);
	for (uint32_t i = 0; i < lines && !r->broken; i++) {
		struct refund_line *line = vec_push(refund->lines);
		line->sku = read_key(fold, ENTITY_ID_SIZE, r);
		line->net = read_at_most(r, LINE_AMOUNT_MOST);
	}
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
		write_refund_lines(fold, &o->refunds->at[i], w);
	}
	write_amounts(fold, o, w);
	order_life_write(fold, &o->life, w);
	ledger_write(fold, &o->ledger, w);
	if (!order_is_known(o))
		return;
	write_content(fold, &o->content, w);
	write_text(&o->visitor, w);
	write_text(&o->cart, w);
	write_text(&o->customer, w);
	write_ranked_dims(fold, &o->context, w);
	write_ranked_dims(fold, &o->channel, w);
	codec_put_text(w, o->cart_visitor);
	codec_put_int(w, o->cart_at_ms);
	codec_put_uint(w, (uint64_t)o->published_nano);
	codec_put_int(w, o->kept_cost);
	codec_put_int(w, o->known_net);
	codec_put_uint(w, o->session);
	seo_write_landing(fold, o->landing, w);
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
			read_refund_lines(fold, order_put_refund(o, refund.id, &refund.rank, &refund.content),
					  r);
	}
	read_amounts(fold, o, r);
	order_life_read(fold, &o->life, r);
	ledger_read(fold, &o->ledger, r);
	if (r->broken || !order_is_known(o))
		return;
	read_content(fold, &o->content, r);
	read_text(&o->visitor, r);
	read_text(&o->cart, r);
	read_text(&o->customer, r);
	read_ranked_dims(fold, &o->context, r);
	read_ranked_dims(fold, &o->channel, r);
	codec_get_text(r, o->cart_visitor, sizeof(o->cart_visitor));
	o->cart_at_ms = state_get_time(r);
	o->published_nano = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_RATE_MAX_NANO);
	o->kept_cost = codec_get_int(r);
	o->known_net = codec_get_int(r);
	o->session = (uint8_t)codec_get_uint_max(r, ORDER_BY_CART);
	o->landing = seo_read_landing(fold, r);
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
