// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Receiving: how many frames each kind of socket expects, and what becomes of messages that have others.
// A message is taken whole or thrown away whole, so that the next one starts at its first frame.
#include "common/bus/socket.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

// Into *frame, whose old content is closed; false when there is none.
static bool next_frame(void *zmq, zmq_msg_t *frame)
{
	int size;
	do
		size = zmq_msg_recv(frame, zmq, ZMQ_DONTWAIT);
	while (size < 0 && errno == EINTR);
	assert(size >= 0 || errno == EAGAIN);
	return size >= 0;
}

// One frame at a time in one buffer: a message of a million frames costs no memory of ours.
static void skip_frames(void *zmq, zmq_msg_t *frame)
{
	while (zmq_msg_more(frame))
		if (!next_frame(zmq, frame))
			return;
}

static struct slice slice_of(zmq_msg_t *frame)
{
	return (struct slice){.data = zmq_msg_data(frame), .size = zmq_msg_size(frame)};
}

// What the guard said of the connection's key when it came in; libzmq keeps it with each of its messages. Our
// users are numbers.
static uint32_t user_of(zmq_msg_t *frame)
{
	const char *text = zmq_msg_gets(frame, "User-Id");
	uint32_t user = 0;
	for (; text && *text; text++) {
		if (*text < '0' || *text > '9')
			return 0;
		user = user * 10 + (uint32_t)(*text - '0');
	}
	return user;
}

static enum bus_receive broken(struct bus_socket *socket)
{
	skip_frames(socket->zmq, &socket->payload);
	zmq_msg_close(&socket->payload);
	zmq_msg_init(&socket->payload);
	return BUS_BROKEN;
}

// The last frame must be the payload, and not be empty.
static enum bus_receive take_payload(struct bus_socket *socket, bool may_be_empty, struct slice *payload)
{
	if (!next_frame(socket->zmq, &socket->payload))
		return BUS_BROKEN;
	if (zmq_msg_more(&socket->payload) || (!may_be_empty && zmq_msg_size(&socket->payload) == 0))
		return broken(socket);
	*payload = slice_of(&socket->payload);
	return BUS_MESSAGE;
}

static enum bus_receive receive_from_peer(struct bus_socket *socket, struct bus_peer *peer,
					  struct slice *payload)
{
	*peer = (struct bus_peer){0};
	if (!next_frame(socket->zmq, &socket->topic))
		return BUS_NOTHING;
	if (!zmq_msg_more(&socket->topic))
		return BUS_BROKEN;
	const size_t size = zmq_msg_size(&socket->topic);
	// A peer may choose its own routing id, up to 255 bytes. We keep short ones only.
	if (size <= BUS_PEER_SIZE) {
		peer->size = (uint8_t)size;
		memcpy(peer->bytes, zmq_msg_data(&socket->topic), size);
	}
	const enum bus_receive taken = take_payload(socket, false, payload);
	// The id's frame need not carry it.
	socket->sender = (struct bus_sender){.user = user_of(&socket->payload), .connection = -1};
	return size <= BUS_PEER_SIZE ? taken : BUS_BROKEN;
}

static enum bus_receive receive_published(struct bus_socket *socket, struct slice *topic,
					  struct slice *payload)
{
	if (!next_frame(socket->zmq, &socket->topic))
		return BUS_NOTHING;
	if (!zmq_msg_more(&socket->topic))
		return BUS_BROKEN;
	*topic = slice_of(&socket->topic);
	// An empty message is a message: all of its fields have their defaults.
	return take_payload(socket, true, payload);
}

static enum bus_receive receive_single(struct bus_socket *socket, struct slice *payload)
{
	if (!next_frame(socket->zmq, &socket->payload))
		return BUS_NOTHING;
	if (zmq_msg_more(&socket->payload))
		return broken(socket);
	*payload = slice_of(&socket->payload);
	return BUS_MESSAGE;
}

// libzmq passes on what is no subscription as it came.
static enum bus_receive receive_subscription(struct bus_socket *socket, struct slice *payload)
{
	if (!next_frame(socket->zmq, &socket->payload))
		return BUS_NOTHING;
	socket->sender = (struct bus_sender){.user = user_of(&socket->payload),
					     .connection = zmq_msg_get(&socket->payload, ZMQ_SRCFD)};
	*payload = slice_of(&socket->payload);
	if (zmq_msg_more(&socket->payload) || payload->size == 0 || payload->data[0] > 1)
		return broken(socket);
	return BUS_MESSAGE;
}

enum bus_receive bus_receive(struct bus_socket *socket, struct bus_peer *peer, struct slice *topic,
			     struct slice *payload)
{
	switch (socket->kind) {
	case BUS_ROUTER:
		return receive_from_peer(socket, peer, payload);
	case BUS_SUB:
		return receive_published(socket, topic, payload);
	case BUS_XPUB:
		return receive_subscription(socket, payload);
	case BUS_DEALER:
	case BUS_PAIR:
		break;
	}
	return receive_single(socket, payload);
}
