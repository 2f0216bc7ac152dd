// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/order.h"

#include "common/base/fail.h"
#include "services/metrics/core/rate.h"

#include <string.h>

int copy_rank_compare(const struct copy_rank *a, const struct copy_rank *b)
{
	if (a->version != b->version)
		return a->version > b->version ? -1 : 1;
	if (a->server != b->server)
		return a->server ? -1 : 1;
	return moment_compare(&a->moment, &b->moment);
}

static void take_text(struct order_text *field, const struct copy_rank *rank, const char *text)
{
	if (!text[0] || (field->text[0] && copy_rank_compare(&field->rank, rank) <= 0))
		return;
	field->rank = *rank;
	text_copy(field->text, sizeof(field->text), text);
}

static void take_dims(struct order_dims *field, const struct copy_rank *rank, uint32_t dims)
{
	if (!dims || (field->dims && copy_rank_compare(&field->rank, rank) <= 0))
		return;
	field->rank = *rank;
	field->dims = dims;
}

// Moves the content into the order, or drops it.
static void take_content(struct order *order, struct order_content *content, bool counts)
{
	if (counts) {
		vec_free(order->content.lines);
		order->content = *content;
	} else {
		vec_free(content->lines);
	}
	content->lines = NULL;
}

void order_take(struct order *order, struct order_copy *copy)
{
	take_text(&order->visitor, &copy->rank, copy->visitor);
	take_text(&order->cart, &copy->rank, copy->cart);
	take_text(&order->customer, &copy->rank, copy->customer);
	take_dims(&order->context, &copy->rank, copy->context_dims);
	take_dims(&order->channel, &copy->rank, copy->channel_dims);
	uint32_t i = vec_count(order->versions);
	while (i > 0 && order->versions->at[i - 1].rank.version > copy->rank.version)
		i--;
	struct order_version *version = i > 0 ? &order->versions->at[i - 1] : NULL;
	bool fresh = !version || version->rank.version < copy->rank.version;
	bool wins = fresh || copy_rank_compare(&version->rank, &copy->rank) > 0;
	if (fresh)
		version = vec_insert(order->versions, i++);
	if (wins) {
		version->rank = copy->rank;
		version->placed_ms = copy->placed_ms;
		version->cancelled = copy->cancelled;
	}
	bool last = i == order->versions->count || fail_mutant(MUTANT_ORDER_BY_ARRIVAL);
	take_content(order, &copy->content, wins && last);
}

bool order_is_known(const struct order *order)
{
	return vec_count(order->versions) > 0;
}

int64_t order_placed_ms(const struct order *order)
{
	return order_is_known(order) ? order->versions->at[0].placed_ms : 0;
}

bool order_is_cancelled(const struct order *order, struct moment *when)
{
	const struct moment *first = order->cancelled ? &order->cancel : NULL;
	// By status: since the earliest of the last versions that all say so.
	for (uint32_t i = vec_count(order->versions); i > 0 && order->versions->at[i - 1].cancelled; i--) {
		const struct moment *said = &order->versions->at[i - 1].rank.moment;
		if (!first || moment_compare(said, first) < 0)
			first = said;
	}
	if (first && when)
		*when = *first;
	return first != NULL;
}

static int refund_compare(int64_t t_ms, const char *id, const struct order_refund *b)
{
	if (t_ms != b->rank.moment.t_ms)
		return t_ms < b->rank.moment.t_ms ? -1 : 1;
	return strcmp(id, b->id);
}

struct order_refund *order_put_refund(struct order *order, const char *id, const struct copy_rank *rank,
				      const struct refund_content *content)
{
	order_drop_refund(order, id);
	uint32_t i = vec_count(order->refunds);
	while (i > 0 && !fail_mutant(MUTANT_REFUND_BY_ARRIVAL) &&
	       refund_compare(rank->moment.t_ms, id, &order->refunds->at[i - 1]) < 0)
		i--;
	struct order_refund *refund = vec_insert(order->refunds, i);
	text_copy(refund->id, sizeof(refund->id), id);
	refund->rank = *rank;
	refund->content = *content;
	return refund;
}

void order_drop_refund(struct order *order, const char *id)
{
	for (uint32_t i = 0; i < vec_count(order->refunds); i++) {
		if (strcmp(order->refunds->at[i].id, id) == 0) {
			vec_free(order->refunds->at[i].lines);
			vec_remove(order->refunds, i);
			return;
		}
	}
}

// Its own rate, else the one that was published; 0: none.
static int64_t rate_nano(const struct order *order)
{
	return order->content.rate_nano ? order->content.rate_nano : order->published_nano;
}

// To the shop's currency; the caller knows that there is a way.
static money_sum convert(money_sum minor, const struct order *order, const char *shop_currency)
{
	return rate_convert(minor, order->content.currency, shop_currency, rate_nano(order));
}

bool order_is_convertible(const struct order *order, const char *shop_currency)
{
	return rate_can_convert(order->content.currency, shop_currency, rate_nano(order));
}

// Far above any amount that can be paid; sums of more say nothing and must not overflow.
#define EXCESS_MAX INT64_C(4000000000000000000)

enum part { PART_NET, PART_SHIPPING, PART_TAX, PART_COUNT };

// What remains of an order while its refunds pass by, in its own currency.
struct remains {
	int64_t left[PART_COUNT];
	int64_t excess;
};

static void add_excess(struct remains *remains, int64_t amount)
{
	remains->excess = amount < EXCESS_MAX - remains->excess ? remains->excess + amount : EXCESS_MAX;
}

static void take_part(struct remains *remains, int part, int64_t amount)
{
	int64_t left = remains->left[part] > 0 ? remains->left[part] : 0;
	int64_t taken = amount < left ? amount : left;
	remains->left[part] -= taken;
	add_excess(remains, amount - taken);
}

static void take_total(struct remains *remains, int64_t amount, unsigned known)
{
	int64_t weights[PART_COUNT], shares[PART_COUNT], sum = 0;
	for (int i = 0; i < PART_COUNT; i++) {
		weights[i] = (known & (1u << i)) || remains->left[i] < 0 ? 0 : remains->left[i];
		sum += weights[i];
	}
	int64_t taken = amount < sum ? amount : sum;
	add_excess(remains, amount - taken);
	if (!taken)
		return;
	money_split(taken, weights, PART_COUNT, shares);
	for (int i = 0; i < PART_COUNT; i++)
		remains->left[i] -= shares[i];
}

static void take_refund(struct remains *remains, const struct refund_content *refund)
{
	const int64_t parts[PART_COUNT] = {refund->net, refund->shipping, refund->tax};
	int64_t named = 0;
	for (int i = 0; i < PART_COUNT; i++) {
		if (refund->known & (1u << i)) {
			take_part(remains, i, parts[i]);
			named += parts[i];
		}
	}
	if ((refund->known & REFUND_TOTAL) && refund->total > named)
		take_total(remains, refund->total - named, refund->known);
}

static bool is_refund_of(const struct refund_content *refund, const struct order_content *content)
{
	return !refund->currency[0] || strcmp(refund->currency, content->currency) == 0;
}

void order_each_refund(const struct order *order,
		       void (*tell)(void *context, const struct order_refund *refund, int64_t net),
		       void *context)
{
	const struct order_amounts *amounts = &order->content.amounts;
	struct remains remains = {.left = {amounts->after_net, amounts->shipping_net, amounts->tax}};
	for (uint32_t i = 0; i < vec_count(order->refunds); i++) {
		const struct order_refund *refund = &order->refunds->at[i];
		int64_t before = remains.left[PART_NET];
		if (!is_refund_of(&refund->content, &order->content))
			continue;
		take_refund(&remains, &refund->content);
		tell(context, refund, before - remains.left[PART_NET]);
	}
}

static void give(const struct order_given *given, int64_t t_ms, money_sum net, money_sum excess)
{
	if (given && (net || excess))
		given->give(given->context, t_ms, net, excess);
}

// Lets the refunds pass by in order of time and tells what each gives back, the cancellation in between.
static void pass_refunds(const struct order *order, const char *shop, const struct moment *cancel,
			 const struct order_given *given, struct remains *remains, bool *refunded)
{
	const struct order_content *content = &order->content;
	int64_t paid = remains->left[PART_NET];
	bool standing = true;
	for (uint32_t i = 0; i < vec_count(order->refunds); i++) {
		const struct order_refund *refund = &order->refunds->at[i];
		if (!is_refund_of(&refund->content, content))
			continue;
		if (cancel && standing && refund->rank.moment.t_ms > cancel->t_ms) {
			give(given, cancel->t_ms,
			     convert(paid, order, shop) -
				     convert(paid - remains->left[PART_NET], order, shop),
			     0);
			standing = false;
		}
		struct remains before = *remains;
		take_refund(remains, &refund->content);
		*refunded = true;
		money_sum net = convert(paid - remains->left[PART_NET], order, shop) -
				convert(paid - before.left[PART_NET], order, shop);
		give(given, refund->rank.moment.t_ms, standing ? net : 0,
		     convert(remains->excess, order, shop) - convert(before.excess, order, shop));
	}
	if (cancel && standing)
		give(given, cancel->t_ms,
		     convert(paid, order, shop) - convert(paid - remains->left[PART_NET], order, shop), 0);
}

void order_derive(const struct order *order, const char *shop_currency, const struct order_given *given,
		  struct order_figures *out)
{
	*out = (struct order_figures){0};
	const struct order_content *content = &order->content;
	const struct order_amounts *amounts = &content->amounts;
	struct moment cancel;
	out->cancelled = order_is_cancelled(order, &cancel);
	out->foreign = !order_is_convertible(order, shop_currency);
	out->units = amounts->units;
	struct remains remains = {.left = {amounts->after_net, amounts->shipping_net, amounts->tax}};
	pass_refunds(order, shop_currency, out->cancelled ? &cancel : NULL, out->foreign ? NULL : given,
		     &remains, &out->refunded);
	bool returned = out->refunded && amounts->after_net > 0 && remains.left[PART_NET] == 0;
	out->valid = !out->cancelled && !returned && amounts->units > 0;
	if (out->foreign)
		return;
	out->before_net = convert(amounts->before_net, order, shop_currency);
	out->after_net = convert(amounts->after_net, order, shop_currency);
	out->lines_tax = convert(amounts->tax - amounts->shipping_tax, order, shop_currency);
	if (out->cancelled)
		return;
	out->refunded_net = convert(amounts->after_net - remains.left[PART_NET], order, shop_currency);
	out->current_net = out->after_net - out->refunded_net;
	out->current_shipping =
		convert(amounts->shipping_net, order, shop_currency) -
		convert(amounts->shipping_net - remains.left[PART_SHIPPING], order, shop_currency);
	out->current_tax = convert(amounts->tax, order, shop_currency) -
			   convert(amounts->tax - remains.left[PART_TAX], order, shop_currency);
}

money_sum order_in_shop_money(const struct order *order, money_sum minor, const char *shop_currency)
{
	return convert(minor, order, shop_currency);
}

money_sum refund_net_alone(const struct refund_content *content, const char *shop_currency)
{
	if (content->currency[0] && strcmp(content->currency, shop_currency) != 0)
		return 0;
	if (content->known & REFUND_NET)
		return content->net;
	if (!(content->known & REFUND_TOTAL))
		return 0;
	int64_t rest = content->total - content->shipping - content->tax;
	return rest > 0 ? rest : 0;
}
