// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The asking side against a service in a thread that answers, refuses, dawdles and talks nonsense.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/client/client.h"
#include "tests/unit/keys.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_MS = 5000, SHORT_MS = 100 };

// What the service does with each body.
//   ping       answers at once
//   ready      answers nothing
//   stats      answers together with the next request, after that one's answer
//   log_level  refuses
//   drain      sends garbage, then an empty message, then the answer
//   kpi        answers without an id
struct fixture {
	struct bus *bus;
	struct bus_socket *router;
	struct client *client;
	pthread_t thread;
	atomic_bool stop;
	struct bus_peer late_peer;
	uint64_t late_id;
	atomic_uint last_deadline_ms;
};

static void answer(struct fixture *f, const struct bus_peer *peer, uint64_t id, int code, const char *text)
{
	Utarg__V1__Reply reply = UTARG__V1__REPLY__INIT;
	Utarg__V1__Status status = UTARG__V1__STATUS__INIT;
	Utarg__V1__PingReply ping = UTARG__V1__PING_REPLY__INIT;
	uint8_t bytes[512];
	char copy[128];
	struct err e = {0};

	text_copy(copy, sizeof(copy), text);
	status.code = (Utarg__V1__Code)code;
	status.message = copy;
	reply.request_id = id;
	reply.status = &status;
	reply.body_case = UTARG__V1__REPLY__BODY_PING;
	reply.ping = &ping;
	const size_t size = utarg__v1__reply__pack(&reply, bytes);
	bus_send(f->router, peer, bytes, size, &e);
}

static void serve_one(struct fixture *f, const struct bus_peer *peer, const Utarg__V1__Request *request)
{
	struct err e = {0};
	const uint64_t late_id = f->late_id;
	f->late_id = 0;
	atomic_store(&f->last_deadline_ms, request->deadline_ms);
	switch (request->body_case) {
	case UTARG__V1__REQUEST__BODY_PING:
		answer(f, peer, request->request_id, 0, "");
		break;
	case UTARG__V1__REQUEST__BODY_STATS:
		f->late_peer = *peer;
		f->late_id = request->request_id;
		break;
	case UTARG__V1__REQUEST__BODY_LOG_LEVEL:
		answer(f, peer, request->request_id, UTARG__V1__CODE__FORBIDDEN, "not for you");
		break;
	case UTARG__V1__REQUEST__BODY_DRAIN:
		bus_send(f->router, peer, "garbage", 7, &e);
		bus_send(f->router, peer, "", 0, &e);
		answer(f, peer, request->request_id, 0, "");
		break;
	case UTARG__V1__REQUEST__BODY_KPI:
		answer(f, peer, 0, UTARG__V1__CODE__BAD_PROTO, "whose was that?");
		break;
	default:
		break;
	}
	if (late_id)
		answer(f, &f->late_peer, late_id, 0, "");
}

static void *serve(void *argument)
{
	struct fixture *f = argument;
	while (!atomic_load(&f->stop)) {
		struct bus_wait_item item = {.socket = f->router};
		struct bus_peer peer;
		struct slice payload;
		bus_wait(&item, 1, 10);
		while (bus_receive(f->router, &peer, NULL, &payload) == BUS_MESSAGE) {
			Utarg__V1__Request *request =
				utarg__v1__request__unpack(NULL, payload.size, payload.data);
			serve_one(f, &peer, request);
			utarg__v1__request__free_unpacked(request, NULL);
		}
	}
	return NULL;
}

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err e = {0};
	f->bus = keys_bus();
	f->router = bus_open(f->bus, BUS_ROUTER, "tcp://127.0.0.1:*", NULL, &e);
	assert_non_null(f->router);
	f->client = client_create(f->bus, "ingest", bus_endpoint(f->router), &e);
	assert_non_null(f->client);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	atomic_store(&f->stop, true);
	pthread_join(f->thread, NULL);
	client_destroy(f->client);
	bus_socket_close(f->router);
	bus_destroy(f->bus);
	free(f);
	return 0;
}

static Utarg__V1__Request request_of(Utarg__V1__Request__BodyCase body)
{
	static Utarg__V1__PingRequest ping = UTARG__V1__PING_REQUEST__INIT;
	static Utarg__V1__ReadyRequest ready = UTARG__V1__READY_REQUEST__INIT;
	static Utarg__V1__StatsRequest stats = UTARG__V1__STATS_REQUEST__INIT;
	static Utarg__V1__LogLevelRequest level = UTARG__V1__LOG_LEVEL_REQUEST__INIT;
	static Utarg__V1__DrainRequest drain = UTARG__V1__DRAIN_REQUEST__INIT;
	static Utarg__V1__KpiRequest kpi = UTARG__V1__KPI_REQUEST__INIT;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	request.body_case = body;
	if (body == UTARG__V1__REQUEST__BODY_PING)
		request.ping = &ping;
	else if (body == UTARG__V1__REQUEST__BODY_READY)
		request.ready = &ready;
	else if (body == UTARG__V1__REQUEST__BODY_STATS)
		request.stats = &stats;
	else if (body == UTARG__V1__REQUEST__BODY_LOG_LEVEL)
		request.log_level = &level;
	else if (body == UTARG__V1__REQUEST__BODY_DRAIN)
		request.drain = &drain;
	else
		request.kpi = &kpi;
	return request;
}

static bool call(struct fixture *f, Utarg__V1__Request__BodyCase body, int64_t timeout_ms, struct err *e)
{
	Utarg__V1__Request request = request_of(body);
	Utarg__V1__Reply *reply;
	*e = (struct err){0};
	const bool done = client_call(f->client, &request, timeout_ms, &reply, e);
	assert_int_equal(done, reply != NULL);
	if (done)
		assert_int_equal(reply->request_id, request.request_id);
	client_reply_free(reply);
	return done;
}

static void a_call_is_answered(void **state)
{
	struct fixture *f = *state;
	struct err e;
	for (int i = 0; i < 10; i++)
		assert_true(call(f, UTARG__V1__REQUEST__BODY_PING, LONG_MS, &e));
	assert_int_equal(atomic_load(&f->last_deadline_ms), LONG_MS);
}

static void a_refusal_is_an_error_with_its_code(void **state)
{
	struct err e;
	assert_false(call(*state, UTARG__V1__REQUEST__BODY_LOG_LEVEL, LONG_MS, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_string_equal(e.text, "not for you");
}

static void an_answer_without_an_id_ends_the_call(void **state)
{
	struct err e;
	assert_false(call(*state, UTARG__V1__REQUEST__BODY_KPI, LONG_MS, &e));
	assert_int_equal(e.code, ERR_BAD_PROTO);
}

static void silence_is_busy_in_time(void **state)
{
	struct err e;
	const int64_t begun_ms = clock_monotonic_ms();
	assert_false(call(*state, UTARG__V1__REQUEST__BODY_READY, SHORT_MS, &e));
	assert_in_range(clock_monotonic_ms() - begun_ms, SHORT_MS - 1, 2000);
	assert_int_equal(e.code, ERR_BUSY);
	assert_non_null(strstr(e.text, "no answer from ingest at tcp://127.0.0.1:"));
	assert_non_null(strstr(e.text, "within 100 ms"));
}

static void nonsense_is_skipped(void **state)
{
	struct err e;
	assert_true(call(*state, UTARG__V1__REQUEST__BODY_DRAIN, LONG_MS, &e));
}

static void a_late_answer_to_a_given_up_call_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct err e;
	assert_false(call(f, UTARG__V1__REQUEST__BODY_STATS, SHORT_MS, &e));
	assert_true(call(f, UTARG__V1__REQUEST__BODY_PING, LONG_MS, &e)); // and the late one behind it
	assert_true(call(f, UTARG__V1__REQUEST__BODY_PING, LONG_MS, &e));
	assert_null(client_receive(f->client, SHORT_MS));
}

static uint64_t send_window(struct fixture *f, Utarg__V1__Request__BodyCase body)
{
	Utarg__V1__Request request = request_of(body);
	struct err e = {0};
	uint64_t id = 0;
	assert_true(client_send(f->client, &request, &id, &e));
	assert_int_equal(id, request.request_id);
	return id;
}

static void expect_window(struct fixture *f, uint64_t id)
{
	Utarg__V1__Reply *reply = client_receive(f->client, LONG_MS);
	assert_non_null(reply);
	assert_int_equal(reply->request_id, id);
	client_reply_free(reply);
}

static void a_window_is_answered_by_ids(void **state)
{
	struct fixture *f = *state;
	uint64_t ids[100];
	for (size_t i = 0; i < 100; i++)
		ids[i] = send_window(f, UTARG__V1__REQUEST__BODY_PING);
	for (size_t i = 0; i < 100; i++)
		expect_window(f, ids[i]);
	assert_null(client_receive(f->client, 0));
}

static void a_call_between_keeps_the_windows_replies(void **state)
{
	struct fixture *f = *state;
	struct err e;
	const uint64_t first = send_window(f, UTARG__V1__REQUEST__BODY_PING);
	const uint64_t second = send_window(f, UTARG__V1__REQUEST__BODY_PING);
	assert_true(call(f, UTARG__V1__REQUEST__BODY_PING, LONG_MS, &e));
	expect_window(f, first);
	const uint64_t third = send_window(f, UTARG__V1__REQUEST__BODY_PING);
	assert_true(call(f, UTARG__V1__REQUEST__BODY_PING, LONG_MS, &e));
	expect_window(f, second);
	expect_window(f, third);
	send_window(f, UTARG__V1__REQUEST__BODY_PING);
	assert_true(call(f, UTARG__V1__REQUEST__BODY_PING, LONG_MS, &e)); // left behind for client_destroy
}

static void a_service_that_is_down_is_busy(void **state)
{
	(void)state;
	struct err e = {0};
	struct bus *bus = keys_bus();
	struct client *client = client_create(bus, "metrics", "tcp://127.0.0.1:9", &e);
	Utarg__V1__Request request = request_of(UTARG__V1__REQUEST__BODY_PING);
	Utarg__V1__Reply *reply;

	assert_non_null(client);
	assert_false(client_call(client, &request, SHORT_MS, &reply, &e));
	assert_int_equal(e.code, ERR_BUSY);
	const int64_t begun_ms = clock_monotonic_ms();
	client_destroy(client);
	bus_destroy(bus);
	assert_true(clock_monotonic_ms() - begun_ms < 2000);
}

#define WITH_SERVICE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(a_call_is_answered),
		WITH_SERVICE(a_refusal_is_an_error_with_its_code),
		WITH_SERVICE(an_answer_without_an_id_ends_the_call),
		WITH_SERVICE(silence_is_busy_in_time),
		WITH_SERVICE(nonsense_is_skipped),
		WITH_SERVICE(a_late_answer_to_a_given_up_call_is_dropped),
		WITH_SERVICE(a_window_is_answered_by_ids),
		WITH_SERVICE(a_call_between_keeps_the_windows_replies),
		cmocka_unit_test(a_service_that_is_down_is_busy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
