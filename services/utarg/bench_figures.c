// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The way from an event to a figure somebody sees: how fresh, how fast, and what reading one costs. Each
// starts with everything folded.
#include "services/utarg/bench.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "services/utarg/remote.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	CAUGHT_UP_WAIT_MS = 120000,
	NAP_MS = 10,
	FRESH_BATCH = 10,
	FRESH_MIN_PER_S = 200,
	LAST_UPDATES_MS = 30000,
	ACKS_MAX = 1 << 16,
	READS = 2000,
	READ_WAIT_MS = 5000,
};

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = NAP_MS * 1000000L}, NULL);
}

// Waits until metrics has checkpointed all there is, or for two minutes: *left is what it had not done by
// then.
static bool wait_caught_up(struct bench *b, int64_t *taken_us, int64_t *left, struct err *e)
{
	int64_t begin_us = clock_monotonic_us(), until_us = begin_us + CAUGHT_UP_WAIT_MS * INT64_C(1000);
	int64_t metrics_seq, head_seq;
	for (;;) {
		if (!bench_progress(b, &metrics_seq, &head_seq, e))
			return false;
		*taken_us = clock_monotonic_us() - begin_us;
		*left = head_seq - metrics_seq;
		if (*left <= 0 || clock_monotonic_us() >= until_us)
			return true;
		if (bench_interrupted)
			return err_set(e, ERR_BUSY, "interrupted");
		nap();
	}
}

static bool need_caught_up(struct bench *b, struct err *e)
{
	int64_t taken_us, left;
	return wait_caught_up(b, &taken_us, &left, e) &&
	       (left <= 0 || err_set(e, ERR_BUSY, "metrics is still %lld events behind after %d s",
				     (long long)left, CAUGHT_UP_WAIT_MS / 1000));
}

// ---- freshness -----------------------------------------------------------------------------------------

// Acknowledged, and not seen yet by the subscriber.
struct fresh {
	struct bus_socket *updates;
	struct {
		uint64_t seq;
		int64_t acked_us;
	} acks[ACKS_MAX];
	size_t first, last; // places modulo ACKS_MAX
	uint64_t lost, seen_seq;
	struct histogram delay;
};

static void on_ack(void *context, uint64_t seq, int64_t now_us)
{
	struct fresh *fresh = context;
	if (seq <= fresh->seen_seq) {
		histogram_add(&fresh->delay, 0); // the update was faster than the ack
		return;
	}
	if (fresh->last - fresh->first == ACKS_MAX) {
		fresh->lost++;
		return;
	}
	fresh->acks[fresh->last % ACKS_MAX].seq = seq;
	fresh->acks[fresh->last++ % ACKS_MAX].acked_us = now_us;
}

static void on_update(void *context)
{
	struct fresh *fresh = context;
	struct slice topic, payload;
	while (bus_receive(fresh->updates, NULL, &topic, &payload) == BUS_MESSAGE) {
		Utarg__V1__KpiUpdate *update =
			utarg__v1__kpi_update__unpack(NULL, payload.size, payload.data);
		int64_t now_us = clock_monotonic_us();
		if (update && update->figure && update->figure->as_of_seq > fresh->seen_seq)
			fresh->seen_seq = update->figure->as_of_seq;
		utarg__v1__kpi_update__free_unpacked(update, NULL);
		// Answers come nearly in the order of seqs; one that waits behind a later one is found at the
		// next update.
		for (; fresh->first < fresh->last &&
		       fresh->acks[fresh->first % ACKS_MAX].seq <= fresh->seen_seq;
		     fresh->first++)
			histogram_add(&fresh->delay, now_us - fresh->acks[fresh->first % ACKS_MAX].acked_us);
	}
}

static bool listen_for(struct bench *b, struct fresh *fresh, struct err *e)
{
	char endpoint[REMOTE_ENDPOINT_SIZE], shop[BENCH_SHOP_SIZE], topic[BUS_TOPIC_SIZE];
	struct bus *bus = remote_bus(b->cli, e);
	bench_shop(0, shop);
	snprintf(topic, sizeof(topic), "kpi/%s/page_views/total/-/day/", shop);
	if (!bus || !remote_endpoint(b->cli, SVC_METRICS, true, endpoint, e))
		return false;
	fresh->updates = bus_open(bus, BUS_SUB, endpoint, NULL, e);
	if (!fresh->updates || !bus_subscribe(fresh->updates, topic, e))
		return false;
	// What is there is sent on subscribing: so the subscription is known to stand.
	struct bus_wait_item item = {.socket = fresh->updates, .fd = -1};
	return bus_wait(&item, 1, READ_WAIT_MS) > 0 ||
	       err_set(e, ERR_BUSY, "metrics publishes nothing under %s", topic);
}

static void take_last_updates(struct fresh *fresh)
{
	int64_t until_ms = clock_monotonic_ms() + LAST_UPDATES_MS;
	struct bus_wait_item item = {.socket = fresh->updates, .fd = -1};
	while (fresh->first < fresh->last && clock_monotonic_ms() < until_ms) {
		bus_wait(&item, 1, 100);
		on_update(fresh);
	}
}

bool bench_freshness(struct bench *b, double peak_per_s, struct err *e)
{
	struct fresh *fresh = calloc(1, sizeof(*fresh));
	struct bench_load load = {.sockets = 1,
				  .window = 1000,
				  .batch = FRESH_BATCH,
				  .shops = 1,
				  .warm_ms = b->warm_ms,
				  .run_ms = b->run_ms,
				  .on_listen = on_update,
				  .on_ack = on_ack,
				  .context = fresh};
	struct bench_load_result result;
	bench_trace(b, "freshness");
	if (!fresh)
		abort();
	load.rate_per_s = peak_per_s / 10 > FRESH_MIN_PER_S ? (int64_t)(peak_per_s / 10) : FRESH_MIN_PER_S;
	// One event first, so that there is a figure to be sent on subscribing.
	struct bench_load one = {.sockets = 1, .window = 1, .batch = 1, .shops = 1, .events_max = 1};
	bool done = bench_load_run(b, &one, &result, e) && need_caught_up(b, e) && listen_for(b, fresh, e);
	load.listen = fresh->updates;
	done = done && bench_load_run(b, &load, &result, e);
	if (done) {
		take_last_updates(fresh);
		bench_note(&b->notes, "freshness_rate_per_s", (double)load.rate_per_s);
		bench_note(&b->notes, "freshness_p50_ms", (double)histogram_at(&fresh->delay, 500) / 1000);
		bench_note(&b->notes, "freshness_p99_ms", (double)histogram_at(&fresh->delay, 990) / 1000);
		bench_note(&b->notes, "freshness_unseen", (double)(fresh->last - fresh->first + fresh->lost));
	}
	bus_socket_close(fresh->updates);
	free(fresh);
	return done;
}

// ---- throughput to the figures -------------------------------------------------------------------------

// Events of some seconds at full speed, and the time until all of them are in checkpointed figures. After
// bench_catch_up.
bool bench_end_to_end(struct bench *b, struct err *e)
{
	struct bench_load load = {.sockets = 4, .window = 50, .batch = 100, .shops = 1};
	static struct bench_load_result result;
	int64_t taken_us, left, begin_us;
	double ingest_per_s = 0;
	bench_trace(b, "end to end");
	bench_last(&b->notes, "ingest_before_figures_per_second", &ingest_per_s);
	load.events_max = (int64_t)(ingest_per_s * (double)b->run_ms / 1000);
	load.events_max = load.events_max < 20000 ? 20000 : load.events_max;
	if (!wait_caught_up(b, &taken_us, &left, e))
		return false;
	if (left > 0) {
		fprintf(stderr,
			"utarg bench: metrics is still %lld events behind, so end_to_end is left out\n",
			(long long)left);
		return true;
	}
	begin_us = clock_monotonic_us();
	if (!bench_load_run(b, &load, &result, e) || !wait_caught_up(b, &taken_us, &left, e))
		return false;
	double per_second =
		(double)((int64_t)result.ok - left) * 1e6 / (double)(clock_monotonic_us() - begin_us);
	bench_note(&b->notes, "end_to_end_per_second", per_second);
	bench_note(&b->notes, "end_to_end_over_ingest", per_second / ingest_per_s);
	return true;
}

// Events lie in the journal while metrics stands still; then it goes on alone. How fast they came is what
// bench_end_to_end is held against: the same load, minutes apart at most.
bool bench_catch_up(struct bench *b, struct err *e)
{
	struct bench_load load = {.sockets = 4, .window = 50, .batch = 100, .shops = 1};
	static struct bench_load_result result;
	int64_t taken_us, left;
	bench_trace(b, "catch up");
	load.events_max = b->quick ? 50000 : 300000;
	if (!need_caught_up(b, e) || !bench_pause(b, true, e))
		return false;
	struct bench_sample begin, end;
	bool done = bench_load_run(b, &load, &result, e) && bench_sample(b, &begin, e);
	if (!bench_pause(b, false, NULL) || !done || !wait_caught_up(b, &taken_us, &left, e) ||
	    !bench_sample(b, &end, e))
		return false;
	double millions = (double)(load.events_max - left) / 1e6;
	bench_note(&b->notes, "catch_up_cpu_per_million",
		   (end.services_s + end.postgres_s - begin.services_s - begin.postgres_s) / millions);
	bench_note(&b->notes, "catch_up_postgres_cpu_per_million",
		   (end.postgres_s - begin.postgres_s) / millions);
	bench_note(&b->notes, "catch_up_wal_per_event",
		   (double)(end.wal_bytes - begin.wal_bytes) / millions / 1e6);
	bench_note(&b->notes, "ingest_before_figures_per_second", result.per_second);
	bench_note(&b->notes, "catch_up_per_second",
		   (double)(load.events_max - left) * 1e6 / (double)(taken_us + 1));
	return true;
}

// ---- reading -------------------------------------------------------------------------------------------

static bool read_one(struct bench *b, const char *kpi, Utarg__V1__Window window, struct histogram *times,
		     struct err *e)
{
	char shop[BENCH_SHOP_SIZE];
	char *kpis[] = {text_borrow(kpi)};
	Utarg__V1__KpiRequest ask = UTARG__V1__KPI_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__Reply *reply;
	bench_shop(0, shop);
	ask.shop = shop;
	ask.n_kpis = 1;
	ask.kpis = kpis;
	ask.window = window;
	ask.from_ms = b->world.base_ms;
	ask.to_ms = b->world.base_ms + 1;
	request.body_case = UTARG__V1__REQUEST__BODY_KPI;
	request.kpi = &ask;
	struct client *client = remote_client(b->cli, SVC_METRICS, e);
	int64_t begin_us = clock_monotonic_us();
	if (!client || !client_call(client, &request, READ_WAIT_MS, &reply, e))
		return false;
	histogram_add(times, clock_monotonic_us() - begin_us);
	bool one = reply->body_case == UTARG__V1__REPLY__BODY_KPI && reply->kpi->n_figures == 1;
	client_reply_free(reply);
	return one || err_set(e, ERR_INTERNAL, "metrics did not answer one figure for %s", kpi);
}

bool bench_figure_read(struct bench *b, struct err *e)
{
	static const char *const kpis[] = {"page_views", "sessions", "orders", "net_revenue", "visitors"};
	static const Utarg__V1__Window windows[] = {
		UTARG__V1__WINDOW__WINDOW_HOUR, UTARG__V1__WINDOW__WINDOW_DAY, UTARG__V1__WINDOW__WINDOW_WEEK,
		UTARG__V1__WINDOW__WINDOW_MONTH};
	static struct histogram times;
	int reads = b->quick ? READS / 4 : READS;
	bench_trace(b, "figure read");
	times = (struct histogram){0};
	for (int i = 0; i < reads && !bench_interrupted; i++)
		if (!read_one(b, kpis[i % 5], windows[i / 5 % 4], &times, e))
			return false;
	bench_note(&b->notes, "figure_read_p50_ms", (double)histogram_at(&times, 500) / 1000);
	bench_note(&b->notes, "figure_read_ms", (double)histogram_at(&times, 990) / 1000);
	return true;
}
