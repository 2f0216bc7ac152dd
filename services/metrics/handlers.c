// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// kpi, books and snapshot: checks what is asked, opens a read-only snapshot so that figures and position
// belong together, and answers. What a figure is, figures.c knows.
#include "services/metrics/handlers.h"

#include "common/base/clock.h"
#include "services/metrics/books.h"
#include "services/metrics/figures.h"
#include "services/metrics/metrics.h"
#include "services/metrics/publish.h"
#include "services/metrics/shops.h"
#include "services/metrics/standing.h"
#include "services/metrics/store.h"

#include <stdlib.h>
#include <string.h>

// ---- kpi ----

bool handlers_check_started(const struct metrics *m, struct err *e)
{
	return m->swept_at_ms != 0 ||
	       err_set(e, ERR_BUSY, "metrics waits for its database; try again in a moment");
}

bool handlers_find_shop(struct metrics *m, const char *slug, struct shop **out, struct err *e)
{
	if (*slug == '\0')
		return err_field(e, ERR_MISSING_FIELD, "shop", "which shop? The field is empty");
	if (!text_is_slug(slug))
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", slug);
	*out = shops_find(m, slug, e);
	if (*out == NULL)
		return false;
	struct shop *shop = *out;
	if (shop->state == SHOP_FOLLOWED && !shop->shown)
		return err_set(e, ERR_BUSY,
			       "the figures of %s are being brought up to date: event %lld of %lld", slug,
			       (long long)shop->position.seq, (long long)shop->target_seq);
	return true;
}

static bool check_kpi(const struct kpi_row *kpi, const char *name, const struct figures_query *query,
		      struct err *e)
{
	if (kpi == NULL)
		return err_field(e, ERR_BAD_FIELD, "kpis", "there is no key figure \"%.80s\"", name);
	if ((kpi->dimensions & (1U << query->dimension)) == 0)
		return err_field(e, ERR_BAD_FIELD, "dimension", "%s is not kept by %s", name,
				 fold_dimension_name(query->dimension));
	if ((kpi->windows & (1U << query->window)) == 0)
		return err_field(e, ERR_BAD_FIELD, "window", "%s is not kept by the %s", name,
				 window_name(query->window));
	return true;
}

// Each named once, however often it was asked for. out has room for all there are.
static bool choose_kpis(const Utarg__V1__KpiRequest *request, struct figures_query *query,
			const struct kpi_row **out, struct err *e)
{
	query->kpis = out;
	if (request->n_kpis > kpi_count)
		return err_field(e, ERR_TOO_MANY, "kpis", "there are only %zu key figures", kpi_count);
	for (size_t i = 0; i < request->n_kpis; i++) {
		const struct kpi_row *kpi = kpi_find(request->kpis[i]);
		bool known = false;
		if (!check_kpi(kpi, request->kpis[i], query, e))
			return false;
		for (size_t k = 0; k < query->kpi_count; k++)
			known |= out[k] == kpi;
		if (!known)
			out[query->kpi_count++] = kpi;
	}
	for (size_t i = 0; request->n_kpis == 0 && i < kpi_count; i++)
		out[query->kpi_count++] = &kpi_rows[i];
	return true;
}

// Each of the figures must be one that its key may read.
static bool check_may(const struct principal *who, const struct figures_query *query, struct err *e)
{
	for (size_t i = 0; i < query->kpi_count; i++)
		if (!principal_may_read_kpi(who, query->kpis[i]->name, fold_dimension_name(query->dimension),
					    query->key, e))
			return false;
	return true;
}

bool handlers_check_day(const char *text, const char *field, struct zone_date *out, struct err *e)
{
	if (zone_date_parse(text, out) && out->year >= 1970 && out->year <= 2100)
		return true;
	return err_field(e, ERR_BAD_FIELD, field, "\"%.40s\" is no day from 1970-01-01 to 2100-12-31", text);
}

static bool check_instant(int64_t t_ms, const char *field, struct err *e)
{
	if (t_ms >= 0 && t_ms <= INT64_C(4133980800000)) // 2101-01-01
		return true;
	return err_field(e, ERR_BAD_FIELD, field, "the time must lie between 1970 and 2100");
}

static bool choose_range(const Utarg__V1__KpiRequest *request, const struct zone *zone,
			 struct figures_query *query, struct err *e)
{
	struct zone_date day;
	if (request->from_ms != 0 && *request->from_day != '\0')
		return err_field(e, ERR_BAD_FIELD, "from_day", "give from_ms or from_day, not both");
	if (request->to_ms != 0 && *request->to_day != '\0')
		return err_field(e, ERR_BAD_FIELD, "to_day", "give to_ms or to_day, not both");
	query->has_from = request->from_ms != 0 || *request->from_day != '\0';
	query->has_to = request->to_ms != 0 || *request->to_day != '\0';
	query->from_ms = request->from_ms;
	query->to_ms = request->to_ms;
	if (!check_instant(request->from_ms, "from_ms", e) || !check_instant(request->to_ms, "to_ms", e))
		return false;
	if (*request->from_day != '\0') {
		if (!handlers_check_day(request->from_day, "from_day", &day, e))
			return false;
		query->from_ms = zone_day_start_ms(zone, day);
	}
	if (*request->to_day != '\0') {
		if (!handlers_check_day(request->to_day, "to_day", &day, e))
			return false;
		query->to_ms = zone_day_start_ms(zone, zone_date_add(day, 1));
	}
	if (query->has_from && query->has_to && query->from_ms >= query->to_ms)
		return err_field(e, ERR_BAD_FIELD, *request->to_day != '\0' ? "to_day" : "to_ms",
				 "the range ends before it begins");
	return true;
}

static bool choose_frame(const Utarg__V1__KpiRequest *request, struct figures_query *query, struct err *e)
{
	query->window = request->window == UTARG__V1__WINDOW__WINDOW_UNSPECIFIED
				? WINDOW_DAY
				: (enum window)request->window;
	if (query->window < WINDOW_MINUTE || query->window > WINDOW_MONTH)
		return err_field(e, ERR_BAD_FIELD, "window", "there is no window with number %d",
				 (int)request->window);
	query->dimension = FOLD_TOTAL;
	if (*request->dimension != '\0' && !fold_dimension_from_name(request->dimension, &query->dimension))
		return err_field(e, ERR_BAD_FIELD, "dimension", "there is no dimension \"%.80s\"",
				 request->dimension);
	query->key = *request->key != '\0' ? request->key : NULL;
	if (query->dimension == FOLD_TOTAL && query->key != NULL && strcmp(query->key, "-") != 0)
		return err_field(e, ERR_BAD_FIELD, "key", "the total has no key but \"-\"");
	return true;
}

bool handlers_read_position(struct metrics *m, const struct shop *shop, struct store_position *out,
			    struct err *e)
{
	int64_t head_epoch, head_seq;
	bool found;
	if (!store_load_position(m->db, shop->shop_id, out, &head_epoch, &head_seq, &found, e))
		return false;
	if (!found || out->seq < out->rebuild_seq)
		return err_set(e, ERR_BUSY, "the figures of %s are being made again", shop->slug);
	return true;
}

static bool fill_reply(const struct figures *figures, const struct shop *shop,
		       const struct store_position *position, struct arena *arena, Utarg__V1__KpiReply *out)
{
	out->figures = arena_calloc(arena, figures->count, sizeof(*out->figures));
	for (size_t i = 0; i < figures->count && !arena->exhausted; i++)
		out->figures[i] =
			figure_message(&figures->rows[i], shop, position->seq, position->as_of_ms, arena);
	out->n_figures = figures->count;
	return !arena->exhausted;
}

static bool answer_kpi(struct metrics *m, const struct principal *who, const Utarg__V1__KpiRequest *request,
		       struct arena *arena, Utarg__V1__KpiReply *out, struct err *e)
{
	struct shop *shop = NULL;
	struct store_position position;
	struct figures figures = {0};
	struct standings standings = {0};
	struct figures_query query = {.now_ms = clock_now_ms(), .limit = METRICS_FIGURE_MAX};
	const struct kpi_row **kpis = arena_calloc(arena, kpi_count, sizeof(*kpis));
	if (kpis == NULL)
		return err_set(e, ERR_TOO_LARGE, "the request is too large");
	if (!handlers_check_started(m, e) || !choose_frame(request, &query, e) ||
	    !choose_kpis(request, &query, kpis, e) || !check_may(who, &query, e) ||
	    !handlers_find_shop(m, request->shop, &shop, e) || !choose_range(request, shop->zone, &query, e))
		return false;
	query.shop = shop;
	if (!db_begin_snapshot(m->db, e))
		return false;
	bool ok = handlers_read_position(m, shop, &position, e) && figures_read(m->db, &query, &figures, e) &&
		  standings_of_figures(m->db, shop, figures.rows, figures.count, position.as_of_ms,
				       &standings, e);
	db_rollback(m->db); // nothing was written
	if (ok &&
	    (!standings_build(&standings, shop, arena) || !fill_reply(&figures, shop, &position, arena, out)))
		ok = err_set(e, ERR_TOO_MANY, "the answer does not fit: ask for fewer figures");
	if (ok)
		metrics_count(METRICS_figures_read, (int64_t)figures.count);
	figures_fini(&figures);
	standings_fini(&standings);
	return ok;
}

static enum svc_outcome handle_kpi(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				   struct err *e)
{
	struct metrics *m = context;
	const Utarg__V1__KpiRequest *body = (const Utarg__V1__KpiRequest *)request->body;
	Utarg__V1__KpiReply *out = arena_alloc(request->arena, sizeof(*out));
	if (out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__kpi_reply__init(out);
	if (!answer_kpi(m, request->who, body, request->arena, out, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_KPI;
	reply->kpi = out;
	return SVC_REPLIED;
}

// ---- books ----

static bool answer_books(struct metrics *m, const struct principal *who,
			 const Utarg__V1__BooksRequest *request, struct arena *arena,
			 Utarg__V1__BooksReply *out, struct err *e)
{
	struct shop *shop = NULL;
	struct store_position position;
	struct zone_date day;
	if (!handlers_check_started(m, e) || !handlers_check_day(request->day, "day", &day, e) ||
	    !principal_may_read_kpi(who, NULL, NULL, NULL,
				    e) || // single orders and the day's turnover are told
	    !handlers_find_shop(m, request->shop, &shop, e) ||
	    !db_begin_snapshot(m->db, e))
		return false;
	bool ok = handlers_read_position(m, shop, &position, e) &&
		  books_read(m, shop, request->day, position.as_of_ms, arena, out, e);
	db_rollback(m->db); // nothing was written
	out->as_of_seq = ok ? (uint64_t)position.seq : 0;
	return ok;
}

static enum svc_outcome handle_books(void *context, const struct svc_request *request,
				     Utarg__V1__Reply *reply, struct err *e)
{
	Utarg__V1__BooksReply *out = arena_alloc(request->arena, sizeof(*out));
	if (out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__books_reply__init(out);
	if (!answer_books(context, request->who, (const Utarg__V1__BooksRequest *)request->body,
			  request->arena, out, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_BOOKS;
	reply->books = out;
	return SVC_REPLIED;
}

// ---- snapshot ----

struct answer {
	struct metrics *m;
	struct arena *arena;
	Utarg__V1__SnapshotReply *out;
	size_t capacity;
	struct shop *shop; // whose position stands here
	struct store_position position;
};

static bool make_room(struct answer *a)
{
	if (a->out->n_updates < a->capacity)
		return true;
	size_t capacity = a->capacity == 0 ? 64 : a->capacity * 2;
	Utarg__V1__KpiUpdate **wider = arena_calloc(a->arena, capacity, sizeof(*wider));
	if (wider == NULL)
		return false;
	if (a->capacity > 0)
		memcpy(wider, a->out->updates, a->capacity * sizeof(*wider));
	a->out->updates = wider;
	a->capacity = capacity;
	return true;
}

static bool add_update(void *context, struct shop *shop, const struct figure *figure, const char *topic,
		       struct err *e)
{
	struct answer *a = context;
	if (a->shop != shop && !handlers_read_position(a->m, shop, &a->position, e))
		return false;
	a->shop = shop;
	Utarg__V1__KpiUpdate *update = arena_alloc(a->arena, sizeof(*update));
	if (update == NULL || !make_room(a))
		return err_set(e, ERR_TOO_MANY, "the answer does not fit: name more of the topic");
	utarg__v1__kpi_update__init(update);
	update->figure = figure_message(figure, shop, a->position.seq, a->position.as_of_ms, a->arena);
	update->epoch = (uint64_t)a->position.epoch;
	update->incarnation = svc_incarnation(a->m->svc);
	update->version = publish_version(a->m->publish, topic);
	update->reason = UTARG__V1__REASON__REASON_SNAPSHOT;
	a->out->updates[a->out->n_updates++] = update;
	return update->figure != NULL ||
	       err_set(e, ERR_TOO_MANY, "the answer does not fit: name more of the topic");
}

static bool answer_snapshot(struct metrics *m, const char *text, struct answer *a, struct err *e)
{
	struct topic_prefix prefix;
	struct shop *only = NULL;
	if (!handlers_check_started(m, e) || !topic_prefix_parse(text, strlen(text), &prefix, e) ||
	    !publish_check_prefix(m, &prefix, e) ||
	    (prefix.segment_count > 1 && !handlers_find_shop(m, prefix.segments[1], &only, e)))
		return false;
	if (!db_begin_snapshot(m->db, e))
		return false;
	bool ok = publish_figures_under(m, &prefix, only, METRICS_FIGURE_MAX, add_update, a, e);
	db_rollback(m->db); // nothing was written
	if (ok)
		metrics_count(METRICS_figures_read, (int64_t)a->out->n_updates);
	return ok;
}

static enum svc_outcome handle_snapshot(void *context, const struct svc_request *request,
					Utarg__V1__Reply *reply, struct err *e)
{
	const Utarg__V1__SnapshotRequest *body = (const Utarg__V1__SnapshotRequest *)request->body;
	struct answer a = {.m = context, .arena = request->arena};
	a.out = arena_alloc(request->arena, sizeof(*a.out));
	if (a.out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__snapshot_reply__init(a.out);
	const struct slice prefix = {(const uint8_t *)body->topic_prefix, strlen(body->topic_prefix)};
	if (!principal_may_hear(request->who, prefix, e))
		return SVC_FAILED;
	if (!answer_snapshot(a.m, body->topic_prefix, &a, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_SNAPSHOT;
	reply->snapshot = a.out;
	return SVC_REPLIED;
}

const struct svc_route metrics_routes[] = {
	{UTARG__V1__REQUEST__BODY_KPI, "kpi", &utarg__v1__kpi_request__descriptor, handle_kpi, PERMIT_KPI,
	 false, offsetof(Utarg__V1__KpiRequest, shop)},
	{UTARG__V1__REQUEST__BODY_BOOKS, "books", &utarg__v1__books_request__descriptor, handle_books,
	 PERMIT_KPI, false, offsetof(Utarg__V1__BooksRequest, shop)},
	{UTARG__V1__REQUEST__BODY_SNAPSHOT, "snapshot", &utarg__v1__snapshot_request__descriptor,
	 handle_snapshot, PERMIT_KPI, false, 0},
	{UTARG__V1__REQUEST__BODY_TARGET_LIST, "target_list", &utarg__v1__target_list_request__descriptor,
	 target_list, PERMIT_KPI, false, offsetof(Utarg__V1__TargetListRequest, shop)},
	{UTARG__V1__REQUEST__BODY_ALERT_ADD, "alert_add", &utarg__v1__alert_add_request__descriptor,
	 alert_add, PERMIT_DECIDE, false, offsetof(Utarg__V1__AlertAddRequest, shop)},
	{UTARG__V1__REQUEST__BODY_ALERT_REMOVE, "alert_remove", &utarg__v1__alert_remove_request__descriptor,
	 alert_remove, PERMIT_DECIDE, false, offsetof(Utarg__V1__AlertRemoveRequest, shop)},
	{UTARG__V1__REQUEST__BODY_ALERT_RULE_LIST, "alert_rule_list",
	 &utarg__v1__alert_rule_list_request__descriptor, alert_rule_list, PERMIT_KPI, false,
	 offsetof(Utarg__V1__AlertRuleListRequest, shop)},
	{UTARG__V1__REQUEST__BODY_ALERT_LIST, "alert_list", &utarg__v1__alert_list_request__descriptor,
	 alert_list, PERMIT_KPI, false, offsetof(Utarg__V1__AlertListRequest, shop)},
	{UTARG__V1__REQUEST__BODY_ALERT_ACK, "alert_ack", &utarg__v1__alert_ack_request__descriptor,
	 alert_ack, PERMIT_DECIDE, false, offsetof(Utarg__V1__AlertAckRequest, shop)},
	{UTARG__V1__REQUEST__BODY_KPI_HISTORY, "kpi_history", &utarg__v1__kpi_history_request__descriptor,
	 handle_kpi_history, PERMIT_KPI, false, offsetof(Utarg__V1__KpiHistoryRequest, shop)},
	{UTARG__V1__REQUEST__BODY_CONVERSION_PATHS, "conversion_paths",
	 &utarg__v1__conversion_paths_request__descriptor, handle_paths, PERMIT_KPI, false,
	 offsetof(Utarg__V1__ConversionPathsRequest, shop)},
	{UTARG__V1__REQUEST__BODY_AFFILIATE_LEDGER, "affiliate_ledger",
	 &utarg__v1__affiliate_ledger_request__descriptor, affiliate_ledger, PERMIT_KPI, false,
	 offsetof(Utarg__V1__AffiliateLedgerRequest, shop)},
	{0},
};
