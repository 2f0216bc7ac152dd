// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/metrics/core/rate.h"

#include "services/metrics/core/report.h"
#include "services/metrics/core/state.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool rate_is_valid(int64_t per_unit_nano)
{
	return per_unit_nano > 0 && per_unit_nano <= MONEY_RATE_MAX_NANO;
}

static money_sum power_of_ten(int n)
{
	money_sum power = 1;
	while (n-- > 0)
		power *= 10;
	return power;
}

bool rate_can_convert(const char *from, const char *to, int64_t per_unit_nano)
{
	int exponent;
	if (strcmp(from, to) == 0)
		return true;
	return per_unit_nano > 0 && money_exponent(from, &exponent) && money_exponent(to, &exponent);
}

money_sum rate_convert(money_sum minor, const char *from, const char *to, int64_t per_unit_nano)
{
	int from_exponent = 2, to_exponent = 2;
	if (strcmp(from, to) == 0)
		return minor;
	if (!money_exponent(from, &from_exponent) || !money_exponent(to, &to_exponent))
		from_exponent = to_exponent = 2;
	return money_div_half_even(minor * per_unit_nano * power_of_ten(to_exponent),
				   power_of_ten(9) * power_of_ten(from_exponent));
}

// ---- keys ----

struct rate_key {
	char text[FOLD_KEY_SIZE];
};

static int64_t week_of(int64_t day)
{
	return day >= 0 ? day / RATE_WEEK_DAYS : -((RATE_WEEK_DAYS - 1 - day) / RATE_WEEK_DAYS);
}

// Source, currency and week with a NUL between them; empty when the source does not fit.
static struct slice key_of(const char *source, const char *currency, int64_t week, struct rate_key *out)
{
	size_t source_size = strlen(source) + 1;
	if (source_size > SETTINGS_RATE_SOURCE_SIZE || strlen(currency) >= ORDER_CURRENCY_SIZE)
		return (struct slice){(const uint8_t *)out->text, 0};
	memcpy(out->text, source, source_size);
	int rest = snprintf(out->text + source_size, sizeof(out->text) - source_size, "%s%c%lld", currency,
			    '\0', (long long)week);
	return (struct slice){(const uint8_t *)out->text, source_size + (size_t)rest};
}

static struct rate_week *find_week(const struct fold *fold, const char *source, const char *currency,
				   int64_t week)
{
	struct rate_key key;
	void *found = entity_find(fold->table, FOLD_RATE, key_of(source, currency, week, &key));
	return found;
}

static struct rate_week *need_week(const struct fold *fold, const char *source, const char *currency,
				   int64_t week)
{
	struct rate_key key;
	return closure_need_key(fold, FOLD_RATE, key_of(source, currency, week, &key), 0);
}

// ---- the orders' side ----

// The shop's source for an order of that currency and date; "" when it needs no published rate.
static const char *source_for(const struct fold *fold, const char *currency, int64_t placed_ms)
{
	const struct settings_version *v = settings_at(fold->settings->settings, placed_ms);
	return v && strcmp(currency, fold->currency) != 0 ? v->rate_source : "";
}

static const char *source_of(const struct fold *fold, const struct order *order)
{
	if (!order_is_known(order) || order->content.rate_nano)
		return "";
	return source_for(fold, order->content.currency, order_placed_ms(order));
}

void rate_need(const struct fold *fold, const char *currency, int64_t placed_ms)
{
	const char *source = source_for(fold, currency, placed_ms);
	if (!source[0])
		return;
	int64_t week = week_of(fold_day(fold, placed_ms));
	need_week(fold, source, currency, week);
	need_week(fold, source, currency, week - 1);
}

// The rate of the greatest day before `day`, at most seven days back; NULL: none. Also its day.
static const struct rate_day *rate_before(const struct rate_week *own, const struct rate_week *before,
					  int64_t day, int64_t *of)
{
	int64_t week = week_of(day);
	for (int64_t d = day - 1; d >= day - RATE_WEEK_DAYS; d--) {
		const struct rate_week *in = week_of(d) == week ? own : before;
		const struct rate_day *rate = in ? &in->days[d - week_of(d) * RATE_WEEK_DAYS] : NULL;
		if (rate && rate->per_unit_nano) {
			*of = d;
			return rate;
		}
	}
	return NULL;
}

static bool find_order(const struct rate_week *week, int64_t day, const char *id, uint32_t *index)
{
	uint32_t low = 0, high = vec_count(week->orders);
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct rate_order *at = &week->orders->at[middle];
		int order = at->day != day ? (at->day < day ? -1 : 1) : strcmp(at->id, id);
		if (order == 0) {
			*index = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return false;
}

void rate_attach(struct fold *fold, struct order *order)
{
	const char *source = source_of(fold, order), *currency = order->content.currency;
	char id[ENTITY_ID_SIZE];
	uint32_t index;
	order->published_nano = 0;
	if (!source[0])
		return;
	int64_t day = fold_day(fold, order_placed_ms(order)), of;
	struct rate_week *own = find_week(fold, source, currency, week_of(day));
	const struct rate_week *before = find_week(fold, source, currency, week_of(day) - 1);
	assert(own && before);
	entity_id(&order->entity, id);
	if (!find_order(own, day, id, &index)) {
		struct rate_order *added = vec_insert(own->orders, index);
		added->day = day;
		text_copy(added->id, sizeof(added->id), id);
		fold_dirty(fold, &own->entity);
	}
	const struct rate_day *rate = rate_before(own, before, day, &of);
	order->published_nano = rate ? rate->per_unit_nano : 0;
}

void rate_detach(struct fold *fold, struct order *order)
{
	const char *source = source_of(fold, order);
	char id[ENTITY_ID_SIZE];
	uint32_t index;
	// Only a copy of the order can move it to another week or give it a rate.
	if (!source[0] || !(order->entity.flags & ENTITY_CHANGE))
		return;
	int64_t day = fold_day(fold, order_placed_ms(order));
	struct rate_week *own = find_week(fold, source, order->content.currency, week_of(day));
	entity_id(&order->entity, id);
	if (!own || !find_order(own, day, id, &index))
		return;
	vec_remove(own->orders, index);
	fold_dirty(fold, &own->entity);
}

// ---- the side of rows of spend ----

static int compare_keys(const struct fold_key *a, const struct fold_key *b)
{
	return a->size != b->size ? a->size - b->size : memcmp(a->bytes, b->bytes, a->size);
}

static uint32_t report_lower(const struct rate_week *week, int64_t day, const struct fold_key *key)
{
	uint32_t i = vec_count(week->reports);
	while (i > 0 && (week->reports->at[i - 1].day > day ||
			 (week->reports->at[i - 1].day == day &&
			  compare_keys(&week->reports->at[i - 1].key, key) >= 0)))
		i--;
	return i;
}

static void await(struct fold *fold, struct rate_week *week, int64_t day, const struct entity *report)
{
	struct slice bytes = entity_key(report);
	struct fold_key key = {.kind = report->kind, .size = (uint8_t)bytes.size};
	memcpy(key.bytes, bytes.data, bytes.size);
	uint32_t i = report_lower(week, day, &key);
	if (i < vec_count(week->reports) && week->reports->at[i].day == day &&
	    compare_keys(&week->reports->at[i].key, &key) == 0)
		return;
	struct rate_report *added = vec_insert(week->reports, i);
	*added = (struct rate_report){day, key};
	fold_dirty(fold, &week->entity);
}

int64_t rate_attach_report(struct fold *fold, const struct entity *report, const char *currency, int32_t day)
{
	const char *source = source_for(fold, currency, fold_day_start_ms(fold, day));
	int64_t of;
	if (!source[0])
		return 0;
	struct rate_week *own = find_week(fold, source, currency, week_of(day));
	const struct rate_week *before = find_week(fold, source, currency, week_of(day) - 1);
	assert(own && before);
	await(fold, own, day, report);
	const struct rate_day *rate = rate_before(own, before, day, &of);
	return rate ? rate->per_unit_nano : 0;
}

// ---- the rates' side ----

static bool is_news(const struct rate_week *week, int64_t day, const struct moment *moment)
{
	const struct rate_day *known = &week->days[day - week_of(day) * RATE_WEEK_DAYS];
	return !known->per_unit_nano || moment_compare(&known->moment, moment) < 0;
}

// The orders for which a rate of that day would be the one, if it is told anew.
static void need_orders(const struct fold *fold, const struct rate_week *of_day, const struct rate_week *next,
			int64_t day)
{
	const struct rate_week *weeks[] = {of_day, next};
	for (int i = 0; i < 2; i++) {
		uint32_t index;
		find_order(weeks[i], day + 1, "", &index);
		for (; index < vec_count(weeks[i]->orders); index++) {
			const struct rate_order *order = &weeks[i]->orders->at[index];
			int64_t better = INT64_MIN;
			if (order->day > day + RATE_WEEK_DAYS)
				break;
			// An order of this week finds nothing of this day or later in the week before.
			rate_before(weeks[i], i ? of_day : NULL, order->day, &better);
			if (better <= day)
				closure_need_order(fold, order->id, ENTITY_CHANGE | ENTITY_CREDIT);
		}
	}
}

// Rows of spend likewise, and the weeks that each of them looks at.
static void need_reports(const struct fold *fold, const struct rate_week *of_day,
			 const struct rate_week *next, int64_t day)
{
	const struct rate_week *weeks[] = {of_day, next};
	for (int i = 0; i < 2; i++) {
		for (uint32_t k = 0; k < vec_count(weeks[i]->reports); k++) {
			const struct rate_report *row = &weeks[i]->reports->at[k];
			if (row->day <= day || row->day > day + RATE_WEEK_DAYS)
				continue;
			const struct report *report = closure_need_key(
				fold, FOLD_REPORT, (struct slice){row->key.bytes, row->key.size},
				ENTITY_CHANGE);
			if (report)
				rate_need(fold, report->currency, fold_day_start_ms(fold, report->day));
		}
	}
}

static void need_both(const struct fold *fold, const struct rate_week *of_day, const struct rate_week *next,
		      int64_t day)
{
	need_orders(fold, of_day, next, day);
	need_reports(fold, of_day, next, day);
}

static bool read_day(const Utarg__V1__RatePublished *published, int64_t *day)
{
	struct zone_date date;
	if (!published->rate_source[0] || strlen(published->rate_source) >= SETTINGS_RATE_SOURCE_SIZE ||
	    !zone_date_parse(published->day, &date))
		return false;
	*day = zone_date_days(date);
	return true;
}

static bool is_told(const struct fold *fold, const Utarg__V1__Rate *rate)
{
	return rate_is_valid(rate->per_unit_nano) && strlen(rate->currency) < ORDER_CURRENCY_SIZE &&
	       strcmp(rate->currency, fold->currency) != 0;
}

void rate_collect(const struct fold *fold, const struct said *said)
{
	const Utarg__V1__RatePublished *published = said->event->rate_published;
	int64_t day;
	if (!read_day(published, &day))
		return;
	for (size_t i = 0; i < published->n_rates; i++) {
		const char *currency = published->rates[i]->currency;
		if (!is_told(fold, published->rates[i]))
			continue;
		const char *source = published->rate_source;
		const struct rate_week *of_day = need_week(fold, source, currency, week_of(day));
		const struct rate_week *next = need_week(fold, source, currency, week_of(day) + 1);
		if (of_day && next && is_news(of_day, day, &said->moment))
			need_both(fold, of_day, next, day);
	}
}

// A currency that an event names twice has the first of its rates.
uint8_t rate_apply(struct fold *fold, const struct said *said)
{
	const Utarg__V1__RatePublished *published = said->event->rate_published;
	int64_t day;
	if (!read_day(published, &day))
		return FOLD_RATE_TOLD;
	for (size_t i = 0; i < published->n_rates; i++) {
		const Utarg__V1__Rate *rate = published->rates[i];
		struct rate_week *week = is_told(fold, rate) ? find_week(fold, published->rate_source,
									 rate->currency, week_of(day))
							     : NULL;
		if (!week || !is_news(week, day, &said->moment))
			continue;
		struct rate_day *known = &week->days[day - week_of(day) * RATE_WEEK_DAYS];
		known->moment = said->moment;
		known->per_unit_nano = rate->per_unit_nano;
		fold_dirty(fold, &week->entity);
	}
	report_take_rates(fold);
	return FOLD_RATE_TOLD;
}

// ---- of kind_rows ----

void rate_clear(void *entity)
{
	struct rate_week *week = entity;
	memset(week->days, 0, sizeof(week->days));
	vec_free(week->orders);
	vec_free(week->reports);
}

size_t rate_held_bytes(const void *entity)
{
	const struct rate_week *week = entity;
	return vec_bytes(week->orders) + vec_bytes(week->reports);
}

bool rate_is_empty(const void *entity)
{
	const struct rate_week *week = entity;
	bool any = vec_count(week->orders) > 0 || vec_count(week->reports) > 0;
	for (int i = 0; i < RATE_WEEK_DAYS; i++)
		any |= week->days[i].per_unit_nano != 0;
	return !any;
}

void rate_write(const struct fold *fold, const void *entity, struct codec_writer *w)
{
	const struct rate_week *week = entity;
	(void)fold;
	for (int i = 0; i < RATE_WEEK_DAYS; i++) {
		codec_put_uint(w, (uint64_t)week->days[i].per_unit_nano);
		if (week->days[i].per_unit_nano)
			state_put_moment(&week->days[i].moment, w);
	}
	codec_put_uint(w, vec_count(week->orders));
	for (uint32_t i = 0; i < vec_count(week->orders); i++) {
		codec_put_int(w, week->orders->at[i].day);
		codec_put_text(w, week->orders->at[i].id);
	}
	codec_put_uint(w, vec_count(week->reports));
	for (uint32_t i = 0; i < vec_count(week->reports); i++) {
		const struct rate_report *row = &week->reports->at[i];
		codec_put_int(w, row->day);
		codec_put_uint(w, row->key.size);
		codec_put_raw(w, row->key.bytes, row->key.size);
	}
}

static void read_reports(struct rate_week *week, struct codec_reader *r)
{
	uint32_t reports = codec_get_count(r, 3);
	for (uint32_t i = 0; i < reports && !r->broken; i++) {
		struct rate_report *row = vec_push(week->reports);
		row->day = state_get_time(r);
		row->key.kind = FOLD_REPORT;
		row->key.size = (uint8_t)codec_get_uint_max(r, FOLD_KEY_SIZE);
		codec_get_raw(r, row->key.bytes, row->key.size);
		if (!row->key.size ||
		    (i && (row[-1].day > row->day ||
			   (row[-1].day == row->day && compare_keys(&row[-1].key, &row->key) >= 0))))
			r->broken = true;
	}
}

void rate_read(struct fold *fold, void *entity, struct codec_reader *r)
{
	struct rate_week *week = entity;
	(void)fold;
	for (int i = 0; i < RATE_WEEK_DAYS; i++) {
		week->days[i].per_unit_nano = (int64_t)codec_get_uint_max(r, (uint64_t)MONEY_RATE_MAX_NANO);
		if (week->days[i].per_unit_nano)
			state_get_moment(&week->days[i].moment, r);
	}
	uint32_t orders = codec_get_count(r, 2);
	for (uint32_t i = 0; i < orders && !r->broken; i++) {
		struct rate_order *order = vec_push(week->orders);
		order->day = state_get_time(r);
		codec_get_text(r, order->id, sizeof(order->id));
		if (i && (order[-1].day > order->day ||
			  (order[-1].day == order->day && strcmp(order[-1].id, order->id) >= 0)))
			r->broken = true;
	}
	read_reports(week, r);
}
