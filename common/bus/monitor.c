// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What libzmq tells of a server socket's connections. An event is two frames: number and value, then the
// endpoint. It is told before the descriptor is closed, so that a number is never told to leave after it was
// given to somebody else.
#include "common/bus/guard.h"
#include "common/bus/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	WATCHED = ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
		  ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL,
	EVENT_SIZE = 6
};

bool monitor_open(struct bus_socket *socket, struct err *e)
{
	char endpoint[64];
	const int zero = 0;
	snprintf(endpoint, sizeof(endpoint), "inproc://utarg-monitor-%u", socket->bus->monitor_count++);
	socket->monitor = zmq_socket(socket->bus->context, ZMQ_PAIR);
	// libzmq's own thread writes to it and must never wait for us: no bound here, but we take it all
	// several times a second.
	if (socket->monitor && zmq_setsockopt(socket->monitor, ZMQ_RCVHWM, &zero, sizeof(zero)) == 0 &&
	    zmq_setsockopt(socket->monitor, ZMQ_LINGER, &zero, sizeof(zero)) == 0 &&
	    zmq_socket_monitor(socket->zmq, endpoint, WATCHED) == 0 &&
	    zmq_connect(socket->monitor, endpoint) == 0)
		return true;
	return err_set(e, ERR_INTERNAL, "a socket cannot be watched: %s", zmq_strerror(errno));
}

void monitor_close(struct bus_socket *socket)
{
	if (!socket->monitor)
		return;
	zmq_socket_monitor(socket->zmq, NULL, 0);
	zmq_close(socket->monitor);
	socket->monitor = NULL;
}

static void count(uint16_t number)
{
	static const struct {
		uint16_t number;
		enum bus_stat stat;
	} rows[] = {
		{ZMQ_EVENT_ACCEPTED, BUS_STAT_CONNECTIONS},
		{ZMQ_EVENT_HANDSHAKE_SUCCEEDED, BUS_STAT_AUTHENTICATED},
		{ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL, BUS_STAT_REFUSED_MECHANISM},
		{ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL, BUS_STAT_BROKEN},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].number == number)
			stats_add(&bus_stats[rows[i].stat], 1);
}

// The next event's first frame; its second is dropped.
static bool take(void *monitor, uint8_t event[EVENT_SIZE])
{
	char rest[8];
	int size;
	do
		size = zmq_recv(monitor, event, EVENT_SIZE, ZMQ_DONTWAIT);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return false;
	while (zmq_recv(monitor, rest, sizeof(rest), ZMQ_DONTWAIT) < 0 && errno == EINTR)
		;
	return true;
}

bool bus_event(struct bus_socket *socket, struct bus_event *out)
{
	uint8_t event[EVENT_SIZE];
	while (socket->monitor && take(socket->monitor, event)) {
		uint16_t number;
		int32_t value;
		memcpy(&number, event, sizeof(number));
		memcpy(&value, event + sizeof(number), sizeof(value));
		count(number);
		if (number != ZMQ_EVENT_ACCEPTED && number != ZMQ_EVENT_DISCONNECTED)
			continue;
		*out = (struct bus_event){number == ZMQ_EVENT_ACCEPTED ? BUS_ARRIVED : BUS_LEFT, value};
		return true;
	}
	return false;
}
