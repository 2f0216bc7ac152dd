// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the files of this room share: a socket and its outbox. Nobody outside common/bus includes it.
#pragma once

#include "common/bus/bus.h"
#include "common/bus/cert.h"

#include <zmq.h>

struct guard;

struct bus {
	void *context;
	struct guard *guard;              // NULL: nothing may bind on TCP
	char server_secret[BUS_Z85_SIZE]; // of the server sockets, once the guard stands
	struct bus_cert own;              // of the connecting sockets; public_key "": none
	unsigned monitor_count;           // names for their endpoints
};

// A message that waits because its peer's queue was full. Made by outbox_push, gone when libzmq took it
// or its peer left.
struct outbox_message {
	struct outbox_message *next;
	zmq_msg_t content;
	size_t cost_bytes; // content and this struct
};

// The messages that wait for one peer, oldest first; lives only while there is at least one.
struct outbox_queue {
	struct outbox_queue *next;
	struct bus_peer peer; // size 0 on sockets with one peer
	struct outbox_message *first;
	struct outbox_message **last;
	size_t cost_bytes;
};

struct outbox {
	struct outbox_queue *queues;
	size_t cost_bytes;
	size_t limit_bytes;
	size_t peer_limit_bytes; // one slow peer must leave room for the others
};

struct bus_socket {
	void *zmq;
	struct bus *bus;
	void *monitor; // server sockets: what libzmq tells of their connections; NULL: none
	struct bus_limits limits;
	struct bus_sender sender; // of the message received last
	enum bus_kind kind;
	char endpoint[256];
	zmq_msg_t topic; // what the slices given by bus_receive point into
	zmq_msg_t payload;
	zmq_msg_t prepared; // what bus_prepare gave out, until it is sent
	struct outbox outbox;
	uint64_t lost_count; // messages thrown away because their peer left
	int64_t retry_at_ms; // ROUTER: when to try the outbox again (monotonic)
	int64_t retry_wait_ms;
};

// TCP endpoints: keys, domain and what else makes a socket a CURVE server or client, before it binds or
// connects. REFUSED when the bus has no keys for it.
bool socket_lock(struct bus_socket *socket, struct err *e);
bool monitor_open(struct bus_socket *socket, struct err *e);
void monitor_close(struct bus_socket *socket);

enum send_outcome { SEND_DONE, SEND_FULL, SEND_GONE };
// Hands *content to libzmq without waiting; on SEND_DONE it is taken, else it stays the caller's.
enum send_outcome socket_try_send(struct bus_socket *socket, const struct bus_peer *peer, zmq_msg_t *content);

void socket_look_again(struct bus_socket *socket); // before trying once more what was full

void outbox_init(struct outbox *outbox, enum bus_kind kind, size_t limit_bytes);
void outbox_fini(struct outbox *outbox);
// True when messages for this peer wait, so that later ones must queue behind them.
bool outbox_holds(const struct outbox *outbox, const struct bus_peer *peer);
// Takes *content over; false when there is no room (then it stays the caller's).
bool outbox_push(struct outbox *outbox, const struct bus_peer *peer, zmq_msg_t *content);
// Tries every peer's queue in its order; a full peer holds up nobody else. True when something moved.
bool outbox_flush(struct bus_socket *socket);
