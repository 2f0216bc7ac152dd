// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See alerts.h. A shop costs three statements a minute, and its statistical rules have their turn each
// quarter of an hour.
#include "services/metrics/alerts.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "services/metrics/alert_rules.h"
#include "services/metrics/metrics.h"
#include "services/metrics/shops.h"
#include "services/metrics/store.h"

#include <stdlib.h>
#include <string.h>

enum {
	LOOK_MS = 50,         // so long a call looks at shops; the next one goes on
	CAUGHT_UP_MS = 60000, // cells that are older than this say nothing about now
};

// What failed would fail again, and the database is not to blame: it is logged and left.
static bool is_of_alerts(const struct metrics *m, const char *what, const struct err *e)
{
	if (db_fault(m->db) != DB_FAULT_NONE)
		return false;
	log_warn(what, LOG_STR("reason", e->text));
	return true;
}

// ---- telling ----

static void tell(struct metrics *m, const struct shop *shop, struct alert_row *row)
{
	char topic[BUS_TOPIC_SIZE];
	struct err e = {0};
	Utarg__V1__AlertUpdate update;
	utarg__v1__alert_update__init(&update);
	row->alert.shop = text_borrow(shop->slug);
	update.alert = &row->alert;
	update.incarnation = svc_incarnation(m->svc);
	if (!bus_topic(topic, (const char *const[]){"alert", shop->slug, row->alert.rule, NULL}))
		return;
	if (!svc_publish(m->svc, topic, &update.base, &e))
		log_warn("publish_failed", LOG_STR("topic", topic), LOG_STR("reason", e.text));
	metrics_count(METRICS_alerts_told, 1);
}

void alerts_tell(struct metrics *m, const struct shop *shop, struct alert_rows *alerts)
{
	for (size_t i = 0; i < alerts->count; i++)
		tell(m, shop, &alerts->rows[i]);
}

void alerts_subscribed(struct metrics *m)
{
	m->alerts_wanted = true;
}

// Of any shops.
static void tell_all(struct metrics *m, struct alert_rows *alerts)
{
	for (size_t i = 0; i < alerts->count; i++) {
		struct err ignored = {0};
		const struct shop *shop = shops_find_id(m, alerts->rows[i].shop_id, &ignored);
		if (shop != NULL)
			tell(m, shop, &alerts->rows[i]);
	}
}

// A page a call: a page fits into the arena, and into the queues of who hears it.
static bool tell_open(struct metrics *m, struct err *e)
{
	size_t count = shops_count(m->shops);
	int32_t *ids = calloc(count + 1, sizeof(*ids));
	struct alert_rows open;
	struct alert_place *last = &m->alerts_told;
	if (ids == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		ids[i] = shops_at(m->shops, i)->shop_id;
	arena_reset(&m->alert_arena);
	bool ok = alert_store_open(m->db, ids, count, last, &m->alert_arena, &open, e);
	free(ids);
	if (!ok)
		return false;
	tell_all(m, &open);
	m->alerts_are_told = open.count == ALERT_PAGE;
	if (m->alerts_are_told) {
		last->shop_id = open.rows[open.count - 1].shop_id;
		text_copy(last->rule, sizeof(last->rule), open.rows[open.count - 1].alert.rule);
	}
	return true;
}

// Who subscribes meanwhile is told all of them once more after that.
static bool tell_subscribers(struct metrics *m, struct err *e)
{
	if (m->alerts_wanted && !m->alerts_are_told) {
		m->alerts_wanted = false;
		m->alerts_are_told = true;
		m->alerts_told = (struct alert_place){0};
	}
	if (!m->alerts_are_told || tell_open(m, e))
		return true;
	if (!is_of_alerts(m, "alerts_not_told", e))
		return false;
	m->alerts_are_told = false;
	return true;
}

// ---- looking ----

// What one shop is looked at with.
struct look {
	struct metrics *m;
	struct alert_seen *seen;
	struct shop *shop;
	int64_t as_of_ms;
	struct alert_rule *rules;
	size_t rule_count;
	bool quarter; // a new one: statistical rules have their turn
	struct figure *points;
	size_t *counts; // points of each rule
	size_t point_count;
};

static bool has_turn(const struct look *look, const struct alert_rule *rule)
{
	return rule->kind == ALERT_THRESHOLD || look->quarter;
}

static bool read_points(struct look *look, struct err *e)
{
	struct arena *arena = &look->m->alert_arena;
	look->points = arena_calloc(arena, look->rule_count * ALERT_POINTS_MAX + 1, sizeof(*look->points));
	look->counts = arena_calloc(arena, look->rule_count + 1, sizeof(*look->counts));
	if (look->points == NULL || look->counts == NULL)
		return err_set(e, ERR_TOO_LARGE, "the rules do not fit");
	for (size_t i = 0; i < look->rule_count; i++) {
		if (!has_turn(look, &look->rules[i]))
			continue;
		look->counts[i] = alert_rule_points(&look->rules[i], look->shop->zone, look->as_of_ms,
						    look->points + look->point_count);
		look->point_count += look->counts[i];
	}
	return look->point_count == 0 ||
	       figures_read_points(look->m->db, look->shop, look->points, look->point_count, e);
}

static struct alert_row *open_of(struct alert_rows *open, const char *rule)
{
	for (size_t i = 0; i < open->count; i++)
		if (strcmp(open->rows[i].alert.rule, rule) == 0)
			return &open->rows[i];
	return NULL;
}

static void note(const struct look *look, const char *what, const char *rule, const char *text)
{
	log_info(what, LOG_STR("shop", look->shop->slug), LOG_STR("rule", rule), LOG_STR("text", text));
}

static bool take_step(const struct look *look, const struct alert_rule *rule, const struct alert_row *open,
		      enum alert_step step, const char *text, struct err *e)
{
	struct db *db = look->m->db;
	struct arena *arena = &look->m->alert_arena;
	int32_t shop_id = look->shop->shop_id;
	struct alert_rows changed = {0};
	bool ok = true;
	switch (step) {
	case ALERT_NOTHING:
		return true;
	case ALERT_RAISE:
		ok = alert_store_raise(db, shop_id, rule, text, look->as_of_ms, arena, &changed, e);
		if (ok && changed.count > 0)
			note(look, "alert_raised", rule->name, text);
		break;
	case ALERT_SEEN:
		alert_seen_add(look->seen, shop_id, (int64_t)open->alert.alert_id, look->as_of_ms);
		break;
	case ALERT_END:
		ok = alert_store_end(db, shop_id, rule->name, look->as_of_ms, arena, &changed, e);
		if (ok && changed.count > 0)
			note(look, "alert_ended", rule->name, text);
		break;
	}
	if (ok)
		alerts_tell(look->m, look->shop, &changed);
	return ok;
}

static bool judge(const struct look *look, struct alert_rows *open, struct err *e)
{
	const struct figure *points = look->points;
	for (size_t i = 0; i < look->rule_count; i++) {
		const struct alert_rule *rule = &look->rules[i];
		char text[ALERT_TEXT_SIZE];
		if (!has_turn(look, rule))
			continue;
		const struct alert_row *row = open_of(open, rule->name);
		struct alert_state state = {row != NULL, row != NULL ? row->seen_ms : 0};
		enum alert_verdict verdict = alert_rule_judge(rule, look->shop, points, text);
		points += look->counts[i];
		if (!take_step(look, rule, row, alert_step(&state, verdict, look->as_of_ms), text, e))
			return false;
	}
	return true;
}

static bool has_rule(const struct look *look, const char *name)
{
	for (size_t i = 0; i < look->rule_count; i++)
		if (strcmp(look->rules[i].name, name) == 0)
			return true;
	return false;
}

// Alerts that no rule will end: their figure is not of this version any more, or the rule is gone.
static bool end_orphans(const struct look *look, const struct alert_rows *open, struct err *e)
{
	for (size_t i = 0; i < open->count; i++) {
		const Utarg__V1__Alert *alert = &open->rows[i].alert;
		struct alert_rows ended;
		if (has_rule(look, alert->rule))
			continue;
		if (!alert_store_end(look->m->db, look->shop->shop_id, alert->rule, look->as_of_ms,
				     &look->m->alert_arena, &ended, e))
			return false;
		if (ended.count > 0)
			note(look, "alert_ended", alert->rule, "it has no rule");
		alerts_tell(look->m, look->shop, &ended);
	}
	return true;
}

static bool look_at(struct metrics *m, struct shop *shop, struct alert_seen *seen, struct err *e)
{
	struct look look = {.m = m, .seen = seen, .shop = shop, .as_of_ms = shop->position.as_of_ms};
	const struct alert_place first = {0};
	struct alert_rows open;
	look.quarter = look.as_of_ms / ALERT_STEP_MS != shop->alerts_at_ms / ALERT_STEP_MS;
	arena_reset(&m->alert_arena);
	return alert_store_rules(m->db, shop, &m->alert_arena, &look.rules, &look.rule_count, e) &&
	       alert_store_open(m->db, &shop->shop_id, 1, &first, &m->alert_arena, &open, e) &&
	       read_points(&look, e) && judge(&look, &open, e) && end_orphans(&look, &open, e);
}

static void meet_mark(struct shop *shop)
{
	const struct store_position *at = &shop->position;
	if (shop->marked_at_ms == 0 || at->epoch < shop->mark_epoch ||
	    (at->epoch == shop->mark_epoch && at->seq < shop->mark_seq))
		return;
	shop->caught_up_at_ms = shop->marked_at_ms;
	shop->marked_at_ms = 0;
}

// A head is marked and waited for before the next one is: a shop that is always some seconds behind reaches
// its marks all the same.
static void take_marks(struct metrics *m)
{
	for (size_t i = 0; i < shops_count(m->shops); i++) {
		struct shop *shop = shops_at(m->shops, i);
		struct journal_position head;
		if (shop->state != SHOP_FOLLOWED)
			continue;
		meet_mark(shop);
		if (shop->marked_at_ms == 0 && journal_follow_head(m->journal, shop->shop_id, &head)) {
			shop->mark_epoch = head.epoch;
			shop->mark_seq = head.seq;
			shop->marked_at_ms = m->swept_at_ms;
			meet_mark(shop);
		}
	}
}

static bool wants_look(const struct shop *shop, int64_t now_ms)
{
	return shop->state == SHOP_FOLLOWED && shop->shown && shop->alerts_at_ms != shop->position.as_of_ms &&
	       shop->caught_up_at_ms != 0 && now_ms - shop->caught_up_at_ms < CAUGHT_UP_MS;
}

// What is not written now is seen again in a minute.
static bool write_seen(struct metrics *m, struct alert_seen *seen, struct err *e)
{
	struct alert_rows changed;
	arena_reset(&m->alert_arena);
	if (!alert_store_seen(m->db, seen, &m->alert_arena, &changed, e))
		return is_of_alerts(m, "alerts_not_written", e);
	tell_all(m, &changed);
	return true;
}

static bool look_at_one(struct metrics *m, struct shop *shop, struct alert_seen *seen, struct err *e)
{
	if (!look_at(m, shop, seen, e)) {
		if (db_fault(m->db) != DB_FAULT_NONE)
			return false;
		log_warn("alerts_not_looked_at", LOG_STR("shop", shop->slug), LOG_STR("reason", e->text));
	} else {
		metrics_count(METRICS_alerts_looked, 1);
	}
	shop->alerts_at_ms = shop->position.as_of_ms; // if it failed, the next minute is another chance
	return seen->shop_ids.count < ALERT_PAGE || write_seen(m, seen, e);
}

// Goes round all shops, and on where the last call had no more time.
static bool look_around(struct metrics *m, struct err *e)
{
	int64_t began_ms = clock_monotonic_ms();
	size_t count = shops_count(m->shops);
	struct alert_seen seen;
	bool ok = true;
	alert_seen_init(&seen);
	for (size_t i = 0; ok && i < count && clock_monotonic_ms() - began_ms < LOOK_MS; i++) {
		struct shop *shop = shops_at(m->shops, m->look_next++ % count);
		struct err why = {0};
		if (!wants_look(shop, began_ms))
			continue;
		ok = look_at_one(m, shop, &seen, &why);
		if (!ok)
			*e = why;
	}
	if (ok && seen.shop_ids.count > 0)
		ok = write_seen(m, &seen, e);
	alert_seen_fini(&seen);
	return ok;
}

void alerts_tick(struct metrics *m)
{
	struct err e = {0};
	int64_t now_ms = clock_monotonic_ms();
	if (now_ms < m->outage_until_ms)
		return;
	take_marks(m);
	if (!tell_subscribers(m, &e) || !look_around(m, &e))
		metrics_outage(m, &e);
}
