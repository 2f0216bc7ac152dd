// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// yard-curve FRAME_BYTES WINDOW EVENTS_A_FRAME RUN_MS
// What the lock on the door costs where nothing else happens: a DEALER and a ROUTER of bare libzmq over
// loopback TCP, frames of that size there and short answers back, first in the plain and then under CURVE.
// Prints events a second and CPU seconds a million of both.
#include "tests/bench/yard.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { ANSWER_BYTES = 24, KEY_SIZE = 41, ENDPOINT_SIZE = 64, POLL_MS = 1000 };

struct pair {
	void *context, *dealer, *router;
	int64_t frame_bytes, window;
};

static void set(void *socket, int option, const void *value, size_t size)
{
	if (zmq_setsockopt(socket, option, value, size) != 0)
		yard_fail("zmq_setsockopt %d: %s", option, zmq_strerror(errno));
}

// The server's key pair and the client's; without a handler of keys libzmq lets any client in, and here
// there is no other.
static void lock_both(struct pair *pair)
{
	char public_key[KEY_SIZE], secret_key[KEY_SIZE], own_public[KEY_SIZE], own_secret[KEY_SIZE];
	int on = 1;
	if (zmq_curve_keypair(public_key, secret_key) != 0 || zmq_curve_keypair(own_public, own_secret) != 0)
		yard_fail("libzmq has no CURVE");
	set(pair->router, ZMQ_CURVE_SERVER, &on, sizeof(on));
	set(pair->router, ZMQ_CURVE_SECRETKEY, secret_key, KEY_SIZE);
	set(pair->dealer, ZMQ_CURVE_SERVERKEY, public_key, KEY_SIZE);
	set(pair->dealer, ZMQ_CURVE_PUBLICKEY, own_public, KEY_SIZE);
	set(pair->dealer, ZMQ_CURVE_SECRETKEY, own_secret, KEY_SIZE);
}

// Answers until its context ends.
static void *answer(void *arg)
{
	struct pair *pair = arg;
	static const char content[ANSWER_BYTES];
	zmq_msg_t peer, frame;
	zmq_msg_init(&peer);
	zmq_msg_init(&frame);
	while (zmq_msg_recv(&peer, pair->router, 0) >= 0 && zmq_msg_recv(&frame, pair->router, 0) >= 0) {
		zmq_msg_send(&peer, pair->router, ZMQ_SNDMORE);
		zmq_send(pair->router, content, sizeof(content), 0);
	}
	zmq_msg_close(&frame);
	zmq_msg_close(&peer);
	zmq_close(pair->router);
	return NULL;
}

static void open_pair(struct pair *pair, bool locked)
{
	char endpoint[ENDPOINT_SIZE];
	size_t size = sizeof(endpoint);
	int linger = 0;
	pair->context = zmq_ctx_new();
	pair->router = zmq_socket(pair->context, ZMQ_ROUTER);
	pair->dealer = zmq_socket(pair->context, ZMQ_DEALER);
	set(pair->dealer, ZMQ_LINGER, &linger, sizeof(linger));
	set(pair->router, ZMQ_LINGER, &linger, sizeof(linger));
	if (locked)
		lock_both(pair);
	if (zmq_bind(pair->router, "tcp://127.0.0.1:*") != 0 ||
	    zmq_getsockopt(pair->router, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0 ||
	    zmq_connect(pair->dealer, endpoint) != 0)
		yard_fail("the sockets do not open: %s", zmq_strerror(errno));
}

static void send_frame(const struct pair *pair)
{
	zmq_msg_t frame;
	zmq_msg_init_size(&frame, (size_t)pair->frame_bytes);
	memset(zmq_msg_data(&frame), 'u', (size_t)pair->frame_bytes);
	if (zmq_msg_send(&frame, pair->dealer, 0) < 0)
		yard_fail("send: %s", zmq_strerror(errno));
}

// Frames answered in that time, each answer making room for the next.
static uint64_t exchange(const struct pair *pair, int64_t run_us)
{
	char content[ANSWER_BYTES];
	uint64_t frames = 0;
	int64_t until_us = yard_now_us() + run_us;
	while (yard_now_us() < until_us) {
		if (zmq_recv(pair->dealer, content, sizeof(content), 0) < 0)
			yard_fail("receive: %s", zmq_strerror(errno));
		frames++;
		send_frame(pair);
	}
	return frames;
}

static double cpu_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void measure(struct pair *pair, bool locked, int64_t events, int64_t run_ms)
{
	const char *name = locked ? "curve" : "plain";
	pthread_t thread;
	open_pair(pair, locked);
	if (pthread_create(&thread, NULL, answer, pair) != 0)
		yard_fail("no thread");
	for (int64_t i = 0; i < pair->window; i++)
		send_frame(pair);
	exchange(pair, run_ms * 1000 / 5); // connected and warm
	double begin_s = cpu_s();
	int64_t begin_us = yard_now_us();
	double done = (double)exchange(pair, run_ms * 1000) * (double)events;
	double seconds = (double)(yard_now_us() - begin_us) / 1e6, used_s = cpu_s() - begin_s;
	zmq_close(pair->dealer);
	zmq_ctx_shutdown(pair->context);
	pthread_join(thread, NULL);
	zmq_ctx_term(pair->context);
	printf("%s\"%s_per_second\": %.0f, \"%s_cpu_per_million\": %.3f", locked ? ", " : "{", name,
	       done / seconds, name, used_s * 1e6 / done);
}

int main(int argc, char **argv)
{
	struct pair pair = {0};
	if (argc != 5)
		yard_fail("usage: yard-curve FRAME_BYTES WINDOW EVENTS_A_FRAME RUN_MS");
	pair.frame_bytes = yard_number(argv[1], 1, 1 << 20);
	pair.window = yard_number(argv[2], 1, 900); // below libzmq's high-water mark
	int64_t events = yard_number(argv[3], 1, 1000), run_ms = yard_number(argv[4], 1, 600000);
	measure(&pair, false, events, run_ms);
	measure(&pair, true, events, run_ms);
	printf("}\n");
	return 0;
}
