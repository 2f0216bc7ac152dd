// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// One forwarded connection: two descriptors and a queue each way. What is read waits in pieces with the time
// they are due; a queue is bounded, and who fills it is not read from.
#include "tests/faults/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_SIZE = 16 * 1024, QUEUE_MAX = 256 * 1024, CLIENT = 0, SERVER = 1 };

struct piece {
	struct piece *next;
	int64_t due_ms;
	size_t size, used;
	uint8_t data[];
};

struct queue {
	struct piece *first, **last;
	size_t size;
	bool has_ended;   // nothing more comes
	bool end_is_told; // and the other side knows
};

// Life: made for a client, connected when it may be, over when an end is cut or both have ended.
struct link {
	int fds[2];
	struct address target;
	struct queue up, down;
	struct commit_scan scan;
	bool is_frozen; // this one alone
	bool is_over;
	bool awaits_answer; // COMMIT was forwarded, and the link is cut when it is answered
	uint8_t held[8];    // what came from the server last, while it is waited for
};

// ReadyForQuery without its last byte: the end of an answer.
static const uint8_t ready_message[5] = {'Z', 0, 0, 0, 5};

int64_t proxy_now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct link *link_create(int client_fd, const struct address *target)
{
	struct link *link = calloc(1, sizeof(*link));
	if (link == NULL)
		abort();
	link->fds[CLIENT] = client_fd;
	link->fds[SERVER] = -1;
	link->target = *target;
	link->up.last = &link->up.first;
	link->down.last = &link->down.first;
	return link;
}

static void close_end(struct link *link, int end)
{
	if (link->fds[end] >= 0)
		close(link->fds[end]);
	link->fds[end] = -1;
}

void link_cut(struct link *link)
{
	struct linger reset = {.l_onoff = 1, .l_linger = 0};
	for (int end = 0; end < 2; end++) {
		if (link->fds[end] >= 0)
			setsockopt(link->fds[end], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close_end(link, end);
	}
	link->is_over = true;
}

static void empty(struct queue *queue)
{
	while (queue->first != NULL) {
		struct piece *next = queue->first->next;
		free(queue->first);
		queue->first = next;
	}
	queue->last = &queue->first;
	queue->size = 0;
}

void link_destroy(struct link *link)
{
	empty(&link->up);
	empty(&link->down);
	close_end(link, CLIENT);
	close_end(link, SERVER);
	free(link);
}

bool link_is_over(const struct link *link)
{
	return link->is_over;
}

void link_thaw(struct link *link)
{
	link->is_frozen = false;
}

static void put(struct queue *queue, const uint8_t *data, size_t size, int64_t due_ms)
{
	if (size == 0)
		return;
	struct piece *piece = malloc(sizeof(*piece) + size);
	if (piece == NULL)
		abort();
	*piece = (struct piece){.due_ms = due_ms, .size = size};
	memcpy(piece->data, data, size);
	*queue->last = piece;
	queue->last = &piece->next;
	queue->size += size;
}

// ---- writing ----

static size_t limit_of(const struct faults *faults, const struct piece *piece)
{
	size_t limit = piece->size - piece->used;
	if (faults->slice_bytes > 0 && limit > faults->slice_bytes)
		limit = faults->slice_bytes;
	if (faults->drop_after >= 0 && limit > (uint64_t)faults->drop_after)
		limit = (size_t)faults->drop_after;
	return limit;
}

static void pass(struct queue *queue, size_t size)
{
	struct piece *piece = queue->first;
	piece->used += size;
	queue->size -= size;
	if (piece->used < piece->size)
		return;
	queue->first = piece->next;
	if (queue->first == NULL)
		queue->last = &queue->first;
	free(piece);
}

static void write_some(struct link *link, int end, struct queue *queue, struct faults *faults)
{
	uint64_t *bytes = end == SERVER ? &faults->up_bytes : &faults->down_bytes;
	int64_t now_ms = proxy_now_ms();
	while (queue->first != NULL && queue->first->due_ms <= now_ms && faults->drop_after != 0) {
		const struct piece *piece = queue->first;
		ssize_t n = send(link->fds[end], piece->data + piece->used, limit_of(faults, piece),
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
				link_cut(link);
			return;
		}
		*bytes += (uint64_t)n;
		faults->writes++;
		if (faults->drop_after > 0)
			faults->drop_after -= n;
		pass(queue, (size_t)n);
		if (faults->slice_bytes > 0)
			return; // the next one in another round
	}
	if (queue->has_ended && queue->first == NULL && !queue->end_is_told) {
		shutdown(link->fds[end], SHUT_WR);
		queue->end_is_told = true;
	}
}

// ---- a COMMIT goes by ----

static void flush_up(struct link *link, struct faults *faults)
{
	struct faults plain = {.drop_after = -1};
	for (struct piece *piece = link->up.first; piece != NULL; piece = piece->next)
		piece->due_ms = 0;
	write_some(link, SERVER, &link->up, &plain);
	faults->up_bytes += plain.up_bytes;
	faults->writes += plain.writes;
}

static bool counts_down(struct faults *faults)
{
	if (--faults->commit_in > 0)
		return false;
	faults->cuts++;
	return true;
}

// The armed fault comes about; the COMMIT stands at the end of the queue, unless it was held back.
static void strike(struct link *link, struct faults *faults)
{
	enum commit_fault fault = faults->fault;
	faults->fault = COMMIT_NOTHING;
	if (fault != COMMIT_CUT_BEFORE)
		flush_up(link, faults);
	if (fault == COMMIT_FREEZE)
		link->is_frozen = true;
	else if (fault == COMMIT_CUT_ANSWERED)
		link->awaits_answer = true;
	else
		link_cut(link);
}

// Puts what the client sent into the queue, COMMIT by COMMIT.
static void take_up(struct link *link, struct faults *faults, const uint8_t *data, size_t size)
{
	int64_t due_ms = proxy_now_ms() + faults->delay_ms;
	while (size > 0 && !link->is_over) {
		struct commit_found found;
		size_t seen = commit_look(&link->scan, data, size, &found);
		bool before = faults->fault == COMMIT_CUT_BEFORE && found.has_start && counts_down(faults);
		put(&link->up, data, before ? found.start : seen, due_ms);
		faults->commits += found.has_end && !before;
		if (before || (faults->fault != COMMIT_NOTHING && faults->fault != COMMIT_CUT_BEFORE &&
			       found.has_end && counts_down(faults)))
			strike(link, faults);
		data += seen;
		size -= seen;
	}
}

// Throws away what the server says, up to the end of its answer.
static void take_awaited(struct link *link, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		memmove(link->held, link->held + 1, sizeof(ready_message) - 1);
		link->held[sizeof(ready_message) - 1] = data[i];
		if (memcmp(link->held, ready_message, sizeof(ready_message)) == 0) {
			link_cut(link);
			return;
		}
	}
}

// ---- reading ----

static void read_some(struct link *link, int end, struct faults *faults)
{
	uint8_t data[PIECE_SIZE];
	struct queue *queue = end == CLIENT ? &link->up : &link->down;
	ssize_t n = recv(link->fds[end], data, sizeof(data), MSG_DONTWAIT);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			link_cut(link);
		return;
	}
	if (n == 0)
		queue->has_ended = true;
	else if (end == CLIENT)
		take_up(link, faults, data, (size_t)n);
	else if (link->awaits_answer)
		take_awaited(link, data, (size_t)n);
	else
		put(queue, data, (size_t)n, proxy_now_ms() + faults->delay_ms);
}

static void reach_target(struct link *link)
{
	const struct address *target = &link->target;
	link->fds[SERVER] = socket(target->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (link->fds[SERVER] < 0 ||
	    (connect(link->fds[SERVER], (const struct sockaddr *)&target->at, target->size) != 0 &&
	     errno != EINPROGRESS))
		link_cut(link);
}

// ---- what the loop calls ----

int64_t link_wish(struct link *link, const struct faults *faults, struct pollfd out[2])
{
	const struct queue *from[2] = {&link->up, &link->down}, *to[2] = {&link->down, &link->up};
	int64_t until_ms = INT64_MAX, now_ms = proxy_now_ms();
	bool is_still = faults->is_frozen || link->is_frozen || link->is_over;
	if (!is_still && link->fds[SERVER] < 0)
		reach_target(link);
	for (int end = 0; end < 2; end++) {
		const struct piece *next = to[end]->first;
		short events = 0;
		if (!from[end]->has_ended && from[end]->size < QUEUE_MAX)
			events |= POLLIN;
		if ((next != NULL && next->due_ms <= now_ms) ||
		    (next == NULL && to[end]->has_ended && !to[end]->end_is_told))
			events |= POLLOUT;
		else if (next != NULL && !is_still && next->due_ms < until_ms)
			until_ms = next->due_ms;
		// A descriptor that is waited for in vain would still report its end, again and again.
		bool is_waited_for = !is_still && !link->is_over && events != 0;
		out[end] = (struct pollfd){.fd = is_waited_for ? link->fds[end] : -1, .events = events};
	}
	return until_ms;
}

void link_step(struct link *link, struct faults *faults, const struct pollfd polled[2])
{
	struct queue *to[2] = {&link->down, &link->up};
	for (int end = 0; end < 2; end++) {
		const struct pollfd *fd = &polled[end];
		bool is_still = faults->is_frozen || link->is_frozen || link->is_over;
		if (is_still || fd->fd < 0 || fd->revents == 0)
			continue;
		if ((fd->events & POLLIN) && (fd->revents & (POLLIN | POLLHUP | POLLERR)))
			read_some(link, end, faults);
		if (!link->is_over && !link->is_frozen && (fd->revents & (POLLOUT | POLLERR)))
			write_some(link, end, to[end], faults);
	}
	if (link->up.end_is_told && link->down.end_is_told)
		link->is_over = true;
}
