// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Orders and offers: what an order means for the figures of each offer in it, and what it leaves with the
// offer (units sold, an order of its day; where a line does not say its cost, a link, so that a cost that is
// stated late finds the order). Where an order stands does not matter here: only a change of its own state is
// of interest.
#include "services/metrics/core/offer_put.h"
#include "services/metrics/core/order_lines.h"

#include <assert.h>
#include <string.h>

// ---- what must be in memory ----

static void need_offer(const struct fold *fold, const char *sku, int64_t placed_ms, bool has_cost)
{
	if (!sku[0])
		return;
	closure_need(fold, FOLD_OFFER_FACTS, sku, 0);
	closure_need(fold, FOLD_OFFER_DAYS, sku, 0);
	if (!has_cost)
		offer_need_day(fold, sku, fold_day(fold, placed_ms));
}

void offer_collect_order(const struct fold *fold, const struct order *order, int64_t placed_ms)
{
	for (uint32_t i = 0; i < vec_count(order->content.lines); i++) {
		const struct order_line *line = &order->content.lines->at[i];
		need_offer(fold, intern_text(fold->intern, line->sku), placed_ms, line->has_cost);
	}
}

void offer_collect_stated_order(const struct fold *fold, const Utarg__V1__Order *stated, int64_t placed_ms)
{
	for (size_t i = 0; i < stated->n_lines; i++) {
		const char *sku = stated->lines[i]->sku;
		if (strlen(sku) < ENTITY_ID_SIZE)
			need_offer(fold, sku, placed_ms, false);
	}
}

// ---- what it means ----

struct sale { // of one offer in the order
	uint32_t sku;
	bool is_bare; // a line does not say its cost
	int64_t units;
	money_sum revenue, known_revenue, cost;
};

struct sales { // of an order, at most one a line
	struct sale *at;
	uint32_t count;
};

static struct sale *sale_of(struct sales *sales, uint32_t sku)
{
	for (uint32_t i = 0; i < sales->count; i++)
		if (sales->at[i].sku == sku)
			return &sales->at[i];
	struct sale *sale = &sales->at[sales->count++];
	sale->sku = sku;
	return sale;
}

// What a piece of a line's offer cost when the order was placed.
static int64_t piece_cost(const struct fold *fold, const struct order *order, const struct order_line *line)
{
	const char *sku = intern_text(fold->intern, line->sku);
	if (line->has_cost || !sku[0])
		return OFFER_UNKNOWN;
	const void *facts = entity_find(fold->table, FOLD_OFFER_FACTS, slice_of(sku));
	assert(facts);
	return offer_cost_at(facts, order_placed_ms(order));
}

struct order_line_figures *offer_derive_lines(const struct fold *fold, const struct order *order)
{
	uint32_t count = vec_count(order->content.lines);
	struct order_line_figures *figures = memory_get(count * sizeof(*figures));
	int64_t *costs = memory_get(count * sizeof(*costs));
	for (uint32_t i = 0; i < count; i++)
		costs[i] = piece_cost(fold, order, &order->content.lines->at[i]);
	order_lines_derive(order, fold->currency, costs, figures);
	memory_free(costs);
	return figures;
}

static void add_money(struct fold *fold, const struct order *order, struct sales *sales)
{
	uint32_t count = vec_count(order->content.lines);
	struct order_line_figures *figures = offer_derive_lines(fold, order);
	for (uint32_t i = 0; i < count; i++) {
		struct sale *sale = sale_of(sales, order->content.lines->at[i].sku);
		money_sum left = figures[i].placed - figures[i].taken;
		sale->revenue += left;
		if (figures[i].has_cost) {
			sale->known_revenue += left;
			sale->cost += figures[i].cost;
		}
	}
	memory_free(figures);
}

static void put_facts(struct fold *fold, const struct order *order, const struct sale *sale,
		      const struct order_figures *f, int sign)
{
	uint32_t dims = offer_dims(fold, intern_text(fold->intern, sale->sku));
	int32_t minute = minute_of(order_placed_ms(order));
	fact_put(fold->book, M_OFFER_ORDERS, minute, dims, sign);
	fact_put(fold->book, M_OFFER_UNITS, minute, dims, (money_sum)sign * sale->units);
	fact_put(fold->book, M_OFFER_SOLD, minute, dims, f->cancelled ? 0 : (money_sum)sign * sale->units);
	fact_put(fold->book, M_OFFER_REVENUE, minute, dims, sign * sale->revenue);
	fact_put(fold->book, M_OFFER_KNOWN_REVENUE, minute, dims, sign * sale->known_revenue);
	fact_put(fold->book, M_OFFER_COST, minute, dims, sign * sale->cost);
}

static void put_state(struct fold *fold, const struct order *order, const struct sale *sale,
		      const struct order_figures *f, int sign)
{
	const char *sku = intern_text(fold->intern, sale->sku);
	int32_t day = fold_day(fold, order_placed_ms(order));
	struct offer offer;
	bool found = offer_find(fold, sku, &offer);
	assert(found);
	offer_out(fold, &offer, OFFER_CLOSES, day);
	offer_out(fold, &offer, OFFER_LOSSES, day + 1);
	struct offer_count *count = offer_count_of(offer.days, day, true);
	count->orders += (uint32_t)sign;
	offer_drop_count(offer.days, day);
	offer_add_sold(offer.facts, day, f->cancelled ? 0 : sign * sale->units);
	offer_in(fold, &offer, OFFER_CLOSES, day);
	offer_in(fold, &offer, OFFER_LOSSES, day + 1);
	if (!sale->is_bare)
		return;
	char id[ENTITY_ID_SIZE];
	entity_id(&order->entity, id);
	struct offer_day *detail = offer_find_day(fold, sku, day);
	offer_link_order(detail, id, sign > 0);
	fold_dirty(fold, &detail->entity);
}

void offer_put_order(struct fold *fold, const struct order *order, const struct order_figures *f, int sign)
{
	struct sales sales = {.count = 0};
	if (!vec_count(order->content.lines))
		return;
	sales.at = memory_get(vec_count(order->content.lines) * sizeof(*sales.at));
	for (uint32_t i = 0; i < vec_count(order->content.lines); i++) {
		const struct order_line *line = &order->content.lines->at[i];
		struct sale *sale = sale_of(&sales, line->sku);
		sale->units += line->quantity;
		sale->is_bare |= !line->has_cost;
	}
	if (!f->foreign)
		add_money(fold, order, &sales);
	for (uint32_t i = 0; i < sales.count; i++) {
		const struct sale *sale = &sales.at[i];
		if (!intern_text(fold->intern, sale->sku)[0])
			continue;
		put_facts(fold, order, sale, f, sign);
		put_state(fold, order, sale, f, sign);
	}
	memory_free(sales.at);
}
