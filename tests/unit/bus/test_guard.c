// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// The door: who comes in, who does not and how that is counted, and that it stays shut when the handler of
// keys is gone.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/bus/helper_raw.h"
#include "tests/unit/keys.h"

#include <stdlib.h>
#include <zmq.h>

enum { LONG_MS = 5000, LOOK_MS = 20 };

struct fixture {
	struct bus *bus;
	struct bus_socket *router;
	struct bus_cert stranger;
};

static int open_router(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err e = {0};
	f->bus = keys_bus();
	f->router = bus_open(f->bus, BUS_ROUTER, "tcp://127.0.0.1:*", NULL, &e);
	assert_non_null(f->router);
	assert_true(bus_cert_create(&f->stranger, &e));
	*state = f;
	return 0;
}

static int close_router(void **state)
{
	struct fixture *f = *state;
	bus_socket_close(f->router);
	bus_destroy(f->bus);
	free(f);
	return 0;
}

// A DEALER that says "hello"; cert NULL: in the open.
static struct raw_peer knock(struct fixture *f, const struct bus_cert *cert)
{
	struct raw_peer peer = {.context = zmq_ctx_new()};
	const int zero = 0;
	peer.socket = zmq_socket(peer.context, ZMQ_DEALER);
	zmq_setsockopt(peer.socket, ZMQ_LINGER, &zero, sizeof(zero));
	if (cert)
		keys_lock(peer.socket, cert);
	zmq_connect(peer.socket, bus_endpoint(f->router));
	zmq_send(peer.socket, "hello", 5, 0);
	return peer;
}

// Who finds out first that the two do not speak the same cuts: then it is one mechanism refused, or one
// handshake broken.
static int64_t count_of(enum bus_stat stat)
{
	return stats_get(&bus_stats[stat]) +
	       (stat == BUS_STAT_REFUSED_MECHANISM ? stats_get(&bus_stats[BUS_STAT_BROKEN]) : 0);
}

// Waits until the counter has moved; true when no message came meanwhile.
static bool is_refused(struct fixture *f, enum bus_stat stat, int64_t before)
{
	struct bus_peer peer;
	struct slice payload;
	struct bus_event event;
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (count_of(stat) == before && clock_monotonic_ms() < until_ms) {
		if (wait_receive(f->router, &peer, NULL, &payload, LOOK_MS) != BUS_NOTHING)
			return false;
		while (bus_event(f->router, &event))
			;
	}
	return count_of(stat) > before && bus_receive(f->router, &peer, NULL, &payload) == BUS_NOTHING;
}

static uint32_t who_came(struct fixture *f)
{
	struct bus_peer peer;
	struct slice payload;
	assert_int_equal(wait_receive(f->router, &peer, NULL, &payload, LONG_MS), BUS_MESSAGE);
	assert_memory_equal(payload.data, "hello", 5);
	return bus_sender(f->router).user;
}

static void expect_refused(struct fixture *f, const struct bus_cert *cert, enum bus_stat stat)
{
	const int64_t before = count_of(stat);
	struct raw_peer peer = knock(f, cert);
	assert_true(is_refused(f, stat, before));
	raw_close(&peer);
}

static void set_keys(struct fixture *f, const struct bus_key *keys, size_t count)
{
	bus_guard_set(f->bus, keys, count, clock_monotonic_ms());
}

// ---- who comes in --------------------------------------------------------------------------------------

static void a_message_says_whose_it_is(void **state)
{
	struct fixture *f = *state;
	const struct bus_key keys[] = {keys_row(&keys_get()->client, KEYS_USER),
				       keys_row(&f->stranger, 4000000)};
	set_keys(f, keys, 2);
	struct raw_peer first = knock(f, &keys_get()->client);
	assert_int_equal(who_came(f), KEYS_USER);
	struct raw_peer second = knock(f, &f->stranger);
	assert_int_equal(who_came(f), 4000000);
	raw_close(&first);
	raw_close(&second);
}

static void nobody_opens_without_a_guard(void **state)
{
	(void)state;
	struct err e = {0};
	struct bus *bus = bus_create(&e);
	assert_null(bus_open(bus, BUS_ROUTER, "tcp://127.0.0.1:*", NULL, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_null(bus_open(bus, BUS_DEALER, "tcp://127.0.0.1:9", NULL, &e));
	assert_int_equal(e.code, ERR_UNAUTHENTICATED);
	assert_false(bus_guard_start(bus, &(struct bus_cert){.public_key = "half"}, &e));
	bus_destroy(bus);
}

static void a_key_works_as_soon_as_it_is_made(void **state)
{
	struct fixture *f = *state;
	struct bus_event event;
	const struct bus_key key = keys_row(&f->stranger, 12);
	struct raw_peer early = knock(f, &f->stranger);
	// It is connected and waits at the door.
	while (!bus_event(f->router, &event) || event.kind != BUS_ARRIVED)
		wait_receive(f->router, &(struct bus_peer){0}, NULL, &(struct slice){0}, LOOK_MS);
	set_keys(f, &key, 1);
	assert_int_equal(who_came(f), 12);
	raw_close(&early);
}

// ---- who does not --------------------------------------------------------------------------------------

static void in_the_open_nobody_comes_in(void **state)
{
	struct fixture *f = *state;
	expect_refused(f, NULL, BUS_STAT_REFUSED_MECHANISM);
}

static void a_password_is_no_key(void **state)
{
	struct fixture *f = *state;
	const int64_t before = count_of(BUS_STAT_REFUSED_MECHANISM);
	struct raw_peer peer = {.context = zmq_ctx_new()};
	const int zero = 0;
	peer.socket = zmq_socket(peer.context, ZMQ_DEALER);
	zmq_setsockopt(peer.socket, ZMQ_LINGER, &zero, sizeof(zero));
	zmq_setsockopt(peer.socket, ZMQ_PLAIN_USERNAME, "root", 4);
	zmq_setsockopt(peer.socket, ZMQ_PLAIN_PASSWORD, "root", 4);
	zmq_connect(peer.socket, bus_endpoint(f->router));
	zmq_send(peer.socket, "hello", 5, 0);
	assert_true(is_refused(f, BUS_STAT_REFUSED_MECHANISM, before));
	raw_close(&peer);
}

static void unknown_revoked_and_expired_keys_are_told_apart(void **state)
{
	struct fixture *f = *state;
	struct bus_key key = keys_row(&f->stranger, 12);
	struct bus_event event;
	const int64_t before = stats_get(&bus_stats[BUS_STAT_REFUSED_UNKNOWN]);

	struct raw_peer unknown = knock(f, &f->stranger);
	while (!bus_event(f->router, &event) || event.kind != BUS_ARRIVED)
		wait_receive(f->router, &(struct bus_peer){0}, NULL, &(struct slice){0}, LOOK_MS);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (stats_get(&bus_stats[BUS_STAT_REFUSED_UNKNOWN]) == before && clock_monotonic_ms() < until_ms) {
		bus_guard_checked(f->bus, clock_monotonic_ms());
		wait_receive(f->router, &(struct bus_peer){0}, NULL, &(struct slice){0}, LOOK_MS);
	}
	assert_true(is_refused(f, BUS_STAT_REFUSED_UNKNOWN, before));
	raw_close(&unknown);

	key.is_revoked = true;
	set_keys(f, &key, 1);
	expect_refused(f, &f->stranger, BUS_STAT_REFUSED_REVOKED);
	key = keys_row(&f->stranger, 12);
	key.expires_at_ms = clock_now_ms() - 1;
	set_keys(f, &key, 1);
	expect_refused(f, &f->stranger, BUS_STAT_REFUSED_EXPIRED);
	key.expires_at_ms = clock_now_ms() + 3600000;
	set_keys(f, &key, 1);
	struct raw_peer good = knock(f, &f->stranger);
	assert_int_equal(who_came(f), 12);
	raw_close(&good);
	bus_guard_ban(f->bus, 12, 3600000);
	expect_refused(f, &f->stranger, BUS_STAT_REFUSED_BANNED);
}

static void when_the_handler_is_gone_the_door_is_shut(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct raw_peer inside = knock(f, &keys_get()->client);
	assert_int_equal(who_came(f), KEYS_USER);
	bus_guard_stop(f->bus);
	assert_false(bus_guard_is_alive(f->bus));
	expect_refused(f, &keys_get()->client, BUS_STAT_BROKEN);
	expect_refused(f, &f->stranger, BUS_STAT_BROKEN);
	assert_null(bus_open(f->bus, BUS_XPUB, "tcp://127.0.0.1:*", NULL, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	raw_close(&inside);
}

// ---- subscribers ---------------------------------------------------------------------------------------

static void expect_subscriber(struct bus_socket *xpub, uint32_t user)
{
	struct slice payload;
	assert_int_equal(wait_receive(xpub, NULL, NULL, &payload, LONG_MS), BUS_MESSAGE);
	assert_int_equal(payload.data[0], 1);
	assert_int_equal(bus_sender(xpub).user, user);
	assert_true(bus_sender(xpub).connection > 0);
}

static void a_subscription_counts_when_it_is_granted(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct slice topic, payload;
	struct bus_socket *xpub = bus_open(f->bus, BUS_XPUB, "tcp://127.0.0.1:*", NULL, &e);
	struct bus_socket *sub = bus_open(f->bus, BUS_SUB, bus_endpoint(xpub), NULL, &e);
	assert_true(bus_subscribe(sub, "a/", &e) && bus_subscribe(sub, "b/", &e));
	expect_subscriber(xpub, KEYS_USER);
	expect_subscriber(xpub, KEYS_USER);
	assert_true(bus_grant(xpub, (struct slice){(const uint8_t *)"b/", 2}, &e));
	assert_true(bus_publish(xpub, "a/", "no", 2, &e) && bus_publish(xpub, "b/", "yes", 3, &e));
	assert_int_equal(wait_receive(sub, NULL, &topic, &payload, LONG_MS), BUS_MESSAGE);
	assert_memory_equal(payload.data, "yes", 3);
	bus_socket_close(sub);
	bus_socket_close(xpub);
}

static void opened_anew_only_the_good_come_back(void **state)
{
	struct fixture *f = *state;
	struct err e = {0};
	struct slice topic, payload;
	struct bus_key keys[] = {keys_row(&keys_get()->client, KEYS_USER), keys_row(&f->stranger, 12)};
	struct raw_peer other = {.context = zmq_ctx_new()};
	const int64_t before = stats_get(&bus_stats[BUS_STAT_REFUSED_REVOKED]);
	set_keys(f, keys, 2);
	struct bus_socket *xpub = bus_open(f->bus, BUS_XPUB, "tcp://127.0.0.1:*", NULL, &e);
	other.socket = zmq_socket(other.context, ZMQ_SUB);
	keys_lock(other.socket, &f->stranger);
	zmq_setsockopt(other.socket, ZMQ_SUBSCRIBE, "a/", 2);
	zmq_connect(other.socket, bus_endpoint(xpub));
	expect_subscriber(xpub, 12);
	struct bus_socket *sub = bus_open(f->bus, BUS_SUB, bus_endpoint(xpub), NULL, &e);
	assert_true(bus_subscribe(sub, "a/", &e));
	expect_subscriber(xpub, KEYS_USER);
	keys[1].is_revoked = true;
	set_keys(f, keys, 2);
	assert_true(bus_rebind(xpub, &e));
	// A SUB subscribes again from its own thread, when it next looks.
	assert_int_equal(wait_receive(sub, NULL, &topic, &payload, 500), BUS_NOTHING);
	expect_subscriber(xpub, KEYS_USER);
	const int64_t until_ms = clock_monotonic_ms() + LONG_MS;
	while (stats_get(&bus_stats[BUS_STAT_REFUSED_REVOKED]) == before && clock_monotonic_ms() < until_ms)
		assert_int_equal(wait_receive(xpub, NULL, NULL, &payload, LOOK_MS), BUS_NOTHING);
	assert_true(stats_get(&bus_stats[BUS_STAT_REFUSED_REVOKED]) > before);
	zmq_close(other.socket);
	zmq_ctx_term(other.context);
	bus_socket_close(sub);
	bus_socket_close(xpub);
}

// ---- certificates and the library ----------------------------------------------------------------------

static void a_certificate_is_what_it_was(void **state)
{
	(void)state;
	struct err e = {0};
	struct bus_cert cert = keys_get()->client, again;
	char path[64];
	keys_file(&cert, path);
	assert_true(bus_cert_read(path, &again, &e));
	assert_string_equal(again.name, cert.name);
	assert_string_equal(again.public_key, cert.public_key);
	assert_string_equal(again.secret_key, cert.secret_key);
	assert_string_equal(again.server_key, cert.server_key);
	chmod(path, 0640);
	assert_false(bus_cert_read(path, &again, &e));
	assert_int_equal(e.code, ERR_FORBIDDEN);
	assert_string_equal(again.secret_key, "");
	unlink(path);
	memcpy(cert.secret_key, keys_get()->server.secret_key, sizeof(cert.secret_key));
	keys_file(&cert, path);
	assert_false(bus_cert_read(path, &again, &e));
	assert_int_equal(e.code, ERR_BAD_FIELD);
	unlink(path);
	assert_false(bus_cert_read("/nowhere", &again, &e));
	assert_false(bus_cert_read("/etc/hostname", &again, &e));
}

static void an_old_library_or_one_without_curve_is_refused(void **state)
{
	(void)state;
	struct err e = {0};
	assert_true(bus_suits(4, 3, 3, true, &e));
	assert_true(bus_suits(5, 0, 0, true, &e));
	assert_false(bus_suits(4, 3, 2, true, &e));
	assert_int_equal(e.code, ERR_REFUSED);
	assert_false(bus_suits(4, 3, 4, false, &e));
	assert_int_equal(e.code, ERR_REFUSED);
}

#define AT_THE_DOOR(test) cmocka_unit_test_setup_teardown(test, open_router, close_router)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_DOOR(a_message_says_whose_it_is),
		cmocka_unit_test(nobody_opens_without_a_guard),
		AT_THE_DOOR(a_key_works_as_soon_as_it_is_made),
		AT_THE_DOOR(in_the_open_nobody_comes_in),
		AT_THE_DOOR(a_password_is_no_key),
		AT_THE_DOOR(unknown_revoked_and_expired_keys_are_told_apart),
		AT_THE_DOOR(when_the_handler_is_gone_the_door_is_shut),
		AT_THE_DOOR(a_subscription_counts_when_it_is_granted),
		AT_THE_DOOR(opened_anew_only_the_good_come_back),
		cmocka_unit_test(a_certificate_is_what_it_was),
		cmocka_unit_test(an_old_library_or_one_without_curve_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
