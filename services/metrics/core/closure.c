// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Which entities an event's facts lean on. The same walk answers fold_missing (what is not in memory) and
// prepares fold_apply (what is marked here is taken out of the figures and put back). It may name more than
// will change; it must never name less.
#include "services/metrics/core/rate.h"

#include "services/metrics/core/books.h"
#include "services/metrics/core/commission.h"

#include <stdlib.h>
#include <string.h>

// Once for each time it is asked for; unite_missing makes one of them.
static void note_missing(struct work *work, uint8_t kind, struct slice key)
{
	struct fold_key *missing = vec_push(work->missing);
	missing->kind = kind;
	missing->size = (uint8_t)key.size;
	memcpy(missing->bytes, key.data, key.size);
}

static int compare_missing(const void *a, const void *b)
{
	const struct fold_key *x = a, *y = b;
	if (x->kind != y->kind)
		return x->kind - y->kind;
	return x->size != y->size ? x->size - y->size : memcmp(x->bytes, y->bytes, x->size);
}

// A walk asks for the same one several times.
static void unite_missing(struct work *work)
{
	uint32_t kept = 0, count = vec_count(work->missing);
	if (count < 2)
		return;
	qsort(work->missing->at, count, sizeof(work->missing->at[0]), compare_missing);
	for (uint32_t i = 1; i < count; i++)
		if (compare_missing(&work->missing->at[kept], &work->missing->at[i]) != 0 && ++kept != i)
			work->missing->at[kept] = work->missing->at[i];
	work->missing->count = kept + 1;
}

void *closure_need_key(const struct fold *fold, uint8_t kind, struct slice key, unsigned flags)
{
	if (!key.size)
		return NULL;
	struct entity *entity = entity_find(fold->table, kind, key);
	if (!entity) {
		note_missing(fold->work, kind, key);
		return NULL;
	}
	if (!(entity->flags & ENTITY_CLOSURE)) {
		struct entity **place = vec_push(fold->work->closure);
		*place = entity;
	}
	entity->flags |= (uint16_t)(flags | ENTITY_CLOSURE);
	return entity;
}

// NULL for an empty id too: then nothing is needed.
void *closure_need(const struct fold *fold, uint8_t kind, const char *id, unsigned flags)
{
	return closure_need_key(fold, kind, slice_of(id), flags);
}

void closure_want(const struct fold *fold, uint8_t kind, const char *id)
{
	struct entity *entity = entity_find(fold->table, kind, slice_of(id));
	if (entity)
		entity->flags |= ENTITY_USED;
	else
		note_missing(fold->work, kind, slice_of(id));
}

// An order and those its facts go to.
struct order *closure_need_order(const struct fold *fold, const char *id, unsigned flags)
{
	struct order *order = closure_need(fold, FOLD_ORDER, id, flags);
	if (!order)
		return NULL;
	closure_need(fold, FOLD_VISITOR, order->visitor.text, 0);
	closure_need(fold, FOLD_VISITOR, order->cart_visitor, 0);
	closure_need(fold, FOLD_CUSTOMER, order->customer.text, 0);
	if (order_is_known(order) && !order->content.rate_nano)
		rate_need(fold, order->content.currency, order_placed_ms(order));
	if ((flags & ENTITY_CHANGE) && order_is_known(order))
		offer_collect_order(fold, order, order_placed_ms(order));
	if ((flags & ENTITY_CREDIT) && order_is_known(order))
		credit_need_order(fold, id, order_placed_ms(order), false);
	commission_need_order(fold, order, flags);
	return order;
}

static void need_link(const struct fold *fold, const struct link *link)
{
	if (link->kind != LINK_CART) {
		closure_need_order(fold, link->id, ENTITY_REFRESH);
		return;
	}
	struct cart *cart = closure_need(fold, FOLD_CART, link->id, ENTITY_REFRESH);
	if (cart)
		closure_need(fold, FOLD_VISITOR, cart->summary.visitor, 0);
}

// Orders and carts whose session can be another one once the visitor has an event at the moment.
static void need_links(const struct fold *fold, const struct visitor *visitor, const struct moment *moment)
{
	uint32_t from;
	uint32_t count = session_range(visitor, moment->t_ms, fold->gap_ms, &from);
	int64_t first_ms = moment->t_ms, last_ms = moment->t_ms, until_ms = INT64_MIN;
	if (count) {
		const struct session *session = &visitor->sessions->at[from];
		if (session->first.t_ms < first_ms)
			first_ms = session->first.t_ms;
		if (session[count - 1].last_ms > last_ms)
			last_ms = session[count - 1].last_ms;
		// Only made longer: what it held before stays as it is.
		if (count == 1 && moment_compare(&session->first, moment) < 0 && !visit_is_cut(fold))
			until_ms = session->last_ms + fold->gap_ms;
	}
	if (until_ms >= last_ms + fold->gap_ms)
		return;
	for (uint32_t i = visitor_link_lower(visitor, first_ms); i < vec_count(visitor->links); i++) {
		const struct link *link = &visitor->links->at[i];
		if (link->at_ms >= last_ms + fold->gap_ms)
			break;
		if (link->until_ms >= until_ms)
			need_link(fold, link);
	}
}

static void need_session(const struct fold *fold, const struct said *said)
{
	struct visitor *visitor = closure_need(fold, FOLD_VISITOR, said->visitor, 0);
	if (!visitor)
		return;
	__builtin_prefetch(visitor->sessions);
	__builtin_prefetch(visitor->views);
	if (vec_count(visitor->links))
		need_links(fold, visitor, &said->moment);
	touch_need(fold, said, visitor);
}

// Marks all members; with_orders also their orders. Members found are put into the component.
static void need_component(const struct fold *fold, const char *id, bool with_orders,
			   struct cart_component *out)
{
	struct cart *first = closure_need(fold, FOLD_CART, id, ENTITY_CHANGE);
	if (!first)
		return;
	uint32_t next = vec_count(out->members);
	for (uint32_t i = 0; i < next; i++)
		if (out->members->at[i] == first)
			return;
	struct cart **place = vec_push(out->members);
	*place = first;
	for (; next < out->members->count; next++) {
		struct cart *cart = out->members->at[next];
		closure_need(fold, FOLD_VISITOR, cart->summary.visitor, 0);
		for (uint32_t i = 0; with_orders && i < vec_count(cart->orders); i++)
			closure_need_order(fold, cart->orders->at[i].id, ENTITY_REFRESH);
		for (uint32_t i = 0; i < vec_count(cart->merged); i++) {
			struct cart *other = closure_need(fold, FOLD_CART, cart->merged->at[i].text, 0);
			if (!other || (other->entity.flags & ENTITY_CHANGE))
				continue;
			other->entity.flags |= ENTITY_CHANGE;
			place = vec_push(out->members);
			*place = other;
		}
	}
}

static void need_last_client(const struct fold *fold, const struct cart_component *component,
			     int64_t placed_ms)
{
	const struct cart *owner = NULL;
	const struct activity *last = cart_last_client(component, placed_ms, &owner);
	if (last)
		closure_need(fold, FOLD_VISITOR, cart_name(owner, last->visitor), 0);
}

static void need_cart_event(const struct fold *fold, const struct said *said)
{
	struct cart_component component = {NULL};
	closure_need(fold, FOLD_VISITOR, said->visitor, 0);
	need_component(fold, said->cart, true, &component);
	if (said->other_cart[0])
		need_component(fold, said->other_cart, true, &component);
	for (uint32_t m = 0; m < vec_count(component.members); m++) {
		const struct cart *cart = component.members->at[m];
		for (uint32_t i = 0; i < vec_count(cart->orders); i++)
			need_last_client(fold, &component, cart->orders->at[i].placed_ms);
	}
	vec_free(component.members);
}

static bool is_better(const struct order_text *field, const struct copy_rank *rank)
{
	return !field->text[0] || copy_rank_compare(rank, &field->rank) < 0;
}

// The order's date once the copy is in: that of the lowest version.
static int64_t placed_with(const struct order *order, const struct copy_rank *rank, int64_t placed_ms)
{
	if (!order_is_known(order))
		return placed_ms;
	const struct order_version *lowest = &order->versions->at[0];
	if (rank->version > lowest->rank.version ||
	    (rank->version == lowest->rank.version && copy_rank_compare(&lowest->rank, rank) <= 0))
		return lowest->placed_ms;
	return placed_ms;
}

void closure_stated_order(const struct fold *fold, const struct said *said)
{
	const Utarg__V1__Order *stated = said->stated;
	struct copy_rank rank = {stated->order_version, said->server, said->moment};
	char currency[ORDER_CURRENCY_SIZE];
	struct order *order = closure_need_order(fold, said->order, ENTITY_CHANGE | ENTITY_CREDIT);
	closure_need(fold, FOLD_VISITOR, said->visitor, 0);
	closure_need(fold, FOLD_CUSTOMER, said->customer, 0);
	if (!order)
		return;
	int64_t placed_ms = placed_with(order, &rank, said_placed_ms(said));
	if (order_is_known(order)) {
		credit_need_order(fold, said->order, order_placed_ms(order), true);
		lapse_concern_order(fold, order->visitor.text, order_placed_ms(order));
		lapse_concern_order(fold, order->visitor.text, placed_ms);
	}
	credit_need_order(fold, said->order, placed_ms, true);
	lapse_concern_order(fold, said->visitor, placed_ms);
	credit_need_customer(fold, said->customer, said->order, placed_ms);
	credit_need_customer(fold, order->customer.text, said->order, placed_ms);
	order_read_currency(stated->currency, currency);
	if (!order_stated_rate(stated))
		rate_need(fold, currency, placed_ms);
	if (order_is_known(order) && !order->content.rate_nano)
		rate_need(fold, order->content.currency, placed_ms);
	offer_collect_order(fold, order, placed_ms);
	offer_collect_stated_order(fold, stated, placed_ms);
	books_need(fold, order, said->order, placed_ms);
	commission_need_placed(fold, order, said->order, said->customer, placed_ms);
	const char *stated_cart = strlen(stated->cart_id) < ENTITY_ID_SIZE ? stated->cart_id : "";
	bool moves = stated_cart[0] && is_better(&order->cart, &rank);
	const char *id = moves ? stated_cart : order->cart.text;
	struct cart_component component = {NULL};
	need_component(fold, order->cart.text, false, &component);
	need_component(fold, id, false, &component);
	struct cart *cart = id[0] ? fold_cart(fold, id) : NULL;
	if (cart) {
		closure_component(fold, cart, &component);
		need_last_client(fold, &component, placed_ms);
	}
	vec_free(component.members);
}

void closure_order(const struct fold *fold, const struct said *said)
{
	closure_need_order(fold, said->order, ENTITY_CHANGE);
}

// One that changes in what it is worth or whether it stands.
static struct order *need_worth(const struct fold *fold, const char *id)
{
	struct order *order = closure_need_order(fold, id, ENTITY_CHANGE | ENTITY_CREDIT);
	if (order && order_is_known(order))
		credit_need_customer(fold, order->customer.text, id, order_placed_ms(order));
	return order;
}

void closure_cancelled_order(const struct fold *fold, const struct said *said)
{
	struct order *order = need_worth(fold, said->order);
	if (order && order_is_known(order))
		books_need(fold, order, said->order, order_placed_ms(order));
}

void closure_refund(const struct fold *fold, const struct said *said)
{
	need_worth(fold, said->order);
	struct refund *refund = closure_need(fold, FOLD_REFUND, said->refund, ENTITY_CHANGE);
	if (refund && refund->known)
		need_worth(fold, refund->order);
}

void closure_targets(const struct fold *fold, const struct said *said)
{
	(void)said;
	closure_need(fold, FOLD_TARGETS, TARGETS_KEY, ENTITY_CHANGE);
}

void closure_collect(const struct fold *fold, const struct said *said)
{
	vec_clear(fold->work->closure);
	vec_clear(fold->work->missing);
	vec_clear(fold->work->strays);
	if (said->event->test)
		return;
	if (said->client_session)
		need_session(fold, said);
	if (said->cart[0])
		need_cart_event(fold, said);
	const struct event_row *row = event_row(said->kind);
	if (row->collect)
		row->collect(fold, said);
	lapse_need(fold, said);
	unite_missing(fold->work);
}

void closure_release(const struct fold *fold)
{
	const uint16_t marks =
		ENTITY_CLOSURE | ENTITY_REFRESH | ENTITY_CHANGE | ENTITY_DETACHED | ENTITY_CREDIT;
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++)
		fold->work->closure->at[i]->flags &= (uint16_t)~marks;
	vec_clear(fold->work->closure);
}

static bool holds(const struct cart_component *component, const struct cart *cart)
{
	for (uint32_t i = 0; i < vec_count(component->members); i++)
		if (component->members->at[i] == cart)
			return true;
	return false;
}

static void insert_sorted(struct cart_component *component, struct cart *cart)
{
	uint32_t i = 0;
	while (i < vec_count(component->members) &&
	       entity_compare(&component->members->at[i]->entity, &cart->entity) < 0)
		i++;
	struct cart **place = vec_insert(component->members, i);
	*place = cart;
}

void closure_component(const struct fold *fold, struct cart *cart, struct cart_component *out)
{
	VEC(struct cart *) *queue = NULL;
	struct cart **place = vec_push(queue);
	*place = cart;
	vec_clear(out->members);
	insert_sorted(out, cart);
	for (uint32_t next = 0; next < queue->count; next++) {
		const struct cart *at = queue->at[next];
		for (uint32_t i = 0; i < vec_count(at->merged); i++) {
			struct cart *other = fold_cart(fold, at->merged->at[i].text);
			if (!other || holds(out, other))
				continue;
			insert_sorted(out, other);
			place = vec_push(queue);
			*place = other;
		}
	}
	vec_free(queue);
}
