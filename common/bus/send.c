// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Sending, publishing and subscribing. Nothing here waits: what libzmq does not take goes to the outbox.
#include "common/bus/socket.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

// A signal may interrupt a call that would not have waited.
static int send_frame(void *zmq, zmq_msg_t *frame, int flags)
{
	int sent;
	do
		sent = zmq_msg_send(frame, zmq, flags | ZMQ_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent;
}

static int send_bytes(void *zmq, const void *bytes, size_t size, int flags)
{
	int sent;
	do
		sent = zmq_send(zmq, bytes, size, flags | ZMQ_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent;
}

// libzmq looks only now and then whether peers have made room; asking for the events makes it look.
void socket_look_again(struct bus_socket *socket)
{
	int events;
	size_t size = sizeof(events);
	zmq_getsockopt(socket->zmq, ZMQ_EVENTS, &events, &size);
}

enum send_outcome socket_try_send(struct bus_socket *socket, const struct bus_peer *peer, zmq_msg_t *content)
{
	// A ROUTER decides on the routing id whether it takes the message; behind it the payload always fits.
	if (socket->kind == BUS_ROUTER && send_bytes(socket->zmq, peer->bytes, peer->size, ZMQ_SNDMORE) < 0)
		return errno == EAGAIN ? SEND_FULL : SEND_GONE;
	if (send_frame(socket->zmq, content, 0) >= 0)
		return SEND_DONE;
	return errno == EAGAIN ? SEND_FULL : SEND_GONE;
}

uint8_t *bus_prepare(struct bus_socket *socket, size_t size)
{
	zmq_msg_close(&socket->prepared);
	if (zmq_msg_init_size(&socket->prepared, size) != 0) {
		zmq_msg_init(&socket->prepared);
		return NULL;
	}
	return zmq_msg_data(&socket->prepared);
}

// Whatever came of it, the next message starts from an empty one.
static void forget_prepared(struct bus_socket *socket)
{
	zmq_msg_close(&socket->prepared);
	zmq_msg_init(&socket->prepared);
}

bool bus_send_prepared(struct bus_socket *socket, const struct bus_peer *peer, struct err *e)
{
	assert(socket->kind == BUS_ROUTER || socket->kind == BUS_DEALER || socket->kind == BUS_PAIR);
	assert((socket->kind == BUS_ROUTER) == (peer != NULL));
	enum send_outcome outcome = SEND_FULL;

	if (!outbox_holds(&socket->outbox, peer)) {
		outcome = socket_try_send(socket, peer, &socket->prepared);
		if (outcome == SEND_FULL) {
			socket_look_again(socket);
			outcome = socket_try_send(socket, peer, &socket->prepared);
		}
	}
	if (outcome == SEND_FULL && outbox_push(&socket->outbox, peer, &socket->prepared))
		outcome = SEND_DONE;
	forget_prepared(socket);
	if (outcome == SEND_FULL)
		return err_set(e, ERR_BUSY, "%s: the peer does not take messages as fast as they come",
			       socket->endpoint);
	if (outcome == SEND_GONE)
		return err_set(e, ERR_INTERNAL, "%s: the peer is gone", socket->endpoint);
	return true;
}

bool bus_send(struct bus_socket *socket, const struct bus_peer *peer, const void *bytes, size_t size,
	      struct err *e)
{
	uint8_t *room = bus_prepare(socket, size);
	if (!room)
		return err_set(e, ERR_BUSY, "no memory for a message of %zu bytes", size);
	if (size)
		memcpy(room, bytes, size);
	return bus_send_prepared(socket, peer, e);
}

bool bus_publish_prepared(struct bus_socket *socket, const char *topic, struct err *e)
{
	assert(socket->kind == BUS_XPUB);
	// An XPUB never answers EAGAIN: it drops for the subscriber that is full.
	const bool sent = send_bytes(socket->zmq, topic, strlen(topic), ZMQ_SNDMORE) >= 0 &&
			  send_frame(socket->zmq, &socket->prepared, 0) >= 0;
	const int reason = errno;
	forget_prepared(socket);
	if (!sent)
		return err_set(e, ERR_INTERNAL, "cannot publish %s: %s", topic, zmq_strerror(reason));
	return true;
}

bool bus_publish(struct bus_socket *socket, const char *topic, const void *bytes, size_t size, struct err *e)
{
	uint8_t *room = bus_prepare(socket, size);
	if (!room)
		return err_set(e, ERR_BUSY, "no memory for a message of %zu bytes", size);
	if (size)
		memcpy(room, bytes, size);
	return bus_publish_prepared(socket, topic, e);
}

static bool change_subscription(struct bus_socket *socket, int option, const char *prefix, struct err *e)
{
	assert(socket->kind == BUS_SUB);
	const size_t size = strlen(prefix);

	// A longer one would be cut off by the publisher together with the connection.
	if (size >= BUS_TOPIC_SIZE)
		return err_set(e, ERR_TOO_LARGE, "a topic has at most %d characters", BUS_TOPIC_SIZE - 1);
	if (zmq_setsockopt(socket->zmq, option, prefix, size) != 0)
		return err_set(e, ERR_INTERNAL, "cannot subscribe to %s: %s", prefix, zmq_strerror(errno));
	return true;
}

bool bus_subscribe(struct bus_socket *socket, const char *prefix, struct err *e)
{
	return change_subscription(socket, ZMQ_SUBSCRIBE, prefix, e);
}

bool bus_unsubscribe(struct bus_socket *socket, const char *prefix, struct err *e)
{
	return change_subscription(socket, ZMQ_UNSUBSCRIBE, prefix, e);
}

static bool change_grant(struct bus_socket *socket, int option, struct slice prefix, struct err *e)
{
	assert(socket->kind == BUS_XPUB);
	if (zmq_setsockopt(socket->zmq, option, prefix.data, prefix.size) != 0)
		return err_set(e, ERR_INTERNAL, "a subscription cannot be changed: %s", zmq_strerror(errno));
	return true;
}

bool bus_grant(struct bus_socket *socket, struct slice prefix, struct err *e)
{
	return change_grant(socket, ZMQ_SUBSCRIBE, prefix, e);
}

bool bus_withdraw(struct bus_socket *socket, struct slice prefix, struct err *e)
{
	return change_grant(socket, ZMQ_UNSUBSCRIBE, prefix, e);
}

bool bus_flush(struct bus_socket *socket)
{
	if (socket->outbox.queues)
		outbox_flush(socket);
	return !socket->outbox.queues;
}

size_t bus_unsent_bytes(const struct bus_socket *socket)
{
	return socket->outbox.cost_bytes;
}

uint64_t bus_lost_count(const struct bus_socket *socket)
{
	return socket->lost_count;
}
