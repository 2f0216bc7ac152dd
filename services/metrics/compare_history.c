// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// History of closed days: the table comes in pages, and each row is looked up in what the replay made.
#include "services/metrics/compare.h"
#include "services/metrics/core/kpi.h"

#include <string.h>
#include <time.h>

void compare_history_differs(struct comparison *out, const struct fold_key *key, const char *what)
{
	int64_t day_ms, seq;
	char day[sizeof("2026-11-23T17:15:00Z") + 16];
	struct tm tm = {0};
	replay_history_of_key(key, &day_ms, &seq);
	time_t day_s = (time_t)(day_ms / 1000);
	gmtime_r(&day_s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%SZ", &tm);
	comparison_add(out, "history of the day from %s, event %lld: %s", day, (long long)seq, what);
}

static bool meet_row(const struct compare_context *c, const struct db_result *rows, int row, struct err *e)
{
	struct fold_key key = replay_history_key(db_get_time_ms(rows, row, 0), db_get_int(rows, row, 1),
						 (uint8_t)db_get_int(rows, row, 3));
	struct slice changes = db_get_bytes(rows, row, 4);
	struct fold_entity made;
	if (!spill_entities_meet(c->replay->entities, &key, &made, e))
		return false;
	if (made.state.size == 0)
		compare_history_differs(c->out, &key, "stored, and the journal makes none with that reason");
	else if (made.due_ms != db_get_time_ms(rows, row, 2))
		compare_history_differs(c->out, &key, "another time of receipt is stored");
	else if (made.state.size != changes.size || memcmp(made.state.data, changes.data, changes.size) != 0)
		compare_history_differs(c->out, &key, "other changes are stored");
	c->out->history++;
	return true;
}

bool compare_history(struct compare_context *c, struct err *e)
{
	int64_t day_ms = KPI_BEGINNING_MS, seq = 0;
	bool ok = true, more = true;
	while (ok && more) {
		struct db_result *rows = NULL;
		if (!db_run(c->db, "metrics_history_page",
			    STORE_VALUES(db_int4(c->shop_id), db_time_ms(day_ms), db_int8(seq),
					 db_int8(COMPARE_PAGE)),
			    &rows, e))
			return false;
		more = db_rows(rows) == COMPARE_PAGE;
		for (int row = 0; ok && row < db_rows(rows); row++) {
			ok = meet_row(c, rows, row, e);
			day_ms = db_get_time_ms(rows, row, 0);
			seq = db_get_int(rows, row, 1);
		}
		db_result_free(rows);
		compare_progress(c, c->out->history);
	}
	return ok;
}
