// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_oracle_affiliates.h"

#include "tests/unit/metrics/helper_oracle_attribution.h"

#include <stdlib.h>
#include <string.h>

enum { MOMENTS_MAX = 32 };

static const char *const affiliates[] = {"p0", "p1"};

static bool is_kind(const struct box *b, Utarg__V1__Event__BodyCase kind)
{
	return b->event.body_case == kind;
}

// ---- rules ----

static const Utarg__V1__CommissionRule *rule_in_force(struct oracle *o, const char *affiliate,
						      const char *category, int64_t placed_ms)
{
	const struct box *best = NULL;
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_COMMISSION_CHANGED) &&
	    strcmp(b->body.commission.affiliate, affiliate) == 0 &&
	    strcmp(b->body.commission.category, category) == 0 &&
	    b->body.commission.valid_from_ms <= placed_ms &&
	    (!best || b->body.commission.valid_from_ms > best->body.commission.valid_from_ms ||
	     (b->body.commission.valid_from_ms == best->body.commission.valid_from_ms &&
	      oracle_is_earlier(best, b))))
		best = b;
	return best && !best->body.commission.ended ? &best->body.commission : NULL;
}

static bool is_paused(struct oracle *o, const char *affiliate, int64_t placed_ms)
{
	const struct box *last = NULL;
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_AFFILIATE_CHANGED) &&
	    strcmp(b->body.affiliate.affiliate, affiliate) == 0 && b->fold.t_ms <= placed_ms &&
	    (!last || oracle_is_earlier(last, b)))
		last = b;
	return last && last->body.affiliate.state == UTARG__V1__AFFILIATE_STATE__AFFILIATE_STATE_PAUSED;
}

static bool is_new(const struct oracle_order *order, const struct oracle_order *orders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (orders[i].valid && strcmp(orders[i].customer, order->customer) == 0 &&
		    (orders[i].placed_ms < order->placed_ms ||
		     (orders[i].placed_ms == order->placed_ms && strcmp(orders[i].id, order->id) < 0)))
			return false;
	return order->customer[0];
}

// ---- an order at a moment ----

// What refunds up to then had taken of each line: the whole of it again, without the later ones.
static void taken_by(struct oracle *o, const struct oracle_order *order, int64_t t_ms,
		     int64_t taken[BOX_LINES])
{
	struct history before = *o->history;
	struct oracle_order orders[ORACLE_ORDERS];
	struct oracle_give gives[ORACLE_GIVES];
	size_t gave;
	before.boxes = malloc(o->history->count * sizeof(*before.boxes));
	before.count = 0;
	for (size_t i = 0; i < o->history->count; i++) {
		struct box *b = o->history->boxes[i];
		bool is_later = false;
		if (!b)
			continue;
		for (const struct box *r = oracle_next_refund(o->history, order->id, NULL); r;
		     r = oracle_next_refund(o->history, order->id, r))
			is_later |= r->fold.t_ms > t_ms && is_kind(b, UTARG__V1__EVENT__BODY_REFUND) &&
				    strcmp(b->other, r->other) == 0;
		if (!is_later)
			before.boxes[before.count++] = b;
	}
	size_t count = oracle_orders(&before, orders, gives, &gave);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < BOX_LINES && strcmp(orders[i].id, order->id) == 0; k++)
			taken[k] = orders[i].lines[k].taken;
	free(before.boxes);
}

struct earning { // by one rule
	const struct oracle_order *order;
	const Utarg__V1__CommissionRule *rule; // NULL: none
	bool in[BOX_LINES];                    // its lines
	bool earns;
};

static int64_t commission_at(struct oracle *o, const struct earning *e, bool has_refunds, int64_t t_ms)
{
	int64_t taken[BOX_LINES] = {0}, placed = 0, back = 0;
	if (!e->earns || (e->order->cancelled && has_refunds && e->order->cancelled_ms <= t_ms))
		return 0;
	if (has_refunds)
		taken_by(o, e->order, t_ms, taken);
	for (int i = 0; i < BOX_LINES; i++) {
		placed += e->in[i] ? e->order->lines[i].after : 0;
		back += e->in[i] ? taken[i] : 0;
	}
	int64_t base = oracle_convert(placed, e->order) - oracle_convert(back, e->order);
	if (base <= 0)
		return 0;
	if (e->rule->fixed && e->rule->fixed->minor > 0)
		return e->rule->fixed->minor;
	return (base * (int64_t)e->rule->percentage_bp + 5000) / 10000;
}

static int moments_of(struct oracle *o, const struct oracle_order *order, int64_t out[MOMENTS_MAX])
{
	int count = 0;
	for (const struct box *r = oracle_next_refund(o->history, order->id, NULL); r;
	     r = oracle_next_refund(o->history, order->id, r)) {
		assert_true(count < MOMENTS_MAX - 1);
		out[count++] = r->fold.t_ms;
	}
	if (order->cancelled)
		out[count++] = order->cancelled_ms;
	for (int i = 0; i < count; i++)
		for (int k = i + 1; k < count; k++)
			if (out[k] < out[i]) {
				int64_t t_ms = out[i];
				out[i] = out[k];
				out[k] = t_ms;
			}
	return count;
}

// ---- telling ----

static void tell(struct oracle *o, uint16_t measure, int64_t t_ms, const char *affiliate, money_sum value)
{
	oracle_add_total(o, measure, t_ms, value);
	oracle_add(o, measure, FOLD_DAY, t_ms, FOLD_AFFILIATE_NAME, affiliate, value);
}

// Returns what it earns in the end.
static int64_t tell_earning(struct oracle *o, const struct earning *e, const char *affiliate)
{
	int64_t moments[MOMENTS_MAX], placed_ms = e->order->placed_ms;
	int64_t due_ms = placed_ms + (e->rule ? e->rule->holding_days * DAY_MS : 0);
	int count = moments_of(o, e->order, moments);
	int64_t now = commission_at(o, e, false, placed_ms), held = 0;
	bool is_due = o->history->as_of_ms >= due_ms;
	if (due_ms > placed_ms) {
		tell(o, M_AFFILIATE_HELD, placed_ms, affiliate, now);
		held = now;
	} else if (is_due) {
		tell(o, M_AFFILIATE_DUE, placed_ms, affiliate, now);
	}
	for (int i = 0; i < count; i++) {
		int64_t t_ms = moments[i] > placed_ms ? moments[i] : placed_ms;
		int64_t then = commission_at(o, e, true, moments[i]);
		if (t_ms < due_ms) {
			tell(o, M_AFFILIATE_HELD, t_ms, affiliate, then - now);
			held = then;
		} else if (is_due) {
			tell(o, M_AFFILIATE_DUE, t_ms, affiliate, then - now);
			tell(o, M_AFFILIATE_CLAWED_BACK, t_ms, affiliate, now - then);
		}
		now = then;
	}
	if (is_due && due_ms > placed_ms) {
		tell(o, M_AFFILIATE_HELD, due_ms, affiliate, -held);
		tell(o, M_AFFILIATE_DUE, due_ms, affiliate, held);
	}
	return now;
}

static int64_t tell_lines(struct oracle *o, const struct oracle_order *order, const char *affiliate,
			  const struct oracle_order *orders, size_t count, int64_t *last_due_ms)
{
	const Utarg__V1__Order *content = &order->content->body.order_body;
	bool done[BOX_LINES] = {false}, paused = is_paused(o, affiliate, order->placed_ms);
	int64_t commission = 0;
	for (size_t i = 0; i < content->n_lines; i++) {
		const Utarg__V1__CommissionRule *rule =
			rule_in_force(o, affiliate, content->lines[i]->category, order->placed_ms);
		if (!rule)
			rule = rule_in_force(o, affiliate, "", order->placed_ms);
		if (done[i] || order->foreign || paused || !rule)
			continue;
		struct earning e = {.order = order, .rule = rule, .earns = true};
		e.earns = !(rule->new_customers_only && !is_new(order, orders, count)) &&
			  !(rule->fixed && strcmp(rule->fixed->currency, "PLN") != 0);
		for (size_t k = i; k < content->n_lines; k++) {
			const Utarg__V1__CommissionRule *other =
				rule_in_force(o, affiliate, content->lines[k]->category, order->placed_ms);
			if (!other)
				other = rule_in_force(o, affiliate, "", order->placed_ms);
			e.in[k] = other == rule;
			done[k] |= e.in[k];
		}
		commission += tell_earning(o, &e, affiliate);
		int64_t due_ms = order->placed_ms + rule->holding_days * DAY_MS;
		if (e.earns && due_ms > *last_due_ms)
			*last_due_ms = due_ms;
	}
	return commission;
}

static void tell_order(struct oracle *o, const struct oracle_order *order, const struct oracle_order *orders,
		       size_t count)
{
	const struct box *click = oracle_last_click(o, order);
	int64_t last_due_ms = order->placed_ms;
	if (!click)
		return;
	const char *affiliate = click->body.click.affiliate;
	int64_t commission = tell_lines(o, order, affiliate, orders, count, &last_due_ms);
	tell(o, M_AFFILIATE_ORDERS, order->placed_ms, affiliate, 1);
	tell(o, M_COMMISSION, order->placed_ms, affiliate, commission);
	if (commission > 0 && o->history->as_of_ms >= last_due_ms)
		tell(o, M_AFFILIATE_APPROVED, order->placed_ms, affiliate, 1);
	if (order->valid && order->customer[0] && !order->foreign)
		oracle_add_total(o, M_CUSTOMER_MARGIN, order->placed_ms, -commission);
}

static void tell_payments(struct oracle *o, const struct oracle_order *order)
{
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_AFFILIATE_PAID) &&
	    strcmp(b->paid_line.order_id, order->id) == 0) {
		tell(o, M_AFFILIATE_PAID, b->fold.t_ms, b->body.affiliate_paid.affiliate,
		     b->paid_line.amount_minor);
		tell(o, M_AFFILIATE_DUE, b->fold.t_ms, b->body.affiliate_paid.affiliate,
		     -b->paid_line.amount_minor);
	}
}

void oracle_tell_affiliates(struct oracle *o, const struct oracle_order *orders, size_t count)
{
	for (uint16_t measure = M_COMMISSION; measure <= M_AFFILIATE_CLICKS; measure++)
		for (size_t i = 0; i < sizeof(affiliates) / sizeof(affiliates[0]); i++)
			tell(o, measure, o->history->base_ms, affiliates[i], 0);
	for (size_t i = 0; i < count; i++) {
		tell_order(o, &orders[i], orders, count);
		tell_payments(o, &orders[i]);
	}
	EACH(o, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_AFFILIATE_CLICK) && oracle_is_signed(o, b))
		tell(o, M_AFFILIATE_CLICKS, b->fold.t_ms, b->body.click.affiliate, 1);
}
