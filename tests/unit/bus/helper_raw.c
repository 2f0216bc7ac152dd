// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include "tests/unit/bus/helper_raw.h"

#include "tests/unit/keys.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

void raw_open(struct raw_peer *peer, int type, const char *endpoint, int receive_hwm)
{
	const int zero = 0;
	peer->context = zmq_ctx_new();
	peer->socket = zmq_socket(peer->context, type);
	assert(peer->socket);
	zmq_setsockopt(peer->socket, ZMQ_LINGER, &zero, sizeof(zero));
	if (receive_hwm)
		zmq_setsockopt(peer->socket, ZMQ_RCVHWM, &receive_hwm, sizeof(receive_hwm));
	keys_lock(peer->socket, &keys_get()->client);
	const int connected = zmq_connect(peer->socket, endpoint);
	assert(connected == 0);
}

void raw_close(struct raw_peer *peer)
{
	zmq_close(peer->socket);
	zmq_ctx_term(peer->context);
}

void raw_send_frames(struct raw_peer *peer, size_t count, size_t size_each)
{
	char *bytes = malloc(size_each + 1);
	assert(bytes);
	memset(bytes, 'x', size_each + 1);
	for (size_t i = 0; i < count; i++) {
		const int sent = zmq_send(peer->socket, bytes, size_each, i + 1 < count ? ZMQ_SNDMORE : 0);
		assert(sent == (int)size_each);
	}
	free(bytes);
}

int raw_receive(struct raw_peer *peer, void *out, size_t out_size, int timeout_ms)
{
	zmq_setsockopt(peer->socket, ZMQ_RCVTIMEO, &timeout_ms, sizeof(timeout_ms));
	return zmq_recv(peer->socket, out, out_size, 0);
}

enum bus_receive wait_receive(struct bus_socket *socket, struct bus_peer *peer, struct slice *topic,
			      struct slice *payload, int timeout_ms)
{
	struct bus_wait_item item = {.socket = socket};
	bus_wait(&item, 1, timeout_ms);
	return bus_receive(socket, peer, topic, payload);
}
