// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The one place that waits. zmq_poll is level-triggered for sockets and descriptors alike, which spares us
// libzmq's edge-triggered descriptor.
#include "common/base/clock.h"
#include "common/bus/socket.h"

#include <assert.h>
#include <errno.h>

enum { RETRY_FIRST_MS = 2, RETRY_MAX_MS = 50 };

// A ROUTER's POLLOUT says that some peer can take a message, not that the full one can: waiting for it would
// spin. Its outbox is tried again by the clock, more slowly while nothing moves.
static int64_t retry_router(struct bus_socket *socket, int64_t now_ms)
{
	if (now_ms >= socket->retry_at_ms) {
		if (outbox_flush(socket) || socket->retry_wait_ms == 0)
			socket->retry_wait_ms = RETRY_FIRST_MS;
		else if (socket->retry_wait_ms < RETRY_MAX_MS)
			socket->retry_wait_ms *= 2;
		socket->retry_at_ms = now_ms + socket->retry_wait_ms;
	}
	return socket->outbox.queues ? socket->retry_at_ms - now_ms : -1;
}

static int64_t sooner(int64_t a_ms, int64_t b_ms)
{
	return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

// Fills in what to poll for; returns the longest time to sleep, -1 for ever.
static int64_t prepare(const struct bus_wait_item *items, size_t count, zmq_pollitem_t *polled,
		       int64_t now_ms)
{
	int64_t sleep_ms = -1;
	for (size_t i = 0; i < count; i++) {
		struct bus_socket *socket = items[i].socket;
		polled[i] = (zmq_pollitem_t){.fd = items[i].fd, .events = ZMQ_POLLIN | ZMQ_POLLERR};
		if (!socket)
			continue;
		polled[i].socket = socket->zmq;
		polled[i].events = ZMQ_POLLIN;
		if (!socket->outbox.queues)
			continue;
		if (socket->kind == BUS_ROUTER)
			sleep_ms = sooner(sleep_ms, retry_router(socket, now_ms));
		else
			polled[i].events |= ZMQ_POLLOUT;
	}
	return sleep_ms;
}

static int collect(struct bus_wait_item *items, size_t count, const zmq_pollitem_t *polled)
{
	int readable_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (items[i].socket && polled[i].revents & ZMQ_POLLOUT)
			outbox_flush(items[i].socket);
		items[i].readable = (polled[i].revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0;
		readable_count += items[i].readable;
	}
	return readable_count;
}

int bus_wait(struct bus_wait_item *items, size_t count, int64_t timeout_ms)
{
	zmq_pollitem_t polled[BUS_WAIT_MAX];
	assert(count <= BUS_WAIT_MAX);
	int64_t now_ms = clock_monotonic_ms();
	const int64_t until_ms = timeout_ms < 0 ? -1 : now_ms + timeout_ms;

	for (;;) {
		const int64_t retry_ms = prepare(items, count, polled, now_ms);
		const int64_t left_ms = until_ms < 0 ? -1 : until_ms > now_ms ? until_ms - now_ms : 0;
		const int result = zmq_poll(polled, (int)count, (long)sooner(left_ms, retry_ms));
		if (result < 0) {
			assert(errno == EINTR);
			for (size_t i = 0; i < count; i++)
				items[i].readable = false;
			return 0; // a signal: the caller looks round and comes back
		}
		const int readable_count = collect(items, count, polled);
		now_ms = clock_monotonic_ms();
		if (readable_count > 0 || (until_ms >= 0 && now_ms >= until_ms))
			return readable_count;
	}
}
