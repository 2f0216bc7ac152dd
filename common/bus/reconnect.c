// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Giving a connection up. libzmq does that itself when a connection breaks or misses its heartbeats; what it
// cannot see is a peer whose connection lives and whose answers do not come, say behind a proxy that lost its
// other half.
#include "common/bus/socket.h"

#include <assert.h>
#include <errno.h>

bool bus_reconnect(struct bus_socket *socket, struct err *e)
{
	assert(socket->kind == BUS_DEALER);
	const size_t limit_bytes = socket->outbox.limit_bytes;

	outbox_fini(&socket->outbox);
	outbox_init(&socket->outbox, socket->kind, limit_bytes);
	if (zmq_disconnect(socket->zmq, socket->endpoint) != 0 && errno != ENOENT)
		return err_set(e, ERR_INTERNAL, "cannot disconnect from %s: %s", socket->endpoint,
			       zmq_strerror(errno));
	if (zmq_connect(socket->zmq, socket->endpoint) != 0)
		return err_set(e, ERR_INTERNAL, "cannot connect to %s: %s", socket->endpoint,
			       zmq_strerror(errno));
	return true;
}
