// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Bytes of an offer. See state.c for the rules.
#include "services/metrics/core/state.h"

#include "services/metrics/core/offer.h"

#include <string.h>

// Prices and costs one higher: 0 is not known.
static void put_price(int64_t minor, struct codec_writer *w)
{
	codec_put_uint(w, (uint64_t)(minor + 1));
}

static int64_t get_price(struct codec_reader *r)
{
	return (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_MAX_MINOR + 1) - 1;
}

static int64_t get_quantity(struct codec_reader *r)
{
	int64_t quantity = codec_get_int(r);
	if (quantity > MONEY_MAX_MINOR || quantity < -MONEY_MAX_MINOR) {
		r->broken = true;
		return 0;
	}
	return quantity;
}

// ---- facts ----

void state_put_offer_facts(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct offer_facts *facts = entity;
	codec_put_uint(w, vec_count(facts->stated));
	for (uint32_t i = 0; i < vec_count(facts->stated); i++) {
		state_put_moment(&facts->stated->at[i].moment, w);
		put_price(facts->stated->at[i].price_minor, w);
		put_price(facts->stated->at[i].cost_minor, w);
	}
	codec_put_uint(w, vec_count(facts->locations));
	for (uint32_t i = 0; i < vec_count(facts->locations); i++) {
		const struct offer_location *location = &facts->locations->at[i];
		codec_put_text(w, intern_text(fold->intern, location->location));
		codec_put_uint(w, vec_count(location->closings));
		for (uint32_t k = 0; k < vec_count(location->closings); k++) {
			const struct offer_stock *stock = &location->closings->at[k];
			state_put_moment(&stock->moment, w);
			codec_put_int(w, stock->quantity);
			codec_put_int(w, stock->day);
		}
	}
	codec_put_uint(w, vec_count(facts->sold));
	for (uint32_t i = 0; i < vec_count(facts->sold); i++) {
		codec_put_int(w, facts->sold->at[i].day - (i ? facts->sold->at[i - 1].day : 0));
		codec_put_int(w, facts->sold->at[i].units);
	}
}

static void get_stated(struct offer_facts *facts, struct codec_reader *r)
{
	uint32_t count = codec_get_count(r, 19);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct offer_stated *stated = vec_push(facts->stated);
		state_get_moment(&stated->moment, r);
		stated->price_minor = get_price(r);
		stated->cost_minor = get_price(r);
		if (i && moment_compare(&stated[-1].moment, &stated->moment) > 0)
			r->broken = true;
	}
}

static void get_location(struct fold *fold, struct offer_location *location, struct codec_reader *r)
{
	char text[ENTITY_ID_SIZE];
	codec_get_text(r, text, sizeof(text));
	location->location = intern_key(fold->intern, text);
	uint32_t count = codec_get_count(r, 19);
	for (uint32_t i = 0; i < count && !r->broken; i++) {
		struct offer_stock *stock = vec_push(location->closings);
		state_get_moment(&stock->moment, r);
		stock->quantity = get_quantity(r);
		stock->day = state_get_day(r);
		stock->location = location->location;
		if (i && stock[-1].day >= stock->day)
			r->broken = true;
	}
}

void state_get_offer_facts(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct offer_facts *facts = entity;
	get_stated(facts, r);
	uint32_t locations = codec_get_count(r, 2);
	for (uint32_t i = 0; i < locations && !r->broken; i++) {
		struct offer_location *location = vec_push(facts->locations);
		get_location(fold, location, r);
	}
	uint32_t sold = codec_get_count(r, 2);
	for (uint32_t i = 0; i < sold && !r->broken; i++) {
		struct offer_sold *of_day = vec_push(facts->sold);
		of_day->day = state_get_day_from(r, i ? of_day[-1].day : 0);
		of_day->units = get_quantity(r);
		if (!of_day->units || (i && of_day[-1].day >= of_day->day))
			r->broken = true;
	}
}

// ---- days ----

void state_put_offer_days(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct offer_days *days = entity;
	(void)fold;
	codec_put_uint(w, vec_count(days->counts));
	for (uint32_t i = 0; i < vec_count(days->counts); i++) {
		const struct offer_count *count = &days->counts->at[i];
		codec_put_int(w, count->day - (i ? count[-1].day : 0));
		codec_put_uint(w, count->views);
		codec_put_uint(w, count->bare);
		codec_put_uint(w, count->orders);
	}
	codec_put_uint(w, vec_count(days->missed));
	for (uint32_t i = 0; i < vec_count(days->missed); i++) {
		const struct offer_missed *missed = &days->missed->at[i];
		codec_put_int(w, missed->day - (i ? missed[-1].day : 0));
		codec_put_uint(w, missed->views);
		codec_put_uint(w, (uint64_t)missed->price_minor);
	}
}

static bool is_behind(const struct offer_missed *missed)
{
	return missed[-1].day < missed->day ||
	       (missed[-1].day == missed->day && missed[-1].price_minor < missed->price_minor);
}

void state_get_offer_days(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct offer_days *days = entity;
	(void)fold;
	uint32_t counts = codec_get_count(r, 4);
	for (uint32_t i = 0; i < counts && !r->broken; i++) {
		struct offer_count *count = vec_push(days->counts);
		count->day = state_get_day_from(r, i ? count[-1].day : 0);
		count->views = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		count->bare = (uint32_t)codec_get_uint_max(r, count->views);
		count->orders = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		if (i && count[-1].day >= count->day)
			r->broken = true;
	}
	uint32_t groups = codec_get_count(r, 3);
	for (uint32_t i = 0; i < groups && !r->broken; i++) {
		struct offer_missed *missed = vec_push(days->missed);
		missed->day = state_get_day_from(r, i ? missed[-1].day : 0);
		missed->views = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		missed->price_minor = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_MAX_MINOR);
		if (i && !is_behind(missed))
			r->broken = true;
	}
}

// ---- a day ----

void state_put_offer_day(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct offer_day *day = entity;
	codec_put_uint(w, vec_count(day->stocks));
	for (uint32_t i = 0; i < vec_count(day->stocks); i++) {
		const struct offer_stock *stock = &day->stocks->at[i];
		state_put_moment(&stock->moment, w);
		codec_put_int(w, stock->quantity);
		codec_put_int(w, stock->day);
		codec_put_text(w, intern_text(fold->intern, stock->location));
	}
	codec_put_uint(w, vec_count(day->orders));
	for (uint32_t i = 0; i < vec_count(day->orders); i++)
		codec_put_text(w, day->orders->at[i].id);
	codec_put_uint(w, vec_count(day->views));
	for (uint32_t i = 0; i < vec_count(day->views); i++) {
		const struct offer_view *view = &day->views->at[i];
		codec_put_int(w, view->minute - (i ? view[-1].minute : 0));
		codec_put_uint(w, view->count);
		put_price(view->price_minor, w);
	}
}

static void get_views(struct offer_day *day, struct codec_reader *r)
{
	int64_t minute = 0;
	uint32_t views = codec_get_count(r, 3);
	for (uint32_t i = 0; i < views && !r->broken; i++) {
		struct offer_view *view = vec_push(day->views);
		minute += state_get_time(r);
		if (minute > INT32_MAX || minute < INT32_MIN)
			r->broken = true;
		view->minute = (int32_t)(r->broken ? 0 : minute);
		view->count = (uint32_t)codec_get_uint_max(r, UINT32_MAX);
		view->price_minor = get_price(r);
		if (i && (view[-1].minute > view->minute ||
			  (view[-1].minute == view->minute && view[-1].price_minor >= view->price_minor)))
			r->broken = true;
	}
}

void state_get_offer_day(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct offer_day *day = entity;
	uint32_t stocks = codec_get_count(r, 20);
	for (uint32_t i = 0; i < stocks && !r->broken; i++) {
		struct offer_stock *stock = vec_push(day->stocks);
		char text[ENTITY_ID_SIZE];
		state_get_moment(&stock->moment, r);
		stock->quantity = get_quantity(r);
		stock->day = state_get_day(r);
		codec_get_text(r, text, sizeof(text));
		stock->location = intern_key(fold->intern, text);
		if (i && moment_compare(&stock[-1].moment, &stock->moment) > 0)
			r->broken = true;
	}
	uint32_t orders = codec_get_count(r, 2);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		struct offer_order *order = vec_push(day->orders);
		codec_get_text(r, order->id, sizeof(order->id));
		if (i && strcmp(order[-1].id, order->id) >= 0)
			r->broken = true;
	}
	get_views(day, r);
}

// ---- memory ----

void offer_facts_clear(void *entity)
{
	struct offer_facts *facts = entity;
	for (uint32_t i = 0; i < vec_count(facts->locations); i++)
		vec_free(facts->locations->at[i].closings);
	vec_free(facts->locations);
	vec_free(facts->stated);
	vec_free(facts->sold);
}

size_t offer_facts_bytes(const void *entity)
{
	const struct offer_facts *facts = entity;
	size_t bytes = vec_bytes(facts->stated) + vec_bytes(facts->locations) + vec_bytes(facts->sold);
	for (uint32_t i = 0; i < vec_count(facts->locations); i++)
		bytes += vec_bytes(facts->locations->at[i].closings);
	return bytes;
}

bool offer_facts_is_empty(const void *entity)
{
	const struct offer_facts *facts = entity;
	return !vec_count(facts->stated) && !vec_count(facts->locations) && !vec_count(facts->sold);
}

void offer_days_clear(void *entity)
{
	struct offer_days *days = entity;
	vec_free(days->counts);
	vec_free(days->missed);
}

size_t offer_days_bytes(const void *entity)
{
	const struct offer_days *days = entity;
	return vec_bytes(days->counts) + vec_bytes(days->missed);
}

bool offer_days_is_empty(const void *entity)
{
	return !vec_count(((const struct offer_days *)entity)->counts);
}

void offer_day_clear(void *entity)
{
	struct offer_day *day = entity;
	vec_free(day->stocks);
	vec_free(day->views);
	vec_free(day->orders);
}

size_t offer_day_bytes(const void *entity)
{
	const struct offer_day *day = entity;
	return vec_bytes(day->stocks) + vec_bytes(day->views) + vec_bytes(day->orders);
}

bool offer_day_is_empty(const void *entity)
{
	const struct offer_day *day = entity;
	return !vec_count(day->stocks) && !vec_count(day->views) && !vec_count(day->orders);
}
