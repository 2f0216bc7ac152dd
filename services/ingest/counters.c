// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See counters.h.
#include "services/ingest/counters.h"

#include <ctype.h>
#include <stdio.h>

struct stats_row counters[COUNT_END] = {
	[COUNT_ACCEPTED] = {"utarg_ingest_accepted_total", "Events committed.", STATS_COUNTER, 0},
	[COUNT_DUPLICATES] = {"utarg_ingest_duplicates_total", "Events that were in the journal already.",
			      STATS_COUNTER, 0},
	[COUNT_CONFLICTS] = {"utarg_ingest_conflicts_total",
			     "Events whose id was in the journal with other content.", STATS_COUNTER, 0},
	[COUNT_BATCHES] = {"utarg_ingest_batches_total", "Transactions committed.", STATS_COUNTER, 0},
	[COUNT_BATCH_EVENTS] = {"utarg_ingest_batch_events", "Events in the last batch.", STATS_GAUGE, 0},
	[COUNT_BATCH_1] = {"utarg_ingest_batches_of_1_total", "Batches of one event.", STATS_COUNTER, 0},
	[COUNT_BATCH_10] = {"utarg_ingest_batches_to_10_total", "Batches of 2 to 10 events.", STATS_COUNTER,
			    0},
	[COUNT_BATCH_100] = {"utarg_ingest_batches_to_100_total", "Batches of 11 to 100 events.",
			     STATS_COUNTER, 0},
	[COUNT_BATCH_1000] = {"utarg_ingest_batches_to_1000_total", "Batches of 101 to 1,000 events.",
			      STATS_COUNTER, 0},
	[COUNT_BATCH_MORE] = {"utarg_ingest_batches_over_1000_total", "Batches of more than 1,000 events.",
			      STATS_COUNTER, 0},
	[COUNT_COMMIT_MICROSECONDS] = {"utarg_ingest_commit_microseconds_total",
				       "Time from the begin of a batch's transaction to its end.",
				       STATS_COUNTER, 0},
	[COUNT_INFLIGHT_BYTES] = {"utarg_ingest_inflight_bytes",
				  "Bytes of requests that wait for their commit.", STATS_GAUGE, 0},
	[COUNT_QUEUED_REQUESTS] = {"utarg_ingest_queued_requests", "Requests that wait for a writer.",
				   STATS_GAUGE, 0},
	[COUNT_SHED_REQUESTS] = {"utarg_ingest_shed_requests_total",
				 "Publish requests answered with BUSY or STORAGE_LOW unread.", STATS_COUNTER,
				 0},
	[COUNT_LATE_REQUESTS] = {"utarg_ingest_late_requests_total",
				 "Publish requests answered with BUSY because the database was slow.",
				 STATS_COUNTER, 0},
	[COUNT_DRAFTS_REFUSED] = {"utarg_ingest_drafts_refused_total",
				  "Batches written on a guess that had to be written again.", STATS_COUNTER,
				  0},
	[COUNT_HEADS_FIRST] = {"utarg_ingest_heads_first_total", "Transactions that took the heads first.",
			       STATS_COUNTER, 0},
	[COUNT_RETRIES] = {"utarg_ingest_retries_total", "Batches run again after a fault that passes.",
			   STATS_COUNTER, 0},
	[COUNT_OUTAGES] = {"utarg_ingest_outages_total", "Times the database went away.", STATS_COUNTER, 0},
	[COUNT_UNKNOWN_COMMITS] = {"utarg_ingest_unknown_commits_total", "Commits whose answer was lost.",
				   STATS_COUNTER, 0},
	[COUNT_UNKNOWN_LANDED] = {"utarg_ingest_unknown_landed_total",
				  "Events of such commits that turned out to be in the journal.",
				  STATS_COUNTER, 0},
	[COUNT_BISECTIONS] = {"utarg_ingest_bisections_total",
			      "Batches halved to find what the database refuses.", STATS_COUNTER, 0},
	[COUNT_QUARANTINED] = {"utarg_ingest_quarantined_total", "Events the database refused, kept aside.",
			       STATS_COUNTER, 0},
	[COUNT_QUARANTINE_ROWS] = {"utarg_ingest_quarantine_rows",
				   "Events in quarantine, of all ingest processes; looked at every 5 s.",
				   STATS_GAUGE, 0},
	[COUNT_DISK_FREE_BYTES] =
		{"utarg_ingest_disk_free_bytes",
		 "Free bytes of the database's fullest file system; 0 when none is watched.", STATS_GAUGE, 0},
	[COUNT_DISK_SIZE_BYTES] = {"utarg_ingest_disk_size_bytes", "Size of that file system.", STATS_GAUGE,
				   0},
	[COUNT_DISK_LEVEL] = {"utarg_ingest_disk_level",
			      "0 enough room, 1 worth a warning, 2 refusing events.", STATS_GAUGE, 0},
	[COUNT_DISK_LOW] = {"utarg_ingest_disk_low_total",
			    "Times the disk became too full to take events in.", STATS_COUNTER, 0},
	[COUNT_SHOP_LOOKUPS] = {"utarg_ingest_shop_lookups_total", "Questions for slugs not in the cache.",
				STATS_COUNTER, 0},
	[COUNT_DOORBELLS] = {"utarg_ingest_doorbells_total", "Doorbells rung.", STATS_COUNTER, 0},
	[COUNT_JOURNAL_READS] = {"utarg_ingest_journal_reads_total", "Ranges read for others.", STATS_COUNTER,
				 0},
	[COUNT_JOURNAL_READ_EVENTS] = {"utarg_ingest_journal_read_events_total", "Events in these ranges.",
				       STATS_COUNTER, 0},
};

// By code; the first three have rows of their own above.
static struct stats_row refused[ERR_CODE_COUNT];
static char refused_names[ERR_CODE_COUNT][64];
static char refused_helps[ERR_CODE_COUNT][64];

struct stats_row *const *counters_list(void)
{
	static struct stats_row *list[COUNT_END + ERR_CODE_COUNT + 1];
	size_t at = 0;

	for (size_t i = 0; i < COUNT_END; i++)
		list[at++] = &counters[i];
	for (int code = ERR_BAD_FRAME; code < ERR_CODE_COUNT; code++) {
		snprintf(refused_names[code], sizeof(refused_names[code]), "utarg_ingest_refused_%s_total",
			 err_name((enum err_code)code));
		for (char *c = refused_names[code]; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		snprintf(refused_helps[code], sizeof(refused_helps[code]), "Publications answered with %s.",
			 err_name((enum err_code)code));
		refused[code].name = refused_names[code];
		refused[code].help = refused_helps[code];
		refused[code].kind = STATS_COUNTER;
		list[at++] = &refused[code];
	}
	list[at] = NULL;
	return list;
}

void counter_add(enum counter counter, int64_t n)
{
	stats_add(&counters[counter], n);
}

void counter_set(enum counter counter, int64_t n)
{
	stats_set(&counters[counter], n);
}

void counters_outcome(enum err_code code)
{
	if (code == ERR_OK)
		counter_add(COUNT_ACCEPTED, 1);
	else if (code == ERR_DUPLICATE)
		counter_add(COUNT_DUPLICATES, 1);
	else if (code == ERR_CONFLICT)
		counter_add(COUNT_CONFLICTS, 1);
	else
		stats_add(&refused[code], 1);
}

void counters_batch(size_t event_count, int64_t commit_us)
{
	static const struct {
		size_t to;
		enum counter counter;
	} sizes[] = {
		{1, COUNT_BATCH_1},       {10, COUNT_BATCH_10},         {100, COUNT_BATCH_100},
		{1000, COUNT_BATCH_1000}, {SIZE_MAX, COUNT_BATCH_MORE},
	};
	size_t i = 0;

	while (event_count > sizes[i].to)
		i++;
	counter_add(sizes[i].counter, 1);
	counter_add(COUNT_BATCHES, 1);
	counter_set(COUNT_BATCH_EVENTS, (int64_t)event_count);
	counter_add(COUNT_COMMIT_MICROSECONDS, commit_us);
}
