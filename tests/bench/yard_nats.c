// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// NATS JetStream with file storage: each event published with a reply address, answered once it is stored.
// Versions before 2.10 cannot be told to sync first: their answer means the page cache.
#include "tests/bench/peer.h"

#include <stdlib.h>
#include <string.h>

static void server(const char **argv, const char *directory, const char *port)
{
	const char *const arguments[] = {"-js", "-sd", directory, "-a", "127.0.0.1", "-p", port};
	memcpy(argv + 1, arguments, sizeof(arguments));
}

static void greet(struct peer_connection *connection)
{
	static const char stream[] = "{\"name\":\"EVENTS\",\"subjects\":[\"events\"],\"storage\":\"file\"}";
	char text[512];
	peer_expect(connection, "INFO", "-ERR");
	int size = snprintf(text, sizeof(text),
			    "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB _INBOX.%d.* 1\r\nPING\r\n",
			    connection->index);
	peer_send(connection, text, (size_t)size);
	peer_expect(connection, "PONG\r\n", "-ERR");
	if (connection->index > 0)
		return;
	size = snprintf(text, sizeof(text), "PUB $JS.API.STREAM.CREATE.EVENTS _INBOX.0.made %zu\r\n%s\r\n",
			strlen(stream), stream);
	peer_send(connection, text, (size_t)size);
	peer_expect(connection, "\"config\"", "\"error\"");
}

static size_t publish(struct peer_connection *connection, const struct bench_row *row, uint8_t *out)
{
	size_t size = (size_t)snprintf((char *)out, PEER_MESSAGE_MAX, "PUB events _INBOX.%d.p %zu\r\n",
				       connection->index, row->event.size);
	memcpy(out + size, row->event.data, row->event.size);
	memcpy(out + size + row->event.size, "\r\n", 2);
	return size + row->event.size + 2;
}

// "MSG _INBOX.0.p 1 30\r\n{"stream":"EVENTS","seq":7}\r\n", and now and then "PING\r\n".
static size_t take(struct peer_connection *connection, const uint8_t *in, size_t size, uint64_t *answers)
{
	size_t line = peer_line(in, size);
	if (line == 0)
		return 0;
	if (line == 6 && memcmp(in, "PING", 4) == 0) {
		peer_send(connection, "PONG\r\n", 6);
		return line;
	}
	if (memcmp(in, "MSG ", 4) != 0)
		yard_fail("NATS says: %.*s", (int)line, (const char *)in);
	const uint8_t *last = memrchr(in, ' ', line);
	size_t body = (size_t)strtoul((const char *)last + 1, NULL, 10);
	if (line + body + 2 > size)
		return 0;
	if (memmem(in + line, body, "\"error\"", 7))
		yard_fail("NATS says: %.*s", (int)body, (const char *)in + line);
	++*answers;
	return line + body + 2;
}

int main(int argc, char **argv)
{
	static const struct peer_protocol nats = {"yard-nats", server, greet, publish, take};
	return peer_main(&nats, argc, argv);
}
