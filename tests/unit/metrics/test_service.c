// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Hand-worked service cases, lives of orders, claims, reviews and books.
#include "services/metrics/core/books_list.h"
#include "services/metrics/core/level.h"
#include "tests/unit/metrics/helper_world.h"

#include <stdio.h>
#include <string.h>

#define OPENED    UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED
#define REPLIED   UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED
#define CLOSED    UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED
#define REOPENED  UTARG__V1__EVENT__BODY_SERVICE_CASE_REOPENED
#define SENT      UTARG__V1__EVENT__BODY_ORDER_FULFILLED
#define DELIVERED UTARG__V1__EVENT__BODY_ORDER_DELIVERED
#define REFUSED   UTARG__V1__EVENT__BODY_PARCEL_REFUSED
#define RETURNED  UTARG__V1__EVENT__BODY_RETURN_RECEIVED

static int64_t day_ms; // local midnight of Monday 2026-11-23 in Warsaw

static struct world *begin(int64_t as_of_ms)
{
	day_ms = local_ms("Europe/Warsaw", 2026, 11, 23, 0, 0);
	struct world *world = world_create(day_ms + as_of_ms);
	world_say(world, box_settings(day_ms - 40 * DAY_MS, "PLN", "Europe/Warsaw", 30));
	return world;
}

static void fold(struct world *world)
{
	world_fold(world, 0);
	world_checkpoint(world);
}

static void say(struct world *world, struct box *box)
{
	world_say(world, box);
	fold(world);
}

static void tick(struct world *world, int64_t as_of_ms)
{
	world_checkpoint(world);
	world_evict(world, 0); // what is due comes back from the store
	world_tick(world, day_ms + as_of_ms);
	world_checkpoint(world);
}

static int64_t on_day(struct world *world, const char *kpi, int days)
{
	return world_day(world, kpi, day_ms + days * DAY_MS + 13 * HOUR_MS);
}

static void ratio(struct world *world, const char *kpi, int64_t numerator, int64_t denominator)
{
	struct world_figure figure = world_figure(world, kpi, WINDOW_DAY, day_ms + HOUR_MS, FOLD_TOTAL, "-");
	assert_int_equal(figure.numerator, numerator);
	assert_int_equal(figure.denominator, denominator);
}

// ---- cases ----

// Replies after 10 and 50 minutes; the third case waits, then is answered after 3 hours.
static void first_replies(void **state)
{
	(void)state;
	struct world *world = begin(12 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_case(t, OPENED, "a", ""));
	say(world, box_case(t, OPENED, "b", ""));
	say(world, box_case(t + HOUR_MS, OPENED, "c", ""));
	say(world, box_case(t + 10 * MINUTE_MS, REPLIED, "a", ""));
	say(world, box_case(t + 20 * MINUTE_MS, REPLIED, "a", ""));
	say(world, box_case(t + 50 * MINUTE_MS, REPLIED, "b", ""));
	struct box *customer = box_case(t + HOUR_MS + MINUTE_MS, REPLIED, "c", "");
	customer->body.service_case.by_customer = true;
	say(world, customer);
	assert_int_equal(on_day(world, "first_reply_minutes_p50", 0), level_of(50 * MINUTE_MS));
	assert_int_equal(on_day(world, "first_reply_minutes_p90", 0), level_of(60 * MINUTE_MS));
	// 600,000 ms keep 5 of their 20 bits: 589,824.
	assert_int_equal(world_level(world, M_FIRST_REPLY_MS, FOLD_DAY, day_ms, FOLD_TOTAL, "-", 589824), 1);
	tick(world, 13 * HOUR_MS);
	assert_int_equal(on_day(world, "first_reply_minutes_p90", 0), level_of(120 * MINUTE_MS));
	tick(world, 20 * HOUR_MS);
	assert_int_equal(on_day(world, "first_reply_minutes_p90", 0), level_of(9 * HOUR_MS));
	say(world, box_case(t + 4 * HOUR_MS, REPLIED, "c", ""));
	assert_int_equal(on_day(world, "first_reply_minutes_p90", 0), level_of(3 * HOUR_MS));
	assert_int_equal(world_all(world, M_FIRST_REPLY_MS, FOLD_DAY), 3);
	assert_int_equal(world_cell_count(world, M_FIRST_REPLY_MS, FOLD_DAY), 3);
	world_destroy(world);
}

// The clock moves values, never revisions; an answer moves both.
static void the_clock_leaves_revisions(void **state)
{
	(void)state;
	struct world *world = begin(10 * HOUR_MS);
	say(world, box_case(day_ms + 10 * HOUR_MS, OPENED, "a", ""));
	for (int hours = 11; hours < 200; hours += 7)
		tick(world, hours * HOUR_MS);
	struct world_figure figure =
		world_figure(world, "first_reply_minutes_p50", WINDOW_DAY, day_ms, FOLD_TOTAL, "-");
	assert_int_equal(figure.revision, 2);
	assert_int_equal(figure.numerator, level_of(183 * HOUR_MS)); // last at 11 + 26 x 7
	say(world, box_case(day_ms + 10 * HOUR_MS + 5, REPLIED, "a", ""));
	figure = world_figure(world, "first_reply_minutes_p50", WINDOW_DAY, day_ms, FOLD_TOTAL, "-");
	assert_int_equal(figure.revision, 3);
	assert_int_equal(figure.numerator, 5);
	world_destroy(world);
}

static void opened_and_closed(void **state)
{
	(void)state;
	struct world *world = begin(90 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_case(t + DAY_MS, CLOSED, "a", "")); // before the opening is known
	assert_int_equal(on_day(world, "open_cases", 1), 0);
	say(world, box_case(t, OPENED, "a", ""));
	say(world, box_case(t, OPENED, "b", ""));
	assert_int_equal(on_day(world, "open_cases", 0), 2);
	assert_int_equal(on_day(world, "open_cases", 1), 1);
	assert_int_equal(on_day(world, "resolution_hours_p50", 0), level_of(24 * HOUR_MS));
	say(world, box_case(t + DAY_MS + HOUR_MS, CLOSED, "a", "")); // closed already, later counts
	assert_int_equal(on_day(world, "resolution_hours_p50", 0), level_of(25 * HOUR_MS));
	assert_int_equal(on_day(world, "open_cases", 1), 1);
	say(world, box_case(t + 2 * DAY_MS, REOPENED, "a", ""));
	assert_int_equal(on_day(world, "open_cases", 1), 1);
	assert_int_equal(on_day(world, "open_cases", 2), 2);
	assert_int_equal(on_day(world, "resolution_hours_p50", 0), level_of(80 * HOUR_MS));
	// An earlier opening moves the case; a later one does not.
	say(world, box_case(t + HOUR_MS, OPENED, "a", ""));
	say(world, box_case(t - DAY_MS, OPENED, "b", ""));
	assert_int_equal(on_day(world, "open_cases", -1), 1);
	assert_int_equal(on_day(world, "open_cases", 0), 2);
	say(world, box_order(t, ORIGIN_SERVER, "", "", "o1", 0, 1000));
	say(world, box_order(t, ORIGIN_SERVER, "", "", "o2", 0, 1000));
	ratio(world, "contact_rate", 1, 2);
	world_destroy(world);
}

static void scores(void **state)
{
	(void)state;
	struct world *world = begin(12 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_rated(t + 2, "a", 5));
	say(world, box_rated(t, "a", 1));
	say(world, box_rated(t, "b", 2));
	ratio(world, "satisfaction", 7, 2);
	say(world, box_review(t, "r", "shoe", 3));
	say(world, box_review(t, "s", "", 5));
	ratio(world, "review_score", 8, 2);
	assert_int_equal(world_day_of(world, "review_score", t, FOLD_OFFER, "shoe"), 3);
	say(world, box_review(t + 1, "r", "hat", 4));
	ratio(world, "review_score", 9, 2);
	assert_int_equal(world_day_of(world, "review_score", t, FOLD_OFFER, "shoe"), 0);
	assert_int_equal(world_day_of(world, "review_score", t, FOLD_OFFER, "hat"), 4);
	world_destroy(world);
}

// ---- orders ----

static void sent_orders(void **state)
{
	(void)state;
	struct world *world = begin(90 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_life(t + 30 * HOUR_MS, SENT, "a", "p2")); // before its order
	say(world, box_life(t + 31 * HOUR_MS, RETURNED, "a", "r"));
	assert_int_equal(on_day(world, "open_orders", 3), 0);
	say(world, box_order(t, ORIGIN_SERVER, "", "", "a", 0, 1000));
	say(world, box_order(t, ORIGIN_SERVER, "", "", "b", 0, 1000));
	say(world, box_order(t, ORIGIN_SERVER, "", "", "c", 0, 1000));
	say(world, box_life(t + 2 * HOUR_MS, SENT, "b", "p"));
	say(world, box_life(t + 2 * HOUR_MS, REFUSED, "b", "p"));
	say(world, box_life(t + 2 * HOUR_MS, REFUSED, "c", "p")); // never sent: in no rate
	struct box *part = box_life(t + HOUR_MS, SENT, "c", "p");
	part->body.fulfilled.last_parcel = false;
	say(world, part);
	assert_int_equal(on_day(world, "fulfilment_hours_p50", 0), level_of(2 * HOUR_MS));
	assert_int_equal(on_day(world, "fulfilment_hours_p90", 0), level_of(30 * HOUR_MS));
	ratio(world, "return_rate", 1, 2);
	ratio(world, "parcel_refused_rate", 1, 2);
	assert_int_equal(on_day(world, "open_orders", 0), 2);
	assert_int_equal(on_day(world, "open_orders", 1), 1);
	say(world, box_cancel(t + 25 * HOUR_MS, "a")); // before it was sent
	assert_int_equal(on_day(world, "open_orders", 1), 1);
	say(world, box_cancel(t, "c")); // at its date: it was never open
	assert_int_equal(on_day(world, "open_orders", 0), 1);
	assert_int_equal(on_day(world, "open_orders", 1), 0);
	assert_int_equal(on_day(world, "fulfilment_hours_p90", 0), level_of(30 * HOUR_MS));
	world_destroy(world);
}

static struct box *promised(int64_t t_ms, const char *order, uint32_t version, char *day)
{
	struct box *box = box_order(t_ms, ORIGIN_SERVER, "", "", order, version, 1000);
	box->body.order_body.promised_day = day;
	return box;
}

static void promises(void **state)
{
	static char monday[] = "2026-11-23", tuesday[] = "2026-11-24", nonsense[] = "soon";
	(void)state;
	struct world *world = begin(20 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, promised(t, "a", 0, monday));
	say(world, promised(t, "b", 0, monday));
	say(world, promised(t, "c", 0, nonsense));
	ratio(world, "on_time_rate", 0, 0);
	say(world, box_life(t + HOUR_MS, DELIVERED, "a", "p1"));
	ratio(world, "on_time_rate", 1, 1);
	tick(world, 24 * HOUR_MS - MINUTE_MS);
	ratio(world, "on_time_rate", 1, 1);
	tick(world, 24 * HOUR_MS);
	ratio(world, "on_time_rate", 1, 2); // undelivered, and the day is over
	struct world_figure figure = world_figure(world, "on_time_rate", WINDOW_DAY, t, FOLD_TOTAL, "-");
	assert_int_equal(figure.revision, 5);                        // the clock stamps nothing
	say(world, box_life(day_ms + DAY_MS, DELIVERED, "a", "p2")); // its second parcel is late
	ratio(world, "on_time_rate", 0, 2);
	say(world, box_life(day_ms + DAY_MS - 1, DELIVERED, "a", "p2"));
	ratio(world, "on_time_rate", 1, 2);
	say(world, promised(t + 1, "a", 1, tuesday)); // another promise in a later version
	ratio(world, "on_time_rate", 0, 1);
	assert_int_equal(on_day(world, "on_time_rate", 1), 1);
	say(world, box_cancel(t + HOUR_MS, "b"));
	ratio(world, "on_time_rate", 0, 0);
	world_destroy(world);
}

// ---- claims ----

static void complaints(void **state)
{
	(void)state;
	struct world *world = begin(20 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_complaint(t, "x", ""));  // of no order: never settled
	say(world, box_complaint(t, "y", "a")); // of an order that comes later
	say(world, box_complaint(t, "z", "b"));
	assert_int_equal(on_day(world, "complaints_due", 0), 3);
	say(world, box_case(t - HOUR_MS, OPENED, "s", "a"));
	say(world, box_case(t - MINUTE_MS, CLOSED, "s", "")); // before it was told
	assert_int_equal(on_day(world, "complaints_due", 1), 3);
	say(world, box_case(t + DAY_MS, CLOSED, "s", ""));
	assert_int_equal(on_day(world, "complaints_due", 0), 3);
	assert_int_equal(on_day(world, "complaints_due", 1), 2);
	// An earlier word of the case names another order.
	say(world, box_case(t - 2 * HOUR_MS, REPLIED, "s", "b"));
	assert_int_equal(on_day(world, "complaints_due", 1), 2);
	say(world, box_complaint(t - 1, "z", "")); // told first without an order
	assert_int_equal(on_day(world, "complaints_due", 1), 3);
	say(world, box_order(t - DAY_MS, ORIGIN_SERVER, "", "", "a", 0, 1000));
	say(world, box_cancel(t + DAY_MS, "a"));
	assert_int_equal(on_day(world, "complaints_due", 1), 2);
	tick(world, 14 * DAY_MS + 10 * HOUR_MS - MINUTE_MS);
	assert_int_equal(on_day(world, "complaints_overdue", 14), 0);
	tick(world, 14 * DAY_MS + 10 * HOUR_MS); // z was told 1 ms before x
	assert_int_equal(on_day(world, "complaints_overdue", 13), 0);
	assert_int_equal(on_day(world, "complaints_overdue", 14), 2);
	assert_int_equal(on_day(world, "complaints_due", 14), 2);
	world_destroy(world);
}

static void withdrawals(void **state)
{
	(void)state;
	struct world *world = begin(15 * DAY_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_order(t - DAY_MS, ORIGIN_SERVER, "", "", "a", 0, 1000));
	say(world, box_withdrawal(t, "w", "a"));
	say(world, box_case(t, OPENED, "s", "a"));
	say(world, box_case(t + HOUR_MS, CLOSED, "s", "a"));
	say(world, box_cancel(t + HOUR_MS, "a")); // neither settles a withdrawal
	assert_int_equal(on_day(world, "refunds_due", 0), 1);
	assert_int_equal(on_day(world, "refunds_overdue", 14), 1);
	struct box *refund = box_refund(t + 14 * DAY_MS + HOUR_MS, "r", "a");
	refund->body.refund.known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
	refund->body.refund.total_minor = 100;
	say(world, refund); // on day 14, an hour too late
	assert_int_equal(on_day(world, "refunds_due", 13), 1);
	assert_int_equal(on_day(world, "refunds_due", 14), 0);
	assert_int_equal(on_day(world, "refunds_overdue", 14), 0);
	assert_int_equal(world_cell_count(world, M_REFUNDS_OVERDUE, FOLD_DAY), 0); // +1 and -1 in one day
	struct box *earlier = box_copy(refund);
	earlier->fold.t_ms = t + HOUR_MS;
	snprintf(earlier->other, sizeof(earlier->other), "q");
	say(world, earlier);
	assert_int_equal(on_day(world, "refunds_due", 0), 0);
	world_destroy(world);
}

// ---- books ----

static void books_with_rows(void **state)
{
	(void)state;
	struct world *world = begin(40 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_order(t, ORIGIN_SERVER, "", "", "a", 0, 1000)); // gross 1230
	say(world, box_order(t, ORIGIN_SERVER, "", "", "b", 0, 2000)); // gross 2460
	struct box *digest = box_digest(t + DAY_MS, "2026-11-23", 9, 9);
	box_digest_row(digest, "a", 1230);
	box_digest_row(digest, "c", 500);
	box_digest_row(digest, "a", 1); // named already
	say(world, digest);
	ratio(world, "books_coverage", 1, 2);
	assert_int_equal(on_day(world, "books_missing", 0), 1);
	assert_int_equal(on_day(world, "books_extra", 0), 1); // b
	ratio(world, "books_day_agrees", 0, 1);
	// c comes after the books, of another day: it is here, and no other day's extra without its books.
	struct box *late = box_order(t - DAY_MS, ORIGIN_SERVER, "", "", "c", 0, 400);
	late->body.order_body.shipping_net_minor = 7;
	late->body.order_body.shipping_tax_minor = 1;
	say(world, late); // 400 + 92 + 8
	ratio(world, "books_coverage", 2, 2);
	assert_int_equal(on_day(world, "books_missing", 0), 0);
	assert_int_equal(on_day(world, "books_extra", 0), 1);
	assert_int_equal(on_day(world, "books_extra", -1), 0);
	say(world, box_cancel(t + 2 * HOUR_MS, "a"));
	ratio(world, "books_coverage", 1, 2);
	struct box *again = box_digest(t + DAY_MS + 1, "2026-11-23", 0, 0);
	box_digest_row(again, "a", 1230);
	again->body.digest.rows[0].status = UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	box_digest_row(again, "b", 2460);
	say(world, again); // the newest counts
	ratio(world, "books_coverage", 2, 2);
	ratio(world, "books_day_agrees", 1, 1);
	say(world, box_digest(t, "2026-11-23", 5, 5)); // an older one does not
	ratio(world, "books_day_agrees", 1, 1);
	assert_int_equal(on_day(world, "books_extra", 0), 0);
	world_destroy(world);
}

static void books_of_sums(void **state)
{
	static char eur[] = "EUR";
	(void)state;
	struct world *world = begin(40 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_digest(t + DAY_MS, "2026-11-23", 2, 3690));
	ratio(world, "books_day_agrees", 0, 1);
	ratio(world, "books_coverage", 0, 0);
	say(world, box_order(t, ORIGIN_SERVER, "", "", "a", 0, 1000));
	struct box *foreign = box_order(t, ORIGIN_SERVER, "", "", "e", 0, 1000);
	foreign->body.order_body.currency = eur;
	say(world, foreign);
	ratio(world, "books_day_agrees", 0, 1);
	say(world, box_order(t, ORIGIN_SERVER, "", "", "b", 0, 2000));
	ratio(world, "books_day_agrees", 1, 1);
	say(world, box_order(t, ORIGIN_SERVER, "", "", "b", 1, 2001)); // another content
	ratio(world, "books_day_agrees", 0, 1);
	say(world, box_digest(t + DAY_MS, "2026-11-22", 0, 0));
	assert_int_equal(on_day(world, "books_day_agrees", -1), 1);
	assert_int_equal(on_day(world, "books_extra", 0), 0); // without rows none is extra
	world_destroy(world);
}

struct told {
	char text[400];
};

static void tell(struct told *told, const struct books_line *line)
{
	size_t used = strlen(told->text);
	snprintf(told->text + used, sizeof(told->text) - used, "%s books %d %d %lld %s here %d %d %lld %s; ",
		 line->order, line->books.is_there, line->books.is_cancelled,
		 (long long)line->books.gross_minor, line->books.currency, line->journal.is_there,
		 line->journal.is_cancelled, (long long)line->journal.gross_minor, line->journal.currency);
}

static const char *listed_first(struct world *world, size_t max, struct books *books, struct told *told)
{
	struct fold_key keys[3];
	struct books_line lines[8];
	struct err e = {0};
	size_t missing;
	while ((missing = books_missing(world_of(world), "2026-11-23", keys, 3)) > 0)
		for (size_t i = 0; i < missing && i < 3; i++)
			assert_true(
				fold_load(world_of(world), &keys[i], (struct slice){NULL, 0}, INT64_MAX, &e));
	told->text[0] = '\0';
	books_sum(world_of(world), "2026-11-23", books);
	size_t count = books_list(world_of(world), "2026-11-23", lines, max);
	assert_int_equal(books_list_missing(world_of(world), lines, count, keys, 3), 0);
	books_list_fill(world_of(world), lines, count);
	for (size_t i = 0; i < count; i++)
		tell(told, &lines[i]);
	return told->text;
}

static const char *listed(struct world *world, struct books *books, struct told *told)
{
	return listed_first(world, 8, books, told);
}

// Of the orders of the day one agrees, one differs, one is extra until it turns out to be of another day.
static void books_are_listed(void **state)
{
	(void)state;
	struct books books;
	struct told told;
	struct world *world = begin(40 * HOUR_MS);
	int64_t t = day_ms + 10 * HOUR_MS;
	say(world, box_order(t, ORIGIN_SERVER, "", "", "a", 0, 1000));
	assert_string_equal(listed(world, &books, &told), "");
	assert_false(books.is_known);
	say(world, box_order(t, ORIGIN_SERVER, "", "", "b", 0, 2000));
	say(world, box_order(t, ORIGIN_SERVER, "", "", "x", 2, 3000));
	struct box *digest = box_digest(t + DAY_MS, "2026-11-23", 0, 0);
	box_digest_row(digest, "c", 5);
	box_digest_row(digest, "b", 2461);
	box_digest_row(digest, "a", 1230);
	say(world, digest);
	assert_string_equal(listed(world, &books, &told), "b books 1 0 2461 PLN here 1 0 2460 PLN; "
							  "c books 1 0 5 PLN here 0 0 0 ; "
							  "x books 0 0 0  here 1 0 3690 PLN; ");
	assert_true(books.is_known && !books.agrees && books.rows == 3 && books.agreeing == 1 &&
		    books.missing == 1 && books.extra == 1);
	assert_string_equal(listed_first(world, 2, &books, &told), "b books 1 0 2461 PLN here 1 0 2460 PLN; "
								   "c books 1 0 5 PLN here 0 0 0 ; ");
	assert_true(books.agreeing == 1 && books.missing == 1 && books.extra == 1);
	say(world, box_order(t - DAY_MS, ORIGIN_SERVER, "", "", "x", 1, 3000));
	say(world, box_cancel(t, "a"));
	assert_string_equal(listed(world, &books, &told), "a books 1 0 1230 PLN here 1 1 1230 PLN; "
							  "b books 1 0 2461 PLN here 1 0 2460 PLN; "
							  "c books 1 0 5 PLN here 0 0 0 ; ");
	assert_true(books.extra == 0);
	world_destroy(world);
}

static void next_levels(void **state)
{
	static const int64_t rows[][2] = {{-9, 1},  {0, 1},   {31, 32}, {32, 34},
					  {33, 34}, {63, 64}, {64, 68}, {INT64_C(3600000), INT64_C(3670016)}};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(level_next(rows[i][0]), rows[i][1]);
		assert_true(level_of(rows[i][1] - 1) == level_of(rows[i][0]));
		assert_true(level_of(rows[i][1]) == rows[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_replies),     cmocka_unit_test(the_clock_leaves_revisions),
		cmocka_unit_test(opened_and_closed), cmocka_unit_test(scores),
		cmocka_unit_test(sent_orders),       cmocka_unit_test(promises),
		cmocka_unit_test(complaints),        cmocka_unit_test(withdrawals),
		cmocka_unit_test(books_with_rows),   cmocka_unit_test(books_of_sums),
		cmocka_unit_test(next_levels),       cmocka_unit_test(books_are_listed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
