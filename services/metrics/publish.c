// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See publish.h. A topic with a last value is in exactly one list:
//
//   DIRTY    its cells changed (or it was asked for) and it waits for its interval to be over
//   SECOND   sent; to be sent again a second after it changed
//   FIFTH    sent twice; to be sent again five seconds after it changed
//   QUIET    nothing to do; the first of them leaves when the table is full
//
// Each list but DIRTY is in order of time, because every topic waits equally long in it. The table is bounded
// (publish-topics, default 20,000 at some 500 bytes: 10 MB); beyond it, changes are not sent and counted. A
// topic that left and comes back goes on counting its versions from the greatest that ever left.
#include "services/metrics/publish.h"

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/fail.h"
#include "common/base/log.h"
#include "common/base/map.h"
#include "services/metrics/figures.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

enum {
	SECOND_MS = 1000,
	FIFTH_MS = 5000,
	POINTS_AT_ONCE = 500, // figures a query: a round sends so many and lets others have their turn
	REPEATS_AT_ONCE = 1000,
	FLOOD_MS = 2000,       // how long one checkpoint's changes may be sent at once to make room
	SNAPSHOTS_AT_ONCE = 4, // prefixes a round
	MESSAGE_ARENA = 16384, // one KpiUpdate
};

enum list { LIST_NONE, LIST_DIRTY, LIST_SECOND, LIST_FIFTH, LIST_QUIET, LIST_COUNT };

struct topic {
	UT_hash_handle hh;
	struct topic *prev, *next;
	enum list list;
	char *name; // the figure's key points behind it
	struct shop *shop;
	struct figure figure; // as last sent
	char previous_value[KPI_VALUE_SIZE];
	uint64_t version; // of what was sent last; 0: nothing yet
	int64_t epoch, as_of_seq, as_of_ms;
	enum fold_reason reason;
	Utarg__V1__Reason sent_reason;
	int64_t reason_revision; // of the cell the reason is from
	int64_t reason_received_ms;
	bool changed;       // DIRTY because cells changed, not because somebody asked
	int64_t sent_ms;    // monotonic
	int64_t changed_ms; // monotonic: when its last change was sent
};

struct publish {
	struct topics subscriptions;
	struct topic *topics;
	struct topic *lists[LIST_COUNT];
	size_t count, max;
	int64_t interval_ms;
	uint64_t version_floor; // greatest version of a topic that has left
	int64_t flood_until_ms; // monotonic
	size_t dirty;           // topics on that list
	size_t shops_waiting;   // shops that want a snapshot
	struct arena arena;
};

struct publish *publish_create(int64_t interval_ms, size_t topics_max)
{
	struct publish *p = calloc(1, sizeof(*p));
	assert(p != NULL);
	p->interval_ms = interval_ms;
	p->max = topics_max;
	arena_init(&p->arena, MESSAGE_ARENA);
	return p;
}

static void move_to(struct publish *p, struct topic *topic, enum list list)
{
	p->dirty += list == LIST_DIRTY;
	p->dirty -= topic->list == LIST_DIRTY;
	if (topic->list != LIST_NONE)
		DL_DELETE(p->lists[topic->list], topic);
	topic->list = list;
	if (list != LIST_NONE)
		DL_APPEND(p->lists[list], topic);
}

static void forget(struct publish *p, struct topic *topic)
{
	if (topic->version > p->version_floor)
		p->version_floor = topic->version;
	move_to(p, topic, LIST_NONE);
	HASH_DEL(p->topics, topic);
	p->count--;
	free(topic->name);
	free(topic);
}

void publish_destroy(struct publish *p)
{
	struct topic *topic, *next;
	if (p == NULL)
		return;
	HASH_ITER(hh, p->topics, topic, next)
	forget(p, topic);
	topics_fini(&p->subscriptions);
	arena_fini(&p->arena);
	free(p);
}

void publish_subscription(struct metrics *m, struct slice prefix, bool subscribed)
{
	struct topics *subscriptions = &m->publish->subscriptions;
	if (!subscribed)
		topics_unsubscribe(subscriptions, prefix);
	else if (!topics_subscribe(subscriptions, prefix))
		metrics_count(METRICS_subscriptions_refused, 1);
	metrics_gauge(METRICS_subscriptions, (int64_t)subscriptions->count);
}

static struct topic *find_topic(const struct publish *p, const char *name)
{
	struct topic *topic;
	HASH_FIND_STR(p->topics, name, topic);
	return topic;
}

uint64_t publish_version(const struct publish *p, const char *name)
{
	const struct topic *topic = find_topic(p, name);
	return topic != NULL && topic->version != 0 ? topic->version : p->version_floor;
}

// Makes room by letting go of what has the least left to do; dirty topics stay.
static bool make_room(struct publish *p)
{
	static const enum list order[] = {LIST_QUIET, LIST_FIFTH, LIST_SECOND};
	for (size_t i = 0; p->count >= p->max && i < sizeof(order) / sizeof(order[0]); i++) {
		if (p->lists[order[i]] != NULL)
			forget(p, p->lists[order[i]]);
	}
	return p->count < p->max;
}

// The topic of a figure, made when it is new. NULL: no room.
static struct topic *topic_of(struct publish *p, struct shop *shop, const struct figure *figure,
			      const char *name)
{
	struct topic *topic = find_topic(p, name);
	size_t name_size = strlen(name) + 1, key_size = strlen(figure->key) + 1;
	if (topic != NULL)
		return topic;
	if (!make_room(p))
		return NULL;
	topic = calloc(1, sizeof(*topic));
	assert(topic != NULL);
	topic->name = malloc(name_size + key_size);
	assert(topic->name != NULL);
	memcpy(topic->name, name, name_size);
	memcpy(topic->name + name_size, figure->key, key_size);
	topic->shop = shop;
	topic->figure = *figure;
	topic->figure.key = topic->name + name_size;
	topic->sent_ms = INT64_MIN / 2;
	HASH_ADD_KEYPTR(hh, p->topics, topic->name, name_size - 1, topic);
	p->count++;
	metrics_gauge(METRICS_topics, (int64_t)p->count);
	return topic;
}

bool publish_is_behind(const struct publish *p)
{
	return p->dirty > p->max / 2;
}

// ---- sending ----

static Utarg__V1__Reason reason_of(const struct topic *topic)
{
	bool late = topic->reason == FOLD_NEW &&
		    topic->figure.end_ms + METRICS_MINUTE_MS <= topic->reason_received_ms;
	return late ? UTARG__V1__REASON__REASON_LATE : (Utarg__V1__Reason)topic->reason;
}

static void send_topic(struct metrics *m, struct topic *topic, Utarg__V1__Reason reason)
{
	struct publish *p = m->publish;
	struct err e = {0};
	Utarg__V1__KpiUpdate update;
	utarg__v1__kpi_update__init(&update);
	arena_reset(&p->arena);
	update.figure =
		figure_message(&topic->figure, topic->shop, topic->as_of_seq, topic->as_of_ms, &p->arena);
	assert(update.figure != NULL);
	update.epoch = (uint64_t)topic->epoch;
	update.incarnation = svc_incarnation(m->svc);
	update.version = topic->version;
	update.reason = reason;
	update.previous_value = topic->previous_value;
	if (fail_here(FAIL_METRICS_UPDATE))
		return;
	if (!svc_publish(m->svc, topic->name, &update.base, &e))
		log_warn("publish_failed", LOG_STR("topic", topic->name), LOG_STR("reason", e.text));
}

// Back to where a topic waits whose last change was sent some time ago.
static void rest(struct publish *p, struct topic *topic)
{
	int64_t age_ms = clock_monotonic_ms() - topic->changed_ms;
	move_to(p, topic, age_ms < SECOND_MS ? LIST_SECOND : age_ms < FIFTH_MS ? LIST_FIFTH : LIST_QUIET);
}

// Takes a figure as just read, and sends it when it is not what was sent last (or somebody asks).
static void offer(struct metrics *m, struct topic *topic, const struct figure *now, bool asked)
{
	struct publish *p = m->publish;
	struct figure *sent = &topic->figure;
	const struct store_position *position = &topic->shop->position;
	// In another epoch even the same value is news: subscribers compare epochs before they compare
	// values.
	bool same = topic->version != 0 && topic->epoch == position->epoch &&
		    sent->numerator == now->numerator && sent->denominator == now->denominator &&
		    sent->revision == now->revision;
	if (same && !asked) {
		metrics_count(METRICS_updates_suppressed, 1);
		topic->changed = false;
		rest(p, topic);
		return;
	}
	if (!same) {
		topic->previous_value[0] = '\0';
		if (topic->version != 0)
			kpi_value(sent->kpi, sent->numerator, sent->denominator, topic->shop->currency,
				  topic->previous_value);
		topic->version = topic->version != 0 ? topic->version + 1 : p->version_floor + 1;
		sent->numerator = now->numerator;
		sent->denominator = now->denominator;
		sent->revision = now->revision;
		topic->sent_reason = topic->changed ? reason_of(topic) : UTARG__V1__REASON__REASON_SNAPSHOT;
		topic->changed_ms = clock_monotonic_ms();
	}
	topic->epoch = position->epoch;
	topic->as_of_seq = position->seq;
	topic->as_of_ms = position->as_of_ms;
	topic->changed = false;
	topic->sent_ms = clock_monotonic_ms();
	send_topic(m, topic, asked ? UTARG__V1__REASON__REASON_SNAPSHOT : topic->sent_reason);
	metrics_count(asked ? METRICS_updates_snapshot : METRICS_updates_published, 1);
	if (!same)
		move_to(p, topic, LIST_SECOND);
	else if (topic->list == LIST_DIRTY || topic->list == LIST_NONE)
		rest(p, topic);
}

// Due topics of one shop.
static size_t gather_due(struct publish *p, int64_t now_ms, struct topic **out)
{
	struct topic *topic, *next;
	size_t n = 0;
	DL_FOREACH_SAFE(p->lists[LIST_DIRTY], topic, next)
	{
		if (n == POINTS_AT_ONCE)
			break;
		if (topic->sent_ms + p->interval_ms > now_ms || !topic->shop->shown ||
		    (n > 0 && topic->shop != out[0]->shop))
			continue;
		if (topics_match(&p->subscriptions, topic->name)) {
			out[n++] = topic;
			continue;
		}
		topic->changed = false;
		move_to(p, topic, LIST_QUIET);
	}
	return n;
}

// Returns how many topics it has dealt with.
static size_t send_dirty(struct metrics *m, int64_t now_ms)
{
	struct topic *due[POINTS_AT_ONCE];
	struct figure points[POINTS_AT_ONCE];
	struct err e = {0};
	size_t count = gather_due(m->publish, now_ms, due);
	if (count == 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		points[i] = due[i]->figure;
	if (!figures_read_points(m->db, due[0]->shop, points, count, &e)) {
		metrics_outage(m, &e);
		return 0;
	}
	fail_point(FAIL_METRICS_BEFORE_SEND);
	for (size_t i = 0; i < count; i++)
		offer(m, due[i], &points[i], false);
	fail_point(FAIL_METRICS_SENT);
	return count;
}

static bool send_again(struct metrics *m, enum list from, enum list to, int64_t wait_ms, int64_t now_ms)
{
	struct publish *p = m->publish;
	for (int i = 0; i < REPEATS_AT_ONCE; i++) {
		struct topic *topic = p->lists[from];
		if (topic == NULL || topic->changed_ms + wait_ms > now_ms)
			return false;
		move_to(p, topic, to);
		if (!topics_match(&p->subscriptions, topic->name) || !topic->shop->shown ||
		    fail_mutant(MUTANT_NO_REPEAT))
			continue;
		send_topic(m, topic, topic->sent_reason);
		metrics_count(METRICS_updates_repeated, 1);
	}
	return true;
}

// ---- what changed ----

static void want_snapshot(struct publish *p, struct shop *shop)
{
	p->shops_waiting += !shop->wants_snapshot;
	shop->wants_snapshot = true;
}

static void mark(struct metrics *m, struct shop *shop, const struct fold_cell *cell,
		 const struct figure *figure)
{
	char name[BUS_TOPIC_SIZE];
	if (!topic_name(name, shop->slug, shop->zone, figure)) {
		metrics_count(METRICS_updates_suppressed, 1);
		return;
	}
	if (!topics_match(&m->publish->subscriptions, name))
		return;
	struct topic *topic = topic_of(m->publish, shop, figure, name);
	// More has changed than there is room for: some of it leaves right now. The tables are as committed.
	while (topic == NULL && clock_monotonic_ms() < m->publish->flood_until_ms &&
	       send_dirty(m, clock_monotonic_ms()) > 0)
		topic = topic_of(m->publish, shop, figure, name);
	if (topic == NULL) {
		metrics_count(METRICS_updates_suppressed, 1);
		want_snapshot(m->publish, shop); // what is current will be told all the same
		return;
	}
	if (!topic->changed || cell->revision > topic->reason_revision) {
		topic->reason = (enum fold_reason)cell->reason;
		topic->reason_revision = cell->revision;
		topic->reason_received_ms = cell->received_at_ms;
	}
	topic->changed = true;
	if (topic->list != LIST_DIRTY)
		move_to(m->publish, topic, LIST_DIRTY);
}

static const struct kpi_term *find_term(const struct kpi_term *terms, uint16_t measure, bool of_window)
{
	for (size_t i = 0; i < KPI_TERM_MAX && terms[i].measure != 0; i++) {
		if (terms[i].measure == measure && (terms[i].reach == KPI_WINDOW) == of_window)
			return &terms[i];
	}
	return NULL;
}

static bool uses_measure(const struct kpi_row *kpi, uint16_t measure, bool of_window)
{
	return find_term(kpi->numerator, measure, of_window) != NULL ||
	       find_term(kpi->denominator, measure, of_window) != NULL;
}

static void mark_window(struct metrics *m, struct shop *shop, const struct fold_cell *cell,
			const struct kpi_row *kpi, enum window window, int64_t at_ms)
{
	struct figure figure = {.kpi = kpi,
				.window = window,
				.dimension = (enum fold_dimension)cell->dimension,
				.key = cell->key};
	zone_window(shop->zone, window, at_ms, &figure.start_ms, &figure.end_ms);
	mark(m, shop, cell, &figure);
}

// A day's cell that later windows reach back to: of these, the one that holds it and the current one are
// told.
static void mark_far(struct metrics *m, struct shop *shop, const struct fold_cell *cell,
		     const struct kpi_row *kpi, enum window window)
{
	int64_t now_ms = clock_now_ms(), start_ms, end_ms;
	if (window < WINDOW_DAY || cell->grain != FOLD_DAY)
		return;
	mark_window(m, shop, cell, kpi, window, cell->bucket_ms);
	zone_window(shop->zone, window, cell->bucket_ms, &start_ms, &end_ms);
	if (now_ms >= end_ms)
		mark_window(m, shop, cell, kpi, window, now_ms);
}

static void mark_kpi(struct metrics *m, struct shop *shop, const struct fold_cell *cell,
		     const struct kpi_row *kpi)
{
	bool near = uses_measure(kpi, cell->measure, true), far = uses_measure(kpi, cell->measure, false);
	for (enum window window = WINDOW_MINUTE; window <= WINDOW_MONTH; window++) {
		if (!figure_exists(kpi, (enum fold_dimension)cell->dimension, window))
			continue;
		if (near && kpi_grain(cell->measure, window) == cell->grain)
			mark_window(m, shop, cell, kpi, window, cell->bucket_ms);
		if (far)
			mark_far(m, shop, cell, kpi, window);
	}
}

void publish_changed(struct metrics *m, struct shop *shop, const struct fold_cell *cells, size_t count)
{
	if (!shop->shown || m->publish->subscriptions.count == 0)
		return;
	m->publish->flood_until_ms = clock_monotonic_ms() + FLOOD_MS;
	for (const struct kpi_row *kpi = kpi_rows; kpi->name != NULL; kpi++) {
		char below[BUS_TOPIC_SIZE];
		if (!bus_topic(below, (const char *const[]){"kpi", shop->slug, kpi->name, NULL}) ||
		    !topics_match_below(&m->publish->subscriptions, below))
			continue;
		for (size_t i = 0; i < count; i++) {
			mark_kpi(m, shop, &cells[i], kpi);
		}
	}
}

void publish_shop(struct metrics *m, struct shop *shop)
{
	struct publish *p = m->publish;
	struct topic *topic, *next;
	want_snapshot(p, shop);
	// What was told before it was read again may have changed meanwhile, and so may the zone.
	HASH_ITER(hh, p->topics, topic, next)
	{
		char name[BUS_TOPIC_SIZE];
		int64_t start_ms, end_ms;
		if (topic->shop != shop)
			continue;
		zone_window(shop->zone, topic->figure.window, topic->figure.start_ms, &start_ms, &end_ms);
		if (start_ms != topic->figure.start_ms || end_ms != topic->figure.end_ms ||
		    !topic_name(name, shop->slug, shop->zone, &topic->figure) ||
		    strcmp(name, topic->name) != 0) {
			forget(p, topic);
			continue;
		}
		if (topic->version == 0 || topic->list == LIST_DIRTY)
			continue;
		topic->changed = true;
		topic->reason = FOLD_CORRECTION;
		topic->reason_revision = 0;
		topic->reason_received_ms = 0;
		move_to(p, topic, LIST_DIRTY);
	}
}

// ---- snapshots ----

static bool send_snapshot_figure(void *context, struct shop *shop, const struct figure *figure,
				 const char *name, struct err *e)
{
	struct metrics *m = context;
	struct topic *topic = topic_of(m->publish, shop, figure, name);
	(void)e;
	if (topic == NULL)
		metrics_count(METRICS_updates_suppressed, 1);
	else
		offer(m, topic, figure, true);
	return true;
}

// Sends what is under one subscribed prefix, of one shop or of all. False: the database failed.
static bool send_snapshot(struct metrics *m, const struct topics_entry *entry, struct shop *only)
{
	struct topic_prefix prefix;
	struct err e = {0};
	if (!topic_prefix_parse(entry->text, entry->size, &prefix, &e))
		return true;
	bool ok = publish_figures_under(m, &prefix, only, METRICS_FIGURE_MAX, send_snapshot_figure, m, &e);
	if (ok)
		return true;
	if (db_fault(m->db) != DB_FAULT_NONE) {
		metrics_outage(m, &e);
		return false;
	}
	log_warn("snapshot_cut", LOG_STR("prefix", entry->text), LOG_STR("reason", e.text));
	return true;
}

static bool send_new_subscriptions(struct metrics *m, int64_t now_ms)
{
	struct publish *p = m->publish;
	size_t done = 0;
	for (size_t i = 0; i < p->subscriptions.count && p->subscriptions.waiting > 0; i++) {
		struct topics_entry *entry = &p->subscriptions.entries[i];
		// Subscribing again and again brings no more than one snapshot an interval.
		if (!entry->wants_snapshot || entry->snapshot_at_ms + p->interval_ms > now_ms)
			continue;
		if (done++ == SNAPSHOTS_AT_ONCE)
			return true;
		if (!send_snapshot(m, entry, NULL))
			return false;
		entry->wants_snapshot = false;
		entry->snapshot_at_ms = now_ms;
		p->subscriptions.waiting--;
	}
	return false;
}

static bool send_new_shops(struct metrics *m)
{
	struct publish *p = m->publish;
	for (size_t s = 0; s < shops_count(m->shops) && p->shops_waiting > 0; s++) {
		struct shop *shop = shops_at(m->shops, s);
		char below[BUS_TOPIC_SIZE];
		if (!shop->wants_snapshot)
			continue;
		shop->wants_snapshot = false;
		p->shops_waiting--;
		if (!shop->shown || !bus_topic(below, (const char *const[]){"kpi", shop->slug, NULL}))
			continue; // it asks again when it is shown
		for (size_t i = 0; i < p->subscriptions.count; i++) {
			const struct topics_entry *entry = &p->subscriptions.entries[i];
			if (topic_meets(entry->text, entry->size, below, strlen(below)) &&
			    !send_snapshot(m, entry, shop)) {
				shop->wants_snapshot = true;
				p->shops_waiting++;
				return false;
			}
		}
		return p->shops_waiting > 0;
	}
	return false;
}

bool publish_round(struct metrics *m)
{
	int64_t now_ms = clock_monotonic_ms();
	if (now_ms < m->outage_until_ms)
		return false;
	bool more = send_new_shops(m);
	more |= send_new_subscriptions(m, now_ms);
	more |= send_dirty(m, now_ms) > 0; // others may be due, too
	more |= send_again(m, LIST_SECOND, LIST_FIFTH, SECOND_MS, now_ms);
	more |= send_again(m, LIST_FIFTH, LIST_QUIET, FIFTH_MS, now_ms);
	return more && now_ms >= m->outage_until_ms;
}
