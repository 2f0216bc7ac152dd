// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Everything is found anew for every question, by scanning all events.
#include "tests/unit/metrics/helper_oracle_life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 2000 };

struct row {
	uint16_t measure;
	int64_t day_ms, level;
	const char *device; // NULL: total
	money_sum value;
};

struct oracle {
	const struct history *history;
	const struct zone *zone;
	int64_t as_of_ms;
	const struct oracle_order *orders;
	size_t order_count;
	struct row *rows;
	size_t row_count;
};

#define EACH(o, b)                                                                                           \
	for (size_t i_##b = 0; i_##b < (o)->history->count; i_##b++)                                         \
		for (const struct box *b = (o)->history->boxes[i_##b]; b && !b->event.test; b = NULL)

static void add_row(struct oracle *o, uint16_t measure, int64_t t_ms, const char *device, int64_t level,
		    money_sum value)
{
	int64_t start_ms, end_ms;
	zone_window(o->zone, WINDOW_DAY, t_ms, &start_ms, &end_ms);
	for (size_t i = 0; i < o->row_count; i++) {
		struct row *r = &o->rows[i];
		if (r->measure == measure && r->day_ms == start_ms && r->level == level &&
		    (device ? r->device && strcmp(r->device, device) == 0 : !r->device)) {
			r->value += value;
			return;
		}
	}
	assert_true(o->row_count < ROWS_MAX);
	o->rows[o->row_count++] = (struct row){measure, start_ms, level, device, value};
}

static void add(struct oracle *o, uint16_t measure, int64_t t_ms, money_sum value)
{
	add_row(o, measure, t_ms, NULL, 0, value);
}

// Own arithmetic: 32 steps of 1, then 16 of 2, 16 of 4...
static int64_t level(int64_t ms)
{
	int64_t step = 1;
	while (ms / step >= 32)
		step *= 2;
	return ms < 0 ? 0 : ms / step * step;
}

static bool earlier(const struct box *a, const struct box *b)
{
	if (a->fold.t_ms != b->fold.t_ms)
		return a->fold.t_ms < b->fold.t_ms;
	return memcmp(a->fold.id, b->fold.id, UUID_SIZE) < 0;
}

static bool is_about(const struct box *b, int kind, const char *id)
{
	return (int)b->event.body_case == kind && strcmp(b->other, id) == 0;
}

static const char *device_of(const struct box *b)
{
	static const char *const names[] = {"unknown", "desktop", "mobile", "tablet"};
	return names[b->event.context ? b->event.context->device : 0];
}

// ---- service cases ----

enum {
	OPENED = UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED,
	REPLIED = UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED,
	CLOSED = UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED,
	REOPENED = UTARG__V1__EVENT__BODY_SERVICE_CASE_REOPENED
};

static const char *const case_ids[] = {"s0", "s1", "s2", "s3"};

// The case's event of the two kinds that comes after the given one, not before from_ms; NULL: none.
static const struct box *next_turn(struct oracle *o, const char *id, int kind, int other_kind,
				   const struct box *after, int64_t from_ms)
{
	const struct box *next = NULL;
	EACH(o, b)
	if ((is_about(b, kind, id) || is_about(b, other_kind, id)) && b->fold.t_ms >= from_ms &&
	    !(kind == REPLIED && b->body.service_case.by_customer) && (!after || earlier(after, b)) &&
	    (!next || earlier(b, next)))
		next = b;
	return next;
}

static const char *order_of_case(struct oracle *o, const char *id)
{
	const struct box *first = NULL;
	EACH(o, b)
	if ((int)b->event.body_case >= OPENED && (int)b->event.body_case <= REOPENED &&
	    strcmp(b->other, id) == 0 && b->order[0] && (!first || earlier(b, first)))
		first = b;
	return first ? first->order : "";
}

static void tell_case(struct oracle *o, const char *id)
{
	const struct box *opened = next_turn(o, id, OPENED, OPENED, NULL, INT64_MIN);
	if (!opened)
		return;
	int64_t from_ms = opened->fold.t_ms, resolved_ms = o->as_of_ms;
	const struct box *reply = next_turn(o, id, REPLIED, REPLIED, NULL, from_ms);
	bool open = true;
	add(o, M_CASES_OPENED, from_ms, 1);
	add_row(o, M_CASES_OPENED, from_ms, device_of(opened), 0, 1);
	add(o, M_OPEN_CASES, from_ms, 1);
	add_row(o, M_OPEN_CASES, from_ms, device_of(opened), 0, 1);
	for (const struct box *b = next_turn(o, id, CLOSED, REOPENED, NULL, from_ms); b;
	     b = next_turn(o, id, CLOSED, REOPENED, b, from_ms)) {
		bool opens = (int)b->event.body_case == REOPENED;
		if (opens != open) {
			add(o, M_OPEN_CASES, b->fold.t_ms, opens ? 1 : -1);
			add_row(o, M_OPEN_CASES, b->fold.t_ms, device_of(opened), 0, opens ? 1 : -1);
		}
		open = opens;
		resolved_ms = open ? o->as_of_ms : b->fold.t_ms;
	}
	add_row(o, M_FIRST_REPLY_MS, from_ms, NULL, level((reply ? reply->fold.t_ms : o->as_of_ms) - from_ms),
		1);
	add_row(o, M_RESOLUTION_MS, from_ms, NULL, level(resolved_ms - from_ms), 1);
}

static void tell_last_words(struct oracle *o, int kind, const char *id, uint16_t scores, uint16_t count)
{
	const struct box *last = NULL;
	EACH(o, b)
	if (is_about(b, kind, id) && (!last || earlier(last, b)))
		last = b;
	if (!last)
		return;
	uint32_t score = kind == UTARG__V1__EVENT__BODY_SERVICE_RATED ? last->body.rated.score
								      : last->body.review.score;
	add(o, scores, last->fold.t_ms, score);
	add_row(o, scores, last->fold.t_ms, device_of(last), 0, score);
	add(o, count, last->fold.t_ms, 1);
}

// ---- orders and claims ----

static bool says(const struct box *b, int kind, const char *order)
{
	return (int)b->event.body_case == kind && strcmp(b->order, order) == 0;
}

static const struct box *first_of(struct oracle *o, int kind, const char *order, const char *parcel)
{
	const struct box *first = NULL;
	EACH(o, b)
	if (says(b, kind, order) && (!parcel || strcmp(b->other, parcel) == 0) &&
	    (kind != UTARG__V1__EVENT__BODY_ORDER_FULFILLED || b->body.fulfilled.last_parcel) &&
	    (!first || earlier(b, first)))
		first = b;
	return first;
}

static void tell_promise(struct oracle *o, const struct oracle_order *order)
{
	static const char *const parcels[] = {"", "p0", "p1"};
	struct zone_date day;
	int64_t delivered_ms = INT64_MIN;
	if (order->cancelled || !zone_date_parse(order->content->body.order_body.promised_day, &day))
		return;
	int64_t start_ms = zone_day_start_ms(o->zone, day);
	int64_t end_ms = zone_day_start_ms(o->zone, zone_date_add(day, 1));
	for (int i = 0; i < 3; i++) {
		const struct box *b =
			first_of(o, UTARG__V1__EVENT__BODY_ORDER_DELIVERED, order->id, parcels[i]);
		if (b && b->fold.t_ms > delivered_ms)
			delivered_ms = b->fold.t_ms;
	}
	bool delivered = delivered_ms != INT64_MIN;
	add(o, M_PROMISED_ORDERS, start_ms, delivered || end_ms <= o->as_of_ms);
	add(o, M_ORDERS_ON_TIME, start_ms, delivered && delivered_ms < end_ms);
}

static void tell_order(struct oracle *o, const struct oracle_order *order)
{
	const struct box *sent = first_of(o, UTARG__V1__EVENT__BODY_ORDER_FULFILLED, order->id, NULL);
	const struct box *cancel = oracle_cancelled_by(o->history, order->id);
	int64_t end_ms = INT64_MAX, placed_ms = order->placed_ms;
	if (sent) {
		end_ms = sent->fold.t_ms;
		add(o, M_FULFILLED_ORDERS, placed_ms, 1);
		add(o, M_RETURNED_ORDERS, placed_ms,
		    first_of(o, UTARG__V1__EVENT__BODY_RETURN_RECEIVED, order->id, NULL) != NULL);
		add(o, M_REFUSED_ORDERS, placed_ms,
		    first_of(o, UTARG__V1__EVENT__BODY_PARCEL_REFUSED, order->id, NULL) != NULL);
		add_row(o, M_FULFILMENT_MS, placed_ms, NULL, level(end_ms - placed_ms), 1);
	}
	if (cancel && cancel->fold.t_ms < end_ms)
		end_ms = cancel->fold.t_ms;
	if (end_ms > placed_ms)
		add(o, M_OPEN_ORDERS, placed_ms, 1);
	if (end_ms > placed_ms && end_ms != INT64_MAX)
		add(o, M_OPEN_ORDERS, end_ms, -1);
	tell_promise(o, order);
}

static void settle(int64_t t_ms, int64_t told_ms, int64_t *settled_ms)
{
	if (t_ms >= told_ms && t_ms < *settled_ms)
		*settled_ms = t_ms;
}

static int64_t settled_at(struct oracle *o, const struct box *claim)
{
	int64_t settled_ms = INT64_MAX, told_ms = claim->fold.t_ms;
	const char *order = claim->order;
	if (!order[0])
		return settled_ms;
	for (const struct box *r = oracle_next_refund(o->history, order, NULL); r;
	     r = oracle_next_refund(o->history, order, r))
		settle(r->fold.t_ms, told_ms, &settled_ms);
	if (claim->event.body_case == UTARG__V1__EVENT__BODY_WITHDRAWAL_RECEIVED)
		return settled_ms;
	const struct box *cancel = oracle_cancelled_by(o->history, order);
	if (cancel)
		settle(cancel->fold.t_ms, told_ms, &settled_ms);
	EACH(o, b)
	if ((int)b->event.body_case == CLOSED && strcmp(order_of_case(o, b->other), order) == 0)
		settle(b->fold.t_ms, told_ms, &settled_ms);
	return settled_ms;
}

static void tell_claim(struct oracle *o, int kind, const char *id, uint16_t due, uint16_t overdue)
{
	const struct box *claim = NULL;
	EACH(o, b)
	if (is_about(b, kind, id) && (!claim || earlier(b, claim)))
		claim = b;
	if (!claim)
		return;
	int64_t settled_ms = settled_at(o, claim), term_ms = claim->fold.t_ms + 14 * DAY_MS;
	add(o, due, claim->fold.t_ms, 1);
	if (settled_ms != INT64_MAX)
		add(o, due, settled_ms, -1);
	if (term_ms > o->as_of_ms || settled_ms <= term_ms)
		return;
	add(o, overdue, term_ms, 1);
	if (settled_ms != INT64_MAX)
		add(o, overdue, settled_ms, -1);
}

// ---- books ----

static const struct oracle_order *find_order(struct oracle *o, const char *id)
{
	for (size_t i = 0; i < o->order_count; i++)
		if (strcmp(o->orders[i].id, id) == 0)
			return &o->orders[i];
	return NULL;
}

static bool is_of_day(const struct oracle_order *order, int64_t start_ms, int64_t end_ms)
{
	return order->placed_ms >= start_ms && order->placed_ms < end_ms;
}

static bool names_before(const Utarg__V1__OrderDigest *digest, size_t row, const char *id)
{
	for (size_t i = 0; i < row; i++)
		if (strcmp(digest->rows[i]->order_id, id) == 0)
			return true;
	return false;
}

static bool agrees(const Utarg__V1__OrderDigestRow *row, const struct oracle_order *order)
{
	return order && row->gross_minor == order->gross &&
	       (row->status == UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED) == order->cancelled &&
	       strcmp(row->currency, order->content->body.order_body.currency) == 0;
}

static void tell_digest(struct oracle *o, const Utarg__V1__OrderDigest *digest, int64_t start_ms,
			int64_t end_ms)
{
	int64_t rows = 0, agreeing = 0, missing = 0, extra = 0, orders = 0, gross = 0;
	for (size_t i = 0; i < digest->n_rows; i++) {
		const Utarg__V1__OrderDigestRow *row = digest->rows[i];
		const struct oracle_order *order = find_order(o, row->order_id);
		if (names_before(digest, i, row->order_id))
			continue;
		rows++;
		agreeing += agrees(row, order);
		missing += !order;
	}
	for (size_t i = 0; i < o->order_count; i++) {
		const struct oracle_order *order = &o->orders[i];
		if (!is_of_day(order, start_ms, end_ms))
			continue;
		extra += rows > 0 && !names_before(digest, digest->n_rows, order->id);
		if (strcmp(order->content->body.order_body.currency,
			   digest->currency[0] ? digest->currency : "PLN") == 0) {
			orders++;
			gross += order->gross;
		}
	}
	bool day_agrees = rows ? agreeing == rows && !extra
			       : orders == digest->order_count && gross == digest->gross_minor;
	add(o, M_DIGEST_ROWS, start_ms, rows);
	add(o, M_DIGEST_ROWS_AGREEING, start_ms, agreeing);
	add(o, M_BOOKS_MISSING, start_ms, missing);
	add(o, M_BOOKS_EXTRA, start_ms, extra);
	add(o, M_DIGEST_DAYS, start_ms, 1);
	add(o, M_DIGEST_DAYS_AGREEING, start_ms, day_agrees);
}

static void tell_books(struct oracle *o)
{
	EACH(o, b)
	if (b->event.body_case == UTARG__V1__EVENT__BODY_ORDER_DIGEST) {
		struct zone_date day;
		bool last = true;
		EACH(o, c)
		if (is_about(c, UTARG__V1__EVENT__BODY_ORDER_DIGEST, b->other) && earlier(b, c))
			last = false;
		if (last && zone_date_parse(b->other, &day))
			tell_digest(o, &b->body.digest.body, zone_day_start_ms(o->zone, day),
				    zone_day_start_ms(o->zone, zone_date_add(day, 1)));
	}
}

// ---- comparing ----

static const uint16_t measures[] = {
	M_CASES_OPENED,         M_FIRST_REPLY_MS,  M_RESOLUTION_MS,   M_OPEN_CASES,
	M_RATING_SCORE,         M_RATINGS,         M_OPEN_ORDERS,     M_COMPLAINTS_DUE,
	M_COMPLAINTS_OVERDUE,   M_REFUNDS_DUE,     M_REFUNDS_OVERDUE, M_FULFILMENT_MS,
	M_FULFILLED_ORDERS,     M_RETURNED_ORDERS, M_REFUSED_ORDERS,  M_PROMISED_ORDERS,
	M_ORDERS_ON_TIME,       M_REVIEW_SCORE,    M_REVIEWS,         M_DIGEST_ROWS,
	M_DIGEST_ROWS_AGREEING, M_BOOKS_MISSING,   M_BOOKS_EXTRA,     M_DIGEST_DAYS,
	M_DIGEST_DAYS_AGREEING,
};

static const char *compare_counts(struct oracle *o, struct world *world)
{
	static char text[120];
	for (size_t m = 0; m < sizeof(measures) / sizeof(measures[0]); m++) {
		size_t expected = 0;
		for (size_t i = 0; i < o->row_count; i++)
			expected += o->rows[i].measure == measures[m] && !o->rows[i].device &&
				    o->rows[i].value != 0;
		if (world_cell_count(world, measures[m], FOLD_DAY) == expected)
			continue;
		snprintf(text, sizeof(text), "%s: %zu cells, expected %zu", measure_rows[measures[m]].name,
			 world_cell_count(world, measures[m], FOLD_DAY), expected);
		return text;
	}
	return NULL;
}

static const char *compare(struct oracle *o, struct world *world)
{
	static char text[200];
	for (size_t i = 0; i < o->row_count; i++) {
		const struct row *r = &o->rows[i];
		money_sum found = world_level(world, r->measure, FOLD_DAY, r->day_ms,
					      r->device ? FOLD_DEVICE : FOLD_TOTAL,
					      r->device ? r->device : "-", r->level);
		if (found == r->value)
			continue;
		snprintf(text, sizeof(text), "%s %s day %lld level %lld: %lld, expected %lld",
			 measure_rows[r->measure].name, r->device ? r->device : "total", (long long)r->day_ms,
			 (long long)r->level, (long long)found, (long long)r->value);
		return text;
	}
	return compare_counts(o, world);
}

const char *oracle_life_difference(const struct history *history, struct world *world,
				   const struct oracle_order *orders, size_t order_count)
{
	static const char *const claims[] = {"w0", "w1", "w2", "w3"}, *const reviews[] = {"e0", "e1", "e2"};
	struct oracle o = {.history = history,
			   .zone = world_zone(NULL, history->zone),
			   .as_of_ms = history->as_of_ms,
			   .orders = orders,
			   .order_count = order_count,
			   .rows = malloc(ROWS_MAX * sizeof(struct row))};
	for (int i = 0; i < 4; i++) {
		tell_case(&o, case_ids[i]);
		tell_last_words(&o, UTARG__V1__EVENT__BODY_SERVICE_RATED, case_ids[i], M_RATING_SCORE,
				M_RATINGS);
		tell_claim(&o, UTARG__V1__EVENT__BODY_COMPLAINT_RECEIVED, claims[i], M_COMPLAINTS_DUE,
			   M_COMPLAINTS_OVERDUE);
		tell_claim(&o, UTARG__V1__EVENT__BODY_WITHDRAWAL_RECEIVED, claims[i], M_REFUNDS_DUE,
			   M_REFUNDS_OVERDUE);
	}
	for (int i = 0; i < 3; i++)
		tell_last_words(&o, UTARG__V1__EVENT__BODY_REVIEW_POSTED, reviews[i], M_REVIEW_SCORE,
				M_REVIEWS);
	for (size_t i = 0; i < order_count; i++)
		tell_order(&o, &orders[i]);
	tell_books(&o);
	const char *difference = compare(&o, world);
	free(o.rows);
	return difference;
}
