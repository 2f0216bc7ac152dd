// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/utarg/core/bench_notes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct bench_goal bench_goals[] = {
	{"ingest_over_copy", "20,000 in flight, 100 a request / two bare COPY BINARY writers", 0.60, 0.80,
	 false},
	{"ingest_over_copy_2000", "2,000 in flight, 100 a request / the same", 0.35, 0.50, false},
	{"ingest_over_insert_64", "64 publishers of one event / INSERT over 64 connections", 1.5, 2.5, false},
	{"ingest_over_redis_64", "64 publishers of one event / Redis Streams, fsync always, 64 connections",
	 0.6, 1.0, false},
	{"ingest_over_redis_1000", "1,000 in flight / Redis Streams, fsync always, 8 x 125", 0.65, 1.0,
	 false},
	{"ingest_over_rabbitmq_64", "64 in flight on one connection / RabbitMQ quorum queue with confirms",
	 1.8, 3, false},
	{"single_over_commit_p50", "p50 ack of a lone event / p50 of a bare INSERT and commit", 2.2, 1.5,
	 true},
	{"cpu_per_million", "CPU seconds a million events at saturation, services and PostgreSQL", 5, 3,
	 true},
	{"duplicates_over_new", "all duplicates / all new", 0.33, 0.8, false},
	{"fold_per_second", "KPI fold, pure core, one thread, 300,000 open sessions, events/s", 2e6, 1e7,
	 false},
	{"session_bytes", "memory of an open session, all included", 300, 100, true},
	{"end_to_end_over_ingest", "publish to checkpointed figures / ingest alone", 0.5, 0.8, false},
	{"freshness_p99_ms", "ack to a subscriber's update, a tenth of peak, ms", 250, 60, true},
	{"figure_read_ms", "one stored figure of any window, p99, ms", 2, 0.5, true},
	{"growth_loss", "loss of throughput from 1 million events to --grow", 0.10, 0.03, true},
	{"rss_mb", "resident memory of all services, without PostgreSQL, MB", 60, 25, true},
	{0},
};

double bench_share(const struct bench_goal *goal, double value)
{
	if (!goal->less_is_better)
		return value / goal->goal;
	return value > 0 ? goal->goal / value : 1e9;
}

// The place of a name; notes->count when it was never noted.
static size_t find(const struct bench_notes *notes, const char *name)
{
	size_t i = 0;
	while (i < notes->count && strcmp(notes->notes[i].name, name) != 0)
		i++;
	return i;
}

void bench_note(struct bench_notes *notes, const char *name, double value)
{
	size_t place = find(notes, name);
	assert(place < BENCH_NOTES_MAX && strlen(name) < BENCH_NAME_SIZE);
	struct bench_note *note = &notes->notes[place];
	if (place == notes->count) {
		memcpy(note->name, name, strlen(name) + 1);
		notes->count++;
	}
	assert(note->value_count < BENCH_ROUNDS_MAX);
	note->values[note->value_count++] = value;
}

static int by_size(const void *a, const void *b)
{
	double x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

bool bench_median(const struct bench_notes *notes, const char *name, double *out)
{
	double sorted[BENCH_ROUNDS_MAX];
	size_t place = find(notes, name);
	if (place == notes->count)
		return false;
	const struct bench_note *note = &notes->notes[place];
	int count = note->value_count;
	memcpy(sorted, note->values, (size_t)count * sizeof(sorted[0]));
	qsort(sorted, (size_t)count, sizeof(sorted[0]), by_size);
	*out = count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
	return true;
}

bool bench_last(const struct bench_notes *notes, const char *name, double *out)
{
	size_t place = find(notes, name);
	if (place == notes->count)
		return false;
	*out = notes->notes[place].values[notes->notes[place].value_count - 1];
	return true;
}
