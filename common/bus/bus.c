// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Making sockets. All of them come out of bus_open, all their options out of one table and their keys out of
// lock.c, so that neither can be forgotten on one of them. Sending is in send.c, receiving in receive.c,
// waiting in wait.c.
#include "common/base/clock.h"
#include "common/bus/guard.h"
#include "common/bus/socket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// 8 MiB holds the largest answers (a journal range of 4 MiB with its frames) and a batch of 1,000 usual
// events several times over. 1,000 messages a peer keep a link of 1 ms busy. An outbox of 16 MiB gives a
// stalled peer a share of 4 MiB. A second of linger sends what is queued to peers that read.
const struct bus_limits bus_limits_default = {
	.max_message_bytes = 8 * 1024 * 1024,
	.receive_hwm = 1000,
	.send_hwm = 1000,
	.linger_ms = 1000,
	.outbox_bytes = (size_t)16 * 1024 * 1024,
};

enum {
	// What subscribers send is a prefix behind one byte, and the handshake; nothing of it is large.
	// libzmq walks the tree of prefixes by recursion, a byte a step: a prefix of megabytes would end the
	// process.
	SUBSCRIPTION_MAX_BYTES = 4096,
	HANDSHAKE_MS = 5000,
	HEARTBEAT_EVERY_MS = 5000,
	HEARTBEAT_TIMEOUT_MS = 15000, // a peer that has not taken a ping for that long is cut
	HEARTBEAT_TTL_MS = 30000,     // what we ask of the other side
	RECONNECT_MS = 50,
	RECONNECT_MAX_MS = 1000,
	CONNECT_TIMEOUT_MS = 5000,
	CURVE_BYTES = 33, // what CURVE adds to a message; libzmq's limit is for what is on the wire
	REBIND_MS = 2000, // libzmq gives a port back in its own time, some milliseconds
	REBIND_PAUSE_MS = 2,
};

// Which kinds an option is for: a set of bits.
enum {
	FOR_ROUTER = 1 << BUS_ROUTER,
	FOR_DEALER = 1 << BUS_DEALER,
	FOR_XPUB = 1 << BUS_XPUB,
	FOR_SUB = 1 << BUS_SUB,
	FOR_PAIR = 1 << BUS_PAIR,
	FOR_CONNECTING = FOR_DEALER | FOR_SUB,
	FOR_TCP = FOR_ROUTER | FOR_DEALER | FOR_XPUB | FOR_SUB,
	FOR_ALL = FOR_TCP | FOR_PAIR,
};

struct option_row {
	int option;
	unsigned kinds;
	int value;
};

bool bus_suits(int major, int minor, int patch, bool has_curve, struct err *e)
{
	const int version = major * 10000 + minor * 100 + patch;
	if (!has_curve)
		return err_set(e, ERR_REFUSED,
			       "this libzmq was built without CURVE: nothing could be locked");
	return version >= 40303 ||
	       err_set(e, ERR_REFUSED,
		       "libzmq %d.%d.%d is too old, 4.3.3 at least is needed: before it strangers could "
		       "exhaust our memory",
		       major, minor, patch);
}

struct bus *bus_create(struct err *e)
{
	int major, minor, patch;
	zmq_version(&major, &minor, &patch);
	if (!bus_suits(major, minor, patch, zmq_has("curve"), e))
		return NULL;
	struct bus *bus = calloc(1, sizeof(*bus));
	if (!bus || !(bus->context = zmq_ctx_new())) {
		err_set(e, ERR_INTERNAL, "cannot make a ZeroMQ context: %s", zmq_strerror(errno));
		free(bus);
		return NULL;
	}
	return bus;
}

void bus_destroy(struct bus *bus)
{
	if (!bus)
		return;
	bus_guard_stop(bus);
	while (zmq_ctx_term(bus->context) != 0 && errno == EINTR)
		;
	bus_cert_wipe(&bus->own);
	explicit_bzero(bus->server_secret, sizeof(bus->server_secret));
	free(bus);
}

// The one place where a socket gets its options.
static bool set_options(void *zmq, enum bus_kind kind, const struct bus_limits *limits)
{
	const int64_t max_bytes = CURVE_BYTES + (int64_t)(kind == BUS_XPUB ? SUBSCRIPTION_MAX_BYTES
									   : limits->max_message_bytes);
	const struct option_row rows[] = {
		{ZMQ_SNDHWM, FOR_ALL, limits->send_hwm},
		{ZMQ_RCVHWM, FOR_ALL, limits->receive_hwm},
		{ZMQ_LINGER, FOR_ALL, limits->linger_ms},
		{ZMQ_IPV6, FOR_TCP, 0},
		{ZMQ_HANDSHAKE_IVL, FOR_TCP, HANDSHAKE_MS},
		{ZMQ_HEARTBEAT_IVL, FOR_TCP, HEARTBEAT_EVERY_MS},
		{ZMQ_HEARTBEAT_TIMEOUT, FOR_TCP, HEARTBEAT_TIMEOUT_MS},
		{ZMQ_HEARTBEAT_TTL, FOR_TCP, HEARTBEAT_TTL_MS},
		{ZMQ_RECONNECT_IVL, FOR_CONNECTING, RECONNECT_MS},
		{ZMQ_RECONNECT_IVL_MAX, FOR_CONNECTING, RECONNECT_MAX_MS},
		{ZMQ_CONNECT_TIMEOUT, FOR_CONNECTING, CONNECT_TIMEOUT_MS},
		{ZMQ_ROUTER_MANDATORY, FOR_ROUTER, 1},
		// Every subscription is seen, also one that somebody else holds already: a late joiner gets
		// the last values. None counts until it is granted.
		{ZMQ_XPUB_MANUAL, FOR_XPUB, 1},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].kinds & 1U << kind &&
		    zmq_setsockopt(zmq, rows[i].option, &rows[i].value, sizeof(int)) != 0)
			return false;
	return zmq_setsockopt(zmq, ZMQ_MAXMSGSIZE, &max_bytes, sizeof(max_bytes)) == 0;
}

static const int zmq_types[] = {
	[BUS_ROUTER] = ZMQ_ROUTER, [BUS_DEALER] = ZMQ_DEALER, [BUS_XPUB] = ZMQ_XPUB,
	[BUS_SUB] = ZMQ_SUB,       [BUS_PAIR] = ZMQ_PAIR,
};

static bool attach(struct bus_socket *socket, const char *endpoint, struct err *e)
{
	const bool marked = endpoint[0] == '@';
	const bool binds = socket->kind == BUS_ROUTER || socket->kind == BUS_XPUB || marked;
	const char *address = marked ? endpoint + 1 : endpoint;

	if ((binds ? zmq_bind(socket->zmq, address) : zmq_connect(socket->zmq, address)) != 0)
		return err_set(e, ERR_INTERNAL, "cannot %s %s: %s", binds ? "bind" : "connect to", address,
			       zmq_strerror(errno));
	// With port 0 the system chose one; whoever asks gets the real address.
	size_t size = sizeof(socket->endpoint);
	if (zmq_getsockopt(socket->zmq, ZMQ_LAST_ENDPOINT, socket->endpoint, &size) != 0)
		text_copy(socket->endpoint, sizeof(socket->endpoint), address);
	return true;
}

static bool is_tcp(const char *endpoint)
{
	return strncmp(endpoint, "tcp://", 6) == 0;
}

// A libzmq socket with all it needs, not bound or connected yet.
static bool make(struct bus_socket *socket, const char *endpoint, struct err *e)
{
	socket->zmq = zmq_socket(socket->bus->context, zmq_types[socket->kind]);
	if (!socket->zmq || !set_options(socket->zmq, socket->kind, &socket->limits))
		return err_set(e, ERR_INTERNAL, "cannot set up a socket for %s: %s", endpoint,
			       zmq_strerror(errno));
	return !is_tcp(endpoint) || socket_lock(socket, e);
}

struct bus_socket *bus_open(struct bus *bus, enum bus_kind kind, const char *endpoint,
			    const struct bus_limits *limits, struct err *e)
{
	struct bus_socket *socket = calloc(1, sizeof(*socket));
	if (!socket) {
		err_set(e, ERR_INTERNAL, "no memory for a socket");
		return NULL;
	}
	if (!limits)
		limits = &bus_limits_default;
	socket->kind = kind;
	socket->bus = bus;
	socket->limits = *limits;
	zmq_msg_init(&socket->topic);
	zmq_msg_init(&socket->payload);
	zmq_msg_init(&socket->prepared);
	outbox_init(&socket->outbox, kind, limits->outbox_bytes);
	if (make(socket, endpoint, e) && attach(socket, endpoint, e))
		return socket;
	bus_socket_close(socket);
	return NULL;
}

static void shut(struct bus_socket *socket)
{
	if (!socket->zmq)
		return;
	monitor_close(socket);
	const int closed = zmq_close(socket->zmq);
	assert(closed == 0);
	socket->zmq = NULL;
}

bool bus_rebind(struct bus_socket *socket, struct err *e)
{
	assert(socket->kind == BUS_XPUB && socket->zmq);
	char endpoint[sizeof(socket->endpoint)];
	const int64_t until_ms = clock_monotonic_ms() + REBIND_MS;

	text_copy(endpoint, sizeof(endpoint), socket->endpoint);
	shut(socket);
	socket->sender = (struct bus_sender){0};
	if (!make(socket, endpoint, e))
		return false;
	while (!attach(socket, endpoint, e)) {
		if (clock_monotonic_ms() > until_ms)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = REBIND_PAUSE_MS * 1000000L}, NULL);
	}
	return true;
}

void bus_socket_close(struct bus_socket *socket)
{
	if (!socket)
		return;
	if (socket->zmq && socket->outbox.queues)
		outbox_flush(socket);
	outbox_fini(&socket->outbox);
	zmq_msg_close(&socket->topic);
	zmq_msg_close(&socket->payload);
	zmq_msg_close(&socket->prepared);
	shut(socket);
	free(socket);
}

struct bus_sender bus_sender(const struct bus_socket *socket)
{
	return socket->sender;
}

const char *bus_endpoint(const struct bus_socket *socket)
{
	return socket->endpoint;
}
