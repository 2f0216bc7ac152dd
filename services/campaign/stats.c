// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Purpose: the rows behind the names of stats.h.
#include "services/campaign/stats.h"

struct stats_row campaign_stats[STAT_COUNT] = {
#define X(row, what, text, about) [STAT_##row] = {.name = (text), .help = (about), .kind = STATS_##what},
	CAMPAIGN_STATS(X)
#undef X
};

struct stats_row *const campaign_stats_table[] = {
#define X(row, what, text, about) &campaign_stats[STAT_##row],
	CAMPAIGN_STATS(X)
#undef X
		NULL,
};
