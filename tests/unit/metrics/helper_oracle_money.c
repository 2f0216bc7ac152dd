// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_oracle_money.h"

#include <string.h>

static const char *const order_ids[] = {"o0", "o1", "o2", "o3", "o4", "o5", "o6", "o7", "o8"};
static const char *const refund_ids[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6"};

static bool is_order(const struct box *b, const char *id)
{
	return !b->event.test &&
	       (b->event.body_case == UTARG__V1__EVENT__BODY_PURCHASE ||
		b->event.body_case == UTARG__V1__EVENT__BODY_ORDER_UPDATED) &&
	       strcmp(b->order, id) == 0;
}

static bool is_refund(const struct box *b, const char *id)
{
	return !b->event.test && b->event.body_case == UTARG__V1__EVENT__BODY_REFUND &&
	       strcmp(b->other, id) == 0;
}

static bool is_better(const struct box *a, const struct box *b, bool versions)
{
	if (versions && a->body.order_body.order_version != b->body.order_body.order_version)
		return a->body.order_body.order_version > b->body.order_body.order_version;
	bool x = a->fold.origin != ORIGIN_CLIENT, y = b->fold.origin != ORIGIN_CLIENT;
	if (x != y)
		return x;
	if (a->fold.t_ms != b->fold.t_ms)
		return a->fold.t_ms < b->fold.t_ms;
	return memcmp(a->fold.id, b->fold.id, UUID_SIZE) < 0;
}

static bool is_denied(const struct box *b)
{
	return b->event.consent && b->event.consent->analytics == UTARG__V1__CHOICE__CHOICE_DENIED;
}

enum field { ANY, VISITOR, CUSTOMER, CART, CONTEXT, SALES };

static bool has(const struct box *b, enum field field)
{
	switch (field) {
	case VISITOR:
		return b->visitor[0] && !is_denied(b);
	case CUSTOMER:
		return b->customer[0] && !is_denied(b);
	case CART:
		return b->cart[0];
	case CONTEXT:
		return b->event.context;
	case SALES:
		return b->event.channel;
	default:
		return true;
	}
}

static const struct box *best(const struct history *h, const char *id, enum field field, int version)
{
	const struct box *found = NULL;
	for (size_t i = 0; i < h->count; i++) {
		const struct box *b = h->boxes[i];
		if (is_order(b, id) && has(b, field) &&
		    (version < 0 || b->body.order_body.order_version == (uint32_t)version) &&
		    (!found || is_better(b, found, true)))
			found = b;
	}
	return found;
}

// n / d, half away from zero, d > 0.
static int64_t rounded(int64_t n, int64_t d)
{
	return n < 0 ? -((-2 * n + d) / (2 * d)) : (2 * n + d) / (2 * d);
}

struct sums {
	int64_t before, after, tax, shipping;
	int64_t lines_tax;
	int64_t line_after[BOX_LINES];
};

static struct sums add_up(const Utarg__V1__Order *order)
{
	struct sums sums = {.shipping = order->shipping_net_minor, .tax = order->shipping_tax_minor};
	int64_t weights[BOX_LINES], shares[BOX_LINES] = {0}, all = 0;
	for (size_t i = 0; i < order->n_lines; i++) {
		const Utarg__V1__OrderLine *l = order->lines[i];
		int64_t net = l->net_minor - l->discount_minor;
		weights[i] = l->known_net_case ? net + rounded(net * l->tax_rate_bp, 10000)
					       : l->gross_minor - l->discount_minor;
		all += weights[i];
	}
	if (order->discount_minor && all)
		money_split(order->discount_minor, weights, order->n_lines, shares);
	else if (order->discount_minor && order->n_lines)
		shares[0] = order->discount_minor;
	for (size_t i = 0; i < order->n_lines; i++) {
		const Utarg__V1__OrderLine *l = order->lines[i];
		int64_t discount = l->discount_minor + shares[i], rate = l->tax_rate_bp;
		if (l->known_net_case) {
			sums.before += l->net_minor;
			sums.line_after[i] = l->net_minor - discount;
			sums.tax += rounded((l->net_minor - discount) * rate, 10000);
		} else {
			int64_t left = l->gross_minor - discount, tax = rounded(left * rate, 10000 + rate);
			sums.before += l->gross_minor - rounded(l->gross_minor * rate, 10000 + rate);
			sums.line_after[i] = left - tax;
			sums.tax += tax;
		}
		sums.after += sums.line_after[i];
	}
	sums.lines_tax = sums.tax - order->shipping_tax_minor;
	return sums;
}

// PLN and EUR have the same exponent.
int64_t oracle_convert(int64_t minor, const struct oracle_order *o)
{
	return o->rate_nano ? (int64_t)money_div_half_even((money_sum)minor * o->rate_nano, 1000000000)
			    : minor;
}

static const struct box *best_refund(const struct history *h, const char *id)
{
	const struct box *found = NULL;
	for (size_t i = 0; i < h->count; i++)
		if (is_refund(h->boxes[i], id) && (!found || is_better(h->boxes[i], found, false)))
			found = h->boxes[i];
	return found;
}

// The order's refund that comes after (t, id); NULL: none.
const struct box *oracle_next_refund(const struct history *h, const char *order, const struct box *after)
{
	const struct box *next = NULL;
	for (size_t i = 0; i < sizeof(refund_ids) / sizeof(refund_ids[0]); i++) {
		const struct box *b = best_refund(h, refund_ids[i]);
		if (!b || strcmp(b->order, order) != 0)
			continue;
		int order_after =
			after ? (b->fold.t_ms > after->fold.t_ms) - (b->fold.t_ms < after->fold.t_ms) : 1;
		if (after && !order_after)
			order_after = strcmp(b->other, after->other);
		if (order_after <= 0)
			continue;
		if (!next || b->fold.t_ms < next->fold.t_ms ||
		    (b->fold.t_ms == next->fold.t_ms && strcmp(b->other, next->other) < 0))
			next = b;
	}
	return next;
}

static int64_t alone(const struct box *refund)
{
	const Utarg__V1__Refund *r = &refund->body.refund;
	if (strcmp(r->currency, "PLN") != 0)
		return 0;
	return r->known_total_case ? r->total_minor : r->items_net_minor;
}

// Earliest of the cancellations; NULL: it stands.
const struct box *oracle_cancelled_by(const struct history *h, const char *id)
{
	const struct box *found = NULL;
	for (size_t i = 0; i < h->count; i++) {
		const struct box *b = h->boxes[i];
		if (b->event.test || b->event.body_case != UTARG__V1__EVENT__BODY_ORDER_CANCELLED ||
		    strcmp(b->order, id) != 0)
			continue;
		if (!found || b->fold.t_ms < found->fold.t_ms)
			found = b;
	}
	for (int version = 2; version >= 0; version--) {
		const struct box *b = best(h, id, ANY, version);
		if (b && b->body.order_body.status != UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED)
			break;
		if (b && (!found || b->fold.t_ms < found->fold.t_ms))
			found = b;
	}
	return found;
}

struct left {
	int64_t part[3]; // net, shipping, tax
	int64_t excess;
};

static void take(struct left *left, const Utarg__V1__Refund *refund)
{
	if (!refund->known_total_case) {
		int64_t has_left = left->part[0] > 0 ? left->part[0] : 0;
		int64_t taken = refund->items_net_minor < has_left ? refund->items_net_minor : has_left;
		left->part[0] -= taken;
		left->excess += refund->items_net_minor - taken;
		return;
	}
	int64_t shares[3], weights[3], all = 0;
	for (int i = 0; i < 3; i++) {
		weights[i] = left->part[i] > 0 ? left->part[i] : 0;
		all += weights[i];
	}
	int64_t taken = refund->total_minor < all ? refund->total_minor : all;
	left->excess += refund->total_minor - taken;
	if (!taken)
		return;
	money_split(taken, weights, 3, shares);
	for (int i = 0; i < 3; i++)
		left->part[i] -= shares[i];
}

// What a refund took of the items: of the lines with the sku, of all with NULL. Returns how much it was.
static int64_t take_lines(struct oracle_order *o, const char *sku, int64_t amount)
{
	int64_t weights[BOX_LINES] = {0}, shares[BOX_LINES], all = 0;
	for (size_t i = 0; i < o->content->body.order_body.n_lines; i++) {
		if (o->lines[i].after > o->lines[i].taken && (!sku || !strcmp(sku, o->lines[i].sku)))
			weights[i] = o->lines[i].after - o->lines[i].taken;
		all += weights[i];
	}
	amount = amount < all ? amount : all;
	if (amount <= 0)
		return 0;
	money_split(amount, weights, BOX_LINES, shares);
	for (size_t i = 0; i < BOX_LINES; i++)
		o->lines[i].taken += shares[i];
	return amount;
}

static void take_by_line(struct oracle_order *o, const Utarg__V1__Refund *refund, int64_t net)
{
	for (size_t i = 0; i < refund->n_lines; i++) {
		int64_t asked = refund->lines[i]->net_minor;
		net -= take_lines(o, refund->lines[i]->sku, asked < net ? asked : net);
	}
	take_lines(o, NULL, net);
}

static void settle(const struct history *h, const struct box *content, struct oracle_order *o,
		   struct oracle_give *gives, size_t *gave)
{
	const Utarg__V1__Order *order = &content->body.order_body;
	struct sums sums = add_up(order);
	struct left left = {{sums.after, sums.shipping, sums.tax}, 0};
	const struct box *cancel = oracle_cancelled_by(h, o->id);
	o->gross = sums.after + sums.shipping + sums.tax;
	bool refunded = false, open = true;
	for (size_t i = 0; i < order->n_lines; i++)
		o->lines[i] = (struct oracle_line){order->lines[i]->sku, order->lines[i]->quantity,
						   sums.line_after[i], 0};
	for (const struct box *r = oracle_next_refund(h, o->id, NULL); r;
	     r = oracle_next_refund(h, o->id, r)) {
		if (strcmp(r->body.refund.currency, order->currency) != 0)
			continue;
		if (!o->foreign && cancel && open && r->fold.t_ms > cancel->fold.t_ms) {
			gives[(*gave)++] = (struct oracle_give){
				cancel->fold.t_ms,
				oracle_convert(sums.after, o) - oracle_convert(sums.after - left.part[0], o),
				0};
			open = false;
		}
		struct left before = left;
		take(&left, &r->body.refund);
		take_by_line(o, &r->body.refund, before.part[0] - left.part[0]);
		refunded = true;
		if (!o->foreign)
			gives[(*gave)++] = (struct oracle_give){
				r->fold.t_ms,
				open ? oracle_convert(sums.after - left.part[0], o) -
						oracle_convert(sums.after - before.part[0], o)
				     : 0,
				oracle_convert(left.excess, o) - oracle_convert(before.excess, o)};
	}
	if (!o->foreign && cancel && open)
		gives[(*gave)++] = (struct oracle_give){
			cancel->fold.t_ms,
			oracle_convert(sums.after, o) - oracle_convert(sums.after - left.part[0], o), 0};
	o->cancelled = cancel;
	o->cancelled_ms = cancel ? cancel->fold.t_ms : 0;
	o->gross = sums.after + sums.shipping + sums.tax;
	o->all_back = sums.after > 0 && left.part[0] == 0;
	o->valid = !cancel && o->units > 0 && !(refunded && sums.after > 0 && left.part[0] == 0);
	if (o->foreign)
		return;
	o->before = oracle_convert(sums.before, o);
	o->after = oracle_convert(sums.after, o);
	o->lines_tax = oracle_convert(sums.lines_tax, o);
	if (cancel)
		return;
	o->current = o->after - oracle_convert(sums.after - left.part[0], o);
	o->current_shipping =
		oracle_convert(sums.shipping, o) - oracle_convert(sums.shipping - left.part[1], o);
	o->current_tax = oracle_convert(sums.tax, o) - oracle_convert(sums.tax - left.part[2], o);
}

const struct box *oracle_settings_at(const struct history *h, int64_t t_ms)
{
	const struct box *found = NULL, *first = NULL;
	for (size_t i = 0; i < h->count; i++) {
		const struct box *b = h->boxes[i];
		if (b->event.body_case != UTARG__V1__EVENT__BODY_SHOP_SETTINGS_CHANGED)
			continue;
		int64_t from_ms = b->body.settings.valid_from_ms;
		if (!first || from_ms < first->body.settings.valid_from_ms ||
		    (from_ms == first->body.settings.valid_from_ms && oracle_is_earlier(b, first)))
			first = b;
		if (from_ms <= t_ms &&
		    (!found || from_ms > found->body.settings.valid_from_ms ||
		     (from_ms == found->body.settings.valid_from_ms && oracle_is_earlier(found, b))))
			found = b;
	}
	return found ? found : first;
}

// The shop's source of rates at that time.
static const char *rate_source(const struct history *h, int64_t t_ms)
{
	return oracle_settings_at(h, t_ms)->body.settings.rate_source;
}

static const Utarg__V1__Rate *euro_in(const struct box *b)
{
	for (size_t i = 0; i < b->body.published.n_rates; i++)
		if (strcmp(b->body.published.rates[i]->currency, "EUR") == 0)
			return b->body.published.rates[i];
	return NULL;
}

// Of EUR for an order of that time: 0 when there is none.
int64_t oracle_published_rate(const struct history *h, int64_t placed_ms)
{
	const struct zone *zone = world_zone(NULL, h->zone);
	const struct box *found = NULL;
	for (int days = 1; days <= 7 && !found; days++) {
		struct zone_date date = zone_date_add(zone_date(zone, placed_ms), -days), told;
		for (size_t i = 0; i < h->count; i++) {
			const struct box *b = h->boxes[i];
			if (b->event.test || b->event.body_case != UTARG__V1__EVENT__BODY_RATE_PUBLISHED ||
			    strcmp(b->order, rate_source(h, placed_ms)) != 0 || !euro_in(b) ||
			    !zone_date_parse(b->cart, &told) || zone_date_days(told) != zone_date_days(date))
				continue;
			if (!found || b->fold.t_ms > found->fold.t_ms ||
			    (b->fold.t_ms == found->fold.t_ms &&
			     memcmp(b->fold.id, found->fold.id, UUID_SIZE) > 0))
				found = b;
		}
	}
	return found ? euro_in(found)->per_unit_nano : 0;
}

static void describe(const struct history *h, const char *id, const struct box *content,
		     struct oracle_order *o)
{
	const struct box *b;
	*o = (struct oracle_order){.id = id, .visitor = "", .customer = "", .cart = ""};
	if ((b = best(h, id, VISITOR, -1)))
		o->visitor = b->visitor;
	if ((b = best(h, id, CUSTOMER, -1)))
		o->customer = b->customer;
	if ((b = best(h, id, CART, -1)))
		o->cart = b->cart;
	o->context = best(h, id, CONTEXT, -1);
	if ((b = best(h, id, SALES, -1)))
		o->sales = (int)b->event.channel;
	for (int version = 2; version >= 0; version--) {
		b = best(h, id, ANY, version);
		if (b)
			o->placed_ms = b->body.order_body.placed_at_ms ? b->body.order_body.placed_at_ms
								       : b->fold.t_ms;
	}
	o->content = content;
	for (size_t i = 0; i < content->body.order_body.n_lines; i++)
		o->units += content->lines[i].quantity;
	bool is_other = strcmp(content->body.order_body.currency, "PLN") != 0;
	if (is_other)
		o->rate_nano = content->body.order_body.rate ? content->rate.per_unit_nano
							     : oracle_published_rate(h, o->placed_ms);
	o->foreign = is_other && !o->rate_nano;
}

size_t oracle_orders(const struct history *h, struct oracle_order out[ORACLE_ORDERS],
		     struct oracle_give gives[ORACLE_GIVES], size_t *gave)
{
	size_t count = 0;
	*gave = 0;
	for (size_t i = 0; i < sizeof(order_ids) / sizeof(order_ids[0]); i++) {
		const struct box *content = best(h, order_ids[i], ANY, -1);
		if (content) {
			describe(h, order_ids[i], content, &out[count]);
			settle(h, content, &out[count], gives, gave);
			count++;
			continue;
		}
		// Its refunds wait for it.
		for (const struct box *r = oracle_next_refund(h, order_ids[i], NULL); r;
		     r = oracle_next_refund(h, order_ids[i], r))
			gives[(*gave)++] = (struct oracle_give){r->fold.t_ms, alone(r), 0};
	}
	for (const struct box *r = oracle_next_refund(h, "", NULL); r; r = oracle_next_refund(h, "", r))
		gives[(*gave)++] = (struct oracle_give){r->fold.t_ms, alone(r), 0};
	return count;
}
