// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// What a ROUTER makes of messages with one frame, and of all the others.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/bus/helper_raw.h"
#include "tests/unit/keys.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

enum { LONG_MS = 5000, SHORT_MS = 100 };

struct fixture {
	struct bus *bus;
	struct bus_socket *router;
	struct raw_peer dealer;
};

static int open_pair(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct bus_limits limits = bus_limits_default;
	struct err e = {0};
	limits.max_message_bytes = 1000;
	f->bus = keys_bus();
	f->router = bus_open(f->bus, BUS_ROUTER, "tcp://127.0.0.1:*", &limits, &e);
	assert_non_null(f->router);
	raw_open(&f->dealer, ZMQ_DEALER, bus_endpoint(f->router), 0);
	*state = f;
	return 0;
}

static int close_pair(void **state)
{
	struct fixture *f = *state;
	raw_close(&f->dealer);
	bus_socket_close(f->router);
	bus_destroy(f->bus);
	free(f);
	return 0;
}

static void expect(struct fixture *f, enum bus_receive wanted)
{
	struct bus_peer peer;
	struct slice payload;
	assert_int_equal(wait_receive(f->router, &peer, NULL, &payload, LONG_MS), wanted);
	assert_int_equal(peer.size, 5); // what libzmq gives to those who choose none
}

static void one_frame_is_a_message_and_can_be_answered(void **state)
{
	struct fixture *f = *state;
	struct bus_peer peer;
	struct slice payload;
	struct err e = {0};
	char answer[8];

	raw_send_frames(&f->dealer, 1, 3);
	assert_int_equal(wait_receive(f->router, &peer, NULL, &payload, LONG_MS), BUS_MESSAGE);
	assert_int_equal(payload.size, 3);
	assert_memory_equal(payload.data, "xxx", 3);
	assert_true(bus_send(f->router, &peer, "yes", 3, &e));
	assert_int_equal(raw_receive(&f->dealer, answer, sizeof(answer), LONG_MS), 3);
	assert_memory_equal(answer, "yes", 3);
}

static void other_counts_of_frames_are_broken_and_consumed(void **state)
{
	struct fixture *f = *state;
	static const size_t counts[] = {2, 3, 1000};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		raw_send_frames(&f->dealer, counts[i], 10);
		raw_send_frames(&f->dealer, 1, 1);
		expect(f, BUS_BROKEN);
		expect(f, BUS_MESSAGE); // the next one starts where it should
	}
}

static void an_empty_payload_is_broken(void **state)
{
	struct fixture *f = *state;
	raw_send_frames(&f->dealer, 1, 0);
	raw_send_frames(&f->dealer, 2, 0);
	raw_send_frames(&f->dealer, 1, 1);
	expect(f, BUS_BROKEN);
	expect(f, BUS_BROKEN);
	expect(f, BUS_MESSAGE);
}

static void a_frame_beyond_the_limit_cuts_its_connection_only(void **state)
{
	struct fixture *f = *state;
	struct raw_peer other;
	struct bus_peer peer;
	struct slice payload;

	raw_open(&other, ZMQ_DEALER, bus_endpoint(f->router), 0);
	raw_send_frames(&f->dealer, 1, 1001);
	assert_int_equal(wait_receive(f->router, &peer, NULL, &payload, SHORT_MS), BUS_NOTHING);
	raw_send_frames(&other, 1, 1000);
	expect(f, BUS_MESSAGE);
	raw_close(&other);
}

static void a_long_routing_id_is_nobody(void **state)
{
	struct fixture *f = *state;
	struct raw_peer named;
	struct bus_peer peer;
	struct slice payload;
	char name[200];

	memset(name, 'n', sizeof(name));
	named.context = zmq_ctx_new();
	named.socket = zmq_socket(named.context, ZMQ_DEALER);
	const int zero = 0;
	zmq_setsockopt(named.socket, ZMQ_LINGER, &zero, sizeof(zero));
	zmq_setsockopt(named.socket, ZMQ_ROUTING_ID, name, sizeof(name));
	keys_lock(named.socket, &keys_get()->client);
	zmq_connect(named.socket, bus_endpoint(f->router));
	raw_send_frames(&named, 1, 5);
	raw_send_frames(&named, 4, 5);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(wait_receive(f->router, &peer, NULL, &payload, LONG_MS), BUS_BROKEN);
		assert_int_equal(peer.size, 0);
	}
	raw_close(&named);
}

static void a_peer_that_left_is_an_error(void **state)
{
	struct fixture *f = *state;
	const struct bus_peer nobody = {.size = 5, .bytes = {0, 1, 2, 3, 4}};
	struct err e = {0};
	assert_false(bus_send(f->router, &nobody, "x", 1, &e));
	assert_int_equal(e.code, ERR_INTERNAL);
	assert_int_equal(bus_unsent_bytes(f->router), 0);
}

static void a_second_bind_names_the_endpoint(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	assert_null(bus_open(f->bus, BUS_ROUTER, bus_endpoint(f->router), NULL, &e));
	assert_non_null(strstr(e.text, bus_endpoint(f->router)));
	assert_non_null(strstr(e.text, "Address already in use"));
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAIR(one_frame_is_a_message_and_can_be_answered),
		WITH_PAIR(other_counts_of_frames_are_broken_and_consumed),
		WITH_PAIR(an_empty_payload_is_broken),
		WITH_PAIR(a_frame_beyond_the_limit_cuts_its_connection_only),
		WITH_PAIR(a_long_routing_id_is_nobody),
		WITH_PAIR(a_peer_that_left_is_an_error),
		WITH_PAIR(a_second_bind_names_the_endpoint),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
