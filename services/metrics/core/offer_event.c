// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The events that are about an offer: it was looked at, its stock changed, it was stated anew. See event.c.
#include "services/metrics/core/offer_put.h"

#include <assert.h>
#include <string.h>

// "" when it does not count: not given, or longer than the wire allows.
static const char *sku_of(const struct said *said)
{
	const Utarg__V1__Event *e = said->event;
	const char *sku = "";
	if (said->kind == UTARG__V1__EVENT__BODY_VIEW_ITEM)
		sku = e->view_item->sku;
	else if (said->kind == UTARG__V1__EVENT__BODY_STOCK_CHANGED)
		sku = e->stock_changed->sku;
	else if (said->kind == UTARG__V1__EVENT__BODY_OFFER_UPDATED)
		sku = e->offer_updated->sku;
	return strlen(sku) < ENTITY_ID_SIZE ? sku : "";
}

// ---- days of an offer ----

enum { DAY_KEY_SIZE = ENTITY_ID_SIZE + 4 };

static struct slice day_key(const char *sku, int32_t day, char out[DAY_KEY_SIZE])
{
	size_t size = strlen(sku) + 1;
	memcpy(out, sku, size);
	for (int i = 0; i < 4; i++)
		out[size++] = (char)((uint32_t)day >> (24 - 8 * i) & 0xff);
	return (struct slice){(const uint8_t *)out, size};
}

void offer_need_day(const struct fold *fold, const char *sku, int32_t day)
{
	char key[DAY_KEY_SIZE];
	closure_need_key(fold, FOLD_OFFER_DAY, day_key(sku, day, key), 0);
}

static struct offer_day *look_up_day(const struct fold *fold, const char *sku, int32_t day)
{
	char key[DAY_KEY_SIZE];
	void *found = entity_find(fold->table, FOLD_OFFER_DAY, day_key(sku, day, key));
	return found;
}

struct offer_day *offer_find_day(const struct fold *fold, const char *sku, int32_t day)
{
	struct offer_day *found = look_up_day(fold, sku, day);
	assert(found);
	return found;
}

// Days with views in (from, to], bare ones only if asked, are judged by what changed.
static void need_days(const struct fold *fold, const char *sku, const struct offer_days *days, int32_t from,
		      int32_t to, bool bare)
{
	for (uint32_t i = vec_count(days->counts); i > 0 && days->counts->at[i - 1].day > from; i--) {
		const struct offer_count *count = &days->counts->at[i - 1];
		if (count->day <= to && (bare ? count->bare : count->views))
			offer_need_day(fold, sku, count->day);
	}
}

static void judge_days(struct fold *fold, const char *sku, const struct offer *offer, int32_t from,
		       int32_t to, bool bare)
{
	for (uint32_t i = 0; i < vec_count(offer->days->counts); i++) {
		const struct offer_count *count = &offer->days->counts->at[i];
		if (count->day > from && count->day <= to && (bare ? count->bare : count->views))
			offer_judge(offer->facts, offer_find_day(fold, sku, count->day), count->day,
				    offer->days);
	}
}

// ---- it was looked at ----

void offer_collect_view(const struct fold *fold, const struct said *said)
{
	const char *sku = sku_of(said);
	if (!sku[0])
		return;
	closure_need(fold, FOLD_OFFER_FACTS, sku, 0);
	closure_need(fold, FOLD_OFFER_DAYS, sku, 0);
	offer_need_day(fold, sku, fold_day(fold, said->moment.t_ms));
}

static bool is_shops_currency(const struct fold *fold, const char *currency)
{
	return !currency[0] || strcmp(currency, fold->currency) == 0;
}

static int64_t view_price(const struct fold *fold, const Utarg__V1__ItemRef *item)
{
	if (item->known_price_case != UTARG__V1__ITEM_REF__KNOWN_PRICE_PRICE_GROSS_MINOR ||
	    item->price_gross_minor < 0 || !is_shops_currency(fold, item->currency))
		return OFFER_UNKNOWN;
	return item->price_gross_minor;
}

uint8_t offer_apply_view(struct fold *fold, const struct said *said)
{
	const char *sku = sku_of(said);
	struct offer offer;
	if (!sku[0])
		return FOLD_NEW;
	bool found = offer_find(fold, sku, &offer);
	assert(found);
	int32_t day = fold_day(fold, said->moment.t_ms), minute = minute_of(said->moment.t_ms);
	int64_t own_minor = view_price(fold, said->event->view_item), price_minor = own_minor;
	struct offer_day *detail = offer_find_day(fold, sku, day);
	bool missed = offer_is_missed(offer.facts, detail, day, minute, &price_minor) && price_minor > 0;
	int32_t from_day = missed ? day : day + 1;
	offer_out(fold, &offer, OFFER_LOSSES, from_day);
	struct offer_count *count = offer_count_of(offer.days, day, true);
	count->views++;
	count->bare += own_minor == OFFER_UNKNOWN;
	offer_add_view(detail, minute, own_minor);
	if (missed)
		offer_add_missed(offer.days, day, price_minor, 1);
	offer_in(fold, &offer, OFFER_LOSSES, from_day);
	fact_put(fold->book, M_OFFER_VIEWS, minute, offer.dims, 1);
	fold_dirty(fold, &detail->entity);
	return FOLD_NEW;
}

// ---- its stock changed ----

static uint32_t location_key(const struct fold *fold, const char *location)
{
	return intern_key(fold->intern, strlen(location) < ENTITY_ID_SIZE ? location : "");
}

// Views behind the fact are judged by it until the location's next one.
void offer_collect_stock(const struct fold *fold, const struct said *said)
{
	const char *sku = sku_of(said);
	if (!sku[0])
		return;
	int32_t day = fold_day(fold, said->moment.t_ms);
	const struct offer_facts *facts = closure_need(fold, FOLD_OFFER_FACTS, sku, 0);
	const struct offer_days *days = closure_need(fold, FOLD_OFFER_DAYS, sku, 0);
	offer_need_day(fold, sku, day);
	if (!facts || !days)
		return;
	uint32_t location = location_key(fold, said->event->stock_changed->location);
	need_days(fold, sku, days, day, offer_next_closing(facts, location, day), false);
}

uint8_t offer_apply_stock(struct fold *fold, const struct said *said)
{
	const Utarg__V1__StockChanged *stated = said->event->stock_changed;
	const char *sku = sku_of(said);
	struct offer offer;
	if (!sku[0])
		return FOLD_NEW;
	bool found = offer_find(fold, sku, &offer);
	assert(found);
	struct offer_stock stock = {.moment = said->moment,
				    .quantity = stated->quantity,
				    .location = location_key(fold, stated->location),
				    .day = fold_day(fold, said->moment.t_ms)};
	struct offer_day *detail = offer_find_day(fold, sku, stock.day);
	int32_t next = offer_next_closing(offer.facts, stock.location, stock.day);
	offer_out(fold, &offer, OFFER_CLOSES | OFFER_LOSSES, stock.day);
	offer_add_stock(detail, &stock);
	if (!offer_add_closing(offer.facts, &stock))
		next = stock.day; // the days behind it began with what a later one said
	judge_days(fold, sku, &offer, stock.day - 1, next, false);
	offer_in(fold, &offer, OFFER_CLOSES | OFFER_LOSSES, stock.day);
	fold_dirty(fold, &detail->entity);
	return FOLD_NEW;
}

// ---- it was stated anew ----

static bool read_stated(const struct fold *fold, const struct said *said, struct offer_stated *out)
{
	const Utarg__V1__OfferUpdated *stated = said->event->offer_updated;
	*out = (struct offer_stated){said->moment, OFFER_UNKNOWN, OFFER_UNKNOWN};
	if (!is_shops_currency(fold, stated->currency))
		return false;
	bool is_open = stated->audience == UTARG__V1__AUDIENCE__AUDIENCE_UNSPECIFIED ||
		       stated->audience == UTARG__V1__AUDIENCE__AUDIENCE_PUBLIC;
	if (is_open && stated->price_gross_minor >= 0 &&
	    stated->known_price_case == UTARG__V1__OFFER_UPDATED__KNOWN_PRICE_PRICE_GROSS_MINOR)
		out->price_minor = stated->price_gross_minor;
	if (stated->known_cost_case == UTARG__V1__OFFER_UPDATED__KNOWN_COST_COST_NET_MINOR &&
	    stated->cost_net_minor >= 0)
		out->cost_minor = stated->cost_net_minor;
	return out->price_minor != OFFER_UNKNOWN || out->cost_minor != OFFER_UNKNOWN;
}

// The last day with views whose price it can be.
static int32_t last_priced_day(const struct fold *fold, const struct offer_facts *facts,
			       const struct offer_stated *stated)
{
	int64_t next_ms = offer_next_price_ms(facts, &stated->moment);
	return next_ms == INT64_MAX ? INT32_MAX : fold_day(fold, next_ms);
}

// Orders that cost what it says: their lines do not say it.
static void need_orders(const struct fold *fold, const char *sku, const struct offer *offer,
			const struct offer_stated *stated)
{
	int32_t day = fold_day(fold, stated->moment.t_ms);
	int64_t next_ms = offer_next_cost_ms(offer->facts, &stated->moment);
	int32_t last = next_ms == INT64_MAX ? INT32_MAX : fold_day(fold, next_ms);
	for (uint32_t i = vec_count(offer->days->counts); i > 0; i--) {
		const struct offer_count *count = &offer->days->counts->at[i - 1];
		if (count->day < day)
			break;
		if (count->day > last || !count->orders)
			continue;
		offer_need_day(fold, sku, count->day);
		const struct offer_day *detail = look_up_day(fold, sku, count->day);
		for (uint32_t k = 0; detail && k < vec_count(detail->orders); k++)
			closure_need_order(fold, detail->orders->at[k].id, ENTITY_CHANGE);
	}
}

void offer_collect_stated(const struct fold *fold, const struct said *said)
{
	const char *sku = sku_of(said);
	struct offer_stated stated;
	if (!sku[0] || !read_stated(fold, said, &stated))
		return;
	struct offer offer = {.facts = closure_need(fold, FOLD_OFFER_FACTS, sku, 0),
			      .days = closure_need(fold, FOLD_OFFER_DAYS, sku, 0)};
	if (!offer.facts || !offer.days)
		return;
	if (stated.price_minor != OFFER_UNKNOWN)
		need_days(fold, sku, offer.days, fold_day(fold, said->moment.t_ms) - 1,
			  last_priced_day(fold, offer.facts, &stated), true);
	if (stated.cost_minor != OFFER_UNKNOWN)
		need_orders(fold, sku, &offer, &stated);
}

uint8_t offer_apply_stated(struct fold *fold, const struct said *said)
{
	const char *sku = sku_of(said);
	struct offer_stated stated;
	struct offer offer;
	if (!sku[0] || !read_stated(fold, said, &stated))
		return FOLD_NEW;
	bool found = offer_find(fold, sku, &offer);
	assert(found);
	int32_t day = fold_day(fold, said->moment.t_ms);
	int32_t last = last_priced_day(fold, offer.facts, &stated);
	offer_out(fold, &offer, OFFER_CLOSES | OFFER_LOSSES, day);
	offer_add_stated(offer.facts, &stated);
	if (stated.price_minor != OFFER_UNKNOWN)
		judge_days(fold, sku, &offer, day - 1, last, true);
	offer_in(fold, &offer, OFFER_CLOSES | OFFER_LOSSES, day);
	return FOLD_NEW;
}
