// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Orders: the money of a copy, which copy counts, and what refunds and a cancellation leave. Pure.
//
// Line arithmetic, in minor units of the order's currency, every rounding half up (away from zero):
//   The order's discount is spread over the lines by gross value after the line's own discount, largest
//   remainder, tie: lower line number, and added to each line's own. Gross value of a line: gross - discount;
//   of a net line with n = net - discount: n + round(n x rate), without a rate n + tax. When no line has a
//   value the first one takes it all.
//   Net basis (net known): before = net; after = net - discount; tax = the tax given, else
//   round(after x rate), else 0.
//   Gross basis: gross' = gross - discount; tax = the tax given, else round(gross' x rate / (100 + rate)),
//   else 0; after = gross' - tax; before = after when the discount is 0, else gross - round(gross x rate /
//   (100 + rate)), without a rate gross - round(tax x gross / gross'),
//   at least 0. The net discount is before - after on
//   either basis.
// Another currency: before, after, shipping and tax are converted once each, half-even; the discount is
// the difference of the first two. A refund's converted part is conv(given back so far) - conv(before it).
//
// Refunds, in order of (t, refund id): parts that are named (items net, else the lines' net; shipping; tax,
// else the lines' tax) are taken from what remains of each; of a total, what is not named is split over the
// remaining parts that are not named, pro rata, largest remainder. What goes beyond is excess. A refund in
// a currency that is not the order's counts nowhere.
#pragma once

#include "services/metrics/core/entity.h"
#include "services/metrics/core/intern.h"

// A currency that is too long counts as not said.
void order_read_currency(const char *stated, char out[ORDER_CURRENCY_SIZE]);
int copy_rank_compare(const struct copy_rank *a, const struct copy_rank *b); // < 0: a is the better one

// One copy of an order, read off an event.
struct order_copy {
	struct copy_rank rank;
	int64_t placed_ms;
	bool cancelled;
	struct order_content content;
	char visitor[ENTITY_ID_SIZE], cart[ENTITY_ID_SIZE], customer[ENTITY_ID_SIZE]; // "": it has none
	uint32_t context_dims, channel_dims;                                          // 0: it has none
};

// The lines are malloc'ed: order_take takes them, or vec_free frees them.
void order_read_content(const Utarg__V1__Order *stated, struct intern *intern, struct order_content *out);
int64_t order_stated_rate(const Utarg__V1__Order *stated); // of its currency; 0: none that can be used
void order_add_line(struct order_content *content, const struct order_line *line); // and to the sums
// Takes a copy in, with its lines: afterwards the order says what the best copies say.
void order_take(struct order *order, struct order_copy *copy);
bool order_is_known(const struct order *order); // some copy came
int64_t order_placed_ms(const struct order *order);
bool order_is_cancelled(const struct order *order, struct moment *when);

void refund_read_content(const Utarg__V1__Refund *stated, struct refund_content *out);
void refund_read_lines(const Utarg__V1__Refund *stated, struct intern *intern, struct order_refund *out);
// Puts or replaces the refund of that id. It has no lines yet; what is returned lives until the next change
// of the order's refunds.
struct order_refund *order_put_refund(struct order *order, const char *id, const struct copy_rank *rank,
				      const struct refund_content *content);
void order_drop_refund(struct order *order, const char *id);
// A payment or cost; the same moment again changes nothing.
void order_put_amount(struct order *order, const struct order_amount *amount);
// Tells of each refund in the order's currency, in order of (t, refund id), what it takes of the items.
void order_each_refund(const struct order *order,
		       void (*tell)(void *context, const struct order_refund *refund, int64_t net),
		       void *context);
// In the shop's currency already, or with a rate to it.
bool order_is_convertible(const struct order *order, const char *shop_currency);
// An amount of the order in the shop's currency; only of one that is not foreign.
money_sum order_in_shop_money(const struct order *order, money_sum minor, const char *shop_currency);

// What the figures see, in the shop's currency.
struct order_figures {
	bool foreign; // another currency without a rate: all money is 0
	bool cancelled;
	bool valid;    // not cancelled, items not given back in full, units > 0
	bool refunded; // there is a refund in its currency
	int64_t units;
	money_sum before_net, after_net;
	money_sum current_net, current_shipping, current_tax;
	money_sum refunded_net; // 0 when cancelled
	money_sum lines_tax;    // as placed
};

// Told for every refund and for the cancellation: the net that was given back at t, and the excess.
struct order_given {
	void (*give)(void *context, int64_t t_ms, money_sum net, money_sum excess);
	void *context;
};

// given may be NULL. In the cash view a cancellation gives back what remains at its time, and refunds after
// it give back nothing more.
void order_derive(const struct order *order, const char *shop_currency, const struct order_given *given,
		  struct order_figures *out);
// What an event of its own says of the order, in the shop's currency; false where it counts nowhere. In the
// order's currency it is converted once, in the shop's it is what it says.
bool order_amount_in(const struct order *order, const struct order_amount *amount, const char *shop_currency,
		     money_sum *out);
// Whether the payments in the order's currency have reached what was to be paid (items, shipping and tax of
// the content), and when: with which payment, in order of (t, id). An order of nothing is paid when placed.
bool order_is_paid(const struct order *order, int64_t *t_ms);
// Item net that a refund without a known order gives back: items, else the total less the other parts.
money_sum refund_net_alone(const struct refund_content *content, const char *shop_currency);
