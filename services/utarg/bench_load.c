// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Publishers in one thread: a window of requests on each of several connections, each answer making room for
// the next request. What an answer leaves unaccepted (BUSY) is sent again; what is refused ends the run.
// Requests are written and answers read without the decoder, so that the generator takes little of the
// machine it measures: that is why this is not common/publisher, which copies each event, asks for the time
// and decodes each answer. What is measured is ingest; nothing is sent again but what was BUSY.
#include "services/utarg/bench.h"

#include "common/base/clock.h"
#include "common/base/wire.h"
#include "services/utarg/remote.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	SOCKETS_MAX = BUS_WAIT_MAX - 1,
	SLOT_BITS = 14,
	ROUND_BITS = 20,
	ANSWER_WAIT_MS = 60000, // at the end, for what is under way
	RESEND_MS = 5000,       // without an answer: the connection or the service may be a new one
	POLL_MS = 100,
	BUSY_MS = 5,
};

enum slot_state { SLOT_FREE, SLOT_SENT, SLOT_WAITING };

// One request under way. Life: FREE -> SENT -> FREE, or SENT -> WAITING -> SENT again for what was BUSY.
struct slot {
	enum slot_state state;
	uint64_t request_id;
	size_t count;
	uint64_t *numbers;
	unsigned sendings;
	int64_t sent_us, due_us;
};

struct run {
	struct bench *b;
	const struct bench_load *load;
	struct bench_load_result *out;
	struct bench_world world;
	struct bus_wait_item items[BUS_WAIT_MAX];
	struct slot *slots;
	size_t slot_count, under_way, waiting;
	size_t *free_slots, free_count;
	uint64_t *numbers; // of all slots
	uint8_t *packed;
	uint64_t round, sent_events, next_duplicate;
	int64_t next_due_us; // at a rate
	int64_t next_look_us;
	struct bench_junk *junk;
	bool measuring, stopping;
	struct err fatal;
};

// ---- sending -------------------------------------------------------------------------------------------

static uint64_t next_number(struct run *run)
{
	const struct bench_load *load = run->load;
	uint64_t turn = run->sent_events++;
	if (load->duplicate_percent > 0 && turn * 37 % 100 < (uint64_t)load->duplicate_percent)
		return load->duplicate_first + run->next_duplicate++ % load->duplicate_count;
	run->out->number_count++;
	return run->b->next_number++;
}

static void send_slot(struct run *run, size_t index)
{
	struct slot *slot = &run->slots[index];
	// Of one length in all requests: the highest bit of 35 is always set.
	slot->request_id = UINT64_C(1) << (SLOT_BITS + ROUND_BITS) |
			   (run->round++ & ((1 << ROUND_BITS) - 1)) << SLOT_BITS | index;
	size_t size = bench_request(run->b->events, &run->world, slot->request_id, clock_now_ms(),
				    slot->numbers, slot->count, run->packed);
	struct bus_socket *socket = run->items[index / (size_t)run->load->window].socket;
	slot->state = SLOT_SENT;
	slot->sendings++;
	slot->due_us = clock_monotonic_us() + RESEND_MS * INT64_C(1000);
	run->b->requests++;
	bus_send(socket, NULL, run->packed, size, &run->fatal);
}

static void start_request(struct run *run)
{
	size_t index = run->free_slots[--run->free_count];
	struct slot *slot = &run->slots[index];
	slot->count = (size_t)run->load->batch;
	for (size_t i = 0; i < slot->count; i++)
		slot->numbers[i] = next_number(run);
	slot->sent_us = clock_monotonic_us();
	slot->sendings = 0;
	run->under_way++;
	send_slot(run, index);
}

static bool all_sent(const struct run *run)
{
	return run->load->events_max > 0 && run->sent_events >= (uint64_t)run->load->events_max;
}

static void send_due(struct run *run, int64_t now_us)
{
	const struct bench_load *load = run->load;
	while (!run->stopping && run->free_count > 0 && !all_sent(run) && run->fatal.code == ERR_OK) {
		if (load->rate_per_s > 0 && now_us < run->next_due_us)
			break;
		if (load->rate_per_s > 0)
			run->next_due_us += (int64_t)load->batch * 1000000 / load->rate_per_s;
		start_request(run);
	}
	for (size_t i = 0; run->waiting > 0 && i < run->slot_count; i++) {
		if (run->slots[i].state != SLOT_WAITING || run->slots[i].due_us > now_us)
			continue;
		run->waiting--;
		send_slot(run, i);
	}
}

// What has had no answer for long goes out again, as any publisher's would; the ids make it safe.
static void resend_unanswered(struct run *run, int64_t now_us)
{
	if (now_us < run->next_look_us)
		return;
	run->next_look_us = now_us + POLL_MS * INT64_C(1000);
	if (run->junk)
		bench_junk_turn(run->junk);
	for (size_t i = 0; i < run->slot_count; i++) {
		if (run->slots[i].state != SLOT_SENT || run->slots[i].due_us > now_us)
			continue;
		run->b->resent++;
		send_slot(run, i);
	}
}

// ---- answers -------------------------------------------------------------------------------------------

struct answer {
	uint64_t request_id;
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
			out->request_id = field.value;
		else if (field.number == 20)
			out->publish = field.bytes;
		for (struct slice status = field.bytes; field.number == 2 && wire_next(&status, &inner);) {
			if (inner.number == 1)
				out->code = (enum err_code)inner.value;
			else if (inner.number == 3)
				out->retry_ms = (int64_t)inner.value;
		}
	}
	return rest.size == 0;
}

static bool is_later(enum err_code code)
{
	return code == ERR_BUSY || code == ERR_DRAINING || code == ERR_STORAGE_LOW;
}

static void wait_again(struct run *run, struct slot *slot, int64_t retry_ms)
{
	slot->state = SLOT_WAITING;
	slot->due_us = clock_monotonic_us() + (retry_ms > 0 ? retry_ms : BUSY_MS) * 1000;
	run->waiting++;
	run->b->busy++;
}

static void count_result(struct run *run, const struct slot *slot, uint64_t number, enum err_code code)
{
	// Its own earlier sending got there.
	if (code == ERR_DUPLICATE && slot->sendings > 1 && number >= run->out->first_number)
		code = ERR_OK;
	if (code == ERR_OK)
		run->out->ok++;
	else if (code == ERR_DUPLICATE)
		run->out->duplicate++;
	else
		run->out->other++;
	if (code != ERR_OK && code != ERR_DUPLICATE && run->fatal.code == ERR_OK)
		err_set(&run->fatal, code, "ingest refused an event of the benchmark: %s", err_name(code));
	run->b->answered++;
	if (run->measuring)
		run->out->events++;
}

// Counts results; those to come again stay in the slot. Returns the greatest seq.
static uint64_t take_results(struct run *run, struct slot *slot, struct slice rest)
{
	struct wire_field field, inner;
	size_t index = 0, kept = 0;
	uint64_t greatest = 0;
	while (index < slot->count && wire_next(&rest, &field)) {
		enum err_code code = ERR_OK;
		uint64_t seq = 0;
		for (struct slice result = field.bytes; wire_next(&result, &inner);) {
			if (inner.number == 1)
				code = (enum err_code)inner.value;
			else if (inner.number == 2)
				seq = inner.value;
		}
		greatest = seq > greatest ? seq : greatest;
		if (is_later(code))
			slot->numbers[kept++] = slot->numbers[index];
		else
			count_result(run, slot, slot->numbers[index], code);
		index++;
	}
	if (index < slot->count)
		err_set(&run->fatal, ERR_INTERNAL, "an answer has %zu results for %zu events", index,
			slot->count);
	slot->count = kept;
	return greatest;
}

static void take_reply(struct run *run, struct slice payload)
{
	struct answer answer;
	size_t index;
	if (!read_answer(payload, &answer) ||
	    (index = answer.request_id & ((1 << SLOT_BITS) - 1)) >= run->slot_count ||
	    run->slots[index].state != SLOT_SENT || run->slots[index].request_id != answer.request_id) {
		if (run->b->resent == 0) // else it is the answer to an earlier sending
			err_set(&run->fatal, ERR_INTERNAL, "ingest answered something that nobody asked");
		return;
	}
	struct slot *slot = &run->slots[index];
	if (is_later(answer.code)) {
		wait_again(run, slot, answer.retry_ms);
		return;
	}
	if (answer.code != ERR_OK) {
		err_set(&run->fatal, answer.code, "ingest refused a request of the benchmark: %s",
			err_name(answer.code));
		return;
	}
	uint64_t seq = take_results(run, slot, answer.publish);
	if (slot->count > 0) {
		wait_again(run, slot, 0);
		return;
	}
	int64_t now_us = clock_monotonic_us();
	if (run->measuring)
		histogram_add(&run->out->latency, now_us - slot->sent_us);
	if (run->load->on_ack)
		run->load->on_ack(run->load->context, seq, now_us);
	slot->state = SLOT_FREE;
	run->free_slots[run->free_count++] = index;
	run->under_way--;
}

static void receive_all(struct run *run)
{
	struct slice payload;
	for (int i = 0; i < run->load->sockets; i++)
		while (run->items[i].readable && run->fatal.code == ERR_OK &&
		       bus_receive(run->items[i].socket, NULL, NULL, &payload) == BUS_MESSAGE) {
			take_reply(run, payload);
			send_due(run, clock_monotonic_us());
		}
	if (run->load->listen && run->items[run->load->sockets].readable)
		run->load->on_listen(run->load->context);
}

static void turn(struct run *run)
{
	int64_t now_us = clock_monotonic_us(), wait_ms = POLL_MS;
	send_due(run, now_us);
	resend_unanswered(run, now_us);
	if (run->waiting > 0)
		wait_ms = 1;
	if (run->load->rate_per_s > 0 && run->free_count > 0)
		wait_ms = run->next_due_us <= now_us ? 0 : (run->next_due_us - now_us) / 1000;
	bus_wait(run->items, (size_t)run->load->sockets + (run->load->listen != NULL), wait_ms);
	receive_all(run);
	if (bench_interrupted)
		err_set(&run->fatal, ERR_BUSY, "interrupted");
}

// ---- a run ---------------------------------------------------------------------------------------------

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static bool open_run(struct run *run, struct err *e)
{
	const struct bench_load *load = run->load;
	char endpoint[REMOTE_ENDPOINT_SIZE];
	struct bus *bus = remote_bus(run->b->cli, e);
	assert(load->sockets >= 1 && load->sockets <= SOCKETS_MAX + (load->listen == NULL) &&
	       load->batch <= BENCH_BATCH_MAX);
	run->slot_count = (size_t)load->sockets * (size_t)load->window;
	assert(run->slot_count < 1 << SLOT_BITS);
	run->slots = must(calloc(run->slot_count, sizeof(*run->slots)));
	run->numbers = must(calloc(run->slot_count * (size_t)load->batch, sizeof(*run->numbers)));
	run->free_slots = must(calloc(run->slot_count, sizeof(*run->free_slots)));
	run->packed = must(malloc(((size_t)load->batch + 1) * BENCH_EVENT_MAX_BYTES));
	for (size_t i = run->slot_count; i-- > 0;) {
		run->slots[i].numbers = run->numbers + i * (size_t)load->batch;
		run->free_slots[run->free_count++] = i;
	}
	for (int i = 0; i < BUS_WAIT_MAX; i++)
		run->items[i].fd = -1;
	run->items[load->sockets % BUS_WAIT_MAX].socket = load->listen;
	if (load->junk > 0 && !(run->junk = bench_junk_create(run->b, load->junk, e)))
		return false;
	if (!bus || !remote_endpoint(run->b->cli, SVC_INGEST, false, endpoint, e))
		return false;
	for (int i = 0; i < load->sockets; i++)
		if (!(run->items[i].socket = bus_open(bus, BUS_DEALER, endpoint, NULL, e)))
			return false;
	return true;
}

static void close_run(struct run *run)
{
	for (int i = 0; i < run->load->sockets; i++)
		bus_socket_close(run->items[i].socket);
	bench_junk_destroy(run->junk);
	free(run->slots);
	free(run->numbers);
	free(run->free_slots);
	free(run->packed);
}

static bool turn_until(struct run *run, int64_t until_us, struct err *e)
{
	while (run->fatal.code == ERR_OK && clock_monotonic_us() < until_us &&
	       !(all_sent(run) && run->under_way == 0))
		turn(run);
	if (run->fatal.code != ERR_OK)
		*e = run->fatal;
	return run->fatal.code == ERR_OK;
}

static bool drain(struct run *run, struct err *e)
{
	int64_t until_us = clock_monotonic_us() + ANSWER_WAIT_MS * INT64_C(1000);
	run->stopping = true;
	while (run->under_way > 0 && run->fatal.code == ERR_OK && clock_monotonic_us() < until_us)
		turn(run);
	if (run->fatal.code == ERR_OK && run->under_way > 0)
		err_set(&run->fatal, ERR_INTERNAL, "%zu requests had no answer within %d s", run->under_way,
			ANSWER_WAIT_MS / 1000);
	if (run->fatal.code != ERR_OK)
		*e = run->fatal;
	return run->fatal.code == ERR_OK;
}

static void settle(struct bench_load_result *out, const struct bench_sample *begin,
		   const struct bench_sample *end)
{
	double events = out->events > 0 ? (double)out->events : 1;
	out->seconds = (double)(end->at_us - begin->at_us) / 1e6;
	out->per_second = (double)out->events / out->seconds;
	out->cpu_per_million =
		(end->services_s - begin->services_s + end->postgres_s - begin->postgres_s) * 1e6 / events;
	out->postgres_cpu_per_million = (end->postgres_s - begin->postgres_s) * 1e6 / events;
	out->own_cpu_per_million = (end->own_s - begin->own_s) * 1e6 / events;
	out->wal_per_event = (double)(end->wal_bytes - begin->wal_bytes) / events;
}

static bool measure(struct run *run, struct err *e)
{
	const struct bench_load *load = run->load;
	struct bench_sample begin, end;
	int64_t start_us = clock_monotonic_us();
	run->next_due_us = start_us;
	if (load->events_max == 0 && !turn_until(run, start_us + load->warm_ms * 1000, e))
		return false;
	if (!bench_sample(run->b, &begin, e))
		return false;
	run->measuring = true;
	int64_t until_us = load->events_max > 0 ? INT64_MAX : begin.at_us + load->run_ms * 1000;
	bool done = turn_until(run, until_us, e) && bench_sample(run->b, &end, e);
	run->measuring = false;
	if (done)
		settle(run->out, &begin, &end);
	return done && drain(run, e);
}

bool bench_load_run(struct bench *b, const struct bench_load *load, struct bench_load_result *out,
		    struct err *e)
{
	struct run run = {.b = b, .load = load, .out = out};
	*out = (struct bench_load_result){.first_number = b->next_number};
	run.world = b->world;
	run.world.shop_count = load->shops;
	run.world.ids = load->ids;
	bool done = open_run(&run, e) && measure(&run, e);
	b->refused += out->other;
	close_run(&run);
	return done;
}
