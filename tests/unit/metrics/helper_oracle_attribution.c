// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Every touch of every order is looked for anew among all events; the decay comes from a root, shares from
// comparing debts. Nothing of attribution.c, channel.c, touch*.c, lapse.c or path*.c is used.
#include "tests/unit/metrics/helper_oracle_attribution.h"
#include "tests/unit/metrics/helper_oracle_markov.h"

#include "common/base/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOUCHES = ORACLE_PATH_MAX, MODELS = 7, MARKOV = 6, SOURCES_A_MINUTE = 8 };

struct source {
	const char *channel, *campaign, *click;
};

struct found {
	const struct box *box;
	struct source source;
};

// ---- where an event came from ----

static int64_t window_ms(struct oracle *o, int64_t t_ms)
{
	uint32_t days = oracle_settings_at(o->history, t_ms)->body.settings.attribution_days;
	return (days ? days : 30) * DAY_MS;
}

// The one rule of histories: what says "google" is the shop's own "partner".
static bool has_rule(struct oracle *o, int64_t t_ms)
{
	bool found = false;
	EACH(o, b)
	found = found || (b->event.body_case == UTARG__V1__EVENT__BODY_CHANNEL_RULES_CHANGED &&
			  b->body.rules.valid_from_ms <= t_ms);
	return found;
}

static struct source source_of(struct oracle *o, const struct box *b)
{
	struct source source = {"direct", "none", ""};
	const Utarg__V1__Context *c = b->event.context;
	if (!c)
		return source;
	const struct box *settings = oracle_settings_at(o->history, b->fold.t_ms);
	bool is_own = settings->body.settings.n_own_hosts > 0; // the blog
	source.click = c->click_id_kind;
	if (c->utm_campaign[0])
		source.campaign = c->utm_campaign;
	if (c->utm_source[0])
		source.channel = has_rule(o, b->fold.t_ms)           ? "partner"
				 : strcmp(c->utm_medium, "cpc") == 0 ? "paid_search"
								     : "email";
	else if (c->click_id_kind[0]) // gclid
		source.channel = "paid_search";
	else if (strcmp(c->referrer_host, "www.google.pl") == 0)
		source.channel = "organic_search";
	else if (strcmp(c->referrer_host, "blog.example") == 0 && !is_own)
		source.channel = "referral";
	return source;
}

static bool is_direct(const struct source *source)
{
	return strcmp(source->channel, "direct") == 0 && strcmp(source->campaign, "none") == 0;
}

static bool is_same(const struct source *a, const struct source *b)
{
	return strcmp(a->channel, b->channel) == 0 && strcmp(a->campaign, b->campaign) == 0 &&
	       strcmp(a->click, b->click) == 0;
}

// ---- touches ----

// Whether an event of a session stands for itself: of its minute and source the earliest, and one of the
// eight earliest sources.
static bool stands(struct oracle *o, const struct visit *visit, const struct box *b)
{
	struct source own = source_of(o, b), seen[SOURCES_A_MINUTE + 1];
	int64_t minute = b->fold.t_ms / MINUTE_MS;
	int sources = 0;
	EACH(o, other)
	if (oracle_in_visit(visit, other) && other->fold.t_ms / MINUTE_MS == minute &&
	    oracle_is_earlier(other, b)) {
		struct source source = source_of(o, other);
		bool again = is_direct(&source);
		if (is_same(&source, &own))
			return false;
		for (int i = 0; i < sources; i++)
			again = again || is_same(&seen[i], &source);
		if (!again && sources <= SOURCES_A_MINUTE)
			seen[sources++] = source;
	}
	return sources < SOURCES_A_MINUTE;
}

static const struct box *next_in_visit(struct oracle *o, const struct visit *visit, const struct box *after)
{
	const struct box *next = NULL;
	EACH(o, b)
	if (oracle_in_visit(visit, b) && (!after || oracle_is_earlier(after, b)) &&
	    (!next || oracle_is_earlier(b, next)))
		next = b;
	return next;
}

static size_t touches_of_visit(struct oracle *o, const struct visit *visit, struct found *out)
{
	size_t count = 0;
	for (const struct box *b = visit->first; b; b = next_in_visit(o, visit, b)) {
		struct source source = source_of(o, b);
		if (count &&
		    (is_direct(&source) || is_same(&source, &out[count - 1].source) || !stands(o, visit, b)))
			continue;
		assert_true(count < TOUCHES);
		out[count++] = (struct found){b, source};
	}
	return count;
}

// With an order: of those that count for it. Else of all of a visitor.
struct whose {
	const struct oracle_order *order;
	const char *visitor;
};

static bool counts_for(struct oracle *o, const struct box *b, const struct whose *whose)
{
	const struct oracle_order *order = whose->order;
	if (!order)
		return strcmp(oracle_visitor_of(b), whose->visitor) == 0;
	bool is_of = (order->visitor[0] && strcmp(oracle_visitor_of(b), order->visitor) == 0) ||
		     (order->customer[0] && strcmp(b->customer, order->customer) == 0);
	return is_of && b->fold.t_ms <= order->placed_ms &&
	       b->fold.t_ms >= order->placed_ms - window_ms(o, order->placed_ms);
}

bool oracle_is_signed(struct oracle *o, const struct box *b)
{
	const struct box *key = NULL;
	struct signature_link link = {b->event.shop, b->order, b->other};
	EACH(o, k)
	if (k->event.body_case == UTARG__V1__EVENT__BODY_AFFILIATE_KEY_CHANGED &&
	    k->body.key.valid_from_ms <= b->fold.t_ms &&
	    (!key || k->body.key.valid_from_ms > key->body.key.valid_from_ms ||
	     (k->body.key.valid_from_ms == key->body.key.valid_from_ms && oracle_is_earlier(key, k))))
		key = k;
	return key &&
	       signature_is_valid(key->public_key, &link, (struct slice){b->signature, sizeof(b->signature)});
}

static bool is_click(struct oracle *o, const struct box *b)
{
	return b->event.body_case == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK && oracle_visitor_of(b)[0] &&
	       oracle_is_signed(o, b);
}

static bool has_earlier_click(struct oracle *o, const struct box *b)
{
	bool found = false;
	EACH(o, e)
	found = found || (e->event.body_case == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK &&
			  oracle_is_earlier(e, b) && e->fold.t_ms / MINUTE_MS == b->fold.t_ms / MINUTE_MS &&
			  strcmp(e->visitor, b->visitor) == 0 && strcmp(e->order, b->order) == 0 &&
			  strcmp(e->other, b->other) == 0 && is_click(o, e));
	return found;
}

static size_t clicks_of(struct oracle *o, const struct whose *whose, struct found *out)
{
	size_t count = 0;
	EACH(o, b)
	if (b->event.body_case == UTARG__V1__EVENT__BODY_AFFILIATE_CLICK && counts_for(o, b, whose) &&
	    is_click(o, b) && !has_earlier_click(o, b))
		out[count++] = (struct found){b, {"affiliate", b->other[0] ? b->other : "none", ""}};
	return count;
}

const struct box *oracle_last_click(struct oracle *o, const struct oracle_order *order)
{
	struct found clicks[TOUCHES];
	struct whose whose = {.order = order};
	const struct box *last = NULL;
	size_t count = clicks_of(o, &whose, clicks);
	for (size_t i = 0; i < count; i++)
		if (!last || oracle_is_earlier(last, clicks[i].box))
			last = clicks[i].box;
	return last;
}

static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	return oracle_is_earlier(x->box, y->box) ? -1 : 1;
}

static size_t drop_direct(struct found *touches, size_t count)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (!is_direct(&touches[i].source))
			touches[kept++] = touches[i];
	return kept ? kept : count;
}

static size_t all_touches(struct oracle *o, const struct whose *whose, struct found *out)
{
	struct found of_visit[TOUCHES];
	size_t count = 0;
	for (size_t v = 0; v < o->visit_count; v++) {
		size_t found = touches_of_visit(o, &o->visits[v], of_visit);
		for (size_t i = 0; i < found; i++)
			if (counts_for(o, of_visit[i].box, whose))
				out[count++] = of_visit[i];
	}
	count += clicks_of(o, whose, out + count);
	if (count)
		qsort(out, count, sizeof(*out), compare_found);
	return count;
}

static size_t touches_of(struct oracle *o, const struct oracle_order *order, struct found *out)
{
	size_t count = all_touches(o, &(struct whose){.order = order}, out);
	return drop_direct(out, count);
}

// ---- paths ----

struct paths {
	const struct oracle_order *orders;
	size_t order_count;
	struct oracle_path *all;
	size_t count, capacity;
};

static int64_t local_day(struct oracle *o, int64_t t_ms)
{
	return zone_date_days(zone_date(o->zone, t_ms));
}

static void add_path(struct oracle *o, struct paths *paths, int64_t t_ms, bool converted,
		     const struct found *touches, size_t count)
{
	if (paths->count == paths->capacity) {
		paths->capacity = paths->capacity * 2 + 16;
		paths->all = realloc(paths->all, paths->capacity * sizeof(*paths->all));
		assert_non_null(paths->all);
	}
	struct oracle_path *path = &paths->all[paths->count++];
	path->day = local_day(o, t_ms);
	path->converted = converted;
	path->count = count;
	for (size_t i = 0; i < count; i++)
		path->channels[i] = touches[i].source.channel;
}

static bool led_to_order(struct oracle *o, const struct paths *paths, const char *visitor, int64_t t_ms)
{
	bool led = false;
	for (size_t i = 0; i < paths->order_count; i++) {
		const struct oracle_order *order = &paths->orders[i];
		led = led || (strcmp(order->visitor, visitor) == 0 && order->placed_ms >= t_ms &&
			      order->placed_ms - window_ms(o, order->placed_ms) <= t_ms);
	}
	return led;
}

static void add_lapse(struct oracle *o, struct paths *paths, struct found *touches, size_t count)
{
	if (!count)
		return;
	int64_t last_ms = touches[count - 1].box->fold.t_ms;
	size_t kept = drop_direct(touches, count);
	add_path(o, paths, last_ms + window_ms(o, last_ms), false, touches, kept);
}

// A piece ends before a touch that led to an order, and before a pause longer than the window.
static void add_lapses(struct oracle *o, struct paths *paths, const char *visitor)
{
	struct found touches[TOUCHES], piece[TOUCHES];
	size_t held = 0, count = all_touches(o, &(struct whose){.visitor = visitor}, touches);
	for (size_t i = 0; i < count; i++) {
		int64_t t_ms = touches[i].box->fold.t_ms;
		bool led = led_to_order(o, paths, visitor, t_ms);
		int64_t before_ms = held ? piece[held - 1].box->fold.t_ms : t_ms;
		if (led || t_ms - before_ms > window_ms(o, before_ms)) {
			add_lapse(o, paths, piece, held);
			held = 0;
		}
		if (!led)
			piece[held++] = touches[i];
	}
	add_lapse(o, paths, piece, held);
}

static void add_all_lapses(struct oracle *o, struct paths *paths)
{
	EACH(o, b)
	{
		const char *visitor = oracle_visitor_of(b);
		bool again = !visitor[0];
		EACH(o, other)
		again = again || (i_other < i_b && strcmp(oracle_visitor_of(other), visitor) == 0);
		if (!again)
			add_lapses(o, paths, visitor);
	}
}

// ---- models ----

// 2^40, a half of it each seven whole days, by a root that Newton finds.
static int64_t decayed(int64_t days)
{
	long double root = 1, weight = INT64_C(1) << 40;
	for (int i = 0; i < 60; i++)
		root = (6 * root + 1 / (2 * root * root * root * root * root * root)) / 7;
	for (int i = 0; i < days % 7; i++)
		weight *= root;
	return (int64_t)(weight + 0.5L) >> days / 7;
}

static int64_t weight_of(int model, size_t i, size_t count, int64_t age_ms)
{
	bool first = i == 0, last = i + 1 == count;
	switch (model) {
	case 0: // last_non_direct
	case 2: // last
		return last;
	case 1: // first
		return first;
	case 4: // position
		return count > 2 && (first || last) ? 2 * ((int64_t)count - 2) : 1;
	case 5: // time_decay
		return decayed(age_ms / DAY_MS);
	default:
		return 1;
	}
}

// Unit by unit to whom it is owed most: what is owed is amount x weight / sum less what was given, and of
// equal debts the earlier counts. Whole shares first, so that this ends soon.
static void share(int64_t amount, const int64_t *weights, size_t count, int64_t *out)
{
	money_sum sum = 0, whole = amount < 0 ? -amount : amount, left = whole;
	for (size_t i = 0; i < count; i++)
		sum += weights[i];
	for (size_t i = 0; i < count; i++) {
		out[i] = (int64_t)(whole * weights[i] / sum);
		left -= out[i];
	}
	for (; left > 0; left--) {
		size_t most = 0;
		money_sum owed = -1;
		for (size_t i = 0; i < count; i++) {
			money_sum debt = whole * weights[i] - (money_sum)out[i] * sum;
			if (debt > owed) {
				owed = debt;
				most = i;
			}
		}
		out[most]++;
	}
	for (size_t i = 0; amount < 0 && i < count; i++)
		out[i] = -out[i];
}

static bool is_new(const struct oracle_order *orders, size_t count, const struct oracle_order *order)
{
	bool first = order->valid && order->customer[0];
	for (size_t i = 0; i < count; i++) {
		const struct oracle_order *other = &orders[i];
		if (other->valid && strcmp(other->customer, order->customer) == 0 &&
		    (other->placed_ms < order->placed_ms ||
		     (other->placed_ms == order->placed_ms && strcmp(other->id, order->id) < 0)))
			first = false;
	}
	return first;
}

static void credit(struct oracle *o, int model, const struct oracle_order *order, bool is_new,
		   const struct source *source, int64_t net, int64_t millionths)
{
	const struct {
		uint16_t measure;
		int64_t amount;
	} rows[] = {{M_ATTRIBUTED_NET_LAST_NON_DIRECT, net},
		    {M_ATTRIBUTED_ORDERS_LAST_NON_DIRECT, millionths},
		    {M_ATTRIBUTED_CUSTOMERS_LAST_NON_DIRECT, is_new ? millionths : 0}};
	for (int r = 0; r < 3; r++) {
		uint16_t measure = (uint16_t)(rows[r].measure + model);
		oracle_add_total(o, measure, order->placed_ms, rows[r].amount);
		oracle_add(o, measure, FOLD_DAY, order->placed_ms, FOLD_MARKETING_CHANNEL, source->channel,
			   rows[r].amount);
		oracle_add(o, measure, FOLD_DAY, order->placed_ms, FOLD_CAMPAIGN, source->campaign,
			   rows[r].amount);
	}
}

// All alike when all are nothing.
static void weigh(struct oracle *o, const struct paths *paths, int model, const struct oracle_order *order,
		  const struct found *touches, size_t count, int64_t *weights)
{
	int64_t sum = 0;
	for (size_t i = 0; i < count; i++) {
		weights[i] = model == MARKOV ? oracle_markov_weight(paths->all, paths->count,
								    local_day(o, order->placed_ms),
								    touches[i].source.channel)
					     : weight_of(model, i, count,
							 order->placed_ms - touches[i].box->fold.t_ms);
		sum += weights[i];
	}
	for (size_t i = 0; i < count && !sum; i++)
		weights[i] = 1;
}

static void tell_order(struct oracle *o, const struct paths *paths, const struct oracle_order *order,
		       bool is_new)
{
	struct found touches[TOUCHES];
	int64_t weights[TOUCHES];
	int64_t net[TOUCHES], millionths[TOUCHES], worth = order->foreign ? 0 : order->current;
	size_t count = touches_of(o, order, touches);
	if (!count) {
		static const char *const sold[] = {
			[UTARG__V1__CHANNEL__CHANNEL_POS] = "pos",
			[UTARG__V1__CHANNEL__CHANNEL_PHONE] = "phone",
			[UTARG__V1__CHANNEL__CHANNEL_MARKETPLACE] = "marketplace",
		};
		const char *channel = sold[order->sales] ? sold[order->sales] : "unattributed";
		struct source source = {channel, "unattributed", ""};
		for (int model = 0; model < MODELS; model++)
			credit(o, model, order, is_new, &source, worth, 1000000);
		return;
	}
	for (int model = 0; model < MODELS; model++) {
		weigh(o, paths, model, order, touches, count, weights);
		share(worth, weights, count, net);
		share(1000000, weights, count, millionths);
		for (size_t i = 0; i < count; i++)
			credit(o, model, order, is_new, &touches[i].source, net[i], millionths[i]);
	}
}

void oracle_attribution(struct oracle *o, const struct oracle_order *orders, size_t count)
{
	struct paths paths = {.orders = orders, .order_count = count};
	struct found touches[TOUCHES];
	for (size_t i = 0; i < count; i++) {
		size_t found = touches_of(o, &orders[i], touches);
		if (found)
			add_path(o, &paths, orders[i].placed_ms, true, touches, found);
	}
	add_all_lapses(o, &paths);
	for (size_t i = 0; i < count; i++)
		tell_order(o, &paths, &orders[i], is_new(orders, count, &orders[i]));
	free(paths.all);
}
