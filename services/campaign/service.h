// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The service's context: one thread, one connection to the database, used by turns by the follower,
// by commands and queries, and by the publisher.
//
// Life: created before the database is there. The sweep timer opens the store (and goes on trying), then
// it follows the journal. `is_up` is the database's state as last seen: while it is false, requests are
// answered BUSY at once and only the timer knocks.
#pragma once

#include "common/base/err.h"
#include "common/db/db.h"
#include "common/journal/follow.h"
#include "common/svc/svc.h"
#include "services/campaign/fold.h"
#include "services/campaign/messages.h"
#include "services/campaign/publish.h"
#include "services/campaign/shops.h"

#include <stdbool.h>
#include <stdint.h>

struct service {
	struct svc *svc;
	struct keyring *keyring;
	struct db *db; // NULL until it could be opened once
	struct journal_follow *follow;
	struct shops *shops;
	struct fold fold;
	struct publisher *publisher;
	struct watch *watch;
	struct arena desk;            // messages are judged in it, one judgement at a time
	struct bus_socket *doorbells; // SUB on ingest
	struct arena arena;           // doorbells
	bool is_up;
	bool is_waiting;        // and has said so
	bool is_caught_up;      // once since the start
	int64_t turned_ms;      // up to when reductions were looked at (turns.c); 0: not yet
	bool is_to_judge;       // messages may be due
	int32_t judged_shop_id; // the last one whose messages were judged; 0: none yet
	int exit_code;          // of main; not 0 when the database is refused for good
};

void service_init(struct service *service, struct svc *svc);
void service_fini(struct service *service);
// Timers, doorbells and subscriptions.
bool service_start(struct service *service, struct err *e);
// Whether requests that need the database can be served; BUSY.
bool service_check(const struct service *service, struct err *e);
// Something failed at the database: logs the change, and readiness follows.
void service_down(struct service *service, const char *what, const struct err *e);
// After a commit of unknown outcome: a fresh connection, and the old backend gone.
bool service_settle(struct service *service, struct err *e);
// After a commit: tells the publisher and the watch what it changed (service->fold).
void service_changed(struct service *service);
// Tells the follower where the tables stand.
bool service_load_positions(struct service *service, struct err *e);

// follow.c: one round; true when it did something and there may be more.
bool follow_round(struct service *service);
// The shop's position, locked until commit, made when it is not there.
bool follow_lock_position(struct db *db, int32_t shop_id, struct journal_position *out, struct err *e);
// Compare and set in the caller's transaction; false with BUSY when another process was there first.
bool follow_move_position(struct db *db, struct journal_position from, struct journal_position to,
			  struct err *e);

// turns.c: marks offers whose reductions began or ended since the last call.
bool turn_reductions(struct service *service, struct err *e);
