// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: rows about messages into the core's structs and the contract's messages. Nothing is judged here.
#include "services/campaign/messages.h"

#include "services/campaign/views.h"

#include <string.h>

// Reports of placements that the version does not name, of one message: whoever invents placements makes no
// message too large to be judged.
enum { OTHER_REPORTS_MAX = 1000 };

static bool broken(struct err *e)
{
	return err_set(e, ERR_INTERNAL, "a stored message does not decode");
}

static char *text_of(struct arena *arena, const struct db_result *result, int row, int column)
{
	struct slice text = db_get_bytes(result, row, column);

	return arena_copy(arena, text.data, text.size);
}

static struct db_value names_value(struct db_array *array, const char *const *names, size_t count)
{
	db_array_init(array, DB_TEXT);
	for (size_t i = 0; i < count; i++)
		db_array_add(array, db_text(names[i]));
	return db_array_value(array);
}

// ---- standings -----------------------------------------------------------------------------------------

static bool read_standing(struct arena *arena, const struct db_result *result, int row,
			  struct message_standing *out, struct err *e)
{
	struct slice latest = db_get_bytes(result, row, 1);

	*out = (struct message_standing){
		.message = utarg__v1__marketing_message__unpack(&arena->allocator, latest.size, latest.data),
		.state = (enum message_state)db_get_int(result, row, 2),
		.changed_at_ms = db_get_time_ms(result, row, 3),
		.seq = db_get_int(result, row, 4),
	};
	if (out->message == NULL)
		return arena->exhausted ? views_too_large(e) : broken(e);
	return true;
}

static bool read_standings(struct arena *arena, const struct db_result *result, struct message_standings *out,
			   struct err *e)
{
	int rows = db_rows(result);

	*out = (struct message_standings){.items =
						  arena_calloc(arena, (size_t)rows + 1, sizeof(*out->items))};
	if (out->items == NULL)
		return views_too_large(e);
	for (int row = 0; row < rows; row++) {
		if (!read_standing(arena, result, row, &out->items[out->count], e))
			return false;
		out->count++;
		out->as_of_seq = db_get_int(result, row, 5);
	}
	return true;
}

static bool read_report(struct arena *arena, const struct db_result *result, int row,
			struct message_report *out)
{
	*out = (struct message_report){
		.placement = text_of(arena, result, row, 1),
		.shown_version = (uint32_t)db_get_int(result, row, 2),
		.has_price = !db_is_null(result, row, 3),
		.currency = text_of(arena, result, row, 4),
		.t_ms = db_get_time_ms(result, row, 5),
	};
	if (out->has_price)
		out->price_gross_minor = db_get_int(result, row, 3);
	return out->placement != NULL && out->currency != NULL;
}

// Rows and standings are both ordered by message.
static bool share_reports(struct arena *arena, const struct db_result *result, struct message_standings *out,
			  struct err *e)
{
	int rows = db_rows(result), row = 0;
	struct message_report *reports = arena_calloc(arena, (size_t)rows + 1, sizeof(*reports));

	if (reports == NULL)
		return views_too_large(e);
	for (size_t i = 0; i < out->count; i++) {
		struct message_standing *standing = &out->items[i];

		standing->reports = &reports[row];
		while (row < rows &&
		       strcmp(db_get_text(result, row, 0), standing->message->message_id) == 0) {
			if (!read_report(arena, result, row, &reports[row]))
				return views_too_large(e);
			standing->report_count++;
			row++;
		}
	}
	return true;
}

static bool add_reports(struct db *db, struct arena *arena, int32_t shop_id, struct message_standings *out,
			struct err *e)
{
	struct db_array names, named, placements;
	struct db_value values[] = {db_int4(shop_id), {0}, {0}, {0}, db_int4(OTHER_REPORTS_MAX)};
	struct db_result *result;
	bool ok;

	if (out->count == 0)
		return true;
	db_array_init(&names, DB_TEXT);
	db_array_init(&named, DB_TEXT);
	db_array_init(&placements, DB_TEXT);
	for (size_t i = 0; i < out->count; i++) {
		const Utarg__V1__MarketingMessage *message = out->items[i].message;

		db_array_add(&names, db_text(message->message_id));
		for (size_t k = 0; k < message->n_placements; k++) {
			db_array_add(&named, db_text(message->message_id));
			db_array_add(&placements, db_text(message->placements[k]));
		}
	}
	values[1] = db_array_value(&names);
	values[2] = db_array_value(&named);
	values[3] = db_array_value(&placements);
	ok = db_run(db, "campaign_message_shown", values, 5, &result, e);
	db_array_fini(&names);
	db_array_fini(&named);
	db_array_fini(&placements);
	if (!ok)
		return false;
	ok = share_reports(arena, result, out, e);
	db_result_free(result);
	return ok;
}

static bool run_standings(struct db *db, struct arena *arena, const char *statement,
			  const struct db_value *values, size_t count, struct message_standings *out,
			  struct err *e)
{
	struct db_result *result;
	bool ok;

	if (!db_run(db, statement, values, count, &result, e))
		return false;
	ok = read_standings(arena, result, out, e);
	db_result_free(result);
	return ok && add_reports(db, arena, (int32_t)values[0].number, out, e);
}

bool message_standings_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *names,
			     size_t count, struct message_standings *out, struct err *e)
{
	struct db_array array;
	const struct db_value values[] = {db_int4(shop_id), names_value(&array, names, count)};
	bool ok = run_standings(db, arena, "campaign_message_views", values, 2, out, e);

	db_array_fini(&array);
	return ok;
}

bool message_standings_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after,
			    int32_t limit, struct message_standings *out, struct err *e)
{
	const struct db_value values[] = {db_int4(shop_id), db_text(after), db_int4(limit)};

	return run_standings(db, arena, "campaign_message_page", values, 3, out, e);
}

bool message_standings_due(struct db *db, struct arena *arena, int32_t shop_id, int64_t now_ms, int32_t limit,
			   struct message_standings *out, struct err *e)
{
	const struct db_value values[] = {db_int4(shop_id), db_int8(now_ms), db_int4(limit)};

	return run_standings(db, arena, "campaign_message_due_page", values, 3, out, e);
}

// ---- alerts --------------------------------------------------------------------------------------------

// Names joined by line breaks.
static bool split_placements(struct arena *arena, char *joined, Utarg__V1__MessageAlert *alert)
{
	size_t count = joined[0] == '\0' ? 0 : 1;

	for (const char *at = joined; *at != '\0'; at++)
		count += *at == '\n';
	alert->placements = arena_calloc(arena, count + 1, sizeof(*alert->placements));
	if (alert->placements == NULL)
		return false;
	while (alert->n_placements < count) {
		alert->placements[alert->n_placements++] = joined;
		joined += strcspn(joined, "\n");
		if (*joined == '\n')
			*joined++ = '\0';
	}
	return true;
}

static Utarg__V1__MessageAlert *read_alert(struct arena *arena, const struct db_result *result, int row)
{
	Utarg__V1__MessageAlert *alert = arena_alloc(arena, sizeof(*alert));
	char *placements = text_of(arena, result, row, 7);

	if (alert == NULL || placements == NULL)
		return NULL;
	utarg__v1__message_alert__init(alert);
	alert->message_id = text_of(arena, result, row, 0);
	alert->fault = (Utarg__V1__MessageFault)db_get_int(result, row, 1);
	alert->claim = (uint32_t)db_get_int(result, row, 2);
	alert->message_version = (uint32_t)db_get_int(result, row, 3);
	alert->sku = text_of(arena, result, row, 4);
	alert->since_ms = db_get_time_ms(result, row, 5);
	alert->text = text_of(arena, result, row, 6);
	return split_placements(arena, placements, alert) && !arena->exhausted ? alert : NULL;
}

bool message_alerts_page(struct db *db, struct arena *arena, int32_t shop_id, const char *message,
			 int32_t limit, Utarg__V1__MessageAlert ***out, size_t *count, int64_t *as_of_seq,
			 struct err *e)
{
	const struct db_value values[] = {db_int4(shop_id), db_text(message), db_int4(limit)};
	struct db_result *result;

	*count = 0;
	*as_of_seq = 0;
	if (!db_run(db, "campaign_message_alert_page", values, 3, &result, e))
		return false;
	*out = arena_calloc(arena, (size_t)db_rows(result) + 1, sizeof(**out));
	for (int row = 0; row < db_rows(result) && *out != NULL; row++) {
		*as_of_seq = db_get_int(result, row, 8);
		if (!db_is_null(result, row, 0))
			(*out)[(*count)++] = read_alert(arena, result, row);
	}
	db_result_free(result);
	return !arena->exhausted || views_too_large(e);
}

// ---- views ---------------------------------------------------------------------------------------------

static bool make_view(struct arena *arena, const struct message_standing *standing,
		      Utarg__V1__MessageView *view, struct err *e)
{
	view->message = (Utarg__V1__MarketingMessage *)(uintptr_t)standing->message;
	view->state = (Utarg__V1__MessageState)standing->state;
	view->revision = (uint64_t)standing->seq;
	view->changed_at_ms = standing->changed_at_ms;
	return message_placements(arena, standing, view->alerts, view->n_alerts, &view->placements,
				  &view->n_placements) ||
	       views_too_large(e);
}

// Rows and standings are both ordered by message.
static bool make_views(struct arena *arena, const struct db_result *result,
		       const struct message_standings *standings, struct message_views *out, struct err *e)
{
	int rows = db_rows(result), row = 0;
	Utarg__V1__MessageAlert **alerts = arena_calloc(arena, (size_t)rows + 1, sizeof(*alerts));

	out->items = arena_calloc(arena, standings->count + 1, sizeof(*out->items));
	if (alerts == NULL || out->items == NULL)
		return views_too_large(e);
	for (size_t i = 0; i < standings->count; i++) {
		const struct message_standing *standing = &standings->items[i];
		Utarg__V1__MessageView *view = arena_alloc(arena, sizeof(*view));

		if (view == NULL)
			return views_too_large(e);
		utarg__v1__message_view__init(view);
		view->alerts = &alerts[row];
		for (; row < rows && strcmp(db_get_text(result, row, 0), standing->message->message_id) == 0;
		     row++) {
			if ((alerts[row] = read_alert(arena, result, row)) == NULL)
				return views_too_large(e);
			view->n_alerts++;
		}
		if (!make_view(arena, standing, view, e))
			return false;
		out->items[out->count++] = view;
	}
	return true;
}

static bool views_of(struct db *db, struct arena *arena, int32_t shop_id,
		     const struct message_standings *standings, struct message_views *out, struct err *e)
{
	struct db_array names;
	struct db_value values[] = {db_int4(shop_id), {0}};
	struct db_result *result;
	bool ok;

	*out = (struct message_views){.as_of_seq = standings->as_of_seq};
	db_array_init(&names, DB_TEXT);
	for (size_t i = 0; i < standings->count; i++)
		db_array_add(&names, db_text(standings->items[i].message->message_id));
	values[1] = db_array_value(&names);
	ok = db_run(db, "campaign_message_alerts", values, 2, &result, e);
	db_array_fini(&names);
	if (!ok)
		return false;
	ok = make_views(arena, result, standings, out, e);
	db_result_free(result);
	return ok;
}

bool message_views_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *names,
			 size_t count, struct message_views *out, struct err *e)
{
	struct message_standings standings;

	return message_standings_named(db, arena, shop_id, names, count, &standings, e) &&
	       views_of(db, arena, shop_id, &standings, out, e);
}

bool message_views_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after, int32_t limit,
			struct message_views *out, struct err *e)
{
	struct message_standings standings;

	return message_standings_page(db, arena, shop_id, after, limit, &standings, e) &&
	       views_of(db, arena, shop_id, &standings, out, e);
}
