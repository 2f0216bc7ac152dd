// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A publisher's life: what comes in, the turn, and waiting for those who have no loop.
#include "common/publisher/publisher.h"

#include "common/base/clock.h"
#include "common/publisher/window.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// 200 usual events are 60 KB, a tenth of a batch of ingest; four requests keep it busy while answers travel.
// Ingest answers BUSY within 2 s when it has too much to do: after that an answer is rather lost than late,
// and a needless repetition costs a DUPLICATE. Heartbeats (bus.c) find a dead peer in 15 s; so does silence.
enum {
	BATCH_EVENTS = 200,
	BATCH_EVENTS_MAX = 1000,
	BATCH_BYTES = 512 * 1024,
	BATCH_BYTES_MAX = 4 * 1024 * 1024,
	WINDOW = 4,
	WINDOW_MAX = 64,
	ANSWER_MS = 2000,
	SILENCE_MS = 15000,
	BACKOFF_MS = 50,
	PATIENCE_MS = 30000,
	LINGER_MS = 200, // what has had no answer was promised to nobody
	POLL_MS = 50,
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static size_t choose(size_t given, size_t standard, size_t max)
{
	return given == 0 ? standard : given < max ? given : max;
}

static void set_options(struct publisher *p, const struct publisher_options *options)
{
	struct publisher_options *o = &p->options;
	*o = *options;
	o->batch_events = choose(o->batch_events, BATCH_EVENTS, BATCH_EVENTS_MAX);
	o->batch_bytes = choose(o->batch_bytes, BATCH_BYTES, BATCH_BYTES_MAX);
	o->window = choose(o->window, WINDOW, WINDOW_MAX);
	o->answer_ms = o->answer_ms ? o->answer_ms : ANSWER_MS;
	o->silence_ms = o->silence_ms ? o->silence_ms : SILENCE_MS;
	o->backoff_ms = o->backoff_ms ? o->backoff_ms : BACKOFF_MS;
	o->patience_ms = o->patience_ms ? o->patience_ms : PATIENCE_MS;
}

struct publisher *publisher_create(struct bus *bus, const char *endpoint,
				   const struct publisher_options *options, struct err *e)
{
	struct bus_limits limits = bus_limits_default;
	limits.linger_ms = LINGER_MS;
	struct bus_socket *socket = bus_open(bus, BUS_DEALER, endpoint, &limits, e);
	if (!socket)
		return NULL;
	struct publisher *p = must(calloc(1, sizeof(*p)));
	p->socket = socket;
	set_options(p, options);
	p->slots = must(calloc(p->options.window, sizeof(*p->slots)));
	for (size_t i = 0; i < p->options.window; i++)
		p->slots[i].items = must(calloc(p->options.batch_events, sizeof(struct item)));
	p->progress_ms = p->heard_ms = clock_monotonic_ms();
	p->random = (uint64_t)clock_now_us() | 1;
	return p;
}

void publisher_destroy(struct publisher *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->options.window; i++) {
		slot_free(&p->slots[i]);
		free(p->slots[i].items);
	}
	free(p->slots);
	epochs_fini(&p->epochs);
	bus_socket_close(p->socket);
	free(p);
}

size_t publisher_unanswered(const struct publisher *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->options.window; i++)
		count += p->slots[i].count - p->slots[i].settled_count;
	return count;
}

struct bus_socket *publisher_socket(const struct publisher *p)
{
	return p->socket;
}

struct publisher_stats publisher_stats(const struct publisher *p)
{
	return p->stats;
}

// ---- in --------------------------------------------------------------------------------------------------

static bool take_in(struct publisher *p, int origin, struct slice publication, uint64_t tag, uint64_t number,
		    struct err *e)
{
	struct frame_event unused;
	if (!frame_read_event(publication, &unused, e))
		return false;
	if (publisher_unanswered(p) == 0)
		p->progress_ms = clock_monotonic_ms();
	struct slot *slot = window_slot(p, origin, publication.size);
	if (!slot)
		return err_set(e, ERR_BUSY, "%zu requests are under way and not answered", p->options.window);
	struct item *item = &slot->items[slot->count++];
	*item = (struct item){.size = publication.size, .tag = tag, .number = number};
	item->bytes = must(malloc(publication.size));
	memcpy(item->bytes, publication.data, publication.size);
	// Again, so that id and shop lie in our own copy.
	frame_read_event((struct slice){.data = item->bytes, .size = item->size}, &item->event, e);
	slot->bytes += frame_publication_size(publication.size);
	if (slot->count == p->options.batch_events || slot->bytes >= p->options.batch_bytes)
		window_close(p);
	return true;
}

bool publisher_add(struct publisher *p, struct slice publication, uint64_t tag, struct err *e)
{
	return take_in(p, (int)p->options.origin, publication, tag, 0, e);
}

void publisher_set_origin(struct publisher *p, Utarg__V1__Origin origin)
{
	p->options.origin = origin;
}

// An event in the outbox that would break a request for its neighbours is refused here, in ingest's stead.
static bool refuse_held(struct publisher *p, const struct err *why)
{
	struct err e = {0};
	struct record_refused refused = {.code = why->code, .event = p->held.event};
	refused.field = (struct slice){.data = (const uint8_t *)why->field, .size = strlen(why->field)};
	refused.message = (struct slice){.data = (const uint8_t *)why->text, .size = strlen(why->text)};
	const struct publisher_result result = {.tag = p->held.event.tag,
						.number = p->held.number,
						.code = why->code,
						.field = why->field,
						.message = why->text};
	if (!outbox_refuse(p->options.outbox, p->held.number, &refused, &e)) {
		p->failure = e;
		return false;
	}
	p->has_settled = true;
	if (p->options.on_result)
		p->options.on_result(p->options.context, &result);
	return true;
}

// From the outbox into the window, as long as there is room.
static void feed(struct publisher *p)
{
	struct outbox *outbox = p->options.outbox;
	struct outbox_item *held = &p->held;
	while (outbox && p->failure.code == ERR_OK) {
		struct err e = {0};
		if (held->number == 0 && !outbox_next(outbox, held, &e)) {
			held->number = 0;
			p->failure = e;
			return;
		}
		if (!take_in(p, held->event.origin, held->event.publication, held->event.tag, held->number,
			     &e)) {
			if (e.code == ERR_BUSY || !refuse_held(p, &e))
				return; // it is still held
		}
		held->number = 0;
	}
}

// ---- the turn --------------------------------------------------------------------------------------------

static void receive_all(struct publisher *p)
{
	struct slice payload;
	enum bus_receive received;
	while ((received = bus_receive(p->socket, NULL, NULL, &payload)) != BUS_NOTHING) {
		p->heard_ms = clock_monotonic_ms();
		if (received != BUS_MESSAGE || !answer_take(p, payload))
			p->stats.late_answers++; // nothing of ours
	}
}

static void note(struct publisher *p)
{
	if (p->has_settled && p->failure.code == ERR_OK)
		outbox_note(p->options.outbox, &p->failure);
	p->has_settled = false;
}

bool publisher_turn(struct publisher *p, struct err *e)
{
	receive_all(p);
	feed(p);
	if (p->gathering && !window_is_under_way(p))
		window_close(p);
	window_send_due(p);
	note(p);
	if (p->failure.code == ERR_OK)
		return true;
	*e = p->failure;
	p->failure = (struct err){0};
	return false;
}

int64_t publisher_due_ms(const struct publisher *p)
{
	const int64_t now_ms = clock_monotonic_ms();
	int64_t least_ms = -1;
	if (p->gathering && p->gathering->count > 0 && !window_is_under_way(p))
		return 0;
	for (size_t i = 0; i < p->options.window; i++) {
		const struct slot *slot = &p->slots[i];
		if (slot->state != SLOT_SENT && slot->state != SLOT_WAITING)
			continue;
		const int64_t left_ms = slot->due_ms > now_ms ? slot->due_ms - now_ms : 0;
		if (least_ms < 0 || left_ms < least_ms)
			least_ms = left_ms;
	}
	return least_ms;
}

// ---- waiting ---------------------------------------------------------------------------------------------

bool publisher_wait(struct publisher *p, int64_t max_ms, struct err *e)
{
	struct bus_wait_item item = {.socket = p->socket};
	if (!publisher_turn(p, e))
		return false;
	const int64_t due_ms = publisher_due_ms(p);
	bus_wait(&item, 1, due_ms >= 0 && due_ms < max_ms ? due_ms : max_ms);
	return publisher_turn(p, e);
}

static uint64_t left(const struct publisher *p)
{
	return p->options.outbox ? outbox_counts(p->options.outbox).waiting : 0;
}

static bool check_patience(const struct publisher *p, struct err *e)
{
	if (clock_monotonic_ms() - p->progress_ms <= p->options.patience_ms)
		return true;
	if (p->options.outbox)
		return err_set(e, ERR_BUSY,
			       "ingest has taken nothing for %lld s; %llu events wait in the outbox",
			       (long long)(p->options.patience_ms / 1000), (unsigned long long)left(p));
	return err_set(e, ERR_BUSY,
		       "ingest has taken nothing for %lld s; %zu events are unanswered: send the same again, "
		       "nothing is doubled",
		       (long long)(p->options.patience_ms / 1000), publisher_unanswered(p));
}

bool publisher_push(struct publisher *p, struct slice publication, uint64_t tag, struct err *e)
{
	while (!publisher_add(p, publication, tag, e)) {
		if (e->code != ERR_BUSY || !check_patience(p, e))
			return false;
		*e = (struct err){0};
		if (!publisher_wait(p, POLL_MS, e))
			return false;
	}
	return true;
}

bool publisher_push_message(struct publisher *p, const Utarg__V1__Publication *publication, uint64_t tag,
			    struct err *e)
{
	const size_t size = utarg__v1__publication__get_packed_size(publication);
	uint8_t *packed = must(malloc(size + 1));
	utarg__v1__publication__pack(publication, packed);
	const bool done = publisher_push(p, (struct slice){.data = packed, .size = size}, tag, e);
	free(packed);
	return done;
}

bool publisher_drain(struct publisher *p, struct err *e)
{
	if (p->options.outbox && !outbox_sync(p->options.outbox, e))
		return false;
	p->progress_ms = clock_monotonic_ms();
	while (publisher_unanswered(p) > 0 || left(p) > 0) {
		window_close(p);
		if (!publisher_wait(p, POLL_MS, e) || !check_patience(p, e))
			return false;
	}
	return true;
}
