// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What orders give the touches before them (KPI.md section 4): of its current net, of itself, of the customer
// that is new with it, under each model, at the order's day. All orders that an event concerns give back what
// they gave before anything changes, and give anew when everything has changed: their touches lean on
// visitors and customers, and whose customer is new on other orders. What comes out as it went in nets to
// nothing. The Markov model's shares of orders with touches are path.h's.
#include "services/metrics/core/attribution.h"
#include "services/metrics/core/customer.h"
#include "services/metrics/core/path.h"
#include "services/metrics/core/touch_keep.h"

#include "common/base/harden.h"

#include <string.h>

#define MILLIONTHS 1000000

// Measures of a kind stand in the order of the models.
_Static_assert(M_ATTRIBUTED_NET_MARKOV - M_ATTRIBUTED_NET_LAST_NON_DIRECT == ATTRIBUTION_MARKOV, "as models");
_Static_assert(M_ATTRIBUTED_ORDERS_MARKOV - M_ATTRIBUTED_ORDERS_LAST_NON_DIRECT == ATTRIBUTION_MARKOV,
	       "as models");
_Static_assert(M_ATTRIBUTED_CUSTOMERS_MARKOV - M_ATTRIBUTED_CUSTOMERS_LAST_NON_DIRECT == ATTRIBUTION_MARKOV,
	       "as models");

static const struct customer_order *first_valid(const struct customer *customer)
{
	for (uint32_t i = 0; customer && i < vec_count(customer->orders); i++)
		if (customer->orders->at[i].valid)
			return &customer->orders->at[i];
	return NULL;
}

void credit_need_order(const struct fold *fold, const char *id, int64_t placed_ms, bool may_move)
{
	if (!fold->options.switches)
		path_need(fold, id, placed_ms, may_move);
}

// Only the first valid order, and the second in its place, look at the others.
void credit_need_customer(const struct fold *fold, const char *id, const char *order, int64_t placed_ms)
{
	const struct customer *customer = closure_need(fold, FOLD_CUSTOMER, id, 0);
	bool is_first = false;
	for (uint32_t i = 0; customer && i < vec_count(customer->orders); i++) {
		const struct customer_order *at = &customer->orders->at[i];
		bool is_it = strcmp(at->id, order) == 0;
		if (is_it && at->placed_ms < placed_ms)
			placed_ms = at->placed_ms;
		if (!at->valid)
			continue;
		if (is_it) {
			is_first = true;
			continue;
		}
		if (is_first || placed_ms <= at->placed_ms)
			closure_need_order(fold, at->id, ENTITY_CREDIT);
		return;
	}
}

static bool is_new_customer(const struct fold *fold, const struct order *order, const char *id)
{
	const struct customer *customer =
		order->customer.text[0] ? fold_customer(fold, order->customer.text) : NULL;
	const struct customer_order *first = first_valid(customer);
	return first && strcmp(first->id, id) == 0;
}

// Of an order nobody came before. Where it was sold is known of a marketplace, a till and a telephone.
static uint32_t no_touch_dims(const struct fold *fold, const struct order *order)
{
	static const int sold[] = {UTARG__V1__CHANNEL__CHANNEL_MARKETPLACE, UTARG__V1__CHANNEL__CHANNEL_POS,
				   UTARG__V1__CHANNEL__CHANNEL_PHONE};
	const char *channel = "unattributed";
	uint32_t sales = intern_dims_at(fold->intern, order->dims)->key[INTERN_INDEX(FOLD_SALES_CHANNEL)];
	for (size_t i = 0; i < sizeof(sold) / sizeof(sold[0]); i++)
		if (sales == channel_sales_key(fold->intern, sold[i]))
			channel = intern_text(fold->intern, sales);
	return channel_spend_dims(fold->intern, channel, "unattributed");
}

struct giving { // what an order has to give
	int32_t minute;
	int sign;
	money_sum net;
	bool is_new;
};

static void give(struct fold *fold, const struct giving *giving, int model, uint32_t dims, money_sum net,
		 money_sum millionths)
{
	money_sum sign = giving->sign;
	fact_put(fold->book, (uint16_t)(M_ATTRIBUTED_NET_LAST_NON_DIRECT + model), giving->minute, dims,
		 sign * net);
	fact_put(fold->book, (uint16_t)(M_ATTRIBUTED_ORDERS_LAST_NON_DIRECT + model), giving->minute, dims,
		 sign * millionths);
	if (giving->is_new)
		fact_put(fold->book, (uint16_t)(M_ATTRIBUTED_CUSTOMERS_LAST_NON_DIRECT + model),
			 giving->minute, dims, sign * millionths);
}

static void give_touches(struct fold *fold, const struct giving *giving, int64_t placed_ms,
			 const struct touch *touches, size_t count)
{
	HARDEN_UNFILLED int64_t t_ms[ATTRIBUTION_TOUCHES_MAX];
	HARDEN_UNFILLED int64_t weights[ATTRIBUTION_TOUCHES_MAX];
	HARDEN_UNFILLED money_sum net[ATTRIBUTION_TOUCHES_MAX];
	HARDEN_UNFILLED money_sum millionths[ATTRIBUTION_TOUCHES_MAX];
	for (size_t i = 0; i < count; i++)
		t_ms[i] = touches[i].moment.t_ms;
	for (int model = 0; model < ATTRIBUTION_MARKOV; model++) {
		attribution_weights((enum attribution_model)model, t_ms, count, placed_ms, weights);
		attribution_split(giving->net, weights, count, net);
		attribution_split(MILLIONTHS, weights, count, millionths);
		for (size_t i = 0; i < count; i++)
			give(fold, giving, model, touches[i].dims, net[i], millionths[i]);
	}
}

static void put_order(struct fold *fold, const struct order *order, int sign)
{
	struct order_figures figures;
	struct touch_list list;
	char id[ENTITY_ID_SIZE];
	int64_t placed_ms = order_placed_ms(order);
	entity_id(&order->entity, id);
	order_derive(order, fold->currency, NULL, &figures);
	touch_list_of_order(fold, order, &list);
	// By the day: all orders of one share their rows.
	int64_t day_ms = fact_bucket_ms(fold->book, FOLD_DAY, minute_of(placed_ms));
	struct giving giving = {minute_of(day_ms), sign, figures.current_net,
				is_new_customer(fold, order, id)};
	if (vec_count(list.all)) {
		struct path_order path = {id,           placed_ms,      giving.net, giving.is_new,
					  list.all->at, list.all->count};
		give_touches(fold, &giving, placed_ms, list.all->at, list.all->count);
		path_put_order(fold, &path, sign);
	} else {
		uint32_t dims = no_touch_dims(fold, order);
		for (int model = 0; model < ATTRIBUTION_MODEL_COUNT; model++)
			give(fold, &giving, model, dims, giving.net, MILLIONTHS);
	}
	vec_free(list.all);
}

void credit_put_all(struct fold *fold, int sign)
{
	if (fold->options.switches)
		return;
	for (uint32_t i = 0; i < vec_count(fold->work->closure); i++) {
		const struct entity *entity = fold->work->closure->at[i];
		const void *any = entity;
		if (entity->kind == FOLD_ORDER && (entity->flags & ENTITY_CREDIT) && order_is_known(any))
			put_order(fold, any, sign);
	}
}
