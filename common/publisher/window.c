// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Sending: when a slot goes out, when it goes out again, and when the connection is given up.
#include "common/publisher/window.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <assert.h>
#include <stdlib.h>

enum { PAUSE_GROWTH_MAX = 40, ANSWER_GROWTH_MAX = 2 };

// xorshift64*: jitter only.
static int64_t jitter(struct publisher *p, int64_t span_ms)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return (int64_t)((p->random * UINT64_C(2685821657736338717) >> 33) % (uint64_t)(span_ms + 1));
}

void slot_free(struct slot *slot)
{
	for (size_t i = 0; i < slot->count; i++)
		free(slot->items[i].bytes);
	slot->count = slot->settled_count = slot->bytes = 0;
	slot->sent_count = slot->repeated_count = 0;
	slot->state = SLOT_FREE;
}

// Pauses double, with jitter, so that many publishers do not come back together.
void slot_pause(struct publisher *p, struct slot *slot, int64_t hint_ms)
{
	const int64_t longest_ms = p->options.backoff_ms * PAUSE_GROWTH_MAX;
	const int64_t pause_ms = slot->pause_ms / 2 + jitter(p, slot->pause_ms / 2);
	slot->pause_ms = slot->pause_ms * 2 < longest_ms ? slot->pause_ms * 2 : longest_ms;
	// The hint is the same for everybody who was turned away: it is jittered too, upwards.
	const int64_t hinted_ms = hint_ms > 0 ? hint_ms + jitter(p, hint_ms / 2) : 0;
	slot->state = SLOT_WAITING;
	slot->due_ms = clock_monotonic_ms() + (hinted_ms > pause_ms ? hinted_ms : pause_ms);
}

// Drops what is settled. The list is another one then: answers to the old one are late.
static void compact(struct slot *slot)
{
	size_t kept = 0;
	if (slot->settled_count == 0)
		return;
	slot->bytes = 0;
	for (size_t i = 0; i < slot->count; i++) {
		if (slot->items[i].is_settled) {
			free(slot->items[i].bytes);
			continue;
		}
		slot->items[kept++] = slot->items[i];
		slot->bytes += frame_publication_size(slot->items[i].size);
	}
	slot->count = kept;
	slot->settled_count = slot->sent_count = 0;
}

static bool write_request(struct publisher *p, const struct slot *slot, uint64_t request_id, struct err *e)
{
	const struct frame frame = {.request_id = request_id,
				    .sent_at_ms = clock_now_ms(), // of this transmission
				    .origin = slot->origin,
				    .count = slot->count,
				    .publications_size = slot->bytes};
	const size_t size = frame_size(&frame);
	uint8_t *room = bus_prepare(p->socket, size), *at = room;
	if (!room)
		return err_set(e, ERR_BUSY, "no memory for a request of %zu bytes", size);
	at = frame_write_head(&frame, at);
	for (size_t i = 0; i < slot->count; i++)
		at = frame_write_publication(
			(struct slice){.data = slot->items[i].bytes, .size = slot->items[i].size}, at);
	at = frame_write_end(&frame, at);
	assert(at == room + size);
	return bus_send_prepared(p->socket, NULL, e);
}

static int64_t answer_wait_ms(struct publisher *p, const struct slot *slot)
{
	const size_t growth =
		slot->repeated_count < ANSWER_GROWTH_MAX ? slot->repeated_count : ANSWER_GROWTH_MAX;
	const int64_t wait_ms = p->options.answer_ms << growth;
	return wait_ms + jitter(p, wait_ms / 4);
}

static void slot_send(struct publisher *p, struct slot *slot)
{
	struct err e = {0};
	const bool is_first = !window_is_under_way(p), is_again = slot->state != SLOT_GATHERING;
	compact(slot);
	if (!write_request(p, slot, p->last_request_id + 1, &e)) {
		slot_pause(p, slot, 0);
		return;
	}
	slot->ids[slot->sent_count++ % SLOT_IDS] = ++p->last_request_id;
	p->stats.requests++;
	p->stats.repeated += is_again;
	slot->repeated_count += is_again;
	slot->state = SLOT_SENT;
	slot->due_ms = clock_monotonic_ms() + answer_wait_ms(p, slot);
	if (is_first)
		p->heard_ms = clock_monotonic_ms();
}

bool window_is_under_way(const struct publisher *p)
{
	for (size_t i = 0; i < p->options.window; i++)
		if (p->slots[i].state == SLOT_SENT || p->slots[i].state == SLOT_WAITING)
			return true;
	return false;
}

void window_close(struct publisher *p)
{
	struct slot *slot = p->gathering;
	p->gathering = NULL;
	if (slot && slot->count > 0)
		slot_send(p, slot);
	else if (slot)
		slot->state = SLOT_FREE;
}

struct slot *window_slot(struct publisher *p, int origin, size_t size)
{
	const struct slot *open = p->gathering;
	if (open && open->count > 0 &&
	    (open->origin != origin || open->count == p->options.batch_events ||
	     open->bytes + frame_publication_size(size) > p->options.batch_bytes))
		window_close(p);
	for (size_t i = 0; i < p->options.window && !p->gathering; i++) {
		if (p->slots[i].state != SLOT_FREE)
			continue;
		p->gathering = &p->slots[i];
		p->gathering->state = SLOT_GATHERING;
		p->gathering->pause_ms = p->options.backoff_ms;
	}
	if (p->gathering)
		p->gathering->origin = origin;
	return p->gathering;
}

// The peer's connection lives and says nothing: what is under way goes out on a new one.
static void give_up_connection(struct publisher *p, int64_t now_ms)
{
	p->stats.reconnects++;
	log_info("publisher_reconnects", LOG_STR("endpoint", bus_endpoint(p->socket)),
		 LOG_INT("silent_ms", now_ms - p->heard_ms));
	p->heard_ms = now_ms;
	if (!bus_reconnect(p->socket, &p->failure))
		return;
	for (size_t i = 0; i < p->options.window; i++)
		if (p->slots[i].state == SLOT_SENT)
			slot_pause(p, &p->slots[i], 0);
}

static bool is_waited_for(const struct publisher *p)
{
	for (size_t i = 0; i < p->options.window; i++)
		if (p->slots[i].state == SLOT_SENT)
			return true;
	return false;
}

void window_send_due(struct publisher *p)
{
	const int64_t now_ms = clock_monotonic_ms();
	if (is_waited_for(p) && now_ms - p->heard_ms > p->options.silence_ms)
		give_up_connection(p, now_ms);
	for (size_t i = 0; i < p->options.window; i++) {
		struct slot *slot = &p->slots[i];
		if ((slot->state == SLOT_SENT || slot->state == SLOT_WAITING) && slot->due_ms <= now_ms)
			slot_send(p, slot);
	}
}
