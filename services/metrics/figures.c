// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Ranges of windows. See figures.h; points and messages are figure.c.
#include "services/metrics/figures.h"

#include "services/metrics/core/sums.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// The longest rows of core/kpi.h need KPI_TERM_MAX terms on both sides, so the database is asked for at most
// so many sums: more would make more figures than the limit.
// A histogram has that many levels more.
enum { SUMS_PER_FIGURE = 2 * KPI_TERM_MAX, LEVELS_MAX = 512 };

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
	bool used[KPI_REACH_COUNT][MEASURE_COUNT];
	bool any_level;
	struct sums sums;
	struct figures *out;
};

static void note_measures(struct reading *r, const struct kpi_term *terms)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++) {
		r->used[terms[i].reach][terms[i].measure] = true;
		r->any_level |= measure_rows[terms[i].measure].kind == MEASURE_LEVEL;
	}
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
		if (query->dimension != FOLD_TOTAL &&
		    (!sums_has_cell(&r->sums, kpi) || (!query->with_zeros && !sums_is_any(&r->sums, kpi))))
			continue;
		struct figure figure = {.kpi = kpi,
					.window = query->window,
					.dimension = query->dimension,
					.key = keep_key(r->out, key),
					.start_ms = r->starts[window],
					.end_ms = r->starts[window + 1],
					.revision = sums_revision(&r->sums, kpi)};
		sums_fraction(&r->sums, kpi, &figure.numerator, &figure.denominator);
		if (!add_figure(r, &figure, e))
			return false;
	}
	sums_clear(&r->sums);
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

static bool take_sum(struct reading *r, const struct db_result *rows, int row, struct err *e)
{
	int64_t measure = db_get_int(rows, row, 2), reach = db_get_int(rows, row, 3);
	money_sum value;
	if (measure <= 0 || measure >= MEASURE_COUNT || reach < 0 || reach >= KPI_REACH_COUNT)
		return err_set(e, ERR_INTERNAL, "a cell of measure %lld is out of range", (long long)measure);
	if (!money_sum_parse(db_get_text(rows, row, 5), &value))
		return err_set(e, ERR_INTERNAL, "a sum of measure %lld is no integer", (long long)measure);
	sums_add(&r->sums, (uint16_t)measure, (enum kpi_reach)reach, db_get_int(rows, row, 4), value,
		 db_get_int(rows, row, 6));
	return true;
}

// Rows come by key, window, measure, reach, level.
static bool take_sums(struct reading *r, const struct db_result *rows, struct err *e)
{
	size_t next = 0; // of the total: the first window not yet closed
	sums_clear(&r->sums);
	for (int row = 0; row < db_rows(rows); row++) {
		size_t window = (size_t)db_get_int(rows, row, 1);
		if (window >= r->window_count)
			return err_set(e, ERR_INTERNAL, "a sum of window %zu is out of range", window);
		if (is_group_edge(rows, row - 1, row) && !fill_empty(r, next, window, e))
			return false;
		if (!take_sum(r, rows, row, e))
			return false;
		next = window + 1;
		if (is_group_edge(rows, row, row + 1) &&
		    !close_group(r, db_get_text(rows, row, 0), window, e))
			return false;
	}
	return fill_empty(r, next, r->window_count, e);
}

// The measures of which something is needed, each with the grain its window is made of.
static void measure_arrays(const struct reading *r, bool of_window_only, struct db_array *measures,
			   struct db_array *grains)
{
	db_array_init(measures, DB_INT2);
	db_array_init(grains, DB_INT2);
	for (int measure = 1; measure < MEASURE_COUNT; measure++) {
		bool used = r->used[KPI_WINDOW][measure];
		for (int reach = KPI_WINDOW + 1; !of_window_only && reach < KPI_REACH_COUNT; reach++)
			used |= r->used[reach][measure];
		if (!used)
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
	measure_arrays(r, false, &measures, &grains);
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

// The parameters of metrics_figure_range that are arrays.
struct range_columns {
	struct db_array measures, grains, starts;
	struct db_array far_measures, far_reaches;              // sums that reach beyond their window
	struct db_array numbers, reaches, from_times, to_times; // windows under each reach
};

static void columns_init(struct range_columns *c)
{
	db_array_init(&c->starts, DB_TIME);
	db_array_init(&c->far_measures, DB_INT2);
	db_array_init(&c->far_reaches, DB_INT2);
	db_array_init(&c->numbers, DB_INT4);
	db_array_init(&c->reaches, DB_INT2);
	db_array_init(&c->from_times, DB_TIME);
	db_array_init(&c->to_times, DB_TIME);
}

static void columns_fini(struct range_columns *c)
{
	struct db_array *const all[] = {&c->measures,     &c->grains,      &c->starts,
					&c->far_measures, &c->far_reaches, &c->numbers,
					&c->reaches,      &c->from_times,  &c->to_times};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		db_array_fini(all[i]);
}

static void add_windows(struct range_columns *c, const struct reading *r, enum kpi_reach reach)
{
	const struct zone *zone = r->query->shop->zone;
	for (size_t i = 0; i < r->window_count; i++) {
		int64_t start_ms = r->starts[i], end_ms = r->starts[i + 1];
		db_array_add(&c->numbers, db_int4((int32_t)i));
		db_array_add(&c->reaches, db_int2((int16_t)reach));
		db_array_add(&c->from_times, db_time_ms(kpi_reach_from_ms(reach, zone, start_ms, end_ms)));
		db_array_add(&c->to_times, db_time_ms(end_ms));
	}
}

static void add_far(struct range_columns *c, const struct reading *r)
{
	for (int reach = KPI_WINDOW + 1; reach < KPI_REACH_COUNT; reach++) {
		bool any = false;
		for (int measure = 1; measure < MEASURE_COUNT; measure++) {
			if (!r->used[reach][measure])
				continue;
			any = true;
			db_array_add(&c->far_measures, db_int2((int16_t)measure));
			db_array_add(&c->far_reaches, db_int2((int16_t)reach));
		}
		if (any)
			add_windows(c, r, (enum kpi_reach)reach);
	}
}

static bool run_range(struct db *db, const struct reading *r, int64_t row_limit, struct db_result **rows,
		      struct err *e)
{
	struct range_columns c;
	columns_init(&c);
	measure_arrays(r, true, &c.measures, &c.grains);
	for (size_t i = 0; i < r->window_count; i++)
		db_array_add(&c.starts, db_time_ms(r->starts[i]));
	add_far(&c, r);
	bool ok = db_run(db, "metrics_figure_range",
			 STORE_VALUES(db_int4(r->query->shop->shop_id), db_array_value(&c.measures),
				      db_array_value(&c.grains), db_int2((int16_t)r->query->dimension),
				      db_text(r->query->key), db_array_value(&c.starts),
				      db_time_ms(r->starts[0]), db_time_ms(r->starts[r->window_count]),
				      db_int8(row_limit), db_array_value(&c.far_measures),
				      db_array_value(&c.far_reaches), db_array_value(&c.numbers),
				      db_array_value(&c.reaches), db_array_value(&c.from_times),
				      db_array_value(&c.to_times)),
			 rows, e);
	columns_fini(&c);
	return ok;
}

static bool read_sums(struct db *db, struct reading *r, struct err *e)
{
	struct db_result *rows = NULL;
	int64_t row_limit = (int64_t)r->query->limit * (SUMS_PER_FIGURE + (r->any_level ? LEVELS_MAX : 0));
	bool ok = run_range(db, r, row_limit + 1, &rows, e);
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
	struct reading r;
	int64_t from_ms, to_ms;
	bool empty, any = false;
	memset(&r, 0, sizeof(r));
	r.query = query;
	r.out = out;
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
	sums_fini(&r.sums);
	if (!ok) {
		figures_fini(out);
		return false;
	}
	if (out->count > 1)
		qsort(out->rows, out->count, sizeof(*out->rows), by_kpi_key_start);
	return true;
}
