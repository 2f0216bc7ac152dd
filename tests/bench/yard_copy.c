// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// yard-copy CONNINFO WRITERS ROWS MILLISECONDS BASE_MS FIRST_NUMBER
// The fastest plain way into the table: so many writers, each with one COPY BINARY of so many rows a
// transaction, the rows a benchmark publishes. Prints rows committed per second and the next number.
#include "tests/bench/yard.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { WRITERS_MAX = 16, WARM_US = 200000 };

static struct {
	const char *conninfo;
	int rows;
	struct bench_events *events;
	struct bench_world world;
	_Atomic uint64_t next_number;
	_Atomic bool measuring, stopping;
	_Atomic uint64_t committed;
} run;

static void put32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (24 - 8 * i));
}

static size_t put_row(uint8_t *out, const struct yard_row *row)
{
	size_t size = 2;
	out[0] = 0;
	out[1] = YARD_COLUMNS;
	for (int i = 0; i < YARD_COLUMNS; i++) {
		const struct slice *column = &row->columns[i];
		put32(out + size, column->data ? (uint32_t)column->size : UINT32_MAX);
		size += 4;
		if (column->data)
			memcpy(out + size, column->data, column->size);
		size += column->size;
	}
	return size;
}

static void copy_batch(PGconn *connection, uint8_t *buffer)
{
	static const char header[19] = "PGCOPY\n\377\r\n";
	uint64_t first = atomic_fetch_add(&run.next_number, (uint64_t)run.rows);
	struct yard_row row;
	size_t size = sizeof(header);
	PGresult *result =
		PQexec(connection, "COPY journal.event (" YARD_COLUMN_LIST ") FROM STDIN (FORMAT BINARY)");
	if (PQresultStatus(result) != PGRES_COPY_IN)
		yard_fail("COPY did not begin: %s", PQerrorMessage(connection));
	PQclear(result);
	memcpy(buffer, header, sizeof(header));
	for (int i = 0; i < run.rows; i++) {
		yard_row(run.events, &run.world, first + (uint64_t)i, run.world.base_ms * 1000, &row);
		size += put_row(buffer + size, &row);
	}
	buffer[size++] = 0xff;
	buffer[size++] = 0xff;
	if (PQputCopyData(connection, (const char *)buffer, (int)size) != 1 ||
	    PQputCopyEnd(connection, NULL) != 1)
		yard_fail("COPY was not taken: %s", PQerrorMessage(connection));
	while ((result = PQgetResult(connection))) {
		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			yard_fail("COPY failed: %s", PQerrorMessage(connection));
		PQclear(result);
	}
	if (atomic_load(&run.measuring))
		atomic_fetch_add(&run.committed, (uint64_t)run.rows);
}

static void *writer(void *unused)
{
	PGconn *connection = PQconnectdb(run.conninfo);
	uint8_t *buffer = malloc((size_t)run.rows * (BENCH_EVENT_MAX_BYTES * 2) + 64);
	(void)unused;
	if (PQstatus(connection) != CONNECTION_OK || !buffer)
		yard_fail("no connection: %s", PQerrorMessage(connection));
	while (!atomic_load(&run.stopping))
		copy_batch(connection, buffer);
	PQfinish(connection);
	free(buffer);
	return NULL;
}

static void sleep_us(int64_t us)
{
	struct timespec wait = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	nanosleep(&wait, NULL);
}

int main(int argc, char **argv)
{
	pthread_t threads[WRITERS_MAX];
	if (argc != 7)
		yard_fail("yard-copy CONNINFO WRITERS ROWS MILLISECONDS BASE_MS FIRST_NUMBER");
	int writers = (int)yard_number(argv[2], 1, WRITERS_MAX);
	int64_t run_ms = yard_number(argv[4], 1, 3600000);
	run.conninfo = argv[1];
	run.rows = (int)yard_number(argv[3], 1, 100000);
	run.events = bench_events_create();
	run.world =
		(struct bench_world){.base_ms = yard_number(argv[5], 1, INT64_MAX / 2000), .shop_count = 1};
	run.next_number = (uint64_t)yard_number(argv[6], 0, INT64_MAX);
	for (int i = 0; i < writers; i++)
		if (pthread_create(&threads[i], NULL, writer, NULL) != 0)
			yard_fail("no thread");
	sleep_us(WARM_US);
	atomic_store(&run.measuring, true);
	int64_t begin_us = yard_now_us();
	sleep_us(run_ms * 1000);
	uint64_t committed = atomic_load(&run.committed);
	double seconds = (double)(yard_now_us() - begin_us) / 1e6;
	atomic_store(&run.stopping, true);
	for (int i = 0; i < writers; i++)
		pthread_join(threads[i], NULL);
	printf("{\"per_second\": %.1f, \"next_number\": %llu}\n", (double)committed / seconds,
	       (unsigned long long)run.next_number);
	bench_events_destroy(run.events);
	return 0;
}
