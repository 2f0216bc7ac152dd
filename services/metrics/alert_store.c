// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Rules and alerts in their tables. See alerts.h.
#include "services/metrics/alert_rules.h"
#include "services/metrics/alerts.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <string.h>

static bool is_full(struct err *e)
{
	return err_set(e, ERR_TOO_LARGE, "the alerts do not fit");
}

// ---- rules ----

// False when this version has no such figure any more: then the rule rests.
static bool rule_of(const struct db_result *rows, int row, struct alert_rule *out)
{
	*out = (struct alert_rule){.kind = ALERT_THRESHOLD,
				   .kpi = kpi_find(db_get_text(rows, row, 2)),
				   .dimension = (enum fold_dimension)db_get_int(rows, row, 3),
				   .direction = (enum alert_direction)db_get_int(rows, row, 5),
				   .window = (enum window)db_get_int(rows, row, 7)};
	return out->kpi != NULL && figure_exists(out->kpi, out->dimension, out->window) &&
	       text_copy(out->name, sizeof(out->name), db_get_text(rows, row, 1)) &&
	       text_copy(out->key, sizeof(out->key), db_get_text(rows, row, 4)) &&
	       text_copy(out->value, sizeof(out->value), db_get_text(rows, row, 6));
}

bool alert_store_rules(struct db *db, const struct shop *shop, struct arena *arena, struct alert_rule **out,
		       size_t *count, struct err *e)
{
	struct db_array ids;
	struct db_result *rows = NULL;
	db_array_init(&ids, DB_INT4);
	db_array_add(&ids, db_int4(shop->shop_id));
	bool ok = db_run(db, "metrics_alert_rules", STORE_VALUES(db_array_value(&ids)), &rows, e);
	db_array_fini(&ids);
	if (!ok)
		return false;
	*out = arena_calloc(arena, ALERT_BUILT_IN_MAX + (size_t)db_rows(rows), sizeof(**out));
	if (*out != NULL) {
		*count = alert_rules_built_in(*out);
		for (int row = 0; row < db_rows(rows); row++)
			*count += rule_of(rows, row, &(*out)[*count]);
	}
	db_result_free(rows);
	return *out != NULL || is_full(e);
}

// ---- alerts ----

static char *text_at(const struct db_result *rows, int row, int column, struct arena *arena)
{
	const char *text = db_is_null(rows, row, column) ? "" : db_get_text(rows, row, column);
	return arena_copy(arena, text, strlen(text));
}

static int64_t time_at(const struct db_result *rows, int row, int column)
{
	return db_is_null(rows, row, column) ? 0 : db_get_time_ms(rows, row, column);
}

static void take_row(const struct db_result *rows, int row, struct arena *arena, struct alert_row *out)
{
	Utarg__V1__Alert *alert = &out->alert;
	int64_t dimension = db_get_int(rows, row, 4);
	const char *name = dimension >= FOLD_TOTAL && dimension <= FOLD_DIMENSION_COUNT
				   ? fold_dimension_name((enum fold_dimension)dimension)
				   : "";
	utarg__v1__alert__init(alert);
	out->shop_id = (int32_t)db_get_int(rows, row, 0);
	alert->alert_id = (uint64_t)db_get_int(rows, row, 1);
	alert->rule = text_at(rows, row, 2, arena);
	alert->kpi = text_at(rows, row, 3, arena);
	alert->dimension = arena_copy(arena, name, strlen(name));
	alert->key = text_at(rows, row, 5, arena);
	alert->text = text_at(rows, row, 6, arena);
	alert->raised_at_ms = time_at(rows, row, 7);
	alert->seen_at_ms = out->seen_ms = time_at(rows, row, 8);
	alert->ended_at_ms = time_at(rows, row, 9);
	alert->acknowledged_at_ms = time_at(rows, row, 10);
	alert->acknowledged_by = text_at(rows, row, 11, arena);
	alert->version = (uint64_t)db_get_int(rows, row, 12);
}

// Runs a statement that gives alerts.
static bool run(struct db *db, const char *statement, const struct db_value *values, size_t count,
		struct arena *arena, struct alert_rows *out, struct err *e)
{
	struct db_result *rows = NULL;
	*out = (struct alert_rows){0};
	if (!db_run(db, statement, values, count, &rows, e))
		return false;
	size_t n = (size_t)db_rows(rows);
	out->rows = arena_calloc(arena, n + 1, sizeof(*out->rows));
	for (size_t i = 0; i < n && !arena->exhausted; i++)
		take_row(rows, (int)i, arena, &out->rows[i]);
	out->count = n;
	db_result_free(rows);
	return !arena->exhausted || is_full(e);
}

bool alert_store_put_rule(struct db *db, int32_t shop_id, const struct alert_rule *rule, int64_t as_of_ms,
			  struct arena *arena, struct alert_rows *ended, struct err *e)
{
	return run(db, "metrics_alert_rule_put",
		   STORE_VALUES(db_int4(shop_id), db_text(rule->name), db_text(rule->kpi->name),
				db_int2((int16_t)rule->dimension), db_text(rule->key),
				db_int2((int16_t)rule->direction), db_text(rule->value),
				db_int2((int16_t)rule->window), db_time_ms(as_of_ms)),
		   arena, ended, e);
}

bool alert_store_remove_rule(struct db *db, int32_t shop_id, const char *rule, int64_t as_of_ms,
			     struct arena *arena, bool *found, struct alert_rows *ended, struct err *e)
{
	if (!run(db, "metrics_alert_rule_remove",
		 STORE_VALUES(db_int4(shop_id), db_text(rule), db_time_ms(as_of_ms)), arena, ended, e))
		return false;
	*found = ended->count > 0;
	if (*found && ended->rows[0].alert.alert_id == 0)
		ended->count = 0;
	return true;
}

bool alert_store_open(struct db *db, const int32_t *shop_ids, size_t count, const struct alert_place *after,
		      struct arena *arena, struct alert_rows *out, struct err *e)
{
	struct db_array ids;
	db_array_init(&ids, DB_INT4);
	for (size_t i = 0; i < count; i++)
		db_array_add(&ids, db_int4(shop_ids[i]));
	bool ok = run(db, "metrics_alert_open",
		      STORE_VALUES(db_array_value(&ids), db_int4(after->shop_id), db_text(after->rule),
				   db_int8(ALERT_PAGE)),
		      arena, out, e);
	db_array_fini(&ids);
	return ok;
}

bool alert_store_list(struct db *db, int32_t shop_id, bool ended, size_t limit, struct arena *arena,
		      struct alert_rows *out, struct err *e)
{
	return run(db, "metrics_alert_list",
		   STORE_VALUES(db_int4(shop_id), db_bool(ended), db_int8((int64_t)limit)), arena, out, e);
}

bool alert_store_raise(struct db *db, int32_t shop_id, const struct alert_rule *rule, const char *text,
		       int64_t as_of_ms, struct arena *arena, struct alert_rows *out, struct err *e)
{
	return run(db, "metrics_alert_raise",
		   STORE_VALUES(db_int4(shop_id), db_text(rule->name),
				db_text(rule->kpi != NULL ? rule->kpi->name : ""),
				db_int2((int16_t)rule->dimension), db_text(rule->key), db_text(text),
				db_time_ms(as_of_ms)),
		   arena, out, e);
}

void alert_seen_init(struct alert_seen *seen)
{
	db_array_init(&seen->shop_ids, DB_INT4);
	db_array_init(&seen->alert_ids, DB_INT8);
	db_array_init(&seen->times, DB_TIME);
}

void alert_seen_fini(struct alert_seen *seen)
{
	db_array_fini(&seen->shop_ids);
	db_array_fini(&seen->alert_ids);
	db_array_fini(&seen->times);
}

void alert_seen_add(struct alert_seen *seen, int32_t shop_id, int64_t alert_id, int64_t as_of_ms)
{
	db_array_add(&seen->shop_ids, db_int4(shop_id));
	db_array_add(&seen->alert_ids, db_int8(alert_id));
	db_array_add(&seen->times, db_time_ms(as_of_ms));
}

bool alert_store_seen(struct db *db, struct alert_seen *seen, struct arena *arena, struct alert_rows *out,
		      struct err *e)
{
	bool ok = run(db, "metrics_alert_seen",
		      STORE_VALUES(db_array_value(&seen->shop_ids), db_array_value(&seen->alert_ids),
				   db_array_value(&seen->times)),
		      arena, out, e);
	db_array_reset(&seen->shop_ids);
	db_array_reset(&seen->alert_ids);
	db_array_reset(&seen->times);
	return ok;
}

bool alert_store_end(struct db *db, int32_t shop_id, const char *rule, int64_t as_of_ms, struct arena *arena,
		     struct alert_rows *out, struct err *e)
{
	return run(db, "metrics_alert_end",
		   STORE_VALUES(db_int4(shop_id), db_text(rule), db_time_ms(as_of_ms)), arena, out, e);
}

bool alert_store_acknowledge(struct db *db, int32_t shop_id, int64_t alert_id, int64_t now_ms,
			     const char *principal, struct arena *arena, struct alert_rows *out,
			     struct err *e)
{
	return run(db, "metrics_alert_ack",
		   STORE_VALUES(db_int4(shop_id), db_int8(alert_id), db_time_ms(now_ms), db_text(principal)),
		   arena, out, e);
}
