// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// A peer that does not read: its messages wait, in order and bounded, and nobody else's do.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "tests/unit/bus/helper_raw.h"
#include "tests/unit/keys.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { LONG_MS = 5000, BLOCK_BYTES = 32 * 1024, OUTBOX_BYTES = 4 * 1024 * 1024 };

struct fixture {
	struct bus *bus;
	struct bus_socket *router;
	struct raw_peer slow, quick;
	struct bus_peer slow_id, quick_id;
};

static struct bus_peer say_hello(struct fixture *f, struct raw_peer *raw)
{
	struct bus_peer peer;
	struct slice payload;
	raw_send_frames(raw, 1, 1);
	assert_int_equal(wait_receive(f->router, &peer, NULL, &payload, LONG_MS), BUS_MESSAGE);
	return peer;
}

static int open_three(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct bus_limits limits = bus_limits_default;
	struct err e = {0};
	limits.send_hwm = 10;
	limits.outbox_bytes = OUTBOX_BYTES;
	limits.linger_ms = 0;
	f->bus = keys_bus();
	f->router = bus_open(f->bus, BUS_ROUTER, "tcp://127.0.0.1:*", &limits, &e);
	assert_non_null(f->router);
	raw_open(&f->slow, ZMQ_DEALER, bus_endpoint(f->router), 1);
	raw_open(&f->quick, ZMQ_DEALER, bus_endpoint(f->router), 1);
	f->slow_id = say_hello(f, &f->slow);
	f->quick_id = say_hello(f, &f->quick);
	*state = f;
	return 0;
}

static int close_three(void **state)
{
	struct fixture *f = *state;
	raw_close(&f->quick);
	bus_socket_close(f->router);
	bus_destroy(f->bus);
	free(f);
	return 0;
}

static bool send_block(struct fixture *f, const struct bus_peer *peer, uint32_t number, struct err *e)
{
	static uint8_t block[BLOCK_BYTES];
	memcpy(block, &number, sizeof(number));
	return bus_send(f->router, peer, block, sizeof(block), e);
}

// Until the outbox refuses, with pauses for what still flows into the network's buffers. Returns the count of
// blocks it took.
static uint32_t fill(struct fixture *f, const struct bus_peer *peer)
{
	const size_t before_bytes = bus_unsent_bytes(f->router);
	uint32_t accepted_count = 0;
	struct err e = {0};

	for (int refused_count = 0; refused_count < 20;) {
		if (send_block(f, peer, accepted_count, &e)) {
			accepted_count++;
			refused_count = 0;
			continue;
		}
		assert_int_equal(e.code, ERR_BUSY);
		refused_count++;
		struct bus_wait_item item = {.socket = f->router};
		bus_wait(&item, 1, 10);
	}
	assert_true(bus_unsent_bytes(f->router) > before_bytes);
	assert_true(bus_unsent_bytes(f->router) - before_bytes <= OUTBOX_BYTES / 4);
	return accepted_count;
}

static void read_all(struct fixture *f, struct raw_peer *raw, uint32_t count)
{
	static uint8_t got[BLOCK_BYTES];
	const int64_t until_ms = clock_monotonic_ms() + 4 * LONG_MS;

	for (uint32_t i = 0; i < count;) {
		uint32_t number;
		struct bus_wait_item item = {.socket = f->router};
		assert_true(clock_monotonic_ms() < until_ms);
		bus_wait(&item, 1, 1);
		if (raw_receive(raw, got, sizeof(got), 100) < 0)
			continue;
		memcpy(&number, got, sizeof(number));
		assert_int_equal(number, i);
		i++;
	}
}

static void a_full_peer_holds_up_nobody(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	static uint8_t got[BLOCK_BYTES];

	fill(f, &f->slow_id);
	for (uint32_t i = 0; i < 50; i++) {
		uint32_t number;
		assert_true(send_block(f, &f->quick_id, i, &e));
		bus_flush(f->router);
		assert_int_equal(raw_receive(&f->quick, got, sizeof(got), LONG_MS), BLOCK_BYTES);
		memcpy(&number, got, sizeof(number));
		assert_int_equal(number, i);
	}
	raw_close(&f->slow);
}

static void waiting_for_a_full_peer_does_not_spin(void **state)
{
	struct fixture *f = *state;
	struct bus_wait_item item = {.socket = f->router};

	fill(f, &f->slow_id);
	const clock_t cpu = clock();
	const int64_t begun_ms = clock_monotonic_ms();
	assert_int_equal(bus_wait(&item, 1, 400), 0);
	assert_true(clock_monotonic_ms() - begun_ms >= 399);
	assert_true((clock() - cpu) * 1000 / CLOCKS_PER_SEC < 200);
	raw_close(&f->slow);
}

static void what_waited_arrives_in_order(void **state)
{
	struct fixture *f = *state;
	read_all(f, &f->slow, fill(f, &f->slow_id));
	assert_true(bus_flush(f->router));
	assert_int_equal(bus_unsent_bytes(f->router), 0);
	assert_int_equal(bus_lost_count(f->router), 0);
	raw_close(&f->slow);
}

static void a_backlog_passes_by_another_that_is_stuck(void **state)
{
	struct fixture *f = *state;
	const uint32_t count = fill(f, &f->quick_id);
	fill(f, &f->slow_id);
	read_all(f, &f->quick, count);
	assert_false(bus_flush(f->router));
	raw_close(&f->slow);
}

static void what_waits_for_one_who_left_is_dropped_and_counted(void **state)
{
	struct fixture *f = *state;

	fill(f, &f->slow_id);
	raw_close(&f->slow);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (bus_unsent_bytes(f->router) > 0 && clock_monotonic_ms() < until_ms) {
		struct bus_wait_item item = {.socket = f->router};
		bus_wait(&item, 1, 10);
	}
	assert_int_equal(bus_unsent_bytes(f->router), 0);
	assert_true(bus_lost_count(f->router) > 0);
}

// A DEALER with nobody to connect to: the first messages go to libzmq, then to the outbox, then nowhere.
static void a_dealer_keeps_and_then_refuses(void **state)
{
	(void)state;
	struct err e = {0};
	struct bus_limits limits = bus_limits_default;
	limits.send_hwm = 2;
	limits.outbox_bytes = 10000;
	limits.linger_ms = 0;
	struct bus *bus = keys_bus();
	struct bus_socket *dealer = bus_open(bus, BUS_DEALER, "tcp://127.0.0.1:9", &limits, &e);
	int accepted_count = 0;

	assert_non_null(dealer);
	static const char message[1000];
	while (accepted_count < 100 && bus_send(dealer, NULL, message, sizeof(message), &e))
		accepted_count++;
	assert_in_range(accepted_count, 3, 12);
	assert_int_equal(e.code, ERR_BUSY);
	assert_false(bus_flush(dealer));
	bus_socket_close(dealer);
	bus_destroy(bus);
}

#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, open_three, close_three)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_THREE(a_full_peer_holds_up_nobody),
		WITH_THREE(waiting_for_a_full_peer_does_not_spin),
		WITH_THREE(what_waited_arrives_in_order),
		WITH_THREE(a_backlog_passes_by_another_that_is_stuck),
		WITH_THREE(what_waits_for_one_who_left_is_dropped_and_counted),
		cmocka_unit_test(a_dealer_keeps_and_then_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
