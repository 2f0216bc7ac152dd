// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Commits a batch, whatever happens: the writer's dealings with the database. Every event of the batch
// gets its one answer here: committed, known already, refused by the database, or "come again". Knows the
// journal's module and the faults of common/db; knows neither sockets nor requests.
#pragma once

#include "common/db/db.h"
#include "services/ingest/job.h"
#include "services/ingest/order.h"
#include "services/ingest/worker.h"

#include <stdbool.h>

extern const struct db_statement ingest_statements[];

struct appender; // one connection; of the writer's thread

// Tells the loop that the database can be written to or, with a sentence, that it cannot.
typedef void append_notice(void *context, bool up, const char *why);

// end is asked whether it is time to stop; options is copied, what it points to borrowed. order is shared by
// all appenders of the process.
struct appender *appender_create(const struct db_options *options, struct order *order,
				 const struct worker_end *end, append_notice *notice, void *context);
void appender_destroy(struct appender *appender);
bool appender_is_up(const struct appender *appender);
// Connects when there is no connection, and makes sure that the database keeps what it acknowledges and
// is migrated (all statements prepare). REFUSED: it does not keep it, and waiting will not help.
bool appender_check(struct appender *appender, struct err *e);
// Gives every entry's result its code, seq and epoch, and the batch its heads. Never fails. Waits for batches
// with a lower number: each must be handed to some appender.
void appender_run(struct appender *appender, struct batch *batch);
