// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// How many bytes are in flight, in all and for each peer: what was taken in and is not answered yet. A
// request that would pass a bound is answered BUSY before it costs memory.
#pragma once

#include "common/bus/bus.h"

#include <stdbool.h>
#include <stddef.h>

struct flow;

struct flow *flow_create(size_t all_max_bytes, size_t peer_max_bytes);
void flow_destroy(struct flow *flow);
// Whether that many bytes more of this peer are within the bounds. A peer with nothing in flight may
// send one request of any size the socket takes, if there is room in all.
bool flow_has_room(const struct flow *flow, const struct bus_peer *peer, size_t bytes);
void flow_add(struct flow *flow, const struct bus_peer *peer, size_t bytes);
void flow_remove(struct flow *flow, const struct bus_peer *peer, size_t bytes);
size_t flow_bytes(const struct flow *flow);
