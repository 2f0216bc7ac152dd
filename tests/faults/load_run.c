// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The loop: a window of requests on each of several connections. A request that has no answer in time is sent
// again as it is; events that are answered BUSY and the like are sent again, without those that are settled,
// as another request. Both wait longer each time, with jitter.
#include "tests/faults/load_slot.h"

#include "common/base/clock.h"
#include "common/base/wire.h"
#include "common/bus/bus.h"
#include "common/bus/cert.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SLOT_BITS = 16,
	TURN_MS = 20, // slots are looked through for what is due
	BACKOFF_FIRST_MS = 20,
	BACKOFF_LAST_MS = 2000,
	LINGER_MS = 100,
};

struct run {
	const struct load_options *options;
	struct load_history *history;
	struct load_result *out;
	struct bus *bus;
	struct bus_wait_item sockets[LOAD_PUBLISHERS_MAX];
	struct load_slot *slots;
	size_t slot_count;
	size_t *free_slots, free_count;
	uint64_t round, taken; // requests made; events begun
	uint64_t *shuffled;    // NULL: in order
	uint64_t random;
	int64_t looked_us, next_due_us;
	struct load_frame frame;
};

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static bool is_later(enum err_code code)
{
	return code == ERR_BUSY || code == ERR_STORAGE_LOW || code == ERR_DRAINING || code == ERR_INTERNAL;
}

static int publisher_of(const struct run *run, const struct load_slot *slot)
{
	return (int)((size_t)(slot - run->slots) / (size_t)run->options->window);
}

// ---- filling a slot ------------------------------------------------------------------------------------

static bool all_taken(const struct run *run)
{
	return run->options->event_count > 0 && run->taken >= run->options->event_count;
}

static void fill(struct run *run, struct load_slot *slot)
{
	load_slot_empty(slot);
	slot->backoff_ms = BACKOFF_FIRST_MS;
	slot->begun_us = clock_monotonic_us();
	while (slot->count < (size_t)run->options->batch && !all_taken(run)) {
		uint64_t number =
			run->shuffled ? run->shuffled[run->taken] : run->options->first + run->taken;
		if (!load_slot_add(slot, &run->options->world, number))
			break;
		run->taken++;
	}
	run->out->events += slot->count;
}

// ---- sending -------------------------------------------------------------------------------------------

// Doubles, with jitter, so that publishers do not come back together.
static void wait_again(struct run *run, struct load_slot *slot, int64_t hint_ms)
{
	int64_t ms = slot->backoff_ms / 2 +
		     (int64_t)(next_random(&run->random) % (uint64_t)(slot->backoff_ms / 2 + 1));
	slot->backoff_ms = slot->backoff_ms * 2 < BACKOFF_LAST_MS ? slot->backoff_ms * 2 : BACKOFF_LAST_MS;
	slot->due_us = clock_monotonic_us() + (hint_ms > ms ? hint_ms : ms) * 1000;
	slot->state = LOAD_SLOT_WAITING;
}

static void write_sends(struct run *run, const struct load_slot *slot, int64_t now_us)
{
	for (size_t i = 0; run->history && i < slot->count; i++) {
		const struct load_item *item = &slot->items[i];
		load_history_send(run->history, now_us, publisher_of(run, slot), slot->request, item->id,
				  run->options->world.shops[item->shop], item->number);
	}
	load_history_flush(run->history);
}

static void send_slot(struct run *run, struct load_slot *slot)
{
	int64_t now_us = clock_monotonic_us();
	if (slot->request == 0) {
		slot->request = ++run->round << SLOT_BITS | (uint64_t)(slot - run->slots);
		slot->first_us = now_us;
		run->out->requests++;
	}
	write_sends(run, slot, now_us);
	size_t size = load_slot_pack(slot, clock_now_ms(), run->options->origin, &run->frame);
	if (!bus_send(run->sockets[publisher_of(run, slot)].socket, NULL, run->frame.bytes, size, NULL)) {
		wait_again(run, slot, 0); // the connection has taken all it can hold
		return;
	}
	run->out->transmissions++;
	slot->state = LOAD_SLOT_SENT;
	slot->due_us = now_us + run->options->answer_ms * 1000;
}

static void send_new(struct run *run, int64_t now_us)
{
	const struct load_options *options = run->options;
	while (!load_stopping && run->free_count > 0 && !all_taken(run)) {
		if (options->rate_per_s > 0 && now_us < run->next_due_us)
			break;
		if (options->rate_per_s > 0)
			run->next_due_us += (int64_t)options->batch * 1000000 / options->rate_per_s;
		struct load_slot *slot = &run->slots[run->free_slots[--run->free_count]];
		fill(run, slot);
		send_slot(run, slot);
	}
}

static void send_again(struct run *run, int64_t now_us)
{
	if (now_us - run->looked_us < TURN_MS * 1000)
		return;
	run->looked_us = now_us;
	for (size_t i = 0; i < run->slot_count; i++) {
		struct load_slot *slot = &run->slots[i];
		if (slot->state == LOAD_SLOT_FREE || slot->due_us > now_us)
			continue;
		if (slot->state == LOAD_SLOT_SENT)
			wait_again(run, slot, 0);
		else
			send_slot(run, slot);
	}
}

// ---- answers -------------------------------------------------------------------------------------------

struct answer {
	uint64_t request;
	enum err_code code;
	int64_t retry_ms;
	struct slice publish;
};

static bool read_answer(struct slice rest, struct answer *out)
{
	struct wire_field field, inner;
	*out = (struct answer){.code = ERR_OK};
	while (wire_next(&rest, &field)) {
		if (field.number == 1)
			out->request = field.value;
		else if (field.number == 20)
			out->publish = field.bytes;
		for (struct slice status = field.bytes; field.number == 2 && wire_next(&status, &inner);) {
			if (inner.number == 1)
				out->code = (enum err_code)inner.value;
			else if (inner.number == 3)
				out->retry_ms = (int64_t)inner.value;
		}
	}
	return rest.size == 0 && (int)out->code < ERR_CODE_COUNT;
}

static void note_ack(struct load_result *out, int64_t now_us)
{
	if (out->first_ack_us == 0)
		out->first_ack_us = now_us;
	else if (now_us - out->last_ack_us > out->gap_us) {
		out->gap_us = now_us - out->last_ack_us;
		out->gap_at_us = now_us;
	}
	out->last_ack_us = now_us;
}

// A duplicate is what a resend hears of an event that was accepted.
static bool is_good(const struct load_options *options, enum err_code expected, enum err_code code)
{
	if (expected != ERR_OK)
		return code == expected;
	return code == ERR_OK || code == ERR_DUPLICATE ||
	       (options->expects_refusals && code == ERR_BAD_FIELD);
}

static void note_final(struct run *run, const struct load_item *item, enum err_code code, int64_t now_us)
{
	struct load_result *out = run->out;
	out->by_code[code]++;
	if (code == ERR_OK || code == ERR_DUPLICATE)
		note_ack(out, now_us);
	if (is_good(run->options, item->expected, code))
		return;
	if (out->unexpected++ == 0)
		snprintf(out->unexpected_text, sizeof(out->unexpected_text), "event %llu: %s instead of %s",
			 (unsigned long long)item->number, err_name(code), err_name(item->expected));
}

struct result {
	enum err_code code;
	uint64_t seq, epoch;
};

static bool next_result(struct slice *rest, struct result *out)
{
	struct wire_field field, inner;
	*out = (struct result){.code = ERR_OK};
	if (!wire_next(rest, &field) || field.number != 1)
		return false;
	for (struct slice result = field.bytes; wire_next(&result, &inner);) {
		if (inner.number == 1)
			out->code = (enum err_code)inner.value;
		else if (inner.number == 2)
			out->seq = inner.value;
		else if (inner.number == 3)
			out->epoch = inner.value;
	}
	return (int)out->code < ERR_CODE_COUNT;
}

static void take_results(struct run *run, struct load_slot *slot, struct slice rest, int64_t now_us)
{
	bool keep[1000];
	assert(slot->count <= 1000);
	for (size_t i = 0; i < slot->count; i++) {
		struct result result;
		if (!next_result(&rest, &result))
			result = (struct result){.code = ERR_INTERNAL}; // an answer too short: asked again
		load_history_reply(run->history, now_us, publisher_of(run, slot), slot->request,
				   slot->items[i].id, result.code, result.seq, result.epoch);
		keep[i] = is_later(result.code);
		if (!keep[i])
			note_final(run, &slot->items[i], result.code, now_us);
	}
	load_slot_keep(slot, keep);
}

static void refuse_all(struct run *run, struct load_slot *slot, enum err_code code, int64_t now_us)
{
	load_history_reply(run->history, now_us, publisher_of(run, slot), slot->request, NULL, code, 0, 0);
	if (is_later(code))
		return;
	for (size_t i = 0; i < slot->count; i++)
		note_final(run, &slot->items[i], code, now_us);
	slot->count = 0;
}

static void take_reply(struct run *run, struct slice payload)
{
	struct answer answer;
	int64_t now_us = clock_monotonic_us();
	size_t index;
	if (!read_answer(payload, &answer) ||
	    (index = answer.request & ((1 << SLOT_BITS) - 1)) >= run->slot_count ||
	    run->slots[index].state == LOAD_SLOT_FREE || run->slots[index].request != answer.request) {
		run->out->late++; // to a sending whose other copy was answered
		return;
	}
	struct load_slot *slot = &run->slots[index];
	if (now_us - slot->first_us > run->out->wait_us)
		run->out->wait_us = now_us - slot->first_us;
	if (answer.code != ERR_OK)
		refuse_all(run, slot, answer.code, now_us);
	else
		take_results(run, slot, answer.publish, now_us);
	slot->request = 0;
	if (slot->count > 0) {
		run->out->busy++;
		wait_again(run, slot, answer.retry_ms);
		return;
	}
	histogram_add(&run->out->latency, now_us - slot->begun_us);
	slot->state = LOAD_SLOT_FREE;
	run->free_slots[run->free_count++] = index;
}

static void receive_all(struct run *run)
{
	struct slice payload;
	for (int i = 0; i < run->options->publishers; i++)
		while (run->sockets[i].readable &&
		       bus_receive(run->sockets[i].socket, NULL, NULL, &payload) == BUS_MESSAGE) {
			take_reply(run, payload);
			send_new(run, clock_monotonic_us());
		}
	load_history_flush(run->history);
}

// ---- the run -------------------------------------------------------------------------------------------

static void shuffle(struct run *run)
{
	const struct load_options *options = run->options;
	uint64_t state = options->shuffle_seed;
	if (!options->is_shuffled)
		return;
	run->shuffled = load_must(calloc(options->event_count, sizeof(*run->shuffled)));
	for (uint64_t i = 0; i < options->event_count; i++) {
		uint64_t other = (next_random(&state) << 31 | next_random(&state)) % (i + 1);
		run->shuffled[i] = run->shuffled[other];
		run->shuffled[other] = options->first + i;
	}
}

static bool init(struct run *run, struct err *e)
{
	const struct load_options *options = run->options;
	struct bus_limits limits = bus_limits_default;
	limits.linger_ms = LINGER_MS;
	run->slot_count = (size_t)options->publishers * (size_t)options->window;
	run->slots = load_must(calloc(run->slot_count, sizeof(*run->slots)));
	run->free_slots = load_must(calloc(run->slot_count, sizeof(*run->free_slots)));
	for (size_t i = 0; i < run->slot_count; i++) {
		load_slot_init(&run->slots[i], (size_t)options->batch);
		// Publishers take turns from the first on.
		size_t turn = run->slot_count - 1 - i;
		run->free_slots[i] = turn % (size_t)options->publishers * (size_t)options->window +
				     turn / (size_t)options->publishers;
	}
	run->free_count = run->slot_count;
	shuffle(run);
	struct bus_cert own;
	run->bus = bus_create(e);
	if (!run->bus || !bus_cert_read(options->key_file, &own, e) || !bus_identify(run->bus, &own, e))
		return false;
	for (int i = 0; run->bus && i < options->publishers; i++)
		if (!(run->sockets[i].socket = bus_open(run->bus, BUS_DEALER, options->endpoint, &limits, e)))
			return false;
	return run->bus != NULL;
}

static void fini(struct run *run)
{
	for (int i = 0; i < run->options->publishers; i++)
		bus_socket_close(run->sockets[i].socket);
	bus_destroy(run->bus);
	for (size_t i = 0; i < run->slot_count; i++)
		load_slot_fini(&run->slots[i]);
	free(run->slots);
	free(run->free_slots);
	free(run->shuffled);
	free(run->frame.bytes);
}

static bool is_done(struct run *run, int64_t now_us, int64_t *stopped_us)
{
	const struct load_options *options = run->options;
	if (options->run_ms > 0 && now_us - run->out->begun_us > options->run_ms * 1000)
		load_stopping = 1;
	if (!load_stopping && !all_taken(run))
		return false;
	if (*stopped_us == 0)
		*stopped_us = now_us;
	return run->free_count == run->slot_count || now_us - *stopped_us > options->give_up_ms * 1000;
}

static int64_t wait_ms_of(const struct run *run, int64_t now_us)
{
	if (run->options->rate_per_s == 0 || run->free_count == 0 || load_stopping || all_taken(run))
		return TURN_MS;
	int64_t ms = (run->next_due_us - now_us + 999) / 1000;
	return ms < 0 ? 0 : ms < TURN_MS ? ms : TURN_MS;
}

bool load_run(const struct load_options *options, struct load_history *history, struct load_result *out,
	      struct err *e)
{
	struct run run = {.options = options, .history = history, .out = out, .random = options->world.seed};
	int64_t stopped_us = 0, now_us = clock_monotonic_us();
	bool ok = init(&run, e);
	*out = (struct load_result){.begun_us = now_us};
	run.next_due_us = now_us;
	while (ok && !is_done(&run, now_us = clock_monotonic_us(), &stopped_us)) {
		send_new(&run, now_us);
		send_again(&run, now_us);
		bus_wait(run.sockets, (size_t)options->publishers, wait_ms_of(&run, now_us));
		receive_all(&run);
	}
	out->ended_us = clock_monotonic_us();
	for (size_t i = 0; i < run.slot_count; i++)
		out->unanswered += run.slots[i].state == LOAD_SLOT_FREE ? 0 : run.slots[i].count;
	fini(&run);
	return ok;
}
