// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// For every order all copies are looked at again, and for every refund all refunds: slow and plain.
#include "tests/unit/metrics/helper_ledger.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)

enum part { NET, SHIPPING, TAX, PARTS };

struct content { // of an order, in its own currency
	wide before, units;
	wide paid[PARTS];
};

static wide whole(wide n, wide d, wide *rest)
{
	*rest = n % d;
	return n / d;
}

static wide half_up(wide n, wide d)
{
	return n < 0 ? -((-n * 2 + d) / (d * 2)) : (n * 2 + d) / (d * 2);
}

static wide half_even(wide n, wide d)
{
	wide rest, quotient = whole(n < 0 ? -n : n, d, &rest);
	if (rest * 2 > d || (rest * 2 == d && quotient % 2 != 0))
		quotient++;
	return n < 0 ? -quotient : quotient;
}

static wide above_zero(wide n)
{
	return n > 0 ? n : 0;
}

// One unit after the other to whoever has the largest remainder and has had none; total and weights >= 0.
static void split(wide total, const wide *weights, size_t count, wide *out)
{
	wide sum = 0, left = total, rests[LEDGER_LINES];
	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	for (size_t i = 0; i < count; i++) {
		out[i] = whole(total * weights[i], sum, &rests[i]);
		left -= out[i];
	}
	for (; left > 0; left--) {
		size_t best = 0;
		for (size_t i = 1; i < count; i++)
			if (rests[i] > rests[best])
				best = i;
		out[best]++;
		rests[best] = -1;
	}
}

// ---- what a copy says ----

static wide value_of(const struct ledger_line *line)
{
	if (line->net == LEDGER_NONE)
		return line->gross - line->discount;
	wide left = line->net - line->discount;
	if (line->rate_bp != LEDGER_NONE)
		return left + half_up(left * line->rate_bp, 10000);
	return left + (line->tax != LEDGER_NONE ? line->tax : 0);
}

static void spread(const struct ledger_order *order, wide shares[LEDGER_LINES])
{
	wide weights[LEDGER_LINES], sum = 0;
	memset(shares, 0, LEDGER_LINES * sizeof(*shares));
	for (size_t i = 0; i < order->line_count; i++) {
		weights[i] = above_zero(value_of(&order->lines[i]));
		sum += weights[i];
	}
	if (sum > 0)
		split(order->discount, weights, order->line_count, shares);
	else if (order->line_count > 0)
		shares[0] = order->discount;
}

static void add_net(struct content *c, const struct ledger_line *line, wide discount)
{
	wide left = line->net - discount, tax = 0;
	if (line->tax != LEDGER_NONE)
		tax = line->tax;
	else if (line->rate_bp != LEDGER_NONE)
		tax = half_up(left * line->rate_bp, 10000);
	c->before += line->net;
	c->paid[NET] += left;
	c->paid[TAX] += tax;
}

static wide least(wide a, wide b)
{
	return a < b ? a : b;
}

static void add_gross(struct content *c, const struct ledger_line *line, wide discount)
{
	bool rated = line->rate_bp != LEDGER_NONE;
	wide left = line->gross - discount, tax = line->tax, tax_before = 0;
	if (tax == LEDGER_NONE)
		tax = half_up(left * line->rate_bp, 10000 + line->rate_bp);
	if (discount == 0)
		tax_before = tax;
	else if (rated)
		tax_before = half_up((wide)line->gross * line->rate_bp, 10000 + line->rate_bp);
	else if (left > 0)
		tax_before = least(half_up(tax * line->gross, left), line->gross);
	c->before += line->gross - tax_before;
	c->paid[NET] += left - tax;
	c->paid[TAX] += tax;
}

static struct content read_copy(const struct ledger_order *order)
{
	struct content c = {.paid = {0, order->shipping, order->shipping_tax}};
	wide shares[LEDGER_LINES];
	spread(order, shares);
	for (size_t i = 0; i < order->line_count; i++) {
		const struct ledger_line *line = &order->lines[i];
		c.units += line->quantity;
		if (line->net != LEDGER_NONE)
			add_net(&c, line, line->discount + shares[i]);
		else
			add_gross(&c, line, line->discount + shares[i]);
	}
	return c;
}

// ---- which copies count ----

static bool wins(const struct ledger_rank *a, const struct ledger_rank *b)
{
	if (a->version != b->version)
		return a->version > b->version;
	if (a->server != b->server)
		return a->server;
	return a->t_ms != b->t_ms ? a->t_ms < b->t_ms : a->id < b->id;
}

// The best copy among those of versions from..to.
static const struct ledger_order *best(const struct ledger *ledger, int order, uint32_t from, uint32_t to)
{
	const struct ledger_order *found = NULL;
	for (size_t i = 0; i < ledger->order_count; i++) {
		const struct ledger_order *copy = &ledger->orders[i];
		if (copy->order == order && copy->rank.version >= from && copy->rank.version <= to &&
		    (!found || wins(&copy->rank, &found->rank)))
			found = copy;
	}
	return found;
}

static int64_t placed_ms(const struct ledger *ledger, int order)
{
	const struct ledger_order *copy = NULL;
	for (uint32_t version = 0; !copy; version++)
		copy = best(ledger, order, version, version);
	return copy->placed_ms;
}

// INT64_MAX: it stands.
static int64_t cancelled_ms(const struct ledger *ledger, int order, uint32_t last)
{
	int64_t when_ms = INT64_MAX;
	for (size_t i = 0; i < ledger->cancel_count; i++)
		if (ledger->cancels[i].order == order && ledger->cancels[i].t_ms < when_ms)
			when_ms = ledger->cancels[i].t_ms;
	// By status: the unbroken run of versions at the end that say so.
	for (int64_t version = last; version >= 0; version--) {
		const struct ledger_order *copy = best(ledger, order, (uint32_t)version, (uint32_t)version);
		if (copy && !copy->cancelled)
			break;
		if (copy && copy->rank.t_ms < when_ms)
			when_ms = copy->rank.t_ms;
	}
	return when_ms;
}

static const struct ledger_refund *best_refund(const struct ledger *ledger, int refund)
{
	const struct ledger_refund *found = NULL;
	for (size_t i = 0; i < ledger->refund_count; i++)
		if (ledger->refunds[i].refund == refund &&
		    (!found || wins(&ledger->refunds[i].rank, &found->rank)))
			found = &ledger->refunds[i];
	return found;
}

// Refunds are named by their number, in as many digits: the smaller number is the smaller name.
static bool comes_after(const struct ledger_refund *a, const struct ledger_refund *b)
{
	return a->rank.t_ms != b->rank.t_ms ? a->rank.t_ms > b->rank.t_ms : a->refund > b->refund;
}

static const struct ledger_refund *next_refund(const struct ledger *ledger, int order,
					       const struct ledger_refund *after)
{
	const struct ledger_refund *next = NULL;
	for (int i = 0; i < LEDGER_REFUNDS; i++) {
		const struct ledger_refund *refund = best_refund(ledger, i);
		if (refund && refund->order == order && (!after || comes_after(refund, after)) &&
		    (!next || comes_after(next, refund)))
			next = refund;
	}
	return next;
}

// ---- what is left ----

static void take(wide left[PARTS], wide *excess, const struct ledger_refund *refund)
{
	const int64_t stated[PARTS] = {refund->net, refund->shipping, refund->tax};
	wide weights[PARTS], shares[PARTS], sum = 0, rest = refund->total;
	for (int i = 0; i < PARTS; i++) {
		weights[i] = stated[i] == LEDGER_NONE ? above_zero(left[i]) : 0;
		sum += weights[i];
		if (stated[i] == LEDGER_NONE)
			continue;
		wide there = above_zero(left[i]), taken = stated[i] < there ? stated[i] : there;
		left[i] -= taken;
		*excess += stated[i] - taken;
		rest -= stated[i];
	}
	if (refund->total == LEDGER_NONE || rest <= 0)
		return;
	wide taken = rest < sum ? rest : sum;
	*excess += rest - taken;
	if (taken == 0)
		return;
	split(taken, weights, PARTS, shares);
	for (int i = 0; i < PARTS; i++)
		left[i] -= shares[i];
}

static wide convert(const struct ledger *ledger, const struct ledger_order *order, wide minor)
{
	static const wide units[LEDGER_CURRENCIES] = {100, 1, 1000};
	if (order->currency == ledger->currency)
		return minor;
	return half_even(minor * order->rate_nano * units[ledger->currency],
			 1000000000 * units[order->currency]);
}

static struct ledger_day *day_of(const struct ledger *ledger, struct ledger_day *days, int64_t t_ms)
{
	return &days[(t_ms - ledger->start_ms) / DAY_MS];
}

static void give_rest(const struct ledger *ledger, const struct ledger_order *order, wide paid, wide left,
		      wide *given_back)
{
	*given_back += convert(ledger, order, paid) - convert(ledger, order, paid - left);
}

// Lets the refunds pass. Returns whether there was one in the order's currency; `left` is what they leave.
static bool settle(const struct ledger *ledger, const struct ledger_order *order, int64_t cancel_ms,
		   wide left[PARTS], struct ledger_day *days)
{
	wide paid = left[NET], excess = 0;
	bool any = false, foreign = order->currency != ledger->currency && !order->rate_nano, stands = true;
	for (const struct ledger_refund *r = next_refund(ledger, order->order, NULL); r;
	     r = next_refund(ledger, order->order, r)) {
		wide left_before = left[NET], excess_before = excess;
		if (r->currency != order->currency)
			continue;
		if (stands && r->rank.t_ms > cancel_ms) {
			stands = false;
			if (!foreign)
				give_rest(ledger, order, paid, left[NET],
					  &day_of(ledger, days, cancel_ms)->given_back);
		}
		take(left, &excess, r);
		any = true;
		struct ledger_day *day = day_of(ledger, days, r->rank.t_ms);
		if (!foreign && stands)
			day->given_back += convert(ledger, order, paid - left[NET]) -
					   convert(ledger, order, paid - left_before);
		if (!foreign)
			day->excess += convert(ledger, order, excess) - convert(ledger, order, excess_before);
	}
	if (stands && cancel_ms != INT64_MAX && !foreign)
		give_rest(ledger, order, paid, left[NET], &day_of(ledger, days, cancel_ms)->given_back);
	return any;
}

static wide remaining(const struct ledger *ledger, const struct ledger_order *order, wide paid, wide left)
{
	return convert(ledger, order, paid) - convert(ledger, order, paid - left);
}

static void tell_order(const struct ledger *ledger, const struct ledger_order *order, struct ledger_day *days)
{
	struct content c = read_copy(order);
	wide left[PARTS] = {c.paid[NET], c.paid[SHIPPING], c.paid[TAX]};
	int64_t cancel_ms = cancelled_ms(ledger, order->order, order->rank.version);
	bool refunded = settle(ledger, order, cancel_ms, left, days), cancelled = cancel_ms != INT64_MAX;
	struct ledger_day *day = day_of(ledger, days, placed_ms(ledger, order->order));
	day->orders++;
	day->units += c.units;
	day->cancelled += cancelled;
	day->refunded_orders += refunded && !cancelled;
	if (order->currency != ledger->currency && !order->rate_nano) {
		day->foreign++;
		return;
	}
	day->before += convert(ledger, order, c.before);
	day->after += convert(ledger, order, c.paid[NET]);
	if (cancelled)
		return;
	day->net += remaining(ledger, order, c.paid[NET], left[NET]);
	day->shipping += remaining(ledger, order, c.paid[SHIPPING], left[SHIPPING]);
	day->tax += remaining(ledger, order, c.paid[TAX], left[TAX]);
	day->refunded += convert(ledger, order, c.paid[NET] - left[NET]);
}

// Of a refund whose order is not known, or that names none: the item net it states, else what a total leaves.
static void tell_alone(const struct ledger *ledger, const struct ledger_refund *r, struct ledger_day *days)
{
	wide net = above_zero(r->net);
	if (r->currency != ledger->currency)
		return;
	if (r->net == LEDGER_NONE && r->total != LEDGER_NONE)
		net = above_zero(r->total - above_zero(r->shipping) - above_zero(r->tax));
	day_of(ledger, days, r->rank.t_ms)->given_back += net;
}

void ledger_days(const struct ledger *ledger, struct ledger_day out[LEDGER_DAYS])
{
	memset(out, 0, LEDGER_DAYS * sizeof(*out));
	for (int i = LEDGER_NONE; i < LEDGER_ORDERS; i++) {
		const struct ledger_order *order = best(ledger, i, 0, UINT32_MAX);
		if (order) {
			tell_order(ledger, order, out);
			continue;
		}
		for (const struct ledger_refund *r = next_refund(ledger, i, NULL); r;
		     r = next_refund(ledger, i, r))
			tell_alone(ledger, r, out);
	}
}
