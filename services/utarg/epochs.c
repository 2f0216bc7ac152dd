// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See epochs.h.
#include "services/utarg/epochs.h"

#include "common/base/clock.h"
#include "services/utarg/keep.h"

static const char role[] = "utarg_owner";

int64_t epochs_least_after_restore(void)
{
	return clock_now_ms() / 1000;
}

// Two statements: the second then sees the heads as they are under the lock.
bool epochs_raise(struct db *db, const char *slug, int64_t least, const char *by, const char *why,
		  struct db_result **raised, struct err *e)
{
	struct db_value name = db_text(slug);
	struct db_result *heads = NULL;
	struct db_array shops;
	if (!keep_run(db, role, "keep_epoch_lock", &name, 1, &heads, e))
		return false;
	if (*slug && db_rows(heads) == 0) {
		db_result_free(heads);
		return err_field(e, ERR_UNKNOWN_SHOP, "shop", "there is no shop \"%.80s\"", slug);
	}
	db_array_init(&shops, DB_INT4);
	for (int row = 0; row < db_rows(heads); row++)
		db_array_add(&shops, db_int4((int32_t)db_get_int(heads, row, 0)));
	struct db_value values[] = {db_array_value(&shops), db_int8(least), db_text(by), db_text(why)};
	bool done = keep_run(db, role, "keep_epoch_raise", values, 4, raised, e);
	db_array_fini(&shops);
	db_result_free(heads);
	return done;
}
