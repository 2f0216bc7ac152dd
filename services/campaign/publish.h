// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What leaves on 7302: offer/<shop>/<sku>/ and campaign/<shop>/<campaign>/ with values, head/<shop>/ as
// doorbell. Values are read from the tables when they are sent, so they are always a function of committed
// events; changes within a tick are sent as one. A topic's value is sent again 1 s and 5 s after its
// last change, and at once to whoever subscribes.
//
//   a topic: change marked -> sent (version + 1) -> again after 1 s -> after 5 s -> idle -> change ...
//
// Only topics somebody subscribes to are followed. A topic's version counts its changes sent, in this
// incarnation.
#pragma once

#include "common/db/db.h"
#include "common/journal/journal.h"
#include "common/svc/svc.h"
#include "services/campaign/fold.h"
#include "services/campaign/shops.h"

#include <stdbool.h>
#include <stdint.h>

struct publisher;

struct publisher *publisher_create(struct svc *svc, const struct shops *shops);
void publisher_destroy(struct publisher *publisher);
// After a commit: what it changed.
void publisher_mark(struct publisher *publisher, const struct fold_change *changes, size_t count);
// After a commit: this service's own append.
void publisher_ring(struct publisher *publisher, const char *slug, const struct journal_head *head);
// A subscription came or went; as svc_on_subscription calls it.
void publisher_subscription(struct publisher *publisher, struct slice prefix, bool subscribed);
// Sends what is due. False when the database failed: what was due stays due.
bool publisher_tick(struct publisher *publisher, struct db *db, int64_t monotonic_ms, struct err *e);
