// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Figures out: what changed and somebody subscribes to, at most once an interval a topic; the current
// windows for whoever subscribes; the last value again a while later. Values are read from the tables after
// the checkpoint that changed them, so they always agree with what a question would get.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"
#include "services/metrics/core/fold.h"
#include "services/metrics/topics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utarg/v1/metrics.pb-c.h"

struct metrics;
struct shop;
struct publish;

struct publish *publish_create(int64_t interval_ms, size_t topics_max);
void publish_destroy(struct publish *publish);

// A subscription (or its end) arrived.
void publish_subscription(struct metrics *m, struct slice prefix, bool subscribed);
// These cells were checkpointed.
void publish_changed(struct metrics *m, struct shop *shop, const struct fold_cell *cells, size_t count);
// The shop's figures may be shown from now on (again): everything subscribed of it is sent.
void publish_shop(struct metrics *m, struct shop *shop);
// The figure's window has begun: whoever subscribes is told it, with the clock as the reason.
void publish_begun(struct metrics *m, struct shop *shop, const struct figure *figure);
// Whether somebody may get a figure of the kpi, or of one of its dimensions when that is not 0.
bool publish_is_wanted(const struct publish *publish, const struct shop *shop, const struct kpi_row *kpi,
		       enum fold_dimension dimension);
// So much waits to be sent that folding more had better wait.
bool publish_is_behind(const struct publish *publish);
// Sends what is due; true when there is more to do at once.
bool publish_round(struct metrics *m);

// The figures under a prefix: current windows, or the one the prefix names. One shop, or all that are shown
// when only is NULL. TOO_MANY beyond limit. Names that do not exist have no figures. snapshot.c.
typedef bool publish_take(void *context, struct shop *shop, const struct figure *figure, const char *topic,
			  struct err *e);
bool publish_figures_under(struct metrics *m, const struct topic_prefix *prefix, struct shop *only,
			   size_t limit, publish_take *take, void *context, struct err *e);
// Whether the names of a prefix exist: BAD_FIELD or UNKNOWN_SHOP with the one that does not.
bool publish_check_prefix(struct metrics *m, const struct topic_prefix *prefix, struct err *e);
// The version last sent under a topic: what is newer will have a greater one.
uint64_t publish_version(const struct publish *publish, const char *topic);
