// SPDX-FileCopyrightText: 2026 The Utarg authors
// SPDX-License-Identifier: AGPL-3.0-or-later
//
// RabbitMQ with a durable quorum queue: each event published persistently, answered by a publisher confirm.
// Just as much of AMQP 0-9-1 as that takes.
#include "tests/bench/peer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAME_METHOD = 1,
	FRAME_HEADER = 2,
	FRAME_BODY = 3,
	FRAME_END = 0xce,
	FRAME_HEAD_BYTES = 7,
	FRAME_MAX = 131072,
	DURABLE = 2,
	PERSISTENT = 2,
	HAS_DELIVERY_MODE = 0x1000,
};

// method = class << 16 | number
enum {
	CONNECTION_START = 10 << 16 | 10,
	CONNECTION_START_OK = 10 << 16 | 11,
	CONNECTION_TUNE = 10 << 16 | 30,
	CONNECTION_TUNE_OK = 10 << 16 | 31,
	CONNECTION_OPEN = 10 << 16 | 40,
	CONNECTION_OPEN_OK = 10 << 16 | 41,
	CHANNEL_OPEN = 20 << 16 | 10,
	CHANNEL_OPEN_OK = 20 << 16 | 11,
	QUEUE_DECLARE = 50 << 16 | 10,
	QUEUE_DECLARE_OK = 50 << 16 | 11,
	BASIC_PUBLISH = 60 << 16 | 40,
	BASIC_ACK = 60 << 16 | 80,
	CONFIRM_SELECT = 85 << 16 | 10,
	CONFIRM_SELECT_OK = 85 << 16 | 11,
};

// ---- writing -------------------------------------------------------------------------------------------

struct writer {
	uint8_t *at;
};

static void put(struct writer *w, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*w->at++ = (uint8_t)(value >> (8 * i));
}

static void put_bytes(struct writer *w, const void *bytes, size_t size)
{
	memcpy(w->at, bytes, size);
	w->at += size;
}

static void put_short_text(struct writer *w, const char *text)
{
	put(w, strlen(text), 1);
	put_bytes(w, text, strlen(text));
}

// Returns where the frame began, for end_frame.
static uint8_t *begin_frame(struct writer *w, int type, int channel)
{
	uint8_t *begin = w->at;
	put(w, (uint64_t)type, 1);
	put(w, (uint64_t)channel, 2);
	put(w, 0, 4);
	return begin;
}

static void end_frame(struct writer *w, uint8_t *begin)
{
	struct writer size = {.at = begin + 3};
	put(&size, (uint64_t)(w->at - begin - FRAME_HEAD_BYTES), 4);
	put(w, FRAME_END, 1);
}

// ---- reading -------------------------------------------------------------------------------------------

static uint64_t get(const uint8_t *at, int bytes)
{
	uint64_t value = 0;
	for (int i = 0; i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

// Size of the frame that lies there, 0 when it has not come whole.
static size_t frame_size(const uint8_t *in, size_t size)
{
	if (size < FRAME_HEAD_BYTES)
		return 0;
	size_t whole = FRAME_HEAD_BYTES + (size_t)get(in + 3, 4) + 1;
	return whole <= size ? whole : 0;
}

static void expect_method(struct peer_connection *c, uint32_t method)
{
	size_t size;
	while ((size = frame_size(c->in, c->in_size)) == 0)
		peer_wait(c);
	uint32_t found = (uint32_t)get(c->in + FRAME_HEAD_BYTES, 4);
	if (c->in[0] != FRAME_METHOD || found != method)
		yard_fail("RabbitMQ answers with method %u.%u", found >> 16, found & 0xffff);
	memmove(c->in, c->in + size, c->in_size - size);
	c->in_size -= size;
}

// ---- greeting ------------------------------------------------------------------------------------------

// A method whose arguments are these bytes; its answer is awaited (0: it has none).
static void call(struct peer_connection *c, int channel, uint32_t method, const struct writer *arguments,
		 const uint8_t *bytes, uint32_t answer)
{
	uint8_t frame[512];
	struct writer w = {.at = frame};
	uint8_t *begin = begin_frame(&w, FRAME_METHOD, channel);
	put(&w, method, 4);
	put_bytes(&w, bytes, (size_t)(arguments->at - bytes));
	end_frame(&w, begin);
	peer_send(c, frame, (size_t)(w.at - frame));
	if (answer)
		expect_method(c, answer);
}

static void log_in(struct peer_connection *c)
{
	static const char secret[] = "\0guest\0guest";
	uint8_t bytes[256];
	struct writer w = {.at = bytes};
	peer_send(c, "AMQP\0\0\11\1", 8);
	expect_method(c, CONNECTION_START);
	put(&w, 0, 4); // no properties
	put_short_text(&w, "PLAIN");
	put(&w, sizeof(secret) - 1, 4);
	put_bytes(&w, secret, sizeof(secret) - 1);
	put_short_text(&w, "en_US");
	call(c, 0, CONNECTION_START_OK, &w, bytes, CONNECTION_TUNE);
	w.at = bytes;
	put(&w, 1, 2);
	put(&w, FRAME_MAX, 4);
	put(&w, 0, 2); // no heartbeat
	call(c, 0, CONNECTION_TUNE_OK, &w, bytes, 0);
	w.at = bytes;
	put_short_text(&w, "/");
	put(&w, 0, 2);
	call(c, 0, CONNECTION_OPEN, &w, bytes, CONNECTION_OPEN_OK);
}

static void greet(struct peer_connection *c)
{
	uint8_t bytes[256];
	struct writer w = {.at = bytes};
	log_in(c);
	put(&w, 0, 1);
	call(c, 1, CHANNEL_OPEN, &w, bytes, CHANNEL_OPEN_OK);
	w.at = bytes;
	put(&w, 0, 2);
	put_short_text(&w, "events");
	put(&w, DURABLE, 1);
	uint8_t *table = w.at;
	put(&w, 0, 4);
	put_short_text(&w, "x-queue-type");
	put(&w, 'S', 1);
	put(&w, strlen("quorum"), 4);
	put_bytes(&w, "quorum", strlen("quorum"));
	struct writer size = {.at = table};
	put(&size, (uint64_t)(w.at - table - 4), 4);
	call(c, 1, QUEUE_DECLARE, &w, bytes, QUEUE_DECLARE_OK);
	w.at = bytes;
	put(&w, 0, 1);
	call(c, 1, CONFIRM_SELECT, &w, bytes, CONFIRM_SELECT_OK);
}

// ---- events --------------------------------------------------------------------------------------------

static size_t publish(struct peer_connection *c, const struct bench_row *row, uint8_t *out)
{
	struct writer w = {.at = out};
	(void)c;
	uint8_t *begin = begin_frame(&w, FRAME_METHOD, 1);
	put(&w, BASIC_PUBLISH, 4);
	put(&w, 0, 2);
	put_short_text(&w, "");
	put_short_text(&w, "events");
	put(&w, 0, 1);
	end_frame(&w, begin);
	begin = begin_frame(&w, FRAME_HEADER, 1);
	put(&w, BASIC_PUBLISH >> 16, 2);
	put(&w, 0, 2);
	put(&w, row->event.size, 8);
	put(&w, HAS_DELIVERY_MODE, 2);
	put(&w, PERSISTENT, 1);
	end_frame(&w, begin);
	begin = begin_frame(&w, FRAME_BODY, 1);
	put_bytes(&w, row->event.data, row->event.size);
	end_frame(&w, begin);
	assert(w.at - out <= PEER_MESSAGE_MAX);
	return (size_t)(w.at - out);
}

// A confirm answers its tag, or with the flag all tags up to it. Which of the unanswered it is matters
// little: they are counted in their order.
static size_t take(struct peer_connection *c, const uint8_t *in, size_t size, uint64_t *answers)
{
	size_t whole = frame_size(in, size);
	if (whole == 0)
		return 0;
	uint32_t method = (uint32_t)get(in + FRAME_HEAD_BYTES, 4);
	if (in[0] != FRAME_METHOD || method != BASIC_ACK)
		yard_fail("RabbitMQ answers with method %u.%u", method >> 16, method & 0xffff);
	uint64_t tag = get(in + FRAME_HEAD_BYTES + 4, 8);
	bool multiple = in[FRAME_HEAD_BYTES + 12] & 1;
	uint64_t count = multiple ? tag - c->tag : 1;
	c->tag += count;
	*answers += count;
	return whole;
}

// ---- the server ----------------------------------------------------------------------------------------

static void set_folder(const char *name, const char *directory, const char *inside)
{
	char path[1200];
	snprintf(path, sizeof(path), "%s%s", directory, inside);
	setenv(name, path, 1);
}

// All of its files in the directory, ports of its own, and a port mapper that ends with us.
static void server(const char **argv, const char *directory, const char *port)
{
	char mapper_port[16], node_port[16];
	(void)argv;
	snprintf(mapper_port, sizeof(mapper_port), "%d", peer_free_port());
	snprintf(node_port, sizeof(node_port), "%d", peer_free_port());
	setenv("ERL_EPMD_PORT", mapper_port, 1);
	setenv("ERL_EPMD_ADDRESS", "127.0.0.1", 1);
	setenv("RABBITMQ_NODENAME", "bench@localhost", 1);
	setenv("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1", 1);
	setenv("RABBITMQ_NODE_PORT", port, 1);
	setenv("RABBITMQ_DIST_PORT", node_port, 1);
	set_folder("HOME", directory, "");
	set_folder("RABBITMQ_MNESIA_BASE", directory, "/data");
	set_folder("RABBITMQ_LOG_BASE", directory, "/log");
	set_folder("RABBITMQ_PID_FILE", directory, "/pid");
	set_folder("RABBITMQ_ENABLED_PLUGINS_FILE", directory, "/plugins");
	set_folder("RABBITMQ_CONFIG_FILE", directory, "/none");
	peer_spawn((const char *const[]){"/usr/bin/env", "epmd", "-port", mapper_port, NULL});
}

int main(int argc, char **argv)
{
	static const struct peer_protocol rabbitmq = {"yard-rabbitmq", server, greet, publish, take};
	return peer_main(&rabbitmq, argc, argv);
}
