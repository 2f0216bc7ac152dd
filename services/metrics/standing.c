// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See standing.h; the messages are standing_message.c. Three statements whatever the number of targets is:
// values of the periods, first data, and the past eight weeks by the hour.
#include "services/metrics/standing.h"

#include "services/metrics/figures.h"
#include "services/metrics/pasts.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void standings_fini(struct standings *standings)
{
	free(standings->rows);
	*standings = (struct standings){0};
}

// ---- values of the periods ----

static struct zone_date date_of(int32_t day)
{
	return zone_date_add((struct zone_date){1970, 1, 1}, day);
}

// Any days of a sum; else the one window that the period is. False: it is none.
static bool choose_window(const struct standing *s, const struct zone *zone, enum window *out)
{
	*out = WINDOW_DAY;
	if (kpi_sums_days(s->kpi))
		return true;
	for (; *out <= WINDOW_MONTH; (*out)++) {
		int64_t start_ms, end_ms;
		zone_window(zone, *out, s->start_ms, &start_ms, &end_ms);
		if (start_ms == s->start_ms && end_ms == s->end_ms)
			return figure_exists(s->kpi, (enum fold_dimension)s->target.dimension, *out);
	}
	return false;
}

static bool read_values(struct db *db, const struct shop *shop, struct standings *all, struct err *e)
{
	struct figure *points = calloc(all->count + 1, sizeof(*points));
	struct standing **of = calloc(all->count + 1, sizeof(*of));
	size_t count = 0;
	assert(points != NULL && of != NULL);
	for (size_t i = 0; i < all->count; i++) {
		struct standing *s = &all->rows[i];
		enum window window;
		if (!choose_window(s, shop->zone, &window))
			continue;
		of[count] = s;
		points[count++] = (struct figure){.kpi = s->kpi,
						  .window = window,
						  .dimension = (enum fold_dimension)s->target.dimension,
						  .key = s->target.key,
						  .start_ms = s->start_ms,
						  .end_ms = s->end_ms};
	}
	bool ok = count == 0 || figures_read_points(db, shop, points, count, e);
	for (size_t i = 0; ok && i < count; i++) {
		of[i]->numerator = points[i].numerator;
		of[i]->denominator = points[i].denominator;
		of[i]->revision = points[i].revision;
	}
	free(points);
	free(of);
	return ok;
}

// ---- the past ----

enum { HOURS_MAX = FORECAST_WEEKS * FORECAST_SLOTS + 8 }; // clocks that go back

struct reading {
	const struct zone *zone;
	int64_t as_of_ms;
	size_t hours;
	int64_t starts[HOURS_MAX];
	int64_t end_ms;
	struct db_array numbers, measures, dimensions, keys;
	struct past *own;       // of each standing, as far as it is read here
	const struct past **of; // own or one that was kept; NULL: it wants none
};

static void reading_init(struct reading *p, const struct zone *zone, int64_t as_of_ms, size_t count)
{
	p->zone = zone;
	p->as_of_ms = as_of_ms;
	p->hours = 0;
	p->end_ms = zone_day_start_ms(zone, zone_date(zone, as_of_ms));
	for (int64_t at_ms = forecast_begin_ms(zone, as_of_ms), end_ms; at_ms < p->end_ms; at_ms = end_ms) {
		int64_t start_ms;
		assert(p->hours < HOURS_MAX);
		p->starts[p->hours++] = at_ms;
		zone_window(zone, WINDOW_HOUR, at_ms, &start_ms, &end_ms);
	}
	db_array_init(&p->numbers, DB_INT4);
	db_array_init(&p->measures, DB_INT2);
	db_array_init(&p->dimensions, DB_INT2);
	db_array_init(&p->keys, DB_TEXT);
	p->own = calloc(count, sizeof(*p->own));
	p->of = calloc(count, sizeof(*p->of));
	assert(p->own != NULL && p->of != NULL);
}

static void reading_fini(struct reading *p)
{
	db_array_fini(&p->numbers);
	db_array_fini(&p->measures);
	db_array_fini(&p->dimensions);
	db_array_fini(&p->keys);
	free(p->own);
	free(p->of);
}

static void ask(struct reading *p, const struct standing *s, size_t number, bool asked[MEASURE_COUNT],
		const struct kpi_term *terms)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++) {
		if (asked[terms[i].measure])
			continue;
		asked[terms[i].measure] = true;
		db_array_add(&p->numbers, db_int4((int32_t)number));
		db_array_add(&p->measures, db_int2((int16_t)terms[i].measure));
		db_array_add(&p->dimensions, db_int2(s->target.dimension));
		db_array_add(&p->keys, db_text(s->target.key));
	}
}

static void add_to_side(struct forecast_past *side, const struct kpi_term *terms, uint16_t measure,
			uint32_t week, uint32_t slot, money_sum value)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++)
		if (terms[i].measure == measure)
			side->slots[week][slot] += terms[i].sign * value;
}

static bool take_hours(struct reading *p, const struct standings *all, const struct db_result *rows,
		       struct err *e)
{
	for (int row = 0; row < db_rows(rows); row++) {
		size_t number = (size_t)db_get_int(rows, row, 0), hour = (size_t)db_get_int(rows, row, 2);
		uint16_t measure = (uint16_t)db_get_int(rows, row, 1);
		uint32_t week, slot;
		money_sum value;
		if (number >= all->count || hour >= p->hours ||
		    !money_sum_parse(db_get_text(rows, row, 3), &value))
			return err_set(e, ERR_INTERNAL, "an hour of measure %d is broken", (int)measure);
		if (!forecast_place(p->zone, p->as_of_ms, p->starts[hour], &week, &slot))
			continue;
		const struct kpi_row *kpi = all->rows[number].kpi;
		add_to_side(&p->own[number].numerator, kpi->numerator, measure, week, slot, value);
		add_to_side(&p->own[number].denominator, kpi->denominator, measure, week, slot, value);
	}
	return true;
}

static bool read_hours(struct db *db, int32_t shop_id, struct reading *p, const struct standings *all,
		       struct err *e)
{
	struct db_array starts;
	struct db_result *rows = NULL;
	db_array_init(&starts, DB_TIME);
	for (size_t i = 0; i < p->hours; i++)
		db_array_add(&starts, db_time_ms(p->starts[i]));
	bool ok =
		db_run(db, "metrics_figure_hours",
		       STORE_VALUES(db_int4(shop_id), db_array_value(&p->numbers),
				    db_array_value(&p->measures), db_array_value(&p->dimensions),
				    db_array_value(&p->keys), db_array_value(&starts), db_time_ms(p->end_ms)),
		       &rows, e);
	db_array_fini(&starts);
	ok = ok && take_hours(p, all, rows, e);
	db_result_free(rows);
	return ok;
}

static bool read_firsts(struct db *db, int32_t shop_id, struct reading *p, const struct standings *all,
			struct err *e)
{
	struct db_result *rows = NULL;
	bool ok = db_run(db, "metrics_figure_first",
			 STORE_VALUES(db_int4(shop_id), db_array_value(&p->numbers),
				      db_array_value(&p->measures), db_array_value(&p->dimensions),
				      db_array_value(&p->keys)),
			 &rows, e);
	for (int row = 0; ok && row < db_rows(rows); row++) {
		size_t number = (size_t)db_get_int(rows, row, 0);
		assert(number < all->count);
		p->own[number].first_ms = db_get_time_ms(rows, row, 1);
	}
	db_result_free(rows);
	return ok;
}

// ---- judging ----

static struct forecast_fraction value_of(const struct standing *s)
{
	return (struct forecast_fraction){s->numerator, s->denominator};
}

static void project(struct standing *s, const struct reading *p, size_t number)
{
	const struct past *past = p->of[number];
	const struct forecast_past *top = &past->numerator, *bottom = &past->denominator;
	struct forecast_minutes gone, rest;
	int64_t now_ms = p->as_of_ms < s->start_ms ? s->start_ms : p->as_of_ms;
	uint32_t weeks = forecast_weeks(p->zone, p->as_of_ms, past->first_ms);
	forecast_minutes(p->zone, s->start_ms, now_ms, &gone);
	forecast_minutes(p->zone, now_ms, s->end_ms, &rest);
	struct forecast_side numerator = {s->numerator, top};
	if (s->kpi->denominator[0].measure != 0) {
		struct forecast_side denominator = {s->denominator, bottom};
		s->has_forecast = forecast_ratio(numerator, denominator, weeks, &rest, &s->forecast);
		struct forecast_fraction *high = &s->forecast.high;
		if (s->kpi->unit == KPI_RATIO && s->has_forecast && high->numerator > high->denominator)
			high->numerator = high->denominator;
	} else {
		s->has_forecast = forecast_sum(numerator, weeks, &rest, &s->forecast);
		s->has_due = forecast_due(top, weeks, &gone, &rest, &s->due);
	}
	if (!s->has_forecast && weeks >= FORECAST_WEEKS_MIN)
		text_copy(s->note, sizeof(s->note), "the past weeks have nothing to divide by");
	else if (!s->has_forecast)
		snprintf(s->note, sizeof(s->note),
			 "a forecast needs %d whole weeks of the past; of the last %d, %u have data",
			 (int)FORECAST_WEEKS_MIN, (int)FORECAST_WEEKS, (unsigned)weeks);
}

// What can be said without the past; true when it would help.
static bool wants_past(struct standing *s, int64_t as_of_ms)
{
	if (as_of_ms >= s->end_ms) {
		s->has_due = s->has_forecast = true;
		s->due = (struct forecast_fraction){1, 1};
		s->forecast = (struct forecast){value_of(s), value_of(s), value_of(s)};
		return false;
	}
	if (!kpi_sums_days(s->kpi))
		text_copy(s->note, sizeof(s->note), "days of this figure do not add up: no forecast");
	else if (!kpi_sums_quarters(s->kpi))
		text_copy(s->note, sizeof(s->note), "this figure is known by the day only: no forecast");
	return s->note[0] == '\0';
}

static struct past_key key_of(const struct shop *shop, const struct standing *s, int64_t as_of_ms)
{
	return (struct past_key){.shop_id = shop->shop_id,
				 .dimension = (enum fold_dimension)s->target.dimension,
				 .kpi = s->kpi,
				 .key = s->target.key,
				 .day = zone_date_days(zone_date(shop->zone, as_of_ms))};
}

enum { PASTS_AT_ONCE = 32 }; // read in a call, each some milliseconds; the next call reads on

// What is kept, or asks for it. True when something is to be read. Where nothing is kept all are read: no
// later call would find them.
static bool choose_pasts(struct reading *p, const struct shop *shop, struct standings *all)
{
	bool keeps = shop->state == SHOP_FOLLOWED;
	size_t missing = 0;
	for (size_t i = 0; i < all->count; i++) {
		bool asked[MEASURE_COUNT] = {false};
		struct standing *s = &all->rows[i];
		struct past_key key = key_of(shop, s, p->as_of_ms);
		if (!wants_past(s, p->as_of_ms))
			continue;
		p->of[i] = keeps ? pasts_find(shop->pasts, &key) : NULL;
		if (p->of[i] != NULL)
			continue;
		if (missing == PASTS_AT_ONCE && keeps) {
			text_copy(s->note, sizeof(s->note), "the forecast follows");
			continue;
		}
		missing++;
		p->of[i] = &p->own[i];
		p->own[i].first_ms = INT64_MAX;
		ask(p, s, i, asked, s->kpi->numerator);
		ask(p, s, i, asked, s->kpi->denominator);
	}
	return missing > 0;
}

static void keep_pasts(const struct reading *p, const struct shop *shop, const struct standings *all)
{
	for (size_t i = 0; shop->state == SHOP_FOLLOWED && i < all->count; i++) {
		struct past_key key = key_of(shop, &all->rows[i], p->as_of_ms);
		if (p->of[i] == &p->own[i] && pasts_find(shop->pasts, &key) == NULL)
			pasts_put(shop->pasts, &key, &p->own[i]);
	}
}

static bool look_ahead(struct db *db, const struct shop *shop, struct standings *all, int64_t as_of_ms,
		       struct err *e)
{
	struct reading reading;
	reading_init(&reading, shop->zone, as_of_ms, all->count);
	bool reads = choose_pasts(&reading, shop, all);
	bool ok = !reads || (read_firsts(db, shop->shop_id, &reading, all, e) &&
			     read_hours(db, shop->shop_id, &reading, all, e));
	for (size_t i = 0; ok && i < all->count; i++)
		if (reading.of[i] != NULL)
			project(&all->rows[i], &reading, i);
	if (ok && reads)
		keep_pasts(&reading, shop, all);
	reading_fini(&reading);
	return ok;
}

static void add_standing(struct standings *all, const struct shop *shop, const struct target *target)
{
	const struct kpi_row *kpi = kpi_find(target->kpi);
	if (kpi == NULL || (kpi->dimensions & (1U << target->dimension)) == 0)
		return;
	struct standing *s = &all->rows[all->count++];
	s->target = *target;
	s->from = target;
	s->kpi = kpi;
	s->start_ms = zone_day_start_ms(shop->zone, date_of(target->first_day));
	s->end_ms = zone_day_start_ms(shop->zone, date_of(target->last_day + 1));
}

bool standings_read(struct db *db, const struct shop *shop, const struct target *const *targets, size_t count,
		    int64_t as_of_ms, struct standings *out, struct err *e)
{
	*out = (struct standings){0};
	if (count == 0)
		return true;
	out->rows = calloc(count, sizeof(*out->rows));
	assert(out->rows != NULL);
	for (size_t i = 0; i < count; i++)
		add_standing(out, shop, targets[i]);
	if (out->count == 0 || (read_values(db, shop, out, e) && look_ahead(db, shop, out, as_of_ms, e)))
		return true;
	standings_fini(out);
	return false;
}

// ---- targets of figures ----

static const struct target *target_of(const struct shop *shop, const struct figure *figure)
{
	int64_t first = zone_date_days(zone_date(shop->zone, figure->start_ms));
	int64_t last = zone_date_days(zone_date(shop->zone, figure->end_ms - 1));
	return target_over(shop->targets, shop->target_count, figure->kpi->name, figure->dimension,
			   figure->key, first, last);
}

static struct standing *standing_of(struct standings *all, const struct target *target)
{
	for (size_t i = 0; target != NULL && i < all->count; i++)
		if (all->rows[i].from == target)
			return &all->rows[i];
	return NULL;
}

bool standings_of_figures(struct db *db, const struct shop *shop, struct figure *figures, size_t count,
			  int64_t as_of_ms, struct standings *out, struct err *e)
{
	*out = (struct standings){0};
	if (shop->target_count == 0)
		return true;
	const struct target **wanted = calloc(shop->target_count, sizeof(*wanted));
	bool *is_wanted = calloc(shop->target_count, sizeof(*is_wanted));
	size_t wanted_count = 0;
	assert(wanted != NULL && is_wanted != NULL);
	for (size_t i = 0; i < count; i++) {
		const struct target *target = target_of(shop, &figures[i]);
		if (target == NULL || is_wanted[target - shop->targets])
			continue;
		is_wanted[target - shop->targets] = true;
		wanted[wanted_count++] = target;
	}
	bool ok = standings_read(db, shop, wanted, wanted_count, as_of_ms, out, e);
	for (size_t i = 0; ok && wanted_count > 0 && i < count; i++)
		figures[i].standing = standing_of(out, target_of(shop, &figures[i]));
	free(wanted);
	free(is_wanted);
	return ok;
}
