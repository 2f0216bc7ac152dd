// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See guard.h. Three files: this one is the caller's side, guard_thread.c the thread, monitor.c what libzmq
// tells of connections. A key's life here: asked about -> known, and answered; or waiting -> answered when a
// newer table has it, refused when a table read after the question has not, forgotten when no table comes
// (libzmq then cuts the handshake, and the client tries again).
#include "common/bus/guard_thread.h"

#include "common/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PROOF_WAIT_MS = 5000 };

struct stats_row bus_stats[BUS_STAT_COUNT] = {
	[BUS_STAT_CONNECTIONS] = {"utarg_connections_total", "TCP connections accepted.", STATS_COUNTER, 0},
	[BUS_STAT_AUTHENTICATED] = {"utarg_connections_authenticated_total",
				    "Connections that came in with a valid key.", STATS_COUNTER, 0},
	[BUS_STAT_REFUSED_MECHANISM] = {"utarg_connections_refused_mechanism_total",
					"Connections refused because they did not speak CURVE as they must.",
					STATS_COUNTER, 0},
	[BUS_STAT_REFUSED_UNKNOWN] = {"utarg_connections_refused_unknown_total",
				      "Connections refused: nobody has their key.", STATS_COUNTER, 0},
	[BUS_STAT_REFUSED_REVOKED] = {"utarg_connections_refused_revoked_total",
				      "Connections refused: their key was revoked.", STATS_COUNTER, 0},
	[BUS_STAT_REFUSED_EXPIRED] = {"utarg_connections_refused_expired_total",
				      "Connections refused: their key has expired.", STATS_COUNTER, 0},
	[BUS_STAT_REFUSED_BANNED] = {"utarg_connections_refused_banned_total",
				     "Connections refused for a while after abuse of the publish port.",
				     STATS_COUNTER, 0},
	[BUS_STAT_REFUSED_QUESTION] = {"utarg_connections_refused_question_total",
				       "Questions to the key handler that were none.", STATS_COUNTER, 0},
	[BUS_STAT_BROKEN] = {"utarg_connections_broken_total",
			     "Connections that ended within their handshake.", STATS_COUNTER, 0},
	[BUS_STAT_UNFINISHED] = {"utarg_connections_unfinished",
				 "Connections that never spoke ZeroMQ (HTTP, garbage), or have just begun.",
				 STATS_GAUGE, 0},
};

static void order(struct bus *bus, const struct guard_order *content)
{
	if (!bus->guard)
		return;
	// The queue is without a bound and the orders come from a clock: this never waits.
	while (zmq_send(bus->guard->control, content, sizeof(*content), 0) < 0 && errno == EINTR)
		;
}

static int by_key(const void *a, const void *b)
{
	return memcmp(((const struct bus_key *)a)->public_key, ((const struct bus_key *)b)->public_key,
		      BUS_KEY_BYTES);
}

void bus_guard_set(struct bus *bus, const struct bus_key *keys, size_t count, int64_t as_of_ms)
{
	struct bus_key *copy = calloc(count + 1, sizeof(*copy));
	if (!copy)
		abort();
	if (count)
		memcpy(copy, keys, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), by_key);
	if (!bus->guard) {
		free(copy);
		return;
	}
	order(bus,
	      &(struct guard_order){.kind = GUARD_KEYS, .keys = copy, .count = count, .as_of_ms = as_of_ms});
}

void bus_guard_checked(struct bus *bus, int64_t as_of_ms)
{
	order(bus, &(struct guard_order){.kind = GUARD_CHECKED, .as_of_ms = as_of_ms});
}

void bus_guard_ban(struct bus *bus, uint32_t user, int64_t ms)
{
	order(bus,
	      &(struct guard_order){.kind = GUARD_BAN, .user = user, .as_of_ms = clock_monotonic_ms() + ms});
}

bool bus_guard_is_alive(const struct bus *bus)
{
	return bus->guard && atomic_load(&bus->guard->is_alive);
}

// ---- the proof -----------------------------------------------------------------------------------------

static bool ask_frames(void *asker, const char *domain)
{
	static const uint8_t nobody[BUS_KEY_BYTES];
	const struct {
		const void *bytes;
		size_t size;
	} frames[] = {{"1.0", 3}, {"1", 1},     {domain, strlen(domain)}, {"127.0.0.1", 9},
		      {"", 0},    {"CURVE", 5}, {nobody, sizeof(nobody)}};
	const size_t count = sizeof(frames) / sizeof(frames[0]);
	for (size_t i = 0; i < count; i++)
		if (zmq_send(asker, frames[i].bytes, frames[i].size, i + 1 < count ? ZMQ_SNDMORE : 0) < 0)
			return false;
	return true;
}

// A stranger is asked about under a domain that is nobody's: the answer must be a plain no, and come.
static bool prove(struct bus *bus, struct err *e)
{
	const int wait_ms = PROOF_WAIT_MS, zero = 0;
	char status[8] = "";
	void *asker = zmq_socket(bus->context, ZMQ_REQ);
	bool answered = asker && zmq_setsockopt(asker, ZMQ_RCVTIMEO, &wait_ms, sizeof(wait_ms)) == 0 &&
			zmq_setsockopt(asker, ZMQ_LINGER, &zero, sizeof(zero)) == 0 &&
			zmq_connect(asker, GUARD_ENDPOINT) == 0 && ask_frames(asker, "proof");
	for (int frame = 0; answered && frame < 6; frame++) {
		char bytes[64];
		const int size = zmq_recv(asker, bytes, sizeof(bytes), 0);
		answered = size >= 0;
		if (frame == 2 && size == 3)
			memcpy(status, bytes, 3);
	}
	if (asker)
		zmq_close(asker);
	if (answered && strcmp(status, "400") == 0)
		return true;
	return err_set(e, ERR_INTERNAL, "the key handler does not refuse a stranger: nothing is opened");
}

// ---- life ----------------------------------------------------------------------------------------------

static void *open_end(struct bus *bus, int type, const char *endpoint, bool binds)
{
	const int zero = 0;
	void *socket = zmq_socket(bus->context, type);
	if (!socket)
		return NULL;
	zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof(zero));
	zmq_setsockopt(socket, ZMQ_SNDHWM, &zero, sizeof(zero));
	zmq_setsockopt(socket, ZMQ_RCVHWM, &zero, sizeof(zero));
	if ((binds ? zmq_bind(socket, endpoint) : zmq_connect(socket, endpoint)) == 0)
		return socket;
	zmq_close(socket);
	return NULL;
}

static void close_end(void *socket)
{
	if (socket)
		zmq_close(socket);
}

bool bus_guard_start(struct bus *bus, const struct bus_cert *server, struct err *e)
{
	assert(!bus->guard);
	if (!server->secret_key[0])
		return err_set(e, ERR_BAD_FIELD, "the server's key file has no secret-key");
	struct guard *guard = calloc(1, sizeof(*guard));
	if (!guard)
		abort();
	guard->zap = open_end(bus, ZMQ_ROUTER, GUARD_ENDPOINT, true);
	guard->control = open_end(bus, ZMQ_PAIR, GUARD_CONTROL, true);
	guard->end = guard->control ? open_end(bus, ZMQ_PAIR, GUARD_CONTROL, false) : NULL;
	atomic_store(&guard->is_alive, true);
	if (!guard->zap || !guard->end || pthread_create(&guard->thread, NULL, guard_thread, guard) != 0) {
		close_end(guard->zap);
		close_end(guard->end);
		close_end(guard->control);
		free(guard);
		return err_set(e, ERR_INTERNAL, "the key handler cannot be started");
	}
	bus->guard = guard; // the thread has zap and end from here on
	if (!prove(bus, e)) {
		bus_guard_stop(bus);
		return false;
	}
	memcpy(bus->server_secret, server->secret_key, sizeof(bus->server_secret));
	return true;
}

void bus_guard_stop(struct bus *bus)
{
	if (!bus->guard)
		return;
	order(bus, &(struct guard_order){.kind = GUARD_STOP});
	pthread_join(bus->guard->thread, NULL);
	close_end(bus->guard->control);
	free(bus->guard);
	bus->guard = NULL;
}
