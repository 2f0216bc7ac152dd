// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What the yardsticks of other brokers share: a server of their own in a directory of its own, connections
// with a window of unanswered events each, and the loop that fills it. A broker is a table of three functions
// that speak its protocol. Events are those the benchmark publishes; an answer is what the broker calls
// durable.
#pragma once

#include "tests/bench/yard.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PEER_ARGUMENTS_MAX = 24, PEER_BUFFER = 1 << 20, PEER_MESSAGE_MAX = 1024 };

struct peer_connection {
	int fd, index;
	uint8_t *in, *out;
	size_t in_size, out_size, out_sent;
	int64_t *sent_us; // ring of the window: when the unanswered ones were sent, oldest first
	uint64_t sent, answered;
	uint64_t tag; // the protocol's own
};

struct peer_protocol {
	const char *usage;
	// argv of the server; directory and port are as text. argv[0] is set.
	void (*server)(const char **argv, const char *directory, const char *port);
	// Once a connection, before anything is published; may block (peer_send, peer_expect).
	void (*greet)(struct peer_connection *connection);
	// Writes one message that publishes the event; returns its size.
	size_t (*publish)(struct peer_connection *connection, const struct bench_row *row, uint8_t *out);
	// Takes whole answers off what came: returns the bytes used and counts the events they answer.
	size_t (*take)(struct peer_connection *connection, const uint8_t *in, size_t size, uint64_t *answers);
};

// YARD SERVER DIRECTORY CONNECTIONS WINDOW MILLISECONDS
int peer_main(const struct peer_protocol *protocol, int argc, char **argv);

void peer_send(struct peer_connection *connection, const void *bytes, size_t size);
// Reads until `wanted` has come (then all that came is forgotten); fails when `never` comes, or nothing for
// long.
void peer_expect(struct peer_connection *connection, const char *wanted, const char *never);
// Waits for more bytes; fails when none come for long.
void peer_wait(struct peer_connection *connection);
// The end of the line that begins at `in`, behind its CR LF; 0 when it has not come.
size_t peer_line(const uint8_t *in, size_t size);
int peer_free_port(void);
// Starts a program that ends with this one, at the latest.
void peer_spawn(const char *const *argv);
