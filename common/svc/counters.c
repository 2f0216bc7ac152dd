// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What every service counts about its messages. A service's own counters stand beside the code that
// counts them and come in by svc_definition.stats.
#include "common/svc/internal.h"

#include "common/base/clock.h"

#include <ctype.h>
#include <stdio.h>

struct stats_row svc_counters[SVC_COUNTER_COUNT] = {
	[SVC_COUNT_REQUESTS] = {"utarg_requests_total", "Requests received, broken ones included.",
				STATS_COUNTER, 0},
	[SVC_COUNT_REPLIES] = {"utarg_replies_total", "Replies handed to the network.", STATS_COUNTER, 0},
	[SVC_COUNT_BAD_FRAMES] = {"utarg_bad_frames_total", "Messages that were not one payload frame.",
				  STATS_COUNTER, 0},
	[SVC_COUNT_UNREACHABLE] = {"utarg_unreachable_peers_total", "Replies whose peer had left.",
				   STATS_COUNTER, 0},
	[SVC_COUNT_REPLIES_DROPPED] = {"utarg_replies_dropped_total",
				       "Replies dropped because their peer reads too slowly.", STATS_COUNTER,
				       0},
	[SVC_COUNT_REPLIES_LOST] = {"utarg_replies_lost_total",
				    "Replies that waited for a slow peer until it left.", STATS_COUNTER, 0},
	[SVC_COUNT_PUBLISHED] = {"utarg_published_total", "Messages published.", STATS_COUNTER, 0},
	[SVC_COUNT_SUBSCRIPTIONS] = {"utarg_subscriptions_total", "Subscriptions granted.", STATS_COUNTER, 0},
	[SVC_COUNT_UNSUBSCRIPTIONS] = {"utarg_unsubscriptions_total", "Prefixes whose last subscriber left.",
				       STATS_COUNTER, 0},
	[SVC_COUNT_DENIED_SUBSCRIPTIONS] = {"utarg_denied_subscriptions_total",
					    "Subscriptions whose key may not hear all that is under them.",
					    STATS_COUNTER, 0},
	[SVC_COUNT_REOPENED] = {"utarg_publish_reopened_total",
				"Times the publish port was opened anew, to end what is no longer allowed.",
				STATS_COUNTER, 0},
	[SVC_COUNT_KEYS] = {"utarg_keys", "Keys that are known, revoked and expired ones included.",
			    STATS_GAUGE, 0},
	[SVC_COUNT_BAD_SUBSCRIPTIONS] = {"utarg_bad_subscriptions_total",
					 "Messages on the publish port that were no subscription.",
					 STATS_COUNTER, 0},
	[SVC_COUNT_READY] = {"utarg_ready", "1 when the service does its work.", STATS_GAUGE, 0},
	[SVC_COUNT_DRAINING] = {"utarg_draining", "1 when the service finishes and takes nothing new.",
				STATS_GAUGE, 0},
	[SVC_COUNT_UPTIME_SECONDS] = {"utarg_uptime_seconds", "Seconds since the start of the process.",
				      STATS_GAUGE, 0},
	[SVC_COUNT_OUTBOX_BYTES] = {"utarg_outbox_bytes", "Bytes of replies that wait for slow peers.",
				    STATS_GAUGE, 0},
};

struct stats_row svc_outcomes[ERR_CODE_COUNT];

// The names come from the table of codes, so that a new code is counted without a new row here.
void svc_counters_init(void)
{
	static char names[ERR_CODE_COUNT][64];
	static char helps[ERR_CODE_COUNT][64];
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		snprintf(names[code], sizeof(names[code]), "utarg_requests_%s_total",
			 err_name((enum err_code)code));
		for (char *at = names[code]; *at; at++)
			*at = (char)tolower((unsigned char)*at);
		snprintf(helps[code], sizeof(helps[code]), "Requests answered with %s.",
			 err_name((enum err_code)code));
		svc_outcomes[code].name = names[code];
		svc_outcomes[code].help = helps[code];
		svc_outcomes[code].kind = STATS_COUNTER;
	}
}

// Who came and neither got in nor was refused: libzmq says nothing of those that do not speak its protocol.
static void count_unfinished(void)
{
	int64_t left = stats_get(&bus_stats[BUS_STAT_CONNECTIONS]);
	for (int i = BUS_STAT_AUTHENTICATED; i <= BUS_STAT_BROKEN; i++)
		if (i != BUS_STAT_REFUSED_QUESTION)
			left -= stats_get(&bus_stats[i]);
	stats_set(&bus_stats[BUS_STAT_UNFINISHED], left > 0 ? left : 0);
}

void svc_counters_refresh(const struct svc *svc)
{
	const bool draining = svc_is_draining(svc);
	stats_set(&svc_counters[SVC_COUNT_READY], svc->ready && !draining);
	stats_set(&svc_counters[SVC_COUNT_DRAINING], draining);
	stats_set(&svc_counters[SVC_COUNT_UPTIME_SECONDS],
		  (clock_now_us() - (int64_t)svc->incarnation) / 1000000);
	stats_set(&svc_counters[SVC_COUNT_KEYS],
		  svc->principals ? (int64_t)principals_count(svc->principals) : 0);
	count_unfinished();
	if (!svc->router)
		return;
	stats_set(&svc_counters[SVC_COUNT_OUTBOX_BYTES], (int64_t)bus_unsent_bytes(svc->router));
	stats_set(&svc_counters[SVC_COUNT_REPLIES_LOST], (int64_t)bus_lost_count(svc->router));
}
