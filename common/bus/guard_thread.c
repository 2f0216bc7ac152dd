// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The thread that answers libzmq. It owns the table and the list of those who wait; it logs nothing and
// decides nothing beyond "is this key one of ours, and still good".
#include "common/bus/guard_thread.h"

#include "common/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	// Routing id, empty, version, request id, domain, address, identity, mechanism, key.
	QUESTION_FRAMES = 9,
	ID_SIZE = 32,
	// Newcomers whose key is not known yet, 112 bytes each. Who finds it full is refused at once.
	WAITING_MAX = 2048,
	WAIT_MAX_MS = 4000, // less than the handshake may take: then libzmq cuts the connection
	BANS_MAX = 16,      // the oldest gives way
};

struct question {
	uint8_t peer[ID_SIZE];
	size_t peer_size;
	uint8_t request[ID_SIZE];
	size_t request_size;
	uint8_t key[BUS_KEY_BYTES];
	int64_t asked_at_ms; // monotonic
};

struct ban {
	uint32_t user;
	int64_t until_ms; // monotonic
};

struct watch {
	void *zap, *end;
	struct bus_key *keys; // NULL: no table yet
	size_t key_count;
	struct question waiting[WAITING_MAX];
	size_t waiting_count;
	struct ban bans[BANS_MAX];
	size_t ban_next;
	bool stopping;
};

// ---- answers -------------------------------------------------------------------------------------------

static void send_part(void *zap, const void *bytes, size_t size, int flags)
{
	// A peer that is gone by now takes nothing, and the rest of its answer goes the same way.
	while (zmq_send(zap, bytes, size, flags | ZMQ_DONTWAIT) < 0 && errno == EINTR)
		;
}

static void answer(const struct watch *w, const struct question *q, const char *status, uint32_t user)
{
	char name[16] = "";
	if (user)
		snprintf(name, sizeof(name), "%" PRIu32, user);
	send_part(w->zap, q->peer, q->peer_size, ZMQ_SNDMORE);
	send_part(w->zap, "", 0, ZMQ_SNDMORE);
	send_part(w->zap, "1.0", 3, ZMQ_SNDMORE);
	send_part(w->zap, q->request, q->request_size, ZMQ_SNDMORE);
	send_part(w->zap, status, 3, ZMQ_SNDMORE);
	send_part(w->zap, "", 0, ZMQ_SNDMORE); // a stranger learns no reason
	send_part(w->zap, name, strlen(name), ZMQ_SNDMORE);
	send_part(w->zap, "", 0, 0);
}

static void refuse(const struct watch *w, const struct question *q, enum bus_stat why)
{
	stats_add(&bus_stats[why], 1);
	answer(w, q, "400", 0);
}

static bool is_banned(const struct watch *w, uint32_t user)
{
	for (size_t i = 0; i < BANS_MAX; i++)
		if (w->bans[i].user == user && w->bans[i].until_ms > clock_monotonic_ms())
			return true;
	return false;
}

static int compare_key(const void *key, const void *row)
{
	return memcmp(key, ((const struct bus_key *)row)->public_key, BUS_KEY_BYTES);
}

// True when the key is in the table, whatever the answer was.
static bool answer_known(const struct watch *w, const struct question *q)
{
	const struct bus_key *key =
		w->keys ? bsearch(q->key, w->keys, w->key_count, sizeof(*w->keys), compare_key) : NULL;
	if (!key)
		return false;
	if (key->is_revoked)
		refuse(w, q, BUS_STAT_REFUSED_REVOKED);
	else if (key->expires_at_ms && key->expires_at_ms <= clock_now_ms())
		refuse(w, q, BUS_STAT_REFUSED_EXPIRED);
	else if (is_banned(w, key->user))
		refuse(w, q, BUS_STAT_REFUSED_BANNED);
	else
		answer(w, q, "200", key->user);
	return true;
}

// ---- questions -----------------------------------------------------------------------------------------

static bool is_text(zmq_msg_t *frame, const char *text)
{
	const size_t size = strlen(text);
	return zmq_msg_size(frame) == size && memcmp(zmq_msg_data(frame), text, size) == 0;
}

static void copy_id(zmq_msg_t *frame, uint8_t out[ID_SIZE], size_t *size)
{
	*size = zmq_msg_size(frame) <= ID_SIZE ? zmq_msg_size(frame) : 0;
	memcpy(out, zmq_msg_data(frame), *size);
}

static void judge(struct watch *w, zmq_msg_t frames[QUESTION_FRAMES], size_t count)
{
	struct question q = {.asked_at_ms = clock_monotonic_ms()};
	if (count < 4)
		return; // nobody to answer
	copy_id(&frames[0], q.peer, &q.peer_size);
	copy_id(&frames[3], q.request, &q.request_size);
	if (count != QUESTION_FRAMES || !is_text(&frames[2], "1.0") || !is_text(&frames[4], GUARD_DOMAIN) ||
	    !is_text(&frames[7], "CURVE") || zmq_msg_size(&frames[8]) != BUS_KEY_BYTES) {
		refuse(w, &q, BUS_STAT_REFUSED_QUESTION);
		return;
	}
	memcpy(q.key, zmq_msg_data(&frames[8]), BUS_KEY_BYTES);
	if (answer_known(w, &q))
		return;
	if (w->waiting_count == WAITING_MAX)
		refuse(w, &q, BUS_STAT_REFUSED_UNKNOWN);
	else
		w->waiting[w->waiting_count++] = q;
}

// One question; frames beyond those a question has are dropped one by one.
static bool take_question(struct watch *w)
{
	zmq_msg_t frames[QUESTION_FRAMES + 1];
	size_t count = 0;
	bool more = true;
	for (size_t i = 0; i <= QUESTION_FRAMES; i++)
		zmq_msg_init(&frames[i]);
	while (more && zmq_msg_recv(&frames[count], w->zap, ZMQ_DONTWAIT) >= 0) {
		more = zmq_msg_more(&frames[count]);
		count += count < QUESTION_FRAMES;
	}
	const bool taken = count > 0;
	if (taken)
		judge(w, frames, count);
	for (size_t i = 0; i <= QUESTION_FRAMES; i++)
		zmq_msg_close(&frames[i]);
	return taken;
}

// Those whose key is known now are answered; those who asked before the table was read are refused.
static void look_again(struct watch *w, int64_t as_of_ms)
{
	size_t kept = 0;
	for (size_t i = 0; i < w->waiting_count; i++) {
		const struct question *q = &w->waiting[i];
		if (answer_known(w, q))
			continue;
		if (w->keys && q->asked_at_ms < as_of_ms)
			refuse(w, q, BUS_STAT_REFUSED_UNKNOWN);
		else if (clock_monotonic_ms() - q->asked_at_ms < WAIT_MAX_MS)
			w->waiting[kept++] = *q;
	}
	w->waiting_count = kept;
}

static bool take_order(struct watch *w)
{
	struct guard_order order;
	if (zmq_recv(w->end, &order, sizeof(order), ZMQ_DONTWAIT) != (int)sizeof(order))
		return false;
	switch (order.kind) {
	case GUARD_KEYS:
		free(w->keys);
		w->keys = order.keys;
		w->key_count = order.count;
		break;
	case GUARD_BAN:
		w->bans[w->ban_next++ % BANS_MAX] = (struct ban){order.user, order.as_of_ms};
		return true;
	case GUARD_STOP:
		w->stopping = true;
		return true;
	case GUARD_CHECKED:
		break;
	}
	look_again(w, order.as_of_ms);
	return true;
}

void *guard_thread(void *arg)
{
	struct guard *guard = arg;
	struct watch *w = calloc(1, sizeof(*w));
	if (!w)
		abort();
	w->zap = guard->zap;
	w->end = guard->end;
	zmq_pollitem_t items[] = {{.socket = w->zap, .events = ZMQ_POLLIN},
				  {.socket = w->end, .events = ZMQ_POLLIN}};
	while (!w->stopping) {
		const int ready = zmq_poll(items, 2, w->waiting_count ? WAIT_MAX_MS : -1);
		if (ready < 0 && errno != EINTR)
			break; // the context is being ended
		if (ready == 0)
			look_again(w, INT64_MIN); // no table comes: forget those who waited too long
		while (take_order(w) && !w->stopping)
			;
		while (!w->stopping && take_question(w))
			;
	}
	atomic_store(&guard->is_alive, false);
	zmq_close(w->zap);
	zmq_close(w->end);
	free(w->keys);
	free(w);
	return NULL;
}
