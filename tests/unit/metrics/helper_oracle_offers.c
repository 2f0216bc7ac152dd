// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_oracle_offers.h"

#include <string.h>

enum { SKUS = 3, PLACES = 2, DAYS_MAX = 400 };
static const char *const skus[SKUS] = {"s0", "s1", "s2"};
static const char *const places[PLACES] = {"p0", "p1"};

struct asking {
	const struct history *history;
	const struct zone *zone;
	const struct oracle_order *orders;
	size_t order_count;
	oracle_offer_tell *tell;
	void *context;
	int64_t midnights[DAYS_MAX];                                    // from 120 days before the history on
	int64_t views[DAYS_MAX], with_orders[DAYS_MAX], sold[DAYS_MAX]; // of the sku at hand
	const char *sku;
};

#define EACH(a, b)                                                                                           \
	for (size_t i_##b = 0; i_##b < (a)->history->count; i_##b++)                                         \
		for (const struct box *b = (a)->history->boxes[i_##b];                                       \
		     b && !b->event.test && strcmp(b->sku, (a)->sku) == 0; b = NULL)

static bool is_later(const struct box *b, const struct box *than)
{
	if (!than || b->fold.t_ms != than->fold.t_ms)
		return !than || b->fold.t_ms > than->fold.t_ms;
	return memcmp(b->fold.id, than->fold.id, UUID_SIZE) > 0;
}

static bool is_kind(const struct box *b, Utarg__V1__Event__BodyCase kind)
{
	return b->event.body_case == kind;
}

// Pieces by facts with t <= x; -1: unknown.
static int64_t stock_at(const struct asking *a, int64_t x)
{
	int64_t sum = 0;
	bool known = false;
	for (int p = 0; p < PLACES; p++) {
		const struct box *last = NULL;
		EACH(a, b)
		if (is_kind(b, UTARG__V1__EVENT__BODY_STOCK_CHANGED) && strcmp(b->other, places[p]) == 0 &&
		    b->fold.t_ms <= x && is_later(b, last))
			last = b;
		known |= last != NULL;
		sum += last ? last->body.stock.quantity : 0;
	}
	return known ? sum : -1;
}

// What was stated last with t <= x; -1: nothing.
static int64_t stated_at(const struct asking *a, int64_t x, bool cost)
{
	const struct box *last = NULL;
	EACH(a, b)
	{
		const Utarg__V1__OfferUpdated *offer = &b->body.offer;
		if (!is_kind(b, UTARG__V1__EVENT__BODY_OFFER_UPDATED) || b->fold.t_ms > x ||
		    strcmp(offer->currency, "PLN") != 0 || !is_later(b, last))
			continue;
		if (cost ? offer->known_cost_case != 0 : offer->known_price_case != 0 && offer->audience < 2)
			last = b;
	}
	if (!last)
		return -1;
	return cost ? last->body.offer.cost_net_minor : last->body.offer.price_gross_minor;
}

int64_t oracle_piece_cost(const struct history *history, const char *sku, int64_t t_ms)
{
	struct asking asking = {.history = history, .sku = sku};
	return stated_at(&asking, t_ms, true);
}

static int day_of(const struct asking *a, int64_t t_ms)
{
	int day = 0;
	while (day + 1 < DAYS_MAX && a->midnights[day + 1] <= t_ms)
		day++;
	return day;
}

static void tell(const struct asking *a, uint16_t measure, int64_t t_ms, money_sum amount)
{
	a->tell(a->context, measure, t_ms, a->sku, amount);
}

// ---- orders ----

static int64_t half_even(int64_t n, int64_t d)
{
	int64_t q = n / d, r = n % d;
	return 2 * r > d || (2 * r == d && q % 2) ? q + 1 : q;
}

static void tell_line(const struct asking *a, const struct oracle_order *o, size_t i)
{
	const Utarg__V1__Order *order = &o->content->body.order_body;
	const struct oracle_line *line = &o->lines[i];
	bool own = order->lines[i]->known_cost_case != 0;
	int64_t left = o->cancelled ? 0 : line->after - line->taken;
	int64_t revenue = o->cancelled ? 0 : oracle_convert(line->after, o) - oracle_convert(line->taken, o);
	int64_t cost = own ? order->lines[i]->cost_net_minor : stated_at(a, o->placed_ms, true);
	tell(a, M_OFFER_REVENUE, o->placed_ms, revenue);
	if (cost < 0)
		return;
	cost *= own ? 1 : line->quantity;
	if (line->after > 0)
		cost = half_even(cost * left, line->after);
	else if (o->cancelled || o->all_back)
		cost = 0;
	tell(a, M_OFFER_KNOWN_REVENUE, o->placed_ms, revenue);
	tell(a, M_OFFER_COST, o->placed_ms, own ? oracle_convert(cost, o) : cost);
}

static void tell_order(struct asking *a, const struct oracle_order *o)
{
	int64_t units = 0;
	bool has = false;
	for (size_t i = 0; i < o->content->body.order_body.n_lines; i++) {
		if (strcmp(o->lines[i].sku, a->sku) != 0)
			continue;
		has = true;
		units += o->lines[i].quantity;
		if (!o->foreign)
			tell_line(a, o, i);
	}
	if (!has)
		return;
	int day = day_of(a, o->placed_ms);
	a->with_orders[day]++;
	a->sold[day] += o->cancelled ? 0 : units;
	tell(a, M_OFFER_ORDERS, o->placed_ms, 1);
	tell(a, M_OFFER_UNITS, o->placed_ms, units);
	tell(a, M_OFFER_SOLD, o->placed_ms, o->cancelled ? 0 : units);
}

// ---- stock ----

static void tell_stock(const struct asking *a)
{
	int64_t stock = 0, value = 0, dead = 0;
	for (int day = 0; day + 1 < DAYS_MAX; day++) {
		int64_t end_ms = a->midnights[day + 1] - 1, sold = 0;
		int64_t pieces = stock_at(a, end_ms), cost = stated_at(a, end_ms, true);
		int64_t worth = pieces > 0 && cost > 0 ? pieces * cost : 0;
		for (int d = day; d >= 0 && d > day - 90; d--)
			sold += a->sold[d];
		tell(a, M_STOCK, a->midnights[day], (pieces > 0 ? pieces : 0) - stock);
		tell(a, M_STOCK_VALUE, a->midnights[day], worth - value);
		if (a->midnights[day] <= a->history->as_of_ms)
			tell(a, M_DEAD_STOCK, a->midnights[day], (sold ? 0 : worth) - dead);
		stock = pieces > 0 ? pieces : 0;
		value = worth;
		dead = sold ? 0 : worth;
	}
}

// ---- views ----

static int64_t loss_of(const struct asking *a, int64_t minute_ms, int day, int64_t price)
{
	int64_t views = 0, orders = 0;
	int found = 0;
	if (stock_at(a, minute_ms) != 0)
		return 0;
	for (int d = day - 1; d >= 0 && found < 28; d--) {
		if (stock_at(a, a->midnights[d] - 1) <= 0)
			continue;
		found++;
		views += a->views[d];
		orders += a->with_orders[d];
	}
	return views ? half_even(price * (orders < views ? orders : views), views) : 0;
}

static void tell_views(struct asking *a)
{
	EACH(a, b)
	if (is_kind(b, UTARG__V1__EVENT__BODY_VIEW_ITEM))
		a->views[day_of(a, b->fold.t_ms)]++;
	EACH(a, b)
	{
		const Utarg__V1__ItemRef *item = &b->body.item_ref;
		if (!is_kind(b, UTARG__V1__EVENT__BODY_VIEW_ITEM))
			continue;
		int64_t minute_ms = b->fold.t_ms / 60000 * 60000;
		bool own = item->known_price_case != 0 && strcmp(item->currency, "EUR") != 0;
		int64_t price = own ? item->price_gross_minor : stated_at(a, minute_ms, false);
		tell(a, M_OFFER_VIEWS, b->fold.t_ms, 1);
		tell(a, M_STOCKOUT_LOSS, b->fold.t_ms,
		     loss_of(a, minute_ms, day_of(a, b->fold.t_ms), price > 0 ? price : 0));
	}
}

void oracle_offers(const struct history *history, const struct zone *zone, const struct oracle_order *orders,
		   size_t order_count, oracle_offer_tell *tell_fact, void *context)
{
	static struct asking a;
	a = (struct asking){.history = history, .zone = zone, .tell = tell_fact, .context = context};
	struct zone_date first = zone_date_add(zone_date(zone, history->base_ms), -120);
	for (int day = 0; day < DAYS_MAX; day++)
		a.midnights[day] = zone_day_start_ms(zone, zone_date_add(first, day));
	for (int s = 0; s < SKUS; s++) {
		a.sku = skus[s];
		memset(a.views, 0, sizeof(a.views));
		memset(a.with_orders, 0, sizeof(a.with_orders));
		memset(a.sold, 0, sizeof(a.sold));
		for (size_t i = 0; i < order_count; i++)
			tell_order(&a, &orders[i]);
		tell_stock(&a);
		tell_views(&a);
	}
}
