// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See compare.h. Both sides in key order, merged: the tables come in pages, the replay is sorted once.
#include "services/metrics/compare.h"

#include "services/metrics/core/entity.h"
#include "services/metrics/core/kpi.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PAGE = 5000 };

void comparison_add(struct comparison *comparison, const char *format, ...)
{
	va_list arguments;
	if (comparison->differences++ >= COMPARE_SHOWN)
		return;
	va_start(arguments, format);
	vsnprintf(comparison->lines[comparison->differences - 1], COMPARE_LINE_SIZE, format, arguments);
	va_end(arguments);
}

static int order_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

// ---- cells ----

static int compare_cell(const struct fold_cell *a, const struct fold_cell *b)
{
	int order = order_int(a->measure, b->measure);
	order = order != 0 ? order : order_int(a->dimension, b->dimension);
	order = order != 0 ? order : order_int(a->grain, b->grain);
	order = order != 0 ? order : order_int(a->bucket_ms, b->bucket_ms);
	order = order != 0 ? order : strcmp(a->key, b->key);
	return order != 0 ? order : order_int(a->level, b->level);
}

static int compare_cell_pointers(const void *a, const void *b)
{
	return compare_cell(*(const struct fold_cell *const *)a, *(const struct fold_cell *const *)b);
}

static bool is_kept(const struct fold_cell *cell, const struct store_position *position)
{
	return cell->grain != FOLD_MINUTE || cell->bucket_ms >= position->as_of_ms - FOLD_MINUTE_KEPT_MS;
}

static const struct fold_cell **sort_cells(struct fold *fold, const struct store_position *position,
					   size_t *count)
{
	const struct fold_cell *cells = NULL;
	size_t all = fold_cells(fold, &cells);
	const struct fold_cell **sorted = calloc(all + 1, sizeof(*sorted));
	assert(sorted != NULL);
	*count = 0;
	for (size_t i = 0; i < all; i++) {
		if (is_kept(&cells[i], position))
			sorted[(*count)++] = &cells[i];
	}
	qsort(sorted, *count, sizeof(*sorted), compare_cell_pointers);
	return sorted;
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

// A page of stored cells against made[*next...].
static bool merge_cells(const struct db_result *rows, const struct store_position *position,
			const struct fold_cell **made, size_t count, size_t *next, struct comparison *out,
			struct err *e)
{
	for (int row = 0; row < db_rows(rows); row++) {
		struct fold_cell stored;
		if (!cell_of_row(rows, row, &stored, e))
			return false;
		if (!is_kept(&stored, position))
			continue;
		int order = 1;
		while (*next < count && (order = compare_cell(made[*next], &stored)) < 0)
			cell_differs(out, NULL, made[(*next)++]);
		bool same = *next < count && order == 0;
		cell_differs(out, &stored, same ? made[*next] : NULL);
		*next += same;
		out->cells++;
	}
	return true;
}

static bool run_cell_page(struct db *db, int32_t shop_id, const struct fold_cell *after,
			  struct db_result **rows, struct err *e)
{
	return db_run(db, "metrics_cell_page",
		      STORE_VALUES(db_int4(shop_id), db_int2((int16_t)after->measure),
				   db_int2(after->dimension), db_int2(after->grain),
				   db_time_ms(after->bucket_ms), db_text(after->key), db_int8(after->level),
				   db_int8(PAGE)),
		      rows, e);
}

bool compare_cells(struct db *db, int32_t shop_id, const struct store_position *position, struct fold *fold,
		   struct comparison *out, struct err *e)
{
	size_t count, next = 0;
	const struct fold_cell **made = sort_cells(fold, position, &count);
	struct fold_cell after = {.key = ""};
	struct db_result *page = NULL; // holds after's key while the next page is asked for
	bool ok = true, more = true;
	while (ok && more) {
		struct db_result *rows = NULL;
		ok = run_cell_page(db, shop_id, &after, &rows, e);
		db_result_free(page);
		page = rows;
		if (!ok)
			break;
		more = db_rows(rows) == PAGE;
		ok = merge_cells(rows, position, made, count, &next, out, e) &&
		     (!more || cell_of_row(rows, PAGE - 1, &after, e));
	}
	while (ok && next < count)
		cell_differs(out, NULL, made[next++]);
	db_result_free(page);
	free(made);
	return ok;
}

// ---- entities ----

static int compare_key(const struct fold_key *a, const struct fold_key *b)
{
	size_t size = a->size < b->size ? a->size : b->size;
	int order = order_int(a->kind, b->kind);
	order = order != 0 ? order : memcmp(a->bytes, b->bytes, size);
	return order != 0 ? order : order_int(a->size, b->size);
}

static int compare_entity_pointers(const void *a, const void *b)
{
	return compare_key(&(*(const struct fold_entity *const *)a)->key,
			   &(*(const struct fold_entity *const *)b)->key);
}

// Ids of the shop as they are; what stands for a person, and what is no text, in hex.
static void key_text(const struct fold_key *key, char out[2 * FOLD_KEY_SIZE + 1])
{
	bool plain = key->kind != FOLD_VISITOR && key->kind != FOLD_CUSTOMER &&
		     text_is_utf8(key->bytes, key->size);
	for (size_t i = 0; i < key->size; i++)
		plain = plain && key->bytes[i] >= ' ' && key->bytes[i] != 0x7f;
	if (!plain) {
		text_hex(key->bytes, key->size < 32 ? key->size : 32, out);
		return;
	}
	memcpy(out, key->bytes, key->size);
	out[key->size] = '\0';
}

static void entity_differs(struct comparison *out, const struct fold_entity *stored,
			   const struct fold_entity *made)
{
	const struct fold_key *key = stored != NULL ? &stored->key : &made->key;
	char name[2 * FOLD_KEY_SIZE + 1];
	bool same = stored != NULL && made != NULL && stored->due_ms == made->due_ms &&
		    stored->state.size == made->state.size &&
		    (made->state.size == 0 ||
		     memcmp(stored->state.data, made->state.data, made->state.size) == 0);
	if (same)
		return;
	key_text(key, name);
	comparison_add(out, "%s %s: %s",
		       key->kind > 0 && key->kind < FOLD_KIND_COUNT ? kind_rows[key->kind].name : "entity",
		       name,
		       stored == NULL                   ? "not stored"
		       : made == NULL                   ? "stored, and the journal knows nothing of it"
		       : stored->due_ms != made->due_ms ? "another due date is stored"
							: "another state is stored");
}

static bool entity_of_row(const struct db_result *rows, int row, struct fold_entity *out, struct err *e)
{
	struct slice key = db_get_bytes(rows, row, 1);
	if (key.size > FOLD_KEY_SIZE)
		return err_set(e, ERR_INTERNAL, "a stored entity has a key of %zu bytes", key.size);
	out->key = (struct fold_key){.kind = (uint8_t)db_get_int(rows, row, 0), .size = (uint8_t)key.size};
	memcpy(out->key.bytes, key.data, key.size);
	out->state = db_get_bytes(rows, row, 2);
	out->due_ms = db_is_null(rows, row, 3) ? INT64_MAX : db_get_time_ms(rows, row, 3);
	return true;
}

static bool merge_entities(const struct db_result *rows, const struct fold_entity **made, size_t count,
			   size_t *next, struct comparison *out, struct err *e)
{
	for (int row = 0; row < db_rows(rows); row++) {
		struct fold_entity stored = {0};
		int order = 1;
		if (!entity_of_row(rows, row, &stored, e))
			return false;
		while (*next < count && (order = compare_key(&made[*next]->key, &stored.key)) < 0)
			entity_differs(out, NULL, made[(*next)++]);
		bool same = *next < count && order == 0;
		entity_differs(out, &stored, same ? made[*next] : NULL);
		*next += same;
		out->entities++;
	}
	return true;
}

// Those with a state, sorted; the settings of before the last rebuild when nothing has changed them since.
static const struct fold_entity **sort_entities(const struct replay *replay, struct fold_entity *settings,
						size_t *count)
{
	const struct fold_entity *entities = NULL;
	size_t all = fold_entities(replay->fold, &entities);
	const struct fold_entity **sorted = calloc(all + 2, sizeof(*sorted));
	bool has_settings = replay->settings_size == 0;
	assert(sorted != NULL);
	*count = 0;
	for (size_t i = 0; i < all; i++) {
		has_settings |= entities[i].key.kind == FOLD_SETTINGS;
		if (entities[i].state.size > 0)
			sorted[(*count)++] = &entities[i];
	}
	*settings = (struct fold_entity){.key = {.kind = FOLD_SETTINGS},
					 .state = {.data = replay->settings, .size = replay->settings_size},
					 .due_ms = INT64_MAX};
	if (!has_settings)
		sorted[(*count)++] = settings;
	qsort(sorted, *count, sizeof(*sorted), compare_entity_pointers);
	return sorted;
}

bool compare_entities(struct db *db, int32_t shop_id, const struct replay *replay, struct comparison *out,
		      struct err *e)
{
	struct fold_entity settings, last = {0};
	size_t count, next = 0;
	const struct fold_entity **made = sort_entities(replay, &settings, &count);
	bool ok = true, more = true;
	while (ok && more) {
		struct db_result *rows = NULL;
		ok = db_run(db, "metrics_entity_page",
			    STORE_VALUES(db_int4(shop_id), db_int2(last.key.kind),
					 db_bytes(last.key.bytes, last.key.size), db_int8(PAGE)),
			    &rows, e);
		if (!ok)
			break;
		more = db_rows(rows) == PAGE;
		ok = merge_entities(rows, made, count, &next, out, e) &&
		     (!more || entity_of_row(rows, PAGE - 1, &last, e));
		db_result_free(rows);
	}
	while (ok && next < count)
		entity_differs(out, NULL, made[next++]);
	free(made);
	return ok;
}
