// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A window of slots, each one request. Sending again is safe because ids make it so; a slot that comes back
// with some events unanswered (BUSY) keeps just those.
#include "services/utarg/publisher.h"

#include "common/base/clock.h"
#include "services/utarg/remote.h"

#include <stdlib.h>
#include <string.h>

enum {
	BATCH_EVENTS = 200,
	BATCH_BYTES_MAX = 512 * 1024, // well under a message's limit
	WINDOW = 4,
	WINDOW_MAX = 64,
	TIMEOUT_MS = 30000,
	ANSWER_MS = 5000, // then the same is sent again
	BACKOFF_FIRST_MS = 50,
	BACKOFF_LAST_MS = 2000,
};

struct item {
	Utarg__V1__Publication *publication; // owned
	uint64_t tag;
};

enum slot_state { SLOT_FREE, SLOT_GATHERING, SLOT_WAITING, SLOT_SENT };

// Life: FREE -> GATHERING -> WAITING (to be sent when due) -> SENT -> FREE, or WAITING again.
struct slot {
	enum slot_state state;
	Utarg__V1__Origin origin;
	struct item *items;
	Utarg__V1__Publication **pointers; // for the request, same order
	size_t count, bytes;
	uint64_t request_id;
	int64_t due_ms, sent_ms, backoff_ms;
};

struct publisher {
	struct client *client;
	struct publisher_options options;
	struct slot *slots;
	struct slot *gathering; // NULL: none
	int64_t progress_ms;    // when something was answered last
	unsigned jitter;
	struct err fatal;
};

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

struct publisher *publisher_create(struct cli *cli, const struct publisher_options *options, struct err *e)
{
	struct client *client;
	if (!remote_ready(cli, SVC_INGEST, 3000, e) || !(client = remote_client(cli, SVC_INGEST, e)))
		return NULL;
	struct publisher *p = must(calloc(1, sizeof(*p)));
	p->client = client;
	p->options = *options;
	if (p->options.batch_events == 0)
		p->options.batch_events = BATCH_EVENTS;
	if (p->options.window == 0 || p->options.window > WINDOW_MAX)
		p->options.window = WINDOW;
	if (p->options.timeout_ms == 0)
		p->options.timeout_ms = TIMEOUT_MS;
	p->slots = must(calloc(p->options.window, sizeof(*p->slots)));
	for (size_t i = 0; i < p->options.window; i++) {
		p->slots[i].items = must(calloc(p->options.batch_events, sizeof(struct item)));
		p->slots[i].pointers =
			must(calloc(p->options.batch_events, sizeof(Utarg__V1__Publication *)));
	}
	p->progress_ms = clock_monotonic_ms();
	p->jitter = (unsigned)clock_now_us();
	return p;
}

static void drop_item(struct item *item)
{
	protobuf_c_message_free_unpacked(&item->publication->base, NULL);
	item->publication = NULL;
}

void publisher_destroy(struct publisher *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->options.window; i++) {
		for (size_t j = 0; j < p->slots[i].count; j++)
			drop_item(&p->slots[i].items[j]);
		free(p->slots[i].items);
		free(p->slots[i].pointers);
	}
	free(p->slots);
	free(p);
}

// ---- sending -------------------------------------------------------------------------------------------

// Doubles, with jitter, so that many publishers do not come back together.
static void wait_again(struct publisher *p, struct slot *slot, int64_t hint_ms)
{
	slot->state = SLOT_WAITING;
	slot->backoff_ms = slot->backoff_ms * 2 < BACKOFF_LAST_MS ? slot->backoff_ms * 2 : BACKOFF_LAST_MS;
	int64_t delay_ms = slot->backoff_ms / 2 + rand_r(&p->jitter) % (slot->backoff_ms / 2 + 1);
	slot->due_ms = clock_monotonic_ms() + (hint_ms > delay_ms ? hint_ms : delay_ms);
}

static void send_slot(struct publisher *p, struct slot *slot)
{
	Utarg__V1__PublishRequest publish = UTARG__V1__PUBLISH_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	struct err e = {0};
	for (size_t i = 0; i < slot->count; i++)
		slot->pointers[i] = slot->items[i].publication;
	publish.sent_at_ms = clock_now_ms();
	publish.n_publications = slot->count;
	publish.publications = slot->pointers;
	publish.origin = slot->origin;
	request.body_case = UTARG__V1__REQUEST__BODY_PUBLISH;
	request.publish = &publish;
	if (!client_send(p->client, &request, &slot->request_id, &e)) {
		wait_again(p, slot, 0);
		return;
	}
	slot->state = SLOT_SENT;
	slot->sent_ms = clock_monotonic_ms();
}

static void send_due(struct publisher *p)
{
	int64_t now = clock_monotonic_ms();
	for (size_t i = 0; i < p->options.window; i++) {
		struct slot *slot = &p->slots[i];
		if (slot->state == SLOT_SENT && now - slot->sent_ms > ANSWER_MS)
			slot->state = SLOT_WAITING;
		if (slot->state == SLOT_WAITING && slot->due_ms <= now)
			send_slot(p, slot);
	}
}

// ---- answers -------------------------------------------------------------------------------------------

static bool is_later(enum err_code code)
{
	return code == ERR_BUSY || code == ERR_DRAINING || code == ERR_STORAGE_LOW;
}

static void report(struct publisher *p, const struct item *item, const Utarg__V1__PublishResult *answer)
{
	const Utarg__V1__Event *event = item->publication->event;
	struct publisher_result result = {.tag = item->tag,
					  .code = (enum err_code)answer->code,
					  .seq = answer->seq,
					  .epoch = answer->epoch,
					  .field = answer->field,
					  .message = answer->message};
	if (event && event->id.len == 16)
		result.id = event->id.data;
	p->options.on_result(p->options.context, &result);
}

static void take_results(struct publisher *p, struct slot *slot, const Utarg__V1__PublishReply *reply)
{
	size_t kept = 0;
	for (size_t i = 0; i < slot->count; i++) {
		if (is_later((enum err_code)reply->results[i]->code)) {
			slot->items[kept++] = slot->items[i];
			continue;
		}
		report(p, &slot->items[i], reply->results[i]);
		drop_item(&slot->items[i]);
	}
	if (kept < slot->count)
		p->progress_ms = clock_monotonic_ms();
	slot->count = kept;
	if (kept > 0)
		wait_again(p, slot, 0);
	else
		slot->state = SLOT_FREE;
}

static void take_reply(struct publisher *p, const Utarg__V1__Reply *reply)
{
	struct slot *slot = NULL;
	for (size_t i = 0; i < p->options.window && !slot; i++)
		if (p->slots[i].state == SLOT_SENT && p->slots[i].request_id == reply->request_id)
			slot = &p->slots[i];
	if (!slot)
		return; // the late answer to what was sent again since
	enum err_code code = reply->status ? (enum err_code)reply->status->code : ERR_OK;
	if (is_later(code)) {
		wait_again(p, slot, reply->status->retry_after_ms);
		return;
	}
	if (code != ERR_OK) {
		err_set(&p->fatal, code, "ingest refused a request: %.200s", reply->status->message);
		return;
	}
	if (reply->body_case != UTARG__V1__REPLY__BODY_PUBLISH || reply->publish->n_results != slot->count) {
		err_set(&p->fatal, ERR_INTERNAL,
			"ingest answered with something else than one result an event");
		return;
	}
	take_results(p, slot, reply->publish);
}

static size_t unanswered(const struct publisher *p)
{
	size_t count = 0;
	for (size_t i = 0; i < p->options.window; i++)
		count += p->slots[i].count;
	return count;
}

// Sends what is due and takes what has come, waiting up to wait_ms for the first.
static bool pump(struct publisher *p, int64_t wait_ms, struct err *e)
{
	send_due(p);
	Utarg__V1__Reply *reply = client_receive(p->client, wait_ms);
	for (; reply; reply = client_receive(p->client, 0)) {
		take_reply(p, reply);
		client_reply_free(reply);
	}
	if (p->fatal.code != ERR_OK) {
		*e = p->fatal;
		return false;
	}
	if (clock_monotonic_ms() - p->progress_ms > p->options.timeout_ms)
		return err_set(e, ERR_BUSY,
			       "ingest has taken nothing for %lld s; %zu events are unanswered: send the "
			       "same again, "
			       "nothing is doubled",
			       (long long)(p->options.timeout_ms / 1000), unanswered(p));
	return true;
}

// ---- gathering -----------------------------------------------------------------------------------------

static void close_slot(struct publisher *p)
{
	p->gathering->state = SLOT_WAITING;
	p->gathering->due_ms = 0;
	p->gathering->backoff_ms = BACKOFF_FIRST_MS / 2;
	p->gathering = NULL;
}

static bool open_slot(struct publisher *p, struct err *e)
{
	if (unanswered(p) == 0)
		p->progress_ms = clock_monotonic_ms();
	while (!p->gathering) {
		for (size_t i = 0; i < p->options.window && !p->gathering; i++)
			if (p->slots[i].state == SLOT_FREE)
				p->gathering = &p->slots[i];
		if (!p->gathering && !pump(p, 50, e))
			return false;
	}
	p->gathering->state = SLOT_GATHERING;
	p->gathering->origin = p->options.origin;
	p->gathering->count = p->gathering->bytes = 0;
	return true;
}

bool publisher_add(struct publisher *p, const Utarg__V1__Publication *publication, uint64_t tag,
		   struct err *e)
{
	size_t size = utarg__v1__publication__get_packed_size(publication);
	if (p->gathering && p->gathering->bytes + size > BATCH_BYTES_MAX && p->gathering->count > 0) {
		close_slot(p);
		if (!pump(p, 0, e))
			return false;
	}
	if (!p->gathering && !open_slot(p, e))
		return false;
	uint8_t *packed = must(malloc(size + 1));
	utarg__v1__publication__pack(publication, packed);
	struct slot *slot = p->gathering;
	slot->items[slot->count++] = (struct item){
		.publication = must(utarg__v1__publication__unpack(NULL, size, packed)), .tag = tag};
	slot->bytes += size;
	free(packed);
	if (slot->count < p->options.batch_events)
		return true;
	close_slot(p);
	return pump(p, 0, e);
}

void publisher_set_origin(struct publisher *p, Utarg__V1__Origin origin)
{
	if (p->gathering && p->options.origin != origin)
		close_slot(p);
	p->options.origin = origin;
}

bool publisher_flush(struct publisher *p, struct err *e)
{
	if (p->gathering)
		close_slot(p);
	while (unanswered(p) > 0)
		if (!pump(p, 50, e))
			return false;
	return true;
}

void publisher_count(struct publisher_counts *counts, enum err_code code)
{
	counts->total++;
	if (code >= 0 && code < ERR_CODE_COUNT)
		counts->by_code[code]++;
}

void publisher_print_counts(const struct publisher_counts *counts, FILE *out)
{
	const char *between = ": ";
	fprintf(out, "%llu event%s", (unsigned long long)counts->total, counts->total == 1 ? "" : "s");
	for (int code = 0; code < ERR_CODE_COUNT; code++) {
		if (counts->by_code[code] == 0)
			continue;
		fprintf(out, "%s%llu %s", between, (unsigned long long)counts->by_code[code],
			err_name((enum err_code)code));
		between = ", ";
	}
	fputc('\n', out);
}
