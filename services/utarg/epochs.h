// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Raising the epoch of journals: how everybody learns that history is not what it was. Whoever puts an older
// copy of the database back raises it, and erasure will. The chain is not touched: it binds events, and an
// epoch is not one.
#pragma once

#include "common/db/db.h"

// The least epoch after a restore: the seconds since 1970. A copy that is put back knows nothing of epochs
// that were raised after it was made, so that "one more" could be a number that acknowledgements of the lost
// history bear already; the clock cannot. Erasure takes 0: one more than before is enough.
int64_t epochs_least_after_restore(void);
// In the caller's transaction, as the database's owner: locks the heads of one shop (or of all, slug ""),
// raises their epochs to `least` or by one, and notes it in journal.epoch. *raised has a row a shop: slug,
// epoch before, epoch, seq of the head. UNKNOWN_SHOP when there is none of that name.
bool epochs_raise(struct db *db, const char *slug, int64_t least, const char *by, const char *why,
		  struct db_result **raised, struct err *e);
