// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See worker.h. Each end opens its socket in its own thread, since a socket belongs to the thread that
// made it. NULL is the message to stop.
#include "services/ingest/worker.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SLEEP_STEP_MS = 20 };

struct worker_end {
	struct bus_socket *socket;
	atomic_bool stopping;
};

struct worker {
	struct bus *bus;
	struct bus_socket *socket;
	struct worker_end end;
	char endpoint[64];
	void (*run)(struct worker_end *end, void *arg);
	void *arg;
	pthread_t thread;
	bool running;
	sem_t opened; // the thread has opened its end, or failed to
	struct err failure;
};

static void *thread_main(void *arg)
{
	struct worker *worker = arg;
	char name[16]; // what the kernel keeps of it

	snprintf(name, sizeof(name), "%.15s", worker->endpoint + strlen("@inproc://"));
	pthread_setname_np(pthread_self(), name);
	worker->end.socket = bus_open(worker->bus, BUS_PAIR, worker->endpoint + 1, NULL, &worker->failure);
	bool opened = worker->end.socket != NULL;
	sem_post(&worker->opened);
	if (opened) {
		worker->run(&worker->end, worker->arg);
		bus_socket_close(worker->end.socket);
	}
	return NULL;
}

static bool start(struct worker *worker, struct err *e)
{
	if (pthread_create(&worker->thread, NULL, thread_main, worker) != 0)
		return err_set(e, ERR_INTERNAL, "no thread for %s", worker->endpoint + 1);
	worker->running = true;
	while (sem_wait(&worker->opened) != 0)
		; // a signal
	if (worker->failure.code == ERR_OK)
		return true;
	if (e)
		*e = worker->failure;
	pthread_join(worker->thread, NULL);
	worker->running = false;
	return false;
}

struct worker *worker_create(struct bus *bus, const char *name,
			     void (*run)(struct worker_end *end, void *arg), void *arg, struct err *e)
{
	struct worker *worker = calloc(1, sizeof(*worker));

	if (!worker)
		abort();
	worker->bus = bus;
	worker->run = run;
	worker->arg = arg;
	sem_init(&worker->opened, 0, 0);
	snprintf(worker->endpoint, sizeof(worker->endpoint), "@inproc://%s", name);
	worker->socket = bus_open(bus, BUS_PAIR, worker->endpoint, NULL, e);
	if (worker->socket && start(worker, e))
		return worker;
	worker_destroy(worker);
	return NULL;
}

void worker_stop(struct worker *worker)
{
	if (!worker || !worker->running)
		return;
	atomic_store(&worker->end.stopping, true);
	worker_hand(worker, NULL);
	pthread_join(worker->thread, NULL);
	worker->running = false;
}

void worker_destroy(struct worker *worker)
{
	if (!worker)
		return;
	assert(!worker->running);
	bus_socket_close(worker->socket);
	sem_destroy(&worker->opened);
	free(worker);
}

struct bus_socket *worker_socket(struct worker *worker)
{
	return worker->socket;
}

static void send_pointer(struct bus_socket *socket, void *message)
{
	struct err e = {0};

	// A few messages are under way at most; the socket's queue holds a thousand.
	bool sent = bus_send(socket, NULL, &message, sizeof(message), &e);
	assert(sent);
}

static bool receive_pointer(struct bus_socket *socket, void **message)
{
	struct slice payload;

	if (bus_receive(socket, NULL, NULL, &payload) != BUS_MESSAGE)
		return false;
	assert(payload.size == sizeof(*message));
	memcpy(message, payload.data, sizeof(*message));
	return true;
}

void worker_hand(struct worker *worker, void *message)
{
	send_pointer(worker->socket, message);
}

void *worker_take(struct worker *worker)
{
	void *message = NULL;

	return receive_pointer(worker->socket, &message) ? message : NULL;
}

enum worker_event worker_wait(struct worker_end *end, int64_t timeout_ms, void **message)
{
	int64_t until_ms = clock_monotonic_ms() + timeout_ms;

	for (;;) {
		if (receive_pointer(end->socket, message))
			return *message ? WORKER_MESSAGE : WORKER_STOP;
		int64_t left_ms = until_ms - clock_monotonic_ms();
		if (left_ms <= 0)
			return WORKER_TIMEOUT;
		struct bus_wait_item item = {.socket = end->socket};
		bus_wait(&item, 1, left_ms);
	}
}

void worker_return(struct worker_end *end, void *message)
{
	send_pointer(end->socket, message);
}

bool worker_is_stopping(const struct worker_end *end)
{
	return atomic_load(&end->stopping);
}

bool worker_sleep(const struct worker_end *end, int64_t ms)
{
	while (ms > 0 && !worker_is_stopping(end)) {
		int64_t step_ms = ms < SLEEP_STEP_MS ? ms : SLEEP_STEP_MS;
		nanosleep(&(struct timespec){.tv_nsec = step_ms * 1000000L}, NULL);
		ms -= step_ms;
	}
	return !worker_is_stopping(end);
}
