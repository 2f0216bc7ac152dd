// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What campaign counts.
#pragma once

#include "common/base/stats.h"

#define CAMPAIGN_STATS(X)                                                                                    \
	X(EVENTS_FOLDED, COUNTER, "utarg_campaign_events_folded_total",                                      \
	  "Events read from the journal and folded, those without meaning here included")                    \
	X(EVENTS_IGNORED, COUNTER, "utarg_campaign_events_ignored_total",                                    \
	  "Events of a kind known here whose content could not be used")                                     \
	X(FENCED, COUNTER, "utarg_campaign_fenced_total",                                                    \
	  "Times another process had moved a shop's position first")                                         \
	X(EPOCHS, COUNTER, "utarg_campaign_epoch_changes_total",                                             \
	  "Shops dropped and loaded again for a new epoch")                                                  \
	X(DECIDED, COUNTER, "utarg_campaign_decisions_total", "Commands that were accepted and appended")    \
	X(REPEATED, COUNTER, "utarg_campaign_decisions_repeated_total",                                      \
	  "Commands sent again and given their first answer again")                                          \
	X(REFUSED, COUNTER, "utarg_campaign_decisions_refused_total", "Commands answered with a no")         \
	X(UNKNOWN_COMMITS, COUNTER, "utarg_campaign_unknown_commits_total",                                  \
	  "Commits whose outcome was unknown and then settled by asking the tables")                         \
	X(CLOCK_STEPS, COUNTER, "utarg_campaign_clock_steps_total",                                          \
	  "Steps of campaigns that the clock took: started, exhausted, ended")                               \
	X(DIRECTIVES, COUNTER, "utarg_campaign_directives_total",                                            \
	  "Directives issued, or put up for approval")                                                       \
	X(WEIGHED, COUNTER, "utarg_campaign_weighed_total",                                                  \
	  "Times a campaign was judged by figures of metrics")                                               \
	X(UNANSWERED, COUNTER, "utarg_campaign_unanswered_total",                                            \
	  "Times metrics did not answer when it was asked for figures")                                      \
	X(PUBLISHED, COUNTER, "utarg_campaign_published_total",                                              \
	  "Updates of offers, campaigns, directives, messages sent")                                         \
	X(JUDGED, COUNTER, "utarg_campaign_messages_judged_total",                                           \
	  "Times a message was compared with what is so")                                                    \
	X(LATE_JOINERS, COUNTER, "utarg_campaign_late_joiners_total",                                        \
	  "Subscriptions served with last values")                                                           \
	X(LAG, GAUGE, "utarg_campaign_lag_events", "Events known and not folded yet")                        \
	X(SHOPS, GAUGE, "utarg_campaign_shops", "Shops known")                                               \
	X(TOPICS, GAUGE, "utarg_campaign_topics", "Topics whose version is kept")

enum campaign_stat {
#define X(name, kind, text, help) STAT_##name,
	CAMPAIGN_STATS(X)
#undef X
		STAT_COUNT
};

extern struct stats_row campaign_stats[STAT_COUNT];
extern struct stats_row *const campaign_stats_table[]; // for svc: pointers, ends with NULL

static inline void stat_add(enum campaign_stat stat, int64_t n)
{
	stats_add(&campaign_stats[stat], n);
}
