// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What makes a TCP socket a CURVE server or a CURVE client. There is no third kind.
#include "common/bus/guard_thread.h"

#include <errno.h>
#include <string.h>

// The header hides the name (draft API), the library knows the number in every release: with it a server
// socket refuses newcomers when the key handler is gone. Without it libzmq lets them in.
enum { ZAP_ENFORCE_DOMAIN = 93 };

bool bus_identify(struct bus *bus, const struct bus_cert *own, struct err *e)
{
	if (!own->secret_key[0])
		return err_set(e, ERR_BAD_FIELD, "the key file has no secret-key: it is the public half");
	if (!own->server_key[0])
		return err_set(e, ERR_BAD_FIELD,
			       "the key file does not say whose server it is for: it has no "
			       "server-key");
	bus->own = *own;
	return true;
}

static bool set_text(void *zmq, int option, const char *text)
{
	return zmq_setsockopt(zmq, option, text, strlen(text)) == 0;
}

static bool lock_server(const struct bus_socket *socket)
{
	const int one = 1;
	void *zmq = socket->zmq;
	return set_text(zmq, ZMQ_ZAP_DOMAIN, GUARD_DOMAIN) &&
	       zmq_setsockopt(zmq, ZAP_ENFORCE_DOMAIN, &one, sizeof(one)) == 0 &&
	       zmq_setsockopt(zmq, ZMQ_CURVE_SERVER, &one, sizeof(one)) == 0 &&
	       set_text(zmq, ZMQ_CURVE_SECRETKEY, socket->bus->server_secret);
}

static bool lock_client(const struct bus_socket *socket)
{
	const struct bus_cert *own = &socket->bus->own;
	void *zmq = socket->zmq;
	return set_text(zmq, ZMQ_CURVE_SERVERKEY, own->server_key) &&
	       set_text(zmq, ZMQ_CURVE_PUBLICKEY, own->public_key) &&
	       set_text(zmq, ZMQ_CURVE_SECRETKEY, own->secret_key);
}

bool socket_lock(struct bus_socket *socket, struct err *e)
{
	const bool serves = socket->kind == BUS_ROUTER || socket->kind == BUS_XPUB;
	if (socket->kind == BUS_PAIR)
		return err_set(e, ERR_INTERNAL, "a pair joins threads, not machines");
	if (serves && !bus_guard_is_alive(socket->bus))
		return err_set(e, ERR_REFUSED, "nothing is opened while no key handler stands at the door");
	if (!serves && !socket->bus->own.secret_key[0])
		return err_set(e, ERR_UNAUTHENTICATED, "there is no key to connect with");
	if (!(serves ? lock_server(socket) : lock_client(socket)))
		return err_set(e, ERR_INTERNAL, "a socket cannot be locked: %s", zmq_strerror(errno));
	return !serves || monitor_open(socket, e);
}
