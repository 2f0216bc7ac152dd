// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// affiliate_ledger  Input: shop, maybe a partner, days of placed_at, where to go on. Output: lines of the
// ledger as
//                   of the minute and event of the figures, and where the next page begins. A fold of its own
//                   is filled with what the page needs and thrown away: the shop's own one may be ahead of
//                   what is committed. What a line says is core/ledger_list.h's.
#include "services/metrics/core/ledger_list.h"
#include "services/metrics/handlers.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"
#include "services/metrics/zones.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// An order has a line a rule of its partner and one a rule it was paid by, and is told whole.
enum {
	KEYS_AT_ONCE = 1000,
	LINES_MAX = 1000,
	LINES_USUAL = 500,
	LINES_LEAST = 300,
	DAYS_USUAL = 400,
	SLACK_DAYS = 2
};

struct reading { // on the heap: half a megabyte
	struct fold *fold;
	struct fold_key keys[KEYS_AT_ONCE];
	struct ledger_row rows[LINES_MAX];
	size_t count;
	bool is_end;
};

static char *copy(struct arena *arena, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copied = arena_alloc(arena, size);
	return copied ? memcpy(copied, text, size) : NULL;
}

static Utarg__V1__CommissionState state_of(const struct ledger_sums *sums)
{
	if (sums->held > 0)
		return UTARG__V1__COMMISSION_STATE__COMMISSION_STATE_HELD;
	if (sums->due > 0)
		return UTARG__V1__COMMISSION_STATE__COMMISSION_STATE_DUE;
	if (sums->due < 0 || (sums->commission == 0 && sums->clawed_back > 0))
		return UTARG__V1__COMMISSION_STATE__COMMISSION_STATE_CLAWED_BACK;
	if (sums->paid > 0)
		return UTARG__V1__COMMISSION_STATE__COMMISSION_STATE_PAID;
	return UTARG__V1__COMMISSION_STATE__COMMISSION_STATE_NONE;
}

static Utarg__V1__LedgerLine *line_message(struct arena *arena, const struct ledger_row *row)
{
	const struct ledger_sums *sums = &row->sums;
	Utarg__V1__LedgerLine *line = arena_alloc(arena, sizeof(*line));
	if (!line)
		return NULL;
	utarg__v1__ledger_line__init(line);
	line->affiliate = copy(arena, row->affiliate);
	line->order_id = copy(arena, row->order);
	line->rule_id = copy(arena, row->rule);
	line->why = copy(arena, row->text);
	line->placed_at_ms = sums->placed_ms;
	line->due_at_ms = row->due_ms;
	line->placed_base_minor = sums->placed_base;
	line->base_minor = sums->base;
	line->placed_commission_minor = sums->placed_commission;
	line->commission_minor = sums->commission;
	line->clawed_back_minor = sums->clawed_back;
	line->paid_minor = sums->paid;
	line->held_minor = sums->held;
	line->due_minor = sums->due;
	line->state = state_of(sums);
	return line;
}

static bool fill(const struct reading *r, struct arena *arena, Utarg__V1__AffiliateLedgerReply *out,
		 struct err *e)
{
	out->lines = arena_calloc(arena, r->count + 1, sizeof(*out->lines));
	for (size_t i = 0; i < r->count && !arena->exhausted; i++)
		out->lines[i] = line_message(arena, &r->rows[i]);
	out->n_lines = r->count;
	out->currency = copy(arena, fold_currency(r->fold));
	out->next = copy(arena, !r->is_end && r->count ? r->rows[r->count - 1].place : "");
	return !arena->exhausted || err_set(e, ERR_TOO_MANY, "the answer does not fit: ask for fewer lines");
}

static bool load(struct metrics *m, const struct shop *shop, struct reading *r, size_t count, struct err *e)
{
	return store_load_entities(m->db, shop->shop_id, r->keys, count < KEYS_AT_ONCE ? count : KEYS_AT_ONCE,
				   r->fold, e);
}

// Days of the shop; empty ones are the last 400 days up to now and a little more.
static bool find_days(const struct reading *r, const Utarg__V1__AffiliateLedgerRequest *request,
		      struct ledger_query *query, struct err *e)
{
	const struct zone *zone = fold_zone(r->fold);
	struct zone_date today = zone_date(zone, query->as_of_ms);
	struct zone_date first = zone_date_add(today, -DAYS_USUAL), last = zone_date_add(today, SLACK_DAYS);
	if (request->first_day[0] && !handlers_check_day(request->first_day, "first_day", &first, e))
		return false;
	if (request->last_day[0] && !handlers_check_day(request->last_day, "last_day", &last, e))
		return false;
	query->from_ms = zone_day_start_ms(zone, first);
	query->to_ms = zone_day_start_ms(zone, zone_date_add(last, 1));
	return true;
}

static bool read_rows(struct metrics *m, const struct shop *shop,
		      const Utarg__V1__AffiliateLedgerRequest *request, int64_t as_of_ms, struct reading *r,
		      struct err *e)
{
	size_t capacity = request->limit ? request->limit : LINES_USUAL, missing = 1;
	struct ledger_query query = {
		.affiliate = request->affiliate, .after = request->after, .as_of_ms = as_of_ms};
	r->keys[0] = (struct fold_key){.kind = FOLD_SETTINGS};
	if (!load(m, shop, r, 1, e) || !find_days(r, request, &query, e))
		return false;
	if (capacity > LINES_MAX)
		capacity = LINES_MAX;
	if (capacity < LINES_LEAST)
		capacity = LINES_LEAST;
	for (;;) {
		r->count = ledger_list(r->fold, &query, r->rows, capacity, r->keys, KEYS_AT_ONCE, &missing,
				       &r->is_end);
		if (!missing)
			return true;
		if (!load(m, shop, r, missing, e))
			return false;
	}
}

static bool answer(struct metrics *m, const struct principal *who,
		   const Utarg__V1__AffiliateLedgerRequest *request, struct arena *arena,
		   Utarg__V1__AffiliateLedgerReply *out, struct err *e)
{
	struct shop *shop = NULL;
	struct store_position position;
	struct reading *r;
	// Single orders and what they come to are told.
	if (!handlers_check_started(m, e) || !principal_may_read_kpi(who, NULL, NULL, NULL, e) ||
	    !handlers_find_shop(m, request->shop, &shop, e))
		return false;
	if (!ledger_place_is_valid(request->after))
		return err_field(e, ERR_BAD_FIELD, "after", "\"%.80s\" is not the next of a page",
				 request->after);
	if (!db_begin_snapshot(m->db, e))
		return false;
	bool ok = handlers_read_position(m, shop, &position, e);
	r = calloc(1, sizeof(*r));
	assert(r);
	if (ok) {
		r->fold = fold_create(&(struct fold_options){
			.as_of_ms = position.as_of_ms, .zone = zones_find, .context = shops_zones(m->shops)});
		ok = read_rows(m, shop, request, position.as_of_ms, r, e) && fill(r, arena, out, e);
		fold_destroy(r->fold);
		out->as_of_seq = (uint64_t)position.seq;
		out->as_of_ms = position.as_of_ms;
	}
	free(r);
	db_rollback(m->db); // nothing was written
	return ok;
}

enum svc_outcome affiliate_ledger(void *context, const struct svc_request *request, Utarg__V1__Reply *reply,
				  struct err *e)
{
	Utarg__V1__AffiliateLedgerReply *out = arena_alloc(request->arena, sizeof(*out));
	if (out == NULL) {
		err_set(e, ERR_TOO_LARGE, "the request is too large");
		return SVC_FAILED;
	}
	utarg__v1__affiliate_ledger_reply__init(out);
	if (!answer(context, request->who, (const Utarg__V1__AffiliateLedgerRequest *)request->body,
		    request->arena, out, e))
		return SVC_FAILED;
	reply->body_case = UTARG__V1__REPLY__BODY_AFFILIATE_LEDGER;
	reply->affiliate_ledger = out;
	return SVC_REPLIED;
}
