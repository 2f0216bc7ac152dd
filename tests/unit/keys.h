// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Keys for unit tests: a server and a client, secrets that everybody knows. The client is user 7. Tests only.
#pragma once

#include "common/base/clock.h"
#include "common/bus/guard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

enum { KEYS_USER = 7 };

struct keys {
	struct bus_cert server, client;
};

static inline const struct keys *keys_get(void)
{
	static const struct keys keys = {
		.server = {.public_key = "9rf%!()10&+?GF@fTTa.d87-6FWrTps}]ho!Ln[v",
			   .secret_key = "WlG>Z2$p$Z+xM<#(@iy<Vezm4:Pq!hZ+s)=hR-4X"},
		.client = {.name = "tester",
			   .public_key = ".5/QY}pPU8nGw{GK-7?pEfJ44Qu(FZERbgAvVqu[",
			   .secret_key = "t4.O}zuSTtt{kEnyi1C{**gcK{KOORpWjJV!xnRd",
			   .server_key = "9rf%!()10&+?GF@fTTa.d87-6FWrTps}]ho!Ln[v"},
	};
	return &keys;
}

static inline struct bus_key keys_row(const struct bus_cert *cert, uint32_t user)
{
	struct bus_key row = {.user = user};
	const bool decoded = bus_key_decode(cert->public_key, row.public_key);
	assert(decoded);
	return row;
}

// A bus that serves and connects, and knows the client.
static inline struct bus *keys_bus(void)
{
	const struct keys *keys = keys_get();
	struct err e = {0};
	struct bus *bus = bus_create(&e);
	assert(bus);
	const bool locked = bus_guard_start(bus, &keys->server, &e) && bus_identify(bus, &keys->client, &e);
	assert(locked);
	const struct bus_key row = keys_row(&keys->client, KEYS_USER);
	bus_guard_set(bus, &row, 1, clock_monotonic_ms());
	return bus;
}

// A raw socket that comes with that key (or another's).
static inline void keys_lock(void *socket, const struct bus_cert *cert)
{
	zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, cert->public_key, BUS_Z85_SIZE);
	zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, cert->secret_key, BUS_Z85_SIZE);
	zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, keys_get()->server.public_key, BUS_Z85_SIZE);
}

// Writes a certificate into a new file; path is filled in, the caller unlinks it.
static inline void keys_file(const struct bus_cert *cert, char path[64])
{
	char text[BUS_CERT_TEXT_SIZE];
	snprintf(path, 64, "/tmp/utarg-unit-key-XXXXXX");
	const int fd = mkstemp(path);
	bus_cert_print(cert, true, text);
	const ssize_t written = write(fd, text, strlen(text));
	assert(written == (ssize_t)strlen(text));
	close(fd);
}
