// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// yard-insert CONNINFO CONNECTIONS MILLISECONDS BASE_MS FIRST_NUMBER
// What a shop would write itself: each event one prepared INSERT and its commit, on so many connections at
// once. Prints commits per second, their percentiles and the next number.
#include "tests/bench/yard.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

enum { CONNECTIONS_MAX = 256, WARM_US = 200000 };

static struct {
	PGconn *connections[CONNECTIONS_MAX];
	int64_t sent_us[CONNECTIONS_MAX];
	struct pollfd fds[CONNECTIONS_MAX];
	int count;
	struct bench_events *events;
	struct bench_world world;
	uint64_t next_number, committed;
	struct histogram latency;
} run;

static void send_next(int i)
{
	static const int formats[YARD_COLUMNS] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	const char *values[YARD_COLUMNS];
	int sizes[YARD_COLUMNS];
	struct yard_row row;
	yard_row(run.events, &run.world, run.next_number++, run.world.base_ms * 1000, &row);
	for (int c = 0; c < YARD_COLUMNS; c++) {
		values[c] = (const char *)row.columns[c].data;
		sizes[c] = (int)row.columns[c].size;
	}
	run.sent_us[i] = yard_now_us();
	if (!PQsendQueryPrepared(run.connections[i], "put", YARD_COLUMNS, values, sizes, formats, 1))
		yard_fail("INSERT was not sent: %s", PQerrorMessage(run.connections[i]));
}

static void take(int i, bool measuring, bool go_on)
{
	PGconn *connection = run.connections[i];
	if (!PQconsumeInput(connection))
		yard_fail("the connection is lost: %s", PQerrorMessage(connection));
	if (PQisBusy(connection))
		return;
	PGresult *result = PQgetResult(connection);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		yard_fail("INSERT failed: %s", PQerrorMessage(connection));
	PQclear(result);
	while ((result = PQgetResult(connection)))
		PQclear(result);
	if (measuring) {
		histogram_add(&run.latency, yard_now_us() - run.sent_us[i]);
		run.committed++;
	}
	run.sent_us[i] = 0;
	if (go_on)
		send_next(i);
}

static void open_all(const char *conninfo)
{
	for (int i = 0; i < run.count; i++) {
		run.connections[i] = PQconnectdb(conninfo);
		if (PQstatus(run.connections[i]) != CONNECTION_OK)
			yard_fail("no connection: %s", PQerrorMessage(run.connections[i]));
		PGresult *result = PQprepare(run.connections[i], "put",
					     "INSERT INTO journal.event (" YARD_COLUMN_LIST ") VALUES "
					     "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
					     0, NULL);
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			yard_fail("INSERT cannot be prepared: %s", PQerrorMessage(run.connections[i]));
		PQclear(result);
		run.fds[i] = (struct pollfd){.fd = PQsocket(run.connections[i]), .events = POLLIN};
	}
}

// Until the time is over, or (go_on false) until everything is answered.
static void turn_until(int64_t until_us, bool measuring, bool go_on)
{
	for (bool any = true; any && (!go_on || yard_now_us() < until_us);) {
		poll(run.fds, (nfds_t)run.count, 100);
		any = false;
		for (int i = 0; i < run.count; i++) {
			if (run.fds[i].revents && run.sent_us[i])
				take(i, measuring, go_on);
			any = any || run.sent_us[i];
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 6)
		yard_fail("yard-insert CONNINFO CONNECTIONS MILLISECONDS BASE_MS FIRST_NUMBER");
	int64_t run_ms = yard_number(argv[3], 1, 3600000);
	run.count = (int)yard_number(argv[2], 1, CONNECTIONS_MAX);
	run.events = bench_events_create();
	run.world =
		(struct bench_world){.base_ms = yard_number(argv[4], 1, INT64_MAX / 2000), .shop_count = 1};
	run.next_number = (uint64_t)yard_number(argv[5], 0, INT64_MAX);
	open_all(argv[1]);
	for (int i = 0; i < run.count; i++)
		send_next(i);
	turn_until(yard_now_us() + WARM_US, false, true);
	int64_t begin_us = yard_now_us();
	turn_until(begin_us + run_ms * 1000, true, true);
	double seconds = (double)(yard_now_us() - begin_us) / 1e6;
	turn_until(0, false, false);
	printf("{\"per_second\": %.1f, \"p50_us\": %lld, \"p99_us\": %lld, \"next_number\": %llu}\n",
	       (double)run.committed / seconds, (long long)histogram_at(&run.latency, 500),
	       (long long)histogram_at(&run.latency, 990), (unsigned long long)run.next_number);
	for (int i = 0; i < run.count; i++)
		PQfinish(run.connections[i]);
	bench_events_destroy(run.events);
	return 0;
}
