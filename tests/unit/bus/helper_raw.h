// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A peer as bad as we need it: raw libzmq with a valid key and frames of any number and size. Tests only.
#pragma once

#include "common/bus/bus.h"

#include <stddef.h>

struct raw_peer {
	void *context;
	void *socket;
};

// type is ZMQ_DEALER or the like; receive_hwm 0: libzmq's default.
void raw_open(struct raw_peer *peer, int type, const char *endpoint, int receive_hwm);
void raw_close(struct raw_peer *peer);
// count frames of size_each bytes 'x'.
void raw_send_frames(struct raw_peer *peer, size_t count, size_t size_each);
// One frame within timeout_ms; -1 when none came.
int raw_receive(struct raw_peer *peer, void *out, size_t out_size, int timeout_ms);
// Waits on one of our sockets and takes what came; BUS_NOTHING after timeout_ms.
enum bus_receive wait_receive(struct bus_socket *socket, struct bus_peer *peer, struct slice *topic,
			      struct slice *payload, int timeout_ms);
