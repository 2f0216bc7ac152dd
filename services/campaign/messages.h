// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Messages between tables and core: reading how they stand, the facts they are judged by, and the views that
// are told; and the judge who goes round.
//
// The judge: whatever may change a verdict sets a message's due_ms to 0 in the same transaction that writes
// the fact, and a verdict sets it to the next instant at which the clock may change it. So nothing is
// forgotten by a crash, and it does not matter which process judges.
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/db/db.h"
#include "services/campaign/core/message_judge.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct service;

enum { MESSAGE_DESK_BYTES = 32 * 1024 * 1024 }; // of the arena that judgements are made in, one at a time

// How messages stand, by name, with what placements have reported.
struct message_standings {
	struct message_standing *items;
	size_t count;
	int64_t as_of_seq;
};
bool message_standings_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *names,
			     size_t count, struct message_standings *out, struct err *e);
bool message_standings_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after,
			    int32_t limit, struct message_standings *out, struct err *e);
bool message_standings_due(struct db *db, struct arena *arena, int32_t shop_id, int64_t now_ms, int32_t limit,
			   struct message_standings *out, struct err *e);

// All that the claims of these messages are compared with, at now_ms. *facts borrows the desk's arena and
// zone.
bool message_facts_read(struct db *db, struct arena *arena, int32_t shop_id,
			const Utarg__V1__MarketingMessage *const *messages, size_t count, int64_t now_ms,
			struct message_facts *facts, struct err *e);

struct message_views {
	Utarg__V1__MessageView **items;
	size_t count;
	int64_t as_of_seq;
};
bool message_views_named(struct db *db, struct arena *arena, int32_t shop_id, const char *const *names,
			 size_t count, struct message_views *out, struct err *e);
bool message_views_page(struct db *db, struct arena *arena, int32_t shop_id, const char *after, int32_t limit,
			struct message_views *out, struct err *e);
// Alerts of the shop, or of one message of it.
bool message_alerts_page(struct db *db, struct arena *arena, int32_t shop_id, const char *message,
			 int32_t limit, Utarg__V1__MessageAlert ***out, size_t *count, int64_t *as_of_seq,
			 struct err *e);

// Judges some of the messages that are due and marks the topics of those whose alerts changed; true when
// there may be more. A failure is the database's.
bool judge_round(struct service *service);
// What would stand against the message if it were published now. The verdict lives in the desk's arena until
// the next judgement.
bool judge_message(struct service *service, int32_t shop_id, const Utarg__V1__MarketingMessage *message,
		   struct message_verdict *out, struct err *e);
