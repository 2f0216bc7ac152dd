// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Alerts as they live: rules are looked at when a shop's minute has moved, what is raised or over is written
// to metrics.alert and told on alert/<shop>/<rule>/. A rule has one open alert; the table says so, so that it
// is raised once whoever looks. Reads cells only, and only while the shop's journal has been read up to what
// it was within the last minute.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/base/text.h"
#include "common/db/db.h"
#include "services/metrics/alert_rules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/metrics.pb-c.h"

struct metrics;
struct shop;

// Looks at some shops whose minute has moved. To be called twice a second.
void alerts_tick(struct metrics *m);
// Somebody has subscribed to alerts: the open ones are told again.
void alerts_subscribed(struct metrics *m);

// ---- alert_store.c: the tables ----
// Thresholds of a shop; alerts read at once, which is more than the open ones of a shop and takes less than a
// MiB of an arena.
enum { ALERT_RULES_MAX = 200, ALERT_PAGE = 500 };

// An alert as stored; texts are the arena's.
struct alert_row {
	int32_t shop_id;
	int64_t seen_ms;
	Utarg__V1__Alert alert; // but for the shop's name
};
struct alert_rows {
	struct alert_row *rows;
	size_t count;
};
// Where a page of open alerts ended.
struct alert_place {
	int32_t shop_id;
	char rule[ALERT_RULE_SIZE];
};

// Rules of a shop: built-in ones first. *out is the arena's. TOO_LARGE when it is full.
bool alert_store_rules(struct db *db, const struct shop *shop, struct arena *arena, struct alert_rule **out,
		       size_t *count, struct err *e);
// Ends the open alert of a rule of that name that said something else.
bool alert_store_put_rule(struct db *db, int32_t shop_id, const struct alert_rule *rule, int64_t as_of_ms,
			  struct arena *arena, struct alert_rows *ended, struct err *e);
// With its open alert, in one. *found: there was such a rule.
bool alert_store_remove_rule(struct db *db, int32_t shop_id, const char *rule, int64_t as_of_ms,
			     struct arena *arena, bool *found, struct alert_rows *ended, struct err *e);
// Open alerts of these shops by (shop, rule): the first ALERT_PAGE behind a place. {0} is before all of them.
bool alert_store_open(struct db *db, const int32_t *shop_ids, size_t count, const struct alert_place *after,
		      struct arena *arena, struct alert_rows *out, struct err *e);
bool alert_store_list(struct db *db, int32_t shop_id, bool ended, size_t limit, struct arena *arena,
		      struct alert_rows *out, struct err *e);
// The changed alert, none when there was nothing to change.
bool alert_store_raise(struct db *db, int32_t shop_id, const struct alert_rule *rule, const char *text,
		       int64_t as_of_ms, struct arena *arena, struct alert_rows *out, struct err *e);
bool alert_store_end(struct db *db, int32_t shop_id, const char *rule, int64_t as_of_ms, struct arena *arena,
		     struct alert_rows *out, struct err *e);
bool alert_store_acknowledge(struct db *db, int32_t shop_id, int64_t alert_id, int64_t now_ms,
			     const char *principal, struct arena *arena, struct alert_rows *out,
			     struct err *e);

// Open alerts of any shops whose conditions hold still, gathered so that they cost one statement.
struct alert_seen {
	struct db_array shop_ids, alert_ids, times;
};
void alert_seen_init(struct alert_seen *seen);
void alert_seen_fini(struct alert_seen *seen);
void alert_seen_add(struct alert_seen *seen, int32_t shop_id, int64_t alert_id, int64_t as_of_ms);
// Writes and forgets them, whatever it answers. Those that are over meanwhile are not among `out`.
bool alert_store_seen(struct db *db, struct alert_seen *seen, struct arena *arena, struct alert_rows *out,
		      struct err *e);

// Tells these alerts to whoever hears them.
void alerts_tell(struct metrics *m, const struct shop *shop, struct alert_rows *alerts);
