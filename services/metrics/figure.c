// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Single figures: points, read many at once whatever they are, and the message of one. See figures.h.
#include "services/metrics/figures.h"

#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <string.h>

struct point_columns {
	struct db_array figures, measures, dimensions, grains, keys, froms, tos;
};

static void columns_init(struct point_columns *c)
{
	db_array_init(&c->figures, DB_INT4);
	db_array_init(&c->measures, DB_INT2);
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
	db_array_fini(&c->dimensions);
	db_array_fini(&c->grains);
	db_array_fini(&c->keys);
	db_array_fini(&c->froms);
	db_array_fini(&c->tos);
}

// One row a measure, even when it stands on both sides of the fraction.
static void add_measures(struct point_columns *c, const struct figure *figure, int32_t number,
			 const struct kpi_term *terms, bool seen[MEASURE_COUNT])
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++) {
		uint16_t measure = terms[i].measure;
		if (seen[measure])
			continue;
		seen[measure] = true;
		db_array_add(&c->figures, db_int4(number));
		db_array_add(&c->measures, db_int2((int16_t)measure));
		db_array_add(&c->dimensions, db_int2((int16_t)figure->dimension));
		db_array_add(&c->grains, db_int2((int16_t)kpi_grain(measure, figure->window)));
		db_array_add(&c->keys, db_text(figure->key));
		db_array_add(&c->froms, db_time_ms(figure->start_ms));
		db_array_add(&c->tos, db_time_ms(figure->end_ms));
	}
}

// Rows come by the figure's number; *row is the next one.
static bool take_point(struct figure *figure, int32_t number, const struct db_result *rows, int *row,
		       struct err *e)
{
	money_sum sums[MEASURE_COUNT] = {0};
	figure->revision = 0;
	for (; *row < db_rows(rows) && db_get_int(rows, *row, 0) == number; (*row)++) {
		int64_t measure = db_get_int(rows, *row, 1), revision = db_get_int(rows, *row, 3);
		if (measure <= 0 || measure >= MEASURE_COUNT ||
		    !money_sum_parse(db_get_text(rows, *row, 2), &sums[measure]))
			return err_set(e, ERR_INTERNAL, "a sum of measure %lld is broken",
				       (long long)measure);
		if (revision > figure->revision)
			figure->revision = revision;
	}
	kpi_fraction(figure->kpi, sums, &figure->numerator, &figure->denominator);
	return true;
}

bool figures_read_points(struct db *db, int32_t shop_id, struct figure *points, size_t count, struct err *e)
{
	struct point_columns c;
	struct db_result *rows = NULL;
	int row = 0;
	columns_init(&c);
	for (size_t i = 0; i < count; i++) {
		bool seen[MEASURE_COUNT] = {false};
		add_measures(&c, &points[i], (int32_t)i, points[i].kpi->numerator, seen);
		add_measures(&c, &points[i], (int32_t)i, points[i].kpi->denominator, seen);
	}
	bool ok = db_run(db, "metrics_figure_points",
			 STORE_VALUES(db_int4(shop_id), db_array_value(&c.figures),
				      db_array_value(&c.measures), db_array_value(&c.dimensions),
				      db_array_value(&c.grains), db_array_value(&c.keys),
				      db_array_value(&c.froms), db_array_value(&c.tos)),
			 &rows, e);
	columns_fini(&c);
	for (size_t i = 0; ok && i < count; i++)
		ok = take_point(&points[i], (int32_t)i, rows, &row, e);
	db_result_free(rows);
	return ok;
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

// protobuf-c's fields are not const; packing does not write them.
static char *borrow(const char *text)
{
	union {
		const char *read_only;
		char *text;
	} u = {.read_only = text};
	return u.text;
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
	out->shop = borrow(shop->slug);
	out->kpi = borrow(figure->kpi->name);
	out->definition_version = figure->kpi->version;
	out->window = (Utarg__V1__Window)figure->window;
	out->start_ms = figure->start_ms;
	out->end_ms = figure->end_ms;
	out->start = stamp_text(shop->zone, figure->start_ms, arena);
	out->end = stamp_text(shop->zone, figure->end_ms, arena);
	out->dimension = borrow(fold_dimension_name(figure->dimension));
	out->key = arena_copy(arena, figure->key, strlen(figure->key));
	out->numerator = sum_text(figure->numerator, arena);
	out->denominator = sum_text(figure->denominator, arena);
	out->value = arena_copy(arena, value, strlen(value));
	out->unit = (Utarg__V1__Unit)figure->kpi->unit;
	if (figure->kpi->unit == KPI_MONEY)
		out->currency = borrow(shop->currency);
	out->revision = (uint64_t)figure->revision;
	out->as_of_seq = (uint64_t)as_of_seq;
	out->as_of_ms = as_of_ms;
	return arena->exhausted ? NULL : out;
}
