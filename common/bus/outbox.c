// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Messages that libzmq would not take yet, one queue a peer, bounded in bytes. Order is kept per peer and
// not between peers: one that never reads delays only itself. When to flush is decided in wait.c.
#include "common/bus/socket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool same_peer(const struct bus_peer *a, const struct bus_peer *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

// A socket with one peer has one queue, under the empty peer.
static struct bus_peer peer_or_none(const struct bus_peer *peer)
{
	return peer ? *peer : (struct bus_peer){0};
}

static struct outbox_queue *find(const struct outbox *outbox, const struct bus_peer *peer)
{
	for (struct outbox_queue *queue = outbox->queues; queue; queue = queue->next)
		if (same_peer(&queue->peer, peer))
			return queue;
	return NULL;
}

void outbox_init(struct outbox *outbox, enum bus_kind kind, size_t limit_bytes)
{
	*outbox = (struct outbox){
		.limit_bytes = limit_bytes,
		.peer_limit_bytes = kind == BUS_ROUTER ? limit_bytes / 4 : limit_bytes,
	};
}

bool outbox_holds(const struct outbox *outbox, const struct bus_peer *peer)
{
	const struct bus_peer key = peer_or_none(peer);
	return outbox->queues && find(outbox, &key);
}

static struct outbox_queue *queue_create(struct outbox *outbox, const struct bus_peer *peer)
{
	struct outbox_queue *queue = calloc(1, sizeof(*queue));
	if (!queue)
		return NULL;
	queue->peer = *peer;
	queue->last = &queue->first;
	queue->next = outbox->queues;
	outbox->queues = queue;
	return queue;
}

bool outbox_push(struct outbox *outbox, const struct bus_peer *peer, zmq_msg_t *content)
{
	const struct bus_peer key = peer_or_none(peer);
	struct outbox_queue *queue = find(outbox, &key);
	const size_t cost = zmq_msg_size(content) + sizeof(struct outbox_message);

	if (cost > outbox->limit_bytes - outbox->cost_bytes)
		return false;
	// The first message of a peer may be larger than its share: the share bounds a backlog, not a
	// message.
	if (queue && queue->cost_bytes + cost > outbox->peer_limit_bytes)
		return false;
	struct outbox_message *message = calloc(1, sizeof(*message));
	if (!message)
		return false;
	if (!queue && !(queue = queue_create(outbox, &key))) {
		free(message);
		return false;
	}
	zmq_msg_init(&message->content);
	const int moved = zmq_msg_move(&message->content, content);
	assert(moved == 0);
	message->cost_bytes = cost;
	*queue->last = message;
	queue->last = &message->next;
	queue->cost_bytes += cost;
	outbox->cost_bytes += cost;
	return true;
}

static void drop_first(struct outbox *outbox, struct outbox_queue *queue)
{
	struct outbox_message *message = queue->first;
	queue->first = message->next;
	if (!queue->first)
		queue->last = &queue->first;
	queue->cost_bytes -= message->cost_bytes;
	outbox->cost_bytes -= message->cost_bytes;
	zmq_msg_close(&message->content);
	free(message);
}

// Returns the count of messages that left the queue, sent or lost.
static size_t flush_queue(struct bus_socket *socket, struct outbox_queue *queue)
{
	size_t moved_count = 0;
	while (queue->first) {
		const enum send_outcome outcome =
			socket_try_send(socket, &queue->peer, &queue->first->content);
		if (outcome == SEND_FULL)
			break;
		if (outcome == SEND_GONE)
			socket->lost_count++;
		drop_first(&socket->outbox, queue);
		moved_count++;
	}
	return moved_count;
}

bool outbox_flush(struct bus_socket *socket)
{
	size_t moved_count = 0;
	struct outbox_queue **link = &socket->outbox.queues;
	socket_look_again(socket);
	while (*link) {
		struct outbox_queue *queue = *link;
		moved_count += flush_queue(socket, queue);
		if (queue->first) {
			link = &queue->next;
			continue;
		}
		*link = queue->next;
		free(queue);
	}
	return moved_count > 0;
}

void outbox_fini(struct outbox *outbox)
{
	while (outbox->queues) {
		struct outbox_queue *queue = outbox->queues;
		while (queue->first)
			drop_first(outbox, queue);
		outbox->queues = queue->next;
		free(queue);
	}
}
