// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Everything is computed anew for every question, by scanning all events. Only zone_* and money_split of
// common/base are shared with the fold.
#include "tests/unit/metrics/helper_oracle.h"

#include "tests/unit/metrics/helper_oracle_affiliates.h"
#include "tests/unit/metrics/helper_oracle_attribution.h"
#include "tests/unit/metrics/helper_oracle_inner.h"
#include "tests/unit/metrics/helper_oracle_life.h"
#include "tests/unit/metrics/helper_oracle_money.h"
#include "tests/unit/metrics/helper_oracle_offers.h"
#include "tests/unit/metrics/helper_oracle_sales.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum window window_of(enum fold_grain grain)
{
	return grain == FOLD_MINUTE ? WINDOW_MINUTE : grain == FOLD_MONTH ? WINDOW_MONTH : WINDOW_DAY;
}

static void add_row(struct oracle *o, uint16_t measure, enum fold_grain grain, int64_t t_ms, int dimension,
		    const char *key, int64_t level, money_sum value)
{
	int64_t start_ms, end_ms;
	zone_window(o->zone, window_of(grain), t_ms, &start_ms, &end_ms);
	for (size_t i = 0; i < o->row_count; i++) {
		struct row *r = &o->rows[i];
		if (r->measure == measure && r->grain == grain && r->dimension == dimension &&
		    r->bucket_ms == start_ms && r->level == level && strcmp(r->key, key) == 0) {
			r->value += value;
			return;
		}
	}
	assert_true(o->row_count < ROWS_MAX);
	o->rows[o->row_count++] =
		(struct row){measure, (uint8_t)grain, (uint8_t)dimension, start_ms, level, key, value};
}

void oracle_add(struct oracle *o, uint16_t measure, enum fold_grain grain, int64_t t_ms, int dimension,
		const char *key, money_sum value)
{
	add_row(o, measure, grain, t_ms, dimension, key, 0, value);
}

void oracle_add_level(struct oracle *o, uint16_t measure, int64_t t_ms, int64_t level, money_sum value)
{
	add_row(o, measure, FOLD_DAY, t_ms, FOLD_TOTAL, "-", level, value);
}

void oracle_add_total(struct oracle *o, uint16_t measure, int64_t t_ms, money_sum value)
{
	oracle_add(o, measure, FOLD_DAY, t_ms, FOLD_TOTAL, "-", value);
}

bool oracle_is_earlier(const struct box *a, const struct box *b)
{
	if (a->fold.t_ms != b->fold.t_ms)
		return a->fold.t_ms < b->fold.t_ms;
	return memcmp(a->fold.id, b->fold.id, UUID_SIZE) < 0;
}

bool oracle_is_denied(const struct box *b)
{
	return b->event.consent && b->event.consent->analytics == UTARG__V1__CHOICE__CHOICE_DENIED;
}

const char *oracle_visitor_of(const struct box *b)
{
	return b->fold.visitor.size && !oracle_is_denied(b) ? b->visitor : "";
}

bool oracle_is_client(const struct box *b)
{
	int kind = (int)b->event.body_case;
	return !b->event.test && b->fold.origin == ORIGIN_CLIENT && oracle_visitor_of(b)[0] &&
	       ((kind >= 20 && kind < 60) || kind == 60);
}

const char *oracle_device_of(const struct box *b)
{
	static const char *const names[] = {"unknown", "desktop", "mobile", "tablet"};
	return names[b->event.context ? b->event.context->device : 0];
}

// ---- sessions ----

// The visitor's next client event after the given one; NULL: none.
static const struct box *next_event(struct oracle *o, const char *visitor, const struct box *after)
{
	const struct box *next = NULL;
	EACH(o, b)
	if (oracle_is_client(b) && strcmp(oracle_visitor_of(b), visitor) == 0 &&
	    (!after || oracle_is_earlier(after, b)) && (!next || oracle_is_earlier(b, next)))
		next = b;
	return next;
}

static void find_visits(struct oracle *o)
{
	static const char *const visitors[] = {"v0", "v1", "v2", "v3", "v4"};
	for (int v = 0; v < 5; v++) {
		struct visit *visit = NULL;
		for (const struct box *b = next_event(o, visitors[v], NULL); b;
		     b = next_event(o, visitors[v], b)) {
			if (!visit || b->fold.t_ms - visit->last_ms >= o->gap_ms) {
				assert_true(o->visit_count < SESSIONS_MAX);
				visit = &o->visits[o->visit_count++];
				*visit = (struct visit){.visitor = visitors[v], .first = b};
			}
			visit->last_ms = b->fold.t_ms;
		}
	}
}

// The visit that holds the instant, one of its visitor's events being there.
struct visit *oracle_visit_of(struct oracle *o, const char *visitor, int64_t t_ms)
{
	for (size_t i = 0; i < o->visit_count; i++)
		if (strcmp(o->visits[i].visitor, visitor) == 0 && o->visits[i].first->fold.t_ms <= t_ms &&
		    t_ms <= o->visits[i].last_ms)
			return &o->visits[i];
	return NULL;
}

bool oracle_in_visit(const struct visit *visit, const struct box *b)
{
	return oracle_is_client(b) && strcmp(oracle_visitor_of(b), visit->visitor) == 0 &&
	       b->fold.t_ms >= visit->first->fold.t_ms && b->fold.t_ms <= visit->last_ms;
}

// Every tenth of a second is looked at: the times of the histories are that coarse or off by milliseconds.
static int64_t foreground_ms(struct oracle *o, const struct visit *visit)
{
	int64_t edges[2 * 200], sum = 0;
	size_t count = 0;
	EACH(o, b)
	if (oracle_in_visit(visit, b) && b->event.body_case == UTARG__V1__EVENT__BODY_HEARTBEAT) {
		int64_t length =
			b->body.heartbeat.foreground_ms > 15000 ? 15000 : b->body.heartbeat.foreground_ms;
		edges[count++] = b->fold.t_ms - length;
		edges[count++] = b->fold.t_ms;
	}
	// Between two neighbouring edges all is covered or nothing.
	for (size_t i = 0; i < count; i++) {
		int64_t from = edges[i], to = INT64_MAX;
		bool again = false, covered = false;
		for (size_t k = 0; k < count; k++) {
			again = again || (k < i && edges[k] == from);
			if (edges[k] > from && edges[k] < to)
				to = edges[k];
		}
		for (size_t k = 0; k < count; k += 2)
			covered = covered || (edges[k] <= from && edges[k + 1] > from);
		if (again || !covered)
			continue;
		if (from < visit->first->fold.t_ms)
			from = visit->first->fold.t_ms;
		sum += to > from ? to - from : 0;
	}
	return sum;
}

static void tell_visit(struct oracle *o, const struct visit *visit)
{
	int64_t t_ms = visit->first->fold.t_ms, engaged_ms = foreground_ms(o, visit);
	int views = 0;
	bool intent = false;
	EACH(o, b)
	if (oracle_in_visit(visit, b)) {
		views += b->event.body_case == UTARG__V1__EVENT__BODY_PAGE_VIEW;
		intent = intent || b->event.body_case == UTARG__V1__EVENT__BODY_ADD_TO_CART ||
			 b->event.body_case == UTARG__V1__EVENT__BODY_BEGIN_CHECKOUT;
	}
	bool bounced = views < 2 && engaged_ms < 10000 && !intent && !visit->orders;
	oracle_add_total(o, M_SESSIONS, t_ms, 1);
	oracle_add(o, M_SESSIONS, FOLD_DAY, t_ms, FOLD_DEVICE, oracle_device_of(visit->first), 1);
	oracle_add_total(o, M_SESSION_VIEWS, t_ms, views);
	oracle_add_total(o, M_VISIT_MS, t_ms, visit->last_ms - t_ms);
	oracle_add_total(o, M_ENGAGED_MS, t_ms, engaged_ms);
	oracle_add_total(o, M_BOUNCES, t_ms, bounced);
	oracle_add_total(o, M_SESSIONS_WITH_ORDER, t_ms, visit->orders > 0);
	oracle_add_total(o, M_SESSIONS_WITH_VALID_ORDER, t_ms, visit->valid_orders > 0);
	oracle_tell_steps(o, visit);
	oracle_tell_landing(o, visit, M_ORGANIC_SESSIONS, t_ms, 1);
}

static void tell_distinct(struct oracle *o, enum fold_grain grain, uint16_t measure, bool by_device)
{
	enum window window = grain == FOLD_MONTH ? WINDOW_MONTH : WINDOW_DAY;
	for (size_t i = 0; i < o->visit_count; i++) {
		const struct visit *visit = &o->visits[i];
		int64_t start_ms, end_ms;
		bool before = false;
		zone_window(o->zone, window, visit->first->fold.t_ms, &start_ms, &end_ms);
		if (measure == M_VISITORS_WITH_ORDER && !visit->orders)
			continue;
		for (size_t k = 0; k < i; k++) {
			const struct visit *other = &o->visits[k];
			before = before ||
				 (strcmp(other->visitor, visit->visitor) == 0 &&
				  other->first->fold.t_ms >= start_ms && other->first->fold.t_ms < end_ms &&
				  (measure == M_VISITORS || other->orders) &&
				  (!by_device ||
				   oracle_device_of(other->first) == oracle_device_of(visit->first)));
		}
		if (!before)
			oracle_add(o, measure, grain, visit->first->fold.t_ms,
				   by_device ? FOLD_DEVICE : FOLD_TOTAL,
				   by_device ? oracle_device_of(visit->first) : "-", 1);
	}
}

// ---- carts ----

static const char *cart_of(const struct box *b)
{
	int kind = (int)b->event.body_case;
	return kind >= 40 && kind < 60 ? b->cart : "";
}

static bool is_merge(const struct box *b)
{
	return b->event.body_case == UTARG__V1__EVENT__BODY_CART_MERGED;
}

// Smallest number of a cart in the component, by relaxing until nothing changes.
static void find_components(struct oracle *o, int label[CARTS])
{
	bool changed = true;
	for (int i = 0; i < CARTS; i++)
		label[i] = i;
	while (changed) {
		changed = false;
		EACH(o, b)
		if (is_merge(b)) {
			int *x = &label[b->cart[1] - '0'], *y = &label[b->other[1] - '0'];
			changed = changed || *x != *y;
			*x = *y = *x < *y ? *x : *y;
		}
	}
}

bool oracle_concerns(const struct box *b, const int label[CARTS], int component)
{
	return cart_of(b)[0] && (label[b->cart[1] - '0'] == component ||
				 (is_merge(b) && label[b->other[1] - '0'] == component));
}

static const struct box *next_activity(struct oracle *o, const int label[CARTS], int component,
				       const struct box *after)
{
	const struct box *next = NULL;
	EACH(o, b)
	if (oracle_concerns(b, label, component) && (!after || oracle_is_earlier(after, b)) &&
	    (!next || oracle_is_earlier(b, next)))
		next = b;
	return next;
}

static void hold(const struct box *b, int64_t held[CARTS][SKUS])
{
	int cart = b->cart[1] - '0', sku = b->sku[0] ? b->sku[1] - '0' : 0;
	if (b->event.body_case == UTARG__V1__EVENT__BODY_ADD_TO_CART) {
		held[cart][sku] += b->body.item.quantity;
	} else if (b->event.body_case == UTARG__V1__EVENT__BODY_REMOVE_FROM_CART) {
		held[cart][sku] -= b->body.item.quantity;
		held[cart][sku] = held[cart][sku] < 0 ? 0 : held[cart][sku];
	} else if (b->event.body_case == UTARG__V1__EVENT__BODY_CART_EMPTIED) {
		memset(held[cart], 0, sizeof(held[cart]));
	} else if (is_merge(b) && strcmp(b->cart, b->other) != 0) {
		for (int s = 0; s < SKUS; s++) {
			held[b->other[1] - '0'][s] += held[cart][s];
			held[cart][s] = 0;
		}
	}
}

static bool lapses(struct oracle *o, const int label[CARTS], int component, int64_t from_ms,
		   const struct oracle_order *orders, size_t order_count, int64_t *last_ms)
{
	int64_t times[300];
	size_t count = 0;
	EACH(o, b)
	if (oracle_concerns(b, label, component))
		times[count++] = b->fold.t_ms;
	for (size_t i = 0; i < order_count; i++)
		if (orders[i].cart[0] && label[orders[i].cart[1] - '0'] == component)
			times[count++] = orders[i].placed_ms;
	*last_ms = from_ms;
	bool lapsed = false;
	for (size_t i = 0; i < count; i++) {
		int64_t next = INT64_MAX;
		if (times[i] < from_ms)
			continue;
		for (size_t k = 0; k < count; k++)
			if (times[k] > times[i] && times[k] < next)
				next = times[k];
		lapsed = lapsed || (next != INT64_MAX && next - times[i] >= DAY_MS);
		*last_ms = times[i] > *last_ms ? times[i] : *last_ms;
	}
	return lapsed;
}

static void tell_cart(struct oracle *o, const int label[CARTS], int component,
		      const struct oracle_order *orders, size_t order_count)
{
	int64_t held[CARTS][SKUS] = {{0}}, last_ms, left = 0;
	const struct box *first = NULL;
	bool ordered = false;
	for (const struct box *b = next_activity(o, label, component, NULL); b;
	     b = next_activity(o, label, component, b)) {
		if (!first && b->event.body_case == UTARG__V1__EVENT__BODY_ADD_TO_CART)
			first = b;
		hold(b, held);
	}
	if (!first)
		return;
	for (int c = 0; c < CARTS; c++)
		for (int s = 0; s < SKUS; s++)
			left += held[c][s];
	for (size_t i = 0; i < order_count; i++)
		ordered = ordered || (orders[i].cart[0] && label[orders[i].cart[1] - '0'] == component);
	bool lapsed = lapses(o, label, component, first->fold.t_ms, orders, order_count, &last_ms);
	oracle_add_total(o, M_CARTS, first->fold.t_ms, 1);
	oracle_add_total(o, M_CARTS_ORDERED, first->fold.t_ms, ordered);
	oracle_add_total(o, M_CARTS_RECOVERED, first->fold.t_ms, ordered && lapsed);
	oracle_add_total(o, M_CARTS_EMPTIED, first->fold.t_ms, !ordered && !left);
	oracle_add_total(o, M_CARTS_ABANDONED, first->fold.t_ms,
			 !ordered && left && o->history->as_of_ms - last_ms >= DAY_MS);
	oracle_tell_checkout(o, label, component, ordered,
			     !ordered && left && o->history->as_of_ms - last_ms >= DAY_MS);
	oracle_tell_payment(o, label, component, orders, order_count);
}

// ---- orders ----

static struct visit *attribute(struct oracle *o, const struct oracle_order *order, const int label[CARTS])
{
	const struct box *latest = NULL;
	EACH(o, b)
	if (oracle_is_client(b) && order->visitor[0] && strcmp(oracle_visitor_of(b), order->visitor) == 0 &&
	    b->fold.t_ms <= order->placed_ms && (!latest || oracle_is_earlier(latest, b)))
		latest = b;
	if (latest && order->placed_ms - latest->fold.t_ms < o->gap_ms)
		return oracle_visit_of(o, oracle_visitor_of(latest), latest->fold.t_ms);
	latest = NULL;
	EACH(o, b)
	if (oracle_is_client(b) && order->cart[0] && oracle_concerns(b, label, label[order->cart[1] - '0']) &&
	    b->fold.t_ms <= order->placed_ms && (!latest || oracle_is_earlier(latest, b)))
		latest = b;
	if (!latest)
		return NULL;
	struct visit *visit = oracle_visit_of(o, oracle_visitor_of(latest), latest->fold.t_ms);
	int64_t seen_ms = INT64_MIN;
	EACH(o, b)
	if (oracle_in_visit(visit, b) && b->fold.t_ms <= order->placed_ms && b->fold.t_ms > seen_ms)
		seen_ms = b->fold.t_ms;
	return order->placed_ms - seen_ms < o->gap_ms ? visit : NULL;
}

static void tell_order(struct oracle *o, const struct oracle_order *order, const int label[CARTS])
{
	struct visit *visit = attribute(o, order, label);
	const char *device = visit ? oracle_device_of(visit->first)
				   : (order->context ? oracle_device_of(order->context) : "unknown");
	if (visit) {
		visit->orders++;
		visit->valid_orders += order->valid;
	}
	oracle_add_total(o, M_ORDERS, order->placed_ms, 1);
	oracle_add(o, M_ORDERS, FOLD_DAY, order->placed_ms, FOLD_DEVICE, device, 1);
	oracle_add_total(o, M_UNATTRIBUTED_ORDERS, order->placed_ms, !visit);
	oracle_add_total(o, M_UNITS, order->placed_ms, order->units);
	oracle_add_total(o, M_CANCELLED_ORDERS, order->placed_ms, order->cancelled);
	oracle_add_total(o, M_FOREIGN_ORDERS, order->placed_ms, order->foreign);
	oracle_add_total(o, M_GMV, order->placed_ms, order->before);
	oracle_add_total(o, M_PLACED_NET, order->placed_ms, order->after);
	oracle_add_total(o, M_CURRENT_NET, order->placed_ms, order->current);
	oracle_add(o, M_CURRENT_NET, FOLD_DAY, order->placed_ms, FOLD_DEVICE, device, order->current);
	oracle_add_total(o, M_CURRENT_TAX, order->placed_ms, order->current_tax);
	oracle_add_total(o, M_CURRENT_SHIPPING, order->placed_ms, order->current_shipping);
	if (visit)
		oracle_tell_landing(o, visit, M_ORGANIC_REVENUE, order->placed_ms, order->current);
	oracle_sales_order(o, o->history, order, device);
}

static void tell_customers(struct oracle *o, const struct oracle_order *orders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool first = orders[i].valid && orders[i].customer[0];
		for (size_t k = 0; k < count; k++)
			if (orders[k].valid && strcmp(orders[k].customer, orders[i].customer) == 0 &&
			    (orders[k].placed_ms < orders[i].placed_ms ||
			     (orders[k].placed_ms == orders[i].placed_ms &&
			      strcmp(orders[k].id, orders[i].id) < 0)))
				first = false;
		if (first)
			oracle_add_total(o, M_NEW_CUSTOMERS, orders[i].placed_ms, 1);
	}
}

static void tell_rest(struct oracle *o)
{
	EACH(o, b)
	if (b->event.body_case == UTARG__V1__EVENT__BODY_PAGE_VIEW) {
		oracle_add_total(o, M_PAGE_VIEWS, b->fold.t_ms, 1);
		if (oracle_is_denied(b))
			oracle_add_total(o, M_DENIED_VIEWS, b->fold.t_ms, 1);
	}
}

static void tell_offer(void *context, uint16_t measure, int64_t t_ms, const char *sku, money_sum amount)
{
	if (!amount)
		return;
	oracle_add_total(context, measure, t_ms, amount);
	oracle_add(context, measure, FOLD_DAY, t_ms, FOLD_OFFER, sku, amount);
}

static enum fold_grain grain_of(uint16_t measure) // whose cells are all expected
{
	return measure_rows[measure].kind == MEASURE_MINUTE ? FOLD_MINUTE : FOLD_DAY;
}

static const char *compare(struct oracle *o, struct world *world)
{
	static char text[200];
	money_sum sums[MEASURE_COUNT] = {0}, found;
	bool seen[MEASURE_COUNT] = {false};
	for (size_t i = 0; i < o->row_count; i++) {
		const struct row *r = &o->rows[i];
		found = world_level(world, r->measure, r->grain, r->bucket_ms, r->dimension, r->key,
				    r->level);
		if (found != r->value) {
			snprintf(text, sizeof(text), "%s %s=%s grain %d bucket %lld: %lld, expected %lld",
				 measure_rows[r->measure].name, fold_dimension_name(r->dimension), r->key,
				 r->grain, (long long)r->bucket_ms, (long long)found, (long long)r->value);
			return text;
		}
		if (r->dimension == FOLD_TOTAL && r->grain == grain_of(r->measure)) {
			sums[r->measure] += r->value;
			seen[r->measure] = true;
		}
	}
	for (uint16_t m = 1; m < MEASURE_COUNT; m++) {
		if (seen[m] && world_all(world, m, grain_of(m)) != sums[m]) {
			snprintf(text, sizeof(text), "%s: there are more cells than expected",
				 measure_rows[m].name);
			return text;
		}
	}
	return NULL;
}

const char *oracle_difference(const struct history *history, struct world *world)
{
	struct oracle *o = calloc(1, sizeof(*o));
	struct oracle_order orders[ORACLE_ORDERS];
	struct oracle_give gives[ORACLE_GIVES];
	int label[CARTS];
	o->history = history;
	o->zone = world_zone(NULL, history->zone);
	o->gap_ms = history->gap_minutes * MINUTE_MS;
	o->rows = malloc(ROWS_MAX * sizeof(*o->rows));
	find_visits(o);
	find_components(o, label);
	size_t gave, count = oracle_orders(history, orders, gives, &gave);
	for (size_t i = 0; i < count; i++)
		tell_order(o, &orders[i], label);
	for (size_t i = 0; i < gave; i++) {
		oracle_add_total(o, M_GIVEN_BACK_NET, gives[i].t_ms, gives[i].net);
		oracle_add_total(o, M_REFUND_EXCESS, gives[i].t_ms, gives[i].excess);
	}
	tell_customers(o, orders, count);
	oracle_tell_affiliates(o, orders, count);
	oracle_attribution(o, orders, count);
	oracle_sales_rest(o, history, orders, count);
	for (int c = 0; c < CARTS; c++)
		if (label[c] == c)
			tell_cart(o, label, c, orders, count);
	for (size_t i = 0; i < o->visit_count; i++)
		tell_visit(o, &o->visits[i]);
	tell_distinct(o, FOLD_DAY, M_VISITORS, false);
	tell_distinct(o, FOLD_MONTH, M_VISITORS, false);
	tell_distinct(o, FOLD_DAY, M_VISITORS, true);
	tell_distinct(o, FOLD_MONTH, M_VISITORS_WITH_ORDER, false);
	tell_distinct(o, FOLD_DAY, M_VISITORS_WITH_ORDER, true);
	tell_rest(o);
	for (uint16_t measure = M_OFFER_VIEWS; measure <= M_STOCKOUT_LOSS; measure++)
		oracle_add_total(o, measure, history->base_ms, 0);
	oracle_offers(history, o->zone, orders, count, tell_offer, o);
	oracle_tell_comfort(o);
	oracle_tell_live(o);
	oracle_tell_marketing(o);
	const char *difference = compare(o, world);
	if (!difference)
		difference = oracle_sales_difference(history, world, orders, count);
	if (!difference)
		difference = oracle_life_difference(history, world, orders, count);
	free(o->rows);
	free(o);
	return difference;
}
