// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Single figures: points, read many at once whatever they are, and the message of one. See figures.h.
#include "services/metrics/figures.h"

#include "common/base/text.h"
#include "services/metrics/core/sums.h"
#include "services/metrics/shops.h"
#include "services/metrics/standing.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <string.h>

struct point_columns {
	struct db_array figures, measures, reaches, dimensions, grains, keys, froms, tos;
};

static void columns_init(struct point_columns *c)
{
	db_array_init(&c->figures, DB_INT4);
	db_array_init(&c->measures, DB_INT2);
	db_array_init(&c->reaches, DB_INT2);
	db_array_init(&c->dimensions, DB_INT2);
	db_array_init(&c->grains, DB_INT2);
	db_array_init(&c->keys, DB_TEXT);
	db_array_init(&c->froms, DB_TIME);
	db_array_init(&c->tos, DB_TIME);
}

static void columns_fini(struct point_columns *c)
{
	db_array_fini(&c->figures);
	db_array_fini(&c->measures);
	db_array_fini(&c->reaches);
	db_array_fini(&c->dimensions);
	db_array_fini(&c->grains);
	db_array_fini(&c->keys);
	db_array_fini(&c->froms);
	db_array_fini(&c->tos);
}

static bool same_term(const struct kpi_term *a, const struct kpi_term *b)
{
	return a->measure == b->measure && a->reach == b->reach;
}

static bool is_among(const struct kpi_term *terms, size_t count, const struct kpi_term *term)
{
	bool found = false;
	for (size_t i = 0; i < count && i < KPI_TERM_MAX; i++)
		found |= same_term(&terms[i], term);
	return found;
}

static void add_term(struct point_columns *c, const struct figure *figure, int32_t number,
		     const struct zone *zone, const struct kpi_term *term)
{
	enum fold_grain grain =
		term->reach == KPI_WINDOW ? kpi_grain(term->measure, figure->window) : FOLD_DAY;
	int64_t from_ms = kpi_reach_from_ms(term->reach, zone, figure->start_ms, figure->end_ms);
	db_array_add(&c->figures, db_int4(number));
	db_array_add(&c->measures, db_int2((int16_t)term->measure));
	db_array_add(&c->reaches, db_int2((int16_t)term->reach));
	db_array_add(&c->dimensions, db_int2((int16_t)figure->dimension));
	db_array_add(&c->grains, db_int2((int16_t)grain));
	db_array_add(&c->keys, db_text(figure->key));
	db_array_add(&c->froms, db_time_ms(from_ms));
	db_array_add(&c->tos, db_time_ms(figure->end_ms));
}

// One row a measure and reach, even when it stands on both sides of the fraction.
static void add_figure(struct point_columns *c, const struct figure *figure, int32_t number,
		       const struct zone *zone)
{
	const struct kpi_row *kpi = figure->kpi;
	for (size_t i = 0; i < KPI_TERM_MAX && kpi->numerator[i].measure != 0; i++)
		if (!is_among(kpi->numerator, i, &kpi->numerator[i]))
			add_term(c, figure, number, zone, &kpi->numerator[i]);
	for (size_t i = 0; i < KPI_TERM_MAX && kpi->denominator[i].measure != 0; i++)
		if (!is_among(kpi->numerator, KPI_TERM_MAX, &kpi->denominator[i]) &&
		    !is_among(kpi->denominator, i, &kpi->denominator[i]))
			add_term(c, figure, number, zone, &kpi->denominator[i]);
}

// Rows come by the figure's number; *row is the next one.
static bool take_point(struct figure *figure, int32_t number, const struct shop *shop, struct sums *sums,
		       const struct db_result *rows, int *row, struct err *e)
{
	sums_clear(sums);
	sums_set_end(sums, shop->zone, figure->end_ms, shop->position.as_of_ms);
	for (; *row < db_rows(rows) && db_get_int(rows, *row, 0) == number; (*row)++) {
		int64_t measure = db_get_int(rows, *row, 1), reach = db_get_int(rows, *row, 2);
		money_sum value;
		if (measure <= 0 || measure >= MEASURE_COUNT || reach < 0 || reach >= KPI_REACH_COUNT ||
		    !money_sum_parse(db_get_text(rows, *row, 4), &value))
			return err_set(e, ERR_INTERNAL, "a sum of measure %lld is broken",
				       (long long)measure);
		sums_add(sums, (uint16_t)measure, (enum kpi_reach)reach, db_get_int(rows, *row, 3), value,
			 db_get_int(rows, *row, 5));
	}
	figure->revision = sums_revision(sums, figure->kpi);
	sums_fraction(sums, figure->kpi, &figure->numerator, &figure->denominator);
	return true;
}

// Of several points sums holds those of the last one.
static bool read_points(struct db *db, const struct shop *shop, struct figure *points, size_t count,
			struct sums *sums, struct err *e)
{
	struct point_columns c;
	struct db_result *rows = NULL;
	int row = 0;
	columns_init(&c);
	for (size_t i = 0; i < count; i++)
		add_figure(&c, &points[i], (int32_t)i, shop->zone);
	bool ok = db_run(db, "metrics_figure_points",
			 STORE_VALUES(db_int4(shop->shop_id), db_array_value(&c.figures),
				      db_array_value(&c.measures), db_array_value(&c.reaches),
				      db_array_value(&c.dimensions), db_array_value(&c.grains),
				      db_array_value(&c.keys), db_array_value(&c.froms),
				      db_array_value(&c.tos)),
			 &rows, e);
	columns_fini(&c);
	for (size_t i = 0; ok && i < count; i++)
		ok = take_point(&points[i], (int32_t)i, shop, sums, rows, &row, e);
	db_result_free(rows);
	return ok;
}

bool figures_read_points(struct db *db, const struct shop *shop, struct figure *points, size_t count,
			 struct err *e)
{
	struct sums sums = {.levels = NULL};
	bool ok = read_points(db, shop, points, count, &sums, e);
	sums_fini(&sums);
	return ok;
}

bool figure_read_sums(struct db *db, const struct shop *shop, struct figure *point, struct sums *sums,
		      struct err *e)
{
	return read_points(db, shop, point, 1, sums, e);
}

static char *sum_text(money_sum sum, struct arena *arena)
{
	char text[MONEY_TEXT_SIZE];
	money_text(sum, 0, text);
	return arena_copy(arena, text, strlen(text));
}

static char *stamp_text(const struct zone *zone, int64_t t_ms, struct arena *arena)
{
	char text[ZONE_STAMP_SIZE];
	zone_stamp(zone, t_ms, text);
	return arena_copy(arena, text, strlen(text));
}

Utarg__V1__Figure *figure_message(const struct figure *figure, const struct shop *shop, int64_t as_of_seq,
				  int64_t as_of_ms, struct arena *arena)
{
	char value[KPI_VALUE_SIZE];
	Utarg__V1__Figure *out = arena_alloc(arena, sizeof(*out));
	if (out == NULL)
		return NULL;
	utarg__v1__figure__init(out);
	kpi_value(figure->kpi, figure->numerator, figure->denominator, shop->currency, value);
	out->shop = text_borrow(shop->slug);
	out->kpi = text_borrow(figure->kpi->name);
	out->definition_version = figure->kpi->version;
	out->window = (Utarg__V1__Window)figure->window;
	out->start_ms = figure->start_ms;
	out->end_ms = figure->end_ms;
	out->start = stamp_text(shop->zone, figure->start_ms, arena);
	out->end = stamp_text(shop->zone, figure->end_ms, arena);
	out->dimension = text_borrow(fold_dimension_name(figure->dimension));
	out->key = arena_copy(arena, figure->key, strlen(figure->key));
	out->numerator = sum_text(figure->numerator, arena);
	out->denominator = sum_text(figure->denominator, arena);
	out->value = arena_copy(arena, value, strlen(value));
	out->unit = (Utarg__V1__Unit)figure->kpi->unit;
	if (figure->kpi->unit == KPI_MONEY)
		out->currency = text_borrow(shop->currency);
	out->revision = (uint64_t)figure->revision;
	out->as_of_seq = (uint64_t)as_of_seq;
	out->as_of_ms = as_of_ms;
	if (figure->standing != NULL)
		out->target = figure->standing->message != NULL
				      ? figure->standing->message
				      : standing_message(figure->standing, shop, arena);
	return arena->exhausted ? NULL : out;
}
