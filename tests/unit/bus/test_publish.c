// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Publishing, subscriptions as the publisher sees them, threads joined by PAIR, waiting, and topics.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/bus/helper_raw.h"
#include "tests/unit/keys.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

enum { LONG_MS = 5000, SHORT_MS = 100 };

struct fixture {
	struct bus *bus;
	struct bus_socket *xpub;
	struct bus_socket *sub;
};

static int open_pair(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err e = {0};
	f->bus = keys_bus();
	f->xpub = bus_open(f->bus, BUS_XPUB, "tcp://127.0.0.1:*", NULL, &e);
	assert_non_null(f->xpub);
	f->sub = bus_open(f->bus, BUS_SUB, bus_endpoint(f->xpub), NULL, &e);
	assert_non_null(f->sub);
	*state = f;
	return 0;
}

static int close_pair(void **state)
{
	struct fixture *f = *state;
	bus_socket_close(f->sub);
	bus_socket_close(f->xpub);
	bus_destroy(f->bus);
	free(f);
	return 0;
}

static void expect_subscription(struct fixture *f, const char *wanted)
{
	struct slice payload;
	assert_int_equal(wait_receive(f->xpub, NULL, NULL, &payload, LONG_MS), BUS_MESSAGE);
	assert_int_equal(payload.size, strlen(wanted + 1) + 1);
	assert_int_equal(payload.data[0], wanted[0] - '0');
	assert_memory_equal(payload.data + 1, wanted + 1, payload.size - 1);
}

static void grant(struct fixture *f, const char *prefix)
{
	struct err e = {0};
	assert_true(bus_grant(f->xpub, (struct slice){(const uint8_t *)prefix, strlen(prefix)}, &e));
}

static void a_subscriber_gets_its_prefix_only(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct slice topic, payload;

	assert_true(bus_subscribe(f->sub, "kpi/a/", &e));
	expect_subscription(f, "1kpi/a/");
	grant(f, "kpi/a/");
	assert_true(bus_publish(f->xpub, "kpi/ab/", "no", 2, &e));
	assert_true(bus_publish(f->xpub, "kpi/a/x/", "yes", 3, &e));
	assert_int_equal(wait_receive(f->sub, NULL, &topic, &payload, LONG_MS), BUS_MESSAGE);
	assert_int_equal(topic.size, 8);
	assert_memory_equal(topic.data, "kpi/a/x/", 8);
	assert_memory_equal(payload.data, "yes", 3);
	assert_true(bus_unsubscribe(f->sub, "kpi/a/", &e));
	expect_subscription(f, "0kpi/a/");
}

static void a_second_subscriber_of_a_prefix_is_seen_too(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct bus_socket *second = bus_open(f->bus, BUS_SUB, bus_endpoint(f->xpub), NULL, &e);

	assert_true(bus_subscribe(f->sub, "kpi/", &e));
	expect_subscription(f, "1kpi/");
	assert_true(bus_subscribe(second, "kpi/", &e));
	expect_subscription(f, "1kpi/");
	bus_socket_close(second);
}

static void an_empty_value_is_a_message(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct slice topic, payload;
	assert_true(bus_subscribe(f->sub, "", &e));
	expect_subscription(f, "1");
	grant(f, "");
	assert_true(bus_publish(f->xpub, "a/", NULL, 0, &e));
	assert_int_equal(wait_receive(f->sub, NULL, &topic, &payload, LONG_MS), BUS_MESSAGE);
	assert_int_equal(payload.size, 0);
}

static void what_is_no_subscription_is_broken(void **state)
{
	struct fixture *f = *state;
	struct raw_peer chatter;
	struct slice payload;
	raw_open(&chatter, ZMQ_XSUB, bus_endpoint(f->xpub), 0);
	raw_send_frames(&chatter, 1, 10);
	raw_send_frames(&chatter, 3, 10);
	// libzmq hands the frames of a message over one by one, or drops them; none may pass as a
	// subscription.
	assert_int_equal(wait_receive(f->xpub, NULL, NULL, &payload, LONG_MS), BUS_BROKEN);
	enum bus_receive received;
	while ((received = wait_receive(f->xpub, NULL, NULL, &payload, SHORT_MS)) != BUS_NOTHING)
		assert_int_equal(received, BUS_BROKEN);
	raw_close(&chatter);
}

static void a_prefix_longer_than_any_topic_is_refused(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct raw_peer greedy;
	struct slice payload;
	// libzmq keeps prefixes in a tree and walks it by recursion: a megabyte would overrun this peer's own
	// stack.
	const size_t size = 16 * 1024;
	char *prefix = malloc(size + 1);

	memset(prefix, 'p', size);
	prefix[size] = 0;
	assert_false(bus_subscribe(f->sub, prefix, &e)); // by ourselves
	assert_int_equal(e.code, ERR_TOO_LARGE);
	raw_open(&greedy, ZMQ_SUB, bus_endpoint(f->xpub), 0); // and by the publisher
	zmq_setsockopt(greedy.socket, ZMQ_SUBSCRIBE, prefix, size);
	assert_int_equal(wait_receive(f->xpub, NULL, NULL, &payload, 300), BUS_NOTHING);
	raw_close(&greedy);
	free(prefix);
}

static void *echo_thread(void *argument)
{
	struct bus *bus = argument;
	struct err e = {0};
	struct slice payload;
	struct bus_socket *pair = bus_open(bus, BUS_PAIR, "inproc://threads", NULL, &e);
	if (pair && wait_receive(pair, NULL, NULL, &payload, LONG_MS) == BUS_MESSAGE)
		bus_send(pair, NULL, payload.data, payload.size, &e);
	bus_socket_close(pair);
	return NULL;
}

static void a_pair_joins_threads(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct slice payload;
	pthread_t thread;
	struct bus_socket *pair = bus_open(f->bus, BUS_PAIR, "@inproc://threads", NULL, &e);

	assert_non_null(pair);
	assert_int_equal(pthread_create(&thread, NULL, echo_thread, f->bus), 0);
	assert_true(bus_send(pair, NULL, "work", 4, &e));
	assert_int_equal(wait_receive(pair, NULL, NULL, &payload, LONG_MS), BUS_MESSAGE);
	assert_memory_equal(payload.data, "work", 4);
	pthread_join(thread, NULL);
	bus_socket_close(pair);
}

static void waiting_sees_descriptors_and_ends_in_time(void **state)
{
	struct fixture *f = *state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	struct bus_wait_item items[] = {{.socket = f->sub}, {.fd = ends[0]}};

	const int64_t begun_ms = clock_monotonic_ms();
	assert_int_equal(bus_wait(items, 2, 50), 0);
	assert_in_range(clock_monotonic_ms() - begun_ms, 49, 1000);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(bus_wait(items, 2, LONG_MS), 1);
	assert_false(items[0].readable);
	assert_true(items[1].readable);
	char byte;
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[1]); // an end of file must wake, too
	assert_int_equal(bus_wait(items, 2, LONG_MS), 1);
	assert_true(items[1].readable);
	close(ends[0]);
}

static void topics_are_encoded_and_bounded(void **state)
{
	(void)state;
	char topic[BUS_TOPIC_SIZE];
	char long_segment[BUS_TOPIC_SIZE + 1];
	memset(long_segment, 'x', sizeof(long_segment) - 1);
	long_segment[BUS_TOPIC_SIZE] = 0;

	assert_true(bus_topic(topic, (const char *const[]){"kpi", "a/b", "total", NULL}));
	assert_string_equal(topic, "kpi/a%2Fb/total/");
	assert_false(bus_topic(topic, (const char *const[]){"kpi", "", NULL}));
	assert_false(bus_topic(topic, (const char *const[]){NULL}));
	assert_false(bus_topic(topic, (const char *const[]){long_segment, NULL}));
	long_segment[BUS_TOPIC_SIZE - 1] = 0; // room for the NUL, none for '/'
	assert_false(bus_topic(topic, (const char *const[]){long_segment, NULL}));
	long_segment[BUS_TOPIC_SIZE - 2] = 0;
	assert_true(bus_topic(topic, (const char *const[]){long_segment, NULL}));
	assert_int_equal(strlen(topic), BUS_TOPIC_SIZE - 1);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(a_subscriber_gets_its_prefix_only),
		WITH_PAIR(a_second_subscriber_of_a_prefix_is_seen_too),
		WITH_PAIR(an_empty_value_is_a_message),
		WITH_PAIR(what_is_no_subscription_is_broken),
		WITH_PAIR(a_prefix_longer_than_any_topic_is_refused),
		WITH_PAIR(a_pair_joins_threads),
		WITH_PAIR(waiting_sees_descriptors_and_ends_in_time),
		cmocka_unit_test(topics_are_encoded_and_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
