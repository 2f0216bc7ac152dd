// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// See flow.h. A row a peer with something in flight and no longer, so that the table is bounded by what
// is in flight.
#include "services/ingest/flow.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct flow_peer {
	struct bus_peer peer;
	size_t bytes;
	struct flow_peer *next;
};

struct flow {
	size_t all_max_bytes, peer_max_bytes;
	size_t bytes;
	struct flow_peer *buckets[BUCKETS];
};

struct flow *flow_create(size_t all_max_bytes, size_t peer_max_bytes)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		abort();
	flow->all_max_bytes = all_max_bytes;
	flow->peer_max_bytes = peer_max_bytes;
	return flow;
}

void flow_destroy(struct flow *flow)
{
	if (!flow)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (flow->buckets[i]) {
			struct flow_peer *next = flow->buckets[i]->next;
			free(flow->buckets[i]);
			flow->buckets[i] = next;
		}
	}
	free(flow);
}

// FNV-1a. libzmq makes the routing ids; a peer that chooses its own can slow down the look-up of as many
// rows as it has requests in flight, which are bounded.
static size_t bucket_of(const struct bus_peer *peer)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < peer->size; i++)
		hash = (hash ^ peer->bytes[i]) * 16777619u;
	return hash % BUCKETS;
}

// The place that points to the peer's row, or to NULL at the end of its bucket.
static struct flow_peer **find(struct flow_peer **at, const struct bus_peer *peer)
{
	while (*at &&
	       ((*at)->peer.size != peer->size || memcmp((*at)->peer.bytes, peer->bytes, peer->size) != 0))
		at = &(*at)->next;
	return at;
}

bool flow_has_room(const struct flow *flow, const struct bus_peer *peer, size_t bytes)
{
	struct flow_peer *first = flow->buckets[bucket_of(peer)];
	const struct flow_peer *row = *find(&first, peer);

	if (flow->bytes + bytes > flow->all_max_bytes)
		return flow->bytes == 0;
	return !row || row->bytes + bytes <= flow->peer_max_bytes;
}

void flow_add(struct flow *flow, const struct bus_peer *peer, size_t bytes)
{
	struct flow_peer **at = find(&flow->buckets[bucket_of(peer)], peer);

	if (!*at) {
		*at = calloc(1, sizeof(**at));
		if (!*at)
			abort();
		(*at)->peer = *peer;
	}
	(*at)->bytes += bytes;
	flow->bytes += bytes;
}

void flow_remove(struct flow *flow, const struct bus_peer *peer, size_t bytes)
{
	struct flow_peer **at = find(&flow->buckets[bucket_of(peer)], peer);
	struct flow_peer *row = *at;

	assert(row && row->bytes >= bytes && flow->bytes >= bytes);
	row->bytes -= bytes;
	flow->bytes -= bytes;
	if (row->bytes == 0) {
		*at = row->next;
		free(row);
	}
}

size_t flow_bytes(const struct flow *flow)
{
	return flow->bytes;
}
