// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Erasing a person from one shop's journal and from all that was made of it, in one transaction of the
// database's owner: the one place that changes events. Names are replaced by random ones, the same
// everywhere, so that chain, figures and replay stay what they are; the rest of their subjects goes.
// docs/SECURITY.md tells it to people.
#pragma once

#include "common/base/pseudonym.h"
#include "common/db/db.h"
#include "services/utarg/core/erased.h"
#include "services/utarg/erasures.h"

#include <stdbool.h>
#include <stdint.h>

extern const struct db_statement forget_statements[];

struct forget_order {
	const char *shop; // slug
	struct pseudonym_key master;
	const char *visitor, *customer; // as the shop calls them; NULL: not asked for
	const struct erasure *again;    // or this one, once more
	const char *record;             // path of the record of erasures; unused with again
	const char *reason;             // "" or a sentence; it stands in the journal
	const char *by;                 // who does it
};

struct forget_result {
	int32_t shop_id;
	int64_t event_count, quarantine_count; // rows that named them; 0 of both: nothing was changed
	int64_t seq, epoch;                    // of the journal after it; epoch 0: nothing was changed
	struct erased *erased;                 // the names that were met; erased_destroy
};

// Opens the owner's connection for it. NULL on failure.
struct db *forget_open(const char *conninfo, struct err *e);
// Does it. Nothing has changed on failure, but after a commit whose answer was lost: then doing it again
// settles it. out->erased is the caller's whenever it is not NULL.
bool forget_run(struct db *db, const struct forget_order *order, struct forget_result *out, struct err *e);
// Whether the journal holds that erasure already.
bool forget_is_known(struct db *db, const struct erasure *erasure, bool *known, struct err *e);
