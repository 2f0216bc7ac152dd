// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See compare.h; entities are compare_entities.c. Both sides in key order, merged: the table comes in pages,
// the replay in one sorted run.
#include "services/metrics/compare.h"

#include "services/metrics/core/kpi.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void comparison_add(struct comparison *comparison, const char *format, ...)
{
	va_list arguments;
	if (comparison->differences++ >= COMPARE_SHOWN)
		return;
	va_start(arguments, format);
	vsnprintf(comparison->lines[comparison->differences - 1], COMPARE_LINE_SIZE, format, arguments);
	va_end(arguments);
}

void compare_progress(const struct compare_context *c, int64_t done)
{
	if (c->progress != NULL)
		c->progress(c->progress_context, done, 0);
}

// ---- cells ----

static bool is_kept(const struct fold_cell *cell, const struct store_position *position)
{
	return cell->grain != FOLD_MINUTE || cell->bucket_ms >= position->as_of_ms - FOLD_MINUTE_KEPT_MS;
}

static void cell_differs(struct comparison *out, const struct fold_cell *stored, const struct fold_cell *made)
{
	static const char *const grains[] = {"?", "minute", "quarter", "hour", "day", "week", "month"};
	static const struct fold_cell none = {.delta = 0};
	const struct fold_cell *cell = stored != NULL ? stored : made;
	const struct fold_cell *s = stored != NULL ? stored : &none, *r = made != NULL ? made : &none;
	char stored_text[MONEY_TEXT_SIZE], made_text[MONEY_TEXT_SIZE];
	if (s->delta == r->delta && s->revision == r->revision)
		return;
	char at[sizeof("2026-11-23T17:15:00Z") + 16];
	time_t at_s = (time_t)(cell->bucket_ms / 1000);
	struct tm tm = {0};
	gmtime_r(&at_s, &tm);
	strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
	bool known = cell->measure < MEASURE_COUNT && measure_rows[cell->measure].name != NULL;
	comparison_add(out,
		       "cell %s %s %.120s %s %s: stored %s (revision %lld), recomputed %s (revision %lld)",
		       known ? measure_rows[cell->measure].name : "of an unknown measure",
		       fold_dimension_name((enum fold_dimension)cell->dimension), cell->key,
		       cell->grain < sizeof(grains) / sizeof(grains[0]) ? grains[cell->grain] : "?", at,
		       money_text(s->delta, 0, stored_text), (long long)s->revision,
		       money_text(r->delta, 0, made_text), (long long)r->revision);
}

static bool cell_of_row(const struct db_result *rows, int row, struct fold_cell *out, struct err *e)
{
	*out = (struct fold_cell){.measure = (uint16_t)db_get_int(rows, row, 0),
				  .dimension = (uint8_t)db_get_int(rows, row, 1),
				  .grain = (uint8_t)db_get_int(rows, row, 2),
				  .bucket_ms = db_get_time_ms(rows, row, 3),
				  .key = db_get_text(rows, row, 4),
				  .level = db_get_int(rows, row, 5),
				  .revision = db_get_int(rows, row, 7)};
	if (out->dimension < FOLD_TOTAL || out->dimension > FOLD_DIMENSION_COUNT)
		return err_set(e, ERR_INTERNAL, "a stored cell has the dimension %d", (int)out->dimension);
	return money_sum_parse(db_get_text(rows, row, 6), &out->delta) ||
	       err_set(e, ERR_INTERNAL, "a stored cell holds \"%.60s\"", db_get_text(rows, row, 6));
}

// The recomputed cell at hand has been compared.
static bool step(const struct compare_context *c, struct err *e)
{
	return spill_cells_next(c->replay->cells, e);
}

// Recomputed cells that stand before a stored one are stored nowhere; with NULL all that are left.
static bool tell_unstored(const struct compare_context *c, const struct fold_cell *before, struct err *e)
{
	const struct fold_cell *made;
	while ((made = spill_cells_at(c->replay->cells)) != NULL &&
	       (before == NULL || spill_cell_compare(made, before) < 0)) {
		if (is_kept(made, c->position))
			cell_differs(c->out, NULL, made);
		if (!step(c, e))
			return false;
	}
	return true;
}

// A page of stored cells against the recomputed ones.
static bool merge_cells(const struct compare_context *c, const struct db_result *rows, struct err *e)
{
	for (int row = 0; row < db_rows(rows); row++) {
		struct fold_cell stored;
		if (!cell_of_row(rows, row, &stored, e))
			return false;
		if (!is_kept(&stored, c->position))
			continue;
		if (!tell_unstored(c, &stored, e))
			return false;
		const struct fold_cell *made = spill_cells_at(c->replay->cells);
		bool same = made != NULL && spill_cell_compare(made, &stored) == 0;
		cell_differs(c->out, &stored, same ? made : NULL);
		if (same && !step(c, e))
			return false;
		c->out->cells++;
	}
	return true;
}

static bool run_cell_page(const struct compare_context *c, const struct fold_cell *after,
			  struct db_result **rows, struct err *e)
{
	return db_run(c->db, "metrics_cell_page",
		      STORE_VALUES(db_int4(c->shop_id), db_int2((int16_t)after->measure),
				   db_int2(after->dimension), db_int2(after->grain),
				   db_time_ms(after->bucket_ms), db_text(after->key), db_int8(after->level),
				   db_int8(COMPARE_PAGE)),
		      rows, e);
}

bool compare_cells(const struct compare_context *c, struct err *e)
{
	struct fold_cell after = {.key = ""};
	struct db_result *page = NULL; // holds after's key while the next page is asked for
	bool ok = true, more = true;
	while (ok && more) {
		struct db_result *rows = NULL;
		ok = run_cell_page(c, &after, &rows, e);
		db_result_free(page);
		page = rows;
		if (!ok)
			break;
		more = db_rows(rows) == COMPARE_PAGE;
		ok = merge_cells(c, rows, e) && (!more || cell_of_row(rows, COMPARE_PAGE - 1, &after, e));
		compare_progress(c, c->out->cells);
	}
	db_result_free(page);
	return ok && tell_unstored(c, NULL, e);
}
