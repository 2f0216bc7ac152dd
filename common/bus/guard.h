// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Who may come in. A thread answers libzmq's questions at inproc://zeromq.zap.01 (RFC 27) from a table of
// keys that it is handed; the table is immutable, a newer one takes its place. A key that is not in the table
// waits until the table has been looked at again (bus_guard_checked), so that a key works as soon as it is
// made; without any table nobody gets in. Fails closed: no server socket opens before the guard has proved
// itself, and when it is gone libzmq refuses every newcomer (ZAP domain and ZMQ_ZAP_ENFORCE_DOMAIN).
//
// Called from the thread that opened the bus's server sockets.
#pragma once

#include "common/base/stats.h"
#include "common/bus/bus.h"
#include "common/bus/cert.h"

// One key. user is what bus_sender says of its messages; never 0.
struct bus_key {
	uint8_t public_key[BUS_KEY_BYTES];
	uint32_t user;
	int64_t expires_at_ms; // wall clock; 0: never
	bool is_revoked;
};

// Starts the thread, asks it as libzmq would, and refuses to go on unless it refuses a stranger. From then
// on ROUTER and XPUB on TCP are CURVE servers with this key. BAD_FIELD when server has no secret half.
bool bus_guard_start(struct bus *bus, const struct bus_cert *server, struct err *e);
// Hands over a table (copied), read at as_of_ms (monotonic) or later.
void bus_guard_set(struct bus *bus, const struct bus_key *keys, size_t count, int64_t as_of_ms);
// The table that is there was still right at as_of_ms.
void bus_guard_checked(struct bus *bus, int64_t as_of_ms);
// Keeps a user's new connections out for so long.
void bus_guard_ban(struct bus *bus, uint32_t user, int64_t ms);
bool bus_guard_is_alive(const struct bus *bus);
// Ends the thread; from here on nobody gets in. For bus_destroy, and for the test that the door stays shut.
void bus_guard_stop(struct bus *bus);

// What became of those who knocked, for the process.
enum bus_stat {
	BUS_STAT_CONNECTIONS,
	BUS_STAT_AUTHENTICATED,
	BUS_STAT_REFUSED_MECHANISM,
	BUS_STAT_REFUSED_UNKNOWN,
	BUS_STAT_REFUSED_REVOKED,
	BUS_STAT_REFUSED_EXPIRED,
	BUS_STAT_REFUSED_BANNED,
	BUS_STAT_REFUSED_QUESTION,
	BUS_STAT_BROKEN,
	BUS_STAT_UNFINISHED,
	BUS_STAT_COUNT
};
extern struct stats_row bus_stats[BUS_STAT_COUNT];
