// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: what the clock alone changes of offers: reductions begin and end at their times, without any
// event, and whoever listens is told. Nothing is written: a reduction's state is computed when it is asked
// for.
#include "services/campaign/service.h"

#include "common/base/clock.h"
#include "common/base/text.h"

static void mark(struct service *service, const struct db_result *result)
{
	for (int row = 0; row < db_rows(result); row++) {
		struct fold_change change = {.subject = FOLD_OFFER,
					     .shop_id = (int32_t)db_get_int(result, row, 0)};

		text_copy(change.key, sizeof(change.key), db_get_text(result, row, 1));
		publisher_mark(service->publisher, &change, 1);
	}
}

bool turn_reductions(struct service *service, struct err *e)
{
	int64_t now_ms = clock_now_ms();
	struct db_value values[] = {db_time_ms(service->turned_ms), db_time_ms(now_ms)};
	struct db_result *result;

	// At the start whoever subscribes is told how it is.
	if (service->turned_ms == 0 || now_ms < service->turned_ms) {
		service->turned_ms = now_ms;
		return true;
	}
	if (!db_run(service->db, "campaign_reduction_turned", values, 2, &result, e))
		return false;
	mark(service, result);
	db_result_free(result);
	service->turned_ms = now_ms;
	return true;
}
