// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// kpi_history: how a closed day's figure came to be what it is. Begins with the sums as they are now and
// takes the changes away again, latest first; what is left is what the day's own events and the clock made.
#include "services/metrics/core/history.h"
#include "services/metrics/core/sums.h"
#include "services/metrics/figures.h"
#include "services/metrics/handlers.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <assert.h>
#include <string.h>

// Rows read for one answer, each at most a few hundred bytes, and changes told.
enum { ROWS_MAX = 10000, CHANGES_MAX = 5000 };

enum column {
	HISTORY_DAY,
	HISTORY_SEQ,
	HISTORY_RECEIVED,
	HISTORY_REASON,
	HISTORY_CHANGES,
	HISTORY_KIND,
	HISTORY_ID
};

struct walk {
	const struct shop *shop;
	struct figure figure; // of now
	struct sums sums;     // as they were after what is left to take away
	int64_t from_ms[KPI_REACH_COUNT];
	int64_t day_ms; // of the row at hand
	struct arena *arena;
	Utarg__V1__KpiHistoryReply *out; // changes latest first until the end
};

static bool is_made_of(const struct kpi_row *kpi, uint16_t measure, int reach)
{
	for (int i = 0; i < KPI_TERM_MAX; i++)
		if ((kpi->numerator[i].measure == measure && kpi->numerator[i].reach == reach) ||
		    (kpi->denominator[i].measure == measure && kpi->denominator[i].reach == reach))
			return true;
	return false;
}

static void take_away(void *context, const struct history_change *change)
{
	struct walk *w = context;
	for (int reach = 0; change->measure != 0 && reach < KPI_REACH_COUNT; reach++)
		if (is_made_of(w->figure.kpi, change->measure, reach) && w->day_ms >= w->from_ms[reach])
			sums_add(&w->sums, change->measure, (enum kpi_reach)reach, change->level,
				 -change->amount, 0);
}

static bool makes_history(const struct kpi_row *kpi)
{
	bool makes = true;
	for (int i = 0; i < KPI_TERM_MAX; i++)
		makes = makes &&
			(!kpi->numerator[i].measure || measure_makes_history(kpi->numerator[i].measure)) &&
			(!kpi->denominator[i].measure || measure_makes_history(kpi->denominator[i].measure));
	return makes;
}

static bool check_request(struct metrics *m, const struct principal *who,
			  const Utarg__V1__KpiHistoryRequest *request, struct walk *w, struct err *e)
{
	struct figure *f = &w->figure;
	struct shop *shop = NULL;
	struct zone_date day;
	f->kpi = kpi_find(request->kpi);
	f->window = WINDOW_DAY;
	f->dimension = FOLD_TOTAL;
	if (f->kpi == NULL)
		return err_field(e, ERR_BAD_FIELD, "kpi", "there is no key figure \"%.80s\"", request->kpi);
	if (!makes_history(f->kpi))
		return err_field(e, ERR_BAD_FIELD, "kpi",
				 "%s has no history: it moves with the paths of the 90 days before, not with "
				 "events of its own",
				 f->kpi->name);
	if (*request->dimension != '\0' && !fold_dimension_from_name(request->dimension, &f->dimension))
		return err_field(e, ERR_BAD_FIELD, "dimension", "there is no dimension \"%.80s\"",
				 request->dimension);
	f->key = f->dimension == FOLD_TOTAL ? "-" : request->key;
	if (f->dimension == FOLD_TOTAL && *request->key != '\0' && strcmp(request->key, "-") != 0)
		return err_field(e, ERR_BAD_FIELD, "key", "the total has no key but \"-\"");
	if (f->dimension != FOLD_TOTAL && *request->key == '\0')
		return err_field(e, ERR_MISSING_FIELD, "key", "which key of the %s?",
				 fold_dimension_name(f->dimension));
	if (!figure_exists(f->kpi, f->dimension, WINDOW_DAY))
		return err_field(e, ERR_BAD_FIELD, "dimension", "%s is not kept by day and %s", f->kpi->name,
				 fold_dimension_name(f->dimension));
	if (!principal_may_read_kpi(who, f->kpi->name, fold_dimension_name(f->dimension), f->key, e) ||
	    !handlers_check_started(m, e) || !handlers_find_shop(m, request->shop, &shop, e) ||
	    !handlers_check_day(request->day, "day", &day, e))
		return false;
	w->shop = shop;
	zone_window(shop->zone, WINDOW_DAY, zone_day_start_ms(shop->zone, day), &f->start_ms, &f->end_ms);
	for (int reach = 0; reach < KPI_REACH_COUNT; reach++)
		w->from_ms[reach] =
			kpi_reach_from_ms((enum kpi_reach)reach, shop->zone, f->start_ms, f->end_ms);
	return true;
}

static int64_t earliest(const struct walk *w)
{
	int64_t from_ms = w->figure.start_ms;
	for (uint16_t measure = 1; measure < MEASURE_COUNT; measure++)
		for (int reach = 0; reach < KPI_REACH_COUNT; reach++)
			if (w->from_ms[reach] < from_ms && is_made_of(w->figure.kpi, measure, reach))
				from_ms = w->from_ms[reach];
	return from_ms;
}

// The figure as the sums say it, in three texts of the arena.
static void tell_figure(const struct walk *w, char **numerator, char **denominator, char **value)
{
	char text[KPI_VALUE_SIZE];
	money_sum n, d;
	sums_fraction(&w->sums, w->figure.kpi, &n, &d);
	kpi_value(w->figure.kpi, n, d, w->shop->currency, text);
	*value = arena_copy(w->arena, text, strlen(text));
	money_text(n, 0, text);
	*numerator = arena_copy(w->arena, text, strlen(text));
	money_text(d, 0, text);
	*denominator = arena_copy(w->arena, text, strlen(text));
}

static Utarg__V1__KpiChange *new_change(const struct walk *w, const struct db_result *rows, int row)
{
	Utarg__V1__KpiChange *change = arena_alloc(w->arena, sizeof(*change));
	if (change == NULL)
		return NULL;
	utarg__v1__kpi_change__init(change);
	change->seq = (uint64_t)db_get_int(rows, row, HISTORY_SEQ);
	change->received_at_ms = db_get_time_ms(rows, row, HISTORY_RECEIVED);
	change->reason = (Utarg__V1__Reason)db_get_int(rows, row, HISTORY_REASON);
	if (!db_is_null(rows, row, HISTORY_KIND)) {
		struct slice id = db_get_bytes(rows, row, HISTORY_ID);
		change->kind = (uint32_t)db_get_int(rows, row, HISTORY_KIND);
		change->event_id.len = id.size;
		change->event_id.data = (uint8_t *)arena_copy(w->arena, (const char *)id.data, id.size);
	}
	tell_figure(w, &change->numerator, &change->denominator, &change->value);
	return change;
}

// Takes the rows of one event away, and keeps it when that changed the figure. *row moves behind them.
static bool take_event(struct walk *w, const struct db_result *rows, int *row, struct err *e)
{
	money_sum n, d, before_n, before_d;
	int64_t seq = db_get_int(rows, *row, HISTORY_SEQ);
	Utarg__V1__KpiChange *change = new_change(w, rows, *row);
	if (change == NULL || w->arena->exhausted)
		return err_set(e, ERR_TOO_MANY, "the answer does not fit");
	sums_fraction(&w->sums, w->figure.kpi, &n, &d);
	for (; *row < db_rows(rows) && db_get_int(rows, *row, HISTORY_SEQ) == seq; (*row)++) {
		w->day_ms = db_get_time_ms(rows, *row, HISTORY_DAY);
		if (!history_read(db_get_bytes(rows, *row, HISTORY_CHANGES), w->figure.dimension,
				  w->figure.key, take_away, w))
			return err_set(e, ERR_INTERNAL, "the history of event %lld is broken",
				       (long long)seq);
	}
	sums_fraction(&w->sums, w->figure.kpi, &before_n, &before_d);
	if (before_n != n || before_d != d)
		w->out->changes[w->out->n_changes++] = change;
	return true;
}

static void turn_round(Utarg__V1__KpiHistoryReply *out)
{
	for (size_t i = 0; i < out->n_changes / 2; i++) {
		Utarg__V1__KpiChange *change = out->changes[i];
		out->changes[i] = out->changes[out->n_changes - 1 - i];
		out->changes[out->n_changes - 1 - i] = change;
	}
}

// How many of the rows are of events that are there whole: of the earliest one some may be behind the limit.
static int whole_events(const struct db_result *rows)
{
	int count = db_rows(rows);
	if (count < ROWS_MAX)
		return count;
	int64_t last = db_get_int(rows, count - 1, HISTORY_SEQ);
	while (count > 0 && db_get_int(rows, count - 1, HISTORY_SEQ) == last)
		count--;
	return count;
}

static bool walk_back(struct metrics *m, struct walk *w, struct err *e)
{
	struct db_result *rows;
	int row = 0;
	if (!db_run(m->db, "metrics_history_read",
		    STORE_VALUES(db_int4(w->shop->shop_id), db_time_ms(earliest(w)),
				 db_time_ms(w->figure.end_ms), db_int8(ROWS_MAX)),
		    &rows, e))
		return false;
	int count = whole_events(rows);
	bool ok = true;
	w->out->changes = arena_calloc(w->arena, CHANGES_MAX, sizeof(*w->out->changes));
	if (w->out->changes == NULL)
		ok = err_set(e, ERR_TOO_MANY, "the answer does not fit");
	while (ok && row < count && w->out->n_changes < CHANGES_MAX)
		ok = take_event(w, rows, &row, e);
	w->out->cut = row < db_rows(rows);
	db_result_free(rows);
	turn_round(w->out);
	tell_figure(w, &w->out->first_numerator, &w->out->first_denominator, &w->out->first_value);
	return ok;
}

static bool answer(struct metrics *m, struct walk *w, struct err *e)
{
	struct store_position position;
	if (!db_begin_snapshot(m->db, e))
		return false;
	bool ok = handlers_read_position(m, w->shop, &position, e) &&
		  figure_read_sums(m->db, w->shop, &w->figure, &w->sums, e) && walk_back(m, w, e);
	db_rollback(m->db); // nothing was written
	if (ok)
		w->out->figure =
			figure_message(&w->figure, w->shop, position.seq, position.as_of_ms, w->arena);
	if (ok && (w->out->figure == NULL || w->arena->exhausted))
		ok = err_set(e, ERR_TOO_MANY, "the answer does not fit");
	return ok;
}

enum svc_outcome handle_kpi_history(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				    struct err *e)
{
	const Utarg__V1__KpiHistoryRequest *body = (const Utarg__V1__KpiHistoryRequest *)request->body;
	struct walk w = {.arena = request->arena, .out = arena_alloc(request->arena, sizeof(*w.out))};
	if (w.out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__kpi_history_reply__init(w.out);
	bool ok = check_request(context, request->who, body, &w, e) && answer(context, &w, e);
	sums_fini(&w.sums);
	if (!ok)
		return SVC_FAILED;
	metrics_count(METRICS_figures_read, 1);
	reply->body_case = UTARG__V1__REPLY__BODY_KPI_HISTORY;
	reply->kpi_history = w.out;
	return SVC_REPLIED;
}
