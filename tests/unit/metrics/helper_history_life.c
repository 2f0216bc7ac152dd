// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_history.h"
#include "tests/unit/metrics/helper_oracle_money.h"

#include <stdio.h>
#include <string.h>

enum { ORDERS = 9, CASES = 4, CLAIMS = 4, REVIEWS = 3 };

static const char *name(char out[16], const char *prefix, uint32_t n)
{
	snprintf(out, 16, "%s%u", prefix, n);
	return out;
}

static struct box *some_case(struct random *r, int64_t t_ms)
{
	static const Utarg__V1__Event__BodyCase kinds[] = {
		UTARG__V1__EVENT__BODY_SERVICE_CASE_OPENED, UTARG__V1__EVENT__BODY_SERVICE_CASE_REPLIED,
		UTARG__V1__EVENT__BODY_SERVICE_CASE_CLOSED, UTARG__V1__EVENT__BODY_SERVICE_CASE_REOPENED};
	char id[16], order[16];
	name(id, "s", random_below(r, CASES));
	name(order, "o", random_below(r, ORDERS));
	if (random_chance(r, 15))
		return box_rated(t_ms, id, 1 + random_below(r, 5));
	bool has_order = random_chance(r, 40);
	struct box *box = box_case(t_ms, kinds[random_below(r, 4)], id, has_order ? order : "");
	box->body.service_case.by_customer = random_chance(r, 30);
	return box;
}

static struct box *some_parcel(struct random *r, int64_t t_ms)
{
	static const Utarg__V1__Event__BodyCase kinds[] = {
		UTARG__V1__EVENT__BODY_ORDER_FULFILLED, UTARG__V1__EVENT__BODY_ORDER_DELIVERED,
		UTARG__V1__EVENT__BODY_PARCEL_REFUSED, UTARG__V1__EVENT__BODY_RETURN_RECEIVED};
	char order[16], parcel[16];
	Utarg__V1__Event__BodyCase kind = kinds[random_below(r, 100) * 4 / 100];
	name(order, "o", random_below(r, ORDERS));
	name(parcel, "p", random_below(r, 2));
	struct box *box = box_life(t_ms, kind, order, random_chance(r, 80) ? parcel : "");
	if (kind == UTARG__V1__EVENT__BODY_ORDER_FULFILLED)
		box->body.fulfilled.last_parcel = random_chance(r, 70);
	return box;
}

static struct box *some_claim(struct random *r, int64_t t_ms)
{
	char id[16], order[16];
	name(id, "w", random_below(r, CLAIMS));
	name(order, "o", random_below(r, ORDERS));
	if (random_chance(r, 40))
		return box_withdrawal(t_ms, id, order);
	return box_complaint(t_ms, id, random_chance(r, 80) ? order : "");
}

static struct box *some_digest(const struct history *h, struct random *r, int64_t t_ms)
{
	char day[16], order[16];
	int64_t at_ms = h->base_ms + random_below(r, 6) * DAY_MS + 12 * HOUR_MS;
	struct zone_date date = zone_date(world_zone(NULL, h->zone), at_ms);
	snprintf(day, sizeof(day), "%04u-%02u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
	struct box *box = box_digest(t_ms, day, random_below(r, 3), 0);
	uint32_t rows = random_chance(r, 75) ? 1 + random_below(r, BOX_ROWS) : 0;
	for (uint32_t i = 0; i < rows; i++)
		box_digest_row(box, name(order, "o", random_below(r, ORDERS)), 0);
	return box;
}

// Of most rows: what the order is like in the end.
static void fit_row(struct random *r, Utarg__V1__OrderDigestRow *row, const struct oracle_order *order)
{
	if (strcmp(row->order_id, order->id) != 0 || random_chance(r, 20))
		return;
	row->gross_minor = order->gross;
	row->currency = order->content->body.order_body.currency;
	row->status = order->cancelled ? UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED
				       : UTARG__V1__ORDER_STATUS__ORDER_STATUS_PLACED;
}

static void fit_digest(const struct history *h, struct random *r, Utarg__V1__OrderDigest *digest,
		       const struct oracle_order *orders, size_t count)
{
	static char pln[] = "PLN", eur[] = "EUR";
	const struct zone *zone = world_zone(NULL, h->zone);
	struct zone_date day;
	assert_true(zone_date_parse(digest->day, &day));
	digest->order_count = 0;
	digest->currency = random_chance(r, 30) ? eur : random_chance(r, 50) ? pln : digest->currency;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < digest->n_rows; k++)
			fit_row(r, digest->rows[k], &orders[i]);
		if (strcmp(orders[i].content->body.order_body.currency,
			   digest->currency[0] ? digest->currency : pln) != 0 ||
		    zone_date_days(zone_date(zone, orders[i].placed_ms)) != zone_date_days(day))
			continue;
		digest->order_count += random_chance(r, 95);
		digest->gross_minor += orders[i].gross;
	}
}

void history_fit_digests(struct history *history, struct random *random)
{
	struct oracle_order orders[ORACLE_ORDERS];
	struct oracle_give gives[ORACLE_GIVES];
	size_t gave, count = oracle_orders(history, orders, gives, &gave);
	for (size_t i = 0; i < history->count; i++)
		if (history->boxes[i]->event.body_case == UTARG__V1__EVENT__BODY_ORDER_DIGEST)
			fit_digest(history, random, &history->boxes[i]->body.digest.body, orders, count);
}

struct box *history_life(const struct history *history, struct random *random, int64_t t_ms)
{
	char id[16];
	uint32_t what = random_below(random, 100);
	if (what < 30)
		return some_case(random, t_ms);
	if (what < 55)
		return some_parcel(random, t_ms);
	if (what < 75)
		return some_claim(random, t_ms);
	if (what < 90)
		return some_digest(history, random, t_ms);
	name(id, "e", random_below(random, REVIEWS));
	uint32_t score = 1 + random_below(random, 5);
	return box_review(t_ms, id, random_chance(random, 80) ? "s1" : "", score);
}
