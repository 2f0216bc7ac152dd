// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/publisher/helper_ingest.h"

#include "tests/unit/keys.h"

#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 60000, RESULTS_MAX = 1000 };

static char nothing[] = "", sentence[] = "as the test likes it", field[] = "page_view.title";

void ingest_start(struct ingest *ingest)
{
	struct err e = {0};
	*ingest = (struct ingest){.epoch = 1};
	ingest->bus = keys_bus();
	assert_non_null(ingest->bus);
	ingest->router = bus_open(ingest->bus, BUS_ROUTER, "tcp://127.0.0.1:*", NULL, &e);
	assert_non_null(ingest->router);
}

void ingest_stop(struct ingest *ingest)
{
	bus_socket_close(ingest->router);
	bus_destroy(ingest->bus);
}

bool ingest_receive(struct ingest *ingest, struct asked *out)
{
	struct slice payload;
	if (bus_receive(ingest->router, &out->peer, NULL, &payload) != BUS_MESSAGE)
		return false;
	out->request = utarg__v1__request__unpack(NULL, payload.size, payload.data);
	assert_non_null(out->request);
	assert_int_equal(out->request->body_case, UTARG__V1__REQUEST__BODY_PUBLISH);
	assert_in_range(out->request->publish->n_publications, 1, 1000);
	return true;
}

struct asked ingest_expect(struct ingest *ingest, struct publisher *publisher)
{
	struct asked asked;
	struct err e = {0};
	const int64_t until_ms = clock_monotonic_ms() + PATIENCE_MS;
	while (!ingest_receive(ingest, &asked)) {
		struct bus_wait_item item = {.socket = ingest->router};
		assert_true(clock_monotonic_ms() < until_ms);
		assert_true(!publisher || publisher_turn(publisher, &e));
		bus_wait(&item, 1, 1);
	}
	return asked;
}

size_t asked_count(const struct asked *asked)
{
	return asked->request->publish->n_publications;
}

uint32_t asked_event(const struct asked *asked, size_t index)
{
	uint8_t bytes[EVENT_BYTES_MAX];
	const Utarg__V1__Publication *publication = asked->request->publish->publications[index];
	const size_t size = utarg__v1__publication__pack(publication, bytes);
	return event_number((struct slice){.data = bytes, .size = size});
}

void asked_free(struct asked *asked)
{
	utarg__v1__request__free_unpacked(asked->request, NULL);
	asked->request = NULL;
}

static void send_reply(struct ingest *ingest, const struct asked *asked, Utarg__V1__Reply *reply)
{
	struct err e = {0};
	reply->request_id = asked->request->request_id;
	uint8_t *room = bus_prepare(ingest->router, utarg__v1__reply__get_packed_size(reply));
	assert_non_null(room);
	utarg__v1__reply__pack(reply, room);
	bus_send_prepared(ingest->router, &asked->peer, &e); // whoever left hears nothing
}

static void judge(struct ingest *ingest, uint32_t event, int code, Utarg__V1__PublishResult *out)
{
	utarg__v1__publish_result__init(out);
	assert_true(event < INGEST_EVENTS_MAX);
	out->code = (Utarg__V1__Code)code;
	out->field = code == ERR_OK ? nothing : field;
	out->message = code == ERR_OK ? nothing : sentence;
	if (code != ERR_OK)
		return;
	if (ingest->seqs[event] != 0)
		out->code = UTARG__V1__CODE__DUPLICATE;
	else
		ingest->seqs[event] = ++ingest->last_seq;
	out->seq = ingest->seqs[event];
	out->epoch = ingest->epoch;
}

void ingest_answer(struct ingest *ingest, const struct asked *asked, const int *codes)
{
	static Utarg__V1__PublishResult results[RESULTS_MAX];
	static Utarg__V1__PublishResult *pointers[RESULTS_MAX];
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__Status status = UTARG__V1__STATUS__INIT;
	Utarg__V1__PublishReply publish = UTARG__V1__PUBLISH_REPLY__INIT;
	for (size_t i = 0; i < asked_count(asked); i++) {
		judge(ingest, asked_event(asked, i), codes ? codes[i] : ERR_OK, &results[i]);
		pointers[i] = &results[i];
	}
	publish.n_results = asked_count(asked);
	publish.results = pointers;
	reply.status = &status;
	reply.body_case = UTARG__V1__REPLY__BODY_PUBLISH;
	reply.publish = &publish;
	send_reply(ingest, asked, &reply);
}

void ingest_refuse(struct ingest *ingest, const struct asked *asked, int code, uint32_t retry_after_ms)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__Status status = UTARG__V1__STATUS__INIT;
	status.code = (Utarg__V1__Code)code;
	status.message = sentence;
	status.retry_after_ms = retry_after_ms;
	reply.status = &status;
	send_reply(ingest, asked, &reply);
}
