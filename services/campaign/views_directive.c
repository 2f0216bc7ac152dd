// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: rows of directives into messages. No decision is taken here and nothing is written.
#include "services/campaign/views_directive.h"

#include "services/campaign/views.h"

#include <string.h>

enum { COLUMN_CAMPAIGN, COLUMN_LATEST, COLUMN_TIME, COLUMN_REVISION, COLUMN_SEQ, COLUMN_EPOCH };

static bool read_view(struct arena *arena, const struct db_result *rows, int row,
		      Utarg__V1__DirectiveView **out, struct err *e)
{
	struct slice latest = db_get_bytes(rows, row, COLUMN_LATEST);
	Utarg__V1__DirectiveView *view = arena_alloc(arena, sizeof(*view));

	if (view == NULL)
		return views_too_large(e);
	utarg__v1__directive_view__init(view);
	view->directive = utarg__v1__directive__unpack(&arena->allocator, latest.size, latest.data);
	if (view->directive == NULL)
		return arena->exhausted ? views_too_large(e)
					: err_set(e, ERR_INTERNAL, "a stored directive does not decode");
	view->changed_at_ms = db_get_time_ms(rows, row, COLUMN_TIME);
	view->revision = (uint64_t)db_get_int(rows, row, COLUMN_REVISION);
	*out = view;
	return true;
}

static bool read_views(struct arena *arena, const struct db_result *rows, struct directive_views *out,
		       struct err *e)
{
	*out = (struct directive_views){
		.items = arena_calloc(arena, (size_t)db_rows(rows) + 1, sizeof(*out->items))};
	if (out->items == NULL)
		return views_too_large(e);
	for (int row = 0; row < db_rows(rows); row++) {
		if (!read_view(arena, rows, row, &out->items[out->count], e))
			return false;
		out->count++;
	}
	return true;
}

bool directive_views_list(struct db *db, struct arena *arena, int32_t shop_id, const char *campaign,
			  const char *directive_id, bool settled, int32_t limit, struct directive_views *out,
			  struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(campaign), db_text(directive_id),
				    db_bool(settled), db_int4(limit)};
	struct db_result *rows;
	bool ok;

	if (!db_run(db, "campaign_directive_list", values, 5, &rows, e))
		return false;
	ok = read_views(arena, rows, out, e);
	db_result_free(rows);
	return ok;
}

bool directive_view_last(struct db *db, struct arena *arena, int32_t shop_id, const char *campaign,
			 const char *sku, Utarg__V1__DirectiveView **out, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(campaign), db_text(sku)};
	struct db_result *rows;
	bool ok;

	*out = NULL;
	if (!db_run(db, "campaign_directive_last", values, 3, &rows, e))
		return false;
	ok = db_rows(rows) == 0 || read_view(arena, rows, 0, out, e);
	db_result_free(rows);
	return ok;
}

static bool begin_update(struct arena *arena, const struct db_result *rows, int row,
			 Utarg__V1__DirectiveUpdate **out, struct err *e)
{
	Utarg__V1__DirectiveUpdate *update = arena_alloc(arena, sizeof(*update));
	int count = 1;

	while (row + count < db_rows(rows) && strcmp(db_get_text(rows, row, COLUMN_CAMPAIGN),
						     db_get_text(rows, row + count, COLUMN_CAMPAIGN)) == 0)
		count++;
	if (update == NULL)
		return views_too_large(e);
	utarg__v1__directive_update__init(update);
	update->campaign = arena_printf(arena, "%s", db_get_text(rows, row, COLUMN_CAMPAIGN));
	update->directives = arena_calloc(arena, (size_t)count, sizeof(*update->directives));
	if (update->campaign == NULL || update->directives == NULL)
		return views_too_large(e);
	update->n_directives = (size_t)count;
	update->epoch = (uint64_t)db_get_int(rows, row, COLUMN_EPOCH);
	*out = update;
	return true;
}

static bool read_updates(struct arena *arena, const struct db_result *rows, struct directive_updates *out,
			 struct err *e)
{
	*out = (struct directive_updates){
		.items = arena_calloc(arena, (size_t)db_rows(rows) + 1, sizeof(*out->items))};
	if (out->items == NULL)
		return views_too_large(e);
	for (int row = 0; row < db_rows(rows);) {
		Utarg__V1__DirectiveUpdate *update;

		if (!begin_update(arena, rows, row, &update, e))
			return false;
		for (size_t i = 0; i < update->n_directives; i++, row++) {
			if (!read_view(arena, rows, row, &update->directives[i], e))
				return false;
		}
		out->items[out->count++] = update;
		out->as_of_seq = db_get_int(rows, row - 1, COLUMN_SEQ);
	}
	return true;
}

bool directive_updates_named(struct db *db, struct arena *arena, int32_t shop_id,
			     const char *const *campaigns, size_t count, struct directive_updates *out,
			     struct err *e)
{
	struct db_array names;
	struct db_result *rows;
	bool ok;

	db_array_init(&names, DB_TEXT);
	for (size_t i = 0; i < count; i++)
		db_array_add(&names, db_text(campaigns[i]));
	struct db_value values[] = {db_int4(shop_id), db_array_value(&names)};
	ok = db_run(db, "campaign_directive_views", values, 2, &rows, e);
	db_array_fini(&names);
	if (!ok)
		return false;
	ok = read_updates(arena, rows, out, e);
	db_result_free(rows);
	return ok;
}

bool directive_campaigns(struct db *db, struct arena *arena, int32_t shop_id, const char *after,
			 int32_t limit, const char *const **out, size_t *count, struct err *e)
{
	struct db_value values[] = {db_int4(shop_id), db_text(after), db_int4(limit)};
	struct db_result *rows;
	const char **names;

	if (!db_run(db, "campaign_directive_names", values, 3, &rows, e))
		return false;
	names = arena_calloc(arena, (size_t)db_rows(rows) + 1, sizeof(*names));
	for (int row = 0; names != NULL && row < db_rows(rows); row++)
		names[row] = arena_printf(arena, "%s", db_get_text(rows, row, 0));
	*count = (size_t)db_rows(rows);
	*out = names;
	db_result_free(rows);
	return !arena->exhausted || views_too_large(e);
}
