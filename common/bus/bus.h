// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// ZeroMQ sockets as this house uses them; the only module that includes zmq.h. Every socket gets HWM,
// LINGER, MAXMSGSIZE, HANDSHAKE_IVL, heartbeats and (ROUTER) MANDATORY from one table in bus.c.
// Sockets belong to the thread that made them. What waits here and never elsewhere: bus_wait.
//
// Everything on TCP is CURVE: a bus opens no TCP socket before it has keys. Who connects: bus_identify; who
// binds: bus_guard_start (guard.h). inproc stays as it is.
#pragma once

#include "common/base/err.h"
#include "common/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BUS_PEER_SIZE = 32, BUS_TOPIC_SIZE = 640 };

struct bus;        // a libzmq context, one a process
struct bus_socket; // one socket; `bus_socket_close` takes NULL

// Who sent a message to a ROUTER: the routing id of the connection.
struct bus_peer {
	uint8_t size;
	uint8_t bytes[BUS_PEER_SIZE];
};

// Limits of one socket, with their defaults in bus_limits_default.
struct bus_limits {
	int max_message_bytes; // larger frames cut the connection
	int receive_hwm;       // messages a peer
	int send_hwm;
	int linger_ms;       // how long close waits for what is unsent
	size_t outbox_bytes; // ROUTER and DEALER: unsent messages kept here while a peer is full
};
extern const struct bus_limits bus_limits_default;

struct bus_cert;

// Refuses a libzmq without CURVE, or older than 4.3.3 (which lets strangers exhaust memory).
struct bus *bus_create(struct err *e);
bool bus_suits(int major, int minor, int patch, bool has_curve, struct err *e);
// The key DEALER and SUB connect with, and the server's that they insist on; copied. BAD_FIELD when one of
// the three keys of the certificate is missing.
bool bus_identify(struct bus *bus, const struct bus_cert *own, struct err *e);
void bus_destroy(struct bus *bus); // closes nothing: close sockets first

enum bus_kind { BUS_ROUTER, BUS_DEALER, BUS_XPUB, BUS_SUB, BUS_PAIR };
// limits NULL: the defaults. ROUTER and XPUB bind, DEALER and SUB connect; PAIR (inproc, to join threads)
// binds when its endpoint begins with '@' and connects otherwise. Errors name endpoint and reason.
struct bus_socket *bus_open(struct bus *bus, enum bus_kind kind, const char *endpoint,
			    const struct bus_limits *limits, struct err *e);
void bus_socket_close(struct bus_socket *socket);
// DEALER: gives the connection up, with all that is unsent or unread on it, and makes a new one.
bool bus_reconnect(struct bus_socket *socket, struct err *e);
// Where it is bound or connected; a bind to port 0 shows the port the system chose.
const char *bus_endpoint(const struct bus_socket *socket);

// Who sent the message received last on a ROUTER or XPUB, as the guard knew the connection's key; nothing in
// the message itself has a say in it. user 0: nobody (on an XPUB: a subscriber that left).
struct bus_sender {
	uint32_t user;
	int connection; // XPUB: the same for all of a connection's messages, as in struct bus_event
};
struct bus_sender bus_sender(const struct bus_socket *socket);

enum bus_receive { BUS_NOTHING, BUS_MESSAGE, BUS_BROKEN };
// Takes one message if there is one. ROUTER: *peer gets the sender; every message is exactly one payload
// frame behind the routing id, not empty; anything else is BUS_BROKEN (all of its frames are consumed; *peer
// is set, or has size 0 when its routing id is longer than BUS_PEER_SIZE: it cannot be answered).
// SUB: *topic gets the first frame, payload the second. XPUB: the payload is the subscription (first byte
// 1 or 0, then the prefix); it counts for nothing until bus_grant. After BUS_BROKEN an XPUB must be opened
// anew (bus_rebind) before anything is granted: libzmq then no longer knows whose subscription comes next.
// DEALER and PAIR: one frame. Slices live until the next receive on this socket.
enum bus_receive bus_receive(struct bus_socket *socket, struct bus_peer *peer, struct slice *topic,
			     struct slice *payload);

// Sends without waiting. When the peer's queue is full the message waits in the outbox (sent by bus_flush
// when bus_wait says so); when that is full too, false with BUSY. A ROUTER's unknown peer is false with
// INTERNAL: it is gone, drop the message and count it. The bytes are copied. One peer of a ROUTER can fill a
// quarter of its outbox, and holds up nobody else. peer is NULL but on a ROUTER.
bool bus_send(struct bus_socket *socket, const struct bus_peer *peer, const void *bytes, size_t size,
	      struct err *e);
// Publishes topic and payload; a slow subscriber loses messages, nobody else does.
bool bus_publish(struct bus_socket *socket, const char *topic, const void *bytes, size_t size, struct err *e);
// The same without a copy: bus_prepare gives room for `size` bytes (NULL: no memory), which the next
// bus_send_prepared or bus_publish_prepared on this socket sends, or gives up on failure.
uint8_t *bus_prepare(struct bus_socket *socket, size_t size);
bool bus_send_prepared(struct bus_socket *socket, const struct bus_peer *peer, struct err *e);
bool bus_publish_prepared(struct bus_socket *socket, const char *topic, struct err *e);
bool bus_subscribe(struct bus_socket *socket, const char *prefix, struct err *e);
bool bus_unsubscribe(struct bus_socket *socket, const char *prefix, struct err *e);
// XPUB: gives the sender of the subscription received last what is under the prefix, or takes it away.
bool bus_grant(struct bus_socket *socket, struct slice prefix, struct err *e);
bool bus_withdraw(struct bus_socket *socket, struct slice prefix, struct err *e);
// ROUTER and XPUB: the next thing that happened to a connection; false when there is none. Counted on the way
// (bus_stats). connection is a file descriptor's number: it is used again after BUS_LEFT.
enum bus_event_kind { BUS_ARRIVED, BUS_LEFT };
struct bus_event {
	enum bus_event_kind kind;
	int connection;
};
bool bus_event(struct bus_socket *socket, struct bus_event *out);
// Closes the socket and opens it again at the same place: every connection is cut, and who still may comes
// back. False when the place stays taken for two seconds; the socket is closed then and receives nothing.
bool bus_rebind(struct bus_socket *socket, struct err *e);
bool bus_flush(struct bus_socket *socket); // true when nothing is left unsent
size_t bus_unsent_bytes(const struct bus_socket *socket);
uint64_t bus_lost_count(const struct bus_socket *socket); // messages of the outbox whose peer left

// What to wait for: a socket or, when socket is NULL, a file descriptor. Sockets with unsent messages
// wait until they can send too and are flushed on the way. At most BUS_WAIT_MAX items.
enum { BUS_WAIT_MAX = 64 };
struct bus_wait_item {
	struct bus_socket *socket;
	int fd;
	bool readable; // out
};
// timeout_ms -1: for ever. Returns the count of readable items, 0 after the timeout or a signal.
int bus_wait(struct bus_wait_item *items, size_t count, int64_t timeout_ms);

// "kpi/<a>/<b>/": percent-encodes each segment and joins them, with the trailing '/'. Segments end with NULL;
// false when one is empty or the topic does not fit.
bool bus_topic(char out[BUS_TOPIC_SIZE], const char *const *segments);
