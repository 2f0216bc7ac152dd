// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What guard.c and its thread share. Nobody outside common/bus includes it.
#pragma once

#include "common/bus/guard.h"
#include "common/bus/socket.h"

#include <pthread.h>
#include <stdatomic.h>

// Every server socket asks under this domain, and libzmq at this place.
#define GUARD_DOMAIN   "utarg"
#define GUARD_ENDPOINT "inproc://zeromq.zap.01"
#define GUARD_CONTROL  "inproc://utarg-guard"

struct guard {
	pthread_t thread;
	void *control; // the caller's end
	void *zap;     // the thread's: taken over when it starts
	void *end;
	_Atomic bool is_alive;
};

enum guard_order_kind { GUARD_KEYS, GUARD_CHECKED, GUARD_BAN, GUARD_STOP };

// What is told to the thread, by value through the pair of sockets.
struct guard_order {
	enum guard_order_kind kind;
	uint32_t user;
	struct bus_key *keys; // malloc, sorted; the thread's from here on
	size_t count;
	int64_t as_of_ms;
};

void *guard_thread(void *guard);
