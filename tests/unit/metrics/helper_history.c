// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/metrics/helper_history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t random_next(struct random *random)
{
	uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t random_below(struct random *random, uint32_t n)
{
	return (uint32_t)(random_next(random) % n);
}

bool random_chance(struct random *random, uint32_t percent)
{
	return random_below(random, 100) < percent;
}

enum { DAYS = 6, VISITORS = 5, CARTS = 5, ORDERS = 8, CUSTOMERS = 3, REFUNDS = 7 };

struct maker {
	struct random random;
	struct history *history;
	size_t capacity;
	uint32_t days;
	uint32_t slots;     // quarters of a session gap in a busy hour
	uint32_t zone, gap; // those that count in the end, of the tables below
	uint32_t changes;   // statements of the shop that are still to come
	bool has_partners;
	uint32_t far_days; // offers and orders reach that much further back
};

// Draws that follow each other stand in statements of their own: as arguments of one call each compiler takes
// them in an order of its own.

static const char *name(char out[16], const char *prefix, uint32_t n)
{
	snprintf(out, 16, "%s%u", prefix, n);
	return out;
}

// Times gather in a few hours of each day, so that gaps are sometimes just below and above the limit.
static int64_t some_time(struct maker *m)
{
	int64_t hour = 2 + 19 * random_below(&m->random, 2);
	int64_t t_ms = m->history->base_ms + random_below(&m->random, m->days) * DAY_MS + hour * HOUR_MS;
	t_ms += random_below(&m->random, m->slots) * (m->history->gap_minutes * MINUTE_MS / 4);
	if (random_chance(&m->random, 30))
		t_ms += (int64_t)random_below(&m->random, 5) - 2; // ties and gaps off by a millisecond
	return t_ms;
}

// Histories are shorter than 28 days, but the clock and long pauses in the stock are not.
static int64_t some_long_time(struct maker *m)
{
	int64_t t_ms = some_time(m);
	if (m->far_days)
		return t_ms - random_below(&m->random, m->far_days) * DAY_MS;
	return random_chance(&m->random, 25) ? t_ms - random_below(&m->random, 95) * DAY_MS : t_ms;
}

static void push(struct maker *m, struct box *box)
{
	if (m->history->count == m->capacity) {
		m->capacity = m->capacity * 2 + 64;
		m->history->boxes = realloc(m->history->boxes, m->capacity * sizeof(struct box *));
	}
	// Ids in random order, but never the same twice.
	uint64_t mixed = random_next(&m->random);
	memcpy(box->fold.id, &mixed, sizeof(mixed));
	m->history->boxes[m->history->count++] = box;
}

static void dress(struct maker *m, struct box *box)
{
	static char google[] = "google", cpc[] = "cpc", mail[] = "email", spring[] = "spring",
		    sale[] = "sale", engine[] = "www.google.pl", blog[] = "blog.example", pl[] = "PL",
		    de[] = "DE", gclid[] = "gclid", wbraid[] = "wbraid",
		    paths[][8] = {"", "/a", "/b?y=2", "?"};
	Utarg__V1__Context *c = &box->context;
	struct random *r = &m->random;
	box->event.channel = random_chance(r, 30) ? random_below(r, 6) : 0;
	c->device = random_below(r, 4);
	c->country = random_chance(r, 50) ? pl : de;
	if (random_chance(r, 30)) {
		c->utm_source = google;
		c->utm_medium = random_chance(r, 50) ? cpc : mail;
		c->utm_campaign = random_chance(r, 50) ? spring : sale;
	}
	if (random_chance(r, 15))
		c->click_id_kind = random_chance(r, 50) ? gclid : wbraid;
	if (random_chance(r, 30))
		c->referrer_host = random_chance(r, 50) ? engine : blog;
	c->path = paths[random_below(r, 4)];
	if (random_chance(r, 10))
		box->event.context = NULL;
	if (random_chance(r, 5)) {
		box->event.consent = &box->consent;
		box->consent.analytics = UTARG__V1__CHOICE__CHOICE_DENIED;
	}
	box->event.test = random_chance(r, 3);
}

static struct box *some_page(struct maker *m, const char *visitor)
{
	struct random *r = &m->random;
	char sku[16];
	uint32_t kind = random_below(r, 10), some = random_below(r, 9), other = random_below(r, 3);
	// Some so long ago that what they led to has lapsed.
	int64_t t_ms = kind > 5 && random_chance(r, 25) ? some_long_time(m) : some_time(m);
	switch (kind) {
	case 0:
		return box_search(t_ms, visitor, some % 2);
	case 1:
		return box_page_timing(t_ms, visitor, 400 * (some % 3), 20 * other);
	case 2:
		return box_page_error(t_ms, visitor);
	case 3:
		return box_view_item(t_ms, visitor, name(sku, "s", some % 2));
	case 4:
	case 5:
		return box_heartbeat(t_ms, visitor, 2000 * some);
	default:
		return box_page_view(t_ms, visitor);
	}
}

static void some_browsing(struct maker *m)
{
	char visitor[16];
	struct box *box = some_page(m, name(visitor, "v", random_below(&m->random, VISITORS)));
	if (random_chance(&m->random, 5))
		box->fold.visitor.size = 0;
	if (random_chance(&m->random, 5))
		box->fold.origin = ORIGIN_SERVER;
	if (random_chance(&m->random, 25))
		box_name_customer(box, name(visitor, "k", random_below(&m->random, CUSTOMERS)));
	dress(m, box);
	push(m, box);
}

// Mostly signed with the key in force, of one of two partners.
static void some_click(struct maker *m)
{
	struct random *r = &m->random;
	char visitor[16], customer[16], partner[16];
	int key = random_chance(r, 80) ? 0 : 1 + (int)random_below(r, 2);
	const char *campaign = random_chance(r, 50) ? "spring" : "";
	name(partner, "p", random_below(r, 2));
	name(visitor, "v", random_below(r, VISITORS));
	struct box *box = box_click(some_time(m), visitor, partner, campaign, key);
	if (random_chance(r, 25))
		box_name_customer(box, name(customer, "k", random_below(r, CUSTOMERS)));
	dress(m, box);
	push(m, box);
}

static void some_cart(struct maker *m)
{
	static const Utarg__V1__Event__BodyCase kinds[] = {UTARG__V1__EVENT__BODY_VIEW_CART,
							   UTARG__V1__EVENT__BODY_CART_EMPTIED,
							   UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT};
	struct random *r = &m->random;
	char visitor[16], cart[16], other[16], sku[16];
	struct box *box;
	name(visitor, "v", random_below(r, VISITORS));
	name(cart, "c", random_below(r, CARTS));
	name(other, "c", random_below(r, CARTS));
	name(sku, "s", random_below(r, 2));
	uint32_t what = random_below(r, 100), some = random_below(r, 6);
	int64_t t_ms = some_time(m);
	if (what < 45)
		box = box_add(t_ms, visitor, cart, sku, 1 + some % 2);
	else if (what < 70)
		box = box_remove(t_ms, visitor, cart, sku, 1 + some % 3);
	else if (what < 76)
		box = box_merge(t_ms, visitor, cart, other);
	else if (what < 84)
		box = box_payment_failed(t_ms, visitor, cart);
	else
		box = box_cart(t_ms, visitor, cart, kinds[some % 3]);
	if (random_chance(r, 15))
		box->fold.origin = ORIGIN_SERVER;
	if (random_chance(r, 10))
		box->fold.visitor.size = 0;
	dress(m, box);
	push(m, box);
}

static void fill_lines(struct maker *m, struct box *box)
{
	static char methods[][8] = {"", "blik", "card"}, coupon[] = "spring";
	static char skus[][3] = {"s0", "s1", "s2"}, categories[][6] = {"", "shoes", "hats"};
	struct random *r = &m->random;
	Utarg__V1__Order *body = &box->body.order_body;
	body->n_lines = random_below(r, 4);
	for (size_t i = 0; i < body->n_lines; i++) {
		Utarg__V1__OrderLine *line = &box->lines[i];
		line->quantity = 1 + random_below(r, 3);
		line->known_net_case = UTARG__V1__ORDER_LINE__KNOWN_NET_NET_MINOR;
		line->net_minor = random_below(r, 20000);
		line->known_tax_rate_case = UTARG__V1__ORDER_LINE__KNOWN_TAX_RATE_TAX_RATE_BP;
		line->tax_rate_bp = random_chance(r, 50) ? 2300 : 800;
		line->discount_minor = random_chance(r, 20) ? line->net_minor / 10 : 0;
		line->sku = skus[random_below(r, 3)];
		line->category = categories[random_below(r, 3)];
		if (random_chance(r, 60)) {
			line->known_cost_case = UTARG__V1__ORDER_LINE__KNOWN_COST_COST_NET_MINOR;
			line->cost_net_minor = random_below(r, 12000);
		}
		if (random_chance(r, 30)) {
			line->known_net_case = 0;
			line->known_gross_case = UTARG__V1__ORDER_LINE__KNOWN_GROSS_GROSS_MINOR;
			line->gross_minor = line->net_minor;
		}
	}
	body->discount_minor = random_chance(r, 20) ? random_below(r, 500) : 0;
	body->payment_method = methods[random_below(r, 3)];
	if (random_chance(r, 30))
		body->coupon = coupon;
	body->shipping_net_minor = random_below(r, 1500);
	body->shipping_tax_minor = body->shipping_net_minor / 5;
}

static void some_order(struct maker *m)
{
	static char eur[] = "EUR";
	struct random *r = &m->random;
	char visitor[16], customer[16], order[16], cart[16];
	uint32_t number = random_below(r, ORDERS);
	name(order, "o", number);
	name(visitor, "v", random_below(r, VISITORS));
	name(customer, "k", random_below(r, CUSTOMERS));
	name(cart, "c", random_below(r, CARTS));
	int origin = 1 + (int)random_below(r, 3);
	uint32_t version = random_below(r, 3);
	bool has_customer = random_chance(r, 60), has_visitor = random_chance(r, 60);
	struct box *box = box_order(some_time(m), origin, has_visitor ? visitor : "",
				    has_customer ? customer : "", order, version, 0);
	Utarg__V1__Order *body = &box->body.order_body;
	if (random_chance(r, 50))
		memcpy(box->cart, cart, sizeof(cart)), body->cart_id = box->cart;
	if (random_chance(r, 50))
		body->placed_at_ms = box->fold.t_ms - random_below(r, 60) * MINUTE_MS;
	if (random_chance(r, 10))
		body->status = UTARG__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED;
	if (m->far_days)
		body->placed_at_ms = box->fold.t_ms - random_below(r, m->far_days) * DAY_MS;
	fill_lines(m, box);
	if (random_chance(r, 40)) {
		struct zone_date date = zone_date(world_zone(NULL, m->history->zone), some_time(m));
		snprintf(box->other, sizeof(box->other), "%04u-%02u-%02u", (unsigned)date.year % 10000,
			 (unsigned)date.month % 100, (unsigned)date.day % 100);
		body->promised_day = box->other;
	}
	if (number == 1 || number == 2) { // 1 is foreign with a rate mostly, 2 without
		body->currency = eur;
		box->rate.currency = eur;
		box->rate.per_unit_nano = INT64_C(4321098765);
		body->rate = number == 1 && random_chance(r, 80) ? &box->rate : NULL;
	}
	dress(m, box);
	push(m, box);
}

static void some_amount(struct maker *m)
{
	static char eur[] = "EUR", none[] = "";
	struct random *r = &m->random;
	char order[16];
	uint32_t number = random_below(r, ORDERS + 1);
	name(order, "o", number);
	bool is_foreign = (number == 1 || number == 2) && random_chance(r, 70);
	char *currency = is_foreign ? eur : none;
	struct box *box;
	int64_t t_ms = some_time(m);
	if (random_chance(r, 60)) {
		box = box_paid(t_ms, order, random_below(r, 30000));
		if (is_foreign || random_chance(r, 20))
			box->body.paid.currency = currency;
	} else {
		box = box_cost(t_ms, order, (int64_t)random_below(r, 2000) - 300);
		if (is_foreign || random_chance(r, 20))
			box->body.cost.currency = currency;
	}
	dress(m, box);
	push(m, box);
}

// Lines that say more or less, what the parts say.
static void name_lines(struct maker *m, struct box *box)
{
	static char skus[][3] = {"s0", "s1", "s2", "s9"};
	Utarg__V1__Refund *body = &box->body.refund;
	body->lines = box->refund_line_at;
	body->n_lines = 1 + random_below(&m->random, 2);
	for (size_t i = 0; i < body->n_lines; i++) {
		utarg__v1__refund_line__init(&box->refund_lines[i]);
		box->refund_line_at[i] = &box->refund_lines[i];
		box->refund_lines[i].sku = skus[random_below(&m->random, 4)];
		box->refund_lines[i].quantity = 1;
		box->refund_lines[i].net_minor = random_below(&m->random, 9000);
	}
}

static void some_refund(struct maker *m)
{
	static char eur[] = "EUR";
	struct random *r = &m->random;
	char refund[16], order[16];
	uint32_t number = random_below(r, ORDERS + 1);
	name(refund, "r", random_below(r, REFUNDS));
	name(order, "o", number);
	bool has_order = random_chance(r, 85);
	struct box *box = box_refund(some_time(m), refund, has_order ? order : "");
	Utarg__V1__Refund *body = &box->body.refund;
	if (number == 1 || number == 2)
		body->currency = eur;
	if (random_chance(r, 50)) {
		body->known_total_case = UTARG__V1__REFUND__KNOWN_TOTAL_TOTAL_MINOR;
		body->total_minor = random_below(r, 30000);
	} else {
		body->known_items_net_case = UTARG__V1__REFUND__KNOWN_ITEMS_NET_ITEMS_NET_MINOR;
		body->items_net_minor = random_below(r, 20000);
	}
	if (!body->known_total_case && random_chance(r, 50))
		name_lines(m, box);
	dress(m, box);
	push(m, box);
}

static void write_day(struct maker *m, int64_t t_ms, char out[16])
{
	struct zone_date date = zone_date(world_zone(NULL, m->history->zone), t_ms);
	snprintf(out, 16, "%04u-%02u-%02u", (unsigned)date.year % 10000, (unsigned)date.month % 100,
		 (unsigned)date.day % 100);
}

static const char *const rate_sources[] = {"", "nbp", "ecb"};

// Of the days from well before the history to its end; now and then the same day again.
static void some_rate(struct maker *m)
{
	static char usd[] = "USD", eur[] = "EUR";
	struct random *r = &m->random;
	char day[16];
	int64_t before_ms = random_below(r, 10) * DAY_MS;
	write_day(m, some_time(m) - before_ms, day);
	int64_t per_unit_nano = INT64_C(4000000000) + random_below(r, 500000000);
	const char *source = rate_sources[1 + random_below(r, 10) / 8];
	struct box *box = box_rate(some_time(m), source, day, per_unit_nano);
	if (random_chance(r, 30)) {
		box->body.published.n_rates = 2;
		box->second_rate.currency = random_chance(r, 50) ? usd : eur;
		box->second_rate.per_unit_nano = INT64_C(3900000000);
	}
	if (random_chance(r, 10))
		box->rate.currency = usd;
	box->event.test = random_chance(r, 3);
	push(m, box);
}

static void some_target(struct maker *m)
{
	static char kpi[] = "orders", day[] = "2025-06-01", values[2][4] = {"10", "200"};
	struct box *box = box_new(some_time(m), ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_TARGET_SET;
	box->event.target_set = &box->body.target;
	utarg__v1__target__init(&box->body.target);
	box->body.target.kpi = kpi;
	box->body.target.first_day = box->body.target.last_day = day;
	box->body.target.value = values[random_below(&m->random, 2)];
	push(m, box);
}

static void some_fact(struct maker *m)
{
	struct random *r = &m->random;
	char order[16];
	struct box *box;
	if (random_chance(r, 10)) {
		some_target(m);
		return;
	}
	if (random_chance(r, 30)) {
		some_rate(m);
		return;
	}
	if (random_chance(r, 50)) {
		name(order, "o", random_below(r, ORDERS));
		box = box_cancel(some_time(m), order);
	} else {
		box = history_marketing(m->history, r, some_time(m));
	}
	dress(m, box);
	push(m, box);
}

static void some_offer(struct maker *m)
{
	static char eur[] = "EUR";
	struct random *r = &m->random;
	char sku[16], place[16], visitor[16];
	struct box *box;
	name(sku, "s", random_below(r, 3));
	name(place, "p", random_below(r, 2));
	name(visitor, "v", random_below(r, VISITORS));
	uint32_t what = random_below(r, 100);
	if (what < 50) {
		int64_t price = random_chance(r, 60) ? 1000 * (int64_t)random_below(r, 4) : -1;
		box = box_view(m->far_days ? some_long_time(m) : some_time(m), visitor, sku, price);
		if (random_chance(r, 5))
			box->body.item_ref.currency = eur;
	} else if (what < 80) {
		int64_t quantity = random_chance(r, 60) ? 0 : random_below(r, 9);
		box = box_stock(some_long_time(m), sku, place, quantity);
	} else {
		int cost = random_chance(r, 70) ? 100 + (int)random_below(r, 300) : -1;
		int price = random_chance(r, 70) ? 500 + (int)random_below(r, 999) : -1;
		box = box_offer(some_long_time(m), sku, price, cost);
		box->body.offer.audience = random_below(r, 4);
		if (random_chance(r, 10))
			box->body.offer.currency = eur;
	}
	if (random_chance(r, 5))
		box->fold.visitor.size = 0;
	dress(m, box);
	push(m, box);
}

static void some_life(struct maker *m)
{
	struct box *box = history_life(m->history, &m->random, some_time(m));
	dress(m, box);
	push(m, box);
}

static void some_affiliate(struct maker *m)
{
	push(m, history_affiliate(&m->random, some_time(m)));
}

static void some_marketing(struct maker *m)
{
	struct box *box = history_marketing(m->history, &m->random, some_time(m));
	dress(m, box);
	push(m, box);
}

static void some_rules(struct maker *m)
{
	static char google[] = "google", own[] = "partner";
	struct box *box = box_new(some_time(m), ORIGIN_SERVER, NULL, NULL);
	box->event.body_case = UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED;
	box->event.channel_rules_changed = &box->body.rules;
	utarg__v1__channel_rules__init(&box->body.rules);
	utarg__v1__channel_rule__init(&box->rule);
	box->rule.utm_source = google;
	box->rule.marketing_channel = own;
	box->rule_at[0] = &box->rule;
	box->body.rules.rules = box->rule_at;
	box->body.rules.n_rules = 1;
	box->body.rules.valid_from_ms = some_time(m);
	push(m, box);
}

static const char *const zones[] = {"Europe/Warsaw", "UTC", "Asia/Kathmandu", "America/New_York"};
static const uint32_t gaps[] = {30, 60, 5, 240};

// A statement with so many more to come: mostly of another zone and another gap than the last one will have.
static struct box *settings_of(struct maker *m, int64_t t_ms, const char *currency, uint32_t turn)
{
	static char blog[] = "Blog.example"; // once it is the shop's own it refers nobody
	static char nothing[] = "", nbp[] = "nbp", ecb[] = "ecb";
	static char *const source[] = {nothing, nbp, ecb};
	static const uint32_t days[] = {0, 7, 90};
	uint32_t zone = random_chance(&m->random, 70) ? turn : 0,
		 gap = random_chance(&m->random, 70) ? turn : 0;
	struct box *box = box_settings(t_ms, currency, zones[(m->zone + zone) % 4], gaps[(m->gap + gap) % 4]);
	box->body.settings.valid_from_ms = random_chance(&m->random, 50) ? t_ms : some_time(m);
	box->body.settings.attribution_days = days[random_below(&m->random, 3)];
	box->body.settings.rate_source =
		source[random_chance(&m->random, 80) ? 1 : random_below(&m->random, 3)];
	if (random_chance(&m->random, 30)) {
		box->own_host[0] = blog;
		box->body.settings.own_hosts = box->own_host;
		box->body.settings.n_own_hosts = 1;
	}
	return box;
}

// What the shop says of itself before anything happens. The last of its statements has no turn left: it is
// what counts for all history. In a third of the histories the shop has said otherwise before.
static void add_settings(struct maker *m)
{
	struct history *h = m->history;
	m->changes = random_chance(&m->random, 33) ? 1 + random_below(&m->random, 2) : 0;
	const char *currency = m->changes && random_chance(&m->random, 50) ? "EUR" : "PLN";
	push(m, settings_of(m, h->base_ms - DAY_MS, currency, m->changes));
	if (random_chance(&m->random, 20)) // an older statement that never counts
		push(m, settings_of(m, h->base_ms - 2 * DAY_MS, "EUR", 1));
	if (random_chance(&m->random, 20))
		some_rules(m);
	if (random_chance(&m->random, 80))
		push(m, box_affiliate_key(h->base_ms - DAY_MS, 0));
	if (random_chance(&m->random, 20))
		push(m, box_affiliate_key(some_time(m), 1));
}

// The next statement, later than all before it, in the midst of the events.
static void change_settings(struct maker *m)
{
	uint32_t turn = --m->changes;
	int64_t t_ms = m->history->base_ms + (DAYS + 2 - (int64_t)turn) * DAY_MS;
	push(m, settings_of(m, t_ms, turn && random_chance(&m->random, 30) ? "EUR" : "PLN", turn));
}

void history_make(struct history *history, uint64_t seed)
{
	struct maker m = {.random = {seed}, .history = history};
	memset(history, 0, sizeof(*history));
	random_next(&m.random);
	m.zone = random_below(&m.random, 4);
	m.gap = random_below(&m.random, 3); // 240 minutes only on the way
	history->zone = zones[m.zone];
	history->gap_minutes = gaps[m.gap];
	m.slots = 6 + random_below(&m.random, 20);
	m.days = 1 + random_below(&m.random, DAYS);
	static const int months[] = {3, 6, 10, 12}; // ends of months, weeks and daylight saving
	history->base_ms = local_ms(history->zone, 2025, months[random_below(&m.random, 4)], 26, 0, 0);
	history->as_of_ms = history->base_ms + random_below(&m.random, DAYS + 3) * DAY_MS + 5 * HOUR_MS;
	add_settings(&m);
	if (random_chance(&m.random, 30)) // terms of 14 days pass
		history->as_of_ms += (12 + random_below(&m.random, 6)) * DAY_MS;
	m.far_days = random_chance(&m.random, 15) ? 20 + random_below(&m.random, 90) : 0;
	m.has_partners = random_chance(&m.random, 50);
	uint32_t events = 10 + random_below(&m.random, random_chance(&m.random, 20) ? 180 : 80);
	for (uint32_t i = 0; i < events; i++) {
		uint32_t what = random_below(&m.random, 165);
		while (m.changes > 0 && random_below(&m.random, events - i) < m.changes)
			change_settings(&m);
		if (m.has_partners && random_chance(&m.random, 25))
			some_affiliate(&m);
		if (what >= 145)
			some_marketing(&m);
		else if (what >= 130 || (m.far_days && (what < 55 || what >= 80)))
			some_offer(&m);
		else if (what >= 100)
			some_life(&m);
		else if (what < 5)
			some_click(&m);
		else if (what < 35)
			some_browsing(&m);
		else if (what < 60)
			some_cart(&m);
		else if (what < 78)
			some_order(&m);
		else if (what < 84)
			some_amount(&m);
		else if (what < 92)
			some_refund(&m);
		else
			some_fact(&m);
	}
	history_fit_digests(history, &m.random);
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < history->count; i++)
		if (history->boxes[i])
			box_free(history->boxes[i]);
	free(history->boxes);
}
