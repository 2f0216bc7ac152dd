// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A service's life: admin messages, timers, watches, subscriptions, drain by signal and by request.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/svc/helper_service.h"
#include "tests/unit/keys.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
	struct service service;
	struct asker asker;
	struct bus *bus;
};

static int start(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	service_start(&f->service);
	asker_open(&f->asker, &f->service, 0);
	f->bus = keys_bus();
	*state = f;
	return 0;
}

static int stop(void **state)
{
	struct fixture *f = *state;
	asker_close(&f->asker);
	bus_destroy(f->bus);
	service_stop(&f->service);
	free(f);
	return 0;
}

static Utarg__V1__Reply *ask(struct fixture *f, Utarg__V1__Request *request)
{
	request->request_id = 11;
	asker_send(&f->asker, request);
	Utarg__V1__Reply *reply = asker_receive(&f->asker, LONG_MS);
	assert_non_null(reply);
	assert_int_equal(reply->request_id, 11);
	return reply;
}

static void ping_tells_who_it_is(void **state)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__PingRequest ping = UTARG__V1__PING_REQUEST__INIT;
	request.body_case = UTARG__V1__REQUEST__BODY_PING;
	request.ping = &ping;
	Utarg__V1__Reply *reply = ask(*state, &request);
	assert_string_equal(reply->ping->service, "ingest");
	assert_string_equal(reply->ping->version, UTARG_VERSION);
	const int64_t age_us = clock_now_us() - (int64_t)reply->ping->incarnation;
	assert_in_range(age_us, 0, 60 * INT64_C(1000000));
	reply_free(reply);
}

static void expect_ready(struct fixture *f, bool ready, const char *reason)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__ReadyRequest asked = UTARG__V1__READY_REQUEST__INIT;
	request.body_case = UTARG__V1__REQUEST__BODY_READY;
	request.ready = &asked;
	Utarg__V1__Reply *reply = ask(f, &request);
	assert_int_equal(reply->ready->ready, ready);
	assert_string_equal(reply->ready->reason, reason);
	reply_free(reply);
}

static void ready_tells_why_not(void **state)
{
	struct fixture *f = *state;
	expect_ready(f, true, "");
	assert_int_equal(ask_counter(&f->asker, "utarg_ready"), 1);
	send_snapshot(&f->asker, 1, "unready");
	expect_code(&f->asker, 1, UTARG__V1__CODE__OK);
	expect_ready(f, false, "The store is away.");
	assert_int_equal(ask_counter(&f->asker, "utarg_ready"), 0);
	assert_true(service_log_has(&f->service, "not_ready"));
}

static void stats_join_our_rows_and_the_services(void **state)
{
	struct fixture *f = *state;
	assert_true(ask_counter(&f->asker, "utarg_test_rounds_total") > 0);
	assert_int_equal(ask_counter(&f->asker, "utarg_draining"), 0);
	assert_true(ask_counter(&f->asker, "utarg_replies_total") > 0);
}

static void expect_level(struct fixture *f, const char *asked, Utarg__V1__Code code, const char *level)
{
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__LogLevelRequest body = UTARG__V1__LOG_LEVEL_REQUEST__INIT;
	char copy[32];
	strcpy(copy, asked);
	body.level = copy;
	request.body_case = UTARG__V1__REQUEST__BODY_LOG_LEVEL;
	request.log_level = &body;
	Utarg__V1__Reply *reply = ask(f, &request);
	assert_int_equal(reply->status->code, code);
	if (code == UTARG__V1__CODE__OK)
		assert_string_equal(reply->log_level->level, level);
	reply_free(reply);
}

static void the_log_level_is_asked_and_set(void **state)
{
	struct fixture *f = *state;
	expect_level(f, "", UTARG__V1__CODE__OK, "debug");
	expect_level(f, "error", UTARG__V1__CODE__OK, "error");
	expect_level(f, "", UTARG__V1__CODE__OK, "error");
	expect_level(f, "loud", UTARG__V1__CODE__BAD_FIELD, NULL);
	expect_level(f, "info", UTARG__V1__CODE__OK, "info");
}

static struct bus_socket *subscriber(struct fixture *f, const char *prefix)
{
	struct err e = {0};
	struct bus_socket *sub = bus_open(f->bus, BUS_SUB, f->service.publications, NULL, &e);
	assert_non_null(sub);
	assert_true(bus_subscribe(sub, prefix, &e));
	return sub;
}

static uint64_t next_number(struct bus_socket *sub)
{
	struct slice topic, payload;
	struct bus_wait_item item = {.socket = sub};
	bus_wait(&item, 1, LONG_MS);
	assert_int_equal(bus_receive(sub, NULL, &topic, &payload), BUS_MESSAGE);
	Utarg__V1__Doorbell *bell = utarg__v1__doorbell__unpack(NULL, payload.size, payload.data);
	assert_non_null(bell);
	const uint64_t number = bell->seq;
	utarg__v1__doorbell__free_unpacked(bell, NULL);
	return number;
}

static void timers_tick(void **state)
{
	struct fixture *f = *state;
	struct bus_socket *sub = subscriber(f, "head/tick/");
	const uint64_t first = next_number(sub);
	const int64_t begun_ms = clock_monotonic_ms();
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(next_number(sub), first + i);
	assert_in_range(clock_monotonic_ms() - begun_ms, 150, 2000); // 10 of 20 ms
	bus_socket_close(sub);
}

static void late_joiners_are_noticed_one_by_one(void **state)
{
	struct fixture *f = *state;
	struct bus_socket *first = subscriber(f, "head/last-a/");
	assert_int_equal(next_number(first), 42);
	struct bus_socket *second = subscriber(f, "head/last-a/");
	assert_int_equal(next_number(second), 42);
	assert_int_equal(ask_counter(&f->asker, "utarg_subscriptions_total"), 2);
	bus_socket_close(first);
	bus_socket_close(second);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (ask_counter(&f->asker, "utarg_unsubscriptions_total") == 0 && clock_monotonic_ms() < until_ms)
		usleep(10000);
	assert_int_equal(ask_counter(&f->asker, "utarg_unsubscriptions_total"), 1);
}

static void descriptors_are_watched(void **state)
{
	struct fixture *f = *state;
	send_snapshot(&f->asker, 1, "pipe");
	expect_code(&f->asker, 1, UTARG__V1__CODE__OK);
}

static void again_makes_another_round_at_once(void **state)
{
	struct fixture *f = *state;
	send_snapshot(&f->asker, 1, "again");
	expect_code(&f->asker, 1, UTARG__V1__CODE__OK);
	const int64_t before = ask_counter(&f->asker, "utarg_test_rounds_total");
	send_snapshot(&f->asker, 2, "again");
	expect_code(&f->asker, 2, UTARG__V1__CODE__OK);
	// Fifty rounds, where timers alone would make ten.
	usleep(200000);
	assert_true(ask_counter(&f->asker, "utarg_test_rounds_total") - before >= 40);
}

static void sigterm_finishes_what_is_under_way(void **state)
{
	struct fixture *f = *state;
	send_snapshot(&f->asker, 1, "hold");
	send_ping(&f->asker, 2);
	expect_code(&f->asker, 2, UTARG__V1__CODE__OK);
	kill(f->service.pid, SIGTERM);
	Utarg__V1__Reply *reply = NULL;
	for (uint64_t id = 3; id < 30; id++) { // until the signal has been taken
		send_publish(&f->asker, id);
		reply = asker_receive(&f->asker, LONG_MS);
		assert_int_equal(reply->request_id, id);
		if (reply->status->code != UTARG__V1__CODE__OK)
			break;
		reply_free(reply);
	}
	assert_int_equal(reply->status->code, UTARG__V1__CODE__DRAINING);
	assert_true(reply->status->retry_after_ms > 0);
	reply_free(reply);
	expect_ready(f, false, "It is shutting down."); // admin is still there
	assert_int_equal(ask_counter(&f->asker, "utarg_test_drains_total"), 1);
	expect_code(&f->asker, 1, UTARG__V1__CODE__OK); // and what was held is answered
	assert_int_equal(service_wait(&f->service, LONG_MS), 0);
	assert_true(service_log_has(&f->service, "event=drain"));
	assert_true(service_log_has(&f->service, "drained=true"));
}

static void a_second_signal_ends_it_at_once(void **state)
{
	struct fixture *f = *state;
	send_snapshot(&f->asker, 1, "never");
	expect_code(&f->asker, 1, UTARG__V1__CODE__OK);
	kill(f->service.pid, SIGTERM);
	assert_int_equal(service_wait(&f->service, 300), -1); // it waits for work that never ends
	kill(f->service.pid, SIGINT);
	const int status = service_wait(&f->service, LONG_MS);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
}

static void a_request_drains_too(void **state)
{
	struct fixture *f = *state;
	Utarg__V1__Request request = UTARG__V1__REQUEST__INIT;
	Utarg__V1__DrainRequest drain = UTARG__V1__DRAIN_REQUEST__INIT;
	request.body_case = UTARG__V1__REQUEST__BODY_DRAIN;
	request.drain = &drain;
	Utarg__V1__Reply *reply = ask(f, &request);
	assert_int_equal(reply->body_case, UTARG__V1__REPLY__BODY_DRAIN);
	reply_free(reply);
	assert_int_equal(service_wait(&f->service, LONG_MS), 0);
}

static void sighup_is_ignored_and_the_start_is_logged(void **state)
{
	struct fixture *f = *state;
	kill(f->service.pid, SIGHUP);
	send_ping(&f->asker, 1);
	expect_code(&f->asker, 1, UTARG__V1__CODE__OK);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (!service_log_has(&f->service, "signal_ignored") && clock_monotonic_ms() < until_ms)
		usleep(10000);
	static const char *const wanted[] = {"signal_ignored",     "start",     "max_message_bytes=524288",
					     "arena_bytes=262144", "listening", "ready"};
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_true(service_log_has(&f->service, wanted[i]));
}

#define WITH_SERVICE(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVICE(ping_tells_who_it_is),
		WITH_SERVICE(ready_tells_why_not),
		WITH_SERVICE(stats_join_our_rows_and_the_services),
		WITH_SERVICE(the_log_level_is_asked_and_set),
		WITH_SERVICE(timers_tick),
		WITH_SERVICE(late_joiners_are_noticed_one_by_one),
		WITH_SERVICE(descriptors_are_watched),
		WITH_SERVICE(again_makes_another_round_at_once),
		WITH_SERVICE(sigterm_finishes_what_is_under_way),
		WITH_SERVICE(a_second_signal_ends_it_at_once),
		WITH_SERVICE(a_request_drains_too),
		WITH_SERVICE(sighup_is_ignored_and_the_start_is_logged),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
