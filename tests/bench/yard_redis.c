// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Redis Streams with every write synced before its answer: one XADD an event.
#include "tests/bench/peer.h"

#include <stdlib.h>
#include <string.h>

static void server(const char **argv, const char *directory, const char *port)
{
	const char *const arguments[] = {"--port",        port,      "--bind",       "127.0.0.1",
					 "--dir",         directory, "--appendonly", "yes",
					 "--appendfsync", "always",  "--save",       "",
					 "--daemonize",   "no"};
	memcpy(argv + 1, arguments, sizeof(arguments));
}

static void greet(struct peer_connection *connection)
{
	peer_send(connection, "PING\r\n", 6);
	peer_expect(connection, "+PONG", "-ERR");
}

static size_t publish(struct peer_connection *connection, const struct bench_row *row, uint8_t *out)
{
	(void)connection;
	size_t size = (size_t)snprintf((char *)out, PEER_MESSAGE_MAX,
				       "*5\r\n$4\r\nXADD\r\n$6\r\nevents\r\n$1\r\n*\r\n$1\r\ne\r\n$%zu\r\n",
				       row->event.size);
	memcpy(out + size, row->event.data, row->event.size);
	memcpy(out + size + row->event.size, "\r\n", 2);
	return size + row->event.size + 2;
}

// "$15\r\n1526919030474-0\r\n": the id of the entry.
static size_t take(struct peer_connection *connection, const uint8_t *in, size_t size, uint64_t *answers)
{
	size_t line = peer_line(in, size);
	(void)connection;
	if (line == 0)
		return 0;
	if (in[0] != '$')
		yard_fail("Redis says: %.*s", (int)line, (const char *)in);
	size_t whole = line + (size_t)strtoul((const char *)in + 1, NULL, 10) + 2;
	if (whole > size)
		return 0;
	++*answers;
	return whole;
}

int main(int argc, char **argv)
{
	static const struct peer_protocol redis = {"yard-redis", server, greet, publish, take};
	return peer_main(&redis, argc, argv);
}
