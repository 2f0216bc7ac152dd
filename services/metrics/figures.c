// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Ranges of windows. See figures.h; points and messages are figure.c.
#include "services/metrics/figures.h"

#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// The longest rows of core/kpi.h need KPI_TERM_MAX terms on both sides, so the database is asked for at most
// so many sums: more would make more figures than the limit.
enum { SUMS_PER_FIGURE = 2 * KPI_TERM_MAX };

void figures_fini(struct figures *figures)
{
	for (size_t i = 0; i < figures->key_count; i++)
		free(figures->keys[i]);
	free(figures->keys);
	free(figures->rows);
	*figures = (struct figures){0};
}

bool figure_exists(const struct kpi_row *kpi, enum fold_dimension dimension, enum window window)
{
	return (kpi->dimensions & (1U << dimension)) != 0 && (kpi->windows & (1U << window)) != 0;
}

// A range under work: its windows, the measures it needs and the sums of the group at hand.
struct reading {
	const struct figures_query *query;
	int64_t *starts; // window_count + 1: the last is the end
	size_t window_count;
	bool used[MEASURE_COUNT];
	money_sum sums[MEASURE_COUNT];
	int64_t revisions[MEASURE_COUNT]; // -1: no cell
	struct figures *out;
};

static void note_measures(struct reading *r, const struct kpi_term *terms)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++)
		r->used[terms[i].measure] = true;
}

static void forget_sums(struct reading *r)
{
	for (size_t i = 0; i < MEASURE_COUNT; i++) {
		r->sums[i] = 0;
		r->revisions[i] = -1;
	}
}

static int64_t revision_of(const struct reading *r, const struct kpi_term *terms, int64_t revision)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++) {
		if (r->revisions[terms[i].measure] > revision)
			revision = r->revisions[terms[i].measure];
	}
	return revision;
}

static bool has_sum(const struct reading *r, const struct kpi_term *terms)
{
	bool found = false;
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++)
		found |= r->sums[terms[i].measure] != 0;
	return found;
}

static bool has_sums(const struct reading *r, const struct kpi_row *kpi)
{
	return has_sum(r, kpi->numerator) || has_sum(r, kpi->denominator);
}

static const char *keep_key(struct figures *out, const char *key)
{
	if (out->key_count > 0 && strcmp(out->keys[out->key_count - 1], key) == 0)
		return out->keys[out->key_count - 1];
	if (out->key_count == out->key_capacity) {
		out->key_capacity = out->key_capacity == 0 ? 16 : out->key_capacity * 2;
		out->keys = realloc(out->keys, out->key_capacity * sizeof(*out->keys));
		assert(out->keys != NULL);
	}
	char *copy = strdup(key);
	assert(copy != NULL);
	out->keys[out->key_count++] = copy;
	return copy;
}

static bool too_many(const struct figures_query *query, struct err *e)
{
	return err_set(e, ERR_TOO_MANY,
		       "these are more than %zu figures: ask for fewer key figures, a shorter range or "
		       "larger windows",
		       query->limit);
}

static bool add_figure(struct reading *r, const struct figure *figure, struct err *e)
{
	struct figures *out = r->out;
	if (out->count >= r->query->limit)
		return too_many(r->query, e);
	if (out->count == out->capacity) {
		out->capacity = out->capacity == 0 ? 64 : out->capacity * 2;
		out->rows = realloc(out->rows, out->capacity * sizeof(*out->rows));
		assert(out->rows != NULL);
	}
	out->rows[out->count++] = *figure;
	return true;
}

// Turns the sums of one (key, window) into figures.
static bool close_group(struct reading *r, const char *key, size_t window, struct err *e)
{
	const struct figures_query *query = r->query;
	for (size_t i = 0; i < query->kpi_count; i++) {
		const struct kpi_row *kpi = query->kpis[i];
		if (!figure_exists(kpi, query->dimension, query->window))
			continue;
		int64_t revision = revision_of(r, kpi->denominator, revision_of(r, kpi->numerator, -1));
		if (query->dimension != FOLD_TOTAL &&
		    (revision < 0 || (!query->with_zeros && !has_sums(r, kpi))))
			continue;
		struct figure figure = {.kpi = kpi,
					.window = query->window,
					.dimension = query->dimension,
					.key = keep_key(r->out, key),
					.start_ms = r->starts[window],
					.end_ms = r->starts[window + 1],
					.revision = revision < 0 ? 0 : revision};
		kpi_fraction(kpi, r->sums, &figure.numerator, &figure.denominator);
		if (!add_figure(r, &figure, e))
			return false;
	}
	forget_sums(r);
	return true;
}

// Windows of the total that have no cell at all are figures too.
static bool fill_empty(struct reading *r, size_t from, size_t to, struct err *e)
{
	bool ok = true;
	for (size_t window = from; ok && window < to && r->query->dimension == FOLD_TOTAL; window++)
		ok = close_group(r, "-", window, e);
	return ok;
}

static bool is_group_edge(const struct db_result *rows, int a, int b)
{
	if (a < 0 || b == db_rows(rows) || db_get_int(rows, a, 1) != db_get_int(rows, b, 1))
		return true;
	return strcmp(db_get_text(rows, a, 0), db_get_text(rows, b, 0)) != 0;
}

// Rows come by key, window, measure.
static bool take_sums(struct reading *r, const struct db_result *rows, struct err *e)
{
	size_t next = 0; // of the total: the first window not yet closed
	forget_sums(r);
	for (int row = 0; row < db_rows(rows); row++) {
		size_t window = (size_t)db_get_int(rows, row, 1);
		size_t measure = (size_t)db_get_int(rows, row, 2);
		if (window >= r->window_count || measure >= MEASURE_COUNT)
			return err_set(e, ERR_INTERNAL, "a cell of measure %zu is out of range", measure);
		if (is_group_edge(rows, row - 1, row) && !fill_empty(r, next, window, e))
			return false;
		if (!money_sum_parse(db_get_text(rows, row, 3), &r->sums[measure]))
			return err_set(e, ERR_INTERNAL, "a sum of measure %zu is no integer", measure);
		r->revisions[measure] = db_get_int(rows, row, 4);
		next = window + 1;
		if (is_group_edge(rows, row, row + 1) &&
		    !close_group(r, db_get_text(rows, row, 0), window, e))
			return false;
	}
	return fill_empty(r, next, r->window_count, e);
}

// The measures that are needed, each with the grain its window is made of.
static void measure_arrays(const struct reading *r, struct db_array *measures, struct db_array *grains)
{
	db_array_init(measures, DB_INT2);
	db_array_init(grains, DB_INT2);
	for (int measure = 1; measure < MEASURE_COUNT; measure++) {
		if (!r->used[measure])
			continue;
		db_array_add(measures, db_int2((int16_t)measure));
		db_array_add(grains, db_int2((int16_t)kpi_grain((uint16_t)measure, r->query->window)));
	}
}

static bool read_extent(struct db *db, const struct reading *r, int64_t *first_ms, int64_t *last_ms,
			bool *found, struct err *e)
{
	struct db_array measures, grains;
	struct db_result *rows = NULL;
	measure_arrays(r, &measures, &grains);
	bool ok = db_run(db, "metrics_figure_extent",
			 STORE_VALUES(db_int4(r->query->shop->shop_id), db_array_value(&measures),
				      db_array_value(&grains), db_int2((int16_t)r->query->dimension),
				      db_text(r->query->key)),
			 &rows, e);
	db_array_fini(&measures);
	db_array_fini(&grains);
	*found = ok && !db_is_null(rows, 0, 0);
	if (*found) {
		*first_ms = db_get_time_ms(rows, 0, 0);
		*last_ms = db_get_time_ms(rows, 0, 1);
	}
	db_result_free(rows);
	return ok;
}

// Where the range begins and ends; *empty when nothing has cells and nothing says where to begin.
static bool settle_range(struct db *db, const struct reading *r, int64_t *from_ms, int64_t *to_ms,
			 bool *empty, struct err *e)
{
	const struct figures_query *query = r->query;
	int64_t first_ms = 0, last_ms = 0;
	bool found = false;
	*from_ms = query->from_ms;
	*to_ms = query->to_ms;
	*empty = false;
	if (query->has_from && query->has_to)
		return true;
	if (query->has_from) {
		*to_ms = query->now_ms + 1;
		return true;
	}
	if (!read_extent(db, r, &first_ms, &last_ms, &found, e))
		return false;
	*empty = !found;
	*from_ms = first_ms;
	if (!query->has_to)
		*to_ms = last_ms + 1;
	int64_t kept_ms = query->shop->position.as_of_ms - FOLD_MINUTE_KEPT_MS;
	if (query->window == WINDOW_MINUTE && *from_ms < kept_ms)
		*from_ms = kept_ms;
	return true;
}

// The windows that intersect [from, to).
static bool make_windows(struct reading *r, int64_t from_ms, int64_t to_ms, struct err *e)
{
	const struct zone *zone = r->query->shop->zone;
	int64_t at = from_ms, start, end = from_ms;
	if (r->query->window == WINDOW_MINUTE &&
	    from_ms < r->query->shop->position.as_of_ms - FOLD_MINUTE_KEPT_MS)
		return err_field(e, ERR_BAD_FIELD, "from", "figures by the minute are kept for 48 hours");
	r->starts = malloc((r->query->limit + 1) * sizeof(*r->starts));
	assert(r->starts != NULL);
	for (r->window_count = 0; at < to_ms; r->window_count++) {
		if (r->window_count == r->query->limit)
			return too_many(r->query, e);
		zone_window(zone, r->query->window, at, &start, &end);
		assert(end > at);
		r->starts[r->window_count] = start;
		at = end;
	}
	r->starts[r->window_count] = end;
	return true;
}

static bool read_sums(struct db *db, struct reading *r, struct err *e)
{
	struct db_array measures, grains, starts;
	struct db_result *rows = NULL;
	int64_t row_limit = (int64_t)r->query->limit * SUMS_PER_FIGURE;
	measure_arrays(r, &measures, &grains);
	db_array_init(&starts, DB_TIME);
	for (size_t i = 0; i < r->window_count; i++)
		db_array_add(&starts, db_time_ms(r->starts[i]));
	bool ok =
		db_run(db, "metrics_figure_range",
		       STORE_VALUES(db_int4(r->query->shop->shop_id), db_array_value(&measures),
				    db_array_value(&grains), db_int2((int16_t)r->query->dimension),
				    db_text(r->query->key), db_array_value(&starts), db_time_ms(r->starts[0]),
				    db_time_ms(r->starts[r->window_count]), db_int8(row_limit + 1)),
		       &rows, e);
	db_array_fini(&measures);
	db_array_fini(&grains);
	db_array_fini(&starts);
	if (ok && db_rows(rows) > row_limit)
		ok = too_many(r->query, e);
	ok = ok && take_sums(r, rows, e);
	db_result_free(rows);
	return ok;
}

static int by_kpi_key_start(const void *a, const void *b)
{
	const struct figure *x = a, *y = b;
	if (x->kpi != y->kpi)
		return x->kpi < y->kpi ? -1 : 1;
	int order = strcmp(x->key, y->key);
	return order != 0 ? order : (x->start_ms > y->start_ms) - (x->start_ms < y->start_ms);
}

bool figures_read(struct db *db, const struct figures_query *query, struct figures *out, struct err *e)
{
	struct reading r = {.query = query, .out = out};
	int64_t from_ms, to_ms;
	bool empty, any = false;
	*out = (struct figures){0};
	for (size_t i = 0; i < query->kpi_count; i++) {
		if (!figure_exists(query->kpis[i], query->dimension, query->window))
			continue;
		note_measures(&r, query->kpis[i]->numerator);
		note_measures(&r, query->kpis[i]->denominator);
		any = true;
	}
	if (!any)
		return true;
	bool ok = settle_range(db, &r, &from_ms, &to_ms, &empty, e);
	if (ok && !empty && from_ms < to_ms)
		ok = make_windows(&r, from_ms, to_ms, e) && read_sums(db, &r, e);
	free(r.starts);
	if (!ok) {
		figures_fini(out);
		return false;
	}
	if (out->count > 1)
		qsort(out->rows, out->count, sizeof(*out->rows), by_kpi_key_start);
	return true;
}
